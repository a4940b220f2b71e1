"""The controls of the shapes in an explorer: what links, epsilon, progress with Cancel, and the card of statistics."""

from __future__ import annotations

import html
import threading
from collections.abc import Sequence

import ipywidgets
import numpy as np

from ..inverse.volume import Volume
from ..persistence.diagram import Diagram
from ..selection import State
from .card import card
from .links import INVERSES, Links
from .words import Words

STEPS = 40  # of the slider


class ShapePanel:
    """Widgets that steer ``Links`` and say how far it is.

    Attributes
    ----------
    controls : list of widgets
        What links, and the slider of epsilon.
    progress : widget
        Bar and Cancel; hidden while nothing is searched for.
    card : widget
        Statistics of the selected shapes beside those of all others.
    """

    def __init__(self, links: Links, words: Words) -> None:
        self._links, self._words = links, words
        self._degree = 1
        self._setting = threading.local()  # the widgets are being set by us, not by the user
        auto = ipywidgets.Layout(width="auto")
        self._inverse = ipywidgets.Dropdown(
            options=[(words(f"link {name}"), name) for name in INVERSES], value=links.inverse, tooltip=words("link tooltip"), layout=auto
        )
        self._epsilon = ipywidgets.FloatSlider(
            description="ε",
            min=0.0,
            max=1.0,
            value=0.0,
            readout_format=".3g",
            continuous_update=False,
            tooltip=words("epsilon tooltip"),
            layout=ipywidgets.Layout(width="250px"),
            style={"description_width": "initial"},
        )
        self._bar = ipywidgets.IntProgress(layout=ipywidgets.Layout(width="180px"))
        self._stop = ipywidgets.Button(layout=auto)
        self._said = ipywidgets.HTML()
        self.controls = [self._inverse, self._epsilon]
        self.progress = ipywidgets.HBox([self._bar, self._stop, self._said], layout=ipywidgets.Layout(display="none"))
        self.card = ipywidgets.HTML().add_class("ph-card")
        self._inverse.observe(self._inverse_chosen, names="value")
        self._epsilon.observe(self._epsilon_moved, names="value")
        self._stop.on_click(self._stop_clicked)

    # ---- from the browser ------------------------------------------------------------------------------------------------
    def _inverse_chosen(self, change) -> None:
        if not getattr(self._setting, "on", False):
            self._links.set_inverse(change["new"])

    def _epsilon_moved(self, change) -> None:
        if not getattr(self._setting, "on", False) and not only_rounded(self._epsilon, self._links.epsilon(self._degree)):
            self._links.set_epsilon(self._degree, change["new"])

    def _stop_clicked(self, _button) -> None:
        shapes = self._links.shapes
        if shapes.busy:
            shapes.cancel()
        else:
            shapes.go_on()
        self._draw_progress()

    # ---- drawing ---------------------------------------------------------------------------------------------------------
    def draw(self, state: State, selected: Diagram, shapes: Sequence[Volume]) -> None:
        """Show what there is to a selection."""
        if state.passing:
            return
        self._degree = state.degree
        self._setting.on = True
        try:
            self._draw_controls(selected)
        finally:
            self._setting.on = False
        self._draw_progress()
        atoms = len(shapes) > 0 and isinstance(shapes[0], Volume)
        finite, epsilon = selected.finite, self._links.epsilon(state.degree)
        short = int((finite.birth + epsilon >= finite.death).sum()) if epsilon else 0  # these have no stable volume
        others = self._links.others(state.degree, selected) if atoms else []
        known = shapes if atoms else []
        self.card.value = card(self._words, known, others, len(finite), short, f"{epsilon:g} {selected.unit}")

    def _draw_controls(self, selected: Diagram) -> None:
        self._inverse.value = self._links.inverse
        shown = self._degree in self._links.has_epsilon
        self._epsilon.layout.display = None if shown else "none"
        if not shown:
            return
        value = self._links.epsilon(self._degree)
        most = _round_up(max(5 * value, self._links.typical_life(self._degree) / 4))
        if self._epsilon.max != most:
            self._epsilon.min, self._epsilon.max, self._epsilon.step = 0.0, most, most / STEPS
        self._epsilon.value = min(value, most)
        self._epsilon.description = f"ε ({selected.unit})"

    def _draw_progress(self) -> None:
        shapes = self._links.shapes
        stopped = not shapes.busy and shapes.done < shapes.total and not shapes.problem
        self.progress.layout.display = None if shapes.busy or stopped or shapes.problem else "none"
        self._bar.max, self._bar.value = max(1, shapes.total), shapes.done
        self._stop.description = self._words("cancel" if shapes.busy else "continue")
        self._stop.layout.display = "none" if shapes.problem else None
        self._said.value = self._words("shapes found", n=shapes.done, total=shapes.total)
        if shapes.problem:
            self._said.value = f'<span style="color:#b00020">{html.escape(shapes.problem)}</span>'


def only_rounded(slider: ipywidgets.FloatSlider, value: float) -> bool:
    """Whether the browser has only put ``value`` onto the steps of its slider, which nobody has asked for."""
    return abs(slider.value - value) <= 0.5 * slider.step * (1 + 1e-6)


def _round_up(value: float) -> float:
    """A round number above, for the end of a slider."""
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= value))
