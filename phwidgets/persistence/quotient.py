"""One copy of every class of cells of a periodic triangulation, from as few images of the atoms as that takes.

Of each class the copy is taken whose centre lies in the cell. The atoms in the cell and in a layer around it are triangulated first,
which mostly is enough; then those images are added that lie in the ball of a cell that is taken, until there are none: what is taken
then are cells of the infinite triangulation. If one is missing, because none of these balls holds the image that it needs, two facets
have no partner; the cell behind such a facet is asked in the same way. Where atoms leave much room, and for slabs and wires, whose
balls reach as far as they like, layers are added whole, until the certificate is content.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from . import _alpha_values, _predicates
from .lattice import Lattice, blocks, count_images, replicate, times, translates
from .memory import refuse_hopeless

Array = NDArray[Any]

DOUBLINGS = 3  # of the layer around the cell
HUGE = 1e8  # squared radius, the input being of size 1: cells with larger balls may have no volume at all
ROUNDS = 30  # of looking for images in balls
SLACK = 1e-6  # of the cell: classes whose centre is this near its border are met more than once and compared
MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
BYTES = (200, 400, 800, 1_500)  # of memory per atom, by dimension, measured (tests/benchmarks),
BYTES_OF_IMAGE = 1_500  # per image that is triangulated, and
BYTES_OF_FURTHER = 150  # per image that is only known
LARGE = 30_000  # atoms, among which there mostly is a gap
MANY = 3  # images of a ball are added at a time
FAR = 2.5  # times the layer: where balls reach further, layers are added whole
SPARE = 1.05  # times as far as the balls reach, further images are looked for
DOUBT = 1 + 1e-9  # times the squared radius: an image so near to a ball is added as well


class TooManyImagesError(Exception):
    """The balls reach so far that this many images would have to be looked at."""


class Growing(Protocol):
    """A triangulation to which points may be added, such as ``insertion.Insertion``."""

    order: Array

    @property
    def cells(self) -> Array:
        """Vertices (m, d + 1), as numbers for which ``order`` tells the points; negative ones in rows that are no cells."""

    def finite(self) -> tuple[Array, Array | None]:
        """Vertices (f, d + 1) of those rows that are cells, and which of these are beyond their facets (f, d + 1), where that is known."""

    def vertices(self, rows: Array) -> Array:
        """Some rows (r, d + 1) of ``cells``."""

    def neighbours(self, rows: Array) -> Array:
        """The cells (r, d + 1) beyond the facets opposite the vertices of some; -1 where they are not known."""

    def add(self, points: Array, weights: Array) -> None:
        """Add points (k, d) with weights (k,)."""

    def changed(self, since: int) -> Array:
        """Mask (m,) of the rows that are not as they were when there were so many points."""


class Balls(NamedTuple):
    """Orthospheres of some cells."""

    rows: Array  # (m,) of the cells
    at: Array  # (m, 4) centres and powers
    away: Array  # (p, m) how far the centres are from the middle of the cell, along the lattice vectors


class Centred(NamedTuple):
    """Cells whose centre lies in the periodic cell."""

    rows: Array  # (m,)
    powers: Array  # (m,)
    away: Array  # (m,) up to 0.5, as in ``Balls``, along the lattice vector where that is most
    reaching: Balls  # those of them that may reach beyond the images in use


class Quotient:
    """Images of n atoms in and around one periodic cell, and the cells that are taken of their triangulation.

    Attributes
    ----------
    atom, offset : (N,) and (N, p) int arrays
        Which atom each image is, moved by how many lattice vectors. The first n are the atoms themselves.
    positions, weights : (N, 3) and (N,) float arrays
        Of the images; columns beyond the rank are 0.
    cells : (m, rank + 1) int array
        One copy of each class of cells, as images.
    powers : (m,) float array or None
        Of the orthocentres of these cells; None without periods.
    beyond : (m, 4) int array or None
        The cells beyond their facets, -1 outside; None with periods, where most of them are not taken, and in the plane.
    """

    def __init__(self, begin: Callable[[Array, Array], Growing], points: Array, weights: Array, lattice: Lattice, layer: float) -> None:
        """For points (n, rank) in the cell and weights (n,). All images in a ``layer`` so thick around the cell are triangulated at first.

        Raises
        ------
        TooManyImagesError
        """
        self._begin, self._points, self._own, self._lattice = begin, points, weights, lattice
        self._inverse, self._heights = lattice.inverse.T[: lattice.rank], lattice.heights
        self._places = times(points, self._inverse.T)
        self._used = self._layer = layer / self._heights  # layers of which all images are in use, and the first
        self._open = lattice.rank < points.shape[1]  # beyond the atoms of a slab or wire balls reach as far as they like
        self._need: Array = np.zeros(lattice.rank)
        self._doublings = DOUBLINGS if lattice.rank else 0
        self._seek = len(points) >= LARGE  # gaps at once, and not only after the certificate has found one
        self._unsought = False  # whether there may be some
        self._check(self._used, BYTES_OF_IMAGE)
        self._known = self._used  # layers of which all images are in use or further
        self.atom, self.offset = replicate(self._places, self._used)
        self._further = self.atom[:0], self.offset[:0]
        self._free: Array = np.zeros(0, bool)  # which of the further ones are not in use
        self._tree: Any = None
        self.positions, self.weights = self._images(self.atom, self.offset)
        self._found: Growing | None = None
        self.powers: Array | None = None
        self.beyond: Array | None = None

    def find(self) -> None:
        """Add images until the balls of the cells that are taken hold none, and set ``cells`` and ``powers``."""
        if self._found is None:
            self._found = self._begin(self.positions[:, : self._points.shape[1]], self.weights)
        found = self._found
        if self._lattice.rank:
            rows, self.powers = self._take(found)
            cells = found.vertices(rows)
        else:
            cells, self.beyond = found.finite()
            self._found = None  # which takes memory, and is not needed any more
        self.cells = np.take(found.order.astype(np.int32), cells)

    def _take(self, found: Growing) -> tuple[Array, Array]:
        """Rows (m,) of one cell of each class, and powers (m,); adds images until their balls hold none."""
        first = self._centred(found, np.flatnonzero(_finite(found.cells)))
        rows, powers = self._without_copies(found, *first[:3])
        if not self._open:
            self._need = SPARE * self._reach(first.powers)
        if self._open or (self._need > FAR * self._layer).any():
            return rows, powers
        start, new = len(self.atom), first
        for _ in range(ROUNDS):
            missing = self._missing(new.reaching)
            if not len(missing) and len(self.atom) == start and not self._seek:
                self._unsought = bool(found.neighbours(rows[:1]).max(initial=-1) >= 0)
                return rows, powers  # seldom does one that no ball reaches leave a gap: then the certificate says so
            while not len(missing):
                behind = self._balls(found, self._behind_gaps(found, rows))
                if not len(behind.rows):
                    return rows, powers
                missing = self._missing(behind)
                once = self._once(found, behind.rows)
                rows, powers = np.append(rows, behind.rows[once]), np.append(powers, behind.at[once, 3])
            self._add(missing)
            changed = found.changed(start)
            new = self._centred(found, np.flatnonzero(changed & _finite(found.cells)))
            same = np.flatnonzero(~np.take(changed, first.rows, mode="clip"))  # there may be fewer cells than before, all of them changed
            rows, powers = self._without_copies(found, *(np.append(a[same], b) for a, b in zip(first[:3], new[:3], strict=True)))
        return rows[:0], powers[:0]

    def _without_copies(self, found: Growing, rows: Array, powers: Array, away: Array) -> tuple[Array, Array]:
        """Rows and powers; a class whose centre lies at the border of the cell may be there more often than once."""
        border = np.flatnonzero(away > 0.5 - 2 * SLACK)
        if len(border) < 2:
            return rows, powers
        copies = np.delete(border, self._once(found, rows[border]))
        return np.delete(rows, copies), np.delete(powers, copies)

    def widen(self) -> bool:
        """Look for gaps; or take all images around into use, or then those of a layer twice as thick; False if all that was done."""
        if self._unsought:
            self._seek, self._unsought = True, False
            return True
        if not self._free.any():
            far = (self._need > self._known).any()
            if not far and not self._doublings:
                return False
            self._doublings -= not far
            try:
                self._look_further(np.minimum(self._need, 2 * self._known) if far else 2 * self._known)
            except TooManyImagesError:
                if far:
                    raise
                return False
        self._add_all()
        return True

    def _balls(self, found: Growing, rows: Array) -> Balls:
        """Those of some finite cells.

        Qhull may lay cells without area between images that lie exactly on one line, along the sides of what it was given, and so may
        CGAL in space: they are no cells.
        """
        cells = np.ascontiguousarray(found.vertices(rows), np.int32)
        at = _alpha_values.centres(np.take(self.positions, found.order, axis=0), np.take(self.weights, found.order), cells)
        flat = np.flatnonzero(~(at[:, 3] < HUGE))
        if len(flat):
            cells = found.order[cells[flat]]
            flat = flat[[not _predicates.side(self.positions, cell[1:], self.positions[cell[0]]) for cell in cells]]
            if len(flat):
                rows, at = np.delete(rows, flat), np.delete(at, flat, axis=0)
        away: Array = np.empty((self._lattice.rank, len(at)))
        for some, out in zip(blocks(at), blocks(away.T), strict=True):
            np.abs(self._inverse @ some[:, : self._points.shape[1]].T - 0.5, out=out.T)
        return Balls(rows, at, away)

    def _centred(self, found: Growing, rows: Array) -> Centred:
        """Those of some finite cells whose centre lies in the cell."""
        balls = self._balls(found, rows)
        away = reduce(np.maximum, balls.away)
        inside = np.flatnonzero(away <= 0.5 + SLACK)
        away, powers = away[inside], np.take(balls.at[:, 3], inside)
        some = inside[away > 0.5 + (self._used - self._reach(powers)).min()]
        return Centred(balls.rows[inside], powers, away, Balls(balls.rows[some], balls.at[some], balls.away[:, some]))

    def _reach(self, powers: Array) -> Array:
        """How far balls reach from their centres at most, along the lattice vectors (p,)."""
        return np.asarray(np.sqrt(max(powers.max(initial=0.0) + self._own.max(), 0.0)) / self._heights)

    def _once(self, found: Growing, rows: Array) -> Array:
        """Which of a few rows to keep so that each class is there once."""
        if not len(rows):
            return rows
        cells = found.order[found.vertices(rows)]
        used, place = np.unique(cells, return_inverse=True)
        order = np.argsort(np.lexsort((*self.offset[used].T[::-1], self.atom[used])))
        cells = np.take_along_axis(cells, np.argsort(order[place].reshape(cells.shape), axis=1), axis=1)
        moved = self.offset[cells] - self.offset[cells[:, :1]]
        keys = np.concatenate([self.atom[cells], moved.reshape(len(cells), -1)], axis=1)
        return np.asarray(np.unique(keys, axis=0, return_index=True)[1])

    def _behind_gaps(self, found: Growing, rows: Array) -> Array:
        """Rows of the finite cells behind those facets of the cells ``rows`` to which no other of these fits."""
        taken = np.zeros(len(found.cells) + 1, bool)
        taken[rows] = True
        neighbours = found.neighbours(rows)
        at = np.flatnonzero(~np.take(taken, neighbours))
        beyond = neighbours.ravel()[at]
        k, p = found.cells.shape[1], self._lattice.rank
        bits = int(np.abs(self.offset).max(initial=0)).bit_length() + 1
        if beyond.max(initial=-1) < 0 or len(self._points).bit_length() + bits * p > 62:
            return rows[:0]
        # a translation adds the same to the labels of all vertices
        label = np.take((self.atom << bits * p) + self.offset @ (1 << bits * np.arange(p)), found.order)
        others = np.array([[t for t in range(k) if t != j] for j in range(k)])
        facet = np.sort(np.take(label, np.take_along_axis(found.vertices(rows[at // k]), others[at % k], axis=1)), axis=1)
        facet[:, 1:] -= facet[:, :1]
        facet[:, 0] = (facet[:, 0] + (1 << bits * p - 1)) >> bits * p
        key = facet.view(np.uint64) @ MIX[: k - 1]
        order = np.argsort(key)
        new = np.concatenate([[True], np.diff(key[order]) != 0, [True]])
        behind = beyond[order[new[:-1] & new[1:]]]  # of those that are there once
        behind = np.unique(behind[behind >= 0])
        return np.asarray(behind[_finite(found.vertices(behind))])

    def _missing(self, balls: Balls) -> Array:
        """Which further images lie in some balls, a few for each."""
        ball2 = np.maximum(balls.at[:, 3] + self._own.max(), 0.0)
        out = balls.away + np.sqrt(ball2) / self._heights[:, None] - 0.5
        over = np.flatnonzero((out > self._used[:, None]).any(axis=0))
        if not len(over):
            return over
        need = SPARE * out[:, over].max(axis=1)
        centre, ball2 = np.column_stack([balls.at[over, :3], np.zeros(len(over))]), ball2[over, None]
        while True:
            if len(self._free):
                distance, nearest = self._tree.query(centre, k=MANY, distance_upper_bound=float(np.sqrt(DOUBT * ball2.max())))
                inside: Array = np.unique(nearest[distance**2 < DOUBT * ball2])
                inside = inside[self._free[inside]]
                if len(inside):
                    return inside
            if (need <= self._known).all():
                return over[:0]
            self._look_further(np.minimum(need, 2 * self._known))

    def _look_further(self, layers: Array) -> None:
        """Know all images in layers (p,) around the cell."""
        if (layers <= self._known).all():
            return
        layers = np.maximum(layers, self._known)
        self._check(layers, BYTES_OF_FURTHER)
        atom, offset = replicate(self._places, layers)
        places = (np.take(column, atom) + shift for column, shift in zip(self._places.T, offset.T, strict=True))
        new = np.flatnonzero(np.logical_or.reduce([(x < -k) | (x >= 1 + k) for x, k in zip(places, self._known, strict=True)]))
        self._known = layers
        self._further = np.concatenate([self._further[0], atom[new]]), np.concatenate([self._further[1], offset[new]])
        self._free = np.append(self._free, np.ones(len(new), bool))
        positions, weights = self._images(*self._further)
        # the power of a place is a distance when a fourth coordinate stands for how much less an image weighs
        self._tree = cKDTree(np.column_stack([positions, np.sqrt(self._own.max() - weights)]))

    def _add(self, some: Array) -> None:
        """Take some of the further images into use."""
        refuse(len(self._points), self._points.shape[1], BYTES_OF_IMAGE * (len(self.atom) + len(some)))
        self._free[some] = False
        atom, offset = (np.take(a, some, axis=0) for a in self._further)
        positions, weights = self._images(atom, offset)
        self.atom, self.offset = np.concatenate([self.atom, atom]), np.concatenate([self.offset, offset])
        self.positions, self.weights = np.concatenate([self.positions, positions]), np.concatenate([self.weights, weights])
        if self._found is not None:
            self._found.add(positions[:, : self._points.shape[1]], weights)

    def _add_all(self) -> None:
        if self._free.any():
            self._add(np.flatnonzero(self._free))
        self._used = self._known

    def _images(self, atom: Array, offset: Array) -> tuple[Array, Array]:
        """Positions (k, 3) and weights (k,) of images."""
        positions: Array = np.zeros((len(atom), 3))
        positions[:, : self._points.shape[1]] = translates(self._points, atom, offset, self._lattice.vectors)
        return positions, np.take(self._own, atom)

    def _check(self, layers: Array, size: int) -> None:
        """Raise if layers (p,) hold too many images, or more than there is memory for, each taking ``size`` bytes."""
        n, rank = self._points.shape
        images = count_images(n, layers)
        if images > 40 * n + min(200_000, 4_000 * n):  # some atoms lie in few planes
            raise TooManyImagesError(images)
        refuse(n, rank, size * images)


def refuse(n: int, rank: int, more: float) -> None:
    """Raise MemoryError if there is no room for n atoms in so many dimensions and so many bytes more."""
    refuse_hopeless(BYTES[rank] * n + more, f"the persistence of {n} atoms", "compute a part of them, or take a larger machine")


def _finite(cells: Array) -> Array:
    """Mask (m,) of the cells that are in use and have no vertex at infinity."""
    return np.asarray(reduce(np.bitwise_or, cells.T) >= 0)
