"""Vectors that are functions of the filtration value, sampled on a range that all diagrams share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import DiagramTransformer, checked_count, learned_interval
from .points import Points

Array = NDArray[Any]


class _Curve(DiagramTransformer):
    """A function sampled at ``grid_`` (resolution,), equally spaced over ``range_`` with both ends."""

    resolution: int
    range: Any

    def _learn(self, points: list[Points]) -> None:
        number = checked_count("resolution", self.resolution, 1 << 20)
        self.range_ = learned_interval(self.range, points)
        self.grid_ = np.linspace(*self.range_, number)

    def _labels(self) -> list[str]:
        return [f"_{i}" for i in range(len(self.grid_))]


class BettiCurve(_Curve):
    """Number of holes that are open at each filtration value, essential classes included.

    Parameters
    ----------
    resolution : int
        Number of values.
    range : (low, high), optional
        First and last value. By default the lowest and the highest birth or death that ``fit`` sees.
    normalize, degree
        See ``PersistenceImage``.

    Attributes
    ----------
    grid_ : (resolution,) float array
        The values, in the unit of the diagrams; every curve of this module has it.

    Notes
    -----
    A pair counts at t where birth <= t < death; of a superlevel diagram where death < t <= birth. Equal to gudhi's for sublevel pairs.

    Examples
    --------
    >>> BettiCurve(resolution=4, range=(0, 3)).fit_transform([[[0.0, 2.0], [1.0, 3.0], [2.5, np.inf]]]).tolist()
    [[1.0, 2.0, 1.0, 1.0]]
    """

    def __init__(self, resolution: int = 100, range: Any = None, *, normalize: str | None = None, degree: int | None = None) -> None:
        self.resolution = resolution
        self.range = range
        self.normalize = normalize
        self.degree = degree

    def _vector(self, points: Points) -> Array:
        sign = -1.0 if points.superlevel else 1.0
        born = np.sort(sign * np.concatenate([points.birth, points.essential]))
        dead = np.sort(sign * points.death)
        return np.asarray(np.searchsorted(born, sign * self.grid_, "right") - np.searchsorted(dead, sign * self.grid_, "right"), float)


class AccumulatedPersistence(_Curve):
    """Persistence of all pairs whose mean age (birth + death) / 2 is at most each value.

    Parameters
    ----------
    resolution, range, normalize, degree
        See ``BettiCurve``.

    Notes
    -----
    Biscio and Møller, J. Comput. Graph. Stat. 28, 671 (2019). Essential classes are left out.

    Examples
    --------
    >>> AccumulatedPersistence(resolution=4, range=(0, 3)).fit_transform([[[0.0, 2.0], [1.0, 3.0]]]).tolist()
    [[0.0, 2.0, 4.0, 4.0]]
    """

    def __init__(self, resolution: int = 100, range: Any = None, *, normalize: str | None = None, degree: int | None = None) -> None:
        self.resolution = resolution
        self.range = range
        self.normalize = normalize
        self.degree = degree

    def _vector(self, points: Points) -> Array:
        age = 0.5 * (points.birth + points.death)
        order = np.argsort(age)
        total = np.concatenate([[0.0], np.cumsum(points.persistence[order])])
        return np.asarray(total[np.searchsorted(age[order], self.grid_, "right")])


class Landscape(_Curve):
    """The first layers of the persistence landscape: at each value the largest, second largest ... distance to being closed.

    Parameters
    ----------
    layers : int
        How many; they stand one after the other in the vector.
    resolution, range, degree
        See ``BettiCurve``.

    Notes
    -----
    Bubenik, J. Mach. Learn. Res. 16, 77 (2015): layer k at t is the k-th largest of max(0, min(t - birth, death - t)). gudhi's are √2 times
    larger. Essential classes are left out.

    Examples
    --------
    >>> Landscape(layers=2, resolution=5, range=(0, 4)).fit_transform([[[0.0, 4.0], [1.0, 3.0]]]).tolist()
    [[0.0, 1.0, 2.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]]
    """

    def __init__(self, layers: int = 5, resolution: int = 100, range: Any = None, *, degree: int | None = None) -> None:
        self.layers = layers
        self.resolution = resolution
        self.range = range
        self.degree = degree

    def _learn(self, points: list[Points]) -> None:
        self.layers_ = checked_count("layers", self.layers)
        super()._learn(points)

    def _vector(self, points: Points) -> Array:
        heights = np.zeros((self.layers_, len(self.grid_)))
        for column, t in zip(heights.T, self.grid_, strict=True):
            tent = _tents(points, t)
            tent = tent[tent > 0]
            if len(tent) > self.layers_:
                tent = np.partition(tent, len(tent) - self.layers_)[-self.layers_ :]
            column[: len(tent)] = np.sort(tent)[::-1]
        return heights.ravel()

    def _labels(self) -> list[str]:
        return [f"_layer{k}_{i}" for k in range(self.layers_) for i in range(len(self.grid_))]


class Silhouette(_Curve):
    """Mean of the triangles of all pairs, weighted by a power of the persistence.

    Parameters
    ----------
    power : float
        0 weighs all pairs alike, a large one sees the longest only.
    resolution, range, degree
        See ``BettiCurve``.

    Notes
    -----
    Chazal, Fasy, Lecci, Rinaldo and Wasserman, J. Comput. Geom. 6, 140 (2015). gudhi's with weight persistence**power are √2 times larger.
    Essential classes are left out; an empty diagram is zero.

    Examples
    --------
    >>> Silhouette(resolution=5, range=(0, 4)).fit_transform([[[0.0, 4.0], [2.0, 4.0]]]).round(3).tolist()
    [[0.0, 0.667, 1.333, 1.0, 0.0]]
    """

    def __init__(self, power: float = 1.0, resolution: int = 100, range: Any = None, *, degree: int | None = None) -> None:
        self.power = power
        self.resolution = resolution
        self.range = range
        self.degree = degree

    def _learn(self, points: list[Points]) -> None:
        if not isinstance(self.power, (int, float, np.number)) or not 0 <= self.power < np.inf:
            raise ValueError(f"power must be a number, 0 or larger, not {self.power!r}")
        super()._learn(points)

    def _vector(self, points: Points) -> Array:
        if not len(points.birth):
            return np.zeros(len(self.grid_))
        length = points.persistence
        weight = (length / (length.max() or 1.0)) ** self.power
        total = weight.sum() or 1.0
        return np.array([float(weight @ _tents(points, t)) for t in self.grid_]) / float(total)


class Entropy(DiagramTransformer):
    """Persistent entropy: how evenly the persistence is spread over the pairs; one number.

    Parameters
    ----------
    relative : bool
        Divide by the logarithm of the number of pairs, so that it lies between 0 (one pair has all) and 1 (all are alike).
    degree : int, optional
        See ``PersistenceImage``.

    Notes
    -----
    -Σ p log p with p the persistence of a pair over that of all, natural logarithm: Atienza, Gonzalez-Diaz and Soriano-Trigueros, Pattern
    Recognit. 107, 107509 (2020); equal to gudhi's. Essential classes are left out; with fewer than two pairs it is 0.

    Examples
    --------
    >>> Entropy().fit_transform([[[0.0, 1.0], [1.0, 2.0]], [[0.0, 1.0]]]).round(3).tolist()
    [[0.693], [0.0]]
    """

    def __init__(self, relative: bool = False, *, degree: int | None = None) -> None:
        self.relative = relative
        self.degree = degree

    def _learn(self, points: list[Points]) -> None:
        if not isinstance(self.relative, (bool, np.bool_)):
            raise ValueError(f"relative is True or False, not {self.relative!r}")
        self.n_features_out_ = 1

    def _vector(self, points: Points) -> Array:
        p = points.persistence[points.persistence > 0]
        if len(p) < 2:
            return np.zeros(1)
        p = p / p.sum()
        entropy = -(p * np.log(p)).sum()
        return np.array([entropy / np.log(len(p)) if self.relative else entropy])

    def _labels(self) -> list[str]:
        return [""]


def _tents(points: Points, t: float) -> Array:
    low, high = np.minimum(points.birth, points.death), np.maximum(points.birth, points.death)
    return np.asarray(np.maximum(0.0, np.minimum(t - low, high - t)))
