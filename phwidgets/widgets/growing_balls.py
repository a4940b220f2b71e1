"""Growing balls on points of a plane beside their persistence diagram: birth and death, seen as they happen."""

from __future__ import annotations

import html
import threading
from typing import Any

import ipywidgets
import numpy as np

from .doctor import warn_about_environment
from .errors import shown
from .growth import Growth
from .growth_drawing import diagram_svg, growth_png, points_svg
from .picture import stand_in
from .words import Language, Words

STEPS = 150  # of the slider, from radius 0 to the last one
MILLISECONDS = 100  # from one step to the next while it plays

warn_about_environment()


def growing_balls(points: Any, *, radius: float | None = None, language: Language | None = None) -> GrowingBalls:
    """Let a ball grow on every point of a plane, and see each ring born and filled beside the persistence diagram.

    Parameters
    ----------
    points : (n, 2) array or anything like a structure of two dimensions
        At most 400 points.
    radius : float, optional
        Radius to begin with, in the unit of the points. By default the middle of the life of the most persistent ring.
    language : {"en", "ja"}, optional
        Language of the words; that of ``set_language`` by default.

    Returns
    -------
    GrowingBalls
        A widget with a slider, a player and the two drawings; ``radius`` can be set from Python too.

    Raises
    ------
    ValueError
        For points in three dimensions, periodic cells, radii, too many points, or a radius that is none.

    Notes
    -----
    A hole that is open at a radius is a region of Delaunay triangles which are not filled yet, and the last of them to be filled is the
    death simplex of its pair (Delfinado and Edelsbrunner, Comput. Aided Geom. Design 12, 771 (1995)).

    Examples
    --------
    >>> import numpy as np
    >>> import phwidgets as ph
    >>> square = growing_balls(np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]), radius=1.2)
    >>> square
    GrowingBalls(4 points, radius 1.2: 1 component, 1 ring)
    """
    return GrowingBalls(points, radius, language)


class GrowingBalls(ipywidgets.VBox):
    """Growing balls and their persistence diagram; made by ``phwidgets.growing_balls``.

    Attributes
    ----------
    diagrams : Diagrams
        The persistence diagrams of the points.
    """

    def __init__(self, points: Any, radius: float | None = None, language: Language | None = None) -> None:
        self._growth = Growth.of(points)
        self.words = Words(language)
        self._lock = threading.RLock()  # callbacks of the browser arrive on other threads
        last = self._growth.last_radius
        self._grain = 10.0 ** np.floor(np.log10(last / 500))  # the browser knows only multiples of the slider's step
        start = self._rounded(self._growth.telling_radius()) if radius is None else _checked(radius, last)

        word = self.words
        self._play = ipywidgets.Play(
            value=0, max=STEPS, interval=MILLISECONDS, show_repeat=False, tooltip=word("grow"), layout=ipywidgets.Layout(width="auto")
        )
        self._slider = ipywidgets.FloatSlider(
            value=start, min=0.0, max=last, step=self._grain, readout_format=f".{self._digits}f", description=word("radius")
        )
        self._next = ipywidgets.Button(
            description=word("next event"), tooltip=word("next event tooltip"), icon="step-forward", layout=ipywidgets.Layout(width="auto")
        )
        self._complex = ipywidgets.Checkbox(
            value=True, description=word("edges and triangles"), indent=False, layout=ipywidgets.Layout(width="auto")
        )
        self._left, self._right = ipywidgets.HTML().add_class("ph-balls"), ipywidgets.HTML().add_class("ph-balls-diagram")
        self._readout, self._errors = ipywidgets.HTML().add_class("ph-readout"), ipywidgets.HTML()
        wrapping = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
        super().__init__(
            [
                ipywidgets.HBox([self._play, self._slider, self._next, self._complex], layout=wrapping),
                ipywidgets.HBox([self._left, self._right], layout=ipywidgets.Layout(flex_flow="row wrap")),
                self._readout,
                self._errors,
            ]
        )
        self.add_class("ph-growing-balls")
        self._play.observe(self._played, names="value")
        self._slider.observe(self._moved, names="value")
        self._complex.observe(self._moved, names="value")
        self._next.on_click(self._skipped)
        self._follow()
        self._draw()

    def __repr__(self) -> str:
        return f"GrowingBalls({len(self._growth.points)} points, radius {self.radius:.4g}: {', '.join(self._counts(Words('en')))})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        drawn = super()._repr_mimebundle_(**kwargs)
        return stand_in(drawn, f"{self!r} - run this notebook to move the slider", self.picture())

    @property
    def diagrams(self) -> Any:
        """The persistence diagrams of the points, degrees 0 and 1."""
        return self._growth.diagrams

    @property
    def radius(self) -> float:
        """Radius of the balls; setting it moves the slider."""
        return float(self._slider.value)

    @radius.setter
    def radius(self, value: float) -> None:
        self._slider.value = _checked(value, self._slider.max)

    def picture(self) -> bytes:
        """PNG of both drawings at the present radius, made without a browser."""
        return growth_png(self._growth, self.radius, self._complex.value)

    # ---- from the browser ------------------------------------------------------------------------------------------------
    @shown("drawing failed")
    def _played(self, change: Any) -> None:
        if change["new"] != self._step():  # otherwise the player has followed the slider
            self._slider.value = self._rounded(change["new"] * self._slider.max / STEPS)

    @shown("drawing failed")
    def _moved(self, _change: Any) -> None:
        self._follow()
        self._draw()

    @shown("drawing failed")
    def _skipped(self, _button: Any) -> None:
        event = self._growth.next_event(self.radius)
        self._slider.value = self._slider.max if event is None else self._rounded(event + 0.5 * self._grain)  # upwards: it has happened

    # ---- drawing ---------------------------------------------------------------------------------------------------------
    @property
    def _digits(self) -> int:
        return max(0, -round(np.log10(self._grain)))

    def _rounded(self, radius: float) -> float:
        return min(float(round(round(radius / self._grain) * self._grain, self._digits)), self._growth.last_radius)

    def _step(self) -> int:
        return round(self.radius / self._slider.max * STEPS)

    def _follow(self) -> None:
        """Let the player go on from where the slider is."""
        self._play.value = self._step()

    def _draw(self) -> None:
        self._left.value = points_svg(self._growth, self.radius, self._complex.value)
        self._right.value = diagram_svg(self._growth, self.radius, self.words)
        at = self.words("at radius", radius=f"{self.radius:.{self._digits}f}", unit=self._growth.rings.unit)
        line = f"<b>{' · '.join(html.escape(text) for text in (at, *self._counts(self.words)))}</b>"
        note = html.escape(self.words("colours"))
        self._readout.value = f'<div style="line-height:1.5;margin:2px 0 0 4px">{line}<span style="color:#666"> — {note}</span></div>'

    def _counts(self, words: Words) -> list[str]:
        return [words.holes(int(self._growth.alive(degree, self.radius).sum()), degree) for degree in (0, 1)]


def _checked(radius: float, last: float) -> float:
    value = float(radius)
    if not (np.isfinite(value) and 0 <= value <= last):
        raise ValueError(f"radius must be a number from 0 to {last:.4g}, where everything has happened, not {radius!r}")
    return value
