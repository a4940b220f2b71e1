"""Surfaces of a volume in JupyterLab: NGL holds the triangles that Python made, and shows them."""

import io

import numpy as np
from labkit import NO_WEBGL

CODE = """
import numpy as np
from phwidgets.image import Image
from phwidgets.widgets.volume_surfaces import SurfaceView, surface_triangles
ball = np.linalg.norm(np.indices((20, 30, 40)) - [[[[10]]], [[[12]]], [[[25]]]], axis=0) < 8
s, got = SurfaceView(Image(ball, spacing=(2, 1, 1), unit='nm')), {}
s.surface('ball', ball, '#ff0000', 1)
def keep(answer, buffers):
    got['at'] = np.frombuffer(buffers[0], np.float32).reshape(-1, 3, 3)
"""


def red(nb, what="canvas"):
    """Number of pixels of the surface's colour, whatever the shading."""
    from matplotlib.image import imread

    nb.wait(600)
    image = imread(io.BytesIO(nb.screenshot(selector=f".phwidgets-surfaces {what}")))
    return int((image[..., 0] - image[..., 1] > 0.5).sum())


def test_a_surface_is_the_one_of_python_and_is_seen(notebook):
    nb = notebook(CODE, "s")
    nb.run()
    nb.until("s.view.ready.is_set()", 60)
    nb.exec("s.view.request('layer', keep, layer='surface:ball')")
    nb.until("'at' in got")
    assert nb.py("float(np.abs(got['at'] - 100 / 40 * surface_triangles(ball, (2, 1, 1))[0]).max())") < 1e-3
    assert red(nb) > 500
    nb.exec("s.surface('ball', None)")
    assert red(nb) < 50
    nb.exec("s.show(np.zeros((30, 30, 30))); s.surface('new', np.arange(900), '#ff0000', 1)")
    assert red(nb) > 500
    assert np.isclose(nb.py("s._scale"), 100 / 30)
    assert nb.errors == []


def test_without_webgl_a_sentence_and_a_picture_appear_and_follow(notebook):
    nb = notebook(CODE, "s", flags=NO_WEBGL)
    nb.run()
    nb.until("s.view.state == 'failed'", 30)
    assert nb.page.get_by_text("still picture").first.is_visible()
    assert nb.page.get_by_text("ph.doctor()").first.is_visible()
    picture = nb.locate(".phwidgets-surfaces img")
    nb.wait(300)
    assert picture.is_visible()
    assert red(nb, "img") > 2000
    nb.exec("s.surface('ball', None)")
    assert red(nb, "img") < 100


def test_in_an_explorer_without_webgl_the_selected_regions_are_a_picture(notebook):
    code = (
        "import numpy as np, phwidgets as ph\nfrom scipy import ndimage\n"
        "image = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(24, 24, 24)), 2)\n"
        "dgms = ph.cubical_persistence(ph.Image(image)); ex = ph.explore(dgms, degree=0); ex.select(pairs=dgms[0].longest(3).pair_id)"
    )
    nb = notebook(code, "ex", flags=NO_WEBGL)
    nb.run()
    nb.page.get_by_role("button", name="surfaces").first.click()
    nb.until("getattr(ex._side._surfaces, 'view', None) is not None and ex._side._surfaces.view.state == 'failed'", 30)
    nb.locate(".phwidgets-surfaces img")
    nb.wait(300)
    assert nb.page.locator(".phwidgets-surfaces img").is_visible()
    assert nb.page.get_by_text("still picture").first.is_visible()
