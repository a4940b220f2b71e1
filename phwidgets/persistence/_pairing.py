"""Numba kernels: persistence pairs over Z/2 of a filtered cell complex.

Degree 0 by union-find on the edges, the top degree by union-find on the dual graph (Delfinado and Edelsbrunner,
Comput. Aided Geom. Des. 12, 771 (1995)), what is left by column reduction with the merging edges cleared away (Chen and Kerber,
"Persistent homology computation with a twist", EuroCG 2011). The column at hand is a tree of bits (Bauer, Kerber, Reininghaus
and Wagner, "PHAT", J. Symb. Comput. 78, 76 (2017)), of two levels, as its last row only goes back.
"""

import numpy as np
from numba import njit

from ._cells import INNER, KERNEL

NONE = -1


@njit(**KERNEL)
def sort_values(values):
    """Stable order (m,) of float64 ``values``, nan last, and the rank (m,) of each: a radix sort by 11 bits at a time.

    Of the 64 bits the upper 33 put most values in order, and neighbours are exchanged where they are not; all bits are used where that
    takes too many exchanges. NumPy's stable sort is five times slower, its fast one breaks ties differently on different processors.
    """
    m = values.shape[0]
    sign, all_bits = np.uint64(1) << np.uint64(63), ~np.uint64(0)
    bits, keys, other = values.view(np.uint64), np.empty(m, np.uint64), np.empty(m, np.uint64)
    order, other_order = np.empty(m, np.int32), np.empty(m, np.int32)
    count = np.empty((6, 2048), np.int64)
    for first in (3, 0):
        count[:] = 0
        for i in range(m):
            # as unsigned integers, floats are in order once the negative ones are inverted and the sign of the others is set
            key = bits[i] ^ (all_bits if bits[i] & sign else sign)
            keys[i], order[i] = key, i
            for digit in range(first, 6):
                count[digit, (key >> np.uint64(max(11 * digit - 2, 0))) & np.uint64(2047)] += 1
        for digit in range(first, 6):
            shift, total = np.uint64(max(11 * digit - 2, 0)), 0
            for b in range(2048):
                number = count[digit, b]
                count[digit, b] = total
                total += number
            for i in range(m):
                b = (keys[i] >> shift) & np.uint64(2047)
                q = count[digit, b]
                count[digit, b] = q + 1
                other[q], other_order[q] = keys[i], order[i]
            keys, other, order, other_order = other, keys, other_order, order
        moves = 0
        for i in range(1, m):
            j, key, which = i, keys[i], order[i]
            while j > 0 and keys[j - 1] > key and moves <= 2 * m:
                keys[j], order[j] = keys[j - 1], order[j - 1]
                j -= 1
                moves += 1
            keys[j], order[j] = key, which
        if moves <= 2 * m:
            break
    for i in range(m):
        other_order[order[i]] = i
    return order, other_order


@njit(**INNER)
def _root(parent, x):
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x


@njit(**KERNEL)
def merge_components(birth, ends, order):
    """Rows (3, k) of vertices, edges and elder vertices: the younger component dies (elder rule); and the mask of the edges that merge.

    In the order of the edges; component names are their eldest vertices.

    ``birth`` (n,) of the vertices, ``ends`` (m, 2) of the edges, ``order`` (m,) the edges in order of their values.
    """
    n = birth.shape[0]
    parent = np.empty(n, np.int64)  # np.arange takes Numba longer to compile
    for i in range(n):
        parent[i] = i
    merging = np.empty(ends.shape[0], np.bool_)
    for e in range(ends.shape[0]):
        merging[e] = False
    pairs = np.empty((3, n), np.int64)
    k = 0
    for e in order:
        elder, younger = _root(parent, np.int64(ends[e, 0])), _root(parent, np.int64(ends[e, 1]))
        if elder == younger:
            continue
        if birth[younger] < birth[elder] or (birth[younger] == birth[elder] and younger < elder):
            elder, younger = younger, elder
        parent[younger] = elder
        pairs[0, k], pairs[1, k], pairs[2, k] = younger, e, elder
        merging[e] = True
        k += 1
    return pairs[:, :k].copy(), merging


@njit(**KERNEL)
def merge_voids(values, facet_cells, order):
    """Rows (3, k) of facets, cells and elder cells of the top degree, and the mask of the paired facets.

    Backwards in the filtration the top cells are born as voids and merge through facets; the outside (-1 in ``facet_cells``
    (f, 2)) is the eldest, number m among the elders. ``values`` (m,) of the top cells, of equal ones the first being the earliest, and
    ``order`` (f,) of the facets by theirs.
    """
    m = values.shape[0]
    parent = np.empty(m + 1, np.int64)
    for i in range(m + 1):
        parent[i] = i
    paired = np.empty(facet_cells.shape[0], np.bool_)
    for f in range(facet_cells.shape[0]):
        paired[f] = False
    pairs = np.empty((3, m), np.int64)
    k = 0
    for q in range(order.shape[0] - 1, -1, -1):
        f = order[q]
        other = facet_cells[f, 1]
        elder, younger = _root(parent, np.int64(facet_cells[f, 0])), _root(parent, m if other == NONE else np.int64(other))
        if elder == younger:
            continue
        if elder != m and (younger == m or values[younger] > values[elder] or (values[younger] == values[elder] and younger > elder)):
            elder, younger = younger, elder
        parent[younger] = elder
        pairs[0, k], pairs[1, k], pairs[2, k] = f, younger, elder
        paired[f] = True
        k += 1
    return pairs[:, :k].copy(), paired


@njit(**KERNEL)
def boundary_columns(cells, cell_facets, skip, rank):
    """Boundaries (m, k) of ``cells`` (indices) as facet ranks, -1 for ``skip``-ped facets and those that cancel modulo 2."""
    k = cell_facets.shape[1]
    out = np.empty((cells.shape[0], k), np.int32)
    for i in range(cells.shape[0]):
        facets = cell_facets[cells[i]]
        for j in range(k):
            earlier = total = 0
            for t in range(k):
                if facets[t] == facets[j]:
                    total += 1
                    earlier += t < j
            stays = total % 2 == 1 and earlier == 0 and not skip[facets[j]]
            out[i, j] = rank[facets[j]] if stays else NONE
    return out


@njit(**INNER)
def _flip(words, filled, row):
    """Toggle a row; ``filled`` has a bit for every word that is not nothing."""
    i = row >> 6
    words[i] ^= np.uint64(1) << np.uint64(row & 63)
    bit = np.uint64(1) << np.uint64(i & 63)
    if words[i]:
        filled[i >> 6] |= bit
    else:
        filled[i >> 6] &= ~bit


@njit(**INNER)
def _highest(word):
    bit = NONE
    while word:  # one instruction, once it is compiled
        word >>= np.uint64(1)
        bit += 1
    return bit


@njit(**INNER)
def _last(words, filled, row):
    """The last row that is set, if none is after ``row``."""
    j = row >> 12
    while j >= 0 and not filled[j]:
        j -= 1
    if j < 0:
        return np.int32(NONE)
    i = (j << 6) + _highest(filled[j])
    return np.int32((i << 6) + _highest(words[i]))


@njit(**KERNEL)
def reduce_columns(columns, n_rows):
    """Pivot row (m,) of each reduced column, -1 where the column vanishes; ``columns`` (m, k) of row ranks in order."""
    m, width = columns.shape
    owner, pivot = np.empty(n_rows, np.int32), np.empty(m, np.int32)
    for row in range(n_rows):
        owner[row] = NONE
    start = np.empty(m + 1, np.int64)  # columns that were not changed take no place in `rows`
    start[0] = 0
    rows = np.empty(max(16, 2 * m), np.int32)
    used = 0
    words, filled = np.empty((n_rows >> 6) + 1, np.uint64), np.empty((n_rows >> 12) + 1, np.uint64)
    for i in range(words.shape[0]):
        words[i] = filled[i >> 6] = 0
    for c in range(m):
        low = columns[c, 0]
        for j in range(1, width):
            low = max(low, columns[c, j])
        start[c + 1], pivot[c] = used, low
        if low == NONE:
            continue
        if owner[low] == NONE:  # most columns are reduced as they are
            owner[low] = c
            continue
        for j in range(width):
            if columns[c, j] != NONE:
                _flip(words, filled, columns[c, j])
        while low != NONE and owner[low] != NONE:
            other = owner[low]
            if start[other] == start[other + 1]:
                for j in range(width):
                    if columns[other, j] != NONE:
                        _flip(words, filled, columns[other, j])
            else:
                for q in range(start[other], start[other + 1]):
                    _flip(words, filled, rows[q])
            low = _last(words, filled, low)
        pivot[c] = low
        if low != NONE:
            owner[low] = c
        row = low
        while row != NONE:
            if used == rows.shape[0]:
                more = np.empty(2 * used, np.int32)
                for q in range(used):
                    more[q] = rows[q]
                rows = more
            rows[used] = row
            used += 1
            _flip(words, filled, row)
            row = _last(words, filled, row)
        start[c + 1] = used
    return pivot
