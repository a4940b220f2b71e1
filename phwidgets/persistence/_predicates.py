"""Is a triangulation the (weighted) Delaunay triangulation? Signs of determinants, filtered in floating point, exact in doubt.

The error bounds of the filters are those of Shewchuk, "Adaptive precision floating-point arithmetic and fast robust geometric
predicates", Discrete Comput. Geom. 18, 305 (1997). What they leave undecided is computed in whole numbers.
"""

from typing import Any

import numpy as np
from numba import njit

from ._cells import KERNEL, PART

ORIENT_ERROR = 8e-16
SPHERE_ERROR = 4e-15
OPPOSITE, SAME_SIDE, INSIDE, DOUBT = 0, 1, 2, 3


@njit(**PART)
def _minor(a, b, c):
    """Determinant of three rows of three, and the sum of the absolute values of its terms."""
    bc, cb = b[0] * c[1], b[1] * c[0]
    ca, ac = c[0] * a[1], c[1] * a[0]
    ab, ba = a[0] * b[1], a[1] * b[0]
    det = a[2] * (bc - cb) + b[2] * (ca - ac) + c[2] * (ab - ba)
    size = abs(a[2]) * (abs(bc) + abs(cb)) + abs(b[2]) * (abs(ca) + abs(ac)) + abs(c[2]) * (abs(ab) + abs(ba))
    return det, size


@njit(**KERNEL)
def check_facets(points, weights, cells, cell_facets, facet_cells):
    """For every facet between two cells whether those lie on opposite sides and outside each other's orthosphere.

    Returns codes (f,): OPPOSITE (all is well, or a facet of one cell only), or DOUBT (decide exactly), and the six images of the
    question (f, 6): the facet (padded with -1), the opposite vertex of the first cell, that of the second, and one facet
    vertex of the second cell's copy, which tells where that copy lies; and the sum of the determinants of both cells at every facet.
    Planar input has z = 0 and cells of three vertices.
    """
    m, k = cells.shape
    code, total = np.zeros(facet_cells.shape[0], np.int8), 0.0
    asked = np.full((facet_cells.shape[0], 6), -1, np.int32)
    second = np.full(facet_cells.shape[0], -1, np.int64)  # facets met once: cell * k + column
    for c in range(m):
        for j in range(k):
            f = cell_facets[c, j]
            if facet_cells[f, 1] < 0:
                continue
            if second[f] < 0:
                second[f] = c * k + j
                continue
            d, i = second[f] // k, second[f] % k
            column = 0
            for t in range(k):
                if t != i:
                    asked[f, column] = cells[d, t]
                    column += 1
            asked[f, 3], asked[f, 4], asked[f, 5] = cells[d, i], cells[c, j], cells[c, 1 if j == 0 else 0]
    for f in range(facet_cells.shape[0]):
        if facet_cells[f, 1] < 0:
            continue
        p, q, r, a, b, base = asked[f, 0], asked[f, 1], asked[f, 2], asked[f, 3], asked[f, 4], asked[f, 5]
        # the second cell may be stored as another lattice translate: move its vertex to the first cell's copy
        x = points[b, 0] - points[base, 0] + points[p, 0]
        y = points[b, 1] - points[base, 1] + points[p, 1]
        z = points[b, 2] - points[base, 2] + points[p, 2]
        u = (points[p, 0] - x, points[p, 1] - y, points[p, 2] - z)
        v = (points[q, 0] - x, points[q, 1] - y, points[q, 2] - z)
        s = (points[a, 0] - x, points[a, 1] - y, points[a, 2] - z)
        lift_u = u[0] * u[0] + u[1] * u[1] + u[2] * u[2] - (weights[p] - weights[b])
        lift_v = v[0] * v[0] + v[1] * v[1] + v[2] * v[2] - (weights[q] - weights[b])
        lift_s = s[0] * s[0] + s[1] * s[1] + s[2] * s[2] - (weights[a] - weights[b])
        size_u = u[0] * u[0] + u[1] * u[1] + u[2] * u[2] + abs(weights[p]) + abs(weights[b])
        size_v = v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + abs(weights[q]) + abs(weights[b])
        size_s = s[0] * s[0] + s[1] * s[1] + s[2] * s[2] + abs(weights[a]) + abs(weights[b])
        if r >= 0:
            w = (points[r, 0] - x, points[r, 1] - y, points[r, 2] - z)
            lift_w = w[0] * w[0] + w[1] * w[1] + w[2] * w[2] - (weights[r] - weights[b])
            size_w = w[0] * w[0] + w[1] * w[1] + w[2] * w[2] + abs(weights[r]) + abs(weights[b])
            # orientations of the facet seen from b, and of the first cell, whose determinant is that of the differences to a
            side_b, error_b = _minor(u, v, w)
            ua = (u[0] - s[0], u[1] - s[1], u[2] - s[2])
            va = (v[0] - s[0], v[1] - s[1], v[2] - s[2])
            wa = (w[0] - s[0], w[1] - s[1], w[2] - s[2])
            side_a, error_a = _minor(ua, va, wa)
            vws, e1 = _minor(v, w, s)
            uws, e2 = _minor(u, w, s)
            uvs, e3 = _minor(u, v, s)
            sphere = lift_u * vws - lift_v * uws + lift_w * uvs - lift_s * side_b  # the sign of side_a where b is outside
            error = size_u * e1 + size_v * e2 + size_w * e3 + size_s * error_b
        else:
            side_b = u[0] * v[1] - u[1] * v[0]
            error_b = abs(u[0] * v[1]) + abs(u[1] * v[0])
            ua = (u[0] - s[0], u[1] - s[1], 0.0)
            va = (v[0] - s[0], v[1] - s[1], 0.0)
            side_a = ua[0] * va[1] - ua[1] * va[0]
            error_a = abs(ua[0] * va[1]) + abs(ua[1] * va[0])
            vs, us = v[0] * s[1] - v[1] * s[0], u[0] * s[1] - u[1] * s[0]
            sphere = -(lift_u * vs - lift_v * us + lift_s * side_b)
            error = size_u * (abs(v[0] * s[1]) + abs(v[1] * s[0])) + size_v * (abs(u[0] * s[1]) + abs(u[1] * s[0])) + size_s * error_b
        total += abs(side_a) + abs(side_b)
        certain = abs(side_a) > ORIENT_ERROR * error_a and abs(side_b) > ORIENT_ERROR * error_b and abs(sphere) > SPHERE_ERROR * error
        if not certain or (side_a > 0) == (side_b > 0) or (sphere > 0) != (side_a > 0):
            code[f] = DOUBT
    return code, asked, total


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


def side(points: Any, facet: Any, x: Any) -> int:
    """Exact sign of the side of a facet (d images in d dimensions) on which the position x lies."""
    d = len(facet)
    *rows, at = whole_numbers(np.vstack([points[facet, :d], x[:d]]), np.zeros(d + 1))[0]
    sign = det(_steps(rows, at))
    return (sign > 0) - (sign < 0)


def _steps(rows: list[list[int]], origin: list[int]) -> list[list[int]]:
    return [[x - y for x, y in zip(row, origin, strict=True)] for row in rows]
