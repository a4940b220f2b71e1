"""From a micrograph to two phases: crop, smooth, binarize."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from phwidgets.image import Array, Image, as_image, cut

PHASES = ("bright", "dark")
_AXES = ("planes", "rows", "cols")
_MOST_BINS = 1 << 16  # integers with a wider range are binned like floats


def crop(
    image: Any, *, rows: tuple[int, int] | None = None, cols: tuple[int, int] | None = None, planes: tuple[int, int] | None = None
) -> Image:
    """Cut a box out of an image.

    Parameters
    ----------
    image : Image or array
    rows, cols, planes : (first, end), optional
        Index of the first sample kept and of the first one after the box, along each axis; all samples by default. Negative numbers
        count from the end, as in Python.

    Returns
    -------
    Image
        A view, not a copy. Its ``origin`` says where it was cut.

    Raises
    ------
    ValueError
        For a box that is empty or reaches beyond the image.

    Examples
    --------
    >>> crop(np.zeros((40, 30)), rows=(10, 20), cols=(-8, 30)).origin
    (10, 22)
    """
    img = as_image(image)
    wanted = {"planes": planes, "rows": rows, "cols": cols}
    if img.ndim == 2 and planes is not None:
        raise ValueError(f"this image has rows and columns only, shape {img.shape}: leave planes out")
    names = _AXES[-img.ndim :]
    box = [_range(name, wanted[name], size) for name, size in zip(names, img.shape, strict=True)]
    return cut(img, [first for first, _ in box], [end - first for first, end in box])


def smooth(image: Any, sigma: float | Sequence[float]) -> Image:
    """Smooth an image with a Gaussian.

    Parameters
    ----------
    image : Image or array
    sigma : float or one per axis
        Standard deviation of the Gaussian in ``image.unit`` (so that it is the same length along every axis); 0 leaves an axis alone.

    Returns
    -------
    Image
        float64, or float32 where the image is float32 or float16. Booleans become the local share of True.

    Raises
    ------
    ValueError
        For NaN or infinite samples, which a Gaussian would spread, and for a `sigma` that is negative or wider than the image.

    Notes
    -----
    `skimage.filters.gaussian`, cut at four standard deviations; beyond an edge the samples are mirrored.
    """
    from skimage.filters import gaussian

    img = as_image(image)
    _all_finite(img, "smooth")
    try:
        lengths = np.broadcast_to(np.asarray(sigma, float), (img.ndim,))
    except (TypeError, ValueError) as error:
        raise ValueError(f"sigma is one length or one for each of {img.ndim} axes, not {sigma!r}") from error
    steps = lengths / np.asarray(img.spacing)
    if not (np.isfinite(steps).all() and (steps >= 0).all()):
        raise ValueError(f"sigma is a length in {img.unit}, not {sigma!r}")
    if (steps > img.shape).any():
        raise ValueError(f"sigma {sigma!r} {img.unit} is wider than the image, {_extent(img)}: give sigma in {img.unit}, not in samples")
    narrow = img.values.dtype in (np.float16, np.float32)
    values = img.values.astype(np.float32 if narrow else np.float64)
    values = gaussian(values, sigma=tuple(steps), mode="reflect", preserve_range=True)  # type: ignore[no-untyped-call]
    return replace(img, values=values)


def otsu_threshold(image: Any) -> float:
    """The threshold that separates the samples of an image best into a dark and a bright class, after Otsu.

    Parameters
    ----------
    image : Image or array

    Returns
    -------
    float
        In units of the samples; the dark class is ``values <= threshold``.

    Raises
    ------
    ValueError
        For NaN or infinite samples, and when all samples are equal.

    Notes
    -----
    N. Otsu, IEEE Trans. Syst. Man Cybern. 9, 62 (1979), as implemented in `skimage.filters.threshold_otsu`: exact for integers with a
    range up to 65,536, in 256 bins otherwise.
    """
    from skimage.filters import threshold_otsu

    img = as_image(image)
    _all_finite(img, "threshold")
    low, high = img.values.min(), img.values.max()
    if low == high:
        raise ValueError(f"all samples of this image are {low:g}: there are no two classes to separate; give the threshold as a number")
    values = img.values
    if values.dtype.kind == "b":
        return 0.0
    if values.dtype.kind == "f" or int(high) - int(low) >= _MOST_BINS:
        values = values.astype(np.float64)
    return float(threshold_otsu(values))  # type: ignore[no-untyped-call]


def binarize(
    image: Any, threshold: float | str = "otsu", phase: Literal["bright", "dark"] = "bright", *, window: int | None = None
) -> Image:
    """Separate an image into two phases.

    Parameters
    ----------
    image : Image or array
        Booleans are already two phases; with the default threshold only `phase` matters then.
    threshold : {"otsu", "local"} or float
        ``"otsu"``: one threshold for the whole image, where the two classes differ most. ``"local"``: the mean of the
        neighbourhood of each sample, for uneven illumination; it makes noise of a region without contrast. A number: that value.
    phase : {"bright", "dark"}
        Which side is True: ``"bright"`` the samples above the threshold, ``"dark"`` all others.
    window : int, optional
        For ``"local"``: width of the neighbourhood in samples, odd; an eighth of the shortest axis by default, at least 15. The mean
        is weighted by a Gaussian of a sixth of that width.

    Returns
    -------
    Image
        Of bool.

    Raises
    ------
    ValueError
        For an unknown threshold or phase, for NaN, and, unless the threshold is a number, for infinite samples and for images in which
        all samples are equal.

    Examples
    --------
    >>> binarize([[10, 12], [11, 200]]).values
    array([[False, False],
           [False,  True]])
    """
    img = as_image(image)
    if phase not in PHASES:
        raise ValueError(f"phase is 'bright' or 'dark', not {phase!r}")
    bright = img.values > _threshold(img, threshold, window)
    return replace(img, values=bright if phase == "bright" else ~bright, value_unit="")


def _range(name: str, wanted: Any, size: int) -> tuple[int, int]:
    if wanted is None:
        return 0, size
    try:
        first, end = (operator.index(i) for i in wanted)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is (first, end) in samples, not {wanted!r}") from error
    inside = -size <= first < size and -size <= end <= size
    first, end = first + size * (first < 0), end + size * (end < 0)
    if not inside or first >= end:
        raise ValueError(f"{name}={wanted!r} is no part of 0 ... {size}")
    return first, end


def _extent(image: Image) -> str:
    return " × ".join(f"{n * s:g}" for n, s in zip(image.shape, image.spacing, strict=True)) + f" {image.unit}"


def _all_finite(image: Image, what: str) -> None:
    if image.values.dtype.kind != "f":
        return
    bad = ~np.isfinite(image.values)
    if bad.any():
        where = tuple(int(i) for i in np.unravel_index(int(bad.argmax()), bad.shape))
        raise ValueError(
            f"cannot {what} an image with {image.values[where]} at {where}, and {int(bad.sum()) - 1} more samples that are not finite: "
            "replace them first"
        )


def _threshold(image: Image, threshold: Any, window: int | None) -> Any:
    if window is not None and threshold != "local":
        raise ValueError("window belongs to threshold='local'")
    if isinstance(threshold, str):
        if threshold == "otsu":
            return False if image.values.dtype.kind == "b" else otsu_threshold(image)
        if threshold == "local":
            return _local_mean(image, window)
        raise ValueError(f"threshold is 'otsu', 'local' or a number, not {threshold!r}")
    try:
        level = float(threshold)
    except (TypeError, ValueError) as error:
        raise ValueError(f"threshold is 'otsu', 'local' or a number, not {threshold!r}") from error
    if math.isnan(level):
        raise ValueError("the threshold is NaN, and no sample lies above or below that")
    missing = np.isnan(image.values) if image.values.dtype.kind == "f" else np.False_
    if missing.any():
        where = tuple(int(i) for i in np.unravel_index(int(missing.argmax()), missing.shape))
        raise ValueError(f"the sample at {where} is NaN, neither above nor below a threshold: replace it first")
    return level


def _local_mean(image: Image, window: int | None) -> Array:
    from skimage.filters import threshold_local

    _all_finite(image, "threshold")
    if window is None:
        window = max(15, min(image.shape) // 8 | 1)
    if not isinstance(window, int | np.integer) or window < 3 or window % 2 == 0 or window > 4 * max(image.shape):
        raise ValueError(f"window is an odd number of samples, at least 3 and not far beyond the image, not {window!r}")
    values = image.values.astype(np.float64)
    means: Array = threshold_local(values, int(window), method="gaussian", mode="reflect")  # type: ignore[no-untyped-call]
    return means
