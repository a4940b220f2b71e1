"""The notebooks as a class meets them: from top to bottom without an error, and the controls that a mouse moves."""

import os
import pathlib
import re

import pytest

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"
ALL = sorted([*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("ja/0[01]_*.ipynb")])  # in Japanese two, for the words of the widgets
QUICKSTART = NOTEBOOKS / "00_quickstart.ipynb"
BALLS = "import numpy as np, phwidgets as ph; a = np.arange(8) * np.pi / 4; g = ph.growing_balls(np.c_[np.cos(a), np.sin(a)], radius=0)"
SEEN_AND_HEIGHT = """() => {
    const panel = document.querySelector('.jp-WindowedPanel-outer'), box = panel.getBoundingClientRect();
    const ends = [...panel.querySelectorAll('.jp-Cell')].map(cell => cell.getBoundingClientRect().bottom); // below is empty space
    return [panel.clientHeight, Math.max(...ends) - box.top + panel.scrollTop];
}"""


def name_of(path):
    """Name of a notebook in the folder of notebooks, as one word."""
    return "-".join(path.relative_to(NOTEBOOKS).with_suffix("").parts)


def opened(notebook, path):
    """A notebook as somebody finds it who opens it: nothing has run, and what is stored is there to be seen."""
    nb = notebook(path=path, size=(1320, 1000))
    nb.wait(800)
    assert nb.page.get_by_text("Error displaying widget").count() == 0
    assert nb.errors == []
    return nb


def run_through(nb, path):
    """Run it from top to bottom, look for errors and keep pictures where they are asked for."""
    nb.run()
    nb.wait(1500)
    if folder := os.environ.get("PHWIDGETS_SCREENSHOTS_OF_NOTEBOOKS"):  # kept by CI, outside the repository
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        _scroll_through(nb, pathlib.Path(folder) / name_of(path))
    assert nb.page.get_by_text("Error displaying widget").count() == 0
    assert nb.page.locator(".ph-error").count() == 0
    assert nb.errors == []


def _scroll_through(nb, name):
    """Pictures of a whole notebook, from top to bottom in high pages."""
    size = nb.page.viewport_size
    nb.page.set_viewport_size({"width": size["width"], "height": 3 * size["height"]})
    top, page, height = 0, 0, 1
    while top < height:
        nb.page.evaluate("y => { document.querySelector('.jp-WindowedPanel-outer').scrollTop = y; }", top)
        nb.wait(250)
        nb.screenshot(f"{name}-{page:02d}.png", selector=".jp-NotebookPanel")
        seen, height = nb.page.evaluate(SEEN_AND_HEIGHT)
        top, page = top + seen - 40, page + 1
    nb.page.set_viewport_size(size)


@pytest.mark.parametrize("path", [path for path in ALL if path != QUICKSTART], ids=name_of)  # test_explorer.py has the quickstart
def test_a_notebook_runs_from_top_to_bottom_without_an_error_in_the_browser(notebook, path):
    run_through(opened(notebook, path), path)


def shown_radius(nb):
    """Radius of the balls as the browser draws them, relative to the place of the points."""
    circles = nb.page.locator(".ph-balls svg g").first.locator("circle")
    return float(circles.first.get_attribute("r"))


def test_balls_grow_with_the_slider_the_player_and_the_button(notebook):
    nb = notebook(BALLS, "g")
    nb.run()
    nb.wait(800)
    assert shown_radius(nb) == 0

    nb.page.locator(".ph-growing-balls .widget-play button").first.click()
    nb.until("g.radius > 0.1")
    nb.page.locator(".ph-growing-balls .widget-play button").first.click()
    nb.wait(700)
    stopped = nb.py("g.radius")
    nb.wait(700)
    assert nb.py("g.radius") == stopped
    nb.until("g._errors.value == ''")
    scale = shown_radius(nb) / stopped
    assert scale > 50  # pixels for each unit

    nb.page.get_by_role("button", name="Next birth or death").click()
    birth = nb.py("g.diagrams[1].birth[0]")
    nb.until(f"abs(g.radius - {birth}) < 0.01")
    nb.wait(300)
    assert shown_radius(nb) == pytest.approx(nb.py("g.radius") * scale, abs=0.6)
    assert nb.page.locator(".ph-growing-balls .ph-readout").inner_text().count("1 ring") == 1

    handle = nb.page.locator(".ph-growing-balls .noUi-handle")
    box = handle.bounding_box()
    nb.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    nb.page.mouse.down()
    nb.page.mouse.move(box["x"] + 300, box["y"], steps=6)
    nb.page.mouse.up()
    nb.until("g.radius == g._slider.max")
    nb.wait(300)
    assert re.search("0 rings", nb.page.locator(".ph-growing-balls .ph-readout").inner_text())
    assert nb.errors == []


def choose(nb, file):
    """Press the button and choose a file in the window that opens."""
    with nb.page.expect_file_chooser() as chooser:
        nb.locate(".ph-open-file button").click()
    chooser.value.set_files(file)


def test_a_file_from_this_computer_is_opened(notebook, tmp_path):
    file = tmp_path / "ring.xyz"
    file.write_text("6\n\n" + "".join(f"Si {x} {y} 0\n" for x, y in [(2, 0), (1, 1.7), (-1, 1.7), (-2, 0), (-1, -1.7), (1, -1.7)]))
    nb = notebook("import phwidgets as ph", "opener = ph.open_file()\nopener")
    nb.run()
    nb.wait(800)
    choose(nb, file)
    nb.until("opener.content is not None", 60)
    nb.page.wait_for_selector(".ph-open-file .ph-explorer")
    assert nb.py("len(opener.content)") == 6
    choose(nb, pathlib.Path(__file__))
    nb.page.wait_for_selector(".ph-open-file .ph-error")
    assert nb.py("len(opener.content)") == 6
    assert nb.errors == []
