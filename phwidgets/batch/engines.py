"""Where inputs are computed: in this thread, in threads, in processes, or on a Dask cluster. All answer to the same four words."""

from __future__ import annotations

import concurrent.futures
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from .call import Outcome, call

TICK = 0.1  # s; Ctrl-C is heard at least so often
AHEAD = 2  # inputs in hand per worker: one in work, one waiting


class Engine(Protocol):
    """What `compute_many` asks of it."""

    @property
    def capacity(self) -> int:
        """How many inputs may be under way at once."""

    def submit(self, index: int, item: Any) -> None:
        """Take an input."""

    def collect(self) -> list[tuple[int, Outcome]]:
        """Wait a moment, and hand over what is done."""

    def close(self) -> None:
        """Leave whatever is still under way and return at once."""


class Serial:
    """One input after the other, here."""

    capacity = 1

    def __init__(self, pipeline: Callable[[Any], Any]) -> None:
        self._pipeline = pipeline
        self._waiting: deque[tuple[int, Any]] = deque()

    def submit(self, index: int, item: Any) -> None:
        """See `Engine`."""
        self._waiting.append((index, item))

    def collect(self) -> list[tuple[int, Outcome]]:
        """See `Engine`."""
        index, item = self._waiting.popleft()
        return [(index, call(self._pipeline, item))]

    def close(self) -> None:
        """See `Engine`."""


class Threads:
    """Threads of this process, for work that releases Python's lock."""

    def __init__(self, pipeline: Callable[[Any], Any], workers: int) -> None:
        self.capacity = AHEAD * workers
        self._pipeline = pipeline
        self._pool = concurrent.futures.ThreadPoolExecutor(workers, thread_name_prefix="compute_many")
        self._index: dict[concurrent.futures.Future[Outcome], int] = {}

    def submit(self, index: int, item: Any) -> None:
        """See `Engine`."""
        self._index[self._pool.submit(call, self._pipeline, item)] = index

    def collect(self) -> list[tuple[int, Outcome]]:
        """See `Engine`."""
        done, _ = concurrent.futures.wait(self._index, TICK, concurrent.futures.FIRST_COMPLETED)
        return [(self._index.pop(future), future.result()) for future in done]

    def close(self) -> None:
        """See `Engine`."""
        self._pool.shutdown(wait=False, cancel_futures=True)
