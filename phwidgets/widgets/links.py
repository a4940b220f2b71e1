"""What links pairs and atoms in an explorer: the simplices of birth and death, or whole shapes, and the search for these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_array, diags_array

from ..inverse.incidence import Incidence, incidence
from ..inverse.volume import Volume, Volumes
from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from .diagram_view import most_persistent
from .shapes import TYPICAL, Shapes, usual_epsilon

SEARCHED = 500  # shapes of so many selected pairs are searched for without being asked to
COMPARED = 2000  # and of so many others, for the card to compare with; of more of them a fair choice
INVERSES = ("simplices", "volumes")


class Links:
    """The matrices A of some diagrams of atoms, and the shapes of their pairs.

    Parameters
    ----------
    diagrams : callable
        Returns the diagrams that are explored now.
    inverse : {"simplices", "volumes"}, optional
        What the rows of A are.

    Attributes
    ----------
    inverse : str
    usual : str
        Where nobody says anything.
    shapes : Shapes
    """

    usual = "simplices"
    has_epsilon = (1, 2)

    def __init__(self, diagrams: Callable[[], Diagrams], inverse: str | None = None) -> None:
        self.inverse = checked_inverse(self.usual if inverse is None else inverse)
        self._diagrams = diagrams
        self._epsilons: dict[int, float] = {}
        self._lives: dict[int, float] = {}
        self._simplices: dict[int, Incidence] = {}
        self._volumes: dict[int, Incidence] = {}
        self._callbacks: list[Callable[[bool], None]] = []
        self._last: Diagram | None = None
        self.shapes = Shapes(self._found)

    def on_change(self, callback: Callable[[bool], None]) -> None:
        """Call ``callback(matrix_changed)`` when shapes were found or another link was chosen."""
        self._callbacks.append(callback)

    def forget(self) -> None:
        """The diagrams are others now."""
        self.shapes.forget()
        self._simplices, self._volumes, self._lives, self._last = {}, {}, {}, None

    # ---- choices ---------------------------------------------------------------------------------------------------------
    def epsilon(self, degree: int) -> float:
        """Epsilon of the shapes of a degree."""
        if degree not in self.has_epsilon:
            return 0.0
        if degree not in self._epsilons:
            self._epsilons[degree] = usual_epsilon(self._diagrams()[degree])
        return self._epsilons[degree]

    def epsilon_chosen(self, degree: int) -> bool:
        """Whether it is another one than where nobody says anything."""
        return degree in self._epsilons and self._epsilons[degree] != usual_epsilon(self._diagrams()[degree])

    def typical_life(self, degree: int) -> float:
        """What the long-lived pairs of a degree live for."""
        if degree not in self._lives:
            lives = self._diagrams()[degree].finite.persistence
            self._lives[degree] = float(np.quantile(lives, TYPICAL)) if len(lives) else 0.0
        return self._lives[degree]

    def set_epsilon(self, degree: int, value: float) -> None:
        """Search with another epsilon from now on."""
        if degree not in self.has_epsilon:
            raise ValueError("the shapes of components need no epsilon")
        if not 0 <= float(value) < np.inf:
            raise ValueError(f"epsilon is a length in the unit of the diagram, at least 0, not {value!r}")
        if float(value) != self.epsilon(degree):
            self._epsilons[degree] = float(value)
            self._volumes.pop(degree, None)
            self._search()
            self._tell(self.inverse == "volumes")

    def set_inverse(self, value: str) -> None:
        """Link through something else from now on."""
        if checked_inverse(value) != self.inverse:
            self.inverse = value
            self._search()
            self._tell(True)

    # ---- shapes ----------------------------------------------------------------------------------------------------------
    def look_for(self, selected: Diagram, passing: bool) -> None:
        """Search for the shapes of a selection, the longest-lived first; nothing is searched for while the user is dragging."""
        if passing:
            self.shapes.cancel()
            return
        self._last = selected
        self._search()

    def _search(self) -> None:
        if self._last is None:
            return
        wanted = most_persistent(self._last.finite, SEARCHED)
        whole = self._diagrams()[wanted.degree].finite
        others = whole.pair_id[np.argsort(-whole.persistence, kind="stable")]
        others = others[~np.isin(others, wanted.pair_id)]
        if self.inverse == "volumes":  # those of all others too: an atom is to be linked to every shape that it is in
            wanted, others = whole.subset(np.concatenate([wanted.pair_id, others])), others[:0]
        elif len(others) > COMPARED:  # evenly from the long-lived to the short-lived
            others = others[np.linspace(0, len(others) - 1, COMPARED).round().astype(int)]
        then = whole.subset(others) if len(wanted) else None
        self.shapes.want(wanted, self.epsilon(wanted.degree), then)

    def _found(self) -> None:
        ended = self.inverse == "volumes" and not self.shapes.busy
        if ended:
            self._volumes = {}
        self._tell(ended)

    def _tell(self, matrix_changed: bool) -> None:
        for call in list(self._callbacks):
            call(matrix_changed)

    def known(self, diagram: Diagram) -> list[Volume]:
        """Shapes of these pairs that have been found, the longest-lived first."""
        return self.shapes.known(most_persistent(diagram.finite, SEARCHED), self.epsilon(diagram.degree))

    def others(self, degree: int, selected: Diagram) -> list[Volume]:
        """Shapes of the pairs that are not selected, as far as they are known."""
        inside = set(selected.pair_id.tolist())
        return [v for i, v in self.shapes.all_known(degree, self.epsilon(degree)).items() if i not in inside and not v.problem]

    def volumes(self, diagram: Diagram) -> Volumes:
        """Shapes of all these pairs; waits for them."""
        return self.shapes.wait(diagram, self.epsilon(diagram.degree))

    def volumes_known(self, degree: int) -> Volumes | None:
        """Shapes that link, None where simplices do."""
        found = self.shapes.all_known(degree, self.epsilon(degree)) if self.inverse == "volumes" else {}
        return Volumes(list(found.values())) if found else None

    # ---- the matrix A ----------------------------------------------------------------------------------------------------
    def matrix(self, degree: int) -> Any:
        """Incidence of the pairs of a degree, one row for each; pairs whose shape is not known (yet) have their simplices."""
        if degree not in self._simplices:
            self._simplices[degree] = incidence(self._diagrams()[degree])
        if self.inverse == "simplices":
            return self._simplices[degree]
        if degree not in self._volumes:
            self._volumes[degree] = self._with_volumes(degree)
        return self._volumes[degree]

    def _with_volumes(self, degree: int) -> Incidence:
        simplices = self._simplices[degree]
        good = [v for v in self.shapes.all_known(degree, self.epsilon(degree)).values() if not v.problem]
        if not good:
            return simplices
        rows = np.array([v.pair_id for v in good])
        place = csr_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(simplices.pair_id), len(rows)))
        bare = np.ones(len(simplices.pair_id))
        bare[rows] = 0.0
        matrix = csr_array(place @ incidence(Volumes(good)).matrix + diags_array(bare) @ simplices.matrix)
        return Incidence(matrix, simplices.pair_id)


def checked_inverse(value: str) -> str:
    """``value``, if it is a link.

    Raises
    ------
    ValueError
        If it is none.
    """
    if value not in INVERSES:
        raise ValueError(f"inverse must be one of {', '.join(map(repr, INVERSES))}, not {value!r}")
    return value
