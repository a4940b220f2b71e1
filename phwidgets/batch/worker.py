"""What runs in a worker process."""

from __future__ import annotations

import pickle
import sys
from multiprocessing import connection
from typing import Any

from .call import call, failed
from .parcels import packed
from .processes import READY


def main(handle: int) -> None:
    """Receive the function, then compute what comes until the pipe is closed."""
    pipe = _pipe(handle)
    try:
        raw = pipe.recv_bytes()
        try:
            pipeline = pickle.loads(raw)  # noqa: S301  from the process that started this one
        except Exception as error:  # noqa: BLE001  such as a module that is not there
            pipe.send_bytes(packed(failed(error)))
            return
        pipe.send_bytes(READY)
        while True:
            raw = pipe.recv_bytes()
            try:
                item = pickle.loads(raw)  # noqa: S301
            except Exception as error:  # noqa: BLE001
                outcome = failed(error)
            else:
                outcome = call(pipeline, item)
            pipe.send_bytes(packed(outcome))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # nobody listens any more


def _pipe(handle: int) -> Any:
    if sys.platform == "win32":
        return connection.PipeConnection(handle)
    return connection.Connection(handle)
