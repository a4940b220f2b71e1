"""The hub that every view observes: what is selected, as ids and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from traitlets import HasTraits, Instance

Ids = NDArray[np.int64]
Interval = tuple[float, float]


def _no_ids() -> Ids:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Query:
    """What was asked for: the reason of a selection, enough to repeat it.

    Attributes
    ----------
    kind : {"nothing", "region", "pairs", "atoms", "voxels"}
    region : ((birth low, birth high), (death low, death high)), for "region"
    ids : (m,) int array
        Pair ids for "pairs"; indices of atoms or flat indices of voxels for the last two.
    """

    kind: Literal["nothing", "region", "pairs", "atoms", "voxels"] = "nothing"
    region: tuple[Interval, Interval] | None = None
    ids: Ids = field(default_factory=_no_ids)


@dataclass(frozen=True, eq=False)
class State:
    """A query and its answer at one moment.

    Attributes
    ----------
    degree : int
        Degree of the diagram that ``pairs`` refers to.
    query : Query
    pairs : (p,) int array
        Ids of the selected pairs.
    inputs : (a,) int array
        Sorted indices of the selected atoms, or flat indices of the selected voxels.
    passing : bool
        True while the user is still dragging: views may draw less.
    """

    degree: int
    query: Query = field(default_factory=Query)
    pairs: Ids = field(default_factory=_no_ids)
    inputs: Ids = field(default_factory=_no_ids)
    passing: bool = False


class Selection(HasTraits):
    """Holds the one ``State`` that all views show; replacing it tells every observer, once, with everything consistent."""

    state = Instance(State)

    def __init__(self, state: State, **traits: Any) -> None:
        super().__init__(state=state, **traits)
