"""Shortest cycles in images: the tightest loop of samples through the place where a loop is born."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from ..image import Image
from ..persistence.cubical import morse_of
from ..persistence.cubical_pairs import STEPS, Morse
from ..persistence.diagram import Diagram
from . import _tunnels
from .image_warm import warm_up_regions
from .loop_births import birth_cells
from .loop_ends import Ends, cell_ends, vertex_ends
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
        Samples in order around the loop, the birth sample first and not repeated: neighbours across a face in the vertex construction,
        across a face, edge or corner in the cell construction.
    length : float
        From middle to middle of the samples, in the unit of the image's spacing.
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
        Of degree 1, of an image of two or three dimensions.

    Returns
    -------
    VoxelLoops
        One for each pair, in the order of the diagram. Loops of a periodic image may wind around it.

    Raises
    ------
    ValueError
        For another degree, or a diagram of something else.

    Notes
    -----
    Breadth-first search among the samples that are there before the birth sample; among samples of equal value the first in the array
    is there first. In the vertex construction it runs from the birth edge to the other edges of the birth sample that are there before.
    In the cell construction samples are closed pixels or voxels, which touch across faces, edges and corners. Those around the birth
    sample fall into parts that do not touch each other, and the search runs from one to another: such a loop is new whatever else there
    is, since the birth sample closes no loop within itself (Mayer and Vietoris). Where it touches more than two parts, its critical
    edges tell which two belong to the pair.
    """
    image, how = diagram.source, diagram.filtration
    if not isinstance(image, Image) or how is None:
        raise ValueError("these cycles are those of an image of two or three dimensions; this diagram has another source")
    if diagram.degree != 1:
        raise ValueError(f"shortest cycles are loops (degree 1); this diagram has degree {diagram.degree}")
    warm_up_regions()
    morse = morse_of(image.values, how)
    search, loops = _Search(morse), []
    cells = birth_cells(morse, diagram)
    born = np.flatnonzero(cells >= 0)
    ends = (cell_ends if morse.levels.dual else vertex_ends)(morse, cells[born])
    found = [np.zeros(0, np.int64)] * len(cells)
    for row, end in zip(born.tolist(), ends, strict=True):
        found[row] = search.loop(end)
    for row, pair in enumerate(diagram.pair_id.tolist()):
        loop = np.stack(np.unravel_index(morse.levels.samples(found[row]), image.shape), axis=1)
        problem = "" if len(loop) else OPEN if cells[row] >= 0 else UNKNOWN
        loops.append(VoxelLoop(pair, loop, _length(loop, image) if len(loop) else float("nan"), problem))
    return VoxelLoops(loops, image)


class _Search:
    """Searches for loops in one image, with the working space that they share."""

    def __init__(self, morse: Morse) -> None:
        levels, n = morse.levels, morse.state.size
        index = np.int32 if n < 2**31 else np.int64
        steps, sign = (STEPS, -1) if levels.dual else (STEPS[:6], 1)
        self._image = levels.typed, levels.kind, levels.grid, steps, sign
        self._space = np.zeros(n, np.int64), np.empty(n, index), np.empty(n, index)
        self._number = 0

    def loop(self, ends: Ends) -> Array:
        """Vertices (m,) of the shortest loop with these ends."""
        self._number += 1
        return np.asarray(_tunnels.shortest_loop(*ends, *self._image, *self._space, 3 * self._number))


def _length(loop: Array, image: Image) -> float:
    """Steps across a periodic border are as long as others."""
    step = np.minimum(np.abs(np.roll(loop, -1, axis=0) - loop), 1)
    return float(np.linalg.norm(step * np.asarray(image.spacing), axis=1).sum())
