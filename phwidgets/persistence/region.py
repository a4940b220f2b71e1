"""Named regions of a diagram: chosen once, saved, and used on every sample."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .diagram import Diagram, Interval, _interval

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1


@dataclass(frozen=True)
class Region:
    """A rectangle of the diagram of one degree, with a name.

    Parameters
    ----------
    name : str
        Such as ``"C_O"``, the region of rings of oxygen atoms in the diagram of silica (Hiraoka et al., PNAS 113, 7035 (2016)).
    birth, death : (low, high), optional
        Borders, which belong to it. A death interval that ends at inf takes essential classes in; so does one that is not given.
    degree : int
        Which diagram: 0 components, 1 rings, 2 cavities.
    unit : str, optional
        Unit of the borders. A diagram in another unit is refused; without a unit every diagram is taken.

    Raises
    ------
    ValueError
        For an empty name or interval, or a negative degree.

    Examples
    --------
    >>> region = Region("six-rings", birth=(1.5, 2.0), death=(2.5, 3.5), unit="Å")
    >>> region.degree, region.death
    (1, (2.5, 3.5))
    """

    name: str
    birth: Interval = (-math.inf, math.inf)
    death: Interval = (-math.inf, math.inf)
    degree: int = 1
    unit: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"a region has a name, not {self.name!r}")
        if isinstance(self.degree, bool) or not isinstance(self.degree, int) or self.degree < 0:
            raise ValueError(f"degree is 0, 1, 2 or 3, not {self.degree!r}")
        if self.unit is not None and not isinstance(self.unit, str):
            raise ValueError(f'unit is a text such as "Å", not {self.unit!r}')
        object.__setattr__(self, "birth", _interval("birth", self.birth))
        object.__setattr__(self, "death", _interval("death", self.death))

    def select(self, diagram: Diagram | Mapping[int, Diagram]) -> Diagram:
        """The pairs inside.

        Parameters
        ----------
        diagram : Diagram or Diagrams
            Of diagrams, the one of the region's degree is taken.

        Raises
        ------
        ValueError
            If the diagram has another degree or unit than the region.
        """
        if isinstance(diagram, Mapping):
            if self.degree not in diagram:
                raise ValueError(f"region {self.name!r} is of degree {self.degree}, and only {list(diagram)} were computed")
            diagram = diagram[self.degree]
        if not isinstance(diagram, Diagram):
            raise ValueError(f"a region selects from diagrams, not from {type(diagram).__name__}")
        if diagram.degree != self.degree:
            raise ValueError(f"region {self.name!r} is of degree {self.degree}, the diagram of degree {diagram.degree}")
        if self.unit is not None and diagram.unit != self.unit:
            raise ValueError(f"region {self.name!r} is in {self.unit}, the diagram in {diagram.unit}: they cannot be compared")
        return diagram.in_region(self.birth, self.death)


def save_regions(path: str | os.PathLike[str], regions: Iterable[Region]) -> None:
    """Write regions to a JSON file that `load_regions` and people can read; open ends are written as null.

    Raises
    ------
    ValueError
        If two regions have the same name.
    """
    rows = [asdict(region) for region in _checked(regions)]
    for row in rows:
        for side in ("birth", "death"):
            row[side] = [None if math.isinf(x) else x for x in row[side]]
    Path(path).write_text(json.dumps({"format": FORMAT, "regions": rows}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load_regions(path: str | os.PathLike[str]) -> list[Region]:
    """Read regions written by `save_regions`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no file of regions.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] > FORMAT:
            raise ValueError("it was written by a newer version of phwidgets: update this one")
        return _checked(Region(**{**row, "birth": _opened(row["birth"]), "death": _opened(row["death"])}) for row in data["regions"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is not a file of regions saved by phwidgets: {error}") from error


def _opened(interval: Sequence[float | None]) -> Interval:
    low, high = interval
    return -math.inf if low is None else low, math.inf if high is None else high


def _checked(regions: Iterable[Region]) -> list[Region]:
    found: list[Region] = [regions] if isinstance(regions, Region) else list(regions)
    for region in found:
        if not isinstance(region, Region):
            raise ValueError(f"this is no Region: {region!r}")
    names = [region.name for region in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two regions have the name {min(twice)!r}; give each its own")
    return found


def count_regions(regions: Iterable[Region], many: Any, names: Sequence[str] | None = None) -> pd.DataFrame:
    """How many pairs each region holds in each of many diagrams.

    Parameters
    ----------
    regions : sequence of Region
    many : dict of Diagrams, or sequence of Diagrams or Diagram
        What `compute_many` returns; an input that failed is a row without numbers.
    names : sequence of str, optional
        Names of the rows; by default the keys of the dict, the names that `compute_many` gave, or 0, 1, 2, ….

    Returns
    -------
    pandas.DataFrame
        One row per structure, one column per region.

    Raises
    ------
    ValueError
        If a degree that a region needs was not computed, or the units differ.
    """
    import pandas as pd

    checked = _checked(regions)
    labels, diagrams = named_diagrams(many, names)
    rows = [{region.name: None if d is None else len(region.select(d)) for region in checked} for d in diagrams]
    table = pd.DataFrame(rows, index=pd.Index(labels, name="name"), columns=[region.name for region in checked])
    return table.astype("Int64") if any(d is None for d in diagrams) else table.astype("int64")


def named_diagrams(many: Any, names: Sequence[Any] | None = None) -> tuple[list[Any], Iterable[Any]]:
    """Labels and diagrams of a collection, as `count_regions` takes it."""
    if isinstance(many, Diagram) or (isinstance(many, Mapping) and all(isinstance(key, int) for key in many) and len(many)):
        raise ValueError("this is one diagram: pass a list of them, [dgms]")
    if isinstance(many, Mapping):
        return list(many) if names is None else _as_many(names, len(many)), list(many.values())
    if not isinstance(many, Sequence):
        many = list(many)
    if names is None:
        names = getattr(many, "names", None)
    return list(range(len(many))) if names is None else _as_many(names, len(many)), many


def _as_many(names: Sequence[Any], count: int) -> list[Any]:
    if len(names) != count:
        raise ValueError(f"there are {len(names)} names for {count} diagrams")
    return list(names)
