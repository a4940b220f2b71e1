"""The table of birth-death pairs that everything else is a view of."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Array = NDArray[Any]
Interval = tuple[float, float]

_COLUMNS = ("birth", "death", "birth_cell", "death_cell", "birth_offset", "death_offset", "pair_id")
_ROWS = np.arange(1 << 12)  # first pair_ids of every whole diagram
_ROWS.flags.writeable = False
_ZEROS: Array = np.ndarray((2**31, 3, 3), np.int32, np.zeros(1, np.int32), strides=(0, 0, 0))  # one number seen as many
_ZEROS.flags.writeable = False
MOST_BINS = 10_000  # of a histogram, along each axis: 800 MB


@dataclass(frozen=True, eq=False, repr=False)
class Diagram:
    """Persistence diagram of one degree: one row per pair, each with the atoms or samples that make its birth and its death.

    Attributes
    ----------
    degree : int
        0 components, 1 rings, 2 cavities.
    unit : str
        Unit of births and deaths, such as "Å".
    birth, death : (n,) float arrays
        death is inf for essential classes, which never die. In superlevel filtrations of images birth >= death, and essential
        classes have death -inf.
    birth_cell, death_cell : (n, k + 1) and (n, k + 2) int arrays
        Atoms of the birth and the death simplex, as indices into the input; -1 where there is no death. Of an image of d dimensions
        (n, d): the samples at which the pair is born and dies, in NumPy's order of axes.
    birth_offset, death_offset : (n, k + 1, 3) and (n, k + 2, 3) int arrays
        In which periodic image of the cell each of these atoms is; zeros for an open cluster, without meaning for images. They are
        int32, as they take the most memory, and int64 only where they do not fit.
    pair_id : (n,) int array
        Row in the diagram as computed; every selection keeps it.
    source : object
        What the diagram was computed from.
    filtration : Cubical or None
        How the diagram of an image was made; None for atoms and distances.
    """

    degree: int
    unit: str
    birth: Array
    death: Array
    birth_cell: Array
    death_cell: Array
    birth_offset: Array = field(default=None)  # type: ignore[arg-type]
    death_offset: Array = field(default=None)  # type: ignore[arg-type]
    pair_id: Array = field(default=None)  # type: ignore[arg-type]
    source: Any = None
    filtration: Any = None

    def __post_init__(self) -> None:
        n = len(self.birth)
        set_ = object.__setattr__
        if self.pair_id is None:
            set_(self, "pair_id", np.arange(n))
        for kind in ("birth", "death"):
            if getattr(self, f"{kind}_offset") is None:
                # all zero without taking memory: a view of one number, made quicker than by np.broadcast_to
                shape = (*getattr(self, f"{kind}_cell").shape, 3)
                set_(self, f"{kind}_offset", np.ndarray(shape, np.int32, np.zeros(1, np.int32), strides=(0,) * len(shape)))
        for name in _COLUMNS:
            column = np.asarray(getattr(self, name)).view()
            if len(column) != n:
                raise ValueError(f"{name} has {len(column)} rows, birth has {n}")
            if name.endswith("offset") and column.dtype == np.int64:  # what was saved, folded or computed by others
                column = narrow(column)
            column.flags.writeable = False
            set_(self, name, column)

    @classmethod
    def of_rows(
        cls, degree: int, unit: str, birth: Array, death: Array, birth_cell: Array, death_cell: Array, source: Any, filtration: Any
    ) -> Diagram:
        """Diagram of all pairs of an image, from arrays that are as long as each other and read-only already: nothing is looked at."""
        n, d = birth_cell.shape
        offset = _ZEROS[:n, :d]
        pair_id = _ROWS[:n] if n <= len(_ROWS) else np.arange(n)
        diagram = object.__new__(cls)
        columns = zip(_COLUMNS, (birth, death, birth_cell, death_cell, offset, offset, pair_id), strict=True)
        vars(diagram).update(columns, degree=degree, unit=unit, source=source, filtration=filtration)
        return diagram

    @classmethod
    def empty(cls, degree: int, unit: str, source: Any = None) -> Diagram:
        """Diagram without a pair."""
        none = np.zeros(0)
        return cls(degree, unit, none, none, np.zeros((0, degree + 1), np.int64), np.zeros((0, degree + 2), np.int64), source=source)

    def __len__(self) -> int:
        return len(self.birth)

    def __repr__(self) -> str:
        essential = int(self.is_essential.sum())
        more = f", {essential} essential" if essential else ""
        return f"Diagram(degree {self.degree}, {len(self)} pairs{more}, unit {self.unit})"

    @property
    def persistence(self) -> Array:
        """|death - birth| of every pair, (n,), inf where essential."""
        return np.asarray(np.abs(self.death - self.birth))

    @property
    def is_essential(self) -> Array:
        """Mask (n,) of the classes that never die."""
        return np.asarray(np.isinf(self.death))

    @property
    def finite(self) -> Diagram:
        """The pairs that die."""
        return self._rows(~self.is_essential)

    def _rows(self, rows: Array) -> Diagram:
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows  # a mask would be counted out once for every column
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    # ---- queries ---------------------------------------------------------------------------------------------------------
    def in_region(self, birth: Interval = (-np.inf, np.inf), death: Interval = (-np.inf, np.inf)) -> Diagram:
        """Pairs inside a rectangle, borders included; a death interval that ends at inf takes essential classes in.

        In superlevel filtrations it is one that starts at -inf.

        Parameters
        ----------
        birth, death : (low, high)
            In the diagram's unit.
        """
        (b0, b1), (d0, d1) = _interval("birth", birth), _interval("death", death)
        return self._rows((self.birth >= b0) & (self.birth <= b1) & (self.death >= d0) & (self.death <= d1))

    def in_polygon(self, xy: Any) -> Diagram:
        """Finite pairs inside a polygon with corners ``xy`` (m, 2) of (birth, death), m >= 3."""
        corners = np.asarray(xy, float)
        if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3 or not np.isfinite(corners).all():
            raise ValueError(f"a polygon is at least three finite (birth, death) corners, shape (m, 2), not shape {corners.shape}")
        from matplotlib.path import Path

        inside = Path(corners).contains_points(np.column_stack([self.birth, np.where(self.is_essential, np.nan, self.death)]))
        return self._rows(inside & ~self.is_essential)

    def longest(self, k: int) -> Diagram:
        """The k most persistent finite pairs, the longest first (equal ones in order of ``pair_id``)."""
        number = _whole("longest takes", k, 0)
        rows = np.flatnonzero(~self.is_essential)
        return self._rows(rows[np.argsort(-self.persistence[rows], kind="stable")[:number]])

    def nearest(self, birth: float, death: float) -> Diagram:
        """The one pair nearest to a point of the diagram; ``death=inf`` (or -inf) looks among the essential classes."""
        try:
            birth, death = float(birth), float(death)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"a point of the diagram is two numbers in {self.unit}, not ({birth!r}, {death!r})") from error
        if np.isnan(birth) or np.isnan(death):
            raise ValueError(f"a point of the diagram is two numbers in {self.unit}, not ({birth}, {death})")
        rows = np.flatnonzero(self.is_essential == np.isinf(death))
        if not len(rows):
            raise ValueError("there is no such pair: this diagram has no essential class" if np.isinf(death) else "this diagram is empty")
        away = np.abs(self.birth[rows] - birth) if np.isinf(death) else np.hypot(self.birth[rows] - birth, self.death[rows] - death)
        return self._rows(rows[[int(np.argmin(away))]])

    def subset(self, ids: Iterable[int] | Array) -> Diagram:
        """The pairs with these ids, in this order.

        Raises
        ------
        ValueError
            If an id is not in this diagram.
        """
        if not isinstance(ids, (np.ndarray, Iterable)):
            raise ValueError(f"pair ids are a list of integers, not {ids!r}")
        ids = np.asarray(ids if isinstance(ids, (np.ndarray, Sequence)) else list(ids))
        if ids.size and ids.dtype.kind not in "iu":
            raise ValueError(f"pair ids are integers, not {ids.dtype}")
        ids = ids.astype(np.int64).ravel()
        if len(self) and np.array_equal(self.pair_id, np.arange(len(self))) and (not len(ids) or 0 <= ids.min() <= ids.max() < len(self)):
            return self._rows(ids)  # a whole diagram: its rows are its ids
        order = np.argsort(self.pair_id, kind="stable")
        place = np.searchsorted(self.pair_id, ids, sorter=order)
        rows = order[np.minimum(place, len(order) - 1)] if len(order) else np.zeros(len(ids), int)
        wrong = ids[self.pair_id[rows] != ids] if len(order) else ids
        if len(wrong):
            raise ValueError(f"pair {wrong[0]} is not in this diagram of {len(self)} pairs ({len(wrong)} such)")
        return self._rows(rows)

    # ---- geometry --------------------------------------------------------------------------------------------------------
    def birth_points(self) -> Array:
        """Positions (n, k + 1, d) of the atoms of the birth simplices, in the periodic image where each lies."""
        return self._points(self.birth_cell, self.birth_offset)

    def death_points(self) -> Array:
        """Positions (n, k + 2, d) of the atoms of the death simplices; nan for essential classes."""
        points = self._points(np.maximum(self.death_cell, 0), self.death_offset)
        points[self.is_essential] = np.nan
        return points

    def _points(self, cells: Array, offsets: Array) -> Array:
        if not hasattr(self.source, "positions"):
            raise ValueError("this diagram was computed without positions: its cells are points of the input, and nothing more is known")
        positions, cell = self.source.positions, self.source.cell
        points = np.array(positions[cells])
        return points if cell is None or not offsets.any() else points + offsets[..., : len(cell)] @ cell

    # ---- out -------------------------------------------------------------------------------------------------------------
    def to_frame(self) -> pd.DataFrame:
        """Table with one row per pair, indexed by ``pair_id``; the columns name the unit."""
        import pandas as pd

        return pd.DataFrame(
            {
                f"birth ({self.unit})": self.birth,
                f"death ({self.unit})": self.death,
                f"persistence ({self.unit})": self.persistence,
                "birth_cell": list(map(tuple, self.birth_cell.tolist())),
                "death_cell": list(map(tuple, self.death_cell.tolist())),
            },
            index=pd.Index(self.pair_id, name="pair_id"),
        )

    def histogram(self, bins: int = 128, range: Interval | None = None) -> tuple[Array, Array, Array]:
        """Counts (bins, bins) of the finite pairs, first axis birth, second death, and the two arrays of edges (bins + 1,).

        ``range`` (low, high) serves both axes; by default it spans all births and deaths.
        """
        low, high = self.range() if range is None else _interval("range", range)
        finite = ~self.is_essential
        edges = np.linspace(low, high, _whole("bins is", bins, 1, MOST_BINS) + 1)
        counts, _, _ = np.histogram2d(self.birth[finite], self.death[finite], bins=[edges, edges])
        return counts, edges, edges

    def range(self) -> Interval:
        """(low, high) of all births and finite deaths; (0, 1) for an empty diagram."""
        values = np.concatenate([self.birth, self.death[~self.is_essential]])
        if not len(values):
            return 0.0, 1.0
        low, high = float(values.min()), float(values.max())
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def plot(self, ax: Axes | None = None, *, bins: int = 128, selected: Diagram | None = None) -> Axes:
        """Draw the diagram as a 2D histogram with Matplotlib; ``selected`` pairs are marked. Returns the axes."""
        from .plotting import plot_diagram

        return plot_diagram(self, ax, bins=bins, selected=selected)


def narrow(offset: Array) -> Array:
    """Lattice offsets as int32; as they are, if the difference of two would not fit."""
    return offset.astype(np.int32) if np.abs(offset).max(initial=0) < 2**30 else offset


def _interval(name: str, interval: Any) -> Interval:
    try:
        low, high = (float(x) for x in interval)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} is an interval (low, high), not {interval!r}") from error
    if np.isnan(low) or np.isnan(high) or low > high:
        raise ValueError(f"{name} is an interval (low, high) with low <= high, not ({low}, {high})")
    return low, high


def _whole(what: str, number: Any, least: int, most: int = sys.maxsize) -> int:
    try:
        k = operator.index(number)
    except TypeError as error:
        raise ValueError(f"{what} a whole number, not {number!r}") from error
    if not least <= k <= most:
        raise ValueError(f"{what} a whole number of at least {least}{f' and at most {most:,}' if most < sys.maxsize else ''}, not {k}")
    return k
