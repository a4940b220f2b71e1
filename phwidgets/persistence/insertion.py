"""Delaunay cells in space by inserting point after point: the order of the points, the first cell, and the doubtful signs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from . import _insertion, _predicates
from .lattice import bounds, times

Array = NDArray[Any]

SEED = 20240229
SHARE = 8  # each round of points is so much larger than all before
FIRST = 64  # points of the first round, about
QUESTIONS = 50_000  # exact signs, about 40 microseconds each, before it is given up
FURTHEST = 2.0**50  # units
CELLS = 8  # for each point there is room at first: evenly distributed points make under 7
ROOM = 1024  # facets around the cells that go, at first
NO_IMAGE = 2**31 - 1  # no point has a larger number
TABLE = 1 << 16  # pairs of vertices of these, at least
# the cell of the first four points, and the four infinite ones beyond its facets, oriented as seen from there
FIRST_CELLS = [[0, 1, 2, 3], [-1, 1, 3, 2], [3, -1, 2, 0], [1, 0, -1, 3], [0, 2, 1, -1]]
FIRST_NEIGHBOURS = [[1, 2, 3, 4], [0, 2, 4, 3], [4, 0, 3, 1], [2, 1, 0, 4], [1, 3, 2, 0]]


class InsertionError(Exception):
    """The cells could not be found."""


class FlatError(InsertionError):
    """There are no cells, as all points lie in one plane."""


class CrowdedError(Exception):
    """There are more images than there is room for."""


class Insertion:
    """Delaunay cells in space of points to which others may be added.

    Attributes
    ----------
    order : (n,) int array
        Which of the given points each number stands for; they are numbered in the order in which they were put in.
    """

    def __init__(self, points: Array, weights: Array, unit: float) -> None:
        """Begin with points (n, 3) that do not lie in one plane; n >= 4.

        Coordinates are multiples of ``unit``, a power of two, of which they are at most 2**50 apart.

        Raises
        ------
        FlatError
            If they lie in one plane.
        InsertionError
            If they lie too far apart, or too many signs are in doubt.
        """
        self._unit, self._data = unit, np.zeros((0, 4))
        self.order: Array = np.zeros(0, np.int64)
        self._process = Process(len(points))
        self._process.begin(np.array(FIRST_CELLS), np.array(FIRST_NEIGHBOURS), points=4)
        self._put_in(points, weights, _order(points))

    @property
    def cells(self) -> Array:
        """Vertices (m, 4) in positive orientation; in some rows one is at infinity, and rows out of use begin with DEAD, both negative."""
        return self._process.cells[:, :4]

    def finite(self) -> tuple[Array, Array]:
        """As of a ``Process``."""
        return self._process.finite()

    def vertices(self, rows: Array) -> Array:
        """Some rows (r, 4) of ``cells``."""
        return np.take(self._process.cells.reshape(-1, 4), 2 * rows, axis=0)

    def neighbours(self, rows: Array) -> Array:
        """The cells (r, 4) beyond the facets opposite the vertices of some."""
        return np.take(self._process.cells.reshape(-1, 4), 2 * rows + 1, axis=0)

    def add(self, points: Array, weights: Array) -> None:
        """Add points (k, 3), numbered after those before; errors as in the beginning."""
        self._put_in(points, weights, rounds(points))

    def changed(self, since: int) -> Array:
        """Mask (m,) of the rows of ``cells`` that are not as they were when there were so many points."""
        cells = self.cells
        new = cells >= since  # every cell that is made has the new point as a vertex
        return np.asarray(new[:, 0] | new[:, 1] | new[:, 2] | new[:, 3] | (cells[:, 0] == _insertion.DEAD))

    def _put_in(self, points: Array, weights: Array, order: Array) -> None:
        self.order = np.concatenate([self.order, order + len(self._data)])
        self._data = np.concatenate([self._data, whole(points, weights, self._unit)[order]])
        low, high = bounds(self._data[:, :3])
        if (high - low).max() > FURTHEST:
            raise InsertionError("the positions reach too far")
        self._process.put_in(self._data, len(self._data))


class Process:
    """The lists that the kernel works on, and what it cannot do itself: make them longer, and answer doubtful signs."""

    def __init__(self, n: int) -> None:
        """With room for the cells of n points."""
        size = 64 + CELLS * n
        self._lists: list[Array] = [
            np.empty((size, 8), np.int32),
            np.zeros(size, np.int32),
            np.empty(size, np.int32),
            np.empty((size, 6)),
        ]
        self._local: Array = np.zeros(0, np.int64)
        self._rim, self._asked = _edge(ROOM), 0
        self._state: Array = np.zeros(9, np.int64)
        self._images: tuple[Array, Array, Array] = np.zeros((1, 2), np.int32), np.zeros(1, np.int32), np.zeros((3, 3))

    @property
    def cells(self) -> Array:
        """Vertices and neighbours (m, 8) of the cells, of which some are DEAD."""
        return self._lists[0][: self._state[_insertion.USED]]

    def finite(self) -> tuple[Array, Array]:
        """Vertices (m, 4) of the cells that are in use and not infinite, and which of these are beyond their facets (m, 4), or -1."""
        cells, beyond = _insertion.finite_cells(self.cells)
        return cells, beyond

    def begin(self, cells: Array, neighbours: Array, points: int) -> None:
        """With cells (m, 4) that are known, which have so many points, and their neighbours (m, 4)."""
        m = len(cells)
        self._lists[0][:m, :4], self._lists[0][:m, 4:], self._lists[3][:m] = cells, neighbours, 0
        self._state[:] = 0
        self._state[[_insertion.NEXT, _insertion.USED, _insertion.AROUND, _insertion.FIRST_IMAGE]] = points, m, 1, NO_IMAGE

    def add_images(self, images: Array, table: Array, basis: Array, first: int, end: int) -> None:
        """For a periodic space; see ``_insertion.insert``. So far they are numbered from ``first`` up to ``end``, without it."""
        self._images = images, table, basis
        self._state[[_insertion.FIRST_IMAGE, _insertion.NEXT_IMAGE]] = first, end

    def put_in(self, data: Array, end: int) -> int:
        """Add points until there are ``end`` of them; ``data`` (N, 4) are all. Returns the number that the next image would have.

        Raises
        ------
        CrowdedError
        InsertionError
            If too many signs are in doubt.
        """
        state, point = self._state, -1
        known: Array = np.zeros((1, 6), np.int32)
        state[_insertion.END] = end
        if len(self._local) <= len(data):
            self._local = np.zeros(len(data) + 1, np.int64)
        while (status := _insertion.insert(data, known, *self._images, *self._lists, self._local, *self._rim, state)) != _insertion.DONE:
            if status == _insertion.FULL:
                self._lists = [np.concatenate([a, np.zeros_like(a)]) for a in self._lists]
            elif status == _insertion.WIDE:
                self._rim = _edge(2 * len(self._rim[0]))
            elif status == _insertion.ASK and self._asked < QUESTIONS:
                self._asked += 1
                if point != state[_insertion.NEXT]:
                    known, point = known[:1], int(state[_insertion.NEXT])
                question = known[:1].copy()
                question[0, 5] = _sign(data, question[0, :5])
                known = np.concatenate([known, question])
            elif status == _insertion.CROWDED:
                raise CrowdedError
            else:
                raise InsertionError("a position was lost" if status == _insertion.LOST else "too many positions are too close to call")
        return int(state[_insertion.NEXT_IMAGE])


def _order(points: Array) -> Array:
    """The order of ``rounds``, but that four points that span a cell come first."""
    return before(_spanning(points), rounds(points))


def before(first: Array, order: Array) -> Array:
    """The order (n,) but that some come first."""
    rest = np.ones(len(order), bool)
    rest[first] = False
    return np.concatenate([first, order[rest[order]]])


def whole(points: Array, weights: Array, unit: float) -> Array:
    """Coordinates and weights (n, 4) as whole numbers."""
    return np.column_stack([points / unit, np.rint(weights / unit**2)])


def rounds(points: Array) -> Array:
    """Rounds, each of all points but a share, and neighbours after each other in each.

    Random rounds keep the number of cells low that are made on the way (N. Amenta, S. Choi, G. Rote, "Incremental constructions con
    BRIO", SoCG 2003), and a walk to a neighbour is short.
    """
    along = cKDTree(points, leafsize=8, balanced_tree=False, compact_nodes=False).indices
    return np.asarray(along[np.argsort(_round(len(points))[along], kind="stable")])


@lru_cache(maxsize=4)
def _round(n: int) -> Array:
    """To which round (n,) each of n points belongs, always the same for one number of them."""
    mixed, number = np.random.default_rng(SEED).permutation(n), np.zeros(n, np.int8)
    end = n
    while end > FIRST:
        number[mixed[: end // SHARE]] -= 1
        end //= SHARE
    number.flags.writeable = False
    return number


def _spanning(points: Array) -> Array:
    """Four points, positively oriented, that span a cell as thick as is easily found."""
    a = int(points[:, 0].argmin())
    x = points - points[a]
    b = int(np.einsum("ni,ni->n", x, x).argmax())
    p, q, r = x[b]
    normal = times(x, np.array([[0, -r, q], [r, 0, -p], [-q, p, 0]]))  # np.cross takes three times as long
    c = int(np.einsum("ni,ni->n", normal, normal).argmax())
    height = times(x, normal[c])
    d = int(np.abs(height).argmax())
    # the error is less than 1e-14 times the product of the lengths, which are at most that of the first
    sure = abs(height[d]) > 1e-12 * (x[b] @ x[b]) ** 1.5
    sign = np.sign(height[d]) if sure else _predicates.side(points, [a, b, c], points[d])
    if not sign:
        raise FlatError("all points lie in one plane")
    return np.array([a, b, c, d] if sign > 0 else [b, a, c, d])


def _sign(data: Array, question: Array) -> int:
    """Exact answer: of four points (and -1) the orientation, of five whether the last lies in the orthosphere of the others."""
    rows = [[int(x) for x in data[i]] for i in question if i >= 0]
    *corners, _ = [[x - y for x, y in zip(row, rows[-1], strict=True)] for row in rows]
    det = _predicates.det([[x, y, z, x * x + y * y + z * z - w] if len(rows) > 4 else [x, y, z] for x, y, z, w in corners])
    return (det > 0) - (det < 0)


def _edge(room: int) -> tuple[Array, Array, Array, Array]:
    """Room for the facets around the cells that go and their vertices, and to find which of them are neighbours."""
    size = max(TABLE, 8 * room)
    return np.empty((room, 6), np.int32), np.empty((room, 6)), np.empty(size, np.int64), np.zeros(size, np.int32)
