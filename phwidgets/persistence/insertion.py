"""Delaunay cells in space by inserting point after point: the order of the points, the first cell, and the doubtful signs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from . import _insertion, _predicates

Array = NDArray[Any]

SEED = 20240229
SHARE = 8  # each round of points is so much larger than all before
FIRST = 64  # points of the first round, about
QUESTIONS = 50_000  # exact signs, about 40 microseconds each, before it is given up
FURTHEST = 2.0**50  # units
CELLS = 8  # for each point there is room at first: evenly distributed points make under 7
ROOM = 1024  # facets around the cells that go, at first
# the cell of the first four points, and the four infinite ones beyond its facets, oriented as seen from there
FIRST_CELLS = [[0, 1, 2, 3], [-1, 1, 3, 2], [3, -1, 2, 0], [1, 0, -1, 3], [0, 2, 1, -1]]
FIRST_NEIGHBOURS = [[1, 2, 3, 4], [0, 2, 4, 3], [4, 0, 3, 1], [2, 1, 0, 4], [1, 3, 2, 0]]


class InsertionError(Exception):
    """The cells could not be found."""


def delaunay_cells(points: Array, weights: Array, unit: float) -> Array:
    """Cells (m, 4) of the (weighted) Delaunay triangulation of points (n, 3) that do not lie in one plane; n >= 4.

    Coordinates are multiples of ``unit``, a power of two, of which they are at most 2**50 apart.

    Raises
    ------
    InsertionError
        If too many signs are in doubt.
    """
    if np.ptp(points, axis=0).max() > FURTHEST * unit:
        raise InsertionError("the positions reach too far")
    order = _order(points)
    data = np.column_stack([points / unit, np.rint(weights / unit**2)])[order]
    size = 64 + CELLS * len(points)
    lists: list[Array] = [np.zeros((size, 4), np.int32), np.zeros((size, 4), np.int32), np.zeros(size, np.int32), np.zeros(size, np.int32)]
    rim, keys, places = _edge(ROOM)
    known = np.zeros((1, 6), np.int32)
    state = _begin(*lists[:2])
    asked = 0
    while (status := _insertion.insert(data, known, *lists, rim, keys, places, state)) != _insertion.DONE:
        if status == _insertion.FULL:
            lists = [np.concatenate([a, np.zeros_like(a)]) for a in lists]
        elif status == _insertion.WIDE:
            rim, keys, places = _edge(2 * len(rim))
        elif status == _insertion.ASK and asked < QUESTIONS:
            asked += 1
            question = known[:1].copy()
            question[0, 5] = _sign(data, question[0, :5])
            known = np.concatenate([known[:1], known[1:][known[1:, :5].max(axis=1) == question[0, :5].max()], question])
        else:
            raise InsertionError("too many positions are too close to call")
    used = lists[0][: state[_insertion.USED]]
    finite = (used[:, 0] | used[:, 1] | used[:, 2] | used[:, 3]) >= 0
    return np.asarray(order[used[finite]])


def _order(points: Array) -> Array:
    """Rounds, each of all points but a share, and neighbours after each other in each; four that span a cell come first.

    Random rounds keep the number of cells low that are made on the way (N. Amenta, S. Choi, G. Rote, "Incremental constructions con
    BRIO", SoCG 2003), and a walk to a neighbour is short.
    """
    n = len(points)
    mixed = np.random.default_rng(SEED).permutation(n)
    rounds: list[Array] = []
    end = n
    while end:
        begin = end // SHARE if end > FIRST else 0
        some = mixed[begin:end]
        rounds.insert(0, some[cKDTree(points[some], leafsize=8, balanced_tree=False, compact_nodes=False).indices])
        end = begin
    first = _spanning(points)
    rest = np.ones(n, bool)
    rest[first] = False
    order = np.concatenate(rounds)
    return np.concatenate([first, order[rest[order]]])


def _spanning(points: Array) -> Array:
    """Four points, positively oriented, that span a cell as thick as is easily found."""
    a = int(points[:, 0].argmin())
    x = points - points[a]
    b = int(np.einsum("ni,ni->n", x, x).argmax())
    normal = np.cross(x, x[b])
    c = int(np.einsum("ni,ni->n", normal, normal).argmax())
    d = int(np.abs(x @ normal[c]).argmax())
    sign = _predicates.side(points, [a, b, c], points[d])
    if not sign:
        raise InsertionError("all points lie in one plane")
    return np.array([a, b, c, d] if sign > 0 else [b, a, c, d])


def _sign(data: Array, question: Array) -> int:
    """Exact answer: of four points (and -1) the orientation, of five whether the last lies in the orthosphere of the others."""
    rows = [[int(x) for x in data[i]] for i in question if i >= 0]
    *corners, _ = [[x - y for x, y in zip(row, rows[-1], strict=True)] for row in rows]
    det = _predicates.det([[x, y, z, x * x + y * y + z * z - w] if len(rows) > 4 else [x, y, z] for x, y, z, w in corners])
    return (det > 0) - (det < 0)


def _edge(room: int) -> tuple[Array, Array, Array]:
    """Room for the facets around the cells that go, and to find which of them are neighbours."""
    return np.empty((room, 7), np.int32), np.empty(8 * room, np.int64), np.empty(8 * room, np.int64)


def _begin(cells: Array, neighbours: Array) -> Array:
    """Write the first cell and the four infinite ones around it; the state to go on from."""
    cells[:5], neighbours[:5] = FIRST_CELLS, FIRST_NEIGHBOURS
    return np.array([4, 5, 0, 0, 0])
