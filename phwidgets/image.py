"""Images: samples on a regular grid, in two or three dimensions, with the size of a sample and its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_FEWEST_COLOURED = 16  # rows and columns from which an array (rows, cols, 3 or 4) of grey levels is taken for colours


@dataclass(frozen=True, eq=False, repr=False)
class Image:
    """Samples on a regular grid.

    Parameters
    ----------
    values : (rows, cols) or (planes, rows, cols) array
        Numbers or booleans, at least one. Kept as they are, not copied, and made read-only as a view.
    spacing : float or one per axis
        Distance of neighbouring samples along each axis, in ``unit``; positive.
    unit : str
        Unit of lengths, such as "px" or "nm".
    value_unit : str
        Unit of the values, such as "px" for distances; "" for grey values.
    origin : sequence of int, optional
        Index of the first sample in the image that this one was cut from; zeros by default.
    name : str
        A name for tables and titles.

    Attributes
    ----------
    shape : tuple of int
    ndim : int

    Raises
    ------
    ValueError
        For an array that is empty, has another number of dimensions, does not hold real numbers, or holds colours instead of a volume,
        and for a spacing that is no length.

    Notes
    -----
    ``numpy.asarray(image)`` gives the values, so Matplotlib's ``imshow`` takes an Image as it is.

    Examples
    --------
    >>> Image([[0, 1, 0], [2, 3, 2]], spacing=0.5, unit="nm")
    Image(2 × 3 int64, spacing 0.5 nm)
    """

    values: Array
    spacing: Any = 1.0
    unit: str = "px"
    value_unit: str = ""
    origin: Any = None
    name: str = ""

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        values = _checked(self.values)
        if self.origin is None and looks_like_colours(values):
            raise ValueError(
                f"shape {values.shape} looks like colours, not like a volume of planes: take one channel, values[..., 0], "
                "or the luminance (read_image does); for a volume put the short axis first: numpy.moveaxis(values, -1, 0)"
            )
        values = values.view()
        values.flags.writeable = False
        set_(self, "values", values)
        set_(self, "spacing", _spacing(self.spacing, values.ndim))
        set_(self, "origin", _origin(self.origin, values.ndim))
        for label in ("unit", "value_unit", "name"):
            if not isinstance(getattr(self, label), str):
                raise ValueError(f"{label} is a text, not {getattr(self, label)!r}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of samples along each axis."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """Number of axes, 2 or 3."""
        return self.values.ndim

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """The values, for NumPy and Matplotlib."""
        return np.array(self.values, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        size = " × ".join(map(str, self.shape))
        named = f"{self.name}: " if self.name else ""
        steps = set(self.spacing)
        step = f"{self.spacing[0]:g}" if len(steps) == 1 else " × ".join(f"{s:g}" for s in self.spacing)
        return f"Image({named}{size} {self.values.dtype}, spacing {step} {self.unit})"


def as_image(source: Any) -> Image:
    """An Image, or an array made into one."""
    return source if isinstance(source, Image) else Image(source)


def looks_like_colours(values: Array) -> bool:
    """Whether an array (rows, cols, 3 or 4) holds 8-bit or 0-to-1 grey levels, as colour pictures do and volumes hardly ever."""
    if values.ndim != 3 or values.shape[2] not in (3, 4) or min(values.shape[:2]) < _FEWEST_COLOURED:
        return False
    return values.dtype == np.uint8 or (values.dtype.kind == "f" and bool(((values >= 0) & (values <= 1)).all()))


def cut(image: Image, first: Any, size: Any) -> Image:
    """The box of `size` samples that begins at `first`, as a view that knows where it was cut."""
    box = tuple(slice(int(i), int(i) + int(n)) for i, n in zip(first, size, strict=True))
    origin = tuple(int(i) + o for i, o in zip(first, image.origin, strict=True))
    return replace(image, values=image.values[box], origin=origin)


def _checked(source: Any) -> Array:
    """The array of an image, or a ValueError that says why there is none."""
    if isinstance(source, np.ma.MaskedArray) and np.any(source.mask):
        raise ValueError("this array has masked samples, and an image has a value everywhere: fill them first")
    try:
        values = np.asarray(source)
    except (TypeError, ValueError) as error:
        raise ValueError(f"an image is a regular array of numbers: {error}") from error
    if values.dtype.kind not in "buif":
        raise ValueError(f"an image holds real numbers or booleans, not {values.dtype}: take its real part, modulus or luminance first")
    if values.ndim not in (2, 3):
        hint = ": convert colours to luminance first, or take one frame" if values.ndim > 3 else ""
        raise ValueError(f"an image has 2 or 3 dimensions (rows, cols) or (planes, rows, cols), not shape {values.shape}{hint}")
    if not values.size:
        raise ValueError(f"this image has no samples: shape {values.shape}")
    return values


def _spacing(spacing: float | Sequence[float], ndim: int) -> tuple[float, ...]:
    try:
        steps = np.asarray(spacing, float)
        steps = steps if steps.shape == (ndim,) else np.broadcast_to(steps, (ndim,))
    except (TypeError, ValueError) as error:
        raise ValueError(f"spacing is one length or one for each of {ndim} axes, not {spacing!r}") from error
    if not (np.isfinite(steps).all() and (steps > 0).all()):
        raise ValueError(f"spacing is a positive length, not {spacing!r}")
    return tuple(float(s) for s in steps)


def _origin(origin: Any, ndim: int) -> tuple[int, ...]:
    if origin is None:
        return (0,) * ndim
    try:
        first = tuple(int(i) for i in origin)
    except (TypeError, ValueError) as error:
        raise ValueError(f"origin is one index for each of {ndim} axes, not {origin!r}") from error
    if len(first) != ndim:
        raise ValueError(f"origin is one index for each of {ndim} axes, not {origin!r}")
    return first
