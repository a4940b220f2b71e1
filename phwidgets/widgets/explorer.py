"""The linked explorer: a persistence diagram beside its structure, each answering for the other."""

from __future__ import annotations

import base64
import functools
import html
import threading
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np

from ..inverse.cycles import shortest_cycles
from ..inverse.incidence import Incidence, incidence
from ..inverse.optimal import stable_volumes
from ..inverse.volume import Volume
from ..inverse.warm import warm_up
from ..persistence.alpha import alpha_persistence
from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from ..persistence.plotting import HOLES, SELECTED
from ..selection import Query, Selection, State
from ..structure import Structure, as_structure
from .diagram_view import POINTS, POINTS_PASSING, DiagramView, Region, most_persistent
from .doctor import warn_about_environment
from .picture import diagram_figure, picture, structure_picture
from .readout import describe
from .structure_geometry import in_space
from .structure_view import StructureView

warn_about_environment()

BIRTH, DEATH = "#0072b2", "#e69f00"
GHOST = "#eb9cc6"  # the selection's colour, paler: images of selected atoms in a neighbouring cell
RINGS, RINGS_PASSING = 60, 8  # so many of the selected rings are traced at the most, and while dragging; each takes about two milliseconds
RING_TOLERANCE = 0.05  # of the persistence: bonds of about the same length form in chance order, see stable_volumes
LARGEST_FILLED = 5_000  # atoms; beyond, single stable volumes can take seconds
LARGEST_TRACED = 30_000  # atoms; beyond, preparing the search would be felt as a pause
FIGURES = (".svg", ".pdf", ".png")


def explore(source: Any, degree: int | None = None) -> Explorer:
    """Show persistence diagrams beside their structure: drag on one, click in the other.

    Parameters
    ----------
    source : Diagrams, Structure or anything like a structure
        Diagrams, or atoms whose ``alpha_persistence`` is computed first.
    degree : int, optional
        Diagram to begin with; rings (1) where there are any.

    Returns
    -------
    Explorer
        A widget; ``select``, ``selected``, ``code`` and ``save_figure`` work with and without a browser.

    Raises
    ------
    ValueError
        If the source cannot be read as atoms, or has no diagram of this degree.
    """
    return Explorer(source if isinstance(source, Diagrams) else alpha_persistence(as_structure(source)), degree)


def _shown(method):
    """Let a callback of the browser show its error beside the views; otherwise nobody would ever see it."""

    @functools.wraps(method)
    def wrapper(self, *args):
        try:
            with self._lock:
                method(self, *args)
            self._errors.value = ""
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must see it
            text = html.escape(f"{type(error).__name__}: {error}")
            self._errors.value = f'<div class="ph-error" style="color:#b00020">This selection failed. {text}</div>'

    return wrapper


class Explorer(ipywidgets.VBox):
    """A persistence diagram and its structure, linked both ways; made by ``phwidgets.explore``.

    Attributes
    ----------
    diagrams : Diagrams
    selection : Selection
        The hub: both views show its ``state``; observe it to follow what the user does.
    diagram_view, structure_view : widgets
    """

    def __init__(self, diagrams: Diagrams, degree: int | None = None) -> None:
        if not isinstance(diagrams.source, Structure):
            raise ValueError("these diagrams do not say which atoms they come from: compute them with alpha_persistence")
        if degree is not None and degree not in diagrams:
            raise ValueError(f"there is no diagram of degree {degree}; choose one of {diagrams.degrees}")
        warm_up()
        self.diagrams, self.structure = diagrams, diagrams.source
        self._lock = threading.RLock()  # callbacks of the browser arrive on other threads
        self._incidence: dict[int, Incidence] = {}
        self._layers: set[str] = set()  # of simplices, those that show something
        if degree is None:
            filled = [k for k in diagrams.degrees if len(diagrams[k])]
            degree = 1 if 1 in filled else filled[-1] if filled else diagrams.degrees[0]
        self.selection = Selection(State(degree))

        self.diagram_view = DiagramView()
        self.structure_view = StructureView(
            self.structure, height="430px", fallback=lambda: structure_picture(self.structure, self.selected_atoms)
        )
        self._degree = ipywidgets.ToggleButtons(
            options=self._offered(degree), value=degree, style=ipywidgets.ToggleButtonsStyle(button_width="auto")
        )
        self._clear = ipywidgets.Button(description="Clear", icon="times", tooltip="Select nothing", layout=ipywidgets.Layout(width="auto"))
        self._readout = ipywidgets.HTML().add_class("ph-readout")
        self._errors = ipywidgets.HTML()
        self.structure_view.layout.flex = "1 1 320px"
        views = ipywidgets.HBox([self.diagram_view, self.structure_view], layout=ipywidgets.Layout(flex_flow="row wrap"))
        super().__init__([ipywidgets.HBox([self._degree, self._clear]), views, self._readout, self._errors])
        self.add_class("ph-explorer")

        self.selection.observe(self._draw, names="state")
        self.diagram_view.on_region(self._region_brushed)
        self.structure_view.on_pick(self._atom_picked)
        self._degree.observe(self._degree_chosen, names="value")
        self._clear.on_click(self._clear_clicked)
        self.diagram_view.show(diagrams[degree])
        self._draw()

    def __repr__(self) -> str:
        state = self.selection.state
        return f"Explorer(PD{state.degree} of {self.structure}: {len(state.pairs)} of {len(self.diagrams[state.degree])} pairs selected)"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        # where the widget cannot be drawn, a picture of the present state stands in for it
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/plain"] = f"{self!r} - run this notebook to drag on the diagram and click on atoms"
        data["image/png"] = base64.b64encode(self.picture()).decode()
        return bundle

    # ---- what is selected ------------------------------------------------------------------------------------------------
    @property
    def degree(self) -> int:
        """Degree of the diagram that is shown."""
        return self.selection.state.degree

    @property
    def selected(self) -> Diagram:
        """The selected pairs."""
        state = self.selection.state
        return self.diagrams[state.degree].subset(state.pairs)

    @property
    def selected_pairs(self) -> np.ndarray:
        """Ids of the selected pairs."""
        return self.selection.state.pairs

    @property
    def selected_atoms(self) -> np.ndarray:
        """Indices of the selected atoms, ascending."""
        return self.selection.state.atoms

    def select(
        self,
        *,
        region: Region | None = None,
        pairs: Iterable[int] | None = None,
        atoms: Iterable[int] | None = None,
        degree: int | None = None,
    ) -> None:
        """Select by exactly one of a region of the diagram, pair ids, or atoms; the views follow.

        Parameters
        ----------
        region : ((birth low, birth high), (death low, death high)), optional
            In the diagram's unit, borders included; a death interval that ends at inf takes essential classes in.
        pairs : iterable of int, optional
            Pair ids.
        atoms : iterable of int, optional
            Indices of atoms: all pairs are selected whose birth or death simplex contains one of them.
        degree : int, optional
            Switch to this diagram first.

        Raises
        ------
        ValueError
            For ids that do not exist, intervals that are none, or more or less than one way to select.
        """
        if sum(x is not None for x in (region, pairs, atoms)) != 1:
            raise ValueError("select by exactly one of region=((b0, b1), (d0, d1)), pairs=ids or atoms=ids; clear() selects nothing")
        with self._lock:
            if region is not None:
                query = Query("region", region=_as_region(region))
            else:
                query = Query("pairs", ids=_ids(pairs)) if pairs is not None else Query("atoms", ids=_ids(atoms))
            state = self._answer(query, self._known(degree))
            self._switch(state.degree)
            self.diagram_view.set_region(query.region)
            self.selection.state = state

    def clear(self) -> None:
        """Select nothing."""
        with self._lock:
            self.diagram_view.set_region(None)
            self.selection.state = State(self.degree)

    def code(self) -> str:
        """Python that repeats this selection without a mouse; ``dgms`` stands for the explored diagrams."""
        state = self.selection.state
        lines = [f"ex = ph.explore(dgms, degree={state.degree})"]
        inf = 'float("inf")'
        if state.query.kind == "region":
            (b0, b1), (d0, d1) = (
                [inf if v == np.inf else f"-{inf}" if v == -np.inf else repr(v) for v in pair] for pair in state.query.region
            )
            lines.append(f"ex.select(region=(({b0}, {b1}), ({d0}, {d1})))")
            lines.append(f"pairs = dgms[{state.degree}].in_region(birth=({b0}, {b1}), death=({d0}, {d1}))  # the same without a view")
        elif state.query.kind != "nothing":
            lines.append(f"ex.select({state.query.kind}={list(state.query.ids)})")
        return "\n".join(lines)

    # ---- pictures --------------------------------------------------------------------------------------------------------
    def picture(self) -> bytes:
        """PNG of the diagram and the atoms with the present selection, drawn without a browser."""
        return picture(self.diagrams[self.degree], self.selected, self.structure, self.selected_atoms)

    def save_figure(self, path: str | PathLike[str]) -> None:
        """Write the diagram with its selection as .svg, .pdf or .png, displayed or not.

        Raises
        ------
        ValueError
            For another ending.
        """
        path = Path(path)
        if path.suffix.lower() not in FIGURES:
            raise ValueError(f"a figure is written as one of {', '.join(FIGURES)}, not as {path.suffix or 'a name without an ending'}")
        diagram_figure(self.diagrams[self.degree], self.selected).savefig(path, dpi=200)

    # ---- questions and answers -------------------------------------------------------------------------------------------
    def _known(self, degree: int | None) -> int:
        if degree is None:
            return self.degree
        if degree not in self.diagrams:
            raise ValueError(f"there is no diagram of degree {degree}; choose one of {self.diagrams.degrees}")
        return degree

    def _matrix(self, degree: int) -> Incidence:
        if degree not in self._incidence:
            self._incidence[degree] = incidence(self.diagrams[degree])
        return self._incidence[degree]

    def _answer(self, query: Query, degree: int, passing: bool = False) -> State:
        """The pairs and atoms that a query selects."""
        diagram, matrix = self.diagrams[degree], self._matrix(degree)
        if query.kind == "atoms":
            atoms = np.unique(np.array(query.ids, np.int64))
            if len(atoms) and (atoms[0] < 0 or atoms[-1] >= len(self.structure)):
                raise ValueError(f"atoms are numbered from 0 to {len(self.structure) - 1}, not {atoms[0]} to {atoms[-1]}")
            marked = np.zeros(len(self.structure))
            marked[atoms] = 1.0
            return State(degree, query, matrix.pair_id[matrix.to_pairs(marked) > 0], atoms, passing)
        if query.kind == "region":
            ids = diagram.in_region(*query.region).pair_id
        else:
            ids = diagram.subset(np.array(query.ids, np.int64)).pair_id
        chosen = np.zeros(len(diagram))
        chosen[ids] = 1.0  # the rows of a whole diagram are its ids
        return State(degree, query, ids, np.flatnonzero(matrix.to_input(chosen)), passing)

    # ---- from the browser ------------------------------------------------------------------------------------------------
    @_shown
    def _region_brushed(self, region: Region | None, passing: bool) -> None:
        state = State(self.degree) if region is None else self._answer(Query("region", region=region), self.degree, passing)
        self.selection.state = state

    @_shown
    def _atom_picked(self, kind: str, index: int, shift: bool) -> None:
        if kind != "click":
            return
        query = self.selection.state.query
        before = set(query.ids) if shift and query.kind == "atoms" else set()
        if index < 0:
            ids = before  # a click on nothing clears, unless shift holds on to what there is
        else:
            ids = before ^ {index}
        self.diagram_view.set_region(None)
        self.selection.state = self._answer(Query("atoms", ids=tuple(sorted(ids))), self.degree) if ids else State(self.degree)

    @_shown
    def _degree_chosen(self, change: Any) -> None:
        if change["new"] == self.degree:
            return
        query = self.selection.state.query
        self._show_diagram(change["new"])
        # atoms mean the same in every degree; regions and pairs do not
        self.selection.state = self._answer(query, change["new"]) if query.kind == "atoms" else State(change["new"])

    @_shown
    def _clear_clicked(self, _button: Any) -> None:
        self.clear()

    def _offered(self, degree: int) -> list[tuple[str, int]]:
        """Diagrams to choose from; that of the whole cell (degree 3) has one pair and is offered only when it was asked for."""
        return [(f"{HOLES[k][1]} ({len(d):,})", k) for k, d in self.diagrams.items() if k < 3 or k == degree]

    def _switch(self, degree: int) -> None:
        if degree != self.degree:
            self._show_diagram(degree)
            self.selection.state = State(degree)
            if degree not in [k for _, k in self._degree.options]:
                self._degree.options = self._offered(degree)
            self._degree.value = degree

    def _show_diagram(self, degree: int) -> None:
        self.diagram_view.show(self.diagrams[degree])

    # ---- drawing ---------------------------------------------------------------------------------------------------------
    def _draw(self, _change: Any = None) -> None:
        state = self.selection.state
        selected = self.selected
        # the atoms first: the browser draws in the order of the messages, and hundreds of points on the diagram take it a while
        self.structure_view.highlight(state.atoms, color=SELECTED)
        simplices = most_persistent(selected, POINTS_PASSING if state.passing else POINTS)
        dying = simplices.finite
        self._draw_simplices("birth", in_space(simplices.birth_points()), BIRTH)
        self._draw_simplices("death", in_space(dying.death_points()), DEATH)
        rings = self._rings(selected, state.passing)
        # a ring that winds around the cell stays open: its ends are images of each other
        bars = [np.stack([v.points, np.roll(v.points, -1, axis=0)], axis=1)[: -1 if v.winds else None] for v in rings]
        self._put("segments", "rings", in_space(np.concatenate(bars)) if bars else np.zeros((0, 2, 3)), color=SELECTED, radius=0.1)
        ghosts = [simplices.birth_points()[simplices.birth_offset.any(2)], dying.death_points()[dying.death_offset.any(2)]]
        ghosts += [v.points[v.offsets.any(1)] for v in rings]
        self._put("points", "ghosts", np.unique(in_space(np.concatenate(ghosts)), axis=0), color=GHOST, radius=0.35)
        drawn = self.diagram_view.mark(selected, state.passing)
        self._readout.value = describe(state, selected, self.structure, drawn, rings, birth_color=BIRTH, death_color=DEATH)

    def _rings(self, selected: Diagram, passing: bool) -> list[Volume]:
        """Shapes of the most persistent selected rings: stable volumes, while dragging and for many atoms shortest cycles."""
        if selected.degree != 1 or not len(selected.finite) or len(self.structure) > LARGEST_TRACED:
            return []
        traced = most_persistent(selected.finite, RINGS_PASSING if passing else RINGS)
        if passing or len(self.structure) > LARGEST_FILLED:
            found = shortest_cycles(traced, tolerance=RING_TOLERANCE)
        else:
            found = stable_volumes(traced, RING_TOLERANCE * float(np.median(traced.persistence)))
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
            getattr(self.structure_view, f"draw_{kind}")(layer, geometry, **look)
        (self._layers.add if len(geometry) else self._layers.discard)(layer)


def _as_region(region: Any) -> Region:
    try:
        (b0, b1), (d0, d1) = region
        return (float(b0), float(b1)), (float(d0), float(d1))
    except (TypeError, ValueError) as error:
        raise ValueError(f"a region is ((birth low, birth high), (death low, death high)), not {region!r}") from error


def _ids(values: Iterable[int] | np.ndarray | None) -> tuple[int, ...]:
    array = np.atleast_1d(np.asarray(values if isinstance(values, np.ndarray) else list(values)))
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"ids are whole numbers, not {array.dtype}")
    return tuple(array.astype(np.int64).ravel().tolist())
