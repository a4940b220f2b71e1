"""Which formats are read, and which one a file is in."""

from __future__ import annotations

import difflib
import io
import os
import re

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
ALIASES = {"xyz": "extxyz", "pdb": "proteindatabank", "ent": "proteindatabank", "gro": "gromacs", "poscar": "vasp", "contcar": "vasp"}
_EXTENSIONS = {"xyz", "extxyz", "cif", "pdb", "ent", "gro", "vasp", "poscar", "contcar", "lammpstrj", "xsf", "gen", "cfg", "sdf", "mol"}


def checked_format(format: str) -> str:
    """Name of a format that is read here; a wrong one raises and names close ones."""
    kind = ALIASES.get(str(format).lower(), str(format).lower())
    if kind in FORMATS:
        return kind
    near = difflib.get_close_matches(kind, [*FORMATS, *ALIASES], n=2)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "read it with ase.io.read and pass the Atoms instead"
    raise ValueError(f"format {format!r} is not read here; {hint} Formats: {', '.join(FORMATS)}")


def guess_format(name: str, head: str) -> str:
    """Format of a file from its name and first lines."""
    base = name.lower().removesuffix(".gz")
    extension = base.rpartition(".")[2] if "." in base else ""
    lines = head.splitlines()
    if extension in _EXTENSIONS:
        return ALIASES.get(extension, extension)
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
