"""Work in the background where only the newest wish counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from .background import start


class Newest:
    """Calls ``work(wish)`` on a thread of its own; wishes that come meanwhile wait, and of these only the newest is fulfilled.

    Parameters
    ----------
    work : callable
    failed : callable
        ``failed(error)`` gets what ``work`` raises: nobody else would show it.
    """

    def __init__(self, work: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        self._work, self._failed = work, failed
        self._lock = threading.Lock()
        self._wish: list[Any] = []
        self._idle = threading.Event()
        self._idle.set()

    def want(self, wish: Any) -> None:
        """Fulfil this wish as soon as the work at hand is done."""
        with self._lock:
            self._wish = [wish]
            if self._idle.is_set():
                self._idle.clear()
                start(self._run, self._give_up)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until there is nothing to do; False after so many seconds."""
        return self._idle.wait(seconds)

    def _give_up(self) -> None:
        with self._lock:
            self._wish = []

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._wish:
                    self._idle.set()
                    return
                (wish,), self._wish = self._wish, []
            try:
                self._work(wish)
            except Exception as error:  # noqa: BLE001 - shown beside the views
                self._failed(error)
