"""Outcomes as bytes, from a process that computed one to the process that asked."""

from __future__ import annotations

import pickle

from .call import Outcome, failed


def packed(outcome: Outcome) -> bytes:
    """Bytes of an outcome; one that cannot travel becomes an error that says so."""
    import cloudpickle

    try:
        raw: bytes = cloudpickle.dumps(outcome)
        if outcome.error is not None:
            pickle.loads(raw)  # noqa: S301  some exceptions are pickled and cannot be made again
    except Exception as error:  # noqa: BLE001  pickling raises anything
        if outcome.error is not None:
            outcome = Outcome(error=RuntimeError(f"{type(outcome.error).__name__}: {outcome.error}"), trace=outcome.trace)
        else:
            outcome = failed(TypeError(f"the result cannot be sent from another process: {error}"))
        raw = cloudpickle.dumps(outcome)
    return raw


def unpacked(raw: bytes) -> Outcome:
    """The outcome again; one that cannot be made here becomes an error that says so."""
    try:
        outcome: Outcome = pickle.loads(raw)  # noqa: S301  from our own workers
    except Exception as error:  # noqa: BLE001  an exception class that cannot be made again, or a class that is not importable here
        return failed(TypeError(f"the result cannot be received from another process: {error}"))
    return outcome
