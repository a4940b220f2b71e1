"""Volumes one by one, as they are ready, for whoever wants to watch or to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from ..persistence.diagram import Diagram
from .arguments import checked_cost, checked_diagram, checked_epsilon, checked_time_limit
from .cycles import iter_cycles
from .plan import Plan
from .program import CancelledError
from .volume import Volume


def iter_volumes(
    diagram: Diagram,
    *,
    method: Literal["optimal", "stable", "shortest"] = "optimal",
    epsilon: float | None = None,
    cost: str = "unit",
    time_limit: float | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Volume]:
    """Yield the volumes of a diagram one by one, in its order.

    Safe to run in a thread: the interpreter's lock is free while something is searched for.

    Parameters
    ----------
    diagram : Diagram
        Of atoms.
    method : {"optimal", "stable", "shortest"}
        As ``optimal_volumes``, ``stable_volumes`` (needs ``epsilon``) or ``shortest_cycles`` (where ``epsilon`` is its tolerance).
    epsilon, cost, time_limit
        As there.
    cancelled : callable, optional
        Asked between pairs and several times a second during a long search, from the thread that iterates. Once it returns True
        the iteration ends, and what was not finished is left out.

    Raises
    ------
    ValueError
        Before the first volume, for what the functions named above refuse.
    """
    if method not in ("optimal", "stable", "shortest"):
        raise ValueError(f"method must be 'optimal', 'stable' or 'shortest', not {method!r}")
    if method == "shortest":
        return _until(iter_cycles(diagram, tolerance=0.0 if epsilon is None else epsilon), cancelled)
    plan = Plan.of(checked_diagram(diagram), checked_epsilon(epsilon) if method == "stable" else None)
    known_cost, seconds = checked_cost(cost), checked_time_limit(time_limit)
    return _until((plan.volume(row, known_cost, seconds, cancelled) for row in range(len(diagram))), cancelled)


def _until(volumes: Iterator[Volume], cancelled: Callable[[], bool] | None) -> Iterator[Volume]:
    try:
        while cancelled is None or not cancelled():
            volume = next(volumes, None)
            if volume is None:
                return
            yield volume
    except CancelledError:
        return
