"""The direction of an estimator reproduces its score, or the estimator is refused."""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN, KMeans
from sklearn.decomposition import NMF, PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, PolynomialFeatures, RobustScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC

from phwidgets.descriptors.directions import direction_of

RNG = np.random.default_rng(0)
X = RNG.random((60, 7)) * [1, 2, 3, 4, 5, 6, 7]
CLASSES = np.array(["crystal", "glass", "melt"])[np.arange(60) % 3]
TWO = CLASSES[CLASSES != "melt"]
X2 = X[CLASSES != "melt"]
Y = X @ np.arange(7) + 3 + RNG.normal(size=60)
NEW = RNG.normal(size=(20, 7))


def agrees(direction, score):
    return np.allclose(NEW @ direction.vector + direction.offset, score, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("model", [LinearRegression(), Ridge(), Lasso(0.1), make_pipeline(StandardScaler(), Ridge())])
def test_regressions(model):
    model.fit(X, Y)
    d = direction_of(model)
    assert agrees(d, model.predict(NEW))
    assert d.meaning == "predicted value"


def test_regression_of_several_targets():
    model = LinearRegression().fit(X, np.column_stack([Y, -Y]))
    assert agrees(direction_of(model, 1), model.predict(NEW)[:, 1])


@pytest.mark.parametrize(
    "model", [LogisticRegression(max_iter=2000), LinearSVC(), RidgeClassifier(), LinearDiscriminantAnalysis(), SVC(kernel="linear")]
)
@pytest.mark.parametrize("scaler", [None, StandardScaler(), MinMaxScaler(), MaxAbsScaler(), RobustScaler(), "passthrough"])
def test_classifiers_of_two_classes(model, scaler):
    model = make_pipeline(scaler, model).fit(X2, TWO)
    d = direction_of(model)
    assert agrees(d, model.decision_function(NEW))
    assert d.meaning == "class glass (against crystal)"
    assert agrees(direction_of(model, "crystal"), -model.decision_function(NEW))


@pytest.mark.parametrize("model", [LogisticRegression(max_iter=2000), LinearSVC(), LinearDiscriminantAnalysis()])
def test_classifiers_of_three_classes(model):
    model.fit(X, CLASSES)
    for i, name in enumerate(["crystal", "glass", "melt"]):
        assert agrees(direction_of(model, i), model.decision_function(NEW)[:, i])
        assert direction_of(model, name).meaning == f"class {name}"
        assert np.array_equal(direction_of(model, name).vector, direction_of(model, i).vector)


@pytest.mark.parametrize("model", [PCA(3), PCA(3, whiten=True), TruncatedSVD(3)])
def test_components(model):
    model = make_pipeline(StandardScaler(), model).fit(X)
    assert agrees(direction_of(model, 2), model.transform(NEW)[:, 2])


def test_models_behind_selections_and_components():
    model = make_pipeline(
        VarianceThreshold(), StandardScaler(), SelectKBest(k=5), PCA(4, whiten=True), LogisticRegression(), memory=None
    ).fit(X2, TWO)
    d = direction_of(model)
    assert agrees(d, model.decision_function(NEW))
    assert (d.vector == 0).sum() == 2


def test_parts_and_centres():
    nmf = NMF(2, max_iter=2000).fit(X)
    assert np.array_equal(direction_of(nmf, 1).vector, nmf.components_[1])
    means = KMeans(3, n_init=2, random_state=0).fit(X)
    assert np.array_equal(direction_of(means, 2).vector, means.cluster_centers_[2])
    d = direction_of(means, (0, 2))
    away = ((NEW[:, None] - means.cluster_centers_) ** 2).sum(axis=2)
    assert ((NEW @ d.vector + d.offset > 0) == (away[:, 0] < away[:, 2])).all()
    scaled = make_pipeline(StandardScaler(), KMeans(2, n_init=2, random_state=0)).fit(X)
    d = direction_of(scaled, (1, 0))
    assert ((NEW @ d.vector + d.offset > 0) == (scaled.predict(NEW) == 1)).all()


def test_searches_arrays_and_directions_themselves():
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 1]}, cv=2).fit(X, Y)
    assert agrees(direction_of(search), search.predict(NEW))
    assert direction_of([1, 2]).vector.tolist() == [1.0, 2.0]
    assert direction_of(np.ones((1, 3))).vector.shape == (3,)
    d = direction_of(search)
    assert direction_of(d) is d


@pytest.mark.parametrize(
    ("model", "which", "message"),
    [
        (LogisticRegression(), 0, "not fitted"),
        (RandomForestClassifier(3).fit(X, CLASSES), 0, "no direction"),
        (DBSCAN().fit(X), 0, "no direction"),
        (SVC(kernel="linear").fit(X, CLASSES), 0, "not a linear function"),
        (PoissonRegressor(max_iter=1000).fit(X / 10, np.abs(Y)), 0, "not a linear function"),
        (make_pipeline(PolynomialFeatures(), Ridge()).fit(X, Y), 0, "PolynomialFeatures"),
        (make_pipeline(StandardScaler(), KMeans(2, n_init=1)).fit(X), 0, "centre 0 of KMeans"),
        (make_pipeline(MaxAbsScaler(), NMF(2, max_iter=2000)).fit(X), 0, "part 0 of NMF"),
        (KMeans(2, n_init=1).fit(X), 2, "2 directions"),
        (KMeans(2, n_init=1).fit(X), (0, 1, 1), "two of them"),
        (LinearRegression().fit(X, Y), 1, "1 direction"),
        (LinearDiscriminantAnalysis().fit(X, CLASSES), "liquid", "no class 'liquid'"),
        ("coefficients", 0, "vector of numbers"),
    ],
)
def test_what_is_not_linear_is_refused(model, which, message):
    with pytest.raises(ValueError, match=message):
        direction_of(model, which)
