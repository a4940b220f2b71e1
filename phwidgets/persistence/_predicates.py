"""Is a triangulation the (weighted) Delaunay triangulation? Signs of determinants, filtered in floating point, exact in doubt.

Signs are certain where a determinant exceeds a bound of its error, which is a multiple of the product of the largest differences (as
Devillers and Pion, "Efficient exact geometric predicates for Delaunay triangulations", ALENEX 2003; all multiples are about three times
the sum of all roundings). What is left undecided is computed in whole numbers.
"""

from typing import Any

import numpy as np
from numba import njit

from ._cells import INNER, KERNEL

SIDE_ERROR, SPHERE_ERROR = 6e-14, 1e-13
LENGTHS_ERROR = 1e-13  # times the product of the lengths, for signs that are needed so seldom that these may be computed
OPPOSITE, SAME_SIDE, INSIDE = range(3)


@njit(inline="always")
def minors(t, u, v, w):
    """Determinants of three of four rows: (u, v, w), (v, w, t), (w, t, u) and (t, u, v)."""
    tu, uv = t[0] * u[1] - u[0] * t[1], u[0] * v[1] - v[0] * u[1]
    vw, wt = v[0] * w[1] - w[0] * v[1], w[0] * t[1] - t[0] * w[1]
    tv, uw = t[0] * v[1] - v[0] * t[1], u[0] * w[1] - w[0] * u[1]
    uvw, vwt = u[2] * vw - v[2] * uw + w[2] * uv, v[2] * wt + w[2] * tv + t[2] * vw
    wtu, tuv = w[2] * tu + t[2] * uw + u[2] * wt, t[2] * uv - u[2] * tv + v[2] * tu
    return uvw, vwt, wtu, tuv


@njit(inline="always")
def largest(t, u, v, w):
    """The largest absolute values of the columns."""
    x, y = max(abs(t[0]), abs(u[0]), abs(v[0]), abs(w[0])), max(abs(t[1]), abs(u[1]), abs(v[1]), abs(w[1]))
    return x, y, max(abs(t[2]), abs(u[2]), abs(v[2]), abs(w[2]))


@njit(**KERNEL)
def check_facets(points, weights, cells, cell_facets, facet_cells):
    """For every facet between two cells whether those lie on opposite sides and outside each other's orthosphere.

    Returns rows (q, 6) for the facets of which that is not certain, and the sum of the determinants of both cells at every facet. A row
    are images: the facet (padded with -1), the opposite vertex of the first cell, that of the second, and one facet vertex of the
    second cell's copy, which tells where that copy lies. Planar input has z = 0 and cells of three vertices.
    """
    k, asked, questions, total = cells.shape[1], np.empty((facet_cells.shape[0], 6), np.int32), 0, 0.0
    for f in range(facet_cells.shape[0]):
        c, d, i, j = facet_cells[f, 0], facet_cells[f, 1], k - 1, 0
        if d < 0:
            continue
        for t in range(1, k):  # a cell may be its own neighbour: the first column and the last one
            i = k - 1 - t if cell_facets[c, k - 1 - t] == f else i
            j = t if cell_facets[d, t] == f else j
        p, q, a = cells[c, 1 if i == 0 else 0], cells[c, 2 if i < 2 else 1], cells[c, i]
        r = cells[c, 3 if i < 3 else 2] if k == 4 else np.int32(-1)
        b, base = cells[d, j], cells[d, 1 if j == 0 else 0]
        # the second cell may be stored as another lattice translate: move its vertex to the first cell's copy
        x = points[b, 0] - points[base, 0] + points[p, 0]
        y = points[b, 1] - points[base, 1] + points[p, 1]
        z = points[b, 2] - points[base, 2] + points[p, 2]
        u = (points[p, 0] - x, points[p, 1] - y, points[p, 2] - z)
        v = (points[q, 0] - x, points[q, 1] - y, points[q, 2] - z)
        s = (points[a, 0] - x, points[a, 1] - y, points[a, 2] - z)
        du, dv, ds, dw = weights[b] - weights[p], weights[b] - weights[q], weights[b] - weights[a], 0.0
        lift_u, lift_v = u[0] * u[0] + u[1] * u[1] + u[2] * u[2] + du, v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + dv
        lift_s, lift_w, high = s[0] * s[0] + s[1] * s[1] + s[2] * s[2] + ds, 0.0, 0.0
        if r >= 0:
            w, dw = (points[r, 0] - x, points[r, 1] - y, points[r, 2] - z), weights[b] - weights[r]
            lift_w = w[0] * w[0] + w[1] * w[1] + w[2] * w[2] + dw
        else:
            w, high = (0.0, 0.0, 1.0), 1.0  # what stands on the plane makes determinants of two rows such of three
        vws, wsu, suv, side_b = minors(u, v, w, s)
        # orientations of the facet seen from b, and of the first cell, whose determinant is that of the differences to a
        side_a = (side_b - vws) + (wsu - suv)
        sphere = (lift_u * vws - lift_v * wsu) + (lift_w * suv - lift_s * side_b)  # the sign of side_a where b is outside
        x, y, z = largest(u, v, w, s)
        size = x * y * z
        error = SPHERE_ERROR * size * (x * x + y * y + (z * z - high) + max(abs(du), abs(dv), abs(dw), abs(ds)))
        total += abs(side_a) + abs(side_b)
        certain = min(abs(side_a), abs(side_b)) > SIDE_ERROR * size and abs(sphere) > error
        if not certain or (side_a > 0) == (side_b > 0) or (sphere > 0) != (side_a > 0):
            asked[questions, 0], asked[questions, 1], asked[questions, 2] = p, q, r
            asked[questions, 3], asked[questions, 4], asked[questions, 5] = a, b, base
            questions += 1
    return asked[:questions], total


@njit(**INNER)
def _sure_side(points, facet, x, y, z):
    """1 or -1 for the side of a facet (3,) on which a position lies, 0 in doubt; that of a line ends with -1."""
    p, q, r = facet
    u = (points[p, 0] - x, points[p, 1] - y, points[p, 2] - z)
    v = (points[q, 0] - x, points[q, 1] - y, points[q, 2] - z)
    w = (points[r, 0] - x, points[r, 1] - y, points[r, 2] - z) if r >= 0 else (0.0, 0.0, 1.0)
    det = u[0] * (v[1] * w[2] - v[2] * w[1]) + u[1] * (v[2] * w[0] - v[0] * w[2]) + u[2] * (v[0] * w[1] - v[1] * w[0])
    uu, vv = u[0] * u[0] + u[1] * u[1] + u[2] * u[2], v[0] * v[0] + v[1] * v[1] + v[2] * v[2]
    ww = w[0] * w[0] + w[1] * w[1] + w[2] * w[2]
    return np.sign(det) if abs(det) > LENGTHS_ERROR * np.sqrt(uu * vv * ww) else 0.0


@njit(**KERNEL)
def check_boundary(points, facets, ridges, n_ridges, cells, cell_facets, facet_cells):
    """Which facets of only one cell meet at which ridge, and whether they are convex there.

    Returns rows (r, 3) of two ``facets`` (f, d) and their ridge (``ridges`` (f, d), column j opposite vertex j), none if there is no
    boundary or it is not closed: then one of its ridges has not just two facets. And rows (q, 7) where it is not certain that it is
    convex: the images of a facet (padded with -1), the opposite vertex of its cell, that of the other facet, and the first vertex of the
    ridge in both copies.
    """
    d, n, m, q = facets.shape[1], 0, 0, 0
    first = np.empty(n_ridges, np.int64)  # the facet and the column where a ridge was met; -1 before that, and -2 once it was met again
    for r in range(n_ridges):
        first[r] = -1
    for f in range(facets.shape[0]):
        n += facet_cells[f, 1] < 0
    meeting, asked = np.empty((n * d // 2, 3), np.int32), np.empty((n * d // 2, 7), np.int32)
    for f in range(facets.shape[0]):
        if facet_cells[f, 1] >= 0:
            continue
        for j in range(d):
            r = ridges[f, j]
            before = first[r]
            first[r] = 4 * f + j if before == -1 else -2
            if before == -2:
                return meeting[:0], asked[:0]
            if before == -1:
                continue
            g, k = before >> 2, before & 3
            meeting[m, 0], meeting[m, 1], meeting[m, 2] = g, f, r
            m += 1
            c, i = facet_cells[g, 0], 0
            for t in range(d, -1, -1):
                i = t if cell_facets[c, t] == g else i
            # both copies of a ridge list its vertices in the same order: its first one tells how far apart the copies are
            inner, other, here, there = cells[c, i], facets[f, j], facets[g, 1 if k == 0 else 0], facets[f, 1 if j == 0 else 0]
            facet = facets[g, 0], facets[g, 1], facets[g, 2] if d == 3 else np.int32(-1)
            x = points[other, 0] - points[there, 0] + points[here, 0]
            y = points[other, 1] - points[there, 1] + points[here, 1]
            z = points[other, 2] - points[there, 2] + points[here, 2]
            if _sure_side(points, facet, points[inner, 0], points[inner, 1], points[inner, 2]) * _sure_side(points, facet, x, y, z) <= 0:
                asked[q, 0], asked[q, 1], asked[q, 2], asked[q, 3] = facet[0], facet[1], facet[2], inner
                asked[q, 4], asked[q, 5], asked[q, 6] = other, here, there
                q += 1
    return meeting[: m if 2 * m == n * d else 0], asked[:q]


def whole_numbers(points: Any, weights: Any) -> tuple[list[list[int]], list[int]]:
    """Rows of coordinates (m, d), times a power of two that makes them whole, and weights (m,), times its square."""
    rows = [[x.as_integer_ratio() for x in row] for row in points.tolist()]
    heavy = [w.as_integer_ratio() for w in weights.tolist()]
    unit = max(q for row in rows for _, q in row)
    while unit * unit < max(q for _, q in heavy):
        unit *= 2
    return [[p * (unit // q) for p, q in row] for row in rows], [p * (unit * unit // q) for p, q in heavy]


def det(rows: list[list[int]]) -> int:
    """Exact determinant of a square matrix of whole numbers."""
    if len(rows) == 1:
        return rows[0][0]
    if len(rows) == 2:
        (a, b), (c, d) = rows
        return a * d - b * c
    return sum((-x if j % 2 else x) * det([row[:j] + row[j + 1 :] for row in rows[1:]]) for j, x in enumerate(rows[0]) if x)


def decide(points: Any, weights: Any, asked: Any) -> int:
    """Exact answer to one row of ``check_facets``: OPPOSITE, SAME_SIDE or INSIDE. On the sphere counts as outside."""
    images = [int(i) for i in asked if i >= 0]  # those of the facet, a, b, and the first of the facet in b's copy of it
    d = len(images) - 3
    rows, heavy = whole_numbers(points[images, :d], weights[images])
    (*facet, a, b, base), (*_, weight, _) = rows, heavy
    at_b = [x - y + z for x, y, z in zip(b, base, facet[0], strict=True)]
    side_a, side_b = det(_steps(facet, a)), det(_steps(facet, at_b))
    if not side_a or not side_b or (side_a > 0) == (side_b > 0):
        return SAME_SIDE
    lifted = [[*step, sum(x * x for x in step) - own + weight] for step, own in zip(_steps([*facet, a], at_b), heavy, strict=False)]
    outside = -det(lifted)  # has the sign of side_a where b lies outside
    return INSIDE if outside and (outside > 0) != (side_a > 0) else OPPOSITE


def concave(points: Any, asked: Any) -> bool:
    """Exact answer to one row of ``check_boundary``: whether the second facet lies on the other side of the first than its cell does."""
    *facet, inner, other, here, there = (int(i) for i in asked if i >= 0)
    return side(points, facet, points[inner]) * side(points, facet, points[other] - points[there] + points[here]) < 0


def side(points: Any, facet: Any, x: Any) -> int:
    """Exact sign of the side of a facet (d images in d dimensions) on which the position x lies."""
    d = len(facet)
    *rows, at = whole_numbers(np.vstack([points[facet, :d], x[:d]]), np.zeros(d + 1))[0]
    sign = det(_steps(rows, at))
    return (sign > 0) - (sign < 0)


def _steps(rows: list[list[int]], origin: list[int]) -> list[list[int]]:
    return [[x - y for x, y in zip(row, origin, strict=True)] for row in rows]
