"""Structure: atoms as every other part of the package sees them.

Positions, species, cell, periodicity and radii, checked once (``structure_checks``) and then frozen. Structures of other libraries
are recognised without importing those (``structure_foreign``).
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from .structure_checks import FloatArray, StrArray, checked_cell, checked_positions, checked_radii, checked_species
from .structure_foreign import Parts, cell_from_lengths, element_of_label, from_library

__all__ = ["Structure", "as_structure", "cell_from_lengths", "element_of_label"]

_DALTON = 1.66053906660  # g/cm³ of one dalton per Å³


class Structure:
    """Atoms in two or three dimensions, immutable.

    Parameters
    ----------
    positions : (n, 2) or (n, 3) array-like, or structure-like
        Coordinates in Å. An ``ase.Atoms``, a pymatgen ``Structure`` or ``Molecule``, an MDAnalysis ``Universe`` or ``AtomGroup``
        or another `Structure` brings its own species, cell and periodicity; arguments that are given replace them.
    species : sequence of n str or atomic numbers, optional
        What each atom is; any label does, elements are needed for `density` and `to_ase` only. ``"X"`` when not given.
    cell : (d, d) or (d,) array-like, optional
        Lattice vectors as rows, or the edges of a rectangular cell, in Å. Zero vectors stand for directions without period and
        are completed by unit vectors orthogonal to the others.
    pbc : bool or sequence of d bool, optional
        Which lattice vectors are periods. By default all that are not zero when there is a cell, none without.
    radii : (n,) array-like, optional
        Radius of each atom in Å.

    Raises
    ------
    ValueError
        For anything that is no structure; the message says what is wrong, where, and what to do.

    Examples
    --------
    >>> Structure([[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], ["O", "H", "H"])
    Structure(H2O, open, 3 atoms)
    >>> Structure([[0, 0, 0], [1.36, 1.36, 1.36]], ["Si", "Si"], cell=[5.43, 5.43, 5.43]).pbc
    (True, True, True)
    """

    __slots__ = ("__weakref__", "_cell", "_pbc", "_positions", "_radii", "_species")

    _positions: FloatArray
    _species: StrArray
    _cell: FloatArray | None
    _pbc: tuple[bool, ...]
    _radii: FloatArray | None

    def __init__(
        self,
        positions: Any,
        species: Any = None,
        *,
        cell: ArrayLike | None = None,
        pbc: Any = None,
        radii: ArrayLike | None = None,
    ) -> None:
        brought = _brought(positions)
        if brought is not None:
            positions, own_species, own_cell, own_pbc, own_radii = brought
            species = own_species if species is None else species
            radii = own_radii if radii is None else radii
            if cell is None:
                cell, pbc = own_cell, (own_pbc if pbc is None else pbc)
        x = checked_positions(positions)
        n, d = x.shape
        box, periods = checked_cell(cell, pbc, d)
        values: dict[str, Any] = {
            "_positions": _frozen(x),
            "_species": _frozen(checked_species(species, n)),
            "_cell": None if box is None else _frozen(box),
            "_pbc": periods,
            "_radii": None if radii is None else _frozen(checked_radii(radii, n)),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    # -- the data ----------------------------------------------------------------------------------------------------------

    @property
    def positions(self) -> FloatArray:
        """(n, d) float64, Å, read-only."""
        return self._positions

    @property
    def species(self) -> StrArray:
        """(n,) str, read-only; "X" where unknown."""
        return self._species

    @property
    def cell(self) -> FloatArray | None:
        """(d, d) float64, Å, lattice vectors as rows, read-only; None without a cell."""
        return self._cell

    @property
    def pbc(self) -> tuple[bool, ...]:
        """Which of the d lattice vectors are periods."""
        return self._pbc

    @property
    def radii(self) -> FloatArray | None:
        """(n,) float64, Å, read-only; None when not given."""
        return self._radii

    # -- what follows from it ----------------------------------------------------------------------------------------------

    @property
    def composition(self) -> dict[str, int]:
        """Number of atoms of each species, in alphabetical order of the species."""
        return dict(sorted(Counter(self._species.tolist()).items()))

    @property
    def formula(self) -> str:
        """Species and their numbers, ``"O432Si216"``; labels that contain more than letters are set apart, ``"1×432 2×216"``."""
        counts = self.composition
        if all(name.isalpha() for name in counts):
            return "".join(name if count == 1 else f"{name}{count}" for name, count in counts.items())
        return " ".join(f"{name}×{count}" for name, count in counts.items())

    @property
    def volume(self) -> float:
        """Volume of the cell in Å³ (area in Å² in two dimensions).

        Raises
        ------
        ValueError
            Without a cell that is periodic in all directions.
        """
        if self._cell is None or not all(self._pbc):
            raise ValueError("no volume: it needs a cell that is periodic in all directions; give cell= and pbc=True")
        return float(abs(np.linalg.det(self._cell)))

    @property
    def density(self) -> float:
        """Mass density in g/cm³, with the standard atomic weights.

        Raises
        ------
        ValueError
            In two dimensions, without a cell that is periodic in all directions, or with species that are no elements.
        """
        if self._positions.shape[1] != 3:
            raise ValueError("no density: the structure is two-dimensional")
        volume = self.volume
        from ase.data import atomic_masses, atomic_numbers  # here and not above: reading a structure need not load ase

        unknown = [name for name in self.composition if atomic_numbers.get(name, 0) == 0]
        if unknown:
            raise ValueError(f"no density: {unknown[0]!r} is no chemical element; give species= with element symbols")
        mass = sum(count * float(atomic_masses[atomic_numbers[name]]) for name, count in self.composition.items())
        return mass / volume * _DALTON

    def to_ase(self) -> Any:
        """Return the structure as ``ase.Atoms``.

        Two dimensions become the plane z = 0 with a zero third lattice vector; species that are no elements become ``"X"``.
        Radii have no place there and stay behind.
        """
        from ase import Atoms
        from ase.data import atomic_numbers

        n, d = self._positions.shape
        x = np.zeros((n, 3))
        x[:, :d] = self._positions
        box = np.zeros((3, 3))
        if self._cell is not None:
            box[:d, :d] = self._cell
        symbols = [name if name in atomic_numbers else "X" for name in self._species.tolist()]
        return Atoms(symbols, positions=x, cell=box, pbc=self._pbc + (False,) * (3 - d))

    # -- as a value --------------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self._positions.shape[0])

    def __repr__(self) -> str:
        n, d = self._positions.shape
        if all(self._pbc):
            period = "periodic"
        elif any(self._pbc):
            period = "periodic along " + ", ".join(axis for axis, on in zip("abc", self._pbc, strict=False) if on)
        else:
            period = "open"
        formula = self.formula
        shown = formula if len(formula) <= 40 else f"{len(self.composition)} species"
        return f"Structure({shown}, {'2D, ' if d == 2 else ''}{period}, {n} atom{'' if n == 1 else 's'})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Structure):
            return NotImplemented
        return (
            self._pbc == other._pbc
            and np.array_equal(self._positions, other._positions)
            and np.array_equal(self._species, other._species)
            and _same(self._cell, other._cell)
            and _same(self._radii, other._radii)
        )

    def __hash__(self) -> int:
        return hash((self._pbc, self._positions.tobytes(), tuple(self._species.tolist())))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Structure is immutable; make a new one: Structure(s, {name}=...)")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Structure is immutable")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._positions, self._species, self._cell, self._pbc, self._radii)


def as_structure(obj: Any) -> Structure:
    """Return `obj` itself if it is a `Structure`, else the `Structure` made from it (see `Structure` for what is understood)."""
    return obj if isinstance(obj, Structure) else Structure(obj)


def _brought(obj: Any) -> Parts | None:
    if isinstance(obj, Structure):
        return obj.positions, obj.species, obj.cell, obj.pbc, obj.radii
    return from_library(obj)


def _rebuild(positions: Any, species: Any, cell: Any, pbc: Any, radii: Any) -> Structure:
    return Structure(positions, species, cell=cell, pbc=pbc, radii=radii)


def _same(a: FloatArray | None, b: FloatArray | None) -> bool:
    return (a is b) if a is None or b is None else np.array_equal(a, b)


def _frozen(array: Any) -> Any:
    array.flags.writeable = False
    return array
