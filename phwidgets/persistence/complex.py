"""The one object that the engine pairs: cells, their boundaries and their filtration values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _alpha_values, _cells

Array = NDArray[Any]


@dataclass(frozen=True)
class FilteredComplex:
    """A finite cell complex with a filtration, degree by degree.

    Attributes
    ----------
    vertices : tuple of (m_k, k + 1) int arrays
        Rows of vertices of the cells of degree k.
    facets : tuple of (m_k, k + 1) int arrays
        Indices of the facets (cells of degree k - 1) of each cell; ``facets[0]`` is empty. Boundaries are taken modulo 2,
        so a facet that stands twice in a row cancels.
    values : tuple of (m_k,) float arrays
        When each cell appears, never before its facets; nan for a cell that never does.
    cofaces : (m_(d-1), 2) int array
        The one or two top cells at every facet of theirs, -1 where there is only one.
    """

    vertices: tuple[Array, ...]
    facets: tuple[Array, ...]
    values: tuple[Array, ...]
    cofaces: Array

    @property
    def dimension(self) -> int:
        """Degree of the top cells."""
        return len(self.vertices) - 1


@dataclass(frozen=True)
class Faces:
    """The cells of every degree of a triangulation, without values (see ``find_faces``)."""

    vertices: tuple[Array, ...]  # vertices[0] holds one image of every atom
    facets: tuple[Array, ...]
    cofaces: Array  # of the facets of the top cells
    coface_count: Array


def find_faces(cells: Array, atom: Array, offset: Array, n_atoms: int, beyond: Array | None = None) -> Faces:
    """All faces of the top ``cells`` (m, d + 1), one copy of each lattice class.

    ``atom`` (N,) and ``offset`` (N, p) say which atom and which lattice translate each vertex is. ``beyond`` (m, 4) are the cells beyond
    the facets opposite the vertices of tetrahedra, -1 outside, where these are known. Of int32 arrays, the vertices of the cells, and what
    is beyond, are put in order in place.
    """
    cells = np.ascontiguousarray(cells, np.int32)
    atom = np.ascontiguousarray(atom, np.int32)
    atom_bits = max(1, int(n_atoms - 1).bit_length())
    largest = int(np.abs(offset).max(initial=0))
    offset_bits = min(12, (31 - atom_bits) // 3) if largest else 0
    if offset_bits and 4 * largest >= 1 << offset_bits:
        raise ValueError("the cell is too small or too elongated for its number of atoms: build a supercell first")
    # one number for atom and offset: it is in the order of both, and a translation adds the same to all
    places = np.array([1 << 2 * offset_bits, 1 << offset_bits, 1])[: offset.shape[1]]
    move = offset @ places if largest else np.zeros(len(atom), np.int64)
    label, bits = (atom.astype(np.int64) << 3 * offset_bits) + move, atom_bits + 3 * offset_bits
    least = -(int(places.sum()) << offset_bits - 1) if largest else 0
    beyond = np.zeros((0, 4), np.int32) if beyond is None else np.ascontiguousarray(beyond, np.int32)
    _cells.order_vertices(cells, beyond, label)
    vertices: list[Array] = [cells]
    facets: list[Array] = []
    cofaces: Array = np.zeros((0, 2), np.int32)
    count: Array = np.zeros(0, np.int32)
    for degree in range(cells.shape[1] - 1, 0, -1):
        if degree == 1:
            ends = atom[vertices[0]]
            facets.insert(0, np.ascontiguousarray(ends[:, ::-1]))  # column j lies opposite vertex j
            lower = np.arange(n_atoms, dtype=np.int32)[:, None]
            if cells.shape[1] == 2:
                cofaces, count = _vertex_cofaces(facets[0], n_atoms)
        else:
            lower = cells[:0]
            if degree == 3 and len(beyond):
                lower, own, at_facet, number = _cells.meet_facets(cells, beyond, label, move)
            if not len(lower):
                lower, own, at_facet, number = _cells.find_facets(vertices[0], atom, label, move, n_atoms, bits, least)
            facets.insert(0, own)
            if degree == cells.shape[1] - 1:
                cofaces, count = at_facet, number
        vertices.insert(0, lower)
    return Faces(tuple(vertices), (np.zeros((n_atoms, 0), np.int32), *facets), cofaces, count)


def _vertex_cofaces(facets: Array, n_atoms: int) -> tuple[Array, Array]:
    """Edges at every vertex of a path or closed chain."""
    owner = np.repeat(np.arange(len(facets), dtype=np.int32), 2)
    order = np.argsort(facets.ravel(), kind="stable")
    count = np.bincount(facets.ravel(), minlength=n_atoms).astype(np.int32)
    start = np.cumsum(count) - count
    cofaces = np.full((n_atoms, 2), -1, np.int32)
    for column in range(2):
        has = count > column
        cofaces[has, column] = owner[order[start[has] + column]]
    return cofaces, count


def alpha_complex(faces: Faces, points: Array, weights: Array, atom: Array, powers: Array | None = None) -> FilteredComplex:
    """Give every face its value in the alpha filtration (squared lengths), see ``_alpha_values``.

    ``points`` (N, 3), ``weights`` (N,) and ``atom`` (N,) belong to the images of which vertices of ``faces`` are rows, ``powers`` (m,) to
    the orthocentres of the top cells, where they are known.
    """
    top = len(faces.vertices) - 1
    n_atoms = len(faces.vertices[0])
    if top == 0:
        return FilteredComplex(faces.vertices, faces.facets, (-weights[:n_atoms],), faces.cofaces)
    values = [_alpha_values.centres(points, weights, faces.vertices[top])[:, 3].copy() if powers is None else powers]
    for degree in range(top, 1, -1):
        facets = faces.vertices[degree - 1]
        centre = _alpha_values.centres(points, weights, facets)
        values.insert(0, _alpha_values.enter(points, weights, centre, facets, faces.vertices[degree], faces.facets[degree], values[0]))
    values.insert(0, _alpha_values.births(points, weights, atom, n_atoms, faces.vertices[1], values[0]))
    return FilteredComplex(faces.vertices, faces.facets, tuple(values), faces.cofaces)
