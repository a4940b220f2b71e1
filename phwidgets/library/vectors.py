"""Vectors of a library in memory, and the nearest of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .store import one

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Vectors:
    """All vectors of one descriptor.

    Attributes
    ----------
    revision : int
        Of the library when they were read.
    ids : (n,) int array, ascending
    matrix : (n, m) float32 array
    norms : (n,) float64 array
        To single precision.
    """

    revision: int
    ids: Array
    matrix: Array
    norms: Array

    def place(self, ids: Array) -> Array:
        """Rows of those of some entries that have a vector."""
        place = np.searchsorted(self.ids, ids)
        place = place[place < len(self.ids)] if len(self.ids) else place[:0]
        return np.asarray(place[np.isin(self.ids[place], ids)], np.int64)

    def nearest(self, vector: Array, k: int, metric: str, rows: Array | None) -> tuple[Array, Array]:
        """Rows of the k nearest vectors and their distances, the nearest first; equal ones in the order of their ids.

        All rows are compared in float32; those that rounding could have kept out of the first k are compared again in float64.
        """
        rows = np.arange(len(self.ids)) if rows is None else np.sort(rows)
        if not len(rows) or k < 1:
            return rows[:0], np.zeros(0)
        whole = len(rows) == len(self.ids)
        norms = self.norms if whole else self.norms[rows]
        length = float(np.linalg.norm(vector))
        few = len(rows) < len(self.ids) // 4  # copying rows costs more than comparing them
        products = (self.matrix[rows] if few else self.matrix) @ vector.astype(np.float32)
        products = products if few or whole else products[rows]
        rounding = 4 * self.matrix.shape[1] * float(np.finfo(np.float32).eps)
        if metric == "cosine":
            rough, slack = _cosine(products, norms, length), np.full(1, 2 * rounding)
        else:
            rough, slack = norms**2 - 2 * products + length**2, 4 * rounding * norms * length + 1e-12 * (norms**2 + length**2)
        if k < len(rows):
            reach = np.partition(rough + slack, k - 1)[k - 1]
            kept = np.flatnonzero(rough - slack <= reach)
        else:
            kept = np.arange(len(rows))
        chosen = self.matrix[rows[kept]].astype(np.float64)
        if metric == "cosine":
            exact = _cosine(chosen @ vector, np.linalg.norm(chosen, axis=1), length)
        else:
            exact = np.linalg.norm(chosen - vector, axis=1)
        order = np.argsort(exact, kind="stable")[:k]
        return rows[kept[order]], exact[order]


def _cosine(products: Array, norms: Array, length: float) -> Array:
    """1 - cos of the angle; 0 between two zero vectors and 1 between one and another."""
    sizes = norms * length
    away = 1 - np.divide(products, sizes, out=np.zeros(len(norms)), where=sizes > 0)
    return np.asarray(np.where((norms == 0) & (length == 0), 0.0, away))


def read_vectors(con: Any, label: str, length: int, revision: int) -> Vectors:
    """Fetch them, some thousands at a time."""
    count = one(con, "SELECT count(*) FROM vectors WHERE label = ?", [label])[0]
    ids, matrix = np.empty(count, np.int64), np.empty((count, length), np.float32)
    cursor = con.execute("SELECT id, vector FROM vectors WHERE label = ?", [label])
    start = 0
    while len(part := cursor.fetch_df_chunk()):  # to the end: until then DuckDB takes no other question
        stop = start + len(part)
        ids[start:stop] = part["id"]
        matrix[start:stop] = np.frombuffer(b"".join(part["vector"]), np.float32).reshape(-1, length)
        start = stop
    if (np.diff(ids) < 0).any():
        order = np.argsort(ids)
        ids, matrix = ids[order], matrix[order]
    return Vectors(revision, ids, matrix, np.sqrt(np.einsum("ij,ij->i", matrix, matrix).astype(np.float64)))
