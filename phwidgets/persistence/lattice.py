"""Periodic cells: a compact basis, and the images of atoms around one cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

BLOCK = 16_000  # rows of a product
FARTHEST = 1e6  # cells: further out, coordinates no longer hold a place in the cell to 1e-10


@dataclass(frozen=True)
class Lattice:
    """The p lattice vectors of the periodic directions of a d-dimensional space, 0 <= p <= d.

    Attributes
    ----------
    vectors : (p, d) float array
        A reduced basis of the same lattice.
    unimodular : (p, p) int array
        ``vectors = unimodular @ given``.
    """

    vectors: Array
    unimodular: Array

    @property
    def rank(self) -> int:
        """How many directions are periodic."""
        return len(self.vectors)

    def frame(self) -> Array:
        """The lattice vectors and unit vectors normal to all of them, (d, d)."""
        p, d = self.vectors.shape
        if p in (0, d):
            return self.vectors if p else np.eye(d)
        return np.vstack([self.vectors, np.linalg.svd(self.vectors)[2][p:]])

    @cached_property
    def inverse(self) -> Array:
        """The inverse (d, d) of the frame."""
        return np.asarray(np.linalg.inv(self.frame()) if self.rank else self.frame())

    def fractional(self, x: Array) -> Array:
        """Coordinates (n, p) of positions (n, d) along the lattice vectors."""
        return times(x, self.inverse)[:, : self.rank]

    def middle(self, x: Array) -> Array:
        """Middle (d,) of positions in the open directions; 0 in the periodic ones, where the cell has its own place."""
        if self.rank == x.shape[1]:
            return np.zeros(self.rank)
        low, high = bounds(times(x, self.inverse) if self.rank else x)
        place = low / 2 + high / 2
        place[: self.rank] = 0
        return np.asarray(place @ self.frame() if self.rank else place)

    @cached_property
    def heights(self) -> Array:
        """Distances (p,) between opposite faces of the cell."""
        return np.asarray(1 / np.linalg.norm(self.inverse[:, : self.rank], axis=0))


def blocks(x: Array) -> list[Array]:
    """Some rows after others, so few at a time that BLAS wakes no threads for a product: they would go on to wait busily."""
    return [x[begin : begin + BLOCK] for begin in range(0, len(x), BLOCK)]


def times(x: Array, matrix: Array) -> Array:
    """``x @ matrix`` for x (n, d) and a small matrix (d, e) or vector (d,), by blocks."""
    return np.asarray(x @ matrix if len(x) <= BLOCK else np.concatenate([some @ matrix for some in blocks(x)]))


def translates(x: Array, atom: Array, offset: Array, vectors: Array, still: int = 0) -> Array:
    """Positions (m, d) of images: of x (n, d) those of each ``atom`` (m,), moved by ``offset`` (m, p) lattice ``vectors`` (p, d).

    The first ``still`` of them are not moved.
    """
    images: Array = np.take(x, atom, axis=0)
    if len(vectors):
        images[still:] += times(offset[still:], vectors)
    return images


def bounds(x: Array) -> tuple[Array, Array]:
    """Least and largest value (d,) of every column of x (n, d), n > 0, in a tenth of the time that NumPy takes along this axis."""
    columns = x.T
    return np.array([column.min() for column in columns]), np.array([column.max() for column in columns])


def reduce_lattice(vectors: Array) -> Lattice:
    """Shorten lattice vectors (p, d) by adding multiples of each other (Lagrange and Gauss, pair by pair)."""
    reduced = np.array(vectors, float)
    unimodular = np.eye(len(reduced), dtype=np.int64)
    changed = len(reduced) > 0
    while changed:
        changed = False
        for i in np.argsort(-(reduced**2).sum(1)):
            for j in range(len(reduced)):
                multiple = 0 if i == j else int(np.rint(reduced[i] @ reduced[j] / (reduced[j] @ reduced[j])))
                shorter = reduced[i] - multiple * reduced[j]
                if multiple and shorter @ shorter < reduced[i] @ reduced[i] * (1 - 1e-12):
                    reduced[i] = shorter
                    unimodular[i] -= multiple * unimodular[j]
                    changed = True
    return Lattice(reduced, unimodular)


def wrap(x: Array, lattice: Lattice) -> tuple[Array, Array]:
    """Positions moved into the cell, and the whole lattice vectors (n, p) taken away from them.

    Raises
    ------
    ValueError
        For an atom so far away that rounding has eaten its place in the cell.
    """
    if not lattice.rank:
        return x, np.zeros((len(x), 0), np.int64)
    fractional = np.floor(lattice.fractional(x))
    furthest = np.abs(fractional).max(initial=0.0)
    if furthest > FARTHEST:
        atom = int(np.argmax(np.abs(fractional).max(axis=1)))
        raise ValueError(f"atom {atom} lies {furthest:.2g} cells away from the cell: wrap positions before they are rounded")
    shifts = fractional.astype(np.int64)
    return x - times(shifts, lattice.vectors) if furthest else x, shifts


def replicate(fractional: Array, margins: Array) -> tuple[Array, Array]:
    """Images of points with ``fractional`` coordinates (n, p) that lie in [-margin, 1 + margin) along every axis.

    Returns the points (m,) and their offsets (m, p); the unmoved points come first.
    """
    n, p = fractional.shape
    point: Array = np.arange(n)
    columns: list[Array] = []  # of the offsets
    for axis in range(p):
        low, high = -margins[axis], 1 + margins[axis]
        f = np.take(fractional[:, axis], point)
        shifts = [0, *(s for s in range(int(np.floor(low)) - 1, int(np.ceil(high)) + 1) if s)]
        some = [np.arange(len(f)), *(np.flatnonzero((f + s >= low) & (f + s < high)) for s in shifts[1:])]
        which = np.concatenate(some)
        point, columns = point[which], [column[which] for column in columns]
        columns.append(np.repeat(shifts, [len(part) for part in some]))
    return point, np.stack(columns, axis=1) if p else np.zeros((n, 0), np.int64)


def count_images(n: int, margins: Array) -> float:
    """About how many images ``replicate`` makes of n points."""
    return float(n * np.prod(1 + 2 * margins))
