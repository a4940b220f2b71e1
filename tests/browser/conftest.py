"""Fixtures for tests that look at notebooks in a browser. Without Chromium they are skipped, on a CI machine they fail."""

import os
import pathlib
import sys

import pytest

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


@pytest.fixture
def notebook(lab, chromium, request):
    """Open a notebook: ``notebook("cell", "cell", ...)`` or ``notebook(path=...)``; ``flags=`` are those of the browser."""
    from labkit import SOFTWARE_GL, Notebook

    pages = []

    def open_notebook(*cells, path=None, flags=SOFTWARE_GL, size=(1200, 900)):
        page = chromium(flags).new_page(viewport={"width": size[0], "height": size[1]})
        pages.append(page)
        return Notebook(page, lab, lab.new_file(path or cells, request.node.name.split("[")[0]))

    yield open_notebook
    for page in pages:
        page.close()
    lab.shut_down_kernels()
