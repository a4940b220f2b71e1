"""Several degrees side by side: the shares of all pairs of all degrees add up to the model's score, and so do those of the atoms."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

import phwidgets as ph
from phwidgets.descriptors.curves import BettiCurve
from phwidgets.descriptors.explain import explain
from phwidgets.descriptors.histogram import DiagramHistogram
from phwidgets.descriptors.persistence_image import PersistenceImage
from phwidgets.descriptors.unions import parts_of


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(0)
    return [ph.alpha_persistence(ph.Structure(rng.random((60, 3)) * 8 * (1 + 0.2 * (i % 2)), cell=None)) for i in range(12)]


@pytest.fixture(scope="module")
def kinds():
    return np.arange(12) % 2


def union():
    return make_union(PersistenceImage((8, 6), degree=0), PersistenceImage(10, degree=1), DiagramHistogram(7, degree=2))


@pytest.mark.parametrize("middle", [[], [StandardScaler()], [PCA(4)]])
def test_shares_of_all_degrees_sum_to_the_score(many, kinds, middle):
    model = make_pipeline(union(), *middle, LogisticRegression(max_iter=2000)).fit(many, kinds)
    for dgms in many[:3]:
        e = explain(model, None, dgms)
        score = model.decision_function([dgms])[0]
        assert e.score == pytest.approx(score)
        assert e.atoms.shape == (60,)
        assert e.atoms.sum() + e.offset == pytest.approx(score)
        assert [int((e.degree == k).sum()) for k in range(3)] == [len(dgms[k]) for k in range(3)]
        assert e.pair_id.tolist() == [i for k in range(3) for i in dgms[k].pair_id]
        frame = e.to_frame()
        assert frame["share"].groupby(frame["degree"]).sum().sum() == pytest.approx(score - e.offset)


def test_each_degree_has_its_own_part_of_the_vector(many):
    made = union().fit(many)
    x = made.transform(many[:1])[0]
    direction, parts = parts_of(x, made)
    assert np.array_equal(np.concatenate([vector for _, vector in parts]), direction.vector)
    assert [len(vector) for _, vector in parts] == [48, 100, 49]
    e = explain(x, made, many[0])
    for part, vector in parts:
        alone = explain(vector, part, many[0])
        own = e.degree == part.degree
        assert np.allclose(e.pairs[own], alone.pairs)
        assert (alone.degree == part.degree).all()


def test_weights_of_the_union_count(many, kinds):
    parts = [("rings", PersistenceImage(8, degree=1)), ("gone", "drop"), ("cavities", PersistenceImage(8, degree=2))]
    made = FeatureUnion(parts, transformer_weights={"rings": 3.0})
    model = make_pipeline(made, Ridge()).fit(many, kinds)
    e = explain(model, None, many[0])
    assert e.score == pytest.approx(model.predict(many[:1])[0])
    assert set(e.degree.tolist()) == {1, 2}


def test_volumes_of_some_degrees_are_used(many, kinds):
    model = make_pipeline(union(), Ridge()).fit(many, kinds)
    dgms = many[0]
    rings = ph.optimal_volumes(dgms[1].longest(5))
    e = explain(model, None, dgms, {1: rings})
    assert e.by_volume.sum() == 5
    assert (e.degree[e.by_volume] == 1).all()
    assert e.atoms.sum() + e.offset == pytest.approx(model.predict([dgms])[0])
    with pytest.raises(ValueError, match="several degrees: give volumes as a dict"):
        explain(model, None, dgms, rings)


def test_what_cannot_be_carried_back_is_refused(many):
    strange = make_union(PersistenceImage(8, degree=1), BettiCurve(degree=0)).fit(many)
    with pytest.raises(ValueError, match="'betticurve' of this union has no way back"):
        explain(np.zeros(3), strange, many[0])
    twice = make_union(PersistenceImage(8, degree=1), PersistenceImage(6, degree=1)).fit(many)
    with pytest.raises(ValueError, match="a degree of its own"):
        explain(np.zeros(100), twice, many[0])
    made = union().fit(many)
    with pytest.raises(ValueError, match="has 197 numbers, not 5"):
        explain(np.zeros(5), made, many[0])
    with pytest.raises(ValueError, match="needs a Diagram"):
        explain(np.zeros(197), made, 3)
    with pytest.raises(ValueError, match="not Ridge"):
        explain(np.zeros(197), Ridge(), many[0])
