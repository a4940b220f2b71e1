"""The mass of a Gaussian in the bins of an axis, tabulated once for an axis and a bandwidth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from . import _gaussian

Array = NDArray[Any]

TAIL = 6.5  # bandwidths: less than 1e-10 of a Gaussian lies farther away
FINENESS = 64  # entries of the table per bandwidth: the cubic between them errs by 2e-10
NARROWEST = 1e-3  # bandwidth in bins
WIDEST = 10.0  # bandwidth in lengths of the axis


@dataclass(frozen=True, eq=False)
class Axis:
    """Bins of one axis and the table of a Gaussian over them.

    Attributes
    ----------
    low, step : float
        Left edge of the first bin, width of a bin.
    number : int
        Of bins.
    fine : int
        Entries of the table per bin.
    values, slopes : (fine + 1, 2 * reach + 1) float arrays
        Mass in a bin by the position of its left edge, and the derivative for one entry; the last row is the first one shifted.
    """

    low: float
    step: float
    number: int
    fine: int
    values: Array
    slopes: Array

    @classmethod
    def of(cls, edges: Array, bandwidth: float) -> Axis:
        """Tabulate a Gaussian over equal bins; raises ValueError if it is far narrower than a bin or far wider than the axis."""
        number = len(edges) - 1
        step = float(edges[-1] - edges[0]) / number
        if not NARROWEST * step <= bandwidth <= WIDEST * number * step:
            raise ValueError(
                f"a bandwidth of {bandwidth:.3g} does not suit bins of {step:.3g} over a range of {number * step:.3g}; "
                "for no smoothing at all take DiagramHistogram"
            )
        fine = max(1, int(np.ceil(FINENESS * step / bandwidth)))
        reach = int(np.ceil(TAIL * bandwidth / step)) + 1
        left = (np.arange(2 * reach + 1) - reach + np.arange(fine + 1)[:, None] / fine) * step / bandwidth
        right = left + step / bandwidth
        density = (np.exp(-0.5 * right**2) - np.exp(-0.5 * left**2)) / np.sqrt(2 * np.pi)
        # on the right side the complement keeps the digits that 1 - 1 would lose
        mass = np.where(left > 0, ndtr(-left) - ndtr(-right), ndtr(right) - ndtr(left))
        return cls(float(edges[0]), step, number, fine, mass, density * step / (bandwidth * fine))

    @property
    def table(self) -> tuple[float, float, int, Array, Array]:
        """Arguments of the kernels."""
        return self.low, self.step, self.fine, self.values, self.slopes

    @property
    def reached(self) -> float:
        """Part of the bins that one Gaussian reaches."""
        return min(1.0, self.values.shape[1] / self.number)

    def masses(self, x: Array) -> Array:
        """Mass (len(x), number) of the Gaussian at each x in each bin."""
        out = np.empty((len(x), self.number))
        _gaussian.masses(np.ascontiguousarray(x, float), *self.table, out)
        return out
