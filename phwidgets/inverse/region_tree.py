"""The merge tree of the components (or, backwards, of the voids) of an image, and the region of every node as one slice.

A pair of degree 0 stands for the component in which it was born, until it joins an older one; a pair of degree d - 1 for the void that
closes at its death, back to its birth. Samples whose value is that at which the region merges are not in it. These regions form a tree,
and every voxel is in the region of its smallest node and of all nodes above it. In the order of an Euler tour of the tree each region
is one slice of one array of voxels: all regions of an image take 8 bytes per voxel, however deep they are nested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..image import Image
from ..persistence.cubical import morse_of
from ..persistence.cubical_levels import Levels
from ..persistence.cubical_pairs import STEPS, Morse
from ..persistence.cubical_source import Cubical
from ..persistence.cubical_stars import stars
from . import _regions

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class RegionTree:
    """The regions of all pairs of degree 0 or d - 1 of an image, those of equal birth and death included.

    Attributes
    ----------
    levels : Levels
    extremum : (m + 1,) int array
        Vertex where each node begins; -1 for the outside.
    merge : (m,) int array
        Vertex at which it merges.
    parent : (m,) int array
        The node it merges into; m is what never merges.
    order, position, size : (m + 1,) int arrays
        The Euler tour, see ``_regions.tour``.
    owner : (n,) int array
        The smallest node whose region holds each vertex.
    voxels, start : (n,) and (m + 2,) int arrays
        Vertices by the position of their owner, and where each position starts.
    upwards : bool
        Whether regions lie above their merge level, in the levels.
    """

    levels: Levels
    extremum: Array
    merge: Array
    parent: Array
    order: Array
    position: Array
    size: Array
    owner: Array
    voxels: Array
    start: Array
    upwards: bool

    @classmethod
    def of(cls, morse: Morse, upwards: bool) -> RegionTree:
        """The tree of the minima, ``upwards`` that of the maxima."""
        levels, t = morse.levels, stars()
        merges = morse.voids if upwards else morse.components
        places = morse.maxima if upwards else morse.minima
        cells = morse.squares >> 4 if upwards and morse.dimension == 3 else morse.edges >> 3
        m = len(merges.younger)
        node = np.full(len(places) + 1, m, np.int64)
        node[merges.younger] = np.arange(m)
        alive = np.flatnonzero(node[:-1] == m)
        extremum = np.append(places[merges.younger], places[alive[0]] if len(alive) else -1)
        merge = cells[merges.cells]
        ends = np.ascontiguousarray(merges.ends[merges.cells])
        parent = node[_regions.elders(np.ascontiguousarray(merges.younger), ends, len(places))]
        merge_level = levels.at(merge)
        _regions.join_at_once(parent, merge_level)
        order, position, size = _regions.tour(parent)
        count = morse.state.size
        index = np.int32 if count < 2**31 else np.int64
        owner, voxels = np.empty(count, index), np.empty(count, index)
        higher = t.higher2 if morse.dimension == 2 else t.higher3
        _regions.assign(
            upwards,
            extremum,
            merge_level,
            parent,
            levels.typed,
            levels.kind,
            morse.state,
            t.vertex_match,
            higher,
            STEPS,
            levels.grid,
            owner,
        )
        start = _regions.group(owner, position, voxels)
        return cls(levels, extremum, merge, parent, order, position, size, owner, voxels, start, upwards)

    def __len__(self) -> int:
        return len(self.parent)

    def nodes(self, extrema: Array, merges: Array) -> Array:
        """Nodes (n,) of pairs given by two samples each, as linear indices into the image; -1 where there is none."""
        extrema, merges = self.levels.vertices(extrema), self.levels.vertices(merges)
        if not len(self):
            return np.full(len(extrema), -1)
        order = np.argsort(self.extremum[:-1])
        found = order[np.minimum(np.searchsorted(self.extremum[:-1], extrema, sorter=order), len(order) - 1)]
        return np.where((self.extremum[found] == extrema) & (self.merge[found] == merges), found, -1)

    def branch(self, node: int) -> Array:
        """Vertices of the region of a node, a view."""
        first = self.position[node]
        return self.voxels[self.start[first] : self.start[first + self.size[node]]]

    def own(self, node: int) -> Array:
        """Vertices of the region of a node that are in none below, a view."""
        first = self.position[node]
        return self.voxels[self.start[first] : self.start[first + 1]]

    def children(self, node: int) -> list[int]:
        """Nodes directly below a node."""
        out, at, end = [], int(self.position[node]) + 1, int(self.position[node] + self.size[node])
        while at < end:
            out.append(int(self.order[at]))
            at += int(self.size[self.order[at]])
        return out

    def on_image(self, per_vertex: Array) -> Array:
        """What is given for each vertex (n,), for the samples in the shape of the grid without the layer around the image; a view."""
        levels = self.levels
        whole = per_vertex.reshape(levels.grid[3 - levels.values.ndim : 3])
        if not levels.dual:
            return whole
        inside = whole[tuple(slice(p, n - p) for p, n in zip(levels.padding, whole.shape, strict=True))]
        return inside[(slice(None, None, -1),) * inside.ndim]


_trees: WeakKeyDictionary[Image, dict[tuple[Cubical, bool], RegionTree]] = WeakKeyDictionary()


def region_tree(image: Image, how: Cubical, degree: int) -> RegionTree:
    """The tree of the pairs of degree 0, or of the highest degree, of an image, computed once."""
    upwards = (degree > 0) != (how.construction == "cell")
    known = _trees.setdefault(image, {})
    if (how, upwards) not in known:
        known[how, upwards] = RegionTree.of(morse_of(image.values, how), upwards)
    return known[how, upwards]
