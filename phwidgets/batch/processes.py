"""Worker processes that know nothing of this one but the function, and whose death costs one input at most.

Each has a pipe of its own, so it is known which input a dead one was at. They are started as plain interpreters: functions of a notebook
or a script travel by value (cloudpickle), and the script is not run again in them. What goes through the pipes is pickled by this
process and its own children, and by nobody else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from multiprocessing import Pipe, connection
from typing import Any

from .call import Outcome, WorkerDiedError, failed
from .engines import AHEAD, TICK
from .parcels import unpacked

READY = b"ready"
_START = "import sys; sys.path[:] = {path!r}; from phwidgets.batch.worker import main; main({handle})"
_LIVES = 2  # how often an input is tried when its process dies


class Processes:
    """Worker processes on this machine."""

    def __init__(self, pipeline: Callable[[Any], Any], workers: int) -> None:
        import cloudpickle

        self.capacity = AHEAD * workers
        self._dumps = cloudpickle.dumps
        self._pipeline = cloudpickle.dumps(pipeline)
        self._waiting: deque[tuple[int, bytes, int]] = deque()  # index, pickled input, times it was tried
        self._done: list[tuple[int, Outcome]] = []
        self._workers = [_Worker(self._pipeline) for _ in range(workers)]

    def submit(self, index: int, item: Any) -> None:
        """See `Engine`."""
        try:
            self._waiting.append((index, self._dumps(item), 0))
        except Exception as error:  # noqa: BLE001  pickling raises anything
            self._done.append((index, failed(TypeError(f"this input cannot be sent to another process: {error}"))))
        self._feed()

    def collect(self) -> list[tuple[int, Outcome]]:
        """See `Engine`."""
        self._feed()
        ready = connection.wait([worker.pipe for worker in self._workers], 0 if self._done else TICK)
        for worker in [worker for worker in self._workers if worker.pipe in ready]:
            self._hear(worker)
        self._feed()
        done, self._done = self._done, []
        return done

    def close(self) -> None:
        """See `Engine`."""
        for worker in self._workers:
            worker.end()

    def _feed(self) -> None:
        for worker in self._workers:
            if self._waiting and worker.ready and worker.task is None:
                worker.give(self._waiting.popleft())

    def _hear(self, worker: _Worker) -> None:
        try:
            message = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            self._replace(worker)
            return
        if message == READY:
            worker.ready = True
            return
        outcome = unpacked(message)
        if worker.task is None:
            raise RuntimeError(f"a worker process could not be prepared: {outcome.error}") from outcome.error
        self._done.append((worker.task[0], outcome))
        worker.task = None

    def _replace(self, worker: _Worker) -> None:
        how = worker.end(patience=2.0)  # its pipe is closed, so it is about to end
        if not worker.ready:
            raise RuntimeError(f"a worker process {how} before it was ready; pass how='threads' or how='serial'")
        self._workers.remove(worker)
        self._workers.append(_Worker(self._pipeline))
        if worker.task is not None:
            index, item, tried = worker.task
            if tried + 1 < _LIVES:
                self._waiting.appendleft((index, item, tried + 1))
            else:
                error = WorkerDiedError(f"the process that computed this input {how}, {_LIVES} times")
                self._done.append((index, Outcome(error=error, trace=str(error))))


class _Worker:
    """One process, the pipe to it, and what it is at."""

    def __init__(self, pipeline: bytes) -> None:
        self.pipe, other = Pipe()
        self.ready = False
        self.task: tuple[int, bytes, int] | None = None
        self._process = _started(other)
        other.close()
        with contextlib.suppress(OSError):  # it is dead already, which is found when it is listened to
            self.pipe.send_bytes(pipeline)

    def give(self, task: tuple[int, bytes, int]) -> None:
        self.task = task
        with contextlib.suppress(OSError):  # likewise
            self.pipe.send_bytes(task[1])

    def end(self, patience: float = 0.0) -> str:
        """Kill it, if it does not end by itself within some seconds; how it ended."""
        self.pipe.close()
        try:
            code = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if code >= 0:
            return f"ended with code {code}"
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"


def _started(pipe: Any) -> subprocess.Popen[bytes]:
    handle = pipe.fileno()
    command = [sys.executable, "-c", _START.format(path=[os.path.abspath(place) for place in sys.path], handle=handle)]
    if sys.platform == "win32":
        os.set_handle_inheritable(handle, True)
        about = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
        flags = subprocess.CREATE_NEW_PROCESS_GROUP  # Ctrl-C is for this process
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, startupinfo=about, creationflags=flags)  # noqa: S603
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[handle], start_new_session=True)  # noqa: S603
