"""From diagrams to the rows of a library and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..batch.codec import decode, encode
from ..persistence.diagram import _COLUMNS, Diagram
from ..persistence.diagrams import Diagrams
from ..structure import Structure
from .facts import checked_facts, insert_facts, write_facts
from .store import one, unit_of

LONGEST = 1000  # characters of a name
LARGEST_IMAGE = 1 << 22  # samples; larger ones would make the file many times as large as all that is asked of it
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Entry:
    """What is added under one name."""

    name: str
    diagrams: Diagrams
    facts: dict[str, Any]
    thumbnail: bytes | None
    digest: str


def entry(name: Any, diagrams: Any, facts: Mapping[str, Any], thumbnail: bytes | None = None) -> Entry:
    """A checked entry."""
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST or "\0" in name:
        raise ValueError(f"a name is a text of 1 to {LONGEST} characters, not {name if not isinstance(name, str) else name[:60]!r}")
    if isinstance(diagrams, Diagram):
        diagrams = Diagrams({diagrams.degree: diagrams}, source=diagrams.source, unit=diagrams.unit, resolution=0.0)
    if not isinstance(diagrams, Diagrams):
        raise ValueError(f"{name!r}: a library holds diagrams, not {type(diagrams).__name__}; put other results into facts")
    if thumbnail is not None and not (isinstance(thumbnail, bytes) and thumbnail.startswith(_PNG)):
        raise ValueError(f"{name!r}: a thumbnail is a PNG picture as bytes")
    return Entry(name, diagrams, checked_facts(dict(facts)), thumbnail, _digest(diagrams))


def _digest(diagrams: Diagrams) -> str:
    digest = hashlib.sha256(f"{diagrams.unit} {float(diagrams.resolution)!r}".encode())

    def feed(name: str, array: Any) -> None:
        array = np.ascontiguousarray(array)
        digest.update(f"{name} {array.dtype.kind} {array.shape}".encode())
        digest.update(array.tobytes())

    for k, d in diagrams.items():
        for name in _COLUMNS:
            column = getattr(d, name)
            feed(f"{k} {name}", column.astype(np.int64) if name.endswith("offset") else column)  # as wide as they were once
    source = diagrams.source
    if isinstance(source, Structure):
        feed("species", np.frombuffer("\0".join(source.species.tolist()).encode(), np.uint8))
        for name in ("positions", "cell", "radii"):
            if getattr(source, name) is not None:
                feed(name, getattr(source, name))
    return digest.hexdigest()


def write(con: Any, entries: Sequence[Entry], replace: bool) -> int:
    """Insert what is new; facts of what is there already are written too. Returns how many are new.

    Raises
    ------
    ValueError
        If a name is there with other content, the unit differs, or two entries have one name.
    """
    names = [e.name for e in entries]
    if twice := {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set():
        raise ValueError(f"the name {min(twice)!r} is given twice")
    _check_unit(con, entries)
    rows = con.execute("SELECT name, digest, id FROM entries WHERE name IN (SELECT unnest(?))", [names]).fetchall()
    known = {name: (digest, i) for name, digest, i in rows}
    for e in entries:
        if e.name in known and known[e.name][0] != e.digest and not replace:
            raise ValueError(f"{e.name!r} is in the library with other diagrams; use another name, or replace=True")
    same = [e for e in entries if e.name in known and known[e.name][0] == e.digest]
    write_facts(con, [known[e.name][1] for e in same], [e.facts for e in same])
    for e in same:
        if e.thumbnail is not None:
            con.execute("UPDATE entries SET thumbnail = ? WHERE id = ?", [e.thumbnail, known[e.name][1]])
    new = [e for e in entries if e.name not in known or known[e.name][0] != e.digest]
    remove(con, [known[e.name][1] for e in new if e.name in known])
    if new:
        _insert(con, new)
    return len(new)


def remove(con: Any, ids: Sequence[int]) -> None:
    """Delete entries with everything that belongs to them."""
    for table in ("entries", "facts", "pairs", "vectors"):
        if ids:
            con.execute(f"DELETE FROM {table} WHERE id IN (SELECT unnest(?))", [list(ids)])  # noqa: S608  the four names above


def _check_unit(con: Any, entries: Sequence[Entry]) -> None:
    unit = unit_of(con)
    for e in entries:
        if unit is None:
            unit = e.diagrams.unit
            con.execute("INSERT INTO meta VALUES ('unit', ?)", [unit])
        if e.diagrams.unit != unit:
            raise ValueError(f"{e.name!r} is in {e.diagrams.unit}, this library in {unit}: they cannot be compared; use another library")


def _insert(con: Any, new: Sequence[Entry]) -> None:
    import pandas as pd

    first = one(con, "SELECT coalesce(max(id), -1) + 1 FROM entries")[0]
    ids = list(range(first, first + len(new)))
    contents = [encode(e.diagrams, largest=LARGEST_IMAGE) for e in new]
    texts = {"name": [e.name for e in new], "digest": [e.digest for e in new]}
    con.register("new_entries", pd.DataFrame({"id": ids, **texts, "content": contents, "thumbnail": [e.thumbnail for e in new]}))
    con.execute("INSERT INTO entries SELECT id, name, digest, current_localtimestamp(), content, thumbnail FROM new_entries")
    insert_facts(con, ids, [e.facts for e in new])
    diagrams = [(i, d) for i, e in zip(ids, new, strict=True) for d in e.diagrams.values()]
    counts = [len(d) for _, d in diagrams]
    columns = {
        "pair_id": [d.pair_id for _, d in diagrams],
        "birth": [d.birth for _, d in diagrams],
        "death": [d.death for _, d in diagrams],
    }
    table = {
        "id": np.repeat([i for i, _ in diagrams], counts),
        "degree": np.repeat([d.degree for _, d in diagrams], counts).astype(np.int8),
        **{name: np.concatenate(parts) for name, parts in columns.items()},
    }
    con.register("new_pairs", pd.DataFrame(table))
    con.execute("INSERT INTO pairs SELECT id, degree, pair_id, birth, death FROM new_pairs")
    con.unregister("new_entries")
    con.unregister("new_pairs")


def read(con: Any, name: str) -> Diagrams:
    """The diagrams of an entry, with their structure if it was stored."""
    diagrams: Diagrams = decode(_column(con, name, "content"))
    return diagrams


def thumbnail(con: Any, name: str) -> bytes | None:
    """The picture of an entry."""
    raw = _column(con, name, "thumbnail")
    return None if raw is None else bytes(raw)


def _column(con: Any, name: str, column: str) -> Any:
    row = one(con, f"SELECT {column} FROM entries WHERE name = ?", [name])  # noqa: S608  one of the two above
    if row is None:
        raise ValueError(f"there is no {name!r} in this library")
    return row[0]


def id_of(con: Any, name: str) -> int:
    """The number of an entry."""
    row = one(con, "SELECT id FROM entries WHERE name = ?", [name])
    if row is None:
        raise ValueError(f"there is no {name!r} in this library")
    return int(row[0])


def points(con: Any, degree: int, unit: str) -> Iterator[Diagram]:
    """The diagrams of all entries, births and deaths only: enough to learn a range from."""
    cursor = con.execute("SELECT id FROM entries WHERE id IN (SELECT id FROM pairs WHERE degree = ?) ORDER BY id", [degree])
    for (i,) in cursor.fetchall():
        rows = con.execute("SELECT birth, death FROM pairs WHERE id = ? AND degree = ? ORDER BY pair_id", [i, degree]).fetchnumpy()
        n = len(rows["birth"])
        cells = [np.broadcast_to(np.int64(-1), (n, degree + extra)) for extra in (1, 2)]
        yield Diagram(degree, unit, np.asarray(rows["birth"], float), np.asarray(rows["death"], float), *cells)
