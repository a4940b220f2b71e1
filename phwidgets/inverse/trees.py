"""Merge trees: what the components of atoms and the voids between them were made of, all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..persistence._pairing import sort_values
from . import _merging
from .source import Source

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Branches:
    """Branches of a merge tree, each one slice of one array.

    The leaves of a tree in the order of an Euler tour stand so that the leaves below any node are neighbours (Tarjan and Vishkin,
    SIAM J. Comput. 14, 862 (1985)); nothing is copied until a branch is looked at.

    Attributes
    ----------
    tour : (n,) int array
        All leaves in this order.
    offset : (n, 3) or (0, 3) int array
        By leaf, the lattice translate in which each is reached; without rows where there is no lattice.
    leaf : (b,) int array
        The leaf that each branch is named after.
    first, count : (b,) int arrays
        Branch i are the leaves ``tour[first[i]:first[i] + count[i]]``.
    """

    tour: Array
    offset: Array
    leaf: Array
    first: Array
    count: Array

    def __len__(self) -> int:
        return len(self.leaf)

    def leaves(self, i: int) -> Array:
        """Leaves (m,) of branch i, the one that it is named after first."""
        branch = self.tour[self.first[i] : self.first[i] + self.count[i]]
        return np.concatenate([self.leaf[i : i + 1], branch[branch != self.leaf[i]]])

    def offsets(self, leaves: Array) -> Array:
        """Lattice translates (m, 3) of leaves of one branch as offsets from that of the first of them."""
        if not len(self.offset):
            return np.zeros((len(leaves), 3), np.int64)
        return np.asarray(self.offset[leaves] - self.offset[leaves[0]])


def components(source: Source, births: Array, deaths: Array, later: Array | None = None) -> Branches:
    """The component of each point ``births`` (n,) just before the edge ``deaths`` (n,) joins it to an older one (elder rule).

    ``later`` (n,), radii (scaled) below that of the death, asks for the component at these instead. Leaves are points of the
    triangulation.
    """
    images = source.complex.vertices[1]
    ends = np.ascontiguousarray(source.triangulation.atom[images], np.int32)
    gap = np.zeros((0, 3), np.int64)
    if source.offset.any():
        # vertices of edges are images of the points: count translates from the points themselves
        moved = source.offset[images] - source.offset[source.complex.vertices[0][ends, 0]]
        gap = np.ascontiguousarray(moved[:, 1] - moved[:, 0])
    order, _ = sort_values(source.complex.values[1])
    radii = source.radii(1)
    level = radii[deaths] if later is None else np.minimum(later, radii[deaths])
    # in a crystal all bonds appear at once, and their order would be chance: equal ones do not count as there before the death
    time = np.searchsorted(radii[order], level - source.tolerance)
    return _branches(ends, gap, order, len(source.complex.vertices[0]), births, time)


def voids(cofaces: Array, facet_order: Array, cells: Array, limits: Array) -> Branches:
    """What is left open of the void around each of the top ``cells`` (n,) when facets up to the ranks ``limits`` (n,) are there.

    ``facet_order`` (f,) are the facets in the order of the filtration, ``cofaces`` (f, 2) their one or two top cells. Backwards in
    the filtration top cells are born as voids, which merge through facets: the same tree as that of components, upside down. Leaves
    are top cells.
    """
    time = len(facet_order) - 1 - limits
    n = int(cofaces.max(initial=-1)) + 1
    return _branches(
        np.ascontiguousarray(cofaces, np.int32), np.zeros((0, 3), np.int64), np.ascontiguousarray(facet_order[::-1]), n, cells, time
    )


def _branches(ends: Array, gap: Array, order: Array, n: int, leaf: Array, time: Array) -> Branches:
    by_time = np.argsort(time, kind="stable")
    tour, offset, first, count = _merging.merge_order(
        ends, gap, np.ascontiguousarray(order, np.int32), n, leaf[by_time].astype(np.int64), time[by_time].astype(np.int64)
    )
    back = np.argsort(by_time)
    return Branches(tour, offset, np.asarray(leaf), first[back], count[back])
