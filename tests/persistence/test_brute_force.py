"""Small sets against the union of balls itself: components by brute force, Betti numbers on a grid."""

import gudhi
import numpy as np
import pytest
from oracles import BOX, grid_diagrams, merge_tree, values

import phwidgets as ph

SKEW = {2: np.array([[1.0, 0.0], [0.35, 0.8]]), 3: np.array([[1.0, 0, 0], [0.3, 0.9, 0], [-0.2, 0.4, 0.8]])}


def radii_of(kind, rng, n):
    return {"none": None, "alike": 0.05 + 0.05 * rng.random(n), "hiding": 0.4 * rng.random(n) ** 2}[kind]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["none", "alike", "hiding"])
@pytest.mark.parametrize("pbc", [(False,) * 3, (True, False, False), (True, True, False), (True,) * 3])
def test_components(seed, kind, pbc):
    rng = np.random.default_rng(seed)
    n = (7, 20, 60, 150, 300)[seed]
    x, radii = rng.random((n, 3)) @ SKEW[3], radii_of(kind, rng, n)
    cell = SKEW[3] if any(pbc) else None
    structure = ph.Structure(x, cell=cell, pbc=pbc if any(pbc) else None, radii=radii)
    dgms = ph.alpha_persistence(structure, values="squared")
    found, expected = values(dgms[0]), merge_tree(x, radii, cell, pbc, reach=2 if n < 100 else 1)
    found, expected = (v[v[:, 1] - v[:, 0] > 4 * dgms.resolution] for v in (found, expected))
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_components_where_atoms_lie_on_the_balls_of_others():
    """On lattices with round radii: whether such an atom is born before it is hidden is decided by rounding, but it never lives."""
    inputs = [(np.array([[1, 0, 2], [1, 0, 0], [1, 2, 1], [1, 0, 1.0]]), np.array([1.25, 1.25, 0.75, 0.75]))]
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = np.unique(rng.integers(0, 3, (rng.integers(4, 11), 3)).astype(float), axis=0)
        inputs.append((x, rng.choice([[2, 1, 0.5], [1.25, 0.75, 0.75]][seed % 2], len(x))))
    for x, radii in inputs:
        dgms = ph.alpha_persistence(x, radii=radii, values="squared")
        found, expected = (v[v[:, 1] - v[:, 0] > 4 * dgms.resolution] for v in (values(dgms[0]), merge_tree(x, radii)))
        np.testing.assert_allclose(found, expected, atol=1e-9, err_msg=str((x, radii)))


@pytest.mark.parametrize("kind", ["none", "hiding"])
def test_components_of_one_and_two_atoms(kind):
    """Balls larger than the cell overlap their own images."""
    for n in (1, 2, 3):
        rng = np.random.default_rng(n)
        x, radii = rng.random((n, 3)) @ SKEW[3], radii_of(kind, rng, n)
        found = values(ph.alpha_persistence(ph.Structure(x, cell=SKEW[3], radii=radii), values="squared")[0])
        np.testing.assert_allclose(found, merge_tree(x, radii, SKEW[3]), atol=1e-12)


def assert_near_grid(structure, n):
    """Diagrams of the distance to the balls, sampled on a grid, differ by less than half a voxel's diagonal (stability).

    So the Betti numbers of the union of balls are right at all radii, but for features smaller than a voxel.
    """
    dgms = ph.alpha_persistence(structure, values="squared")
    sampled, half = grid_diagrams(structure.positions, structure.cell, n, structure.radii)
    heaviest = 0.0 if structure.radii is None else float(structure.radii.max() ** 2)
    for k, d in dgms.items():
        ours, theirs = np.sqrt(np.maximum(np.column_stack([d.birth, d.death]) + heaviest, 0)), sampled[k]
        if structure.cell is None:  # where balls reach the border of the box, its shape counts too
            ours, theirs = (np.minimum(v, BOX) for v in (ours, theirs))
            ours, theirs = (v[v[:, 0] < v[:, 1]] for v in (ours, theirs))
        assert gudhi.bottleneck_distance(ours, theirs, 0.0) <= half * 1.000001, k
    return dgms


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["none", "alike", "hiding"])
@pytest.mark.parametrize("torus", [True, False])
def test_union_of_discs(seed, kind, torus):
    rng = np.random.default_rng(seed)
    n = (1, 3, 12, 25)[seed]
    x = rng.random((n, 2)) @ SKEW[2]
    assert_near_grid(ph.Structure(x, cell=SKEW[2] if torus else None, radii=radii_of(kind, rng, n)), 160)


@pytest.mark.parametrize("n", [1, 2, 6])
@pytest.mark.parametrize("kind", ["none", "hiding"])
def test_union_of_balls_on_a_torus(n, kind):
    rng = np.random.default_rng(10 + n)
    assert_near_grid(ph.Structure(rng.random((n, 3)) @ SKEW[3], cell=SKEW[3], radii=radii_of(kind, rng, n)), 30)


def test_union_of_open_balls():
    rng = np.random.default_rng(2)
    angles = np.linspace(0, 2 * np.pi, 7)[:-1]
    ring = 0.4 * np.column_stack([np.cos(angles), np.sin(angles), 0.1 * rng.random(6)])
    dgms = assert_near_grid(ph.Structure(ring), 40)
    assert len(dgms[1]) == 1


def test_corners_of_the_cell():
    """Atoms exactly on the border of the cell, each written in another of its translates."""
    x = np.array([[0, 0], [1, 0.5], [0.5, 1], [0.25, 0.75]]) @ SKEW[2]
    for shift in ([0, 0], [1, -1], [-3, 7]):
        dgms = assert_near_grid(ph.Structure(x + np.array(shift) @ SKEW[2], cell=SKEW[2]), 160)
        assert len(dgms[0]) == 4
