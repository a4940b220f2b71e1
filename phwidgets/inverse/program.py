"""The linear programme behind volume-optimal cycles, grown and solved again from where it stood."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

BOX = 2.0  # bound of all coefficients while the region grows: with it the dual simplex goes on from where it stood
SLACK = 1e-7  # HiGHS's own tolerance for dual values
NODES = 1000  # of the search for whole coefficients, where they do not come by themselves
WHOLE = 1e-5  # coefficients this near to an integer are one
SLICE = 0.3  # seconds that HiGHS runs on before it is asked whether to stop; it goes on from its basis at no cost (measured)

Cancelled = Callable[[], bool]


class CancelledError(Exception):
    """Somebody does not want the answer any more."""


class Model:
    """A growing linear programme, solved by HiGHS (Huangfu and Hall, Math. Program. Comput. 10, 119 (2018)) from where it stood."""

    def __init__(self, n_facets: int, cancelled: Cancelled | None = None) -> None:
        self._cancelled = cancelled
        self.cells: Array = np.zeros(0, np.int64)
        self.rows: Array = np.zeros(0, np.int64)
        self.box = BOX
        self._row_of: Array = np.full(n_facets, -1, np.int64)
        self._column_cell: Array = np.zeros(0, np.int64)
        self._column_sign: Array = np.zeros(0)
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        # presolve would lose the basis, and does not pay (measured)
        options: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "solver": "simplex", "presolve": "off"}
        for name, value in options.items():
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
        self._highs.addCols(2 * n, np.tile(cost, 2), low, high, 2 * len(row), starts, np.tile(row, 2), np.concatenate([sign, -sign]))
        self.cells, self.rows = np.concatenate([self.cells, cells]), np.concatenate([self.rows, fresh])
        self._column_cell = np.concatenate([self._column_cell, cells, cells])
        self._column_sign = np.concatenate([self._column_sign, np.ones(n), -np.ones(n)])

    def solve(self, seconds: float) -> str:
        """Return "optimal", "infeasible" or "stopped"; raises CancelledError.

        HiGHS releases the interpreter's lock while it runs, and comes back now and then so that a key or another thread can stop it.
        """
        known = {highspy.HighsModelStatus.kOptimal: "optimal", highspy.HighsModelStatus.kInfeasible: "infeasible"}
        slice_ = SLICE
        while seconds > 0:
            self._refuse_cancelled()
            begin = self._highs.getRunTime()
            self._highs.setOptionValue("time_limit", begin + min(slice_, seconds))  # its clock runs on from solve to solve
            self._highs.run()
            if self._highs.getModelStatus() != highspy.HighsModelStatus.kTimeLimit:
                return known.get(self._highs.getModelStatus(), "stopped")
            seconds -= self._highs.getRunTime() - begin
            if not self._highs.getInfo().simplex_iteration_count:  # a slice too short to begin with
                slice_ *= 2
        return "stopped"

    def _refuse_cancelled(self) -> None:
        if self._cancelled is not None and self._cancelled():
            raise CancelledError

    def dual(self) -> Array:
        """Dual values of ``rows``."""
        y = np.array(self._highs.getSolution().row_dual)
        y[np.abs(y) < 1e-9] = 0
        return y

    def chain(self) -> tuple[Array | None, bool]:
        """Cells with an odd coefficient, the first cell first, None if some coefficient is not whole; and whether all are -1, 0 or 1."""
        x = np.array(self._highs.getSolution().col_value) * self._column_sign
        cells, place = np.unique(self._column_cell, return_inverse=True)
        x = np.bincount(place, x)
        whole = np.rint(x)
        if np.abs(x - whole).max() > WHOLE:
            return None, False
        cells = cells[whole % 2 == 1]
        return np.concatenate([self.cells[:1], cells[cells != self.cells[0]]]), bool(np.abs(whole).max() <= 1)

    def objective(self) -> float:
        """Cost of the solution."""
        return float(self._highs.getInfo().objective_function_value)

    def solve_whole(self, seconds: float) -> Array | None:
        """Cells of the cheapest solution with coefficients 0 and ±1, the first cell first, None if none was found; the last thing to do."""
        n = len(self._column_cell)
        if seconds <= 0:
            return None
        low, high = self._bounds(1.0)
        every = np.arange(n, dtype=np.int32)
        self._highs.changeColsBounds(n, every, low, high)
        self._highs.changeColsIntegrality(n, every, np.full(n, int(highspy.HighsVarType.kInteger), np.uint8))
        for name, value in (("solver", "choose"), ("presolve", "on"), ("mip_max_nodes", NODES)):
            self._highs.setOptionValue(name, value)
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + seconds)
        self._run_watched()
        if self._highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible or not np.isfinite(self.objective()):
            return None
        return self.chain()[0]

    def _run_watched(self) -> None:
        """Run HiGHS in a thread of its own until it is done; a search for whole numbers cannot be cut into slices."""
        stop = Event()

        def ask(event: Any) -> None:
            if stop.is_set():
                event.interrupt()

        self._highs.cbMipInterrupt += ask
        self._highs.cbSimplexInterrupt += ask
        thread = Thread(target=self._highs.run, daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(0.05)
                self._refuse_cancelled()
        finally:  # a key as well
            stop.set()
            thread.join()

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
        self._highs.changeColsBounds(n, np.arange(n, dtype=np.int32), *self._bounds(np.inf))

    def _bounds(self, box: float) -> tuple[Array, Array]:
        """Bounds of all columns: the first cell has coefficient 1."""
        low, high = np.zeros(len(self._column_cell)), np.full(len(self._column_cell), box)
        plus, minus = np.flatnonzero(self._column_cell == self.cells[0])
        low[plus] = high[plus] = 1.0
        high[minus] = 0.0
        return low, high
