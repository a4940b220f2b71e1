"""Shortest cycles in images: the tightest loop of samples through the place where a loop is born."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from ..image import Image
from ..persistence.cubical import morse_of
from ..persistence.cubical_pairs import Morse
from ..persistence.cubical_stars import stars
from ..persistence.diagram import Diagram
from . import _tunnels
from .image_warm import warm_up_regions
from .regions import UNKNOWN, _rows_of

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]

OPEN = "no loop of samples closes through its birth"


@dataclass(frozen=True, eq=False, repr=False)
class VoxelLoop:
    """A loop of samples that is born with a pair, or the reason why there is none.

    Where other tunnels are open when the pair is born it may run around one of these too, and close at another value than the pair's
    death.

    Attributes
    ----------
    pair_id : int
        Pair of the diagram.
    loop : (m, d) int array
        Samples in order around the loop, neighbours across a face, the birth sample first and not repeated.
    length : float
        In the unit of the image's spacing.
    certified : bool
        False: it is a shortest loop, and not proven to be one of the pair.
    problem : str
        '' or why there is no loop.
    """

    pair_id: int
    loop: Array
    length: float
    problem: str = ""
    certified: bool = False

    def __repr__(self) -> str:
        return f"VoxelLoop(pair {self.pair_id}: {self.problem or f'{self.size} voxels'})"

    @property
    def size(self) -> int:
        """Number of its samples."""
        return len(self.loop)

    @property
    def voxels(self) -> Array:
        """Its samples (m, d), in order around the loop."""
        return self.loop

    @property
    def boundary_voxels(self) -> Array:
        """All of its samples."""
        return self.loop


class VoxelLoops(Sequence[VoxelLoop]):
    """Loops in the order of the diagram they were computed for.

    Attributes
    ----------
    source : Image
    pair_id : (n,) int array
    """

    def __init__(self, loops: Sequence[VoxelLoop], source: Image) -> None:
        self._loops, self.source = list(loops), source
        self.pair_id = np.array([loop.pair_id for loop in loops], np.int64)

    def __len__(self) -> int:
        return len(self._loops)

    @overload
    def __getitem__(self, index: int) -> VoxelLoop: ...
    @overload
    def __getitem__(self, index: slice) -> VoxelLoops: ...
    def __getitem__(self, index: int | slice) -> VoxelLoop | VoxelLoops:
        return VoxelLoops(self._loops[index], self.source) if isinstance(index, slice) else self._loops[index]

    def __iter__(self) -> Iterator[VoxelLoop]:
        return iter(self._loops)

    def __repr__(self) -> str:
        failed = sum(bool(loop.problem) for loop in self)
        return f"VoxelLoops({len(self)} loops{f', {failed} failed' if failed else ''})"

    def mask(self, pairs: Any = None) -> Array:
        """Image (bool): the samples of the loops of some pairs (ids), by default of all."""
        out = np.zeros(self.source.shape, bool)
        for row in _rows_of(self.pair_id, self.pair_id if pairs is None else pairs):
            out[tuple(self._loops[row].loop.T)] = True
        return out

    def to_frame(self) -> pd.DataFrame:
        """Table with one row per loop, indexed by ``pair_id``: number of samples, length, and what went wrong."""
        import pandas as pd

        columns = {
            "size": [loop.size for loop in self],
            f"length ({self.source.unit})": [loop.length for loop in self],
            "problem": [loop.problem for loop in self],
        }
        return pd.DataFrame(columns, index=pd.Index(self.pair_id, name="pair_id"))


def image_shortest_cycles(diagram: Diagram) -> VoxelLoops:
    """For every loop or tunnel of an image the shortest loop of samples through its birth, in what is there at its birth.

    The loop is born with the pair. It need not die with it (see ``VoxelLoop``): it shows where the tunnel is, and does
    not define it.

    Parameters
    ----------
    diagram : Diagram
        Of degree 1, of an image of two or three dimensions, vertex construction.

    Returns
    -------
    VoxelLoops
        One for each pair, in the order of the diagram. Loops of a periodic image may wind around it.

    Raises
    ------
    ValueError
        For another degree, the cell construction, or a diagram of something else.

    Notes
    -----
    Breadth-first search from the birth edge to the other edges of the birth sample that are there before. Among samples of equal value
    the first in the array is there first.
    """
    image, how = diagram.source, diagram.filtration
    if not isinstance(image, Image) or how is None:
        raise ValueError("these cycles are those of an image of two or three dimensions; this diagram has another source")
    if diagram.degree != 1:
        raise ValueError(f"shortest cycles are loops (degree 1); this diagram has degree {diagram.degree}")
    if how.construction != "vertex":
        raise ValueError("shortest cycles run from sample to sample: compute the diagram with construction='vertex'")
    warm_up_regions()
    morse = morse_of(image.values, how)
    levels, n = morse.levels, morse.state.size
    index = np.int32 if n < 2**31 else np.int64
    mark, before, queue = np.zeros(n, np.int64), np.empty(n, index), np.empty(n, index)
    edges, loops = _birth_edges(morse, diagram), []
    for row, edge in enumerate(edges.tolist()):
        pair, found = int(diagram.pair_id[row]), np.zeros(0, np.int64)
        if edge >= 0:
            found = _tunnels.shortest_loop(
                edge, levels.typed, levels.kind, morse.state, stars().edge_at, levels.grid, mark, before, queue, row + 1
            )
        loop = np.stack(np.unravel_index(found, image.shape), axis=1)
        problem = "" if len(loop) else OPEN if edge >= 0 else UNKNOWN
        loops.append(VoxelLoop(pair, loop, _length(loop, image) if len(loop) else float("nan"), problem))
    return VoxelLoops(loops, image)


def _birth_edges(morse: Morse, diagram: Diagram) -> Array:
    """Number (n,) of the edge with which each pair is born, -1 where the gradient has no such pair."""
    shape, owners = diagram.source.shape, morse.edges >> 3
    if morse.dimension == 3:
        births, columns = morse.loops
        deaths = morse.squares[columns] >> 4
    else:
        merges = morse.voids
        births, deaths = merges.cells, morse.maxima[merges.younger]
    free = ~morse.components.used
    free[births] = False
    undying = morse.levels.absent(deaths)
    essential = np.concatenate([births[undying], np.flatnonzero(free)])
    known: dict[tuple[int, int], list[int]] = {}
    for place, death in zip(births[~undying].tolist(), deaths[~undying].tolist(), strict=True):
        known.setdefault((int(owners[place]), death), []).append(place)
    for place in essential.tolist():
        known.setdefault((int(owners[place]), -1), []).append(place)
    out = np.full(len(diagram), -1)
    first = np.ravel_multi_index(tuple(diagram.birth_cell.T), shape)
    last = np.full(len(diagram), -1)
    mortal = ~diagram.is_essential
    last[mortal] = np.ravel_multi_index(tuple(diagram.death_cell[mortal].T), shape)
    turn: dict[tuple[int, int], int] = {}
    for row, key in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        places = known.get(key, [])
        if places:  # several loops may be born at one sample and die at another one
            out[row] = morse.edges[places[turn.get(key, 0) % len(places)]]
            turn[key] = turn.get(key, 0) + 1
    return out


def _length(loop: Array, image: Image) -> float:
    """Steps across a periodic border are as long as others."""
    step = np.abs(np.roll(loop, -1, axis=0) - loop)
    return float((np.minimum(step, 1) * np.asarray(image.spacing)).sum())
