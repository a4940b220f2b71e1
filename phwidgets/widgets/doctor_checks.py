"""The checks of the doctor: each looks at one thing and gives one row in the words given; they may raise, `doctor` catches it.

Nothing but the standard library is imported at the top: the doctor has to work where the widget libraries do not.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Literal

import phwidgets

from .words import Words

Verdict = Literal["ok", "warning", "problem", "unknown"]

WEBGL = "WebGL"


@dataclass(frozen=True)
class Row:
    """One check.

    Attributes
    ----------
    name : str
        What was looked at, the same in every language.
    found : str
        What is there.
    verdict : {"ok", "warning", "problem", "unknown"}
        "problem": something will not work; "warning": something may not; "unknown": it could not be found out here.
    advice : str
        What to do, empty if nothing.
    """

    name: str
    found: str
    verdict: Verdict = "ok"
    advice: str = ""


def _reinstall(package: str, words: Words) -> str:
    """Advice to get a package that fits, as the requirements of phwidgets say."""
    wanted = next((f"{r.name}{r.specifier}" for r in _requirements() if r.name == package), package)
    return words("doctor run", command=f'pip install --force-reinstall "{wanted}"')


def _requirements() -> Iterator[Any]:
    from packaging.requirements import Requirement

    if _version("phwidgets") is None:
        return
    for text in metadata.requires("phwidgets") or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _short(path: Path) -> str:
    """Path for people: where the environment or the home folder is, is not the point."""
    for folder, name in ((Path(sys.prefix), "<environment>"), (Path(os.path.expanduser("~")), "~")):
        if path.is_relative_to(folder):
            return str(name / path.relative_to(folder))
    return str(path)


def running_kernel() -> Any:
    """The running kernel, None in a script or a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None)


# ---- what Python announces against what JupyterLab loads -----------------------------------------------------------------------


def _labextension(name: str) -> tuple[str, Path] | None:
    """Version and folder of the front end that JupyterLab would load: the first on Jupyter's path; None if there is none."""
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path("labextensions"):
        try:
            return json.loads((Path(folder) / name / "package.json").read_text(encoding="utf-8"))["version"], Path(folder)
        except (OSError, ValueError, KeyError):
            continue
    return None


def _fits(version: str, wanted: str) -> bool:
    """Whether a version is in a range as npm writes it: ``^0.6.1``, ``~0.11.*``, ``3.1.5`` or ``*``; pre-releases count as final."""
    lower = [int(n) for n in re.findall(r"\d+", wanted.partition("-")[0])]
    have = [int(n) for n in re.findall(r"\d+", version.partition("-")[0])]
    if wanted.startswith("^"):  # up to the first number that is not 0 everything is fixed
        fixed = next((k + 1 for k, n in enumerate(lower) if n), len(lower))
    else:
        fixed = min(2, len(lower)) if wanted.startswith("~") else len(lower)
    return have[:fixed] == lower[:fixed] and have >= lower


def _front_end(package: str, home: str, extension: str, words: Words) -> Row:
    """Compare the front end that the widget class ``home`` ("module:class") asks for with the one that is installed."""
    version = _version(package)
    if version is None:
        return Row(package, words("doctor not installed"), "problem", _reinstall(package, words))
    module, _, name = home.partition(":")
    wanted = getattr(import_module(module), name)._view_module_version.default_value
    installed = _labextension(extension)
    if installed is None:
        advice = words("doctor where lab runs", run=_reinstall(package, words))
        return Row(package, words("doctor no front end", version=version, extension=extension), "warning", advice)
    if not _fits(installed[0], wanted):
        found = words("doctor other front end", version=version, wanted=wanted, installed=installed[0])
        return Row(package, found, "problem", _reinstall(package, words))
    return Row(package, words("doctor front end", version=version, installed=installed[0]))


def _nglview(words: Words) -> Row:
    row = _front_end("nglview", "nglview:NGLWidget", "nglview-js-widgets", words)
    return Row(row.name, row.found, row.verdict, words("doctor blank", run=row.advice)) if row.verdict == "problem" else row


def _ipywidgets(words: Words) -> Row:
    version, manager = _version("ipywidgets"), "@jupyter-widgets/jupyterlab-manager"
    if version is None:
        return Row("ipywidgets", words("doctor not installed"), "problem", _reinstall("ipywidgets", words))
    import_module("ipywidgets")
    installed = _labextension(manager)
    run = words("doctor run", command='pip install --force-reinstall "jupyterlab_widgets>=3"')
    if installed is None:
        found = words("doctor no manager", version=version, manager=manager)
        return Row("ipywidgets", found, "warning", words("doctor no widgets there", run=run))
    if not _fits(installed[0], "^5"):  # the manager of ipywidgets 8
        found = words("doctor other manager", version=version, installed=installed[0])
        return Row("ipywidgets", found, "problem", words("doctor no widgets", run=run))
    return Row("ipywidgets", words("doctor manager", version=version, installed=installed[0]))


def _folders(words: Words) -> Row:
    """The front ends have to lie in the environment; an old copy in the home folder or of the system would be another version's."""
    own = Path(sys.prefix, "share", "jupyter", "labextensions")
    names = ("nglview-js-widgets", "bqplot", "bqscales", "anywidget", "@jupyter-widgets/jupyterlab-manager")
    places = {name: found[1] for name in names if (found := _labextension(name))}
    elsewhere = {name: folder for name, folder in places.items() if folder != own}
    if elsewhere:
        found = ", ".join(words("doctor front end elsewhere", name=name, folder=_short(folder)) for name, folder in elsewhere.items())
        return Row("front ends", found, "warning", words("doctor remove copies"))
    missing = [name for name in names if name not in places]
    if missing:
        found = words("doctor front ends missing", folder=_short(own), names=", ".join(missing))
        return Row("front ends", found, "warning", words("doctor install there"))
    return Row("front ends", words("doctor all front ends", n=len(names), folder=_short(own)))


def has_bqplot_gl() -> bool:
    """Whether bqplot-gl is there; a front end that is left over from an uninstalled package does the same harm."""
    try:
        return importlib.util.find_spec("bqplot_gl") is not None or _labextension("bqplot-gl") is not None
    except (ImportError, ValueError):
        return False


def bqplot_gl_harm(words: Words) -> str:
    """What bqplot-gl does, and how to be rid of it."""
    return words("doctor bqplot-gl", run=words("doctor run", command="pip uninstall bqplot-gl"))


# ---- the other checks ----------------------------------------------------------------------------------------------------------


def _python(words: Words) -> Row:
    found = words("doctor python", version=platform.python_version(), system=platform.system(), machine=platform.machine())
    return Row("python", found)


def _phwidgets(words: Words) -> Row:
    here, installed = phwidgets.__version__, _version("phwidgets")
    if installed is None:
        advice = words("doctor run", command="pip install phwidgets")
        return Row("phwidgets", words("doctor from a folder", version=here), "warning", advice)
    if installed != here:
        return Row("phwidgets", words("doctor two versions", here=here, installed=installed), "warning", words("doctor restart"))
    return Row("phwidgets", here)


def _packages(words: Words) -> Row:
    wrong, n = [], 0
    for requirement in _requirements():
        n += 1
        version = _version(requirement.name)
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            wrong.append((requirement, version or words("doctor missing")))
    if n == 0:
        return Row("requirements", words("doctor requirements unknown"), "unknown")
    if not wrong:
        return Row("requirements", words("doctor all packages fit", n=n))
    found = ", ".join(words("doctor package wrong", name=need.name, version=version, wanted=need.specifier) for need, version in wrong)
    wanted = " ".join(f'"{need.name}{need.specifier}"' for need, _ in wrong)
    return Row("requirements", found, "problem", words("doctor run", command=f"pip install {wanted}"))


def _numpy(_words: Words) -> Row:
    import numpy as np

    return Row("numpy", str(np.__version__))


def _kernels(words: Words) -> Row:
    from phwidgets.persistence import warm

    missing = warm.missing_kernels()
    folder = Path(warm.KERNELS[0].find_facets.stats.cache_path)
    where = _short(folder)
    if not missing:
        return Row("compiled kernels", words("doctor kernels ready", folder=where))
    if not os.access(next(p for p in (folder, *folder.parents) if p.exists()), os.W_OK):
        found = words("doctor kernels read-only", n=len(missing), folder=where)
        return Row("compiled kernels", found, "warning", words("doctor cache folder"))
    found = words("doctor kernels missing", n=len(missing), folder=where)
    return Row("compiled kernels", found, "warning", words("doctor compile now", command="python -m phwidgets.persistence.warm"))


def _bqplot_gl(words: Words) -> Row:
    if has_bqplot_gl():
        return Row("bqplot-gl", words("doctor installed"), "problem", bqplot_gl_harm(words))
    return Row("bqplot-gl", words("doctor not installed, right"))


def _notebooks(words: Words) -> Row:
    lab, notebook = _version("jupyterlab"), _version("notebook")
    servers = [("jupyterlab", lab, 4), ("notebook", notebook, 7)]
    found = ", ".join(f"{name} {version}" for name, version, _ in servers if version)
    if not found:
        advice = words("doctor get a server", command='pip install "phwidgets[lab]"')
        return Row("notebook server", words("doctor no server"), "warning", advice)
    if any(version and int(version.split(".")[0]) < least for _, version, least in servers):
        run = words("doctor run", command='pip install -U "jupyterlab>=4.2,<5" "notebook>=7"')
        return Row("notebook server", found, "warning", words("doctor old server", run=run))
    return Row("notebook server", found)


def _kernel_row(words: Words) -> Row:
    if running_kernel() is None:
        return Row("kernel", words("doctor no kernel"), "warning", words("doctor needs a notebook"))
    return Row("kernel", f"ipykernel {_version('ipykernel') or words('doctor not found')}")


def _webgl(words: Words) -> Row:
    if running_kernel() is None:
        return Row(WEBGL, words("doctor no browser"), "unknown")
    return Row(WEBGL, words("doctor no answer"), "unknown", words("doctor ask the browser"))


CHECKS: dict[str, Callable[[Words], Row]] = {
    "python": _python,
    "phwidgets": _phwidgets,
    "requirements": _packages,
    "numpy": _numpy,
    "nglview": _nglview,
    "bqplot": lambda words: _front_end("bqplot", "bqplot:Figure", "bqplot", words),
    "bqscales": lambda words: _front_end("bqscales", "bqscales:LinearScale", "bqscales", words),
    "bqplot-gl": _bqplot_gl,
    "ipywidgets": _ipywidgets,
    "anywidget": lambda words: _front_end("anywidget", "anywidget:AnyWidget", "anywidget", words),
    "front ends": _folders,
    "notebook server": _notebooks,
    "compiled kernels": _kernels,
    "kernel": _kernel_row,
    WEBGL: _webgl,
}
