"""Which atoms make which pairs: a sparse matrix, read in both directions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..persistence.diagram import Diagram

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Incidence:
    """The matrix A with A[i, j] = 1 where atom j belongs to pair i.

    Attributes
    ----------
    matrix : (n_pairs, n_atoms) scipy.sparse.csr_array of float
    pair_id : (n_pairs,) int array
        Which pair each row is.
    """

    matrix: csr_array
    pair_id: Array

    def __repr__(self) -> str:
        return f"Incidence({self.matrix.shape[0]} pairs, {self.matrix.shape[1]} atoms, {self.matrix.nnz} entries)"

    def to_input(self, pair_weights: Any) -> Array:
        """Aᵀ s: weights of pairs (n_pairs,) added up on the atoms (n_atoms,)."""
        return np.asarray(self.matrix.T @ _vector("pair_weights", pair_weights, self.matrix.shape[0]))

    def to_pairs(self, input_weights: Any) -> Array:
        """A a: weights of atoms (n_atoms,) added up on the pairs (n_pairs,)."""
        return np.asarray(self.matrix @ _vector("input_weights", input_weights, self.matrix.shape[1]))


def incidence(diagram: Diagram) -> Incidence:
    """Incidence of pairs and atoms by the birth and death simplices: the cheapest answer to which atoms make a pair.

    Parameters
    ----------
    diagram : Diagram
        Of a structure. Essential classes have only a birth simplex.

    Returns
    -------
    Incidence
        One row per pair of the diagram, in its order; periodic images of one atom count as that atom.
    """
    cells = np.concatenate([diagram.birth_cell, diagram.death_cell], axis=1)
    rows = np.repeat(np.arange(len(diagram)), cells.shape[1])
    columns = cells.ravel()
    real = columns >= 0
    matrix = csr_array((np.ones(int(real.sum())), (rows[real], columns[real])), shape=(len(diagram), len(diagram.source)))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return Incidence(matrix, diagram.pair_id)


def _vector(name: str, values: Any, length: int) -> Array:
    vector = np.asarray(values, float)
    if vector.shape != (length,):
        raise ValueError(f"{name} must have shape ({length},), not {vector.shape}")
    return vector
