"""The filtered complex behind a diagram of atoms, built once for each structure and shared by all inverse analyses."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..persistence.alpha import SAFETY, resolve_radii
from ..persistence.complex import FilteredComplex
from ..persistence.delaunay import Triangulation, triangulate
from ..persistence.diagram import Diagram
from ..persistence.engine import Pairs, persistence_pairs
from ..persistence.recent import recall
from ..structure import Structure

Array = NDArray[Any]

ALL = slice(None)

# Odd, so that the products mix all bits: a row of small integers becomes one number, and two rows practically never the same one.
_MIX = np.random.RandomState(7).randint(1, 2**62, 16).astype(np.uint64) | np.uint64(1)


@dataclass(frozen=True, eq=False)
class Source:
    """The complex of a structure, with its cells named as diagrams name them.

    Does not refer to the structure itself, so that the cache can let go of it.

    Attributes
    ----------
    triangulation : Triangulation
    complex : FilteredComplex
        Values are squared lengths in scaled units, of the moved positions (see ``Triangulation``).
    offset : (N, 3) int array
        In which periodic image each vertex of the triangulation lies.
    cells : dict
        By degree, the cells of birth and of death of all pairs in the order of their ids, where the diagrams were computed just before.
    computed_pairs : list of Pairs or None
        Of all degrees, where they were computed just before.
    """

    triangulation: Triangulation
    complex: FilteredComplex
    offset: Array
    cells: dict[int, tuple[Array, Array]] = field(default_factory=dict)
    computed_pairs: list[Pairs] | None = None

    @classmethod
    def of(cls, structure: Structure) -> Source:
        """The complex that was just computed, else triangulate the structure; raises as ``alpha_persistence`` does."""
        periodic = np.array(structure.pbc, bool)
        computed = recall(structure)
        if computed is not None:
            t, complex_, cells, pairs = computed.triangulation, computed.complex, computed.cells, computed.pairs
        else:
            vectors = structure.cell[periodic] if structure.cell is not None else None
            t = triangulate(structure.positions, resolve_radii(structure, None) ** 2, vectors)
            complex_, cells, pairs = t.alpha_complex(), {}, None
        return cls(t, complex_, t.offsets(periodic), cells, pairs)

    @cached_property
    def pairs(self) -> list[Pairs]:
        """Pairs of all degrees, those that live for no time too."""
        return self.computed_pairs or persistence_pairs(self.complex)

    @cached_property
    def heaviest(self) -> float:
        """The largest squared radius (scaled): values lie above its negative."""
        return self.triangulation.heaviest

    @cached_property
    def tolerance(self) -> float:
        """Radii (scaled) that differ by less cannot be told apart, because positions were moved."""
        return SAFETY * self.triangulation.jitter / self.triangulation.scale

    def atoms(self, degree: int, cells: Array | slice = ALL) -> Array:
        """Input atoms (m, degree + 1) of some or all cells of a degree."""
        return np.asarray(self.triangulation.input_atom[self.complex.vertices[degree][cells]])

    def offsets(self, degree: int, cells: Array | slice = ALL) -> Array:
        """Lattice offsets (m, degree + 1, 3) of those atoms."""
        return np.asarray(self.offset[self.complex.vertices[degree][cells]])

    def radii(self, degree: int, cells: Array | slice = ALL) -> Array:
        """Values (m,) of some or all cells of a degree as radii (scaled) of the largest ball."""
        return np.asarray(np.sqrt(np.maximum(self.complex.values[degree][cells] + self.heaviest, 0)))

    def radius_of(self, value: Array | float, unit: str) -> Array:
        """Values of a diagram, in its unit, as radii (scaled) of the largest ball."""
        value = np.asarray(value, float)
        t = np.sign(value) * value**2 if unit == "Å" else value
        return np.asarray(np.sqrt(np.maximum(t / self.triangulation.scale**2 + self.heaviest, 0)))

    def cells_of(self, diagram: Diagram) -> tuple[Array, Array]:
        """Cells (n,) of birth and (n,) of death of the pairs of a diagram, -1 for no death and where there is none such."""
        k, mortal = diagram.degree, ~diagram.is_essential
        births, deaths = self.cells.get(k, (np.zeros(0, np.int64), np.zeros(0, np.int64)))
        if diagram.pair_id.max(initial=-1) < len(births):
            births, deaths = births[diagram.pair_id], deaths[diagram.pair_id]
            known = np.array_equal(deaths >= 0, mortal) and self._are(k, births, diagram.birth_cell, diagram.birth_offset)
            if known and self._are(k + 1, deaths[mortal], diagram.death_cell[mortal], diagram.death_offset[mortal]):
                return births, deaths
        births, deaths = self.find(k, diagram.birth_cell, diagram.birth_offset), np.full(len(diagram), -1, np.int64)
        deaths[mortal] = self.find(k + 1, diagram.death_cell[mortal], diagram.death_offset[mortal])
        return births, deaths

    def _are(self, degree: int, cells: Array, atoms: Array, offsets: Array) -> bool:
        """Whether cells have these names."""
        if not len(cells):
            return True
        if not self.offset.any():  # no images
            return not offsets.any() and np.array_equal(self.atoms(degree, cells), atoms)
        own = self.offsets(degree, cells)
        return np.array_equal(own - own[:, :1], offsets - offsets[:, :1]) and np.array_equal(self.atoms(degree, cells), atoms)

    def find(self, degree: int, cells: Array, offsets: Array) -> Array:
        """Indices (n,) of cells given by their atoms (n, degree + 1) and lattice offsets (n, degree + 1, 3), -1 where there is none.

        Atoms stand in the order in which the complex, and so a diagram, has them.
        """
        if degree > self.complex.dimension:
            return np.full(len(cells), -1, np.int64)
        sorted_keys, order, rows = self._names(degree)
        wanted = _rows(cells, offsets)
        place = np.minimum(np.searchsorted(sorted_keys, _keys(wanted)), max(0, len(order) - 1))
        found = np.full(len(cells), -1, np.int64)
        if len(order):
            found = order[place]
            found[(rows[found] != wanted).any(axis=1)] = -1
        return found

    def _names(self, degree: int) -> tuple[Array, Array, Array]:
        cache = self.__dict__.setdefault("_known_names", {})
        if degree not in cache:
            rows = _rows(self.atoms(degree), self.offsets(degree))
            keys = _keys(rows)
            order = np.argsort(keys)
            cache[degree] = keys[order], order, rows
        known: tuple[Array, Array, Array] = cache[degree]
        return known


_sources: WeakKeyDictionary[Structure, Source] = WeakKeyDictionary()


def source_of(structure: Structure) -> Source:
    """The complex of a structure, kept as long as the structure is."""
    if structure not in _sources:
        _sources[structure] = Source.of(structure)
    return _sources[structure]


def check_source(diagram: Diagram) -> Structure:
    """The structure of a diagram; raises ValueError if it has none."""
    if not isinstance(diagram.source, Structure):
        raise ValueError("this diagram does not say which atoms it comes from: compute it with alpha_persistence")
    return diagram.source


def _rows(cells: Array, offsets: Array) -> Array:
    relative = offsets - offsets[:, :1]
    return np.asarray(np.concatenate([cells, relative[:, 1:].reshape(len(cells), -1)], axis=1), np.int64)


def _keys(rows: Array) -> Array:
    """One number for each row (n, k) of small integers."""
    return np.asarray((np.ascontiguousarray(rows).view(np.uint64) * _MIX[: rows.shape[1]]).sum(axis=1, dtype=np.uint64))
