"""crop, smooth, binarize, signed_distance, patches: against brute force and other programs."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

import phwidgets as ph
from phwidgets.distance import METRICS, signed_distance
from phwidgets.image import Image
from phwidgets.patching import patches
from phwidgets.preparing import binarize, crop, otsu_threshold, smooth


def ramp(*shape):
    return np.arange(np.prod(shape)).reshape(shape)


# ---- signed distance ---------------------------------------------------------------------------------------------------------


def brute_force(phase, metric, spacing):
    """All pairs of samples of the two phases."""
    places = np.argwhere(np.ones(phase.shape, bool)) * spacing
    flat = phase.ravel()
    steps = np.abs(places[:, None] - places[None])
    length = {"euclidean": np.sqrt((steps**2).sum(-1)), "taxicab": steps.sum(-1), "chessboard": steps.max(-1)}[metric]
    length[flat[:, None] == flat[None]] = np.inf
    return (length.min(1) * np.where(flat, -1, 1)).reshape(phase.shape)


phases = hnp.arrays(bool, st.one_of(st.tuples(*[st.integers(1, 7)] * 2), st.tuples(*[st.integers(1, 4)] * 3)))


@settings(max_examples=60, deadline=None)
@given(phase=phases, metric=st.sampled_from(METRICS), lengths=st.tuples(*[st.sampled_from([0.3, 1.0, 2.0, 7.5])] * 3), same=st.booleans())
def test_signed_distance_is_that_of_brute_force(phase, metric, lengths, same):
    if phase.all() or not phase.any():
        return
    spacing = (lengths[0],) * phase.ndim if same or metric == "chessboard" else lengths[: phase.ndim]
    found = signed_distance(Image(phase, spacing=spacing, unit="nm"), metric)
    assert found.value_unit == found.unit == "nm"
    assert found.values.dtype == np.float64
    assert np.allclose(found.values, brute_force(phase, metric, spacing), rtol=1e-12, atol=0)
    assert ((found.values < 0) == phase).all()
    assert (np.abs(found.values) >= min(spacing) * (1 - 1e-12)).all()


@pytest.mark.parametrize("metric", ["taxicab", "chessboard"])
def test_integer_metrics_give_whole_numbers_of_samples(metric):
    phase = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(40, 50)), 3) > 0
    values = signed_distance(phase, metric).values
    assert (values == np.rint(values)).all()
    assert {-2, -1, 1, 2} <= set(np.unique(values))
    assert 0 not in values
    assert (np.abs(values) == ndimage.distance_transform_cdt(phase, metric) + ndimage.distance_transform_cdt(~phase, metric)).all()


def test_layout_of_memory_changes_nothing():
    phase = np.random.default_rng(2).random((9, 10, 11)) < 0.4
    for metric in METRICS:
        expected = signed_distance(phase, metric).values
        assert (signed_distance(np.asfortranarray(phase), metric).values == expected).all()
        assert (signed_distance(phase[::-1], metric).values == expected[::-1]).all()


@pytest.mark.parametrize("value", [True, False])
def test_one_phase_has_no_distance(value):
    with pytest.raises(ValueError, match=f"every sample of this image is {value}: there is no other phase"):
        signed_distance(np.full((3, 4), value))


def test_signed_distance_wants_phases_and_known_metrics():
    with pytest.raises(ValueError, match="binarize"):
        signed_distance(ramp(3, 3))
    with pytest.raises(ValueError, match="metric is one of"):
        signed_distance(ramp(3, 3) > 4, "manhattan")
    with pytest.raises(ValueError, match="one spacing for all axes"):
        signed_distance(Image(ramp(3, 3) > 4, spacing=(1, 2)), "chessboard")


# ---- binarize ----------------------------------------------------------------------------------------------------------------


def otsu_by_definition(values):
    """The level that makes the variance between the two classes largest."""
    levels = np.unique(values)[:-1]
    variances = []
    for level in levels:
        bright = values > level
        variances.append(bright.mean() * (1 - bright.mean()) * (values[bright].mean() - values[~bright].mean()) ** 2)
    return levels[int(np.argmax(variances))]


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4"])
@pytest.mark.parametrize("seed", range(4))
def test_otsu_is_the_definition(dtype, seed):
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(60, 12, 500), rng.normal(160, 20, 300)]).clip(0, 255).reshape(20, 40).astype(dtype)
    level = otsu_by_definition(values.astype(float))
    assert (binarize(values).values == (values > level)).all()
    assert otsu_threshold(values) == level


def test_otsu_of_floats_separates_two_peaks():
    rng = np.random.default_rng(0)
    truth = rng.random((50, 50)) < 0.4
    values = np.where(truth, rng.normal(3e-7, 1e-8, truth.shape), rng.normal(1e-7, 1e-8, truth.shape))
    for dtype in (np.float32, np.float64):
        assert (binarize(values.astype(dtype)).values == truth).all()
        assert (binarize(values.astype(dtype), phase="dark").values == ~truth).all()


def test_integers_of_a_wide_range_take_no_memory():
    values = np.array([[0, 1, 2], [1 << 60, (1 << 60) + 5, 3]])
    assert binarize(values).values.tolist() == [[False, False, False], [True, True, False]]


def test_a_number_is_the_threshold_and_belongs_to_the_dark():
    assert binarize([[1, 2, 3]], 2).values.tolist() == [[False, False, True]]
    assert binarize([[1, 2, 3]], 2, "dark").values.tolist() == [[True, True, False]]
    assert binarize([[-np.inf, 0.0, np.inf]], 0.5).values.tolist() == [[False, False, True]]


def test_phases_are_complementary_and_the_rest_is_kept():
    img = Image(np.random.default_rng(0).random((30, 40)), spacing=(1, 2), unit="nm", value_unit="V", origin=(3, 4), name="x")
    for threshold in ("otsu", "local", 0.3):
        bright, dark = (binarize(img, threshold, phase) for phase in ("bright", "dark"))
        assert (bright.values ^ dark.values).all()
        assert (bright.spacing, bright.unit, bright.value_unit, bright.origin, bright.name) == ((1.0, 2.0), "nm", "", (3, 4), "x")


def test_booleans_are_phases_already():
    phase = np.random.default_rng(0).random((5, 6)) < 0.5
    assert (binarize(phase).values == phase).all()
    assert (binarize(phase, phase="dark").values == ~phase).all()
    assert binarize(np.ones((2, 2), bool)).values.all()


def test_local_threshold_sees_through_uneven_light():
    rows, cols = np.mgrid[:96, :96]
    truth = (rows // 8 + cols // 8) % 2 == 0
    values = 40.0 * truth + 3.0 * cols
    local = binarize(values, "local", window=33).values
    assert (local == truth)[8:-8, 8:-8].mean() > 0.97
    assert (binarize(values).values == truth).mean() < 0.8


@pytest.mark.parametrize(
    ("values", "options", "says"),
    [
        (np.full((3, 3), 7), {}, "all samples of this image are 7"),
        (np.full((3, 3), 7.5), {}, "all samples of this image are 7.5"),
        ([[1.0, np.nan]], {}, r"nan at \(0, 1\)"),
        ([[1.0, np.inf]], {}, r"inf at \(0, 1\)"),
        ([[1.0, np.nan]], {"threshold": 0.5}, r"\(0, 1\) is NaN"),
        ([[1.0, 2.0]], {"threshold": np.nan}, "threshold is NaN"),
        ([[1.0, 2.0]], {"threshold": "yen"}, "'otsu', 'local' or a number"),
        ([[1.0, 2.0]], {"threshold": None}, "'otsu', 'local' or a number"),
        ([[1.0, 2.0]], {"phase": "white"}, "'bright' or 'dark'"),
        ([[1.0, 2.0]], {"window": 5}, "window belongs"),
        ([[1.0, 2.0]], {"threshold": "local", "window": 4}, "odd number"),
        ([[1.0, 2.0]], {"threshold": "local", "window": 10**9 + 1}, "not far beyond"),
    ],
)
def test_binarize_refuses(values, options, says):
    with pytest.raises(ValueError, match=says):
        binarize(np.array(values), **options)


# ---- crop and smooth ---------------------------------------------------------------------------------------------------------


def test_crop_is_a_view_that_knows_where_it_was_cut():
    values = ramp(20, 30)
    img = Image(values, spacing=2.0, unit="nm", origin=(100, 200), name="x")
    cut = crop(img, rows=(5, 15), cols=(-10, 29))
    assert (cut.values == values[5:15, 20:29]).all()
    assert np.shares_memory(cut.values, values)
    assert (cut.origin, cut.spacing, cut.unit, cut.name) == ((105, 220), (2.0, 2.0), "nm", "x")
    assert crop(cut, rows=(1, 2)).origin == (106, 220)
    volume = crop(ramp(5, 20, 30).astype(np.uint8), planes=(1, 3), cols=(7, 10))
    assert (volume.shape, volume.origin) == ((2, 20, 3), (1, 0, 7))


@pytest.mark.parametrize("box", [(5, 5), (6, 5), (0, 21), (20, 21), (-21, 5), (1,), 3, ("a", "b"), (0.5, 3)])
def test_crop_refuses(box):
    with pytest.raises(ValueError, match="rows"):
        crop(ramp(20, 30), rows=box)
    with pytest.raises(ValueError, match="leave planes out"):
        crop(ramp(20, 30), planes=(0, 1))


def test_smooth_is_a_gaussian_in_units_of_length():
    values = np.zeros((61, 41))
    values[30, 20] = 1
    found = smooth(Image(values, spacing=(0.5, 1.5), unit="nm"), 3.0).values
    rows, cols = np.mgrid[-30:31, -20:21]
    expected = np.exp(-((rows * 0.5) ** 2 + (cols * 1.5) ** 2) / (2 * 3.0**2))
    assert np.abs(found - expected / expected.sum()).max() < 0.01 * found.max()
    assert found.sum() == pytest.approx(1, abs=1e-3)
    assert (smooth(values, (0, 2)).values == ndimage.gaussian_filter(values, (0, 2), mode="reflect", truncate=4)).all()


def test_smooth_keeps_the_range_and_types_of_values():
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (20, 20), np.uint8)
    assert smooth(grey, 2).values.dtype == np.float64
    assert smooth(grey, 2).values.mean() == pytest.approx(grey.mean(), rel=0.01)
    assert (smooth(grey, 0).values == grey).all()
    assert smooth(grey.astype(np.float32), 2).values.dtype == np.float32
    share = smooth(grey > 128, 2).values
    assert 0 < share.min() < share.max() < 1


@pytest.mark.parametrize("sigma", [-1, np.nan, np.inf, "a", (1, 2, 3), 100])
def test_smooth_refuses(sigma):
    with pytest.raises(ValueError, match="sigma"):
        smooth(ramp(20, 30), sigma)


def test_smooth_does_not_spread_what_is_missing():
    values = np.ones((4, 4))
    values[1, 2] = np.nan
    with pytest.raises(ValueError, match=r"nan at \(1, 2\)"):
        smooth(values, 1)


# ---- patches -----------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(data=st.data(), shape=st.one_of(st.tuples(*[st.integers(1, 12)] * 2), st.tuples(*[st.integers(1, 6)] * 3)))
def test_patches_cover_what_they_say(data, shape):
    size = tuple(data.draw(st.integers(1, n)) for n in shape)
    stride = tuple(data.draw(st.integers(1, n)) for n in shape)
    img = Image(ramp(*shape), origin=(7,) * len(shape))
    bits = patches(img, size=size, stride=stride)
    starts = [[i for i in range(0, n, s) if i + k <= n] for n, k, s in zip(shape, size, stride, strict=True)]
    corners = list(itertools.product(*starts))
    assert [tuple(o) for o in bits.origins] == corners
    assert bits.grid == tuple(map(len, starts))
    for bit, corner in zip(bits, corners, strict=True):
        box = tuple(slice(i, i + k) for i, k in zip(corner, size, strict=True))
        assert (bit.values == img.values[box]).all()
        assert bit.origin == tuple(i + 7 for i in corner)
    used = np.array(corners[-1]) + size
    assert bits.left_over == tuple(np.array(shape) - used)


def test_patches_are_a_sequence_of_views():
    values = ramp(10, 12)
    bits = patches(Image(values, spacing=0.5, unit="nm"), size=4)
    assert len(bits) == 6
    assert bits.left_over == (2, 0)
    assert np.shares_memory(bits[0].values, values)
    assert bits[-1].origin == (4, 8)
    assert (bits[0].spacing, bits[0].unit) == ((0.5, 0.5), "nm")
    assert [bit.origin for bit in bits[::-2]] == [(4, 8), (4, 0), (0, 4)]
    assert len(list(reversed(bits))) == 6
    assert repr(bits) == "Patches(6 of 4 × 4 samples, 2 × 3)"
    with pytest.raises(IndexError):
        bits[6]
    with pytest.raises(TypeError):
        bits["a"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"size": 0}, "at least one"),
        ({"size": 21}, "do not fit"),
        ({"size": (3, 31)}, "do not fit"),
        ({"size": 2.5}, "whole number"),
        ({"size": (1, 2, 3)}, "whole number"),
        ({"size": 3, "stride": 0}, "at least one"),
        ({"size": 3, "stride": -1}, "at least one"),
    ],
)
def test_patches_refuse(options, says):
    with pytest.raises(ValueError, match=says):
        patches(ramp(20, 30), **options)


def test_the_porous_glass_has_pores_of_the_size_that_it_shows():
    glass = ph.sample("porous-glass")
    distance = signed_distance(binarize(smooth(glass, 5.0), phase="dark"))
    assert distance.value_unit == "nm"
    assert 20 < -distance.values.min() < 60
    assert 0.3 < (distance.values < 0).mean() < 0.4
