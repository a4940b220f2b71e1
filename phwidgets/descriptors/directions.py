"""What a fitted model looks along: the direction in the space of vectors that makes its score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import FeatureUnion

from .base import DiagramTransformer

Array = NDArray[Any]
Score = Callable[[Array], Array]

TOLERANCE = 1e-6  # of the largest score of a probe: what rounding may leave
SCALERS = ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler")
KNOWN = "linear models (coef_), PCA, TruncatedSVD, NMF, k-means and linear discriminant analysis, also after scalers and selections"


@dataclass(frozen=True, eq=False, repr=False)
class Direction:
    """A linear function of vectors: ``x @ vector + offset``.

    Attributes
    ----------
    vector : (n_features,) float array
    offset : float
        What the function gives for the zero vector.
    meaning : str
        What a large value speaks for.
    """

    vector: Array
    offset: float = 0.0
    meaning: str = "score"

    def __repr__(self) -> str:
        return f"Direction({len(self.vector)} features: {self.meaning})"


def direction_of(estimator: Any, which: Any = 0) -> Direction:
    """The direction of a fitted scikit-learn estimator, in the space of the vectors that it was fitted on.

    Parameters
    ----------
    estimator : fitted estimator, Pipeline, Direction or (n_features,) array
        Linear models give the coefficients of their score (``decision_function``, or ``predict`` of a regression), PCA and
        TruncatedSVD a component, NMF a part, k-means a centre or a difference of two. Of a pipeline the steps after the one that makes
        vectors of diagrams count; scalers, selections of features and PCA before the last step are folded in. A fitted search gives its
        best estimator.
    which : int, str or (int, int)
        Which row: the class or target of a linear model (the name of a class will do if it is a str), the component, the centre.
        For k-means (a, b) is centre a minus centre b, with the offset that makes the score positive nearer to a. A classifier of two
        classes has one direction, which speaks for the second class; the name of the first class turns it around.

    Returns
    -------
    Direction

    Raises
    ------
    ValueError
        For an estimator that is not fitted, is not known to be linear, or whose score turns out not to be.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> model = LinearRegression().fit([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [1.0, 3.0, 0.0])
    >>> d = direction_of(model)
    >>> d.vector.round(6).tolist(), round(d.offset, 6)
    ([2.0, -1.0], 1.0)
    """
    if isinstance(estimator, Direction):
        return estimator
    if not hasattr(estimator, "fit"):
        return Direction(_numbers(estimator))
    estimator = getattr(estimator, "best_estimator_", estimator)
    steps = [step for step in _steps(estimator) if not _reads_diagrams(step)]
    if not steps:
        raise ValueError("this pipeline makes vectors and has no model after that: give it one")
    *before, last = steps
    direction, score = _last(last, which)
    if before and score is None:
        raise ValueError(f"{direction.meaning} of {_name(last)} is no function of the vectors before {_name(before[-1])}: fit it without")
    vector = direction.vector
    for step in reversed(before):
        vector = _pull_back(step, vector)

    def whole(x: Array) -> Array:
        for step in before:
            x = np.asarray(step.transform(x))
        assert score is not None
        return score(x)

    offset = direction.offset if score is None else float(whole(np.zeros((1, len(vector))))[0])
    found = Direction(vector, offset, direction.meaning)
    if score is not None:
        _probe(found, whole, last)
    return found


def _reads_diagrams(step: Any) -> bool:
    """Whether a step makes vectors of diagrams, of one degree or of several side by side."""
    parts = [part for _, part in step.transformer_list if part != "drop"] if isinstance(step, FeatureUnion) else [step]
    return bool(parts) and all(isinstance(part, DiagramTransformer) for part in parts)


def _steps(estimator: Any) -> list[Any]:
    """Steps of a pipeline, nested ones included, without those that do nothing."""
    if not hasattr(estimator, "steps"):
        return [estimator]
    inner = [step for _, step in estimator.steps if step is not None and not isinstance(step, str)]
    return [part for step in inner for part in _steps(step)]


def _last(model: Any, which: Any) -> tuple[Direction, Score | None]:
    """Direction and score of the model at the end; no score where the direction is a point of the space and not a function."""
    if hasattr(model, "cluster_centers_"):
        return _centres(model, which)
    if hasattr(model, "coef_"):
        return _coefficients(model, which)
    if hasattr(model, "components_") and hasattr(model, "transform"):
        return _component(model, which)
    raise ValueError(f"{_name(model)} has no direction, or is not fitted: what is known are {KNOWN}")


def _centres(model: Any, which: Any) -> tuple[Direction, Score | None]:
    centres = np.asarray(model.cluster_centers_, float)
    if not isinstance(which, tuple):
        return Direction(centres[_row(which, len(centres), model)], 0.0, f"centre {which}"), None
    a, b = (centres[_row(i, len(centres), model)] for i in _two(which))
    offset = 0.5 * float(b @ b - a @ a)
    return Direction(a - b, offset, f"cluster {which[0]} (against {which[1]})"), lambda x: np.asarray(x @ (a - b) + offset)


def _coefficients(model: Any, which: Any) -> tuple[Direction, Score]:
    raw = model.coef_.toarray() if hasattr(model.coef_, "toarray") else model.coef_
    rows = np.atleast_2d(np.asarray(raw, float))
    classes = getattr(model, "classes_", None)
    score = getattr(model, "decision_function", None) or getattr(model, "predict", None)
    if score is None:
        raise ValueError(f"{_name(model)} has coefficients but no score: what is known are {KNOWN}")
    sign, row = 1.0, which
    if isinstance(which, str):
        if classes is None or which not in list(classes):
            raise ValueError(f"{_name(model)} has no class {which!r}" + ("" if classes is None else f", but {list(classes)}"))
        row = list(classes).index(which)
        if len(rows) == 1:
            sign, row = (1.0 if row == 1 else -1.0), 0
    row = _row(row, len(rows), model)
    if classes is None:
        meaning = "predicted value" if len(rows) == 1 else f"predicted value {row}"
    elif len(rows) == 1:
        speaks, against = (classes[1], classes[0]) if sign > 0 else (classes[0], classes[1])
        meaning = f"class {speaks} (against {against})"
    else:
        meaning = f"class {classes[row]}"

    def one(x: Array) -> Array:
        values = np.asarray(score(x), float)
        return sign * (values if values.ndim == 1 else values[:, row])

    return Direction(sign * rows[row], 0.0, meaning), one


def _component(model: Any, which: Any) -> tuple[Direction, Score | None]:
    rows = _linear_map(model)
    row = _row(which, len(rows), model)
    if "NMF" in _name(model):  # its transform is not linear: the part itself is what one looks along
        return Direction(rows[row], 0.0, f"part {row}"), None
    return Direction(rows[row], 0.0, f"component {row}"), lambda x: np.asarray(model.transform(x))[:, row]


def _linear_map(model: Any) -> Array:
    """Rows (k, n) that a decomposition multiplies with."""
    rows = np.asarray(model.components_, float)
    if getattr(model, "whiten", False) is True and hasattr(model, "explained_variance_"):
        rows = rows / np.sqrt(model.explained_variance_)[:, None]
    return rows


def _pull_back(step: Any, vector: Array) -> Array:
    """A direction behind a step as one before it."""
    if _name(step) in SCALERS:
        n = len(vector)
        ends = np.asarray(step.transform(np.array([np.zeros(n), np.ones(n)])), float)
        return np.asarray(vector * (ends[1] - ends[0]))
    if hasattr(step, "get_support"):
        support = np.asarray(step.get_support())
        full = np.zeros(len(support))
        full[support] = vector
        return full
    if _name(step) in ("PCA", "IncrementalPCA", "TruncatedSVD"):
        return np.asarray(vector @ _linear_map(step))
    raise ValueError(f"the step {_name(step)} before the model is not known to be linear: what is known are {KNOWN}")


def _probe(found: Direction, whole: Score, model: Any) -> None:
    """Raise ValueError unless the score really is the linear function that was found."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, len(found.vector))) / (np.linalg.norm(found.vector) or 1.0)
    true, ours = whole(x), x @ found.vector + found.offset
    if not np.allclose(true, ours, rtol=TOLERANCE, atol=TOLERANCE * (np.abs(true).max() + abs(found.offset))):
        raise ValueError(f"the score of {_name(model)} is not a linear function of its input, so that no direction explains it")


def _row(which: Any, number: int, model: Any) -> int:
    if isinstance(which, bool) or not isinstance(which, (int, np.integer)) or not -number <= which < number:
        raise ValueError(f"which={which!r}: {_name(model)} has {number} direction{'s' * (number != 1)}, counted from 0")
    return int(which) % number


def _two(which: tuple[Any, ...]) -> tuple[Any, Any]:
    if len(which) != 2:
        raise ValueError(f"which is one centre or two of them (a, b), not {which!r}")
    return which[0], which[1]


def _numbers(vector: Any) -> Array:
    try:
        values = np.asarray(vector, float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a vector of numbers or a fitted estimator is needed, not {type(vector).__name__}") from error
    return values.ravel() if values.ndim == 2 and 1 in values.shape else values


def _name(estimator: Any) -> str:
    return type(estimator).__name__
