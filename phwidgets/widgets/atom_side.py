"""The atoms' side of an explorer: what is selected and the shapes of its pairs, drawn on a structure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import numpy as np

from ..inverse.cycles import shortest_cycles
from ..inverse.volume import Volume
from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from ..persistence.plotting import SELECTED
from ..selection import State
from ..structure import Structure
from .diagram_view import POINTS, POINTS_PASSING, most_persistent
from .links import Links
from .picture import picture, structure_picture
from .placement import Placement
from .questions import one_or_many, whole_numbers
from .readout import describe_atoms
from .structure_geometry import in_space
from .structure_view import StructureView
from .words import Words

BIRTH, DEATH = "#0072b2", "#e69f00"
GHOST = "#eb9cc6"  # the selection's colour, paler: images of selected atoms in a neighbouring cell
NODE = "#009e73"
DRAWN, DRAWN_PASSING = 200, 8  # so many shapes are drawn at the most, and so many rings are traced while the user is dragging
RING_TOLERANCE = 0.05  # of the persistence, for the rings traced while dragging
LARGEST_TRACED = 30_000  # atoms; beyond, preparing the search would be felt as a pause

Picked = Callable[[np.ndarray, bool, bool], None]


class AtomSide:
    """A ``StructureView`` and how a selection looks on it.

    Attributes
    ----------
    kind : str
        What its things are called, in queries and in ``select``.
    view : StructureView
    switch : Checkbox
        Between atoms in the cell and where they were given; shown as soon as some were given far out of the cell.
    controls : list of widgets
        It alone.
    """

    kind = "atoms"

    def __init__(self, structure: Structure, words: Words) -> None:
        self._words = words
        self._layers: set[str] = set()  # of simplices and shapes, those that show something
        self._marked = np.zeros(0, np.int64)
        self._lit: np.ndarray | None = None  # atoms that the view highlights
        self._pictured: np.ndarray | None = None  # atoms that are marked in the picture that stands in for it
        self._pick_callbacks: list[Picked] = []
        self._chosen: bool | None = None  # what ``in_cell`` is to be; the first frame that is far out decides, or the user
        self.switch = ipywidgets.Checkbox(
            description=words("in cell"),
            tooltip=words("in cell tooltip"),
            indent=False,
            layout=ipywidgets.Layout(width="auto", align_self="flex-end", display="none"),
        )
        self.controls = [self.switch]
        self._open(structure)

    def _open(self, structure: Structure) -> None:
        self._place(structure)
        self._painted, self._graph = None, None
        self.view = StructureView(
            self._placement.structure,
            height="430px",
            fallback=lambda: structure_picture(self._placement.structure, self._marked, self._painted),
            words=self._words,
        )
        self.view.layout.flex = "1 1 320px"
        self.view.on_pick(self._picked)
        self._layers.clear()
        self._lit = self._pictured = None

    def links(self, diagrams: Callable[[], Diagrams], inverse: str | None) -> Links:
        """What links the pairs of these diagrams and the atoms."""
        return Links(diagrams, inverse)

    @property
    def size(self) -> int:
        """Number of atoms."""
        return len(self.structure)

    def on_pick(self, callback: Picked) -> None:
        """Call ``callback(ids, add, passing)`` when the user clicks an atom, or beside all atoms."""
        self._pick_callbacks.append(callback)

    def _picked(self, kind: str, index: int, shift: bool) -> None:
        if kind == "click":
            for call in self._pick_callbacks:
                call(np.array([index] if index >= 0 else [], np.int64), shift, False)

    def ids(self, values: Any) -> np.ndarray:
        """Indices of atoms as they were given to ``select``, checked."""
        array = one_or_many(values)
        if array.dtype == bool:
            if array.shape != (self.size,):
                raise ValueError(f"a mask of atoms has shape ({self.size},), not {array.shape}")
            return np.flatnonzero(array)
        array = whole_numbers(array)
        if len(array) and (array.min() < 0 or array.max() >= self.size):
            raise ValueError(f"atoms are numbered from 0 to {self.size - 1}, not {array.min()} to {array.max()}")
        return array

    def code(self, ids: np.ndarray) -> str:
        """The argument of ``select`` for these atoms, as Python."""
        return f"atoms={ids.tolist()}"

    def show(self, structure: Structure) -> None:
        """Show another configuration; one of other atoms gets another view."""
        if structure.species.tolist() == self.structure.species.tolist():
            before = self._placement
            self._place(structure)
            with self.view.together():
                self.view.move(self._placement.structure)
                if before.extent != self._placement.extent:
                    self.view.reset_camera()
            self._lit = self._pictured = None
        else:
            self._open(structure)

    # ---- where atoms are drawn -------------------------------------------------------------------------------------------
    @property
    def in_cell(self) -> bool:
        """Whether atoms are drawn at their images in the cell, rather than where they were given. Can be set, before ``draw``."""
        return self._placement.in_cell

    @in_cell.setter
    def in_cell(self, value: bool) -> None:
        self._chosen = bool(value)
        if self.in_cell != self._chosen:
            with self.view.together():
                self.show(self.structure)
                self.view.paint(self._painted)
                self.draw_graph(self._graph)
                self._highlight(self._marked)
                for layer in sorted(self._layers - {"nodes", "links"}):  # no shape is seen beside its atoms until it is drawn again
                    self.view.clear(layer)
                    self._layers.discard(layer)

    def _place(self, structure: Structure) -> None:
        self.structure = structure
        self._placement = Placement(structure, self._chosen)
        if self._placement.far_out:  # and so it stays for later frames: from frame to frame nothing is to jump to and fro
            self._chosen = self._placement.in_cell
            self.switch.layout.display = None
        self.switch.value = self._placement.in_cell

    # ---- drawing ---------------------------------------------------------------------------------------------------------
    def draw(self, state: State, selected: Diagram, shapes: Sequence[Volume]) -> Sequence[Volume]:
        """Draw a selection and the shapes that are known; returns the rings that are shown."""
        self._marked = state.inputs
        if not state.passing:
            self._highlight(state.inputs, now=True)  # by itself: it need not wait for thousands of simplices
        with self.view.together():  # all else, and each step of a drag, in one message and one frame
            self._highlight(state.inputs)
            simplices = most_persistent(selected, POINTS_PASSING if state.passing else POINTS)
            dying = simplices.finite
            walls = {v.pair_id for v in shapes if len(v.faces)}
            bare = simplices.subset([i for i in simplices.pair_id.tolist() if i not in walls]) if walls else simplices
            ghosts = []
            for layer, color, drawn, marked in (("birth", BIRTH, bare, simplices), ("death", DEATH, bare.finite, dying)):
                self._draw_simplices(layer, in_space(self._simplices(layer, drawn)[0]), color)
                corners, offsets = self._simplices(layer, marked)
                ghosts.append(corners[offsets.any(2)])
            rings = self._draw_shapes(self._traced(simplices) if state.passing else shapes, ghosts)
        if not state.passing and not np.array_equal(state.inputs, self._pictured):
            self._pictured = state.inputs
            self.view.renew_picture()  # it costs nothing where the view works
        return rings

    def _simplices(self, when: str, pairs: Diagram) -> tuple[np.ndarray, np.ndarray]:
        """Where the birth or death simplices are drawn, and the images in which their corners lie."""
        if when == "birth":
            return self._placement.simplices(pairs.birth_points(), pairs.birth_cell, pairs.birth_offset)
        return self._placement.simplices(pairs.death_points(), pairs.death_cell, pairs.death_offset)

    def _highlight(self, atoms: np.ndarray, now: bool = False) -> None:
        if self._lit is None or not np.array_equal(atoms, self._lit):
            self.view.highlight(atoms, color=SELECTED, stale=sorted(self._layers - {"nodes", "links"}), now=now)
            self._lit = atoms

    def _draw_shapes(self, shapes: Sequence[Volume], ghosts: list[np.ndarray]) -> Sequence[Volume]:
        shapes = self._placement.shapes(shapes[:DRAWN])
        rings, walls = [v for v in shapes if len(v.loop)], [v for v in shapes if len(v.faces)]
        self._put("segments", "rings", in_space(bars(rings)), color=SELECTED, radius=0.1)
        faces = [v.points[v.faces] for v in walls]
        self._put("triangles", "cavities", in_space(np.concatenate(faces)) if faces else np.zeros((0, 3, 3)), color=SELECTED, opacity=0.4)
        ghosts += [v.points[v.offsets.any(1)] for v in shapes]
        self._put("points", "ghosts", np.unique(in_space(np.concatenate(ghosts)), axis=0), color=GHOST, radius=0.35)
        return rings

    def _traced(self, selected: Diagram) -> list[Volume]:
        """Quick loops of the most persistent selected rings."""
        if selected.degree != 1 or not len(selected.finite) or self.size > LARGEST_TRACED:
            return []
        found = shortest_cycles(most_persistent(selected.finite, DRAWN_PASSING), tolerance=RING_TOLERANCE)
        return [v for v in found if not v.problem]

    def _draw_simplices(self, layer: str, corners: np.ndarray, color: str) -> None:
        """Simplices (m, k + 1, 3): edges as bars, triangles and the faces of tetrahedra as surfaces; atoms are marked anyway."""
        k = corners.shape[1] - 1
        edges = corners.reshape(-1, 2, 3) if k == 1 else np.zeros((0, 2, 3))
        faces = [(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)][: {2: 1, 3: 4}.get(k, 0)]
        triangles = corners[:, faces].reshape(-1, 3, 3) if faces else np.zeros((0, 3, 3))
        self._put("segments", f"{layer} edges", edges, color=color, radius=0.16)
        self._put("triangles", f"{layer} triangles", triangles, color=color, opacity=0.45)

    def _put(self, kind: str, layer: str, geometry: np.ndarray, **look: Any) -> None:
        """Draw a layer of the structure view; one that was empty and stays so costs no message."""
        if len(geometry) or layer in self._layers:
            getattr(self.view, f"draw_{kind}")(layer, geometry, **look)
        (self._layers.add if len(geometry) else self._layers.discard)(layer)

    def paint(self, weights: np.ndarray | None, limit: float = 1.0, label: str = "") -> None:
        """Colour the atoms by weights (n,) from -limit to limit, blue over white to red; None: by element again."""
        self._painted = None if weights is None else diverging(weights, limit)
        self.view.paint(self._painted)
        self.view.renew_picture()

    def draw_graph(self, graph: Any) -> None:
        """Draw a coarse-grained graph: balls at the centres of its nodes and bars for its edges; None: remove it."""
        self._graph = graph
        centres, links = np.zeros((0, 3)), np.zeros((0, 2, 3))
        if graph is not None and len(graph):
            at = {node: np.asarray(data["centre"], float) for node, data in graph.nodes(data=True)}
            centres = np.array(list(at.values()))
            cell = np.zeros((3, 3))
            if self.structure.cell is not None:
                d = len(self.structure.cell)
                cell[:d, :d] = self.structure.cell
            # an edge leads to the image of the target that the source touches
            edges = [data for _, _, data in graph.edges(data=True)]
            ends = [(at[e["source"]], at[e["target"]] + np.array(e["offset"]) @ cell) for e in edges]
            links = np.array(ends).reshape(-1, 2, 3)
            centres = centres + self._placement.places(centres)
            links = links + self._placement.places(links[:, 0])[:, None]
        with self.view.together():
            self._put("points", "nodes", in_space(centres), color=NODE, radius=0.5)
            self._put("segments", "links", in_space(links), color=NODE, radius=0.12)

    # ---- words and pictures ----------------------------------------------------------------------------------------------
    def describe(self, state: State, selected: Diagram, whole: Diagram, drawn: int, rings: Sequence[Volume], by_shapes: bool) -> str:
        """HTML of the readout."""
        colors = {"birth_color": BIRTH, "death_color": DEATH}
        return describe_atoms(self._words, state, selected, whole, self.structure, drawn, rings, by_shapes=by_shapes, **colors)

    def picture(self, diagram: Diagram, selected: Diagram, weights: Any = None) -> bytes:
        """PNG of the diagram, or of weights on it, and the atoms."""
        return picture(diagram, selected, self._placement.structure, self._marked, colors=self._painted, weights=weights)


def bars(rings: Sequence[Volume]) -> np.ndarray:
    """The edges (m, 2, d) of rings; one that winds around the cell stays open: its ends are images of each other."""
    found = [np.stack([v.points, np.roll(v.points, -1, axis=0)], axis=1)[: -1 if v.winds else None] for v in rings]
    return np.concatenate(found) if found else np.zeros((0, 2, 3))


def diverging(weights: np.ndarray, limit: float) -> np.ndarray:
    """Colours (n, 3) in 0..1 of weights, blue below 0, red above."""
    from matplotlib import colormaps

    return colormaps["RdBu_r"](0.5 + 0.5 * np.clip(np.asarray(weights) / (limit or 1.0), -1, 1))[:, :3]
