"""The triangulation in space that is built point by point: against CGAL's, in any order, with hidden points, doubts and little room."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from crystals import CRYSTALS, supercell
from oracles import det

import phwidgets as ph
from phwidgets.persistence import delaunay, insertion
from phwidgets.persistence.delaunay import GRID, TriangulationError
from phwidgets.persistence.insertion import FlatError, Insertion, InsertionError

TURN = np.linalg.qr(np.random.default_rng(7).normal(size=(3, 3)))[0]


def on_grid(x):
    return np.rint(np.asarray(x, float) / GRID) * GRID


def sets(cells):
    found = {tuple(sorted(cell)) for cell in cells.tolist()}
    assert len(found) == len(cells)
    return found


def delaunay_cells(x, w):
    found = Insertion(x, w, GRID)
    return found.order[found.cells[(found.cells >= 0).all(axis=1)]]


def scattered(n, seed=0):
    return on_grid(np.random.default_rng(seed).uniform(-1, 1, (n, 3)))


def clusters(n):
    rng = np.random.default_rng(1)
    return on_grid(np.concatenate([rng.normal(c, s, (n // 4, 3)) for c, s in ((0, 0.2), (0.5, 1e-3), (-0.5, 1e-5), (0.4, 1e-8))]))


def shaken_crystal(n, by=1e-7):
    x = supercell(CRYSTALS["diamond"], (n, n, n)).positions
    x = x / np.abs(x).max()
    return on_grid(x @ TURN + by * np.random.default_rng(2).uniform(-1, 1, x.shape))


def skew_lines(n):
    """As many cells as can be: each step of one line with each of the other."""
    t = np.linspace(-0.5, 0.5, n // 2)
    shaken = 1e-6 * np.random.default_rng(3).uniform(-1, 1, (2 * len(t), 3))
    return on_grid(np.concatenate([np.c_[t, 0 * t, 0 * t - 0.5], np.c_[0 * t, t, 0 * t + 0.5]]) + shaken)


SETS = {
    "four": scattered(4),
    "five": scattered(5),
    "hundred": scattered(100),
    "thousands": scattered(3000),
    "clusters": clusters(400),
    "crystal": shaken_crystal(4),
    "crystal, hardly moved": shaken_crystal(4, by=1e-11),
    "lines": skew_lines(120),
    "a layer": on_grid(np.random.default_rng(4).random((300, 3)) * [1, 1, 1e-9]),
}


@pytest.mark.parametrize("name", SETS)
def test_cells_are_those_of_cgal(name):
    x = SETS[name]
    assert sets(delaunay_cells(x, np.zeros(len(x)))) == sets(delaunay._exact_cells(x, np.zeros(len(x))))


@pytest.mark.parametrize("largest", [1e-4, 0.01, 0.3])
def test_weighted_cells_are_those_of_cgal(largest):
    """The larger the weights the more points are hidden; among them the four that come first, which is no harm."""
    x, w = scattered(500), largest * np.random.default_rng(5).random(500)
    cells = delaunay_cells(x, w)
    assert sets(cells) == sets(delaunay._exact_cells(x, w))
    hidden = 500 - len(np.unique(cells))
    assert hidden > 200 if largest == 0.3 else hidden == 0


def test_orientation_and_order():
    """Cells are positive, and the order of the points has no influence on which there are."""
    x = scattered(800)
    cells = delaunay_cells(x, np.zeros(800))
    assert (np.linalg.det(x[cells[:, :3]] - x[cells[:, 3:]]) > 0).all()
    order = np.random.default_rng(6).permutation(800)
    assert sets(order[delaunay_cells(x[order], np.zeros(800))]) == sets(cells)


def test_rounds():
    """Every point is put in once, the last round holds most, and neighbours in the order are near each other."""
    x = scattered(5000)
    order = insertion._order(x)
    assert sorted(order.tolist()) == list(range(5000))
    steps = [float(np.linalg.norm(x[b] - x[a])) for a, b in pairwise(order[-4000:])]
    assert np.median(steps) < 0.25 * np.median(np.linalg.norm(x[1:] - x[:-1], axis=1))


@pytest.mark.parametrize("name", ["thousands", "lines"])
def test_little_room(name, monkeypatch):
    """Arrays that were too short are made longer on the way, and the answer is the same."""
    x = SETS[name]
    right = sets(delaunay_cells(x, np.zeros(len(x))))
    longer = []
    edge = insertion._edge
    monkeypatch.setattr(insertion, "_edge", lambda room: longer.append(room) or edge(room))
    monkeypatch.setattr(insertion, "ROOM", 4)
    monkeypatch.setattr(insertion, "TABLE", 1)
    monkeypatch.setattr(insertion, "CELLS", 1)
    assert sets(delaunay_cells(x, np.zeros(len(x)))) == right
    assert len(longer) > 3


def test_many_cells_go_at_once():
    """A point in the middle of others on a sphere has so many facets around it that pairs of vertices have no table."""
    x = np.random.default_rng(9).normal(size=(1500, 3))
    x = on_grid(np.vstack([x / np.linalg.norm(x, axis=1, keepdims=True), np.zeros(3)]))
    found = Insertion(x[:-1], np.zeros(1500), GRID)
    found.add(x[-1:], np.zeros(1))
    cells = found.order[found.finite()[0]]
    assert (cells == 1500).sum() > 2 * np.sqrt(insertion.TABLE)
    assert sets(cells) == sets(delaunay._exact_cells(x, np.zeros(1501)))


@pytest.mark.parametrize("name", SETS)
def test_neighbours(name):
    """What is beyond a facet has that facet as well, and says so; outside of the hull there is nothing."""
    x = SETS[name]
    cells, beyond = Insertion(x, np.zeros(len(x)), GRID).finite()
    outside = 0
    for c, (cell, others) in enumerate(zip(cells.tolist(), beyond.tolist(), strict=True)):
        for vertex, b in zip(cell, others, strict=True):
            outside += b < 0
            assert b < 0 or (len({*cell} & {*cells[b].tolist()} - {vertex}) == 3 and c in beyond[b])
    facets = {tuple(sorted({*cell} - {v})) for cell in cells.tolist() for v in cell}
    assert outside == 2 * len(facets) - 4 * len(cells)


@pytest.mark.parametrize("name", ["hundred", "clusters", "crystal, hardly moved", "a layer"])
@pytest.mark.parametrize("weighted", [False, True])
def test_errors_of_spheres(name, weighted):
    """What is written down of a sphere tells inside from outside up to an error that is less than a third of its bound."""
    x, rng = SETS[name], np.random.default_rng(10)
    found = Insertion(x, 0.01 * rng.random(len(x)) * weighted, GRID)
    process, data = found._process, found._data
    cells, spheres = process.cells, process._lists[3]
    known = np.flatnonzero((cells[:, :4] >= 0).all(axis=1) & spheres[: len(cells)].any(axis=1))
    assert len(known) > 50
    for c in rng.choice(known, 50, replace=False):
        *corners, d = cells[c, :4]
        for p in rng.integers(0, len(x), 5):
            rows = [[Fraction(v) - Fraction(o) for v, o in zip(data[i], data[d], strict=True)] for i in (*corners, p)]
            exact = -det([[*row[:3], sum(v * v for v in row[:3]) - row[3]] for row in rows])
            u, t = data[p, :3] - data[d, :3], data[d, 3] - data[p, 3]
            square = u[0] * u[0] + u[1] * u[1] + u[2] * u[2]
            s = spheres[c]
            value = s[0] * u[0] + s[1] * u[1] + s[2] * u[2] - s[3] * (square + t)
            bound = s[4] * (square + abs(t)) + s[5] * (abs(u[0]) + abs(u[1]) + abs(u[2]))
            assert abs(Fraction(value) - exact) <= Fraction(bound) / 3


def exact_sign(data, question):
    """By elimination of rational numbers."""
    rows = [[Fraction(v) for v in data[i]] for i in question if i >= 0]
    base = rows.pop()
    m = [[x - y for x, y in zip(row[:3], base, strict=False)] for row in rows]
    if len(m) == 4:
        m = [[*row, sum(x * x for x in row) - full[3] + base[3]] for row, full in zip(m, rows, strict=True)]
    return np.sign(det(m))


def test_doubts_are_settled_exactly(monkeypatch):
    """Every sign that the filter leaves open is asked for once, and answered rightly, even where it is zero."""
    asked = []
    settle = insertion._sign
    monkeypatch.setattr(insertion, "_sign", lambda data, q: asked.append((data, q.copy(), settle(data, q))) or asked[-1][2])
    ph.alpha_persistence(supercell(CRYSTALS["bcc"], (1, 1, 1)))  # images of one atom lie exactly in planes
    ph.alpha_persistence(shaken_crystal(4, by=1e-9), values="squared")
    assert len(asked) > 100
    assert {answer for *_, answer in asked} == {-1, 0, 1}
    assert {len(q[q >= 0]) for _, q, _ in asked} == {4, 5}
    for data, q, answer in asked[:2000]:
        assert answer == exact_sign(data, q)


def test_too_many_doubts(monkeypatch):
    monkeypatch.setattr(insertion, "QUESTIONS", 3)
    with pytest.raises(TriangulationError, match="too close to call"):
        ph.alpha_persistence(supercell(CRYSTALS["bcc"], (1, 1, 1)))


def test_what_has_no_cells():
    flat = on_grid(np.random.default_rng(8).random((20, 3))) * [1, 1, 0]
    with pytest.raises(FlatError, match="one plane"):
        delaunay_cells(flat, np.zeros(20))
    with pytest.raises(InsertionError, match="too far"):
        delaunay_cells(2.0**7 * scattered(20), np.zeros(20))
