"""Curves against gudhi, and against their definitions on superlevel and essential classes."""

import numpy as np
import pytest

from phwidgets.descriptors.curves import AccumulatedPersistence, BettiCurve, Entropy, Landscape, Silhouette

gudhi = pytest.importorskip("gudhi.representations")


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(0)
    births = [rng.random(n) * 2 for n in (3, 40, 200)]
    return [np.column_stack([b, b + rng.exponential(0.4, len(b))]) for b in births]


def test_betti_curve_is_that_of_gudhi(many):
    ours = BettiCurve(70, range=(0, 3)).fit_transform(many)
    assert np.array_equal(ours, gudhi.BettiCurve(resolution=70, sample_range=[0, 3]).fit_transform(many))


def test_landscape_is_that_of_gudhi_without_its_factor(many):
    ours = Landscape(4, 70, range=(0, 3)).fit_transform(many)
    theirs = gudhi.Landscape(num_landscapes=4, resolution=70, sample_range=[0, 3]).fit_transform(many)
    assert np.allclose(ours * np.sqrt(2), theirs, atol=1e-12)


@pytest.mark.parametrize("power", [0, 1, 3])
def test_silhouette_is_that_of_gudhi_without_its_factor(many, power):
    ours = Silhouette(power, 70, range=(0, 3)).fit_transform(many)
    theirs = gudhi.Silhouette(weight=lambda p: (p[1] - p[0]) ** power, resolution=70, sample_range=[0, 3]).fit_transform(many)
    assert np.allclose(ours * np.sqrt(2), theirs, atol=1e-12)


def test_entropy_is_that_of_gudhi(many):
    assert np.allclose(Entropy().fit_transform(many), gudhi.Entropy(mode="scalar").fit_transform(many))
    relative = Entropy(relative=True).fit_transform([*many, [[0, 1], [2, 3], [5, 6]], [[0, 1]], []])
    assert relative[3:].ravel().tolist() == pytest.approx([1, 0, 0])
    assert ((relative >= 0) & (relative <= 1)).all()


def test_accumulated_persistence_by_definition(many):
    curve = AccumulatedPersistence(50).fit(many)
    for row, d in zip(curve.transform(many), many, strict=True):
        assert np.allclose(row, [np.ptp(d[d.mean(axis=1) <= t], axis=1).sum() for t in curve.grid_])


def test_essential_classes_are_open_for_ever_and_have_no_triangle():
    d = [[0.0, 1.0], [0.5, np.inf], [2.0, np.inf]]
    assert BettiCurve(5, range=(0, 2)).fit_transform([d]).tolist() == [[1, 2, 1, 1, 2]]
    for kind in (Landscape, Silhouette, AccumulatedPersistence):
        curve = kind(resolution=5, range=(0, 2)).fit([d])
        assert np.array_equal(curve.transform([d]), curve.transform([d[:1]]))


def test_superlevel_curves_are_sublevel_curves_of_the_negated_values(many):
    falling = [-d for d in many]
    for kind in (BettiCurve, Landscape, Silhouette):
        up = kind(resolution=31, range=(0.013, 3.013)).fit_transform(many)
        down = kind(resolution=31, range=(-3.013, -0.013)).fit_transform(falling)
        parts = down.reshape(3, -1, 31)[:, :, ::-1].reshape(3, -1)
        assert np.allclose(up, parts, atol=1e-12)
    assert BettiCurve(3, range=(0, 2)).fit_transform([[[2.0, 1.0], [1.5, -np.inf]]]).tolist() == [[1.0, 1.0, 1.0]]


def test_range_is_learned_from_all(many):
    low, high = BettiCurve().fit(many).range_
    assert (low, high) == (min(d.min() for d in many), max(d.max() for d in many))


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        (BettiCurve(0), "resolution"),
        (BettiCurve(range=(2, 1)), "low < high"),
        (BettiCurve(normalize="mass"), "normalize"),
        (Landscape(0), "layers"),
        (Silhouette(-1), "power"),
        (Entropy(relative=2), "relative"),
    ],
)
def test_bad_parameters_are_refused(curve, message):
    with pytest.raises(ValueError, match=message):
        curve.fit([[[0.0, 1.0]]])
