"""Numba kernels: when the cells of a (weighted) Delaunay triangulation enter the alpha complex, and the rows of its diagrams.

All values are squared lengths t in Å²: at t the ball of atom i has radius sqrt(R_i² + t). The value of a cell is the power of its
orthocentre (the circumradius squared where all R_i are equal) if no other atom's ball reaches there first, otherwise the least
value of its cofaces (Edelsbrunner and Mücke, ACM Trans. Graph. 13, 43 (1994); Edelsbrunner, "The union of balls and its dual
shape", Discrete Comput. Geom. 13, 415 (1995)).
"""

import numpy as np
from numba import njit

from ._cells import INNER, KERNEL, PART

FLAT = 1e-4  # of the squares of the edges: where the square of the area or volume is less, products are computed in twice the precision


@njit(inline="always")
def _exact_product(a, b):
    """``a * b`` as a rounded product and its error (Dekker 1971)."""
    p = a * b
    t = 134217729.0 * a
    a_high = t - (t - a)
    a_low = a - a_high
    t = 134217729.0 * b
    b_high = t - (t - b)
    b_low = b - b_high
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


@njit(inline="always")
def _exact_sum(a, b):
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


@njit(**INNER)
def _det2(a, b, c, d):
    """``a d - b c`` in about twice the working precision."""
    p, p_error = _exact_product(a, d)
    q, q_error = _exact_product(b, c)
    s, s_error = _exact_sum(p, -q)
    return s + (s_error + (p_error - q_error))


@njit(**INNER)
def _cross(u, v):
    return _det2(u[1], u[2], v[1], v[2]), _det2(u[2], u[0], v[2], v[0]), _det2(u[0], u[1], v[0], v[1])


@njit(**INNER)
def _rounded_cross(u, v):
    return u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]


@njit(**INNER)
def _residual(u, h, x, y, z):
    """``u·u/2 + h - u·(x, y, z)`` in about twice the working precision."""
    s, error = h, 0.0
    for a, b in ((0.5 * u[0], u[0]), (0.5 * u[1], u[1]), (0.5 * u[2], u[2]), (-u[0], x), (-u[1], y), (-u[2], z)):
        p, p_error = _exact_product(a, b)
        s, s_error = _exact_sum(s, p)
        error += p_error + s_error
    return s + error


@njit(**INNER)
def _from_to(points, a, b):
    return points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]


@njit(inline="always")
def _dot(u, v):
    return u[0] * v[0] + u[1] * v[1] + u[2] * v[2]


@njit(**INNER)
def _edge_centre(u, weight, other):
    """Where the orthocentre of an edge u = b - a lies, as the fraction of the way from a to b, and its power."""
    length2 = _dot(u, u)
    s = 0.5 + 0.5 * (weight - other) / length2
    return s, s * s * length2 - weight


@njit(**INNER)
def _triangle_centre(u, v, weight, hu, hv):
    """Orthocentre of a triangle with edges u and v from its first vertex, relative to that, in its plane, and its power.

    ``hu`` and ``hv`` are half of what the first ``weight`` exceeds that of the other vertex by.
    """
    uu, vv = _dot(u, u), _dot(v, v)
    n = _rounded_cross(u, v)
    nn = _dot(n, n)
    if nn <= FLAT * uu * vv:
        n = _cross(u, v)
        nn = _dot(n, n)
        if nn == 0.0:
            return 0.0, 0.0, 0.0, np.inf
    p, q = (0.5 * uu + hu) / nn, (0.5 * vv + hv) / nn
    x = p * (v[1] * n[2] - v[2] * n[1]) + q * (n[1] * u[2] - n[2] * u[1])
    y = p * (v[2] * n[0] - v[0] * n[2]) + q * (n[2] * u[0] - n[0] * u[2])
    z = p * (v[0] * n[1] - v[1] * n[0]) + q * (n[0] * u[1] - n[1] * u[0])
    return x, y, z, x * x + y * y + z * z - weight


@njit(**INNER)
def _tetrahedron_centre(u, v, w, weight, hu, hv, hw):
    """The same of a tetrahedron; flat ones get steps of iterative refinement."""
    uu, vv, ww = _dot(u, u), _dot(v, v), _dot(w, w)
    vw, wu, uv = _rounded_cross(v, w), _rounded_cross(w, u), _rounded_cross(u, v)
    det = _dot(u, vw)
    flat = det * det <= FLAT * uu * vv * ww
    if flat:
        vw, wu, uv = _cross(v, w), _cross(w, u), _cross(u, v)
        det = _dot(u, vw)
        if det == 0.0:
            return 0.0, 0.0, 0.0, np.inf
    p, q, r = 0.5 * uu + hu, 0.5 * vv + hv, 0.5 * ww + hw
    x = (p * vw[0] + q * wu[0] + r * uv[0]) / det
    y = (p * vw[1] + q * wu[1] + r * uv[1]) / det
    z = (p * vw[2] + q * wu[2] + r * uv[2]) / det
    if flat:
        for _ in range(3):
            p, q, r = _residual(u, hu, x, y, z), _residual(v, hv, x, y, z), _residual(w, hw, x, y, z)
            x += (p * vw[0] + q * wu[0] + r * uv[0]) / det
            y += (p * vw[1] + q * wu[1] + r * uv[1]) / det
            z += (p * vw[2] + q * wu[2] + r * uv[2]) / det
    return x, y, z, x * x + y * y + z * z - weight


@njit(**INNER)
def _centre(points, weights, cells, i):
    """Orthocentre of a cell, relative to its first vertex, and its power."""
    a, b = cells[i, 0], cells[i, 1]
    u, weight, hu = _from_to(points, a, b), weights[a], 0.5 * (weights[a] - weights[b])
    if cells.shape[1] == 2:
        s, power = _edge_centre(u, weight, weights[b])
        return s * u[0], s * u[1], s * u[2], power
    c = cells[i, 2]
    v, hv = _from_to(points, a, c), 0.5 * (weight - weights[c])
    if cells.shape[1] == 3:
        return _triangle_centre(u, v, weight, hu, hv)
    d = cells[i, 3]
    return _tetrahedron_centre(u, v, _from_to(points, a, d), weight, hu, hv, 0.5 * (weight - weights[d]))


@njit(**KERNEL)
def centres(points, weights, cells):
    """Orthocentres and their powers, (m, 4) with columns x, y, z, power, of edges, triangles or tetrahedra (m, 2..4)."""
    out = np.empty((cells.shape[0], 4))
    for i in range(cells.shape[0]):
        a = cells[i, 0]
        x, y, z, power = _centre(points, weights, cells, i)
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = points[a, 0] + x, points[a, 1] + y, points[a, 2] + z, power
    return out


@njit(**KERNEL)
def enter(points, weights, centre, facets, cells, cell_facets, coface_values):
    """Values (f,) of ``facets`` (f, k) given those of their cofaces ``cells`` (m, k + 1): never above a coface's value.

    ``centre`` (f, 4) are the facets' own orthocentres and powers. A facet enters on its own unless the opposite vertex of one
    of its cofaces is nearer to its orthocentre (in power) than its own vertices are.
    """
    value, attached = np.empty(facets.shape[0]), np.empty(facets.shape[0], np.bool_)
    for f in range(facets.shape[0]):
        value[f], attached[f] = np.inf, False
    for i in range(cells.shape[0]):
        for j in range(cells.shape[1]):
            f, a, other = cell_facets[i, j], cells[i, 1 if j == 0 else 0], cells[i, j]
            # the facet's stored copy may be a lattice translate of this one: measure from a vertex of this copy
            own = facets[f, 0]
            u = _from_to(points, a, other)
            x = centre[f, 0] - points[own, 0], centre[f, 1] - points[own, 1], centre[f, 2] - points[own, 2]
            # power of `other` less that of `own`; their own squares would drown it where three atoms nearly lie on a line
            attached[f] |= _dot(u, u) - 2.0 * _dot(x, u) - weights[other] + weights[own] < 0.0  # no branch, as none could be foreseen
            value[f] = min(value[f], coface_values[i])
    for f in range(facets.shape[0]):
        if not attached[f]:
            value[f] = min(value[f], centre[f, 3])
    return value


@njit(**KERNEL)
def births(points, weights, atom, n_atoms, edges, edge_values):
    """When each atom's ball first sticks out of the others, (n_atoms,); nan for an atom that never does.

    Without weights this is 0. A ball that starts inside another one appears, already joined to it, with its first edge.
    """
    value, first, covered = np.empty(n_atoms), np.empty(n_atoms), np.empty(n_atoms, np.bool_)
    for v in range(n_atoms):
        value[v], first[v], covered[v] = np.nan, np.inf, False
    for e in range(edges.shape[0]):
        i, j = edges[e, 0], edges[e, 1]
        a, b = atom[i], atom[j]
        s, _ = _edge_centre(_from_to(points, i, j), weights[i], weights[j])
        if s < 0.0:
            covered[a] = True
        if s > 1.0:
            covered[b] = True
        first[a], first[b] = min(first[a], edge_values[e]), min(first[b], edge_values[e])
        value[a], value[b] = -weights[i], -weights[j]
    for v in range(n_atoms):
        if first[v] < np.inf and (covered[v] or first[v] < value[v]):
            value[v] = first[v]
    return value


@njit(**PART)
def _true_values(points, weights, vertices, cells, values, rows, heaviest, tolerance):
    """Values (q,) of some cells at the true ``points``, where they are as near to the moved ones as they must be; inf for row -1."""
    out = np.empty(rows.shape[0])
    for q in range(rows.shape[0]):
        i = rows[q]
        if i < 0:
            out[q] = np.inf
        elif cells.shape[1] == 1:
            out[q] = vertices[i]
        else:
            moved, true = values[i], _centre(points, weights, cells, i)[3]
            out[q] = true if abs(true - moved) <= tolerance * np.sqrt(abs(moved + heaviest)) else moved
    return out


@njit(**KERNEL)
def lasting(points, weights, vertices, heaviest, tolerance, born, died, birth_cells, birth_values, death_cells, death_values):
    """Cells and values of birth and of death, at the true positions, of the pairs whose radii differ by more than the ``tolerance``.

    ``born`` and ``died`` (p,) are cells, -1 for no death. Their ``values`` are those at the moved positions; the true ones of the
    ``vertices`` (n,) are known. ``heaviest`` is the largest of the ``weights``.
    """
    births, deaths, q, k = np.empty(born.shape[0], np.int64), np.empty(born.shape[0], np.int64), 0, 0
    for p in range(born.shape[0]):
        i, j = born[p], died[p]
        births[q], deaths[q] = i, j
        # most pairs are of equal value, up to rounding: those are left before anything is computed again; so are atoms that lie on the
        # balls of others, which at their true positions may be born before these reach them or not
        q += (j < 0) | (death_values[j] > birth_values[i])
    birth = _true_values(points, weights, vertices, birth_cells, birth_values, births[:q], heaviest, tolerance)
    death = _true_values(points, weights, vertices, death_cells, death_values, deaths[:q], heaviest, tolerance)
    for p in range(q):
        j, b, d = deaths[p], birth[p], death[p]
        births[k], deaths[k], birth[k], death[k] = births[p], j, b, d
        k += (j < 0) | (np.sqrt(max(d + heaviest, 0.0)) - np.sqrt(max(b + heaviest, 0.0)) > tolerance)
    return births[:k], deaths[:k], birth[:k], death[:k]


@njit(**INNER)
def _in_unit(value, scale, squared):
    value += 0.0  # no negative zeros
    return value * (scale * scale) if squared else np.sign(value) * np.sqrt(abs(value)) * scale


@njit(**INNER)
def _relative(cells, i, offset, still, out, q):
    """Write down how the vertices of a cell are moved against the first one; nothing if all are among the ``still`` first images."""
    first, last = cells[i, 0], cells[i, 0]
    for c in range(1, cells.shape[1]):
        last = max(last, cells[i, c])
    if last >= still:
        for c in range(1, cells.shape[1]):
            v = cells[i, c]
            for axis in range(3):
                out[q, c, axis] = offset[v, axis] - offset[first, axis]


@njit(**KERNEL)
def rows(order, born, died, births, deaths, birth_cells, death_cells, atoms, offset, scale, squared):
    """What ``lasting`` returns, in an ``order`` (n,) and in the unit of the input, and the atoms (n, k + 1) and (n, k + 2) of the cells.

    ``atoms`` (N,) are those of the images that the vertices are. Where there is no death they are -1. At last, how the vertices are moved
    against the first of each cell, (n, k + 1, 3) and (n, k + 2, 3), from the ``offset`` (N, 3) of each image; without rows of that, none.
    """
    n, k = order.shape[0], birth_cells.shape[1] - 1
    birth_cell, death_cell, birth, death = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n), np.empty(n)
    birth_atoms, death_atoms = np.empty((n, k + 1), np.int64), np.empty((n, k + 2), np.int64)
    still, periodic = 0, offset.shape[0] > 0  # images that are not moved come first, all atoms if they lie in the cell: most need no more
    while still < offset.shape[0] and offset[still, 0] == 0 and offset[still, 1] == 0 and offset[still, 2] == 0:
        still += 1
    birth_offset = np.zeros((n if periodic else 0, k + 1, 3), offset.dtype)
    death_offset = np.zeros((n if periodic else 0, k + 2, 3), offset.dtype)
    for q in range(n):
        p = order[q]
        i, j = born[p], died[p]
        birth_cell[q], death_cell[q] = i, j
        birth[q], death[q] = _in_unit(births[p], scale, squared), _in_unit(deaths[p], scale, squared)
        for c in range(k + 1):
            birth_atoms[q, c] = atoms[birth_cells[i, c]]
        for c in range(k + 2):
            death_atoms[q, c] = atoms[death_cells[j, c]] if j >= 0 else -1
        if periodic:
            _relative(birth_cells, i, offset, still, birth_offset, q)
            if j >= 0:
                _relative(death_cells, j, offset, still, death_offset, q)
    return birth_cell, death_cell, birth, death, birth_atoms, death_atoms, birth_offset, death_offset
