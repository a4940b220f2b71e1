"""Pictures and scales of the diagram view: bins, weights and points as PNG, colour bars as HTML."""

from __future__ import annotations

import html
import io

import numpy as np

from ..persistence.plotting import COLORMAP, ESSENTIAL
from .words import Words

PIXELS = 512  # the browser smooths what it enlarges: send enough pixels for sharp bins
POINT_PIXELS, POINT_RADIUS, RIM = 860, 5, 1  # twice as fine as the diagram on the screen, for sharp points


def nothing_png() -> bytes:
    """One transparent pixel."""
    return png(np.zeros((1, 1, 4), np.uint8))


def points_png(x: np.ndarray, y: np.ndarray, color: str) -> bytes:
    """Discs of one colour at x to the right and y upwards in 0..1 with a white rim around them all; transparent elsewhere."""
    from PIL import Image, ImageColor

    levels = np.zeros((POINT_PIXELS, POINT_PIXELS), np.uint8)
    grid = np.arange(-POINT_RADIUS - RIM, POINT_RADIUS + RIM + 1)
    away = np.hypot(*np.meshgrid(grid, grid))
    centres = np.rint((POINT_PIXELS - 1) * np.stack([1 - y, x])).astype(int)
    for level, radius in ((1, POINT_RADIUS + RIM), (2, POINT_RADIUS)):
        stamp = np.array(np.nonzero(away <= radius)) - POINT_RADIUS - RIM
        row, column = np.clip(centres[:, :, None] + stamp[:, None], 0, POINT_PIXELS - 1)
        levels[row, column] = level
    picture = Image.fromarray(levels, "P")
    picture.putpalette([255, 255, 255, 255, 255, 255, *ImageColor.getrgb(color)])
    out = io.BytesIO()
    picture.save(out, "png", compress_level=1, transparency=0)
    return out.getvalue()


def _colours(levels: np.ndarray) -> np.ndarray:
    """RGBA bytes of levels in 0..1 in the diagram's colour map."""
    from matplotlib import colormaps

    return colormaps[COLORMAP](levels, bytes=True)


def histogram_png(counts: np.ndarray) -> bytes:
    """Counts (births, deaths) as a picture, births to the right and deaths upwards, empty bins transparent."""
    most = max(2, counts.max())
    rgba = _colours(np.log(np.maximum(counts, 1)) / np.log(most))
    rgba[counts == 0] = 0
    picture = rgba.transpose(1, 0, 2)[::-1]
    return png(_enlarged(picture))


def weights_png(values: np.ndarray, most: float) -> bytes:
    """Weights (births, deaths) in a diverging colour map: blue below 0, red above, white where nothing is."""
    from matplotlib import colormaps

    rgba = colormaps["RdBu_r"](0.5 + 0.5 * values / most, bytes=True)
    picture = rgba.transpose(1, 0, 2)[::-1]
    return png(_enlarged(picture))


def _enlarged(picture: np.ndarray) -> np.ndarray:
    scale = max(1, PIXELS // max(picture.shape))
    return picture.repeat(scale, 0).repeat(scale, 1)


def png(rgba: np.ndarray) -> bytes:
    """Bytes of a picture (h, w, 4) uint8."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgba)).save(out, "png", compress_level=1)
    return out.getvalue()


def _gradient(stops: str, ticks: str, name: str, after: str = "") -> str:
    return (
        '<div style="display:flex;align-items:flex-start;font-size:11px;line-height:14px;margin-left:58px">'
        f'<span style="margin-right:14px;white-space:nowrap">{name}</span>'
        f'<span style="display:inline-block;width:150px"><span style="display:block;height:10px;margin-top:2px;'
        f'background:linear-gradient(to right, {stops})"></span>'
        f'<span style="position:relative;display:block;height:14px">{ticks}</span></span>{after}</div>'
    )


def _tick(percent: float, label: str) -> str:
    return f'<span style="position:absolute;left:{percent:.1f}%;transform:translateX(-50%)">{label}</span>'


def weight_bar(most: float, label: str) -> str:
    """HTML of the scale of what lies between -most and most; the label is text."""
    from matplotlib import colormaps

    stops = ", ".join("#{:02x}{:02x}{:02x}".format(*c[:3]) for c in colormaps["RdBu_r"](np.linspace(0, 1, 12), bytes=True))
    ticks = _tick(0, f"&minus;{most:.2g}") + _tick(50, "0") + _tick(100, f"{most:.2g}")
    return _gradient(stops, ticks, html.escape(label))


def colour_bar(words: Words, most: int, essential: int) -> str:
    """HTML of the logarithmic colour scale, and the sign of the essential classes."""
    most = max(2, most)
    stops = ", ".join("#{:02x}{:02x}{:02x}".format(*c[:3]) for c in _colours(np.linspace(0, 1, 12)))
    labels = [10**k for k in range(int(np.log10(most)) + 1)]
    if most > 1.6 * labels[-1]:
        labels.append(most)
    ticks = "".join(_tick(100 * np.log(v) / np.log(most), f"{v:,}") for v in labels)
    sign = f'<span style="color:{ESSENTIAL}">&#9650;</span> {words("never dies", n=essential)}' if essential else ""
    after = f'<span style="margin-left:26px;white-space:nowrap">{sign}</span>' if sign else ""
    return _gradient(stops, ticks, words("pairs per bin"), after)
