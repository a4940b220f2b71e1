"""(Weighted, periodic) Delaunay triangulations that carry their certificate.

The right object for any periodic cell, even of one atom, is the quotient of the infinite triangulation by the lattice. It is cut out
of an ordinary triangulation of the atoms and enough of their images (``quotient``). Where there are many atoms, and every direction of
space is periodic, that is done with a few of them only, and the others are put in between, into the quotient itself (``torus``).

Perfect crystals have more than one triangulation, and the parts of them that are cut out must agree. So the order of events is taken
from a copy of the atoms, and of the lattice, moved by a tiny fixed jitter, which makes all positions general; the answer is then proved
(``certificate``), and values are later taken from the true positions. In space the cells are found by ``insertion``, in the plane by
Qhull.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, Delaunay, QhullError, cKDTree

from .certificate import find_problem
from .complex import Faces, FilteredComplex, alpha_complex, find_faces
from .insertion import FlatError, Insertion, InsertionError, before, rounds
from .lattice import Lattice, blocks, bounds, reduce_lattice, replicate, times, translates, wrap
from .quotient import MIX, Quotient, TooManyImagesError
from .torus import Filled, fill, free_width, spread, width

Array = NDArray[Any]

JITTERS = (1e-7, 1e-6, 1e-5)  # of the spacing; the next is tried when the answer could not be proved with the one before
SEED = 20240229
GRID = 2.0**-44  # moved coordinates are multiples of this, so that their differences are exact
LEAST = (0.0, 16 * GRID, 256 * GRID)  # moves: where some atoms nearly coincide, their spacing has no part that is left
SMALLEST = 1e-100  # Å, of the whole input
SAME = 1e-12  # of the input's size: points nearer than this are one, whatever the spacing of the others
PROBES = 250  # so many atoms tell how dense all are
LAYER = 1.3  # mean spacings around the cell are triangulated at first: seldom more are needed,
SLENDER_LAYER = 0.9  # where the cell is so narrow that its images stand close,
THICK_LAYER = 1.6  # and where all is computed anew for more
PARTS = (5, 7)  # of a cube along every edge: an atom in each is enough as a rule for others to be put in between,
SHARE = 4  # if there are so many times as many in all;
FUTILE = 1.5  # where balls are so many times too wide, there is empty space, and more atoms would not help


class TriangulationError(ValueError):
    """No triangulation of this input could be certified; the message says what failed and what to do."""


@dataclass(frozen=True)
class Triangulation:
    """A certified Delaunay triangulation of general positions near the given ones, or its quotient by a lattice.

    Attributes
    ----------
    faces : Faces
        Cells of every degree; their vertices are rows (images) of the arrays below, ``faces.vertices[0]`` the first n.
    moved, points : (N, 3) float arrays
        The moved positions and the true ones, in scaled coordinates in the affine hull (unused columns are 0).
    weights : (N,) float array
        Squared radii in the same scaled units.
    atom : (N,) int32 array
        Which of the n points each image is.
    kept : (n,) int array
        Which input atom each point is; duplicates are left out.
    offset : (N, p) int array
        In which translate of the input atom each image lies, in the given lattice vectors.
    scale : float
        True lengths are scaled ones times this (a power of two).
    jitter : float
        The largest move of a coordinate, in the input's unit.
    powers : (m,) float array or None
        Those of the orthocentres of the top cells at the moved positions, where they were computed.
    """

    faces: Faces
    moved: Array
    points: Array
    weights: Array
    atom: Array
    kept: Array
    offset: Array
    scale: float
    jitter: float
    powers: Array | None = None

    def offsets(self, periodic: Array) -> Array:
        """The ``offset`` (N, 3) in all vectors of a cell, of which those (d,) are periodic that say so."""
        whole: Array = np.zeros((len(self.atom), 3), np.int64)
        whole[:, np.flatnonzero(periodic)] = self.offset
        return whole

    @cached_property
    def input_atom(self) -> Array:
        """Which input atom (N,) each image is."""
        return np.asarray(self.kept[self.atom], np.int64)

    @cached_property
    def heaviest(self) -> float:
        """The largest weight: values lie above its negative."""
        return float(self.weights.max())

    def alpha_complex(self) -> FilteredComplex:
        """The faces with their values at the moved positions."""
        return alpha_complex(self.faces, self.moved, self.weights, self.atom, self.powers)


def triangulate(positions: Array, weights: Array, vectors: Array | None = None, *, exact: bool = False) -> Triangulation:
    """Delaunay triangulation of positions (n, d) with weights (n,) (squared radii); n >= 1, d = 2 or 3.

    Parameters
    ----------
    positions, weights : arrays
    vectors : (p, d) array, optional
        Lattice vectors of the periodic directions.
    exact : bool, optional
        Whether the cells come from CGAL (through GUDHI). They are certified in the same way.

    Raises
    ------
    TriangulationError
        If no triangulation passes the checks, or a cell needs too many images.
    """
    d = positions.shape[1]
    vectors = np.zeros((0, d)) if vectors is None else np.asarray(vectors, float)
    shortest = reduce_lattice(vectors)
    wrapped, shifts = wrap(positions, shortest)
    middle = shortest.middle(wrapped)
    low, high = bounds(wrapped)
    extent = max((high - low).max(), np.abs(shortest.vectors).max(initial=0.0), float(np.sqrt(np.ptp(weights))))
    if 0 < extent < SMALLEST:
        raise TriangulationError(f"all {len(positions)} positions lie within {extent:.1g} Å, too near for their squares: are they in Å?")
    scale = _power_of_two(extent)
    lattice = Lattice(shortest.vectors / scale, shortest.unimodular)
    x, w = (wrapped - middle) / scale, weights / scale**2
    kept: Array = np.arange(len(x))
    if _crowded(x, SAME):  # many equal points would make their spacing nothing; a few are found with those that are too near for it
        kept = _distinct(x, w, lattice, SAME)
        x, w, shifts = x[kept], w[kept], shifts[kept]
    spacing = _spacing(x, lattice)
    some = _distinct(x, w, lattice, max(SAME, 4 * JITTERS[0] * spacing))
    if len(some) < len(x):
        kept, x, w, shifts = kept[some], x[some], w[some], shifts[some]
    problem = ""
    for jitter, least in zip(JITTERS, LEAST, strict=True):
        move = max(jitter * spacing, least)
        try:
            faces, images, points = _attempt(x, w, lattice, move, exact)
        except _UnprovenError as error:
            problem = str(error)
            continue
        atom = images.atom.astype(np.int32)
        # offsets of the wrapped atoms in the reduced basis -> offsets of the given atoms in the given basis
        offset = -np.take(shifts @ lattice.unimodular, atom, axis=0)
        offset[len(x) :] += images.offset[len(x) :] @ lattice.unimodular
        move = max(move, GRID) * scale
        return Triangulation(faces, images.positions, points, images.weights, atom, kept, offset, scale, move, images.powers)
    raise TriangulationError(
        f"the Delaunay triangulation of these {len(x)} positions could not be certified ({problem}). Distances of too many orders of "
        "magnitude are the usual cause: remove outliers, compute clusters that lie far apart one by one, or try delaunay='exact'"
    )


class _UnprovenError(Exception):
    """A triangulation did not pass the checks."""


def _attempt(x: Array, w: Array, lattice: Lattice, move: float, exact: bool) -> tuple[Faces, Quotient | Filled, Array]:
    """Triangulate with one jitter; of a periodic cell more and more images, until the cells are proved to be those without end."""
    n, p = len(x), lattice.rank
    flat, vectors = _affine_hull(x, lattice.vectors, move)
    rank = flat.shape[1]
    noise = _noise(n + p)[:, :rank]
    moved = np.rint((flat + move * noise[:n]) / GRID) * GRID
    # the lattice is strained as well: moving the atom of a one-atom cell is only a translation
    strained = Lattice(np.rint((vectors + move * noise[n:]) / GRID) * GRID, np.eye(p, dtype=np.int64))
    growing = rank == 3 and not exact
    begin = partial(Insertion, unit=GRID) if growing else partial(_Anew, _exact_cells if exact else _top_cells)
    try:
        images, faces = (_filled(moved, w, strained) if growing and p == 3 else None) or _grown(begin, moved, w, strained, growing)
    except TooManyImagesError as error:
        raise TriangulationError(
            f"this cell needs about {error.args[0]:.2g} periodic images of its {n} atoms: it is too elongated or too empty. Make it more "
            "compact (a supercell along its short edges), or drop the periodicity along its longest edge"
        ) from None
    except (InsertionError, QhullError) as error:
        raise _UnprovenError(str(error).splitlines()[0]) from None
    points = _three_columns(translates(flat, images.atom, images.offset, vectors, len(flat)))
    return faces, images, points


def _grown(begin: Callable[[Array, Array], Any], x: Array, w: Array, lattice: Lattice, growing: bool) -> tuple[Quotient, Faces]:
    """More and more images, until the cells are proved to be those without end."""
    quotient = Quotient(begin, x, w, lattice, _first_layer(x, lattice, w, growing=growing) if lattice.rank else 0.0)
    while not isinstance(faces := _faces(quotient, len(x), lattice), Faces):
        if not quotient.widen():
            raise _UnprovenError(faces)
    return quotient, faces


def _filled(x: Array, w: Array, lattice: Lattice) -> tuple[Filled, Faces] | None:
    """The cells of few atoms first, between which the others are put in; None where that is not possible."""
    n, free = len(x), free_width(lattice)
    if not free or n < SHARE * PARTS[0] ** 3:
        return None
    for parts in PARTS:
        some = spread(x, lattice, parts)
        if SHARE * len(some) > n:
            return None
        try:
            quotient, faces = _grown(partial(Insertion, unit=GRID), x[some], w[some], lattice, growing=True)
        except (TooManyImagesError, InsertionError, _UnprovenError):
            return None
        if width(quotient, w) < free:
            try:
                filled = fill(quotient, faces, x, w, before(some, rounds(x)), lattice, GRID)
                found = filled and _proved(filled, n, lattice)
            except (InsertionError, ValueError):  # too many signs in doubt, or offsets too far for the faces
                return None
            return (filled, found) if filled and isinstance(found, Faces) else None
        if width(quotient, w) > FUTILE * free:
            return None
    return None


@lru_cache(maxsize=2)
def _noise(n: int) -> Array:
    """Rows (n, 3) of numbers between -1 and 1, always the same ones; those of one size are kept for the next frame."""
    noise = np.random.RandomState(SEED).uniform(-1, 1, (n, 3))
    noise.flags.writeable = False
    return noise


def _faces(quotient: Quotient, n_atoms: int, lattice: Lattice) -> Faces | str:
    """Faces of the cells that are found, or what is wrong with them."""
    try:
        quotient.find()
    except (FlatError, QhullError) as error:
        return str(error).splitlines()[0]
    return _proved(quotient, n_atoms, lattice) if len(quotient.cells) else "no cell was found"


def _proved(images: Quotient | Filled, n_atoms: int, lattice: Lattice) -> Faces | str:
    """Faces of the cells, or what is wrong with them."""
    faces = find_faces(images.cells, images.atom, images.offset, n_atoms, images.beyond)
    return find_problem(faces, images.positions, images.weights, images.cells.shape[1] - 1, lattice.vectors) or faces


class _Anew:
    """Cells by Qhull or CGAL, all of them anew whenever points are added."""

    cells: Array
    order: Array

    def __init__(self, find: Callable[[Array, Array], Array], points: Array, weights: Array) -> None:
        self._find, self._points, self._weights = find, points[:0], weights[:0]
        self.add(points, weights)

    def add(self, points: Array, weights: Array) -> None:
        """Add points (k, d) with weights (k,)."""
        self._points, self._weights = np.concatenate([self._points, points]), np.concatenate([self._weights, weights])
        self.cells = self._find(self._points, self._weights)
        self.order = np.arange(len(self._points))

    def finite(self) -> tuple[Array, None]:
        """All cells, and that their neighbours are not known."""
        return self.cells, None

    def vertices(self, rows: Array) -> Array:
        """Some rows (r, d + 1) of ``cells``."""
        return np.take(self.cells, rows, axis=0)

    def neighbours(self, rows: Array) -> Array:
        """Not known."""
        return np.full((len(rows), self.cells.shape[1]), -1)

    def changed(self, since: int) -> Array:
        """All."""
        return np.ones(len(self.cells), bool)


def _power_of_two(extent: float) -> float:
    return float(2.0 ** np.ceil(np.log2(extent))) if extent > 0 else 1.0


def _spacing(x: Array, lattice: Lattice) -> float:
    """Median distance to the nearest other atom, of a sample of atoms, or the shortest lattice vector if that is less."""
    shortest = float(np.linalg.norm(lattice.vectors, axis=1).min(initial=np.inf))
    some = x[:: max(1, len(x) // PROBES)]
    near = _tree(x).query(some, k=2)[0][:, 1] if len(x) > 1 else np.zeros(0)
    near = np.sort(near[(near > SAME) & np.isfinite(near)])  # np.median takes five times as long
    spacing = min(shortest, float((near[(len(near) - 1) // 2] + near[len(near) // 2]) / 2)) if len(near) else shortest
    return spacing if np.isfinite(spacing) else 1.0


def _tree(x: Array) -> Any:
    return cKDTree(x, balanced_tree=False, compact_nodes=False)


def _mean_spacing(x: Array, lattice: Lattice) -> float:
    """Edge of a cube (square) with the volume that an atom has on average, or is given where the atoms lie in one plane."""
    vectors = lattice.vectors
    low, high = bounds(times(x, lattice.inverse))
    across = np.maximum((high - low)[len(vectors) :], lattice.heights.min() / 10)
    return float((np.sqrt(np.linalg.det(vectors @ vectors.T)) * np.prod(across) / len(x)) ** (1 / x.shape[1]))


def _first_layer(x: Array, lattice: Lattice, w: Array, *, growing: bool) -> float:
    """How much around a cell is triangulated at first: less where images may be added one by one."""
    spacing = _mean_spacing(x, lattice)
    if not growing or lattice.rank < x.shape[1]:
        return float(np.hypot(THICK_LAYER * spacing, np.sqrt(np.ptp(w))))
    return spacing * (LAYER if spacing < 1.01 * lattice.heights.min() else SLENDER_LAYER)


def _distinct(x: Array, w: Array, lattice: Lattice, tolerance: float) -> Array:
    """Indices, ascending, of one point of each group that coincides: the one of the largest weight, then of the lowest index."""
    kept: Array = np.arange(len(x))
    point, images = kept, x
    if lattice.rank:
        places, margins = lattice.fractional(x), tolerance / lattice.heights
        if any(f.min() < m or f.max() >= 1 - m for f, m in zip(places.T, margins, strict=True)):
            point, offset = replicate(places, margins)
            images = translates(x, point, offset, lattice.vectors, len(x))
    if _apart(images, tolerance):
        return kept
    # a pair that is near has neighbours in the order along one axis that are as near there, which hardly any do
    order = np.argsort(images[:, 0])
    close = np.diff(images[order, 0]) <= tolerance
    some = order[np.append(close, False) | np.append(False, close)]
    if _crowded(x[np.unique(point[some])], tolerance):
        # bins first, so that many equal points make no crowd of pairs; then what lies on both sides of a bin's or the cell's border
        best = np.lexsort((np.arange(len(x)), -w))
        label = np.unique(np.rint(x / tolerance), axis=0, return_inverse=True)[1].ravel()
        kept = np.sort(best[np.unique(label[best], return_index=True)[1]])
        if len(kept) < len(x):
            return kept[_distinct(x[kept], w[kept], lattice, tolerance)]
    pairs = _tree(images[some]).query_pairs(tolerance, output_type="ndarray")
    if not len(pairs):
        return kept
    ends = point[some[pairs]]
    graph = coo_matrix((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(kept), len(kept)))
    label = connected_components(graph, directed=False)[1]
    best = np.lexsort((np.arange(len(kept)), -w))
    return np.sort(best[np.unique(label[best], return_index=True)[1]])


def _apart(x: Array, tolerance: float) -> bool:
    """Whether all points lie farther from each other than that along the first axis alone."""
    return bool((np.diff(np.sort(x[:, 0])) > tolerance).all())


def _crowded(x: Array, tolerance: float) -> bool:
    """Whether any two points share a bin; true by chance as well, very seldom."""
    if _apart(x, tolerance):
        return False
    bits = (np.rint(x / tolerance) + 0.0).view(np.uint64)
    mixed = (bits ^ (bits >> np.uint64(32))) * MIX[: x.shape[1]]  # signs, in the highest bits, must not cancel
    mixed = np.sort(np.bitwise_xor.reduce(mixed ^ (mixed >> np.uint64(29)), axis=1))
    return bool((mixed[1:] == mixed[:-1]).any())


def _affine_hull(x: Array, vectors: Array, tolerance: float) -> tuple[Array, Array]:
    """Points (n, rank) and lattice (p, rank) in their affine hull: planar and straight input is computed in its own dimension."""
    mean = sum(np.ones(len(some)) @ some for some in blocks(x)) / len(x)  # x.mean(axis=0) takes five times as long
    products = sum(some.T @ some for some in blocks(x)) + vectors.T @ vectors - len(x) * np.outer(mean, mean)
    size = float(np.trace(products))
    least = float(np.linalg.det(products)) / size ** (x.shape[1] - 1) if size > 0 else 0.0  # no eigenvalue is less
    if least > max(1e-8 * size, 100 * (len(x) + len(vectors)) * tolerance**2):  # clearly of full rank: singular values take longer
        return x, vectors
    centred = x - mean
    rows = np.vstack([centred, vectors])
    axes = np.linalg.svd(rows, full_matrices=False)[2] if len(rows) > 1 else np.eye(x.shape[1])[:1]
    rank = int((np.abs(times(rows, axes.T)).max(0) > tolerance).sum())
    return (x, vectors) if rank == x.shape[1] else (times(centred, axes[:rank].T), vectors @ axes[:rank].T)


def _three_columns(x: Array) -> Array:
    return np.ascontiguousarray(x if x.shape[1] == 3 else np.pad(x, ((0, 0), (0, 3 - x.shape[1]))))


def _top_cells(x: Array, w: Array) -> Array:
    """Top cells (m, rank + 1) for positions in general position."""
    n, rank = x.shape
    weighted = bool(np.ptp(w))
    if rank == 0 or (n == rank + 1 and not weighted):
        return np.arange(n)[None, : rank + 1]
    if rank == 1 and not weighted:
        order = np.argsort(x[:, 0])
        return np.stack([order[:-1], order[1:]], 1)
    x = x - (x.min(0) + x.max(0)) / 2  # Qhull squares the coordinates
    if not weighted:
        return np.asarray(Delaunay(x, qhull_options="Qbb Q12 Qz").simplices)
    lift = (x**2).sum(1) - w
    if n == rank + 1:  # too few for a hull one dimension up: add a point far above
        x, lift = np.vstack([x, x.mean(0)]), np.append(lift, lift.max() + 1e3 * (1 + np.ptp(lift)))
    hull = ConvexHull(np.column_stack([x, lift]))
    cells = np.asarray(hull.simplices[hull.equations[:, -2] < 0])
    return cells[(cells < n).all(1)]


def _exact_cells(x: Array, w: Array) -> Array:
    """Top cells (m, rank + 1) by CGAL's exact arithmetic."""
    rank = x.shape[1]
    if rank < 2:
        return _top_cells(x, w)
    from gudhi import AlphaComplex

    complex_ = AlphaComplex(points=x, weights=w, precision="exact") if np.ptp(w) else AlphaComplex(points=x, precision="exact")
    tree = complex_.create_simplex_tree(default_filtration_value=True)
    cells = [sorted(simplex) for simplex, _ in tree.get_simplices() if len(simplex) == rank + 1]
    return np.array(cells, np.int64).reshape(-1, rank + 1)
