"""Chains of a periodic complex laid out in one piece, and the rings that bound them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fillings import Fillings
from .source import Source

Array = NDArray[Any]
Shift = tuple[int, int, int]
Node = tuple[int, ...]


@dataclass(frozen=True)
class Ring:
    """A closed walk along edges.

    Attributes
    ----------
    vertices : (n,) int array
        Points of the triangulation, each once for every visit.
    offsets : (n, 3) int array
        The lattice translate in which each lies.
    edges : (n,) int array
        Edges from each to the next.
    winds : bool
        Whether it ends in another translate than it starts in.
    """

    vertices: Array
    offsets: Array
    edges: Array
    winds: bool


def boundary_of(fillings: Fillings, chain: Array) -> Array:
    """Facets that an odd number of cells of ``chain`` has, modulo the lattice."""
    facets, count = np.unique(fillings.facets[chain], return_counts=True)
    return np.asarray(facets[count % 2 == 1], np.int64)


def boundary_rings(source: Source, fillings: Fillings, chain: Array, limit: int, first: int) -> tuple[Array, list[Ring]]:
    """Lay the triangles of a chain side by side, from ``chain[0]`` on, and follow its boundary.

    Parameters
    ----------
    chain : (n,) int array
        Triangles whose boundary has no edge of a rank above ``limit``.
    first : int
        Edge to begin with, if it is in the boundary: it is then in ``rings[0]``.

    Returns
    -------
    chain : (m,) int array
        The triangles that hang together with the first one across edges of higher rank; the others fill nothing.
    rings : list of Ring
        Simple closed walks that make up the boundary modulo 2.
    """
    triangles = source.complex.vertices[2][chain]
    corner = source.offset[triangles]
    place, agree = _places(fillings, chain, corner, limit)
    reached = sorted(place)
    chain, corner = chain[reached], corner[reached]
    edges: list[tuple[int, Shift]] = []
    if agree:
        boundary: set[tuple[int, Shift]] = set()
        for i, (at, facets) in enumerate(zip(reached, fillings.facets[chain].tolist(), strict=True)):
            for j, edge in enumerate(facets):
                boundary ^= {(edge, _plus(place[at], corner[i, 0 if j else 1]))}
        edges = sorted(boundary)
        agree = all(fillings.facet_rank[e] <= limit for e, _ in edges)
    if not agree:  # it runs around the cell: follow the boundary in the cell itself
        edges = [(e, (0, 0, 0)) for e in boundary_of(fillings, chain).tolist()]
    number = np.array([e for e, _ in edges], np.int64)
    images = source.complex.vertices[1][number]
    ends = source.triangulation.atom[images].astype(np.int64)
    gap = source.offset[images[:, 1]] - source.offset[images[:, 0]]
    base = np.array([at for _, at in edges], np.int64).reshape(-1, 3)
    if agree:
        nodes = [((a, *low), (b, *high)) for (a, b), low, high in zip(ends.tolist(), base.tolist(), (base + gap).tolist(), strict=True)]
    else:
        nodes = [((a,), (b,)) for a, b in ends.tolist()]
    seed = int(np.argmax(number == first)) if len(number) else 0
    rings = []
    for walk in _closed_walks(nodes, seed):
        which, forward = np.array([i for i, _ in walk]), np.array([onward for _, onward in walk])
        step = np.where(forward[:, None], gap[which], -gap[which])
        start = base[which[0]] if forward[0] else base[which[0]] + gap[which[0]]
        offsets = start + np.concatenate([np.zeros((1, 3), np.int64), np.cumsum(step, axis=0)])
        vertices = ends[which, np.where(forward, 0, 1)]
        rings.append(Ring(vertices, offsets[:-1], number[which], bool((offsets[-1] != offsets[0]).any())))
    return chain, rings


def boundary_faces(source: Source, fillings: Fillings, chain: Array, limit: int) -> tuple[Array, Array, Array, bool]:
    """Lay the top cells of a chain side by side, from ``chain[0]`` on, and take the facets that only one of them has.

    Returns
    -------
    vertices : (v,) int array
        Points of the triangulation at these facets.
    offsets : (v, 3) int array
        The lattice translate in which each lies.
    faces : (f, d) int array
        The facets as rows of the two, triangles anticlockwise as seen from outside.
    winds : bool
        Whether the cells close around the periodic cell, so that there is no such layout without a cut.
    """
    cells = source.complex.vertices[fillings.facets.shape[1] - 1][chain]
    corner = source.offset[cells]
    place, agree = _places(fillings, chain, corner, limit)
    moved = corner + np.array([place[i] for i in range(len(chain))])[:, None]
    width = cells.shape[1]
    if agree:  # where it touches its own image there are two facets, though modulo the lattice they cancel
        base = np.stack([moved[:, 1], *[moved[:, 0]] * (width - 1)], axis=1)
        names = np.concatenate([fillings.facets[chain][..., None], base], axis=2).reshape(-1, 4)
        _, where, count = np.unique(names, axis=0, return_inverse=True, return_counts=True)
        single = (count == 1)[where.ravel()].reshape(-1, width)
    else:
        single = np.isin(fillings.facets[chain], boundary_of(fillings, chain))
    at = np.argwhere(single)
    others = np.array([[k for k in range(width) if k != j] for j in range(width)])
    if width == 4:  # facet j of a positive tetrahedron of increasing vertices runs anticlockwise from outside if j is even
        corners = source.triangulation.moved[cells[at[:, 0]]]
        odd = (np.linalg.det(corners[:, 1:] - corners[:, :1]) < 0) ^ (at[:, 1] % 2 == 1)
        others = np.where(odd[:, None], others[at[:, 1]][:, [0, 2, 1]], others[at[:, 1]])
    else:
        others = others[at[:, 1]]
    points = source.triangulation.atom[cells][at[:, :1], others]
    names = np.concatenate([points[..., None], moved[at[:, :1], others]], axis=2).reshape(-1, 4)
    unique, faces = np.unique(names, axis=0, return_inverse=True)
    return unique[:, 0], unique[:, 1:], faces.reshape(-1, width - 1), not agree


def _places(fillings: Fillings, chain: Array, corner: Array, limit: int) -> tuple[dict[int, Shift], bool]:
    """Lattice translation of each cell that is reached from the first across facets above ``limit``, and whether all ways agree."""
    facets = fillings.facets[chain]
    beyond = fillings.facet_rank[facets] > limit
    sharing = defaultdict(list)
    for i, j in np.argwhere(beyond).tolist():
        sharing[facets[i, j]].append((i, j))
    # a facet is where its first vertex is: vertex 1 of the cell for the facet opposite vertex 0, else vertex 0
    width = corner.shape[1]
    origin = np.stack([corner[:, 1], *[corner[:, 0]] * (width - 1)], axis=1).tolist()
    place: dict[int, Shift] = {0: _minus((0, 0, 0), corner[0, 0].tolist())}
    stack, agree = [0], True
    while stack:
        i = stack.pop()
        for j in np.flatnonzero(beyond[i]).tolist():
            base = _plus(place[i], origin[i][j])
            for other, side in sharing[facets[i, j]]:
                there = _minus(base, origin[other][side])
                if other not in place:
                    place[other] = there
                    stack.append(other)
                elif place[other] != there and len(sharing[facets[i, j]]) == 2:
                    agree = False
    return place, agree


def _closed_walks(ends: list[tuple[Node, Node]], seed: int) -> list[list[tuple[int, bool]]]:
    """Split a graph in which every node has an even number of edges into simple closed walks, that of edge ``seed`` first.

    Each walk is a list of edges and whether they are walked from their first end to their second.
    """
    at = defaultdict(list)
    for i, pair in enumerate(ends):
        for node in pair:
            at[node].append(i)
    used = [False] * len(ends)
    walks: list[list[tuple[int, bool]]] = []
    for begin in [seed, *range(len(ends))] if ends else []:
        if used[begin]:
            continue
        used[begin] = True
        walk, trail = [(begin, True)], [ends[begin][0]]
        node, cut = ends[begin][1], []
        while node != trail[0]:
            if node in trail:  # it touches itself: what lies between the two visits is a ring of its own
                i = trail.index(node)
                cut.append(walk[i:])
                del walk[i:], trail[i:]
            edge = next(i for i in at[node] if not used[i])
            used[edge] = True
            forward = ends[edge][0] == node
            walk.append((edge, forward))
            trail.append(node)
            node = ends[edge][1 if forward else 0]
        walks += [walk, *cut]
    return walks


def _plus(a: Any, b: Any) -> Shift:
    return (int(a[0] + b[0]), int(a[1] + b[1]), int(a[2] + b[2]))


def _minus(a: Any, b: Any) -> Shift:
    return (int(a[0] - b[0]), int(a[1] - b[1]), int(a[2] - b[2]))
