"""Images in the explorer as a user meets them: the canvas shows the mask that Python has, and a lasso gets the right pairs."""

import numpy as np
from imagekit import Shown, array, blended, inside, pointer, through
from test_explorer import drag

SETUP = """
import base64, zlib, numpy as np, phwidgets as ph
from scipy.ndimage import gaussian_filter
x = gaussian_filter(np.random.default_rng(0).normal(size=(30, 40)), 2.0)
x = np.round(255 * (x - x.min()) / np.ptp(x)).astype(np.uint8)
ex = ph.explore(ph.cubical_persistence(ph.Image(x)), degree=0)
v, got, regions = ex.image_view, {}, []
def keep(answer, buffers):
    got["pixels"] = answer | {"data": base64.b64encode(zlib.compress(bytes(buffers[0]), 1)).decode()}
v.on_region(lambda voxels, passing: regions.append((voxels, passing)))
"""
SELECTED = (0xD6, 0x00, 0x6E)


def test_diagram_and_image_answer_for_each_other(notebook):
    nb = notebook(SETUP, "ex", size=(1320, 1000))
    nb.run()
    nb.until("v.ready.is_set()", 60)
    x = array(nb, "x")

    # diagram -> image: what the canvas shows is the mask that Python has
    drag(nb, (0.01, 0.35), (0.7, 0.98))
    nb.until("len(ex.selected) > 0 and not ex.selection.state.passing")
    mask = array(nb, "ex.selected_voxels").astype(bool)
    assert 0 < mask.sum() < mask.size
    shown = Shown(nb)
    plain = through(x, shown.answer["window"])
    expected = np.where(mask[..., None], blended(plain, SELECTED, 0.45), plain)
    assert (shown.middles(x.shape) == expected).all()

    # image -> diagram: a lasso selects the pairs whose regions have a pixel in it
    nb.page.mouse.click(*pointer(nb)(shown.place(15.5, 20.5)))
    nb.page.keyboard.press("l")
    corners = np.array([(3.3, 4.2), (20.7, 8.1), (12.2, 17.4), (22.1, 25.6), (2.4, 28.3)])
    places = [tuple(np.round(shown.place(*corner))) for corner in corners]
    at = pointer(nb)
    nb.page.mouse.move(*at(places[0]))
    nb.page.mouse.down()
    for place in places[1:]:
        nb.page.mouse.move(*at(place), steps=3)
        nb.wait(40)
    nb.page.mouse.up()
    nb.until("regions and not regions[-1][1] and not ex.selection.state.passing")
    exact = np.array([(np.array(place[::-1]) * shown.ratio - shown.origin) / shown.scale for place in places])
    pixels = inside(exact, x.shape)
    assert array(nb, "ex.selection.state.inputs").tolist() == pixels.tolist()
    regions = nb.py("[np.ravel_multi_index(r.voxels.T, x.shape).tolist() for r in ph.optimal_volumes(ex.diagrams[0])]")
    expected = [k for k, region in enumerate(regions) if set(region) & set(pixels.tolist())]
    assert nb.py("ex.selected_pairs.tolist()") == expected
    assert nb.errors == []


def test_threshold_and_phase_change_image_and_diagram_together(notebook):
    nb = notebook(SETUP + "\nex = ph.explore(ph.Image(x)); v = ex.image_view", "ex", size=(1320, 1000))
    nb.run()
    nb.until("v.ready.is_set()", 60)
    nb.page.locator(".ph-explorer select", has_text="distance to the border").select_option(label="distance to the border")
    nb.until("ex.choices['values'] == 'distance' and ex._newest.wait(0)")
    expected = "ph.cubical_persistence(ph.signed_distance(ph.binarize(ph.Image(x), threshold=ex.choices['threshold'])))"
    assert nb.py(f"np.array_equal(ex.diagrams[0].birth, {expected}[0].birth)")
    x, threshold = array(nb, "x"), nb.py("ex.choices['threshold']")
    shown = Shown(nb)
    plain = through(x, shown.answer["window"])
    phase = np.where((x > threshold)[..., None], blended(plain, (0x00, 0x9E, 0x73), 0.15), plain)
    assert (shown.middles(x.shape) == phase).all()
    assert nb.errors == []


def test_shares_of_a_model_are_painted_on_the_pixels_as_python_has_them(notebook):
    nb = notebook(
        SETUP + "\npi = ph.PersistenceImage(8).fit([ex.diagrams[0]])\nfound = ex.explain(np.random.default_rng(1).normal(size=64), pi)",
        "ex",
        size=(1320, 1000),
    )
    nb.run()
    nb.until("v.ready.is_set()", 60)
    nb.exec("from phwidgets.widgets.weights import saturation")
    x, shares, limit = array(nb, "x"), array(nb, "found.voxels"), nb.py("saturation(found.input_shares)")
    assert (shares > 0).any()
    assert (shares < 0).any()
    shown = Shown(nb)
    plain = through(x, shown.answer["window"])
    painted = blended(plain, through(shares, (-limit, limit), "RdBu_r"), 0.6)
    expected = np.where((shares == 0)[..., None], plain, painted)
    assert np.abs(shown.middles(x.shape) - expected).max() <= 4  # 255 colours instead of 256
    assert nb.errors == []
