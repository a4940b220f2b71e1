"""The frames of a trajectory, their diagrams computed ahead, and curves over time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..persistence.alpha import alpha_persistence
from ..persistence.diagrams import Diagrams
from ..persistence.plotting import MARGIN
from ..structure import Structure
from .background import start

TOLD = 0.3  # s between two times that more frames are known: curves of thousands of frames are drawn in between
KEPT = 40  # diagrams with all their simplices are kept for so many frames; of the others births and deaths


class Frames:
    """Diagrams of the frames of a trajectory, those near the present one first.

    Parameters
    ----------
    trajectory : sequence of Structure
    tell : callable
        Called on another thread when more frames are known, a few times per second at the most, and once when all are.

    Attributes
    ----------
    problems : dict of int to str
        Frames that could not be read or computed, and why.
    """

    def __init__(self, trajectory: Sequence[Structure], tell: Callable[[], None]) -> None:
        self._trajectory, self._tell = trajectory, tell
        self._lock = threading.Lock()
        self._working = threading.Lock()  # one computation at a time: two would only slow each other down
        self._kept: OrderedDict[int, Diagrams] = OrderedDict()
        self._pairs: dict[int, dict[int, np.ndarray]] = {}  # frame -> degree -> (n, 2) births and deaths
        self._spans: dict[int, tuple[float, float]] = {}  # degree -> lowest and highest of all births and deaths known so far
        self._at = 0
        self._stopped = False
        self._thread: threading.Thread | None = None
        self.problems: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._trajectory)

    @property
    def known(self) -> int:
        """Number of frames whose births and deaths are known."""
        return len(self._pairs)

    def diagrams(self, index: int) -> Diagrams:
        """Diagrams of a frame, computed now if they are not known."""
        with self._lock:
            self._at = index
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
        with self._working:
            return self._compute(index)

    def look_ahead(self) -> None:
        """Compute all other frames in the background."""
        if self._thread is None or not self._thread.is_alive():
            self._stopped = False
            self._thread = start(self._run, self.stop)

    def stop(self) -> None:
        """Compute nothing more in the background."""
        self._stopped = True

    def curve(self, degree: int, value: Callable[[np.ndarray], float]) -> np.ndarray:
        """``value`` of the births and deaths (n, 2) of every frame, nan where they are not known."""
        with self._lock:
            pairs = dict(self._pairs)
        return np.array([value(pairs[i][degree]) if i in pairs and degree in pairs[i] else np.nan for i in range(len(self))])

    def span(self, degree: int) -> tuple[float, float]:
        """Range of a degree in all frames known so far, with a margin: it only grows, so that a film keeps its axes."""
        low, high = self._spans.get(degree, (0.0, 1.0))
        pad = MARGIN * (high - low)
        return low - pad, high + pad

    def _compute(self, index: int) -> Diagrams:
        with self._lock:
            if index in self._kept:
                return self._kept[index]
        diagrams = alpha_persistence(self._trajectory[index])
        with self._lock:
            self._kept[index] = diagrams
            self._pairs[index] = {k: np.column_stack([d.birth, d.death]) for k, d in diagrams.items()}
            for k, d in diagrams.items():
                if len(d):
                    (low, high), (least, most) = d.range(), self._spans.get(k, (np.inf, -np.inf))
                    self._spans[k] = (min(low, least), max(high, most))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return diagrams

    def _next(self) -> int | None:
        """The frame nearest to the present one that is not known, those after it first."""
        missing = [i for i in range(len(self)) if i not in self._pairs and i not in self.problems]
        return min(missing, key=lambda i: (i - self._at) if i >= self._at else 2 * (self._at - i), default=None)

    def _run(self) -> None:
        told = 0.0
        while not self._stopped and (index := self._next()) is not None:
            try:
                with self._working:
                    self._compute(index)
            except Exception as error:  # noqa: BLE001 - said in the view, and the others go on
                self.problems[index] = f"{type(error).__name__}: {error}"
            if time.monotonic() - told > TOLD:
                self._tell()
                told = time.monotonic()
        self._tell()


def in_region(region: Any) -> Callable[[np.ndarray], float]:
    """Number of pairs in a region."""
    (b0, b1), (d0, d1) = region
    return lambda p: float(((p[:, 0] >= b0) & (p[:, 0] <= b1) & (p[:, 1] >= d0) & (p[:, 1] <= d1)).sum())


def total_persistence(pairs: np.ndarray) -> float:
    """Sum of the lives of the pairs that die."""
    finite = np.isfinite(pairs[:, 1])
    return float(np.abs(pairs[finite, 1] - pairs[finite, 0]).sum())


def alive_at(radius: float) -> Callable[[np.ndarray], float]:
    """Betti number at a filtration value."""
    return lambda p: float(((p[:, 0] <= radius) & (p[:, 1] > radius)).sum())
