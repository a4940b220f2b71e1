"""What a `Structure` accepts: positions, species, cell, periods and radii as new arrays, or a ValueError that names what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
StrArray = NDArray[np.str_]

LARGEST = 1e100  # Å; squares and determinants of anything beyond come near the end of float64
LONGEST_NAME = 32  # characters; a species is a label, and n copies of a long one would fill the memory


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


def checked_positions(values: Any) -> FloatArray:
    """(n, 2) or (n, 3) float64, n > 0; raises ValueError."""
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


def checked_species(values: Any, n: int) -> StrArray:
    """(n,) str, "X" where no name is given; raises ValueError."""
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


def checked_radii(values: ArrayLike, n: int) -> FloatArray:
    """(n,) float64, none negative; raises ValueError."""
    radii = _numbers(values, "radii")
    if radii.shape != (n,):
        raise ValueError(f"radii has shape {radii.shape} for {n} atoms; give one radius per atom")
    if (radii < 0).any():
        i = int(np.argmax(radii < 0))
        raise ValueError(f"radii[{i}] is {radii[i]:g}: a radius cannot be negative (and radii are never squared)")
    return radii


def checked_cell(cell: ArrayLike | None, pbc: Any, d: int) -> tuple[FloatArray | None, tuple[bool, ...]]:
    """Lattice vectors (d, d), those that are zero completed, None without a cell, and which are periods; raises ValueError."""
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
