"""What descriptors read: the finite pairs of diagrams, whatever form the diagrams have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams

Array = NDArray[Any]
Interval = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Points:
    """The points of one diagram.

    Attributes
    ----------
    birth, death : (n,) float arrays
        Of the pairs that die.
    rows : (n,) int array
        Their rows in the diagram.
    essential : (m,) float array
        Births of the classes that never die.
    superlevel : bool
        Whether values fall with time: births above deaths.
    total : int
        Rows of the diagram, n + m.
    unit, degree, source
        Of the diagram; None for an array.
    """

    birth: Array
    death: Array
    rows: Array
    essential: Array
    superlevel: bool
    total: int
    unit: str | None = None
    degree: int | None = None
    source: Any = None

    @property
    def persistence(self) -> Array:
        """|death - birth| of the pairs, (n,)."""
        return np.asarray(np.abs(self.death - self.birth))


def as_points(diagram: Any, degree: int | None = None) -> Points:
    """Points of a Diagram, of one degree of Diagrams, or of an array (n, 2) of births and deaths.

    Raises
    ------
    ValueError
        For anything else, and for births or deaths that are no numbers.
    """
    if isinstance(diagram, Diagrams):
        if degree is None:
            raise ValueError(f"these are diagrams of the degrees {diagram.degrees}: choose one, as in dgms[1], or give degree=")
        diagram = diagram[degree]
    if isinstance(diagram, Diagram):
        if degree is not None and diagram.degree != degree:
            raise ValueError(f"a diagram of degree {degree} is needed, this one is of degree {diagram.degree}")
        return _split(diagram.birth, diagram.death, diagram.unit, diagram.degree, diagram.source)
    try:
        table = np.asarray(diagram, float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a diagram is a Diagram or an array (n, 2) of births and deaths, not {type(diagram).__name__}") from error
    if table.size == 0:
        table = table.reshape(0, 2)
    if table.ndim != 2 or table.shape[1] != 2:
        raise ValueError(f"a diagram is a Diagram or an array (n, 2) of births and deaths, not shape {table.shape}")
    return _split(table[:, 0], table[:, 1])


def all_points(diagrams: Any, degree: int | None = None) -> list[Points]:
    """Points of every diagram of a list; raises ValueError for what is no list of diagrams."""
    if isinstance(diagrams, (Diagram, Diagrams)):
        raise ValueError("give a list of diagrams, one for each sample; for one diagram write [d]")
    if isinstance(diagrams, np.ndarray) and diagrams.dtype != object and diagrams.ndim != 3:
        raise ValueError(f"give a list of diagrams, one for each sample, not a numeric array of shape {diagrams.shape}")
    if not isinstance(diagrams, Iterable) or isinstance(diagrams, (str, bytes, dict)):
        raise ValueError(f"give a list of diagrams, one for each sample, not {type(diagrams).__name__}")
    points = []
    for i, diagram in enumerate(diagrams):
        try:
            points.append(as_points(diagram, degree))
        except (KeyError, ValueError) as error:
            raise ValueError(f"diagram {i}: {error.args[0]}") from error
    return points


def common(name: str, values: Sequence[Any]) -> Any:
    """The one value that all diagrams share, None if none says; raises ValueError where they differ."""
    said = {value for value in values if value is not None}
    if len(said) > 1:
        raise ValueError(f"these diagrams have different {name}s, {' and '.join(map(repr, sorted(said)))}: compute them in the same way")
    return said.pop() if said else None


def span(points: Sequence[Points]) -> Interval:
    """(low, high) of all births and finite deaths; (0, 1) if there is none, one unit around a single value."""
    values = np.concatenate([np.zeros(0), *(column for p in points for column in (p.birth, p.death, p.essential))])
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def size_of(points: Points, by: str) -> float:
    """What a vector is divided by: ``by`` "size" is the number of atoms or samples, "volume" that of the cell or of the image."""
    source = points.source
    if source is None or (isinstance(source, np.ndarray) and by == "volume"):
        raise ValueError("a diagram without its structure or image has no size to divide by: take normalize=None")
    values = getattr(source, "values", None)
    if by == "size":
        return float(len(source) if values is None else values.size)
    if values is not None:
        return float(values.size * np.prod(source.spacing))
    if source.cell is None or not all(source.pbc):
        raise ValueError("only a structure that is periodic in all directions has a volume: take normalize='size', the number of atoms")
    return float(abs(np.linalg.det(source.cell)))


def _split(birth: Array, death: Array, unit: str | None = None, degree: int | None = None, source: Any = None) -> Points:
    essential = np.isinf(death)
    if np.isnan(death).any() or not np.isfinite(birth).all():
        raise ValueError("births must be finite numbers and deaths numbers or inf")
    rows = np.flatnonzero(~essential)
    b, d = np.asarray(birth, float)[rows], np.asarray(death, float)[rows]
    falls = bool((d < b).any() or (death[essential] < 0).any())
    if falls and bool((d > b).any() or (death[essential] > 0).any()):
        raise ValueError("some pairs are born below their death and some above: sublevel and superlevel pairs are mixed")
    return Points(b, d, rows, np.asarray(birth, float)[essential], falls, len(birth), unit, degree, source)
