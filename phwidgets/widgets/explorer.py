"""The linked explorer: a persistence diagram beside the atoms or the image it comes from, each answering for the other."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np

from ..descriptors.explain import Explanation
from ..image import Image
from ..inverse.warm import warm_up
from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from ..selection import Query, Selection, State
from ..structure import Structure
from .atom_side import AtomSide
from .diagram_view import DiagramView, Region
from .doctor import warn_about_environment
from .errors import shown
from .picture import diagram_figure, stand_in
from .questions import Questions, known_degree
from .shape_panel import ShapePanel
from .weights import Weights, saturation
from .words import Language, Words

warn_about_environment()

FIGURES = (".svg", ".pdf", ".png")


class Explorer(ipywidgets.VBox):
    """A persistence diagram and what it comes from, linked both ways; made by ``phwidgets.explore``.

    Attributes
    ----------
    diagrams : Diagrams
    selection : Selection
        The hub: both views show its ``state``; observe it to follow what the user does.
    diagram_view, structure_view, image_view : widgets
        The views; of the last two there is one, the other is None.
    """

    def __init__(
        self, diagrams: Diagrams, degree: int | None = None, *, inverse: str | None = None, language: Language | None = None
    ) -> None:
        if not isinstance(diagrams.source, Structure | Image):
            raise ValueError(
                "these diagrams do not say which atoms or image they come from: compute them with alpha_persistence or cubical_persistence"
            )
        if degree is not None:
            degree = known_degree(diagrams, degree)
        self.words = Words(language)
        self.diagrams = diagrams
        self._lock = threading.RLock()  # callbacks of the browser arrive on other threads
        self._side = self._make_side(diagrams.source)
        self.structure_view = self._side.view if self._side.kind == "atoms" else None
        self.image_view = self._side.view if self._side.kind == "voxels" else None
        if degree is None:
            filled = [k for k in diagrams.degrees if len(diagrams[k])]
            degree = 1 if 1 in filled else filled[-1] if filled else diagrams.degrees[0]
        self.selection = Selection(State(degree))
        self.diagram_view = DiagramView(words=self.words)
        self._links = self._side.links(lambda: self.diagrams, inverse)
        self._questions = Questions(lambda: self.diagrams, self._side, self._links)
        self._shape_panel = ShapePanel(self._links, self.words)
        self._weights: Weights | None = None
        self._degree = ipywidgets.ToggleButtons(
            options=self._offered(degree), value=degree, style=ipywidgets.ToggleButtonsStyle(button_width="auto")
        )
        self._clear = ipywidgets.Button(
            description=self.words("clear"), icon="times", tooltip=self.words("select nothing"), layout=ipywidgets.Layout(width="auto")
        )
        self._readout = ipywidgets.HTML().add_class("ph-readout")
        self._errors = ipywidgets.HTML()
        wrap = ipywidgets.Layout(flex_flow="row wrap")
        controls = ipywidgets.HBox([self._degree, *self._shape_panel.controls, self._clear], layout=wrap)
        self._views = ipywidgets.HBox([self.diagram_view, self._side.view], layout=wrap)
        below = [self._shape_panel.progress, self._readout, self._shape_panel.card, self._errors]
        super().__init__([controls, self._views, *self._side_controls(), *below])
        self.add_class("ph-explorer")

        self.selection.observe(self._draw, names="state")
        self.diagram_view.on_region(self._region_brushed)
        self._side.on_pick(self._inputs_picked)
        if self._side.kind == "atoms":
            self._side.switch.observe(self._cell_switched, names="value")
        self._degree.observe(self._degree_chosen, names="value")
        self._clear.on_click(self._clear_clicked)
        self._links.on_change(self._links_changed)
        self._show_diagram(diagrams[degree])
        self._draw()

    def _make_side(self, source: Structure | Image):
        if isinstance(source, Image):
            from .image_side import ImageSide

            return ImageSide(source, self.words)
        warm_up()
        return AtomSide(source, self.words)

    def _show_source(self, source: Structure | Image) -> None:
        self._side.show(source)
        if self._side.view not in self._views.children:
            self._views.children = (self.diagram_view, self._side.view)
            self.structure_view = self._side.view

    def _show_diagram(self, diagram: Diagram) -> None:
        self.diagram_view.show(diagram)

    def _side_controls(self) -> list[ipywidgets.Widget]:
        return list(getattr(self._side, "controls", []))

    def __repr__(self) -> str:
        state = self.selection.state
        pairs = f"{len(state.pairs)} of {len(self.diagrams[state.degree])} pairs selected"
        return f"Explorer(PD{state.degree} of {self.diagrams.source}: {pairs})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        drawn = super()._repr_mimebundle_(**kwargs)
        return stand_in(drawn, f"{self!r} - run this notebook to drag on the diagram and click on {self._side.kind}", self.picture())

    # ---- what is selected ------------------------------------------------------------------------------------------------
    @property
    def structure(self) -> Structure | None:
        """The atoms, None where there is an image."""
        return self.diagrams.source if isinstance(self.diagrams.source, Structure) else None

    @property
    def image(self) -> Image | None:
        """The image, None where there are atoms."""
        return self.diagrams.source if isinstance(self.diagrams.source, Image) else None

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
        self._questions.needs("atoms")
        return self.selection.state.inputs

    @property
    def selected_voxels(self) -> np.ndarray:
        """Mask of the selected voxels, in the shape of the image."""
        self._questions.needs("voxels")
        mask = np.zeros(self.diagrams.source.shape, bool)
        mask.ravel()[self.selection.state.inputs] = True
        return mask

    @property
    def volumes(self) -> Any:
        """Shapes of the selected pairs in their order, failures included; waits for those that are not known yet."""
        return self._links.volumes(self.selected)

    @property
    def epsilon(self) -> float:
        """How much later than the pair the border of a shape may be born, in the diagram's unit; 0: optimal volumes. Can be set."""
        return self._links.epsilon(self.degree)

    @epsilon.setter
    def epsilon(self, value: float) -> None:
        self._links.set_epsilon(self.degree, value)

    @property
    def inverse(self) -> str:
        """What links pairs and inputs: "simplices" of birth and death, or whole "volumes". Can be set."""
        return self._links.inverse

    @inverse.setter
    def inverse(self, value: str) -> None:
        self._links.set_inverse(value)

    @property
    def atoms_in_cell(self) -> bool:
        """Whether atoms are drawn at their images in the periodic cell, rather than where they were given. Can be set.

        By default they are as soon as atoms were given over more than two cells, or more than a whole cell outside of the cell, as in a
        long simulation whose positions were not wrapped. It changes what is drawn and nothing else.
        """
        self._questions.needs("atoms")
        return bool(self._side.in_cell)

    @atoms_in_cell.setter
    def atoms_in_cell(self, value: bool) -> None:
        self._questions.needs("atoms")
        with self._lock:
            self._side.in_cell = value
            self._draw()

    def select(
        self,
        *,
        region: Region | None = None,
        pairs: Iterable[int] | None = None,
        atoms: Iterable[int] | None = None,
        voxels: Any = None,
        degree: int | None = None,
    ) -> None:
        """Select by exactly one of a region of the diagram, pair ids, or atoms or voxels; the views follow.

        Parameters
        ----------
        region : ((birth low, birth high), (death low, death high)) or Region, optional
            In the diagram's unit, borders included; an open death interval takes essential classes in. A named Region is of a degree,
            which is switched to.
        pairs : iterable of int, or int, optional
            Pair ids.
        atoms : iterable of int, int, or (n,) bool, optional
            Indices of atoms: all pairs are selected that contain one of them, in their birth or death simplex or in their volume,
            see ``inverse``.
        voxels : bool array of the image's shape, or iterable of flat indices, optional
            The same for an image.
        degree : int, optional
            Switch to this diagram first.

        Raises
        ------
        ValueError
            For ids that do not exist, intervals that are none, or more or less than one way to select.
        """
        with self._lock:
            query = self._questions.ask(region, pairs, atoms, voxels)
            state = self._answer(query, self._questions.degree_of(region, degree, self.degree))
            self._switch(state.degree)
            self.diagram_view.set_region(query.region)
            self.selection.state = state

    def clear(self) -> None:
        """Select nothing."""
        with self._lock:
            self.diagram_view.set_region(None)
            self.selection.state = State(self.degree)

    def show(self, diagrams: Diagrams) -> None:
        """Show the diagrams of another frame of the same atoms, or of an image; a selected region stays selected.

        Parameters
        ----------
        diagrams : Diagrams
            With the degree that is shown.
        """
        with self._lock:
            if not (isinstance(diagrams, Diagrams) and self.degree in diagrams and isinstance(diagrams.source, type(self.diagrams.source))):
                raise ValueError(f"these are no diagrams of {self._side.kind} with degree {self.degree}")
            query, degree = self.selection.state.query, self.degree
            self._links.forget()
            if diagrams.source is not self.diagrams.source:
                self._show_source(diagrams.source)
            self.diagrams = diagrams
            self._degree.options = self._offered(degree)
            self._degree.value = degree
            if query.kind == "pairs" or (query.kind == self._side.kind and len(query.ids) and query.ids.max() >= self._side.size):
                query = Query()
            self._show_diagram(diagrams[degree])
            self.diagram_view.set_region(query.region)
            self._paint()
            self.selection.state = State(degree) if query.kind == "nothing" else self._answer(query, degree)

    def code(self) -> str:
        """Python that repeats this selection and what links it, without a mouse; ``dgms`` stands for the explored diagrams."""
        return self._questions.code(self.selection.state)

    # ---- weights ---------------------------------------------------------------------------------------------------------
    def explain(self, model: Any = None, pi: Any = None, *, which: Any = 0) -> Explanation | None:
        """Show what a learned model sees: its weights on the diagram, and each atom's or voxel's share of the score.

        Parameters
        ----------
        model : fitted estimator or vector, optional
            A linear model, PCA, NMF, k-means or LDA of scikit-learn, or any vector of the space of ``pi``. None takes the picture away.
        pi : PersistenceImage, DiagramHistogram or FeatureUnion of them, optional
            Fitted; it made the vectors that the model was trained on, of the degree that is shown, or of several side by side: then
            each diagram shows its own weights, and the atoms or voxels the shares of all. Not needed for a pipeline that begins with it.
        which : optional
            Which class, component or cluster, see ``direction_of``.

        Returns
        -------
        Explanation
            The shares that are painted: red speaks for, blue against. Through volumes where these are what links, see ``inverse``.
        """
        with self._lock:
            self._weights = None if model is None else Weights.of(model, pi, which, self.degree)
            return self._paint()

    def _paint(self) -> Explanation | None:
        if self._weights is None or self.degree not in self._weights.parts:
            self._side.paint(None)
            self.diagram_view.weigh(None)
            return None
        found = self._weights.on(self.diagrams, self._links.volumes_known)
        self.diagram_view.weigh(self._weights.histogram(self.degree), self.words("weight for", meaning=found.meaning))
        self._side.paint(found.input_shares, saturation(found.input_shares), self.words("share of score"))
        return found

    def show_graph(self, graph: Any = None) -> None:
        """Draw a coarse-grained graph of ``phwidgets.coarse_grain`` over the atoms; None takes it away."""
        self._questions.needs("atoms")
        self._side.draw_graph(graph)

    # ---- pictures --------------------------------------------------------------------------------------------------------
    def picture(self) -> bytes:
        """PNG of the diagram and the input with the present selection, drawn without a browser."""
        explained = self._weights is not None and self.degree in self._weights.parts
        weights = self._weights.histogram(self.degree) if explained else None
        return self._side.picture(self.diagrams[self.degree], self.selected, weights)

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

    # ---- from the browser ------------------------------------------------------------------------------------------------
    def _answer(self, query: Query, degree: int, passing: bool = False) -> State:
        return self._questions.answer(query, degree, passing)

    @shown("selection failed")
    def _region_brushed(self, region: Region | None, passing: bool) -> None:
        state = State(self.degree) if region is None else self._answer(Query("region", region=region), self.degree, passing)
        self.selection.state = state

    @shown("selection failed")
    def _inputs_picked(self, ids: np.ndarray, add: bool, passing: bool) -> None:
        query = self.selection.state.query
        if add:  # shift: what was there stays, what was there twice goes
            before = query.ids if query.kind == self._side.kind else np.zeros(0, np.int64)
            ids = np.setxor1d(before, ids)
        self.diagram_view.set_region(None)
        self.selection.state = self._answer(Query(self._side.kind, ids=ids), self.degree, passing) if len(ids) else State(self.degree)

    @shown("selection failed")
    def _degree_chosen(self, change: Any) -> None:
        if change["new"] is None or change["new"] == self.degree:
            return
        query = self.selection.state.query
        self._show_diagram(self.diagrams[change["new"]])
        # atoms and voxels mean the same in every degree; regions and pairs do not
        keeps = query.kind == self._side.kind
        self.selection.state = self._answer(query, change["new"]) if keeps else State(change["new"])
        self._paint()

    @shown("selection failed")
    def _cell_switched(self, change: Any) -> None:
        if change["new"] != self._side.in_cell:
            self.atoms_in_cell = change["new"]

    @shown("selection failed")
    def _clear_clicked(self, _button: Any) -> None:
        self.clear()

    @shown("selection failed")
    def _links_changed(self, matrix_changed: bool) -> None:
        state = self.selection.state
        if matrix_changed and state.query.kind != "nothing":
            self.selection.state = self._answer(state.query, state.degree)
        else:
            self._draw()

    def _offered(self, degree: int) -> list[tuple[str, int]]:
        """Diagrams to choose from; that of the whole cell (degree 3) has one pair and is offered only when it was asked for."""
        offered = [(k, d) for k, d in self.diagrams.items() if k < 3 or k == degree]
        return [(self.words(f"kind {k}", n=len(d)), k) for k, d in offered]

    def _switch(self, degree: int) -> None:
        if degree != self.degree:
            self._show_diagram(self.diagrams[degree])
            self.selection.state = State(degree)
            if degree not in [k for _, k in self._degree.options]:
                self._degree.options = self._offered(degree)
            self._degree.value = degree
            self._paint()

    # ---- drawing ---------------------------------------------------------------------------------------------------------
    def _draw(self, change: Any = None) -> None:
        state, selected = self.selection.state, self.selected
        shapes = [] if state.passing else self._links.known(selected)
        # the input first: the browser draws in the order of the messages, and hundreds of points on the diagram take it a while
        rings = self._side.draw(state, selected, shapes)
        drawn = self.diagram_view.mark(selected, state.passing) if change is not None or not len(selected) else self.diagram_view.drawn
        self._readout.value = self._side.describe(state, selected, self.diagrams[state.degree], drawn, rings, self.inverse == "volumes")
        if change is not None:
            self._links.look_for(selected, state.passing)
        self._shape_panel.draw(state, selected, shapes)
