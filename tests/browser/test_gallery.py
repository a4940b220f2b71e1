"""The gallery of a library and the comparison of two structures, looked at and clicked like a user does."""

import os
import pathlib

import numpy as np
from test_explorer import ask, is_blank, ready, shown_atoms

LIBRARY = """
import tempfile, pathlib, ipywidgets, numpy as np, phwidgets as ph
from scipy.ndimage import gaussian_filter
lib = ph.Library(pathlib.Path(tempfile.mkdtemp()) / "shown.duckdb")
for name in ["silica-glass", "silica-melt", "cristobalite"]:
    lib.add(name, ph.alpha_persistence(ph.sample(name)), kind="<i>silica</i>", temperature_K=300.5)
gallery = ph.gallery(lib)
images = ph.Library(lib.path.with_name("images.duckdb"))
images.add("noise", ph.cubical_persistence(ph.Image(gaussian_filter(np.random.default_rng(0).normal(size=(40, 40)), 2))))
pictures = ph.gallery(images)
"""
COMPARED = """
import numpy as np, phwidgets as ph
a, b = (ph.alpha_persistence(ph.sample(name)) for name in ("silica-glass", "silica-melt"))
both = ph.compare(a, b, names=("glass", "melt"))
def expected(d, sign):
    inside = d[1].in_region(*both._view._last[0]).finite
    bins = [np.clip(np.searchsorted(both.edges, v, side="right") - 1, 0, len(both.edges) - 2) for v in (inside.birth, inside.death)]
    return inside.pair_id[sign * both.difference[tuple(bins)] > 0].tolist()
"""
PATIENCE = 180  # s, for a busy machine
SETTLED = "ex.structure_view.counts['sent'] == ex.structure_view.counts['acknowledged']"


def screenshot(nb, selector, name):
    """Look at a widget as a whole, and keep the picture where it is asked for."""
    nb.locate(selector)
    folder = os.environ.get("PHWIDGETS_SCREENSHOTS")
    path = None if folder is None else pathlib.Path(folder) / f"{name}.png"
    assert not is_blank(nb.screenshot(path=path, selector=selector))


def test_cards_are_shown_and_one_click_opens_the_explorer(notebook):
    nb = notebook(LIBRARY, "ipywidgets.VBox([gallery, pictures])", size=(1320, 1150))
    nb.run()
    cards = nb.page.locator(".ph-gallery .ph-entry")
    cards.nth(3).wait_for(timeout=PATIENCE * 1000)
    assert cards.count() == 4
    for k, name in enumerate(["silica-glass", "silica-melt", "cristobalite", "noise"]):
        drawn = cards.nth(k).locator("img")
        assert [drawn.nth(i).get_attribute("alt") for i in range(2)] == [f"picture of {name}", f"diagram of {name}"]
        for i in range(2):
            drawn.nth(i).scroll_into_view_if_needed()
            nb.page.wait_for_function("image => image.complete && image.naturalWidth > 50", arg=drawn.nth(i).element_handle())
            assert not is_blank(drawn.nth(i).screenshot())
        assert cards.nth(k).get_by_text(name, exact=True).count() == 1
    assert cards.nth(0).get_by_text("kind: <i>silica</i>").count() == 1  # text of the library is text
    assert cards.nth(0).get_by_text("temperature_K: 300.5").count() == 1
    screenshot(nb, ".ph-gallery", "gallery")

    cards.nth(1).locator("button").click()
    nb.until("gallery.explorer is not None", PATIENCE)
    nb.exec("ex = gallery.explorer")
    ready(nb)
    assert np.abs(ask(nb, "coords") - np.array(nb.py("ph.sample('silica-melt').positions.tolist()"))).max() < 1e-3
    nb.exec("ex.select(pairs=ex.diagrams[1].longest(3).pair_id)")
    nb.until(SETTLED, PATIENCE)
    assert shown_atoms(nb).tolist() == nb.py("ex.selected_atoms.tolist()") != []
    screenshot(nb, ".ph-gallery", "gallery-open")

    cards.nth(0).locator("button").click()  # another one takes its place
    nb.until("gallery.explorer is not ex and gallery.explorer.structure_view.ready.is_set()", PATIENCE)
    assert nb.page.locator(".ph-gallery .ph-explorer").count() == 1
    cards.nth(3).locator("button").click()
    nb.until("pictures.explorer is not None and pictures.explorer.image_view.ready.is_set()", PATIENCE)
    assert nb.page.locator(".ph-gallery .ph-explorer").count() == 2
    assert nb.page.locator(".ph-error").count() == 0
    assert nb.errors == []


def test_a_brush_on_the_difference_highlights_in_both_structures(notebook):
    nb = notebook(COMPARED, "both", size=(1320, 1150))
    nb.run()
    nb.exec("ex = both.second")
    ready(nb)
    nb.exec("ex = both.first")
    ready(nb)
    box = nb.locate(".ph-comparison > .ph-diagram .bqplot").bounding_box()
    left, right, top, bottom = 58, 14, 12, 48  # the margins of the figure
    width, height = box["width"] - left - right, box["height"] - top - bottom
    (x0, y0), (x1, y1) = ((box["x"] + left + fx * width, box["y"] + top + (1 - fy) * height) for fx, fy in ((0.02, 0.2), (0.3, 0.66)))
    nb.page.mouse.move(x0, y0)
    nb.page.mouse.down()
    nb.page.mouse.move(x1, y1, steps=12)
    nb.page.mouse.up()
    nb.until("len(both.first.selected) and len(both.second.selected)", PATIENCE)
    for which, diagrams, sign in (("first", "a", 1), ("second", "b", -1)):
        nb.exec(f"ex = both.{which}")
        nb.until(SETTLED, PATIENCE)
        assert nb.py("ex.selected_pairs.tolist()") == nb.py(f"expected({diagrams}, {sign})") != []
        assert shown_atoms(nb).tolist() == nb.py("ex.selected_atoms.tolist()") != []
    screenshot(nb, ".ph-comparison", "compare")
    assert nb.page.locator(".ph-error").count() == 0
    assert nb.errors == []
