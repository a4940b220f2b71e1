"""Learned weights as an explorer shows them: on the diagram, and on the atoms or voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..descriptors.directions import Direction, direction_of
from ..descriptors.explain import Explanation, explain
from ..inverse.volume import Volumes
from ..persistence.diagram import Diagram

SATURATED = 0.98  # quantile of the shares at which the colours end: few inputs may have more


@dataclass(frozen=True, eq=False, repr=False)
class Weights:
    """A direction in the space of a descriptor, loaded for the diagrams of one degree.

    Attributes
    ----------
    direction : Direction
    pi : PersistenceImage or DiagramHistogram
    degree : int
    """

    direction: Direction
    pi: Any
    degree: int

    @classmethod
    def of(cls, model: Any, pi: Any, which: Any, degree: int) -> Weights:
        """What a fitted estimator has learned, or a vector as it is."""
        if pi is None:
            raise ValueError("say which descriptor the vector belongs to: explain(model, pi)")
        return cls(direction_of(model, which), pi, degree)

    def __repr__(self) -> str:
        return f"Weights({self.direction.meaning}, PD{self.degree})"

    @property
    def histogram(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values (nb, nd) on the diagram, and the edges of births and deaths."""
        return self.pi.to_histogram(self.direction)

    def on(self, diagram: Diagram, volumes: Volumes | None = None) -> Explanation:
        """The shares of the pairs and of the atoms or voxels of one diagram."""
        return explain(self.direction, self.pi, diagram, volumes)


def saturation(shares: np.ndarray) -> float:
    """Share at which the colours end."""
    sizes = np.abs(shares[np.nonzero(shares)])
    return float(np.quantile(sizes, SATURATED)) if sizes.size else 1.0
