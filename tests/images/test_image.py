"""Image: what it takes, what it refuses, and what it keeps."""

from dataclasses import replace

import numpy as np
import pytest

from phwidgets.image import Image, as_image, looks_like_colours


def test_values_are_kept_and_not_copied_and_cannot_be_changed_through_the_image():
    values = np.arange(12.0).reshape(3, 4)
    img = Image(values, spacing=(2, 0.5), unit="nm", value_unit="V", name="gap")
    assert np.shares_memory(img.values, values)
    with pytest.raises(ValueError, match="read-only"):
        img.values[0, 0] = 1
    values[0, 0] = 5  # still the user's
    assert (img.shape, img.ndim, img.spacing, img.unit, img.value_unit, img.origin) == ((3, 4), 2, (2.0, 0.5), "nm", "V", (0, 0))
    assert repr(img) == "Image(gap: 3 × 4 float64, spacing 2 × 0.5 nm)"


@pytest.mark.parametrize("dtype", [bool, "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">f4", "g"])
def test_every_type_of_real_numbers(dtype):
    assert Image(np.ones((2, 3, 4), dtype)).values.dtype == np.dtype(dtype)


@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_layout_is_kept(order):
    values = np.asarray(np.arange(24).reshape(2, 3, 4), order=order)[:, ::-1, ::2]
    img = Image(values)
    assert img.values.strides == values.strides
    assert (np.asarray(img) == values).all()
    assert np.array(img).flags.writeable
    assert np.asarray(img, np.float32).dtype == np.float32


def test_one_sample_is_an_image():
    assert Image([[7]]).shape == (1, 1)


REFUSED = {
    "nothing": (None, "real numbers"),
    "no samples": (np.zeros((0, 4)), "no samples"),
    "no planes": (np.zeros((0, 4, 4)), "no samples"),
    "a number": (3.0, "2 or 3 dimensions"),
    "a list": ([1, 2, 3], "2 or 3 dimensions"),
    "four dimensions": (np.zeros((2, 2, 2, 3)), "convert colours"),
    "five dimensions": (np.zeros((1, 2, 3, 4, 5)), r"not shape \(1, 2, 3, 4, 5\)"),
    "complex": (np.zeros((3, 3), complex), "real part"),
    "text": (np.array([["a", "b"]]), "real numbers"),
    "objects": (np.array([[object()]]), "real numbers"),
    "times": (np.zeros((2, 2), "M8[s]"), "real numbers"),
    "records": (np.zeros((2, 2), [("a", "f4")]), "real numbers"),
    "ragged": ([[1, 2], [3]], "regular array"),
    "masked": (np.ma.masked_less(np.arange(9.0).reshape(3, 3), 2), "masked samples"),
    "colours": (np.zeros((40, 50, 3), np.uint8), "looks like colours"),
    "colours with opacity": (np.zeros((40, 50, 4), np.float32), "looks like colours"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    values, says = REFUSED[case]
    with pytest.raises(ValueError, match=says):
        as_image(values)


@pytest.mark.parametrize("spacing", [0, -1, np.nan, np.inf, "a", (1, 2, 3), None, [[1, 1]] * 2])
def test_spacing_is_a_length(spacing):
    with pytest.raises(ValueError, match="spacing is"):
        Image(np.zeros((3, 3)), spacing=spacing)


@pytest.mark.parametrize("origin", [(1,), 3, ("a", "b"), (1, 2, 3)])
def test_origin_is_an_index(origin):
    with pytest.raises(ValueError, match="origin is"):
        Image(np.zeros((3, 3)), origin=origin)


def test_labels_are_texts():
    with pytest.raises(ValueError, match="unit is a text"):
        Image(np.zeros((3, 3)), unit=None)


def test_a_volume_with_few_columns_is_one_unless_it_looks_like_colours():
    rng = np.random.default_rng(0)
    assert not looks_like_colours(rng.normal(size=(40, 50, 3)))
    assert not looks_like_colours(rng.integers(0, 255, (40, 50, 3), np.int16))
    assert not looks_like_colours(np.zeros((8, 9, 3), np.uint8))
    assert looks_like_colours(rng.random((40, 50, 3)))
    thin = replace(Image(np.zeros((40, 50, 8), np.uint8)), values=np.zeros((40, 50, 3), np.uint8))  # what was cut from a volume is a volume
    assert thin.shape == (40, 50, 3)


def test_as_image_keeps_images():
    img = Image(np.zeros((3, 3)), spacing=2)
    assert as_image(img) is img
