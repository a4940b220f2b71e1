"""Threads that end before the interpreter does: one that is cut off inside compiled code would take the process down with it."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable

PATIENCE = 5.0  # seconds at exit for a thread to notice that it should stop

_running: weakref.WeakKeyDictionary[threading.Thread, Callable[[], None]] = weakref.WeakKeyDictionary()


def start(work: Callable[[], None], stop: Callable[[], None]) -> threading.Thread:
    """Run ``work`` on a thread; ``stop`` is called when the interpreter ends and has to make it return soon."""
    thread = threading.Thread(target=work, daemon=True)
    _running[thread] = stop
    thread.start()
    return thread


@atexit.register
def _end() -> None:
    threads = [(thread, stop) for thread, stop in list(_running.items()) if thread.is_alive()]
    for _, stop in threads:
        stop()
    for thread, _ in threads:
        thread.join(PATIENCE)
