"""A still picture of what the canvas shows, for places where nothing runs. No widget in here."""

import io

import numpy as np

from phwidgets.widgets.image_parts import Heat, Mask, slice_of
from phwidgets.widgets.image_samples import rgb

LARGEST = 420  # pixels of the longer side


def still(values, spacing, window, slices, parts):
    """PNG of a two-dimensional image, or of the three slices of a volume side by side, with its masks and heat map.

    Parameters
    ----------
    values : array
        Two or three dimensions.
    spacing : tuple of float
    window : (float, float)
        Values drawn black and white.
    slices : sequence of int
        The slice for each axis of a volume.
    parts : iterable
        What lies over the image; masks and heat maps are drawn, in this order.
    """
    from PIL import Image

    axes = [None] if values.ndim == 2 else [0, 1, 2]
    parts = list(parts)
    pictures = [_enlarged(_slice(values, axis, 0 if axis is None else slices[axis], window, parts), _steps(spacing, axis)) for axis in axes]
    gap = 6
    sheet = Image.new("RGB", (sum(p.width + gap for p in pictures) - gap, max(p.height for p in pictures)), "white")
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width + gap
    out = io.BytesIO()
    sheet.quantize(256).save(out, "png", optimize=True)  # the picture stays in every saved notebook
    return out.getvalue()


def _slice(values, axis, index, window, parts):
    here = np.asarray(slice_of(values, axis, index))
    stride = tuple(slice(None, None, max(1, n // (2 * LARGEST))) for n in here.shape)  # a thumbnail needs no more
    low, high = window
    with np.errstate(invalid="ignore"):
        grey = np.nan_to_num(np.clip((here[stride].astype(float) - low) / (high - low), 0, 1), nan=1.0)
    picture = np.repeat(255 * grey[..., None], 3, axis=2)
    for part in parts:
        if isinstance(part, Mask):
            chosen = slice_of(part.mask, axis, index)[stride]
            picture[chosen] += part.opacity * (np.array(rgb(part.color)) - picture[chosen])
        elif isinstance(part, Heat):
            colours, chosen = part.colours(slice_of(part.values, axis, index)[stride])
            picture[chosen] += part.opacity * (colours[chosen] - picture[chosen])
    return picture.round().astype(np.uint8)


def _steps(spacing, axis):
    return spacing if axis is None else tuple(step for k, step in enumerate(spacing) if k != axis)


def _enlarged(rgb_array, spacing):
    """A picture of `LARGEST` pixels, samples as large as their spacing says, not smoothed where they are enlarged."""
    from PIL import Image

    size = np.array(rgb_array.shape[:2]) * spacing
    rows, cols = np.maximum(1, np.round(LARGEST * size / size.max())).astype(int).tolist()
    smaller = rgb_array.shape[0] > rows
    return Image.fromarray(rgb_array).resize((cols, rows), Image.Resampling.BOX if smaller else Image.Resampling.NEAREST)
