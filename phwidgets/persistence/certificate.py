"""Proof that a set of cells is the Delaunay triangulation of (periodic) points in general position.

A triangulation of a convex region in which any two neighbours lie outside each other's sphere is the Delaunay triangulation
(Delaunay's lemma; Edelsbrunner, "Geometry and Topology for Mesh Generation", section 1.2). Checked here, with exact signs: every facet
has two cells on opposite sides that are locally Delaunay, or lies on a closed boundary that is convex at every ridge, touches itself
nowhere and has two parts around a slab (a strip), else one; no atom is lost (but with weights, where others may hide it); the Euler
characteristic is that of the space; and where there is no boundary, the cells fill the periodic cell once.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from . import _predicates
from .complex import Faces

Array = NDArray[Any]

UNDECIDED = 50_000  # so many facets are decided in whole numbers, about 40 microseconds each, before the answer is given up


def find_problem(faces: Faces, points: Array, weights: Array, rank: int, lattice: Array) -> str:
    """'' if the faces are the Delaunay triangulation, otherwise what is wrong.

    Parameters
    ----------
    faces : Faces
        Of cells of dimension ``rank``.
    points, weights : (N, 3) and (N,) float arrays
        Of the images, some of which are vertices; differences of coordinates must be exact.
    rank : int
    lattice : (p, rank) float array
        Lattice vectors of the same moved positions.
    """
    n_atoms, p = len(faces.vertices[0]), len(lattice)
    if rank == 0:
        return ""
    used = int(np.count_nonzero(np.bincount(faces.facets[1].ravel(), minlength=n_atoms)))
    if not np.ptp(weights) and used < n_atoms:
        return f"{n_atoms - used} points were lost"
    euler = used + sum((-1) ** k * len(faces.vertices[k]) for k in range(1, rank + 1))
    if euler != (1 if p == 0 else 0):
        return f"the Euler characteristic is {euler}"
    if faces.coface_count.max() > 2:
        return "a facet has more than two cells"
    if p == rank and faces.coface_count.min() < 2:
        return "the cells leave gaps"
    if rank == 1:
        return _volume_problem(float(np.abs(np.diff(points[faces.vertices[1], 0])).sum()), lattice) if p else ""
    problem = _boundary_problem(faces, points, rank, p) if p < rank else ""
    return problem or _neighbour_problem(faces, points, weights, rank, lattice)


def _volume_problem(filled: float, lattice: Array) -> str:
    whole = abs(float(np.linalg.det(lattice)))
    return "" if abs(filled / whole - 1) < 1e-9 else f"the cells fill {filled / whole:.9g} of the periodic cell"


def _neighbour_problem(faces: Faces, points: Array, weights: Array, rank: int, lattice: Array) -> str:
    asked, total = _predicates.check_facets(points, weights, faces.vertices[rank], faces.facets[rank], faces.cofaces)
    if len(lattice) == rank and (problem := _volume_problem(total / factorial(rank + 1), lattice)):
        return problem
    if len(asked) > UNDECIDED:
        return f"{len(asked)} pairs of cells are too close to call"
    for row in asked:
        answer = _predicates.decide(points, weights, row)
        if answer != _predicates.OPPOSITE:
            return "two cells overlap" if answer == _predicates.SAME_SIDE else "a cell is not Delaunay"
    return ""


def _boundary_problem(faces: Faces, points: Array, rank: int, p: int) -> str:
    """Whether the boundary is closed, touches itself nowhere, has its parts, and is convex at every ridge, where two facets meet."""
    facets, ridges, n_ridges = faces.vertices[rank - 1], faces.facets[rank - 1], len(faces.vertices[rank - 2])
    meeting, asked = _predicates.check_boundary(points, facets, ridges, n_ridges, faces.vertices[rank], faces.facets[rank], faces.cofaces)
    if not len(meeting):
        return "the boundary is not closed"
    n = 2 * len(meeting) // rank
    if rank == 3:
        # parts that touch in single points would pass as one: the boundary is a sphere, or one or two tori
        corners = np.count_nonzero(np.bincount(np.take(faces.facets[1], meeting[:, 2], axis=0).ravel()))
        if corners - len(meeting) + n != (0 if p else 2):
            return "the boundary touches itself"
    if p and (parts := _count_parts(meeting[:, :2])) != (2 if p == rank - 1 else 1):
        return f"the boundary has {parts} parts"  # cells in a chain along one period do not fill a slab, though they are convex
    if len(asked) > UNDECIDED:
        return f"{len(asked)} pairs of facets are too close to call"
    return "the boundary is not convex" if any(_predicates.concave(points, row) for row in asked) else ""


def _count_parts(meeting: Array) -> int:
    """How many parts the facets are in of which rows (r, 2) are neighbours."""
    facets, ends = np.unique(meeting, return_inverse=True)
    first, second = ends.reshape(meeting.shape).T
    graph = coo_matrix((np.ones(len(first), np.int8), (first, second)), shape=(len(facets), len(facets)))
    return int(connected_components(graph, directed=False)[0])
