"""The DuckDB file of a library: its tables, and short connections to it.

DuckDB lets one process write or several read. So a connection lasts as long as one question or one addition, and waits while another
process has the file. What is added is committed before ``add`` returns; if the process dies before the file is in order, DuckDB finds
the committed rows in its log (``.wal``) the next time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
WAIT = 10.0  # s; for another process that writes
_CLOSED = {  # what a text of the user's may do: read this file, and nothing else
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}
_TABLES = """
CREATE TABLE meta (key VARCHAR, value VARCHAR);
CREATE TABLE entries (id BIGINT, name VARCHAR, digest VARCHAR, added TIMESTAMP, content BLOB, thumbnail BLOB);
CREATE TABLE facts (id BIGINT);
CREATE TABLE pairs (id BIGINT, degree TINYINT, pair_id BIGINT, birth DOUBLE, death DOUBLE);
CREATE TABLE descriptors (label VARCHAR, degree TINYINT, length INTEGER, transformer VARCHAR, parameters VARCHAR);
CREATE TABLE vectors (label VARCHAR, id BIGINT, vector BLOB);
"""
VIEW = "CREATE OR REPLACE VIEW items AS SELECT e.id, e.name, e.added, f.* EXCLUDE (id) FROM entries e JOIN facts f USING (id)"

_locks: dict[str, threading.RLock] = {}  # within this process DuckDB wants every connection to a file to be configured alike


class Store:
    """The file of a library."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        text = os.fsdecode(path)
        if "://" in text or text.startswith(":") or not text or "\0" in text:
            raise ValueError(f"a library is a file, and {text!r} is none; pass a path such as 'glasses.duckdb'")
        self.path = Path(text).expanduser().resolve()
        self._lock = _locks.setdefault(str(self.path), threading.RLock())
        if self.path.is_dir() or not self.path.parent.is_dir():
            raise ValueError(f"{text!r} is a folder or lies in none; pass the path of a file")
        if not self.path.exists():
            self._create()
        with self.reading() as con:
            self._check(con)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A connection that can read this file, and do nothing else."""
        with self._connected(read_only=True, config=_CLOSED) as con:
            yield con

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A connection in a transaction, which is committed at the end or, after an error, undone."""
        with self._connected() as con:
            con.execute("BEGIN")
            try:
                yield con
                con.execute("UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS VARCHAR) WHERE key = 'revision'")
                con.execute("COMMIT")
            except BaseException:
                con.execute("ROLLBACK")
                raise

    @contextmanager
    def copying(self) -> Iterator[Any]:
        """A connection that reads the library and may write other files; for statements of our own only."""
        with self._connected(read_only=True) as con:
            yield con

    @contextmanager
    def _connected(self, **options: Any) -> Iterator[Any]:
        with self._lock:
            con = self._opened(**options)
            try:
                yield con
            finally:
                con.close()

    def _opened(self, **options: Any) -> Any:
        import duckdb

        until = time.monotonic() + WAIT
        while True:
            try:
                return duckdb.connect(str(self.path), **options)
            except duckdb.IOException as error:
                if "lock" not in str(error):
                    foreign = "not a valid DuckDB" in str(error)
                    what = "is no library of phwidgets" if foreign else "cannot be opened"
                    raise ValueError(f"{self.path.name!r} {what}: {_first_line(error)}") from None
                if time.monotonic() > until:
                    raise ValueError(
                        f"{self.path.name!r} has been in use by another process for {WAIT:g} s: {_first_line(error)}"
                    ) from None
                time.sleep(0.02)
            except (duckdb.ConnectionException, duckdb.SerializationException, duckdb.InvalidInputException) as error:
                raise ValueError(f"{self.path.name!r} cannot be opened: {_first_line(error)}") from None

    def _create(self) -> None:
        with self._connected() as con:
            con.execute("BEGIN")
            con.execute(_TABLES)
            con.execute(VIEW)
            con.execute("INSERT INTO meta VALUES ('phwidgets library', ?), ('revision', '0')", [str(SCHEMA)])
            con.execute("COMMIT")

    def _check(self, con: Any) -> None:
        import duckdb

        try:
            found = dict(con.execute("SELECT key, value FROM meta").fetchall())
            schema = int(found["phwidgets library"])
        except (duckdb.Error, KeyError, ValueError):
            raise ValueError(f"{self.path.name!r} is a DuckDB file, but no library of phwidgets; choose another name") from None
        check_schema(schema, repr(self.path.name))


def check_schema(schema: int, name: str) -> None:
    """Raise ValueError, with what to do, unless the tables are of this version."""
    if schema == SCHEMA:
        return
    by, advice = "a newer", "update phwidgets"
    if schema < SCHEMA:
        by = "an older"
        advice = "with that version save the diagrams of each entry (lib.diagrams(name).save(path)), then add them to a new library here"
    raise ValueError(f"{name} was written by {by} version of phwidgets (tables {schema}, here {SCHEMA}); {advice}")


def one(con: Any, question: str, parameters: Any = None) -> Any:
    """The first row of an answer, None if there is none; the whole answer is fetched, as DuckDB wants it before the next question."""
    rows = con.execute(question, parameters).fetchall()
    return rows[0] if rows else None


def revision(con: Any) -> int:
    """A number that grows with every change."""
    return int(one(con, "SELECT value FROM meta WHERE key = 'revision'")[0])


def unit_of(con: Any) -> str | None:
    """The unit of all diagrams; None in an empty library."""
    row = one(con, "SELECT value FROM meta WHERE key = 'unit'")
    return None if row is None else str(row[0])


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:300]


def table(con: Any, question: str, parameters: Any = None) -> pd.DataFrame:
    """The answer to such a question as a table."""
    found: pd.DataFrame = asked(con, question, parameters).df()
    return found


def asked(con: Any, question: str, parameters: Any = None) -> Any:
    """Run a question that contains text of the user's; what is wrong with it becomes a ValueError."""
    import duckdb

    try:
        answer = con.execute(question, parameters)
    except duckdb.Error as error:
        raise ValueError(f"this question cannot be answered: {str(error).strip()[:600]}") from None
    if answer is None or answer.description is None:
        raise ValueError("this question cannot be answered: it asks for nothing")
    return answer
