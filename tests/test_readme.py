"""What the badges of the README say is what the package declares."""

import re
import tomllib
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BADGES = re.findall(r"\[!\[([^\]]+)\]\(https://img\.shields\.io/badge/([^)]+)\)\]\(([^)]+)\)", README)


def badge(name):
    """Text and message of a badge."""
    (found,) = [
        (text, unquote(path.split("-", 1)[1].rsplit("-", 1)[0]).replace("--", "-")) for text, path, _ in BADGES if path.startswith(name)
    ]
    return found


def test_the_licence_is_that_of_the_package():
    assert badge("licence") == (f"Licence: {PROJECT['license']}", PROJECT["license"])


def test_the_python_versions_are_all_that_the_package_allows():
    allowed = SpecifierSet(PROJECT["requires-python"])
    versions = [f"3.{minor}" for minor in range(30) if allowed.contains(f"3.{minor}.0")]
    assert badge("python") == (f"Python {', '.join(versions)}", " | ".join(versions))


def test_the_notebook_servers_are_those_that_get_installed():
    text, message = badge("jupyter")
    assert (text, message) == ("JupyterLab 4, Notebook 7", "Lab 4 | Notebook 7")
    (lab,) = map(Requirement, PROJECT["optional-dependencies"]["lab"])
    assert not lab.specifier.contains("3.9.9")
    assert lab.specifier.contains("4.2.0")
    assert not lab.specifier.contains("5.0.0")
    brought = [Requirement(line) for line in metadata.requires("nglview")]  # nglview brings Notebook 7
    assert [str(need.specifier) for need in brought if need.name == "notebook"] == [">=7"]


def test_every_link_of_the_readme_leads_somewhere():
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
