"""What is asked of an inverse analysis, checked before anything is computed."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from .volume import Volume


def checked_diagram(diagram: Any) -> Diagram:
    """A diagram of one degree; raises ValueError."""
    if isinstance(diagram, Diagrams):
        raise ValueError(f"these are diagrams of several degrees, {diagram.degrees}: choose one of them, as in dgms[{diagram.degrees[-1]}]")
    if not isinstance(diagram, Diagram):
        raise ValueError(f"shapes are those of a Diagram's pairs, not {type(diagram).__name__}: give dgms[degree] or a selection of it")
    return diagram


def checked_shapes(volumes: Any) -> list[Volume]:
    """Volumes as a list; raises ValueError."""
    if isinstance(volumes, Diagram | Diagrams):
        raise ValueError("these are pairs and not their shapes: give optimal_volumes(diagram) or stable_volumes(diagram, epsilon)")
    try:
        found = list(volumes)
    except TypeError as error:
        raise ValueError(f"shapes are a sequence, as optimal_volumes returns it, not {type(volumes).__name__}") from error
    wrong = next((v for v in found if not isinstance(v, Volume)), None)
    if wrong is not None:
        raise ValueError(f"shapes of atoms are wanted, as optimal_volumes returns them, not {type(wrong).__name__}")
    return found


def checked_cost(cost: Any) -> Literal["unit", "area"]:
    """A cost of triangles; raises ValueError."""
    if cost not in ("unit", "area"):
        raise ValueError(f"cost must be 'unit' (number of triangles) or 'area', not {cost!r}")
    known: Literal["unit", "area"] = cost
    return known


def checked_time_limit(time_limit: Any) -> float:
    """Seconds for each pair, inf for None; raises ValueError."""
    if time_limit is None:
        return np.inf
    try:
        seconds = float(time_limit)
    except (TypeError, ValueError):
        seconds = np.nan
    if not seconds > 0:
        raise ValueError(f"time_limit is a number of seconds above 0, or None, not {time_limit!r}")
    return seconds


def checked_epsilon(epsilon: Any) -> float:
    """A length in the unit of the diagram; raises ValueError."""
    try:
        number = float(epsilon)
    except (TypeError, ValueError) as error:
        raise ValueError(f"epsilon is a number in the unit of the diagram, not {epsilon!r}") from error
    if not 0 <= number < np.inf:
        raise ValueError(f"epsilon is in the unit of the diagram, finite and not negative, not {epsilon!r}")
    return number
