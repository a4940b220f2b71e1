"""Numba kernels: which lower star every voxel has, walking along the discrete gradient, and the critical cells.

A ``grid`` (10,) of int64 is planes, rows, columns, the strides of each in voxels, whether each is periodic, and whether any is. One of
flat images has 1 plane. Edges are numbered 8 * owner + rank in the star, squares 16 * owner + number, where the owner is the largest
vertex.
"""

import numpy as np
from numba import njit

from ._cells import INNER, KERNEL, PART

BLOCK_SHIFT = 6  # cells are looked up in blocks of 2**6 numbers


@njit(**INNER)
def step(v, direction, grid):
    """The neighbour of voxel v in a direction, -1 outside."""
    axis = direction >> 1
    n, stride = grid[axis], grid[3 + axis]
    c = (v // stride) % n
    if direction & 1:
        if c < n - 1:
            return v + stride
        return v - (n - 1) * stride if grid[6 + axis] else -1
    if c > 0:
        return v - stride
    return v + (n - 1) * stride if grid[6 + axis] else -1


@njit(**INNER)
def go(v, direction, grid):
    """The neighbour of voxel v in a direction where there is one."""
    if grid[9]:
        return step(v, direction, grid)
    stride = grid[3 + (direction >> 1)]
    return v + stride if direction & 1 else v - stride


@njit(**PART)
def _mask_at_border(block, z, y, x, plane, row, grid, steps, low, high):
    """As in ``lower_stars`` for one voxel whose neighbours may lie across a periodic border, where indices are not in order."""
    mask = 0
    nz, ny, nx = grid[0], grid[1], grid[2]
    here = (plane * ny + row) * nx + x - 1
    for k in range(low, high):
        dz, dy, dx = steps[k, 0], steps[k, 1], steps[k, 2]
        if nz == 1 and dz != 0:  # a flat block has no planes beside it
            continue
        value = block[z + dz, y + dy, x + dx]
        there = ((plane + dz) % nz * ny + (row + dy) % ny) * nx + (x - 1 + dx) % nx
        if value < block[z, y, x] or (value == block[z, y, x] and there < here):
            mask |= 1 << k
    return mask


@njit(**KERNEL)
def lower_stars(block, values, first_plane, first_row, grid, steps, squares_of, cubes_of, first, rank, state):
    """Write to ``state`` (n,) uint16 the numbers of the lower stars of the voxels inside of a ``block``.

    ``block`` (planes, rows, columns) of float64 is a part of the levels with one voxel around it in all directions that the grid has,
    nan beyond the image; ``values`` is the same in one dimension. ``steps`` (26, 3) lead to the neighbours. A voxel precedes another
    one by (level, index).
    """
    flat = grid[0] == 1
    planes, rows, columns = block.shape
    ny, nx = grid[1], columns - 2
    mask = np.empty(nx, np.int32)
    low, high = (2, 18) if flat else (0, 26)
    for z in range(0 if flat else 1, 1 if flat else planes - 1):
        plane = first_plane + (0 if flat else z - 1)
        for y in range(1, rows - 1):
            row = first_row + y - 1
            start = (z * rows + y) * columns + 1
            own = values[start : start + nx]
            for x in range(nx):
                mask[x] = 0
            for k in range(low, high):
                if flat and steps[k, 0] != 0:
                    continue
                offset = (steps[k, 0] * rows + steps[k, 1]) * columns + steps[k, 2]
                other = values[start + offset : start + offset + nx]
                bit = np.int32(1 << k)
                if offset < 0:
                    for x in range(nx):
                        mask[x] |= bit * np.int32(other[x] <= own[x])
                else:
                    for x in range(nx):
                        mask[x] |= bit * np.int32(other[x] < own[x])
            if grid[9]:
                border = (grid[6] and (plane == 0 or plane == grid[0] - 1)) or (grid[7] and (row == 0 or row == ny - 1))
                for x in range(0, nx, 1 if border else max(1, nx - 1)):
                    m = _mask_at_border(block, z, y, x + 1, plane, row, grid, steps, low, high)
                    mask[x] = m
            begin = (plane * ny + row) * nx
            for x in range(nx):
                m = mask[x]
                edges = m & 63
                squares = (m >> 6) & squares_of[edges]
                allowed = cubes_of[squares]
                state[begin + x] = first[edges << 12 | squares] + rank[allowed, (m >> 18) & allowed]


@njit(**KERNEL)
def critical_cells(state, critical, edge_at, critical_edges, critical_squares):
    """Minima (linear indices), edges and squares (their numbers) and maxima (owners of top cells) that are critical, ascending.

    ``critical`` (S, 4) says how many of these each lower star has, none or one of the first and last.
    """
    size = np.zeros(4, np.int64)
    for v in range(state.shape[0]):
        for j in range(4):
            size[j] += critical[state[v], j]
    minima, edges, squares, maxima = (
        np.empty(size[0], np.int64),
        np.empty(size[1], np.int64),
        np.empty(size[2], np.int64),
        np.empty(size[3], np.int64),
    )
    for j in range(4):
        size[j] = 0
    for v in range(state.shape[0]):
        s = state[v]
        if critical[s, 0]:
            minima[size[0]] = v
            size[0] += 1
        if critical[s, 3]:
            maxima[size[3]] = v
            size[3] += 1
        if critical[s, 1]:
            for r in range(6):
                d = edge_at[s, r]
                if d >= 0 and (critical_edges[s] >> d) & 1:
                    edges[size[1]] = 8 * v + r
                    size[1] += 1
        if critical[s, 2]:
            for q in range(12):
                if (critical_squares[s] >> q) & 1:
                    squares[size[2]] = 16 * v + q
                    size[2] += 1
    return minima, edges, squares, maxima


@njit(**PART)
def block_index(ids, shift, limit):
    """Place (b,) of the first of the ascending ``ids`` below ``limit`` in every block of 2**shift numbers; for ``locate``."""
    start = np.zeros((limit >> shift) + 2, np.int32)
    for i in range(ids.shape[0]):
        start[(ids[i] >> shift) + 1] += 1
    for b in range(1, start.shape[0]):
        start[b] += start[b - 1]
    return start


@njit(**INNER)
def locate(ids, start, shift, key):
    """Place of ``key`` in ``ids``, where it is."""
    i = start[key >> shift]
    while ids[i] != key:
        i += 1
    return i


@njit(**KERNEL)
def places(ids, keys, limit):
    """Place (m, 2) of each of the ``keys`` (m, 2) in ``ids``, -1 of those that are -1."""
    start = block_index(ids, BLOCK_SHIFT, limit)
    out = np.empty((keys.shape[0], 2), np.int32)
    for i in range(keys.shape[0]):
        for j in range(2):
            out[i, j] = -1 if keys[i, j] < 0 else locate(ids, start, BLOCK_SHIFT, keys[i, j])
    return out
