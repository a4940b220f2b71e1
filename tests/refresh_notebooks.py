"""Run the notebooks and store their outputs: ``python -m tests.refresh_notebooks [notebook ...]``.

What nbval compares afterwards is what this wrote, so read the difference before committing it. The state of widgets is not stored: it
would hold their JavaScript again and again.
"""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = pathlib.Path(__file__).resolve().parents[1] / "notebooks"


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
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(NOTEBOOKS.glob("*.ipynb")):
        print(name)
        refresh(pathlib.Path(name))
