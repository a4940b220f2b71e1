"""Numba kernels: the shortest loop of samples that a sample closes when it appears, among those that appear before it."""

import numpy as np
from numba import njit

from ..persistence._cubical_reduction import level_of
from ..persistence._cubical_stars import go

KERNEL = {"cache": True, "nogil": True}
CRITICAL_TOP = 3  # see ``cubical_stars``


@njit(**KERNEL)
def _search(owner, tail, levels, kind, grid, steps, sign, mark, before, queue, base):
    """Voxels (m,) of the shortest loop through ``owner``, which comes first; empty if there is none.

    Breadth-first, along ``steps`` (k, 3), from the ``tail`` voxels in ``queue`` to one that is marked ``base + 1``, or where none of these
    is reached to the nearest one marked ``base + 2``, over voxels that precede the owner: by (level, index) where ``sign`` is 1,
    backwards where it is -1. What has been visited is marked ``base``.
    """
    top = level_of(levels, kind, owner)
    plane = grid[3]
    head, last, other = 0, np.int64(-1), np.int64(-1)
    while head < tail and last < 0:
        x = np.int64(queue[head])
        head += 1
        place = (x // plane, (x % plane) // grid[4], x % grid[4])
        for k in range(steps.shape[0]):
            w = np.int64(0)
            for axis in range(3):
                c = place[axis] + steps[k, axis]
                if c < 0 or c >= grid[axis]:
                    if not grid[6 + axis]:
                        w = -1
                        break
                    c = c - grid[axis] if c > 0 else c + grid[axis]
                w += c * grid[3 + axis]
            if w < 0 or w == owner or mark[w] == base:
                continue
            above = (level_of(levels, kind, w) - top) * sign
            if above > 0 or (above == 0 and (w - owner) * sign > 0):
                continue
            goal = mark[w] - base
            mark[w], before[w] = base, x
            queue[tail] = w
            tail += 1
            if goal == 1:
                last = w
                break
            if goal == 2 and other < 0:
                other = w
    if last < 0:
        last = other
    length, x = 0, last
    while x >= 0:
        length += 1
        x = np.int64(before[x])
    out = np.empty(length + 1 if length else 0, np.int64)
    if length:
        out[0], x = owner, last
        for i in range(length, 0, -1):
            out[length + 1 - i] = x
            x = np.int64(before[x])
    return out


@njit(**KERNEL)
def shortest_loop(edge, levels, kind, state, edge_at, grid, steps, mark, before, queue, base):
    """The loop that begins with ``edge``, its owner first, and comes back to it along an edge of its star that precedes ``edge``.

    ``mark``, ``before`` and ``queue`` (n,) are working space; ``base`` is three times another positive number for every call.
    """
    owner, rank = edge >> 3, edge & 7
    for r in range(rank):
        mark[go(owner, np.int64(edge_at[state[owner], r]), grid)] = base + 1
    first = go(owner, np.int64(edge_at[state[owner], rank]), grid)
    queue[0], mark[first], before[first] = first, base, -1
    return _search(owner, 1, levels, kind, grid, steps, 1, mark, before, queue, base)


@njit(**KERNEL)
def _joined(corner, exits, near, parent):
    """Which part (see ``shortest_cell_loop``) of what surrounds a voxel its edges lead to from one of its corners, -1 to none."""
    while exits[corner & (exits.shape[0] - 1)] >= 0:
        axis = exits[corner & (exits.shape[0] - 1)]
        if axis == CRITICAL_TOP:
            return -1
        corner ^= 4 >> axis
    for some in range(1, 8):  # the neighbours that touch this corner, too
        k = 13
        for axis in range(3):
            if some & (4 >> axis):
                k += (9, 3, 1)[axis] * (1 if corner & (4 >> axis) else -1)
        if near[k] >= 0:
            while parent[k] != k:
                k = parent[k]
            return k
    return -1


@njit(**KERNEL)
def shortest_cell_loop(cell, levels, kind, state, edge_at, critical, exits, squares, grid, steps, mark, before, queue, base):
    """The loop that an edge of the cell construction closes, the voxel with which that appears first.

    All is told in the grid of the dual, where what appears first is last: ``cell`` is the number of the critical square (of flat images
    edge) that is the dual of this edge. When a voxel appears, its neighbours before it fall into parts that do not touch each other; its
    critical edges join them one after the other (a tree, for the voxel itself has no hole). The loop runs from a part that the edge
    joins to one on its other side, or, where they do not hang together by others than this voxel, to any other part.

    ``critical`` (S,) are bit masks of critical squares (edges), ``exits`` (S, 8 or 4) those of the top cells, ``squares`` (12, 2) the
    directions of squares, ``steps`` (26, 3) lead to all neighbours; the rest as in ``shortest_loop``.
    """
    flat = grid[0] == 1
    owner, own = (cell >> 3, cell & 7) if flat else (cell >> 4, cell & 15)
    top = level_of(levels, kind, owner)
    s = state[owner]
    near, parent = np.full(27, -1, np.int64), np.arange(27)
    place = (owner // grid[3], (owner % grid[3]) // grid[4], owner % grid[4])
    for k in range(27):
        w = np.int64(0)
        for axis in range(3):
            c = place[axis] + (k // (9, 3, 1)[axis]) % 3 - 1
            if c < 0 or c >= grid[axis]:
                if not grid[6 + axis]:
                    w = -1
                    break
                c = c - grid[axis] if c > 0 else c + grid[axis]
            w += c * grid[3 + axis]
        if k == 13 or w < 0:
            continue
        above = level_of(levels, kind, w) - top
        if above < 0 or (above == 0 and w < owner):
            continue
        near[k] = w
        for j in range(k):
            apart = abs(k // 9 - j // 9) > 1 or abs(k // 3 % 3 - j // 3 % 3) > 1 or abs(k % 3 - j % 3) > 1
            if near[j] >= 0 and not apart:
                a, b = j, k
                while parent[a] != a:
                    a = parent[a]
                while parent[b] != b:
                    b = parent[b]
                parent[a] = b
    one = other = np.int64(-1)
    for r in range(5 if flat else 11, own - 1, -1):  # of the dual's cells the last is here the first
        q = np.int64(edge_at[s, r]) if flat else np.int64(r)
        if q < 0 or not (critical[s] >> q) & 1:
            continue
        corner, along = 0, 1 + 2 + (0 if flat else 4)
        for d in (q, q) if flat else (squares[q, 0], squares[q, 1]):
            along &= ~(4 >> (d >> 1))
            if d & 1:
                corner |= 4 >> (d >> 1)
        one, other = _joined(corner, exits[s], near, parent), _joined(corner | along, exits[s], near, parent)
        if r > own and one >= 0 and other >= 0:
            parent[one] = other
    if one < 0 or other < 0 or one == other:
        return np.empty(0, np.int64)
    tail = 0
    for k in range(27):
        if near[k] >= 0:
            part = k
            while parent[part] != part:
                part = parent[part]
            mark[near[k]] = base if part == one else base + (1 if part == other else 2)
            if part == one:
                queue[tail], before[near[k]] = near[k], -1
                tail += 1
    return _search(owner, tail, levels, kind, grid, steps, -1, mark, before, queue, base)
