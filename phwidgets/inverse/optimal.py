"""Optimal and stable volumes: the smallest shape that a hole encloses, and the border of that shape."""

from __future__ import annotations

from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..persistence.diagram import Diagram
from ..structure import Structure
from .fillings import Fillings
from .shapes import cavity_volume, component_volume, ring_volume
from .source import Source, check_source, source_of
from .trees import components
from .volume import Volume, Volumes, failed_volume

Array = NDArray[Any]


def optimal_volumes(diagram: Diagram, *, cost: Literal["unit", "area"] = "unit", time_limit: float | None = None) -> Volumes:
    """For every pair of a diagram the smallest shape that its hole encloses, and the border of that shape.

    Parameters
    ----------
    diagram : Diagram
        Of atoms, of any degree.
    cost : {"unit", "area"}
        What is smallest for a ring among other holes (degree 1 in space): the number of triangles, of equal numbers the one of
        less area; or their area. In the other degrees there is only one shape.
    time_limit : float, optional
        Seconds for each pair. By default there is none.

    Returns
    -------
    Volumes
        One for each pair, in the order of the diagram:

        * degree 0: the component that is joined to an older one when it dies; ``boundary`` are its atoms.
        * degree 1: ``loop`` is the ring, ``simplices`` are the triangles that fill it.
        * degree 2 in space: ``simplices`` are the tetrahedra in the cavity, ``boundary`` and ``faces`` are its wall.

        ``certified`` says that it is proven to be the smallest (of triangles, among sets that can be oriented, as the linear
        programme asks). After the time limit, or in the rare case that the optimum has other coefficients than 0 and ±1 and no
        proof exists for the best that has only these, the best set known is returned, not certified.

        Every border has been checked to be closed, to be there when the pair is born and to be filled when it dies, not earlier.
        Classes that never die, and what fails a check, have a ``problem``.

    Raises
    ------
    ValueError
        For a diagram that does not come from atoms, an unknown cost or a time limit that is not positive.

    Notes
    -----
    I. Obayashi, "Volume-optimal cycle: tightest representative cycle of a generator in persistent homology", SIAM J. Appl. Algebra
    Geom. 2, 508 (2018). For the pair of edge σ and triangle τ it is the chain x with coefficient 1 at τ, otherwise of triangles
    that enter between σ and τ, whose boundary has no edge that enters later than σ, that minimises Σ w |x|. Coefficients are real,
    so that it is a linear programme (see ``Fillings.smallest_chain``). Where every facet has two cells at most, one degree below
    the top, the chain is a branch of the merge tree of the voids.

    What enters within ``dgms.resolution`` of a birth counts as born with the pair, and bonds within it of the death of a component
    do not count as there before: in a crystal all bonds are born at once, and their order would be chance.

    Examples
    --------
    >>> import phwidgets as ph
    >>> from phwidgets.inverse.optimal import optimal_volumes
    >>> rings = ph.alpha_persistence(ph.sample("cristobalite"))[1]
    >>> ring = optimal_volumes(rings.longest(1))[0]
    >>> ring.sequence, ring.certified
    ('O-Si-O-Si-O-Si-O-Si-O-Si-O-Si', True)
    """
    if cost not in ("unit", "area"):
        raise ValueError(f"cost must be 'unit' (number of triangles) or 'area', not {cost!r}")
    if time_limit is not None and not time_limit > 0:
        raise ValueError(f"time_limit is a number of seconds above 0, or None, not {time_limit!r}")
    return _volumes(diagram, None, cost, np.inf if time_limit is None else float(time_limit))


def stable_volumes(diagram: Diagram, epsilon: float) -> Volumes:
    """For every hole of a diagram its stable volume: as the optimal one, but its border may be born up to ``epsilon`` later.

    Where many bonds are about equally long, the order of their births is chance, and the optimal volume at a birth may be that of
    several rings in one. The stable volume changes little when atoms move by less than ``epsilon``: in a glass it is the ring that
    a chemist sees around the hole.

    Parameters
    ----------
    diagram : Diagram
        Of degree 1 or 2, of atoms.
    epsilon : float
        In ``diagram.unit``, absolute, at least 0. The larger, the smaller the volumes.

    Returns
    -------
    Volumes
        As for ``optimal_volumes``. Where the border has several parts, ``loop`` is the one with the birth edge, else the longest.
        Pairs that live no longer than epsilon have a ``problem``.

    Raises
    ------
    ValueError
        For degree 0, a diagram that does not come from atoms, or an epsilon that is negative or not a number.

    Notes
    -----
    I. Obayashi, "Stable volumes for persistent homology", J. Appl. Comput. Topol. 7, 671 (2023).

    Examples
    --------
    >>> import phwidgets as ph
    >>> from phwidgets.inverse.optimal import stable_volumes
    >>> rings = ph.alpha_persistence(ph.sample("silica-glass"))[1].in_region(birth=(0.75, 0.9), death=(2.2, 2.3))
    >>> all(v.certified for v in stable_volumes(rings, 0.1))
    True
    """
    try:
        number = float(epsilon)
    except (TypeError, ValueError) as error:
        raise ValueError(f"epsilon is a length in the unit of the diagram, not {epsilon!r}") from error
    if not 0 <= number < np.inf:
        raise ValueError(f"epsilon is in the unit of the diagram, finite and not negative, not {epsilon!r}")
    if diagram.degree == 0:
        raise ValueError("components have no stable volume: those of atoms without radii are all born at once; see optimal_volumes")
    return _volumes(diagram, number, "unit", np.inf)


_fillings: WeakKeyDictionary[Structure, dict[int, Fillings]] = WeakKeyDictionary()


def _fillings_of(structure: Structure, degree: int) -> Fillings:
    known = _fillings.setdefault(structure, {})
    if degree not in known:
        known[degree] = Fillings.of(source_of(structure), degree)
    return known[degree]


_UNDYING = "a class that never dies encloses nothing"
_UNKNOWN = "its simplices are not in the complex of this structure, or at other values: it was computed with other radii or positions"


def _volumes(diagram: Diagram, epsilon: float | None, cost: str, time_limit: float) -> Volumes:
    structure, k = check_source(diagram), diagram.degree
    mortal = ~diagram.is_essential
    if not mortal.any():
        return Volumes([failed_volume(int(i), structure, _UNDYING) for i in diagram.pair_id])
    source = source_of(structure)
    births = source.find(k, diagram.birth_cell, diagram.birth_offset)
    deaths = np.full(len(diagram), -1, np.int64)
    deaths[mortal] = source.find(k + 1, diagram.death_cell[mortal], diagram.death_offset[mortal])
    wrong = _differ(source, k, births, diagram.birth, diagram.unit)
    wrong[mortal] |= _differ(source, k + 1, deaths[mortal], diagram.death[mortal], diagram.unit)
    problems = np.full(len(diagram), "", object)
    if epsilon:
        problems[diagram.birth + epsilon >= diagram.death] = f"it lives no longer than epsilon = {epsilon:g} {diagram.unit}"
    problems[wrong] = _UNKNOWN
    problems[~mortal] = _UNDYING
    good = np.flatnonzero(problems == "")
    found: dict[int, Volume] = {}
    if k == 0:
        shapes = components(source, births[good], deaths[good])
        for row, (points, offsets) in zip(good.tolist(), shapes, strict=True):
            found[row] = component_volume(int(diagram.pair_id[row]), structure, source, points, offsets)
    elif len(good):
        fillings = _fillings_of(structure, k)
        # a facet is free to stay in the border up to this radius
        level = fillings.radius[fillings.facet_rank[births]]
        if epsilon is not None:
            level = np.maximum(level, source.radius_of(diagram.birth + epsilon, diagram.unit))
        limits = np.searchsorted(fillings.radius, level + source.tolerance, side="right") - 1
        inside = np.zeros(len(fillings.facets), bool)
        for row in good.tolist():
            death, limit, certified = int(deaths[row]), int(limits[row]), True
            if fillings.is_top:
                chain = fillings.enclosed(death, limit, inside)
            elif fillings.column_of[death] >= 0:
                chain, certified = fillings.smallest_chain(death, limit, cost, time_limit)
            else:
                problems[row] = _UNKNOWN
                continue
            make = ring_volume if k == 1 else cavity_volume
            found[row] = make(int(diagram.pair_id[row]), structure, source, fillings, chain, limit, int(births[row]), certified)
    ids = diagram.pair_id.tolist()
    return Volumes([found.get(row) or failed_volume(i, structure, problems[row]) for row, i in enumerate(ids)])


def _differ(source: Source, degree: int, cells: Array, values: Array, unit: str) -> Array:
    """Whether cells (n,) are unknown (-1) or enter at other values than these (n,), which are those of the positions not moved."""
    known = cells >= 0
    out = np.asarray(~known)
    if known.any():
        out[known] = np.abs(source.radii(degree, cells[known]) - source.radius_of(values[known], unit)) > 4 * source.tolerance
    return out
