"""What holds for the house as a whole: names, imports, licences, docstrings, notebooks, and what the wheel carries."""

import doctest
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module, metadata
from pathlib import Path

import pytest

import phwidgets as ph

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("**/*.ipynb"))
MODULES = sorted(module.name for module in pkgutil.walk_packages(ph.__path__, "phwidgets."))
ON_CI = os.environ.get("CI", "").lower() in ("1", "true")

HEAVY = {"ipywidgets", "anywidget", "bqplot", "bqscales", "nglview", "traitlets", "IPython"}
HEAVY |= {"numpy", "pandas", "scipy", "numba", "matplotlib", "ase"}
MACHINE_PATH = re.compile(r"/home/|/Users/|/root/|/tmp/|/work/|/var/folders/|[A-Z]:\\\\")


def run(code, folder):
    """Standard output of a fresh Python that is started away from the checkout."""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False)
    assert out.returncode == 0, out.stderr
    return out.stdout.strip()


# ---- import ------------------------------------------------------------------------------------------------------------------


def test_importing_loads_neither_a_widget_library_nor_numpy(tmp_path):
    loaded = set(run("import sys, phwidgets; print(*sys.modules)", tmp_path).split())
    assert "phwidgets" in loaded
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()


def test_importing_takes_at_most_twice_the_time_of_numpy(tmp_path):
    clock = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
    ours, numpys = (min(float(run(clock.format(name), tmp_path)) for _ in range(5)) for name in ("phwidgets", "numpy"))
    assert ours <= 2 * numpys


def test_every_process_sees_the_same_phwidgets(tmp_path):
    assert run("import phwidgets; print(phwidgets.__file__)", tmp_path) == ph.__file__


def test_imports_run_one_way(tmp_path):
    config = str(ROOT / "pyproject.toml")
    code = f"import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(config_filename={config!r}, no_cache=True))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert out.returncode == 0, out.stdout + out.stderr
    assert f"Contracts: {len(PROJECT['tool']['importlinter']['contracts'])} kept, 0 broken" in out.stdout


LICENCES = """
import sys
from importlib import metadata
import phwidgets as ph
glass = ph.sample("silica-glass")
ex = ph.explore(ph.alpha_persistence(glass))
ex.select(pairs=ex.diagrams[1].longest(3).pair_id)
ex.picture()
modules = {name: str(getattr(module, "__license__", "")) for name, module in list(sys.modules.items())}
owners = metadata.packages_distributions()
names = {owner for name in modules for owner in owners.get(name.partition(".")[0], [])}
found = {}
for name in names:
    about = metadata.metadata(name)
    classifiers = [text for text in about.get_all("Classifier") or [] if text.startswith("License")]
    found[name] = " ".join([about.get("License-Expression") or "", (about.get("License") or "")[:80], *classifiers])
for name, text in {**modules, **found}.items():
    text = text.replace("LGPL", "").replace("Lesser General Public License", "")
    if "GPL" in text or "General Public License" in text:
        print(name, text[:80])
"""


def test_no_gpl_code_is_loaded_on_the_way_from_a_glass_to_its_rings(tmp_path):
    assert run(LICENCES, tmp_path) == ""


# ---- names and docstrings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ph.__all__)
def test_public_name_is_there_and_explained(name):
    value = getattr(ph, name)
    if not callable(value):
        return
    assert value.__module__.startswith("phwidgets")
    assert inspect.getdoc(value), f"{name} has no docstring"
    if inspect.isclass(value):
        for attribute, member in vars(value).items():
            if not attribute.startswith("_") and (inspect.isfunction(member) or isinstance(member, property | classmethod | staticmethod)):
                assert inspect.getdoc(getattr(value, attribute)), f"{name}.{attribute} has no docstring"


def test_public_names_are_listed_and_others_are_refused():
    assert set(ph.__all__) <= set(dir(ph))
    with pytest.raises(AttributeError, match="no_such_name"):
        ph.no_such_name  # noqa: B018 - the access is the test


@pytest.mark.parametrize("name", MODULES)
def test_module_is_explained_and_its_examples_are_true(name):
    module = import_module(name)
    assert module.__doc__ or not Path(module.__file__).read_bytes().strip(), f"{name} has no docstring"
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    assert sum(len(test.examples) for name in MODULES for test in finder.find(import_module(name))) > 5


def test_version_is_the_same_everywhere():
    version = PROJECT["project"]["version"]
    assert ph.__version__ == version
    assert re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)[1] == version
    assert json.loads((ROOT / "js" / "package.json").read_text(encoding="utf-8"))["version"] == version
    assert metadata.version("phwidgets") == version


# ---- notebooks ---------------------------------------------------------------------------------------------------------------


def without_pictures(value):
    """A notebook without its pictures, whose base64 may hold anything."""
    if isinstance(value, dict):
        return {key: without_pictures(v) for key, v in value.items() if not key.startswith("image/")}
    return [without_pictures(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_is_small_and_carries_no_widget_state_and_no_machine_path(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_size < 300_000
    assert "widgets" not in notebook["metadata"]
    assert MACHINE_PATH.findall(json.dumps(without_pictures(notebook))) == []
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert [output for output in outputs if output["output_type"] == "error"] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<Thing at 0x7f12ab34cd56>", "<Thing at 0x55d0c0ffee00>"),
        ("/tmp/ipykernel_12/34567.py:3: UserWarning: x", "/var/folders/ab/T/ipykernel_9876/1.py:3: UserWarning: x"),
        ("C:\\Users\\me\\Temp\\ipykernel_1\\2.py:10: UserWarning", "/tmp/ipykernel_1/2.py:12: UserWarning"),
        ("/a/lib/python3.11/site-packages/phwidgets/data.py:12: Warn", "/b c/checkout/phwidgets/data.py:99: Warn".replace("b c", "b")),
        ("/a/lib/python3.11/site-packages/ase/io.py: no", "D:\\env\\site-packages\\ase/io.py: no"),
        ("took 1.25 s, 3 ms, 12µs and 1min 3s", "took 12 s, 0.1 ms, 7 µs and 2min 59s"),
        ("model 0123456789abcdef0123456789abcdef", "model ffffffffffffffffffffffffffffffff"),
        ("id 12345678-1234-1234-1234-1234567890ab", "id ffffffff-ffff-ffff-ffff-ffffffffffff"),
    ],
)
def test_what_differs_between_runs_is_replaced_before_notebooks_are_compared(one, other):
    from nbval.plugin import get_sanitize_patterns

    text = (ROOT / "tests" / "nbval_sanitize.cfg").read_text(encoding="ascii")  # nbval reads it in the encoding of the machine
    patterns = get_sanitize_patterns(text)
    assert len(patterns) == len(re.findall(r"^\[\w+\]$", text, re.MULTILINE))

    def sanitize(line):
        for regex, replace in patterns:
            line = re.sub(regex, replace, line)
        return line

    assert sanitize(one) == sanitize(other)
    for kept in ("1.61 Å", "214 rings", "PD1: 1234 pairs", "phwidgets 0.1.0"):
        assert sanitize(kept) == kept


# ---- what is shipped ---------------------------------------------------------------------------------------------------------


def test_the_wheel_carries_all_of_the_package_and_nothing_else(tmp_path):
    if not ON_CI:
        pytest.importorskip("hatchling", reason="needs hatchling to build a wheel")
    from hatchling.builders.wheel import WheelBuilder

    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    sources = {path for path in (ROOT / "phwidgets").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert carried == {path.relative_to(ROOT).as_posix() for path in sources}
    for needed in ("static/structure_view.js", "static/structure_probe.js", "samples/silica-glass.xyz", "samples/registry.toml"):
        assert f"phwidgets/{needed}" in carried


def test_binder_pins_every_dependency_to_a_version_that_is_allowed():
    from packaging.requirements import Requirement

    lines = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    extra = PROJECT["project"]["optional-dependencies"]["lab"]
    wanted = list(map(Requirement, [*PROJECT["project"]["dependencies"], *extra]))
    assert {r.name for r in wanted} == set(pinned)
    assert [f"{r} is not {pinned[r.name]}" for r in wanted if not r.specifier.contains(pinned[r.name])] == []
    assert os.name == "nt" or os.access(ROOT / "binder" / "postBuild", os.X_OK)
