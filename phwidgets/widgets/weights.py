"""Learned weights as an explorer shows them: on the diagram, and on the atoms or voxels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..descriptors.directions import Direction
from ..descriptors.explain import Explanation, explain
from ..descriptors.unions import parts_of
from ..persistence.diagrams import Diagrams

SATURATED = 0.98  # quantile of the shares at which the colours end: few inputs may have more


@dataclass(frozen=True, eq=False, repr=False)
class Weights:
    """A direction in the space of a descriptor, of one degree or of several side by side, loaded for diagrams.

    Attributes
    ----------
    direction : Direction
    pi : PersistenceImage, DiagramHistogram, or FeatureUnion of them
    parts : dict of int to (transformer, vector)
        By degree.
    """

    direction: Direction
    pi: Any
    parts: dict[int, tuple[Any, np.ndarray]]

    @classmethod
    def of(cls, model: Any, pi: Any, which: Any, degree: int) -> Weights:
        """What a fitted estimator has learned, or a vector as it is; ``degree`` is that of a descriptor that does not say its own."""
        if pi is None and not hasattr(model, "steps") and not hasattr(model, "best_estimator_"):
            raise ValueError("say which descriptor the vector belongs to: explain(model, pi)")
        direction, parts = parts_of(model, pi, which)
        own = [degree if part.degree is None and len(parts) == 1 else part.degree for part, _ in parts]
        return cls(direction, parts[0][0] if len(parts) == 1 else _union(model, pi), dict(zip(own, parts, strict=True)))

    def __repr__(self) -> str:
        return f"Weights({self.direction.meaning}, {', '.join(f'PD{k}' for k in self.parts)})"

    def histogram(self, degree: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values (nb, nd) on the diagram of a degree, and the edges of births and deaths."""
        part, vector = self.parts[degree]
        return part.to_histogram(vector)

    def on(self, diagrams: Diagrams, volumes: Callable[[int], Any]) -> Explanation:
        """The shares of the pairs and of the atoms or voxels, of all degrees together."""
        known = {k: found for k in self.parts if (found := volumes(k)) is not None}
        if len(self.parts) == 1:
            ((degree, (part, _)),) = self.parts.items()
            return explain(self.direction, part, diagrams[degree], known or None)
        return explain(self.direction, self.pi, diagrams, known or None)


def _union(model: Any, pi: Any) -> Any:
    return pi if pi is not None else getattr(model, "best_estimator_", model).steps[0][1]


def saturation(shares: np.ndarray) -> float:
    """Share at which the colours end."""
    sizes = np.abs(shares[np.nonzero(shares)])
    return float(np.quantile(sizes, SATURATED)) if sizes.size else 1.0
