"""The image's side of an explorer: what is selected, as masks and markers on a canvas, and regions of a volume as surfaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import numpy as np

from ..image import Image
from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from ..persistence.plotting import SELECTED
from ..selection import State
from .atom_side import BIRTH, DEATH, Picked
from .diagram_view import most_persistent
from .image_links import ImageLinks
from .image_view import ImageView
from .image_words import canvas_words
from .picture import image_picture
from .questions import one_or_many, whole_numbers
from .readout import describe_voxels
from .volume_surfaces import SurfaceView
from .words import Words

MARKED, MARKED_PASSING = 400, 60  # so many births and deaths are marked at the most, and while the user is dragging
MARKED_REGION = "selected"


class ImageSide:
    """An ``ImageView`` and how a selection looks on it; of a volume also surfaces, where they are wanted.

    Attributes
    ----------
    kind : str
        What its things are called, in queries and in ``select``.
    view : ImageView
    controls : list of widgets
        Of a volume: the switch of the surfaces, and these.
    """

    kind = "voxels"

    def __init__(self, image: Image, words: Words) -> None:
        self._words, self.image = words, image
        self.view = ImageView(image, height="430px")
        self.view.words = canvas_words(words.language)
        self.view.layout.flex = "1 1 320px"
        self.controls: list[ipywidgets.Widget] = []
        self._surfaces: SurfaceView | None = None
        self._chosen = np.zeros(0, np.int64)
        if image.ndim == 3:
            self._switch = ipywidgets.ToggleButton(
                description=words("surfaces"), tooltip=words("surfaces tooltip"), layout=ipywidgets.Layout(width="180px")
            )
            self._switch.observe(lambda _: self._draw_surfaces(), names="value")
            self._box = ipywidgets.VBox([])
            self.controls = [self._switch, self._box]

    @property
    def size(self) -> int:
        """Number of voxels."""
        return self.image.values.size

    def links(self, diagrams: Callable[[], Diagrams], inverse: str | None) -> ImageLinks:
        """What links the pairs of these diagrams and the voxels."""
        return ImageLinks(diagrams, inverse)

    def on_pick(self, callback: Picked) -> None:
        """Call ``callback(ids, add, passing)`` when the user clicks on the image or draws a rectangle or a lasso."""

        def picked(kind: str, voxel: tuple[int, ...] | None, shift: bool) -> None:
            if kind == "click":
                ids = [] if voxel is None else [np.ravel_multi_index(voxel, self.image.shape)]
                callback(np.array(ids, np.int64), shift, False)

        self.view.on_pick(picked)
        surrounded = False  # whether there is a rectangle or lasso that can be taken away

        def region(voxels: np.ndarray, passing: bool) -> None:
            nonlocal surrounded
            if surrounded or len(voxels):
                surrounded = len(voxels) > 0
                callback(np.asarray(voxels, np.int64), False, passing)

        self.view.on_region(region)

    def ids(self, values: Any) -> np.ndarray:
        """Flat indices of voxels as they were given to ``select``, checked."""
        array = one_or_many(values)
        if array.dtype == bool:
            if array.shape != self.image.shape:
                raise ValueError(f"a mask of voxels has the shape of the image, {self.image.shape}, not {array.shape}")
            return np.flatnonzero(array)
        array = whole_numbers(array)
        if len(array) and (array.min() < 0 or array.max() >= self.size):
            raise ValueError(
                f"voxels are numbered from 0 to {self.size - 1}, not {array.min()} to {array.max()}: give a mask or flat indices"
            )
        return array

    def code(self, ids: np.ndarray) -> str:
        """The argument of ``select`` for these voxels, as Python: runs of neighbours, which a lasso has few of."""
        ids = np.unique(ids)
        start = np.flatnonzero(np.diff(ids, prepend=-2) != 1)
        stop = np.append(start[1:], len(ids))
        runs = [f"range({ids[a]}, {ids[b - 1] + 1})" if b - a > 1 else f"[{ids[a]}]" for a, b in zip(start, stop, strict=True)]
        return f"voxels=[i for run in ({', '.join(runs)},) for i in run]"

    def show(self, image: Image) -> None:
        """Show another image."""
        self.image = image
        self.view.show(image)

    # ---- drawing ---------------------------------------------------------------------------------------------------------
    def draw(self, state: State, selected: Diagram, shapes: Sequence[Any]) -> Sequence[Any]:
        """Draw a selection, and loops where these are what is known of its pairs."""
        self._chosen = state.inputs
        self.view.overlay(MARKED_REGION, state.inputs if len(state.inputs) else None, color=SELECTED)
        marked = most_persistent(selected, MARKED_PASSING if state.passing else MARKED)
        self.view.markers("birth", marked.birth_cell, color=BIRTH, shape="dot")
        self.view.markers("death", marked.finite.death_cell, color=DEATH, shape="cross")
        self.view.paths("loops", [v.voxels for v in shapes] or None, color=SELECTED)
        if not state.passing:
            if state.query.kind != self.kind:
                self.view.clear_region()
                self._bring_into_sight(selected)
            self._draw_surfaces()
        return []

    def _bring_into_sight(self, selected: Diagram) -> None:
        """Move the slices of a volume to the most persistent selected pair, unless something selected is there already."""
        if not self.view.slices or not len(selected):
            return
        index = np.unravel_index(self._chosen, self.image.shape)
        if not any((index[axis] == at).any() for axis, at in enumerate(self.view.slices)):
            self.view.goto(most_persistent(selected, 1).birth_cell[0].tolist())

    def _draw_surfaces(self) -> None:
        if self.image.ndim != 3:
            return
        if not self._switch.value:
            self._box.children = ()
            return
        if self._surfaces is None:
            self._surfaces = SurfaceView(self.image, height="380px", words=self._words)
        mask = np.zeros(self.image.shape, bool)
        mask.ravel()[self._chosen] = True
        self._surfaces.surface(MARKED_REGION, mask if mask.any() else None, color=SELECTED)
        self._box.children = (self._surfaces,)

    def paint(self, weights: np.ndarray | None, limit: float = 1.0, label: str = "") -> None:
        """Colour the voxels by weights from -limit to limit, blue over white to red; None: the image again."""
        if weights is None:
            self.view.heat(None)
            return
        weights = np.asarray(weights, float).reshape(self.image.shape)
        self.view.heat(np.where(weights == 0, np.nan, weights), limits=(-limit, limit), label=label)

    # ---- words and pictures ----------------------------------------------------------------------------------------------
    def describe(self, state: State, selected: Diagram, whole: Diagram, drawn: int, _rings: Sequence[Any], _by_shapes: bool) -> str:
        """HTML of the readout."""
        return describe_voxels(self._words, state, selected, whole, drawn, birth_color=BIRTH, death_color=DEATH)

    def picture(self, diagram: Diagram, selected: Diagram, weights: Any = None) -> bytes:
        """PNG of the diagram, or of weights on it, and the image."""
        return image_picture(diagram, selected, self.view.picture(), weights)
