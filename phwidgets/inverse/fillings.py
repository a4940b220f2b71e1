"""The smallest chain that fills a hole, proven to be the smallest."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..persistence._pairing import sort_values
from . import _window
from .program import SLACK, Cancelled, Model
from .source import Source

Array = NDArray[Any]

FIRST, NEXT = 4, 5  # layers of neighbours that the region starts and grows with: a simplex run too many costs more than cells too many


@dataclass(frozen=True, eq=False)
class Fillings:
    """Cells of degree k + 1 of a complex that fill holes of degree k, ready for searches.

    Attributes
    ----------
    facets : (m, k + 2) int32 array
        Facets of each cell; column j lies opposite vertex j of the sorted vertices, so its sign in the boundary is (-1)^j.
    coface_start, cofaces : arrays
        The cells at facet e are ``cofaces[coface_start[e]:coface_start[e + 1]]``. Like all that follows the radius, empty for top cells.
    facet_order : (f,) int32 array
        The facets in the order of the filtration.
    facet_rank, cell_rank : int64 arrays
        Places of the facets and of the cells in the filtration, each by itself; of equal values the facets come first.
    radius : (f,) float array
        Values of the facets as radii, ascending with the rank.
    content : (m,) float array
        Areas of triangles (scaled).
    start, added : arrays
        How columns were reduced (``_window.reduce_with_history``).
    columns, column_of : int64 arrays
        Cells in the order of their columns, and the column of each cell, -1 if it has none.
    is_top : bool
        Whether the cells are those of the highest degree: nothing is searched for then (see ``trees.voids``).
    """

    facets: Array
    coface_start: Array
    cofaces: Array
    facet_order: Array
    facet_rank: Array
    cell_rank: Array
    radius: Array
    content: Array
    start: Array
    added: Array
    columns: Array
    column_of: Array
    is_top: bool

    @classmethod
    def of(cls, source: Source, degree: int) -> Fillings:
        """The cells that fill holes of a degree: triangles in rings (1), or top cells in the holes one degree below."""
        complex_, top = source.complex, degree + 1 == source.complex.dimension
        facets = np.ascontiguousarray(complex_.facets[degree + 1], np.int32)
        n_facets = len(complex_.values[degree])
        cell_order, cell_rank = sort_values(complex_.values[degree + 1])
        facet_order, facet_rank = sort_values(complex_.values[degree])
        columns, start, added = cell_order[:0], np.zeros(1, np.int64), np.zeros(0, np.int32)
        column_of: Array = np.zeros(0, np.int64)
        content: Array = np.zeros(0)
        coface_start: Array = np.zeros(0, np.int64)
        owner: Array = np.zeros(0, np.int32)
        if not top:
            pairs = source.pairs
            # edges that join components are never the last ones of a reduced column, and triangles that begin a cavity have none
            rows = facet_rank.astype(np.int32)
            rows[pairs[0].deaths] = -1
            has_column = np.ones(len(facets), bool)
            has_column[pairs[2].births] = False
            has_column[pairs[2].essential] = False
            columns = cell_order[has_column[cell_order]]
            start, added = _window.reduce_with_history(np.ascontiguousarray(rows[facets[columns]]), n_facets)
            column_of = np.full(len(facets), -1, np.int64)
            column_of[columns] = np.arange(len(columns))
            owner = (np.argsort(facets.ravel(), kind="stable") // facets.shape[1]).astype(np.int32)
            coface_start = np.concatenate([[0], np.cumsum(np.bincount(facets.ravel(), minlength=n_facets))]).astype(np.int64)
            corners = source.triangulation.points[complex_.vertices[degree + 1]]
            content = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
        return cls(
            facets,
            coface_start,
            owner,
            facet_order,
            facet_rank.astype(np.int64),
            cell_rank.astype(np.int64),
            source.radii(degree)[facet_order],
            content,
            start,
            added,
            columns,
            column_of,
            top,
        )

    def _around(self, last: int, limit: int) -> tuple[Any, ...]:
        return self.facets, self.coface_start, self.cofaces, self.facet_rank, self.cell_rank, limit, last

    def first_chain(self, cell: int, limit: int) -> Array:
        """Some cells (n,), ``cell`` the first, whose boundary modulo 2 has no facet of a rank above ``limit``: from the reduction."""
        chain = self.columns[_window.columns_of(int(self.column_of[cell]), self.start, self.added)]
        # where all facets are free already, a cell does nothing
        chain = chain[(self.facet_rank[self.facets[chain]] > limit).any(axis=1)]
        return np.concatenate([[cell], chain[chain != cell]])

    def costs(self, cost: str, chain: Array, last: int) -> Array:
        """What each cell costs (m,)."""
        area = np.minimum(self.content / self.content[self.cell_rank <= last].max(), 1)
        if cost == "area":
            return np.asarray(np.maximum(area, 1e-9))
        # all areas of the answer together, which has no more cells than the chain, add less than one cell
        return np.asarray(1 + min(1e-3, 0.5 / len(chain)) * area)

    def smallest_chain(self, cell: int, limit: int, cost: str, time_limit: float, cancelled: Cancelled | None = None) -> tuple[Array, bool]:
        """The cheapest chain x with x[cell] = 1 among the cells that are not later, whose boundary keeps to ranks up to ``limit``.

        Returns
        -------
        chain : (n,) int array
            Its cells, ``cell`` the first.
        certified : bool
            Whether it is proven that there is none cheaper in all of the complex. Otherwise it is the best chain known, after
            ``time_limit`` seconds or where the optimum has other coefficients than 0 and ±1 (as some that wind around a cell);
            of these the odd ones are a chain modulo 2, which nothing proves to be the smallest.

        Raises
        ------
        CancelledError
            Soon after ``cancelled()`` has become true.

        Notes
        -----
        min Σ w |x| is a linear programme for x = x⁺ - x⁻. It is solved for the cells around a first chain. The dual solution, zero
        elsewhere, proves the optimum to be global if no cell outside would gain from it (column generation: Dantzig and Wolfe,
        Oper. Res. 8, 101 (1960)); otherwise those cells and their neighbours are added.
        """
        chain, last = self.first_chain(cell, limit), int(self.cell_rank[cell])
        if (self.facet_rank[self.facets[cell]] <= limit).all():
            return np.array([cell]), True
        w, end = self.costs(cost, chain, last), monotonic() + time_limit
        inside = np.zeros(len(self.facets), bool)
        around = (*self._around(last, limit), inside)
        new = _window.grow(chain, FIRST, *around)  # lists the chain, and so `cell`, first
        model = Model(len(self.coface_start) - 1, cancelled)
        while True:
            later = self.facet_rank[self.facets[new]] > limit
            model.add(new, self.facets[new], later, w[new])
            status = model.solve(end - monotonic())
            if status == "infeasible":  # the first chain fills the hole modulo 2; with signs there may be more to it
                new = _window.grow(np.array(model.cells), 2, *around)
                if len(new):
                    continue
            if status != "optimal":
                return chain, False
            duals = model.rows, model.dual()
            bad = np.unique(_window.price(*duals, self.facets, self.coface_start, self.cofaces, self.cell_rank, last, w, inside, SLACK))
            if len(bad) == 0 and model.is_boxed():
                model.unbox()
                new = bad
                continue
            better, simple = model.chain()
            if better is not None and simple and len(bad) == 0:
                return better, True
            if better is not None and w[better].sum() < w[chain].sum():
                chain = better
            if len(bad) == 0:
                return self._whole_chain(model, chain, w, end - monotonic())
            new = _window.grow(bad, NEXT, *around)

    def _whole_chain(self, model: Model, chain: Array, cost: Array, seconds: float) -> tuple[Array, bool]:
        """The same with coefficients 0 and ±1 only, where the optimum has others; as ``smallest_chain``.

        Of the cells in the model alone, but nothing in the complex can cost less than the optimum that was found.
        """
        bound = model.objective()
        found = model.solve_whole(seconds)
        # the chain that is known may be one modulo 2 only, which says nothing about those that can be oriented
        if found is None or cost[found].sum() > cost[chain].sum() + SLACK:
            return chain, False
        if cost.max() < 1.01:  # unit costs: one cell less would cost at most this
            return found, bool((len(found) - 1) * cost.max() < bound - SLACK)
        return found, bool(cost[found].sum() < bound * (1 + 1e-6))
