"""Scores carried back to pairs, atoms and samples add up, and find what was planted."""

import time

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF, PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import phwidgets as ph
from phwidgets.descriptors.directions import Direction
from phwidgets.descriptors.explain import explain
from phwidgets.descriptors.histogram import DiagramHistogram
from phwidgets.descriptors.persistence_image import PersistenceImage
from phwidgets.persistence.diagrams import Diagrams

RING = 12  # atoms of a planted ring
BOX = 14.0
APART = 1.9  # atoms of the matrix are at least so far from each other
CANDIDATES = 2500
RADIUS = 2.4  # of the planted rings, whose atoms are about 1.24 apart: they close long before anything else does


def glass(seed, rings):
    """Atoms at random, not too near to each other, and some regular rings with nothing in them; returns the rings as sets of atoms."""
    rng = np.random.default_rng(seed)
    atoms, centres = [], []
    while len(centres) < rings:
        centre = rng.random(3) * BOX
        if any(np.linalg.norm((centre - c + BOX / 2) % BOX - BOX / 2) < 2 * RADIUS + 1.5 for c in centres):
            continue
        centres.append(centre)
        u, v, _ = np.linalg.qr(rng.normal(size=(3, 3)))[0].T
        angle = np.arange(RING) * 2 * np.pi / RING
        atoms.extend(centre + RADIUS * (np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v) + rng.normal(0, 0.03, (RING, 3)))
    planted = [set(range(i * RING, (i + 1) * RING)) for i in range(rings)]
    taken = np.concatenate([np.reshape(atoms, (-1, 3)), np.reshape(centres, (-1, 3)), np.zeros((CANDIDATES, 3))])
    reach = np.concatenate([np.full(len(atoms), APART), np.full(rings, RADIUS), np.full(CANDIDATES, APART)])
    first = count = len(atoms) + rings
    for candidate in rng.random((CANDIDATES, 3)) * BOX:
        away = (taken[:count] - candidate + BOX / 2) % BOX - BOX / 2
        if ((away**2).sum(axis=1) > reach[:count] ** 2).all():
            taken[count] = candidate
            count += 1
    return ph.Structure(np.concatenate([taken[: len(atoms)], taken[first:count]]), cell=[BOX] * 3), planted


@pytest.fixture(scope="module")
def trained():
    kinds = [0, 2] * 12
    many = [ph.alpha_persistence(glass(seed, rings)[0])[1] for seed, rings in enumerate(kinds)]
    model = make_pipeline(PersistenceImage(32, bandwidth=0.1), LogisticRegression(max_iter=5000))
    return model.fit(many, np.array(kinds) > 0), many


def test_learned_weights_find_exactly_the_planted_rings(trained):
    model, _ = trained
    for seed in range(100, 105):
        s, planted = glass(seed, 3)
        d = ph.alpha_persistence(s)[1]
        e = explain(model, None, d)
        speaking = d.subset(d.pair_id[np.argsort(-e.pairs)[:3]])
        found = [set(v.loop.tolist()) for v in ph.optimal_volumes(speaking)]
        assert sorted(map(sorted, found)) == sorted(map(sorted, planted))
        others = np.sort(e.pairs)[::-1]
        assert others[2] > 50 * others[3]  # nothing else speaks nearly as loud
        volumes = ph.optimal_volumes(speaking)
        loud = explain(model, None, speaking, volumes)
        assert np.array_equal(np.flatnonzero(loud.atoms), np.unique(np.concatenate([v.atoms for v in volumes])))
        ringed = np.isin(np.arange(len(s)), list(set.union(*planted)))
        whole = explain(model, None, d, volumes)
        assert whole.atoms[ringed].mean() > whole.atoms[~ringed].mean() + 0.02


def test_a_brush_over_the_red_region_gets_the_rings_that_speak_for_the_class(trained):
    model, _ = trained
    s, planted = glass(100, 3)
    ex = ph.explore(ph.alpha_persistence(s), degree=1)
    e = ex.explain(model)
    assert "red speaks for class True (against False)" in ex.diagram_view._bar.value
    values, births, deaths = model[0].to_histogram(model[-1])
    row, column = np.nonzero(values > 0.25 * values.max())  # what looks red
    red = (births[[row.min(), row.max() + 1]].tolist(), deaths[[column.min(), column.max() + 1]].tolist())
    ex.diagram_view.brush.set_state({"selected_x": red[0], "selected_y": red[1], "brushing": False})
    assert {frozenset(v.loop.tolist()) for v in ph.optimal_volumes(ex.selected)} == set(map(frozenset, planted))
    assert (e.pairs[ex.selected_pairs] > 0).all()
    ex.inverse = "volumes"
    until = time.monotonic() + 60
    while not set(ex.selected_atoms.tolist()) >= set.union(*planted) and time.monotonic() < until:
        time.sleep(0.05)  # the rings are searched for in the background
    assert set(ex.selected_atoms.tolist()) >= set.union(*planted)
    stray = np.setdiff1d(ex.selected_atoms, np.concatenate([v.atoms for v in ph.optimal_volumes(ex.selected)]))
    assert not len(stray)  # no atom but those of the rings and of what spans them


def test_a_glass_without_rings_has_nothing_to_show(trained):
    model, _ = trained
    s, _ = glass(200, 0)
    e = explain(model, None, ph.alpha_persistence(s)[1])
    ringed = explain(model, None, ph.alpha_persistence(glass(201, 3)[0])[1])
    assert e.score < 0 < ringed.score
    assert e.pairs.max() < 0.02 * ringed.pairs.max()


@pytest.mark.parametrize("scaled", [False, True])
def test_shares_add_up_to_the_score_of_the_model(trained, scaled):
    model, many = trained
    if scaled:
        model = make_pipeline(PersistenceImage(8, normalize="size"), StandardScaler(), LogisticRegression()).fit(
            many, np.arange(24) % 2 > 0
        )
    for d in many[:4]:
        e = explain(model, None, d)
        score = model.decision_function([d])[0]
        assert e.score == pytest.approx(score, abs=1e-9)
        assert e.pairs.sum() + e.offset == pytest.approx(score, abs=1e-9)
        assert e.atoms.sum() == pytest.approx(e.pairs.sum(), abs=1e-10)
        assert len(e.atoms) == len(d.source)
        assert e.meaning == "class True (against False)"


def _nearer(model, x):
    """How much nearer to the first centre than to the second, half of the difference of squared distances."""
    return 0.5 * np.diff(model.transform(x)[:, :2] ** 2)[0, 0]


@pytest.mark.parametrize(
    ("estimator", "which", "score"),
    [
        (Ridge(), 0, lambda m, x: m.predict(x)[0]),
        (PCA(3), 1, lambda m, x: m.transform(x)[0, 1]),
        (NMF(2, init="nndsvd"), 0, lambda m, x: (x @ m.components_[0])[0]),
        (KMeans(3, n_init=1, random_state=0), (0, 1), _nearer),
        (LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5), 0, lambda m, x: m.decision_function(x)[0]),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else "",
)
def test_fitted_estimators_are_taken_as_they_are(trained, estimator, which, score):
    _, many = trained
    pi = PersistenceImage(12, bandwidth=0.1)
    model = estimator.fit(pi.fit_transform(many), np.arange(24) % 2)
    d = many[3]
    expected = score(model, pi.transform([d]))
    e = explain(model, pi, d, which=which)
    assert e.score == pytest.approx(expected, abs=1e-8 * np.abs(e.pairs).sum())
    assert e.atoms.sum() + e.offset == pytest.approx(expected, abs=1e-8 * np.abs(e.pairs).sum())
    ex = ph.explore(Diagrams({1: d}, source=d.source, unit=d.unit, resolution=0.0), degree=1)
    assert np.array_equal(ex.explain(model, pi, which=which).atoms, e.atoms)
    assert np.array_equal(ex._weights.histogram(1)[0], pi.to_histogram(ph.direction_of(model, which))[0])


def test_a_share_is_split_equally_over_the_atoms_of_the_pair():
    d = ph.alpha_persistence(ph.sample("silica-glass"))[1]
    chosen = d.longest(3)
    pi = PersistenceImage(16).fit([d])
    vector = np.random.default_rng(0).normal(size=256)
    e = explain(vector, pi, chosen)
    expected = np.zeros(648)
    for share, birth, death in zip(e.pairs, chosen.birth_cell, chosen.death_cell, strict=True):
        atoms = np.unique([*birth, *death])
        expected[atoms] += share / len(atoms)
    assert np.allclose(e.atoms, expected, atol=1e-14)
    assert e.pair_id.tolist() == chosen.pair_id.tolist()


def test_volumes_take_the_shares_of_their_pairs_and_the_others_stay_with_the_simplices():
    d = ph.alpha_persistence(ph.sample("silica-glass"))[1]
    some = d.longest(4)
    volumes = ph.optimal_volumes(some)
    pi = PersistenceImage(16).fit([d])
    vector = np.ones(256)
    e = explain(vector, pi, d, volumes)
    plain = explain(vector, pi, d)
    assert d.pair_id[e.by_volume].tolist() == sorted(some.pair_id.tolist())
    assert e.atoms.sum() == pytest.approx(e.pairs.sum(), abs=1e-9)
    assert np.array_equal(e.pairs, plain.pairs)
    rest = d.subset(np.setdiff1d(d.pair_id, some.pair_id))
    expected = explain(vector, pi, rest).atoms
    for v in volumes:
        share = e.pairs[d.pair_id == v.pair_id][0]
        expected[v.atoms] += share / len(v.atoms)
    assert np.allclose(e.atoms, expected, atol=1e-12)


def test_histograms_and_directions_explain_as_well():
    d = ph.alpha_persistence(ph.sample("silica-melt"))[2]
    h = DiagramHistogram(8)
    x = h.fit_transform([d])[0]
    e = explain(Direction(x, 2.5, "likeness"), h, d)
    assert e.score == pytest.approx(x @ x + 2.5)
    assert "likeness" in repr(e)
    assert len(e.to_frame()) == len(d)
    assert e.to_frame()["share"].sum() == pytest.approx(x @ x)


def test_diagrams_of_all_degrees(trained):
    model = make_pipeline(PersistenceImage(8, degree=1), LogisticRegression())
    many = [ph.alpha_persistence(glass(seed, seed % 2)[0]) for seed in range(4)]
    model.fit(many, [0, 1, 0, 1])
    assert explain(model, None, many[1]).score == pytest.approx(model.decision_function(many[1:2])[0])


def test_bad_input_is_refused(trained):
    model, many = trained
    pi, d = model[0], many[0]
    with pytest.raises(ValueError, match="begins with a PersistenceImage"):
        explain(np.ones(1024), None, d)
    with pytest.raises(ValueError, match="1024 numbers"):
        explain(np.ones(5), pi, d)
    with pytest.raises(ValueError, match="needs a Diagram"):
        explain(np.ones(1024), pi, [[0.0, 1.0]])
    with pytest.raises(ValueError, match="needs a Diagram"):
        explain(np.ones(1024), pi, ph.alpha_persistence(d.source))
    with pytest.raises(ValueError, match="computed from"):
        explain(np.ones(1024), pi, ph.Diagram.empty(1, "Å"))
    with pytest.raises(ValueError, match="not in this diagram"):
        explain(np.ones(1024), pi, d.longest(2), ph.optimal_volumes(d.longest(3)))
    twice = ph.optimal_volumes(d.longest(1))
    with pytest.raises(ValueError, match="more than one volume"):
        explain(np.ones(1024), pi, d, type(twice)([*twice, *twice]))
    with pytest.raises(ValueError, match="these volumes are not of"):
        explain(np.ones(1024), pi, d, ph.optimal_volumes(many[1].longest(1)))
    with pytest.raises(ValueError, match=r"in \.atoms"):
        explain(model, None, d).voxels  # noqa: B018 - the access is the test
