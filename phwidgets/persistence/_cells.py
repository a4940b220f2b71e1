"""Numba kernels: the faces of Delaunay cells, each once.

A vertex of a triangulation is an *image*: row ``i`` of its coordinates is the atom ``atom[i]`` moved by ``offset[i]`` lattice
vectors (open input: ``atom = arange``, ``offset = 0``). A cell stands for all its lattice translates. It is recognised by the
atoms of its vertices and their offsets relative to the first one, so parallel cells and self-loops of tiny cells stay distinct.
"""

import numpy as np
from numba import njit

KERNEL = {"cache": True, "nogil": True, "no_cfunc_wrapper": True}  # C has no need of them, which saves compiling
PART = {**KERNEL, "no_cpython_wrapper": True}  # called by other kernels only


@njit(**KERNEL)
def order_vertices(cells, label):
    """Sort the vertices of every row of ``cells`` (m, k) in place by their ``label`` (N,)."""
    for cell in cells:
        for i in range(1, cell.shape[0]):
            moving = cell[i]
            j = i - 1
            while j >= 0 and label[moving] < label[cell[j]]:
                cell[j + 1] = cell[j]
                j -= 1
            cell[j + 1] = moving


@njit(**KERNEL)
def find_facets(cells, atom, label, move, n_atoms, bits, least):
    """All facets of ``cells`` (m, k), whose rows are in vertex order.

    ``label`` (N,) is a number for the atom and the offset of each image, ``move`` (N,) the part of it that says how far the image is
    from its atom, and ``least`` what no difference of two such parts is below; a label takes ``bits`` bits.

    Returns the facets (f, k - 1) as image rows, in the order in which they are met, the facets of each cell (m, k), where column
    j lies opposite vertex j, the first two cells at each facet (f, 2), -1 where there is none, and the number of cells at each
    facet (f,).

    Facets are looked up in a hash table by linear probing. Each first atom has its own stretch of the table, as long as it has
    facets, counted with multiplicity, so that neighbours in space are neighbours in memory.
    """
    m, k = cells.shape
    start = np.zeros(n_atoms + 1, np.int64)
    for c in range(m):
        start[atom[cells[c, 0]] + 1] += k - 1
        start[atom[cells[c, 1]] + 1] += 1
    for v in range(n_atoms):
        start[v + 1] += start[v]
    keys, number = np.full(m * k, -1, np.int64), np.empty(m * k, np.int32)
    facets = np.empty((m * k, k - 1), np.int32)
    cell_facets = np.empty((m, k), np.int32)
    facet_cells = np.empty((m * k, 2), np.int32)
    count = np.empty(m * k, np.int32)
    f = 0
    for c in range(m):
        for j in range(k):
            first = cells[c, 1] if j == 0 else cells[c, 0]
            origin, key = move[first] + least, np.int64(0)
            for t in range(1 if j else 2, k):
                if t != j:
                    key = (key << bits) | (label[cells[c, t]] - origin)
            low, high = start[atom[first]], start[atom[first] + 1]
            mixed = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
            p = low + np.int64((mixed * np.uint64(high - low)) >> np.uint64(32))
            while keys[p] != key and keys[p] != -1:
                p = p + 1 if p + 1 < high else low
            if keys[p] == key:
                g = number[p]
                if count[g] == 1:
                    facet_cells[g, 1] = c
                count[g] += 1
            else:
                g = f
                keys[p], number[p] = key, g
                facet_cells[g, 0], facet_cells[g, 1], count[g] = c, -1, 1
                column = 0
                for t in range(k):
                    if t != j:
                        facets[g, column] = cells[c, t]
                        column += 1
                f += 1
            cell_facets[c, j] = g
    return facets[:f].copy(), cell_facets, facet_cells[:f].copy(), count[:f].copy()
