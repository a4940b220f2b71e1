"""Cut a file into frames, so that a parser sees one frame that holds what it declares."""

from __future__ import annotations

import re
import warnings
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from phwidgets.readers.source import Source, decoded, fail, too_short, whole_text

_LONGEST_LINE = 16 << 20


class Cut(NamedTuple):
    """The lines of one frame, and which one it is."""

    number: int
    atoms: int
    text: str


def pick_frame(frames: Iterator[Cut], frame: int, source: Source, kind: str) -> Cut:
    """Return frame `frame`, reading no further than necessary."""
    kept: deque[Cut] = deque(maxlen=1 if frame >= 0 else min(-frame, 1 << 31))
    count = 0
    try:
        for cut in frames:
            kept.append(cut)
            count += 1
            if cut.number == frame:
                return cut
    except ValueError as error:
        whole = f" Frames 0 to {count - 1} are complete: pass frame={count - 1}." if count else ""
        raise ValueError(f"{error}{whole}") from None
    if count == 0:
        fail(source, kind, "it holds no atoms")
    if frame >= 0 or len(kept) != -frame:
        fail(source, kind, f"it has {count} frame{'s' * (count > 1)} and so no frame {frame}", f"use 0 to {count - 1}, or -1 for the last")
    return kept[0]


class XYZFrame(NamedTuple):
    """Where one frame of an XYZ file lies, and its two header lines."""

    number: int
    atoms: int
    offset: int
    vectors: int  # lines VEC1 ... after the atoms


def scan_xyz(source: Source, kind: str) -> Iterator[XYZFrame]:
    """All frames of an XYZ file, counted but not parsed."""
    stream = source.stream

    def line() -> bytes:
        text = stream.readline(_LONGEST_LINE)
        if len(text) == _LONGEST_LINE:
            fail(source, kind, f"a line is longer than {_LONGEST_LINE} bytes")
        return text

    index = 0
    while True:
        offset = stream.tell()
        header = line()
        if not header:
            return
        text = header.removeprefix(b"\xef\xbb\xbf").strip()
        if not text:
            continue
        if not re.fullmatch(rb"\d{1,15}", text):
            fail(source, kind, f"frame {index} begins with {decoded(text[:40])!r} where the number of atoms should be")
        atoms = int(text)
        line()
        for held in range(atoms):  # ends with the file, whatever was declared
            if not line().strip():
                too_short(source, kind, index, atoms, held)
        vectors, end = 0, stream.tell()
        while line().lstrip().startswith(b"VEC"):
            vectors, end = vectors + 1, stream.tell()
        stream.seek(end)
        yield XYZFrame(index, atoms, offset, vectors)
        index += 1


def cut_dump(source: Source, kind: str) -> Iterator[Cut]:
    """Frames of a LAMMPS dump."""
    for index, text in enumerate(re.split(r"^(?=ITEM: TIMESTEP)", whole_text(source, kind), flags=re.MULTILINE)[1:]):
        declared = re.search(r"^ITEM: NUMBER OF ATOMS\s*\n\s*(\d{1,15})\s*$", text, re.MULTILINE)
        _, found, rows = text.partition("ITEM: ATOMS")
        if declared is None or not found:
            fail(source, kind, f"frame {index} has no 'ITEM: NUMBER OF ATOMS' or no 'ITEM: ATOMS'")
        atoms, held = int(declared.group(1)), len(rows.strip().splitlines()) - 1
        if held != atoms:
            too_short(source, kind, index, atoms, held)
        yield Cut(index, atoms, text)


def cut_gro(source: Source, kind: str) -> Iterator[Cut]:
    """Frames of a gro file."""
    lines = whole_text(source, kind).rstrip().splitlines()
    index = start = 0
    while start < len(lines):
        count = lines[start + 1].strip() if start + 1 < len(lines) else ""
        if not re.fullmatch(r"\d{1,15}", count):
            fail(source, kind, f"frame {index} has {count[:40]!r} where the number of atoms should be")
        end = start + 3 + int(count)
        if end > len(lines):
            too_short(source, kind, index, int(count), max(0, len(lines) - start - 3))
        yield Cut(index, int(count), "\n".join(lines[start:end]) + "\n")
        index, start = index + 1, end


def cut_pdb(source: Source, kind: str) -> Iterator[Cut]:
    """Models of a PDB file."""
    """Models, each with the cell of the file: ASE forgets it after the first, and counts END after ENDMDL as one more."""
    index, header, rows = 0, dict[str, str](), list[str]()
    for line in [*whole_text(source, kind).splitlines(), "END"]:
        record = line[:6]
        if record == "CRYST1" or record.startswith("ORIGX"):
            header[record] = line
        elif record in ("ATOM  ", "HETATM"):
            rows.append(line)
        elif record.startswith("END") and rows:
            if re.match(r"CRYST1\s+1\.0*\s+1\.0*\s+1\.0*\s", header.get("CRYST1", "")):
                del header["CRYST1"]  # the unit cube is how the format says that there is no crystal
            others = sum(row[16:17] not in (" ", "A", "1", "") for row in rows)
            if others:
                warnings.warn(
                    f"{source.name!r}: {others} atoms are alternative locations of others; all are kept", UserWarning, stacklevel=5
                )
            yield Cut(index, len(rows), "\n".join([*header.values(), *rows, "END", ""]))
            index, rows = index + 1, []
