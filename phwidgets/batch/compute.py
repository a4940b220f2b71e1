"""compute_many()."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

from ..readers.trajectory import Trajectory
from .cache import Cache
from .call import Outcome, failed
from .cluster import Cluster
from .engines import Engine, Serial, Threads
from .inputs import Input, checked_inputs, count_of, each_input
from .many import Failure, Many, Stored
from .plan import HOWS, Probe, default_workers
from .processes import Processes

How = Literal["auto", "serial", "threads", "processes"]


def compute_many(
    pipeline: Callable[[Any], Any],
    inputs: Any,
    *,
    client: Any = None,
    progress: bool = True,
    on_error: Literal["raise", "report"] = "raise",
    cache: str | os.PathLike[str] | None = None,
    library: Any = None,
    names: Sequence[str] | None = None,
    facts: Sequence[Mapping[str, Any]] | None = None,
    how: How = "auto",
    workers: int | None = None,
) -> Many:
    """Call a function with each of many inputs, on all processors or on a cluster, and collect the results in order.

    Parameters
    ----------
    pipeline : callable
        A function of one input, of this package or your own: ``ph.alpha_persistence``, ``functools.partial(ph.alpha_persistence,
        degrees=[1])``, or one that you define in a notebook.
    inputs : sequence, iterable, dict, folder, or trajectory
        Structures, images, patches, arrays, or files, which the function receives as their paths; a folder stands for its files, in
        alphabetical order, and a dict for its values, with the keys as names. They are read as they are needed. Frames of a `Trajectory`
        are read where they are computed.
    client : distributed.Client, optional
        Compute on the workers of this Dask client instead; phwidgets must be installed there, and paths must mean the same there. A
        function of a notebook travels there; one of a module of your own is sent with ``client.upload_file("module.py")``.
    progress : bool
        Show a progress bar.
    on_error : {"raise", "report"}
        Raise the first error, with a note that says which input it was; or go on, leave None in its place, and list what failed in
        ``many.failures``.
    cache : path of a folder, optional
        Results are kept there and found again when the content of the input, the function, its bound arguments and the variables that it
        uses are the same; an interrupted run goes on where it was. Then ``many`` reads results from there when they are asked for and
        holds none in memory. Text, numbers, arrays, diagrams, structures, images, tables, and lists and dicts of them can be kept.
    library : Library, optional
        Diagrams are added to it as they come, under the inputs' names.
    names : sequence of str, optional
        What to call the inputs.
    facts : sequence of dict, optional
        What is known about each input, for the library. By default what the trajectory's file says about a frame.
    how : {"auto", "serial", "threads", "processes"}
        Where to compute. "auto" computes the first 4 to 16 inputs here, measures whether two threads are faster than one, and takes
        processes where they are not; ``many.how`` says what came of it.
    workers : int, optional
        How many threads or processes; by default as many as there are processors.

    Returns
    -------
    Many
        A sequence of the results, with ``failures``, ``how``, ``seconds``, ``names`` and ``cached``.

    Raises
    ------
    ValueError
        For inputs that are not many, and for functions, inputs and results that cannot be cached.
    Exception
        With ``on_error="raise"``, whatever the function raised.
    RuntimeError
        If worker processes, or the workers of the Dask cluster, cannot make the function: it says which module they lack.
    ConnectionError
        If the Dask client or its cluster was closed in the middle. What is in the cache stays.
    KeyboardInterrupt
        After Ctrl-C, at once; a thread finishes the input that it is at, a process is ended. What is in the cache stays.

    Notes
    -----
    The results are the same, bit for bit, wherever they are computed. A process that dies is replaced; the input that it was at is tried
    once more, and reported when it fails again. On a Dask cluster that happens as often as its settings say, and at last with this input
    alone; a cluster without workers is waited for, with a warning. At most two inputs per worker are in memory.

    Examples
    --------
    >>> many = compute_many(len, ["a", "bcd"], progress=False)
    >>> list(many), many.how
    ([1, 3], 'one after the other, there were only few')
    """
    if not callable(pipeline):
        raise ValueError(f"pipeline is a function of one input, not {type(pipeline).__name__}")
    if on_error not in ("raise", "report"):
        raise ValueError(f"on_error must be 'raise' or 'report', not {on_error!r}")
    if how not in HOWS:
        raise ValueError(f"how is one of {', '.join(map(repr, HOWS))}, not {how!r}")
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise ValueError(f"workers is a positive whole number, not {workers!r}")
    if client is not None and (not hasattr(client, "submit") or getattr(client, "asynchronous", False)):
        raise ValueError("client is a distributed.Client that is not asynchronous")
    inputs = checked_inputs(inputs)
    for what, given in (("names", names), ("facts", facts)):
        if given is not None and count_of(inputs) not in (None, len(given)):
            raise ValueError(f"there are {len(given)} {what} for {count_of(inputs)} inputs")
    run = _Run(pipeline, inputs, on_error, None if cache is None else Cache(cache, pipeline), library, facts)
    with _bar(progress, count_of(inputs)) as bar:
        run.bar = bar
        return run.all(each_input(inputs, names), client, how, workers or default_workers())


class _Run:
    """One call of compute_many: what is under way, and what came of it."""

    def __init__(self, pipeline: Callable[[Any], Any], inputs: Any, on_error: str, cache: Cache | None, library: Any, facts: Any) -> None:
        self.pipeline, self.on_error, self.cache, self.facts = pipeline, on_error, cache, facts
        self.inputs = inputs
        self.bar: Any = None
        self.results: dict[int, Any] = {}
        self.names: list[str] = []
        self.failures: list[Failure] = []
        self.cached = 0
        self.places: dict[int, Path] = {}
        self.shelf = None if library is None else library.shelf()

    def all(self, inputs: Iterator[Input], client: Any, how: str, workers: int) -> Many:
        start = time.perf_counter()
        with self.shelf if self.shelf is not None else nullcontext():
            todo = (given for given in inputs if not self._known(given))
            if client is not None:
                cluster = Cluster(self.pipeline, client)
                self._through(cluster, todo)
                reason = f"Dask cluster, {cluster.workers} thread{'s' * (cluster.workers != 1)}"
            elif how == "auto" and workers > 1:
                reason = self._measured(todo, workers)
            else:
                how = "serial" if how == "auto" else how
                reason = _asked(how, workers)
                self._through(self._engine(how, workers), todo)
        results = [self.results.get(i) for i in range(len(self.names))]
        seconds = time.perf_counter() - start
        return Many(results, self.names, self.failures, how=reason, seconds=seconds, cached=self.cached)

    def _engine(self, how: str, workers: int) -> Engine:
        if how == "processes":
            return Processes(self.pipeline, workers)
        return Serial(self.pipeline) if how == "serial" else Threads(self.pipeline, workers)

    def _measured(self, todo: Iterator[Input], workers: int) -> str:
        probe = Probe(self.pipeline)
        for index, outcome in probe.run(todo):
            self._take(index, outcome)
        if not self.results and not self.failures:
            return "there was no input"
        if probe.first is None:
            return "nothing was left to compute"
        count = count_of(self.inputs)
        plan = probe.plan(workers, None if count is None else count - len(self.names))
        self._through(self._engine(plan.how, workers), todo)
        return plan.reason

    def _through(self, engine: Engine, todo: Iterator[Input]) -> None:
        """Keep the engine's hands full and take what it has done, until nothing is left."""
        under_way, more = 0, True
        try:
            while more or under_way:
                while more and under_way < engine.capacity:
                    given = next(todo, None)
                    more = given is not None
                    if given is not None:
                        engine.submit(given.index, given.item)
                        under_way += 1
                if under_way:
                    for index, outcome in engine.collect():
                        under_way -= 1
                        self._take(index, outcome)
        finally:
            engine.close()

    def _known(self, given: Input) -> bool:
        """Whether an input needs no computation: its result is in the cache, or it could not even be read."""
        self.names.append(given.name)
        if given.error is not None:
            self._take(given.index, failed(given.error))
            return True
        if self.cache is None:
            return False
        try:
            place = self.cache.place(given.item)
        except OSError as error:
            self._take(given.index, failed(error))
            return True
        found, value = self.cache.load(place)
        if found:
            self.cached += 1
            self._keep(given.index, value, place)
        else:
            self.places[given.index] = place
        return found

    def _take(self, index: int, outcome: Outcome) -> None:
        place = self.places.pop(index, None)
        if outcome.error is None:
            if place is not None and self.cache is not None:
                self.cache.store(place, outcome.value)
            self._keep(index, outcome.value, place)
            return
        if self.on_error == "raise":
            outcome.error.add_note(f"This happened at input {index}, {self.names[index]!r}. on_error='report' goes on with the others.")
            raise outcome.error
        self.failures.append(Failure(index, self.names[index], outcome.error, outcome.trace))
        self.bar.update()

    def _keep(self, index: int, value: Any, place: Path | None) -> None:
        if self.shelf is not None:
            self.shelf.add(self.names[index], value, **self._facts_of(index))
        self.results[index] = value if place is None else Stored(place)
        self.bar.update()

    def _facts_of(self, index: int) -> dict[str, Any]:
        if self.facts is not None:
            return dict(self.facts[index])
        return {"frame": self.inputs.numbers[index], **self.inputs.facts(index)} if isinstance(self.inputs, Trajectory) else {}


def _asked(how: str, workers: int) -> str:
    return "one after the other, as asked" if how == "serial" else f"{workers} {how}, as asked"


class _NoBar:
    def update(self) -> None:
        """Show nothing."""


def _bar(progress: bool, count: int | None) -> AbstractContextManager[Any]:
    if not progress:
        return nullcontext(_NoBar())
    from tqdm.auto import tqdm

    bar: AbstractContextManager[Any] = tqdm(total=count, desc="compute_many", mininterval=0.2)
    return bar
