"""Sorting shapes into kinds: what is planted must be found, and nothing that is not there."""

import numpy as np
import pytest

import phwidgets as ph
from phwidgets.inverse.kinds import NO_SHAPE, WINDING, describe_forms, group_shapes, repeated, split_forms
from phwidgets.inverse.volume import Volumes, failed_volume


def ring(pair, points, symbols, turn=0, mirror=False, flip=False):
    """A ring drawn elsewhere, begun elsewhere, mirrored or walked backwards."""
    rng = np.random.default_rng(pair)
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0] * ([-1, 1, 1] if mirror else 1)
    order = np.roll(np.arange(len(points)), turn)[:: -1 if flip else 1]
    place = (points @ axes + rng.normal(size=3))[order]
    n = len(points)
    return ph.Volume(pair, order, place, np.zeros((n, 3), int), np.asarray(symbols)[order])


def circle(n, stretch=1.0, height=0.0):
    angle = 2 * np.pi * np.arange(n) / n
    return np.column_stack([2 * np.cos(angle) * stretch, 2 * np.sin(angle), height * (-1.0) ** np.arange(n)])


def test_a_form_does_not_depend_on_where_and_how_a_ring_is_drawn():
    x = circle(8, 1.3, 0.2) + np.random.default_rng(0).normal(size=(8, 3)) * 0.1
    names = ["Si", "O", "Al", "O", "Si", "O", "O", "O"]
    same = [ring(i, x, names, turn=i, mirror=i % 2 == 1, flip=i % 3 == 1) for i in range(12)]
    forms = describe_forms(same)
    assert np.allclose(forms, forms[0])
    other = describe_forms([same[0], ring(50, x * [1, 1, 3], names)])
    assert np.abs(other[1] - other[0]).max() > 0.3


def test_planted_forms_are_found_again():
    rng = np.random.default_rng(1)
    forms = [circle(6), circle(6, 1.6), circle(6, 1, 0.6)]
    truth = rng.integers(0, 3, 90)
    rings = [ring(i, forms[k] + 0.03 * rng.normal(size=(6, 3)), ["C"] * 6, turn=i % 6) for i, k in enumerate(truth)]
    rings += [ring(100 + i, circle(5) + 0.03 * rng.normal(size=(5, 3)), ["C"] * 5) for i in range(20)]
    table, labels = group_shapes(rings)
    assert len(table) == 4
    assert table["count"].sum() == 110
    assert table["count"].is_monotonic_decreasing
    for k in range(3):
        assert labels.loc[np.flatnonzero(truth == k)].nunique() == 1
    assert sorted(table["atoms"]) == [5, 6, 6, 6]
    assert "6-atom ring (C)×6, flat, elongated" in table.index
    assert "6-atom ring (C)×6, puckered" in table.index
    assert all(labels[int(row["representative"])] == name for name, row in table.iterrows())


def test_equal_shapes_are_represented_by_the_first():
    """Of a crystal all are as near to the middle as rounding lets them be, which differs between machines."""
    for seed in range(5):
        noise = 1e-12 * np.random.default_rng(seed).normal(size=(30, 6, 3))
        table, _ = group_shapes([ring(7 + i, circle(6) + noise[i], ["C"] * 6) for i in range(30)])
        assert table["representative"].tolist() == [7]


@pytest.mark.parametrize("spread", [0.0, 0.02, 0.3])
def test_one_broad_distribution_is_one_kind(spread):
    rng = np.random.default_rng(2)
    assert len(set(split_forms(3 + spread * rng.normal(size=(300, 1)) * np.ones((1, 12))))) == 1
    rings = [ring(i, circle(6, 1 + spread * rng.random()), ["C"] * 6) for i in range(80)]
    assert group_shapes(rings).labels.nunique() == 1


def test_the_same_input_gives_the_same_kinds():
    rings = ph.optimal_volumes(ph.alpha_persistence(ph.sample("silica-glass"))[1].longest(60))
    first, second = group_shapes(rings), group_shapes(rings)
    assert first.labels.tolist() == second.labels.tolist()
    assert first.table.equals(second.table)
    assert first.labels.index.tolist() == [v.pair_id for v in rings]


def test_sequences_not_only_compositions_tell_rings_apart():
    x = circle(8)
    rings = [ring(i, x, ["O", "Si"] * 4) for i in range(5)] + [ring(9 + i, x, ["O", "O", "Si", "Si"] * 2) for i in range(4)]
    assert sorted(group_shapes(rings).table["sequence"]) == ["O-O-Si-Si-O-O-Si-Si", "O-Si-O-Si-O-Si-O-Si"]
    assert repeated("O-Si-O-Si") == "(O-Si)×2"
    assert repeated("Al-O-Si") == "(Al-O-Si)×1"


def test_nothing_is_left_out():
    rings = ph.alpha_persistence(ph.Structure(np.random.default_rng(0).random((30, 3)), cell=np.eye(3)))[1]
    table, labels = group_shapes(ph.optimal_volumes(rings))
    assert len(labels) == table["count"].sum() == len(rings)
    assert labels.value_counts()[NO_SHAPE] == 3
    table, labels = group_shapes(ph.shortest_cycles(rings))
    assert labels.value_counts()[WINDING] >= 3
    one = ph.Structure(np.zeros((1, 3)))
    assert group_shapes(Volumes([failed_volume(7, one, "why not")])).labels.to_dict() == {7: NO_SHAPE}
    empty = group_shapes(Volumes([]))
    assert len(empty.table) == len(empty.labels) == 0
    assert "count" in empty.table


def test_cavities_of_fcc_are_of_two_kinds():
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    cells = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1).reshape(-1, 3)
    x = (cells[:, None] + basis).reshape(-1, 3) * 4.0
    d = ph.alpha_persistence(ph.Structure(x, ["Cu"] * len(x), cell=np.eye(3) * 12, pbc=True))[2].finite
    table = group_shapes(ph.optimal_volumes(d)).table
    assert table["count"].to_dict() == {"tetrahedral cavity, Cu4": 216, "octahedral cavity, Cu6": len(d) - 216}
    a = np.sqrt(8)  # of the edges
    assert np.allclose(table["mean enclosed volume (Å³)"], [a**3 / (6 * np.sqrt(2)), a**3 * np.sqrt(2) / 3])
    assert "<table" in group_shapes(ph.optimal_volumes(d))._repr_html_()


def test_species_are_escaped_where_a_table_is_shown():
    rings = [ring(0, circle(4), ["<b>"] * 4)]
    assert "<b>" not in group_shapes(rings)._repr_html_()
