"""Numba kernels: the faces of Delaunay cells, each once.

A vertex of a triangulation is an *image*: row ``i`` of its coordinates is the atom ``atom[i]`` moved by ``offset[i]`` lattice
vectors (open input: ``atom = arange``, ``offset = 0``). A cell stands for all its lattice translates. It is recognised by the
atoms of its vertices and their offsets relative to the first one, so parallel cells and self-loops of tiny cells stay distinct.
"""

import numpy as np
from numba import njit

KERNEL = {"cache": True, "nogil": True, "no_cfunc_wrapper": True}  # C has no need of them, which saves compiling
# Called by other kernels only. One with inline="always" takes numbers and no arrays: Numba would count references to these in every
# loop in which it stands, which takes longer than a determinant.
PART = {**KERNEL, "no_cpython_wrapper": True}
INNER = {**PART, "forceinline": True}  # within a loop, in place of a call, which would hand over seven numbers of each array


@njit(**KERNEL)
def order_vertices(cells, beyond, label):
    """Sort the vertices of every row of ``cells`` (m, k) in place by their ``label`` (N,), and with them what lies ``beyond`` (m, k).

    That is left as it is where it has no rows.
    """
    for c in range(cells.shape[0]):
        if cells.shape[1] < 4:
            for i in range(1, cells.shape[1]):
                for j in range(i, 0, -1):
                    here, there = cells[c, j], cells[c, j - 1]
                    if label[here] < label[there]:
                        cells[c, j], cells[c, j - 1] = there, here
            continue
        # a network without branches, as none could be foreseen; columns are in the lowest bits
        p, q, r, s = label[cells[c, 0]] << 2, label[cells[c, 1]] << 2 | 1, label[cells[c, 2]] << 2 | 2, label[cells[c, 3]] << 2 | 3
        p, q, r, s = min(p, q), max(p, q), min(r, s), max(r, s)
        p, q, r, s = min(p, r), min(q, s), max(p, r), max(q, s)
        p, q, r, s = p & 3, min(q, r) & 3, max(q, r) & 3, s & 3
        cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3] = cells[c, p], cells[c, q], cells[c, r], cells[c, s]
        if beyond.shape[0] > 0:
            beyond[c, 0], beyond[c, 1], beyond[c, 2], beyond[c, 3] = beyond[c, p], beyond[c, q], beyond[c, r], beyond[c, s]


@njit(**INNER)
def _other_side(cells, beyond, cell_facets, label, move, b, c, p, q, r):
    """The column of b opposite a facet p, q, r between it and c that was not met there before, or -1."""
    i = ((beyond[b, 1] == c) + 2 * (beyond[b, 2] == c) + 3 * (beyond[b, 3] == c)) & 3  # mostly that is it, and no branch foresees which
    u, v, w = cells[b, 1 if i == 0 else 0], cells[b, 2 if i < 2 else 1], cells[b, 3 if i < 3 else 2]
    if (p == u) & (q == v) & (r == w) & (beyond[b, i] == c) & (cell_facets[b, i] < 0):
        return i
    for i in range(4):
        if beyond[b, i] == c and cell_facets[b, i] < 0:
            u, v, w = cells[b, 1 if i == 0 else 0], cells[b, 2 if i < 2 else 1], cells[b, 3 if i < 3 else 2]
            apart = move[p] - move[u]
            if label[p] - label[u] == apart and label[q] - label[v] == apart and label[r] - label[w] == apart:
                return i
    return -1


@njit(**KERNEL)
def meet_facets(cells, beyond, label, move):
    """What ``find_facets`` returns of tetrahedra (m, 4), the cells ``beyond`` whose facets (m, 4) are known, -1 outside.

    There are no facets if the neighbours of two cells do not agree.
    """
    m, f = cells.shape[0], 0
    facets, facet_cells = np.empty((4 * m, 3), np.int32), np.empty((4 * m, 2), np.int32)
    cell_facets, count = np.empty((m, 4), np.int32), np.empty(4 * m, np.int32)
    for c in range(m):
        for j in range(4):
            cell_facets[c, j] = -1
    for c in range(m):
        for j in range(4):
            if cell_facets[c, j] >= 0:
                continue
            b, p, q, r = beyond[c, j], cells[c, 1 if j == 0 else 0], cells[c, 2 if j < 2 else 1], cells[c, 3 if j < 3 else 2]
            cell_facets[c, j] = f
            facets[f, 0], facets[f, 1], facets[f, 2] = p, q, r
            facet_cells[f, 0], facet_cells[f, 1], count[f] = c, b, 1 if b < 0 else 2
            if b >= 0:
                i = _other_side(cells, beyond, cell_facets, label, move, b, c, p, q, r)
                if i < 0:
                    return facets[:0].copy(), cell_facets, facet_cells[:0].copy(), count[:0].copy()
                cell_facets[b, i] = f
            f += 1
    return facets[:f].copy(), cell_facets, facet_cells[:f].copy(), count[:f].copy()


@njit(**KERNEL)
def find_facets(cells, atom, label, move, n_atoms, bits, least):
    """All facets of ``cells`` (m, k), whose rows are in vertex order.

    ``label`` (N,) is a number for the atom and the offset of each image, ``move`` (N,) the part of it that says how far the image is
    from its atom, and ``least`` what no difference of two such parts is below; a label takes ``bits`` bits.

    Returns the facets (f, k - 1) as image rows, in the order in which they are met, the facets of each cell (m, k), where column
    j lies opposite vertex j, the first two cells at each facet (f, 2), -1 where there is none, and the number of cells at each
    facet (f,).

    Facets are looked up in a hash table by linear probing. Each first atom has its own stretch of the table, as long as it has
    facets, counted with multiplicity, so that neighbours in space are neighbours in memory.
    """
    m, k = cells.shape
    start = np.empty(n_atoms + 1, np.int64)
    for v in range(n_atoms + 1):
        start[v] = 0
    for c in range(m):
        start[atom[cells[c, 0]] + 1] += k - 1
        start[atom[cells[c, 1]] + 1] += 1
    for v in range(n_atoms):
        start[v + 1] += start[v]
    keys, number = np.empty(m * k, np.int64), np.empty(m * k, np.int32)
    for p in range(m * k):
        keys[p] = -1
    facets = np.empty((m * k, k - 1), np.int32)
    cell_facets = np.empty((m, k), np.int32)
    facet_cells = np.empty((m * k, 2), np.int32)
    count = np.empty(m * k, np.int32)
    f = 0
    for c in range(m):
        for j in range(k):
            first = cells[c, 1] if j == 0 else cells[c, 0]
            origin, key = move[first] + least, np.int64(0)
            for t in range(1 if j else 2, k):
                if t != j:
                    key = (key << bits) | (label[cells[c, t]] - origin)
            low, high = start[atom[first]], start[atom[first] + 1]
            mixed = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
            p = low + np.int64((mixed * np.uint64(high - low)) >> np.uint64(32))
            while keys[p] != key and keys[p] != -1:
                p = p + 1 if p + 1 < high else low
            if keys[p] == key:
                g = number[p]
                if count[g] == 1:
                    facet_cells[g, 1] = c
                count[g] += 1
            else:
                g = f
                keys[p], number[p] = key, g
                facet_cells[g, 0], facet_cells[g, 1], count[g] = c, -1, 1
                column = 0
                for t in range(k):
                    if t != j:
                        facets[g, column] = cells[c, t]
                        column += 1
                f += 1
            cell_facets[c, j] = g
    return facets[:f].copy(), cell_facets, facet_cells[:f].copy(), count[:f].copy()
