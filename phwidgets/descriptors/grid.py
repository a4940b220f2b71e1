"""Vectors that are pictures: one number for each bin of a (birth, death) grid."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .base import DiagramTransformer, checked_count, checked_interval
from .directions import direction_of
from .points import Interval, Points, as_points, span

Array = NDArray[Any]

OUTSIDE = 0.05  # of the weight of a diagram: what may lie outside of the learned range without a warning


class GridTransformer(DiagramTransformer):
    """Vectors on a (birth, death) grid, and the two ways back: a vector as a histogram, and as shares of the pairs.

    Attributes
    ----------
    range_ : ((low, high), (low, high))
        Of births and of deaths, in the unit of the diagrams.
    birth_edges_, death_edges_ : (nb + 1,) and (nd + 1,) float arrays
    unit_, degree_ : str and int, or None
        Of the diagrams that were learned from.
    """

    resolution: Any
    range: Any
    weight: Any

    def to_histogram(self, vector: Any) -> tuple[Array, Array, Array]:
        """Any vector of this space as a picture that lies on the diagram.

        Parameters
        ----------
        vector : (n_features,) array-like, Direction, or fitted estimator
            A row of ``transform``, the coefficients of a model, a principal component, a difference of means ...; of an estimator
            its first direction, see ``direction_of``.

        Returns
        -------
        values : (nb, nd) array
            First axis birth, second death, as ``Diagram.histogram`` has it.
        birth_edges, death_edges : (nb + 1,) and (nd + 1,) arrays
        """
        check_is_fitted(self)
        return self._as_grid(vector), self.birth_edges_, self.death_edges_

    def pair_weights(self, vector: Any, d: Any) -> Array:
        """Share of each pair in the product of a vector with the vector of its diagram.

        Parameters
        ----------
        vector : (n_features,) array-like, Direction, or fitted estimator
        d : Diagram, (n, 2) array, or Diagrams if ``degree`` was given

        Returns
        -------
        (len(d),) float array
            In the order of the diagram; their sum is ``transform([d])[0] @ vector``. Essential classes have no share.
        """
        check_is_fitted(self)
        points = as_points(d, self.degree)
        self._check(points, "this diagram")
        shares = np.zeros(points.total)
        shares[points.rows] = self._read(points, self._as_grid(vector)) / self._divisor(points)
        return shares

    def _as_grid(self, vector: Any) -> Array:
        shape = len(self.birth_edges_) - 1, len(self.death_edges_) - 1
        values = direction_of(vector).vector
        if values.shape != (shape[0] * shape[1],):
            raise ValueError(
                f"a vector of this space has {shape[0] * shape[1]} numbers ({shape[0]} × {shape[1]}), not shape {values.shape}"
            )
        if not np.isfinite(values).all():
            raise ValueError("the vector holds numbers that are not finite")
        return values.reshape(shape)

    def _read(self, points: Points, grid: Array) -> Array:
        raise NotImplementedError

    def _set_grid(self, ranges: tuple[Interval, Interval]) -> None:
        number = self.resolution if isinstance(self.resolution, (tuple, list, np.ndarray)) else (self.resolution,) * 2
        if len(number) != 2:
            raise ValueError(f"resolution is a number of bins or two of them (birth, death), not {self.resolution!r}")
        nb, nd = (checked_count("resolution", n) for n in number)
        self.range_ = ranges
        self.birth_edges_, self.death_edges_ = np.linspace(*ranges[0], nb + 1), np.linspace(*ranges[1], nd + 1)

    def _given_range(self) -> tuple[Interval, Interval] | None:
        if self.range is None:
            return None
        if len(self.range) == 2 and all(np.ndim(part) == 1 for part in self.range):
            return checked_interval("range of births", self.range[0]), checked_interval("range of deaths", self.range[1])
        both = checked_interval("range", self.range)
        return both, both

    def _weights(self, points: Points) -> Array:
        if self.weight is None or (isinstance(self.weight, str) and self.weight == "uniform"):
            return np.ones(len(points.birth))
        if isinstance(self.weight, str) and self.weight == "persistence":
            return points.persistence
        if not callable(self.weight):
            raise ValueError(f"weight must be 'persistence', 'uniform' or a function of (birth, persistence), not {self.weight!r}")
        weights = np.asarray(self.weight(points.birth, points.persistence), float)
        if weights.shape not in ((), points.birth.shape) or not np.isfinite(weights).all():
            raise ValueError(f"weight(birth, persistence) must give {len(points.birth)} finite numbers, not shape {weights.shape}")
        return np.broadcast_to(weights, points.birth.shape)

    def _warn_outside(self, points: Points, weights: Array) -> None:
        out = self._outside(points.birth, points.death)
        if np.abs(weights[out]).sum() > OUTSIDE * np.abs(weights).sum():
            self._warn(6)

    def _outside(self, birth: Array, death: Array) -> Array:
        (b0, b1), (d0, d1) = self.range_
        return np.asarray((birth < b0) | (birth > b1) | (death < d0) | (death > d1))

    def _warn(self, stacklevel: int) -> None:
        (b0, b1), (d0, d1) = self.range_
        warnings.warn(  # without its own numbers, so that many such diagrams make one warning
            f"more than {OUTSIDE:.0%} of the weight of a diagram lies outside of the range that was learned: "
            f"births {b0:.4g} to {b1:.4g}, deaths {d0:.4g} to {d1:.4g}; give range=, or learn from such diagrams as well",
            UserWarning,
            stacklevel=stacklevel,
        )

    def _labels(self) -> list[str]:
        nb, nd = len(self.birth_edges_) - 1, len(self.death_edges_) - 1
        return [f"_b{i}_d{j}" for i in range(nb) for j in range(nd)]

    def _count(self) -> int:
        return (len(self.birth_edges_) - 1) * (len(self.death_edges_) - 1)


def widened(points: list[Points], margin: float) -> tuple[Interval, Interval]:
    """One interval for both axes: all births and deaths and a margin on each side."""
    low, high = span(points)
    both = low - margin, high + margin
    return both, both
