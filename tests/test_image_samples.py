"""How samples and masks travel to the canvas: nothing that one could see is lost, nothing wrong is taken."""

import numpy as np
import pytest

from phwidgets.widgets.image_samples import as_mask, encoding_of, from_runs, runs_of


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    "values",
    [
        np.arange(256, dtype=np.uint8).reshape(16, 16),
        np.array([[True, False]]),
        np.array([[-128, 127], [0, 5]], np.int8),
        np.array([[-30_000, 30_000]], np.int16),
        np.array([[2**63, 2**63 + 65_534]], np.uint64),
        np.array([[-(2**63), -(2**63) + 7]], np.int64),
    ],
)
def test_integers_travel_without_loss(values):
    encoding = encoding_of(values)
    samples = np.frombuffer(encoding.encode(values), encoding.type).reshape(values.shape)
    assert (samples.astype(object) * encoding.step + encoding.offset == values.astype(object)).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("scale", [1.0, 1e-3, 100.0])
def test_floats_travel_in_sixteen_bits(rng, dtype, scale):
    values = (rng.normal(size=(50, 60)) * scale).astype(dtype)
    encoding = encoding_of(values)
    assert encoding.type == "uint16"
    back = np.frombuffer(encoding.encode(values), np.uint16).reshape(values.shape) * encoding.step + encoding.offset
    assert np.abs(back - values).max() <= 0.51 * np.ptp(values.astype(float)) / 65_534


@pytest.mark.parametrize("outlier", [1e9, 1e300, -1e300])
def test_an_outlier_does_not_wash_out_the_rest(rng, outlier):
    values = rng.random((100, 100))
    values[3, 4] = outlier
    encoding = encoding_of(values)
    back = np.frombuffer(encoding.encode(values), encoding.type).astype(float).reshape(values.shape) * encoding.step + encoding.offset
    assert encoding.window[1] - encoding.window[0] < 1.01
    assert encoding.range[1] - encoding.range[0] < 25  # the sliders stay usable
    if abs(outlier) < 1e30:
        assert np.abs(back - values)[values < 2].max() < 1e-6
    assert np.isfinite(back).all()


def test_nan_and_infinities():
    values = np.array([[0.0, 1, np.nan], [np.inf, -np.inf, 0.5]])
    encoding = encoding_of(values)
    samples = np.frombuffer(encoding.encode(values), encoding.type)
    assert samples[[2]] == encoding.missing
    assert samples[3] == samples[1] == samples.max(where=np.arange(6) != 2, initial=0)
    assert samples[4] == samples[0] == 0
    nothing = encoding_of(np.full((2, 2), np.nan))
    assert np.isnan(np.frombuffer(nothing.encode(np.full((2, 2), np.nan)), nothing.type)).all()


@pytest.mark.parametrize("value", [0, 7.5, -1e300, True])
def test_a_constant_image_has_a_contrast(value):
    encoding = encoding_of(np.full((3, 3), value))
    assert encoding.range[0] < encoding.range[1]
    assert encoding.window[0] < encoding.window[1]


def test_runs_there_and_back(rng):
    for shape in [(1, 1), (7, 9), (30, 1)]:
        for share in (0, 0.5, 1):
            mask = rng.random(shape) < share
            assert (from_runs(runs_of(mask), mask.size) == np.flatnonzero(mask)).all()
    assert (runs_of(np.asfortranarray(rng.random((5, 6)) > 0.5)) >= 0).all()
    with pytest.raises(ValueError, match="not in the image"):
        from_runs([5, 6], 10)


def test_masks_are_copied_and_checked():
    mask = np.zeros((3, 4), bool)
    kept = as_mask(mask, (3, 4))
    mask[:] = True
    assert not kept.any()
    assert as_mask([0, 11], (3, 4)).sum() == 2
    for wrong in (np.zeros((4, 3), bool), [12], [-1], [0.5], [[0, 1]]):
        with pytest.raises(ValueError, match="mask"):
            as_mask(wrong, (3, 4))
