"""The plain histogram of a diagram as a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .grid import GridTransformer, widened
from .persistence_image import Weight
from .points import Points

Array = NDArray[Any]


class DiagramHistogram(GridTransformer):
    """Number of pairs in each bin of the (birth, death) plane: ``Diagram.histogram`` with one range for all diagrams.

    Parameters
    ----------
    resolution : int or (nb, nd)
        Number of bins of births and of deaths.
    weight : "uniform" (or None), "persistence", or callable
        What a pair counts, see ``PersistenceImage``.
    range, normalize, degree
        See ``PersistenceImage``; the learned range has no margin.

    Notes
    -----
    A pair that moves across the edge of a bin changes two numbers at once, whatever its weight: unlike a persistence image this vector
    is not stable. Pairs outside of the range are not counted, with a warning for more than 5 % of the weight; essential classes neither.

    Examples
    --------
    >>> DiagramHistogram(resolution=2, range=(0, 4)).fit_transform([[[1.0, 3.0], [1.0, 3.5], [0.5, 1.0]]]).tolist()
    [[1.0, 2.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        resolution: Any = (64, 64),
        weight: Weight = "uniform",
        range: Any = None,
        *,
        normalize: str | None = None,
        degree: int | None = None,
    ) -> None:
        self.resolution = resolution
        self.weight = weight
        self.range = range
        self.normalize = normalize
        self.degree = degree

    def _learn(self, points: list[Points]) -> None:
        self._set_grid(self._given_range() or widened(points, 0.0))
        for p in points:
            self._weights(p)

    def _vector(self, points: Points) -> Array:
        weights = self._weights(points)
        self._warn_outside(points, weights)
        bins = [self.birth_edges_, self.death_edges_]
        return np.asarray(np.histogram2d(points.birth, points.death, bins=bins, weights=weights)[0].ravel())

    def _read(self, points: Points, grid: Array) -> Array:
        i, birth_in = _bins(points.birth, self.birth_edges_)
        j, death_in = _bins(points.death, self.death_edges_)
        return np.asarray(np.where(birth_in & death_in, grid[i, j], 0.0) * self._weights(points))


def _bins(values: Array, edges: Array) -> tuple[Array, Array]:
    """Bin of each value, the last one closed, and whether it lies in any."""
    place = np.searchsorted(edges, values, side="right") - 1
    place = np.where(values == edges[-1], len(edges) - 2, place)
    inside = (place >= 0) & (place < len(edges) - 1)
    return np.where(inside, place, 0), inside
