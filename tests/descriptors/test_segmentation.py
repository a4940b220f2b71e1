"""Pictures of two textures are painted as they were made, in two and three dimensions."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from phwidgets.descriptors.curves import BettiCurve
from phwidgets.descriptors.explain import explain
from phwidgets.descriptors.persistence_image import PersistenceImage
from phwidgets.descriptors.segmentation import segment
from phwidgets.descriptors.textures import describe_patches
from phwidgets.image import Image
from phwidgets.inverse.optimal import optimal_volumes
from phwidgets.patching import patches
from phwidgets.persistence.cubical import cubical_persistence


def texture(seed, shape, coarseness):
    """Smooth noise of mean 0 and variance 1: only its topology says how coarse it is."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape), coarseness, mode="wrap")
    return (noise - noise.mean()) / noise.std()


@pytest.fixture(scope="module")
def picture():
    """Fine noise on the left, coarse noise on the right, and where the coarse is."""
    values = np.hstack([texture(0, (120, 100), 1.0), texture(1, (120, 100), 2.5)])
    return Image(values, spacing=0.5, unit="nm"), np.arange(200)[None, :].repeat(120, axis=0) >= 100


@pytest.fixture(scope="module")
def textures(picture):
    return describe_patches(picture[0], size=24, stride=6, progress=False)


def agreement(labels, coarse):
    """Part of the samples that are painted right, whichever colour is which."""
    same = (labels == coarse)[labels >= 0].mean()
    return max(same, 1 - same)


def test_vectors_are_those_of_the_patches(picture, textures):
    bits = patches(picture[0], size=24, stride=6)
    assert textures.vectors.shape == (len(bits), 2 * 16 * 16)
    for i in (0, 33, len(bits) - 1):
        assert np.array_equal(textures.pipeline.transform([cubical_persistence(bits[i])])[0], textures.vectors[i])
    assert textures.centres[0].tolist() == [11.5, 11.5]


@pytest.mark.parametrize("classifier", [2, KMeans(2, n_init=2, random_state=1), AgglomerativeClustering(2)])
def test_clusters_are_the_two_textures(picture, textures, classifier):
    s = segment(textures, classifier)
    assert s.labels.shape == picture[1].shape
    assert agreement(s.labels, picture[1]) > 0.95
    assert s.counts.sum() == (s.labels >= 0).sum()
    assert s.confidence[s.labels >= 0].min() >= 0.5 - 1e-6
    assert s.confidence.max() <= 1
    # far from the border of the textures nearly all patches agree
    assert s.confidence[:114, :60].mean() > 0.95
    assert s.confidence[:114, 140:190].mean() > 0.95


@pytest.mark.filterwarnings("ignore:.*outside of the range:UserWarning")  # a few patches have higher peaks than those learned from
def test_a_fitted_classifier_on_diagrams_paints_new_pictures(picture):
    def diagrams(seed, coarseness):
        return [cubical_persistence(texture(seed + i, (24, 24), coarseness)) for i in range(25)]

    x, y = diagrams(100, 1.0) + diagrams(200, 2.5), np.repeat(["fine", "coarse"], 25)
    model = make_pipeline(make_union(PersistenceImage(8, degree=0), PersistenceImage(8, degree=1)), LogisticRegression(max_iter=1000))
    s = segment(picture[0], model.fit(x, y), size=24, stride=8)
    assert s.classes.tolist() == ["coarse", "fine"]
    assert ((s.classes[s.labels] == "coarse") == picture[1])[s.labels >= 0].mean() > 0.93
    vectors = describe_patches(picture[0], size=24, stride=8, pipeline=model[0])
    assert np.array_equal(segment(vectors, model[1]).labels, s.labels)


@pytest.mark.parametrize("classifier", [None, RandomForestClassifier(50, random_state=0), LinearSVC()])
def test_a_few_marks_are_followed(picture, textures, classifier):
    marks = {(20, 20): "fine", (90, 50): "fine", (30, 170): "coarse", (100, 140): "coarse"}
    s = segment(textures, classifier, marks=marks)
    assert s.classes.tolist() == ["fine", "coarse"]
    assert agreement(s.labels, picture[1]) > 0.9
    assert [s.classes[s.labels[place]] for place in marks] == list(marks.values())
    again = segment(s.textures, s.classifier)
    assert np.array_equal(again.labels, s.labels)


def test_marks_in_the_corners_take_the_nearest_patch(textures):
    s = segment(textures, marks={(0, 0): 1, (119, 199): 2})
    assert s.classes.tolist() == [1, 2]
    assert s.labels[2, 2] == 0
    assert s.labels[110, 190] == 1


def test_classes_are_linked_to_mean_diagrams_and_examples(picture, textures):
    s = segment(textures, 2)
    for k in range(2):
        own = textures.vectors[s.patch_labels == k]
        assert np.allclose(s.mean_vectors[k], own.mean(axis=0))
        diagrams = s.mean_diagrams(k)
        assert np.allclose(np.concatenate([values.ravel() for values, _, _ in diagrams]), s.mean_vectors[k])
        assert len(s.examples[k]) == 5
        for origin in s.examples[k]:
            inside = s.labels[origin[0] : origin[0] + 24, origin[1] : origin[1] + 24]
            assert (inside == k).mean() > 0.5
        i = int(((textures.vectors - s.mean_vectors[k]) ** 2).sum(axis=1)[s.patch_labels == k].argmin())
        assert np.array_equal(s.examples[k][0], textures.patches.origins[s.patch_labels == k][i])


def test_volumes_are_painted_voxel_by_voxel():
    values = np.concatenate([texture(0, (20, 24, 24), 0.8), texture(1, (20, 24, 24), 1.8)])
    s = segment(values, 2, size=8, stride=4, progress=False, workers=1)
    assert s.labels.shape == values.shape
    assert agreement(s.labels, np.arange(40)[:, None, None] >= np.full((1, 24, 24), 20)) > 0.9
    assert len(s.mean_diagrams(0)) == 3
    assert s.examples[0].shape == (5, 3)


def test_votes_are_triangles_around_the_patches():
    values = texture(3, (20, 20), 1)
    bits = describe_patches(values, size=10, stride=7, pipeline=BettiCurve(5, degree=0))
    model = KMeans(2, n_init=1, init=np.array([bits.vectors[0], bits.vectors[2]])).fit(bits.vectors)
    s = segment(bits, model)
    votes = np.zeros((len(s.classes), 20, 20))
    triangle = np.minimum(np.arange(1, 11), np.arange(10, 0, -1))
    for (row, col), k in zip(bits.patches.origins, s.patch_labels, strict=True):
        votes[k, row : row + 10, col : col + 10] += np.outer(triangle, triangle)
    assert np.array_equal(s.labels, np.where(votes.any(axis=0), votes.argmax(axis=0), -1))
    assert np.allclose(s.confidence, votes.max(axis=0) / np.maximum(votes.sum(axis=0), 1))
    assert (s.labels[17:] == -1).all()
    assert (s.confidence[17:] == 0).all()


def test_noise_of_a_clustering_has_no_vote(textures):
    s = segment(textures, DBSCAN(eps=1e-9))
    assert len(s.classes) == 0
    assert (s.labels == -1).all()
    assert not s.confidence.any()


def test_an_own_analysis_and_vectors(picture):
    def dark_first(patch):
        return cubical_persistence(patch, filtration="superlevel", degrees=[0])

    s = segment(picture[0], 2, size=24, stride=12, analysis=dark_first, pipeline=BettiCurve(20, degree=0))
    t = segment(picture[0], 2, size=24, stride=12, filtration="superlevel", pipeline=BettiCurve(20, degree=0), workers=1)
    assert np.array_equal(s.labels, t.labels)
    assert agreement(s.labels, picture[1]) > 0.9
    with pytest.raises(ValueError, match="not persistence images"):
        s.mean_diagrams(0)


def test_shares_of_an_image_are_painted_on_its_samples(picture):
    d = cubical_persistence(picture[0])[1]
    pi = PersistenceImage(16).fit([d])
    vector = np.random.default_rng(0).normal(size=256)
    e = explain(vector, pi, d)
    assert e.voxels.shape == picture[0].shape
    assert e.voxels.sum() == pytest.approx(pi.transform([d])[0] @ vector, abs=1e-9)
    expected = np.zeros(picture[0].shape)
    for share, birth, death in zip(e.pairs, d.birth_cell.tolist(), d.death_cell.tolist(), strict=True):
        cells = {tuple(c) for c in (birth, death) if c[0] >= 0}
        for cell in cells:
            expected[cell] += share / len(cells)
    assert np.allclose(e.voxels, expected, atol=1e-12)
    with pytest.raises(ValueError, match=r"in \.voxels"):
        e.atoms  # noqa: B018 - the access is the test


@pytest.mark.parametrize("degree", [0, 1])
def test_shares_fill_the_regions_of_an_image(picture, degree):
    d = cubical_persistence(picture[0])[degree]
    regions = optimal_volumes(d)
    pi = PersistenceImage(16).fit([d])
    vector = np.random.default_rng(1).normal(size=256)
    e = explain(vector, pi, d, regions)
    assert e.voxels.sum() == pytest.approx(e.pairs.sum(), abs=1e-9)
    assert e.by_volume.tolist() == [region.size > 0 for region in regions]
    expected = np.zeros(picture[0].shape)
    for share, region, birth in zip(e.pairs, regions, d.birth_cell, strict=True):
        where = region.voxels if region.size else birth[None]
        expected[tuple(where.T)] += share / len(where)
    assert np.allclose(e.voxels, expected, atol=1e-10)
    other = optimal_volumes(cubical_persistence(picture[0].values[:50])[degree].longest(1))
    with pytest.raises(ValueError, match="not of the 24000"):
        explain(vector, pi, d, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give a classifier"),
        ({"classifier": 1}, "at least 2"),
        ({"classifier": True}, "classifier of scikit-learn"),
        ({"classifier": "kmeans"}, "classifier of scikit-learn"),
        ({"classifier": LogisticRegression()}, "not fitted"),
        ({"classifier": AgglomerativeClustering(2).fit(np.eye(3))}, "cannot predict"),
        ({"marks": {(0, 0): "a"}}, "at least two classes"),
        ({"marks": {(0, 500): "a", (0, 0): "b"}}, "not in this image"),
        ({"marks": {(0,): "a", (0, 0): "b"}}, "not in this image"),
        ({"marks": {"ab": "a", (0, 0): "b"}}, "index of a sample"),
        ({"marks": {(50, 50): "a", (50, 51): "b", (51, 50): "b", (49, 49): "b"}, "classifier": 3}, "marks need a classifier"),
    ],
)
def test_bad_input_is_refused(textures, arguments, message):
    with pytest.raises(ValueError, match=message):
        segment(textures, **arguments)


def test_bad_patches_are_refused(picture):
    with pytest.raises(ValueError, match="do not fit"):
        segment(picture[0], 2, size=500)
    with pytest.raises(ValueError, match="inside of your own"):
        segment(picture[0], 2, analysis=cubical_persistence, filtration="superlevel")
    model = make_pipeline(PersistenceImage(4, degree=0), KMeans(1, n_init=1)).fit([cubical_persistence(picture[0])] * 4)
    with pytest.raises(ValueError, match="no room for another pipeline"):
        segment(picture[0], model, pipeline=BettiCurve())
