"""What a result depends on, as a hash: the content of the input, and the function with everything that it uses."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import struct
import sys
import sysconfig
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..readers.binary import BinaryFrame
from ..readers.trajectory import Frame
from ..structure import Structure

Digest = Any  # of hashlib
_DATA = (str, int, float, tuple, list, dict, set, frozenset, bytes, np.ndarray)  # as attributes of a class


_PLAIN = object.__basicsize__ + 16  # bytes of an object that holds nothing but its attributes; compiled classes hold more, out of sight


class UnhashableError(ValueError):
    """Something of which it cannot be told whether it is the same as last time."""


def input_key(item: Any) -> bytes:
    """Hash of the content of an input; of a file that is named, the content of the file."""
    digest = hashlib.sha256()
    if isinstance(item, Frame | BinaryFrame):
        _feed(digest, "frame", type(item).__name__, item.kind if isinstance(item, Frame) else item.path.suffix)
        digest.update(item.bytes())
    elif isinstance(item, str | os.PathLike) and os.path.isfile(item):
        _feed(digest, "file", os.path.basename(os.fsdecode(item)))  # the name tells the format
        with open(item, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    else:
        _content(digest, item, [])
    return digest.digest()


def pipeline_key(pipeline: Any) -> bytes:
    """Hash of a function: its source, its bound arguments, and what it uses of its surroundings."""
    digest = hashlib.sha256()
    _content(digest, pipeline, [])
    return digest.digest()


def _feed(digest: Digest, *texts: str) -> None:
    for text in texts:
        raw = text.encode("utf-8", "surrogatepass")
        digest.update(struct.pack("<q", len(raw)) + raw)


def _content(digest: Digest, obj: Any, above: list[int]) -> None:
    """Feed the hash with the type and the content of anything."""
    if id(obj) in above:
        _feed(digest, "above", str(above.index(id(obj))))
        return
    kind = type(obj)
    _feed(digest, f"{kind.__module__}.{kind.__qualname__}")
    inner = [*above, id(obj)]
    if obj is None or isinstance(obj, bool | int | float | complex | str | Path):
        _feed(digest, repr(obj) if not isinstance(obj, str) else obj)
    elif isinstance(obj, bytes | bytearray | memoryview):
        _feed(digest, str(len(obj)))
        digest.update(obj)
    elif isinstance(obj, np.ma.MaskedArray):
        shown: Any = obj
        _array(digest, shown.filled())
        _array(digest, shown.mask | np.zeros(shown.shape, bool))
    elif isinstance(obj, np.ndarray | np.generic):
        _array(digest, np.asarray(obj))
    elif isinstance(obj, Mapping):
        _feed(digest, str(len(obj)))
        for key, value in obj.items():
            _content(digest, key, inner)
            _content(digest, value, inner)
    elif isinstance(obj, list | tuple):
        _feed(digest, str(len(obj)))
        for value in obj:
            _content(digest, value, inner)
    elif isinstance(obj, set | frozenset):
        _feed(digest, *sorted(_of(value, inner).hex() for value in obj))
    elif isinstance(obj, Structure):
        for part in (obj.positions, obj.species, obj.cell, obj.pbc, obj.radii):
            _content(digest, part, inner)
    elif callable(obj):
        _callable(digest, obj, inner)
    else:
        _object(digest, obj, inner)


def _of(obj: Any, above: list[int]) -> bytes:
    digest = hashlib.sha256()
    _content(digest, obj, above)
    return digest.digest()


def _array(digest: Digest, array: Any) -> None:
    if array.dtype.hasobject:
        raise UnhashableError("an array of Python objects")
    _feed(digest, array.dtype.str, str(array.shape))
    digest.update(np.ascontiguousarray(array).tobytes())


def _object(digest: Digest, obj: Any, above: list[int]) -> None:
    """Objects of other kinds, by what they hold."""
    module = type(obj).__module__.partition(".")[0]
    if module == "ase" and hasattr(obj, "arrays"):
        parts: list[Any] = [dict(sorted(obj.arrays.items())), np.asarray(obj.cell), np.asarray(obj.pbc), obj.info]
    elif module == "pandas" and hasattr(obj, "to_dict"):
        frame = obj.to_frame() if obj.ndim == 1 else obj
        parts = [list(map(str, frame.columns)), *(_column(frame.index), *(_column(frame.iloc[:, i]) for i in range(frame.shape[1])))]
    elif module == "MDAnalysis" or module == "pymatgen":
        parts = list(_parts(Structure(obj)))
    elif dataclasses.is_dataclass(obj):
        parts = [getattr(obj, field.name) for field in dataclasses.fields(obj)]
    elif hasattr(obj, "__dict__") and type(obj).__basicsize__ <= _PLAIN:
        parts = [dict(vars(obj))]
    else:
        raise UnhashableError(f"{type(obj).__module__}.{type(obj).__qualname__}")
    if not _is_installed(type(obj).__module__):
        _callable(digest, type(obj), above)
    for part in parts:
        _content(digest, part, above)


def _parts(s: Structure) -> tuple[Any, ...]:
    return s.positions, s.species, s.cell, s.pbc, s.radii


def _column(column: Any) -> Any:
    values = np.asarray(column)
    return [str(value) for value in values] if values.dtype.hasobject else values


# ---- functions -------------------------------------------------------------------------------------------------------------


def _callable(digest: Digest, obj: Any, above: list[int]) -> None:
    if isinstance(obj, functools.partial):
        bound: tuple[Any, ...] = (obj.func, obj.args, obj.keywords)
        for part in bound:
            _content(digest, part, above)
    elif isinstance(obj, types.MethodType):
        _content(digest, obj.__func__, above)
        _content(digest, obj.__self__, above)
    elif isinstance(obj, types.BuiltinFunctionType | np.ufunc):
        _feed(digest, str(getattr(obj, "__module__", "")), obj.__name__, _version(str(getattr(obj, "__module__", ""))))
    elif isinstance(obj, types.FunctionType | type):
        _feed(digest, obj.__module__, obj.__qualname__, _source(obj), _version(obj.__module__))
        if not _is_installed(obj.__module__):
            for function in _functions(obj):
                _surroundings(digest, function, above)
            if isinstance(obj, type):
                _attributes(digest, obj, above)
    elif hasattr(obj, "py_func"):  # a function compiled by Numba
        _content(digest, obj.py_func, above)
    elif hasattr(obj, "__wrapped__"):
        _content(digest, obj.__wrapped__, above)
    else:
        _object(digest, obj, above)


def _attributes(digest: Digest, kind: type, above: list[int]) -> None:
    """Bases and plain data of a user's class."""
    for base in kind.__bases__:
        _callable(digest, base, above)
    for name, value in vars(kind).items():
        if not name.startswith("__") and isinstance(value, _DATA):
            _feed(digest, name)
            _content(digest, value, above)


def _functions(obj: Any) -> list[types.FunctionType]:
    """The function itself, or those of a class."""
    if isinstance(obj, types.FunctionType):
        return [obj]
    parts = [getattr(value, name, None) for value in vars(obj).values() for name in ("fget", "fset", "__func__")]
    return [value for value in [*vars(obj).values(), *parts] if isinstance(value, types.FunctionType)]


def _source(obj: Any) -> str:
    """What a function or class does: its compiled code, which changes with the code and not with comments."""
    if isinstance(obj, types.FunctionType):
        return _code(obj.__code__)
    return repr([[base.__qualname__ for base in obj.__mro__], [_code(function.__code__) for function in _functions(obj)]])


def _code(code: types.CodeType) -> str:
    consts = [_code(const) if isinstance(const, types.CodeType) else repr(const) for const in code.co_consts]
    return repr([code.co_code.hex(), consts, code.co_names, code.co_varnames, code.co_freevars])


def _surroundings(digest: Digest, function: types.FunctionType, above: list[int]) -> None:
    """Defaults, and the variables of a user's function that are defined outside of it."""
    _content(digest, function.__defaults__, above)
    _content(digest, function.__kwdefaults__, above)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        _feed(digest, name)
        try:
            _content(digest, cell.cell_contents, above)
        except UnhashableError as error:
            raise UnhashableError(f"{error}, which {function.__qualname__} uses as {name!r}") from None
        except ValueError:  # a cell that is still empty
            _feed(digest, "empty")
    for name in sorted(_global_names(function.__code__)):
        if name in function.__globals__:
            _feed(digest, name)
            try:
                _global(digest, function.__globals__[name], above)
            except UnhashableError as error:
                raise UnhashableError(f"{error}, which {function.__qualname__} uses as {name!r}") from None


def _global_names(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            names |= _global_names(const)
    return names


def _global(digest: Digest, value: Any, above: list[int]) -> None:
    if not isinstance(value, types.ModuleType):
        _content(digest, value, above)
        return
    _feed(digest, value.__name__, _version(value.__name__))
    path = getattr(value, "__file__", None)
    if path and not _is_installed(value.__name__) and os.path.isfile(path):
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())


@functools.cache
def _is_installed(module: str) -> bool:
    """Whether a module belongs to Python, to an installed package or to this one: its version then says what it does."""
    top = module.partition(".")[0]
    if top in ("phwidgets", "builtins") or (top in sys.stdlib_module_names and top != "__main__"):
        return True
    path = str(getattr(sys.modules.get(top), "__file__", None) or "")
    homes = {sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")}
    return any(path.startswith(home + os.sep) for home in homes)


def _version(module: str) -> str:
    top = module.partition(".")[0]
    if not top or not _is_installed(top):
        return ""
    return str(getattr(sys.modules.get(top), "__version__", ""))
