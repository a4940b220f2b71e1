"""The checks of the doctor: each looks at one thing and gives one row; they may raise, `doctor` catches it.

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

Verdict = Literal["ok", "warning", "problem", "unknown"]

WEBGL = "WebGL"
BQPLOT_GL = "bqplot-gl switches off the brush in every bqplot figure: no region of a diagram can be selected. Run: pip uninstall bqplot-gl"


@dataclass(frozen=True)
class Row:
    """One check.

    Attributes
    ----------
    name : str
        What was looked at.
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


def _reinstall(package: str) -> str:
    """Advice to get a package that fits, as the requirements of phwidgets say."""
    wanted = next((f"{r.name}{r.specifier}" for r in _requirements() if r.name == package), package)
    return f'Run: pip install --force-reinstall "{wanted}"'


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


def _front_end(package: str, home: str, extension: str) -> Row:
    """Compare the front end that the widget class ``home`` ("module:class") asks for with the one that is installed."""
    version = _version(package)
    if version is None:
        return Row(package, "not installed", "problem", _reinstall(package))
    module, _, name = home.partition(":")
    wanted = getattr(import_module(module), name)._view_module_version.default_value
    installed = _labextension(extension)
    if installed is None:
        advice = f"{_reinstall(package)} (where JupyterLab runs, if that is another environment)"
        return Row(package, f"{version}; no front end {extension} in this environment", "warning", advice)
    if not _fits(installed[0], wanted):
        return Row(package, f"{version}; it asks for front end {wanted}, JupyterLab has {installed[0]}", "problem", _reinstall(package))
    return Row(package, f"{version}, front end {installed[0]}")


def _nglview() -> Row:
    row = _front_end("nglview", "nglview:NGLWidget", "nglview-js-widgets")
    return Row(row.name, row.found, row.verdict, f"3D views stay blank. {row.advice}") if row.verdict == "problem" else row


def _ipywidgets() -> Row:
    version, manager = _version("ipywidgets"), "@jupyter-widgets/jupyterlab-manager"
    if version is None:
        return Row("ipywidgets", "not installed", "problem", _reinstall("ipywidgets"))
    import_module("ipywidgets")
    installed = _labextension(manager)
    if installed is None:
        advice = 'No widget will show. Run: pip install --force-reinstall "jupyterlab_widgets>=3" (where JupyterLab runs)'
        return Row("ipywidgets", f"{version}; no {manager} in this environment", "warning", advice)
    if not _fits(installed[0], "^5"):  # the manager of ipywidgets 8
        advice = 'No widget will show. Run: pip install --force-reinstall "jupyterlab_widgets>=3"'
        return Row("ipywidgets", f"{version}; its manager is {installed[0]} instead of 5", "problem", advice)
    return Row("ipywidgets", f"{version}, manager {installed[0]}")


def _folders() -> Row:
    """The front ends have to lie in the environment; an old copy in the home folder or of the system would be another version's."""
    own = Path(sys.prefix, "share", "jupyter", "labextensions")
    names = ("nglview-js-widgets", "bqplot", "bqscales", "anywidget", "@jupyter-widgets/jupyterlab-manager")
    places = {name: found[1] for name in names if (found := _labextension(name))}
    elsewhere = {name: folder for name, folder in places.items() if folder != own}
    if elsewhere:
        found = ", ".join(f"{name} in {_short(folder)}" for name, folder in elsewhere.items())
        return Row("front ends", found, "warning", "these copies are not those of this environment; remove them if a view stays blank")
    missing = [name for name in names if name not in places]
    if missing:
        advice = "if JupyterLab runs from another environment, install phwidgets there as well; otherwise reinstall these"
        return Row("front ends", f"not in {_short(own)}: {', '.join(missing)}", "warning", advice)
    return Row("front ends", f"all {len(names)} in {_short(own)}")


def has_bqplot_gl() -> bool:
    """Whether bqplot-gl is there; a front end that is left over from an uninstalled package does the same harm."""
    try:
        return importlib.util.find_spec("bqplot_gl") is not None or _labextension("bqplot-gl") is not None
    except (ImportError, ValueError):
        return False


# ---- the other checks ----------------------------------------------------------------------------------------------------------


def _python() -> Row:
    return Row("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _phwidgets() -> Row:
    here, installed = phwidgets.__version__, _version("phwidgets")
    if installed is None:
        return Row("phwidgets", f"{here}, not installed but imported from a folder", "warning", "Run: pip install phwidgets")
    if installed != here:
        return Row("phwidgets", f"{here} is imported, {installed} is installed", "warning", "restart the kernel, or install once more")
    return Row("phwidgets", here)


def _packages() -> Row:
    wrong, n = [], 0
    for requirement in _requirements():
        n += 1
        version = _version(requirement.name)
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            wrong.append((requirement, version))
    if n == 0:
        return Row("requirements", "not known, phwidgets is not installed", "unknown")
    if not wrong:
        return Row("requirements", f"all {n} packages have a version that fits")
    found = ", ".join(f"{requirement.name} {version or 'missing'} (needs {requirement.specifier})" for requirement, version in wrong)
    wanted = " ".join(f'"{requirement.name}{requirement.specifier}"' for requirement, _ in wrong)
    return Row("requirements", found, "problem", f"Run: pip install {wanted}")


def _numpy() -> Row:
    import numpy as np

    return Row("numpy", str(np.__version__))


def _kernels() -> Row:
    from phwidgets.persistence import warm

    missing = warm.missing_kernels()
    folder = Path(warm.KERNELS[0].find_facets.stats.cache_path)
    if not missing:
        return Row("compiled kernels", f"ready, in {_short(folder)}")
    if not os.access(next(p for p in (folder, *folder.parents) if p.exists()), os.W_OK):
        advice = "they are compiled anew in every session; set NUMBA_CACHE_DIR to a folder that you may write to"
        return Row("compiled kernels", f"{len(missing)} missing; {_short(folder)} is read-only", "warning", advice)
    advice = "the first diagram takes some 15 s longer, once. To do it now: python -m phwidgets.persistence.warm"
    return Row("compiled kernels", f"{len(missing)} are not compiled yet; they will go to {_short(folder)}", "warning", advice)


def _bqplot_gl_row() -> Row:
    return Row("bqplot-gl", "installed", "problem", BQPLOT_GL) if has_bqplot_gl() else Row("bqplot-gl", "not installed, as it should be")


def _notebooks() -> Row:
    lab, notebook = _version("jupyterlab"), _version("notebook")
    servers = [("jupyterlab", lab, 4), ("notebook", notebook, 7)]
    found = ", ".join(f"{name} {version}" for name, version, _ in servers if version)
    if not found:
        advice = 'widgets need their front ends where JupyterLab runs. To have it here: pip install "phwidgets[lab]"'
        return Row("notebook server", "none in this environment", "warning", advice)
    if any(version and int(version.split(".")[0]) < least for _, version, least in servers):
        advice = 'the widgets are tested with JupyterLab 4 and Notebook 7. Run: pip install -U "jupyterlab>=4.2,<5" "notebook>=7"'
        return Row("notebook server", found, "warning", advice)
    return Row("notebook server", found)


def _kernel_row() -> Row:
    if running_kernel() is None:
        return Row("kernel", "none: this is a script or a terminal", "warning", "widgets need a notebook; numbers and saved figures do not")
    return Row("kernel", f"ipykernel {_version('ipykernel') or '(not found)'}")


def _webgl() -> Row:
    if running_kernel() is None:
        return Row(WEBGL, "not asked: there is no browser", "unknown")
    return Row(
        WEBGL, "no answer from a browser", "unknown", "make ph.doctor() the last line of a cell: the browser that draws it will answer"
    )


CHECKS: dict[str, Callable[[], Row]] = {
    "python": _python,
    "phwidgets": _phwidgets,
    "requirements": _packages,
    "numpy": _numpy,
    "nglview": _nglview,
    "bqplot": lambda: _front_end("bqplot", "bqplot:Figure", "bqplot"),
    "bqscales": lambda: _front_end("bqscales", "bqscales:LinearScale", "bqscales"),
    "bqplot-gl": _bqplot_gl_row,
    "ipywidgets": _ipywidgets,
    "anywidget": lambda: _front_end("anywidget", "anywidget:AnyWidget", "anywidget"),
    "front ends": _folders,
    "notebook server": _notebooks,
    "compiled kernels": _kernels,
    "kernel": _kernel_row,
    WEBGL: _webgl,
}
