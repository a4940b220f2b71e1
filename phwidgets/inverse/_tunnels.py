"""Numba kernel: the shortest loop of samples that a sample closes when it appears, among those that appear before it."""

import numpy as np
from numba import njit

from ..persistence._cells import KERNEL, PART
from ..persistence._cubical_reduction import level_of


@njit(**PART)
def _beside(z, y, x, step, grid):
    """The voxel that lies one step (3,) from another one, -1 outside."""
    z, y, x = z + step[0], y + step[1], x + step[2]
    if grid[9]:
        z = z % grid[0] if grid[6] else z
        y = y % grid[1] if grid[7] else y
        x = x % grid[2] if grid[8] else x
    if z < 0 or z >= grid[0] or y < 0 or y >= grid[1] or x < 0 or x >= grid[2]:
        return np.int64(-1)
    return (z * grid[1] + y) * grid[2] + x


@njit(**KERNEL)
def shortest_loop(owner, start, goal, other, levels, kind, grid, steps, sign, mark, before, queue, base):
    """Voxels (m,) of the shortest loop through ``owner``, which comes first; empty if there is none.

    Breadth-first along ``steps`` (k, 3) over voxels that precede the owner: by (level, index) where ``sign`` is 1, backwards where it is
    -1. It begins at those of its neighbours that are set in the bit mask ``start``, and ends at one in ``goal``, or where none of these is
    reached at the nearest one in ``other``.

    ``mark``, ``before`` and ``queue`` (n,) are working space; ``base`` is three times another positive number for every call.
    """
    plane, row = grid[3], grid[4]
    top = level_of(levels, kind, owner)
    head, tail, last, second = 0, 0, np.int64(-1), np.int64(-1)
    for k in range(steps.shape[0]):
        if ((start | goal | other) >> k) & 1:
            w = _beside(owner // plane, owner % plane // row, owner % row, steps[k], grid)
            mark[w] = base + (1 if (goal >> k) & 1 else 2)
            if (start >> k) & 1:
                mark[w], before[w], queue[tail] = base, -1, w
                tail += 1
    while head < tail and last < 0:
        v = np.int64(queue[head])
        head += 1
        z, y, x = v // plane, v % plane // row, v % row
        for k in range(steps.shape[0]):
            w = _beside(z, y, x, steps[k], grid)
            if w < 0 or w == owner or mark[w] == base:
                continue
            above = (level_of(levels, kind, w) - top) * sign
            if above > 0 or (above == 0 and (w - owner) * sign > 0):
                continue
            found = mark[w] - base
            mark[w], before[w], queue[tail] = base, v, w
            tail += 1
            if found == 1:
                last = w
                break
            if found == 2 and second < 0:
                second = w
    if last < 0:
        last = second
    length, v = 0, last
    while v >= 0:
        length += 1
        v = np.int64(before[v])
    out = np.empty(length + 1 if length else 0, np.int64)
    if length:
        out[0], v = owner, last
        for i in range(length, 0, -1):
            out[length + 1 - i] = v
            v = np.int64(before[v])
    return out
