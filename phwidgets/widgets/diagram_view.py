"""The persistence diagram on screen: a 2D histogram with a brush, in bqplot."""

from __future__ import annotations

import io
from collections.abc import Callable

import bqplot
import ipywidgets
import numpy as np

from ..persistence.diagram import Diagram
from ..persistence.plotting import COLORMAP, ESSENTIAL, ESSENTIAL_HEIGHT, MOST_PERSISTENT, SELECTED, limits
from .words import Words

BINS = 128
PIXELS_PER_BIN = 4  # the browser smooths what it enlarges: send enough pixels for sharp bins
POINTS = 2000  # a point is one SVG node: so many selected pairs are drawn at the most,
POINTS_PASSING = 60  # and so many while the user is dragging
DIGITS = 4  # a brushed region is rounded to this many digits of the range, so that it can be read and typed

Region = tuple[tuple[float, float], tuple[float, float]]


class DiagramView(ipywidgets.VBox):
    """Histogram of one diagram with a brush; ``on_region(callback)`` tells what is brushed, ``show`` what to draw.

    Parameters
    ----------
    size : int
        Width and height of the figure in pixels.
    words : Words, optional

    Attributes
    ----------
    drawn : int
        How many selected pairs are drawn as points.
    """

    def __init__(self, size: int = 430, words: Words | None = None) -> None:
        self._words = words or Words()
        self.drawn = 0
        self._callbacks: list[Callable[[Region | None, bool], None]] = []
        self._diagram: Diagram | None = None
        self._low, self._high, self._bottom, self._top = 0.0, 1.0, 0.0, 1.0
        self._falling, self._essentials, self._counts = False, 0, np.zeros((1, 1), int)
        self._last: tuple[Region | None, bool] = (None, False)
        x, y = bqplot.LinearScale(min=0.0, max=1.0), bqplot.LinearScale(min=0.0, max=1.0)
        self._scales = {"x": x, "y": y}
        self._axes = [
            bqplot.Axis(scale=x, grid_lines="none", label_offset="36px"),
            bqplot.Axis(scale=y, orientation="vertical", grid_lines="none", label_offset="42px"),
        ]
        self._image = bqplot.Image(image=ipywidgets.Image(value=_png(np.zeros((1, 1, 4), np.uint8)), format="png"), scales=self._scales)
        self._diagonal = bqplot.Lines(x=[0, 1], y=[0, 1], scales=self._scales, colors=["#999999"], stroke_width=1)
        self._ceiling = bqplot.Lines(
            x=[], y=[], scales=self._scales, colors=["#999999"], stroke_width=1, line_style="dotted", visible=False
        )
        self._persistent = bqplot.Scatter(x=[], y=[], scales=self._scales, colors=["#444444"], default_size=6, opacities=[0.8])
        self._essential = bqplot.Scatter(
            x=[], y=[], scales=self._scales, colors=[ESSENTIAL], marker="triangle-up", default_size=50, stroke="white"
        )
        self._selected = bqplot.Scatter(
            x=[], y=[], scales=self._scales, colors=[SELECTED], default_size=20, stroke="white", stroke_width=0.5
        )
        # the brush looks at no mark: which pairs lie inside is found in the kernel
        self.brush = bqplot.interacts.BrushSelector(x_scale=x, y_scale=y, marks=[], color=SELECTED)
        self.brush.observe(self._brushed, names=["selected_x", "selected_y", "brushing"])
        self.figure = bqplot.Figure(
            marks=[self._image, self._diagonal, self._ceiling, self._persistent, self._essential, self._selected],
            axes=self._axes,
            interaction=self.brush,
            min_aspect_ratio=1,
            max_aspect_ratio=1,
            padding_x=0,
            padding_y=0,
            display_toolbar=False,  # its pan and zoom would take the brush away
            fig_margin={"top": 12, "bottom": 48, "left": 58, "right": 14},
            layout=ipywidgets.Layout(width=f"{size}px", height=f"{size}px", min_width=f"{size}px"),
        )
        self._bar = ipywidgets.HTML()
        super().__init__([self.figure, self._bar])
        self.add_class("ph-diagram")

    def __repr__(self) -> str:
        return f"DiagramView({self._diagram})"

    # ---- in ---------------------------------------------------------------------------------------------------------------
    def show(self, diagram: Diagram) -> None:
        """Draw another diagram; nothing is selected and nothing brushed then."""
        self._diagram = diagram
        low, high = limits(diagram)
        essential = diagram.birth[diagram.is_essential]
        self._low, self._high, self._bottom, self._top = low, high, low, high
        self._falling = bool((diagram.death[diagram.is_essential] < 0).any())  # superlevel: what never dies is drawn below
        room = 2 * ESSENTIAL_HEIGHT * (high - low)
        if len(essential):
            self._bottom, self._top = (low - room, high) if self._falling else (low, high + room)
        self._counts = diagram.histogram(BINS, (low, high))[0]
        with self.figure.hold_sync():
            self._scales["x"].min, self._scales["x"].max = low, high
            self._scales["y"].min, self._scales["y"].max = self._bottom, self._top
            for axis, name in zip(self._axes, ("birth of", "death of"), strict=True):
                axis.label = self._words(name, unit=diagram.unit)
                axis.tick_values, axis.tick_format = _ticks(low, high)
            self._diagonal.x, self._diagonal.y = [low, high], [low, high]
            self._ceiling.x, self._ceiling.y = [low, high], [low if self._falling else high] * 2
            self._ceiling.visible = bool(len(essential))
            _place(self._essential, essential, np.full(len(essential), self._essential_height()))
            top = diagram.longest(MOST_PERSISTENT)
            _place(self._persistent, top.birth, top.death)
        self._essentials = len(essential)
        self.weigh(None)
        self.mark(None)
        self.set_region(None)

    def weigh(self, histogram: tuple[np.ndarray, np.ndarray, np.ndarray] | None) -> None:
        """Show weights (nb, nd) with the edges of births and deaths in place of the numbers of pairs; None: the numbers again."""
        if histogram is None:
            picture, x, y = _histogram_png(self._counts), [self._low, self._high], [self._low, self._high]
            self._bar.value = _colour_bar(self._words, int(self._counts.max()), self._essentials)
        else:
            values, births, deaths = histogram
            most = float(np.abs(values).max()) or 1.0
            picture, x, y = _weights_png(values, most), [births[0], births[-1]], [deaths[0], deaths[-1]]
            self._bar.value = _weight_bar(self._words, most)
        with self._image.hold_sync():
            self._image.image = ipywidgets.Image(value=picture, format="png")
            self._image.x, self._image.y = x, y

    def mark(self, selected: Diagram | None, passing: bool = False) -> int:
        """Draw these pairs as points (the most persistent ones if they are many); returns how many are drawn."""
        if selected is None or not len(selected):
            _place(self._selected, np.zeros(0), np.zeros(0))
            self.drawn = 0
            return 0
        drawn = most_persistent(selected, POINTS_PASSING if passing else POINTS)
        _place(self._selected, drawn.birth, np.where(drawn.is_essential, self._essential_height(), drawn.death))
        self.drawn = len(drawn)
        return len(drawn)

    def set_region(self, region: Region | None) -> None:
        """Move the brush without telling anybody."""
        if region is None:
            self._last = (None, False)
            self.brush.selected = None
            return
        (b0, b1), (d0, d1) = region
        corners = np.clip([[b0, d0], [b1, d1]], [self._low, self._bottom], [self._high, self._top])
        self._last = (self._region_of(corners[:, 0], corners[:, 1]), False)
        self.brush.selected = corners

    # ---- out --------------------------------------------------------------------------------------------------------------
    def on_region(self, callback: Callable[[Region | None, bool], None]) -> None:
        """Call ``callback(region, passing)`` when the user brushes; region None: cleared, passing: still dragging."""
        self._callbacks.append(callback)

    def _brushed(self, _change: object) -> None:
        x, y = self.brush.selected_x, self.brush.selected_y
        empty = x is None or y is None or len(x) != 2 or len(y) != 2
        now = (None if empty else self._region_of(np.sort(x), np.sort(y)), bool(self.brush.brushing))
        if now == self._last:  # one drag step sets up to three traits
            return
        self._last = now
        if now[0] is None and now[1]:
            return  # the first press of a drag has no extent yet
        for callback in self._callbacks:
            callback(*now)

    def _region_of(self, x: np.ndarray, y: np.ndarray) -> Region:
        """Brushed corners as a readable region; one that reaches the essential classes has no end there."""
        decimals = DIGITS - int(np.floor(np.log10(self._high - self._low)))
        b0, b1, d0, d1 = (round(float(v), decimals) + 0.0 for v in (*x, *y))
        if self._top > self._high and y[1] >= self._essential_height():
            d1 = float("inf")
        if self._bottom < self._low and y[0] <= self._essential_height():
            d0 = -float("inf")
        return (b0, b1), (d0, d1)

    def _essential_height(self) -> float:
        room = ESSENTIAL_HEIGHT * (self._high - self._low)
        return self._low - room if self._falling else self._high + room


def _ticks(low: float, high: float) -> tuple[np.ndarray, str]:
    """Round tick values inside an interval, and the d3 format that shows just their digits."""
    from matplotlib.ticker import MaxNLocator

    values = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    step = values[1] - values[0]
    digits = next((k for k in range(12) if abs(round(step, k) - step) < 1e-6 * step), None)
    return values[(values >= low) & (values <= high)], f".{digits}f" if digits is not None and high < 1e6 else ".3~g"


def most_persistent(diagram: Diagram, k: int) -> Diagram:
    """At most k pairs: essential classes first, then the most persistent ones."""
    if len(diagram) <= k:
        return diagram
    order = np.argsort(-diagram.persistence, kind="stable")[:k]
    return diagram.subset(diagram.pair_id[order])


def _place(mark: bqplot.Scatter, x: np.ndarray, y: np.ndarray) -> None:
    with mark.hold_sync():
        mark.x, mark.y = np.asarray(x, np.float32), np.asarray(y, np.float32)


def _colours(levels: np.ndarray) -> np.ndarray:
    """RGBA bytes of levels in 0..1 in the diagram's colour map."""
    from matplotlib import colormaps

    return colormaps[COLORMAP](levels, bytes=True)


def _histogram_png(counts: np.ndarray) -> bytes:
    """Counts (births, deaths) as a picture, births to the right and deaths upwards, empty bins transparent."""
    most = max(2, counts.max())
    rgba = _colours(np.log(np.maximum(counts, 1)) / np.log(most))
    rgba[counts == 0] = 0
    picture = rgba.transpose(1, 0, 2)[::-1]
    return _png(picture.repeat(PIXELS_PER_BIN, 0).repeat(PIXELS_PER_BIN, 1))


def _weights_png(values: np.ndarray, most: float) -> bytes:
    """Weights (births, deaths) in a diverging colour map: blue below 0, red above, white where nothing is."""
    from matplotlib import colormaps

    rgba = colormaps["RdBu_r"](0.5 + 0.5 * values / most, bytes=True)
    picture = rgba.transpose(1, 0, 2)[::-1]
    scale = max(1, BINS * PIXELS_PER_BIN // max(values.shape))
    return _png(picture.repeat(scale, 0).repeat(scale, 1))


def _png(rgba: np.ndarray) -> bytes:
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


def _weight_bar(words: Words, most: float) -> str:
    """HTML of the scale of weights."""
    from matplotlib import colormaps

    stops = ", ".join("#{:02x}{:02x}{:02x}".format(*c[:3]) for c in colormaps["RdBu_r"](np.linspace(0, 1, 12), bytes=True))
    ticks = _tick(0, f"&minus;{most:.2g}") + _tick(50, "0") + _tick(100, f"{most:.2g}")
    return _gradient(stops, ticks, words("weight"))


def _colour_bar(words: Words, most: int, essential: int) -> str:
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
