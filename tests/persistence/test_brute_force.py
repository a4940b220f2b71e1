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
    found = values(ph.alpha_persistence(structure, values="squared")[0])
    expected = merge_tree(x, radii, cell, pbc, reach=2 if n < 100 else 1)
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


def check_betti(structure, d, grid, tries=6, open_margin=None):
    dgms = ph.alpha_persistence(structure, values="squared")
    radii = structure.radii
    rng = np.random.default_rng(0)
    events = np.unique(np.concatenate([np.concatenate([k.birth, k.finite.death]) for k in dgms.values()]))
    checked = []
    for t in rng.uniform(events[0], events[-1] * 1.02, 200):
        margin = 0.0 if open_margin is None else float(np.sqrt(max(t, 0) + (0 if radii is None else (radii**2).max()))) + 0.05
        size = np.ptp(structure.positions, axis=0).max() + 2 * margin if structure.cell is None else 1.0
        roughly = 2 * np.sqrt(max(t, 0) + (0 if radii is None else (radii**2).max())) * size * np.sqrt(d) / grid * 1.6
        if not no_event_near(dgms, t, roughly):
            continue
        betti, delta = grid_betti(structure.positions, structure.cell, t, grid, radii, margin if open_margin is not None else None)
        if not no_event_near(dgms, t, 2 * delta):
            continue
        ours = betti_of(dgms, t)
        assert betti[: len(ours)] == ours, t
        checked.append(tuple(ours))
        if len(checked) == tries:
            break
    return checked


@pytest.mark.parametrize("n", [1, 2, 5, 12])
@pytest.mark.parametrize("kind", ["none", "hiding"])
def test_union_of_discs_on_a_torus(n, kind):
    rng = np.random.default_rng(n)
    structure = ph.Structure(rng.random((n, 2)) @ SKEW[2], cell=SKEW[2], radii=radii_of(kind, rng, n))
    assert len(check_betti(structure, 2, 300)) >= 2


@pytest.mark.parametrize("n", [3, 8, 15])
@pytest.mark.parametrize("kind", ["none", "hiding"])
def test_union_of_open_discs(n, kind):
    rng = np.random.default_rng(n)
    structure = ph.Structure(rng.random((n, 2)), radii=radii_of(kind, rng, n))
    assert check_betti(structure, 2, 300, open_margin=True)


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("kind", ["none", "hiding"])
def test_union_of_balls_on_a_torus(n, kind):
    rng = np.random.default_rng(10 + n)
    structure = ph.Structure(rng.random((n, 3)) @ SKEW[3], cell=SKEW[3], radii=radii_of(kind, rng, n))
    assert check_betti(structure, 3, 56, tries=3)


def test_union_of_open_balls():
    rng = np.random.default_rng(2)
    angles = np.linspace(0, 2 * np.pi, 7)[:-1]
    ring = np.column_stack([np.cos(angles), np.sin(angles), 0.1 * rng.random(6)])
    assert (1, 1, 0) in check_betti(ph.Structure(ring), 3, 56, tries=4, open_margin=True)
