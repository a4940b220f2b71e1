"""Inputs one after the other, read as they are needed, each with a name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..readers.binary import BinaryFrame
from ..readers.trajectory import Frame, Trajectory
from ..structure import Structure


@dataclass(frozen=True)
class Input:
    """One input, or the error that came of reading it."""

    index: int
    name: str
    item: Any
    error: Exception | None = None


def checked_inputs(inputs: Any) -> Any:
    """The inputs as something to go through, or a ValueError that says what to pass."""
    if isinstance(inputs, str | os.PathLike):
        folder = Path(inputs).expanduser()
        if not folder.is_dir():
            raise ValueError(f"inputs are many, and {os.fspath(inputs)!r} is one: pass a list of files, a folder, or read_trajectory(path)")
        found = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        if not found:
            raise ValueError(f"the folder {os.fspath(inputs)!r} holds no files")
        return found
    if isinstance(inputs, Structure | bytes) or not isinstance(inputs, Iterable):
        raise ValueError(f"inputs are many, and this is one {type(inputs).__name__}: pass a list")
    return inputs


def count_of(inputs: Any) -> int | None:
    """How many inputs there are, None where that is not known beforehand."""
    return len(inputs) if hasattr(inputs, "__len__") else None


def each_input(inputs: Any, names: Sequence[str] | None) -> Iterator[Input]:
    """The inputs in their order."""
    if isinstance(inputs, Mapping):
        pairs: Iterator[tuple[Any, str | None]] = ((item, str(name)) for name, item in inputs.items())
    else:
        pairs = ((item, None) for item in _items(inputs))
    for index, (item, name) in enumerate(pairs):
        error, item = (item.error, None) if isinstance(item, _Unread) else (None, item)
        if names is not None:
            if index >= len(names):
                raise ValueError(f"there are {len(names)} names and more inputs than that")
            name = str(names[index])
        yield Input(index, name if name is not None else _name(item, index), item, error)


class _Unread(NamedTuple):
    error: Exception


def _items(inputs: Any) -> Iterator[Any]:
    if isinstance(inputs, Trajectory):
        yield from (inputs.frame(i) for i in range(len(inputs)))
    elif isinstance(inputs, Sequence) and not isinstance(inputs, list | tuple):
        for i in range(len(inputs)):  # a lazy sequence reads here, and one element that cannot be read need not end the rest
            try:
                item = inputs[i]
            except Exception as error:  # noqa: BLE001  it becomes the outcome of this input
                item = _Unread(error)
            yield item
    else:
        yield from inputs


def _name(item: Any, index: int) -> str:
    if isinstance(item, Frame | BinaryFrame):
        return f"{item.name}:{item.number}"
    if isinstance(item, str | os.PathLike) and os.path.isfile(item):
        return os.path.basename(os.fsdecode(item))
    name = getattr(item, "name", None)
    return name if isinstance(name, str) and name else str(index)
