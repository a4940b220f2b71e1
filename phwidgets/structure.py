"""Structure: atoms as every other part of the package sees them.

Positions, species, cell, periodicity and radii, checked once and then frozen. Structures of other libraries are recognised by
the name of the module that defines their class, so that none of those libraries is imported here.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
StrArray = NDArray[np.str_]

LARGEST = 1e100  # Å; squares and determinants of anything beyond come near the end of float64
LONGEST_NAME = 32  # characters; a species is a label, and n copies of a long one would fill the memory
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
        foreign = _from_library(positions)
        if foreign is not None:
            positions, own_species, own_cell, own_pbc, own_radii = foreign
            species = own_species if species is None else species
            radii = own_radii if radii is None else radii
            if cell is None:
                cell, pbc = own_cell, (own_pbc if pbc is None else pbc)
        x = _positions(positions)
        n, d = x.shape
        box, periods = _cell_and_pbc(cell, pbc, d)
        values: dict[str, Any] = {
            "_positions": _frozen(x),
            "_species": _frozen(_species(species, n)),
            "_cell": None if box is None else _frozen(box),
            "_pbc": periods,
            "_radii": None if radii is None else _frozen(_radii(radii, n)),
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


def _rebuild(positions: Any, species: Any, cell: Any, pbc: Any, radii: Any) -> Structure:
    return Structure(positions, species, cell=cell, pbc=pbc, radii=radii)


def _same(a: FloatArray | None, b: FloatArray | None) -> bool:
    return (a is b) if a is None or b is None else np.array_equal(a, b)


def _frozen(array: Any) -> Any:
    array.flags.writeable = False
    return array


# -- checks ------------------------------------------------------------------------------------------------------------------


def _numbers(values: Any, what: str) -> FloatArray:
    """Return a fresh, contiguous float64 copy of `values`, finite and of sane size, or raise a ValueError that names `what`."""
    if isinstance(values, np.ma.MaskedArray) and np.any(values.mask):
        raise ValueError(f"{what} has masked entries; fill or drop them first")
    try:
        raw = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:  # ragged lists, and what a foreign __array__ raises
        raise ValueError(f"{what} is no array of numbers ({error})") from None
    if raw.dtype.kind not in "fiu":
        raise ValueError(f"{what} must hold real numbers, got {type(values).__name__} with entries of type {raw.dtype}")
    out = np.array(raw, dtype=np.float64, order="C")
    out += 0.0  # no negative zeros: equal structures then have equal bytes
    bad = ~(np.abs(out) <= LARGEST)
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        where = f"{what}[{', '.join(map(str, index))}]"
        if np.isfinite(out[index]):
            raise ValueError(f"{where} is {out[index]:g}: beyond {LARGEST:g} Å nothing can be computed; check the unit")
        raise ValueError(f"{where} is {out[index]:g} ({int(bad.sum())} such values); remove or repair these atoms first")
    return out


def _positions(values: Any) -> FloatArray:
    if isinstance(values, str | bytes | dict) or hasattr(values, "__fspath__"):
        raise ValueError(f"positions must be an array or a structure, got {type(values).__name__}; read_structure() opens files")
    x = _numbers(values, "positions")
    if x.ndim != 2 or x.shape[1] not in (2, 3):
        if x.size == 0:
            raise ValueError(f"no atoms: positions has shape {x.shape}")
        hint = "; transpose it" if x.ndim == 2 and x.shape[0] in (2, 3) else ""
        raise ValueError(f"positions must have shape (n, 2) or (n, 3), got {x.shape}{hint}")
    if len(x) == 0:
        raise ValueError(f"no atoms: positions has shape {x.shape}")
    return x


def _species(values: Any, n: int) -> StrArray:
    if values is None:
        return np.full(n, "X")
    if isinstance(values, str | bytes):
        raise ValueError(f"species must be one name per atom, got the single text {values[:40]!r}; write [{values[:8]!r}] * n")
    names = list(values)
    if len(names) != n:
        raise ValueError(f"species has {len(names)} entries for {n} atoms; give one per atom")
    if all(isinstance(name, int | np.integer) and not isinstance(name, bool) for name in names):
        names = _symbols(names)
    for i, name in enumerate(names):
        if not isinstance(name, str):
            raise ValueError(f"species[{i}] is {type(name).__name__}, not a name; give str or atomic numbers")
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise ValueError(f"species[{i}] is no name of at most {LONGEST_NAME} printable characters: {name[:40]!r}")
    return np.array([name.strip() or "X" for name in names], dtype=np.str_)


def _symbols(numbers: list[int]) -> list[str]:
    from ase.data import chemical_symbols

    for i, number in enumerate(numbers):
        if not 0 <= number < len(chemical_symbols):
            raise ValueError(f"species[{i}] is {number}, which is no atomic number; give names as str")
    return [chemical_symbols[number] for number in numbers]


def _radii(values: ArrayLike, n: int) -> FloatArray:
    radii = _numbers(values, "radii")
    if radii.shape != (n,):
        raise ValueError(f"radii has shape {radii.shape} for {n} atoms; give one radius per atom")
    if (radii < 0).any():
        i = int(np.argmax(radii < 0))
        raise ValueError(f"radii[{i}] is {radii[i]:g}: a radius cannot be negative (and radii are never squared)")
    return radii


def _cell_and_pbc(cell: ArrayLike | None, pbc: Any, d: int) -> tuple[FloatArray | None, tuple[bool, ...]]:
    asked: list[bool] | None = None
    if pbc is not None:
        flags = np.asarray(pbc)
        if flags.shape not in ((), (d,)) or not np.isin(flags, (0, 1)).all():
            raise ValueError(f"pbc must be one bool or {d} of them, got {pbc!r}")
        asked = [bool(flag) for flag in np.broadcast_to(flags, (d,))]
    box = None
    if cell is not None:
        box = _numbers(cell, "cell")
        if box.shape == (d,):
            box = np.diag(box)
        if box.shape != (d, d):
            raise ValueError(f"cell must have shape ({d}, {d}), rows are lattice vectors, or ({d},), the edges; got {box.shape}")
    if box is None or not box.any():
        if asked and any(asked):
            raise ValueError("pbc asks for periods but there is no cell; give cell= or pbc=False")
        return None, (False,) * d
    given = [bool(row.any()) for row in box]
    periods = given if asked is None else asked
    for i in range(d):
        if periods[i] and not given[i]:
            raise ValueError(f"pbc[{i}] is True but lattice vector cell[{i}] is zero; give its vector or set pbc[{i}] to False")
    return _completed(box, np.array(given)), tuple(periods)


def _completed(box: FloatArray, given: NDArray[np.bool_]) -> FloatArray:
    """Replace zero rows by unit vectors orthogonal to the other rows, right-handed; raise if the other rows are dependent."""
    directions = box[given] / np.abs(box[given]).max(axis=1, keepdims=True)  # scaled twice: squares of 1e-200 are zero
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    _, sizes, basis = np.linalg.svd(directions)
    if sizes[-1] < 1e-8:
        raise ValueError("cell is singular: its lattice vectors lie in one plane or line; give independent vectors or zero rows")
    missing = np.flatnonzero(~given)
    if len(missing):
        box[missing] = basis[len(directions) :]
        if np.linalg.det(box) < 0:
            box[missing[-1]] *= -1
    return np.ascontiguousarray(box + 0.0)


# -- other libraries ---------------------------------------------------------------------------------------------------------

_Parts = tuple[Any, Any, Any, Any, Any]  # positions, species, cell, pbc, radii


def _from_library(obj: Any) -> _Parts | None:
    if isinstance(obj, Structure):
        return obj.positions, obj.species, obj.cell, obj.pbc, obj.radii
    homes = {base.__module__.partition(".")[0] for base in type(obj).__mro__}
    if "ase" in homes and hasattr(obj, "get_chemical_symbols"):
        return np.asarray(obj.positions), obj.get_chemical_symbols(), np.asarray(obj.cell), np.asarray(obj.pbc), None
    if "pymatgen" in homes and hasattr(obj, "cart_coords"):
        return _from_pymatgen(obj)
    if "MDAnalysis" in homes and hasattr(obj, "atoms"):
        return _from_mdanalysis(obj.atoms)
    if homes & {"ase", "pymatgen", "MDAnalysis"}:
        raise ValueError(f"cannot make a Structure from {type(obj).__module__}.{type(obj).__name__}; pass the object that holds the atoms")
    return None


def _from_pymatgen(obj: Any) -> _Parts:
    names = []
    for i, site in enumerate(obj):
        kinds = dict(site.species.items())  # species -> occupancy
        if len(kinds) != 1 or abs(sum(kinds.values()) - 1) > 1e-6:
            raise ValueError(f"site {i} is partly occupied ({site.species}); make an ordered structure of it first")
        kind = next(iter(kinds))
        names.append(str(getattr(kind, "symbol", kind)))
    lattice = getattr(obj, "lattice", None)
    cell = None if lattice is None else np.asarray(lattice.matrix)
    pbc = None if lattice is None else getattr(lattice, "pbc", (True, True, True))
    return np.asarray(obj.cart_coords), names, cell, pbc, None


def _from_mdanalysis(atoms: Any) -> _Parts:
    size = atoms.dimensions
    cell = None if size is None or not np.all(np.asarray(size)[:3]) else cell_from_lengths(*np.asarray(size, dtype=np.float64))
    return np.asarray(atoms.positions, dtype=np.float64), _mdanalysis_names(atoms), cell, None, None


def _mdanalysis_names(atoms: Any) -> list[str]:
    """Elements where the topology has them, else the types or names, the first letters of which are the element."""

    def column(name: str) -> list[str]:
        try:
            return [str(value) for value in getattr(atoms, name)]
        except (AttributeError, ValueError):  # MDAnalysis raises NoDataError, which is both
            return [""] * len(atoms.positions)

    names = []
    for element, kind, name in zip(column("elements"), column("types"), column("names"), strict=True):
        label = element or kind or name
        names.append(element.capitalize() if element else element_of_label(label) or label)
    return names


def element_of_label(label: str) -> str | None:
    """Return the element that an atom's label begins with, ``"OW1"`` → ``"O"``, ``"Si2"`` → ``"Si"``, or None if there is none.

    A second letter counts only in lower case, because ``"CA"`` is the alpha carbon of a protein far more often than calcium.
    """
    from ase.data import atomic_numbers

    text = label.strip().lstrip("0123456789")
    for width in (2, 1):
        head = text[:width]
        if len(head) == width and atomic_numbers.get(head, 0) > 0:
            return head
    return None


def cell_from_lengths(a: float, b: float, c: float, alpha: float, beta: float, gamma: float) -> FloatArray:
    """Lattice vectors (3, 3) from lengths and angles in degrees, a along x and b in the xy plane."""
    if alpha == beta == gamma == 90:
        return np.diag([a, b, c]).astype(np.float64)
    ca, cb, cg = np.cos(np.radians([alpha, beta, gamma]))
    sg = np.sin(np.radians(gamma))
    cy = (ca - cb * cg) / sg
    height = 1 - cb * cb - cy * cy
    if not height > 0:
        raise ValueError(f"no cell has the angles {alpha:g}, {beta:g}, {gamma:g}")
    return np.array([[a, 0, 0], [b * cg, b * sg, 0], [c * cb, c * cy, c * np.sqrt(height)]], dtype=np.float64)
