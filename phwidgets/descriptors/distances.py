"""Distances between diagrams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import hera
from .points import Points, all_points, as_points, common
from .progress import counted

Array = NDArray[Any]

DELTA = 0.01
DIRECTIONS = 50
EXACT = 200  # points of both diagrams together, up to which the exact matching is as quick


def bottleneck_distance(d1: Any, d2: Any) -> float:
    """Bottleneck distance: the farthest that any point must move to turn one diagram into the other.

    Parameters
    ----------
    d1, d2 : Diagram or (n, 2) array
        Of the same unit. Moves are measured as the larger of the changes of birth and death; a point may move to the diagonal.

    Returns
    -------
    float
        In the unit of the diagrams; inf if they have different numbers of essential classes.

    Raises
    ------
    ValueError
        If units, degrees or filtrations (sublevel and superlevel) differ.

    Notes
    -----
    Exact, by Hera (Kerber, Morozov and Nigmetov, ACM J. Exp. Algorithmics 22, 1.4 (2017)). Essential classes are matched by birth.

    Examples
    --------
    >>> bottleneck_distance([[0.0, 4.0], [1.0, 1.5]], [[0.0, 5.0]])
    1.0
    """
    p, q = _pair(d1, d2)
    essential = _essential_moves(p, q)
    if essential is None:
        return float("inf")
    return max(float(essential.max(initial=0.0)), _finite(p, q, partial(hera.bottleneck, delta=0.0), np.inf, np.inf))


def wasserstein_distance(d1: Any, d2: Any, order: float = 2, *, norm: float = np.inf, delta: float = DELTA) -> float:
    """Wasserstein distance: the least total cost of moving the points of one diagram onto those of the other.

    Parameters
    ----------
    d1, d2 : Diagram or (n, 2) array
        Of the same unit. A point may move to the diagonal.
    order : float
        q >= 1 in (Σ length^q)^(1/q).
    norm : float
        Of the length of a move on the plane: inf (the larger of both changes), 2 (Euclidean) or another p >= 1.
    delta : float
        Relative error that is allowed, positive: the answer is at most 1 + delta times the true one. Smaller takes longer.

    Returns
    -------
    float
        In the unit of the diagrams; inf if they have different numbers of essential classes.

    Raises
    ------
    ValueError
        If units, degrees or filtrations (sublevel and superlevel) differ, or a parameter is out of its range.

    Notes
    -----
    Exact for up to 200 points together (the assignment problem as a matrix), else by Hera, see ``bottleneck_distance``; what is below
    1e-11 ** (1 / order) of the longest life, 3e-6 of it for order 2, is then not resolved. Essential classes are matched by birth.

    Examples
    --------
    >>> round(wasserstein_distance([[0.0, 4.0], [1.0, 2.0]], [[0.0, 5.0]], order=1), 2)
    1.5
    """
    for name, value, low in (("order", order, 1), ("norm", norm, 1), ("delta", delta, 1e-12)):
        if not (np.isscalar(value) and float(value) >= low) or (name != "norm" and np.isinf(value)):
            raise ValueError(f"{name} must be a number not below {low:g}, not {value!r}")
    p, q = _pair(d1, d2)
    essential = _essential_moves(p, q)
    if essential is None:
        return float("inf")
    finite = _finite(p, q, partial(_transport, order=float(order), norm=float(norm), delta=float(delta)), order, norm)
    return float(np.linalg.norm(np.append(essential, finite), order))


def sliced_wasserstein_distance(d1: Any, d2: Any, *, directions: int = DIRECTIONS) -> float:
    """Sliced Wasserstein distance: both diagrams are projected on lines, where transport is sorting. Fast, and of order 1.

    Parameters
    ----------
    d1, d2 : Diagram or (n, 2) array
        Of the same unit.
    directions : int
        Number of lines, equally spaced over half a turn.

    Returns
    -------
    float
        In the unit of the diagrams. Essential classes add the mean over the lines of the projected changes of their births; inf if
        their numbers differ.

    Raises
    ------
    ValueError
        If units, degrees or filtrations (sublevel and superlevel) differ.

    Notes
    -----
    Carrière, Cuturi and Oudot, ICML 2017, as the mean over directions: half of their integral over the circle, divided by π, with the
    projections of each diagram on the diagonal added to the other. gudhi's differs by the last direction, which it leaves out.

    Examples
    --------
    >>> round(sliced_wasserstein_distance([[0.0, 2.0]], []), 3)
    0.9
    """
    if isinstance(directions, bool) or int(directions) != directions or directions < 1:
        raise ValueError(f"directions must be a whole number, 1 or larger, not {directions!r}")
    p, q = _pair(d1, d2)
    essential = _essential_moves(p, q)
    if essential is None:
        return float("inf")
    angles = np.linspace(-np.pi / 2, np.pi / 2, int(directions), endpoint=False)
    lines = np.array([np.cos(angles), np.sin(angles)])
    x, y = _table(p), _table(q)
    on = [np.repeat(0.5 * t.sum(axis=1, keepdims=True), 2, axis=1) for t in (x, y)]
    a, b = (np.sort(np.concatenate(parts) @ lines, axis=0) for parts in ((x, on[1]), (y, on[0])))
    return float(np.abs(a - b).sum(axis=0).mean() + essential.sum() * np.abs(lines[0]).mean())


_DISTANCES: dict[str, Callable[..., float]] = {
    "bottleneck": bottleneck_distance,
    "wasserstein": wasserstein_distance,
    "sliced": sliced_wasserstein_distance,
}


def distance_matrix(
    diagrams: Sequence[Any],
    distance: str | Callable[[Any, Any], float] = "wasserstein",
    *,
    others: Sequence[Any] | None = None,
    workers: int | None = None,
    progress: bool = True,
    **options: Any,
) -> Array:
    """Distances between all diagrams of a list, or between those of two lists.

    Parameters
    ----------
    diagrams : list of Diagram or of (n, 2) arrays
    distance : "bottleneck", "wasserstein", "sliced", or a function of two diagrams
        A function of your own must be symmetric; it is called in threads.
    others : list of diagrams, optional
        Columns of the matrix; by default the same diagrams, and each distance is computed once.
    workers : int, optional
        Threads; by default one for each processor.
    progress : bool
        Count on the error stream, from two seconds on.
    **options
        For the distance, such as ``order=1``.

    Returns
    -------
    (n, n) or (n, m) float array
        Symmetric, zero on the diagonal, where ``others`` is not given: what ``rips_persistence`` and the clusterings of
        scikit-learn with ``metric="precomputed"`` take.

    Raises
    ------
    ValueError
        For an unknown distance, or as the distance does.
    """
    if not callable(distance) and distance not in _DISTANCES:
        raise ValueError(f"distance must be one of {sorted(_DISTANCES)} or a function of two diagrams, not {distance!r}")
    measure = distance if callable(distance) else _DISTANCES[distance]
    rows: list[Any] = list(diagrams)
    columns = rows if others is None else list(others)
    if not callable(distance):
        points = all_points([*rows, *([] if others is None else columns)])
        rows, columns = points[: len(rows)], points[: len(rows)] if others is None else points[len(rows) :]
    pairs = [(i, j) for i in range(len(rows)) for j in range(i + 1 if others is None else 0, len(columns))]
    matrix = np.zeros((len(rows), len(columns)))
    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(lambda ij: measure(rows[ij[0]], columns[ij[1]], **options), pairs)
        for (i, j), value in zip(pairs, counted(found, len(pairs), "distances", progress), strict=True):
            matrix[i, j] = value
    return matrix + matrix.T if others is None else matrix


def _pair(d1: Any, d2: Any) -> tuple[Points, Points]:
    p, q = (d if isinstance(d, Points) else as_points(d) for d in (d1, d2))
    common("unit", [p.unit, q.unit])
    common("degree", [p.degree, q.degree])
    common("filtration", ["superlevel" if x.superlevel else "sublevel" for x in (p, q) if x.total])
    return p, q


def _table(points: Points) -> Array:
    """Points (n, 2) off the diagonal, above it: superlevel pairs are mirrored, which changes no distance."""
    off = points.birth != points.death
    table = np.column_stack([points.birth[off], points.death[off]])
    return np.ascontiguousarray(-table if points.superlevel else table)


def _transport(x: Array, y: Array, order: float, norm: float, delta: float) -> float:
    """Wasserstein distance of finite points off the diagonal."""
    n, m = len(x), len(y)
    if n + m > EXACT:
        return hera.wasserstein(x, y, order, norm, delta)
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    # rows: points of x and the diagonal under those of y; columns: points of y and the diagonal under those of x
    moves = np.zeros((n + m, n + m))
    moves[:n, :m] = cdist(x, y, "chebyshev") if np.isinf(norm) else cdist(x, y, "minkowski", p=norm)
    moves[:n, m:], moves[n:, :m] = _down(x, norm)[:, None], _down(y, norm)
    largest = float(moves.max())
    rows, columns = linear_sum_assignment((moves / largest) ** order)
    return float(np.linalg.norm(moves[rows, columns], order))


def _down(points: Array, norm: float) -> Array:
    """Length of the shortest move of points (n, 2) onto the diagonal."""
    return np.asarray(0.5 * (points[:, 1] - points[:, 0]) * (1.0 if np.isinf(norm) else 2 ** (1 / norm)))


def _essential_moves(p: Points, q: Points) -> Array | None:
    """Changes of the births of essential classes, matched in order; None if their numbers differ."""
    if len(p.essential) != len(q.essential):
        return None
    return np.asarray(np.abs(np.sort(p.essential) - np.sort(q.essential)))


def _finite(p: Points, q: Points, distance: Callable[[Array, Array], float], order: float, norm: float) -> float:
    """Distance of the finite points; where one diagram has none, all others move to the diagonal."""
    x, y = _table(p), _table(q)
    if len(x) and len(y):
        return distance(x, y)
    down = _down(x if len(x) else y, norm)
    return float(np.linalg.norm(down, order)) if len(down) else 0.0
