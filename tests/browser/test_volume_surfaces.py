"""Surfaces of a volume in JupyterLab: NGL holds the triangles that Python made, and shows them."""

import io

import numpy as np

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


def red(nb):
    """Number of pixels of the surface's colour, whatever the shading."""
    from matplotlib.image import imread

    nb.wait(600)
    image = imread(io.BytesIO(nb.screenshot(selector=".phwidgets-surfaces canvas")))
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
