"""The browser's side of the image view: an anywidget that draws, and its colour maps."""

import anywidget
import numpy as np
import traitlets

from phwidgets.widgets.image_words import canvas_words
from phwidgets.widgets.structure_frontend import static_text

COLORMAPS = ("gray", "viridis", "cividis", "magma")


class Canvas(anywidget.AnyWidget):
    """Draws what `ImageView` sends and tells what the user does; of no use alone."""

    _esm = traitlets.Unicode(static_text("image_view.js")).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    maps = traitlets.Dict().tag(sync=True)
    height = traitlets.Unicode().tag(sync=True)

    def __init__(self, height):
        super().__init__(words=canvas_words(), maps={name: colour_table(name) for name in COLORMAPS}, height=height)

    def __repr__(self):
        return "Canvas()"


def colour_table(name, count=256):
    """Bytes r, g, b of ``count`` colours of a Matplotlib colour map."""
    from matplotlib import colormaps

    try:
        colormap = colormaps[name]
    except KeyError:
        raise ValueError(f"There is no colour map {name!r} in Matplotlib.") from None
    return np.ascontiguousarray(colormap(np.linspace(0, 1, count), bytes=True)[:, :3]).tobytes()
