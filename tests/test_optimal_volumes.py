"""Optimal and stable volumes: known rings, an independent linear programme, an independent rank, and what must hold of every volume."""

import gc
import weakref
from dataclasses import replace
from threading import Thread

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_array, hstack
from scipy.sparse.csgraph import connected_components

import phwidgets as ph
from phwidgets.inverse.optimal import optimal_volumes, stable_volumes
from phwidgets.inverse.source import Source, source_of
from phwidgets.persistence.recent import recall


def circle(n, noise=0.02):
    angle = 2 * np.pi * np.arange(n) / n
    x = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(n)])
    return x + noise * np.random.default_rng(n).normal(size=x.shape)


def cloud(kind, seed, n=60):
    rng = np.random.default_rng(seed)
    x = rng.random((n, 3))
    cell = np.array([[8.0, 0, 0], [2, 7, 0], [1, -2, 9]]) if kind != "cube" else np.diag([8.0, 8, 8])
    radii = rng.uniform(0.2, 1.0, n) if kind == "weighted" else None
    if kind == "open":
        return ph.Structure(x @ cell)
    return ph.Structure(x @ cell, cell=cell, pbc=(True, True, False) if kind == "slab" else True, radii=radii)


KINDS = ["open", "cube", "oblique", "slab", "weighted"]


class Whole:
    """The whole complex of a structure as dense arrays in filtration order, written without the code under test."""

    def __init__(self, structure):
        self.source = source_of(structure)
        c = self.source.complex
        self.facets = c.facets[2]
        self.edge_value, self.value = c.values[1], c.values[2]
        self.edge_rank = np.argsort(np.argsort(c.values[1], kind="stable"))
        self.rank = np.argsort(np.argsort(c.values[2], kind="stable"))
        self.names = {}
        for degree in (1, 2):
            for i, (atoms, offsets) in enumerate(zip(self.source.atoms(degree), self.source.offsets(degree), strict=True)):
                self.names[(*atoms, *(offsets - offsets[:1]).ravel())] = i
        corners = self.source.triangulation.points[c.vertices[2]]
        a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        gram = (a**2).sum(1) * (b**2).sum(1) - (a * b).sum(1) ** 2
        self.area = np.sqrt(np.maximum(gram, 0)) / 2

    def find(self, atoms, offsets):
        return self.names[(*atoms, *(offsets - offsets[:1]).ravel())]

    def optimum(self, triangle, forbidden, cost):
        """Minimal cost of a chain of all triangles up to this one that has no boundary on the forbidden edges (mask)."""
        allowed = np.flatnonzero(self.rank <= self.rank[triangle])
        column = np.repeat(np.arange(len(allowed)), 3)
        row = self.facets[allowed].ravel()
        sign = np.tile([1.0, -1, 1], len(allowed))
        keep = forbidden[row]
        A = coo_array((sign[keep], (row[keep], column[keep])), shape=(len(forbidden), len(allowed))).tocsc()[forbidden]
        at = allowed == triangle
        low = np.concatenate([at, np.zeros(len(at))])
        high = np.where(np.concatenate([at, np.zeros(len(at))]), 1, np.where(np.concatenate([at, at]), 0, np.inf))
        w = np.ones(len(allowed)) if cost == "unit" else self.area[allowed]
        found = linprog(np.tile(w, 2), A_eq=hstack([A, -A]), b_eq=np.zeros(A.shape[0]), bounds=np.column_stack([low, high]), method="highs")
        assert found.status == 0
        return found.fun


def triangles_of(whole, volume):
    """Indices of a volume's triangles; cells without parallels, so that three atoms are one triangle."""
    known = {}
    for name, i in whole.names.items():
        if len(name) == 12:  # three atoms and their offsets
            known.setdefault(name[:3], []).append(i)
    found = [known[tuple(t)] for t in volume.simplices.tolist()]
    return [f[0] for f in found] if all(len(f) == 1 for f in found) else None


@pytest.mark.parametrize("n", [4, 5, 8, 13])
def test_a_ring_of_n_atoms_is_its_n_atoms_in_order(n):
    rings = ph.alpha_persistence(circle(n))[1].longest(1)
    for volumes in (optimal_volumes(rings), optimal_volumes(rings, cost="area"), stable_volumes(rings, 0.01)):
        (ring,) = volumes
        assert ring.certified
        assert not ring.winds
        assert ring.size == n - 2
        assert ring.atoms.tolist() == list(range(n))
        assert set((np.diff(np.append(ring.loop, ring.loop[0])) % n).tolist()) in ({1}, {n - 1})
        assert sorted(map(tuple, np.sort(ring.boundary, 1).tolist())) == sorted(tuple(sorted((i, (i + 1) % n))) for i in range(n))


def test_rings_of_beta_cristobalite_have_six_silicons_in_turn_with_oxygen():
    rings = ph.alpha_persistence(ph.sample("cristobalite"))[1].finite
    volumes = optimal_volumes(rings)
    assert {v.sequence for v in volumes} == {"-".join(["O", "Si"] * 6)}
    assert all(v.certified and v.size == 10 and not v.winds for v in volumes)
    table = volumes.to_frame()
    assert np.allclose(table["perimeter (Å)"], 12 * 7.16 * np.sqrt(3) / 8)
    assert table["certified"].all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_optimum_is_that_of_the_whole_complex(kind):
    structure = cloud(kind, KINDS.index(kind))
    whole = Whole(structure)
    rings = ph.alpha_persistence(structure)[1].longest(46)
    level = whole.source.radii(1)
    compared = {"unit": 0, "area": 0}
    for cost in ("unit", "area"):
        for row, v in enumerate(optimal_volumes(rings, cost=cost)):
            assert not v.problem
            if not v.certified:
                continue
            birth = level[whole.find(rings.birth_cell[row], rings.birth_offset[row])]
            triangle = whole.find(rings.death_cell[row], rings.death_offset[row])
            best = whole.optimum(triangle, level > birth + whole.source.tolerance, cost)
            chain = triangles_of(whole, v)
            if cost == "unit":
                assert v.size == pytest.approx(best)
            elif chain is not None:
                assert whole.area[chain].sum() == pytest.approx(best, rel=1e-5)
            compared[cost] += cost == "unit" or chain is not None
    assert compared["unit"] >= 42  # of each of five kinds
    assert compared["area"] >= 20


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_what_must_hold_of_every_volume(kind, epsilon):
    structure = cloud(kind, 10 + KINDS.index(kind))
    rings = ph.alpha_persistence(structure)[1].finite
    rings = rings.subset(rings.pair_id[rings.persistence > epsilon])
    volumes = stable_volumes(rings, epsilon)
    assert [v.pair_id for v in volumes] == rings.pair_id.tolist()
    assert sum(bool(v.problem) for v in volumes) == 0
    radii = np.zeros(len(structure)) if structure.radii is None else structure.radii
    assert np.mean([v.certified for v in volumes]) > 0.95
    for v, birth, death in zip(volumes, rings.birth, rings.death_cell, strict=True):
        assert len(v.loop) == len(v.points) == len(v.offsets) == len(v.symbols) >= 3 - 2 * v.winds
        assert (np.bincount(v.boundary.ravel()) % 2 == 0).all()
        assert set(v.loop) <= set(v.atoms)
        assert set(death) <= set(v.atoms)
        assert np.allclose(v.points, structure.positions[v.loop] + (v.offsets @ structure.cell if structure.cell is not None else 0))
        if v.winds:
            continue
        # every edge is there: the balls of its ends touch (if nothing is in between) at the birth
        steps = np.linalg.norm(np.roll(v.points, -1, axis=0) - v.points, axis=1)
        t = np.sign(birth + epsilon) * (birth + epsilon) ** 2
        r = np.sqrt(np.maximum(radii[v.loop] ** 2 + t, 0)) * (1 + 1e-5)
        assert (steps <= r + np.roll(r, -1)).all()


@pytest.mark.parametrize("kind", ["open", "cube", "weighted"])
def test_the_class_of_the_border_dies_exactly_when_the_pair_does(kind):
    """By elimination over Z/2 of all triangles before the death, with integers as rows of bits."""
    structure = cloud(kind, 20, n=40)
    whole = Whole(structure)
    rings = ph.alpha_persistence(structure)[1].longest(12)
    columns = [0] * len(whole.rank)
    for t, r in enumerate(whole.rank):
        for e in whole.facets[t]:
            columns[r] ^= 1 << int(whole.edge_rank[e])
    edges = {}
    atoms, offsets = whole.source.atoms(1), whole.source.offsets(1)
    for i in range(len(atoms)):
        edges.setdefault(tuple(sorted(atoms[i].tolist())), []).append((i, offsets[i, 1] - offsets[i, 0]))

    def rest(basis, bits):
        while bits and bits.bit_length() in basis:
            bits ^= basis[bits.bit_length()]
        return bits

    volumes = optimal_volumes(rings)
    tried = 0
    for row, v in enumerate(volumes):
        border = 0
        for a in v.boundary.tolist():
            if len(edges[tuple(sorted(a))]) > 1:
                break
            border |= 1 << int(whole.edge_rank[edges[tuple(sorted(a))][0][0]])
        else:
            tried += 1
            basis = {}
            dies = whole.rank[whole.find(rings.death_cell[row], rings.death_offset[row])]
            for column in columns[:dies]:
                left = rest(basis, column)
                if left:
                    basis[left.bit_length()] = left
            assert rest(basis, border)
            left = rest(basis, columns[dies])
            basis[left.bit_length()] = left
            assert not rest(basis, border)
    assert tried >= 9


@pytest.mark.parametrize("kind", KINDS)
def test_stable_volumes_shrink_as_epsilon_grows(kind):
    rings = ph.alpha_persistence(cloud(kind, 30 + KINDS.index(kind)))[1].longest(12)
    shortest = rings.persistence.min()
    found = [optimal_volumes(rings)] + [stable_volumes(rings, e * shortest) for e in (0, 0.1, 0.3, 0.9)]
    sizes = np.array([[v.size for v in volumes] for volumes in found])
    proven = np.all([[v.certified for v in volumes] for volumes in found], axis=0)
    assert proven.sum() >= 11
    assert (sizes[0] == sizes[1]).all()
    assert (np.diff(sizes[:, proven], axis=0) <= 0).all()
    assert np.sum(sizes[0]) > np.sum(sizes[-1])


@pytest.mark.parametrize("epsilon", [0.05, 0.1])
def test_holes_of_silica_glass_are_rings_of_silicon_and_oxygen_in_turn(epsilon):
    rings = ph.alpha_persistence(ph.sample("silica-glass"))[1].in_region(birth=(0.75, 0.9), death=(1.6, 3))
    volumes = stable_volumes(rings, epsilon)
    length = np.array([len(v.loop) for v in volumes])
    assert len(volumes) > 100
    assert all(v.certified and set(v.symbols[::2]) | set(v.symbols[1::2]) == {"O", "Si"} for v in volumes)
    assert all(v.sequence == "-".join(["O", "Si"] * (len(v.loop) // 2)) for v in volumes)
    assert np.mean((length >= 6) & (length <= 16)) > 0.9
    assert not any(v.winds for v in volumes)
    squared = ph.alpha_persistence(ph.sample("silica-glass"), values="squared")[1].subset(rings.pair_id[:5])
    assert [v.size for v in stable_volumes(squared, 0.1)] == [v.size for v in stable_volumes(rings.subset(rings.pair_id[:5]), 0.055)]


def test_a_ring_across_the_border_lies_in_one_piece():
    x = 3 * circle(12) + [0.2, 9.8, 5]
    whole = ph.Structure(x, cell=np.diag([10.0, 10, 10]), pbc=True)
    (ring,) = optimal_volumes(ph.alpha_persistence(whole)[1].longest(1))
    assert sorted(ring.loop) == list(range(12))
    assert ring.offsets.any() or np.abs(np.ptp(ring.points, axis=0)).max() < 7
    assert ring.perimeter == pytest.approx(12 * 6 * np.sin(np.pi / 12), rel=0.05)


def test_in_the_plane_too():
    x = np.random.default_rng(5).random((80, 2)) * 10
    for structure in (ph.Structure(x), ph.Structure(x, cell=np.eye(2) * 10, pbc=True)):
        volumes = optimal_volumes(ph.alpha_persistence(structure)[1].finite)
        assert len(volumes) > 10
        assert all(v.certified and not v.problem and v.points.shape[1] == 2 for v in volumes)


def test_a_time_limit_leaves_a_valid_volume_that_is_not_certified():
    rings = ph.alpha_persistence(ph.sample("silica-glass"))[1].longest(2)
    hurried = optimal_volumes(rings, time_limit=1e-9)
    assert not any(v.problem or v.certified for v in hurried)
    assert all(h.size >= v.size for h, v in zip(hurried, optimal_volumes(rings), strict=True))


def test_what_never_dies_and_what_lives_too_short_have_a_problem():
    rings = ph.alpha_persistence(cloud("cube", 1))[1]
    problems = [v.problem for v in optimal_volumes(rings)]
    assert sum("never dies" in p for p in problems) == 3 == sum(bool(p) for p in problems)
    problems = [v.problem for v in stable_volumes(rings.finite, 1e3)]
    assert all("epsilon" in p for p in problems)
    one = ph.Structure([[0.0, 0, 0]], cell=np.eye(3), pbc=True)
    assert all(v.problem for v in optimal_volumes(ph.alpha_persistence(one)[1]))


def test_several_threads_may_compute_at_once():
    rings = ph.alpha_persistence(cloud("cube", 2))[1].longest(20)
    expected = [v.size for v in optimal_volumes(rings)]
    found = [[], []]
    threads = [Thread(target=lambda out=out: out.extend(v.size for v in optimal_volumes(rings))) for out in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected, expected]


def test_wrong_arguments_are_refused_and_nothing_gives_nothing():
    dgms = ph.alpha_persistence(circle(6, 0.1))
    for wrong in (-0.1, np.nan, np.inf, "wide", None):
        with pytest.raises(ValueError, match="epsilon"):
            stable_volumes(dgms[1], wrong)
    with pytest.raises(ValueError, match="cost"):
        optimal_volumes(dgms[1], cost="length")
    for wrong in (0, -1, np.nan, "long"):
        with pytest.raises(ValueError, match="time_limit"):
            optimal_volumes(dgms[1], time_limit=wrong)
    with pytest.raises(ValueError, match="which atoms"):
        optimal_volumes(type(dgms[1]).empty(1, "Å"))
    nothing = dgms[1].subset([])
    assert len(optimal_volumes(nothing)) == len(stable_volumes(nothing, 0.1)) == len(optimal_volumes(dgms[0].subset([]))) == 0
    assert optimal_volumes(nothing).to_frame().empty


@pytest.mark.parametrize("kind", KINDS)
def test_a_component_is_what_is_connected_before_it_is_joined(kind):
    """By labelling the graph of all edges that are shorter than the death."""
    structure = cloud(kind, 40 + KINDS.index(kind))
    d = ph.alpha_persistence(structure)[0].finite
    source = source_of(structure)
    ends, values = source.atoms(1), source.complex.values[1]
    whole = Whole(structure)
    for row, v in enumerate(optimal_volumes(d)):
        before = ends[values < values[whole.find(d.death_cell[row], d.death_offset[row])]]
        graph = coo_array((np.ones(len(before)), before.T), shape=(len(structure),) * 2)
        label = connected_components(graph, directed=False)[1]
        assert sorted(v.atoms) == np.flatnonzero(label == label[d.birth_cell[row, 0]]).tolist()
        assert v.size == len(v.atoms) == len(v.points)
        assert v.boundary[0, 0] == d.birth_cell[row, 0]
        assert not v.offsets[0].any()
        assert v.sequence == ""
        if v.size > 1:  # laid out in one piece: nearest neighbours are as near as the death allows
            near = np.sort(np.linalg.norm(v.points[:, None] - v.points, axis=2), axis=1)[:, 1]
            radii = np.zeros(len(structure)) if structure.radii is None else structure.radii
            t = np.sign(d.death[row]) * d.death[row] ** 2
            assert near.max() <= 2 * np.sqrt(max(0, t + radii.max() ** 2)) * (1 + 1e-5)


def test_atoms_of_a_crystal_merge_one_by_one():
    d = ph.alpha_persistence(ph.sample("cristobalite"))[0].finite
    assert {v.size for v in optimal_volumes(d)} == {1}


def test_cavities_of_fcc_are_tetrahedra_and_octahedra():
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    cells = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1).reshape(-1, 3)
    structure = ph.Structure((cells[:, None] + basis).reshape(-1, 3) * 4.0, cell=np.eye(3) * 12, pbc=True)
    d = ph.alpha_persistence(structure)[2].finite
    volumes = optimal_volumes(d)
    tetrahedral = np.isclose(d.death, np.sqrt(3 / 8) * np.sqrt(8))
    assert tetrahedral.sum() == 8 * 27
    for v, small in zip(volumes, tetrahedral, strict=True):
        assert len(v.atoms) == (4 if small else 6)
        assert len(v.points) == len(v.atoms)
        assert len(v.faces) == len(v.boundary) == (4 if small else 8)
        assert np.linalg.norm(v.points - v.points.mean(0), axis=1).max() < 2.1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_what_must_hold_of_every_cavity(kind, epsilon):
    structure = cloud(kind, 50 + KINDS.index(kind))
    source = source_of(structure)
    d = ph.alpha_persistence(structure)[2].finite
    d = d.subset(d.pair_id[d.persistence > epsilon])
    volumes = stable_volumes(d, epsilon)
    value = {}
    for i, (atoms, offsets) in enumerate(zip(source.atoms(2), source.offsets(2), strict=True)):
        value.setdefault(tuple(atoms), []).append((source.radii(2)[i], offsets))
    for row, v in enumerate(volumes):
        assert v.certified
        assert not v.problem
        assert len(v.faces) >= len(v.boundary)
        assert set(d.death_cell[row]) <= set(v.atoms)
        level = source.radius_of(d.birth[row] + epsilon, "Å") + 2 * source.tolerance
        assert all(min(r for r, _ in value[tuple(t)]) <= level for t in v.boundary.tolist())
        edges = np.sort(v.faces[:, [[0, 1], [0, 2], [1, 2]]].reshape(-1, 2), axis=1)
        if not v.winds:
            assert (np.unique(edges, axis=0, return_counts=True)[1] % 2 == 0).all()
    assert [v.size for v in optimal_volumes(d)] >= [v.size for v in volumes]


def test_a_diagram_of_other_radii_is_not_answered_wrongly():
    structure = cloud("cube", 3)
    heavier = ph.Structure(structure.positions, cell=structure.cell, pbc=True, radii=np.linspace(0.2, 1, len(structure)))
    dgms = ph.alpha_persistence(heavier)
    for degree in (1, 2):
        d = replace(dgms[degree].finite, source=structure)
        assert np.mean(["other radii" in v.problem for v in optimal_volumes(d)]) > 0.99
        assert not any(v.problem for v in optimal_volumes(dgms[degree].finite))


def test_the_cache_lets_structures_go():
    structure = cloud("cube", 4)
    for degree in range(3):
        optimal_volumes(ph.alpha_persistence(structure)[degree].longest(2))
    alive = weakref.ref(structure)
    del structure
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_complex_of_the_diagram_is_taken_up_again_and_says_the_same_as_a_new_one(kind):
    structure = cloud(kind, 5)
    dgms = ph.alpha_persistence(structure)
    source = source_of(structure)
    assert source.complex is recall(structure).complex
    again = ph.Structure(structure.positions, structure.species, cell=structure.cell, pbc=structure.pbc, radii=structure.radii)
    new = Source.of(again)
    assert new.complex is not source.complex
    for k in (0, 1, 2):
        some = dgms[k].subset(dgms[k].pair_id[::-3])
        known, found = source.cells_of(some), new.cells_of(some)
        assert np.array_equal(known, found)
        assert (known[0] >= 0).all()
        assert ((known[1] >= 0) != some.is_essential).all()


def test_a_diagram_that_somebody_changed_is_not_answered_from_memory():
    dgms = ph.alpha_persistence(cloud("open", 5))
    some = dgms[1].subset([0, 1, 2, 3])
    source = source_of(dgms.source)
    births, _ = source.cells_of(replace(some, birth_cell=some.birth_cell[::-1].copy()))
    assert births.tolist() == source.cells_of(some)[0][::-1].tolist()


def test_only_the_last_complex_is_kept_and_only_while_its_structure_is():
    first, second = cloud("open", 1), cloud("open", 2)
    ph.alpha_persistence(first)
    ph.alpha_persistence(second)
    assert recall(first) is None
    assert recall(second) is not None
    kept = weakref.ref(recall(second))
    del second
    gc.collect()
    assert kept() is None
