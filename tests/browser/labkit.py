"""JupyterLab on this machine and a Chromium that looks at it: what the browser tests and benchmarks are written with.

Pitfalls that this takes care of: every notebook gets its own file, because a kernel stays attached to the path; the kernel counts as
ready when it is idle, not when the page is there; the mouse needs an element that is scrolled into view, and its place read after that.
Use `Notebook.wait` instead of ``time.sleep``, which would stop Playwright as well.
"""

import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat

_BASE = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SOFTWARE_GL = [*_BASE, "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
NO_WEBGL = [*_BASE, "--disable-gpu", "--disable-software-rasterizer"]

HARMLESS = (
    "favicon.ico",
    "GPU stall due to ReadPixels",  # software WebGL reports that reading pixels back is slow
    "A negative value is not valid",  # bqplot lays a figure out in a hidden tab, of size 0, before it is shown
)
"""Console errors with one of these in them say nothing about the package."""

_KERNEL_IDLE = """async () => {
    const w = jupyterapp.shell.currentWidget; await w.context.ready; await w.sessionContext.ready;
    while (w.sessionContext.session?.kernel?.status !== 'idle') await new Promise(r => setTimeout(r, 50));
}"""
_OPEN = """async path => {
    const w = await jupyterapp.commands.execute('docmanager:open', {path, factory: 'Notebook'});
    jupyterapp.shell.activateById(w.id);
    while (jupyterapp.shell.currentWidget !== w) await new Promise(r => setTimeout(r, 20));
}"""
_CLOSE = """async () => {
    const w = jupyterapp.shell.currentWidget; await w.sessionContext.shutdown(); w.dispose();
}"""
_RUN_CELL = """async k => {
    const notebook = jupyterapp.shell.currentWidget.content; notebook.activeCellIndex = k;
    await jupyterapp.commands.execute('notebook:run-cell');
}"""
_RUN_ALL = "async () => { await jupyterapp.commands.execute('notebook:run-all-cells'); }"
_CELL_ERRORS = """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell, k) => cell.model.type !== 'code' ? [] :
    cell.model.outputs.toJSON().filter(o => o.output_type === 'error').map(o => `cell ${k}: ${o.ename}: ${o.evalue}`))"""
_EXECUTE = """async code => {
    let out = '', error = null;
    const future = jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code, store_history: false});
    future.onIOPub = m => {
        if (m.header.msg_type === 'stream') out += m.content.text;
        if (m.header.msg_type === 'error') error = m.content.traceback.join('\\n');
    };
    await future.done;
    return [out, error];
}"""


QUICK_END = "--KernelManager.shutdown_wait_time=1"
"""Option of a server: a kernel that was asked to end gets half a second before the signal, not two and a half."""


def find_chromium():
    """Path of a Chromium: the environment variable CHROMIUM, or what is on the path; None if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


class Lab:
    """JupyterLab on 127.0.0.1 with its own configuration, data and runtime folders below ``root``; `stop` ends it."""

    def __init__(self, root):
        root = pathlib.Path(root)
        self.folder = root / "notebooks"
        self.folder.mkdir(parents=True)
        self._names = itertools.count()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        own = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython"}
        own |= {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
        environment = os.environ | {name: str(root / folder) for name, folder in own.items()}
        quiet = root / "settings" / "@jupyterlab" / "apputils-extension"
        quiet.mkdir(parents=True)
        (quiet / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
        options = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root", f"--ServerApp.root_dir={self.folder}"]
        options += ["--IdentityProvider.token=", "--ServerApp.password=", "--ServerApp.disable_check_xsrf=True"]
        options += ["--LabApp.expose_app_in_browser=True", "--ServerApp.terminals_enabled=False", QUICK_END]
        self._log = (root / "jupyterlab.log").open("w")
        command = [sys.executable, "-m", "jupyterlab", *options]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self, seconds=90):
        end = time.monotonic() + seconds
        while True:
            try:
                urllib.request.urlopen(self.url + "/api", timeout=1).read()
            except OSError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise RuntimeError(f"JupyterLab did not start; see {self._log.name}") from None
                time.sleep(0.2)
            else:
                return

    def stop(self):
        """End the server and its kernels."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()

    def shut_down_kernels(self):
        """End all kernels; a test that has finished must not keep memory and processor from the next one."""
        with urllib.request.urlopen(self.url + "/api/sessions") as answer:
            sessions = json.load(answer)
        for session in sessions:
            urllib.request.urlopen(urllib.request.Request(f"{self.url}/api/sessions/{session['id']}", method="DELETE")).read()

    def new_file(self, source, name="test"):
        """Put a notebook into the lab's folder: a list of cell sources, or the path of a notebook to copy; returns its file name."""
        name = f"{name}-{next(self._names)}.ipynb"
        if isinstance(source, str | os.PathLike):
            shutil.copyfile(source, self.folder / name)
            for beside in pathlib.Path(source).resolve().parents[:2]:  # what a notebook imports from its own folder
                if (beside / "make_data").is_dir():
                    shutil.copytree(beside / "make_data", self.folder / "make_data", dirs_exist_ok=True)
        else:
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in source])
            notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(notebook, self.folder / name)
        return name


class Notebook:
    """A notebook in a page of the browser, its kernel idle; a page that has JupyterLab in it already opens it there.

    Attributes
    ----------
    page : playwright.sync_api.Page
    errors : list of str
        Exceptions and console errors of the page so far, without `HARMLESS` ones.
    """

    def __init__(self, page, lab, name):
        self.page, self.errors, self._url = page, [], f"{lab.url}/lab/tree/{name}?reset"
        self._listeners = {"pageerror": self._note_exception, "console": self._note_message}
        for event, listener in self._listeners.items():
            page.on(event, listener)
        page.set_default_timeout(120_000)  # ms; a busy machine takes half a minute to open a page
        if page.url.startswith(f"{lab.url}/lab"):
            page.evaluate(_OPEN, name)
            self._wait_until_idle()
            self.errors.clear()  # what the notebook before has left behind
        else:
            page.goto(self._url)
            self._wait_until_idle()

    def close(self):
        """End the kernel, close the notebook and leave the page, with JupyterLab in it, to another one."""
        self.page.evaluate(_CLOSE)
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)
        self.page.mouse.move(0, 0)

    def _note_exception(self, error):
        self._note(f"exception: {error.stack or error}")

    def _note_message(self, message):
        if message.type == "error":
            self._note(f"{message.text} ({message.location.get('url', '')})")

    def _note(self, text):
        if not any(harmless in text for harmless in HARMLESS):
            self.errors.append(text)

    def _wait_until_idle(self):
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext")
        self.page.evaluate(_KERNEL_IDLE)

    def run(self, *cells):
        """Run cells by their number, all of them without an argument; fails if one raises."""
        if cells:
            for k in cells:
                self.page.evaluate(_RUN_CELL, k)
        else:
            self.page.evaluate(_RUN_ALL)
        assert not (problems := self.page.evaluate(_CELL_ERRORS)), problems

    def save_and_reload(self):
        """Save the notebook and load the page anew; the kernel goes on."""
        self.page.evaluate("async () => { await jupyterapp.commands.execute('docmanager:save'); }")
        self.page.goto(self._url)
        self._wait_until_idle()

    def change_theme(self, name):
        """Put JupyterLab into another theme, and wait until it shows it.

        That is, until its loading screen has gone: two changes have one such screen between them, and each takes it away, 0.2 s after it
        has ended, so that the second of two in quick succession would end in an exception.
        """
        self.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
        self.page.wait_for_function("() => !document.getElementById('jupyterlab-splash')")

    def exec(self, code):
        """Run Python in the kernel, outside all cells; returns what it prints."""
        out, error = self.page.evaluate(_EXECUTE, code)
        assert error is None, error
        return out

    def py(self, expression):
        """Value of a Python expression in the kernel, as far as JSON can say it."""
        return json.loads(self.exec(f"import json as _json; print(_json.dumps({expression}, default=str))"))

    def until(self, expression, seconds=90):
        """Wait until a Python expression is true in the kernel."""
        end = time.monotonic() + seconds
        while not self.py(expression):
            assert time.monotonic() < end, f"never true: {expression}; errors of the page: {self.errors}"
            self.page.wait_for_timeout(50)

    def wait(self, milliseconds):
        """Let the page go on."""
        self.page.wait_for_timeout(milliseconds)

    def locate(self, selector, nth=0):
        """Element found by a CSS selector, scrolled into view."""
        element = self.page.locator(selector).nth(nth)
        element.scroll_into_view_if_needed()
        return element

    def screenshot(self, path=None, selector=None, nth=0):
        """PNG of the page or of an element, also written to ``path`` if given."""
        target = self.locate(selector, nth) if selector else self.page
        return target.screenshot(path=path)
