"""The images of a periodic cell: as few as are needed, and the cells are those of the whole crystal all the same."""

from itertools import product

import numpy as np
import pytest
from scipy.spatial import Delaunay

import phwidgets as ph
from phwidgets.persistence import delaunay, quotient
from phwidgets.persistence.delaunay import triangulate
from phwidgets.persistence.quotient import Quotient

CELLS = {
    "cube": np.eye(3),
    "skew": np.array([[1, 0, 0], [0.3, 1, 0], [-0.2, 0.4, 0.9]]),
    "flat": np.diag([1, 1, 0.3]),
    "long": np.diag([0.4, 0.5, 3]),
}


@pytest.fixture(autouse=True)
def by_images_alone(monkeypatch):
    """Many atoms would be put in between a few (see ``test_torus``)."""
    monkeypatch.setattr(delaunay, "_filled", lambda *_: None)


def classes(t, rank=3):
    """Top cells up to translation: their atoms with offsets, counted from the one that comes first."""
    found = set()
    for cell in t.faces.vertices[rank].tolist():
        corners = sorted((int(t.atom[i]), *t.offset[i].tolist()) for i in cell)
        found.add(tuple((a, *(np.array(o) - corners[0][1:]).tolist()) for a, *o in corners))
    assert len(found) == len(t.faces.vertices[rank])
    return found


def atoms(n, cell, seed, radii):
    rng = np.random.default_rng(seed)
    return rng.random((n, 3)) @ cell, (radii * rng.random(n)) ** 2


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("n", [1, 2, 5, 40, 400])
@pytest.mark.parametrize("radii", [0.0, 0.1])
def test_cells_are_those_among_many_images(name, n, radii, monkeypatch):
    """Adding what is needed, and adding everything that is nearer than three mean spacings."""
    x, w = atoms(n, CELLS[name], n, radii)
    few = triangulate(x, w, CELLS[name])
    monkeypatch.setattr(delaunay, "LAYER", 3.0)
    monkeypatch.setattr(delaunay, "SLENDER_LAYER", 3.0)
    many = triangulate(x, w, CELLS[name])
    assert classes(few) == classes(many)
    assert len(few.atom) < len(many.atom)


@pytest.mark.parametrize("name", ["cube", "skew"])
def test_cells_are_those_of_qhull(name):
    """SciPy's Delaunay of 125 copies of the cell: of each class that cell whose middle lies in the one in the centre."""
    x, w = atoms(40, CELLS[name], 7, 0.0)
    t = triangulate(x, w, CELLS[name])
    shifts = np.array(list(product(range(-2, 3), repeat=3)))
    images = (x + (shifts @ CELLS[name])[:, None]).reshape(-1, 3)
    cells = Delaunay(images).simplices
    place = images[cells].mean(axis=1) @ np.linalg.inv(CELLS[name])
    found = set()
    for cell in cells[((place >= 0) & (place < 1)).all(axis=1)].tolist():
        corners = sorted((i % 40, *shifts[i // 40].tolist()) for i in cell)
        found.add(tuple((a, *(np.array(o) - corners[0][1:]).tolist()) for a, *o in corners))
    assert classes(t) == found


@pytest.mark.parametrize("seed", range(5))
def test_few_images(seed, monkeypatch):
    """A thin layer, and what is missing beyond it: fewer images than all that the balls reach, but it takes longer than a thicker one."""
    x, w = atoms(1000, np.eye(3), seed, 0.0)
    monkeypatch.setattr(Quotient, "widen", lambda self: pytest.fail("a class of cells was missing"))
    t = triangulate(x, w, np.eye(3))
    assert len(t.atom) < 2150
    monkeypatch.setattr(delaunay, "LAYER", 0.9)
    few = triangulate(x, w, np.eye(3))
    assert len(few.atom) < 1750
    assert 1000 * (1 + 2 * np.sqrt(few.powers.max())) ** 3 > 2000


@pytest.mark.parametrize("thin", [0.05, 0.3])
def test_thin_layer(thin, monkeypatch):
    """However little is there at first, what is missing is found."""
    x, w = atoms(300, np.eye(3), 0, 0.0)
    right = classes(triangulate(x, w, np.eye(3)))
    added = []
    add = Quotient._add
    monkeypatch.setattr(delaunay, "LAYER", thin)
    monkeypatch.setattr(Quotient, "_add", lambda self, some: added.append(len(some)) or add(self, some))
    assert classes(triangulate(x, w, np.eye(3))) == right
    assert added


def test_room_between_atoms():
    """A ring in a large empty cell: balls reach far, and layer after layer is added."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles), 0.01 * np.sin(5 * angles)])
    d = ph.alpha_persistence(ph.Structure(ring + 4, cell=[8, 8, 8]))[1]
    life = np.where(np.isfinite(d.death), d.death - d.birth, 0)
    assert d.death[life.argmax()] == pytest.approx(1.0, abs=1e-3)


def test_layers_in_a_very_long_cell():
    """The balls between them touch only what is near, and no more images than that are taken."""
    x = np.random.default_rng(0).random((30, 3))
    t = triangulate(x, np.zeros(30), np.diag([1, 1, 1e5]))
    assert len(t.atom) < 100_000  # of 3e11 that the balls reach
    assert np.sqrt(t.powers.max()) * t.scale == pytest.approx(5e4, abs=1)


def test_too_many_images():
    with pytest.raises(delaunay.TriangulationError, match="periodic images"):
        ph.alpha_persistence(ph.Structure(np.zeros((1, 3)), cell=[1, 1, 1e5]))


def test_hidden_gap(monkeypatch):
    """An image that no ball reaches with its centre in the cell is found by the gap that it leaves."""
    monkeypatch.setattr(delaunay, "LAYER", 0.9)
    looked = []
    behind = Quotient._behind_gaps
    monkeypatch.setattr(Quotient, "_behind_gaps", lambda self, *rest: looked.append(behind(self, *rest)) or looked[-1])
    x, w = atoms(2000, np.eye(3), 3, 0.0)
    right = classes(triangulate(x, w, np.eye(3)))
    assert any(len(found) for found in looked)
    assert not len(looked[-1])
    monkeypatch.setattr(Quotient, "_behind_gaps", lambda self, found, rows: rows[:0])
    widened = []
    widen = Quotient.widen
    monkeypatch.setattr(Quotient, "widen", lambda self: widened.append(1) or widen(self))
    assert classes(triangulate(x, w, np.eye(3))) == right
    assert widened


def test_gap_that_no_ball_tells(monkeypatch):
    """No ball holds a further image, but a class is missing: the certificate says so, and then gaps are looked for."""
    x, w = atoms(2000, np.eye(3), 3, 0.0)
    right = classes(triangulate(x, w, np.eye(3)))
    monkeypatch.setattr(delaunay, "LAYER", 1.0)
    events = []
    for name in ("widen", "_behind_gaps", "_add"):
        method = getattr(Quotient, name)
        monkeypatch.setattr(Quotient, name, lambda self, *rest, name=name, method=method: events.append(name) or method(self, *rest))
    assert classes(triangulate(x, w, np.eye(3))) == right
    assert events[:3] == ["widen", "_behind_gaps", "_add"]
    assert events.count("widen") == 1


@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_planes_go_the_same_way(seed, heavy, monkeypatch):
    """With Qhull, which computes all anew, in the plane; an image of a heavy atom hides so many that there are fewer cells than before."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.random((30, 2)), [0.12, 0.5] + 0.2 * (rng.random((60, 2)) - 0.5), [[0.95, 0.5]]])
    w = np.zeros(91)
    w[-1] = 0.3**2 * heavy
    monkeypatch.setattr(delaunay, "_first_layer", lambda *_, growing: 0.8)
    right = classes(triangulate(x, w, np.eye(2)), rank=2)
    cells = []
    add = delaunay._Anew.add
    monkeypatch.setattr(delaunay._Anew, "add", lambda self, *new: add(self, *new) or cells.append(len(self.cells)))
    monkeypatch.setattr(delaunay, "_first_layer", lambda *_, growing: 0.02)
    monkeypatch.setattr(quotient, "FAR", 100)
    assert classes(triangulate(x, w, np.eye(2)), rank=2) == right
    assert (np.diff(cells) < 0).any() if heavy else len(cells) > 1


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_near_images_of_a_slab(seed):
    """Atoms on a grid that fits the cell, moved by next to nothing: the first move is too small to part them, a further one is not."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 5, (170, 3)) + 1e-8 * rng.random((170, 3))
    s = ph.Structure(x, cell=4 * np.eye(3), pbc=(True, False, True), radii=0.8 * rng.random(170))
    assert ph.alpha_persistence(s).resolution < 1e-8


def test_moves_that_are_rounded_to_nothing_are_not_the_last():
    """Atoms so near to each other that the first move is nothing: more and more images help as little, a larger move does."""
    x = [
        [7.86508417e-09, 6.62830774e-07, 3.50899368e-09],
        [4.24772584e-09, 4.71185534e-07, 8.10051589e-09],
        [8.89592403e-09, 3.24594069e-08, 6.97359233e-09],
        [2.14218332e-09, 3.29640865e-07, 1.11476820e-09],
    ]
    dgms = ph.alpha_persistence(ph.Structure(x, cell=np.eye(3), radii=[0.19311702, 1.70417398, 0.63660321, 0.10464982]))
    assert dgms.resolution < 1e-9
    assert [int(dgms[k].is_essential.sum()) for k in dgms] == [1, 3, 3, 1]


@pytest.mark.parametrize("way", ["fast", "exact"])
def test_a_chain_of_cells_is_no_slab(way):
    """With the first images the cells of these four atoms wind along one period only, convex all around: more images are taken."""
    middle, away = (
        [0.8378145, 0.9004961, 0.5128746],
        np.array([[410504, 260832, 375750], [423681, 268587, 357392], [412749, 297797, 364498], [412187, 276541, 375822]]),
    )
    x = np.array(middle) + 1e-13 * away
    dgms = ph.alpha_persistence(ph.Structure(x, cell=np.eye(3), pbc=(True, False, True)), delaunay=way)
    assert [int(dgms[k].is_essential.sum()) for k in dgms] == [1, 2, 1]
