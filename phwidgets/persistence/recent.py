"""The complex that was built last, so that the way back from a diagram need not triangulate its structure again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import ref

from numpy.typing import NDArray

from ..structure import Structure
from .complex import FilteredComplex
from .delaunay import Triangulation
from .engine import Pairs

Array = NDArray[Any]

LARGEST = 300_000  # atoms; more are let go, at about 4 kB each


@dataclass(frozen=True, eq=False)
class Computed:
    """What the diagrams of a structure were read from.

    Attributes
    ----------
    triangulation : Triangulation
    complex : FilteredComplex
    pairs : list of Pairs
        Of every degree, those that live for no time too.
    cells : dict
        By degree, the cells (n,) of birth and (n,) of death of all pairs in the order of their ids, -1 for no death.
    """

    triangulation: Triangulation
    complex: FilteredComplex
    pairs: list[Pairs]
    cells: dict[int, tuple[Array, Array]]


_last: tuple[ref[Structure], Computed] | None = None


def remember(structure: Structure, computed: Computed) -> None:
    """Keep this until another one comes or the structure is gone; one for each process, so that thousands of inputs need no more memory."""
    global _last
    _last = (ref(structure, _forget), computed) if len(structure) <= LARGEST else None


def recall(structure: Structure) -> Computed | None:
    """What was computed of this very object, if it was the last one."""
    last = _last
    return last[1] if last is not None and last[0]() is structure else None


def _forget(gone: ref[Structure]) -> None:
    global _last
    if _last is not None and _last[0] is gone:
        _last = None
