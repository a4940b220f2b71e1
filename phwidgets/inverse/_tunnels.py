"""Numba kernel: the shortest loop of voxels through an edge, among those that appear before it."""

import numpy as np
from numba import njit

from ..persistence._cubical_reduction import level_of
from ..persistence._cubical_stars import go, step


@njit(cache=True, nogil=True)
def shortest_loop(edge, levels, kind, state, edge_at, grid, mark, before, queue, stamp):
    """Voxels (m,) of the shortest loop of face neighbours that begins with ``edge``, its owner first; empty if there is none.

    The others precede the owner, and the last of them is joined to it by an edge of its star that precedes ``edge`` (breadth-first
    search). ``mark``, ``before`` and ``queue`` (n,) are working space; ``stamp`` is positive, and another one for every call.
    """
    owner, rank = edge >> 3, edge & 7
    first = go(owner, np.int64(edge_at[state[owner], rank]), grid)
    top = level_of(levels, kind, owner)
    mark[owner] = stamp
    for r in range(rank):
        mark[go(owner, np.int64(edge_at[state[owner], r]), grid)] = -stamp
    queue[0] = first
    mark[first], before[first] = stamp, -1
    head, tail, last = 0, 1, np.int64(-1)
    while head < tail and last < 0:
        x = np.int64(queue[head])
        head += 1
        for d in range(6):
            w = step(x, d, grid)
            if w < 0 or w == x or mark[w] == stamp:
                continue
            level = level_of(levels, kind, w)
            if level > top or (level == top and w > owner):
                continue
            found = mark[w] == -stamp
            mark[w], before[w] = stamp, x
            queue[tail] = w
            tail += 1
            if found:
                last = w
                break
    length = 0
    x = last
    while x >= 0:
        length += 1
        x = np.int64(before[x])
    out = np.empty(length + 1 if length else 0, np.int64)
    if length:
        out[0] = owner
        x = last
        for i in range(length, 0, -1):
            out[length + 1 - i] = x
            x = np.int64(before[x])
    return out
