"""A trajectory as a user meets it: slider, player, curve and a selection that stays, compared with what Python says of the same frame."""

import os
import pathlib

import numpy as np
from test_explorer import ask, drag, is_blank, ready, shown_atoms

SETUP = """
import numpy as np, phwidgets as ph
quench = ph.sample("silica-quench")
ex = ph.explore(quench[:8])
def expected(frame):
    pairs = ph.alpha_persistence(quench[frame])[1].in_region(*ex.selection.state.query.region)
    atoms = np.concatenate([pairs.birth_cell.ravel(), pairs.finite.death_cell.ravel()])
    return [pairs.pair_id.tolist(), np.unique(atoms[atoms >= 0]).tolist()]
"""
PLAY = ".ph-explorer .ph-play button"  # nglview has a player of its own, which is hidden
SLIDER = ".ph-explorer .ph-frame .noUi-handle"
CURVE = ".ph-curve"
SETTLED = "ex._newest.wait(0) and ex.structure_view.counts['sent'] == ex.structure_view.counts['acknowledged']"
PATIENCE = 180  # s, for a busy machine


def settled(nb, frame):
    """Wait until this frame is shown and drawn, and compare what NGL holds with it."""
    nb.until(f"ex.frame == {frame} and {SETTLED}", PATIENCE)
    coordinates = np.array(nb.py(f"quench[{frame}].positions.tolist()"))
    assert np.abs(ask(nb, "coords") - coordinates).max() < 1e-3


def screenshot(nb, name):
    """Look at the explorer as a whole, and keep the picture where it is asked for."""
    nb.locate(".ph-explorer")
    folder = os.environ.get("PHWIDGETS_SCREENSHOTS")
    path = None if folder is None else pathlib.Path(folder) / f"{name}.png"
    assert not is_blank(nb.screenshot(path=path, selector=".ph-explorer"))


def test_a_trajectory_from_frame_to_frame(notebook):
    nb = notebook(SETUP, "ex", size=(1320, 1150))
    nb.run()
    ready(nb)
    settled(nb, 0)
    assert nb.page.locator(".ph-explorer").get_by_text("temperature_K").count() == 1  # what the file says about the frame

    # a region, dragged in frame 0
    drag(nb, (0.02, 0.2), (0.1, 0.66))
    nb.until("len(ex.selected) > 0 and not ex.selection.state.passing")
    nb.until(SETTLED, PATIENCE)
    pairs, atoms = nb.py("expected(0)")
    assert nb.py("ex.selected_pairs.tolist()") == pairs
    assert shown_atoms(nb).tolist() == nb.py("ex.selected_atoms.tolist()") == atoms
    region = nb.py("ex.selection.state.query.region")

    # the slider, by the keyboard to be exact: frame 5, the same region, the atoms of that frame
    nb.locate(SLIDER).focus()
    for _ in range(5):
        nb.page.keyboard.press("ArrowRight")
    settled(nb, 5)
    assert nb.py("ex.selection.state.query.region") == region
    pairs, atoms = nb.py("expected(5)")
    assert nb.py("ex.selected_pairs.tolist()") == pairs
    assert shown_atoms(nb).tolist() == nb.py("ex.selected_atoms.tolist()") == atoms

    # the curve has a point per frame, the number of pairs in the region, and a click on one goes there
    nb.until("ex.frames.known == 8", PATIENCE)
    counts = nb.py("[len(expected(i)[0]) for i in range(8)]")
    assert nb.py("ex.curve().tolist()") == counts
    nb.until("len(ex._targets.x) == 8")
    nb.locate(CURVE)
    nb.page.wait_for_function("n => document.querySelectorAll('.ph-curve .object_grp').length === n", arg=16)  # drawn, and to be clicked
    screenshot(nb, "many")
    box = nb.page.locator(f"{CURVE} .object_grp").nth(8 + 2).bounding_box()  # the points that are seen come first, then their targets
    nb.page.mouse.click(box["x"] + box["width"] / 2 + 4, box["y"] + box["height"] / 2 - 4)  # near it is enough
    settled(nb, 2)
    assert nb.py("ex.selected_pairs.tolist()") == nb.py("expected(2)")[0]
    assert shown_atoms(nb).tolist() == nb.py("ex.selected_atoms.tolist()")

    # the player goes on to the last frame, never back; a slow machine leaves some out
    nb.exec("seen = []; ex.selection.observe(lambda change: seen.append(ex.frame), names='state')")
    nb.locate(PLAY).click()
    settled(nb, 7)
    assert nb.py("seen == sorted(seen) and seen[-1] == 7")
    assert nb.py("ex.selected_pairs.tolist()") == nb.py("expected(7)")[0]
    assert nb.page.locator(".ph-error").count() == 0
    assert nb.errors == []


def test_rings_are_followed_by_their_atoms(notebook):
    cold = SETUP.replace("quench[:8]", "quench[-3:]")
    nb = notebook(cold + "ex.frame = 2; ex.select(pairs=ex.diagrams[1].longest(4).pair_id)", "ex", size=(1320, 1150))
    nb.run()
    ready(nb)
    nb.exec("quench = quench[-3:]")
    settled(nb, 2)
    nb.page.locator(".ph-explorer button", has_text="Follow").click()
    nb.until("ex.following and len(ex._followed) == 4")
    nb.locate(SLIDER).focus()
    nb.page.keyboard.press("ArrowLeft")
    settled(nb, 1)
    found = nb.py("ex._followed.find(ph.alpha_persistence(quench[1])[1]).tolist()")
    assert found
    assert nb.py("ex.selected_pairs.tolist()") == found
    assert shown_atoms(nb).tolist() == nb.py("ex.selected_atoms.tolist()")
    nb.page.get_by_text(f"{len(found)} of 4 followed are in this frame").wait_for()
    screenshot(nb, "many-followed")
    assert nb.errors == []
