"""Shortest cycles: the tightest ring through the pair of atoms that closes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..image import Image
from ..persistence.diagram import Diagram
from ..structure import Structure
from . import _paths
from .arguments import checked_diagram
from .source import check_source, source_of
from .tunnels import image_shortest_cycles
from .volume import Volume, Volumes, failed_volume

Array = NDArray[Any]

TIE = 2e-6  # edges whose values differ relatively by less came from the same length and count as present together
IMAGES = 2_000_000  # of atoms that a search may visit; more only if one lattice vector each way needs them


def shortest_cycles(diagram: Diagram, *, tolerance: float = 0.0) -> Volumes:
    """For every ring of a diagram the shortest loop through its birth edge, among the edges present at its birth.

    Quick enough to be drawn while one looks. The loop is born with the pair. It need not die with it: where other holes are open at
    the same time it may run around one of them as well, so it previews the ring and does not define it.

    Parameters
    ----------
    diagram : Diagram
        Of degree 1, of atoms; of an image, where the answer is ``VoxelLoops`` of samples.
    tolerance : float
        Also walk edges that appear after the birth by up to this share of the pair's persistence. Where all bonds are about equally
        long, the order of their births is chance, and the loop among those present at a birth can be a long detour; 0.05 gives
        the ring that one sees. The loop is then born up to that much later than the pair.

    Returns
    -------
    Volumes
        One for each pair, in the order of the diagram: ``loop``, ``points``, ``symbols``. Rings of a periodic cell close in themselves;
        essential classes run around the cell and say so (``winds``). A pair without such a loop within reach has a ``problem``.

    Raises
    ------
    ValueError
        For another degree, what is no diagram of atoms or of an image, or a tolerance outside of 0 to 1.

    Notes
    -----
    Dijkstra's algorithm from one end of the birth edge to the other, by Euclidean length, in the periodic cover.

    Examples
    --------
    >>> import phwidgets as ph
    >>> rings = ph.alpha_persistence(ph.sample("cristobalite"))[1]
    >>> ph.shortest_cycles(rings.finite)[0].sequence
    'O-Si-O-Si-O-Si-O-Si-O-Si-O-Si'
    """
    if isinstance(checked_diagram(diagram).source, Image):
        return cast("Volumes", image_shortest_cycles(diagram))
    return Volumes(list(iter_cycles(diagram, tolerance=tolerance)), diagram.source)


def iter_cycles(diagram: Diagram, *, tolerance: float = 0.0) -> Iterator[Volume]:
    """Yield the shortest cycles one by one; raises as ``shortest_cycles``, before the first one."""
    if isinstance(checked_diagram(diagram).source, Image):
        return cast("Iterator[Volume]", iter(image_shortest_cycles(diagram)))
    if diagram.degree != 1:
        raise ValueError(f"shortest cycles are rings (degree 1); this diagram has degree {diagram.degree}")
    structure = check_source(diagram)
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance is a share of the persistence from 0 to below 1, not {tolerance!r}")
    if not len(diagram):  # a single atom has no edges to walk
        return iter(())
    finder = _finder(structure)
    return (finder.find(diagram, row, tolerance) for row in range(len(diagram)))


_finders: WeakKeyDictionary[Structure, _Finder] = WeakKeyDictionary()


def _finder(structure: Structure) -> _Finder:
    if structure not in _finders:
        _finders[structure] = _Finder.of(structure)
    return _finders[structure]


@dataclass
class _Finder:
    """The graph of all edges of a structure, with working space for searches."""

    start: Array
    neighbour: Array
    shift: Array
    length: Array
    value: Array
    edge: Array
    index: dict[tuple[int, ...], int]
    reach: int
    distance: Array
    before: Array
    scale: float
    heaviest: float

    @classmethod
    def of(cls, structure: Structure) -> _Finder:
        source = source_of(structure)
        ends, offsets, values = source.atoms(1), source.offsets(1), source.complex.values[1] + source.heaviest
        shifts = offsets[:, 1] - offsets[:, 0]
        n = len(structure)
        there = np.concatenate([ends[:, 1], ends[:, 0]])
        here = np.concatenate([ends[:, 0], ends[:, 1]])
        shift = np.concatenate([shifts, -shifts])
        vector = structure.positions[ends[:, 1]] - structure.positions[ends[:, 0]]
        if structure.cell is not None:
            vector = vector + shifts[:, : len(structure.cell)] @ structure.cell
        length = np.tile(np.linalg.norm(vector, axis=1), 2)
        order = np.argsort(here, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(here, minlength=n))]).astype(np.int64)
        reach = 0
        if any(structure.pbc):
            reach = max(1, min(6, int(((IMAGES / n) ** (1 / 3) - 1) / 2)))
        size = n * (2 * reach + 1) ** 3
        index = {(*a, *s): k for k, (a, s) in enumerate(zip(ends.tolist(), shifts.tolist(), strict=True))}
        return cls(
            start,
            there[order].astype(np.int64),
            np.ascontiguousarray(shift[order], np.int64),
            length[order],
            np.tile(values, 2)[order],
            np.tile(np.arange(len(ends)), 2)[order],
            index,
            reach,
            np.full(size, np.inf),
            np.empty(size, np.int64),
            source.triangulation.scale,
            source.heaviest,
        )

    def find(self, diagram: Diagram, row: int, tolerance: float) -> Volume:
        """The shortest cycle of one row."""
        found = self._search(diagram, row, tolerance)
        birth, death = float(diagram.birth[row]), float(diagram.death[row])
        return replace(found, birth=birth, death=death, unit=diagram.unit, source=diagram.source)

    def _search(self, diagram: Diagram, row: int, tolerance: float) -> Volume:
        structure, pair = diagram.source, int(diagram.pair_id[row])
        a, b = (int(i) for i in diagram.birth_cell[row])
        shift = (diagram.birth_offset[row, 1] - diagram.birth_offset[row, 0]).astype(np.int64)
        own = self.index.get((a, b, *shift.tolist()), self.index.get((b, a, *(-shift).tolist())))
        if own is None:
            return failed_volume(pair, structure, "its birth edge is not in the complex of this structure")
        limit = self._value_of(own) * (1 + TIE)
        if tolerance and not diagram.is_essential[row]:
            limit = max(limit, self._later(diagram.birth[row] + tolerance * diagram.persistence[row], diagram.unit))
        targets = [shift] if not diagram.is_essential[row] else _other_images(shift)
        best: Array = np.zeros(0, np.int64)
        for target in targets:
            if np.abs(target).max(initial=0) > self.reach:
                continue
            path = _paths.shortest_path(
                self.start,
                self.neighbour,
                self.shift,
                self.length,
                self.value,
                self.edge,
                a,
                b,
                target,
                limit,
                own,
                self.reach,
                self.distance,
                self.before,
            )
            if len(path) and (not len(best) or self._length(path, structure) < self._length(best, structure)):
                best = path
        if not len(best):
            return failed_volume(pair, structure, "no loop through its birth edge closes within reach")
        return self._volume(best, pair, structure, winds=bool(diagram.is_essential[row]))

    def _later(self, value: float, unit: str) -> float:
        """A value of a diagram in the units of the edges."""
        t = np.sign(value) * value**2 if unit == "Å" else value
        return float(t / self.scale**2 + self.heaviest)

    def _value_of(self, edge: int) -> float:
        return float(self.value[np.flatnonzero(self.edge == edge)[0]])

    def _laid_out(self, path: Array, structure: Structure) -> tuple[Array, Array, Array]:
        """Atoms (m,), lattice offsets (m, 3) and positions (m, d) of the nodes of a path."""
        n, side = len(structure), 2 * self.reach + 1
        loop, image = path % n, path // n
        offsets = np.stack([image // side**2, image // side % side, image % side], axis=1) - self.reach
        points = np.array(structure.positions[loop])
        if structure.cell is not None:
            points += offsets[:, : len(structure.cell)] @ structure.cell
        return loop, offsets, points

    def _length(self, path: Array, structure: Structure) -> float:
        return float(np.linalg.norm(np.diff(self._laid_out(path, structure)[2], axis=0), axis=1).sum())

    def _volume(self, path: Array, pair: int, structure: Structure, winds: bool) -> Volume:
        loop, offsets, points = self._laid_out(path, structure)
        return Volume(pair, loop, points, offsets, structure.species[loop], winds=winds)


def _other_images(shift: Array) -> list[Array]:
    """Shifts near that of an edge, other than its own: a path to one of these winds around the cell."""
    steps = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    return [shift + step for step in steps if step.any()]
