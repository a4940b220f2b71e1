"""Independent answers: gudhi's exact alpha complexes, brute force, and unions of balls on a grid."""

import itertools
from fractions import Fraction

import gudhi
import numpy as np


def values(diagram):
    """(n, 2) of the finite pairs, sorted so that ties within rounding do not matter."""
    finite = diagram.finite
    return in_order(np.column_stack([finite.birth, finite.death]))


def in_order(pairs):
    pairs = np.asarray(pairs, float).reshape(-1, 2)
    rounded = np.round(pairs, 8)
    return pairs[np.lexsort((rounded[:, 1], rounded[:, 0]))]


def gudhi_alpha(points, radii=None, *, shortest=0.0, top=2):
    """Finite pairs of an open cluster, by degree: (values (n, 2) squared, birth and death simplices as sorted tuples)."""
    weights = None if radii is None else np.asarray(radii) ** 2
    tree = gudhi.AlphaComplex(points=np.asarray(points, float), weights=weights, precision="exact").create_simplex_tree()
    tree.compute_persistence(homology_coeff_field=2, min_persistence=-1.0)
    out = {k: [] for k in range(top + 1)}
    for birth, death in tree.persistence_pairs():
        degree = len(birth) - 1
        if not death or degree > top:
            continue
        b, d = tree.filtration(birth), tree.filtration(death)
        if d - b > shortest:
            out[degree].append((b, d, tuple(sorted(birth)), tuple(sorted(death))))
    return out


def gudhi_values(rows):
    return in_order([(b, d) for b, d, _, _ in rows])


def images(positions, cell, reach, pbc=(True, True, True)):
    """(m, d) positions and atom of all images within ``reach`` cells."""
    steps = [range(-reach, reach + 1) if periodic else (0,) for periodic in pbc]
    shifts = np.array(list(itertools.product(*steps)))
    x = (positions[None] + (shifts @ cell)[:, None]).reshape(-1, positions.shape[1])
    return x, np.tile(np.arange(len(positions)), len(shifts))


def merge_tree(positions, radii=None, cell=None, pbc=None, reach=2):
    """Finite pairs (n, 2) of degree 0 of the union of growing balls (squared), from all pairs of atoms and their images."""
    n = len(positions)
    w = np.zeros(n) if radii is None else np.asarray(radii, float) ** 2
    x, atom = (
        (positions, np.arange(n)) if cell is None else images(positions, cell, reach, (True,) * positions.shape[1] if pbc is None else pbc)
    )
    d2 = ((positions[:, None] - x[None]) ** 2).sum(-1)
    i, j = np.nonzero(d2 > 1e-20)
    d2, wi, wj = d2[i, j], w[i], w[atom[j]]
    touch = (d2 + wi - wj) ** 2 / (4 * d2) - wi  # the power of the radical plane
    # one ball may have swallowed the other's centre before that one's ball exists
    swallowed = np.abs(wi - wj) >= d2
    touch = np.where(swallowed, -np.minimum(wi, wj), np.maximum(touch, -np.minimum(wi, wj)))
    parent, pairs = list(range(n)), []

    def root(v):
        while parent[v] != v:
            v = parent[v]
        return v

    for e in np.argsort(touch, kind="stable"):
        a, b = root(i[e]), root(atom[j[e]])
        if a == b:
            continue
        a, b = (a, b) if (-w[a], a) < (-w[b], b) else (b, a)
        parent[b] = a
        if touch[e] > -w[b] + 1e-12:
            pairs.append((-w[b], touch[e]))
    return in_order(pairs)


BOX = 0.6  # how far the box of an open grid extends beyond the atoms, in which balls up to this radius are seen whole


def grid_diagrams(positions, cell, n, radii=None):
    """Diagrams (m, 2) by degree of the union of growing balls sampled on n^d grid points, and half the diagonal of its voxels.

    Values are √(t + R²) with the largest radius R: distances, which change by no more than one moves.
    """
    d = positions.shape[1]
    w = np.zeros(len(positions)) if radii is None else np.asarray(radii, float) ** 2
    if cell is None:
        low = positions.min(0) - BOX
        box = np.diag(np.ptp(positions, axis=0) + 2 * BOX)
        grid = low + np.stack(np.meshgrid(*[np.linspace(0, 1, n)] * d, indexing="ij"), -1).reshape(-1, d) @ box
        x, weights, step = positions, w, box / (n - 1)
    else:
        grid = np.stack(np.meshgrid(*[np.arange(n) / n] * d, indexing="ij"), -1).reshape(-1, d) @ cell
        inside = (positions @ np.linalg.inv(cell)) % 1 @ cell
        x, atom = images(inside, cell, 2, (True,) * d)
        weights, step = w[atom], cell / n
    half = max(np.linalg.norm(np.array(signs) @ step) for signs in itertools.product((-1, 1), repeat=d)) / 2
    t = np.full(len(grid), np.inf)
    for p, wp in zip(x, weights, strict=True):
        np.minimum(t, ((grid - p) ** 2).sum(1) - wp, out=t)
    f = np.sqrt(np.maximum(t + w.max(), 0)).reshape((n,) * d)
    if cell is None:
        complex_ = gudhi.CubicalComplex(vertices=f)
    else:
        complex_ = gudhi.PeriodicCubicalComplex(vertices=f, periodic_dimensions=[True] * d)
    complex_.compute_persistence(homology_coeff_field=2, min_persistence=0.0)
    return [complex_.persistence_intervals_in_dimension(k).reshape(-1, 2) for k in range(d + 1)], half


def det(rows):
    """Exact determinant of rational numbers by elimination, which the package expands instead."""
    rows, value = [list(row) for row in rows], Fraction(1)
    for i in range(len(rows)):
        pivot = next((k for k in range(i, len(rows)) if rows[k][i]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != i:
            rows[i], rows[pivot], value = rows[pivot], rows[i], -value
        value *= rows[i][i]
        for k in range(i + 1, len(rows)):
            share = rows[k][i] / rows[i][i]
            rows[k] = [x - share * y for x, y in zip(rows[k], rows[i], strict=True)]
    return value
