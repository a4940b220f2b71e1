"""Slabs and wires are what a fully periodic cell with much vacuum is, below the radius at which images across the vacuum meet."""

from itertools import product

import numpy as np
import pytest
from oracles import in_order, values

import phwidgets as ph

VACUUM = 60.0


def padded(x, cell, pbc, radii=None):
    """The same atoms in a cell that is periodic in all directions, VACUUM Å beyond the atoms."""
    cell = cell.copy()
    for i in range(3):
        if not pbc[i]:
            others = [j for j in range(3) if j != i]
            normal = np.cross(cell[others[0]], cell[others[1]]) if pbc[others[0]] and pbc[others[1]] else cell[i]
            normal = normal / np.linalg.norm(normal)
            cell[i] = normal * (np.ptp(x @ normal) + VACUUM)
    return ph.Structure(x, cell=cell, radii=radii)


def pairs_below(dgms, k, radius):
    """Pairs of one degree with everything above a radius cut off: those that die later only with their birth."""
    d = dgms[k]
    rows = np.column_stack([d.birth, np.where(d.death > radius, radius, d.death)])
    return in_order(rows[d.birth < radius])


def assert_like_vacuum(structure, x, cell, pbc, radii=None):
    here, there = ph.alpha_persistence(structure), ph.alpha_persistence(padded(x, cell, pbc, radii))
    for k in range(3):
        ours, expected = pairs_below(here, k, VACUUM / 2 - 1), pairs_below(there, k, VACUUM / 2 - 1)
        assert len(ours) == len(expected), k
        np.testing.assert_allclose(ours, expected, atol=2e-6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tilt", [False, True])
@pytest.mark.parametrize("pbc", [(True, True, False), (True, False, True), (True, False, False), (False, False, True)])
def test_random(seed, tilt, pbc):
    rng = np.random.default_rng(seed)
    edges = np.where(pbc, 9.0, 5.0)
    cell = np.diag(edges)
    if tilt and sum(pbc) == 2:
        i, j = np.flatnonzero(pbc)
        cell[j, i] = 0.4 * edges[i]
    n = (40, 150, 300, 300)[seed]
    x = rng.random((n, 3)) @ cell
    radii = 0.8 * rng.random(n) if seed == 3 else None
    assert_like_vacuum(ph.Structure(x, cell=cell, pbc=pbc, radii=radii), x, cell, pbc, radii)


def test_few_atoms_far_apart():
    """Large balls over thin slabs: the hull cells have centres far outside."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        cell = np.diag([4.0, 5.0, 1.0])
        x = rng.random((6, 3)) * [4, 5, 0.5]
        assert_like_vacuum(ph.Structure(x, cell=cell, pbc=(True, True, False)), x, cell, (True, True, False))


def test_nothing_dies_far_above_the_thickness():
    """The sketch found pairs such as (18.8, 674.3) in a slab of this size."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x = rng.random((300, 3)) * [9, 9, 7]
        dgms = ph.alpha_persistence(ph.Structure(x, cell=[9, 9, 7], pbc=(True, True, False)))
        assert max(dgms[k].finite.death.max() for k in range(3)) < 9
        assert [int(d.is_essential.sum()) for d in dgms.values()] == [1, 2, 1]


def test_flat_and_straight():
    """A sheet and a chain of atoms in space equal the same atoms in their own dimension."""
    rng = np.random.default_rng(1)
    flat = rng.random((80, 2)) * 5
    sheet = ph.alpha_persistence(ph.Structure(np.pad(flat, ((0, 0), (0, 1))), cell=[5, 5, 9], pbc=(True, True, False)))
    plane = ph.alpha_persistence(ph.Structure(flat, cell=[5, 5]))
    for k in (0, 1):
        np.testing.assert_allclose(values(sheet[k]), values(plane[k]), atol=1e-7)
    chain = np.pad(np.sort(rng.random(20) * 10)[:, None], ((0, 0), (0, 2)))
    wire = ph.alpha_persistence(ph.Structure(chain, cell=[10, 3, 3], pbc=(True, False, False)))
    gaps = np.sort(np.diff(np.append(chain[:, 0], chain[0, 0] + 10))) / 2
    np.testing.assert_allclose(wire[0].finite.death, gaps[:-1], atol=1e-12)
    np.testing.assert_allclose(wire[1].birth, gaps[-1:], atol=1e-12)


@pytest.mark.parametrize("d", [2, 3])
def test_offsets_have_three_columns(d):
    """However many directions there are, and however many of them are periodic."""
    x = np.random.default_rng(0).random((40, d))
    for pbc in product([False, True], repeat=d):
        for k, diagram in ph.alpha_persistence(ph.Structure(x, cell=np.eye(d), pbc=pbc)).items():
            assert diagram.birth_offset.shape == (len(diagram), k + 1, 3)
            assert diagram.death_offset.shape == (len(diagram), k + 2, 3)
            across = np.flatnonzero(diagram.birth_offset.any(axis=(0, 1)) | diagram.death_offset.any(axis=(0, 1)))
            assert set(across) <= set(np.flatnonzero(pbc))
