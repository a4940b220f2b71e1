"""What is asked of an explorer: regions, pairs, atoms or voxels as queries, their answers through the matrices A, and as Python code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from ..persistence.region import Region as NamedRegion
from ..selection import Query, State
from .diagram_view import Region


class Questions:
    """Selections of some diagrams: what was asked for, checked, and which pairs and inputs that selects.

    Parameters
    ----------
    diagrams : callable
        Returns the diagrams that are explored now.
    side : AtomSide or ImageSide
        Knows what its things are called, which there are, and how they are written as code.
    links : Links or ImageLinks
        The matrices.
    """

    def __init__(self, diagrams: Callable[[], Diagrams], side: Any, links: Any) -> None:
        self._diagrams, self._side, self._links = diagrams, side, links

    def ask(self, region: Any, pairs: Any, atoms: Any, voxels: Any) -> Query:
        """One of the four as a query.

        Raises
        ------
        ValueError
            For more or less than one, and for what is not of this kind.
        """
        if sum(x is not None for x in (region, pairs, atoms, voxels)) != 1:
            what = f"region=((b0, b1), (d0, d1)), pairs=ids or {self._side.kind}=ids"
            raise ValueError(f"select by exactly one of {what}; clear() selects nothing")
        if region is not None:
            return Query("region", region=as_region(region))
        if pairs is not None:
            return Query("pairs", ids=whole_numbers(one_or_many(pairs)))
        self.needs("atoms" if voxels is None else "voxels")
        return Query(self._side.kind, ids=self._side.ids(atoms if voxels is None else voxels))

    def needs(self, kind: str) -> None:
        """Raise ValueError where the diagrams come from other things."""
        if self._side.kind != kind:
            raise ValueError(f"these diagrams are not of {kind} but of {self._side.kind}")

    def degree_of(self, region: Any, degree: int | None, shown: int) -> int:
        """The degree of a selection: the one given, else that of a named region, else the one that is shown.

        Raises
        ------
        ValueError
            For a degree that there is not, and for a named region of another one or another unit.
        """
        named = isinstance(region, NamedRegion)
        if degree is None:
            degree = region.degree if named else shown
        degree = known_degree(self._diagrams(), degree)
        if named:
            region.select(self._diagrams()[degree])
        return degree

    def answer(self, query: Query, degree: int, passing: bool = False) -> State:
        """The pairs and inputs that a query selects."""
        diagram, matrix = self._diagrams()[degree], self._links.matrix(degree)
        if query.kind == self._side.kind:
            inputs = np.unique(query.ids)
            marked = np.zeros(self._side.size)
            marked[inputs] = 1.0
            return State(degree, query, matrix.pair_id[matrix.to_pairs(marked) > 0], inputs, passing)
        if query.kind == "region":
            ids = diagram.in_region(*query.region).pair_id
        else:
            ids = diagram.subset(query.ids).pair_id
        chosen = np.zeros(len(diagram))
        chosen[ids] = 1.0  # the rows of a whole diagram are its ids
        return State(degree, query, ids, np.flatnonzero(matrix.to_input(chosen)), passing)

    def code(self, state: State) -> str:
        """Python that repeats a selection without a mouse; ``dgms`` stands for the explored diagrams."""
        links, query = self._links, state.query
        how = f", inverse={links.inverse!r}" if links.inverse != links.usual else ""
        lines = [f"ex = ph.explore(dgms, degree={state.degree}{how})"]
        if links.epsilon_chosen(state.degree):
            lines.append(f"ex.epsilon = {links.epsilon(state.degree)!r}")
        if query.kind == "region":
            (b0, b1), (d0, d1) = ([_number(v) for v in pair] for pair in query.region)
            lines.append(f"ex.select(region=(({b0}, {b1}), ({d0}, {d1})))")
            lines.append(f"pairs = dgms[{state.degree}].in_region(birth=({b0}, {b1}), death=({d0}, {d1}))  # the same without a view")
        elif query.kind == "pairs":
            lines.append(f"ex.select(pairs={query.ids.tolist()})")
        elif query.kind != "nothing":
            lines.append(f"ex.select({self._side.code(query.ids)})")
        return "\n".join(lines)


def known_degree(diagrams: Diagrams, degree: Any) -> int:
    """A degree of these diagrams as an int.

    Raises
    ------
    ValueError
        If there is none such.
    """
    for known in diagrams.degrees:
        if np.ndim(degree) == 0 and degree == known:
            return known
    raise ValueError(f"there is no diagram of degree {degree}; choose one of {diagrams.degrees}")


def as_region(region: Any) -> Region:
    """Two intervals, from nested pairs of numbers or from anything with ``birth`` and ``death``.

    Raises
    ------
    ValueError
        If it is neither.
    """
    try:
        (b0, b1), (d0, d1) = (region.birth, region.death) if hasattr(region, "birth") else region
        return (float(b0), float(b1)), (float(d0), float(d1))
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"a region is ((birth low, birth high), (death low, death high)), not {region!r}") from error


def one_or_many(ids: Any) -> np.ndarray:
    """Ids as an array, from any iterable of them or from a single one.

    Raises
    ------
    ValueError
        For a diagram, whose ids are meant.
    """
    if isinstance(ids, Diagram):
        raise ValueError("select by the ids of a diagram's pairs: diagram.pair_id")
    if not isinstance(ids, np.ndarray):
        try:
            ids = list(ids)
        except TypeError:  # a single one
            ids = [ids]
    return np.atleast_1d(ids)


def whole_numbers(array: np.ndarray) -> np.ndarray:
    """Ids as (m,) int64.

    Raises
    ------
    ValueError
        For what is no whole number.
    """
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"ids are whole numbers, not {array.dtype}")
    return array.astype(np.int64).ravel()


def _number(value: float) -> str:
    return f'{"-" * (value < 0)}float("inf")' if np.isinf(value) else repr(value)
