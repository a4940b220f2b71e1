"""Numba kernels: a (weighted) Delaunay triangulation in space, point after point.

A new point lies inside the (ortho)spheres of some cells, which are connected; they go, and the point is joined to every facet around
them (Bowyer, Comput. J. 24, 162 (1981); Watson, ibid. 167; for weights Edelsbrunner and Shah, Algorithmica 15, 223 (1996)). Behind every
facet of the convex hull lies a cell with a vertex at infinity, whose sphere is the half-space beyond, so that points outside are no
special case. The cell in which a point lies is found by walking towards it from where the last point was put.

In a periodic space no cell is infinite, and each stands for all its translates. Its vertices are points or *images*, which are points
moved by lattice vectors; where two cells meet, the images that stand for one vertex tell how far one of them is moved against the other
(M. Caroli and M. Teillaud, "Delaunay triangulations of closed Euclidean d-orbifolds", Discrete Comput. Geom. 55, 827 (2016), where such
a triangulation exists). Images are numbered from a power of two on, so that a glance at a cell tells whether it has one.

Signs of determinants are filtered: in floating point, with error bounds for products of the largest differences (as Devillers and Pion,
"Efficient exact geometric predicates for Delaunay triangulations", ALENEX 2003). What that leaves open is asked of the caller, who knows
whole numbers, and the point is begun with anew.
"""

import numpy as np
from numba import njit

from ._cells import KERNEL, PART

INFINITY, DEAD = -1, -2  # instead of a vertex
DONE, FULL, WIDE, ASK, CROWDED, LOST = range(6)  # how ``insert`` ends
UNKNOWN = 2  # instead of a sign
NONE = -1  # instead of a cell or an image
# entries of ``state``: next point, cells ever used, cells free again, where to begin, last mark, number of points, of the first image
# and of the next one
NEXT, USED, FREED, HINT, STAMP, END, FIRST_IMAGE, NEXT_IMAGE = range(8)
DIGIT = 1024  # images are moved by a, b and c lattice vectors, -512 to 511, which is written as the number a + 1024 b + 1024**2 c
ZERO = DIGIT // 2 * (1 + DIGIT + DIGIT * DIGIT)  # added to such a number it leaves no digit negative
MIX = 0x9E3779B97F4A7C15

ORIENT_ERROR, SPHERE_ERROR = 1e-14, 1e-13  # times the product of the largest differences (about three times the sum of all roundings)


@njit(**PART)
def _look_up(known, a, b, c, d, p):
    """The exact sign, if it was asked for before; otherwise this is the question, which stands in the first row."""
    for i in range(1, known.shape[0]):
        row = known[i]
        if row[0] == a and row[1] == b and row[2] == c and row[3] == d and row[4] == p:
            return row[5]
    known[0, 0], known[0, 1], known[0, 2], known[0, 3], known[0, 4] = a, b, c, d, p
    return UNKNOWN


@njit(**PART)
def _orient(points, known, a, b, c, d):
    """Sign of the determinant of a - d, b - d, c - d."""
    ux, uy, uz = points[a, 0] - points[d, 0], points[a, 1] - points[d, 1], points[a, 2] - points[d, 2]
    vx, vy, vz = points[b, 0] - points[d, 0], points[b, 1] - points[d, 1], points[b, 2] - points[d, 2]
    wx, wy, wz = points[c, 0] - points[d, 0], points[c, 1] - points[d, 1], points[c, 2] - points[d, 2]
    det = uz * (vx * wy - vy * wx) + vz * (wx * uy - wy * ux) + wz * (ux * vy - uy * vx)
    size = max(abs(ux), abs(vx), abs(wx)) * max(abs(uy), abs(vy), abs(wy)) * max(abs(uz), abs(vz), abs(wz))
    if abs(det) > ORIENT_ERROR * size:
        return 1 if det > 0 else -1
    return _look_up(known, a, b, c, d, np.int32(INFINITY))


@njit(inline="always")
def _in_sphere(points, known, a, b, c, d, p):
    """1 where the point p lies inside the orthosphere of a cell of positive orientation, -1 outside, 0 on it."""
    px, py, pz, pw = points[p, 0], points[p, 1], points[p, 2], points[p, 3]
    tx, ty, tz = points[a, 0] - px, points[a, 1] - py, points[a, 2] - pz
    ux, uy, uz = points[b, 0] - px, points[b, 1] - py, points[b, 2] - pz
    vx, vy, vz = points[c, 0] - px, points[c, 1] - py, points[c, 2] - pz
    wx, wy, wz = points[d, 0] - px, points[d, 1] - py, points[d, 2] - pz
    ta, ub, vc, wd = pw - points[a, 3], pw - points[b, 3], pw - points[c, 3], pw - points[d, 3]
    tl, ul = tx * tx + ty * ty + tz * tz + ta, ux * ux + uy * uy + uz * uz + ub
    vl, wl = vx * vx + vy * vy + vz * vz + vc, wx * wx + wy * wy + wz * wz + wd
    tu, uv, vw, wt = tx * uy - ux * ty, ux * vy - vx * uy, vx * wy - wx * vy, wx * ty - tx * wy
    tv, uw = tx * vy - vx * ty, ux * wy - wx * uy
    tuv, uvw = tz * uv - uz * tv + vz * tu, uz * vw - vz * uw + wz * uv
    vwt, wtu = vz * wt + wz * tv + tz * vw, wz * tu + tz * uw + uz * wt
    det = (wl * tuv - vl * wtu) + (ul * vwt - tl * uvw)
    x, y = max(abs(tx), abs(ux), abs(vx), abs(wx)), max(abs(ty), abs(uy), abs(vy), abs(wy))
    z = max(abs(tz), abs(uz), abs(vz), abs(wz))
    size = x * y * z * (x * x + y * y + z * z + max(abs(ta), abs(ub), abs(vc), abs(wd)))
    if abs(det) > SPHERE_ERROR * size:
        return 1 if det > 0 else -1
    return _look_up(known, a, b, c, d, p)


@njit(inline="always")
def _towards(points, known, cells, c, j, p):
    """The side of the facet opposite vertex j of a cell on which p lies: 1 with that vertex, -1 beyond."""
    a, b, e, d = cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3]
    return _orient(points, known, p if j == 0 else a, p if j == 1 else b, p if j == 2 else e, p if j == 3 else d)


@njit(inline="always")
def _joined(cells, c):
    """All bits of the numbers of the vertices."""
    return cells[c, 0] | cells[c, 1] | cells[c, 2] | cells[c, 3]


@njit(inline="always")
def _infinite(cells, c):
    """Which vertex of a cell lies at infinity, or -1."""
    if _joined(cells, c) >= 0:
        return -1
    for j in range(3):
        if cells[c, j] < 0:
            return j
    return 3


@njit(inline="always")
def _conflict(points, known, cells, c, p):
    """Whether a cell goes when p comes: 1, -1 if it stays, or UNKNOWN."""
    j = _infinite(cells, c)
    if j >= 0:
        side = _towards(points, known, cells, c, j, p)
        if side != 0:
            return side
        c = cells[c, 4 + j]  # in the plane of a facet of the hull its circle decides, in which the sphere of the cell behind cuts it
    sign = _in_sphere(points, known, cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3], p)
    return -1 if sign == 0 else sign


@njit(inline="always")
def image_slot(point, move):
    """Where to begin to look for an image in its table, modulo the length of that."""
    return np.int64((np.uint64((np.int64(point) << 30) + move + ZERO) * np.uint64(MIX)) >> np.uint64(32))


@njit(**PART)
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
    digits = move + ZERO
    a, b, c = digits % DIGIT - DIGIT // 2, digits // DIGIT % DIGIT - DIGIT // 2, digits // DIGIT // DIGIT - DIGIT // 2
    for x in range(3):
        points[q, x] = points[point, x] + a * basis[0, x] + b * basis[1, x] + c * basis[2, x]
    points[q, 3] = points[point, 3]
    return q


@njit(inline="always")  # in a call, all arrays would be handed over
def _apart(images, cells, v, b):
    """How much b has to be moved for its vertex that is the same point to be the image v."""
    for j in range(4):
        u = cells[b, j]
        if images[u, 0] == images[v, 0]:
            return np.int64(images[v, 1] - images[u, 1])
    return 0


@njit(inline="always")
def _step(images, cells, c, j, b):
    """By how much b is to be moved to meet the facet opposite vertex j of c, of which either has images among its vertices."""
    v = cells[c, (j + 1) & 3]
    if cells[b, 0] == v or cells[b, 1] == v or cells[b, 2] == v or cells[b, 3] == v:
        return 0
    return _apart(images, cells, v, b)


@njit(inline="always")  # in a call, all arrays would be handed over
def _move_facets(points, images, table, basis, state, rim, facets):
    """Move the vertices of the facets as the cells that go are, but for the new point; whether there was room for all images."""
    for f in range(facets):
        row = rim[f]
        if row[7] != 0:
            for j in range(4):
                if j != row[4]:
                    row[j] = _image(points, images, table, basis, state, row[j], np.int64(row[7]))
                    if row[j] == NONE:
                        return False
    return True


@njit(**PART)
def _locate(points, known, images, table, basis, state, cells, p):
    """The cell in which p lies, or the infinite one where it lies outside of all, and how that is to be moved; NONE with the reason.

    In space no cell is met twice (H. Edelsbrunner, "An acyclicity theorem for cell complexes in d dimensions", Combinatorica 10, 251
    (1990)); in a periodic one translates of a cell may be, and their number is only a limit.
    """
    came, c, q, move = NONE, np.int32(state[HINT]), p, 0
    for _ in range(state[USED]):
        if _infinite(cells, c) >= 0:
            return c, move
        inside = True
        for j in range(4):
            b = cells[c, 4 + j]
            if b == came:
                continue
            side = _towards(points, known, cells, c, j, q)
            if side == UNKNOWN:
                return np.int32(NONE), ASK
            if side < 0:
                if max(_joined(cells, c), _joined(cells, b)) >= state[FIRST_IMAGE]:
                    step = _step(images, cells, c, j, b)
                    if step != 0:
                        move += step
                        q = _image(points, images, table, basis, state, p, -move)
                        if q == NONE:
                            return np.int32(NONE), CROWDED
                came, c, inside = c, b, False
                break
        if inside:
            return c, move
    return np.int32(NONE), LOST


@njit(**KERNEL)
def insert(points, known, images, table, basis, cells, mark, free, rim, keys, places, state):
    """Add points from ``state[NEXT]`` on until all are DONE, the cells are FULL, the rim is too WIDE, or a sign must be asked for (ASK).

    CROWDED says that there is no room for more images. LOST is a point that is not found in any cell, or that no finite cell contains
    after it was put in, which exact signs exclude in space. In a periodic space, twice the diameter of the largest ball must be less
    than the length of the shortest lattice vector; without periods, there are no images, and their arrays are not looked at.

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
    rim : (r, 8) int32 array
        Room for the facets around the cells that go: vertices of the new cell, the column of the new point, the cell beyond, its column,
        and how the cell that goes is moved.
    keys, places : (t,) int64 arrays
        Room to find which new cells share a facet; t is a power of two, at least 8 r.
    state : (8,) int64 array
    """
    room, first_image = rim.shape[0], state[FIRST_IMAGE]
    went, moved = np.empty(room, np.int32), np.empty(room, np.int32)
    while state[NEXT] < state[END]:
        p = np.int32(state[NEXT])
        state[STAMP] += 1
        goes, stays = np.int32(2 * state[STAMP]), np.int32(2 * state[STAMP] + 1)
        c, move = _locate(points, known, images, table, basis, state, cells, p)
        if c == NONE:
            return move
        found, facets, at = 0, 0, -1  # ``at`` counts the facets of the cells that go, beginning before the first
        whole, far = True, 0  # whether c is neither moved nor has images as vertices; and all moves of cells that go
        image, back = p, 0  # the image of p for cells that are moved by ``back``
        while at < 4 * found:
            if found == room or facets == room:
                return WIDE
            if at & 3 == 0:
                c, move = went[at >> 2], np.int64(moved[at >> 2])
                whole = move == 0 and _joined(cells, c) < first_image
            b = cells[c, 4 + (at & 3)] if at >= 0 else c
            if mark[b] != goes:
                if mark[b] != stays:
                    step = move
                    if at >= 0 and not (whole and _joined(cells, b) < first_image):
                        step += _step(images, cells, c, at & 3, b)
                    if step != 0 and step != back:
                        image, back = _image(points, images, table, basis, state, p, -step), step
                        if image == NONE:
                            return CROWDED
                    sign = _conflict(points, known, cells, b, image if step != 0 else p)
                    if sign == UNKNOWN:
                        return ASK
                    if sign > 0:
                        went[found], moved[found], mark[b] = b, step, goes
                        far |= step
                        found += 1
                    else:
                        mark[b] = stays
                if mark[b] == stays and at >= 0:
                    row = rim[facets]
                    row[0], row[1], row[2], row[3] = cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3]
                    row[at & 3] = p
                    row[4], row[5], row[7] = at & 3, b, move
                    row[6] = 0 if cells[b, 4] == c else 1 if cells[b, 5] == c else 2 if cells[b, 6] == c else 3
                    facets += 1
            at += 1
        if far != 0 and not _move_facets(points, images, table, basis, state, rim, facets):
            return CROWDED
        if found == 0:  # hidden by the others, as only weights can do
            state[NEXT] += 1
            continue
        if state[USED] + facets > cells.shape[0]:
            return FULL
        size = 64
        while size < 4 * facets:
            size *= 2
        keys[:size] = -1
        hint = -1
        for f in range(facets):
            row = rim[f]
            if f < found:
                c = went[f]
            elif state[FREED] > 0:
                state[FREED] -= 1
                c = free[state[FREED]]
            else:
                c = np.int32(state[USED])
                state[USED] += 1
            cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3] = row[0], row[1], row[2], row[3]
            mark[c] = 0
            own, b = row[4], row[5]
            cells[c, 4 + own] = b
            cells[b, 4 + row[6]] = c
            if (row[0] | row[1] | row[2] | row[3]) >= 0:
                hint = c
            u, v, w = np.int64(row[(own + 1) & 3]) + 1, np.int64(row[(own + 2) & 3]) + 1, np.int64(row[(own + 3) & 3]) + 1
            for k in range(3):
                # the facet opposite j is known by its two vertices beside p
                j = (own + 1 + k) & 3
                u, v, w = v, w, u
                key = (min(u, v) << 32) | max(u, v)
                slot = ((np.uint64(key) * np.uint64(MIX)) >> np.uint64(40)) & np.uint64(size - 1)
                while keys[slot] != key and keys[slot] != -1:
                    slot = (slot + np.uint64(1)) & np.uint64(size - 1)
                if keys[slot] == -1:
                    keys[slot], places[slot] = key, 4 * np.int64(c) + j
                else:
                    other = places[slot]
                    cells[c, 4 + j] = other >> 2
                    cells[other >> 2, 4 + (other & 3)] = c
        for f in range(facets, found):
            c = went[f]
            cells[c, 0] = DEAD
            free[state[FREED]] = c
            state[FREED] += 1
        if hint < 0:
            return LOST
        state[HINT] = hint
        state[NEXT] += 1
    return DONE
