"""What has to be known of a diagram before the shape of any of its pairs can be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..persistence.diagram import Diagram
from ..structure import Structure
from .fillings import Fillings
from .program import Cancelled
from .shapes import cavity_volume, component_volume, ring_volume
from .source import Source, check_source, source_of
from .trees import Branches, components, voids
from .volume import OnDemand, Volume, Volumes, failed_volume

Array = NDArray[Any]

UNDYING = "a class that never dies encloses nothing"
UNKNOWN = (
    "its simplices are not in the complex of this structure, or at other values: it was computed with other radii or positions, or in a "
    "supercell, whose shapes are those of the supercell given as a structure"
)

_fillings: WeakKeyDictionary[Structure, dict[int, Fillings]] = WeakKeyDictionary()


def fillings_of(structure: Structure, degree: int) -> Fillings:
    """The cells that fill holes of a degree, kept as long as the structure is."""
    known = _fillings.setdefault(structure, {})
    if degree not in known:
        known[degree] = Fillings.of(source_of(structure), degree)
    return known[degree]


@dataclass(frozen=True, eq=False)
class Plan:
    """The pairs of a diagram as cells of the complex.

    Attributes
    ----------
    diagram : Diagram
    structure : Structure
    births, deaths : (n,) int arrays
        Cells of degree k and k + 1, -1 where unknown.
    problems : (n,) str array
        Why a pair can have no shape, or ''.
    epsilon : float or None
        Of stable volumes, in the unit of the diagram.
    """

    diagram: Diagram
    structure: Structure
    births: Array
    deaths: Array
    problems: Array
    epsilon: float | None

    @classmethod
    def of(cls, diagram: Diagram, epsilon: float | None = None) -> Plan:
        """Find the cells of all pairs; raises ValueError if the diagram does not come from atoms."""
        structure, k, n = check_source(diagram), diagram.degree, len(diagram)
        mortal, missing = ~diagram.is_essential, np.full(n, -1, np.int64)
        problems = np.full(n, "", object)
        problems[~mortal] = UNDYING
        if not mortal.any():
            return cls(diagram, structure, missing, missing, problems, epsilon)
        source = source_of(structure)
        births, deaths = source.cells_of(diagram)
        wrong = _differ(source, k, births, diagram.birth, diagram.unit)
        wrong[mortal] |= _differ(source, k + 1, deaths[mortal], diagram.death[mortal], diagram.unit)
        if epsilon:
            problems[mortal & (diagram.birth + epsilon >= diagram.death)] = f"it lives no longer than epsilon = {epsilon:g} {diagram.unit}"
        problems[mortal & wrong] = UNKNOWN
        return cls(diagram, structure, births, deaths, problems, epsilon)

    @property
    def source(self) -> Source:
        """The complex."""
        return source_of(self.structure)

    @property
    def good(self) -> Array:
        """Rows that can have a shape."""
        return np.flatnonzero(self.problems == "")

    @property
    def is_searched(self) -> bool:
        """Whether every shape is a search of its own, instead of a branch of a tree."""
        return self.diagram.degree > 0 and self.diagram.degree + 1 < self.source.complex.dimension if len(self.good) else False

    @cached_property
    def fillings(self) -> Fillings:
        """The cells that fill the holes."""
        return fillings_of(self.structure, self.diagram.degree)

    @cached_property
    def limits(self) -> Array:
        """Rank (n,) up to which facets are free to stay in the border."""
        fillings, source = self.fillings, self.source
        level = fillings.radius[fillings.facet_rank[self.births]]
        if self.epsilon is not None:
            level = np.maximum(level, source.radius_of(self.diagram.birth + self.epsilon, self.diagram.unit))
        return np.asarray(np.searchsorted(fillings.radius, level + source.tolerance, side="right") - 1)

    @cached_property
    def branches(self) -> Branches:
        """Of degree 0 and one below the top: the branch of each of the ``good`` rows."""
        d, good, source = self.diagram, self.good, self.source
        cells = source, self.births[good], self.deaths[good]
        if self.epsilon is None:
            return voids(*cells) if d.degree else components(*cells)
        if d.degree:
            return voids(*cells, source.radius_of(d.birth[good] + self.epsilon, d.unit))
        return components(*cells, source.radius_of(d.death[good] - self.epsilon, d.unit))

    @cached_property
    def _branch(self) -> Array:
        """Which branch each row has (n,)."""
        branch = np.full(len(self.problems), -1, np.int64)
        branch[self.good] = np.arange(len(self.good))
        return branch

    def volumes(self) -> Volumes:
        """Volumes that are branches, made when they are looked at."""
        return Volumes(OnDemand(range(len(self.diagram)), self.diagram.pair_id, self.volume, self._atoms), self.structure)

    def volume(self, row: int, cost: str = "unit", time_limit: float = np.inf, cancelled: Cancelled | None = None) -> Volume:
        """The shape of one row; raises CancelledError soon after ``cancelled()`` has become true."""
        found = self._failed(row, str(self.problems[row])) if self.problems[row] else self._shape(row, cost, time_limit, cancelled)
        d = self.diagram
        return replace(found, birth=float(d.birth[row]), death=float(d.death[row]), unit=d.unit, source=self.structure)

    def _failed(self, row: int, problem: str) -> Volume:
        return failed_volume(int(self.diagram.pair_id[row]), self.structure, problem, self.diagram.degree)

    def _shape(self, row: int, cost: str, time_limit: float, cancelled: Cancelled | None) -> Volume:
        k, pair, source = self.diagram.degree, int(self.diagram.pair_id[row]), self.source
        if k == 0:
            points = self.branches.leaves(int(self._branch[row]))
            return component_volume(pair, self.structure, source, points, self.branches.offsets(points))
        death, limit, certified = int(self.deaths[row]), int(self.limits[row]), True
        if not self.is_searched:
            chain = self.branches.leaves(int(self._branch[row]))
        elif self.fillings.column_of[death] >= 0:
            chain, certified = self.fillings.smallest_chain(death, limit, cost, time_limit, cancelled)
        else:
            return self._failed(row, UNKNOWN)
        make = ring_volume if k == 1 else cavity_volume
        return make(pair, self.structure, source, self.fillings, chain, limit, int(self.births[row]), certified)

    def _atoms(self, rows: Sequence[int]) -> tuple[Array, Array]:
        """Atoms of the branches of some rows: how many of each, and all of them."""
        branch = self._branch[np.asarray(rows, np.int64)]
        known, source = branch >= 0, self.source
        count = np.zeros(len(branch), np.int64)
        if not known.any():
            return count, count[:0]
        first = self.branches.first[branch[known]]
        count[known] = self.branches.count[branch[known]]
        leaves = self.branches.tour[
            np.repeat(first - np.concatenate([[0], np.cumsum(count[known])[:-1]]), count[known]) + np.arange(count.sum())
        ]
        if self.diagram.degree == 0:
            return count, np.asarray(source.triangulation.kept[leaves], np.int64)
        width = self.diagram.degree + 2
        return count * width, source.atoms(width - 1, leaves).ravel()


def _differ(source: Source, degree: int, cells: Array, values: Array, unit: str) -> Array:
    """Whether cells (n,) are unknown (-1) or enter at other values than these (n,), which are those of the positions not moved."""
    known = cells >= 0
    out = np.asarray(~known)
    if known.any():
        out[known] = np.abs(source.radii(degree, cells[known]) - source.radius_of(values[known], unit)) > 4 * source.tolerance
    return out
