"""Rips complexes: against geometry, brute force and the alpha complex's components; bad matrices are refused."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

import phwidgets as ph
from phwidgets.persistence import memory


def distances(x):
    return np.linalg.norm(x[:, None] - x[None], axis=-1)


def rank_mod_2(rows):
    """Rank of rows given as integers of bits."""
    rows, rank = list(rows), 0
    while rows:
        pivot = rows.pop()
        if pivot:
            rank += 1
            low = pivot & -pivot
            rows = [r ^ pivot if r & low else r for r in rows]
    return rank


def betti(matrix, t, top):
    """Betti numbers of the Rips complex at t, from the ranks of its boundaries."""
    n = len(matrix)
    simplices = [
        [s for s in itertools.combinations(range(n), k + 1) if all(matrix[i, j] <= t for i, j in itertools.combinations(s, 2))]
        for k in range(top + 2)
    ]
    index = [{s: i for i, s in enumerate(level)} for level in simplices]
    ranks = [0]
    for k in range(1, top + 2):
        columns = [sum(1 << index[k - 1][s[:i] + s[i + 1 :]] for i in range(k + 1)) for s in simplices[k]]
        ranks.append(rank_mod_2(columns))
    return [len(simplices[k]) - ranks[k] - ranks[k + 1] for k in range(top + 1)]


@pytest.mark.parametrize("seed", range(4))
def test_brute_force(seed):
    rng = np.random.default_rng(seed)
    m = distances(rng.random((11, 3)))
    dgms = ph.rips_persistence(m, max_degree=2)
    for t in rng.uniform(0, m.max(), 12):
        assert [int(((d.birth <= t) & (d.death > t)).sum()) for d in dgms.values()] == betti(m, t, 2)


def test_simplices_have_the_values():
    m = distances(np.random.default_rng(0).random((60, 3)))
    dgms = ph.rips_persistence(m)
    assert dgms[0].is_essential.sum() == 1
    for d in dgms.values():
        for cell, value in ((d.birth_cell, d.birth), (d.finite.death_cell, d.finite.death)):
            assert np.array_equal([m[np.ix_(c, c)].max() for c in cell], value)
        assert (d.birth < d.death).all()
    # without radii, components of the alpha complex merge at half the distance
    alpha = ph.alpha_persistence(np.random.default_rng(0).random((60, 3)))
    np.testing.assert_allclose(dgms[0].finite.death, 2 * alpha[0].finite.death, rtol=1e-9)


def test_circle():
    a = np.arange(30) * np.pi / 15
    d = ph.rips_persistence(distances(np.column_stack([np.cos(a), np.sin(a)])))[1]
    np.testing.assert_allclose([d.birth[0], d.death[0]], [2 * np.sin(np.pi / 30), np.sqrt(3)], rtol=1e-12)
    assert len(d) == 1


def test_end_of_the_filtration():
    x = np.array([[0, 0], [1, 0], [1, 1], [0, 1.0], [9, 0]])
    m = distances(x)
    dgms = ph.rips_persistence(m, max_value=1.2)
    assert dgms[0].is_essential.sum() == 2
    assert dgms[1].is_essential.tolist() == [True]
    assert dgms[1].death_cell.tolist() == [[-1, -1, -1]]
    m[4, :4] = m[:4, 4] = np.inf
    assert ph.rips_persistence(m)[0].is_essential.sum() == 2


def test_small_and_integer():
    assert len(ph.rips_persistence([[0.0]])[0]) == 1
    assert ph.rips_persistence([[0, 3], [3, 0]])[0].death.tolist() == [3, np.inf]
    assert len(ph.rips_persistence(np.zeros((4, 4)))[0]) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: m[:, :3], "square"),
        (lambda m: m[None], "square"),
        (lambda m: m[:0, :0], "square"),
        (lambda m: m.astype(str), "square matrix"),
        (lambda m: m + np.triu(np.ones((5, 5)), 1), "symmetric"),
        (lambda m: -m, "negative"),
        (lambda m: m + np.eye(5), "distance 0 from itself"),
        (lambda m: np.where(m == m.max(), np.nan, m), "not a number"),
        (lambda m: [[0, 1], [1]], "no matrix"),
    ],
)
def test_bad_matrices(change, reason):
    with pytest.raises(ValueError, match=reason):
        ph.rips_persistence(change(distances(np.random.default_rng(0).random((5, 3)))))


@pytest.mark.parametrize("wrong", [{"max_degree": -1}, {"max_degree": 1.5}, {"max_value": -1}, {"max_value": np.nan}])
def test_bad_options(wrong):
    with pytest.raises(ValueError, match=r"max_"):
        ph.rips_persistence(np.zeros((3, 3)), **wrong)


def test_too_large(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 1e6)
    with pytest.raises(MemoryError, match="choose a smaller max_value"):
        ph.rips_persistence(distances(np.random.default_rng(0).random((300, 3))))


def test_gudhi_is_loaded_without_its_gpl_modules(tmp_path):
    code = (
        "import sys, numpy as np, phwidgets as ph\n"
        "square = np.array([[0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]])\n"
        "one = ph.rips_persistence(square)\n"
        "print(*sorted(name for name in sys.modules if name.startswith('gudhi')))\n"
        "import gudhi\n"
        "tree = gudhi.RipsComplex(distance_matrix=square, max_edge_length=2).create_simplex_tree(max_dimension=2)\n"
        "assert isinstance(tree, gudhi.SimplexTree)\n"
        "assert ph.rips_persistence(square)[1].to_frame().equals(one[1].to_frame())\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert out.returncode == 0, out.stderr
    assert not {"gudhi", "gudhi._delaunay_complex_ext", "gudhi._bottleneck_ext"} & set(out.stdout.split())
    assert "gudhi._rips_complex_ext" in out.stdout.split()
