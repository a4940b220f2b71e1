"""Threads or processes? Measured on the first inputs, whose results count like all others."""

from __future__ import annotations

import concurrent.futures
import itertools
import os
import pickle
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .call import Outcome, call
from .engines import TICK
from .inputs import Input

HOWS = ("auto", "serial", "threads", "processes")
_ROUNDS, _ENOUGH = 5, 1.0  # rounds of one input alone and two side by side, until so many seconds were spent on them
_SHORT = 0.002  # s; below, handing an input over costs as much as computing it
_WORTHWHILE = 1.3  # times as fast, to go on with threads
_START = 4.0  # s of work left that make up for starting processes


class Plan(NamedTuple):
    """How to go on, and why, in words."""

    how: str
    reason: str


class Probe:
    """Computes the first inputs, the very first to warm up, and measures whether threads help."""

    def __init__(self, pipeline: Callable[[Any], Any]) -> None:
        self._pipeline = pipeline
        self._alone: list[tuple[float, float]] = []  # s by the clock and of the processor, per input
        self._together: list[tuple[float, float]] = []  # the same, per two inputs
        self.first: Any = None

    def run(self, todo: Iterator[Input]) -> Iterator[tuple[int, Outcome]]:
        """Outcomes of the first inputs; at most 16, fewer where they take long."""
        warm = list(itertools.islice(todo, 1))
        for given in warm:
            self.first = given.item
            yield given.index, call(self._pipeline, given.item)
        for _ in range(_ROUNDS):
            alone = list(itertools.islice(todo, 1))
            if alone:
                yield from self._timed(self._alone, 1, alone)
            pair = list(itertools.islice(todo, 2))
            if len(pair) < 2 or self._least <= _SHORT:
                yield from ((given.index, call(self._pipeline, given.item)) for given in pair)
                return
            yield from self._timed(self._together, 2, pair)
            if sum(wall for wall, _ in self._alone + self._together) > _ENOUGH:
                return

    def _timed(self, times: list[tuple[float, float]], threads: int, inputs: list[Input]) -> list[tuple[int, Outcome]]:
        pool = concurrent.futures.ThreadPoolExecutor(threads)
        try:
            wall, used = time.perf_counter(), time.process_time()
            futures = [pool.submit(call, self._pipeline, given.item) for given in inputs]
            while concurrent.futures.wait(futures, TICK).not_done:
                pass
            times.append((time.perf_counter() - wall, time.process_time() - used))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return [(given.index, future.result()) for given, future in zip(inputs, futures, strict=True)]

    @property
    def _least(self) -> float:
        """Seconds of the quickest input, which other programs have disturbed the least."""
        return min((wall for wall, _ in self._alone), default=0.0)

    @property
    def _gain(self) -> float:
        """How many times as fast two threads are; by shares of the processor too, which other programs do not change as much."""
        (wall1, used1), (wall2, used2) = (tuple(map(sum, zip(*times, strict=True))) for times in (self._alone, self._together))
        by_clock = 2 * wall1 / wall2 * len(self._together) / len(self._alone)
        return min(2.0, max(by_clock, used2 / wall2 / max(used1 / wall1, 1e-9)))

    def plan(self, workers: int, left: int | None) -> Plan:
        """How to go on after these inputs, when so many are left (None: unknown)."""
        if not self._together or self._least <= _SHORT:
            slow = left == 0 or self._least > _SHORT
            return Plan("serial", f"one after the other, {'there were only few' if slow else f'each takes less than {_SHORT * 1e3:g} ms'}")
        gain = self._gain
        measured = f"two at a time ran {gain:.1f} times as fast as one after the other"
        if gain >= _WORTHWHILE:
            return Plan("threads", f"{workers} threads, {measured}")
        if left is not None and left * self._least < _START:
            return Plan("serial", f"one after the other, in threads {measured}, and what is left is too little to start processes for")
        if reason := _cannot_travel(self._pipeline, self.first):
            return Plan("threads", f"{workers} threads, {measured}, and processes are not possible: {reason}")
        return Plan("processes", f"{workers} processes, in threads {measured}")


def _cannot_travel(*objects: Any) -> str:
    """Why something cannot be sent to another process; empty if it can."""
    import cloudpickle

    for obj in objects:
        try:
            cloudpickle.dumps(obj)
        except (TypeError, ValueError, AttributeError, pickle.PicklingError, RecursionError, NotImplementedError) as error:
            return str(error)[:200]
    return ""


def default_workers() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
