"""What an inverse analysis finds for each pair: a shape made of atoms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Volume:
    """The shape of one pair, or the reason why there is none.

    Attributes
    ----------
    pair_id : int
        Pair of the diagram.
    loop : (m,) int array
        Atoms of the ring in order, the first not repeated; empty where the analysis failed.
    points : (m, d) float array
        Their positions in Å, unwrapped across the border of a periodic cell.
    offsets : (m, 3) int array
        In which periodic image each of them lies.
    symbols : (m,) str array
        Their species.
    certified : bool
        Whether the shape is proven to be globally optimal.
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

    def __repr__(self) -> str:
        if self.problem:
            return f"Volume(pair {self.pair_id}: {self.problem})"
        return f"Volume(pair {self.pair_id}: ring of {len(self.loop)} atoms, {self.sequence})"

    @property
    def atoms(self) -> Array:
        """Sorted unique atoms."""
        return np.unique(self.loop)

    @property
    def sequence(self) -> str:
        """Species around the ring, the same for every start and direction: "O-Si-O-Si" and so on."""
        names = self.symbols.tolist()
        turns = [order[i:] + order[:i] for order in (names, names[::-1]) for i in range(len(names))]
        return "-".join(min(turns)) if names else ""

    @property
    def perimeter(self) -> float:
        """Length of the ring in Å; nan for one that winds around the cell or failed."""
        if self.problem or self.winds:
            return float("nan")
        return float(np.linalg.norm(np.roll(self.points, -1, axis=0) - self.points, axis=1).sum())


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
        """Table with one row per volume, indexed by ``pair_id``: size, composition, ring sequence, perimeter."""
        import pandas as pd

        rows = []
        for v in self:
            names, counts = np.unique(v.symbols, return_counts=True)
            rows.append(
                {
                    "atoms": len(v.loop),
                    "composition": "".join(f"{s}{c}" for s, c in zip(names.tolist(), counts.tolist(), strict=True)),
                    "sequence": v.sequence,
                    "perimeter (Å)": v.perimeter,
                    "winds": v.winds,
                    "problem": v.problem,
                }
            )
        columns = ["atoms", "composition", "sequence", "perimeter (Å)", "winds", "problem"]
        return pd.DataFrame(rows, columns=columns, index=pd.Index([v.pair_id for v in self], name="pair_id"))
