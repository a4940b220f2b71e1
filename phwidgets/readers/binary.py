"""XTC and DCD trajectories, through the readers of MDAnalysis where it is installed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from phwidgets.readers.source import name_of
from phwidgets.structure import Structure, as_structure, cell_from_lengths

KINDS = {"xtc", "dcd"}
_ANGSTROMS = 10.0  # of one nm, the unit of XTC


def binary_kind(path: Any, format: str | None) -> str | None:
    """``"xtc"`` or ``"dcd"`` if the input is one of them by name or by `format`, else None."""
    kind = format.lower() if isinstance(format, str) else os.path.splitext(name_of_or_empty(path))[1].lower().removeprefix(".")
    return kind if kind in KINDS else None


def name_of_or_empty(path: Any) -> str:
    """Name of the input, or nothing where it has none."""
    try:
        return name_of(path)
    except ValueError:
        return ""


@dataclass(frozen=True)
class BinaryFrames:
    """The frames of an XTC or DCD file."""

    path: Path
    kind: str
    species: tuple[str, ...] | None
    count: int

    def __len__(self) -> int:
        return self.count

    def frame(self, number: int) -> BinaryFrame:
        """One of them."""
        return BinaryFrame(self.path, self.kind, number, self.species)


@dataclass(frozen=True)
class BinaryFrame:
    """One frame of an XTC or DCD file."""

    path: Path
    kind: str
    number: int
    species: tuple[str, ...] | None

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    def read(self) -> Structure:
        """The atoms; a damaged frame raises a ValueError."""
        return self._read()[0]

    def facts(self) -> dict[str, Any]:
        """The time of an XTC frame."""
        return self._read()[1]

    def bytes(self) -> bytes:
        """What identifies the content: positions and cell."""
        structure = self.read()
        cell = b"" if structure.cell is None else structure.cell.tobytes()
        return b"\0".join([structure.positions.tobytes(), cell, "\0".join(structure.species.tolist()).encode()])

    def _read(self) -> tuple[Structure, dict[str, Any]]:
        try:
            x, cell, facts = _READ[self.kind](self.path, self.number)
            structure = Structure(x, self.species, cell=cell)
        except (OSError, ValueError, EOFError, IndexError, RuntimeError) as error:
            raise ValueError(f"could not read frame {self.number} of {self.path.name!r}: {error}") from error
        return structure, facts


def binary_frames(path: Any, kind: str, species: Any) -> BinaryFrames:
    """The frames of a file of this kind."""
    if not isinstance(path, str | os.PathLike):
        raise ValueError(f"{kind.upper()} is read from a path only, not from {type(path).__name__}: write it into a file first")
    place = Path(os.fsdecode(path)).expanduser().resolve()
    if not place.is_file():
        raise FileNotFoundError(f"there is no file {os.fsdecode(path)!r} (working directory {os.getcwd()!r})")
    try:
        count = _COUNT[kind](place)
    except ModuleNotFoundError as error:
        raise ValueError(f"{kind.upper()} is read by MDAnalysis, which is not installed: pip install MDAnalysis") from error
    except (OSError, ValueError, EOFError, RuntimeError) as error:
        raise ValueError(f"could not read {place.name!r} as {kind.upper()}: {error}") from error
    if not count:
        raise ValueError(f"could not read {place.name!r} as {kind.upper()}: it holds no frames")
    names = None if species is None else tuple(as_structure(species).species.tolist() if hasattr(species, "positions") else species)
    return BinaryFrames(place, kind, names, count)


@lru_cache(maxsize=8)
def _offsets(path: Path, _changed: float) -> Any:
    from MDAnalysis.lib.formats.libmdaxdr import XTCFile

    with XTCFile(str(path)) as file:
        return file.offsets


def _count_xtc(path: Path) -> int:
    return len(_offsets(path, path.stat().st_mtime))


def _read_xtc(path: Path, number: int) -> tuple[Any, Any, dict[str, Any]]:
    from MDAnalysis.lib.formats.libmdaxdr import XTCFile

    with XTCFile(str(path)) as file:
        file.set_offsets(_offsets(path, path.stat().st_mtime))
        file.seek(number)
        frame = file.read()
    cell = np.asarray(frame.box, float) * _ANGSTROMS
    return np.asarray(frame.x, float) * _ANGSTROMS, cell if cell.any() else None, {"time_ps": float(frame.time)}


def _count_dcd(path: Path) -> int:
    from MDAnalysis.lib.formats.libdcd import DCDFile

    with DCDFile(str(path)) as file:
        return len(file)


def _read_dcd(path: Path, number: int) -> tuple[Any, Any, dict[str, Any]]:
    from MDAnalysis.coordinates.DCD import DCDReader

    with DCDReader(str(path)) as reader:
        step = reader[number]
        size = None if step.dimensions is None else np.asarray(step.dimensions, float)
        x = np.array(step.positions, float)
    return x, None if size is None or not size[:3].all() else cell_from_lengths(*size), {}


_COUNT = {"xtc": _count_xtc, "dcd": _count_dcd}
_READ = {"xtc": _read_xtc, "dcd": _read_dcd}
