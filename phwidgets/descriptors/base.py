"""What all vectors of diagrams share: they are scikit-learn transformers of lists of diagrams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .points import Interval, Points, all_points, common, size_of, span

Array = NDArray[Any]

NORMALIZATIONS = (None, "size", "volume")


class DiagramTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Diagrams to vectors of fixed length.

    A sample is a ``Diagram``, an (n, 2) array of births and deaths, or, with ``degree``, the ``Diagrams`` of one input. A subclass
    says how to learn from the points of all samples (``_learn``) and how to make the vector of one (``_vector``).
    """

    degree: int | None = None
    normalize: str | None = None

    def fit(self, X: Sequence[Any], y: Any = None) -> Self:
        """Learn the range that all vectors share.

        Parameters
        ----------
        X : list of Diagram, of (n, 2) arrays, or of Diagrams if ``degree`` was given
        y : ignored

        Raises
        ------
        ValueError
            If there is no diagram, if they differ in unit or degree, or if a parameter makes no sense.
        """
        if self.normalize not in NORMALIZATIONS:
            raise ValueError(f"normalize must be one of {NORMALIZATIONS}, not {self.normalize!r}")
        points = all_points(X, self.degree)
        if not points:
            raise ValueError("there is no diagram to learn from: the list is empty")
        self.unit_: str | None = common("unit", [p.unit for p in points])
        self.degree_: int | None = common("degree", [p.degree for p in points])
        common("filtration", ["superlevel" if p.superlevel else "sublevel" for p in points if len(p.birth)])
        self._learn(points)
        return self

    def transform(self, X: Sequence[Any]) -> Array:
        """Vectors (n_samples, n_features) of diagrams.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        ValueError
            If a diagram has another unit or degree than those of ``fit``.
        """
        check_is_fitted(self)
        points = all_points(X, self.degree)
        for i, p in enumerate(points):
            self._check(p, f"diagram {i}")
        vectors = np.empty((len(points), self._count()))
        for row, p in zip(vectors, points, strict=True):
            row[:] = self._vector(p) / self._divisor(p)
        return vectors

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Names (n_features,) of the columns; ``input_features`` is ignored, a diagram has none."""
        check_is_fitted(self)
        kind = type(self).__name__.lower()
        at = "" if self.degree_ is None else f"_PD{self.degree_}"
        return np.array([f"{kind}{at}{label}" for label in self._labels()], dtype=object)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that a sample is no row of numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags

    def _check(self, points: Points, name: str) -> None:
        for what, learned in (("unit", self.unit_), ("degree", self.degree_)):
            own = getattr(points, what)
            if learned is not None and own is not None and own != learned:
                raise ValueError(f"{name} has the {what} {own!r}, those that were learned from have {learned!r}")

    def _divisor(self, points: Points) -> float:
        return 1.0 if self.normalize is None else size_of(points, self.normalize)

    def _learn(self, points: list[Points]) -> None:
        raise NotImplementedError

    def _vector(self, points: Points) -> Array:
        raise NotImplementedError

    def _labels(self) -> list[str]:
        raise NotImplementedError

    def _count(self) -> int:
        return len(self._labels())


def checked_count(name: str, value: Any, most: int = 4096) -> int:
    """A whole number from 1 to ``most``; raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= most:
        raise ValueError(f"{name} must be a whole number from 1 to {most}, not {value!r}")
    return int(value)


def checked_interval(name: str, value: Any) -> Interval:
    """(low, high) of two finite numbers, low below high; raises ValueError for anything else."""
    try:
        low, high = (float(x) for x in value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is an interval (low, high), not {value!r}") from error
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"{name} is an interval (low, high) with finite low < high, not ({low:g}, {high:g})")
    return low, high


def learned_interval(given: Any, points: list[Points]) -> Interval:
    """The range that the user gave, or that of all births and deaths."""
    return span(points) if given is None else checked_interval("range", given)
