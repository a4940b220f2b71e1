"""Computing one input, wherever that happens, and what comes of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..readers.binary import BinaryFrame
from ..readers.trajectory import Frame

_LINES = 12  # of a traceback, the last, are kept


class WorkerDiedError(RuntimeError):
    """The process that computed an input ended without an answer."""


@dataclass(frozen=True)
class Outcome:
    """A result, or what went wrong."""

    value: Any = None
    error: BaseException | None = None
    trace: str = ""


def call(pipeline: Callable[[Any], Any], item: Any) -> Outcome:
    """Compute one input; a frame of a trajectory is read first. An error is an outcome too."""
    try:
        return Outcome(pipeline(item.read() if isinstance(item, Frame | BinaryFrame) else item))
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a user's function raises is reported, or raised by the caller
        return failed(error)


def failed(error: BaseException) -> Outcome:
    """The outcome of an error, with the last lines of its traceback."""
    lines = "".join(traceback.format_exception(error)).rstrip().splitlines()
    return Outcome(error=error, trace="\n".join(lines[-_LINES:]))
