"""The matrix between pairs and atoms."""

import numpy as np
import pytest

import phwidgets as ph


@pytest.fixture(scope="module")
def diagram():
    return ph.alpha_persistence(ph.sample("silica-melt"))[2]


def test_rows_are_the_atoms_of_birth_and_death_simplex(diagram):
    a = ph.incidence(diagram)
    assert a.matrix.shape == (len(diagram), 648)
    for i in [0, 5, len(diagram) - 1]:
        row = set(diagram.birth_cell[i].tolist()) | set(diagram.death_cell[i].tolist()) - {-1}
        assert set(a.matrix[[i]].indices.tolist()) == row
    assert set(a.matrix.data.tolist()) == {1.0}


def test_the_two_directions_are_adjoint(diagram):
    rng = np.random.default_rng(0)
    a = ph.incidence(diagram)
    s, x = rng.normal(size=len(diagram)), rng.normal(size=648)
    assert np.isclose(a.to_input(s) @ x, s @ a.to_pairs(x))


def test_subsets_keep_their_ids(diagram):
    chosen = diagram.longest(5)
    a = ph.incidence(chosen)
    assert a.pair_id.tolist() == chosen.pair_id.tolist()
    assert (a.matrix != ph.incidence(diagram).matrix[chosen.pair_id]).nnz == 0


def test_wrong_lengths_are_refused(diagram):
    a = ph.incidence(diagram)
    with pytest.raises(ValueError, match="pair_weights must have shape"):
        a.to_input(np.ones(3))
    with pytest.raises(ValueError, match="input_weights must have shape"):
        a.to_pairs(np.ones(3))


def test_an_atom_and_its_periodic_image_count_once():
    one = ph.Structure([[0.0, 0, 0]], cell=np.eye(3))
    a = ph.incidence(ph.alpha_persistence(one)[1])
    assert a.matrix.toarray().tolist() == [[1.0]] * 3


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_rows_of_volumes_are_their_atoms(degree):
    rng = np.random.default_rng(degree)
    structure = ph.Structure(rng.random((60, 3)) * 8, cell=np.eye(3) * 8)
    d = ph.alpha_persistence(structure)[degree]
    for part in (d, d.longest(7), d.subset([])):
        volumes = ph.optimal_volumes(part)
        a = ph.incidence(volumes)
        assert a.matrix.shape == (len(part), 60)
        assert a.pair_id.tolist() == part.pair_id.tolist()
        for i, v in enumerate(volumes):
            assert sorted(a.matrix[[i]].indices.tolist()) == v.atoms.tolist()
        assert set(a.matrix.data.tolist()) <= {1.0}
        assert (ph.incidence(volumes[::-2]).matrix != a.matrix[::-2]).nnz == 0


def test_volumes_of_two_structures_make_no_matrix():
    volumes = [v for seed in (0, 1) for v in ph.optimal_volumes(ph.alpha_persistence(np.random.default_rng(seed).random((20, 3)))[1])]
    with pytest.raises(ValueError, match="more than one structure"):
        ph.incidence(ph.Volumes(volumes))
