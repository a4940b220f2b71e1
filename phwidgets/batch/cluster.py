"""The workers of a Dask client.

What is sent is bytes, and the task that unpickles them computes: the scheduler and the workers need to know nothing but `pickle.loads` to
begin with. A module that is missing there is then an error of the task, which can be told. Sent in the open it would break the connection
of the worker, and distributed would go on sending it for ever.
"""

from __future__ import annotations

import contextlib
import pickle
import time
import uuid
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .call import Outcome, WorkerDiedError, call, failed
from .engines import AHEAD, TICK
from .parcels import packed, unpacked

_TRIES = 3  # how often an input is given out again after the connection was lost
_FETCH = 30.0  # s; then it is looked whether there are workers at all, and the result is asked for again with twice the patience
_LOOK = 2.0  # s between looks at how many workers there are
_ALONE = 10.0  # s without workers, until that is said
_AT_FIRST = 8  # inputs that are given out where there is no worker yet: clusters that grow want to see work


class UnpreparedError(RuntimeError):
    """The workers cannot make the function."""


@dataclass
class _Order:
    """An input that was given out."""

    index: int
    payload: bytes
    given: int = 1
    patience: float = _FETCH


class _Call:
    """Pickled, a function and an input; unpickled, what comes of them."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts

    def __reduce__(self) -> tuple[Any, ...]:
        return computed, self._parts


def computed(pipeline: bytes, item: bytes) -> bytes:
    """The packed outcome of a pickled function and a pickled input; what a worker does."""
    try:
        function = pickle.loads(pipeline)  # noqa: S301  from the client that this worker works for
    except Exception as error:  # noqa: BLE001  such as a module that is not there
        return packed(failed(UnpreparedError(f"the workers of the Dask cluster cannot make the function: {_advice(error)}")))
    try:
        given = pickle.loads(item)  # noqa: S301
    except Exception as error:  # noqa: BLE001
        return packed(failed(TypeError(f"the workers of the Dask cluster cannot make this input: {_advice(error)}")))
    return packed(call(function, given))


def _advice(error: Exception) -> str:
    if isinstance(error, ImportError) and error.name:
        top = error.name.partition(".")[0]
        return f"they cannot import module {error.name!r} ({error}); install it there, or send it to them: client.upload_file('{top}.py')"
    return f"{type(error).__name__}: {error}; the same versions of Python and of all packages must be installed there"


class Cluster:
    """The workers of a Dask client.

    Raises
    ------
    ValueError
        If the client is closed.
    """

    def __init__(self, pipeline: Callable[[Any], Any], client: Any) -> None:
        import cloudpickle

        self._client = client
        if self._status() not in ("running", "connecting"):
            raise ValueError(f"this Dask client is {self._status()}: make another one, distributed.Client(address)")
        self._dumps = cloudpickle.dumps
        self._pipeline = cloudpickle.dumps(pipeline)
        self._orders: dict[Any, _Order] = {}  # by future
        self._suspects: list[_Order] = []  # at which workers died, perhaps because of another input
        self._alone: set[int] = set()  # indices of those that were tried by themselves
        self._done: list[tuple[int, Outcome]] = []
        self._name = f"compute_many-{uuid.uuid4().hex[:12]}"
        self._count, self._looked, self._last_seen = 0, -_LOOK, time.monotonic()
        self.workers = 0
        self._look()

    @property
    def capacity(self) -> int:
        """See `Engine`; it grows with the cluster."""
        return AHEAD * self.workers or _AT_FIRST

    def submit(self, index: int, item: Any) -> None:
        """See `Engine`."""
        try:
            payload = pickle.dumps(_Call(self._pipeline, self._dumps(item)))
        except Exception as error:  # noqa: BLE001  pickling raises anything
            self._done.append((index, failed(TypeError(f"this input cannot be sent to another process: {error}"))))
        else:
            self._give(_Order(index, payload))

    def collect(self) -> list[tuple[int, Outcome]]:
        """See `Engine`.

        Raises
        ------
        UnpreparedError
            If the workers cannot make the function.
        ConnectionError
            If the cluster or the client was closed in the middle.
        """
        if self._suspects and not self._orders:
            suspect = self._suspects.pop()
            self._alone.add(suspect.index)
            self._give(suspect)
        self._wait()
        if self._status() not in ("running", "connecting"):
            left = len(self._orders) + len(self._suspects)
            raise ConnectionError(f"the Dask client was closed, or lost its cluster, when {left} inputs were under way")
        for future in [future for future in self._orders if future.status in ("finished", "error", "cancelled", "lost")]:
            self._take(future)
        self._look()
        done, self._done = self._done, []
        return done

    def close(self) -> None:
        """See `Engine`."""
        if self._orders and self._status() == "running":
            with contextlib.suppress(Exception):  # it is closed in this moment
                self._client.cancel(list(self._orders), force=True)

    def _status(self) -> str:
        return str(getattr(self._client, "status", "running"))

    def _give(self, order: _Order) -> None:
        self._count += 1
        try:
            future = self._client.submit(pickle.loads, order.payload, key=f"{self._name}-{self._count}", pure=False)
        except Exception as error:
            raise ConnectionError(f"the Dask cluster takes no work: {error}") from error
        self._orders[future] = order

    def _wait(self) -> None:
        """Until something is done, a moment at most."""
        if self._done:
            return
        distributed: Any = import_module("distributed")
        try:
            distributed.wait(list(self._orders), timeout=TICK, return_when="FIRST_COMPLETED")
        except TimeoutError:
            pass
        except Exception:  # noqa: BLE001  something was cancelled, which is seen next; the connection may be on its way back
            time.sleep(TICK)

    def _take(self, future: Any) -> None:
        if future.status in ("cancelled", "lost"):
            if self._status() == "running":
                self._again(self._orders.pop(future))
            return
        order = self._orders[future]
        outcome: Outcome | None
        try:
            outcome = unpacked(future.result(timeout=order.patience))
        except TimeoutError:
            order.patience *= 2
            return
        except Exception as error:  # noqa: BLE001  workers that died, or that cannot even begin
            outcome = self._lost(self._orders.pop(future), error)
        else:
            del self._orders[future]
        if outcome is None:
            return
        if isinstance(outcome.error, UnpreparedError):
            raise outcome.error
        self._done.append((order.index, outcome))

    def _again(self, order: _Order) -> None:
        if order.given > _TRIES:
            error = ConnectionError(f"this input was given to the Dask cluster {order.given} times and cancelled or lost there")
            self._done.append((order.index, failed(error)))
        else:
            order.given += 1
            self._give(order)

    def _lost(self, order: _Order, error: Exception) -> Outcome | None:
        """What a task that ended without an outcome means; None if it is tried again."""
        if isinstance(error, ImportError | AttributeError):
            text = f"the workers of the Dask cluster cannot import phwidgets: {error}; install this version of it there"
            return failed(UnpreparedError(text))
        if type(error).__name__ != "KilledWorker":
            return failed(error)
        if order.index in self._alone:
            return failed(WorkerDiedError(f"the workers that computed this input died, also when it was the only one: {error}"))
        self._suspects.append(order)
        return None

    def _look(self) -> None:
        """Count the workers now and then, and say when there are none."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        with contextlib.suppress(Exception):  # the connection is lost; `collect` decides what that means
            self.workers = sum(self._client.ncores().values())
        if self.workers:
            self._last_seen = now
        elif now - self._last_seen > _ALONE:
            self._last_seen = float("inf")
            warnings.warn(
                "the Dask cluster has no workers at present; this waits for them: start some, for example with cluster.scale(2), or "
                "interrupt. The setting distributed.scheduler.no-workers-timeout makes it an error after some time",
                stacklevel=6,  # the line that calls compute_many
            )
