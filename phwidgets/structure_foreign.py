"""Atoms of other libraries: what an ase, pymatgen or MDAnalysis object holds, told by the module that defines its class.

None of those libraries is imported here for it: an object of one of them brings everything that is needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CAPITALS = {"BR", "CL", "CU", "FE", "SE", "SI"}  # no names of other atoms in proteins or ligands

Parts = tuple[Any, Any, Any, Any, Any]  # positions, species, cell, pbc, radii


def from_library(obj: Any) -> Parts | None:
    """What an object of another library holds, None for what comes from none of them.

    Raises
    ------
    ValueError
        For an object of one of them that holds no atoms, or atoms that are partly there.
    """
    homes = {base.__module__.partition(".")[0] for base in type(obj).__mro__}
    if "ase" in homes and hasattr(obj, "get_chemical_symbols") and hasattr(obj, "cell"):
        return np.asarray(obj.positions), obj.get_chemical_symbols(), np.asarray(obj.cell), np.asarray(obj.pbc), None
    if "pymatgen" in homes and hasattr(obj, "cart_coords"):
        return _from_pymatgen(obj)
    if "MDAnalysis" in homes and hasattr(obj, "atoms"):
        return _from_mdanalysis(obj.atoms)
    if homes & {"ase", "pymatgen", "MDAnalysis"}:
        raise ValueError(f"cannot make a Structure from {type(obj).__module__}.{type(obj).__name__}; pass the object that holds the atoms")
    return None


def _from_pymatgen(obj: Any) -> Parts:
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


def _from_mdanalysis(atoms: Any) -> Parts:
    try:
        size = atoms.dimensions
    except AttributeError:
        raise ValueError("these atoms have no coordinates: load a trajectory, as in Universe(topology, trajectory)") from None
    cell = None if size is None or not np.all(np.asarray(size)[:3]) else cell_from_lengths(*np.asarray(size, dtype=np.float64))
    return np.asarray(atoms.positions, dtype=np.float64), _mdanalysis_names(atoms), cell, None, None


def _mdanalysis_names(atoms: Any) -> list[str]:
    """Elements where the topology has them, else the types or names, the first letters of which are the element."""

    def column(name: str) -> list[str]:
        try:
            return [str(value) for value in getattr(atoms, name)]
        except (AttributeError, ValueError):  # MDAnalysis raises NoDataError, which is both
            return [""] * len(atoms.positions)

    return [_mdanalysis_name(*labels) for labels in zip(column("elements"), column("types"), column("names"), strict=True)]


def _mdanalysis_name(element: str, kind: str, name: str) -> str:
    if element:
        return element.capitalize()
    named = element_of_label(name) or ""
    if len(named) == 2:  # "Si1" leaves no doubt; a type, guessed or of a force field, is in capitals
        return named
    return element_of_label(kind or name) or kind or name


def element_of_label(label: str) -> str | None:
    """Return the element that an atom's label begins with, ``"OW1"`` → ``"O"``, ``"Si2"`` → ``"Si"``, or None if there is none.

    A second letter counts in lower case. In capitals it counts where nothing else can be meant, ``"ZR"`` or ``"SI"``, because ``"CA"``
    is the alpha carbon of a protein far more often than calcium.
    """
    from ase.data import atomic_numbers

    text = label.strip().lstrip("0123456789")
    for width in (2, 1):
        head = text[:width]
        if len(head) == width and atomic_numbers.get(head, 0) > 0:
            if width == 1 and text[:2] in CAPITALS:
                break
            return head
    head = text[:2].capitalize()
    return head if text[:2].isupper() and len(head) == 2 and atomic_numbers.get(head, 0) > 0 else None


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
