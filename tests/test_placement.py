"""Where the explorer draws atoms: in their cell or where they were given, with all that is drawn on them, and the answers the same."""

import io

import ase
import ase.build
import numpy as np
import pytest
from matplotlib.image import imread
from scipy.spatial import cKDTree
from waiting import settled

import phwidgets as ph
from phwidgets.widgets.gallery import _portrait
from phwidgets.widgets.placement import Placement

REGION = ((0.75, 0.9), (1.5, 2.3))


@pytest.fixture(scope="module")
def glass():
    return ph.sample("silica-glass")


@pytest.fixture(scope="module")
def wandered(glass):
    """The glass after its atoms have crossed the border many times, as positions are that were never wrapped."""
    shift = np.random.default_rng(1).integers(-3, 4, (len(glass), 3))
    return ph.Structure(glass.positions + shift @ glass.cell, glass.species, cell=glass.cell)


@pytest.fixture(scope="module")
def dgms(wandered):
    return ph.alpha_persistence(wandered)


def points(ex, layer, *keys):
    """What was sent of a layer: (m, 3) for each array."""
    if layer not in ex.structure_view.layers():
        return np.zeros((len(keys), 0, 3))
    content, buffers = ex.structure_view._channel._store[layer]
    return np.array([np.frombuffer(buffers[content["keys"].index(key)], np.float32).reshape(-1, 3) for key in keys], float)


def drawn_corners(ex):
    """All corners that are drawn, and of each thing its vectors from corner to corner."""
    sticks = [points(ex, name, "position1", "position2") for name in ("birth edges", "death edges", "rings")]
    faces = [points(ex, name, "position")[0].reshape(-1, 3, 3) for name in ("birth triangles", "death triangles", "cavities")]
    vectors = [s[1] - s[0] for s in sticks] + [(f[:, 1:] - f[:, :1]).reshape(-1, 3) for f in faces]
    return np.concatenate([*(s.reshape(-1, 3) for s in sticks), *(f.reshape(-1, 3) for f in faces)]), np.concatenate(vectors)


@pytest.mark.parametrize("degree", [0, 1, 2])
@pytest.mark.parametrize("inverse", ["simplices", "volumes"])
def test_what_is_drawn_hangs_on_atoms_in_the_cell_or_their_ghosts(dgms, wandered, glass, degree, inverse):
    ex = ph.explore(dgms, degree=degree, inverse=inverse)
    ex.select(pairs=dgms[degree].finite.longest(40).pair_id)
    settled(ex)
    seen = {}
    for in_cell in (True, False):
        ex.atoms_in_cell = in_cell
        atoms, ghosts = points(ex, "atoms", "position")[0], points(ex, "ghosts", "position")[0]
        assert np.allclose(atoms, glass.positions if in_cell else wandered.positions, atol=1e-4)
        corners, vectors = drawn_corners(ex)
        distance, which = cKDTree(np.concatenate([atoms, ghosts])).query(corners)
        assert distance.max(initial=0) < 1e-3
        if in_cell:
            assert np.abs(corners @ np.linalg.inv(glass.cell) - 0.5).max() < 1.6  # near the cell: no shape is wider
        assert set(which[which >= len(atoms)] - len(atoms)) <= set(range(len(ghosts)))
        if len(ghosts):
            assert cKDTree(atoms).query(ghosts)[0].min() > 0.5  # no ghost where an atom is
            cells = (ghosts[:, None] - atoms) @ np.linalg.inv(glass.cell)
            assert (np.abs(cells - cells.round()).max(2).min(1) < 1e-4).all()  # each is the image of an atom
        seen[in_cell] = vectors, points(ex, "highlight", "position")[0], len(ghosts)
    assert len(seen[True][0]) == len(seen[False][0])
    assert np.allclose(seen[True][0], seen[False][0], atol=2e-4)  # everything is moved as a whole
    assert len(seen[True][1]) == len(ex.selected_atoms)


@pytest.mark.parametrize("find", [ph.optimal_volumes, ph.shortest_cycles, lambda d: ph.stable_volumes(d, 0.05)])
def test_shapes_begin_at_an_atom_in_the_cell_wherever_they_were_laid_out(dgms, wandered, find):
    placement = Placement(wandered)
    d = dgms[1].finite.longest(60)
    shapes = [v for v in find(d) if not v.problem]
    if find is not ph.shortest_cycles:
        assert sum(v.offsets[0].any() for v in shapes) > 10
    placed = placement.shapes(shapes)
    edges = {i: set(cell) for i, cell in zip(d.pair_id.tolist(), d.birth_cell.tolist(), strict=True)}
    for before, after in zip(shapes, placed, strict=True):
        assert not after.offsets[0].any()
        assert np.allclose(after.points, placement.structure.positions[after.loop] + after.offsets @ wandered.cell)
        assert np.allclose(after.points - after.points[0], before.points - before.points[0])
        assert after.pair_id == before.pair_id
    if find is ph.optimal_volumes:
        points, _ = placement.simplices(d.birth_points(), d.birth_cell, d.birth_offset)
        rings = {v.pair_id: v for v in placed if edges[v.pair_id] <= set(v.loop.tolist())}
        assert len(rings) > 20
        beside = [
            cKDTree(rings[i].points).query(edge)[0].max() < 1e-6 for i, edge in zip(d.pair_id.tolist(), points, strict=True) if i in rings
        ]
        assert np.mean(beside) > 0.9  # the ring is drawn where its birth edge is


def test_the_same_is_drawn_as_of_wrapped_atoms(dgms, glass):
    ex, plain = ph.explore(dgms, degree=1), ph.explore(glass, degree=1)
    assert ex.atoms_in_cell
    assert not plain.atoms_in_cell
    for one in (ex, plain):
        one.select(region=REGION)
        settled(one)
    assert ex.selected_atoms.tolist() == plain.selected_atoms.tolist()
    inverse = np.linalg.inv(glass.cell)
    for layer, key in (("rings", "position1"), ("birth edges", "position1"), ("death triangles", "position")):
        a, b = (points(one, layer, key)[0] @ inverse for one in (ex, plain))
        assert len(a) == len(b) > 0
        a, b = ((p + 1e-3) % 1 for p in (a, b))  # the same but for whole cells
        assert cKDTree(a, boxsize=1).query(b)[0].max() < 1e-4
        assert cKDTree(b, boxsize=1).query(a)[0].max() < 1e-4


def test_diagrams_and_shapes_stay_those_of_the_atoms_as_they_were_given(dgms, wandered):
    ex = ph.explore(dgms, degree=1)
    ex.select(region=REGION)
    assert ex.diagrams is dgms
    assert ex.structure is wandered
    for volume in ex.volumes:
        expected = wandered.positions[volume.loop] + volume.offsets @ wandered.cell
        assert np.allclose(volume.points, expected)


def test_the_switch_is_offered_where_atoms_are_far_out_and_python_can_always_choose(dgms, glass):
    far, near = ph.explore(dgms), ph.explore(glass)
    assert far._side.switch.layout.display is None
    assert near._side.switch.layout.display == "none"
    assert far._side.switch in far.children
    far._side.switch.value = False
    assert not far.atoms_in_cell
    assert np.allclose(points(far, "atoms", "position")[0], dgms.source.positions, atol=1e-4)
    far.atoms_in_cell = True
    assert far._side.switch.value
    outside = ph.Structure(glass.positions - 0.5 * glass.cell.sum(axis=0) - 0.01, glass.species, cell=glass.cell)
    ex = ph.explore(outside)
    assert not ex.atoms_in_cell  # a cell around the origin
    ex.atoms_in_cell = True
    inside = points(ex, "atoms", "position")[0] @ np.linalg.inv(glass.cell)
    assert inside.min() > -1e-5
    assert inside.max() < 1 + 1e-5
    with pytest.raises(ValueError, match="not of atoms but of voxels"):
        _ = ph.explore(ph.Image(np.eye(8))).atoms_in_cell


def test_colours_and_graph_are_kept(dgms, wandered):
    ex = ph.explore(dgms, degree=2)
    graph = ph.coarse_grain(ph.optimal_volumes(dgms[2].longest(12)))
    ex.show_graph(graph)
    weights = np.linspace(-1, 1, len(wandered))
    ex._side.paint(weights)
    color = points(ex, "atoms", "color")
    nodes, links = points(ex, "nodes", "position")[0], points(ex, "links", "position1", "position2")
    assert len(nodes) > 3
    assert len(links[0])
    inside = nodes @ np.linalg.inv(wandered.cell)
    assert ((inside > -1e-5) & (inside < 1 + 1e-5)).all()
    assert cKDTree(nodes).query(links[0])[0].max() < 1e-3  # every link begins at a node
    ex.atoms_in_cell = False
    assert (points(ex, "atoms", "color") == color).all()
    given = points(ex, "nodes", "position")[0]
    assert np.allclose(given, [data["centre"] for _, data in graph.nodes(data=True)], atol=1e-3)
    between = points(ex, "links", "position1", "position2")
    assert np.allclose(between[1] - between[0], links[1] - links[0], atol=1e-3)


def test_a_plane_has_its_graph_in_the_cell_too():
    x = np.random.default_rng(0).random((80, 2)) * 10
    s = ph.Structure(x + np.random.default_rng(1).integers(-3, 4, x.shape) * 10, cell=[10, 10])
    dgms = ph.alpha_persistence(s)
    ex = ph.explore(dgms, degree=1)
    ex.select(pairs=dgms[1].finite.pair_id)
    ex.show_graph(ph.coarse_grain(ph.optimal_volumes(dgms[1].finite)))
    nodes = points(ex, "nodes", "position")[0]
    assert len(nodes) > 5
    assert (nodes > -1e-5).all()
    assert (nodes < 10 + 1e-5).all()
    ex._side.switch.value = False
    assert ex._errors.value == ""
    assert np.ptp(points(ex, "nodes", "position")[0], axis=0).max() > 20


def test_where_nothing_is_drawn_in_3d_the_picture_follows(dgms):
    ex = ph.explore(dgms)
    view = ex.structure_view
    view._fail("no webgl", True)
    seen = [view.children[3].value]
    for change in (
        lambda: ex.select(atoms=[3]),
        lambda: setattr(ex, "atoms_in_cell", False),
        ex.clear,
        lambda: ex._side.paint(np.ones(648)),
    ):
        change()
        seen.append(view.children[3].value)
    assert len(set(seen)) == len(seen)


def test_frames_of_a_trajectory_whose_atoms_wander_are_drawn_in_the_cell(glass):
    random = np.random.default_rng(2)
    step = random.integers(-1, 2, (len(glass), 3)) @ glass.cell
    frames = [ph.Structure(glass.positions + k * step - 1.0, glass.species, cell=glass.cell) for k in (0, 2, 3)]
    home = [Placement(frame, in_cell=True).structure.positions for frame in frames]
    ex = ph.explore(frames)

    def looked_at():
        return ex.structure_view._channel._store["camera"][0]["radius"]

    one_cell = looked_at()
    assert not ex.atoms_in_cell
    assert ex._side.switch.layout.display == "none"
    for k in (1, 2, 0):  # and so it stays: back in the first frame nothing jumps
        ex.frame = k
        assert ex.atoms_in_cell
        assert ex._side.switch.layout.display is None
        assert np.allclose(points(ex, "atoms", "position")[0], home[k], atol=1e-4)
        assert abs(looked_at() - one_cell) < 2
    ex._side.switch.value = False
    ex.frame = 1
    assert np.allclose(points(ex, "atoms", "position")[0], frames[1].positions, atol=1e-4)
    assert looked_at() > 2 * one_cell


def test_a_cell_around_the_origin_does_not_jump_when_an_atom_crosses_its_border():
    x = (np.random.default_rng(0).random((100, 3)) - 0.5) * 12
    crossed = x.copy()
    crossed[0, 0] = -6.01
    ex = ph.explore([ph.Structure(y, ["Si"] * 100, cell=[12] * 3) for y in (x, crossed)])
    for k in (1, 0, 1):
        ex.frame = k
        assert not ex.atoms_in_cell
        assert np.allclose(points(ex, "atoms", "position")[0], (x, crossed)[k], atol=1e-4)


def test_pictures_show_what_the_view_shows(dgms, glass):
    def apart(one, other):
        one, other = (imread(io.BytesIO(png))[..., :3] for png in (one, other))
        return np.abs(one - other).mean()

    plain = ph.alpha_persistence(glass)
    assert apart(_portrait(dgms), _portrait(plain)) < 1e-3
    ex = ph.explore(dgms)
    assert apart(ex.picture(), ph.explore(plain).picture()) < 1e-3
    ex.atoms_in_cell = False
    assert apart(ex.picture(), ph.explore(plain).picture()) > 0.03


def test_open_directions_planes_and_slanted_cells():
    x = np.array([[0.1, 0.2, 7.0], [-3.0, 5.2, 0.5], [0.9, 0.9, -4.0]])
    cell = [[2.0, 0, 0], [1.0, 2.0, 0], [0, 0, 1.0]]
    slab = Placement(ph.Structure(x, cell=cell, pbc=(True, True, False)))
    assert slab.far_out
    fraction = slab.structure.positions @ np.linalg.inv(cell)
    assert ((fraction[:, :2] >= 0) & (fraction[:, :2] < 1)).all()
    assert (slab.structure.positions[:, 2] == x[:, 2]).all()
    cells = (slab.structure.positions - x) @ np.linalg.inv(cell)
    assert np.allclose(cells, cells.round())
    plane = Placement(ph.Structure(x[:, :2], cell=[[2.0, 0], [1.0, 2.0]]))
    assert np.allclose(plane.structure.positions, slab.structure.positions[:, :2])
    moved, seen = plane.simplices(x[None, :2, :2], np.array([[0, 1]]), np.zeros((1, 2, 3), np.int32))
    assert np.allclose(moved[0], plane.structure.positions[:2] + seen[0, :, :2] @ [[2.0, 0], [1.0, 2.0]])
    assert not seen[0, 0].any()
    for free in (ph.Structure(x * 100), ph.Structure(x, cell=cell, pbc=False)):
        assert not Placement(free).far_out
        assert Placement(free, in_cell=True).structure is free


@pytest.mark.parametrize("pbc", [(True, True, True), (True, False, True), (False, True, False)])
def test_atoms_are_where_ase_wraps_them(pbc):
    rng = np.random.default_rng(5)
    cell = rng.normal(size=(3, 3)) * 3 + 6 * np.eye(3)
    atoms = ase.Atoms("Si200", positions=rng.uniform(-4, 4, (200, 3)) @ cell, cell=cell, pbc=pbc)
    placement = Placement(ph.Structure(atoms))
    assert placement.in_cell
    atoms.wrap()
    assert np.abs(placement.structure.positions - atoms.positions).max() < 1e-9


def test_atoms_on_the_border_stay_there():
    crystal = ase.build.bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    crystal.positions -= 1e-12
    placement = Placement(ph.Structure(crystal), in_cell=True)
    assert placement.structure.positions.tolist() == crystal.positions.tolist()
    crystal.positions[0] += 3 * 5.64
    placement = Placement(ph.Structure(crystal))
    assert placement.far_out
    assert np.abs(placement.structure.positions[0]).max() < 1e-9
