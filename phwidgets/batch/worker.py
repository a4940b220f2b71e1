"""What runs in a worker process."""

from __future__ import annotations

import pickle
import sys
from multiprocessing import connection
from typing import Any

from .call import Outcome, call, failed
from .processes import READY


def main(handle: int) -> None:
    """Receive the function, then compute what comes until the pipe is closed."""
    import cloudpickle

    pipe = _pipe(handle)
    try:
        raw = pipe.recv_bytes()
        try:
            pipeline = pickle.loads(raw)  # noqa: S301  from the process that started this one
        except Exception as error:  # noqa: BLE001  such as a module that is not there
            pipe.send_bytes(_packed(failed(error), cloudpickle.dumps))
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
            pipe.send_bytes(_packed(outcome, cloudpickle.dumps))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # nobody listens any more


def _pipe(handle: int) -> Any:
    if sys.platform == "win32":
        return connection.PipeConnection(handle)
    return connection.Connection(handle)


def _packed(outcome: Outcome, dumps: Any) -> bytes:
    try:
        packed: bytes = dumps(outcome)
        if outcome.error is not None:
            pickle.loads(packed)  # noqa: S301  some exceptions are pickled and cannot be made again
    except Exception as error:  # noqa: BLE001  pickling raises anything
        if outcome.error is not None:
            outcome = Outcome(error=RuntimeError(f"{type(outcome.error).__name__}: {outcome.error}"), trace=outcome.trace)
        else:
            outcome = failed(TypeError(f"the result cannot be sent from another process: {error}"))
        packed = dumps(outcome)
    return packed
