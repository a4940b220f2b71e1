"""Which entries of a library are nearest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from . import entries
from .store import asked, one
from .vectors import Vectors

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]
_OF_VECTORS, _OF_DIAGRAMS = ("cosine", "euclidean"), ("wasserstein", "bottleneck")
_MOST = 2000  # diagrams that are compared one by one when there are no vectors to choose by


@dataclass(frozen=True)
class Query:
    """What `Library.similar` is asked."""

    x: Any
    k: int
    where: str | None
    metric: str
    descriptor: str | None
    candidates: int
    degree: int | None


def answer(con: Any, query: Query, load: Callable[[Any, str, int], Vectors], transformers: dict[str, Any]) -> pd.DataFrame:
    """The nearest entries, as a table."""
    if query.metric not in _OF_VECTORS + _OF_DIAGRAMS:
        raise ValueError(f"metric is one of {', '.join(map(repr, _OF_VECTORS + _OF_DIAGRAMS))}, not {query.metric!r}")
    if query.k < 1 or query.candidates < 1:
        raise ValueError(f"k and candidates are positive whole numbers, not {query.k} and {query.candidates}")
    allowed = _allowed(con, query.where)
    own = entries.id_of(con, query.x) if isinstance(query.x, str) else None
    if query.metric in _OF_DIAGRAMS:
        ids, distances = _by_diagrams(con, query, load, transformers, allowed, own)
    else:
        ids, distances = _by_vectors(con, query, query.k, query.metric, load, transformers, allowed, own)
    return _table(con, ids, distances)


def descriptor_of(con: Any, label: str | None) -> tuple[str, int, int | None]:
    """Label, length and degree of a descriptor; the only one by default."""
    rows = con.execute("SELECT label, length, degree FROM descriptors ORDER BY label").fetchall()
    chosen = rows if label is None else [row for row in rows if row[0] == label]
    if len(chosen) == 1:
        return chosen[0][0], int(chosen[0][1]), chosen[0][2]
    there = ", ".join(repr(row[0]) for row in rows) or "none"
    if label is None and rows:
        raise ValueError(f"there are several descriptors, {there}; choose one with descriptor=")
    raise ValueError(f"there is no such descriptor; there are {there}. lib.describe(ph.PersistenceImage()) makes one")


def _allowed(con: Any, where: str | None) -> Array | None:
    """Ids of the entries for which a condition holds; None without one."""
    if where is None:
        return None
    rows = asked(con, f"SELECT id FROM items WHERE ({where})").fetchall()  # noqa: S608  this connection can only read
    return np.array([row[0] for row in rows], np.int64)


def _by_vectors(
    con: Any,
    query: Query,
    k: int,
    metric: str,
    load: Callable[[Any, str, int], Vectors],
    transformers: dict[str, Any],
    allowed: Array | None,
    own: int | None,
) -> tuple[Array, Array]:
    label, length, degree = descriptor_of(con, query.descriptor)
    found = load(con, label, length)
    vector = _vector(query.x, own, found, label, degree, transformers)
    if vector.shape != (length,):
        raise ValueError(f"the vectors of {label!r} have {length} numbers, this one has shape {vector.shape}")
    if not np.isfinite(vector).all():
        raise ValueError("the vector holds numbers that are not finite")
    rows = None if allowed is None else found.place(allowed)
    places, distances = found.nearest(vector, k + (own is not None), metric, rows)
    kept = found.ids[places] != (-1 if own is None else own)
    return found.ids[places[kept]][:k], distances[kept][:k]


def _vector(x: Any, own: int | None, found: Vectors, label: str, degree: int | None, transformers: dict[str, Any]) -> Array:
    if own is not None:
        place = found.place(np.array([own]))
        if not len(place):
            raise ValueError(f"{x!r} has no vector of {label!r} yet; call describe again")
        return np.asarray(found.matrix[place[0]], np.float64)
    if isinstance(x, Diagrams | Diagram):
        if label not in transformers:
            raise ValueError(
                f"the transformer of {label!r} is not known in this session: call lib.describe(transformer) with the same parameters, or "
                "pass its vector, transformer.transform([diagram])[0]"
            )
        transformer = transformers[label]
        if isinstance(x, Diagrams) and getattr(transformer, "degree", None) is None:
            x = x[1 if degree is None else degree]
        made = transformer.transform([x])
        return np.asarray(np.asarray(made.to_numpy() if hasattr(made, "to_numpy") else made, float)[0])
    try:
        return np.asarray(x, float)
    except (TypeError, ValueError):
        raise ValueError(f"x is a name, diagrams or a vector, not {type(x).__name__}") from None


def _by_diagrams(
    con: Any,
    query: Query,
    load: Callable[[Any, str, int], Vectors],
    transformers: dict[str, Any],
    allowed: Array | None,
    own: int | None,
) -> tuple[Array, Array]:
    from ..descriptors.distances import bottleneck_distance, wasserstein_distance

    if not isinstance(query.x, str | Diagrams | Diagram):
        raise ValueError(f"the {query.metric} distance is one of diagrams: pass diagrams or the name of an entry")
    ids = np.array([row[0] for row in con.execute("SELECT id FROM entries ORDER BY id").fetchall()], np.int64)
    ids = ids[ids != (-1 if own is None else own)]
    ids = ids if allowed is None else ids[np.isin(ids, allowed)]
    described = one(con, "SELECT count(*) FROM descriptors")[0]
    degree = query.degree
    if described and degree is None:
        degree = descriptor_of(con, query.descriptor)[2]
    degree = 1 if degree is None else int(degree)
    if len(ids) > query.candidates and described:
        ids, _ = _by_vectors(con, query, query.candidates, "cosine", load, transformers, allowed, own)
    elif len(ids) > _MOST:
        raise ValueError(f"{len(ids)} entries are too many to compare diagram by diagram: call describe first, or pass where=")
    source = entries.read(con, query.x) if isinstance(query.x, str) else query.x
    reference = source if isinstance(source, Diagram) else source[degree]
    distance = wasserstein_distance if query.metric == "wasserstein" else bottleneck_distance
    names = dict(con.execute("SELECT id, name FROM entries WHERE id IN (SELECT unnest(?))", [ids.tolist()]).fetchall())
    found = [(i, entries.read(con, names[i])) for i in ids.tolist()]
    away = [(float(distance(reference, dgms[degree])), i) for i, dgms in found if degree in dgms]
    away = sorted(away)[: query.k]
    return np.array([i for _, i in away], np.int64), np.array([a for a, _ in away])


def _table(con: Any, ids: Array, distances: Array) -> pd.DataFrame:
    import pandas as pd

    con.register("found", pd.DataFrame({"id": ids, "distance": distances, "place": np.arange(len(ids))}))
    table: pd.DataFrame = con.execute(
        "SELECT i.name, f.distance, i.* EXCLUDE (id, name, added) FROM found f JOIN items i USING (id) ORDER BY f.place"
    ).df()
    return table
