"""Signed distance: from two phases to an image whose values are lengths."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from phwidgets.image import Array, Image, as_image

METRICS = ("euclidean", "taxicab", "chessboard")


def signed_distance(image: Any, metric: Literal["euclidean", "taxicab", "chessboard"] = "euclidean") -> Image:
    """Distance of each sample to the other phase, negative in the phase that is True.

    Parameters
    ----------
    image : Image or array
        Of bool, as `binarize` returns.
    metric : {"euclidean", "taxicab", "chessboard"}
        The length of a step (i, j) is √(i² + j²), |i| + |j| or max(|i|, |j|), each axis counted in its spacing.

    Returns
    -------
    Image
        float64, in ``image.unit``. Each value is the distance of the centre of the sample to the centre of the nearest sample of the other
        phase, so no value is 0: with a spacing of 1 the interface runs between −1 and +1.

    Raises
    ------
    ValueError
        For an image that is not of bool, that has one phase only, and for ``"chessboard"`` with a spacing that differs between axes.

    Notes
    -----
    The euclidean distance is exact (C. R. Maurer, R. Qi, V. Raghavan, IEEE Trans. Pattern Anal. Mach. Intell. 25, 265 (2003), in SciPy);
    so are the others (A. Rosenfeld, J. L. Pfaltz, Pattern Recognition 1, 33 (1968)).

    Examples
    --------
    >>> signed_distance(np.array([[True, True, False, False]]), metric="taxicab").values
    array([[-2., -1.,  1.,  2.]])
    """
    img = as_image(image)
    inside = img.values
    if inside.dtype.kind != "b":
        raise ValueError(f"the signed distance needs two phases, an image of bool, not of {inside.dtype}: binarize(img) makes one")
    if metric not in METRICS:
        raise ValueError(f"metric is one of {', '.join(map(repr, METRICS))}, not {metric!r}")
    if inside.all() or not inside.any():
        raise ValueError(f"every sample of this image is {bool(inside.flat[0])}: there is no other phase to measure a distance to")
    distance = _distance(~inside, metric, img.spacing)
    distance -= _distance(inside, metric, img.spacing)
    return replace(img, values=distance, value_unit=img.unit)


def _distance(inside: Array, metric: str, spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Distance of each True sample to the nearest False one; 0 where False."""
    from scipy import ndimage

    if metric == "euclidean":
        return np.asarray(ndimage.distance_transform_edt(inside, sampling=spacing), np.float64)
    same = len(set(spacing)) == 1
    if metric == "taxicab":
        return _taxicab(inside, (1.0,) * len(spacing)) * spacing[0] if same else _taxicab(inside, spacing)
    if not same:
        raise ValueError(
            f"the chessboard distance counts diagonal steps like straight ones and needs one spacing for all axes, not {spacing}"
        )
    return np.asarray(ndimage.distance_transform_cdt(inside, metric="chessboard"), np.float64) * spacing[0]


def _taxicab(inside: Array, spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Sweep along every axis, there and back: the taxicab distance is the sum of its parts along the axes."""
    distance = np.where(inside, np.inf, 0.0)
    for axis, step in enumerate(spacing):
        slabs = np.moveaxis(distance, axis, 0)
        for sweep in (slabs, slabs[::-1]):
            for before, here in itertools.pairwise(sweep):
                np.minimum(here, before + step, out=here)
    return distance
