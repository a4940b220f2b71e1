"""Persistence pairs of a filtered complex."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import _pairing
from .complex import FilteredComplex

Array = NDArray[Any]

FEW = 300  # pairs, of which a sort by comparison is quicker than the counting of digits


class Pairs(NamedTuple):
    """Pairs of one degree k: cells as indices into those of degree k (births) and k + 1 (deaths)."""

    births: Array  # (p,)
    deaths: Array  # (p,)
    essential: Array  # (e,) births of the classes that never die
    # (p,) where classes merge: the vertex (degree 0) or the top cell (one below the top, their number for the outside) that the class
    # which these pairs end is merged with; rows are in the order in which that happens
    elders: Array | None = None


def persistence_pairs(complex_: FilteredComplex) -> list[Pairs]:
    """Pair the cells of a filtered complex over Z/2, for all degrees 0 to its dimension.

    Cells are ordered by value, then degree, then index. Pairs of equal birth and death value are included.

    Notes
    -----
    Edelsbrunner, Letscher and Zomorodian, Discrete Comput. Geom. 28, 511 (2002). Which kernel serves which degree is told
    in ``_pairing``.
    """
    top = complex_.dimension
    orders, ranks = [np.zeros(0, np.int32)], [np.zeros(len(complex_.values[0]), np.int32)]  # nothing needs those of degree 0
    for values in complex_.values[1 : max(top, 2)]:  # nothing needs those of the top cells either, but of edges
        order, rank = _pairing.sort_values(values)
        orders.append(order)
        ranks.append(rank)
    alive = np.isfinite(complex_.values[0])
    if top == 0:
        return [Pairs(np.zeros(0, int), np.zeros(0, int), np.flatnonzero(alive))]

    found, negative = _pairing.merge_components(complex_.values[0], complex_.facets[1], orders[1])
    births, deaths, elders = found
    alive[births] = False
    pairs = [Pairs(births, deaths, np.flatnonzero(alive), elders)]
    # `negative` are the cells of the degree at hand that end a class of the degree below; the others begin one
    voids, walls = _pairing.merge_voids(complex_.values[top], complex_.cofaces, orders[top - 1]) if top > 1 else (found[:, :0], negative)
    for degree in range(1, top):
        if degree == top - 1:
            births, deaths, elders = voids
        else:
            # facets that begin a void end nothing: their columns need no reduction
            candidates = orders[degree + 1]
            columns = candidates[np.flatnonzero(~np.take(walls, candidates))] if degree == top - 2 else candidates
            boundary = _pairing.boundary_columns(columns, complex_.facets[degree + 1], negative, ranks[degree])
            pivot = _pairing.reduce_columns(boundary, len(ranks[degree]))
            paired = np.flatnonzero(pivot >= 0)
            births, deaths, elders = orders[degree][pivot[paired]], columns[paired], None
        creating = ~negative
        creating[births] = False
        pairs.append(Pairs(births, deaths, np.flatnonzero(creating), elders))
        negative = np.zeros(len(complex_.values[degree + 1]), bool)
        negative[deaths] = True
    pairs.append(Pairs(np.zeros(0, int), np.zeros(0, int), np.flatnonzero(~negative)))
    return pairs


def order_of_pairs(birth: Array, death: Array) -> Array:
    """Stable order (n,) of the rows of a diagram, as int32: by birth (n,), and those of equal birth by death (n,)."""
    if len(birth) < FEW:
        return np.asarray(np.lexsort((death, birth)), np.int32)
    if birth.min() == birth.max():
        return np.asarray(_pairing.sort_values(death)[0])
    order = _pairing.sort_values(birth)[0]
    in_order = np.take(birth, order)
    if (in_order[1:] > in_order[:-1]).all():  # no two are born together
        return np.asarray(order)
    by_death = _pairing.sort_values(death)[0]
    return np.asarray(by_death[_pairing.sort_values(birth[by_death])[0]])
