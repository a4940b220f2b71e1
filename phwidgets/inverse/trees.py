"""Merge trees: what the components of atoms and the voids between them were made of, all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

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
    first, count : (b,) int arrays
        Branch i are the leaves ``tour[first[i]:first[i] + count[i]]``.
    """

    tour: Array
    offset: Array
    first: Array
    count: Array

    def __len__(self) -> int:
        return len(self.first)

    def leaves(self, i: int) -> Array:
        """Leaves (m,) of branch i, the one that it is named after first."""
        return np.asarray(self.tour[self.first[i] : self.first[i] + self.count[i]])

    def offsets(self, leaves: Array) -> Array:
        """Lattice translates (m, 3) of leaves of one branch as offsets from that of the first of them."""
        if not len(self.offset):
            return np.zeros((len(leaves), 3), np.int64)
        return np.asarray(self.offset[leaves] - self.offset[leaves[0]])


@dataclass(frozen=True, eq=False)
class MergeTree:
    """Everything that merges in one degree, as the pairing of a complex found it.

    Attributes
    ----------
    time : (n,) float array
        When each leaf, as the eldest of its component, is joined to an elder one: a radius (scaled), of voids its negative, since they
        merge backwards in the filtration. Larger than any other for what is never joined.
    offset : (n, 3) or (0, 3) int array
        As in ``Branches``.
    tour, place, gathered, before, latest, previous : (n,) int arrays
        The tree laid out, see ``_merging.lay_out``.
    """

    time: Array
    offset: Array
    tour: Array
    place: Array
    gathered: Array
    before: Array
    latest: Array
    previous: Array

    @classmethod
    def of(cls, source: Source, degree: int) -> MergeTree:
        """Of the components (degree 0; leaves are points of the triangulation), or of the voids (one below the top; top cells)."""
        births, deaths, _, elders = source.pairs[degree]
        if elders is None:
            raise ValueError(f"classes of degree {degree} do not merge")
        offset: Array = np.zeros((0, 3), np.int64)
        if degree == 0:
            n, younger, joined = len(source.complex.vertices[0]), births, source.radii(1, deaths)
            if source.offset.any():
                offset = _offsets(source, deaths)
        else:
            n, younger, joined = len(source.complex.vertices[-1]) + 1, deaths, -source.radii(degree, births)  # the last one is the outside
        time = np.full(n, np.inf)
        time[younger] = joined
        return cls(time, offset, *_merging.lay_out(n, younger.astype(np.int32), elders.astype(np.int32)))

    def branches(self, leaf: Array, limit: Array) -> Branches:
        """The branch of each ``leaf`` (b,): all that joins it before its ``limit`` (b,), not later than when it is joined itself."""
        count = _merging.gathered_until(
            leaf.astype(np.int64), limit.astype(float), self.time, self.gathered, self.before, self.latest, self.previous
        )
        return Branches(self.tour, self.offset, self.place[leaf], count)


_trees: WeakKeyDictionary[Source, dict[int, MergeTree]] = WeakKeyDictionary()


def tree_of(source: Source, degree: int) -> MergeTree:
    """The merge tree of a degree, kept as long as the complex is."""
    known = _trees.setdefault(source, {})
    if degree not in known:
        known[degree] = MergeTree.of(source, degree)
    return known[degree]


def components(source: Source, births: Array, deaths: Array, later: Array | None = None) -> Branches:
    """The component of each point ``births`` (n,) just before the edge ``deaths`` (n,) joins it to an older one (elder rule).

    ``later`` (n,), radii (scaled) below that of the death, asks for the component at these instead. Leaves are points of the
    triangulation.
    """
    level = source.radii(1, deaths)
    if later is not None:
        level = np.minimum(later, level)
    # in a crystal all bonds appear at once, and their order would be chance: equal ones do not count as there before the death
    return tree_of(source, 0).branches(births, level - source.tolerance)


def voids(source: Source, births: Array, deaths: Array, later: Array | None = None) -> Branches:
    """What is left open of the void around each of the top cells ``deaths`` (n,) once the facets ``births`` (n,) are there.

    ``later`` (n,), radii (scaled) above that of the birth, asks for what is open at these instead. Backwards in the filtration top
    cells are born as voids, which merge through facets: the same tree as that of components, upside down. Leaves are top cells.
    """
    degree = source.complex.dimension - 1
    level = source.radii(degree, births)
    if later is not None:
        level = np.maximum(later, level)
    # facets that cannot be told from the birth are there with it
    return tree_of(source, degree).branches(deaths, -(level + source.tolerance))


def _offsets(source: Source, edges: Array) -> Array:
    """Lattice translates (n, 3) of all points along the ``edges`` (m,) that join them, see ``Branches``."""
    images = source.complex.vertices[1][edges]
    ends = np.ascontiguousarray(source.triangulation.atom[images], np.int32)
    # vertices of edges are images of the points: count translates from the points themselves
    moved = source.offset[images] - source.offset[source.complex.vertices[0][ends, 0]]
    return np.asarray(_merging.spread_offsets(len(source.complex.vertices[0]), ends, np.ascontiguousarray(moved[:, 1] - moved[:, 0])))
