"""Vectors of patches without a Diagram for each: the same numbers as by way of them, on any number of threads."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.base import clone
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from phwidgets.descriptors import textures
from phwidgets.descriptors.histogram import DiagramHistogram
from phwidgets.descriptors.patch_vectors import PatchVectors
from phwidgets.descriptors.persistence_image import PersistenceImage
from phwidgets.descriptors.textures import describe_patches
from phwidgets.image import Image
from phwidgets.patching import patches
from phwidgets.persistence.cubical import cubical_persistence
from phwidgets.persistence.cubical_source import Cubical

NOISE = np.random.default_rng(3).normal(size=(90, 110))
SMOOTH = gaussian_filter(NOISE, 1.5)
IMAGES = {
    "noise": NOISE,
    "smooth": SMOOTH,
    "grey levels": np.round(40 * SMOOTH + 128).astype(np.uint8),
    "two values": NOISE > 0,
    "one value": np.full((70, 80), 3, np.int16),
    "other memory": np.asfortranarray(NOISE.astype(">f4")),
}
PIPELINES = {
    "default": None,
    "one": PersistenceImage(10, bandwidth=0.3, degree=1),
    "wide and uniform": make_union(
        PersistenceImage(16, 0.5, "uniform", degree=0),
        PersistenceImage((5, 30), 0.4, range=(-1, 1), degree=1),
        PersistenceImage(4, degree=1),
    ),
}


@pytest.fixture
def without(monkeypatch):
    """As if there were no quick way."""

    def compute(*given, **options):
        with monkeypatch.context() as context:
            context.setattr(PatchVectors, "of", lambda *_: None)
            return describe_patches(*given, **options)

    return compute


@pytest.mark.filterwarnings("ignore:.*outside of the range:UserWarning")
@pytest.mark.parametrize("filtration", ["sublevel", "superlevel"])
@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize("name", IMAGES)
def test_vectors_are_those_of_the_diagrams(without, name, pipeline, filtration):
    options = {"size": (24, 31), "stride": (9, 7), "pipeline": PIPELINES[pipeline], "filtration": filtration, "progress": False}
    expected = without(IMAGES[name], workers=1, **options)
    for workers in (1, 2, None):
        found = describe_patches(IMAGES[name], workers=workers, **options)
        assert np.array_equal(found.vectors, expected.vectors)
    assert found.vectors.any() == (name != "one value")


def test_what_goes_the_quick_way():
    bits, volume = patches(NOISE, size=20), patches(np.zeros((9, 9, 9)), size=(1, 5, 5))
    how = Cubical("sublevel", "vertex", (False, False))
    zero, one = (PersistenceImage(4, degree=k) for k in (0, 1))
    assert PatchVectors.of(bits, how, (0, 1), one).images == [one]
    assert PatchVectors.of(bits, how, (0, 1), make_union(one, zero)).images == [one, zero]
    assert PatchVectors.of(volume, how, (0, 1, 2), one) is not None

    class Own(PersistenceImage):
        pass

    for pipeline in (
        PersistenceImage(4),
        PersistenceImage(4, degree=2),
        Own(4, degree=0),
        make_union(zero, DiagramHistogram(4, degree=1)),
        make_union(zero, "drop"),
        make_union(zero, one).set_params(transformer_weights={"persistenceimage-1": 2.0}),
        make_pipeline(zero, StandardScaler()),
    ):
        assert PatchVectors.of(bits, how, (0, 1), pipeline) is None
    assert PatchVectors.of(patches(np.zeros((9, 9, 9)), size=3), how, (0, 1, 2), one) is None
    assert PatchVectors.of(patches(np.full((9, 9), 2**60), size=3), how, (0, 1), one) is None


def whole(births, persistences):
    return np.full(len(births), 1.0 / max(1, len(births)))


@pytest.mark.parametrize("given", [{"weight": whole}, {"normalize": "size"}, {"normalize": "volume"}])
def test_what_needs_diagrams_sees_them(given):
    pi = PersistenceImage(6, degree=0, **given)
    found = describe_patches(NOISE, size=30, stride=20, pipeline=pi, progress=False)
    diagrams = [cubical_persistence(patch) for patch in found.patches]
    assert np.array_equal(found.vectors, clone(pi).fit(diagrams).transform(diagrams))


def test_an_own_analysis_is_called():
    seen = []

    def analysis(patch):
        seen.append(patch.origin)
        return cubical_persistence(patch, construction="cell")

    found = describe_patches(NOISE, size=30, stride=30, analysis=analysis, workers=1, progress=False)
    assert set(seen) == set(map(tuple, found.patches.origins.tolist()))


def test_large_patches_are_taken_a_few_at_a_time(monkeypatch):
    expected = describe_patches(NOISE, size=30, stride=20, progress=False).vectors
    monkeypatch.setattr(textures, "MOST_SAMPLES", 2_000)
    assert np.array_equal(describe_patches(NOISE, size=30, stride=20, progress=False).vectors, expected)


def test_errors_and_warnings_stay():
    hole = NOISE.copy()
    hole[40, 50] = np.nan
    fitted = describe_patches(NOISE, size=20, stride=20, progress=False).pipeline
    for pipeline in (None, fitted):
        with pytest.raises(ValueError, match=r"sample \[0, 10\] is not a number"):
            describe_patches(hole, size=20, stride=20, pipeline=pipeline, progress=False)
        with pytest.raises(ValueError, match="'sublevel' or 'superlevel'"):
            describe_patches(NOISE, size=20, stride=20, pipeline=pipeline, filtration="up", progress=False)
    with pytest.raises(ValueError, match="unit"):
        describe_patches(Image(NOISE, value_unit="V"), size=20, stride=20, pipeline=fitted, progress=False)
    with pytest.warns(UserWarning, match="outside of the range"):
        describe_patches(5 * NOISE, size=20, stride=20, pipeline=fitted, progress=False)
