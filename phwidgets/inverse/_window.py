"""Numba kernels of the search for the smallest chain: a first chain, growing a region of the complex, pricing what lies outside.

Arrays are copied by loops: assigning a slice, and ``np.unique``, take longer to compile than all the rest.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _add(column, size, rows, low, high, out):
    """Sum modulo 2 of the ascending ``column[:size]`` and ``rows[low:high]`` into ``out``; returns its length."""
    i, j, n = 0, low, 0
    while i < size or j < high:
        if j == high or (i < size and column[i] < rows[j]):
            out[n] = column[i]
            i, n = i + 1, n + 1
        elif i == size or rows[j] < column[i]:
            out[n] = rows[j]
            j, n = j + 1, n + 1
        else:
            i, j = i + 1, j + 1
    return n


@njit(cache=True, nogil=True)
def _longer(array, length):
    more = np.empty(2 * length, array.dtype)
    for i in range(array.shape[0]):
        more[i] = array[i]
    return more


@njit(cache=True, nogil=True)
def _append(out, n, item):
    if n == out.shape[0]:
        out = _longer(out, n)
    out[n] = item
    return out


@njit(cache=True, nogil=True)
def reduce_with_history(columns, n_rows):
    """Reduce ``columns`` (m, k) of row ranks (-1: none) over Z/2, in order, and remember what was added to each.

    Returns ``start`` (m + 1,) and ``added``: columns ``added[start[c]:start[c + 1]]`` were added to column c.
    """
    m, width = columns.shape
    owner = np.full(n_rows, -1, np.int32)
    first, rows = np.zeros(m + 1, np.int64), np.empty(4 * m + 16, np.int32)
    start, added = np.zeros(m + 1, np.int64), np.empty(4 * m + 16, np.int32)
    column, other = np.empty(64, np.int32), np.empty(64, np.int32)
    used = kept = 0
    for c in range(m):
        size = 0
        for j in range(width):
            row = columns[c, j]
            if row < 0:
                continue
            i = size
            while i > 0 and column[i - 1] > row:
                column[i] = column[i - 1]
                i -= 1
            column[i] = row
            size += 1
        while size and owner[column[size - 1]] >= 0:
            elder = owner[column[size - 1]]
            low, high = first[elder], first[elder + 1]
            if other.shape[0] < size + high - low:
                other = np.empty(2 * (size + high - low), np.int32)
            size = _add(column, size, rows, low, high, other)
            column, other = other, column
            if column.shape[0] < width:
                column = _longer(column, width)
            if kept == added.shape[0]:
                added = _longer(added, kept)
            added[kept] = elder
            kept += 1
        if used + size > rows.shape[0]:
            rows = _longer(rows, used + size)
        for i in range(size):
            rows[used + i] = column[i]
        used += size
        if size:
            owner[column[size - 1]] = c
        first[c + 1], start[c + 1] = used, kept
    return start, added[:kept].copy()


@njit(cache=True, nogil=True)
def columns_of(column, start, added):
    """The columns (descending) whose sum is the reduced ``column``."""
    odd = np.zeros(column + 1, np.bool_)
    odd[column] = True
    out = np.empty(64, np.int64)
    n = 0
    for c in range(column, -1, -1):
        if odd[c]:
            out = _append(out, n, c)
            n += 1
            for q in range(start[c], start[c + 1]):
                odd[added[q]] = not odd[added[q]]
    return out[:n].copy()


@njit(cache=True, nogil=True)
def grow(seed, steps, facets, coface_start, cofaces, facet_rank, cell_rank, limit, last, inside):
    """Cells within ``steps`` of the ``seed`` through facets of a rank above ``limit``, themselves of a rank up to ``last``.

    Returns those that were not ``inside`` (mask over all cells) before, and marks them.
    """
    out = np.empty(256, np.int64)
    n = 0
    for t in seed:
        if not inside[t] and cell_rank[t] <= last:
            inside[t] = True
            out = _append(out, n, t)
            n += 1
    front = seed
    for _ in range(steps):
        if front.shape[0] == 0:
            break
        begin = n
        for t in front:
            for j in range(facets.shape[1]):
                e = facets[t, j]
                if facet_rank[e] <= limit:
                    continue
                for q in range(coface_start[e], coface_start[e + 1]):
                    s = cofaces[q]
                    if not inside[s] and cell_rank[s] <= last:
                        inside[s] = True
                        out = _append(out, n, s)
                        n += 1
        front = out[begin:n].copy()
    return out[:n].copy()


@njit(cache=True, nogil=True)
def price(rows, dual, facets, coface_start, cofaces, cell_rank, last, cost, inside, slack):
    """Cells up to rank ``last`` outside of the model that the ``dual`` values of the facets ``rows`` show to be worth it, some repeatedly.

    The coefficient of a cell is worth changing from zero if the alternating sum of the duals of its facets exceeds its cost.
    """
    value = np.zeros(coface_start.shape[0] - 1)
    for i in range(rows.shape[0]):
        value[rows[i]] = dual[i]
    out = np.empty(64, np.int64)
    n = 0
    for i in range(rows.shape[0]):
        if dual[i] == 0.0:
            continue
        for q in range(coface_start[rows[i]], coface_start[rows[i] + 1]):
            s = cofaces[q]
            if inside[s] or cell_rank[s] > last:
                continue
            worth, sign = 0.0, 1.0
            for j in range(facets.shape[1]):
                worth += sign * value[facets[s, j]]
                sign = -sign
            if abs(worth) > cost[s] + slack:
                out = _append(out, n, s)
                n += 1
    return out[:n].copy()
