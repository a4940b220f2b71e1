"""Bonds against brute force and against what is known of crystals."""

import numpy as np
import pytest
from ase.build import bulk, graphene, molecule

from phwidgets.widgets.bonds import find_bonds, whole_bonds
from phwidgets.widgets.structure_geometry import ball_radii, cell_axes, cell_edges, covalent_radii, element_colors, element_of

QUARTZ_CELL = np.array([[4.916, 0, 0], [-2.458, 4.2574, 0], [0, 0, 5.405]])
U, A, B, C = 0.4697, 0.4135, 0.2669, 0.7858  # alpha quartz, P3_2 21
QUARTZ = np.array([
    (U, 0, 2 / 3), (0, U, 1 / 3), (-U, -U, 0), (A, B, C), (-B, A - B, C + 2 / 3), (B - A, -A, C + 1 / 3),
    (B, A, -C), (A - B, -B, 1 / 3 - C), (-A, B - A, 2 / 3 - C),
])  # fmt: skip


def bonds_of(atoms, **more):
    elements = atoms.get_chemical_symbols()
    return find_bonds(atoms.positions, elements, covalent_radii(elements), atoms.cell[:], atoms.pbc, **more)


def test_quartz_is_four_fold_and_two_fold_across_its_borders():
    elements = ["Si"] * 3 + ["O"] * 6
    bonds = find_bonds(QUARTZ @ QUARTZ_CELL, elements, covalent_radii(elements), QUARTZ_CELL, (True, True, True))
    assert np.bincount(bonds.atom).tolist() == [4] * 3 + [2] * 6
    assert np.abs(np.linalg.norm(bonds.vector, axis=1) - 1.61).max() < 0.02


@pytest.mark.parametrize(("name", "count"), [("Cu", 12), ("Al", 12), ("Mg", 12), ("Si", 4), ("C", 4), ("Na", 8)])
def test_coordination_of_elements_in_their_primitive_cell(name, count):
    atoms = bulk(name)
    assert len(bonds_of(atoms)) == count * len(atoms)


def test_ionic_crystals_have_no_sticks_between_cations():
    for name, structure, a, count in [("NaCl", "rocksalt", 5.64, 6), ("KCl", "rocksalt", 6.29, 6), ("CsCl", "cesiumchloride", 4.12, 8)]:
        bonds = bonds_of(bulk(name, structure, a=a))
        assert np.bincount(bonds.atom).tolist() == [count, count], name


def test_periodic_in_two_directions_only():
    sheet = graphene(vacuum=0.3)  # the next layer would be within reach if the third direction were periodic
    assert len(bonds_of(sheet)) == 6
    assert np.bincount(bonds_of(molecule("CH4")).atom).tolist() == [4, 1, 1, 1, 1]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pbc", [(True, True, True), (True, False, True), (False, False, False)])
def test_agrees_with_brute_force_in_any_cell(seed, pbc):
    rng = np.random.default_rng(seed)
    cell = rng.normal(size=(3, 3)) * 1.5 + np.diag([5, 6, 7])
    x = rng.normal(size=(12, 3)) * 6  # far outside the cell as well
    elements = np.array(["Si", "O"])[rng.integers(0, 2, 12)].tolist()
    radii = covalent_radii(elements)
    bonds = find_bonds(x, elements, radii, cell, pbc)
    reach = [range(-14, 15) if p else [0] for p in pbc]
    images = np.stack(np.meshgrid(*reach, indexing="ij"), -1).reshape(-1, 3) @ cell
    vector = x[None, :, None] + images[None, None] - x[:, None, None]
    distance = np.linalg.norm(vector, axis=-1)
    i, j, k = np.nonzero((distance <= 1.2 * (radii[:, None] + radii[None])[..., None]) & (distance > 1e-6))
    want = {(a, b, *np.round(v, 6)) for a, b, v in zip(i, j, vector[i, j, k], strict=True)}
    got = {(a, b, *np.round(v, 6)) for a, b, v in zip(bonds.atom, bonds.neighbour, bonds.vector, strict=True)}
    assert {tuple(np.add(w, 0.0)) for w in want} == {tuple(np.add(g, 0.0)) for g in got}


def test_each_bond_is_seen_from_both_ends():
    bonds = bonds_of(bulk("Fe").repeat((2, 2, 2)))
    there = sorted((i, j, *np.round(v, 6) + 0.0) for i, j, v in zip(bonds.atom, bonds.neighbour, bonds.vector, strict=True))
    back = sorted((j, i, *np.round(-v, 6) + 0.0) for i, j, v in zip(bonds.atom, bonds.neighbour, bonds.vector, strict=True))
    assert there == back


def test_coordinates_in_another_unit_give_a_note_and_no_million_sticks():
    x = np.random.default_rng(0).random((3000, 3))
    bonds = find_bonds(x, ["Si"] * 3000, covalent_radii(["Si"] * 3000))
    assert len(bonds) == 0
    assert bonds.note == "no bonds, close atoms"
    tiny = find_bonds([[0, 0, 0]], ["Si"], [1.11], np.eye(3) * 1e-3, (True, True, True))
    assert len(tiny) == 0
    assert tiny.note == "no bonds, small cell"


def test_nothing_to_join():
    assert len(find_bonds([[0, 0, 0]], ["Si"], [1.11])) == 0
    assert len(find_bonds([[0, 0, 0], [0.1, 0, 0]], [None, None], [0, 0])) == 0


def test_labels_and_looks():
    assert [element_of(s) for s in ("Si", "O2", "OW", "", "??", "<b>", "X")] == ["Si", "O", "O", None, None, None, None]
    colors = element_colors(["H", "O", None])
    assert (colors @ [0.2126, 0.7152, 0.0722] <= 0.83).all()
    points = np.random.default_rng(0).random((500, 2))
    assert ball_radii([None] * 500, np.c_[points, np.zeros(500)]).max() < 0.02


def test_only_edges_that_exist_are_drawn():
    cell = np.array([[4, 0, 0], [1, 3, 0], [0.5, 0.2, 5]])
    assert len(cell_edges(cell_axes(cell, (True, True, True))[0])) == 12
    vectors, names = cell_axes(cell, (True, False, True))
    assert names == "ac"
    assert len(cell_edges(vectors)) == 4
    assert len(cell_edges(cell_axes(cell[:2, :2], (True, True))[0])) == 4
    assert len(cell_edges(cell_axes(None, (False,) * 3)[0])) == 0
    ends = cell_edges(cell)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    assert sorted(np.round(length, 6)) == sorted(np.round(np.repeat(np.linalg.norm(cell, axis=1), 4), 6))


def test_sticks_reach_from_atom_to_atom_or_half_way_over_the_border():
    atoms = bulk("Si", cubic=True).repeat((2, 2, 2))
    bonds = bonds_of(atoms)
    start, end, first, second = whole_bonds(bonds, atoms.positions)
    length = np.linalg.norm(end - start, axis=1)
    assert set(np.round(length, 3)) == {2.351, 1.176}
    assert (length > 2).sum() * 2 + (length < 2).sum() == len(bonds)
    assert np.allclose(start, atoms.positions[first])
    assert np.allclose(end[first != second], atoms.positions[second[first != second]])
