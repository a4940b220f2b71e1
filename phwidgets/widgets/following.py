"""The same holes in another frame: those of the same atoms."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csc_array, csr_array

from ..inverse.cycles import shortest_cycles
from ..persistence.diagram import Diagram
from .diagram_view import most_persistent

FOLLOWED = 100  # pairs are followed at the most, the longest-lived
LIKE = 0.5  # share of the atoms of both that two holes have in common, to count as the same
_TOLERANCE = 0.05  # of the persistence, for the rings that are traced: a loop may close so much later than it could

_TIE = 1e-3  # how much being near in the diagram counts, for holes of the same atoms
_NEVER = 1e6  # Å; stands for the death of what does not die


def atoms_of(pairs: Diagram) -> csr_array:
    """Which atoms each hole is known by: its ring, where one can be traced, otherwise its birth and death simplices.

    Parameters
    ----------
    pairs : Diagram
        Of n atoms.

    Returns
    -------
    (len(pairs), n) sparse array of 0 and 1
    """
    rings = shortest_cycles(pairs, tolerance=_TOLERANCE) if pairs.degree == 1 and len(pairs) else [None] * len(pairs)
    rows = []
    for i, ring in enumerate(rings):
        simplices = np.concatenate([pairs.birth_cell[i], pairs.death_cell[i]])
        rows.append(np.unique(ring.loop if ring is not None and not ring.problem else simplices[simplices >= 0]))
    ends = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    atoms = np.concatenate([np.zeros(0, np.int64), *rows])
    return csr_array((np.ones(len(atoms)), atoms, ends), shape=(len(pairs), len(pairs.source)))


class Followed:
    """Holes of one frame that are looked for in others.

    Attributes
    ----------
    pairs : Diagram
        What is followed; at the most `FOLLOWED`, the longest-lived.
    """

    def __init__(self, selected: Diagram) -> None:
        self.pairs = most_persistent(selected, FOLLOWED)
        self._atoms = atoms_of(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def find(self, diagram: Diagram) -> np.ndarray:
        """Ids of the pairs of another frame that are the same holes, ascending.

        Two holes count as the same when they share at least half of the atoms of both (Jaccard index); each is matched with one at
        most, so that the sum of these shares is largest; of several with the same atoms, with the nearest in the diagram. A hole without
        a match is not in this frame.

        Parameters
        ----------
        diagram : Diagram
            Of the same degree and the same atoms.
        """
        if self._atoms.shape[1] != len(diagram.source):
            return np.zeros(0, np.int64)  # other atoms: nothing is the same
        near = diagram.subset(self._near(diagram))
        atoms = atoms_of(near)
        shared = (self._atoms @ atoms.T).toarray()
        sizes = self._atoms.sum(axis=1)[:, None] + atoms.sum(axis=1)[None, :]
        like = shared / np.maximum(sizes - shared, 1)
        far = np.abs(self.pairs.birth[:, None] - near.birth) + np.abs(_ends(self.pairs)[:, None] - _ends(near))
        like = np.where(like >= LIKE, like + _TIE / (1 + far), 0.0)
        first, second = linear_sum_assignment(like, maximize=True)
        return np.sort(near.pair_id[second[like[first, second] > 0]])

    def _near(self, diagram: Diagram) -> np.ndarray:
        """Pairs whose birth simplex lies in one of the holes; the birth edge of a ring does."""
        inside = csc_array(self._atoms)
        touched = inside[:, diagram.birth_cell[:, 0]]
        for corner in diagram.birth_cell.T[1:]:
            touched = touched.multiply(inside[:, corner])
        return diagram.pair_id[np.asarray(touched.sum(axis=0)).ravel() > 0]


def _ends(diagram: Diagram) -> np.ndarray:
    """Deaths, of what never dies a large number."""
    return np.where(np.isfinite(diagram.death), diagram.death, _NEVER)
