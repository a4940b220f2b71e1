"""Painting an image by its texture with the mouse: clicks become marks, and the canvas shows the classes that Python has."""

import os
import pathlib

import numpy as np
from imagekit import Shown, array, blended, pointer, through
from test_explorer import is_blank

from phwidgets.widgets.image_parts import OPACITY, PALETTE

SETUP = """
import base64, zlib, numpy as np, phwidgets as ph
from phwidgets.widgets.painting import paint
rng = np.random.default_rng(0)
x = np.vstack([np.kron(rng.random((8, 16)), np.ones((4, 4))), rng.random((32, 64))])
x = np.round(255 * x).astype(np.uint8)
painter = paint(x, ["coarse", "fine"], size=16, stride=4, progress=False)
v, got = painter.image_view, {}
def keep(answer, buffers):
    got["pixels"] = answer | {"data": base64.b64encode(zlib.compress(bytes(buffers[0]), 1)).decode()}
"""
COLOURS = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in PALETTE[:2]])


def test_a_click_in_each_class_paints_the_image(notebook):
    nb = notebook(SETUP, "painter", size=(1200, 1300))
    nb.run()
    nb.until("v.ready.is_set()", 180)
    plain = through(array(nb, "x"), Shown(nb).answer["window"])
    assert (Shown(nb).middles((64, 64)) == plain).all()

    def click(row, col):
        nb.page.mouse.click(*pointer(nb)(Shown(nb).place(row + 0.5, col + 0.5)))

    click(10, 30)
    nb.until("painter.marks == {(10, 30): 'coarse'}")
    assert nb.py("painter.segmentation") is None
    nb.page.locator(".ph-painter button", has_text="fine").first.click()
    click(50, 30)
    nb.until("painter.marks == {(10, 30): 'coarse', (50, 30): 'fine'} and painter.segmentation is not None", 180)
    assert nb.py("np.array_equal(painter.segmentation.labels, ph.segment(painter.textures, marks=painter.marks).labels)")
    labels = array(nb, "painter.segmentation.labels")
    assert (labels[:20] == 0).all()
    assert (labels[44:] == 1).all()
    nb.until("'classes' in v._parts")
    assert (Shown(nb).middles((64, 64)) == blended(plain, COLOURS[labels], OPACITY)).all()

    # each class with its mean diagrams and examples; an example is shown in the image
    cards = nb.page.locator(".ph-painter .ph-class")
    cards.nth(1).locator("img").nth(2 + 4 - 1).wait_for()
    assert cards.count() == 2
    assert cards.nth(1).locator("img").count() == 2 + 4
    if folder := os.environ.get("PHWIDGETS_SCREENSHOTS"):
        nb.locate(".ph-painter")
        nb.screenshot(pathlib.Path(folder) / "painting.png", ".ph-painter")
    assert not is_blank(cards.nth(1).locator("img").first.screenshot())
    cards.nth(1).get_by_role("button", name="Show").first.click()
    nb.until("'mask:example' in v._parts")

    # undo takes the last mark and what followed from it away
    nb.page.locator(".ph-painter button", has_text="Undo").click()
    nb.until("painter.marks == {(10, 30): 'coarse'} and painter.segmentation is None", 180)
    nb.until("'classes' not in v._parts")
    assert (Shown(nb).middles((64, 64)) == plain).all()
    assert nb.page.locator(".ph-error").count() == 0
    assert nb.errors == []
