"""What the kernels read of an image: its samples as levels that ascend with the filtration, in one of four types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

KINDS = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32), np.dtype(np.float64))
CHUNK = 1 << 20  # voxels converted at a time
EXACT = 2**53  # whole numbers up to here are float64 numbers
_NONE = tuple(np.empty(0, kind) for kind in KINDS)
for _array in _NONE:
    _array.flags.writeable = False


@dataclass(frozen=True, eq=False)
class Levels:
    """Samples of an image as vertices of the grid that is paired.

    In the vertex construction the grid is the image, and levels are the samples (negated for superlevel filtrations). The cell
    construction is paired through its dual: levels are negated once more, in reverse order, with a layer that is there from the start
    around the image in the directions that are not periodic. Its degree k and the finite pairs of degree d - 1 - k of the dual are the
    same, birth and death exchanged. Axes with one sample are left out; a grid of fewer than three axes has 1 plane.

    Attributes
    ----------
    flat : (n,) array of uint8, uint16, float32 or float64
        The levels, read-only. The image's own memory where it can be used as it is.
    grid : (10,) int array
        See ``_cubical_stars``.
    never : float or None
        Level of samples that never appear, if there may be some.
    values : array
        Samples of the image, without axes of length 1.
    """

    flat: Array
    grid: Array
    never: float | None
    values: Array
    dual: bool
    padding: tuple[int, ...] = field(default=())

    @classmethod
    def of(cls, values: Array, superlevel: bool, dual: bool, periodic: tuple[bool, ...], mask: Array | None) -> Levels:
        """Read a checked image: without nan, infinite only where samples never appear; ``mask`` says which are left out."""
        axes = [a for a, n in enumerate(values.shape) if n > 1]
        d = max(2, len(axes))
        values = values.reshape((1,) * (d - len(axes)) + tuple(values.shape[a] for a in axes))
        mask = None if mask is None else mask.reshape(values.shape)
        wraps = (False,) * (3 - len(axes)) + tuple(periodic[a] for a in axes)
        padding = tuple(int(dual and not wrap) for wrap in wraps[-d:])
        padded = any(padding)
        negate = superlevel != dual
        kind = _kind(values.dtype, padded or mask is not None)
        usable = values.dtype in (kind, np.dtype(bool)) and values.flags.c_contiguous and values.flags.aligned
        if usable and not (negate or dual or mask is not None):
            flat: Array = _read_only(values.view(kind)).reshape(-1)
        else:
            flat = _converted(values, kind, negate, dual, padding, mask)
        shape = (1,) * (3 - d) + tuple(n + 2 * p for n, p in zip(values.shape, padding, strict=True))
        grid = np.array([*shape, shape[1] * shape[2], shape[2], 1, *wraps, any(wraps)], np.int64)
        never = _never(kind, dual) if kind.kind == "f" or padded or mask is not None else None
        return cls(flat, grid, never, values, dual, padding)

    @property
    def dimension(self) -> int:
        """2 for a grid of one plane, 3 else."""
        return 2 if self.grid[0] == 1 else 3

    @property
    def kind(self) -> int:
        """Which of the four types the levels have."""
        return KINDS.index(self.flat.dtype)

    @property
    def typed(self) -> tuple[Array, ...]:
        """Four arrays, of which that of this kind holds the levels and the others are empty: one type for the kernels."""
        return (*_NONE[: self.kind], self.flat, *_NONE[self.kind + 1 :])

    @property
    def lattice(self) -> Array:
        """The levels in the shape of the grid."""
        return self.flat.reshape(self.grid[:3])

    def at(self, vertices: Array) -> Array:
        """Levels of some vertices as float64."""
        return self.flat[vertices].astype(np.float64) + 0.0  # no negative zeros, which sort apart from positive ones

    def absent(self, vertices: Array) -> Array:
        """Whether some vertices are samples that never appear, or lie in the layer around the image."""
        return np.zeros(len(vertices), bool) if self.never is None else np.asarray(self.flat[vertices] == self.never)

    def samples(self, vertices: Array) -> Array:
        """Linear indices into the image of vertices that lie inside of it."""
        if not self.dual:
            return vertices
        shape, inner = self.grid[3 - self.values.ndim : 3], self.values.shape
        index = np.unravel_index(vertices, tuple(shape))
        mirrored = tuple(n - 1 - (i - p) for i, n, p in zip(index, inner, self.padding, strict=True))
        return np.asarray(np.ravel_multi_index(mirrored, inner))

    def vertices(self, samples: Array) -> Array:
        """Vertices of the grid that are these samples, given as linear indices into the image."""
        if not self.dual:
            return samples
        shape, inner = self.grid[3 - self.values.ndim : 3], self.values.shape
        index = np.unravel_index(samples, inner)
        return np.asarray(
            np.ravel_multi_index(tuple(n - 1 - i + p for i, n, p in zip(index, inner, self.padding, strict=True)), tuple(shape))
        )

    def value(self, samples: Array) -> Array:
        """Values of the image at linear indices, as float64."""
        return np.asarray(self.values[np.unravel_index(samples, self.values.shape)]).astype(np.float64)

    def block(self, low: int, high: int) -> Array:
        """Levels of the planes (of a flat grid the rows) low to high - 1 and one voxel more all around, nan beyond the image."""
        lattice = self.lattice[0] if self.dimension == 2 else self.lattice
        wraps = self.grid[6:9][-lattice.ndim :]
        n = len(lattice)
        out = np.full((high - low + 2, *(m + 2 for m in lattice.shape[1:])), np.nan)
        inner = (slice(1, -1),) * (lattice.ndim - 1)
        out[(slice(1, -1), *inner)] = lattice[low:high]
        for end, index in ((0, low - 1), (-1, high)):
            if 0 <= index < n or wraps[0]:
                out[end][inner] = lattice[index % n]
        for axis in range(1, lattice.ndim):
            if wraps[axis]:
                view = np.moveaxis(out, axis, 0)
                view[0], view[-1] = view[-2], view[1]
        return out[None] if self.dimension == 2 else out


def kind_problem(values: Array) -> str:
    """Why float64 cannot hold these numbers, or ''."""
    if values.dtype.kind == "f" and values.dtype.itemsize > 8:
        return f"{values.dtype} has more digits than the float64 of a diagram: convert the image to float64 first"
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8 and (int(values.max()) > EXACT or int(values.min()) < -EXACT):
        return "whole numbers beyond 2**53 cannot be told apart in the float64 of a diagram: subtract an offset first"
    return ""


def _kind(dtype: np.dtype[Any], special: bool) -> np.dtype[Any]:
    """The smallest type that holds all samples, in ``special`` images with room for one level below and one above them."""
    size = dtype.itemsize
    if dtype.kind in "biu":
        return np.dtype([np.uint8, np.uint16, np.float32, np.float64][min(3, (size > 1) + (size > 2) * 2 + special * (size <= 2))])
    return np.dtype(np.float32 if size <= 4 else np.float64)


def level_bytes(dtype: np.dtype[Any], special: bool) -> int:
    """Bytes per voxel of the levels of an image of this type."""
    return _kind(dtype, special).itemsize


def _never(kind: np.dtype[Any], dual: bool) -> float:
    if kind.kind == "f":
        return -np.inf if dual else np.inf
    return 0.0 if dual else float(np.iinfo(kind).max)


def _read_only(array: Array) -> Array:
    view = array.view()  # numba compiles for read-only arrays once more: all are
    view.flags.writeable = False
    return view


def _converted(values: Array, kind: np.dtype[Any], negate: bool, reverse: bool, padding: tuple[int, ...], mask: Array | None) -> Array:
    never = _never(kind, reverse) if kind.kind == "f" or any(padding) or mask is not None else 0
    out = np.empty(tuple(n + 2 * p for n, p in zip(values.shape, padding, strict=True)), kind)
    if any(padding):
        out[...] = never
    inside = out[tuple(slice(p, n - p) for n, p in zip(out.shape, padding, strict=True))]
    if reverse:
        inside = inside[(slice(None, None, -1),) * out.ndim]
    rows = max(1, CHUNK // max(1, values[0].size))
    for low in range(0, len(values), rows):
        part = slice(low, low + rows)
        inside[part] = _ascending(values[part], kind, negate, values.dtype.itemsize < kind.itemsize)
        if mask is not None:
            inside[part][mask[part]] = never
    out.flags.writeable = False
    return out.reshape(-1)


def _ascending(samples: Array, kind: np.dtype[Any], negate: bool, wider: bool) -> Array:
    """Samples in another type, in the same or the opposite order; whole numbers in a wider one leave the lowest level free."""
    if kind.kind == "f":
        return np.negative(samples, dtype=kind) if negate else samples.astype(kind)
    least = np.iinfo(samples.dtype).min if samples.dtype.kind == "i" else 0
    shifted = samples.astype(np.int32) - least
    if negate:
        shifted = (np.iinfo(kind).max if not wider else 255) - shifted
    return np.asarray((shifted + wider).astype(kind))
