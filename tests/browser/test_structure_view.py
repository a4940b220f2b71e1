"""The 3D view in JupyterLab: what NGL holds and shows is what Python says."""

import io

import numpy as np
import pytest
from labkit import NO_WEBGL

SETUP = """
import json, numpy as np, ipywidgets
import phwidgets as ph
from phwidgets.widgets.structure_view import StructureView
cell = np.array([[4.916, 0, 0], [-2.458, 4.2574, 0], [0.3, 0.2, 5.405]])  # triclinic
turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]      # and not along any axis
u, a, b, c = .4697, .4135, .2669, .7858
quartz = np.array([(u, 0, 2/3), (0, u, 1/3), (-u, -u, 0), (a, b, c), (-b, a-b, c+2/3), (b-a, -a, c+1/3),
                   (b, a, -c), (a-b, -b, 1/3-c), (-a, b-a, 2/3-c)])
species = ["Si"] * 3 + ["O"] * 6
x = quartz @ cell @ turn
got, picks = {}, []

def keep(name, dtype=np.float32, width=3):
    def callback(answer, buffers):
        got[name] = np.frombuffer(buffers[0], dtype).reshape(-1, width) if dtype else bytes(buffers[0])
    return callback

def view(**more):
    sv = StructureView(ph.Structure(x, species, cell=cell @ turn), height="360px", **more)
    sv.on_pick(lambda *event: picks.append(event))
    return sv
"""
CANVAS = ".phwidgets-structure canvas"


def answer(nb, op, name="answer", width=3, **content):
    """Ask NGL and return its answer as an array."""
    nb.exec(f"got.pop({name!r}, None); sv.request({op!r}, keep({name!r}, width={width}), **{content!r})")
    nb.until(f"{name!r} in got")
    return np.array(nb.py(f"got[{name!r}].tolist()")).reshape(-1, width)


def pixels(nb, nth=0):
    """The canvas as the user sees it, (rows, columns, 3)."""
    from matplotlib.image import imread

    nb.locate(CANVAS, nth)
    nb.wait(600)
    return (imread(io.BytesIO(nb.screenshot(selector=CANVAS, nth=nth)))[..., :3] * 255).round().astype(int)


def drawn(image):
    """Share of the pixels that are not white: 0 for a blank canvas."""
    return float((image.min(axis=2) < 240).mean())


def blue(image):
    """Number of pixels in the blue of the highlight, whatever the shading."""
    r, g, b = (image[..., k] for k in range(3))
    return int(((b > 90) & (b - r > 60) & (b - g > 20)).sum())


def started(notebook, code="sv = view()", **more):
    nb = notebook(SETUP + code, "sv", **more)
    nb.run(0, 1)
    nb.until("sv.ready.is_set()", 60)
    return nb


def test_coordinates_are_exact_in_a_rotated_triclinic_cell(notebook):
    nb = started(notebook)
    answer(nb, "coords", "x")
    assert nb.py("float(np.abs(got['x'] - x).max())") < 1e-4
    assert 0.03 < drawn(pixels(nb)) < 0.9
    assert answer(nb, "layer", layer="atoms").shape == (9, 3)
    assert nb.py("float(np.abs(got['answer'] - x).max())") < 1e-4
    begin, end = answer(nb, "layer", layer="bonds").reshape(2, -1, 3)
    length = np.linalg.norm(end - begin, axis=1)
    assert (2 * (length > 1.2) + (length < 1.2)).sum() == 24  # whole sticks have two halves; 3 Si with 4, 6 O with 2 of them
    assert len(answer(nb, "layer", layer="cell")) == 2 * 12
    assert nb.py("sv.state") == "ready"
    assert nb.errors == []


def test_more_atoms_than_pdb_can_number(notebook):
    nb = started(notebook, "x = np.random.default_rng(0).random((120_000, 3)) * 120 - 10; sv = StructureView(x)")
    nb.exec("sv.request('coords', keep('x'))")
    nb.until("'x' in got", 60)
    assert nb.py("float(np.abs(got['x'] - x).max())") < 1e-3
    assert nb.errors == []


def test_any_label_is_drawn(notebook):
    labels = ["Si2", "<b>&", "a b'\"", "_loop #", "O"]
    nb = started(notebook, f"x = np.eye(5, 3) * 4; sv = StructureView(ph.Structure(x, {labels!r}))")
    assert np.allclose(answer(nb, "coords"), np.eye(5, 3) * 4, atol=1e-4)
    assert drawn(pixels(nb)) > 0.01
    assert nb.errors == []


def test_a_plane_is_drawn_at_zero_height(notebook):
    nb = started(notebook, "x = np.random.default_rng(1).random((30, 2)); sv = StructureView(ph.Structure(x, cell=[1, 1]))")
    got = answer(nb, "coords")
    assert np.abs(got[:, 2]).max() == 0
    assert len(answer(nb, "layer", layer="cell")) == 2 * 4
    assert drawn(pixels(nb)) > 0.01


def test_a_click_gives_the_atom_and_leaves_the_camera(notebook):
    nb = started(notebook)
    pixels(nb)
    places = answer(nb, "project", "places", width=2, atoms=list(range(9)))
    box = nb.locate(CANVAS).bounding_box()
    right = 0
    for atom, (left, top) in enumerate(places):
        nb.exec("picks.clear()")
        nb.page.mouse.move(box["x"] + left, box["y"] + top)
        nb.wait(300)
        nb.page.mouse.click(box["x"] + left, box["y"] + top)
        nb.until("any(kind == 'click' for kind, _, _ in picks)")
        clicked = nb.py("[i for kind, i, _ in picks if kind == 'click'][-1]")
        right += clicked == atom
        if clicked >= 0:
            nb.page.get_by_text(nb.py(f"f'{{species[{clicked}]}} {clicked}'"), exact=True).wait_for()  # its name: Si 0, and not SI 0
    assert right >= 7  # an atom in front may hide another
    assert nb.py("any(kind == 'hover' for kind, _, _ in picks)")
    nb.wait(1200)  # NGL would move the camera during a second
    assert np.abs(answer(nb, "project", "again", width=2, atoms=list(range(9))) - places).max() < 0.01
    nb.exec("picks.clear()")
    nb.page.keyboard.down("Shift")
    nb.page.mouse.click(box["x"] + places[-1, 0], box["y"] + places[-1, 1])
    nb.page.keyboard.up("Shift")
    nb.until("any(kind == 'click' and shift for kind, _, shift in picks)")
    nb.exec("picks.clear()")
    nb.page.mouse.click(box["x"] + 15, box["y"] + 340)
    nb.until("('click', -1, False) in picks")
    assert nb.errors == []


def test_highlight_is_what_ngl_shows_before_and_after_display(notebook):
    nb = started(notebook, "sv = view(); sv.highlight([0, 4])")
    x = np.array(nb.py("x.tolist()"))
    assert np.allclose(answer(nb, "layer", layer="highlight"), x[[0, 4]], atol=1e-4)
    marked = blue(pixels(nb))
    nb.exec("sv.highlight([1, 5])")
    assert np.allclose(answer(nb, "layer", layer="highlight"), x[[1, 5]], atol=1e-4)
    nb.exec("sv.highlight(np.arange(9) > 1)")
    assert np.allclose(answer(nb, "layer", layer="highlight"), x[2:], atol=1e-4)
    assert blue(pixels(nb)) > marked > 50
    nb.exec("sv.highlight([])")
    assert len(answer(nb, "layer", layer="highlight")) == 0
    assert blue(pixels(nb)) < marked / 3
    assert nb.errors == []


def test_points_segments_triangles_and_paint(notebook):
    nb = started(notebook)
    before = pixels(nb)
    nb.exec("sv.draw_points('p', x[:4], '#000000', 0.6); sv.draw_segments('s', x[[[0, 1], [1, 2]]])")
    nb.exec("sv.draw_triangles('t', x[[[0, 1, 2], [3, 4, 5]]])")
    x = np.array(nb.py("x.tolist()"))
    assert np.allclose(answer(nb, "layer", layer="p"), x[:4], atol=1e-4)
    assert np.allclose(answer(nb, "layer", layer="s"), x[[0, 1, 1, 2]], atol=1e-4)
    assert np.allclose(answer(nb, "layer", layer="t"), x[:6], atol=1e-4)
    assert (pixels(nb) != before).any()
    nb.exec("[sv.clear(name) for name in 'pst']; sv.paint('#00ff00')")
    assert [len(answer(nb, "layer", layer=name)) for name in "pst"] == [0, 0, 0]
    image = pixels(nb)
    assert ((image[..., 1] - image[..., 0] > 80) & (image[..., 1] > 120)).sum() > 500
    nb.exec("sv.paint()")
    assert np.abs(pixels(nb) - before).mean() < 1
    assert nb.errors == []


def test_of_a_burst_the_last_wins_and_few_are_sent(notebook):
    nb = started(
        notebook,
        "x = np.random.default_rng(0).random((3000, 3)) * 35; sv = StructureView(ph.Structure(x, ['Si'] * 3000))",
    )
    nb.until("sv.counts['sent'] == sv.counts['acknowledged']")
    before = nb.py("sv.counts['sent']")
    nb.exec("for k in range(200): sv.highlight(np.arange(k, k + 250))")
    nb.until("sv.counts['sent'] == sv.counts['acknowledged']")
    assert nb.py("sv.counts['sent']") - before < 50
    answer(nb, "layer", layer="highlight")
    assert nb.py("float(np.abs(got['answer'] - x[199:449]).max())") < 1e-3
    assert nb.errors == []


def test_in_a_hidden_tab_it_starts_when_it_is_shown(notebook):
    nb = notebook(SETUP + "sv = view(); sv.highlight([2])", "ipywidgets.Tab([ipywidgets.HTML('text'), sv], titles=['text', 'atoms'])")
    nb.run(0, 1)
    nb.wait(6500)  # longer than the time after which silence counts as failure
    assert nb.py("sv.state") != "failed"
    nb.page.get_by_role("tab", name="atoms").click()
    nb.until("sv.ready.is_set()")
    image = pixels(nb)
    assert 0.03 < drawn(image) < 0.9
    assert blue(image) > 50
    assert nb.errors == []


def test_a_view_that_starts_tiny_fits_when_it_has_room(notebook):
    nb = notebook(SETUP + "sv = view(); box = ipywidgets.Box([sv], layout={'width': '12px', 'overflow': 'hidden'})", "box")
    nb.run(0, 1)
    nb.until("sv.ready.is_set()", 60)
    nb.wait(500)
    nb.exec("box.layout.width = '600px'; sv.layout.width = '100%'")
    nb.wait(1000)
    places = answer(nb, "project", width=2, atoms=list(range(9)))
    assert np.ptp(places, axis=0).max() > 120
    nb.page.mouse.move(*(v + 200 for v in list(nb.locate(CANVAS).bounding_box().values())[:2]))
    nb.page.mouse.wheel(0, 300)
    nb.wait(500)
    zoomed = answer(nb, "project", width=2, atoms=list(range(9)))
    nb.exec("box.layout.width = '500px'")
    nb.wait(1000)
    kept = answer(nb, "project", width=2, atoms=list(range(9)))
    assert np.allclose(np.ptp(kept, axis=0), np.ptp(zoomed, axis=0), rtol=0.05)  # the user's own zoom stays
    assert nb.errors == []


def test_a_second_copy_shows_the_same_and_follows(notebook):
    nb = notebook(SETUP + "sv = view()", "sv", "sv")
    nb.run(0, 1)
    nb.until("sv.ready.is_set()")
    nb.exec("sv.highlight([0, 1, 2])")
    nb.run(2)
    nb.wait(2500)
    first, second = (blue(pixels(nb, k)) for k in range(2))
    assert min(first, second) > 50
    nb.exec("sv.highlight([])")
    nb.wait(500)
    assert max(blue(pixels(nb, k)) for k in range(2)) < min(first, second) / 3
    nb.run(1)  # replaces the first copy; its WebGL context is given back
    nb.wait(2500)
    assert drawn(pixels(nb)) > 0.03
    assert nb.errors == []


def test_a_page_reload_brings_everything_back(notebook):
    nb = started(notebook)
    nb.exec("sv.highlight([1, 5])")
    nb.save_and_reload()
    nb.exec("sv.highlight([0, 4]); sv.draw_points('p', x[:2])")  # before the new copy is there
    nb.locate(".phwidgets-structure")
    nb.wait(4000)
    x = np.array(nb.py("x.tolist()"))
    assert np.allclose(answer(nb, "layer", layer="highlight"), x[[0, 4]], atol=1e-4)
    assert len(answer(nb, "layer", layer="p")) == 2
    image = pixels(nb)
    assert drawn(image) > 0.03
    assert blue(image) > 50
    nb.exec("sv.highlight([2])")
    assert np.allclose(answer(nb, "layer", layer="highlight"), x[[2]], atol=1e-4)


def test_the_picture_as_png(notebook):
    nb = started(notebook, "sv = view(); sv.image(lambda png: got.update(png=png))")
    nb.until("len(got.get('png', b'')) > 5000")
    assert nb.py("got['png'][:4].hex()") == "89504e47"


def test_a_failing_callback_is_shown_under_the_view(notebook):
    nb = started(notebook, "sv = view(); sv.on_pick(lambda *event: 1 / 0)")
    place = answer(nb, "project", "places", width=2, atoms=[0])[0]
    box = nb.locate(CANVAS).bounding_box()
    nb.page.mouse.click(box["x"] + place[0], box["y"] + place[1])
    nb.until("'ZeroDivisionError' in sv._status.value")
    assert nb.page.get_by_text("ZeroDivisionError").is_visible()


@pytest.mark.parametrize("height", ["360px"])
def test_without_webgl_a_sentence_and_the_picture_appear(notebook, height):
    code = "import io, matplotlib; matplotlib.use('agg'); import matplotlib.pyplot as plt; f = io.BytesIO(); plt.figure().savefig(f)\n"
    nb = notebook(SETUP + code + "sv = view(fallback=f.getvalue)", "ipywidgets.VBox([sv])", flags=NO_WEBGL)
    nb.run(0, 1)
    nb.until("sv.state == 'failed'", 10)
    assert nb.page.get_by_text("ph.doctor()").first.is_visible()
    assert nb.py("'WebGL' in sv._status.value")
    picture = nb.locate(".phwidgets-structure img")
    nb.wait(300)
    assert picture.is_visible()
    assert not nb.py("sv.ready.is_set()")
