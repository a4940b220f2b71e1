"""Numba kernels: a (weighted) Delaunay triangulation in space, point after point.

A new point lies inside the (ortho)spheres of some cells, which are connected; they go, and the point is joined to every facet around
them (Bowyer, Comput. J. 24, 162 (1981); Watson, ibid. 167; for weights Edelsbrunner and Shah, Algorithmica 15, 223 (1996)). Behind every
facet of the convex hull lies a cell with a vertex at infinity, whose sphere is the half-space beyond, so that points outside are no
special case. The cell in which a point lies is found by walking towards it from where the last point was put. The spheres of new cells
are written down, as most of them are asked about more than once. New cells are neighbours where they share an edge of the surface around
those that went, whose vertices are numbered for that, so that their pairs fit into a small table.

In a periodic space no cell is infinite, and each stands for all its translates. Its vertices are points or *images*, which are points
moved by lattice vectors; where two cells meet, the images that stand for one vertex tell how far one of them is moved against the other
(M. Caroli and M. Teillaud, "Delaunay triangulations of closed Euclidean d-orbifolds", Discrete Comput. Geom. 55, 827 (2016), where such
a triangulation exists). Images are numbered from a power of two on, so that a glance at a cell tells whether it has one.

Signs of determinants are filtered: in floating point, with error bounds for products of the largest differences, or of sums of them (as
Devillers and Pion, "Efficient exact geometric predicates for Delaunay triangulations", ALENEX 2003). What that leaves open is asked of
the caller, who knows whole numbers, and the point is begun with anew.
"""

import numpy as np
from numba import njit

from ._cells import INNER, KERNEL, PART
from ._predicates import SPHERE_ERROR, largest, minors

INFINITY, DEAD = -1, -2  # instead of a vertex
DONE, FULL, WIDE, ASK, CROWDED, LOST = range(6)  # how ``insert`` ends
UNKNOWN = 2  # instead of a sign
NONE = -1  # instead of a cell or an image
# entries of ``state``: next point, cells ever used, cells free again, where to begin, last mark, number of points, of the first image
# and of the next one, and the first number for vertices around the cells that go
NEXT, USED, FREED, HINT, STAMP, END, FIRST_IMAGE, NEXT_IMAGE, AROUND = range(9)
BITS = 10
DIGIT = 1 << BITS  # images are moved by a, b and c lattice vectors, -512 to 511, which is written as the number a + 1024 b + 1024**2 c
ZERO = DIGIT // 2 * (1 + DIGIT + DIGIT * DIGIT)  # added to such a number it leaves no digit negative
MIX = 0x9E3779B97F4A7C15

ORIENT_ERROR = 1e-14  # times the product of the largest differences: about three times the sum of all roundings
KNOWN_ERROR = 3e-14  # of a sphere that is written down, for products of sums |x| + |y| + |z| and squares: more than that


@njit(**INNER)
def _look_up(known, a, b, c, d, p):
    """The exact sign, if it was asked for before; otherwise this is the question, which stands in the first row."""
    for i in range(1, known.shape[0]):
        row = known[i]
        if row[0] == a and row[1] == b and row[2] == c and row[3] == d and row[4] == p:
            return row[5]
    known[0, 0], known[0, 1], known[0, 2], known[0, 3], known[0, 4] = a, b, c, d, p
    return UNKNOWN


@njit(inline="always")
def _volume(ux, uy, uz, vx, vy, vz, wx, wy, wz):
    """The determinant of u, v and w, and its error."""
    size = max(abs(ux), abs(vx), abs(wx)) * max(abs(uy), abs(vy), abs(wy)) * max(abs(uz), abs(vz), abs(wz))
    return uz * (vx * wy - vy * wx) + vz * (wx * uy - wy * ux) + wz * (ux * vy - uy * vx), ORIENT_ERROR * size


@njit(**PART)
def _parallelogram(points, a, b, c, d):
    """Whether four points are the corners of one, as two points and images of both are that are moved alike."""
    ab = ac = ad = True
    for x in range(3):
        p, q, r, s = points[a, x], points[b, x], points[c, x], points[d, x]
        ab, ac, ad = ab and p - r == s - q, ac and p - q == s - r, ad and p - q == r - s  # which is exact
    return ab or ac or ad


@njit(**INNER)
def _orient(points, known, a, b, c, d):
    """Sign of the determinant of a - d, b - d, c - d."""
    det, error = _volume(
        points[a, 0] - points[d, 0], points[a, 1] - points[d, 1], points[a, 2] - points[d, 2],
        points[b, 0] - points[d, 0], points[b, 1] - points[d, 1], points[b, 2] - points[d, 2],
        points[c, 0] - points[d, 0], points[c, 1] - points[d, 1], points[c, 2] - points[d, 2],
    )  # fmt: skip
    if abs(det) > error:
        return 1 if det > 0 else -1
    return 0 if _parallelogram(points, a, b, c, d) else _look_up(known, a, b, c, d, np.int32(INFINITY))


@njit(**INNER)
def _in_sphere(points, known, cells, c, p):
    """1 where the point p lies inside the orthosphere of a cell of positive orientation, -1 outside, 0 on it."""
    a, b, c, d = cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3]
    px, py, pz, pw = points[p, 0], points[p, 1], points[p, 2], points[p, 3]
    t, dt = (points[a, 0] - px, points[a, 1] - py, points[a, 2] - pz), pw - points[a, 3]
    u, du = (points[b, 0] - px, points[b, 1] - py, points[b, 2] - pz), pw - points[b, 3]
    v, dv = (points[c, 0] - px, points[c, 1] - py, points[c, 2] - pz), pw - points[c, 3]
    w, dw = (points[d, 0] - px, points[d, 1] - py, points[d, 2] - pz), pw - points[d, 3]
    lift_t, lift_u = t[0] * t[0] + t[1] * t[1] + t[2] * t[2] + dt, u[0] * u[0] + u[1] * u[1] + u[2] * u[2] + du
    lift_v, lift_w = v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + dv, w[0] * w[0] + w[1] * w[1] + w[2] * w[2] + dw
    uvw, vwt, wtu, tuv = minors(t, u, v, w)
    det = (lift_w * tuv - lift_v * wtu) + (lift_u * vwt - lift_t * uvw)
    x, y, z = largest(t, u, v, w)
    if abs(det) > SPHERE_ERROR * (x * y * z) * (x * x + y * y + z * z + max(abs(dt), abs(du), abs(dv), abs(dw))):
        return 1 if det > 0 else -1
    return _look_up(known, a, b, c, d, p)


@njit(**INNER)
def _in_known_sphere(points, cells, spheres, c, place, weight):
    """The same of a point at some place, by what is written down of the sphere; UNKNOWN if that leaves it in doubt."""
    d = cells[c, 3]
    x, y, z = place[0] - points[d, 0], place[1] - points[d, 1], place[2] - points[d, 2]
    square, t = x * x + y * y + z * z, points[d, 3] - weight
    det = spheres[c, 0] * x + spheres[c, 1] * y + spheres[c, 2] * z - spheres[c, 3] * (square + t)
    error = spheres[c, 4] * (square + abs(t)) + spheres[c, 5] * (abs(x) + abs(y) + abs(z))
    return 1 if det > error else -1 if det < -error else UNKNOWN


@njit(**INNER)
def _write_sphere(around, spheres, c, u, v, w):
    """Write down the sphere of a new cell with three vertices around: minors of the determinant of ``_in_sphere``, from its last vertex."""
    ux, uy, uz, ul = around[u, 0], around[u, 1], around[u, 2], around[u, 3]
    vx, vy, vz, vl = around[v, 0], around[v, 1], around[v, 2], around[v, 3]
    wx, wy, wz, wl = around[w, 0], around[w, 1], around[w, 2], around[w, 3]
    ax, ay, az = vy * wz - vz * wy, vz * wx - vx * wz, vx * wy - vy * wx
    bx, by, bz = wy * uz - wz * uy, wz * ux - wx * uz, wx * uy - wy * ux
    cx, cy, cz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    size = max(around[u, 5], around[v, 5], around[w, 5])
    error = KNOWN_ERROR * size * size
    spheres[c, 0], spheres[c, 1] = ul * ax + vl * bx + wl * cx, ul * ay + vl * by + wl * cy
    spheres[c, 2], spheres[c, 3] = ul * az + vl * bz + wl * cz, ux * ax + uy * ay + uz * az
    spheres[c, 4], spheres[c, 5] = error * size, error * max(around[u, 4], around[v, 4], around[w, 4])


@njit(**INNER)
def _measure(points, around, v, a, p):
    """Write down where a vertex a, number v around, lies relative to the new point p; see ``insert``."""
    x, y, z = points[a, 0] - points[p, 0], points[a, 1] - points[p, 1], points[a, 2] - points[p, 2]
    square, t = x * x + y * y + z * z, points[p, 3] - points[a, 3]
    around[v, 0], around[v, 1], around[v, 2] = x, y, z
    around[v, 3], around[v, 4], around[v, 5] = square + t, square + abs(t), abs(x) + abs(y) + abs(z)


@njit(**INNER)
def _in_half_space(points, known, cells, c, p):
    """Whether an infinite cell goes when p comes: 1, -1 if it stays, or UNKNOWN."""
    j = 0 if cells[c, 0] < 0 else 1 if cells[c, 1] < 0 else 2 if cells[c, 2] < 0 else 3
    corners = p if j == 0 else cells[c, 0], p if j == 1 else cells[c, 1], p if j == 2 else cells[c, 2], p if j == 3 else cells[c, 3]
    side = _orient(points, known, *corners)
    # in the plane of a facet of the hull its circle decides, in which the sphere of the cell behind cuts it
    return side if side != 0 else _in_sphere(points, known, cells, cells[c, 4 + j], p)


@njit(**INNER)
def _slot(keys, u, v):
    """Where to look for the cell with the edge from u to v."""
    key = (u << 32) | v
    slot = np.int64((np.uint64(key) * np.uint64(MIX)) >> np.uint64(32)) & (keys.shape[0] - 1)
    while keys[slot] != key and keys[slot] != NONE:
        slot = (slot + 1) & (keys.shape[0] - 1)
    keys[slot] = key
    return slot


@njit(inline="always")
def image_slot(point, move):
    """Where to begin to look for an image in its table, modulo the length of that."""
    return np.int64((np.uint64((np.int64(point) << 30) + move + ZERO) * np.uint64(MIX)) >> np.uint64(32))


@njit(**INNER)
def _place(points, basis, p, move):
    """Where a point lies when it is moved."""
    digits = move + ZERO
    a, b, c = (digits & DIGIT - 1) - DIGIT // 2, (digits >> BITS & DIGIT - 1) - DIGIT // 2, (digits >> 2 * BITS) - DIGIT // 2
    return (
        points[p, 0] + a * basis[0, 0] + b * basis[1, 0] + c * basis[2, 0],
        points[p, 1] + a * basis[0, 1] + b * basis[1, 1] + c * basis[2, 1],
        points[p, 2] + a * basis[0, 2] + b * basis[1, 2] + c * basis[2, 2],
    )


@njit(**INNER)
def _image(points, images, table, basis, state, p, move):
    """The number of a point or image p moved further by ``move``; a new one where there is none yet, and NONE where there is no room."""
    point, move = images[p, 0], images[p, 1] + move
    if move == 0:
        return point
    slot = image_slot(point, move) & (table.shape[0] - 1)
    while table[slot] != NONE:
        q = table[slot]
        if images[q, 0] == point and images[q, 1] == move:
            return q
        slot = (slot + 1) & (table.shape[0] - 1)
    q = np.int32(state[NEXT_IMAGE])
    if q == images.shape[0]:
        return np.int32(NONE)
    state[NEXT_IMAGE] += 1
    table[slot] = q
    images[q, 0], images[q, 1] = point, move
    x, y, z = _place(points, basis, point, move)
    points[q, 0], points[q, 1], points[q, 2], points[q, 3] = x, y, z, points[point, 3]
    return q


@njit(**INNER)
def _apart(images, cells, v, b):
    """By how much a cell b is to be moved for its vertex that is the same point to be the image v."""
    move = np.int64(0)
    for i in range(4):
        u = cells[b, i]
        move += (images[v, 1] - images[u, 1]) * (images[u, 0] == images[v, 0])
    return move


@njit(**INNER)
def _move_facets(points, images, table, basis, state, memory, rim, facets):
    """Move the vertices of the facets as the cells that go are; whether there was room for all images.

    ``memory`` (64, 3) holds the last answers, each a vertex, how it was moved, and the image.
    """
    for f in range(facets):
        if rim[f, 5] == 0:
            continue
        for j in range(3):
            v, step = rim[f, j], np.int64(rim[f, 5])
            slot = v & 63
            if memory[slot, 0] != v or memory[slot, 1] != step:
                memory[slot, 0], memory[slot, 1] = v, step
                memory[slot, 2] = _image(points, images, table, basis, state, v, step)
            rim[f, j] = memory[slot, 2]
            if rim[f, j] == NONE:
                return False
    return True


@njit(**INNER)
def _locate(points, known, images, table, basis, state, cells, p):
    """The cell in which p lies, or the infinite one where it lies outside of all, and how that is to be moved; NONE with the reason.

    In space no cell is met twice (H. Edelsbrunner, "An acyclicity theorem for cell complexes in d dimensions", Combinatorica 10, 251
    (1990)); in a periodic one translates of a cell may be, and their number is only a limit.
    """
    came, c, place, move = NONE, np.int32(state[HINT]), (points[p, 0], points[p, 1], points[p, 2]), 0
    for _ in range(state[USED]):
        joined = cells[c, 0] | cells[c, 1] | cells[c, 2] | cells[c, 3]
        if joined < 0:
            return c, move
        (x, y, z), inside = place, True
        for j in range(4):
            b = cells[c, 4 + j]
            if b == came:
                continue
            # beyond the facet or with the vertex opposite? these are in the order that a positive cell of them and p would have
            u, v, w = cells[c, (j + 1) & 3], cells[c, (j + 3 - (j & 1)) & 3], cells[c, (j + 2 + (j & 1)) & 3]
            det, error = _volume(
                points[u, 0] - x, points[u, 1] - y, points[u, 2] - z,
                points[v, 0] - x, points[v, 1] - y, points[v, 2] - z,
                points[w, 0] - x, points[w, 1] - y, points[w, 2] - z,
            )  # fmt: skip
            if det > error:
                continue
            if det >= -error:
                q = p if move == 0 else _image(points, images, table, basis, state, p, -move)
                if q == NONE:
                    return q, CROWDED
                side = _orient(points, known, u, v, w, q)
                if side == UNKNOWN:
                    return np.int32(NONE), ASK
                if side >= 0:
                    continue
            some = max(joined, cells[b, 0] | cells[b, 1] | cells[b, 2] | cells[b, 3]) >= state[FIRST_IMAGE]
            # where u, which is in the facet, is no vertex of b, another image of the same point is, and b is to be moved
            if some and (cells[b, 0] != u) & (cells[b, 1] != u) & (cells[b, 2] != u) & (cells[b, 3] != u):
                move += _apart(images, cells, u, b)
                place = _place(points, basis, p, -move)
            came, c, inside = c, b, False
            break
        if inside:
            return c, move
    return np.int32(NONE), LOST


@njit(**INNER)
def _conflicts(points, known, images, table, basis, cells, mark, spheres, rim, state, went, moved, c, move, p):
    """The number of cells that go when p comes, of the facets around them, and all their moves together; NONE with the reason.

    c, to be moved by ``move``, is one of them if there is any. Sets ``went`` and ``moved``, which these are and how, and the ``rim``.
    """
    room, first_image = rim.shape[0], state[FIRST_IMAGE]
    state[STAMP] += 1
    goes, stays = np.int32(2 * state[STAMP]), np.int32(2 * state[STAMP] + 1)
    found, facets, at = 0, 0, -1  # ``at`` counts the facets of the cells that go, beginning before the first
    whole, far = True, 0  # whether c is neither moved nor has images as vertices; and all moves of cells that go
    place, back = (points[p, 0], points[p, 1], points[p, 2]), 0  # of the image of p for cells that are moved by ``back``
    while at < 4 * found:
        if found == room or facets == room:
            return NONE, WIDE, 0
        j = at & 3
        if j == 0:
            c, move = went[at >> 2], np.int64(moved[at >> 2])
            whole = move == 0 and cells[c, 0] | cells[c, 1] | cells[c, 2] | cells[c, 3] < first_image
        b = cells[c, 4 + j] if at >= 0 else c
        if mark[b] != goes:
            if mark[b] != stays:
                step, joined = move, cells[b, 0] | cells[b, 1] | cells[b, 2] | cells[b, 3]
                if at >= 0 and not (whole and joined < first_image):
                    v = cells[c, (j + 1) & 3]
                    if (cells[b, 0] != v) & (cells[b, 1] != v) & (cells[b, 2] != v) & (cells[b, 3] != v):
                        step += _apart(images, cells, v, b)
                if step != back:
                    place, back = _place(points, basis, p, -step), step
                sign = UNKNOWN if joined < 0 else _in_known_sphere(points, cells, spheres, b, place, points[p, 3])
                if sign == UNKNOWN:
                    q = p if step == 0 else _image(points, images, table, basis, state, p, -step)
                    if q == NONE:
                        return NONE, CROWDED, 0
                    sign = _in_half_space(points, known, cells, b, q) if joined < 0 else _in_sphere(points, known, cells, b, q)
                    if sign == UNKNOWN:
                        return NONE, ASK, 0
                if sign > 0:
                    went[found], moved[found], mark[b] = b, step, goes
                    far |= step
                    found += 1
                else:
                    mark[b] = stays
            if mark[b] == stays and at >= 0:
                rim[facets, 0], rim[facets, 1] = cells[c, (j + 1) & 3], cells[c, (j + 3 - (j & 1)) & 3]
                rim[facets, 2], rim[facets, 3], rim[facets, 5] = cells[c, (j + 2 + (j & 1)) & 3], b, move
                rim[facets, 4] = 4 if cells[b, 4] == c else 5 if cells[b, 5] == c else 6 if cells[b, 6] == c else 7
                facets += 1
        at += 1
    return found, facets, far


@njit(**INNER)
def _join(points, cells, mark, free, spheres, local, rim, around, keys, places, state, went, found, facets, p):
    """Make a new cell of p and each facet of the rim, in place of the cells that ``went``; a finite one of them, or NONE if there is none.

    There is none either if the rim has more vertices than a triangulated sphere.
    """
    first, side, hint = state[AROUND], np.int64(facets // 2 + 2), -1  # a triangulated sphere has so many vertices
    direct = side * side <= places.shape[0]
    if not direct:
        for slot in range(keys.shape[0]):
            keys[slot] = NONE
    for f in range(facets):
        if f < found:
            c = went[f]
        elif state[FREED] > 0:
            state[FREED] -= 1
            c = free[state[FREED]]
        else:
            c = np.int32(state[USED])
            state[USED] += 1
        mark[c] = 0
        cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3], cells[c, 7] = rim[f, 0], rim[f, 1], rim[f, 2], p, rim[f, 3]
        cells[rim[f, 3], rim[f, 4]] = c
        finite = rim[f, 0] | rim[f, 1] | rim[f, 2] >= 0
        for j in range(3):
            a = rim[f, j]
            if local[a + 1] < first:
                v = state[AROUND] - first
                if v == side:
                    return NONE
                local[a + 1] = state[AROUND]
                state[AROUND] += 1
                if a >= 0:
                    _measure(points, around, v, a, p)
            rim[f, j] = local[a + 1] - first
        u, v, w = np.int64(rim[f, 0]), np.int64(rim[f, 1]), np.int64(rim[f, 2])
        # each edge is passed in one direction here, and by the neighbour there in the other
        places[u * side + v if direct else _slot(keys, u, v)] = c
        places[v * side + w if direct else _slot(keys, v, w)] = c
        places[w * side + u if direct else _slot(keys, w, u)] = c
        rim[f, 3] = c
        if finite:
            _write_sphere(around, spheres, c, u, v, w)
            hint = c
    # which of them are neighbours
    for f in range(facets):
        u, v, w, c = np.int64(rim[f, 0]), np.int64(rim[f, 1]), np.int64(rim[f, 2]), rim[f, 3]
        cells[c, 4] = places[w * side + v if direct else _slot(keys, w, v)]
        cells[c, 5] = places[u * side + w if direct else _slot(keys, u, w)]
        cells[c, 6] = places[v * side + u if direct else _slot(keys, v, u)]
    return hint


@njit(**KERNEL)
def finite_cells(cells):
    """Vertices (f, 4) of the cells (m, 8) that are in use and not infinite, and which of these are beyond their facets (f, 4), or -1."""
    f, number = 0, np.empty(cells.shape[0], np.int32)
    for c in range(cells.shape[0]):
        number[c] = NONE
        if cells[c, 0] | cells[c, 1] | cells[c, 2] | cells[c, 3] >= 0:
            number[c] = f
            f += 1
    vertices, beyond = np.empty((f, 4), np.int32), np.empty((f, 4), np.int32)
    for c in range(cells.shape[0]):
        if number[c] != NONE:
            for j in range(4):
                vertices[number[c], j], beyond[number[c], j] = cells[c, j], number[cells[c, 4 + j]]
    return vertices, beyond


@njit(**KERNEL)
def insert(points, known, images, table, basis, cells, mark, free, spheres, local, rim, around, keys, places, state):
    """Add points from ``state[NEXT]`` on until all are DONE, the cells are FULL, the rim is too WIDE, or a sign must be asked for (ASK).

    CROWDED says that there is no room for more images. LOST is a point that is not found in any cell, that no finite cell contains after it
    was put in, or around which the surface is no sphere, which exact signs exclude in space. In a periodic space, twice the diameter of
    the largest ball must be less than the length of the shortest lattice vector; without periods, there are no images, and their arrays
    are not looked at.

    Parameters
    ----------
    points : (N, 4) float array
        Coordinates, whole numbers less than 2**51 apart, and weights, in the order in which they are put in; then those of images.
    known : (k, 6) int32 array
        Four points, a fifth or -1, and the exact sign of ``_in_sphere`` or ``_orient`` of them. The first row is the question asked.
    images : (N, 2) int32 array
        Which point each point or image is, and how it is moved.
    table : (t,) int32 array
        To look images up (see ``image_slot``); t is a power of two, and greater than their number.
    basis : (3, 3) float array
        Lattice vectors.
    cells : (m, 8) int32 array
        Vertices of each cell, in positive orientation, and the cell beyond the facet opposite each; DEAD in the first column of free cells.
    mark, free : (m,) int32 arrays
        Which search met a cell (twice its number, and 1 more where the cell stays), and cells that are free.
    spheres : (m, 6) float array
        Their orthospheres, 0 where they were not written down: a point at x from the last vertex lies inside where the first three numbers
        times x exceed the fourth times the square of x less its weight. The error is less than the fifth times the largest that this
        can be and the sixth times |x| + |y| + |z|.
    local : (N + 1,) int64 array
        Numbers of the vertices around the cells that went, at first less than state[AROUND]; the first one is for that at infinity.
    rim : (r, 6) int32 array
        Room for the facets around the cells that go: three vertices, seen counter-clockwise from outside, the cell beyond, its column,
        and how the cell that goes is moved.
    around : (r, 6) float array
        Room for the vertices of these facets relative to the new point: three coordinates, the lift (the square less the weight), the most
        that it can be, and the sum of the absolute values of the coordinates.
    keys : (t,) int64 array
        Room to find which new cells share a facet; t is a power of two, at least 8 r.
    places : (t,) int32 array
        The same; where the square of the number of vertices is no more than t, without the keys.
    state : (9,) int64 array
    """
    went, moved, memory = np.empty(rim.shape[0], np.int32), np.empty(rim.shape[0], np.int32), np.empty((64, 3), np.int64)
    for slot in range(64):
        memory[slot, 0] = NONE
    while state[NEXT] < state[END]:
        p = np.int32(state[NEXT])
        c, move = _locate(points, known, images, table, basis, state, cells, p)
        if c == NONE:
            return move
        found, facets, far = _conflicts(points, known, images, table, basis, cells, mark, spheres, rim, state, went, moved, c, move, p)
        if found < 0:
            return facets
        if far != 0 and not _move_facets(points, images, table, basis, state, memory, rim, facets):
            return CROWDED
        if found == 0:  # hidden by the others, as only weights can do
            state[NEXT] += 1
            continue
        if state[USED] + facets > cells.shape[0]:
            return FULL
        hint = _join(points, cells, mark, free, spheres, local, rim, around, keys, places, state, went, found, facets, p)
        if hint < 0:
            return LOST
        for f in range(facets, found):
            c = went[f]
            cells[c, 0] = DEAD
            free[state[FREED]] = c
            state[FREED] += 1
        state[HINT] = hint
        state[NEXT] += 1
    return DONE
