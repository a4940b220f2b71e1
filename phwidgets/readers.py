"""read_structure: the only code that opens a user's file.

The file is opened, measured and cut into frames here; ASE sees the text of one frame, never a name. So a name cannot be an address
or carry an index, a frame that declares more atoms than it holds is found before anybody allocates for it, and only formats
that are plain text, without databases, pickles or code, are let through (`FORMATS`).
"""

from __future__ import annotations

import difflib
import gzip
import io
import operator
import os
import re
import warnings
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

import numpy as np

from phwidgets.structure import Structure

FORMATS = {  # ASE's name: what it is; everything here is text that ASE parses from an open file
    "extxyz": "XYZ and extended XYZ",
    "cif": "crystallographic information file",
    "vasp": "VASP POSCAR/CONTCAR",
    "vasp-xdatcar": "VASP XDATCAR",
    "vasp-out": "VASP OUTCAR",
    "lammps-data": "LAMMPS data file",
    "lammps-dump-text": "LAMMPS text dump",
    "proteindatabank": "Protein Data Bank file",
    "gromacs": "GROMACS gro file",
    "xsf": "XCrySDen structure",
    "gen": "DFTB+ geometry",
    "cfg": "AtomEye configuration",
    "dlp4": "DL_POLY configuration",
    "espresso-in": "Quantum ESPRESSO input",
    "espresso-out": "Quantum ESPRESSO output",
    "castep-cell": "CASTEP cell file",
    "mol": "MDL molfile",
    "sdf": "structure-data file",
    "v-sim": "V_Sim ascii file",
}
_ALIASES = {"xyz": "extxyz", "pdb": "proteindatabank", "ent": "proteindatabank", "gro": "gromacs", "poscar": "vasp", "contcar": "vasp"}
_ALIASES |= {"lammps-dump": "lammps-dump-text", "lammpstrj": "lammps-dump-text", "data": "lammps-data", "xdatcar": "vasp-xdatcar"}
_EXTENSIONS = {"xyz", "extxyz", "cif", "pdb", "ent", "gro", "vasp", "poscar", "contcar", "lammpstrj", "xsf", "gen", "cfg", "sdf", "mol"}

_LARGEST = 2 << 30  # bytes of text handed to a parser at once; XYZ is cut into frames first and has no such limit
_LONGEST_LINE = 16 << 20
_BOMB = 64 << 20, 200  # unpacked bytes beyond which gzip may not have gained more than this factor; coordinates gain less than 50
_MANY_SITES = 200  # without symmetry, more sites than this are taken as they stand: ASE compares all pairs, 2 minutes for 4,096 atoms
_PACKED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstandard"}


class _Source(NamedTuple):
    name: str  # for messages and for guessing the format; never opened
    stream: BinaryIO


class _Cut(NamedTuple):
    """The lines of one frame, and which one it is."""

    number: int
    atoms: int
    text: str


def read_structure(path: Any, *, frame: int = -1, format: str | None = None) -> Structure:
    """Read one atomic configuration from a file.

    Parameters
    ----------
    path : str, path-like, bytes, open file, or the value of an ``ipywidgets.FileUpload``
        The file, or its content as bytes. ``.gz`` is unpacked. An open file is read from where it stands.
    frame : int
        Which configuration of a trajectory, counted from 0 or, if negative, from the end. The last one by default.
    format : str, optional
        One of `FORMATS` (ASE's names; ``"xyz"``, ``"pdb"``, ``"gro"``, ``"poscar"`` and ``"lammps-dump"`` are understood too). By
        default it is found from the name and the first lines.

    Returns
    -------
    Structure
        Positions, species, cell and periodicity; nothing else of the file is kept. Positions stay as they stand in the file (LAMMPS
        image flags are not added).

    Raises
    ------
    FileNotFoundError
        There is no such file; the message names similar ones in the folder.
    ValueError
        Everything else that keeps the file from being read: what, where, and what to do.

    Warns
    -----
    UserWarning
        For partly occupied sites and alternative locations, which are kept as full atoms, and for LAMMPS files without elements.

    Notes
    -----
    XYZ: a comment line ``CUB 24.713`` means a periodic cube with that edge in Å; ``Lattice="..."`` is read as ASE reads it. Labels that
    are no elements are kept. LAMMPS data: elements from the masses; dump: from the column ``element``. Where a LAMMPS file does
    not tell the element, the species is the number of the type as text, ``"1"``, ``"2"``, with a warning. PDB without an element
    column and gro: the element is guessed from the atom's name.
    """
    try:
        frame = operator.index(frame)
    except TypeError:
        raise ValueError(f"frame must be an integer, got {frame!r}") from None
    wanted = None if format is None else _checked_format(format)
    with _opened(path) as stream:
        source = _unpacked(_Source(_name_of(path), stream))
        head = _head(source)
        kind = wanted or _guess(source.name, head)
        return _READERS.get(kind, _read_with_ase)(source, kind, frame)


# -- from what the user has to a stream of bytes -----------------------------------------------------------------------------


def _upload(obj: Any) -> Any:
    """Return the dict of a FileUpload's value if `obj` is one, else None."""
    if isinstance(obj, tuple | list) and all(isinstance(item, Mapping) for item in obj):
        if len(obj) != 1:
            raise ValueError(f"the upload holds {len(obj)} files, not one; pass one of them, upload.value[0]")
        obj = obj[0]
    if isinstance(obj, Mapping):
        if "content" not in obj or "name" not in obj:
            raise ValueError("this dict is no uploaded file: it needs the keys 'name' and 'content'")
        return obj
    return None


def _name_of(path: Any) -> str:
    if isinstance(path, bytes | bytearray | memoryview):
        return "<bytes>"
    if (upload := _upload(path)) is not None:
        return str(upload["name"])
    if isinstance(path, str | os.PathLike):
        return os.path.basename(os.fsdecode(path))
    return os.path.basename(str(getattr(path, "name", "<file>")))


def _opened(path: Any) -> BinaryIO:
    if isinstance(path, bytes | bytearray | memoryview):
        return io.BytesIO(path)
    if (upload := _upload(path)) is not None:
        return io.BytesIO(bytes(upload["content"]))
    if isinstance(path, str | os.PathLike):
        return _opened_path(os.fsdecode(path))
    if hasattr(path, "read"):
        content = path.read()  # copied, so that the user's file stays open and theirs
        return io.BytesIO(content.encode() if isinstance(content, str) else bytes(content))
    raise ValueError(f"cannot read from {type(path).__name__}: pass a path, bytes or an open file; a structure needs no reading")


def _opened_path(text: str) -> BinaryIO:
    if "://" in text:
        raise ValueError(f"{text[:200]!r} is an address, and only files are read; download it first, or pass its content as bytes")
    if "\n" in text or "\0" in text or not text:
        raise ValueError("this text is no path; to read from content in memory pass it as bytes: read_structure(text.encode())")
    path = Path(text).expanduser()
    if path.is_dir():
        raise ValueError(f"{text!r} is a directory; pass one file in it")
    if not path.exists():
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
        place = (
            f"; did you mean {' or '.join(map(repr, near))}?"
            if near
            else ""
            if names
            else f"; the folder {str(path.parent)!r} has no files"
        )
        raise FileNotFoundError(f"there is no file {text!r} (working directory {os.getcwd()!r}){place}")
    if not path.is_file():
        raise ValueError(f"{text!r} is no regular file")
    return path.open("rb")


def _unpacked(source: _Source) -> _Source:
    """Undo gzip, within bounds, and refuse other packings by name."""
    name, stream = source
    magic = stream.read(6)
    stream.seek(0)
    for start, packing in _PACKED.items():
        if magic.startswith(start):
            raise ValueError(f"{name!r} is packed with {packing}; unpack it first (only gzip is unpacked here)")
    if not magic.startswith(b"\x1f\x8b"):
        return source
    packed = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    plain = io.BytesIO()
    floor, factor = _BOMB
    try:
        with gzip.GzipFile(fileobj=stream) as unzip:
            while block := unzip.read(1 << 20):
                plain.write(block)
                if plain.tell() > min(_LARGEST, max(floor, factor * packed)):
                    raise ValueError(f"{name!r} unpacks from {packed} to more than {plain.tell()} bytes: no structure file does; refused")
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{name!r} is a damaged or truncated gzip file ({error}); get it again") from None
    plain.seek(0)
    return _Source(name.removesuffix(".gz"), plain)


def _head(source: _Source) -> str:
    head = source.stream.read(4096)
    source.stream.seek(0)
    if not head.strip():
        raise ValueError(f"{source.name!r} is empty; there is nothing to read")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(f"{source.name!r} is text in UTF-16; save it as UTF-8")
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        raise ValueError(
            f"{source.name!r} is a binary file; read it with its own library and pass the object, formats here: {', '.join(FORMATS)}"
        )
    return _decoded(head)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:  # an old comment in a national code page; the numbers are ASCII all the same
        return raw.decode("latin-1").removeprefix("ï»¿")


# -- which format ------------------------------------------------------------------------------------------------------------


def _checked_format(format: str) -> str:
    kind = _ALIASES.get(str(format).lower(), str(format).lower())
    if kind in FORMATS:
        return kind
    near = difflib.get_close_matches(kind, [*FORMATS, *_ALIASES], n=2)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "read it with ase.io.read and pass the Atoms instead"
    raise ValueError(f"format {format!r} is not read here; {hint} Formats: {', '.join(FORMATS)}")


def _guess(name: str, head: str) -> str:
    base = name.lower().removesuffix(".gz")
    extension = base.rpartition(".")[2] if "." in base else ""
    lines = head.splitlines()
    if extension in _EXTENSIONS:
        return _ALIASES.get(extension, extension)
    for prefix, kind in (("poscar", "vasp"), ("contcar", "vasp"), ("xdatcar", "vasp-xdatcar"), ("outcar", "vasp-out")):
        if base.startswith(prefix):
            return kind
    if lines[0].startswith("ITEM: "):
        return "lammps-dump-text"
    if re.search(r"^\s*\d+\s+atoms\s*(#.*)?$", head, re.MULTILINE):
        return "lammps-data"
    if re.search(r"^data_.*\n(.*\n)*?\s*(_cell_|_atom_|loop_)", head, re.MULTILINE):
        return "cif"
    if re.search(r"^(CRYST1|ATOM  |HETATM|MODEL  )", head, re.MULTILINE):
        return "proteindatabank"
    if lines[0].strip().isdigit():
        return "extxyz"
    if len(lines) > 2 and lines[1].strip().isdigit():
        return "gromacs"
    guess = _guess_by_ase(name, head)
    if guess in FORMATS:
        return guess
    known = f"it looks like {guess!r}, which is not read here" if guess else "neither its name nor its first lines say what it is"
    raise ValueError(f"could not read {name!r}: {known}; pass format=, one of {', '.join(FORMATS)}")


def _guess_by_ase(name: str, head: str) -> str | None:
    from ase.io.formats import UnknownFileTypeError, filetype

    stream = io.BytesIO(head.encode())
    stream.name = os.path.basename(name) or "file"
    try:
        return str(filetype(stream, guess=False))
    except (UnknownFileTypeError, ValueError):
        return None


# -- cutting files into frames -----------------------------------------------------------------------------------------------


def _pick(frames: Iterator[_Cut], frame: int, source: _Source, kind: str) -> _Cut:
    """Return frame `frame`, reading no further than necessary."""
    kept: deque[_Cut] = deque(maxlen=1 if frame >= 0 else min(-frame, 1 << 31))
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
        _fail(source, kind, "it holds no atoms")
    if frame >= 0 or len(kept) != -frame:
        _fail(source, kind, f"it has {count} frame{'s' * (count > 1)} and so no frame {frame}", f"use 0 to {count - 1}, or -1 for the last")
    return kept[0]


def _fail(source: _Source, kind: str, reason: str, advice: str = "check the file, or pass format= if it is something else") -> NoReturn:
    raise ValueError(f"could not read {source.name!r} as {kind}: {reason}; {advice}")


def _short(source: _Source, kind: str, index: int, declared: int, held: int) -> NoReturn:
    _fail(source, kind, f"frame {index} declares {declared} atoms and holds {held}", "the file is cut short or its count is wrong.")


class _XYZFrame(NamedTuple):
    number: int
    atoms: int
    offset: int
    vectors: int  # lines VEC1 ... after the atoms


def _scan_xyz(source: _Source, kind: str) -> Iterator[_XYZFrame]:
    stream = source.stream

    def line() -> bytes:
        text = stream.readline(_LONGEST_LINE)
        if len(text) == _LONGEST_LINE:
            _fail(source, kind, f"a line is longer than {_LONGEST_LINE} bytes")
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
            _fail(source, kind, f"frame {index} begins with {_decoded(text[:40])!r} where the number of atoms should be")
        atoms = int(text)
        line()
        for held in range(atoms):  # ends with the file, whatever was declared
            if not line().strip():
                _short(source, kind, index, atoms, held)
        vectors, end = 0, stream.tell()
        while line().lstrip().startswith(b"VEC"):
            vectors, end = vectors + 1, stream.tell()
        stream.seek(end)
        yield _XYZFrame(index, atoms, offset, vectors)
        index += 1


def _read_xyz(source: _Source, kind: str, frame: int) -> Structure:
    """Find the frame; lines ``name x y z`` are read here, extended XYZ is left to ASE."""
    found = _pick((_Cut(f.number, f.atoms, f"{f.offset} {f.vectors}") for f in _scan_xyz(source, kind)), frame, source, kind)
    offset, vectors = map(int, found.text.split())
    source.stream.seek(offset)
    lines = [_decoded(source.stream.readline()) for _ in range(2 + found.atoms + vectors)]
    comment, rows = lines[1], lines[2:]
    if vectors or re.search(r"(?i)\b(properties|lattice)\s*=", comment):
        _check_columns(source, kind, comment, rows)
        return _from_ase(source, kind, _parse(source, kind, "".join(lines), 0), found.number)
    names, x = [], np.empty((found.atoms, 3))
    for i, row in enumerate(rows):
        words = row.split()
        try:
            first, second, third = words[1:4]
            x[i] = float(first), float(second), float(third)
        except ValueError:
            line = f"the line of atom {i} is {row[:60].strip()!r}, not 'name x y z'"
            _fail(source, kind, f"frame {found.number} declares {found.atoms} atoms, and {line}")
        names.append(_element_or_label(words[0]))
    return _finished(source, kind, found.number, x, names, _cube(source, kind, comment), None)


def _cube(source: _Source, kind: str, comment: str) -> list[float] | None:
    """Return the edges that a comment line ``CUB 24.713`` gives."""
    words = comment.split()
    if len(words) < 2 or words[0] != "CUB":
        return None
    try:
        edge = float(words[1])
    except ValueError:
        return None
    if not 0 < edge < float("inf"):
        _fail(source, kind, f"the edge of the cube in its comment line is {edge:g}")
    return [edge] * 3


def _element_or_label(word: str) -> str:
    from ase.data import atomic_numbers, chemical_symbols

    if word.isdecimal() and 0 < int(word) < len(chemical_symbols):
        return chemical_symbols[int(word)]
    return word.capitalize() if word not in atomic_numbers and word.capitalize() in atomic_numbers else word


def _check_columns(source: _Source, kind: str, comment: str, rows: list[str]) -> None:
    """Refuse ``Properties=`` that declares more columns than there are: ASE builds a type with that many fields first."""
    declared = re.search(r"(?i)\bproperties\s*=\s*\"?([^\s\"]+)", comment)
    if declared and rows:
        counts = declared.group(1).split(":")[2::3]
        held = len(rows[0].split())
        if not all(re.fullmatch(r"\d{1,9}", count) for count in counts) or sum(map(int, counts)) > held:
            _fail(source, kind, f"Properties declares columns {':'.join(counts)[:60]} and the first atom has {held}")


def _text(source: _Source, kind: str) -> str:
    raw = source.stream.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        _fail(
            source,
            kind,
            f"it has more than {_LARGEST} bytes",
            "cut out the frame you need, or convert it to XYZ, which is read frame by frame",
        )
    return _decoded(raw)


def _cut_dump(source: _Source, kind: str) -> Iterator[_Cut]:
    for index, text in enumerate(re.split(r"^(?=ITEM: TIMESTEP)", _text(source, kind), flags=re.MULTILINE)[1:]):
        declared = re.search(r"^ITEM: NUMBER OF ATOMS\s*\n\s*(\d{1,15})\s*$", text, re.MULTILINE)
        _, found, rows = text.partition("ITEM: ATOMS")
        if declared is None or not found:
            _fail(source, kind, f"frame {index} has no 'ITEM: NUMBER OF ATOMS' or no 'ITEM: ATOMS'")
        atoms, held = int(declared.group(1)), len(rows.strip().splitlines()) - 1
        if held != atoms:
            _short(source, kind, index, atoms, held)
        yield _Cut(index, atoms, text)


def _cut_gro(source: _Source, kind: str) -> Iterator[_Cut]:
    lines = _text(source, kind).rstrip().splitlines()
    index = start = 0
    while start < len(lines):
        count = lines[start + 1].strip() if start + 1 < len(lines) else ""
        if not re.fullmatch(r"\d{1,15}", count):
            _fail(source, kind, f"frame {index} has {count[:40]!r} where the number of atoms should be")
        end = start + 3 + int(count)
        if end > len(lines):
            _short(source, kind, index, int(count), max(0, len(lines) - start - 3))
        yield _Cut(index, int(count), "\n".join(lines[start:end]) + "\n")
        index, start = index + 1, end


def _cut_pdb(source: _Source, kind: str) -> Iterator[_Cut]:
    """Models, each with the cell of the file: ASE forgets it after the first, and counts END after ENDMDL as one more."""
    index, header, rows = 0, dict[str, str](), list[str]()
    for line in [*_text(source, kind).splitlines(), "END"]:
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
            yield _Cut(index, len(rows), "\n".join([*header.values(), *rows, "END", ""]))
            index, rows = index + 1, []


# -- parsing one frame -------------------------------------------------------------------------------------------------------


def _parse(source: _Source, kind: str, text: str, frame: int, **options: Any) -> Any:
    """Return the ase.Atoms in `text`; whatever goes wrong in the parser becomes a ValueError."""
    from ase.io import read
    from ase.io.formats import ioformats

    form = ioformats[kind]
    if form.single and frame not in (0, -1):
        _fail(source, kind, f"the format holds one frame and so no frame {frame}", "use frame=0")
    stream = io.BytesIO(text.encode()) if form.isbinary else io.StringIO(text)
    return _guarded(source, kind, frame, lambda: read(stream, index=0 if form.single else frame, format=kind, **options))


def _guarded(source: _Source, kind: str, frame: int, parser: Callable[[], Any]) -> Any:
    try:
        return parser()
    except (StopIteration, IndexError):
        _fail(source, kind, f"it ends too early or has no frame {frame}")
    except AttributeError as error:
        if kind == "vasp":  # ASE looks for a POTCAR beside the file, and there is no file
            _fail(source, kind, "it names no elements (VASP 4)", "write them into a line above the numbers of atoms")
        _fail(source, kind, f"{error}")
    except KeyError as error:
        _fail(source, kind, f"it has no such element or key: {error}")
    except RuntimeError as error:
        _fail(source, kind, "it ends too early" if "StopIteration" in str(error) else str(error))
    except Exception as error:  # noqa: BLE001  parsers raise anything on text they do not expect; the reason is passed on
        _fail(source, kind, f"{type(error).__name__} {str(error)[:200]}".strip())


def _from_ase(source: _Source, kind: str, atoms: Any, index: int, species: Any = None) -> Structure:
    cell = np.asarray(atoms.cell)
    pbc = np.asarray(atoms.pbc) & cell.any(axis=1)  # ASE sets pbc for a gro file whose box is zero
    if species is None and (atoms.numbers.min(initial=0) < 0 or atoms.numbers.max(initial=0) > 118):
        _fail(source, kind, "an atomic number in it belongs to no element")
    names = atoms.get_chemical_symbols() if species is None else species
    return _finished(source, kind, index, np.asarray(atoms.positions), names, cell if cell.any() else None, pbc)


def _finished(source: _Source, kind: str, index: int, x: Any, names: Any, cell: Any, pbc: Any) -> Structure:
    if len(x) == 0:
        _fail(source, kind, f"frame {index} holds no atoms")
    bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
    if len(bad):
        where = f"atom {bad[0]} ({names[bad[0]]}) of frame {index} is at {x[bad[0]].tolist()}, {len(bad)} such atoms"
        _fail(source, kind, where, "the simulation broke or the file is damaged; remove or repair these atoms")
    try:
        return Structure(x, names, cell=cell, pbc=pbc)
    except ValueError as error:
        _fail(source, kind, str(error), "check the file")


def _read_with_ase(source: _Source, kind: str, frame: int) -> Structure:
    return _from_ase(source, kind, _parse(source, kind, _text(source, kind), frame), frame)


def _read_pdb(source: _Source, kind: str, frame: int) -> Structure:
    cut = _pick(_cut_pdb(source, kind), frame, source, kind)
    return _from_ase(source, kind, _parse(source, kind, cut.text, 0), cut.number)


def _read_gro(source: _Source, kind: str, frame: int) -> Structure:
    cut = _pick(_cut_gro(source, kind), frame, source, kind)
    return _from_ase(source, kind, _parse(source, kind, cut.text, 0), cut.number)


def _read_cif(source: _Source, kind: str, frame: int) -> Structure:
    text = _text(source, kind)

    def parser() -> Any:
        from ase.io.cif import parse_cif

        blocks: list[Any] = list(parse_cif(io.BytesIO(text.encode())))
        block = [block for block in blocks if block.has_structure()][frame]
        full = all(isinstance(share, int | float) and abs(share - 1) < 1e-3 for share in block.get("_atom_site_occupancy") or [])
        if full and len(block.get_symbols()) > _MANY_SITES and block.get_cell().rank == 3:
            group: Any = block.get_spacegroup(True)
            if group.no == 1 and len(group.get_symop()) == 1:
                atoms = block.get_unsymmetrized_structure()
                atoms.pbc = True
                return atoms
        return block.get_atoms()

    atoms = _guarded(source, kind, frame, parser)
    shares = atoms.info.get("occupancy") or {}  # kind of site, as text: {element: occupancy}
    kinds = atoms.arrays.get("spacegroup_kinds", np.empty(0, dtype=int))
    sites = [shares.get(str(kind), {}) for kind in kinds.tolist()]
    partial = sum(not all(isinstance(part, int | float) and abs(part - 1) < 1e-3 for part in share.values()) for share in sites)
    if partial:
        text = (
            f"{source.name!r}: {partial} of {len(sites)} sites are partly occupied; each is kept as one full atom of its commonest species"
        )
        warnings.warn(text, UserWarning, stacklevel=3)
    return _from_ase(source, kind, atoms, frame)


def _read_vasp(source: _Source, kind: str, frame: int) -> Structure:
    """POSCAR and XDATCAR: the same head, with the numbers of atoms in line 6 (VASP 4) or 7."""
    text = _text(source, kind)
    lines = text.splitlines()
    if kind == "vasp-xdatcar" and len(lines) > 5 and re.search(r"[^\W\d]+\d{5}|\d{5}\d*[^\W\d]", lines[5]):
        _fail(source, kind, f"{lines[5][:60].strip()!r} are no elements")  # ASE would expand it as a formula
    for i, line in enumerate(lines[5:7], start=5):
        if counts := re.match(r"\s*\d+(\s+\d+)*", line):
            declared, held = sum(map(int, counts.group().split())), max(0, len(lines) - i - 2)
            if declared > held:
                _short(source, kind, 0, declared, held)
            break
    return _from_ase(source, kind, _parse(source, kind, text, frame), frame)


def _read_cfg(source: _Source, kind: str, frame: int) -> Structure:
    text = _text(source, kind)
    declared = re.search(r"Number of particles\s*=\s*(\d+)", text)
    if declared and int(declared.group(1)) > (held := text.count("\n")):
        _short(source, kind, 0, int(declared.group(1)), held)
    return _from_ase(source, kind, _parse(source, kind, text, frame), frame)


def _read_lammps_data(source: _Source, kind: str, frame: int) -> Structure:
    text = _text(source, kind)
    declared = re.search(r"^\s*(\d+)\s+atoms\b", text, re.MULTILINE)
    section = re.search(r"^\s*Atoms\b[^\n]*\n\s*\n((?:[ \t]*[-+]?\d[^\n]*(?:\n|\Z))*)", text, re.MULTILINE)
    if declared is None or section is None:
        _fail(source, kind, "it has no line 'N atoms' or no section 'Atoms'")
    atoms, held = int(declared.group(1)), section.group(1).count("\n") + (not section.group(1).endswith("\n"))
    if held < atoms:
        _short(source, kind, 0, atoms, held)
    units = re.search(r"units = (\w+)", text.partition("\n")[0])
    unit = units.group(1) if units else "metal"
    if unit not in ("metal", "real"):
        warnings.warn(
            f"{source.name!r} is in units {unit!r}; its numbers are taken as they stand, as if they were Å", UserWarning, stacklevel=3
        )
    found = _parse(source, kind, text, frame, read_image_flags=False)
    kinds = found.arrays["type"]
    if found.has("masses"):
        from ase.data import atomic_masses

        told = np.abs(found.get_masses() - atomic_masses[found.numbers]) < 0.25
    else:
        told = found.numbers != kinds
    return _from_ase(source, kind, found, 0, _types_where_untold(source, found, kinds, told))


def _read_dump(source: _Source, kind: str, frame: int) -> Structure:
    cut = _pick(_cut_dump(source, kind), frame, source, kind)
    found = _parse(source, kind, cut.text, 0)
    columns = cut.text.partition("ITEM: ATOMS")[2].partition("\n")[0].split()
    if "element" in columns or "mass" in columns:
        return _from_ase(source, kind, found, cut.number)
    kinds = found.arrays["type"]
    return _from_ase(source, kind, found, cut.number, _types_where_untold(source, found, kinds, np.zeros(len(kinds), dtype=bool)))


def _types_where_untold(source: _Source, atoms: Any, kinds: Any, told: Any) -> list[str]:
    if not told.all():
        text = ", ".join(map(str, sorted(set(kinds[~told].tolist()))[:5]))
        advice = "give elements with Structure(s, species=...)"
        warnings.warn(f"{source.name!r} does not say the element of types {text}; they are named so; {advice}", UserWarning, stacklevel=4)
    from ase.data import chemical_symbols

    return [chemical_symbols[z] if known else str(t) for z, t, known in zip(atoms.numbers, kinds, told, strict=True)]


_READERS = {
    "extxyz": _read_xyz,
    "cif": _read_cif,
    "vasp": _read_vasp,
    "vasp-xdatcar": _read_vasp,
    "cfg": _read_cfg,
    "lammps-data": _read_lammps_data,
    "lammps-dump-text": _read_dump,
    "proteindatabank": _read_pdb,
    "gromacs": _read_gro,
}
