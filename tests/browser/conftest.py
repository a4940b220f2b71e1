"""Fixtures for tests that look at notebooks in a browser. Without Chromium they are skipped, on a CI machine they fail."""

import os
import pathlib
import sys

import pytest

PASSED = pytest.StashKey[bool]()
MOST_NOTEBOOKS_OF_A_PAGE = 8  # a browser has 16 WebGL contexts, and drops the oldest without asking

sys.path.insert(0, str(pathlib.Path(__file__).parent))  # whatever the import mode of the session, labkit is found


@pytest.fixture(scope="session")
def chromium():
    """Factory of browsers: ``chromium(flags)``; one browser at a time, closed when other flags are asked for."""
    from labkit import find_chromium

    path = find_chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail("Browser tests need Chromium (or $CHROMIUM) and playwright; on CI they are not skipped.")
        pytest.skip("No Chromium on the path or in $CHROMIUM, or no playwright.")
    with sync_playwright() as playwright:
        running = {}

        def launch(flags):
            flags = tuple(flags)
            if flags not in running:
                while running:
                    running.popitem()[1].close()
                running[flags] = playwright.chromium.launch(executable_path=path, headless=True, args=list(flags))
            return running[flags]

        yield launch
        while running:
            running.popitem()[1].close()


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """JupyterLab for the whole session."""
    from labkit import Lab

    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


class Pages:
    """Pages with JupyterLab in them, which costs more to load than most tests: a page is left to the next test."""

    def __init__(self, chromium):
        self._chromium = chromium
        self._free = None  # (flags, page, number of notebooks that were open in it)

    def take(self, flags, size, fresh):
        """Page of this size and the number of notebooks that were open in it before: 0 if ``fresh``."""
        browser = self._chromium(flags)  # may end the browser of other flags, and the free page with it
        free, self._free = self._free, None
        size = {"width": size[0], "height": size[1]}
        if free is not None and not free[1].is_closed():
            if free[0] == flags and not fresh:
                free[1].set_viewport_size(size)
                return free[1:]
            free[1].close()
        return browser.new_page(viewport=size), 0

    def give_back(self, nb, flags, used):
        """Close a notebook, and its page unless that is in order and too few were open in it for anything to have piled up."""
        from playwright.sync_api import Error

        if not nb.errors and used + 1 < MOST_NOTEBOOKS_OF_A_PAGE and self._free is None:
            try:
                nb.close()
            except Error:  # the test may have ended the kernel, or left the notebook
                pass
            else:
                self._free = (flags, nb.page, used + 1)
                return
        nb.page.close()


@pytest.fixture(scope="session")
def pages(chromium):
    """Pages that tests leave to each other."""
    return Pages(chromium)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let the fixtures of a test know whether it has passed."""
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture
def notebook(lab, pages, request):
    """Open a notebook: ``notebook("cell", "cell", ...)`` or ``notebook(path=...)``; ``flags=`` are those of the browser.

    One that is given by its path is opened as somebody opens it who has just come: in a page of its own.
    """
    from labkit import SOFTWARE_GL, Notebook

    opened, taken = [], []

    def open_notebook(*cells, path=None, flags=SOFTWARE_GL, size=(1200, 900)):
        flags = tuple(flags)
        page, used = pages.take(flags, size, fresh=path is not None)
        taken.append(page)
        opened.append((Notebook(page, lab, lab.new_file(path or cells, request.node.name.split("[")[0])), flags, used))
        return opened[-1][0]

    yield open_notebook
    if request.node.stash.get(PASSED, False):
        for notebook_of_test in opened:
            pages.give_back(*notebook_of_test)
    else:
        for page in taken:
            page.close()
    lab.shut_down_kernels()
