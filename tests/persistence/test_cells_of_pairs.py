"""Every pair names its simplices: their vertices, at the offsets given, span a ball of exactly the birth or death radius."""

import numpy as np
import pytest
from crystals import CRYSTALS, supercell

import phwidgets as ph


def orthoball(points, weights):
    """Least t at which the balls of a simplex's vertices meet in one point of its affine hull, by linear algebra."""
    u = points[1:] - points[0]
    if not len(u):
        return -weights[0]
    rhs = 0.5 * ((u**2).sum(1) + weights[0] - weights[1:])
    c = u.T @ np.linalg.solve(u @ u.T, rhs)
    return c @ c - weights[0]


def assert_spanned(dgms, rtol=1e-9):
    s = dgms.source
    w = np.zeros(len(s)) if s.radii is None else s.radii**2
    for d in dgms.values():
        for points, cells, t, dead in (
            (d.birth_points(), d.birth_cell, d.birth, None),
            (d.death_points(), d.death_cell, d.death, d.is_essential),
        ):
            for i in np.flatnonzero(~dead) if dead is not None else range(len(d)):
                own = orthoball(points[i], w[cells[i]])
                assert abs(own - t[i]) <= rtol * max(abs(t[i]), 1) + 1e-12, (d.degree, i, own, t[i])


CELL = np.array([[5.0, 0, 0], [1.2, 4.7, 0], [-0.8, 1.5, 5.4]])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pbc", [(False,) * 3, (True,) * 3, (True, True, False), (False, True, True), (False, False, True)])
@pytest.mark.parametrize("with_radii", [False, True])
def test_random(seed, pbc, with_radii):
    rng = np.random.default_rng(seed)
    n = (2, 5, 40, 150)[seed]
    # written in other translates, and a lattice that is not reduced
    cell = CELL + [[0], [2], [0]] * CELL[0] if seed == 2 else CELL
    x = rng.random((n, 3)) @ cell + (rng.integers(-3, 4, (n, 3)) * np.array(pbc)) @ cell
    radii = 0.5 * rng.random(n) if with_radii else None
    periodic = any(pbc)
    s = ph.Structure(x, cell=cell if periodic else None, pbc=pbc if periodic else None, radii=radii)
    assert_spanned(ph.alpha_persistence(s, values="squared"), rtol=1e-7)


def test_plane():
    rng = np.random.default_rng(0)
    x = rng.random((40, 2)) * 3
    for s in (ph.Structure(x), ph.Structure(x, cell=[3, 3]), ph.Structure(x, cell=[3, 3], pbc=(True, False), radii=0.2 * rng.random(40))):
        assert_spanned(ph.alpha_persistence(s, values="squared"), rtol=1e-7)


@pytest.mark.parametrize("name", ["fcc primitive", "diamond", "cristobalite primitive", "graphene", "chain", "quartz"])
def test_crystals(name):
    """At the true positions too, which the pairing does not see."""
    c = CRYSTALS[name]
    for k in (1, 2):
        assert_spanned(ph.alpha_persistence(supercell(c, np.where(c.pbc, k, 1)), values="squared"), rtol=1e-6)


def test_first_vertex_lies_in_its_own_place():
    dgms = ph.alpha_persistence(ph.sample("silica-glass"))
    for d in dgms.values():
        assert not d.birth_offset[:, 0].any()
        assert not d.death_offset[:, 0].any()
        assert d.birth_offset.shape == (*d.birth_cell.shape, 3)
    assert dgms[1].birth_offset.any()
    assert not ph.alpha_persistence(ph.sample("silica-glass").positions)[1].birth_offset.any()


def test_offsets_that_take_long_numbers():
    """In vectors that lean far over, an atom some thousand cells away is billions of them away."""
    rng = np.random.default_rng(0)
    x, lean = 10 * rng.random((30, 3)), 1_000_000
    cell = 10 * np.array([[1, 0, 0], [lean, 1, 0], [0, 0, 1]])
    x[::2, 1] += 10 * 5_000  # whole lattice vectors, of the second 5,000 and of the first -5,000 * lean
    dgms = ph.alpha_persistence(ph.Structure(x, cell=cell))
    plain = ph.alpha_persistence(ph.Structure(x, cell=[10, 10, 10]))
    for d, other in zip(dgms.values(), plain.values(), strict=True):
        for kind in ("birth", "death"):
            np.testing.assert_allclose(getattr(d, kind), getattr(other, kind), atol=1e-6)
            offset = getattr(d, f"{kind}_offset")
            assert np.array_equal(getattr(d, f"{kind}_cell"), getattr(other, f"{kind}_cell"))
            assert np.array_equal(offset @ [[1, 0, 0], [lean, 1, 0], [0, 0, 1]], getattr(other, f"{kind}_offset"))
    assert np.abs(dgms[1].birth_offset).max() > 2**31


def test_ring_across_the_border():
    """A hexagon cut by the cell: its atoms are named, and lie together once unwrapped."""
    angles = np.arange(6) * np.pi / 3
    ring = 1.4 * np.column_stack([np.cos(angles), np.sin(angles), 0 * angles])
    d = ph.alpha_persistence(ph.Structure(ring % 20, cell=[20, 20, 20]))[1].in_region(death=(0, 2))
    assert (len(d), *d.birth.round(9), *d.death.round(9)) == (1, 0.7, 1.4)
    points = d.death_points()[0]
    assert np.linalg.norm(points[:, None] - points[None], axis=-1).max() < 2.81
