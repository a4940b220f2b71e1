"""The shapes of pairs, searched for in the background and kept: what the explorer draws, counts and links by."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..inverse.stream import iter_volumes
from ..inverse.volume import Volume, Volumes
from ..persistence.diagram import Diagram
from .background import start

TELL, TELL_LATER = 0.25, 1.0  # seconds between two reports of what has been found, and of what is looked for afterwards
PAUSE = 0.5  # seconds in which nothing else was wished for before that begins: the user may be about to drag, or play frames
TYPICAL = 0.9  # quantile of the persistences: what the long-lived pairs of a diagram live for
STABILITY = 0.05  # of that: bonds of about the same length form in chance order, see stable_volumes


def usual_epsilon(diagram: Diagram) -> float:
    """The epsilon of stable volumes to begin with, in the unit of the diagram: for rings 5 % of a long life, else none."""
    lives = diagram.finite.persistence
    if diagram.degree != 1 or not len(lives):
        return 0.0
    value = STABILITY * float(np.quantile(lives, TYPICAL))
    return float(f"{value:.1g}") if np.isfinite(value) else 0.0


class Shapes:
    """Volumes of the pairs of some diagrams, found by a thread of their own, one search at a time: the latest wish wins.

    Parameters
    ----------
    tell : callable
        Called on that thread a few times a second while there is something new, and once when the search has ended.

    Attributes
    ----------
    search : callable
        ``search(diagram, epsilon, cancelled)`` yields volumes; for atoms optimal or stable ones.
    busy : bool
    done, total : int
        Progress of the search at hand.
    problem : str
        '' or why the last search broke off.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self.search: Callable[..., Iterator[Any]] = volumes_of_atoms
        self._lock = threading.Lock()
        self._searching = threading.Lock()  # one search at a time: another that was given up may still be finishing a pair
        self._found: dict[tuple[int, float], dict[int, Volume]] = {}
        self._generations = itertools.count(1)
        self._generation = 0
        self._wished: tuple[Diagram, float, Diagram | None] | None = None
        self._pending = False  # a search is going on, or another one is to follow it
        self._thread: threading.Thread | None = None
        self.busy, self.done, self.total, self.problem = False, 0, 0, ""

    def forget(self) -> None:
        """Stop, and drop everything: the diagrams are others now."""
        self.cancel()
        with self._lock:
            self._found, self._wished = {}, None
            self.done = self.total = 0

    def known(self, diagram: Diagram, epsilon: float) -> list[Volume]:
        """What has been found for these pairs so far, in their order; failures are left out."""
        found = self._found.get((diagram.degree, epsilon), {})
        return [v for i in diagram.pair_id.tolist() if (v := found.get(i)) is not None and not v.problem]

    def all_known(self, degree: int, epsilon: float) -> dict[int, Volume]:
        """Everything found so far, by pair, failures too."""
        return dict(self._found.get((degree, epsilon), {}))

    def want(self, diagram: Diagram, epsilon: float, then: Diagram | None = None) -> None:
        """Search for the shapes of the pairs that are not known yet, in this order; another search is given up.

        Those of ``then`` follow when these are found and nothing else is wished for.
        """
        with self._lock:
            self._generation = generation = next(self._generations)
            missing = self._missing(diagram, epsilon)
            later = then is not None and len(self._missing(then, epsilon)) > 0
            self._wished = (diagram, epsilon, then)
            self.total, self.done, self.problem = len(diagram), len(diagram) - len(missing), ""
            self.busy = len(missing) > 0
            self._pending = self.busy or later
            if self._pending:
                self._thread = start(lambda: self._run(missing, epsilon, then if later else None, generation), self.cancel)

    def cancel(self) -> None:
        """Give up; what was found stays."""
        with self._lock:
            self._generation = next(self._generations)
            self.busy = self._pending = False

    def go_on(self) -> None:
        """Take up again what was given up."""
        if self._wished:
            self.want(*self._wished)

    def wait(self, diagram: Diagram, epsilon: float) -> Volumes:
        """The shapes of these pairs in their order, failures included; searches here and now for what is missing.

        A search in the background waits for that, and goes on.
        """
        interrupted = self._pending
        self.cancel()
        missing = self._missing(diagram, epsilon)
        if len(missing):
            found = self._found.setdefault((diagram.degree, epsilon), {})
            with self._searching:
                for volume in self.search(missing, epsilon, None):
                    found[volume.pair_id] = volume
        if interrupted:
            self.go_on()
        if len(missing) or interrupted:  # it may have found the last of them and not told yet
            self._tell()
        found = self._found.get((diagram.degree, epsilon), {})
        return Volumes([found[i] for i in diagram.pair_id.tolist()])

    def _missing(self, diagram: Diagram, epsilon: float) -> Diagram:
        found = self._found.get((diagram.degree, epsilon), {})
        return diagram.subset(np.array([i for i in diagram.pair_id.tolist() if i not in found], np.int64))

    def _run(self, diagram: Diagram, epsilon: float, then: Diagram | None, generation: int) -> None:
        if len(diagram) and not self._find(diagram, epsilon, generation, TELL, pending=then is not None):
            return
        if then is None:
            return
        end = time.monotonic() + PAUSE
        while time.monotonic() < end:
            time.sleep(PAUSE / 10)
            if self._generation != generation:
                return
        with self._lock:
            if self._generation != generation:
                return
            missing = self._missing(then, epsilon)
            self.total, self.done = self.total + len(then), self.total + len(then) - len(missing)
            self.busy = True
        self._find(missing, epsilon, generation, TELL_LATER)

    def _find(self, diagram: Diagram, epsilon: float, generation: int, every: float, pending: bool = False) -> bool:
        """Search, and tell; whether it came to its end."""
        with self._lock:
            found = self._found.setdefault((diagram.degree, epsilon), {})
        problem = ""
        try:
            with self._searching:
                last = time.monotonic()
                for volume in self.search(diagram, epsilon, lambda: self._generation != generation):
                    found[volume.pair_id] = volume
                    if self._generation != generation:
                        return False
                    self.done += 1
                    if time.monotonic() - last > every:
                        self._tell()
                        last = time.monotonic()
        except Exception as error:  # noqa: BLE001 - nobody else would show it
            problem = f"{type(error).__name__}: {error}"
        with self._lock:
            if self._generation != generation:
                return False
            self.busy, self.problem = False, problem
            self._pending = pending and not problem
        self._tell()
        return not problem


def volumes_of_atoms(diagram: Diagram, epsilon: float, cancelled: Callable[[], bool] | None) -> Iterator[Volume]:
    """Optimal volumes of pairs, stable ones where epsilon is above 0."""
    stable = epsilon > 0 and diagram.degree > 0
    return iter_volumes(diagram, method="stable" if stable else "optimal", epsilon=epsilon if stable else None, cancelled=cancelled)
