"""Which atoms make which pairs: a sparse matrix, read in both directions."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..image import Image
from ..persistence.diagram import Diagram
from .volume import Volumes

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


def incidence(x: Diagram | Volumes) -> Incidence:
    """Incidence of pairs and atoms: which atoms make a pair.

    Parameters
    ----------
    x : Diagram or Volumes
        A diagram of a structure: by its birth and death simplices, the cheapest answer; essential classes have only a birth simplex.
        Volumes: by all atoms of each shape, its interior included; the row of a shape that failed is empty.

    Returns
    -------
    Incidence
        One row per pair, in the order given; periodic images of one atom count as that atom.

    Raises
    ------
    ValueError
        For volumes of more than one structure.

    Examples
    --------
    >>> import phwidgets as ph
    >>> cavities = ph.alpha_persistence(ph.sample("silica-glass"))[2].longest(3)
    >>> ph.incidence(cavities), ph.incidence(ph.optimal_volumes(cavities)).matrix.shape
    (Incidence(3 pairs, 648 atoms, 20 entries), (3, 648))
    """
    if not isinstance(x, Volumes) and (not isinstance(x, Diagram) or isinstance(x.source, Image)):
        from .image_incidence import image_incidence

        return cast("Incidence", image_incidence(x))
    if isinstance(x, Volumes):
        return _of_volumes(x)
    # an atom that stands twice in a row is taken out by hand: rows are short, and summing duplicates sorts the whole matrix
    cells = np.sort(np.concatenate([x.birth_cell, x.death_cell], axis=1), axis=1)
    real = cells >= 0
    real[:, 1:] &= cells[:, 1:] != cells[:, :-1]
    start = np.concatenate([[0], np.cumsum(real.sum(axis=1))])
    return _incidence(start, cells[real], (len(x), len(x.source)), x.pair_id)


def _of_volumes(volumes: Volumes) -> Incidence:
    source = volumes.source
    if not volumes.on_demand and any(v.source is not source for v in volumes):
        raise ValueError("these volumes are of more than one structure: make one matrix for each")
    count, atoms = volumes.members()
    row = np.repeat(np.arange(len(count)), count)
    n = len(source) if source is not None else int(atoms.max(initial=-1)) + 1
    name = np.unique(row * n + atoms)  # every atom once in each row
    start = np.searchsorted(name, np.arange(len(count) + 1) * n)
    return _incidence(start, name % max(n, 1), (len(count), n), volumes.pair_ids())


def _incidence(start: Array, atoms: Array, shape: tuple[int, int], pair_id: Array) -> Incidence:
    return Incidence(csr_array((np.ones(len(atoms)), atoms, start), shape=shape), pair_id)


def _vector(name: str, values: Any, length: int) -> Array:
    vector = np.asarray(values, float)
    if vector.shape != (length,):
        raise ValueError(f"{name} must have shape ({length},), not {vector.shape}")
    return vector
