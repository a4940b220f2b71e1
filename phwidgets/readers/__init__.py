"""read_structure: the only code that opens a user's file.

The file is opened, measured and cut into frames here; ASE sees the text of one frame, never a name. So a name cannot be an address
or carry an index, a frame that declares more atoms than it holds is found before anybody allocates for it, and only formats
that are plain text, without databases, pickles or code, are let through (`FORMATS`).
"""

from __future__ import annotations

import operator
from typing import Any

from phwidgets.readers.atoms import READERS, read_with_ase
from phwidgets.readers.formats import FORMATS, checked_format, guess_format
from phwidgets.readers.source import Source, first_lines, name_of, open_stream, unpacked
from phwidgets.structure import Structure

__all__ = ["FORMATS", "read_structure"]


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
    wanted = None if format is None else checked_format(format)
    with open_stream(path) as stream:
        source = unpacked(Source(name_of(path), stream))
        head = first_lines(source)
        kind = wanted or guess_format(source.name, head)
        return READERS.get(kind, read_with_ase)(source, kind, frame)
