"""Patches: many small images out of one, which know where they were cut."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from phwidgets.image import Image, as_image, cut


def patches(image: Any, *, size: int | Sequence[int], stride: int | Sequence[int] | None = None) -> Patches:
    """Cut an image into patches of one size.

    Parameters
    ----------
    image : Image or array
    size : int or one per axis
        Samples of a patch along each axis.
    stride : int or one per axis, optional
        Distance of neighbouring patches in samples; `size` by default, so that they tile the image.

    Returns
    -------
    Patches
        A sequence of Images, in C order of their place. They are cut when they are asked for and are views. Only whole patches are
        cut: up to ``stride − 1`` samples at the end of each axis belong to none (``Patches.left_over`` says how many).

    Raises
    ------
    ValueError
        For a patch larger than the image, or numbers below one.

    Examples
    --------
    >>> bits = patches(np.zeros((10, 8)), size=4, stride=2)
    >>> len(bits), bits.grid, bits[5].origin
    (12, (4, 3), (2, 4))
    """
    img = as_image(image)
    sizes = _counts("size", size, img.ndim)
    strides = sizes if stride is None else _counts("stride", stride, img.ndim)
    if any(n > length for n, length in zip(sizes, img.shape, strict=True)):
        raise ValueError(f"patches of {sizes} samples do not fit into an image of {img.shape}")
    starts = [range(0, length - n + 1, step) for length, n, step in zip(img.shape, sizes, strides, strict=True)]
    corners = np.array(list(itertools.product(*starts)), np.int64)
    grid = tuple(len(axis) for axis in starts)
    left = tuple(length - (axis[-1] + n) for length, axis, n in zip(img.shape, starts, sizes, strict=True))
    return Patches(img, corners, sizes, grid, left)


class Patches(Sequence[Image]):
    """Patches of one image, cut when they are asked for; see `patches`.

    Attributes
    ----------
    image : Image
        What they are cut from.
    origins : (n, ndim) int array
        Index of the first sample of each patch in that image.
    size : tuple of int
        Samples of a patch along each axis.
    grid : tuple of int
        Number of patches along each axis; ``(n,)`` for a slice of all patches.
    left_over : tuple of int
        Samples at the end of each axis that belong to no patch.
    """

    def __init__(self, image: Image, origins: NDArray[np.int64], size: tuple[int, ...], grid: tuple[int, ...], left: tuple[int, ...]):
        self.image, self.origins, self.size, self.grid, self.left_over = image, origins, size, grid, left

    def __len__(self) -> int:
        return len(self.origins)

    @overload
    def __getitem__(self, index: int) -> Image: ...

    @overload
    def __getitem__(self, index: slice) -> Patches: ...

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            kept = self.origins[index]
            return Patches(self.image, kept, self.size, (len(kept),), self.left_over)
        return cut(self.image, self.origins[operator.index(index)], self.size)

    def __iter__(self) -> Iterator[Image]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        size, grid = (" × ".join(map(str, n)) for n in (self.size, self.grid))
        return f"Patches({len(self)} of {size} samples, {grid})"


def _counts(name: str, given: Any, ndim: int) -> tuple[int, ...]:
    try:
        counts = [operator.index(n) for n in np.broadcast_to(np.asarray(given), (ndim,))]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is one whole number or one for each of {ndim} axes, not {given!r}") from error
    if min(counts) < 1:
        raise ValueError(f"{name} is at least one sample, not {given!r}")
    return tuple(counts)
