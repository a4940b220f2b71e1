"""delaunay="exact", supercell= and the refusal of what does not fit into memory."""

import numpy as np
import pytest
from crystals import CRYSTALS, supercell
from oracles import gudhi_alpha, gudhi_values, in_order, values

import phwidgets as ph
from phwidgets.persistence import memory


@pytest.mark.parametrize("pbc", [(False,) * 3, (True,) * 3, (True, True, False), (False, False, True)])
@pytest.mark.parametrize("with_radii", [False, True])
def test_exact_is_the_same(pbc, with_radii):
    rng = np.random.default_rng(0)
    s = ph.Structure(
        rng.random((80, 3)) * 4,
        cell=[4, 4, 4] if any(pbc) else None,
        pbc=pbc if any(pbc) else None,
        radii=rng.random(80) if with_radii else None,
    )
    fast, exact = ph.alpha_persistence(s), ph.alpha_persistence(s, delaunay="exact")
    for k in fast:
        np.testing.assert_allclose(values(fast[k]), values(exact[k]), atol=1e-12)


def test_exact_crystals_and_planes():
    c = CRYSTALS["fcc"]
    s = supercell(c, (3, 3, 3))
    for structure in (s, s.positions, s.positions[:, :2][:50] + 0.01 * s.positions[:50, 2:], s.positions[:1], s.positions[:2]):
        fast, exact = ph.alpha_persistence(structure), ph.alpha_persistence(structure, delaunay="exact")
        for k in fast:
            assert len(fast[k]) == len(exact[k])
            np.testing.assert_allclose(values(fast[k]), values(exact[k]), atol=1e-12)


@pytest.mark.parametrize("delaunay", ["fast", "exact"])
def test_outlier(delaunay):
    """One atom at 1e7, where triangulations in floating point alone give up."""
    x = np.concatenate([np.random.default_rng(0).random((40, 3)), [[1e7, 0, 0]]])
    dgms = ph.alpha_persistence(x, delaunay=delaunay, values="squared")
    for k, rows in gudhi_alpha(x).items():
        ours, theirs = values(dgms[k]), gudhi_values(rows)
        near = (np.sqrt(v[v[:, 1] < 1e3]) for v in (ours, theirs))
        ours, theirs = (in_order(v[v[:, 1] - v[:, 0] > 1e-3]) for v in near)
        assert len(ours) == len(theirs)
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("far", [1e11, 1e13])
def test_what_an_outlier_leaves_unresolved_is_said(far):
    x = np.concatenate([np.random.default_rng(0).random((40, 3)), [[far, 0, 0]]])
    with pytest.warns(UserWarning, match="coincide"):
        dgms = ph.alpha_persistence(x)
    assert dgms.resolution > 1e-13 * far
    assert all((d.persistence > dgms.resolution).all() for d in dgms.values())


@pytest.mark.parametrize("name", ["fcc primitive", "diamond", "graphene", "chain"])
def test_supercell_of_crystals(name):
    c = CRYSTALS[name]
    one = supercell(c, (1, 1, 1))
    k = 3
    dgms = ph.alpha_persistence(one, supercell=k)
    explicit = ph.alpha_persistence(supercell(c, np.where(c.pbc, k, 1)))
    n = len(one) * k ** sum(c.pbc)
    for degree in explicit:
        np.testing.assert_allclose(values(dgms[degree]), values(explicit[degree]), atol=1e-9)
        assert dgms[degree].birth_cell.max(initial=0) < len(one)
    for degree, expected in c.pairs.items():
        for (birth, death), number in expected.items():
            row = dgms[degree].nearest(birth, death)
            if number(n):
                assert dgms.multiplicities[degree][row.pair_id[0]] == number(n)


def test_supercell_of_a_glass():
    rng = np.random.default_rng(1)
    s = ph.Structure(rng.random((30, 3)) * [3, 3, 4], cell=[3, 3, 4], radii=0.2 * rng.random(30))
    one, eight = ph.alpha_persistence(s), ph.alpha_persistence(s, supercell=(2, 2, 2))
    assert eight.source == s
    for k in (1, 2):
        local = eight.multiplicities[k] == 8
        assert abs(local.sum() / 8 - len(one[k])) <= 10
        assert local.mean() > 0.9
        # atoms and offsets are those of the one cell: the simplices span what they claim
        points = eight[k].finite.death_points()
        reference = (eight[k].finite.death[:, None] ** 2) * np.sign(eight[k].finite.death)[:, None]
        for p, cell, t in zip(points, eight[k].finite.death_cell, reference, strict=True):
            u = p[1:] - p[0]
            w = s.radii[cell] ** 2
            c = u.T @ np.linalg.solve(u @ u.T, 0.5 * ((u**2).sum(1) + w[0] - w[1:]))
            assert abs(c @ c - w[0] - t[0]) < 1e-5 * max(1, abs(t[0]))


def test_supercell_of_one_and_of_nothing():
    s = ph.sample("silica-glass")
    plain, same = ph.alpha_persistence(s), ph.alpha_persistence(s, supercell=1)
    for k in plain:
        assert np.array_equal(plain[k].death, same[k].death)
        assert np.array_equal(plain[k].death_offset, same[k].death_offset)
    assert plain.multiplicities is None
    assert len(ph.alpha_persistence(s.positions[:9], supercell=2)[0]) == 9  # nothing to repeat in an open cluster


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "2", (2, 2), (1, 2, 0), None.__class__, (1, 1, 2)])
def test_wrong_supercells(wrong):
    s = ph.Structure(np.random.default_rng(0).random((9, 3)), cell=[1, 1, 1], pbc=(True, True, False))
    with pytest.raises(ValueError, match="supercell"):
        ph.alpha_persistence(s, supercell=wrong)


def test_wrong_delaunay():
    with pytest.raises(ValueError, match="'exact'"):
        ph.alpha_persistence(np.zeros((3, 3)), delaunay="qhull")


def test_memory(monkeypatch):
    """A hopeless request is refused with the figures, before it starts."""
    assert memory.available() > 1e8
    monkeypatch.setattr(memory, "available", lambda: 1e7)
    with pytest.raises(MemoryError, match=r"about 0\.\d GB and 0\.0 GB are free"):
        ph.alpha_persistence(np.random.default_rng(0).random((20_000, 3)))
    # a million open atoms take 2.3 GB, and images in a periodic cell come on top
    x = np.random.default_rng(0).random((100_000, 3))
    with pytest.raises(MemoryError, match=r"about 0\.3 GB"):
        ph.alpha_persistence(x)
    with pytest.raises(MemoryError, match=r"about 0\.[3-5] GB"):
        ph.alpha_persistence(ph.Structure(x, cell=np.eye(3)))
    assert len(ph.alpha_persistence(np.random.default_rng(0).random((100, 3)))[0]) == 100
