"""The persistence diagram on screen: a 2D histogram with a brush, in bqplot."""

from __future__ import annotations

from collections.abc import Callable

import bqplot
import ipywidgets
import numpy as np

from ..persistence.diagram import Diagram
from ..persistence.plotting import ESSENTIAL, ESSENTIAL_HEIGHT, MOST_PERSISTENT, SELECTED, limits
from .diagram_pictures import colour_bar, histogram_png, nothing_png, points_png, weight_bar, weights_png
from .words import Words

BINS = 128
POINTS = 2000  # so many selected pairs are drawn at the most,
POINTS_PASSING = 60  # and so many while the user is dragging
NODES = 100  # more points than these are one picture: as SVG nodes they would hold up the browser
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
        self._image, self._many = (
            bqplot.Image(image=ipywidgets.Image(value=nothing_png(), format="png"), scales=self._scales) for _ in range(2)
        )
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
            marks=[self._image, self._diagonal, self._ceiling, self._persistent, self._essential, self._many, self._selected],
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
    def show(self, diagram: Diagram, axes: tuple[float, float] | None = None) -> None:
        """Draw another diagram; nothing is selected and nothing brushed then.

        ``axes`` are the ends of both axes, those of the diagram by default; frames of one film keep theirs.
        """
        self._diagram = diagram
        low, high = limits(diagram) if axes is None else axes
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

    def weigh(self, histogram: tuple[np.ndarray, np.ndarray, np.ndarray] | None, label: str | None = None) -> None:
        """Show weights (nb, nd) with the edges of births and deaths in place of the numbers of pairs; None: the numbers again.

        The label says what they are, "weight" by default.
        """
        if histogram is None:
            picture, x, y = histogram_png(self._counts), [self._low, self._high], [self._low, self._high]
            self._bar.value = colour_bar(self._words, int(self._counts.max()), self._essentials)
        else:
            values, births, deaths = histogram
            most = float(np.abs(values).max()) or 1.0
            picture, x, y = weights_png(values, most), [births[0], births[-1]], [deaths[0], deaths[-1]]
            self._bar.value = weight_bar(most, self._words("weight") if label is None else label)
        _picture(self._image, picture, x, y)

    def mark(self, selected: Diagram | None, passing: bool = False) -> int:
        """Draw these pairs as points (the most persistent ones if they are many); returns how many are drawn."""
        x, y = np.zeros((2, 0))
        if selected is not None and len(selected):
            drawn = most_persistent(selected, POINTS_PASSING if passing else POINTS)
            x, y = drawn.birth, np.where(drawn.is_essential, self._essential_height(), drawn.death)
        many = len(x) > NODES
        _place(self._selected, *np.zeros((2, 0)) if many else (x, y))
        if many:
            across, up = (x - self._low) / (self._high - self._low), (y - self._bottom) / (self._top - self._bottom)
            _picture(self._many, points_png(across, up, SELECTED), [self._low, self._high], [self._bottom, self._top])
        self._many.visible = many
        self.drawn = len(x)
        return len(x)

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
    persistence = diagram.persistence
    best = np.flatnonzero(persistence >= np.partition(persistence, -k)[-k])  # sorting them all would be felt while dragging
    order = best[np.argsort(-persistence[best], kind="stable")[:k]]
    return diagram.subset(diagram.pair_id[order])


def _picture(mark: bqplot.Image, picture: bytes, x: list[float], y: list[float]) -> None:
    old = mark.image
    with mark.hold_sync():
        mark.image = ipywidgets.Image(value=picture, format="png")  # bqplot does not notice another value of the same one
        mark.x, mark.y = x, y
    old.close()


def _place(mark: bqplot.Scatter, x: np.ndarray, y: np.ndarray) -> None:
    with mark.hold_sync():
        mark.x, mark.y = np.asarray(x, np.float32), np.asarray(y, np.float32)
