"""Numba kernels: small flat images from their samples to the rows of their diagrams, many in one call.

Threads with patches seldom wait for each other that way: the interpreter, which only one of them has at a time, is left alone until all
rows are there. ``cubical_pairs`` and ``cubical.image_pairs`` find the same step by step.
"""

import numpy as np
from numba import njit

from ._cells import KERNEL, PART
from ._cubical_paths import lower_ends, upper_ends
from ._cubical_stars import critical_cells, lower_stars, places
from ._pairing import merge_components, merge_voids, sort_values

NEVER = -1  # instead of the voxel at which a pair dies


@njit(**PART)
def _read(stack, number, hidden, sign, dual, grid, block, levels):
    """Write the levels (n,) of one image of a ``stack``, and its ``block`` (see ``lower_stars``); whether none of them is without meaning.

    As ``Levels`` has them: times ``sign``; of a ``dual`` grid negated, in reverse order, with a layer around it.
    """
    rows, columns = stack.shape[1], stack.shape[2]
    ny, nx = grid[1], grid[2]
    top, left = (ny - rows) // 2, (nx - columns) // 2  # 1 where there is a layer
    never = -np.inf if dual else np.inf
    factor = np.float64(-sign if dual else sign)
    for v in range(ny * nx):
        levels[v] = never
    for y in range(rows):
        start = (top + (rows - 1 - y if dual else y)) * nx + left
        for x in range(columns):
            level = factor * stack[number, y, x] + 0.0  # no negative zeros, which sort apart from positive ones
            if hidden.shape[0] and hidden[y, x]:
                level = never
            elif np.isnan(level) or level == -never:
                return False
            levels[start + (columns - 1 - x if dual else x)] = level
    for y in range(ny + 2):
        across = (y - 1) % ny  # beyond the border of a periodic axis lies its other end
        outside = across != y - 1 and not grid[7]
        for x in range(nx):
            block[0, y, x + 1] = np.nan if outside else levels[across * nx + x]
        block[0, y, 0] = block[0, y, nx] if grid[8] else np.nan
        block[0, y, nx + 1] = block[0, y, 1] if grid[8] else np.nan
    return True


@njit(**PART)
def _levels_of(cells, shift, levels):
    """Levels (m,) of the owners of ``cells``, whose numbers end with ``shift`` bits of something else."""
    out = np.empty(cells.shape[0], np.float64)
    for i in range(cells.shape[0]):
        out[i] = levels[cells[i] >> shift]
    return out


@njit(**PART)
def _find_voxels(degree, dual, levels, minima, edges, maxima, low, high, used, n, found):
    """Write to ``found`` (2, ...), from column n on, at which voxels the pairs of a degree are born and die; returns the end.

    ``low`` are rows of minima and edges that pair, ``high`` of edges and maxima, all places; ``used`` (edges,) says which do.
    """
    never = -np.inf if dual else np.inf
    lower = degree == (1 if dual else 0)
    pairs = low if lower else high
    for i in range(pairs.shape[1] if degree < 2 else 0):
        if lower:
            birth, death = minima[pairs[0, i]], edges[pairs[1, i]] >> 3
        else:
            birth, death = edges[pairs[0, i]] >> 3, maxima[pairs[1, i]]
        if dual:
            birth, death = death, birth
        if levels[birth] != levels[death]:
            found[0, n], found[1, n] = birth, NEVER if levels[death] == never else death
            n += 1
    kind = 2 - degree if dual else degree  # of the critical cells that never pair
    cells, shift = edges, 3
    unpaired = used
    if kind != 1:
        cells, shift = minima if kind == 0 else maxima, 0
        places_of = low[0] if kind == 0 else high[1]
        unpaired = np.zeros(cells.shape[0], np.bool_)
        for i in range(places_of.shape[0]):
            unpaired[places_of[i]] = True
    for i in range(cells.shape[0]):
        v = cells[i] >> shift
        if not unpaired[i] and levels[v] != never:
            found[0, n], found[1, n] = v, NEVER
            n += 1
    return n


@njit(**PART)
def _write_rows(begin, by_death, order, births, deaths, voxels, sign, dual, rows, columns, grid, at, numbers, samples):
    """Write the pairs from ``begin`` on to ``numbers`` and ``samples``, from row ``at`` on.

    They are in order of their deaths (n,), and then in another ``order`` (n,).
    """
    nx = grid[2]
    bottom, right = (grid[1] + rows) // 2 - 1, (nx + columns) // 2 - 1  # where a dual grid has the first sample
    for i in range(order.shape[0]):
        k = begin + by_death[order[i]]
        numbers[0, at + i], numbers[1, at + i] = sign * births[k] + 0.0, sign * deaths[k] + 0.0
        for j in range(2):
            v = voxels[j, k]
            if dual and v != NEVER:
                v = (bottom - v // nx) * columns + right - v % nx
            samples[j, at + i] = v


@njit(**PART)
def _resized(numbers, samples, filled, size):
    """The first ``filled`` rows in longer or shorter arrays."""
    more, more_samples = np.empty((2, size), np.float64), np.empty((2, size), np.int64)
    for j in range(2):
        for i in range(filled):
            more[j, i], more_samples[j, i] = numbers[j, i], samples[j, i]
    return more, more_samples


@njit(**KERNEL)
def flat_rows(
    stack,
    hidden,
    sign,
    dual,
    grid,
    wanted,
    block,
    values,
    levels,
    state,
    numbers,
    samples,
    ends,
    steps,
    squares_of,
    cubes_of,
    first,
    rank,
    critical,
    vertex_match,
    edge_at,
    critical_edges,
    critical_squares,
    exits,
    squares,
):
    """Births and deaths (2, n) and the linear indices (2, n) of their samples; ``ends`` (m, 3) say where rows of each image and degree end.

    ``stack`` (m, rows, columns) are the samples of images of one shape, ``hidden`` (rows, columns) says which are left out in all of
    them, with no rows for none. ``grid`` (see ``_cubical_stars``) has the layer around a ``dual`` one. ``wanted`` (3,) are the degrees.
    ``block`` and the same in one dimension, ``values``, and ``levels`` and ``state`` (n,) are overwritten by each image; ``numbers`` and
    ``samples`` have no rows yet. A sample at which a pair never dies is NEVER.

    ``ends`` stay -1 from the first image on that has a sample without meaning: nan, or an infinity that is there before all others.
    """
    zero = grid[0] - 1  # no literal, for which Numba would compile the callee once more
    n, filled, rows, columns = grid[3], zero, stack.shape[1], stack.shape[2]
    numbers, samples = _resized(numbers, samples, zero, zero)
    for number in range(stack.shape[0]):
        if not _read(stack, number, hidden, sign, dual, grid, block, levels):
            break
        lower_stars(block, values, zero, zero, grid, steps, squares_of, cubes_of, first, rank, state)
        minima, edges, _, maxima = critical_cells(state, critical, edge_at, critical_edges, critical_squares)
        order = sort_values(_levels_of(edges, zero + 3, levels))[0]
        low_ends = places(minima, lower_ends(edges, state, vertex_match, edge_at, grid), n)
        low, used = merge_components(_levels_of(minima, zero, levels), low_ends, order)
        size = 0
        rest = np.empty(edges.shape[0], np.int64)
        for i in range(edges.shape[0]):
            if not used[i]:  # edges that merge components part no voids
                rest[size] = edges[i]
                size += 1
        found = places(maxima, upper_ends(rest[:size], state, edge_at, exits, squares, grid), n)
        high_ends = np.empty((edges.shape[0], 2), np.int32)
        size = 0
        for i in range(edges.shape[0]):
            for j in range(2):
                high_ends[i, j] = -1 if used[i] else found[size, j]
            size += not used[i]
        high, parting = merge_voids(_levels_of(maxima, zero, levels), high_ends, order)
        for i in range(edges.shape[0]):
            used[i] |= parting[i]
        most = minima.shape[0] + edges.shape[0] + maxima.shape[0]
        voxels, births, deaths = np.empty((2, most), np.int64), np.empty(most, np.float64), np.empty(most, np.float64)
        size = zero
        for degree in range(3):
            if wanted[degree]:
                end = _find_voxels(degree, dual, levels, minima, edges, maxima, low, high, used, size, voxels)
                for i in range(size, end):
                    birth, death = voxels[0, i], voxels[1, i]
                    births[i] = 0.0 - levels[birth] if dual else levels[birth]
                    deaths[i] = np.inf if death == NEVER else 0.0 - levels[death] if dual else levels[death]
                size = end
            ends[number, degree] = filled + size
        if filled + size > numbers.shape[1]:
            ahead = (stack.shape[0] - number) * 5 // 4 if stack.shape[0] > 1 else 1
            numbers, samples = _resized(numbers, samples, filled, filled + size * ahead)
        begin = zero
        for degree in range(3):
            end = ends[number, degree] - filled
            if end > begin:
                by_death = sort_values(deaths[begin:end])[0]
                in_order = np.empty(end - begin, np.float64)
                for i in range(end - begin):
                    in_order[i] = births[begin + by_death[i]]
                order = sort_values(in_order)[0]
                at = filled + begin
                _write_rows(begin, by_death, order, births, deaths, voxels, sign, dual, rows, columns, grid, at, numbers, samples)
            begin = end
        filled += size
    if filled < numbers.shape[1]:
        numbers, samples = _resized(numbers, samples, filled, filled)
    return numbers, samples
