"""Vectors of several degrees side by side, and the part of a direction that belongs to each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import FeatureUnion

from .directions import Direction, direction_of
from .grid import GridTransformer

Array = NDArray[Any]


def parts_of(vector: Any, pi: Any, which: Any = 0) -> tuple[Direction, list[tuple[GridTransformer, Array]]]:
    """The direction of a model, and the vector of each transformer that made a part of the space.

    Parameters
    ----------
    vector : (n_features,) array, Direction, or fitted estimator
    pi : GridTransformer, FeatureUnion of them, or None
        None takes it from ``vector``, a pipeline that begins with it.
    which : optional
        See ``direction_of``.

    Returns
    -------
    Direction
    list of (GridTransformer, (n_own_features,) float array)
        In the order of the union; weights of the union are multiplied in, so that each vector belongs to its transformer.

    Raises
    ------
    ValueError
        For a transformer without a way back, or a vector of another length.
    """
    pi = _first_step(vector) if pi is None else pi
    whole = direction_of(vector, which)
    if isinstance(pi, GridTransformer):
        return whole, [(pi, whole.vector)]
    if not isinstance(pi, FeatureUnion):
        raise ValueError(f"pi is a PersistenceImage, a DiagramHistogram or a FeatureUnion of them, not {type(pi).__name__}")
    steps = [(name, part) for name, part in pi.transformer_list if part != "drop"]
    if strange := [name for name, part in steps if not isinstance(part, GridTransformer)]:
        raise ValueError(f"{strange[0]!r} of this union has no way back to the pairs: only persistence images and histograms have")
    degrees = [part.degree for _, part in steps]
    if len(steps) > 1 and (None in degrees or len(set(degrees)) < len(degrees)):
        raise ValueError(f"each part of a union needs a degree of its own to be explained: they have {degrees}")
    lengths = [len(part.get_feature_names_out()) for _, part in steps]
    if sum(lengths) != len(whole.vector):
        raise ValueError(f"a vector of this union has {sum(lengths)} numbers, not {len(whole.vector)}")
    weights = pi.transformer_weights or {}
    vectors = np.split(whole.vector, np.cumsum(lengths)[:-1])
    return whole, [(part, weights.get(name, 1.0) * own) for (name, part), own in zip(steps, vectors, strict=True)]


def _first_step(pipeline: Any) -> Any:
    estimator = getattr(pipeline, "best_estimator_", pipeline)
    first = estimator.steps[0][1] if hasattr(estimator, "steps") else None
    if not isinstance(first, GridTransformer | FeatureUnion):
        raise ValueError("pi=None needs a fitted pipeline that begins with a PersistenceImage or a DiagramHistogram, or a union of them")
    return first
