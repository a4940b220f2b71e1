"""Where the frames of a trajectory begin, found by counting lines and not by parsing them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from phwidgets.readers.source import Source, decoded, fail

BLOCK = 1 << 22  # bytes that are looked at at once
LONGEST_HEAD = 1 << 16  # bytes of a count or a comment that are looked at
_COUNT = re.compile(rb"[ \t]*\d{1,15}[ \t\r]*")
_ATOM = re.compile(rb"\s*\S+(\s+[-+]?\.?\d\S*){3}")
MARKERS = {"lammps-dump-text": b"ITEM: TIMESTEP", "vasp-xdatcar": b"Direct configuration"}


@dataclass
class FrameTable:
    """Where each of n frames lies in the plain text of a file.

    Attributes
    ----------
    offset, length : (n,) int arrays
        First byte and number of bytes.
    line : (n,) int array
        First line, counted from 1.
    problem : dict
        By frame: what is known to be wrong with it before it is parsed.
    head, head_of : list of bytes, (n,) int array
        XDATCAR only: the heads (cell and elements) that occur, and which one holds for each frame.
    """

    offset: NDArray[np.int64]
    length: NDArray[np.int64]
    line: NDArray[np.int64]
    problem: dict[int, str] = field(default_factory=dict)
    head: list[bytes] = field(default_factory=list)
    head_of: NDArray[np.int64] | None = None


class Lines:
    """Lines of a stream by number and offset; a block of it is in memory at a time."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.number, self.offset = 1, 0  # of the line that comes next
        self._load(0)

    def _load(self, offset: int) -> None:
        self._stream.seek(offset)
        self._start, self._bytes = offset, self._stream.read(BLOCK)
        self._ends = np.flatnonzero(np.frombuffer(self._bytes, np.uint8) == 10) + 1 + offset
        self._next = 0
        if len(self._ends) == 0 and len(self._bytes) == BLOCK:
            raise ValueError(f"a line is longer than {BLOCK} bytes")
        if len(self._bytes) < BLOCK and self._bytes and not self._bytes.endswith(b"\n"):
            self._ends = np.append(self._ends, offset + len(self._bytes))

    def skip(self, count: int) -> int:
        """Pass over so many lines; returns how many there were."""
        left = count
        while left:
            held = len(self._ends) - self._next
            if held == 0:
                self._load(self.offset)
                if not len(self._ends):
                    break
                continue
            step = min(left, held)
            self._next += step
            self.offset = int(self._ends[self._next - 1])
            self.number += step
            left -= step
        return count - left

    def read(self) -> bytes:
        """The next line without its end, cut where it is very long; nothing at the end of the file (see ``at_end``)."""
        if self._next == len(self._ends):
            self._load(self.offset)
        begin = self.offset
        if not self.skip(1):
            return b""
        return self._bytes[begin - self._start : min(self.offset - self._start, begin - self._start + LONGEST_HEAD)].rstrip(b"\r\n")

    def marked(self, marker: bytes) -> list[tuple[int, int]]:
        """Numbers and offsets of the lines of this block that begin with a marker; the block is passed over."""
        found = []
        if not self.at_end():
            ends, end = self._ends[self._next :], int(self._ends[-1]) - self._start
            place = self._bytes.find(marker, self.offset - self._start, end)
            while place >= 0:
                if place == 0 or self._bytes[place - 1] == 10:
                    found.append((self.number + int(np.searchsorted(ends, place + self._start, side="right")), place + self._start))
                place = self._bytes.find(marker, place + len(marker), end)
            self.skip(len(ends))
        return found

    def at_end(self) -> bool:
        """Whether no line is left."""
        if self._next == len(self._ends):
            self._load(self.offset)
        return not len(self._ends)

    def go(self, number: int, offset: int) -> None:
        """Return to a line."""
        self.number = number
        self.offset = offset
        if self._start <= offset < self._start + len(self._bytes):
            self._next = int(np.searchsorted(self._ends, offset, side="right"))
        else:
            self._load(offset)


def scan(source: Source, kind: str) -> FrameTable:
    """All frames of a trajectory; damaged ones have a place of their own, so that the others keep their numbers."""
    try:
        lines = Lines(source.stream)
        table = _scan_xyz(lines) if kind == "extxyz" else _scan_marked(lines, MARKERS[kind])
    except ValueError as error:
        fail(source, kind, str(error))
    if not len(table.offset):
        fail(source, kind, "it holds no frames")
    if kind == "vasp-xdatcar":
        _find_heads(source, table)
    return table


def _table(starts: list[tuple[int, int]], end: int, problem: dict[int, str]) -> FrameTable:
    line, offset = np.array(starts or np.zeros((0, 2)), np.int64).T
    return FrameTable(offset, np.diff(np.append(offset, end)), line, problem)


def _scan_xyz(lines: Lines) -> FrameTable:
    """Frames by their counts; where the counts do not fit, the next line that is a count begins the next frame."""
    starts: list[tuple[int, int]] = []
    problem: dict[int, str] = {}
    while not lines.at_end():
        start = lines.number, lines.offset
        head = lines.read().removeprefix(b"\xef\xbb\xbf")
        if not head.strip():
            continue
        starts.append(start)
        if not _COUNT.fullmatch(head):
            problem[len(starts) - 1] = f"it begins with {decoded(head[:40])!r} where the number of atoms should be"
        elif reason := _passed_atoms(lines, int(head)):
            problem[len(starts) - 1] = reason
            lines.go(*start)
            lines.read()
        if len(starts) - 1 in problem:
            _go_to_next_count(lines)
    return _table(starts, lines.offset, problem)


def _passed_atoms(lines: Lines, atoms: int) -> str:
    """Step over the comment and the atoms; what is wrong if they do not end where a frame may end."""
    first = lines.number, lines.offset
    held = lines.skip(atoms + 1) - 1
    if held < atoms:
        return f"it declares {atoms} atoms and the file ends after {max(held, 0)}"
    while not lines.at_end():
        after = lines.number, lines.offset
        text = lines.read()
        if not text.strip() or text.lstrip().startswith(b"VEC"):
            continue
        lines.go(*after)
        return "" if _COUNT.fullmatch(text) else _what_is_wrong(lines, atoms, text, first, after)
    return ""


def _what_is_wrong(lines: Lines, atoms: int, text: bytes, first: tuple[int, int], after: tuple[int, int]) -> str:
    """After the atoms there is no count: too few atoms, too many, or a next frame that begins badly."""
    lines.go(*first)
    lines.read()
    _go_to_next_count(lines)
    if lines.offset < after[1]:
        return f"it declares {atoms} atoms and holds {lines.number - first[0] - 1}"
    lines.go(*after)
    return f"it declares {atoms} atoms and holds more" if _ATOM.match(text) else ""


def _go_to_next_count(lines: Lines) -> None:
    while not lines.at_end():
        here = lines.number, lines.offset
        if _COUNT.fullmatch(lines.read()):
            lines.go(*here)
            return


def _scan_marked(lines: Lines, marker: bytes) -> FrameTable:
    """Frames that begin with a line of their own."""
    starts: list[tuple[int, int]] = []
    while not lines.at_end():
        starts += lines.marked(marker)
    return _table(starts, lines.offset, {})


def _find_heads(source: Source, table: FrameTable) -> None:
    """XDATCAR: seven lines before the first frame; they are repeated before each frame when the cell varies."""

    def text(begin: int, end: int) -> bytes:
        source.stream.seek(begin)
        return source.stream.read(end - begin)

    head = text(0, int(table.offset[0]))
    head_of = []
    lines = np.diff(table.line)  # of each frame but the last, with the head of the next
    for i in range(len(table.offset)):
        if i and lines[i - 1] > _atoms_of(head) + 7:
            end = int(table.offset[i])
            head = b"".join(text(max(int(table.offset[i - 1]), end - LONGEST_HEAD), end).splitlines(keepends=True)[-7:])
            table.length[i - 1] -= len(head)  # it belongs to what comes after it
        if not table.head or table.head[-1] != head:
            table.head.append(head)
        head_of.append(len(table.head) - 1)
    table.head_of = np.array(head_of, np.int64)


def _atoms_of(head: bytes) -> int:
    """Number of atoms that a head declares, 0 where it declares none."""
    counts = head.rstrip().rpartition(b"\n")[2].split()
    return sum(map(int, counts)) if counts and all(count.isdigit() and len(count) < 12 for count in counts) else 0


def is_trajectory(kind: Any) -> bool:
    """Whether frames of this format can be found by scanning."""
    return kind == "extxyz" or kind in MARKERS
