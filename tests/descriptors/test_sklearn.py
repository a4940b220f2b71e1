"""Descriptors are scikit-learn transformers: its own checks where they can see a list of diagrams, and the others by hand."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline, make_union
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import check_estimator

from phwidgets.descriptors.curves import AccumulatedPersistence, BettiCurve, Entropy, Landscape, Silhouette
from phwidgets.descriptors.histogram import DiagramHistogram
from phwidgets.descriptors.persistence_image import PersistenceImage

ALL = [PersistenceImage, DiagramHistogram, BettiCurve, AccumulatedPersistence, Landscape, Silhouette, Entropy]
SMALL = {"resolution": 6}


def make(kind):
    return kind(**{name: value for name, value in SMALL.items() if name in kind().get_params()})


@pytest.fixture(scope="module")
def many():
    """Diagrams of two kinds: those of the second have a few long pairs."""
    rng = np.random.default_rng(0)
    births = rng.random((40, 30))
    deaths = births + rng.exponential(0.1, births.shape)
    deaths[20:, :3] += 1
    return list(np.stack([births, deaths], axis=2)), np.repeat([0, 1], 20)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.filterwarnings("ignore:Can't test estimator")  # most checks make tables of numbers, and a diagram is none
def test_scikit_learn_checks_what_it_can(kind):
    results = check_estimator(kind(), on_skip=None, on_fail=None)
    assert results
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    "check",
    [
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_estimator_repr",
        "check_estimator_tags_renamed",
        "check_valid_tag_types",
        "check_estimator_cloneable",
    ],
)
def test_checks_that_need_no_data(kind, check):
    getattr(estimator_checks, check)(kind.__name__, kind())


@pytest.mark.parametrize("kind", ALL)
def test_fitting_follows_the_rules(kind, many):
    x, y = many
    estimator = make(kind)
    before = estimator.get_params()
    assert estimator.fit(x, y) is estimator
    assert estimator.get_params() == before
    added = [name for name in vars(estimator) if name not in before]
    assert all(name.endswith("_") or name.startswith("_") for name in added)
    vectors = estimator.transform(x)
    assert np.array_equal(estimator.fit(x).transform(x), vectors)
    assert np.array_equal(make(kind).fit_transform(x, y), vectors)
    assert np.allclose(np.concatenate([estimator.transform([d]) for d in x]), vectors)
    assert np.array_equal(estimator.transform(x[::-1]), vectors[::-1])
    assert np.array_equal(clone(estimator).fit(x).transform(x), vectors)
    assert np.array_equal(pickle.loads(pickle.dumps(estimator)).transform(x), vectors)
    assert np.array_equal(estimator.transform(np.array(x)), vectors)


@pytest.mark.parametrize("kind", ALL)
def test_columns_have_names(kind, many):
    estimator = make(kind).set_output(transform="pandas")
    frame = estimator.fit_transform(many[0])
    assert list(frame.columns) == estimator.get_feature_names_out().tolist()
    assert len(set(frame.columns)) == frame.shape[1]
    assert frame.columns[0].startswith(kind.__name__.lower())


@pytest.mark.filterwarnings("ignore:.*lie outside of the range:UserWarning")
def test_pipelines_searches_and_splits(many):
    x, y = many
    model = make_pipeline(PersistenceImage(6), LogisticRegression(C=100))
    assert cross_val_score(model, x, y, cv=3).mean() == 1
    search = GridSearchCV(model, {"persistenceimage__bandwidth": [0.05, 0.2]}, cv=2)
    assert search.fit(x, y).best_score_ > 0.9
    train, test, _, wanted = train_test_split(x, y, random_state=0, stratify=y)
    assert len(train) == 30
    assert (search.predict(test) == wanted).all()
    union = make_union(PersistenceImage(4), Entropy(), BettiCurve(5)).fit(x)
    assert union.transform(x).shape == (40, 22)
    assert len(union.get_feature_names_out()) == 22
