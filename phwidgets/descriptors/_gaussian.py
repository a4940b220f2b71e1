"""Kernels of the persistence image: what pairs give to the places of a grid, read from a table for each axis, and what they get."""

import numba
import numpy as np


@numba.njit(cache=True, nogil=True, inline="always")
def _row(x, low, step, fine, values, slopes, out):
    """Fill ``out`` with what the Gaussian at x gives to the places that it reaches; returns the first and last + 1 of them.

    ``values[f, i]`` is what a place gets that lies ``i + f / fine - reach`` steps right of the centre, ``slopes`` its derivative times
    1 / fine; between two entries a cubic is exact enough.
    """
    n, reach = len(out), (values.shape[1] - 1) // 2
    away = (x - low) / step
    if away < -reach - 1 or away > n + reach + 1:
        return 0, 0
    place = -away * fine
    whole = np.floor(place)
    s = place - whole
    base = int(np.floor(whole / fine))
    phase = int(whole) - base * fine
    first, last = max(0, -reach - base), min(n, reach + 1 - base)
    c0, c1 = (1.0 + 2.0 * s) * (1.0 - s) ** 2, s * (1.0 - s) ** 2
    c2, c3 = s * s * (3.0 - 2.0 * s), s * s * (s - 1.0)
    shift = base + reach
    for j in range(first, last):
        k = shift + j
        out[j] = c0 * values[phase, k] + c1 * slopes[phase, k] + c2 * values[phase + 1, k] + c3 * slopes[phase + 1, k]
    return first, max(first, last)


@numba.njit(cache=True, nogil=True)
def spread(birth, death, weight, ends, low_b, step_b, fine_b, values_b, slopes_b, low_d, step_d, fine_d, values_d, slopes_d, grids):
    """Add to ``grids`` (m, nb, nd) what every pair gives, only where it reaches; ``ends`` (m,) say where the pairs of each one end."""
    b, d = np.empty(grids.shape[1]), np.empty(grids.shape[2])
    start = 0
    for m in range(len(ends)):
        grid = grids[m]
        for i in range(start, ends[m]):
            b0, b1 = _row(birth[i], low_b, step_b, fine_b, values_b, slopes_b, b)
            d0, d1 = _row(death[i], low_d, step_d, fine_d, values_d, slopes_d, d)
            source = d[d0:d1]
            for j in range(b0, b1):
                share = weight[i] * b[j]
                target = grid[j, d0:d1]
                for k in range(len(source)):  # from 0, so that the compiler sees that no index is negative and uses vectors
                    target[k] += share * source[k]
        start = ends[m]


@numba.njit(cache=True, nogil=True)
def gather(birth, death, low_b, step_b, fine_b, values_b, slopes_b, low_d, step_d, fine_d, values_d, slopes_d, grid, out):
    """Sum (n,) of ``grid`` (nb, nd) over the places that every pair reaches, each as much as the pair gives to it."""
    b, d = np.empty(grid.shape[0]), np.empty(grid.shape[1])
    for i in range(len(birth)):
        b0, b1 = _row(birth[i], low_b, step_b, fine_b, values_b, slopes_b, b)
        d0, d1 = _row(death[i], low_d, step_d, fine_d, values_d, slopes_d, d)
        total, source = 0.0, d[d0:d1]
        for j in range(b0, b1):
            row, part = grid[j, d0:d1], 0.0
            for k in range(len(source)):
                part += row[k] * source[k]
            total += b[j] * part
        out[i] = total
