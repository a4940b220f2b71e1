"""Library: the class."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..persistence.diagram import Interval, _interval
from ..persistence.diagrams import Diagrams
from ..persistence.region import Region
from . import descriptions, entries, search, transport
from .facts import facts_by_name
from .shelf import Shelf
from .store import Store, one, revision, table, unit_of
from .vectors import Vectors, read_vectors

if TYPE_CHECKING:
    import pandas as pd


class Library:
    """Diagrams of many structures or images in one DuckDB file, with what is known about them.

    Parameters
    ----------
    path : path
        The file; it is made if it is not there.

    Raises
    ------
    ValueError
        If the file is something else, was written by another version of the tables, or is in use by another process for ten seconds.

    Notes
    -----
    Every question and every addition opens the file and closes it again, so that several processes can use it in turn. An addition is on
    the disk when the call returns.

    For SQL there are the tables ``items`` (id, name, added and the facts), ``pairs`` (id, degree, pair_id, birth, death),
    ``descriptors`` and ``vectors``.

    Examples
    --------
    >>> import tempfile, phwidgets as ph
    >>> from phwidgets.library import Library
    >>> folder = tempfile.TemporaryDirectory()
    >>> lib = Library(folder.name + "/glasses.duckdb")
    >>> for name in ["silica-glass", "silica-melt"]:
    ...     added = lib.add(name, ph.alpha_persistence(ph.sample(name)), molten=name.endswith("melt"))
    >>> lib
    Library(glasses.duckdb, 2 entries, unit Å)
    >>> lib.with_pairs(1, birth=(0.7, 0.9), death=(1.2, 3.5), at_least=100)["name"].tolist()
    ['silica-glass']
    >>> folder.cleanup()
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._store = Store(path)
        self._vectors: dict[str, Vectors] = {}
        self._transformers: dict[str, Any] = {}

    # ---- adding --------------------------------------------------------------------------------------------------------------
    def add(self, name: str, diagrams: Any, *, thumbnail: bytes | None = None, replace: bool = False, **facts: Any) -> bool:
        """Add the diagrams of one input.

        Parameters
        ----------
        name : str
        diagrams : Diagrams or Diagram
            With the structure, image or array that they were computed from; one of more than four million samples stays behind.
        thumbnail : bytes, optional
            A small PNG picture, for the gallery.
        replace : bool
            Put them in the place of other diagrams of this name.
        **facts : number, text, bool or datetime
            Columns of the table of facts, new ones at will; each keeps the type of its first value.

        Returns
        -------
        bool
            Whether they are new. The same diagrams under the same name are not added twice; the facts are written all the same.

        Raises
        ------
        ValueError
            If the name is there with other diagrams, the unit is another one, or a fact is of another type than before.
        """
        return bool(self._write([entries.entry(name, diagrams, facts, thumbnail)], replace))

    def add_many(
        self, items: Mapping[str, Any] | Iterable[tuple[str, Any]], *, facts: Any = None, replace: bool = False, batch: int = 256
    ) -> int:
        """Add many in one call; what was added before an interruption stays, and is passed over when the call is repeated.

        Parameters
        ----------
        items : dict of name: Diagrams, or iterable of (name, Diagrams)
            Such as ``many.items()`` of `compute_many`.
        facts : DataFrame indexed by name, or dict of dict by name, optional
        replace : bool
            As in `add`.
        batch : int
            So many are written at once.

        Returns
        -------
        int
            How many were new.
        """
        known = facts_by_name(facts)
        new, waiting = 0, []
        for name, diagrams in items.items() if isinstance(items, Mapping) else items:
            waiting.append(entries.entry(name, diagrams, known.get(name, {})))
            if len(waiting) >= batch:
                new += self._write(waiting, replace)
                waiting = []
        return new + (self._write(waiting, replace) if waiting else 0)

    def remove(self, name: str) -> None:
        """Delete an entry with everything that belongs to it."""
        with self._store.writing() as con:
            entries.remove(con, [entries.id_of(con, name)])

    def shelf(self) -> Shelf:
        """A place that takes entries one by one and writes them some at a time; used by `compute_many`."""
        return Shelf(self._write)

    def _write(self, new: Sequence[entries.Entry], replace: bool = False) -> int:
        with self._store.writing() as con:
            return entries.write(con, new, replace)

    # ---- what is there -------------------------------------------------------------------------------------------------------
    @property
    def path(self) -> Path:
        """The file."""
        return self._store.path

    @property
    def unit(self) -> str | None:
        """Unit of all births and deaths; None while the library is empty."""
        with self._store.reading() as con:
            return unit_of(con)

    def names(self, where: str | None = None) -> list[str]:
        """Names of the entries, in the order in which they were added, or of those for which an SQL condition on the facts holds."""
        return [str(name) for name in self.facts(where)["name"]]

    def facts(self, where: str | None = None) -> pd.DataFrame:
        """The table of facts: one row per entry, columns name, added, and the facts."""
        with self._store.reading() as con:
            condition = "" if where is None else f" WHERE ({where})"
            return table(con, f"SELECT * EXCLUDE (id) FROM items{condition} ORDER BY id")  # noqa: S608  read only, see store.py

    def diagrams(self, name: str) -> Diagrams:
        """The diagrams that were added under a name, as they were, with their structure."""
        with self._store.reading() as con:
            return entries.read(con, name)

    def thumbnail(self, name: str) -> bytes | None:
        """The picture of an entry, if it has one."""
        with self._store.reading() as con:
            return entries.thumbnail(con, name)

    def __len__(self) -> int:
        with self._store.reading() as con:
            return int(one(con, "SELECT count(*) FROM entries")[0])

    def __contains__(self, name: object) -> bool:
        with self._store.reading() as con:
            return one(con, "SELECT 1 FROM entries WHERE name = ?", [str(name)]) is not None

    def __repr__(self) -> str:
        count, unit = len(self), self.unit
        return f"Library({self.path.name}, {count} entr{'y' if count == 1 else 'ies'}{'' if unit is None else f', unit {unit}'})"

    # ---- asking --------------------------------------------------------------------------------------------------------------
    def sql(self, question: str, parameters: Any = None) -> pd.DataFrame:
        """Answer a question in SQL. It can read this library and nothing else, and change nothing.

        Parameters
        ----------
        question : str
        parameters : list or dict, optional
            Values for the ``?`` or ``$name`` in it.

        Raises
        ------
        ValueError
            If DuckDB does not understand it, or it would do more than read.

        Examples
        --------
        ``lib.sql("SELECT name, count(*) AS rings FROM items JOIN pairs USING (id) WHERE degree = 1 GROUP BY name")``
        """
        with self._store.reading() as con:
            return table(con, question, parameters)

    def with_pairs(
        self,
        degree: int | Region,
        birth: Interval = (-math.inf, math.inf),
        death: Interval = (-math.inf, math.inf),
        at_least: int = 1,
        where: str | None = None,
    ) -> pd.DataFrame:
        """The entries that have such holes.

        Parameters
        ----------
        degree : int or Region
            Which diagram; a `Region` brings its borders along.
        birth, death : (low, high)
            Borders, which belong to the region; a death interval that ends at inf takes essential classes in.
        at_least : int
            How many pairs an entry must have there.
        where : str, optional
            A condition on the facts, in SQL: ``"density > 2.2 and method = 'quench'"``.

        Returns
        -------
        pandas.DataFrame
            Columns name, pairs (their number), and the facts; most pairs first.
        """
        if isinstance(degree, Region):
            if degree.unit is not None and self.unit not in (None, degree.unit):
                raise ValueError(f"region {degree.name!r} is in {degree.unit}, this library in {self.unit}: they cannot be compared")
            birth, death, degree = degree.birth, degree.death, degree.degree
        if at_least < 1:
            raise ValueError(f"at_least is a positive whole number, not {at_least!r}")
        values = [int(degree), *_interval("birth", birth), *_interval("death", death), int(at_least)]
        condition = "" if where is None else f"WHERE ({where})"
        question = f"""
            SELECT name, pairs, i.* EXCLUDE (id, name, added) FROM (SELECT * FROM items {condition}) i JOIN (
                SELECT id, count(*) AS pairs FROM pairs WHERE degree = ? AND birth BETWEEN ? AND ? AND death BETWEEN ? AND ?
                GROUP BY id HAVING count(*) >= ?) USING (id)
            ORDER BY pairs DESC, id"""  # noqa: S608  the condition is the user's own, and this connection can only read
        with self._store.reading() as con:
            return table(con, question, values)

    def similar(
        self,
        x: Any,
        k: int = 10,
        where: str | None = None,
        *,
        metric: Literal["cosine", "euclidean", "wasserstein", "bottleneck"] = "cosine",
        descriptor: str | None = None,
        candidates: int = 100,
        degree: int | None = None,
    ) -> pd.DataFrame:
        """The k entries that are nearest to something.

        Parameters
        ----------
        x : str, Diagrams, Diagram, or (m,) array
            The name of an entry, which is not among the answers; diagrams, which `describe` must have seen a transformer for in this
            session; or a vector.
        k : int
        where : str, optional
            A condition on the facts, in SQL; only entries for which it holds are compared.
        metric : {"cosine", "euclidean", "wasserstein", "bottleneck"}
            Of the vectors; or of the diagrams themselves, for the `candidates` whose vectors are nearest by angle (all entries, where
            there are no more than `candidates`, or there are no vectors).
        descriptor : str, optional
            Label of the descriptor; needed when there are several.
        candidates : int
            See `metric`.
        degree : int, optional
            Of the diagrams for their distances; by default that of the descriptor, or 1.

        Returns
        -------
        pandas.DataFrame
            Columns name, distance and the facts; the nearest first.

        Raises
        ------
        ValueError
            If there is nothing to compare with, or the vector has another length.

        Notes
        -----
        The vectors (float32) are read into memory at the first question and again after a change. Their order is exact: what rounding
        could have put into the wrong place is compared again in float64.
        """
        query = search.Query(x, int(k), where, metric, descriptor, int(candidates), degree)
        with self._store.reading() as con:
            return search.answer(con, query, self._loaded, self._transformers)

    def _loaded(self, con: Any, label: str, length: int) -> Vectors:
        now = revision(con)
        if label not in self._vectors or self._vectors[label].revision != now:
            self._vectors[label] = read_vectors(con, label, length, now)
        return self._vectors[label]

    # ---- descriptors ---------------------------------------------------------------------------------------------------------
    def describe(self, transformer: Any, *, degree: int | None = None, label: str | None = None) -> str:
        """Compute and store the vectors of all entries that have none yet.

        Parameters
        ----------
        transformer : PersistenceImage or another transformer of diagrams
            One that is not fitted learns from all entries first.
        degree : int, optional
            Which diagrams; by default those that the transformer was made for or has learned from, or 1.
        label : str, optional
            What to call the descriptor; by default its class and the degree, ``"PersistenceImage PD1"``.

        Returns
        -------
        str
            The label.

        Raises
        ------
        ValueError
            If there is a descriptor of this label that was made with other parameters.
        """
        kind = type(transformer).__name__
        own = (getattr(transformer, name, None) for name in ("degree", "degree_"))
        degree = next((int(k) for k in (degree, *own) if k is not None), 1)
        label = f"{kind} PD{degree}" if label is None else str(label)
        unit = self.unit
        if unit is None:
            raise ValueError("this library is empty: add diagrams first")
        if not descriptions.is_fitted(transformer):
            with self._store.reading() as con:
                transformer.fit(list(entries.points(con, degree, unit)))
        with self._store.reading() as con:
            todo = descriptions.missing(con, label)
        for rows in descriptions.in_batches(todo):
            with self._store.reading() as con:
                ids, vectors = descriptions.vectors_of(con, transformer, rows, degree)
            if ids:
                with self._store.writing() as con:
                    descriptions.register(con, label, degree, vectors.shape[1], kind, descriptions.parameters_of(transformer))
                    descriptions.insert(con, label, ids, vectors)
        self._transformers[label] = transformer
        return label

    def add_vectors(self, label: str, names: Sequence[str], vectors: Any, **parameters: Any) -> None:
        """Store vectors that were computed elsewhere, one per entry.

        Parameters
        ----------
        label : str
        names : sequence of n str
            Of entries.
        vectors : (n, m) array
            Stored as float32.
        **parameters
            How they were made, for the record.
        """
        checked = descriptions.checked_vectors(vectors, len(names))
        about = descriptions.as_json(parameters)
        with self._store.writing() as con:
            rows = con.execute("SELECT name, id FROM entries WHERE name IN (SELECT unnest(?))", [list(names)]).fetchall()
            ids = {str(name): int(i) for name, i in rows}
            if unknown := [name for name in names if name not in ids]:
                raise ValueError(f"there is no {unknown[0]!r} in this library ({len(unknown)} such names)")
            descriptions.register(con, str(label), None, checked.shape[1], "given", about)
            descriptions.insert(con, str(label), [ids[name] for name in names], checked)

    def descriptors(self) -> pd.DataFrame:
        """The descriptors: label, degree, length, transformer, parameters (JSON), and how many entries have a vector."""
        return self.sql(
            "SELECT d.*, (SELECT count(*) FROM vectors v WHERE v.label = d.label) AS entries FROM descriptors d ORDER BY d.label"
        )

    def vectors(self, descriptor: str | None = None) -> pd.DataFrame:
        """The vectors of one descriptor, one row per entry, indexed by name: a table for scikit-learn."""
        import pandas as pd

        with self._store.reading() as con:
            label, length, _ = search.descriptor_of(con, descriptor)
            found = self._loaded(con, label, length)
            names = dict(con.execute("SELECT id, name FROM entries").fetchall())
        return pd.DataFrame(found.matrix, index=pd.Index([names[i] for i in found.ids.tolist()], name="name"))

    # ---- elsewhere -----------------------------------------------------------------------------------------------------------
    def to_parquet(self, folder: str | os.PathLike[str]) -> None:
        """Write everything as Parquet files, one per table, into a new or empty folder."""
        transport.export(self._store, folder)

    @classmethod
    def from_parquet(cls, folder: str | os.PathLike[str], path: str | os.PathLike[str]) -> Library:
        """Make a library of the files that `to_parquet` wrote."""
        transport.load(folder, path)
        return cls(path)
