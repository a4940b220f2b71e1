"""A library as Parquet files, and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .facts import columns_of
from .store import VIEW, Store, asked, check_schema, literal, quoted

TABLES = ("meta", "entries", "facts", "pairs", "descriptors", "vectors")
_TYPES = {"BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR", "TIMESTAMP"}


def export(store: Store, folder: str | os.PathLike[str]) -> None:
    """Write every table as a file into a folder."""
    place = Path(folder).expanduser().resolve()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise ValueError(f"{str(folder)!r} is not an empty folder; choose another one")
    place.mkdir(parents=True, exist_ok=True)
    with store.copying() as con:
        for table in TABLES:
            con.execute(f"COPY {table} TO {literal(str(place / f'{table}.parquet'))} (FORMAT parquet, COMPRESSION zstd)")


def load(folder: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """Make a new library of the files in a folder."""
    place = Path(folder).expanduser().resolve()
    missing = [table for table in TABLES if not (place / f"{table}.parquet").is_file()]
    if missing:
        raise ValueError(f"{str(folder)!r} holds no exported library: {missing[0]}.parquet is not there")
    target = Path(path).expanduser()
    if target.exists():
        raise ValueError(f"{str(path)!r} is there already; choose another name")
    store = Store(path)
    try:
        with store.writing() as con:
            _load(con, {table: f"read_parquet({literal(str(place / f'{table}.parquet'))})" for table in TABLES})
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _load(con: Any, source: dict[str, str]) -> None:
    found = dict(asked(con, f"SELECT key, value FROM {source['meta']}").fetchall())  # noqa: S608  our own files
    version = str(found.get("phwidgets library"))
    if not version.isdecimal():
        raise ValueError("these files are no exported library: meta.parquet tells no version")
    check_schema(int(version), "this export")
    for name, kind, *_ in asked(con, f"DESCRIBE SELECT * FROM {source['facts']}").fetchall():  # noqa: S608
        if name != "id":
            if kind not in _TYPES:
                raise ValueError(f"the facts have a column {name!r} of type {kind}, which no library writes")
            con.execute(f"ALTER TABLE facts ADD COLUMN {quoted(name)} {kind}")
    con.execute(VIEW)
    con.execute("DELETE FROM meta")
    for table in TABLES:
        columns = ["id", *columns_of(con)] if table == "facts" else [row[0] for row in con.execute(f"DESCRIBE {table}").fetchall()]
        names = ", ".join(map(quoted, columns))
        asked(con, f"INSERT INTO {table} ({names}) SELECT {names} FROM {source[table]}")  # noqa: S608
