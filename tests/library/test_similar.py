"""Descriptors of a library and the nearest entries, against brute force."""

import math

import numpy as np
import pytest

from phwidgets.library import Library
from phwidgets.library.vectors import Vectors

# ---- similar ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("k", [1, 5, 400])
def test_the_nearest_are_those_of_brute_force(metric, k):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 40)).astype(np.float32)
    x[50:60] = x[40:50]  # ties
    x[7] = 0
    vectors = Vectors(0, np.arange(300) * 3, x, np.linalg.norm(x.astype(float), axis=1))
    query = x[45].astype(float) + 1e-5
    full = x.astype(float)
    if metric == "cosine":
        norms = np.linalg.norm(full, axis=1) * np.linalg.norm(query)
        away = 1 - np.divide(full @ query, norms, out=np.zeros(300), where=norms > 0)
    else:
        away = np.linalg.norm(full - query, axis=1)
    for rows in (None, np.arange(20, 260), np.array([45, 55, 7])):
        allowed = np.arange(300) if rows is None else rows
        expected = allowed[np.argsort(away[allowed], kind="stable")[:k]]
        found, distances = vectors.nearest(query, k, metric, rows)
        assert distances == pytest.approx(away[expected], abs=1e-12)
        assert np.array_equal(found, expected)
    assert vectors.place(np.array([0, 3, 4, 897, 900])).tolist() == [0, 1, 299]


def test_vectors_that_differ_by_less_than_single_precision_tells():
    base = np.ones(2000, np.float32)
    x = np.tile(base, (50, 1))
    for i in range(50):
        x[i, i] += np.float32((i + 1) * 1.2e-7 * 3)
    vectors = Vectors(0, np.arange(50), x, np.linalg.norm(x.astype(float), axis=1))
    found, _ = vectors.nearest(base.astype(float), 5, "euclidean", None)
    assert found.tolist() == np.argsort(np.linalg.norm(x.astype(float) - 1, axis=1), kind="stable")[:5].tolist()


def test_similar_entries(lib, diagrams, moments):
    label = lib.describe(moments())
    assert label == "Moments PD1"
    x = moments().transform([diagrams(i)[1] for i in range(6)]).astype(np.float32).astype(float)
    away = np.linalg.norm(x - x[2], axis=1)
    order = [i for i in np.argsort(away, kind="stable") if i != 2]
    found = lib.similar("s2", k=3, metric="euclidean")
    assert found["name"].tolist() == [f"s{i}" for i in order[:3]]
    assert found["distance"].to_numpy() == pytest.approx(away[order[:3]])
    assert found.columns.tolist() == ["name", "distance", "density", "method", "step"]
    assert lib.similar(diagrams(2), k=1)["name"].item() == "s2"
    assert lib.similar(diagrams(2)[1], k=1, metric="euclidean")["distance"].item() == pytest.approx(0, abs=1e-5)
    assert lib.similar(x[4], k=1, metric="euclidean")["name"].item() == "s4"
    assert set(lib.similar("s2", where="method = 'melt'")["name"]) == {"s1", "s3", "s5"}
    assert lib.similar("s2", where="density > 99").empty
    about = lib.descriptors().iloc[0]
    assert (about["label"], about["length"], about["entries"], about["parameters"]) == (label, 3, 6, '{"count_": 6, "scale": 1.0}')
    assert lib.vectors().loc["s4"].to_numpy() == pytest.approx(x[4])
    for x_, options, reason in (
        (x[0][:2], {}, "have 3 numbers"),
        ([math.nan] * 3, {}, "not finite"),
        ("nobody", {}, "there is no 'nobody'"),
        (x[0], {"metric": "taxicab"}, "metric is one of"),
        (x[0], {"k": 0}, "positive"),
        (x[0], {"descriptor": "other"}, "no such descriptor"),
        (object(), {}, "a name, diagrams or a vector"),
        (x[0], {"metric": "bottleneck"}, "is one of diagrams"),
    ):
        with pytest.raises(ValueError, match=reason):
            lib.similar(x_, **options)


def test_descriptors_go_on_where_they_were_and_are_not_mixed(lib, diagrams, moments):
    fitted = moments().fit(range(6))
    label = lib.describe(fitted)
    lib.add("late", diagrams(77))
    with pytest.raises(ValueError, match="'late' has no vector"):
        lib.similar("late")
    assert len(lib.similar("s0")) == 5
    assert lib.describe(fitted) == label
    assert len(lib.similar("s0")) == 6
    lib.add("later", diagrams(78))
    with pytest.raises(ValueError, match="other parameters"):
        lib.describe(moments(scale=2.0).fit(range(6)))
    assert lib.describe(moments(scale=2.0).fit(range(6)), label="doubled") == "doubled"
    with pytest.raises(ValueError, match="several descriptors"):
        lib.similar("s0")
    assert len(lib.similar("s0", descriptor="doubled")) == 7
    again = Library(lib.path)
    with pytest.raises(ValueError, match="not known in this session"):
        again.similar(diagrams(1), descriptor="doubled")
    assert again.similar("s0", descriptor="doubled").equals(lib.similar("s0", descriptor="doubled"))
    lib.add_vectors("own", ["s1", "s0"], [[1, 0], [0, 1]], made_by="hand")
    assert lib.similar([1, 0.1], descriptor="own")["name"].tolist() == ["s1", "s0"]
    for names, vectors, reason in (
        (["s0", "gone"], [[1, 0], [0, 1]], "no 'gone'"),
        (["s0"], [[math.inf, 0]], "finite"),
        (["s0"], [1], "one vector"),
    ):
        with pytest.raises(ValueError, match=reason):
            lib.add_vectors("own", names, vectors)
    lib.remove("s1")
    assert lib.similar([1, 0.1], descriptor="own")["name"].tolist() == ["s0"]


@pytest.mark.parametrize("metric", ["bottleneck", "wasserstein"])
def test_distances_of_the_best_candidates(lib, metric, diagrams, moments):
    from phwidgets.descriptors.distances import bottleneck_distance, wasserstein_distance

    distance = bottleneck_distance if metric == "bottleneck" else wasserstein_distance
    away = {f"s{i}": distance(diagrams(2)[1], diagrams(i)[1]) for i in range(6) if i != 2}
    expected = sorted(away, key=away.get)
    found = lib.similar("s2", k=3, metric=metric)
    assert found["name"].tolist() == expected[:3]
    assert found["distance"].to_numpy() == pytest.approx([away[name] for name in expected[:3]])
    assert lib.similar(diagrams(2), k=1, metric=metric)["name"].item() == "s2"
    lib.describe(moments())
    near = lib.similar("s2", k=2)["name"].tolist()
    assert lib.similar("s2", k=9, metric=metric, candidates=2)["name"].tolist() == sorted(near, key=away.get)
