"""Delaunay cells of a periodic space, point after point, from a few points of which the cells are known.

No images are made but those that are vertices of cells, if only for a while, and of atoms whose place against a moved cell is in doubt.
For that, balls must be small: twice the diameter of the largest is less than the length of the shortest lattice vector (Caroli and
Teillaud, see ``_insertion``). Then no cell has two images of an atom, and the cells that go when an atom comes are no neighbours of
those that go when its images come. The largest ball never grows when points are added, so it is enough to look at those of the few.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import _insertion, _predicates
from .complex import Faces
from .insertion import CrowdedError, Process, whole
from .lattice import Lattice, count_images, translates
from .quotient import BYTES_OF_IMAGE, Quotient, refuse

Array = NDArray[Any]

MARGIN = 1.001  # by which the balls of the few points are taken larger
LEANING = 2.0  # times the least height, less than which the least vector of the basis is: then the shortest of all is among SUMS
LOOK = 10  # points for each part of the cell are looked at
THICK = 4.0  # mean spacings: there is room for as many images as lie in so thick a layer, which is twice what atoms of one density take
DIGITS = _insertion.DIGIT ** np.arange(3)
SUMS = np.array([factors for factors in product((-1, 0, 1), repeat=3) if any(factors)])


class Filled(NamedTuple):
    """Images and cells, as of a ``Quotient``."""

    atom: Array  # (N,)
    offset: Array  # (N, 3)
    positions: Array  # (N, 3)
    weights: Array  # (N,)
    cells: Array  # (m, 4)
    beyond: Array  # (m, 4)
    powers: None = None


def free_width(lattice: Lattice) -> float:
    """The diameter that balls must not reach; 0 for a lattice that cannot be filled in this way."""
    shortest, height = float(np.linalg.norm(lattice.vectors, axis=1).min()), lattice.heights.min()
    if shortest >= LEANING * height:
        return 0.0
    # sums with a larger factor are as long as that many heights, and so longer than the shortest of the basis
    return float(np.linalg.norm(SUMS @ lattice.vectors, axis=1).min()) / 2 / MARGIN


def spread(points: Array, lattice: Lattice, parts: float) -> Array:
    """A few of the points (n, 3), evenly spread: one in each part of the cell; the least vector of the basis is cut in so many.

    It is looked for among some of the points only.
    """
    number = np.rint(parts * lattice.heights / np.linalg.norm(lattice.vectors, axis=1).min()).astype(int)
    some = np.arange(0, len(points), max(1, len(points) // (LOOK * int(number.prod()))))
    place = lattice.fractional(points[some]) * number
    part = np.clip(np.floor(place), 0, number - 1)
    away = ((place - part - 0.5) ** 2).sum(axis=1)
    part = part @ np.cumprod([1, *number[:2]])
    best = np.lexsort((away, part))
    return np.asarray(some[best[np.flatnonzero(np.diff(part[best], prepend=-1))]])


def width(few: Quotient, weights: Array) -> float:
    """The largest diameter of the balls of a few points, which points of any of the ``weights`` (n,) that may come do not leave."""
    powers = np.zeros(0) if few.powers is None else few.powers
    return float(2 * np.sqrt(max(powers.max(initial=0.0) + weights.max(), 0.0)))


def fill(few: Quotient, faces: Faces, points: Array, weights: Array, order: Array, lattice: Lattice, unit: float) -> Filled | None:
    """Put points (n, 3) in between the first few of them; None where there are more images than expected.

    Parameters
    ----------
    few, faces : Quotient and Faces
        Of the first few points, proved.
    points, weights : (n, 3) and (n,) float arrays
        Coordinates and lattice vectors are multiples of ``unit``.
    order : (n,) int array
        In which they are to be put in.
    lattice : Lattice
    unit : float

    Raises
    ------
    InsertionError
        If too many signs are in doubt.
    """
    n, k = len(points), len(faces.vertices[0])
    refuse(n, 3, BYTES_OF_IMAGE * n)
    spacing = (abs(np.linalg.det(lattice.vectors)) / n) ** (1 / 3)
    room = int(count_images(n, THICK * spacing / lattice.heights)) - n
    first = 1 << (n - 1).bit_length()  # of the images
    data, images = np.empty((first + room, 4)), np.zeros((first + room, 2), np.int32)
    data[:n] = np.take(whole(points, weights, unit), order, axis=0)
    images[:n, 0] = np.arange(n)

    known = np.unique(faces.vertices[3])
    known = known[few.offset[known].any(axis=1)]
    end = first + len(known)
    if end > len(data):
        return None
    number = few.atom.astype(np.int32)
    number[known] = np.arange(first, end)
    data[first:end] = whole(few.positions[known], few.weights[known], unit)
    images[first:end, 0], images[first:end, 1] = few.atom[known], few.offset[known] @ DIGITS
    table = _table(images[first:end], first, room)

    process = Process(max(n, len(faces.vertices[3])))
    process.begin(*_oriented(number, faces, few.positions), k)
    process.add_images(images, table, lattice.vectors / unit, first, end)
    try:
        end = process.put_in(data, n)
    except CrowdedError:
        return None
    cells, beyond = process.finite()
    made = images[first:end]  # two of three are vertices in the end, the others were on the way: to leave them out takes longer
    # the atoms come first, and in the order in which they were given
    row: Array = np.empty(end, np.int32)
    row[:n], row[first:] = order, np.arange(n, n + len(made))
    atom = np.concatenate([np.arange(n), order[made[:, 0]]])
    offset = np.zeros((len(atom), 3), np.int64)
    offset[n:] = (made[:, 1, None] + _insertion.ZERO) // DIGITS % _insertion.DIGIT - _insertion.DIGIT // 2
    positions = translates(points, atom, offset, lattice.vectors, n)
    return Filled(atom, offset, positions, np.take(weights, atom), np.take(row, cells), beyond)


def _oriented(number: Array, faces: Faces, positions: Array) -> tuple[Array, Array]:
    """Vertices (m, 4) of positive orientation, as ``number``s, and neighbours (m, 4) of cells that have one at every facet."""
    cells = faces.vertices[3]
    both = faces.cofaces[faces.facets[3]]
    neighbours = np.where(both[..., 0] == np.arange(len(cells))[:, None], both[..., 1], both[..., 0])
    turned = _sides(positions, cells) < 0
    cells = number[cells]
    for columns in (cells, neighbours):
        columns[turned, :2] = columns[turned, 1::-1]
    return cells, neighbours


def _sides(positions: Array, cells: Array) -> Array:
    """On which side of the first three vertices of every cell (m, 4) the last one lies, 1 or -1."""
    u, v, w = (np.ascontiguousarray((positions[cells[:, j]] - positions[cells[:, 3]]).T) for j in range(3))
    # for few small matrices NumPy's determinants take several times as long
    det = u[0] * (v[1] * w[2] - v[2] * w[1]) + u[1] * (v[2] * w[0] - v[0] * w[2]) + u[2] * (v[0] * w[1] - v[1] * w[0])
    size = np.sqrt((u * u).sum(axis=0) * (v * v).sum(axis=0) * (w * w).sum(axis=0))
    sign: Array = np.sign(det)
    for i in np.flatnonzero(np.abs(det) <= _predicates.LENGTHS_ERROR * size):
        sign[i] = _predicates.side(positions, cells[i, :3], positions[cells[i, 3]])
    return sign


def _table(images: Array, first: int, room: int) -> Array:
    """A table to look up some images (i, 2), numbered from ``first``, with room for so many in all."""
    table = np.full(2 << room.bit_length(), _insertion.NONE, np.int32)
    number = np.arange(first, first + len(images), dtype=np.int32)
    begin: Any = _insertion.image_slot
    slot = begin.py_func(images[:, 0], images[:, 1])
    while len(number):
        slot %= len(table)
        free = table[slot] < 0
        table[slot[free]] = number[free]
        left = table[slot] != number
        number, slot = number[left], slot[left] + 1
    return table
