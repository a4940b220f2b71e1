"""The documentation site: it is built without a warning, from what is stored, and names everything that is public."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import phwidgets as ph

ROOT = Path(__file__).resolve().parents[1]
ON_CI = os.environ.get("CI", "").lower() in ("1", "true")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder of the site."""
    if not ON_CI:
        for needed in ("sphinx", "myst_nb", "furo"):
            pytest.importorskip(needed, reason="the documentation needs pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("site") / "html"
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-W", "--keep-going", "-b", "html", str(ROOT / ".docs"), str(folder)]
    out = subprocess.run(command, capture_output=True, text=True, cwd=folder.parent, check=False)
    assert out.returncode == 0, out.stdout + out.stderr
    return folder


def test_every_public_name_is_on_the_page_of_names(site):
    page = (site / "generated" / "api.html").read_text(encoding="utf-8")
    assert [name for name in ph.__all__ if name != "__version__" and f'id="phwidgets.{name}"' not in page] == []


def test_every_notebook_has_a_page_with_its_pictures(site):
    notebooks = [path for pattern in ("*.ipynb", "ja/*.ipynb") for path in (ROOT / "notebooks").glob(pattern)]
    start = (site / "index.html").read_text(encoding="utf-8")
    for path in notebooks:
        link = f"generated/notebooks/{path.relative_to(ROOT / 'notebooks').with_suffix('.html').as_posix()}"
        assert f'href="{link}"' in start
        page = (site / link).read_text(encoding="utf-8")
        assert page.count("_images/") >= path.read_text(encoding="utf-8").count('"image/png"')


def test_the_site_needs_no_other_server_unless_it_be_for_formulas(site):
    for path in site.rglob("*.html"):
        page = "".join(line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if "mathjax" not in line.lower())
        for tag in ('<script src="http', '<link rel="stylesheet" href="http', '<img src="http'):
            assert tag not in page, f"{path.name} loads from elsewhere"
