"""The coarse-grained graph, against sets compared by brute force."""

import itertools

import numpy as np
import pytest

import phwidgets as ph
from phwidgets.inverse.coarse import coarse_grain
from phwidgets.inverse.kinds import group_shapes


def by_hand(volumes, cell):
    """Shared atoms of every two open shapes, images included, by comparing positions."""
    out = {}
    steps = list(itertools.product(range(-2, 3), repeat=3))
    for i, a in enumerate(volumes):
        for b in volumes[i:]:
            for s in steps:
                if a is b and s <= (0, 0, 0):
                    continue
                moved = b.points + np.array(s) @ cell
                near = np.linalg.norm(a.points[:, None] - moved[None], axis=2) < 1e-6
                if near.any():
                    out[a.pair_id, b.pair_id, s] = int(near.sum())
    return out


@pytest.mark.parametrize("degree", [1, 2])
def test_shared_atoms_and_their_images_are_those_found_by_hand(degree):
    rng = np.random.default_rng(degree)
    cell = np.array([[5.0, 0, 0], [1, 5, 0], [0.5, -1, 5]])
    structure = ph.Structure(rng.random((40, 3)) @ cell, cell=cell, pbc=True)
    volumes = [v for v in ph.optimal_volumes(ph.alpha_persistence(structure)[degree].longest(25)) if not v.winds and not v.problem]
    expected = by_hand(volumes, cell)
    graph = coarse_grain(volumes)
    assert graph.number_of_edges() == len(expected)
    for a, b, data in graph.edges(data=True):
        assert {data["source"], data["target"]} == {a, b}
        shift = data["offset"]
        found = {(data["source"], data["target"], shift), (data["target"], data["source"], tuple(-x for x in shift))} & set(expected)
        assert len(found) == 1
        assert data["shared"] == expected[found.pop()]
        assert 1 <= len(data["atoms"]) <= data["shared"]


def test_cavities_share_faces():
    """Two tetrahedra on one triangle, far from a third."""
    x = np.array([[0, 0, 0], [2, 0, 0], [1, 1.8, 0], [1, 0.6, 1.7], [1, 0.6, -1.7]])
    rng = np.random.default_rng(0)
    far = rng.random((4, 3)) + 30
    d = ph.alpha_persistence(np.vstack([x, far]))[2]
    volumes = ph.optimal_volumes(d)
    graph = coarse_grain(volumes, by="faces")
    assert graph.number_of_nodes() == len(d)
    touching = {(a, b): e["atoms"] for a, b, e in graph.edges(data=True)}
    assert all(atoms == [0, 1, 2] for atoms in touching.values())
    edges = coarse_grain(volumes, by="edges")
    atoms = coarse_grain(volumes, by="atoms")
    for a, b in touching:
        assert edges[a][b][0]["shared"] == atoms[a][b][0]["shared"] == 3


def test_nodes_carry_what_is_known_of_them():
    rings = ph.optimal_volumes(ph.alpha_persistence(ph.sample("cristobalite"))[1].longest(30))
    kinds = group_shapes(rings)
    graph = coarse_grain(rings, kinds=kinds)
    frame = rings.to_frame()
    assert list(graph) == [v.pair_id for v in rings]
    for pair, data in graph.nodes(data=True):
        assert data["kind"] == kinds.labels[pair]
        assert data["perimeter (Å)"] == frame.loc[pair, "perimeter (Å)"]
        assert data["centre"] == pytest.approx(frame.loc[pair, ["centre x (Å)", "centre y (Å)", "centre z (Å)"]].tolist())
    assert all(e["shared"] >= 2 for *_, e in coarse_grain(rings, at_least=2).edges(data=True))
    assert coarse_grain(rings, at_least=99).number_of_edges() == 0


def test_what_has_no_place_is_named():
    d = ph.alpha_persistence(ph.Structure(np.random.default_rng(0).random((20, 3)), cell=np.eye(3)))[1]
    volumes = ph.optimal_volumes(d)
    graph = coarse_grain(volumes)
    assert sorted([*graph, *graph.graph["left_out"]]) == d.pair_id.tolist()
    assert len(graph.graph["left_out"]) >= 3
    with pytest.raises(ValueError, match="'atoms', 'edges' or 'faces'"):
        coarse_grain(volumes, by="bonds")
    with pytest.raises(ValueError, match="only cavities"):
        coarse_grain(volumes, by="faces")
    with pytest.raises(ValueError, match="at_least"):
        coarse_grain(volumes, at_least=0)
    assert len(coarse_grain(volumes[:0])) == 0
