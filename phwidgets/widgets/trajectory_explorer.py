"""An explorer of a trajectory: frame by frame in step, a selection kept from frame to frame, and curves over time."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from ..persistence.plotting import SELECTED
from ..structure import Structure
from .explorer import Explorer, as_region
from .frames import Frames, alive_at, in_region, total_persistence
from .newest import Newest
from .words import Language

MILLISECONDS = 400  # from frame to frame while it plays


class TrajectoryExplorer(Explorer):
    """Frames of a trajectory and their diagrams; made by ``phwidgets.explore(trajectory)``.

    The diagrams of the frames are computed in the background, those after the present one first. A region that is selected, and atoms
    that are, stay selected from frame to frame; the curve shows how many pairs the region has in every frame.

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
        self._frame_index = range(len(trajectory))[frame]
        self._newest = Newest(self._show_frame, self._failed)
        super().__init__(self.frames.diagrams(self._frame_index), degree, inverse=inverse, language=language)
        self.selection.observe(self._draw_curve, names="state")
        self._draw_curve()
        self.frames.look_ahead()

    def _side_controls(self) -> list[ipywidgets.Widget]:
        words, last = self.words, len(self.trajectory) - 1
        self._play = ipywidgets.Play(min=0, max=last, value=self._frame_index, interval=MILLISECONDS)
        self._slider = ipywidgets.IntSlider(min=0, max=last, value=self._frame_index, description=words("frame"))
        ipywidgets.link((self._play, "value"), (self._slider, "value"))
        self._slider.observe(lambda change: self._newest.want(change["new"]), names="value")
        self._curve_kind = ipywidgets.Dropdown(
            options=[
                (words("curve pairs"), "pairs"),
                (words("curve persistence", unit=self.diagrams.unit), "persistence"),
                (words("curve betti short"), "betti"),
            ],
            layout=ipywidgets.Layout(width="auto"),
        )
        self._curve_kind.observe(self._draw_curve, names="value")
        self._radius = ipywidgets.BoundedFloatText(
            min=-1e6, max=1e6, step=0.05, value=1.0, description=words("radius"), layout=ipywidgets.Layout(width="170px", display="none")
        )
        self._radius.observe(self._draw_curve, names="value")
        self._far = ipywidgets.HTML()
        x, y = bqplot.LinearScale(min=0, max=max(1, last)), bqplot.LinearScale()
        scales = {"x": x, "y": y}
        self._curve = bqplot.Lines(x=[], y=[], scales=scales, colors=["#0072b2"], stroke_width=1.5)
        self._points = bqplot.Scatter(x=[], y=[], scales=scales, colors=["#0072b2"], default_size=14)
        self._now = bqplot.Lines(x=[0, 0], y=[0, 1], scales=scales, colors=[SELECTED], stroke_width=1.5)
        self._points.on_element_click(lambda _mark, event: self._go(int(event["data"]["x"])))
        self._value_axis = bqplot.Axis(scale=y, orientation="vertical", grid_lines="none", label_offset="46px", num_ticks=4)
        self._figure = bqplot.Figure(
            marks=[self._curve, self._points, self._now],
            axes=[bqplot.Axis(scale=x, label=words("frame"), grid_lines="none", num_ticks=8), self._value_axis],
            fig_margin={"top": 10, "bottom": 40, "left": 70, "right": 14},
            layout=ipywidgets.Layout(width="100%", height="170px"),
            display_toolbar=False,
        )
        row = ipywidgets.Layout(flex_flow="row wrap")
        return [
            ipywidgets.HBox([self._play, self._slider, self._curve_kind, self._radius, self._far], layout=row),
            self._figure,
            *super()._side_controls(),
        ]

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
            self.show(diagrams)
            self._draw_curve()

    def _failed(self, error: Exception) -> None:
        text = html.escape(f"{type(error).__name__}: {error}")
        self._errors.value = f'<div class="ph-error" style="color:#b00020">{self.words("selection failed", error=text)}</div>'

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
            The selected one if it is not given; without any, all pairs.
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
        region = as_region(region) if region is not None else query.region if query.kind == "region" else None
        return self.frames.curve(self.degree, in_region(region or ((-np.inf, np.inf), (-np.inf, np.inf))))

    def _draw_curve(self, _change: Any = None) -> None:
        kind = self._curve_kind.value
        self._radius.layout.display = None if kind == "betti" else "none"
        y = self.curve(kind, radius=self._radius.value)
        known = np.flatnonzero(np.isfinite(y))
        low, high = (float(y[known].min()), float(y[known].max())) if len(known) else (0.0, 1.0)
        label = {
            "pairs": self.words("curve pairs"),
            "persistence": self.words("curve persistence", unit=self.diagrams.unit),
            "betti": self.words("curve betti", radius=f"{self._radius.value:g}", unit=self.diagrams.unit),
        }[kind]
        with self._figure.hold_sync():
            self._value_axis.label = label
            for mark in (self._curve, self._points):
                with mark.hold_sync():
                    mark.x, mark.y = known.astype(np.float32), y[known].astype(np.float32)
            with self._now.hold_sync():
                self._now.x, self._now.y = [self._frame_index] * 2, [low, high if high > low else low + 1]
        done = self.frames.known + len(self.frames.problems)
        said = "" if done == len(self.trajectory) else self.words("frames known", n=done, total=len(self.trajectory))
        problems = "".join(f"<div>{self.words('frame')} {i}: {html.escape(why)}</div>" for i, why in list(self.frames.problems.items())[:5])
        self._far.value = f'{said}<div style="color:#b00020">{problems}</div>' if problems else said
