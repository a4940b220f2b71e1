"""What an inverse analysis finds for each pair: a shape made of atoms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
        The triangles around a cavity as rows of ``points``, to be drawn; seen from outside their corners run anticlockwise.
    winds : bool
        Whether the ring runs around the periodic cell instead of closing in itself.
    problem : str
        '' or why there is no shape.
    wall : (m,) int array
        Of a cavity, the atoms that ``points`` are the positions of; see also ``point_atoms``.
    birth, death : float
        Of the pair, in ``unit``.
    unit : str
    source : Structure or None
        What the atoms are atoms of.
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
    wall: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    birth: float = float("nan")
    death: float = float("nan")
    unit: str = ""
    source: Structure | None = None

    def __repr__(self) -> str:
        if self.problem:
            return f"Volume(pair {self.pair_id}: {self.problem})"
        if self.degree == 0:
            return f"Volume(pair {self.pair_id}: component of {self.size} atoms)"
        if self.degree == 2:
            return f"Volume(pair {self.pair_id}: cavity of {self.size} tetrahedra)"
        return f"Volume(pair {self.pair_id}: ring of {len(self.loop)} atoms, {self.sequence})"

    @property
    def degree(self) -> int:
        """0 component, 1 ring, 2 cavity."""
        return int(self.boundary.shape[1]) - 1

    @property
    def size(self) -> int:
        """Number of simplices that fill the shape, of atoms of a component; 0 where only the ring was searched for."""
        return len(self.boundary) if self.degree == 0 else len(self.simplices)

    @property
    def atoms(self) -> Array:
        """Sorted unique atoms of the whole shape, its interior included."""
        return np.asarray(np.unique(np.concatenate([self.loop, self.simplices.ravel(), self.boundary.ravel()])))

    @property
    def point_atoms(self) -> Array:
        """The atoms (m,) that ``points``, ``offsets`` and ``symbols`` are of; one stands twice if two of its images do."""
        if len(self.loop) or self.degree == 1:
            return self.loop
        return self.boundary[:, 0] if self.degree == 0 else self.wall

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


def failed_volume(pair_id: int, structure: Structure, problem: str, degree: int = 1) -> Volume:
    """A pair for which there is no shape, and why."""
    none = np.zeros(0, np.int64)
    points = np.zeros((0, structure.positions.shape[1]))
    return Volume(
        pair_id,
        none,
        points,
        np.zeros((0, 3), np.int64),
        structure.species[none],
        problem=problem,
        simplices=np.zeros((0, degree + 2), np.int64),
        boundary=np.zeros((0, degree + 1), np.int64),
    )


class OnDemand(Sequence[Volume]):
    """Volumes that are made when they are looked at, and then kept.

    Parameters
    ----------
    rows : sequence of int
        What ``make`` is called with for each volume.
    pair_id : (n,) int array
        Pairs by row.
    make : callable
    atoms : callable
        The atoms of all volumes with these rows at once, each listed at least once: how many there are of each (n,), and all of
        them one after the other.
    """

    def __init__(
        self,
        rows: Sequence[int],
        pair_id: Array,
        make: Callable[[int], Volume],
        atoms: Callable[[Sequence[int]], tuple[Array, Array]],
    ) -> None:
        self._rows, self._pair_id, self._make, self._atoms = rows, pair_id, make, atoms
        self._made: dict[int, Volume] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Volume: ...
    @overload
    def __getitem__(self, index: slice) -> OnDemand: ...
    def __getitem__(self, index: int | slice) -> Volume | OnDemand:
        if isinstance(index, slice):
            part = OnDemand(self._rows[index], self._pair_id, self._make, self._atoms)
            part._made = self._made
            return part
        row = self._rows[index]
        if row not in self._made:
            self._made[row] = self._make(row)
        return self._made[row]

    def pair_ids(self) -> Array:
        """Pair of each volume (n,)."""
        return np.asarray(self._pair_id[np.asarray(self._rows, np.int64)])

    def atoms(self) -> tuple[Array, Array]:
        """How many atoms each volume has, repeated ones counted, and all of them one after the other."""
        return self._atoms(self._rows)


class Volumes(Sequence[Volume]):
    """Volumes in the order of the diagram they were computed for.

    Attributes
    ----------
    source : Structure or None
        What the atoms are atoms of; by default that of the first volume.
    """

    def __init__(self, volumes: Sequence[Volume], source: Structure | None = None) -> None:
        self._volumes = volumes if isinstance(volumes, OnDemand) else list(volumes)
        self.source = self._volumes[0].source if source is None and len(volumes) else source

    def __len__(self) -> int:
        return len(self._volumes)

    @overload
    def __getitem__(self, index: int) -> Volume: ...
    @overload
    def __getitem__(self, index: slice) -> Volumes: ...
    def __getitem__(self, index: int | slice) -> Volume | Volumes:
        return Volumes(self._volumes[index], self.source) if isinstance(index, slice) else self._volumes[index]

    def __iter__(self) -> Iterator[Volume]:
        return iter(self._volumes)

    def __repr__(self) -> str:
        if isinstance(self._volumes, OnDemand):
            return f"Volumes({len(self)} shapes, made when looked at)"
        failed = sum(bool(v.problem) for v in self)
        return f"Volumes({len(self)} shapes{f', {failed} failed' if failed else ''})"

    @property
    def on_demand(self) -> bool:
        """Whether volumes are made when they are looked at; all are of one diagram then."""
        return isinstance(self._volumes, OnDemand)

    def pair_ids(self) -> Array:
        """Pair of each volume (n,)."""
        if isinstance(self._volumes, OnDemand):
            return self._volumes.pair_ids()
        return np.array([v.pair_id for v in self], np.int64)

    def members(self) -> tuple[Array, Array]:
        """How many atoms each volume has (n,), repeated ones counted, and all of them one after the other."""
        if isinstance(self._volumes, OnDemand):
            return self._volumes.atoms()
        atoms = [v.atoms for v in self]
        return np.array([len(a) for a in atoms], np.int64), np.concatenate([*atoms, np.zeros(0, np.int64)]).astype(np.int64)

    def to_frame(self) -> pd.DataFrame:
        """Table with one row per volume, indexed by ``pair_id``; what has no meaning for a shape is nan.

        Returns
        -------
        pandas.DataFrame
            atoms, composition
                Of the ring, the component or the wall of the cavity: how many atoms, and of what species.
            sequence
                Species around a ring, the same for every start and direction.
            perimeter (Å), mean radius (Å)
                Length of the ring; mean distance of the atoms from their centre.
            planarity
                1 for a flat ring or wall, 0 for one as thick as it is wide: 1 - s₃ / s₂ of the root mean square widths
                s₁ ≥ s₂ ≥ s₃ along its principal axes.
            enclosed volume (Å³), sphericity
                Of a cavity; the surface of a ball of the same volume over that of the cavity (Wadell, J. Geol. 43, 250 (1935)).
            hull volume (Å³)
                Of the convex hull of the atoms.
            centre x (Å), centre y (Å), centre z (Å)
                Mean position, of a periodic cell in the image where the shape was laid out.
            birth, death, lifetime
                Of the pair, with the unit of the diagram in the name.
            size, certified, winds, problem
                As the attributes of ``Volume``.
        """
        from .statistics import table

        return table(self)
