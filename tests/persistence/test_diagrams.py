"""Queries on diagrams, and their file."""

import json
import pickle
import zipfile

import matplotlib
import numpy as np
import pytest

import phwidgets as ph
from phwidgets.persistence.diagram import Diagram

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def dgms():
    return ph.alpha_persistence(ph.sample("silica-glass"), radii={"Si": 1.1, "O": 0.6})


def small():
    cells = np.arange(4)[:, None] + [[0, 1]]
    return Diagram(1, "Å", np.array([0.5, 1, 1, 2]), np.array([1.5, 3, 4, np.inf]), cells, np.pad(cells, ((0, 0), (0, 1))))


def test_columns(dgms):
    for k, d in dgms.items():
        n = len(d)
        assert d.degree == k
        assert (d.birth.shape, d.death.shape, d.pair_id.tolist()) == ((n,), (n,), list(range(n)))
        assert (d.birth_cell.shape, d.death_cell.shape) == ((n, k + 1), (n, k + 2))
        assert (d.birth_offset.shape, d.death_offset.shape) == ((n, k + 1, 3), (n, k + 2, 3))
        assert (d.death_cell[d.is_essential] == -1).all()
        assert (d.death_cell[~d.is_essential] >= 0).all()
        with pytest.raises(ValueError, match="read-only"):
            d.birth[:1] = 0
    assert dgms.degrees == [0, 1, 2, 3]
    assert dgms.unit == "Å"
    assert 0 < dgms.resolution < 1e-4
    with pytest.raises(KeyError, match="degree 7"):
        dgms[7]


def test_in_region():
    d = small()
    assert d.in_region(birth=(1, 1)).pair_id.tolist() == [1, 2]
    assert d.in_region(death=(0, 3)).pair_id.tolist() == [0, 1]
    assert d.in_region().pair_id.tolist() == [0, 1, 2, 3]
    assert d.in_region(birth=(2, 9), death=(3, np.inf)).pair_id.tolist() == [3]
    assert len(d.in_region(birth=(7, 8))) == 0
    for wrong in ((1,), (2, 1), "ab", (np.nan, 1), None):
        with pytest.raises(ValueError, match="birth is an interval"):
            d.in_region(birth=wrong)


def test_in_polygon(dgms):
    d = small()
    assert d.in_polygon([(0.9, 2), (1.1, 2), (1.1, 5), (0.9, 5)]).pair_id.tolist() == [1, 2]
    assert len(d.in_polygon([(0, 0), (9, 0), (9, 1e9), (0, 1e9)])) == 3  # essential classes have no place in it
    box = (0.2, 0.7), (0.5, 1.1)
    corners = [(b, e) for b, e in ((0.2, 0.5), (0.7, 0.5), (0.7, 1.1), (0.2, 1.1))]
    assert np.array_equal(dgms[1].in_polygon(corners).pair_id, dgms[1].in_region(*box).pair_id)
    for wrong in ([(0, 0), (1, 1)], [0, 1, 2], [(0, 0), (1, np.nan), (1, 1)]):
        with pytest.raises(ValueError, match="polygon"):
            d.in_polygon(wrong)


def test_longest_and_nearest(dgms):
    d = small()
    assert d.longest(2).pair_id.tolist() == [2, 1]
    assert len(d.longest(0)) == 0
    assert len(d.longest(99)) == 3
    assert d.nearest(1, 3.4).pair_id.tolist() == [1]
    assert d.nearest(0, np.inf).pair_id.tolist() == [3]
    assert (np.diff(dgms[1].longest(50).persistence) <= 0).all()
    empty = d.in_region(birth=(7, 8))
    with pytest.raises(ValueError, match="empty"):
        empty.nearest(0, 1)
    with pytest.raises(ValueError, match="no essential"):
        d.finite.nearest(0, np.inf)


def test_subset(dgms):
    d = small()
    part = d.subset([3, 0, 0])
    assert part.pair_id.tolist() == [3, 0, 0]
    assert part.birth.tolist() == [2, 0.5, 0.5]
    assert d.longest(2).subset([1]).pair_id.tolist() == [1]
    assert d.subset(i for i in (2, 1)).pair_id.tolist() == [2, 1]
    assert len(d.subset([])) == 0
    assert len(d.subset(np.array([], int))) == 0
    for wrong in ([4], [-1], [1, 99]):
        with pytest.raises(ValueError, match="not in this diagram"):
            d.subset(wrong)
    with pytest.raises(ValueError, match="not in this diagram"):
        d.longest(1).subset([0])
    for wrong in ([0.5], ["a"]):
        with pytest.raises(ValueError, match="integers"):
            d.subset(wrong)
    ids = np.random.default_rng(0).permutation(len(dgms[1]))[:100]
    again = dgms[1].subset(ids)
    assert np.array_equal(again.pair_id, ids)
    assert np.array_equal(again.death_cell, dgms[1].death_cell[ids])


def test_frame(dgms):
    frame = dgms[1].longest(5).to_frame()
    assert frame.index.name == "pair_id"
    assert list(frame.columns[:3]) == ["birth (Å)", "death (Å)", "persistence (Å)"]
    assert len(frame.death_cell.iloc[0]) == 3


def test_histogram(dgms):
    d = dgms[1]
    counts, x, y = d.histogram(64)
    assert counts.shape == (64, 64)
    assert counts.sum() == len(d.finite)
    assert np.array_equal(x, y)
    assert (x[0], x[-1]) == d.range()
    counts, edges, _ = d.histogram(10, (-1, 2))
    inside = d.finite.in_region((-1, 2), (-1, 2))
    assert counts.sum() == len(inside) > 0
    assert edges[-1] == 2
    # first axis birth, second death
    i, j = (int(np.searchsorted(edges, v[0], side="right") - 1) for v in (inside.birth, inside.death))
    assert counts[i, j] > 0
    assert Diagram.empty(1, "Å").histogram(4)[0].sum() == 0


def test_plot(dgms):
    import matplotlib.pyplot as plt

    for d in (*dgms.values(), Diagram.empty(1, "Å"), small().in_region(birth=(2, 2))):
        ax = d.plot(selected=d.longest(3))
        assert ax.get_xlabel() == "birth (Å)"
        plt.close(ax.figure)


def same(a, b):
    assert (a.degrees, a.unit, a.resolution) == (b.degrees, b.unit, b.resolution)
    assert a.source == b.source
    for k in a:
        for name in ("birth", "death", "birth_cell", "death_cell", "birth_offset", "death_offset", "pair_id"):
            assert np.array_equal(getattr(a[k], name), getattr(b[k], name)), name
            assert getattr(a[k], name).dtype == getattr(b[k], name).dtype, name


def test_file(dgms, tmp_path):
    dgms.save(tmp_path / "glass.npz")
    same(dgms, ph.load_diagrams(tmp_path / "glass.npz"))
    named = ph.Structure(np.random.default_rng(0).random((9, 3)), ["Å–原子"] * 9, cell=[1, 1, 2], pbc=(True, False, True), radii=[0.1] * 9)
    slab = ph.alpha_persistence(named)
    slab.save(str(tmp_path / "any name"))
    same(slab, ph.load_diagrams(str(tmp_path / "any name")))
    plane = ph.alpha_persistence(np.random.default_rng(0).random((9, 2)), values="squared")
    plane.save(tmp_path / "plane.npz")
    same(plane, ph.load_diagrams(tmp_path / "plane.npz"))


def test_file_of_a_supercell_and_of_distances(tmp_path):
    s = ph.Structure(np.random.default_rng(0).random((9, 3)), cell=[1, 1, 1])
    dgms = ph.alpha_persistence(s, supercell=2)
    dgms.save(tmp_path / "supercell.npz")
    again = ph.load_diagrams(tmp_path / "supercell.npz")
    same(dgms, again)
    assert all(np.array_equal(dgms.multiplicities[k], again.multiplicities[k]) for k in dgms)
    rips = ph.rips_persistence(np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0))))
    rips.save(tmp_path / "rips.npz")
    again = ph.load_diagrams(tmp_path / "rips.npz")
    assert np.array_equal(rips[0].death, again[0].death)
    with pytest.raises(ValueError, match="without positions"):
        again[0].birth_points()


def test_files_that_are_refused(dgms, tmp_path):
    path = tmp_path / "x.npz"
    with pytest.raises(FileNotFoundError):
        ph.load_diagrams(path)
    for content in (b"", b"PK", b"hello", pickle.dumps({"a": 1})):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="not a file of persistence diagrams"):
            ph.load_diagrams(path)
    np.savez(path, about=np.array({"format": 1}, dtype=object))
    with pytest.raises(ValueError, match="not a file"):
        ph.load_diagrams(path)
    np.savez(path, about=np.array(json.dumps({"format": 1, "unit": "Å", "resolution": 0.0, "degrees": [0]})))
    with pytest.raises(ValueError, match="not a file"):
        ph.load_diagrams(path)
    np.savez(path, about=np.array(json.dumps({"format": 99})))
    with pytest.raises(ValueError, match="newer version"):
        ph.load_diagrams(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb, bomb.open("birth_0.npy", "w") as member:
        for _ in range(100):
            member.write(bytes(1 << 20))
    with pytest.raises(ValueError, match="declares"):
        ph.load_diagrams(path)
    dgms.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="not a file"):
        ph.load_diagrams(path)


def test_duplicated_atoms_are_named_as_the_user_knows_them():
    x = np.random.default_rng(1).random((30, 3))
    with pytest.warns(UserWarning, match="coincide"):
        dgms = ph.alpha_persistence(np.concatenate([x[:5], x]))
    assert not np.isin(dgms[1].birth_cell, np.arange(5, 10)).any()


def test_radii_are_not_squared_by_the_user():
    s = ph.sample("silica-glass")
    per_atom = np.where(s.species == "Si", 1.1, 0.6)
    a, b = ph.alpha_persistence(s, radii={"Si": 1.1, "O": 0.6}), ph.alpha_persistence(s, radii=per_atom)
    c = ph.alpha_persistence(ph.Structure(s, radii=per_atom))
    for k in a:
        assert np.array_equal(a[k].birth, b[k].birth)
        assert np.array_equal(a[k].birth, c[k].birth)
    np.testing.assert_allclose(np.unique(a[0].birth.round(9)), [-1.1, -0.6])
    for table in ("covalent", "vdw"):
        assert len(ph.alpha_persistence(s, radii=table)[1]) > 0


def test_squared_values_are_the_squares():
    s = ph.sample("silica-glass")
    a, b = ph.alpha_persistence(s), ph.alpha_persistence(s, values="squared")
    assert b.unit == "Å²"
    for k in a:
        np.testing.assert_allclose(np.sort(a[k].birth) ** 2, np.sort(b[k].birth), rtol=1e-12)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda d: d.longest(-1), "whole number of at least 0"),
        (lambda d: d.longest(2.5), "whole number"),
        (lambda d: d.nearest("a", 1.0), "two numbers"),
        (lambda d: d.nearest(np.nan, 1.0), "two numbers"),
        (lambda d: d.subset(5), "list of integers"),
        (lambda d: d.in_region(birth=(0, 10**400)), "interval"),
        (lambda d: d.histogram(bins=(8, 16)), "whole number"),
        (lambda d: d.histogram(bins=0), "at least 1"),
        (lambda d: d.histogram(bins=10**6), "at most"),
    ],
)
def test_questions_without_an_answer_say_so(ask, says):
    d = ph.alpha_persistence(np.random.default_rng(2).random((30, 3)))[1]
    with pytest.raises(ValueError, match=says):
        ask(d)


def test_degrees_are_a_list():
    for compute in (ph.alpha_persistence, ph.cubical_persistence):
        with pytest.raises(ValueError, match="list of degrees"):
            compute(np.random.default_rng(3).random((20, 3)), degrees=1)


def test_a_hopeless_supercell_is_refused_with_the_figure():
    with pytest.raises(MemoryError, match="GB"):
        ph.alpha_persistence(ph.Structure(np.zeros((1, 3)), cell=np.eye(3)), supercell=10**6)


def test_coordinates_whose_squares_vanish_are_refused():
    with pytest.raises(ValueError, match="are they in Å"):
        ph.alpha_persistence(np.random.default_rng(4).random((20, 3)) * 1e-300)
