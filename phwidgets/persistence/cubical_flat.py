"""Small flat images, one or many of a shape, to the rows of their diagrams in one compiled call (see ``_cubical_flat``)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._cubical_flat import flat_rows
from .cubical_pairs import STEPS
from .cubical_source import Cubical
from .cubical_stars import SQUARES, stars

Array = NDArray[Any]

LARGEST = 1 << 18  # samples: larger images are read block by block


@dataclass(frozen=True)
class FlatRows:
    """Rows of the diagrams of images of one shape, by image and in each by degree; all arrays are read-only.

    Attributes
    ----------
    numbers : (2, n) float array
        Births and deaths.
    samples : (2, n) int array
        Where pairs are born and die, as linear indices; -1 where they do not.
    ends : (m, 3) int array
        Where the rows of each image end, of degree 0, 1 and 2.
    shape : tuple of int
    """

    numbers: Array
    samples: Array
    ends: Array
    shape: tuple[int, ...]

    @cached_property
    def cells(self) -> Array:
        """The same samples (2, n, d) as indices along each axis."""
        found: Array = np.take(_places(self.shape), self.samples, axis=0)
        found.flags.writeable = False
        return found

    def part(self, image: int, degree: int) -> tuple[Array, Array, Array, Array]:
        """Births (k,), deaths (k,), and the samples (k, d) of both, of one degree of an image."""
        end = self.ends.item(image, degree) if degree < 3 else 0
        start = self.ends.item(3 * image + degree - 1) if image or degree else 0
        rows = slice(start, end)
        return self.numbers[0, rows], self.numbers[1, rows], self.cells[0, rows], self.cells[1, rows]


class _Layout(NamedTuple):
    rows: int
    columns: int
    grid: Array  # see ``_cubical_stars``


def is_flat(shape: tuple[int, ...]) -> bool:
    """Whether images of this shape are small and have no more than two axes of more than one sample."""
    size, axes = 1, 0
    for n in shape:
        size *= n
        axes += n > 1
    return axes <= 2 and size <= LARGEST


def find_rows(stack: Array, how: Cubical, degrees: tuple[int, ...]) -> FlatRows | None:
    """The rows that ``cubical_persistence`` has for each image of a ``stack`` (m, ...), where ``is_flat``, in the same order.

    None where an image holds nan or an infinity that does not mean that a sample never appears; other degrees than these have no rows.
    """
    layout = _layout(stack.shape[1:], how.construction == "cell", how.periodic)
    shape = layout.rows, layout.columns
    hidden = _NO_MASK if how.mask is None else _fixed(how.mask, np.dtype(bool), shape)
    t = stars()
    m, (ny, nx) = len(stack), layout.grid[1:3].tolist()
    block = np.empty((1, ny + 2, nx + 2))
    ends = np.full((m, 3), -1, np.int64)
    numbers, samples = flat_rows(
        _fixed(stack, _FLOAT, (m, *shape)),
        hidden,
        how.sign,
        how.construction == "cell",
        layout.grid,
        _wanted(degrees),
        block,
        block.ravel(),
        np.empty(ny * nx),
        np.empty(ny * nx, np.uint16),
        np.empty((2, 0)),
        np.empty((2, 0), np.int64),
        ends,
        STEPS,
        t.squares_of,
        t.cubes_of,
        t.first,
        t.rank,
        t.critical2,
        t.vertex_match,
        t.edge_at,
        t.critical_edges,
        t.critical_squares,
        t.exit2,
        SQUARES,
    )
    if ends.item(-1) < 0:
        return None
    for array in (numbers, samples):
        array.flags.writeable = False
    return FlatRows(numbers, samples, ends, stack.shape[1:])


_FLOAT = np.dtype(np.float64)
_NO_MASK = np.empty((0, 0), bool)
_NO_MASK.flags.writeable = False


def _fixed(array: Array, kind: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """In one type and layout, and read-only: Numba compiles for every other once more."""
    array = np.ascontiguousarray(array, kind)
    view = (array if array.flags.aligned else array.copy()).reshape(shape).view()
    view.flags.writeable = False
    return view


@lru_cache(64)
def _layout(shape: tuple[int, ...], dual: bool, periodic: tuple[bool, ...]) -> _Layout:
    long = [axis for axis, n in enumerate(shape) if n > 1]
    short = [axis for axis, n in enumerate(shape) if n == 1]
    where = [*short[: 2 - len(long)], *long]
    rows, columns = (shape[axis] for axis in where)
    ny, nx = (n + 2 * (dual and not wrap) for n, wrap in ((shape[axis], periodic[axis]) for axis in where))
    wraps = [periodic[axis] for axis in where]
    return _Layout(rows, columns, np.array([1, ny, nx, ny * nx, nx, 1, False, *wraps, any(wraps)], np.int64))


@lru_cache(8)
def _places(shape: tuple[int, ...]) -> Array:
    """Indices (n + 1, d) along each axis of the samples of an image of this shape, and the -1 of those that are none at the end."""
    return np.vstack([np.indices(shape).reshape(len(shape), -1).T, np.full(len(shape), -1)])


@lru_cache(64)
def _wanted(degrees: tuple[int, ...]) -> Array:
    return np.isin(np.arange(3), degrees)
