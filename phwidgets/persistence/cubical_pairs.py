"""Persistence pairs of a grid: its discrete gradient, and the pairing of the critical cells.

The cells of a grid are many and regular, so they are not listed as a ``FilteredComplex`` (26 for each voxel of a volume). The lower
star of each voxel is matched by a table, in one pass that stores two bytes per voxel and sorts nothing. The critical cells that remain
make a small complex: its components and, backwards, its voids are paired by the same union-find kernels as those of atoms. Only degree 1
of volumes has kernels of its own, since its boundaries are walked along the gradient when they are needed and not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import _cubical_paths, _cubical_reduction, _cubical_stars, _pairing
from .cubical_levels import Levels
from .cubical_stars import CUBES, SQUARES, stars

Array = NDArray[Any]

BLOCK = 1 << 18  # voxels whose lower stars are found at a time
_UNITS = np.array([[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]], np.int64)
STEPS = np.concatenate([_UNITS, *([_UNITS[cell].sum(axis=0)] for cell in (*SQUARES, *CUBES))])


class GridPairs(NamedTuple):
    """Pairs of one degree, each cell named by its owner, the largest of its vertices."""

    births: Array  # (p,)
    deaths: Array  # (p,)
    essential: Array  # (e,)


class Merges(NamedTuple):
    """How components (or, backwards, voids) of critical cells merge, in order."""

    younger: Array  # (p,) places of the minima (maxima) that die
    cells: Array  # (p,) places of the edges (facets of top cells) at which they do
    used: Array  # (m,) mask of those edges (facets)
    ends: Array  # (m, 2) places of the minima (maxima) that each edge (facet) joins, -1 for the outside


@dataclass(frozen=True, eq=False)
class Morse:
    """The discrete gradient of a grid and its critical cells.

    Attributes
    ----------
    levels : Levels
    state : (n,) uint16 array
        Number of the lower star of every voxel (see ``cubical_stars``).
    minima, edges, squares, maxima : int arrays
        Critical cells, ascending: voxels, numbers of edges and squares (see ``_cubical_stars``), owners of top cells.
    """

    levels: Levels
    state: Array
    minima: Array
    edges: Array
    squares: Array
    maxima: Array

    @classmethod
    def of(cls, levels: Levels) -> Morse:
        """Find the gradient."""
        state = _lower_stars(levels)
        t, flat = stars(), levels.dimension == 2
        critical = t.critical2 if flat else t.critical3
        cells = _cubical_stars.critical_cells(state, critical, t.edge_at, t.critical_edges, t.critical_squares)
        return cls(levels, state, *cells)

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return self.levels.dimension

    @cached_property
    def edge_order(self) -> Array:
        """Places of the critical edges in order of their values."""
        return _order(self.levels.at(self.edges >> 3))

    @cached_property
    def square_order(self) -> Array:
        """Places of the critical squares in order of their values."""
        return _order(self.levels.at(self.squares >> 4))

    @cached_property
    def components(self) -> Merges:
        """Degree 0."""
        t = stars()
        ends = _cubical_paths.lower_ends(self.edges, self.state, t.vertex_match, t.edge_at, self.levels.grid)
        ends = _cubical_stars.places(self.minima, ends, self.state.size)
        pairs, merging = _pairing.merge_components(self.levels.at(self.minima), ends, self.edge_order)
        return Merges(pairs[0], pairs[1], merging, ends)

    @cached_property
    def voids(self) -> Merges:
        """Degree d - 1, backwards."""
        t, flat = stars(), self.dimension == 2
        facets, order = (self.edges, self.edge_order) if flat else (self.squares, self.square_order)
        # edges that merge components part no voids: their paths need not be walked
        some = ~self.components.used if flat else np.ones(len(facets), bool)
        exits = t.exit2 if flat else t.exit3
        found = _cubical_paths.upper_ends(facets[some], self.state, t.edge_at, exits, SQUARES, self.levels.grid)
        ends = np.full((len(facets), 2), -1, np.int32)
        ends[some] = _cubical_stars.places(self.maxima, found, self.state.size)
        pairs, paired = _pairing.merge_voids(self.levels.at(self.maxima), ends, order)
        return Merges(pairs[1], pairs[0], paired, ends)

    @cached_property
    def loops(self) -> tuple[Array, Array]:
        """Degree 1 of a volume: places of the edges and of the squares of its pairs."""
        t = stars()
        columns = self.square_order[~self.voids.used[self.square_order]]
        pairs, p = _cubical_reduction.pair_loops(
            columns,
            self.squares,
            self.edges,
            self.components.used,
            self.levels.typed,
            self.levels.kind,
            self.state,
            t.edge_match,
            t.edge_rank,
            t.edge_at,
            SQUARES,
            self.levels.grid,
        )
        return pairs[:p, 0].copy(), pairs[:p, 1].copy()

    def pairs(self, degree: int) -> GridPairs:
        """Pairs of one degree from 0 to the dimension, those of equal value included."""
        edges, squares, top = self.edges >> 3, self.squares >> 4, self.dimension
        if degree == 0:
            m = self.components
            return GridPairs(self.minima[m.younger], edges[m.cells], _others(self.minima, m.younger))
        if degree == top:
            none = np.zeros(0, np.int64)
            return GridPairs(none, none, _others(self.maxima, self.voids.younger))
        if degree == top - 1:
            m = self.voids
            births, deaths = (edges if top == 2 else squares)[m.cells], self.maxima[m.younger]
            born = ~m.used
            if top == 2:
                return GridPairs(births, deaths, edges[born & ~self.components.used])
            born[self.loops[1]] = False
            return GridPairs(births, deaths, squares[born])
        births, deaths = self.loops
        undying = ~self.components.used
        undying[births] = False
        return GridPairs(edges[births], squares[deaths], edges[undying])


def _order(values: Array) -> Array:
    return np.asarray(_pairing.sort_values(values)[0])


def _others(cells: Array, places: Array) -> Array:
    rest = np.ones(len(cells), bool)
    rest[places] = False
    return np.asarray(cells[rest])


def _lower_stars(levels: Levels) -> Array:
    t, grid = stars(), levels.grid
    state = np.empty(levels.flat.size, np.uint16)
    flat = levels.dimension == 2
    planes = int(grid[1] if flat else grid[0])
    thick = max(1 if flat else 4, BLOCK * planes // levels.flat.size)
    for low in range(0, planes, thick):
        block = levels.block(low, min(low + thick, planes))
        plane, row = (0, low) if flat else (low, 0)
        _cubical_stars.lower_stars(block, block.ravel(), plane, row, grid, STEPS, t.squares_of, t.cubes_of, t.first, t.rank, state)
    return state
