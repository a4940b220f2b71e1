"""The quickstart in Jupyter Notebook 7: the same views as in JupyterLab, drawn, linked and without an error."""

import itertools
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest
from labkit import QUICK_END, SOFTWARE_GL, Lab, Notebook

pytest.importorskip("notebook", "7", reason="Jupyter Notebook 7 is not installed")

QUICKSTART = pathlib.Path(__file__).parents[2] / "notebooks" / "00_quickstart.ipynb"
CANVAS = ".phwidgets-structure canvas"
PLOT = ".ph-diagram .bqplot"


class NotebookServer(Lab):
    """``jupyter notebook`` on 127.0.0.1, with its own folders below ``root``."""

    def __init__(self, root):
        self.folder = root / "notebooks"
        self.folder.mkdir(parents=True)
        self._names = itertools.count()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR")
        environment = os.environ | {name: str(root / name.lower()) for name in names}
        options = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root", f"--ServerApp.root_dir={self.folder}"]
        options += ["--IdentityProvider.token=", "--ServerApp.password=", "--ServerApp.disable_check_xsrf=True"]
        options += ["--JupyterNotebookApp.expose_app_in_browser=True", "--ServerApp.terminals_enabled=False", QUICK_END]
        self._log = (root / "notebook.log").open("w")
        command = [sys.executable, "-m", "notebook", *options]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise


class NotebookPage(Notebook):
    """A notebook in a page of Notebook 7, its kernel idle."""

    def __init__(self, page, server, name):
        self.page, self.errors, self._url = page, [], f"{server.url}/notebooks/{name}"
        page.on("pageerror", self._note_exception)
        page.on("console", lambda message: message.type == "error" and self._note(f"{message.text} ({message.location.get('url', '')})"))
        page.set_default_timeout(120_000)
        page.goto(self._url)
        self._wait_until_idle()

    def _note_exception(self, error):
        # Notebook 7.6 asks for the shortcuts of a plugin before its settings are there, in an empty notebook too
        if not ("reading 'schema'" in error.message and "/static/notebook/notebook_core" in error.stack):
            self._note(f"exception: {error.message} {error.stack}")


@pytest.fixture
def quickstart(chromium, tmp_path):
    """The quickstart in Notebook 7."""
    page = chromium(SOFTWARE_GL).new_page(viewport={"width": 1320, "height": 1000})
    server = NotebookServer(tmp_path)
    try:
        yield NotebookPage(page, server, server.new_file(QUICKSTART, "quickstart"))
    finally:
        page.close()
        server.shut_down_kernels()
        server.stop()


def colours(png):
    """How many colours a picture has."""
    from io import BytesIO

    from matplotlib.image import imread

    return len(np.unique((imread(BytesIO(png))[..., :3] * 255).astype(int).reshape(-1, 3), axis=0))


def test_the_quickstart_is_drawn_and_linked_in_notebook_7(quickstart):
    nb = quickstart
    assert nb.page.evaluate("() => jupyterapp.name") == "Jupyter Notebook"
    nb.run()
    nb.until("ex.structure_view.ready.is_set()", 60)
    assert nb.page.get_by_text("Error displaying widget").count() == 0
    assert nb.page.locator(".ph-error").count() == 0
    for selector in (CANVAS, f"{PLOT} svg"):
        nb.locate(selector)
        nb.wait(800)
        assert colours(nb.screenshot(selector=selector)) > 30, selector

    # diagram -> atoms: dragging selects, and the browser has drawn it
    nb.exec("ex.clear()")
    nb.until("len(ex.selected) == 0")
    box = nb.locate(PLOT).bounding_box()
    nb.wait(300)
    nb.page.mouse.move(box["x"] + 0.15 * box["width"], box["y"] + 0.5 * box["height"])
    nb.page.mouse.down()
    nb.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.25 * box["height"], steps=12)
    nb.page.mouse.up()
    nb.until("len(ex.selected) > 0 and not ex.selection.state.passing")
    nb.until("ex.structure_view.counts['sent'] == ex.structure_view.counts['acknowledged']")
    assert nb.py("len(ex.selected_atoms)") > 0
    if folder := os.environ.get("PHWIDGETS_SCREENSHOTS_OF_NOTEBOOKS"):
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        nb.screenshot(pathlib.Path(folder) / "00_quickstart-notebook7.png", selector=".jp-NotebookPanel")
    assert nb.errors == []
