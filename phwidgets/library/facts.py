"""Facts about entries: any columns, each of one type."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any

import numpy as np

from .store import VIEW, quoted

_NAME = re.compile(r"[^\W\d]\w{0,62}")
_TAKEN = {"id", "name", "digest", "added", "content", "thumbnail", "distance", "pairs"}
_TYPES = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR", datetime.datetime: "TIMESTAMP"}


def checked_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts with plain values, or a ValueError that says which one cannot be stored."""
    found: dict[str, Any] = {}
    for name, given in facts.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name.lower() in _TAKEN:
            raise ValueError(
                f"a fact cannot be called {name!r}: use a word of letters, digits and _ other than {', '.join(sorted(_TAKEN))}"
            )
        if name.lower() in map(str.lower, found):
            raise ValueError(f"two facts are called {name!r}; upper and lower case are the same here")
        value = given.item() if isinstance(given, np.generic) else given
        if value is not None and type(value) not in _TYPES:
            raise ValueError(f"the fact {name!r} is {type(given).__name__}; facts are numbers, text, True or False, or dates")
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError(f"the fact {name!r} is the number {value}, which is too large")
        found[name] = value
    return found


def columns_of(con: Any) -> dict[str, str]:
    """Types of the columns of facts, by name."""
    rows = con.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'facts' AND column_name <> 'id'").fetchall()
    return {str(name): str(kind) for name, kind in rows}


def make_room(con: Any, rows: list[dict[str, Any]]) -> None:
    """Add the columns that facts need.

    Raises
    ------
    ValueError
        If a fact has another type than the same fact of other entries.
    """
    columns = columns_of(con)
    before = dict(columns)
    names = {name.lower(): name for name in columns}
    for row in rows:
        for given, value in row.items():
            if value is None:
                continue
            kind, name = _TYPES[type(value)], names.setdefault(given.lower(), given)
            known = columns.get(name)
            if known is None or (known == "BIGINT" and kind == "DOUBLE"):
                columns[name] = kind
            elif known != kind and not (known == "DOUBLE" and kind == "BIGINT"):
                raise ValueError(f"the fact {given!r} is {value!r} here and of type {known} elsewhere; use one type, or another name")
    for name, kind in columns.items():
        if name not in before:
            con.execute(f"ALTER TABLE facts ADD COLUMN {quoted(name)} {kind}")
        elif before[name] != kind:
            con.execute(f"ALTER TABLE facts ALTER COLUMN {quoted(name)} TYPE {kind}")
    if columns != before:
        con.execute(VIEW)


def write_facts(con: Any, ids: list[int], rows: list[dict[str, Any]]) -> None:
    """Write facts into rows that are there already; what is not given stays."""
    make_room(con, rows)
    for i, row in zip(ids, rows, strict=True):
        if row:
            places = ", ".join(f"{quoted(name)} = ?" for name in row)
            con.execute(f"UPDATE facts SET {places} WHERE id = ?", [*row.values(), i])  # noqa: S608  names are checked and quoted


def insert_facts(con: Any, ids: list[int], rows: list[dict[str, Any]]) -> None:
    """Write facts of new entries, all in one statement."""
    import pandas as pd

    make_room(con, rows)
    columns = columns_of(con)
    given: dict[str, Any] = {"id": ids}
    for name, kind in columns.items():
        values = [next((v for key, v in row.items() if key.lower() == name.lower()), None) for row in rows]
        if any(value is not None for value in values):
            given[name] = _column(values, kind)
    con.register("new_facts", pd.DataFrame(given))
    names = ", ".join(quoted(name) for name in given)
    con.execute(f"INSERT INTO facts ({names}) SELECT {names} FROM new_facts")  # noqa: S608  likewise
    con.unregister("new_facts")


def _column(values: list[Any], kind: str) -> Any:
    import pandas as pd

    kinds: dict[str, Any] = {"BIGINT": "Int64", "BOOLEAN": "boolean", "VARCHAR": "str"}
    if kind == "DOUBLE":
        return pd.array([None if v is None else float(v) for v in values], dtype="Float64")
    if kind == "TIMESTAMP":
        return pd.to_datetime(pd.Series(values, dtype="object"))
    return pd.array(values, dtype=kinds[kind])


def facts_by_name(facts: Any) -> dict[str, dict[str, Any]]:
    """Facts of a table or a dict, by name of the entry; what is missing in a table is left out."""
    if facts is None:
        return {}
    if hasattr(facts, "to_dict"):
        rows = facts.to_dict("index")
        return {str(name): {k: v for k, v in row.items() if not _is_missing(v)} for name, row in rows.items()}
    return {str(name): dict(row) for name, row in facts.items()}


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)) or value is None
