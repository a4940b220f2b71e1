"""The mass of many Gaussians in the bins of a plane: each is one of an axis times one of the other, and each of those is read from a table.

A Gaussian that is narrow against a bin is added to the bins that it reaches. A wide one reaches many, but is smooth: it is a Gaussian of
half its width smoothed by another one. So the half as wide ones are added at the nodes of a coarser grid, of which they reach
few, and the mass that a node brings to each bin is a fixed matrix: sums at the nodes are as good as integrals, because nothing in them
changes faster than the nodes are apart (the trapezoidal rule; L. Greengard and J.-Y. Lee, SIAM Rev. 46, 443 (2004), section 3).
"""

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
HALF = 0.5  # of the bandwidth, that of the Gaussians at the nodes
NODES = 0.96  # distance of the nodes, in bandwidths of the product of both Gaussians: the sum differs from the integral by 1e-9


@dataclass(frozen=True, eq=False)
class Axis:
    """Places of one axis, bins or nodes, and the table of what a Gaussian gives to each.

    Attributes
    ----------
    low, step : float
        Left edge of the first bin and width of a bin, or the first node and the distance of nodes.
    number : int
        Of places.
    fine : int
        Entries of the table per place.
    values, slopes : (fine + 1, 2 * reach + 1) float arrays
        What a place gets by its position, and the derivative for one entry; the last row is the first one shifted.
    masses : (number, bins) float array, or None
        Mass that one at each node brings to each bin; None where the places are the bins themselves.
    """

    low: float
    step: float
    number: int
    fine: int
    values: Array
    slopes: Array
    masses: Array | None

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
        apart = NODES * HALF * np.sqrt(1 - HALF**2) * bandwidth
        if apart < step:
            fine, at = _places(step / bandwidth)
            left, right = at * step / bandwidth, (at + 1) * step / bandwidth
            slopes = (_density(right) - _density(left)) * step / (bandwidth * fine)
            return cls(float(edges[0]), step, number, fine, _mass(left, right), slopes, None)
        own, rest = HALF * bandwidth, np.sqrt(1 - HALF**2) * bandwidth
        fine, at = _places(apart / own)
        at = at * apart / own
        values = _density(at) * apart / own
        low, high = edges[0] - TAIL * rest, edges[-1] + TAIL * rest
        nodes = low + apart * np.arange(int(np.ceil((high - low) / apart)) + 1)
        ends = (edges - nodes[:, None]) / rest
        return cls(float(low), apart, len(nodes), fine, values, -at * values * apart / (own * fine), _mass(ends[:, :-1], ends[:, 1:]))

    @property
    def table(self) -> tuple[float, float, int, Array, Array]:
        """Arguments of the kernels."""
        return self.low, self.step, self.fine, self.values, self.slopes


@dataclass(frozen=True, eq=False)
class Plane:
    """Two axes, of births and of deaths."""

    births: Axis
    deaths: Axis

    @classmethod
    def of(cls, birth_edges: Array, death_edges: Array, bandwidth: float) -> Plane:
        """See ``Axis.of``."""
        return cls(Axis.of(birth_edges, bandwidth), Axis.of(death_edges, bandwidth))

    def image(self, birth: Array, death: Array, weight: Array) -> Array:
        """Mass (nb, nd) in each bin of Gaussians at (birth, death), three (n,) arrays."""
        return np.asarray(self.images(birth, death, weight, np.array([len(birth)]))[0])

    def images(self, birth: Array, death: Array, weight: Array, ends: Array) -> Array:
        """The same (m, nb, nd) of many diagrams in one call, whose pairs follow each other and end at ``ends`` (m,)."""
        found: Array = np.zeros((len(ends), self.births.number, self.deaths.number))
        _gaussian.spread(birth, death, weight, ends, *self.births.table, *self.deaths.table, found)
        found = found if self.births.masses is None else self.births.masses.T @ found
        return found if self.deaths.masses is None else found @ self.deaths.masses

    def means(self, birth: Array, death: Array, grid: Array) -> Array:
        """Mean (n,) of the values (nb, nd) of the bins under each Gaussian: the transpose of ``image``."""
        grid = grid if self.births.masses is None else self.births.masses @ grid
        grid = np.ascontiguousarray(grid if self.deaths.masses is None else grid @ self.deaths.masses.T)
        found = np.empty(len(birth))
        _gaussian.gather(birth, death, *self.births.table, *self.deaths.table, grid, found)
        return found


def _places(step: float) -> tuple[int, Array]:
    """Entries per place, and positions (fine + 1, 2 * reach + 1) in places, for places that are ``step`` bandwidths apart."""
    fine = max(1, int(np.ceil(FINENESS * step)))
    reach = int(np.ceil(TAIL / step)) + 1
    return fine, np.arange(2 * reach + 1) - reach + np.arange(fine + 1)[:, None] / fine


def _density(x: Array) -> Array:
    return np.asarray(np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi))


def _mass(left: Array, right: Array) -> Array:
    """Mass of the standard Gaussian in intervals; on the right side the complement keeps the digits that 1 - 1 would lose."""
    return np.where(left > 0, ndtr(-left) - ndtr(-right), ndtr(right) - ndtr(left))
