"""Numba kernel: the whole of a small flat image at once, so that threads with a patch each seldom wait for the interpreter."""

import numpy as np
from numba import njit

from ._cells import KERNEL
from ._cubical_paths import lower_ends, upper_ends
from ._cubical_reduction import level_of
from ._cubical_stars import critical_cells, lower_stars, places
from ._pairing import merge_components, merge_voids, sort_values


@njit(**KERNEL)
def _levels_of(cells, shift, levels, kind):
    """Levels (m,) of the owners of ``cells``, whose numbers end with ``shift`` bits of something else; no negative zeros."""
    out = np.empty(cells.shape[0], np.float64)
    for i in range(cells.shape[0]):
        out[i] = level_of(levels, kind, cells[i] >> shift) + 0.0
    return out


@njit(**KERNEL)
def flat_morse(
    block,
    values,
    levels,
    kind,
    grid,
    steps,
    squares_of,
    cubes_of,
    first,
    rank,
    critical,
    vertex_match,
    edge_at,
    critical_edges,
    critical_squares,
    exits,
    squares,
):
    """What ``cubical_pairs.Morse`` finds step by step: stars, critical cells, the order of the edges, and the merges of both degrees.

    ``block`` is the whole image with one voxel around it; the others as in the kernels that are called here.
    """
    zero = grid[0] - 1  # no literal, for which Numba would compile the callee once more
    n = grid[1] * grid[2]
    state = np.empty(n, np.uint16)
    lower_stars(block, values, zero, zero, grid, steps, squares_of, cubes_of, first, rank, state)
    minima, edges, none, maxima = critical_cells(state, critical, edge_at, critical_edges, critical_squares)
    order = sort_values(_levels_of(edges, zero + 3, levels, kind))[0]
    low_ends = places(minima, lower_ends(edges, state, vertex_match, edge_at, grid), n)
    low_pairs, merging = merge_components(_levels_of(minima, zero, levels, kind), low_ends, order)
    m = 0
    rest = np.empty(edges.shape[0], np.int64)
    for i in range(edges.shape[0]):
        if not merging[i]:  # edges that merge components part no voids
            rest[m] = edges[i]
            m += 1
    found = places(maxima, upper_ends(rest[:m], state, edge_at, exits, squares, grid), n)
    high_ends = np.empty((edges.shape[0], 2), np.int32)
    m = 0
    for i in range(edges.shape[0]):
        for j in range(2):
            high_ends[i, j] = -1 if merging[i] else found[m, j]
        m += not merging[i]
    high_pairs, parting = merge_voids(sort_values(_levels_of(maxima, zero, levels, kind))[1], high_ends, order)
    return state, minima, edges, none, maxima, order, low_pairs, merging, low_ends, high_pairs, parting, high_ends
