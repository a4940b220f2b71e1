"""The linked explorer and the quickstart as a user meets them: drag, click, and compare what is shown with what Python says."""

import os
import pathlib
import shutil

import numpy as np
import pytest
from labkit import NO_WEBGL
from test_course import QUICKSTART, opened, run_through

CANVAS = ".phwidgets-structure canvas"
PLOT = ".ph-diagram .bqplot"
SMALL = "import numpy as np, phwidgets as ph, ipywidgets; dgms = ph.alpha_persistence(np.random.default_rng(0).random((60, 3)) * 8)"
HELPERS = """
import numpy as np
_got = {}
def _ask(name, op, width, **content):
    _got.pop(name, None)
    def callback(answer, buffers):
        _got[name] = np.frombuffer(buffers[0], np.float32).reshape(-1, width)
    ex.structure_view.request(op, callback, **content)
"""


def ask(nb, op, width=3, **content):
    """Answer of NGL as an array."""
    nb.exec(f"_ask({op!r}, {op!r}, {width}, **{content!r})")
    nb.until(f"{op!r} in _got")
    return np.array(nb.py(f"_got[{op!r}].tolist()")).reshape(-1, width)


def drag(nb, start, end, steps=12):
    """Drag on the diagram between two points given as fractions of the plot, from its lower left corner."""
    box = nb.locate(PLOT).bounding_box()
    left, right, top, bottom = 58, 14, 12, 48  # the margins of the figure
    width, height = box["width"] - left - right, box["height"] - top - bottom
    (x0, y0), (x1, y1) = ((box["x"] + left + fx * width, box["y"] + top + (1 - fy) * height) for fx, fy in (start, end))
    nb.page.mouse.move(x0, y0)
    nb.page.mouse.down()
    nb.page.mouse.move(x1, y1, steps=steps)
    nb.page.mouse.up()


def shown_atoms(nb):
    """Indices of the atoms that NGL now shows as highlighted, found by their coordinates."""
    where = ask(nb, "layer", layer="highlight")
    x = np.array(nb.py("ex.structure.positions.tolist()"))
    distance = np.linalg.norm(where[:, None] - x[None], axis=2)
    assert (distance.min(axis=1) < 1e-3).all()
    return np.sort(distance.argmin(axis=1))


def ready(nb):
    nb.exec(HELPERS)
    nb.until("ex.structure_view.ready.is_set()", 60)


def is_blank(png):
    from io import BytesIO

    from matplotlib.image import imread

    return np.ptp(imread(BytesIO(png))[..., :3]) < 0.2


def test_the_quickstart_shows_pictures_before_anything_has_run_and_works_from_top_to_bottom(notebook, tmp_path):
    nb = opened(notebook, QUICKSTART)
    pictures = nb.page.locator(".jp-OutputArea-output img")
    pictures.nth(2).wait_for(state="attached")  # cells below the page's edge are drawn when the browser has time
    assert pictures.count() == 3
    run_through(nb, QUICKSTART)
    ready(nb)

    # atoms: what NGL holds is the structure
    assert np.abs(ask(nb, "coords") - np.array(nb.py("glass.positions.tolist()"))).max() < 1e-3
    for selector in (CANVAS, f"{PLOT} svg"):
        nb.locate(selector)
        nb.wait(500)
        assert not is_blank(nb.screenshot(selector=selector)), selector

    # diagram -> atoms: drag, and compare what is highlighted with what Python says
    nb.exec("ex.clear()")
    nb.locate(PLOT)
    nb.wait(300)
    drag(nb, (0.02, 0.53), (0.12, 0.66))
    nb.until("len(ex.selected) > 0 and not ex.selection.state.passing")
    nb.until("ex.structure_view.counts['sent'] == ex.structure_view.counts['acknowledged']")
    assert shown_atoms(nb).tolist() == nb.py("ex.selected_atoms.tolist()")
    (b0, b1), (d0, d1) = nb.py("ex.selection.state.query.region")
    assert nb.py(f"dgms[1].in_region(birth=({b0}, {b1}), death=({d0}, {d1})).pair_id.tolist()") == nb.py("ex.selected_pairs.tolist()")
    low, high = nb.py("[ex.diagram_view._low, ex.diagram_view._high]")
    assert abs(b0 - (low + 0.02 * (high - low))) < 0.02 * (high - low)  # the axes say what was dragged
    assert abs(b1 - (low + 0.12 * (high - low))) < 0.02 * (high - low)

    # a picture for the README, once everything is found and drawn
    nb.locate(".ph-explorer")
    nb.until("not ex._links.shapes._pending", 120)
    nb.wait(800)
    shot = tmp_path / "quickstart.png"
    nb.screenshot(path=shot, selector=".ph-explorer")
    assert not is_blank(shot.read_bytes())
    if folder := os.environ.get("PHWIDGETS_SCREENSHOTS"):
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shot, pathlib.Path(folder) / shot.name)

    # atoms -> diagram: click an atom where it is seen, and compare the pairs
    nb.exec("ex.clear()")
    nb.locate(CANVAS)
    nb.wait(500)
    places = ask(nb, "project", 2, atoms=list(range(648)))
    box = nb.locate(CANVAS).bounding_box()
    hit = None
    for atom in np.argsort(np.abs(places - [box["width"] / 2, box["height"] / 2]).sum(axis=1))[:12]:
        nb.page.mouse.click(box["x"] + places[atom, 0], box["y"] + places[atom, 1])
        nb.until("ex.selection.state.query.kind == 'atoms'")
        (hit,) = nb.py("ex.selected_atoms.tolist()")
        if hit == atom:
            break
        nb.exec("ex.clear()")
    assert hit == atom  # an atom in front may hide the one that was aimed at, but not twelve times
    d = nb.py("[dgms[1].birth_cell.tolist(), dgms[1].death_cell.tolist()]")
    expected = [i for i, (b, e) in enumerate(zip(*d, strict=True)) if hit in b or hit in e]
    assert nb.py("ex.selected_pairs.tolist()") == expected
    assert shown_atoms(nb).tolist() == [hit]
    assert np.abs(ask(nb, "project", 2, atoms=list(range(648))) - places).max() < 0.01  # the camera stayed
    assert nb.errors == []


def test_without_webgl_the_diagram_works_and_a_picture_stands_for_the_atoms(notebook):
    nb = notebook(f"{SMALL}; ex = ph.explore(dgms)", "ex", flags=NO_WEBGL)
    nb.run()
    nb.until("ex.structure_view.state == 'failed'", 30)
    still = nb.page.locator(".phwidgets-structure img")
    still.wait_for()
    before = still.get_attribute("src")
    drag(nb, (0.05, 0.05), (0.95, 0.95))
    nb.until("len(ex.selected) > 0 and not ex.selection.state.passing")
    assert nb.page.get_by_text("ph.doctor()").count() >= 1
    assert still.count() == 1
    nb.page.wait_for_function("was => document.querySelector('.phwidgets-structure img').src !== was", arg=before)  # the marks are in it


def test_what_was_selected_before_display_and_in_a_hidden_tab_is_shown(notebook):
    nb = notebook(
        f"{SMALL}; ex = ph.explore(dgms); ex.select(atoms=[3, 4])",
        "tab = ipywidgets.Tab([ipywidgets.HTML('text'), ex], titles=['text', 'views']); tab",
    )
    nb.run()
    nb.wait(1500)
    nb.exec("ex.select(pairs=[0, 5])")
    nb.page.get_by_role("tab", name="views").click()
    ready(nb)
    nb.wait(800)
    assert shown_atoms(nb).tolist() == nb.py("ex.selected_atoms.tolist()")
    assert not is_blank(nb.screenshot(selector=CANVAS))
    drag(nb, (0.05, 0.05), (0.95, 0.95))
    nb.until("ex.selection.state.query.kind == 'region'")  # the brush works at once
    assert nb.errors == []


def test_fast_dragging_does_not_queue_up(notebook):
    nb = notebook(f"{SMALL}; ex = ph.explore(dgms)", "ex")
    nb.run()
    ready(nb)
    nb.exec("_states = []; ex.selection.observe(lambda c: _states.append(c['new']), names='state')")
    for k in range(3):
        drag(nb, (0.1, 0.1), (0.9 - 0.1 * k, 0.95), steps=60)
    nb.until("_states and not _states[-1].passing")
    nb.wait(300)
    states = nb.py("len(_states)")
    nb.wait(1200)
    assert nb.py("len(_states)") == states  # nothing comes late
    assert nb.py("ex.structure_view.counts['sent'] - ex.structure_view.counts['acknowledged']") == 0
    assert shown_atoms(nb).tolist() == nb.py("ex.selected_atoms.tolist()")
    assert nb.errors == []


def test_two_explorers_in_one_notebook_do_not_disturb_each_other(notebook):
    nb = notebook(f"{SMALL}; ex = ph.explore(dgms); other = ph.explore(dgms)", "ex", "other")
    nb.run()
    ready(nb)
    nb.until("other.structure_view.ready.is_set()", 60)
    drag(nb, (0.05, 0.05), (0.95, 0.95))
    nb.until("len(ex.selected) > 0")
    assert nb.py("len(other.selected)") == 0
    assert nb.errors == []


@pytest.mark.parametrize("how", ["button", "click on the plot"])
def test_the_selection_can_be_cleared(notebook, how):
    nb = notebook(f"{SMALL}; ex = ph.explore(dgms)", "ex")
    nb.run()
    ready(nb)
    drag(nb, (0.05, 0.05), (0.95, 0.95))
    nb.until("len(ex.selected) > 0")
    if how == "click on the plot":
        drag(nb, (0.9, 0.02), (0.9, 0.02), steps=1)
        nb.until("len(ex.selected) == 0")
    else:
        nb.locate(".ph-explorer button[title='Select nothing']").click()
        nb.until("len(ex.selected) == 0 and ex.diagram_view.brush.selected is None")
    assert nb.errors == []


def test_the_checkbox_shows_atoms_where_they_were_given_and_in_the_cell_again(notebook):
    far = """import numpy as np, phwidgets as ph
rng = np.random.default_rng(0)
x = rng.random((60, 3)) * 8
far = ph.Structure(x + rng.integers(-3, 4, x.shape) * 8, ["C"] * 60, cell=[8, 8, 8])"""
    nb = notebook(far, "ex = ph.explore(far); ex")
    nb.run()
    ready(nb)
    given, inside = (np.array(nb.py(f"{name}.tolist()")) for name in ("far.positions", "x"))
    drag(nb, (0.05, 0.1), (0.9, 0.9))
    nb.until("len(ex.selected) > 0 and not ex.selection.state.passing")
    chosen = nb.py("ex.selected_atoms.tolist()")
    for expected in (inside, given, inside):
        nb.until("ex.structure_view.counts['sent'] <= ex.structure_view.counts['acknowledged']")
        assert np.abs(ask(nb, "coords") - expected).max() < 1e-3
        assert np.abs(ask(nb, "layer", layer="highlight") - expected[chosen]).max() < 1e-3
        canvas = nb.locate(CANVAS).bounding_box()
        place = ask(nb, "project", 2, atoms=list(range(60)))
        assert (place > 0).all()
        assert (place < [canvas["width"], canvas["height"]]).all()  # the camera sees them all
        nb.page.get_by_label("atoms in the cell").click()
    nb.until("not ex.atoms_in_cell")
    assert nb.errors == []
