"""The documentation site: the notebooks as they stand, and a page of all public names.

``sphinx-build -W -b html .docs .docs/build``. Notebooks are copied to where Sphinx looks for its sources and shown with their stored
outputs; nothing is executed and nothing is fetched.
"""

import filecmp
import inspect
import re
import shutil
from pathlib import Path

import phwidgets as ph

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent / "notebooks"
GENERATED = HERE / "generated"  # not committed

project = "phwidgets"
author = copyright = "The phwidgets developers"
version = release = ph.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["build"]
templates_path = []
suppress_warnings = ["config.cache"]

nb_execution_mode = "off"
nb_merge_streams = True
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say types in words
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_custom_sections = [("Warns", "returns_style")]

html_theme = "furo"
html_title = "phwidgets"
html_show_sourcelink = False

ABSOLUTE = re.compile(r"(?<!`)\|(\w[^|`]*)\|")

ROOMS = {
    "Inputs": ("structure", "image", "patching", "readers", "data"),
    "Persistence diagrams": ("persistence",),
    "Back to the input": ("inverse",),
    "Descriptors and distances": ("descriptors", "distance"),
    "Collections and many inputs": ("library", "batch"),
    "Views": ("selection", "widgets"),
}


def copy_notebooks():
    """Bring the notebooks and their pictures below the sources of the site; what has not changed is left alone, what is gone is removed."""
    wanted = [path for pattern in ("*.ipynb", "ja/*.ipynb", "images/*") for path in sorted(NOTEBOOKS.glob(pattern))]
    copies = {GENERATED / "notebooks" / path.relative_to(NOTEBOOKS): path for path in wanted}
    for old in GENERATED.glob("notebooks/**/*.*"):
        if old not in copies:
            old.unlink()
    for copy, path in copies.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or not filecmp.cmp(copy, path, shallow=False):
            shutil.copyfile(path, copy)


def write_names():
    """Write the page of all public names, by room."""
    rooms = {title: [] for title in [*ROOMS, "More"]}
    for name in ph.__all__:
        value = getattr(ph, name)
        if not callable(value):
            continue
        home = value.__module__.split(".")[1]
        title = next((title for title, homes in ROOMS.items() if home in homes), "More")
        if inspect.isclass(value):
            rooms[title].append(f".. autoclass:: phwidgets.{name}\n   :members:\n   :exclude-members: {', '.join(traits(value))}\n")
        else:
            rooms[title].append(f".. autofunction:: phwidgets.{name}\n")
    heading = "Public names\n============\n\nAll of them are found in ``phwidgets``; here it is imported as ``ph``.\n"
    sections = [f"{title}\n{'-' * len(title)}\n\n" + "\n".join(entries) for title, entries in rooms.items() if entries]
    text = "\n\n".join([heading, *sections])
    page = GENERATED / "api.rst"
    page.parent.mkdir(exist_ok=True)
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")


def traits(value):
    """Names that a class does not describe itself: what it inherits is not shown, and dataclass fields stand in its docstring."""
    return sorted(name for name, member in vars(value).items() if not name.startswith("_") and not inspect.getdoc(member))


def escape_bars(_app, _what, _name, _object, _options, lines):
    """Docstrings write |x| for an absolute value, where reStructuredText would look for a substitution."""
    lines[:] = [line if line.lstrip().startswith(">>>") else ABSOLUTE.sub(r"\\|\1\\|", line) for line in lines]


def setup(app):
    """Connect what has to happen to every docstring."""
    app.connect("autodoc-process-docstring", escape_bars, priority=900)


copy_notebooks()
write_names()
