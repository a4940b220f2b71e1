"""Persistence of anything that has distances: the Vietoris-Rips complex."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .diagram import Diagram
from .diagrams import Diagrams
from .gudhi_parts import gudhi_module
from .memory import refuse_hopeless

Array = NDArray[Any]

UNIT = "distance"
BYTES = 120  # of GUDHI's tree and matrix per simplex, measured
ASYMMETRY = 1e-9  # of the largest distance: what rounding may leave


def rips_persistence(distances: ArrayLike, *, max_degree: int = 1, max_value: float | None = None) -> Diagrams:
    """Persistence diagrams of the Vietoris-Rips complex of a distance matrix.

    At filtration value t every set of points whose distances are all at most t is a simplex. It needs no positions: dissimilarities
    of spectra, structures or diagrams will do.

    Parameters
    ----------
    distances : (n, n) array-like
        Symmetric, zero on the diagonal, not negative, in any unit; inf for pairs that never meet.
    max_degree : int, optional
        Highest degree to compute; each costs about n times more than the one before.
    max_value : float, optional
        Where the filtration ends: what is still alive there is essential (death = inf). By default the distance at which one point
        sees all others, beyond which nothing happens any more.

    Returns
    -------
    Diagrams
        ``dgms[k].birth_cell`` (n, k + 1) and ``death_cell`` (n, k + 2) are the points of the simplices that begin and end each class;
        the longest edge of a simplex is what its value measures.

    Raises
    ------
    ValueError
        For a matrix that is not square or not symmetric, with nan or negative entries or a diagonal that is not zero.
    MemoryError
        If the complex would not fit into memory.

    Notes
    -----
    Computed by GUDHI (its Rips module is under the MIT licence) with coefficients in Z/2.

    Examples
    --------
    >>> square = np.array([[0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]])
    >>> d = rips_persistence(square)[1]
    >>> d.birth.tolist(), d.death.tolist()
    ([1.0], [2.0])
    """
    matrix = _checked(distances)
    n = len(matrix)
    if isinstance(max_degree, bool) or int(max_degree) != max_degree or not 0 <= max_degree <= n:
        raise ValueError(f"max_degree must be a whole number from 0 to {n}, not {max_degree!r}")
    if max_value is not None and not max_value >= 0:
        raise ValueError(f"max_value must be a distance, not {max_value!r}")
    end = float(matrix.max(axis=1).min()) if max_value is None else float(max_value)
    count = _count_simplices(matrix, end, int(max_degree) + 1)
    refuse_hopeless(
        BYTES * count,
        f"the Rips complex of {n} points up to {end:.3g} has about {count:.2g} simplices, which",
        "choose a smaller max_value",
    )
    lower = [matrix[i, :i] for i in range(n)]
    rips = gudhi_module("rips_complex").RipsComplex(distance_matrix=lower, max_edge_length=end)
    tree = rips.create_simplex_tree(max_dimension=int(max_degree) + 1)
    tree.compute_persistence(homology_coeff_field=2, min_persistence=0.0, persistence_dim_max=True)
    pairs = tree.persistence_pairs()
    diagrams = {k: _diagram(k, [p for p in pairs if len(p[0]) == k + 1], matrix) for k in range(int(max_degree) + 1)}
    return Diagrams(diagrams, source=matrix, unit=UNIT, resolution=0.0)


def _checked(distances: ArrayLike) -> Array:
    """A symmetric float64 copy (n, n), read-only."""
    try:
        raw = np.asarray(distances)
    except ValueError as error:
        raise ValueError(f"distances is no matrix of numbers: {error}") from error
    if raw.dtype.kind not in "fiu" or raw.ndim != 2 or raw.shape[0] != raw.shape[1] or not len(raw):
        raise ValueError(f"distances must be a square matrix (n, n) of real numbers, n >= 1, not {raw.dtype} of shape {raw.shape}")
    matrix = np.array(raw, dtype=np.float64, order="C")
    for bad, what in ((np.isnan(matrix), "not a number"), (matrix < 0, "negative")):
        if bad.any():
            i, j = np.argwhere(bad)[0]
            raise ValueError(f"distances[{i}, {j}] is {what} ({int(bad.sum())} such entries)")
    if np.diagonal(matrix).any():
        i = int(np.flatnonzero(np.diagonal(matrix))[0])
        raise ValueError(
            f"distances[{i}, {i}] is {matrix[i, i]:g}: a point is at distance 0 from itself (is this a matrix of similarities?)"
        )
    finite = np.isfinite(matrix)
    largest = float(matrix[finite].max())
    with np.errstate(invalid="ignore"):
        wrong = (finite != finite.T) | (np.abs(matrix - matrix.T) > ASYMMETRY * largest)
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        raise ValueError(
            f"distances[{i}, {j}] is {matrix[i, j]:g} and distances[{j}, {i}] is {matrix[j, i]:g}: the matrix must be symmetric"
        )
    matrix = np.minimum(matrix, matrix.T)
    matrix.flags.writeable = False
    return matrix


def _count_simplices(matrix: Array, end: float, dimension: int) -> float:
    """About how many simplices there are up to ``dimension``: exact up to triangles, then as if cliques grew evenly."""
    n = len(matrix)
    near = (matrix <= end).astype(np.float32)
    np.fill_diagonal(near, 0)
    edges = float(near.sum(dtype=np.float64)) / 2
    if dimension == 1 or not edges:
        return n + edges
    triangles = float(np.einsum("ij,ij->", near @ near, near, dtype=np.float64)) / 6
    total, cliques, common = n + edges + triangles, triangles, 3 * triangles / edges
    for k in range(3, dimension + 1):
        cliques = min(cliques * common / (k + 1), float(comb(n, k + 1)))
        total += cliques
    return total


def _diagram(degree: int, pairs: list[tuple[list[int], list[int]]], matrix: Array) -> Diagram:
    k = degree
    births = np.array([sorted(birth) for birth, _ in pairs], np.int64).reshape(-1, k + 1)
    deaths = np.array([sorted(death) or [-1] * (k + 2) for _, death in pairs], np.int64).reshape(-1, k + 2)
    birth, death = _diameter(births, matrix), _diameter(deaths, matrix)
    death[deaths[:, 0] < 0] = np.inf
    order = np.lexsort((*births.T[::-1], death, birth))
    order = order[death[order] > birth[order]]
    return Diagram(k, UNIT, birth[order], death[order], births[order], deaths[order], source=matrix)


def _diameter(simplices: Array, matrix: Array) -> Array:
    return np.asarray(matrix[simplices[:, :, None], simplices[:, None, :]].max(axis=(1, 2), initial=0.0))
