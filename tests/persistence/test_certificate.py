"""A wrong triangulation is refused, whatever made it wrong; exact predicates decide what floating point cannot."""

from fractions import Fraction

import numpy as np
import pytest
from crystals import CRYSTALS, supercell
from oracles import det
from scipy.spatial import Delaunay

import phwidgets as ph
from phwidgets.persistence import _predicates, delaunay
from phwidgets.persistence.certificate import find_problem
from phwidgets.persistence.complex import find_faces
from phwidgets.persistence.delaunay import TriangulationError, triangulate

GRID = 2.0**-44


def case(d, seed=0, n=60, weighted=False):
    """Cells of an open triangulation and what find_problem needs to know."""
    rng = np.random.default_rng(seed)
    x = np.rint(rng.random((n, d)) / GRID) * GRID
    w = np.zeros(n)
    if weighted:
        w = 0.02 * rng.random(n)
    t = triangulate(x, w)
    return np.array(t.faces.vertices[d]), t.moved, t.weights, d


def problem(cells, points, weights, d):
    n = len(points)
    faces = find_faces(cells, np.arange(n), np.zeros((n, 3), int), n)
    return find_problem(faces, points, weights, d, np.zeros((0, d)))


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_right_ones_pass(d, weighted):
    assert problem(*case(d, weighted=weighted)) == ""


@pytest.mark.parametrize("d", [2, 3])
def test_missing_cells(d):
    cells, points, weights, _ = case(d)
    for i in range(len(cells)):
        assert problem(np.delete(cells, i, axis=0), points, weights, d), i


@pytest.mark.parametrize("d", [2, 3])
def test_doubled_cells(d):
    cells, points, weights, _ = case(d)
    for i in range(0, len(cells), 7):
        assert problem(np.concatenate([cells, cells[i : i + 1]]), points, weights, d)


def test_flipped_edges():
    """Any flip of a planar triangulation leaves a triangulation, but not Delaunay's."""
    cells, points, weights, d = case(2)
    tried = 0
    neighbours = Delaunay(points[:, :2]).neighbors
    assert len(neighbours) == len(cells)
    edges = {}
    for c, cell in enumerate(cells):
        for j in range(3):
            edges.setdefault(tuple(sorted(np.delete(cell, j))), []).append((c, cell[j]))
    for (a, b), sides in edges.items():
        if len(sides) == 2:
            (c1, p), (c2, q) = sides
            flipped = np.concatenate([np.delete(cells, [c1, c2], axis=0), [[p, q, a], [p, q, b]]])
            assert problem(flipped, points, weights, d) in ("a cell is not Delaunay", "two cells overlap"), (a, b)
            tried += 1
    assert tried > 100


def test_flips_in_space():
    """Two tetrahedra at a triangle become three at an edge."""
    cells, points, weights, d = case(3)
    facets = {}
    for c, cell in enumerate(cells):
        for j in range(4):
            facets.setdefault(tuple(sorted(np.delete(cell, j))), []).append((c, cell[j]))
    for (a, b, e), sides in facets.items():
        if len(sides) == 2:
            (c1, p), (c2, q) = sides
            flipped = np.concatenate([np.delete(cells, [c1, c2], axis=0), [[p, q, a, b], [p, q, b, e], [p, q, a, e]]])
            assert problem(flipped, points, weights, d)


def test_moved_vertices():
    """A vertex replaced by another one, anywhere."""
    cells, points, weights, d = case(3, n=30)
    rng = np.random.default_rng(1)
    for _ in range(300):
        wrong = cells.copy()
        i, j = rng.integers(len(cells)), rng.integers(4)
        other = rng.integers(30)
        if other in wrong[i]:
            continue
        wrong[i, j] = other
        assert problem(wrong, points, weights, d)


def test_parts_that_touch():
    """Convex parts that touch in a point only have convex ridges everywhere, and the right Euler characteristic."""
    corner = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
    points = np.vstack([corner, -corner[1:]])
    assert problem(np.array([[0, 1, 2, 3], [0, 4, 5, 6]]), points, np.zeros(7), 3) == "the boundary touches itself"
    # a wire of tetrahedra that hang together by one atom
    atom, offset = np.array([0, 1, 2, 3, 0]), np.array([[0, 0, 0]] * 4 + [[1, 0, 0]])
    beads = np.array([[0, 0, 0], [0.5, 0.1, 0.3], [0.5, 0.2, -0.3], [0.5, -0.4, 0], [1, 0, 0]])
    faces = find_faces(np.array([[0, 1, 2, 3], [1, 2, 3, 4]]), atom, offset, 4)
    assert find_problem(faces, beads, np.zeros(5), 3, np.array([[1.0, 0, 0]])) == "the boundary touches itself"


def test_wrong_weights():
    cells, points, weights, d = case(3, weighted=True)
    other = 0.02 * np.random.default_rng(9).random(len(weights))
    assert problem(cells, points, other, d)


def test_periodic():
    rng = np.random.default_rng(0)
    t = triangulate(rng.random((30, 3)), np.zeros(30), np.eye(3))
    cells, n = t.faces.vertices[3], 30
    lattice = np.eye(3) + 0.0

    def check(c, points=t.moved):
        faces = find_faces(np.array(c), t.atom, t.offset, n)
        # the moved lattice, from a pair of images of one atom
        return find_problem(faces, points, t.weights, 3, lattice)

    found = check(cells)
    assert found in ("", "the cells fill 1.00000000 of the periodic cell") or found.startswith("the cells fill")
    for i in range(0, len(cells), 5):
        assert check(np.delete(cells, i, axis=0)) not in ("",)
        assert check(np.concatenate([cells, cells[i : i + 1]]))


def test_answers_are_not_believed(monkeypatch):
    """The certificate stands between the triangulation and the diagram."""
    right = delaunay.find_faces
    monkeypatch.setattr(delaunay, "find_faces", lambda cells, *rest: right(cells[np.arange(len(cells)) % 5 > 0], *rest))
    for cell in (None, np.eye(3)):
        with pytest.raises(TriangulationError, match="certified"):
            ph.alpha_persistence(ph.Structure(np.random.default_rng(0).random((50, 3)), cell=cell))


def test_missing_jitter_is_noticed(monkeypatch):
    """Without jitter a large crystal has no one triangulation."""
    monkeypatch.setattr(delaunay, "JITTERS", (0.0,))
    monkeypatch.setattr(delaunay, "LEAST", (0.0,))
    x = supercell(CRYSTALS["diamond"], (10, 10, 10)).positions
    with pytest.raises(TriangulationError, match="delaunay='exact'"):
        ph.alpha_persistence(x)


def in_sphere_by_fractions(facet, a, b, weights):
    """-1, 0, 1 where b lies inside, on or outside of the orthosphere of facet + a: its power, by Cramer's rule."""
    d = len(a)
    simplex = [*facet, a]
    origin = simplex[0]
    u = [[Fraction(x) - Fraction(o) for x, o in zip(p, origin, strict=True)] for p in simplex[1:]]
    h = [(sum(x * x for x in row) + Fraction(weights[0]) - Fraction(w)) / 2 for row, w in zip(u, weights[1 : d + 1], strict=True)]
    whole = det(u)
    c = []
    for j in range(d):
        c.append(det([[*row[:j], h[i], *row[j + 1 :]] for i, row in enumerate(u)]) / whole)
    v = [Fraction(x) - Fraction(o) for x, o in zip(b, origin, strict=True)]
    power = sum((x - y) ** 2 for x, y in zip(v, c, strict=True)) - Fraction(weights[-1]) - (sum(x * x for x in c) - Fraction(weights[0]))
    return (power > 0) - (power < 0)


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("coarse", [False, True])
def test_predicates(d, weighted, coarse):
    """What the filter leaves open, and exact answers against the definition; coarse positions make cospherical and flat sets frequent."""
    rng = np.random.default_rng(d)
    seen = set()
    for _ in range(400):
        points = rng.integers(0, 4, (d + 2, d)).astype(float) if coarse else rng.random((d + 2, d))
        weights = (rng.integers(0, 3, d + 2).astype(float) if coarse else 0.1 * rng.random(d + 2)) if weighted else np.zeros(d + 2)
        padded = np.pad(points, ((0, 0), (0, 3 - d)))
        cells = np.array([[*range(d), d], [*range(d), d + 1]], np.int32)
        atom, offset = np.arange(d + 2, dtype=np.int32), np.zeros((d + 2, 3), np.int32)
        faces = find_faces(cells.copy(), atom, offset, d + 2)
        asked, _ = _predicates.check_facets(padded, weights, faces.vertices[d], faces.facets[d], faces.cofaces)
        question = np.array([0, 1, 2 if d == 3 else -1, d, d + 1, 0])
        answer = _predicates.decide(padded, weights, question)
        exact = [[Fraction(x) for x in p] for p in points]
        sides = [det([[x - o for x, o in zip(p, exact[i], strict=True)] for p in exact[:d]]) for i in (d, d + 1)]
        if not sides[0] or not sides[1] or (sides[0] > 0) == (sides[1] > 0):
            expected = _predicates.SAME_SIDE
        else:
            outside = in_sphere_by_fractions(points[:d], points[d], points[d + 1], weights)
            expected = _predicates.INSIDE if outside < 0 else _predicates.OPPOSITE
        assert answer == expected
        assert asked.tolist() in ([], [question.tolist()])
        assert len(asked) or expected == _predicates.OPPOSITE  # the filter is never wrong
        seen.add(expected)
    assert len(seen) == 3


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("coarse", [False, True])
def test_boundary_of_two_cells(d, coarse):
    """Facets that meet at a ridge, and which of them are concave, by fractions; coarse positions make flat ridges frequent."""
    rng = np.random.default_rng(d)
    seen = set()
    for _ in range(300):
        points = rng.integers(0, 4, (d + 2, d)).astype(float) if coarse else rng.random((d + 2, d))
        padded = np.pad(points, ((0, 0), (0, 3 - d)))
        cells = np.array([[*range(d), d], [*range(d), d + 1]], np.int32)
        faces = find_faces(cells, np.arange(d + 2), np.zeros((d + 2, 3), int), d + 2)
        facets, ridges = faces.vertices[d - 1], faces.vertices[d - 2]
        meeting, asked = _predicates.check_boundary(
            padded, facets, faces.facets[d - 1], len(ridges), faces.vertices[d], faces.facets[d], faces.cofaces
        )
        assert 2 * len(meeting) == d * 2 * d  # 2 d facets with d ridges each, two at a time
        concave = {(*row[:d].tolist(), int(row[4])) for row in asked if _predicates.concave(padded, row)}
        expected = set()
        for g, f, ridge in meeting:
            assert set(facets[g]) & set(facets[f]) == set(ridges[ridge])
            (other,) = set(facets[f]) - set(ridges[ridge])
            (inner,) = set(cells[faces.cofaces[g, 0]]) - set(facets[g])
            corners = [[Fraction(x) for x in points[i]] for i in facets[g]]
            sides = [det([[x - Fraction(o) for x, o in zip(p, points[i], strict=True)] for p in corners]) for i in (inner, other)]
            seen.add((sides[0] * sides[1] > 0) - (sides[0] * sides[1] < 0))
            if sides[0] * sides[1] < 0:
                expected.add((*facets[g].tolist(), int(other)))
        assert concave == expected
    assert seen == ({-1, 0, 1} if coarse else {-1, 1})


def test_open_boundary():
    """The facets of a tetrahedron and of one that has a ridge in common with it only; and one facet with a second cell, but no other."""
    points = np.random.default_rng(0).random((6, 3))
    for cells in ([[0, 1, 2, 3], [0, 1, 4, 5]], [[0, 1, 2, 3], [0, 1, 2, 4]]):
        faces = find_faces(np.array(cells), np.arange(6), np.zeros((6, 3), int), 6)
        cofaces = faces.cofaces.copy()
        if cells[1][2] == 2:
            cofaces[np.flatnonzero(cofaces[:, 1] < 0)[0], 1] = 1
        meeting, _ = _predicates.check_boundary(
            points, faces.vertices[2], faces.facets[2], len(faces.vertices[1]), faces.vertices[3], faces.facets[3], cofaces
        )
        assert len(meeting) == 0


def test_small_and_flat():
    """Of four points that are very near each other in a plane, one lies as near to the circle of the others as its weight can be told."""
    whole = [[18109, 57202], [3130, -59918], [-38184, 46282], [59836, -4437]]
    points = np.pad(np.array(whole) * 2.0**-44 + 0.25, ((0, 0), (0, 1)))
    cells = np.array([[0, 1, 2], [0, 1, 3]], np.int32)
    faces = find_faces(cells, np.arange(4, dtype=np.int32), np.zeros((4, 2), np.int32), 4)
    (ax, ay), (bx, by), (cx, cy) = ([Fraction(x - y) for x, y in zip(p, whole[3], strict=True)] for p in whole[:3])
    a, b, c = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
    on_circle = (a * (bx * cy - cx * by) + b * (cx * ay - ax * cy) + c * (ax * by - bx * ay)) / (
        (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    )
    weight = abs(float(on_circle)) * 2.0**-88
    answers = set()
    for w in np.nextafter(weight, [0, 1]):
        weights = np.array([0, 0, 0, w])
        asked, _ = _predicates.check_facets(points, weights, faces.vertices[2], faces.facets[2], faces.cofaces)
        assert len(asked) == 1
        answers.add(_predicates.decide(points, weights, asked[0]))
    assert answers == {_predicates.OPPOSITE, _predicates.INSIDE}


def test_side():
    facet = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], float)
    tiny = 5e-324
    assert _predicates.side(facet, [0, 1, 2], np.array([0.3, 0.3, tiny])) == -_predicates.side(
        facet, [0, 1, 2], np.array([0.3, 0.3, -tiny])
    )
    assert _predicates.side(facet, [0, 1, 2], np.array([0.1, 7.0, 0.0])) == 0
