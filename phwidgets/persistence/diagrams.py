"""The diagrams of all degrees of one input, and their file."""

from __future__ import annotations

import json
import operator
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..image import Image
from ..structure import Structure
from .cubical_source import Cubical
from .diagram import _COLUMNS, Diagram

FORMAT = 2  # 1 knew no images; files without one are still written as such
_IMAGE = ("spacing", "unit", "value_unit", "origin", "name")
_FILTRATION = ("filtration", "construction", "periodic")
LARGEST_RATIO = 200  # an honest file of ours is never packed tighter than this


class Diagrams(Mapping[int, Diagram]):
    """Persistence diagrams by degree: ``dgms[1]`` are the rings.

    Attributes
    ----------
    source : Structure, Image or array
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
        """Write everything to an .npz file that ``load_diagrams`` reads.

        The structure or image is included, but no other array: neither a distance matrix nor an image of more than three dimensions.
        """
        about: dict[str, Any] = {"format": 1, "unit": self.unit, "resolution": self.resolution, "degrees": self.degrees}
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
        plain: dict[str, Any] = {}
        filtration = next((d.filtration for d in self.values()), None)
        if filtration is not None:
            about |= {"format": FORMAT, "filtration": _fields(filtration, _FILTRATION)}
            plain |= {} if filtration.mask is None else {"mask": filtration.mask}
        if isinstance(self.source, Image):
            about |= {"format": FORMAT, "image": _fields(self.source, _IMAGE)}
            plain["samples"] = self.source.values
        with zipfile.ZipFile(Path(path), "w") as file:
            _write(file, {"about": np.array(json.dumps(about)), **arrays}, zipfile.ZIP_DEFLATED)
            _write(file, plain, zipfile.ZIP_STORED)  # an empty image would be packed as tightly as an archive that is a trap


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
        source: Any = None
        if "positions" in data:
            source = Structure(
                data["positions"],
                data["species"].tolist(),
                cell=data.get("cell"),
                pbc=data["pbc"].tolist() if "cell" in data else None,
                radii=data.get("radii"),
            )
        if "image" in about:
            source = Image(data["samples"], **about["image"])
        how = _filtration(about["filtration"], data.get("mask")) if "filtration" in about else None
        diagrams = {
            k: Diagram(
                degree=k,
                unit=about["unit"],
                source=source,
                filtration=how,
                **{c: data[f"{c}_{k}"] for c in _COLUMNS if f"{c}_{k}" in data},
            )
            for k in about["degrees"]
        }
        counted = {k: data[f"multiplicity_{k}"] for k in diagrams if f"multiplicity_{k}" in data}
        return Diagrams(diagrams, source=source, unit=about["unit"], resolution=about["resolution"], multiplicities=counted or None)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, OSError) as error:
        raise ValueError(f"{path.name} is not a file of persistence diagrams saved by phwidgets: {error}") from error


def _fields(thing: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}


def _filtration(about: dict[str, Any], mask: Any) -> Cubical:
    return Cubical(str(about["filtration"]), str(about["construction"]), tuple(bool(p) for p in about["periodic"]), mask)


def _write(file: zipfile.ZipFile, arrays: dict[str, Any], how: int) -> None:
    """Write members as ``numpy.savez`` does."""
    for name, array in arrays.items():
        entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
        entry.compress_type = how
        with file.open(entry, "w", force_zip64=True) as member:
            np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)  # type: ignore[no-untyped-call]


def _refuse_bombs(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        declared = sum(entry.file_size for entry in archive.infolist())
    limit = max(1 << 26, LARGEST_RATIO * path.stat().st_size)
    if declared > limit:
        raise ValueError(f"it declares {declared / 1e9:.1f} GB in a file of {path.stat().st_size / 1e6:.1f} MB")


def checked_degrees(degrees: Iterable[int] | None, number: int, what: str) -> list[int]:
    """The degrees that are asked for, ascending, all below ``number`` by default; raises ValueError for others."""
    possible = list(range(number))
    if degrees is None:
        return possible
    try:
        wanted = sorted({operator.index(k) for k in degrees})
    except TypeError as error:
        raise ValueError(f"degrees must be a list of degrees among {possible}, not {degrees!r}") from error
    if not wanted or not set(wanted) <= set(possible):
        raise ValueError(f"degrees must be among {possible} for this {what}, not {wanted}")
    return wanted
