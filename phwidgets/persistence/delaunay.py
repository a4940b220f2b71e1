"""(Weighted) Delaunay triangulations that carry their certificate.

Qhull works in floating point and gives wrong answers, without a word, for perfect crystals. So the order of events is taken from
a copy of the atoms moved by a tiny fixed jitter, which makes all positions general; every facet of Qhull's answer is then
checked with exact signs (a triangulation of a convex region that is locally Delaunay everywhere is the Delaunay triangulation:
Edelsbrunner, "Geometry and Topology for Mesh Generation", section 1.2), and values are later taken from the true positions.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, Delaunay, QhullError, cKDTree

from . import _predicates
from .complex import Faces, find_faces

Array = NDArray[Any]

JITTERS = (1e-7, 1e-6, 1e-5)  # of the spacing; the next is tried when Qhull could not resolve the positions with the one before
SEED = 20240229
UNDECIDED = 20_000  # so many facets are decided exactly before the next jitter is tried instead


class TriangulationError(RuntimeError):
    """No triangulation could be certified; the message says what failed."""


@dataclass(frozen=True)
class Triangulation:
    """A certified Delaunay triangulation of general positions near the given ones.

    Attributes
    ----------
    faces : Faces
        Cells of every degree; vertices are rows of the arrays below.
    moved, points : (n, 3) float arrays
        The moved positions and the true ones, in scaled coordinates in the affine hull (unused columns are 0).
    weights : (n,) float array
        Squared radii in the same scaled units.
    scale : float
        True lengths are scaled ones times this (a power of two).
    jitter : float
        The largest move of a coordinate, in the input's unit.
    kept : (n,) int array
        Which input point each vertex is; duplicates are left out.
    """

    faces: Faces
    moved: Array
    points: Array
    weights: Array
    scale: float
    jitter: float
    kept: Array


def triangulate(positions: Array, weights: Array) -> Triangulation:
    """Delaunay triangulation of positions (n, d) with weights (n,) (squared radii); n >= 1, d = 2 or 3.

    Raises
    ------
    TriangulationError
        If no triangulation passes the checks.
    """
    low, high = positions.min(0), positions.max(0)
    scale = _power_of_two(max((high - low).max(), np.sqrt(np.ptp(weights))))
    x, w = (positions - (0.5 * low + 0.5 * high)) / scale, weights / scale**2
    spacing = _spacing(x)
    kept = _distinct(x, w, 4 * JITTERS[0] * spacing)
    x, w = x[kept], w[kept]
    noise = np.random.RandomState(SEED).uniform(-1, 1, (len(x), 3))
    problem = ""
    for jitter in JITTERS:
        flat = _affine_hull(x, jitter * spacing)
        rank = flat.shape[1]
        # on a binary grid, so that differences of coordinates are exact
        grid = 2.0**-48
        moved = np.rint((flat + jitter * spacing * noise[:, :rank]) / grid) * grid
        try:
            cells = _top_cells(moved, w)
        except QhullError as error:
            problem = f"Qhull: {str(error).splitlines()[0]}"
            continue
        identity = np.arange(len(x), dtype=np.int32)
        faces = find_faces(cells, identity, np.zeros((len(x), 3), np.int32), len(x))
        moved3, flat3 = _three_columns(moved), _three_columns(flat)
        problem = _problem(faces, moved3, w, rank)
        if not problem:
            return Triangulation(faces, moved3, flat3, w, scale, jitter * spacing * scale, kept)
    raise TriangulationError(f"the Delaunay triangulation of these {len(x)} positions could not be certified ({problem})")


def _power_of_two(extent: float) -> float:
    return float(2.0 ** np.ceil(np.log2(extent))) if extent > 0 else 1.0


def _spacing(x: Array) -> float:
    """Median distance to the nearest other position."""
    if len(x) < 2:
        return 1.0
    near = cKDTree(x).query(x, k=2)[0][:, 1]
    near = near[near > 0]
    return float(np.median(near)) if len(near) else 1.0


def _distinct(x: Array, w: Array, tolerance: float) -> Array:
    """Indices, ascending, of one point of each group that coincides: the one of the largest weight, then of the lowest index."""
    order = np.lexsort((np.arange(len(x)), -w))
    cell = np.rint(x[order] / tolerance)
    first = np.unique(cell, axis=0, return_index=True)[1]
    return np.sort(order[first])


def _affine_hull(x: Array, tolerance: float) -> Array:
    """Coordinates (n, rank) in the affine hull of the points, so that planar and straight input is computed in its own dimension."""
    centred = x - x.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2] if len(x) > 1 else np.eye(x.shape[1])[:1]
    rank = int((np.abs(centred @ axes.T).max(0) > tolerance).sum())
    return x if rank == x.shape[1] else centred @ axes[:rank].T


def _three_columns(x: Array) -> Array:
    return np.ascontiguousarray(np.pad(x, ((0, 0), (0, 3 - x.shape[1]))))


def _top_cells(x: Array, w: Array) -> Array:
    """Top cells (m, rank + 1) for positions in general position."""
    n, rank = x.shape
    weighted = bool(np.ptp(w))
    if rank == 0 or (n == rank + 1 and not weighted):
        return np.arange(n)[None, : rank + 1]
    if rank == 1 and not weighted:
        order = np.argsort(x[:, 0])
        return np.stack([order[:-1], order[1:]], 1)
    if not weighted:
        return np.asarray(Delaunay(x, qhull_options="Qbb Q12 Qz").simplices)
    lift = (x**2).sum(1) - w
    if n == rank + 1:  # too few for a hull one dimension up: add a point far above
        x, lift = np.vstack([x, x.mean(0)]), np.append(lift, lift.max() + 1e3 * (1 + np.ptp(lift)))
    hull = ConvexHull(np.column_stack([x, lift]))
    cells = np.asarray(hull.simplices[hull.equations[:, -2] < 0])
    return cells[(cells < n).all(1)]


def _problem(faces: Faces, x: Array, w: Array, rank: int) -> str:
    """'' if the faces are the Delaunay triangulation of x, otherwise what is wrong."""
    used = np.unique(faces.vertices[1]).size if rank else 1
    if not np.ptp(w) and used < len(x):
        return f"{len(x) - used} points were lost"
    if rank < 2:
        return ""
    top, count = faces.vertices[rank], faces.coface_count
    if count.max() > 2:
        return "a facet has more than two cells"
    hull = _problem_of_hull(faces, x, rank)
    if hull:
        return hull
    code, asked = _predicates.check_facets(x, w, top, faces.facets[rank], faces.cofaces)
    doubtful = np.flatnonzero(code)
    if len(doubtful) > UNDECIDED:
        return f"{len(doubtful)} facets are too close to call"
    for row in asked[doubtful]:
        answer = _predicates.decide(x, w, row)
        if answer != _predicates.OPPOSITE:
            return "two cells overlap" if answer == _predicates.SAME_SIDE else "a cell is not Delaunay"
    return ""


def _problem_of_hull(faces: Faces, x: Array, rank: int) -> str:
    """Whether the boundary is one closed surface (curve) that is locally convex everywhere."""
    boundary = np.flatnonzero(faces.coface_count == 1)
    ridges = faces.facets[rank - 1][boundary]  # (b, rank): edges of the boundary triangles, or ends of the boundary edges
    flat = ridges.ravel()
    order = np.argsort(flat, kind="stable")
    if len(flat) % 2 or (flat[order][::2] != flat[order][1::2]).any() or (np.diff(flat[order][::2]) == 0).any():
        return "the boundary is not closed"
    n_vertices = np.unique(faces.vertices[rank - 1][boundary]).size
    euler = n_vertices - len(flat) // 2 + len(boundary) if rank == 3 else 1 + len(boundary) - n_vertices
    if euler != rank - 1:
        return "the boundary is not that of a convex region"
    # each pair of neighbours: the vertex of the second opposite their ridge must not lie beyond the first one's plane
    first, second = order[::2], order[1::2]
    triangle = faces.vertices[rank - 1][boundary[first // rank]]
    beyond = faces.vertices[rank - 1][boundary[second // rank], second % rank]
    cell = faces.cofaces[boundary[first // rank], 0]
    own = faces.vertices[rank][cell]
    inner = own[faces.facets[rank][cell] == boundary[first // rank][:, None]]
    side_a, side_b = _sides(x, triangle, inner), _sides(x, triangle, beyond)
    return "the boundary is not convex" if (side_a * side_b < 0).any() else ""


def _sides(x: Array, facets: Array, points: Array) -> Array:
    """Sign of the side of each facet (m, d) on which each point (m,) lies."""
    d = facets.shape[1]
    rows = x[facets, :d] - x[points, None, :d]
    det, size = np.linalg.det(rows), np.prod(np.linalg.norm(rows, axis=2), axis=1)
    sign = np.sign(det)
    for i in np.flatnonzero(np.abs(det) <= 1e-13 * size):
        sign[i] = _predicates.side(x, facets[i], points[i])
    return sign
