"""Which samples of an image make which pairs, read in both directions."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..persistence.diagram import Diagram
from .incidence import Incidence
from .regions import Regions
from .tunnels import VoxelLoops

Array = NDArray[Any]


def image_incidence(x: Diagram | Regions | VoxelLoops) -> Any:
    """Incidence of pairs and samples, one row per pair in the order given, one column per sample in the order of the array.

    Of a diagram by the birth and death samples, the cheapest answer to which samples make a pair (``Incidence``; essential classes have
    only a birth sample); of regions by all of their samples (``RegionIncidence``); of loops by theirs (``Incidence``).
    """
    if isinstance(x, Regions):
        return RegionIncidence(x)
    if isinstance(x, VoxelLoops):
        return Incidence(_matrix([loop.voxels for loop in x], x.source.shape), x.pair_id)
    if not isinstance(x, Diagram):
        raise ValueError(f"an incidence is that of a diagram or of what an inverse analysis found, not of {type(x).__name__}")
    return _of_diagram(x)


def _of_diagram(diagram: Diagram) -> Incidence:
    shape = diagram.source.shape
    rows, columns = [], []
    for cells in (diagram.birth_cell, diagram.death_cell):
        there = np.flatnonzero(cells[:, 0] >= 0)
        rows.append(there)
        columns.append(np.ravel_multi_index(tuple(cells[there].T), shape))
    row, column = np.concatenate(rows), np.concatenate(columns)
    order = np.lexsort((column, row))
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(diagram)))])
    matrix = csr_array((np.ones(len(row)), column[order], start), shape=(len(diagram), int(np.prod(shape))))
    return Incidence(matrix, diagram.pair_id)


class RegionIncidence:
    """Incidence of pairs and samples by regions: as ``Incidence``, without listing the samples.

    Attributes
    ----------
    pair_id : (n,) int array
        Which pair each row is.
    """

    def __init__(self, regions: Regions) -> None:
        self._regions, self.pair_id = regions, regions.pair_id

    def __repr__(self) -> str:
        return f"RegionIncidence({len(self.pair_id)} pairs, {self._regions.source.values.size} samples)"

    def to_input(self, pair_weights: Any) -> Array:
        """Aᵀ s: weights of pairs (n_pairs,) added up on the samples (n_samples,), in the order of the array."""
        weights = np.asarray(pair_weights, float)
        if weights.shape != (len(self.pair_id),):
            raise ValueError(f"pair_weights must have shape ({len(self.pair_id)},), not {weights.shape}")
        return self._regions.to_input(weights).ravel()

    def to_pairs(self, input_weights: Any) -> Array:
        """A a: weights of samples (n_samples,), or in the image's shape, added up on the pairs (n_pairs,)."""
        image, weights = self._regions.source.values, np.asarray(input_weights, float)
        if weights.shape not in ((image.size,), image.shape):
            raise ValueError(f"input_weights must have shape ({image.size},) or {image.shape}, not {weights.shape}")
        return self._regions.to_pairs(weights.reshape(image.shape))

    @cached_property
    def matrix(self) -> csr_array:
        """The matrix (n_pairs, n_samples) itself, one entry for each sample of each region."""
        return _matrix([region.voxels for region in self._regions], self._regions.source.shape)


def _matrix(shapes: list[Array], shape: tuple[int, ...]) -> csr_array:
    """Rows of samples (m, d) as a sparse matrix."""
    rows = [np.sort(np.ravel_multi_index(tuple(voxels.T), shape)) for voxels in shapes]
    start = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    columns = np.concatenate([*rows, np.zeros(0, np.int64)])
    return csr_array((np.ones(len(columns)), columns, start), shape=(len(rows), int(np.prod(shape))))
