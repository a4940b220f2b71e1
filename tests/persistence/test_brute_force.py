"""Small sets against the union of balls itself: components by brute force, Betti numbers on a grid."""

import numpy as np
import pytest
from oracles import betti_of, grid_betti, merge_tree, no_event_near, values

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


@pytest.mark.parametrize("kind", ["none", "hiding"])
def test_components_of_one_and_two_atoms(kind):
    """Balls larger than the cell overlap their own images."""
    for n in (1, 2, 3):
        rng = np.random.default_rng(n)
        x, radii = rng.random((n, 3)) @ SKEW[3], radii_of(kind, rng, n)
        found = values(ph.alpha_persistence(ph.Structure(x, cell=SKEW[3], radii=radii), values="squared")[0])
        np.testing.assert_allclose(found, merge_tree(x, radii, SKEW[3]), atol=1e-12)


def assert_near_grid(structure, n):
    """Diagrams of the distance to the balls, sampled on a grid, differ by less than half a voxel's diagonal (stability)."""
    dgms = ph.alpha_persistence(structure)
    grid, spacing = grid_diagrams(structure.positions, structure.cell, n, structure.radii)
    for k, d in dgms.items():
        ours = np.column_stack([d.birth, d.death])
        if structure.cell is None:  # the box ends where the balls still grow
            grid[k] = grid[k][grid[k][:, 0] < BOX]
        assert gudhi.bottleneck_distance(ours, grid[k], 1e-6) <= spacing, k
    return dgms
