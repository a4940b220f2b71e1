"""Results as bytes, without pickle: a tree of plain values in JSON and the arrays beside it, in one .npz."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..image import Image
from ..persistence.cubical_source import Cubical
from ..persistence.diagram import _COLUMNS, Diagram
from ..persistence.diagrams import Diagrams
from ..structure import Structure

FORMAT = 1
_MARK = "is"  # the key that tells what a JSON object stands for


class UnstorableError(ValueError):
    """A result of a kind that is not written."""


def encode(value: Any, *, compress: bool = True, largest: int | None = None) -> bytes:
    """Bytes from which `decode` makes the same value.

    Parameters
    ----------
    value : anything made of
        None, bool, int, float, str, list, tuple, dict with text as keys, arrays, Diagram, Diagrams, Structure, Image, DataFrame, Series.
    compress : bool
        Smaller, and slower to write.
    largest : int, optional
        Images of more samples, from which diagrams were computed, are left out.

    Raises
    ------
    UnstorableError
        For anything else; the message names it.
    """
    writer = _Writer(largest)
    tree = {"format": FORMAT, "value": writer.tree(value)}
    out = io.BytesIO()
    save = np.savez_compressed if compress else np.savez
    arrays: dict[str, Any] = {"tree": np.frombuffer(json.dumps(tree).encode(), np.uint8), **writer.arrays}
    save(out, **arrays)
    return out.getvalue()


def decode(raw: bytes) -> Any:
    """The value that `encode` was given.

    Raises
    ------
    ValueError
        If the bytes are damaged, or were written by a newer version.
    """
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        tree = json.loads(arrays.pop("tree").tobytes())
        if tree["format"] > FORMAT:
            raise ValueError("it was written by a newer version of phwidgets: update this one")
        return _Reader(arrays).value(tree["value"])
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, OSError, IndexError) as error:
        raise ValueError(f"this stored result cannot be read: {error}") from error


class _Writer:
    def __init__(self, largest: int | None) -> None:
        self.arrays: dict[str, Any] = {}
        self._largest = largest
        self._structures: dict[int, int] = {}  # id: which; the diagrams of one input share their source

    def tree(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | str) or type(value) in (int, float):
            return value
        if isinstance(value, np.ndarray | np.generic):
            return {_MARK: "array" if isinstance(value, np.ndarray) else "scalar", "array": self._array(np.asarray(value))}
        if isinstance(value, list | tuple):
            return {_MARK: type(value).__name__, "items": [self.tree(item) for item in self._plain(value)]}
        if isinstance(value, Diagrams):
            about = {"unit": value.unit, "resolution": float(value.resolution), "source": self._source(value.source)}
            counted = value.multiplicities
            return {
                _MARK: "Diagrams",
                **about,
                "diagrams": [self._diagram(d) for d in value.values()],
                "multiplicities": None if counted is None else [[k, self._array(np.asarray(v))] for k, v in counted.items()],
            }
        if isinstance(value, Diagram):
            return {_MARK: "Diagram", **self._diagram(value), "source": self._source(value.source)}
        if isinstance(value, Structure | Image):
            return {_MARK: "source", "source": self._source(value)}
        if isinstance(value, Mapping):
            if not all(isinstance(key, str | int) and not isinstance(key, bool) for key in value):
                raise UnstorableError("a dict whose keys are neither text nor whole numbers")
            return {_MARK: "dict", "items": [[key, self.tree(item)] for key, item in value.items()]}
        if type(value).__module__.partition(".")[0] == "pandas":
            return self._table(value)
        raise UnstorableError(f"{type(value).__module__}.{type(value).__qualname__}")

    def _plain(self, value: Any) -> Any:
        if type(value) not in (list, tuple):
            raise UnstorableError(f"{type(value).__module__}.{type(value).__qualname__}")
        return value

    def _array(self, array: Any) -> str:
        if array.dtype.hasobject:
            raise UnstorableError("an array of Python objects")
        name = f"a{len(self.arrays)}"
        self.arrays[name] = array
        return name

    def _diagram(self, d: Diagram) -> dict[str, Any]:
        columns = {}
        for name in _COLUMNS:
            column = getattr(d, name)
            if not (name.endswith("offset") and not column.any()):  # zeros are not worth their space
                columns[name] = self._array(column)
        return {"degree": int(d.degree), "unit": d.unit, "columns": columns, "filtration": self._filtration(d.filtration)}

    def _filtration(self, how: Any) -> Any:
        if how is None:
            return None
        mask = None if how.mask is None else self._shared(np.asarray(how.mask))
        return {"filtration": how.filtration, "construction": how.construction, "periodic": [bool(on) for on in how.periodic], "mask": mask}

    def _source(self, source: Any) -> Any:
        if isinstance(source, Structure):
            parts = {"positions": source.positions, "species": source.species, "cell": source.cell, "radii": source.radii}
            kept = {name: self._shared(part) for name, part in parts.items() if part is not None}
            return {"kind": "Structure", "pbc": [bool(on) for on in source.pbc], **kept}
        samples = source.values if isinstance(source, Image) else source
        if isinstance(samples, np.ndarray) and self._largest is not None and samples.size > self._largest:
            return None
        if isinstance(source, np.ndarray):
            return {"kind": "array", "values": self._shared(source)}
        if isinstance(source, Image):
            grid = {"spacing": [float(x) for x in source.spacing], "origin": [int(x) for x in source.origin]}
            text = {"unit": source.unit, "value_unit": source.value_unit, "name": source.name}
            return {"kind": "Image", "values": self._shared(source.values), **grid, **text}
        return None

    def _shared(self, array: Any) -> str:
        place = self._structures.get(id(array))
        if place is None:
            name = self._array(array)
            self._structures[id(array)] = int(name[1:])
            return name
        return f"a{place}"

    def _table(self, table: Any) -> Any:
        import pandas as pd

        if isinstance(table, pd.Series):
            name = table.name
            if name is not None and not isinstance(name, str):
                raise UnstorableError("a Series whose name is no text")
            return {
                _MARK: "Series",
                "index": self._column(table.index),
                "index_name": table.index.name,
                "name": name,
                "values": self._column(table),
            }
        if not isinstance(table, pd.DataFrame) or table.columns.nlevels > 1 or table.index.nlevels > 1:
            raise UnstorableError(f"pandas.{type(table).__name__}, or a table whose index or columns have several levels")
        if not all(isinstance(name, str | int) for name in table.columns):
            raise UnstorableError("a table whose columns are neither text nor whole numbers")
        columns = [[name if isinstance(name, str) else int(name), self._column(table.iloc[:, i])] for i, name in enumerate(table.columns)]
        return {_MARK: "DataFrame", "index": self._column(table.index), "index_name": table.index.name, "columns": columns}

    def _column(self, column: Any) -> Any:
        import pandas as pd

        if column.dtype == bool or (isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufM"):
            return {"array": self._array(column.to_numpy())}
        values = list(column)
        if not all(isinstance(value, str) or pd.isna(value) is True for value in values):
            raise UnstorableError(f"a table with a column of {column.dtype}")
        return {"texts": [value if isinstance(value, str) else None for value in values], "dtype": str(column.dtype)}


class _Reader:
    def __init__(self, arrays: dict[str, Any]) -> None:
        self._arrays = arrays
        self._sources: dict[str, Any] = {}

    def value(self, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        kind = tree[_MARK]
        if kind in ("array", "scalar"):
            return self._arrays[tree["array"]] if kind == "array" else self._arrays[tree["array"]][()]
        if kind in ("list", "tuple"):
            items = [self.value(item) for item in tree["items"]]
            return items if kind == "list" else tuple(items)
        if kind == "dict":
            return {key: self.value(item) for key, item in tree["items"]}
        if kind == "source":
            return self._source(tree["source"])
        if kind == "Diagram":
            return self._diagram(tree, self._source(tree["source"]))
        if kind == "Diagrams":
            source = self._source(tree["source"])
            found = [self._diagram(part, source) for part in tree["diagrams"]]
            counted = None if tree["multiplicities"] is None else {k: self._arrays[name] for k, name in tree["multiplicities"]}
            return Diagrams(
                {d.degree: d for d in found}, source=source, unit=tree["unit"], resolution=tree["resolution"], multiplicities=counted
            )
        return self._table(tree)

    def _diagram(self, tree: dict[str, Any], source: Any) -> Diagram:
        columns = {name: self._arrays[tree["columns"][name]] for name in _COLUMNS if name in tree["columns"]}
        how = tree.get("filtration")
        if how is not None:
            mask = None if how["mask"] is None else self._arrays[how["mask"]]
            how = Cubical(how["filtration"], how["construction"], tuple(how["periodic"]), mask)
        return Diagram(degree=tree["degree"], unit=tree["unit"], source=source, filtration=how, **columns)

    def _source(self, tree: Any) -> Any:
        if tree is None:
            return None
        key = json.dumps(tree, sort_keys=True)
        if key not in self._sources:
            array = {name: self._arrays[tree[name]] for name in ("positions", "species", "cell", "radii", "values") if name in tree}
            if tree["kind"] == "Structure":
                pbc = tree["pbc"] if "cell" in array else None
                self._sources[key] = Structure(
                    array["positions"], array["species"].tolist(), cell=array.get("cell"), pbc=pbc, radii=array.get("radii")
                )
            elif tree["kind"] == "array":
                self._sources[key] = array["values"]
            else:
                names = ("spacing", "unit", "value_unit", "origin", "name")
                self._sources[key] = Image(array["values"], **{name: tree[name] for name in names})
        return self._sources[key]

    def _table(self, tree: dict[str, Any]) -> Any:
        import pandas as pd

        index = pd.Index(self._column(tree["index"]), name=tree["index_name"])
        if tree[_MARK] == "Series":
            return pd.Series(self._column(tree["values"]), index=index, name=tree["name"])
        names = [name for name, _ in tree["columns"]]
        table = pd.DataFrame({i: self._column(column) for i, (_, column) in enumerate(tree["columns"])}, index=range(len(index)))
        table.columns = pd.Index(names)
        table.index = index
        return table

    def _column(self, tree: dict[str, Any]) -> Any:
        import pandas as pd

        if "array" in tree:
            return self._arrays[tree["array"]]
        return pd.array(tree["texts"], dtype=tree["dtype"])
