"""Entries that come one by one, written some at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from .entries import Entry, entry

_BUFFER, _LONGEST_WAIT = 64, 5.0  # so many entries are written at once, or what has come within so many seconds


class Shelf:
    """Takes entries one by one and writes them some at a time, so that the file is free for others in between."""

    def __init__(self, write: Callable[[Sequence[Entry]], int]) -> None:
        self._write = write
        self._waiting: list[Entry] = []
        self._written = time.monotonic()

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def add(self, name: str, diagrams: Any, **facts: Any) -> None:
        """Take an entry."""
        self._waiting.append(entry(name, diagrams, facts))
        if len(self._waiting) >= _BUFFER or time.monotonic() - self._written > _LONGEST_WAIT:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._write(waiting)
        self._written = time.monotonic()
