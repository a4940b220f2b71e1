"""Numba kernel: volumes of the convex hulls of many small sets of points."""

import numpy as np
from numba import njit

SHIFT = 1e-7  # of the size of a set: moved by it, no four points lie in a plane


@njit(cache=True, nogil=True)
def hull_volumes(points, start, noise):
    """Volume (n,) of the convex hull of each ``points[start[i]:start[i + 1]]`` (m, 3); 0 for fewer than four points.

    A face of a hull is a triple with all other points on one side; hulls are taken of points that are moved by ``noise`` (k, 3),
    numbers from -1 to 1, k at least the largest set. For sets up to about twenty points this is quicker than setting up a real
    hull algorithm; it takes the fourth power of their number.
    """
    n = start.shape[0] - 1
    out = np.zeros(n)
    for i in range(n):
        m = start[i + 1] - start[i]
        if m < 4:
            continue
        x = np.empty((m, 3))  # by loops, which compile in half the time
        scale = 0.0
        for axis in range(3):
            centre = 0.0
            for p in range(m):
                centre += points[start[i] + p, axis]
            centre /= m
            for p in range(m):
                x[p, axis] = points[start[i] + p, axis] - centre
                scale = max(scale, abs(x[p, axis]))
        if scale == 0.0:
            continue
        for p in range(m):
            for axis in range(3):
                x[p, axis] = x[p, axis] / scale + SHIFT * noise[p, axis]
        total = 0.0
        for a in range(m - 2):
            for b in range(a + 1, m - 1):
                for c in range(b + 1, m):
                    u0, u1, u2 = x[b, 0] - x[a, 0], x[b, 1] - x[a, 1], x[b, 2] - x[a, 2]
                    v0, v1, v2 = x[c, 0] - x[a, 0], x[c, 1] - x[a, 1], x[c, 2] - x[a, 2]
                    n0, n1, n2 = u1 * v2 - u2 * v1, u2 * v0 - u0 * v2, u0 * v1 - u1 * v0
                    below = above = False
                    for p in range(m):
                        if p in (a, b, c):
                            continue
                        if (x[p, 0] - x[a, 0]) * n0 + (x[p, 1] - x[a, 1]) * n1 + (x[p, 2] - x[a, 2]) * n2 > 0:
                            above = True
                        else:
                            below = True
                        if above and below:
                            break
                    if not (above and below):
                        # the centre of gravity is inside of the hull
                        total += abs(x[a, 0] * n0 + x[a, 1] * n1 + x[a, 2] * n2) / 6
        out[i] = total * scale**3
    return out
