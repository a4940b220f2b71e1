"""Numba kernels: where the gradient paths end that start at critical edges, downwards, and at critical facets of top cells, upwards."""

import numpy as np
from numba import njit

from ._cells import INNER, KERNEL, PART
from ._cubical_stars import go, step


@njit(**INNER)
def _descend(v, state, vertex_match, grid):
    d = np.int64(vertex_match[state[v]])
    while d >= 0:
        v = go(v, d, grid)
        d = np.int64(vertex_match[state[v]])
    return v


@njit(**KERNEL)
def lower_ends(edges, state, vertex_match, edge_at, grid):
    """Minima (m, 2) at which the descending paths of ``edges`` (m,) end."""
    out = np.empty((edges.shape[0], 2), np.int64)
    for i in range(edges.shape[0]):
        v = edges[i] >> 3
        out[i, 0] = _descend(go(v, np.int64(edge_at[state[v], edges[i] & 7]), grid), state, vertex_match, grid)
        out[i, 1] = _descend(v, state, vertex_match, grid)
    return out


@njit(**PART)
def _ascend(corner, state, exits, grid):
    """Owner of the critical top cell at the end of the ascending path from the top cell with this smallest ``corner``, -1 outside."""
    corners = exits.shape[1]
    while True:
        axis, owner, side = -1, corner, 0
        for side in range(corners):  # the owner is the corner of which the cell is in the lower star
            owner = corner
            for along in range(3):
                if side & (4 >> along):
                    owner = go(owner, 2 * along + 1, grid)
            axis = np.int64(exits[state[owner], corners - 1 - side])
            if axis >= 0:
                break
        if axis == 3:
            return owner
        corner = step(corner, 2 * axis + (side >> (2 - axis) & 1), grid)
        if corner < 0 or step(corner, 2 * axis + 1, grid) < 0:
            return -1


@njit(**KERNEL)
def upper_ends(cells, state, edge_at, exits, squares, grid):
    """Owners (m, 2) of the maxima at which the ascending paths of facets of top cells end, -1 outside.

    ``cells`` (m,) are numbers of squares, of flat images of edges.
    """
    flat = grid[0] == 1
    out = np.empty((cells.shape[0], 2), np.int64)
    for i in range(cells.shape[0]):
        if flat:
            v = cells[i] >> 3
            a, b = np.int64(edge_at[state[v], cells[i] & 7]), 1
        else:
            v = cells[i] >> 4
            a, b = squares[cells[i] & 15, 0], squares[cells[i] & 15, 1]
        axis = 3 - (a >> 1) - (b >> 1)
        corner = v
        if not a & 1:
            corner = go(corner, a, grid)
        if not b & 1:
            corner = go(corner, b, grid)
        below = step(corner, 2 * axis, grid)
        inside = step(corner, 2 * axis + 1, grid) >= 0
        out[i, 0] = _ascend(corner, state, exits, grid) if inside else -1
        out[i, 1] = _ascend(below, state, exits, grid) if below >= 0 else -1
    return out
