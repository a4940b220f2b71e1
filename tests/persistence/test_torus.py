"""Atoms that are put in between a few others, in the torus itself: the cells are those among many images."""

import numpy as np
import pytest

import phwidgets as ph
from phwidgets.persistence import _cells, _insertion, delaunay, insertion, torus
from phwidgets.persistence.complex import find_faces
from phwidgets.persistence.delaunay import triangulate
from phwidgets.persistence.lattice import reduce_lattice

from .crystals import CRYSTALS, supercell
from .test_difficult_inputs import assert_equal
from .test_quotient import CELLS, atoms, classes


@pytest.fixture
def filled(monkeypatch):
    """What comes of each attempt to do so."""
    answers = []
    fill = delaunay._filled
    monkeypatch.setattr(delaunay, "_filled", lambda *args: answers.append(fill(*args)) or answers[-1])
    return answers


def among_images(monkeypatch, *args):
    with monkeypatch.context() as patch:
        patch.setattr(delaunay, "_filled", lambda *_: None)
        return triangulate(*args)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("n", [600, 6000])
@pytest.mark.parametrize("radii", [0.0, 0.05])
def test_cells_are_those_among_images(name, n, radii, filled, monkeypatch):
    x, w = atoms(n, CELLS[name], n, radii)
    t = triangulate(x, w, CELLS[name])
    assert classes(t) == classes(among_images(monkeypatch, x, w, CELLS[name]))
    # a few atoms are too many of 600 in flat and long cells, and heavy ones make the balls too wide
    assert filled[-1] is not None or (name in ("flat", "long") and (n == 600 or radii))
    # the atoms come first, in their order; what is moved lies where its offset says
    assert np.array_equal(t.atom[:n], np.arange(n))
    assert not t.offset[:n].any()
    given = x[t.kept[t.atom]] + t.offset @ CELLS[name]
    assert np.ptp(given - t.points * t.scale, axis=0).max() < 1e-9


def test_diagrams_are_the_same(filled, monkeypatch):
    """Bit for bit but for the values, which are taken from other translates of the cells."""
    rng = np.random.default_rng(3)
    s = ph.Structure(rng.random((2000, 3)) @ CELLS["skew"], cell=CELLS["skew"])
    dgms = ph.alpha_persistence(s)
    assert filled[-1] is not None
    monkeypatch.setattr(delaunay, "_filled", lambda *_: None)
    others = ph.alpha_persistence(s)
    for d, other in zip(dgms.values(), others.values(), strict=True):
        np.testing.assert_allclose(d.birth, other.birth, atol=1e-12)
        np.testing.assert_allclose(d.death, other.death, atol=1e-12)
        assert np.array_equal(np.sort(d.birth_cell, axis=1), np.sort(other.birth_cell, axis=1))


@pytest.mark.parametrize("radii", [0.0, 0.05])
@pytest.mark.parametrize("name", ["cube", "skew"])
def test_pairs_are_those_of_cgal(name, radii, filled):
    x, w = atoms(700, CELLS[name], 5, radii)
    s = ph.Structure(x, cell=CELLS[name], radii=np.sqrt(w))
    dgms = ph.alpha_persistence(s)
    assert filled[-1] is not None
    exact = ph.alpha_persistence(s, delaunay="exact")
    for k in dgms:
        assert dgms[k].is_essential.sum() == exact[k].is_essential.sum()
        assert_equal(dgms[k], exact[k], max(dgms.resolution, exact.resolution))


@pytest.mark.parametrize("name", sorted(name for name, c in CRYSTALS.items() if all(c.pbc)))
def test_crystals(name, filled, monkeypatch):
    """The jitter decides between equal positions, that of the images like that of the atoms: signs in doubt are asked for."""
    c = CRYSTALS[name]
    k = int(np.ceil((1500 / len(c.fractional)) ** (1 / 3)))
    dgms = ph.alpha_persistence(supercell(c, (k, k, k)))
    assert filled[-1] is not None
    monkeypatch.setattr(delaunay, "_filled", lambda *_: None)
    others = ph.alpha_persistence(supercell(c, (k, k, k)))
    for d, other in zip(dgms.values(), others.values(), strict=True):
        assert len(d) == len(other)
        for values in ("birth", "death"):
            np.testing.assert_allclose(np.sort(getattr(d, values)), np.sort(getattr(other, values)), atol=1e-12)


@pytest.mark.parametrize("length", [20, 200])
def test_long_cells(length, filled):
    """On the way to an atom, images of it far away are met; none is kept, but few more than those that are vertices of cells."""
    cell = np.diag([1.0, 1.0, length])
    x, w = atoms(520 * length, cell, 0, 0.0)
    t = triangulate(x, w, cell)
    assert filled[-1] is not None
    assert np.abs(t.offset).max() == 1
    assert len(t.atom) - len(x) < 1.5 * np.count_nonzero(np.unique(t.faces.vertices[3]) >= len(x))


def test_room_between_atoms(filled):
    """Where the balls of few atoms reach across the cell, images are triangulated."""
    rng = np.random.default_rng(0)
    x = 0.2 * rng.random((1000, 3))
    ph.alpha_persistence(ph.Structure(x, cell=np.eye(3)))
    assert filled == [None]


def test_doubtful_signs(filled, monkeypatch):
    """In a perfect crystal some signs are in doubt, of images as well: they are asked for."""
    monkeypatch.setattr(delaunay, "JITTERS", (1e-11,))
    asked = []
    sign = insertion._sign
    monkeypatch.setattr(insertion, "_sign", lambda data, question: asked.append(question.max() >= 1 << 10) or sign(data, question))
    ph.alpha_persistence(supercell(CRYSTALS["sc"], (10, 10, 10)))
    assert filled[-1] is not None
    assert True in asked


@pytest.mark.parametrize("name", CELLS)
def test_two_points_and_their_images_lie_in_one_plane(name, monkeypatch):
    """No exact sign is asked for of these, and in a gas no other is in doubt."""
    asked = []
    sign = insertion._sign
    monkeypatch.setattr(insertion, "_sign", lambda data, question: asked.append(question.tolist()) or sign(data, question))
    x, w = atoms(900, CELLS[name], 1, 0.0)
    triangulate(x, w, CELLS[name])
    assert not asked


def test_more_atoms_to_begin_with(filled, monkeypatch):
    """Where the balls of the first few atoms are a little too wide, more of them are taken."""
    numbers = []
    grown = delaunay._grown
    monkeypatch.setattr(delaunay, "PARTS", (3, 5))
    monkeypatch.setattr(delaunay, "_grown", lambda begin, x, *rest, **more: numbers.append(len(x)) or grown(begin, x, *rest, **more))
    x, w = atoms(2000, np.eye(3), 0, 0.0)
    triangulate(x, w, np.eye(3))
    assert filled[-1] is not None
    assert numbers == [27, 125]


def test_the_shortest_lattice_vector_is_no_vector_of_the_basis():
    """That of three vectors, each 117 degrees from the others, is their sum."""
    dot = -0.45
    basis = np.linalg.cholesky(np.full((3, 3), dot) + (1 - dot) * np.eye(3))
    lattice = reduce_lattice(basis)
    assert np.allclose(np.linalg.norm(lattice.vectors, axis=1), 1)
    assert torus.free_width(lattice) == pytest.approx(np.linalg.norm(basis.sum(axis=0)) / 2, rel=0.01)
    assert torus.free_width(reduce_lattice(np.diag([1.0, 1.0, 0.4]))) == pytest.approx(0.2, rel=0.01)
    dot = -0.49
    assert not torus.free_width(reduce_lattice(np.linalg.cholesky(np.full((3, 3), dot) + (1 - dot) * np.eye(3))))


def test_balls_of_a_few_are_narrow(monkeypatch):
    """As narrow as in theory for all to come, weights and skew cells included."""
    seen = []
    fill = delaunay.fill
    monkeypatch.setattr(delaunay, "fill", lambda few, *rest: seen.append((few, *rest)) or fill(few, *rest))
    for name in CELLS:
        x, w = atoms(8000, CELLS[name], 1, 0.02)
        triangulate(x, w, CELLS[name])
        few, _, _, weights, _, lattice, _ = seen[-1]
        assert 4 * np.sqrt(few.powers.max() + weights.max()) < np.linalg.norm(lattice.vectors, axis=1).min()
    assert len(seen) == len(CELLS)


def test_no_room_for_images(filled, monkeypatch):
    """Where there are more images than expected, they are triangulated."""
    monkeypatch.setattr(torus, "THICK", 0.2)
    x, w = atoms(2000, np.eye(3), 1, 0.0)
    t = triangulate(x, w, np.eye(3))
    assert filled == [None]
    assert classes(t) == classes(among_images(monkeypatch, x, w, np.eye(3)))


@pytest.mark.parametrize("name", ["cube", "skew", None])
def test_facets_from_neighbours(name, monkeypatch):
    """They are those that are looked up, in the same order; where neighbours do not agree, or none are known, they are looked up."""
    given = []
    find = delaunay.find_faces
    monkeypatch.setattr(delaunay, "find_faces", lambda *args: given.append([np.copy(a) for a in args if a is not None]) or find(*args))
    x, w = atoms(700, np.eye(3) if name is None else CELLS[name], 1, 0.0)
    triangulate(x, w, CELLS.get(name))
    cells, atom, offset, n, beyond = given[-1]
    right = find_faces(cells.copy(), atom, offset, int(n))
    used = []
    meet = _cells.meet_facets
    monkeypatch.setattr(_cells, "meet_facets", lambda *args: used.append(meet(*args)) or used[-1])
    wrong = beyond.copy()
    wrong[[3, 5]] = wrong[[5, 3]]
    one_way = beyond.copy()
    one_way[7, 0] = -1
    for others, agree in ((beyond, True), (wrong, False), (one_way, False)):
        faces = find_faces(cells.copy(), atom, offset, int(n), others.copy())
        assert (len(used.pop()[0]) > 0) == agree
        for a, b in zip((*right.vertices, *right.facets), (*faces.vertices, *faces.facets), strict=True):
            assert np.array_equal(a, b)
        assert np.array_equal(right.cofaces, faces.cofaces)
        assert np.array_equal(right.coface_count, faces.coface_count)


def test_wrong_cells_are_found_out(filled, monkeypatch):
    """The certificate is that of all cells; without it, images are triangulated."""
    put_in = insertion.Process.put_in

    def spoil(self, data, end):
        answer = put_in(self, data, end)
        if self._images[0].shape[0] > 1:
            row = int(np.flatnonzero(self.cells[:, 0] >= 0)[7])
            self.cells[row, 0] = next(i for i in range(4, 99) if i not in self.cells[row, :4])
        return answer

    monkeypatch.setattr(insertion.Process, "put_in", spoil)
    x, w = atoms(1000, np.eye(3), 1, 0.0)
    t = triangulate(x, w, np.eye(3))
    assert filled == [None]
    assert classes(t) == classes(among_images(monkeypatch, x, w, np.eye(3)))


@pytest.mark.parametrize("number", [0, 1, 7, 300])
def test_table(number):
    """Every image is found from its slot on before any that is free."""
    rng = np.random.default_rng(number)
    moves = rng.integers(-2, 3, (5 * number, 3)) @ torus.DIGITS
    images = np.unique(np.column_stack([rng.integers(0, 40, 5 * number), moves]), axis=0)[:number].astype(np.int32)
    table = torus._table(images, 1024, number)
    for i, (point, move) in enumerate(images):
        slot = int(_insertion.image_slot(point, move))
        while table[slot % len(table)] != 1024 + i:
            assert table[slot % len(table)] >= 0
            slot += 1
