"""Shortest cycles: known rings, an independent shortest path, and what must hold of every loop."""

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

import phwidgets as ph


def circle(n, dimension=2, noise=0.0):
    angle = 2 * np.pi * np.arange(n) / n
    x = np.zeros((n, dimension))
    x[:, :2] = np.column_stack([np.cos(angle), np.sin(angle)])
    return x + noise * np.random.default_rng(n).normal(size=x.shape)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("n", [4, 5, 8, 13])
def test_a_ring_of_n_atoms_is_its_n_atoms_in_order(n, dimension):
    rings = ph.alpha_persistence(circle(n, dimension, 0.02))[1].longest(1)
    (ring,) = ph.shortest_cycles(rings)
    assert sorted(ring.loop.tolist()) == list(range(n))
    steps = np.diff(np.append(ring.loop, ring.loop[0])) % n
    assert set(steps.tolist()) in ({1}, {n - 1})
    assert not ring.winds
    assert not ring.certified
    assert ring.perimeter == pytest.approx(2 * n * np.sin(np.pi / n), rel=0.1)


def test_every_ring_of_beta_cristobalite_has_six_silicons_in_turn_with_oxygen():
    table = ph.shortest_cycles(ph.alpha_persistence(ph.sample("cristobalite"))[1].finite).to_frame()
    assert len(table) == 214
    assert set(table["sequence"]) == {"-".join(["O", "Si"] * 6)}
    assert np.allclose(table["perimeter (Å)"], 12 * 7.16 * np.sqrt(3) / 8)


@pytest.mark.parametrize("source", ["open", "silica-melt", "oblique"])
def test_every_loop_is_closed_by_its_birth_edge_and_made_of_edges_present_at_birth(source):
    rng = np.random.default_rng(0)
    if source == "open":
        structure = ph.Structure(rng.random((150, 3)) * 10)
    elif source == "oblique":
        cell = np.array([[9.0, 0, 0], [3, 8, 0], [1, -2, 10]])
        structure = ph.Structure(rng.random((150, 3)) @ cell, cell=cell, pbc=(True, True, False))
    else:
        structure = ph.sample(source)
    rings = ph.alpha_persistence(structure)[1]
    volumes = ph.shortest_cycles(rings)
    assert not any(v.problem for v in volumes)
    assert [v.pair_id for v in volumes] == rings.pair_id.tolist()
    for v, birth, cell, offset, essential in zip(
        volumes, rings.birth, rings.birth_cell, rings.birth_offset, rings.is_essential, strict=True
    ):
        steps = np.linalg.norm(np.diff(v.points, axis=0), axis=1)
        assert steps.max(initial=0) <= 2 * birth * (1 + 1e-5)
        assert {v.loop[0], v.loop[-1]} == set(cell.tolist())
        assert v.winds == essential
        if not essential:
            assert np.linalg.norm(v.points[-1] - v.points[0]) == pytest.approx(2 * birth, rel=1e-5) or len(v.loop) > 2
            assert (v.offsets[-1] - v.offsets[0]).tolist() == (offset[1] - offset[0]).tolist()
        moved = structure.positions[v.loop]
        if structure.cell is not None:
            moved = moved + v.offsets @ structure.cell
        assert np.allclose(v.points, moved)


def test_loops_are_as_short_as_an_independent_search_finds():
    """gudhi's alpha complex and SciPy's Dijkstra know nothing of ours."""
    gudhi = pytest.importorskip("gudhi")
    x = np.random.default_rng(3).random((120, 3)) * 8
    tree = gudhi.AlphaComplex(points=x, precision="exact").create_simplex_tree()
    edges = [(s, np.sqrt(f)) for s, f in tree.get_skeleton(1) if len(s) == 2]
    rings = ph.alpha_persistence(x)[1]
    for v, birth, (a, b) in zip(ph.shortest_cycles(rings), rings.birth, rings.birth_cell.tolist(), strict=True):
        present = np.array([s for s, f in edges if f <= birth * (1 + 1e-6) and set(s) != {a, b}])
        length = np.linalg.norm(x[present[:, 0]] - x[present[:, 1]], axis=1)
        graph = coo_array((length, (present[:, 0], present[:, 1])), shape=(len(x), len(x))).tocsr()
        around = dijkstra(graph, directed=False, indices=a)[b] + np.linalg.norm(x[a] - x[b])
        assert v.perimeter == pytest.approx(around)


def test_tolerance_leaves_detours_out_and_never_lengthens():
    rings = ph.alpha_persistence(ph.sample("silica-glass"))[1].in_region(birth=(0.7, 0.95), death=(1.7, 3))
    exact, eased = ph.shortest_cycles(rings), ph.shortest_cycles(rings, tolerance=0.05)
    lengths = np.array([[a.perimeter, b.perimeter] for a, b in zip(exact, eased, strict=True)])
    assert (lengths[:, 1] <= lengths[:, 0] + 1e-9).all()
    assert (lengths[:, 1] < lengths[:, 0] - 1).any()
    squared = ph.alpha_persistence(ph.sample("silica-glass"), values="squared")[1].subset(rings.pair_id)
    assert {v.sequence for v in ph.shortest_cycles(squared)} == {v.sequence for v in exact}


def test_essential_classes_wind_around_the_cell():
    one = ph.Structure([[0.0, 0, 0]], cell=np.eye(3))
    volumes = ph.shortest_cycles(ph.alpha_persistence(one)[1])
    assert len(volumes) == 3
    assert all(v.winds and len(v.loop) == 1 and np.isnan(v.perimeter) for v in volumes)


@pytest.mark.parametrize("seed", [1, 9, 10])
def test_loops_around_the_cell_are_as_short_as_a_search_among_copies_finds(seed):
    gudhi = pytest.importorskip("gudhi")
    rng = np.random.default_rng(seed)
    n, cell = 12, np.array([[4.0, 0, 0], [1, 4, 0], [-1, 0.5, 5]])
    x = rng.random((n, 3)) @ cell
    images = np.stack(np.meshgrid(*[range(-3, 4)] * 3, indexing="ij"), -1).reshape(-1, 3)
    place = {(*image, atom): i * n + atom for i, image in enumerate(images.tolist()) for atom in range(n)}
    copies = (x[None] + (images @ cell)[:, None]).reshape(-1, 3)
    tree = gudhi.AlphaComplex(points=copies, precision="exact").create_simplex_tree()
    edges = np.array([[*s, np.sqrt(f)] for s, f in tree.get_skeleton(1) if len(s) == 2])
    ends, value = edges[:, :2].astype(int), edges[:, 2]
    length = np.linalg.norm(copies[ends[:, 0]] - copies[ends[:, 1]], axis=1)
    rings = ph.alpha_persistence(ph.Structure(x, cell=cell))[1]
    winding = rings.subset(rings.pair_id[rings.is_essential])
    for v, birth, (a, b), offset in zip(
        ph.shortest_cycles(winding), winding.birth, winding.birth_cell.tolist(), winding.birth_offset, strict=True
    ):
        shift = offset[1] - offset[0]
        between = images[ends[:, 1] // n] - images[ends[:, 0] // n]
        own = ((ends % n == [a, b]) & (between == shift).all(1)[:, None]).all(1)
        own |= ((ends % n == [b, a]) & (between == -shift).all(1)[:, None]).all(1)
        walked = (value <= birth * (1 + 1e-6)) & ~own
        graph = coo_array((length[walked], ends[walked].T), shape=(len(copies),) * 2).tocsr()
        far = dijkstra(graph, directed=False, indices=place[0, 0, 0, a])
        around = min(
            far[place[*(shift + step).tolist(), b]] for step in np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), -1).reshape(-1, 3) if step.any()
        )
        assert np.linalg.norm(np.diff(v.points, axis=0), axis=1).sum() == pytest.approx(around)
        assert v.winds


def test_the_sequence_does_not_depend_on_start_or_direction():
    names = np.array(["Si", "O", "Al", "O", "O"])
    none = np.zeros(0, int)
    volumes = [
        ph.Volume(0, np.arange(5), np.zeros((5, 3)), np.zeros((5, 3), int), order)
        for k in range(5)
        for order in (np.roll(names, k), np.roll(names, k)[::-1])
    ]
    assert {v.sequence for v in volumes} == {"Al-O-O-Si-O"}
    assert ph.Volume(0, none, np.zeros((0, 3)), np.zeros((0, 3), int), names[:0], problem="no").sequence == ""


def test_other_degrees_and_tolerances_are_refused():
    dgms = ph.alpha_persistence(circle(6, 3, 0.1))
    with pytest.raises(ValueError, match="degree 1"):
        ph.shortest_cycles(dgms[0])
    with pytest.raises(ValueError, match="tolerance"):
        ph.shortest_cycles(dgms[1], tolerance=2)
    assert len(ph.shortest_cycles(dgms[1].subset([]))) == 0
    assert ph.shortest_cycles(dgms[1].subset([])).to_frame().empty
