"""Descriptors of a library's entries: computed once, stored with the parameters that made them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import entries
from .store import one

Array = NDArray[Any]
_BATCH = 64  # entries that are in memory at once
_LARGEST = 64  # numbers of a learned parameter that are worth writing down


def parameters_of(transformer: Any) -> str:
    """What a fitted transformer was given and has learned, as JSON."""
    given = transformer.get_params() if hasattr(transformer, "get_params") else {}
    own = vars(transformer) if hasattr(transformer, "__dict__") else {}
    learned = {name: value for name, value in own.items() if name.endswith("_") and not name.startswith("_")}
    return as_json({**given, **learned})


def as_json(parameters: dict[str, Any]) -> str:
    """Parameters as JSON; what is no plain value is named."""
    return json.dumps({name: _plain(value) for name, value in parameters.items()}, sort_keys=True, ensure_ascii=False)


def is_fitted(transformer: Any) -> bool:
    """Whether a transformer has learned something, by the convention of scikit-learn."""
    return any(name.endswith("_") and not name.startswith("_") for name in vars(transformer))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        return value.tolist() if value.size <= _LARGEST and value.dtype.kind in "biuf" else f"array of shape {value.shape}"
    if isinstance(value, list | tuple) and len(value) <= _LARGEST:
        return [_plain(item) for item in value]
    return f"{type(value).__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}"


def register(con: Any, label: str, degree: int | None, length: int, transformer: str, parameters: str) -> None:
    """Note a descriptor; one that is there must be the same."""
    row = one(con, "SELECT degree, length, transformer, parameters FROM descriptors WHERE label = ?", [label])
    if row is None:
        con.execute("INSERT INTO descriptors VALUES (?, ?, ?, ?, ?)", [label, degree, length, transformer, parameters])
    elif row != (degree, length, transformer, parameters):
        raise ValueError(
            f"the descriptor {label!r} is there with other parameters ({row[2]}, degree {row[0]}, {row[1]} numbers, {row[3][:300]}); "
            "give this one another label="
        )


def missing(con: Any, label: str) -> list[tuple[int, str]]:
    """Ids and names of the entries that have no vector yet."""
    question = "SELECT id, name FROM entries WHERE id NOT IN (SELECT id FROM vectors WHERE label = ?) ORDER BY id"
    return [(int(i), str(name)) for i, name in con.execute(question, [label]).fetchall()]


def in_batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Some at a time."""
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def vectors_of(con: Any, transformer: Any, rows: Sequence[tuple[int, str]], degree: int) -> tuple[list[int], Array]:
    """Ids and vectors of entries; those without this degree are left out."""
    found = [(i, entries.read(con, name)) for i, name in rows]
    found = [(i, dgms) for i, dgms in found if degree in dgms]
    if not found:
        return [], np.zeros((0, 0), np.float32)
    takes_all = getattr(transformer, "degree", None) is not None
    x = transformer.transform([dgms if takes_all else dgms[degree] for _, dgms in found])
    return [i for i, _ in found], checked_vectors(x, len(found))


def checked_vectors(x: Any, count: int) -> Array:
    """Vectors as (count, m) float32."""
    array = np.asarray(x.to_numpy() if hasattr(x, "to_numpy") else x)
    if array.ndim != 2 or len(array) != count or array.dtype.kind not in "fiub" or not array.shape[1]:
        raise ValueError(f"descriptors are one vector of numbers for each of {count} entries, not an array of shape {array.shape}")
    with np.errstate(over="ignore"):
        small = np.ascontiguousarray(array, np.float32)
    if not np.isfinite(small).all():
        raise ValueError("descriptors must be finite numbers that fit into float32")
    return small


def insert(con: Any, label: str, ids: Sequence[int], vectors: Array) -> None:
    """Write vectors, in the place of those that are there."""
    import pandas as pd

    if not len(ids):
        return
    con.execute("DELETE FROM vectors WHERE label = ? AND id IN (SELECT unnest(?))", [label, list(ids)])
    con.register("new_vectors", pd.DataFrame({"id": list(ids), "vector": [row.tobytes() for row in vectors]}))
    con.execute("INSERT INTO vectors SELECT ?, id, vector FROM new_vectors", [label])
    con.unregister("new_vectors")
