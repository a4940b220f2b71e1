"""Run the notebooks and store their outputs: ``python -m tests.refresh_notebooks [notebook ...]``.

What nbval compares afterwards is what this wrote, so read the difference before committing it. The state of widgets is not stored: it
would hold their JavaScript again and again. Pictures are stored smaller than they are shown when the notebook runs; they are not compared.
"""

import base64
import io
import pathlib
import sys

import nbformat
import PIL.Image
from nbclient import NotebookClient

NOTEBOOKS = pathlib.Path(__file__).resolve().parents[1] / "notebooks"
WIDTH = 720  # px of a stored picture at the most: nearly what a page of GitHub is wide
COLOURS = 128  # of drawings
PHOTO, QUALITY = 600, 65  # px and quality of photographs, which have more colours: stored as JPEG where that is much smaller


def shrink(data):
    """Store the picture of an output with fewer pixels and colours, where that makes it smaller."""
    if "image/png" not in data:
        return
    old = data["image/png"]
    picture = PIL.Image.open(io.BytesIO(base64.b64decode(old))).convert("RGB")
    few = _within(picture, WIDTH).quantize(COLOURS, method=PIL.Image.Quantize.MAXCOVERAGE, dither=PIL.Image.Dither.NONE)
    png, jpeg = _encoded(few, "png", optimize=True), _encoded(_within(picture, PHOTO), "jpeg", quality=QUALITY, optimize=True)
    if len(jpeg) < 0.7 * min(len(png), len(old)):
        del data["image/png"]
        data["image/jpeg"] = jpeg
    elif len(png) < len(old):
        data["image/png"] = png


def _within(picture, width):
    height = round(picture.height * width / picture.width)
    return picture.resize((width, height), PIL.Image.Resampling.LANCZOS) if picture.width > width else picture


def _encoded(picture, kind, **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return base64.b64encode(out.getvalue()).decode()


def refresh(path):
    """Execute one notebook in place."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, store_widget_state=False, resources={"metadata": {"path": str(path.parent)}}).execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day change with every run
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            # before a kernel has run, JupyterLab would say "model not found" instead of showing the picture or the text
            if {"image/png", "text/html"} & data.keys():
                data.pop("application/vnd.jupyter.widget-view+json", None)
            shrink(data)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(NOTEBOOKS.glob("*.ipynb")):
        print(name)
        refresh(pathlib.Path(name))
