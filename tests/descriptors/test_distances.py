"""Distances against brute force and gudhi, on all kinds of classes; and no GPL code on the way."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.stats import wasserstein_distance as transport_on_a_line

import phwidgets as ph
from phwidgets.descriptors.distances import bottleneck_distance, distance_matrix, sliced_wasserstein_distance, wasserstein_distance

diagrams = st.lists(st.tuples(st.floats(0, 1), st.floats(0.001, 1)), min_size=0, max_size=7).map(
    lambda rows: np.array([(b, b + p) for b, p in rows]).reshape(-1, 2)
)


def costs(x, y, norm):
    """Lengths (n + m, m + n) of all moves: rows are points of x and copies of the diagonal, columns points of y and copies of it."""
    n, m = len(x), len(y)
    moves = np.zeros((n + m, m + n))
    moves[:n, :m] = np.linalg.norm(x[:, None] - y, norm, axis=2)
    down = 0.5 * (1 if np.isinf(norm) else 2 ** (1 / norm))
    moves[:n, m:] = (down * np.ptp(x, axis=1) if n else np.zeros(0))[:, None]
    moves[n:, :m] = down * np.ptp(y, axis=1) if m else np.zeros(0)
    return moves


def wasserstein_by_assignment(x, y, order, norm):
    moves = costs(x, y, norm) ** order
    return moves[linear_sum_assignment(moves)].sum() ** (1 / order)


def bottleneck_by_matching(x, y):
    moves = costs(x, y, np.inf)
    for limit in np.unique(moves):
        if (maximum_bipartite_matching(csr_array(moves <= limit)) >= 0).all():
            return limit
    return 0.0


@settings(max_examples=60, deadline=None)
@given(diagrams, diagrams, st.sampled_from([1, 2, 3.5]), st.sampled_from([1, 2, np.inf]))
def test_wasserstein_distance_is_the_cheapest_assignment(x, y, order, norm):
    true = wasserstein_by_assignment(x, y, order, norm)
    assert wasserstein_distance(x, y, order, norm=norm, delta=1e-4) == pytest.approx(true, rel=2e-4, abs=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3.5])
@pytest.mark.parametrize("norm", [1, 2, np.inf])
def test_many_points_are_near_the_cheapest_assignment(order, norm):
    rng = np.random.default_rng(3)
    x, y = (np.cumsum(rng.random((n, 2)) ** 3, axis=1) for n in (150, 170))
    assert wasserstein_distance(x, y, order, norm=norm, delta=1e-3) == pytest.approx(wasserstein_by_assignment(x, y, order, norm), rel=2e-3)


NEARLY = """
import sys, numpy as np
from phwidgets.descriptors.distances import wasserstein_distance
rng = np.random.default_rng(0)
x = np.cumsum(rng.random((300, 2)) ** 3, axis=1)
for y in (np.nextafter(x, 9), x + 1e-9 * rng.random((300, 2)), np.where(np.arange(300)[:, None] < 150, x, np.nextafter(x, 9))):
    for order in (1, 2, 3.5):
        print(wasserstein_distance(x, y, order))
"""


def test_diagrams_equal_but_for_rounding_have_a_distance_and_soon(tmp_path):
    out = subprocess.run([sys.executable, "-c", NEARLY], capture_output=True, text=True, cwd=tmp_path, check=True, timeout=60)
    found = np.array(out.stdout.split(), float).reshape(3, 3)
    assert (found <= [1e-6, 1e-5, 2e-3]).all()


@settings(max_examples=60, deadline=None)
@given(diagrams, diagrams)
def test_bottleneck_distance_is_the_smallest_limit_with_a_matching(x, y):
    assert bottleneck_distance(x, y) == pytest.approx(bottleneck_by_matching(x, y), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("unit", [1e-300, 1e-20, 1e-10, 1e-9, 1.0, 1e9, 1e200])
def test_distances_scale_with_the_unit(unit):
    """Heights in metres are as far apart as in nanometres."""
    x, y = np.array([[0, 4], [1, 1.5], [0, 3]]), np.array([[0, 5], [1e-4, 3]])
    assert bottleneck_distance(unit * x, unit * y) == pytest.approx(unit, rel=1e-9, abs=0)
    assert bottleneck_distance(unit * x[2:], unit * y[1:]) == pytest.approx(1e-4 * unit, rel=1e-9, abs=0)
    if 1e-100 < unit < 1e100:  # squares
        assert wasserstein_distance(unit * x, unit * y) == pytest.approx(unit * wasserstein_distance(x, y), rel=1e-2, abs=0)


def test_real_diagrams_against_gudhi():
    gudhi = pytest.importorskip("gudhi")
    representations = pytest.importorskip("gudhi.representations")
    a, b = (ph.alpha_persistence(ph.sample(name))[1].finite for name in ("silica-glass", "silica-melt"))
    x, y = (np.column_stack([d.birth, d.death]) for d in (a, b))
    assert bottleneck_distance(a, b) == pytest.approx(gudhi.bottleneck_distance(x, y), rel=1e-9)
    # gudhi leaves out the last of its directions, which matters less the more there are
    theirs = representations.SlicedWassersteinDistance(num_directions=300)(x, y)
    assert sliced_wasserstein_distance(b, a, directions=300) == pytest.approx(theirs, rel=5e-3)


def test_sliced_distance_is_the_mean_of_transport_on_lines():
    rng = np.random.default_rng(2)
    x, y = (np.sort(rng.random((n, 2)), axis=1) for n in (20, 30))
    on_diagonal = [np.column_stack([d.mean(axis=1)] * 2) for d in (x, y)]
    one, other = np.concatenate([x, on_diagonal[1]]), np.concatenate([y, on_diagonal[0]])
    lines = [np.array([np.cos(t), np.sin(t)]) for t in -np.pi / 2 + np.pi * np.arange(25) / 25]
    expected = np.mean([50 * transport_on_a_line(one @ u, other @ u) for u in lines])
    assert sliced_wasserstein_distance(x, y, directions=25) == pytest.approx(expected, rel=1e-9)


def test_essential_classes_are_matched_by_birth():
    x, y = [[0.0, np.inf], [1.0, np.inf]], [[1.2, np.inf], [0.1, np.inf]]
    assert bottleneck_distance(x, y) == pytest.approx(0.2)
    assert wasserstein_distance(x, y) == pytest.approx(np.hypot(0.1, 0.2))
    assert wasserstein_distance([*x, [0, 1]], y, order=1) == pytest.approx(0.1 + 0.2 + 0.5)
    assert sliced_wasserstein_distance(x, y) > 0
    for distance in (bottleneck_distance, wasserstein_distance, sliced_wasserstein_distance):
        assert distance(x, y[:1]) == np.inf
        assert distance(x, x) == 0


def test_superlevel_diagrams_have_the_distances_of_their_mirror_images():
    rng = np.random.default_rng(0)
    x, y = (np.sort(rng.random((n, 2)), axis=1) for n in (30, 40))
    for distance in (bottleneck_distance, wasserstein_distance, sliced_wasserstein_distance):
        assert distance(x[:, ::-1], y[:, ::-1]) == pytest.approx(distance(x, y))
    with pytest.raises(ValueError, match="different filtrations"):
        bottleneck_distance(x, y[:, ::-1])


def test_points_on_the_diagonal_do_not_count():
    assert bottleneck_distance([[1.0, 1.0], [0.0, 2.0]], [[0.0, 2.0]]) == 0
    assert wasserstein_distance([[1.0, 1.0]], []) == 0


@pytest.mark.parametrize("distance", ["bottleneck", "wasserstein", "sliced", lambda a, b: abs(len(a) - len(b))])
def test_matrix_holds_every_distance(distance):
    rng = np.random.default_rng(1)
    many = [np.sort(rng.random((n, 2)), axis=1) for n in (3, 9, 20, 5)]
    matrix = distance_matrix(many, distance, progress=False, workers=2)
    assert matrix.shape == (4, 4)
    assert np.array_equal(matrix, matrix.T)
    assert not np.diagonal(matrix).any()
    assert np.allclose(distance_matrix(many[:1], distance, others=many[1:])[0], matrix[0, 1:])
    if distance == "wasserstein":
        assert matrix[1, 2] == wasserstein_distance(many[1], many[2])
        assert distance_matrix(many, order=1)[0, 1] == wasserstein_distance(many[0], many[1], order=1)
    ph.rips_persistence(matrix)


def test_long_work_is_counted(capsys, monkeypatch):
    monkeypatch.setattr("phwidgets.descriptors.progress.PATIENCE", -1.0)
    monkeypatch.setattr("phwidgets.descriptors.progress.PACE", 0.0)
    distance_matrix([[[0.0, 1.0]], [[0.0, 2.0]], []], "sliced")
    assert "distances 3 of 3\n" in capsys.readouterr().err
    distance_matrix([[[0.0, 1.0]], [[0.0, 2.0]], []], "sliced", progress=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wasserstein_distance([], [], order=0.5), "order"),
        (lambda: wasserstein_distance([], [], order=np.inf), "order"),
        (lambda: wasserstein_distance([], [], norm=0), "norm"),
        (lambda: wasserstein_distance([], [], delta=0), "delta"),
        (lambda: sliced_wasserstein_distance([], [], directions=0), "directions"),
        (lambda: distance_matrix([[]], "hausdorff"), "one of"),
        (lambda: distance_matrix([[[0.0, np.nan]]]), "diagram 0"),
        (lambda: bottleneck_distance(ph.Diagram.empty(1, "Å"), ph.Diagram.empty(1, "px")), "different units"),
        (lambda: bottleneck_distance([1, 2, 3], []), "shape"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_distances_load_no_gpl_code(tmp_path):
    code = (
        "import sys; from phwidgets.descriptors.distances import bottleneck_distance, wasserstein_distance; "
        "bottleneck_distance([[0, 1]], [[0, 2]]); wasserstein_distance([[0, 1]], [[0, 2]]); "
        "print(*[name for name in sys.modules if name.startswith('gudhi')]); "
        "import gudhi; print(gudhi.bottleneck_distance([[0, 1]], [[0, 2]]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    alone, later = done.stdout.splitlines()
    assert set(alone.split()) <= {"gudhi._hera_ext"}
    assert later == "1.0"
