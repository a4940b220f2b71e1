"""The diagrams of all degrees of one input, and their file."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..structure import Structure
from .diagram import _COLUMNS, Diagram

FORMAT = 1
LARGEST_RATIO = 200  # an honest file of ours is never packed tighter than this


class Diagrams(Mapping[int, Diagram]):
    """Persistence diagrams by degree: ``dgms[1]`` are the rings.

    Attributes
    ----------
    source : Structure
        What they were computed from.
    unit : str
        Unit of births and deaths.
    resolution : float
        In this unit; pairs whose radii differ by less could not be told from rounding and are left out.
    multiplicities : dict of (n,) int arrays, or None
        Of a supercell only, by degree: how many rows have the same birth and death as each, within the resolution.
    """

    def __init__(
        self,
        diagrams: Mapping[int, Diagram],
        *,
        source: Any,
        unit: str,
        resolution: float,
        multiplicities: Mapping[int, Any] | None = None,
    ) -> None:
        self._diagrams = dict(sorted(diagrams.items()))
        self.multiplicities = multiplicities
        self.source, self.unit, self.resolution = source, unit, resolution

    @property
    def degrees(self) -> list[int]:
        """Degrees that were computed."""
        return list(self._diagrams)

    def __getitem__(self, degree: int) -> Diagram:
        if degree not in self._diagrams:
            raise KeyError(f"degree {degree} was not computed; there are {self.degrees}")
        return self._diagrams[degree]

    def __iter__(self) -> Iterator[int]:
        return iter(self._diagrams)

    def __len__(self) -> int:
        return len(self._diagrams)

    def __repr__(self) -> str:
        sizes = ", ".join(f"PD{k}: {len(d)}" for k, d in self.items())
        return f"Diagrams({sizes}; unit {self.unit})"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything, the structure included (but no distance matrix), to an .npz file that ``load_diagrams`` reads."""
        about = {"format": FORMAT, "unit": self.unit, "resolution": self.resolution, "degrees": self.degrees}
        arrays: dict[str, Any] = {}
        for k, d in self.items():
            for name in _COLUMNS:
                column = getattr(d, name)
                if not (name.endswith("offset") and not column.any()):  # zeros are not worth their space
                    arrays[f"{name}_{k}"] = column
            if self.multiplicities is not None:
                arrays[f"multiplicity_{k}"] = self.multiplicities[k]
        if isinstance(self.source, Structure):
            s = self.source
            arrays |= {"positions": s.positions, "species": np.asarray(s.species, np.str_), "pbc": np.asarray(s.pbc)}
            arrays |= {} if s.cell is None else {"cell": s.cell}
            arrays |= {} if s.radii is None else {"radii": s.radii}
        with Path(path).open("wb") as file:  # a file object keeps NumPy from changing the name
            np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)


def load_diagrams(path: str | os.PathLike[str]) -> Diagrams:
    """Read diagrams written by ``Diagrams.save``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no file of ours, or declares more data than it can hold.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    try:
        _refuse_bombs(path)
        with np.load(path, allow_pickle=False) as file:
            data = {name: file[name] for name in file.files}
        about = json.loads(str(data["about"]))
        if about["format"] > FORMAT:
            raise ValueError("it was written by a newer version of phwidgets: update this one")
        source = None
        if "positions" in data:
            source = Structure(
                data["positions"],
                data["species"].tolist(),
                cell=data.get("cell"),
                pbc=data["pbc"].tolist() if "cell" in data else None,
                radii=data.get("radii"),
            )
        diagrams = {
            k: Diagram(degree=k, unit=about["unit"], source=source, **{c: data[f"{c}_{k}"] for c in _COLUMNS if f"{c}_{k}" in data})
            for k in about["degrees"]
        }
        counted = {k: data[f"multiplicity_{k}"] for k in diagrams if f"multiplicity_{k}" in data}
        return Diagrams(diagrams, source=source, unit=about["unit"], resolution=about["resolution"], multiplicities=counted or None)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, OSError) as error:
        raise ValueError(f"{path.name} is not a file of persistence diagrams saved by phwidgets: {error}") from error


def _refuse_bombs(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        declared = sum(entry.file_size for entry in archive.infolist())
    limit = max(1 << 26, LARGEST_RATIO * path.stat().st_size)
    if declared > limit:
        raise ValueError(f"it declares {declared / 1e9:.1f} GB in a file of {path.stat().st_size / 1e6:.1f} MB")
