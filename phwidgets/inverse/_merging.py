"""Numba kernel: everything that merges, laid out so that every component that ever was is one slice of one array."""

import numpy as np
from numba import njit


@njit(inline="always")
def _root(parent, x):
    up = parent[x]
    while up >= 0:  # halve the path on the way up
        higher = parent[up]
        if higher < 0:
            return up
        parent[x] = higher
        x = higher
        up = parent[x]
    return x


@njit(inline="always")
def _root_and_path(parent, away, x, path):
    """The root above x, and in ``path`` (3,) the way from it to x."""
    path[:] = 0
    while parent[x] >= 0:
        up = parent[x]
        if parent[up] >= 0:
            away[x] += away[up]
            parent[x] = parent[up]
        path += away[x]
        x = parent[x]
    return x


@njit(cache=True, nogil=True)
def merge_order(ends, gap, order, n, node, time):
    """Merge ``n`` nodes along edges and tell which component some of them were in at some time.

    Lists of nodes are put end to end whenever two components merge, so whatever was a component stays together: the leaves below a
    node of the merge tree in the order of an Euler tour. ``ends`` (m, 2) are the nodes of the edges (-1: none, such an edge does
    nothing), ``gap`` (m, 3) the lattice offset from the first to the second, or (0, 3) if there is none; ``order`` lists the edges.
    ``time`` (q,), ascending, says how many edges of the order have been used when the component of ``node`` (q,) is asked for.

    Returns the nodes (n,) in the order of the tour, the lattice offset (n, 3) of each along the spanning forest (by node), and for
    every question where its component begins (q,) and how many nodes it has (q,).
    """
    lattice = gap.shape[0] > 0
    # the parent of each node, for a root less than 0: the number of nodes below it; a root is the head of its list
    parent, tail, after = np.full(n, -1, np.int32), np.arange(n).astype(np.int32), np.full(n, -1, np.int32)
    away = np.zeros((n if lattice else 0, 3), np.int64)  # from the parent of each node to itself
    first, count = np.empty(node.shape[0], np.int64), np.empty(node.shape[0], np.int64)
    path = np.zeros((2, 3), np.int64)
    asked, last = 0, order.shape[0]
    for k in range(last + 1):
        while asked < node.shape[0] and (time[asked] <= k or k == last):
            root = node[asked]
            while parent[root] >= 0:
                root = parent[root]
            first[asked], count[asked] = root, -parent[root]
            asked += 1
        if asked == node.shape[0]:
            break
        e = order[k]
        if ends[e, 0] < 0 or ends[e, 1] < 0:
            continue
        if lattice:
            large = _root_and_path(parent, away, ends[e, 0], path[0])
            small = _root_and_path(parent, away, ends[e, 1], path[1])
        else:
            large, small = _root(parent, ends[e, 0]), _root(parent, ends[e, 1])
        if large == small:
            continue
        sign = 1
        if parent[small] < parent[large]:
            large, small, sign = small, large, -1
        parent[large] += parent[small]
        parent[small] = large
        after[tail[large]] = small
        tail[large] = tail[small]
        if lattice:
            for axis in range(3):
                away[small, axis] = sign * (path[0, axis] + gap[e, axis] - path[1, axis])
    tour, place = np.empty(n, np.int32), np.empty(n, np.int32)
    offset = np.zeros((n if lattice else 0, 3), np.int64)
    at = 0
    for root in range(n):
        if parent[root] < 0:
            x = np.int64(root)
            while x >= 0:
                tour[at], place[x] = x, at
                at, x = at + 1, np.int64(after[x])
    for x in range(n if lattice else 0):
        y = np.int64(x)
        while parent[y] >= 0:
            offset[x] += away[y]
            y = np.int64(parent[y])
    for q in range(first.shape[0]):
        first[q] = place[first[q]]
    return tour, offset, first, count
