"""read_trajectory: many configurations of one file, read when they are asked for."""

from __future__ import annotations

import io
import operator
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, overload

import numpy as np
from numpy.typing import NDArray

from phwidgets.readers.atoms import READERS
from phwidgets.readers.binary import BinaryFrame, binary_frames, binary_kind
from phwidgets.readers.formats import FORMATS, checked_format, guess_format
from phwidgets.readers.scan import LONGEST_HEAD, FrameTable, is_trajectory, scan
from phwidgets.readers.source import Source, decoded, first_lines, name_of, open_stream, unpacked
from phwidgets.structure import Structure

_FACT = re.compile(r"([A-Za-z_][\w\-]*)\s*=\s*(\"[^\"]*\"|'[^']*'|\S+)")
_NO_FACTS = {"lattice", "properties", "pbc"}


def read_trajectory(path: Any, *, format: str | None = None, species: Any = None) -> Trajectory:
    r"""Open a trajectory: a sequence of structures, each of which is read when it is asked for.

    Parameters
    ----------
    path : str, path-like, bytes, open file, or the value of an ``ipywidgets.FileUpload``
        XYZ and extended XYZ, a LAMMPS text dump, a VASP XDATCAR; ``.gz`` is unpacked into memory. XTC and DCD need a path, and the
        package MDAnalysis.
    format : str, optional
        ``"xyz"``, ``"extxyz"``, ``"lammps-dump-text"``, ``"vasp-xdatcar"``, ``"xtc"`` or ``"dcd"``. By default it is
        found from the name and the first lines.
    species : sequence of n str, or Structure, optional
        What each atom is, for XTC and DCD, which do not say it; ``"X"`` otherwise.

    Returns
    -------
    Trajectory
        ``len``, indexing, slicing and iteration; a slice is a trajectory too. Cell, number and kinds of atoms may differ between frames.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is no trajectory, or holds no frames. A frame that is damaged raises when it is asked for, naming its number and its
        line; the others are read all the same.

    Notes
    -----
    The file is passed through once, a few megabytes at a time, to find where the frames begin; nothing is parsed then and nothing but
    these places is kept. An XYZ frame whose lines are not as many as it declares ends where the next line that is a number begins.

    Examples
    --------
    >>> content = b"1\nt=0\nSi 0 0 0\n1\nt=1\nSi 0 0 1\n"
    >>> quench = read_trajectory(content, format="xyz")
    >>> quench
    Trajectory(2 frames, <bytes>, XYZ and extended XYZ)
    >>> quench[-1].positions.tolist(), quench.facts(-1)
    ([[0.0, 0.0, 1.0]], {'t': 1.0})
    """
    kind = binary_kind(path, format)
    if kind is not None:
        frames = binary_frames(path, kind, species)
        return Trajectory(frames, name=name_of(path), kind=kind, size=len(frames))
    if species is not None:
        raise ValueError("species is for XTC and DCD, which do not say what the atoms are; this format does")
    wanted = None if format is None else checked_format(format)
    with open_stream(path) as stream:
        source = unpacked(Source(name_of(path), stream))
        kind = wanted or guess_format(source.name, first_lines(source))
        if not is_trajectory(kind):
            raise ValueError(
                f"{source.name!r} is read as {FORMATS[kind]}, of which no trajectories are read, only XYZ, LAMMPS dumps, XDATCAR, XTC and "
                f"DCD; read_structure(path, frame=i) reads one configuration"
            )
        table = scan(source, kind)
        in_file = source.stream is stream and isinstance(path, str | os.PathLike)
        content = None if in_file else _content(source)
    place = Path(os.fsdecode(path)).expanduser().resolve() if in_file else None
    return Trajectory(_TextFrames(source.name, kind, table, place, content), name=source.name, kind=kind, size=len(table.offset))


def _content(source: Source) -> bytes:
    source.stream.seek(0)
    return source.stream.read()


class Trajectory(Sequence[Structure]):
    """Configurations of a file in their order, read when they are asked for; made by `read_trajectory`."""

    def __init__(self, frames: Any, *, name: str, kind: str, size: int, rows: NDArray[np.int64] | None = None) -> None:
        self._frames, self._name, self._kind = frames, name, kind
        self._rows = np.arange(size) if rows is None else rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Structure: ...
    @overload
    def __getitem__(self, index: slice) -> Trajectory: ...
    def __getitem__(self, index: int | slice) -> Structure | Trajectory:
        if isinstance(index, slice):
            return Trajectory(self._frames, name=self._name, kind=self._kind, size=len(self), rows=self._rows[index])
        return self.frame(index).read()

    def frame(self, index: int) -> Frame | BinaryFrame:
        """Where a frame is, without reading it: what `compute_many` passes to its workers."""
        place = operator.index(index)
        if not -len(self) <= place < len(self):
            raise IndexError(f"{self._name!r} has {len(self)} frames and so no frame {place}: 0 to {len(self) - 1}, or -1 for the last")
        frame: Frame | BinaryFrame = self._frames.frame(int(self._rows[place]))
        return frame

    def facts(self, index: int) -> dict[str, Any]:
        """What the file says about a frame besides the atoms.

        Parameters
        ----------
        index : int

        Returns
        -------
        dict
            Entries ``key=value`` of the comment line of an XYZ frame, numbers as float; ``step`` of a LAMMPS dump; ``time_ps`` of XTC.
        """
        return self.frame(index).facts()

    @property
    def numbers(self) -> list[int]:
        """Number of each frame in the file; they differ from 0, 1, 2, … in a slice."""
        return [int(row) for row in self._rows]

    def __repr__(self) -> str:
        frames = f"{len(self)} frame{'' if len(self) == 1 else 's'}"
        return f"Trajectory({frames}, {self._name}, {FORMATS.get(self._kind, self._kind.upper())})"


@dataclass(frozen=True)
class _TextFrames:
    """The frames of a text file or of text in memory."""

    name: str
    kind: str
    table: FrameTable
    path: Path | None
    content: bytes | None

    def frame(self, number: int) -> Frame:
        table = self.table
        offset, length = int(table.offset[number]), int(table.length[number])
        head = b"" if table.head_of is None else table.head[table.head_of[number]]
        problem = table.problem.get(number, "")
        frame = Frame(self.name, self.kind, number, int(table.line[number]), offset, length, head=head, problem=problem)
        if self.content is None:
            return replace(frame, path=self.path)
        return replace(frame, text=self.content[offset : offset + length])


@dataclass(frozen=True)
class Frame:
    """One frame of a text trajectory, where it is in the file; small, and the same in every process.

    Attributes
    ----------
    name, kind, number, line : str, str, int, int
        Of the file, its format, the frame counted from 0 and its first line counted from 1.
    """

    name: str
    kind: str
    number: int
    line: int
    offset: int
    length: int
    path: Path | None = None
    text: bytes | None = None
    head: bytes = b""
    problem: str = ""

    def read(self) -> Structure:
        """The atoms.

        Raises
        ------
        ValueError
            The frame is damaged; the message says which one, where it begins and why.
        """
        if self.problem:
            self._fail(self.problem)
        text = self.bytes()
        try:
            return READERS[self.kind](Source(self.name, io.BytesIO(text)), self.kind, 0)
        except ValueError as error:
            self._fail(str(error))

    def bytes(self) -> bytes:
        """The text of the frame as it stands in the file, after its head if it has one."""
        if self.text is not None:
            return self.head + self.text
        assert self.path is not None
        with self.path.open("rb") as stream:
            stream.seek(self.offset)
            text = stream.read(self.length)
        if len(text) < self.length:
            self._fail("the file has become shorter since it was opened; call read_trajectory again")
        return self.head + text

    def facts(self) -> dict[str, Any]:
        """See `Trajectory.facts`."""
        lines = decoded(self.bytes()[:LONGEST_HEAD]).splitlines()
        if self.kind == "lammps-dump-text" and len(lines) > 1 and lines[1].strip().isdigit():
            return {"step": int(lines[1])}
        if self.kind != "extxyz" or len(lines) < 2:
            return {}
        found = {key: value.strip("\"'") for key, value in _FACT.findall(lines[1])}
        return {key: _number(value) for key, value in found.items() if key.lower() not in _NO_FACTS}

    def _fail(self, reason: str) -> NoReturn:
        reason = reason.removeprefix(f"could not read {self.name!r} as {self.kind}: ")
        reason = re.sub(r"\bframe 0\b", "it", reason)  # the parser saw this frame alone
        raise ValueError(f"could not read frame {self.number} of {self.name!r}, which begins in line {self.line}: {reason}") from None


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
