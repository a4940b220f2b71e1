"""Numba kernels: the faces of Delaunay cells, each once.

A vertex of a triangulation is an *image*: row ``i`` of its coordinates is the atom ``atom[i]`` moved by ``offset[i]`` lattice
vectors (open input: ``atom = arange``, ``offset = 0``). A cell stands for all its lattice translates. It is recognised by the
atoms of its vertices and their offsets relative to the first one, so parallel cells and self-loops of tiny cells stay distinct.
"""

import numpy as np
from numba import njit

KERNEL = {"cache": True, "nogil": True}
BUCKET = 48  # longer runs than this are sorted by NumPy's sort instead of by insertion


@njit(inline="always")
def _before(i, j, atom, offset):
    """Whether image i precedes image j: by atom, then by offset; a lattice translation of both changes nothing."""
    if atom[i] != atom[j]:
        return atom[i] < atom[j]
    for axis in range(offset.shape[1]):
        if offset[i, axis] != offset[j, axis]:
            return offset[i, axis] < offset[j, axis]
    return False


@njit(**KERNEL)
def order_vertices(cells, atom, offset):
    """Sort the vertices of every row of ``cells`` (m, k) in place."""
    for cell in cells:
        for i in range(1, cell.shape[0]):
            moving = cell[i]
            j = i - 1
            while j >= 0 and _before(moving, cell[j], atom, offset):
                cell[j + 1] = cell[j]
                j -= 1
            cell[j + 1] = moving


@njit(**KERNEL)
def _sort_run(keys, owners, start, stop):
    if stop - start > BUCKET:
        order = np.argsort(keys[start:stop])
        keys[start:stop] = keys[start:stop][order]
        owners[start:stop] = owners[start:stop][order]
        return
    for i in range(start + 1, stop):
        key, owner = keys[i], owners[i]
        j = i - 1
        while j >= start and keys[j] > key:
            keys[j + 1], owners[j + 1] = keys[j], owners[j]
            j -= 1
        keys[j + 1], owners[j + 1] = key, owner


@njit(**KERNEL)
def find_facets(cells, atom, offset, n_atoms, atom_bits, offset_bits):
    """All facets of ``cells`` (m, k), whose rows are in vertex order.

    Returns the facets (f, k - 1) as image rows, the facets of each cell (m, k), where column j lies opposite vertex j,
    the first two cells at each facet (f, 2), -1 where there is none, and the number of cells at each facet (f,).
    """
    m, k = cells.shape
    start = np.zeros(n_atoms + 1, np.int64)
    for c in range(m):
        start[atom[cells[c, 0]] + 1] += k - 1
        start[atom[cells[c, 1]] + 1] += 1
    for v in range(n_atoms):
        start[v + 1] += start[v]
    free = start[:-1].copy()
    keys, owners = np.empty(m * k, np.int64), np.empty(m * k, np.int64)
    half = np.int64(1) << (offset_bits - 1) if offset_bits else np.int64(0)
    for c in range(m):
        for j in range(k):
            first = cells[c, 1] if j == 0 else cells[c, 0]
            key = np.int64(0)
            for t in range(1 if j else 2, k):
                if t != j:
                    image = cells[c, t]
                    key = (key << atom_bits) | np.int64(atom[image])
                    if offset_bits:
                        for axis in range(offset.shape[1]):
                            key = (key << offset_bits) | (np.int64(offset[image, axis]) - np.int64(offset[first, axis]) + half)
            p = free[atom[first]]
            keys[p], owners[p] = key, c * k + j
            free[atom[first]] = p + 1
    representative = np.empty(m * k, np.int64)
    cell_facets = np.empty((m, k), np.int32)
    facet_cells = np.full((m * k, 2), -1, np.int32)
    count = np.zeros(m * k, np.int32)
    f = -1
    for v in range(n_atoms):
        _sort_run(keys, owners, start[v], start[v + 1])
        last = np.int64(-1)
        for p in range(start[v], start[v + 1]):
            if keys[p] != last:
                f += 1
                representative[f] = owners[p]
                last = keys[p]
            c = owners[p] // k
            cell_facets[c, owners[p] % k] = f
            if count[f] < 2:
                facet_cells[f, count[f]] = c
            count[f] += 1
    f += 1
    facets = np.empty((f, k - 1), np.int32)
    for i in range(f):
        c, j = representative[i] // k, representative[i] % k
        column = 0
        for t in range(k):
            if t != j:
                facets[i, column] = cells[c, t]
                column += 1
    return facets, cell_facets, facet_cells[:f].copy(), count[:f].copy()
