"""Numba kernels: degree 1 of volumes, by reducing the boundaries of critical squares over Z/2.

A column is kept as a binary heap of edges, the latest first. An edge that the gradient matches with a square is replaced by the other
three edges of that square, only when it comes up: most columns meet their pivot long before the paths have been walked to their ends.
(Robins, Wood and Sheppard 2011 for the gradient; Chen and Kerber 2011 for leaving out what is paired already.)
"""

import numpy as np
from numba import njit

from ._cells import INNER, KERNEL, PART
from ._cubical_stars import BLOCK_SHIFT, block_index, go, locate

PAIRED_BELOW, FREE = -2, -1  # otherwise the number of the column whose pivot an edge is


@njit(**INNER)
def level_of(levels, kind, v):
    """Level of voxel v as float64: ``levels`` are four arrays, of which the one of this kind is meant (see ``Levels``)."""
    if kind == 0:
        return np.float64(levels[0][v])
    if kind == 1:
        return np.float64(levels[1][v])
    if kind == 2:
        return np.float64(levels[2][v])
    return levels[3][v]


@njit(**PART)
def _push(edge, level, n, heap, key):
    i = n
    while i > 0:
        j = (i - 1) >> 1
        if level < key[j] or (level == key[j] and edge < heap[j]):
            break
        heap[i], key[i] = heap[j], key[j]
        i = j
    heap[i], key[i] = edge, level


@njit(**PART)
def _remove_first(n, heap, key):
    """Take the first of n edges away."""
    n -= 1
    edge, level = heap[n], key[n]
    i = 0
    while True:
        j = 2 * i + 1
        if j >= n:
            break
        if j + 1 < n and (key[j + 1] > key[j] or (key[j + 1] == key[j] and heap[j + 1] > heap[j])):
            j += 1
        if key[j] < level or (key[j] == level and heap[j] <= edge):
            break
        heap[i], key[i] = heap[j], key[j]
        i = j
    heap[i], key[i] = edge, level


@njit(**PART)
def _push_square(owner, a, b, without, n, heap, key, levels, kind, state, edge_match, edge_rank, grid):
    """Push the edges of the square that ``owner`` spans in directions a and b, but ``without`` one and those matched with vertices."""
    for _ in range(2):
        s = state[owner]
        edge = 8 * owner + edge_rank[s, a]
        if edge != without and edge_match[s, a] != -1:
            _push(edge, level_of(levels, kind, owner), n, heap, key)
            n += 1
        near = go(owner, a, grid)
        far = go(near, b, grid)
        v, d = far, b ^ 1
        s = state[v]
        if edge_match[s, d] == -3:  # the edge belongs to its other end
            v, d = near, b
            s = state[v]
        if edge_match[s, d] != -1:
            _push(8 * v + edge_rank[s, d], level_of(levels, kind, v), n, heap, key)
            n += 1
        a, b = b, a
    return n


@njit(**PART)
def _longer(array, needed):
    more = np.empty(2 * needed, array.dtype)
    for i in range(array.shape[0]):
        more[i] = array[i]
    return more


@njit(**PART)
def _drain(n, heap, key, data, used, status, edges, start, state, edge_match, edge_at):
    """Append what is left in a heap to ``data``, each edge once and without those that cancel or die in degree 0; the new length."""
    while n > 0:
        edge = heap[0]
        _remove_first(n, heap, key)
        n -= 1
        if n > 0 and heap[0] == edge:
            _remove_first(n, heap, key)
            n -= 1
            continue
        s = state[edge >> 3]
        if edge_match[s, edge_at[s, edge & 7]] >= 0 or status[locate(edges, start, BLOCK_SHIFT, edge)] != PAIRED_BELOW:
            data[used] = edge
            used += 1
    return used


@njit(**KERNEL)
def pair_loops(columns, squares, edges, merging, levels, kind, state, edge_match, edge_rank, edge_at, directions, grid):
    """Pairs of (edge, square), as places in ``edges`` and ``squares``, both ascending numbers of critical cells: the first p rows of an
    array, and p.

    ``columns`` are the places of the squares to be reduced, in order of their values; ``merging`` (edges,) are the edges that are paired
    in degree 0; ``directions`` (12, 2) those of the squares.
    """
    status = np.empty(edges.shape[0], np.int64)
    for i in range(edges.shape[0]):
        status[i] = PAIRED_BELOW if merging[i] else FREE
    pairs = np.empty((columns.shape[0], 2), np.int64)
    p = 0
    start = block_index(edges, BLOCK_SHIFT, 8 * state.shape[0])
    data, end = np.empty(1024, np.int64), np.zeros(columns.shape[0] + 1, np.int64)
    heap, key = np.empty(1024, np.int64), np.empty(1024, np.float64)
    for i in columns:
        q, n = squares[i] & 15, end[0]  # 0, but no literal, for which Numba would compile the callee once more
        n = _push_square(
            squares[i] >> 4, directions[q, 0], directions[q, 1], n - 1, n, heap, key, levels, kind, state, edge_match, edge_rank, grid
        )
        while n > 0:
            edge = heap[0]
            _remove_first(n, heap, key)
            n -= 1
            if n > 0 and heap[0] == edge:
                _remove_first(n, heap, key)
                n -= 1
                continue
            owner = edge >> 3
            s = state[owner]
            q = edge_match[s, edge_at[s, edge & 7]]
            if n + 8 > heap.shape[0]:
                heap, key = _longer(heap, n + 8), _longer(key, n + 8)
            if q >= 0:
                n = _push_square(
                    owner, directions[q, 0], directions[q, 1], edge, n, heap, key, levels, kind, state, edge_match, edge_rank, grid
                )
                continue
            place = locate(edges, start, BLOCK_SHIFT, edge)
            column = status[place]
            if column == PAIRED_BELOW:
                continue
            if column != FREE:
                more = end[column + 1] - end[column]
                if n + more + 8 > heap.shape[0]:
                    heap, key = _longer(heap, n + more + 8), _longer(key, n + more + 8)
                for j in range(end[column], end[column + 1]):
                    _push(data[j], level_of(levels, kind, data[j] >> 3), n, heap, key)
                    n += 1
                continue
            status[place] = p
            pairs[p, 0], pairs[p, 1] = place, i
            if end[p] + n > data.shape[0]:
                data = _longer(data, end[p] + n)
            end[p + 1] = _drain(n, heap, key, data, end[p], status, edges, start, state, edge_match, edge_at)
            p += 1
            break
    return pairs, p
