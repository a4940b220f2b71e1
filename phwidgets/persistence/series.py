"""Many diagrams as one: averages, accumulated histograms, and curves over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .diagram import Diagram, Interval, _interval
from .region import Region, _checked, named_diagrams

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class AccumulatedHistogram:
    """The finite pairs of many diagrams of one degree in one 2D histogram; made by `accumulated_histogram`.

    Attributes
    ----------
    counts : (bins, bins) int array
        Pairs of all diagrams together, first axis birth, second death.
    birth_edges, death_edges : (bins + 1,) arrays
        In `unit`.
    diagrams : int
        How many went in; those that are missing are not counted.
    outside : int
        Finite pairs beyond the range, of all diagrams together.
    degree, unit : int, str
    """

    counts: Array
    birth_edges: Array
    death_edges: Array
    diagrams: int
    outside: int
    degree: int
    unit: str

    @property
    def mean(self) -> Array:
        """Mean number of pairs per diagram, (bins, bins): the time average, when the diagrams are frames at equal intervals."""
        return np.asarray(self.counts / self.diagrams)

    def __repr__(self) -> str:
        return f"AccumulatedHistogram(degree {self.degree}, {self.counts.sum():,} pairs of {self.diagrams} diagrams, unit {self.unit})"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the mean with Matplotlib, in logarithmic colours. Returns the axes."""
        from matplotlib import colormaps
        from matplotlib.colors import LogNorm

        if ax is None:
            from matplotlib import pyplot

            ax = pyplot.subplots()[1]
        mean = np.where(self.counts.T > 0, self.mean.T, np.nan)
        norm = LogNorm(1 / self.diagrams, max(float(self.mean.max()), 2 / self.diagrams))
        image = ax.pcolormesh(self.birth_edges, self.death_edges, mean, cmap=colormaps["viridis"], norm=norm, rasterized=True)
        ends = [max(self.birth_edges[0], self.death_edges[0]), min(self.birth_edges[-1], self.death_edges[-1])]
        ax.plot(ends, ends, color="0.6", linewidth=0.8)
        ax.set(xlabel=f"birth ({self.unit})", ylabel=f"death ({self.unit})", title=f"PD{self.degree}, mean of {self.diagrams} diagrams")
        ax.figure.colorbar(image, ax=ax, label="pairs per diagram")
        return ax


def accumulated_histogram(many: Any, degree: int = 1, *, bins: int = 128, range: Interval | None = None) -> AccumulatedHistogram:
    """Put the pairs of many diagrams into one 2D histogram.

    Parameters
    ----------
    many : dict of Diagrams, or sequence of Diagrams or Diagram
        What `compute_many` returns; inputs that failed are left out, and `AccumulatedHistogram.diagrams` says how many went in.
    degree : int
        Which diagrams.
    bins : int
        Bins along each axis.
    range : (low, high), optional
        Of both axes; by default it spans all births and finite deaths.

    Returns
    -------
    AccumulatedHistogram

    Raises
    ------
    ValueError
        If there is no diagram of this degree, or their units differ.
    """
    if isinstance(bins, bool) or int(bins) != bins or bins < 1:
        raise ValueError(f"bins is a positive whole number, not {bins!r}")
    _, source = named_diagrams(many)
    limits = _common_range(source, degree) if range is None else _interval("range", range)
    counts, edges = np.zeros((int(bins), int(bins)), np.int64), np.linspace(*limits, int(bins) + 1)
    number = finite = 0
    units: set[str] = set()
    for d in _of_degree(source, degree):
        found, _, _ = d.histogram(int(bins), limits)
        counts += found.astype(np.int64)
        finite += int((~d.is_essential).sum())
        number += 1
        units.add(d.unit)
    unit = _one_unit(units, degree)
    return AccumulatedHistogram(counts, edges, edges, number, finite - int(counts.sum()), degree, unit)


def _of_degree(many: Iterable[Any], degree: int) -> Iterable[Diagram]:
    for d in many:
        if d is None:
            continue
        if isinstance(d, Diagram):
            if d.degree == degree:
                yield d
            else:
                raise ValueError(f"a diagram of degree {d.degree} is among those of degree {degree}; pass degree={d.degree}")
        elif degree not in d:
            raise ValueError(f"degree {degree} was not computed; there are {list(d)}")
        else:
            yield d[degree]


def _common_range(many: Iterable[Any], degree: int) -> Interval:
    ranges = [d.range() for d in _of_degree(many, degree) if len(d)]
    return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else (0.0, 1.0)


def _one_unit(units: set[str], degree: int) -> str:
    if not units:
        raise ValueError(f"there is no diagram of degree {degree} to accumulate")
    if len(units) > 1:
        raise ValueError(f"the diagrams are in {' and '.join(sorted(units))}: they cannot be added up")
    return units.pop()


def time_series(
    many: Any, regions: Iterable[Region] = (), *, at: float | None = None, times: Sequence[float] | None = None
) -> pd.DataFrame:
    """Numbers that follow many diagrams from one to the next.

    Parameters
    ----------
    many : dict of Diagrams, or sequence of Diagrams
        What `compute_many` returns, in the order of time; an input that failed is a row without numbers.
    regions : sequence of Region, optional
        Pairs in each are counted.
    at : float, optional
        A filtration value, in the diagrams' unit; Betti numbers are counted there.
    times : sequence of float, optional
        Becomes the index; by default the names that `compute_many` gave, or 0, 1, 2, ….

    Returns
    -------
    pandas.DataFrame
        One row per diagram. Columns: the regions' names; ``total persistence PDk (unit)``, the sum over the finite pairs, and with `at`
        ``Betti k``, the classes alive there (birth <= at < death), for every degree k that was computed.

    Raises
    ------
    ValueError
        If units differ, or a region's degree was not computed.
    """
    import pandas as pd

    checked = _checked(regions)
    if at is not None and not np.isfinite(at):
        raise ValueError(f"Betti numbers are counted at a finite value, not at {at}")
    labels, source = named_diagrams(many, times)
    rows, units = [], set()
    for d in source:
        row: dict[str, float] = {}
        if d is not None:
            if isinstance(d, Diagram):
                d = {d.degree: d}
            units |= {diagram.unit for diagram in d.values()}
            row |= {region.name: len(region.select(d)) for region in checked}
            row |= {f"total persistence PD{k} ({v.unit})": float(v.finite.persistence.sum()) for k, v in d.items()}
            row |= {} if at is None else {f"Betti {k}": _alive(v, float(at)) for k, v in d.items()}
        rows.append(row)
    if len(units) > 1:
        raise ValueError(f"the diagrams are in {' and '.join(sorted(units))}: they cannot be compared")
    return pd.DataFrame(rows, index=pd.Index(labels, name="name" if times is None else "time"))


def _alive(d: Diagram, at: float) -> int:
    """Classes that are there at a value, of a sublevel or a superlevel filtration."""
    low, high = np.minimum(d.birth, d.death), np.maximum(d.birth, d.death)
    falling = bool((d.death < d.birth).any())
    return int(((low < at) & (at <= high)).sum() if falling else ((low <= at) & (at < high)).sum())
