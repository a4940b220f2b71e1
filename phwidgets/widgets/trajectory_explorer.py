"""An explorer of a trajectory: frame by frame in step, a selection kept from frame to frame, and curves over time."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from ..persistence.plotting import SELECTED
from ..structure import Structure
from .errors import error_html
from .explorer import Explorer
from .following import Followed
from .frames import Frames, alive_at, in_region, total_persistence
from .newest import Newest
from .questions import as_region
from .words import Language

MILLISECONDS = 400  # from frame to frame while it plays
FACTS = 4  # of a frame are said
LIVE = 500  # frames; the curve of more is drawn when a drag has ended
POINTS = 300  # of the curve can be clicked; each is an element of the page, and a slider is exact
TARGET = 400  # px² around a point of the curve that can be clicked


class TrajectoryExplorer(Explorer):
    """Frames of a trajectory and their diagrams; made by ``phwidgets.explore(trajectory)``.

    The diagrams of the frames are computed in the background, those after the present one first. A region that is selected, and atoms
    that are, stay selected from frame to frame; the curve shows how many pairs the region has in every frame. While ``following``, the
    selected pairs are looked for in every frame by their atoms instead: the same ring, wherever in the diagram it is by then.

    Attributes
    ----------
    frames : Frames
        ``frames.problems`` says which could not be read.
    """

    def __init__(
        self,
        trajectory: Sequence[Structure],
        degree: int | None = None,
        *,
        inverse: str | None = None,
        language: Language | None = None,
        frame: int = 0,
    ) -> None:
        self.trajectory = trajectory
        self.frames = Frames(trajectory, self._told)
        self._frame_index, first = self._first_readable(range(len(trajectory))[frame])
        self._newest = Newest(self._show_frame, self._failed)
        self._followed: Followed | None = None
        self._moving = False  # from frame to frame, in which what is selected changes and what is followed does not
        super().__init__(first, degree, inverse=inverse, language=language)
        self.selection.observe(self._follow_selection, names="state")
        self.selection.observe(self._draw_curve, names="state")
        self._draw_curve()
        self._tell_facts()
        self.frames.look_ahead()

    def _first_readable(self, index: int) -> tuple[int, Diagrams]:
        """The frame to begin with, or the first after it that can be read, and its diagrams."""
        for i in [*range(index, len(self.trajectory)), *range(index)]:
            try:
                return i, self.frames.diagrams(i)
            except ValueError as error:
                self.frames.problems[i] = f"{type(error).__name__}: {error}"
        raise ValueError(f"no frame of this trajectory can be read; of frame {index}: {self.frames.problems[index]}")

    def _side_controls(self) -> list[ipywidgets.Widget]:
        words, last = self.words, len(self.trajectory) - 1
        self._play = ipywidgets.Play(min=0, max=last, value=self._frame_index, interval=MILLISECONDS).add_class("ph-play")
        self._slider = ipywidgets.IntSlider(min=0, max=last, value=self._frame_index, description=words("frame")).add_class("ph-frame")
        ipywidgets.link((self._play, "value"), (self._slider, "value"))
        self._slider.observe(lambda change: self._newest.want(change["new"]), names="value")
        self._curve_kind = ipywidgets.Dropdown(
            options=[
                (words("curve number"), "pairs"),
                (words("curve persistence", unit=self.diagrams.unit), "persistence"),
                (words("curve betti short"), "betti"),
            ],
            layout=ipywidgets.Layout(width="auto"),
        )
        self._curve_kind.observe(self._draw_curve, names="value")
        self._radius = ipywidgets.BoundedFloatText(
            min=-1e6,
            max=1e6,
            step=0.05,
            value=1.0,
            description=f"{words('radius')} ({self.diagrams.unit})",
            layout=ipywidgets.Layout(width="170px", display="none"),
        )
        self._radius.observe(self._draw_curve, names="value")
        self._far = ipywidgets.HTML()
        x, y = bqplot.LinearScale(min=0, max=max(1, last)), bqplot.LinearScale()
        scales = {"x": x, "y": y}
        self._curve = bqplot.Lines(x=[], y=[], scales=scales, colors=["#0072b2"], stroke_width=1.5)
        self._points = bqplot.Scatter(x=[], y=[], scales=scales, colors=["#0072b2"], default_size=14)
        self._targets = bqplot.Scatter(x=[], y=[], scales=scales, default_size=TARGET, opacities=[0.0])
        self._now = bqplot.Lines(x=[0, 0], y=[0, 1], scales=scales, colors=[SELECTED], stroke_width=1.5)
        self._targets.on_element_click(lambda _mark, event: self._go(round(event["data"]["x"])))
        self._value_axis = bqplot.Axis(scale=y, orientation="vertical", grid_lines="none", label_offset="46px")
        frame_axis = bqplot.Axis(scale=x, label=words("frame"), grid_lines="none", tick_values=ticks(0, last, whole=True, most=12))
        self._figure = bqplot.Figure(
            marks=[self._curve, self._points, self._now, self._targets],
            axes=[frame_axis, self._value_axis],
            fig_margin={"top": 10, "bottom": 40, "left": 70, "right": 14},
            layout=ipywidgets.Layout(width="100%", height="170px"),
            display_toolbar=False,
        ).add_class("ph-curve")
        self._facts = ipywidgets.HTML()
        self._follow = ipywidgets.ToggleButton(
            description=words("follow"), tooltip=words("follow tooltip"), icon="link", layout=ipywidgets.Layout(width="auto")
        )
        self._follow.observe(self._follow_selection, names="value")
        row = ipywidgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="0 8px")
        return [
            *super()._side_controls(),
            ipywidgets.HBox([self._play, self._slider, self._facts, self._follow], layout=row),
            ipywidgets.HBox([self._curve_kind, self._radius, self._far], layout=row),
            self._figure,
        ]

    def _show_diagram(self, diagram: Diagram) -> None:
        self.diagram_view.show(diagram, self.frames.span(diagram.degree))

    # ---- frames ----------------------------------------------------------------------------------------------------------
    @property
    def frame(self) -> int:
        """Index of the frame that is shown. Can be set; negative ones count from the end."""
        return self._frame_index

    @frame.setter
    def frame(self, index: int) -> None:
        index = range(len(self.trajectory))[index]
        self._slider.value = index
        self._newest.wait()
        if self._frame_index != index:
            self._show_frame(index)

    def _go(self, index: int) -> None:
        self._slider.value = index

    def _show_frame(self, index: int) -> None:
        if index == self._frame_index:
            return
        diagrams = self.frames.diagrams(index)
        with self._lock:
            self._errors.value = ""
            self._frame_index = index
            self._moving = True
            try:
                self.show(diagrams)
                if self._followed is not None:
                    self.select(pairs=self._followed.find(diagrams[self.degree]))
            finally:
                self._moving = False
            self._draw_curve()
            self._tell_facts()

    @property
    def following(self) -> bool:
        """Whether the selected pairs are followed by their atoms; otherwise a region or atoms stay selected. Can be set."""
        return bool(self._follow.value)

    @following.setter
    def following(self, on: bool) -> None:
        self._follow.value = bool(on)

    def _follow_selection(self, _change: Any = None) -> None:
        if self._moving or self.selection.state.passing:
            return
        try:
            self._followed = Followed(self.selected) if self.following and len(self.selected) else None
        except Exception as error:  # noqa: BLE001 - a callback of the browser: whatever it is, the user must see it
            self._failed(error)
        self._draw_curve()

    def _tell_facts(self) -> None:
        """Say what the file says about the frame, such as its time."""
        known = self.trajectory.facts(self._frame_index) if hasattr(self.trajectory, "facts") else {}
        told = [f"{key} = {value:g}" if isinstance(value, float) else f"{key} = {value}" for key, value in list(known.items())[:FACTS]]
        self._facts.value = html.escape(", ".join(text[:60] for text in told))

    def _failed(self, error: Exception) -> None:
        self._errors.value = error_html(self.words, "frame failed", error)

    def _told(self) -> None:
        try:
            self._draw_curve()
        except Exception as error:  # noqa: BLE001 - on another thread nobody would see it
            self._failed(error)

    # ---- curves ----------------------------------------------------------------------------------------------------------
    def curve(self, kind: str = "pairs", *, region: Any = None, radius: float | None = None) -> np.ndarray:
        """A value of the shown degree for every frame (n_frames,), nan where the diagrams are not known yet.

        Parameters
        ----------
        kind : {"pairs", "persistence", "betti"}
            Number of pairs in a region, total persistence, or number of holes that are there at a radius.
        region : optional
            The selected one if it is not given; without any, all pairs. A named Region is counted in its own degree.
        radius : float, optional
            In the diagram's unit, for "betti".

        Raises
        ------
        ValueError
            For another kind, or "betti" without a radius.
        """
        if kind == "persistence":
            return self.frames.curve(self.degree, total_persistence)
        if kind == "betti":
            if radius is None:
                raise ValueError("a Betti number is that at a radius: curve('betti', radius=1.5)")
            return self.frames.curve(self.degree, alive_at(radius))
        if kind != "pairs":
            raise ValueError(f"kind is 'pairs', 'persistence' or 'betti', not {kind!r}")
        query = self.selection.state.query
        degree = self._questions.degree_of(region, None, self.degree)
        region = as_region(region) if region is not None else query.region if query.kind == "region" else None
        return self.frames.curve(degree, in_region(region or ((-np.inf, np.inf), (-np.inf, np.inf))))

    def _draw_curve(self, _change: Any = None) -> None:
        if self.selection.state.passing and len(self.trajectory) > LIVE:
            return
        kind = self._curve_kind.value
        self._radius.layout.display = None if kind == "betti" else "none"
        y = self.curve(kind, radius=self._radius.value)
        known = np.flatnonzero(np.isfinite(y))
        low, high = (float(y[known].min()), float(y[known].max())) if len(known) else (0.0, 1.0)
        high = high if high > low else low + 1
        within = self.selection.state.query.kind == "region"
        label = {
            "pairs": self.words("curve pairs" if within else "curve all"),
            "persistence": self.words("curve persistence", unit=self.diagrams.unit),
            "betti": self.words("curve betti", radius=f"{self._radius.value:g}", unit=self.diagrams.unit),
        }[kind]
        with self._figure.hold_sync():
            self._value_axis.label = label
            self._value_axis.tick_values = ticks(low, high, whole=kind != "persistence", most=4)
            few = known[:: max(1, -(-len(known) // POINTS))]
            for mark, at in ((self._curve, known), (self._points, few), (self._targets, few)):
                with mark.hold_sync():
                    mark.x, mark.y = at.astype(np.float32), y[at].astype(np.float32)
            with self._now.hold_sync():
                self._now.x, self._now.y = [self._frame_index] * 2, [low, high]
        problems = "".join(f"<div>{self.words('frame')} {i}: {html.escape(why)}</div>" for i, why in list(self.frames.problems.items())[:5])
        said = self._progress()
        self._far.value = f'{said}<div style="color:#b00020">{problems}</div>' if problems else said

    def _progress(self) -> str:
        """What is going on, or what can be done."""
        if self._followed is not None:
            return self.words("followed", n=len(self.selected_pairs), total=len(self._followed))
        done, total = self.frames.known + len(self.frames.problems), len(self.trajectory)
        return self.words("curve hint") if done == total else self.words("frames known", n=done, total=total)


def ticks(low: float, high: float, *, whole: bool, most: int) -> np.ndarray:
    """Round numbers within an interval, for an axis."""
    from matplotlib.ticker import MaxNLocator

    found = MaxNLocator(most, integer=whole).tick_values(low, high)
    return found[(found >= low) & (found <= high)]
