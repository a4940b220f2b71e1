"""From the text of one frame to a Structure: ASE parses, and what it leaves out or gets wrong is mended here."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from phwidgets.readers.frames import Cut, cut_dump, cut_gro, cut_pdb, pick_frame, scan_xyz
from phwidgets.readers.source import Source, decoded, fail, too_short, whole_text
from phwidgets.structure import Structure

_MANY_SITES = 200  # without symmetry, more sites than this are taken as they stand: ASE compares all pairs, 2 minutes for 4,096 atoms


def _read_xyz(source: Source, kind: str, frame: int) -> Structure:
    """Find the frame; lines ``name x y z`` are read here, extended XYZ is left to ASE."""
    found = pick_frame((Cut(f.number, f.atoms, f"{f.offset} {f.vectors}") for f in scan_xyz(source, kind)), frame, source, kind)
    offset, vectors = map(int, found.text.split())
    source.stream.seek(offset)
    lines = [decoded(source.stream.readline()) for _ in range(2 + found.atoms + vectors)]
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
            fail(source, kind, f"frame {found.number} declares {found.atoms} atoms, and {line}")
        names.append(_element_or_label(words[0]))
    return _finished(source, kind, found.number, x, names, _cube(source, kind, comment), None)


def _cube(source: Source, kind: str, comment: str) -> list[float] | None:
    """Return the edges that a comment line ``CUB 24.713`` gives."""
    words = comment.split()
    if len(words) < 2 or words[0] != "CUB":
        return None
    try:
        edge = float(words[1])
    except ValueError:
        return None
    if not 0 < edge < float("inf"):
        fail(source, kind, f"the edge of the cube in its comment line is {edge:g}")
    return [edge] * 3


def _element_or_label(word: str) -> str:
    from ase.data import atomic_numbers, chemical_symbols

    if word.isdecimal() and 0 < int(word) < len(chemical_symbols):
        return chemical_symbols[int(word)]
    return word.capitalize() if word not in atomic_numbers and word.capitalize() in atomic_numbers else word


def _check_columns(source: Source, kind: str, comment: str, rows: list[str]) -> None:
    """Refuse ``Properties=`` that declares more columns than there are: ASE builds a type with that many fields first."""
    declared = re.search(r"(?i)\bproperties\s*=\s*\"?([^\s\"]+)", comment)
    if declared and rows:
        counts = declared.group(1).split(":")[2::3]
        held = len(rows[0].split())
        if not all(re.fullmatch(r"\d{1,9}", count) for count in counts) or sum(map(int, counts)) > held:
            fail(source, kind, f"Properties declares columns {':'.join(counts)[:60]} and the first atom has {held}")


def _parse(source: Source, kind: str, text: str, frame: int, **options: Any) -> Any:
    """Return the ase.Atoms in `text`; whatever goes wrong in the parser becomes a ValueError."""
    from ase.io import read
    from ase.io.formats import ioformats

    form = ioformats[kind]
    if form.single and frame not in (0, -1):
        fail(source, kind, f"the format holds one frame and so no frame {frame}", "use frame=0")
    stream = io.BytesIO(text.encode()) if form.isbinary else io.StringIO(text)
    return _guarded(source, kind, frame, lambda: read(stream, index=0 if form.single else frame, format=kind, **options))


def _guarded(source: Source, kind: str, frame: int, parser: Callable[[], Any]) -> Any:
    try:
        return parser()
    except (StopIteration, IndexError):
        fail(source, kind, f"it ends too early or has no frame {frame}")
    except AttributeError as error:
        if kind == "vasp":  # ASE looks for a POTCAR beside the file, and there is no file
            fail(source, kind, "it names no elements (VASP 4)", "write them into a line above the numbers of atoms")
        fail(source, kind, f"{error}")
    except KeyError as error:
        fail(source, kind, f"it has no such element or key: {error}")
    except RuntimeError as error:
        fail(source, kind, "it ends too early" if "StopIteration" in str(error) else str(error))
    except Exception as error:  # noqa: BLE001  parsers raise anything on text they do not expect; the reason is passed on
        fail(source, kind, f"{type(error).__name__} {str(error)[:200]}".strip())


def _from_ase(source: Source, kind: str, atoms: Any, index: int, species: Any = None) -> Structure:
    cell = np.asarray(atoms.cell)
    pbc = np.asarray(atoms.pbc) & cell.any(axis=1)  # ASE sets pbc for a gro file whose box is zero
    if species is None and (atoms.numbers.min(initial=0) < 0 or atoms.numbers.max(initial=0) > 118):
        fail(source, kind, "an atomic number in it belongs to no element")
    names = atoms.get_chemical_symbols() if species is None else species
    return _finished(source, kind, index, np.asarray(atoms.positions), names, cell if cell.any() else None, pbc)


def _finished(source: Source, kind: str, index: int, x: Any, names: Any, cell: Any, pbc: Any) -> Structure:
    if len(x) == 0:
        fail(source, kind, f"frame {index} holds no atoms")
    bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
    if len(bad):
        where = f"atom {bad[0]} ({names[bad[0]]}) of frame {index} is at {x[bad[0]].tolist()}, {len(bad)} such atoms"
        fail(source, kind, where, "the simulation broke or the file is damaged; remove or repair these atoms")
    try:
        return Structure(x, names, cell=cell, pbc=pbc)
    except ValueError as error:
        fail(source, kind, str(error), "check the file")


def read_with_ase(source: Source, kind: str, frame: int) -> Structure:
    """Read a frame that needs no mending."""
    return _from_ase(source, kind, _parse(source, kind, whole_text(source, kind), frame), frame)


def _read_pdb(source: Source, kind: str, frame: int) -> Structure:
    cut = pick_frame(cut_pdb(source, kind), frame, source, kind)
    return _from_ase(source, kind, _parse(source, kind, cut.text, 0), cut.number)


def _read_gro(source: Source, kind: str, frame: int) -> Structure:
    cut = pick_frame(cut_gro(source, kind), frame, source, kind)
    return _from_ase(source, kind, _parse(source, kind, cut.text, 0), cut.number)


def _read_cif(source: Source, kind: str, frame: int) -> Structure:
    text = whole_text(source, kind)

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


def _read_vasp(source: Source, kind: str, frame: int) -> Structure:
    """POSCAR and XDATCAR: the same head, with the numbers of atoms in line 6 (VASP 4) or 7."""
    text = whole_text(source, kind)
    lines = text.splitlines()
    if kind == "vasp-xdatcar" and len(lines) > 5 and re.search(r"[^\W\d]+\d{5}|\d{5}\d*[^\W\d]", lines[5]):
        fail(source, kind, f"{lines[5][:60].strip()!r} are no elements")  # ASE would expand it as a formula
    for i, line in enumerate(lines[5:7], start=5):
        if counts := re.match(r"\s*\d+(\s+\d+)*", line):
            declared, held = sum(map(int, counts.group().split())), max(0, len(lines) - i - 2)
            if declared > held:
                too_short(source, kind, 0, declared, held)
            break
    return _from_ase(source, kind, _parse(source, kind, text, frame), frame)


def _read_cfg(source: Source, kind: str, frame: int) -> Structure:
    text = whole_text(source, kind)
    declared = re.search(r"Number of particles\s*=\s*(\d+)", text)
    if declared and int(declared.group(1)) > (held := text.count("\n")):
        too_short(source, kind, 0, int(declared.group(1)), held)
    return _from_ase(source, kind, _parse(source, kind, text, frame), frame)


def _read_lammps_data(source: Source, kind: str, frame: int) -> Structure:
    text = whole_text(source, kind)
    declared = re.search(r"^\s*(\d+)\s+atoms\b", text, re.MULTILINE)
    section = re.search(r"^\s*Atoms\b[^\n]*\n\s*\n((?:[ \t]*[-+]?\d[^\n]*(?:\n|\Z))*)", text, re.MULTILINE)
    if declared is None or section is None:
        fail(source, kind, "it has no line 'N atoms' or no section 'Atoms'")
    atoms, held = int(declared.group(1)), section.group(1).count("\n") + (not section.group(1).endswith("\n"))
    if held < atoms:
        too_short(source, kind, 0, atoms, held)
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


def _read_dump(source: Source, kind: str, frame: int) -> Structure:
    cut = pick_frame(cut_dump(source, kind), frame, source, kind)
    found = _parse(source, kind, cut.text, 0)
    columns = cut.text.partition("ITEM: ATOMS")[2].partition("\n")[0].split()
    if "element" in columns or "mass" in columns:
        return _from_ase(source, kind, found, cut.number)
    kinds = found.arrays["type"]
    return _from_ase(source, kind, found, cut.number, _types_where_untold(source, found, kinds, np.zeros(len(kinds), dtype=bool)))


def _types_where_untold(source: Source, atoms: Any, kinds: Any, told: Any) -> list[str]:
    if not told.all():
        text = ", ".join(map(str, sorted(set(kinds[~told].tolist()))[:5]))
        advice = "give elements with Structure(s, species=...)"
        warnings.warn(f"{source.name!r} does not say the element of types {text}; they are named so; {advice}", UserWarning, stacklevel=4)
    from ase.data import chemical_symbols

    return [chemical_symbols[z] if known else str(t) for z, t, known in zip(atoms.numbers, kinds, told, strict=True)]


READERS = {
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
