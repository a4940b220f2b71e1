"""The linear programme behind volume-optimal cycles: the smallest chain that fills a hole, proven to be the smallest."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from ..persistence.engine import persistence_pairs
from . import _window
from .source import Source

Array = NDArray[Any]

HOPS = 3  # layers of neighbours that the region starts and grows with
BOX = 2.0  # bound of all coefficients while the region grows: with it the dual simplex goes on from where it stood
SLACK = 1e-7  # of HiGHS's own tolerance for dual values
WHOLE = 1e-5  # coefficients this near to an integer are one


@dataclass(frozen=True, eq=False)
class Fillings:
    """Cells of degree k + 1 of a complex that fill holes of degree k, ready for searches.

    Attributes
    ----------
    facets : (m, k + 2) int32 array
        Facets of each cell; column j lies opposite vertex j of the sorted vertices, so its sign in the boundary is (-1)^j.
    coface_start, cofaces : arrays
        The cells at facet e are ``cofaces[coface_start[e]:coface_start[e + 1]]``.
    facet_rank, cell_rank : int64 arrays
        Places of the facets and of the cells in the filtration, each by itself; of equal values the facets come first.
    radius : (f,) float array
        Values of the facets as radii, ascending with the rank.
    content : (m,) float array
        Areas of the cells (scaled).
    start, added : arrays
        How columns were reduced (``_window.reduce_with_history``).
    columns, column_of : int64 arrays
        Cells in the order of their columns, and the column of each cell, -1 if it has none.
    """

    facets: Array
    coface_start: Array
    cofaces: Array
    facet_rank: Array
    cell_rank: Array
    radius: Array
    content: Array
    start: Array
    added: Array
    columns: Array
    column_of: Array

    @classmethod
    def of(cls, source: Source) -> Fillings:
        """Triangles that fill rings: those of degree 1."""
        complex_ = source.complex
        pairs = persistence_pairs(complex_)
        facets = np.ascontiguousarray(complex_.facets[2], np.int32)
        n_facets = len(complex_.values[1])
        owner = np.argsort(facets.ravel(), kind="stable") // 3
        coface_start = np.concatenate([[0], np.cumsum(np.bincount(facets.ravel(), minlength=n_facets))]).astype(np.int64)
        cell_order, cell_rank = _ranks(complex_.values[2])
        facet_order, facet_rank = _ranks(complex_.values[1])
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
        corners = source.triangulation.points[complex_.vertices[2]]
        content = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
        return cls(
            facets,
            coface_start,
            owner.astype(np.int32),
            facet_rank,
            cell_rank,
            source.radii(1)[facet_order],
            content,
            start,
            added,
            columns,
            column_of,
        )

    def first_chain(self, cell: int, limit: int) -> Array:
        """Some cells (n,), ``cell`` the first, whose boundary modulo 2 has no facet of a rank above ``limit``: from the reduction."""
        chain = self.columns[_window.columns_of(int(self.column_of[cell]), self.start, self.added)]
        # where all facets are free already, a cell does nothing
        chain = chain[(self.facet_rank[self.facets[chain]] > limit).any(axis=1)]
        return np.concatenate([[cell], chain[chain != cell]])

    def costs(self, cost: str, chain: Array, last: int) -> Array:
        """What each cell costs (m,)."""
        area = self.content / self.content[self.cell_rank <= last].max()
        if cost == "area":
            return np.asarray(np.maximum(area, 1e-9))
        # all areas of the answer together, which has no more cells than the chain, add less than one cell
        return np.asarray(1 + min(1e-3, 0.5 / len(chain)) * area)

    def smallest_chain(self, cell: int, limit: int, cost: str, time_limit: float) -> tuple[Array, bool]:
        """The cheapest chain x with x[cell] = 1 among the cells that are not later, whose boundary keeps to ranks up to ``limit``.

        Returns
        -------
        chain : (n,) int array
            Its cells, ``cell`` the first.
        certified : bool
            Whether it is proven that there is none cheaper in all of the complex. Otherwise, after ``time_limit`` seconds or if
            the programme has no integer solution, it is the best chain known.

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
        around = (self.facets, self.coface_start, self.cofaces, self.facet_rank, self.cell_rank, limit, last, inside)
        new = _window.grow(chain, HOPS, *around)  # lists the chain, and so `cell`, first
        model = _Model(len(self.coface_start) - 1)
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
            bad = _window.price(
                model.rows, model.dual(), self.facets, self.coface_start, self.cofaces, self.cell_rank, last, w, inside, SLACK
            )
            better = model.chain()
            if len(bad) == 0:
                if model.is_boxed():
                    model.unbox()
                    new = bad
                    continue
                return (chain, False) if better is None else (better, True)
            if better is not None:
                chain = better
            new = _window.grow(bad, HOPS, *around)


class _Model:
    """A growing linear programme, solved by HiGHS (Huangfu and Hall, Math. Program. Comput. 10, 119 (2018)) from where it stood."""

    def __init__(self, n_facets: int) -> None:
        self.cells, self.rows, self.box = np.zeros(0, np.int64), np.zeros(0, np.int64), BOX
        self._row_of = np.full(n_facets, -1, np.int64)
        self._column_cell, self._column_sign = np.zeros(0, np.int64), np.zeros(0)
        self._highs = highspy.Highs()
        # presolve would lose the basis, and does not pay (measured)
        for name, value in {"output_flag": False, "threads": 1, "solver": "simplex", "presolve": "off"}.items():
            self._highs.setOptionValue(name, value)

    def add(self, cells: Array, facets: Array, constrained: Array, cost: Array) -> None:
        """Add cells (n,), with their facets (n, k) and which of these may not stay in the boundary; the very first is held at 1."""
        n = len(cells)
        if not n:
            return
        used = facets[constrained].astype(np.int64)
        fresh = np.unique(used)
        fresh = fresh[self._row_of[fresh] < 0]
        self._row_of[fresh] = len(self.rows) + np.arange(len(fresh))
        if len(fresh):
            zero = np.zeros(len(fresh))
            self._highs.addRows(len(fresh), zero, zero, 0, np.zeros(len(fresh), np.int32), np.zeros(0, np.int32), np.zeros(0))
        low, high = np.zeros(2 * n), np.full(2 * n, self.box)
        if not len(self.cells):
            low[0] = high[0] = 1.0
            high[n] = 0.0
        sign = np.broadcast_to(np.where(np.arange(facets.shape[1]) % 2, -1.0, 1.0), facets.shape)[constrained]
        row = self._row_of[used].astype(np.int32)
        start = np.concatenate([[0], np.cumsum(constrained.sum(axis=1))[:-1]])
        starts = np.concatenate([start, start + len(row)]).astype(np.int32)
        self._highs.addCols(
            2 * n, np.tile(cost, 2), low, high, 2 * len(row), starts, np.tile(row, 2), np.concatenate([sign, -sign])
        )
        self.cells, self.rows = np.concatenate([self.cells, cells]), np.concatenate([self.rows, fresh])
        self._column_cell = np.concatenate([self._column_cell, cells, cells])
        self._column_sign = np.concatenate([self._column_sign, np.ones(n), -np.ones(n)])

    def solve(self, seconds: float) -> str:
        """"optimal", "infeasible" or "stopped"."""
        if seconds <= 0:
            return "stopped"
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + seconds)  # its clock runs on from solve to solve
        self._highs.run()
        known = {highspy.HighsModelStatus.kOptimal: "optimal", highspy.HighsModelStatus.kInfeasible: "infeasible"}
        return known.get(self._highs.getModelStatus(), "stopped")

    def dual(self) -> Array:
        """Dual values of ``rows``."""
        y = np.array(self._highs.getSolution().row_dual)
        y[np.abs(y) < 1e-9] = 0
        return y

    def chain(self) -> Array | None:
        """Cells with an odd coefficient, the first cell first, or None where a coefficient is not whole."""
        x = np.array(self._highs.getSolution().col_value) * self._column_sign
        total = np.bincount(np.unique(self._column_cell, return_inverse=True)[1], x)
        whole = np.rint(total)
        if np.abs(total - whole).max() > WHOLE:
            return None
        cells = np.unique(self._column_cell)[whole % 2 == 1]
        return np.concatenate([self.cells[:1], cells[cells != self.cells[0]]])

    def is_boxed(self) -> bool:
        """Whether some coefficient would leave the box if it could."""
        if not np.isfinite(self.box):
            return False
        solution = self._highs.getSolution()
        held = (np.array(solution.col_value) > self.box - 1e-9) & (np.array(solution.col_dual) < -SLACK)
        return bool(held.any())

    def unbox(self) -> None:
        """Take the box away."""
        self.box = np.inf
        n = len(self._column_cell)
        low, high = np.zeros(n), np.full(n, np.inf)
        half = int(np.flatnonzero(self._column_cell == self.cells[0])[1])
        low[0] = high[0] = 1.0
        high[half] = 0.0
        self._highs.changeColsBounds(n, np.arange(n, dtype=np.int32), low, high)


def _ranks(values: Array) -> tuple[Array, Array]:
    """Order of the filtration, stable as the engine's, and its inverse."""
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return order, rank
