"""What an inverse analysis finds for each pair: a shape made of atoms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from ..structure import Structure

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Volume:
    """The shape of one pair, or the reason why there is none.

    Attributes
    ----------
    pair_id : int
        Pair of the diagram.
    loop : (m,) int array
        Atoms of the ring in order, the first not repeated; empty in other degrees and where the analysis failed.
    points : (m, d) float array
        Positions in Å of the atoms of the ring, of the component or of the wall of the cavity, unwrapped across the border of a
        periodic cell.
    offsets : (m, 3) int array
        In which periodic image each of them lies.
    symbols : (m,) str array
        Their species.
    certified : bool
        Whether the shape is proven to be globally optimal.
    simplices : (s, k + 2) int array
        Atoms of the simplices that fill the shape: triangles of a ring, tetrahedra of a cavity; empty for a component and where
        only the ring was searched for.
    boundary : (b, k + 1) int array
        Atoms of the simplices of their border: all edges of a ring, of which ``loop`` may be one part, the triangles around a
        cavity, or the atoms of a component.
    faces : (f, k + 1) int array
        The triangles around a cavity as rows of ``points``, to be drawn.
    winds : bool
        Whether the ring runs around the periodic cell instead of closing in itself.
    problem : str
        '' or why there is no shape.
    """

    pair_id: int
    loop: Array
    points: Array
    offsets: Array
    symbols: Array
    certified: bool = False
    winds: bool = False
    problem: str = ""
    simplices: Array = field(default_factory=lambda: np.zeros((0, 3), np.int64))
    boundary: Array = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    faces: Array = field(default_factory=lambda: np.zeros((0, 3), np.int64))

    def __repr__(self) -> str:
        if self.problem:
            return f"Volume(pair {self.pair_id}: {self.problem})"
        if self.boundary.shape[1] == 1:
            return f"Volume(pair {self.pair_id}: component of {self.size} atoms)"
        if self.boundary.shape[1] == 3:
            return f"Volume(pair {self.pair_id}: cavity of {self.size} tetrahedra)"
        return f"Volume(pair {self.pair_id}: ring of {len(self.loop)} atoms, {self.sequence})"

    @property
    def size(self) -> int:
        """Number of simplices that fill the shape, of atoms of a component; 0 where only the ring was searched for."""
        return len(self.boundary) if self.boundary.shape[1] == 1 else len(self.simplices)

    @property
    def atoms(self) -> Array:
        """Sorted unique atoms of the whole shape, its interior included."""
        return np.asarray(np.unique(np.concatenate([self.loop, self.simplices.ravel(), self.boundary.ravel()])))

    @property
    def sequence(self) -> str:
        """Species around the ring, the same for every start and direction: "O-Si-O-Si" and so on; '' for what is no ring."""
        names = self.symbols.tolist() if len(self.loop) else []
        turns = [order[i:] + order[:i] for order in (names, names[::-1]) for i in range(len(names))]
        return "-".join(min(turns)) if names else ""

    @property
    def perimeter(self) -> float:
        """Length of the ring in Å; nan for what is no ring, winds around the cell or failed."""
        if self.winds or not len(self.loop):
            return float("nan")
        return float(np.linalg.norm(np.roll(self.points, -1, axis=0) - self.points, axis=1).sum())


def failed_volume(pair_id: int, structure: Structure, problem: str) -> Volume:
    """A pair for which there is no shape, and why."""
    none = np.zeros(0, np.int64)
    points = np.zeros((0, structure.positions.shape[1]))
    return Volume(pair_id, none, points, np.zeros((0, 3), np.int64), structure.species[none], problem=problem)


class Volumes(Sequence[Volume]):
    """Volumes in the order of the diagram they were computed for."""

    def __init__(self, volumes: Sequence[Volume]) -> None:
        self._volumes = list(volumes)

    def __len__(self) -> int:
        return len(self._volumes)

    @overload
    def __getitem__(self, index: int) -> Volume: ...
    @overload
    def __getitem__(self, index: slice) -> Volumes: ...
    def __getitem__(self, index: int | slice) -> Volume | Volumes:
        return Volumes(self._volumes[index]) if isinstance(index, slice) else self._volumes[index]

    def __iter__(self) -> Iterator[Volume]:
        return iter(self._volumes)

    def __repr__(self) -> str:
        failed = sum(bool(v.problem) for v in self)
        return f"Volumes({len(self)} shapes{f', {failed} failed' if failed else ''})"

    def to_frame(self) -> pd.DataFrame:
        """Table with one row per volume, indexed by ``pair_id``: size, composition, ring sequence, perimeter, number of simplices."""
        import pandas as pd

        rows = []
        for v in self:
            names, counts = np.unique(v.symbols, return_counts=True)
            rows.append(
                {
                    "atoms": len(v.loop) or len(v.atoms),
                    "composition": "".join(f"{s}{c}" for s, c in zip(names.tolist(), counts.tolist(), strict=True)),
                    "sequence": v.sequence,
                    "perimeter (Å)": v.perimeter,
                    "size": v.size,
                    "certified": v.certified,
                    "winds": v.winds,
                    "problem": v.problem,
                }
            )
        columns = ["atoms", "composition", "sequence", "perimeter (Å)", "size", "certified", "winds", "problem"]
        return pd.DataFrame(rows, columns=columns, index=pd.Index([v.pair_id for v in self], name="pair_id"))
