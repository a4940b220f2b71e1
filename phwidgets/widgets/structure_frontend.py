"""The browser's side of the 3D view: is nglview's front end the one that Python announces, and can the browser draw in 3D?"""

import json
import warnings
from importlib.resources import files
from pathlib import Path

import anywidget
import traitlets

_LABEXTENSION = "labextensions/nglview-js-widgets/package.json"


def static_text(name):
    """Text of a file in ``phwidgets/static``."""
    return files("phwidgets").joinpath("static", name).read_text(encoding="utf-8")


class Probe(anywidget.AnyWidget):
    """Invisible; sends ``{"type": "ph_probe", "webgl": bool}`` when it becomes visible in a browser, nothing where there is none."""

    _esm = traitlets.Unicode(static_text("structure_probe.js")).tag(sync=True)

    def __repr__(self):
        return "Probe()"


def installed_front_end():
    """Version of the nglview front end that JupyterLab would load, None if none is found."""
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path():
        try:
            return json.loads((Path(folder) / _LABEXTENSION).read_text(encoding="utf-8"))["version"]
        except (OSError, ValueError, KeyError):
            continue
    return None


def nglview_problem():
    """One sentence on why nglview will show nothing in JupyterLab, None if nothing is known against it."""
    import nglview
    from nglview._frontend import __frontend_version__ as announced

    installed = installed_front_end()
    mend = "pip install --force-reinstall 'nglview==4.0'"
    if nglview.__version__ == "4.0.1":
        return f"nglview 4.0.1 shows nothing in JupyterLab: its front end is not the one ({announced}) that it announces. Run: {mend}"
    if installed is not None and installed != announced:
        return f"nglview announces the front end {announced}, JupyterLab has {installed}: 3D views will stay blank. Run: {mend}"
    return None


def warn_once():
    """Warn if 3D views will stay blank; `phwidgets.widgets.structure_view` does this when it is imported."""
    problem = nglview_problem()
    if problem:
        warnings.warn(problem, RuntimeWarning, stacklevel=3)
