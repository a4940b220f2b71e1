"""Branches of the merge trees as slices, against walks through the complex; stable components; speed."""

import time

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import phwidgets as ph
from phwidgets.inverse.plan import Plan
from phwidgets.inverse.source import source_of

CELL = np.array([[8.0, 0, 0], [2, 7, 0], [1, -2, 9]])


def cloud(kind, seed, n=120):
    rng = np.random.default_rng(seed)
    x = rng.random((n, 3)) @ CELL
    if kind == "open":
        return ph.Structure(x)
    return ph.Structure(x, cell=CELL, pbc=True, radii=rng.uniform(0.2, 1.0, n) if kind == "weighted" else None)


@pytest.mark.parametrize("kind", ["open", "periodic", "weighted"])
@pytest.mark.parametrize("epsilon", [None, 0.0, 0.1, 0.3])
def test_a_stable_component_is_what_is_connected_epsilon_before_its_death(kind, epsilon):
    structure = cloud(kind, 1)
    d = ph.alpha_persistence(structure)[0].finite
    source = source_of(structure)
    volumes = ph.optimal_volumes(d) if epsilon is None else ph.stable_volumes(d, epsilon)
    ends, level = source.atoms(1), source.radii(1)
    tried = 0
    for row, v in enumerate(volumes):
        if epsilon and d.birth[row] + epsilon >= d.death[row]:
            assert "epsilon" in v.problem
            continue
        before = ends[level < source.radius_of(d.death[row] - (epsilon or 0), "Å") - source.tolerance]
        graph = coo_array((np.ones(len(before)), before.T), shape=(len(structure),) * 2)
        label = connected_components(graph, directed=False)[1]
        assert v.atoms.tolist() == np.flatnonzero(label == label[d.birth_cell[row, 0]]).tolist()
        tried += 1
    assert tried > 30
    if epsilon:
        whole = {v.pair_id: set(v.atoms) for v in ph.optimal_volumes(d)}
        assert all(set(v.atoms) <= whole[v.pair_id] for v in volumes)


def test_atoms_that_touch_at_once_are_stable_alone():
    d = ph.alpha_persistence(ph.sample("cristobalite"))[0].finite
    volumes = ph.stable_volumes(d, 0.01)
    assert all(v.size == 1 and not v.problem for v in volumes)
    assert all("epsilon" in v.problem for v in ph.stable_volumes(d, 10.0))


def test_components_lie_in_one_piece_across_the_border():
    structure = cloud("periodic", 2, n=300)
    d = ph.alpha_persistence(structure)[0].finite
    crossing = 0
    for v, death in zip(ph.optimal_volumes(d), d.death, strict=True):
        near = np.linalg.norm(v.points[:, None] - v.points, axis=2) < 2 * death * (1 + 1e-9)
        assert connected_components(near, directed=False)[0] == 1
        assert np.allclose(v.points, structure.positions[v.boundary[:, 0]] + v.offsets @ CELL)
        crossing += bool(v.offsets.any())
    assert crossing > 10


@pytest.mark.parametrize("kind", ["open", "periodic", "weighted"])
def test_cavities_are_the_top_cells_that_hang_together(kind):
    structure = cloud(kind, 3)
    d = ph.alpha_persistence(structure)[2].finite
    plan, cofaces = Plan.of(d), source_of(structure).complex.cofaces
    volumes = plan.volumes()
    for row in range(len(d)):
        open_ = (plan.fillings.facet_rank > plan.limits[row]) & (cofaces >= 0).all(axis=1)
        n = len(plan.fillings.cell_rank)
        label = connected_components(coo_array((np.ones(open_.sum()), cofaces[open_].T), shape=(n, n)), directed=False)[1]
        own = np.flatnonzero(label == label[plan.deaths[row]])
        assert sorted(plan.branches.leaves(row).tolist()) == own.tolist()
        assert plan.branches.leaves(row)[0] == plan.deaths[row]
        assert volumes[row].size == len(own)


def test_nothing_is_made_before_it_is_looked_at():
    d = ph.alpha_persistence(cloud("open", 4))[2]
    volumes = ph.optimal_volumes(d)
    assert "made when looked at" in repr(volumes)
    assert volumes[3] is volumes[3]
    assert volumes[2:5][1] is volumes[3]
    assert volumes[-1].pair_id == d.pair_id[-1]
    with pytest.raises(IndexError):
        volumes[len(d)]


def test_all_branches_of_many_atoms_take_a_moment():
    """A share of the time of the diagram itself, so that it holds on any machine."""
    structure = ph.Structure(np.random.default_rng(5).random((10_000, 3)) * 20)
    start = time.process_time()
    dgms = ph.alpha_persistence(structure)
    diagram = time.process_time() - start
    plans = [Plan.of(dgms[k].finite) for k in (0, 2)]
    start = time.process_time()
    found, joined = plans[1].branches, plans[0].branches
    assert time.process_time() - start < 0.25 * diagram
    assert len(found) == len(dgms[2].finite)
    assert len(joined) == 9_999
