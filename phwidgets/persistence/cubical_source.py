"""How the diagrams of an image were made: what the way back to its samples must know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Cubical:
    """How the diagrams of an image were made.

    Attributes
    ----------
    filtration : {"sublevel", "superlevel"}
    construction : {"vertex", "cell"}
    periodic : tuple of bool, one per axis
    mask : bool array of the image's shape, or None
        True where samples were left out.
    """

    filtration: str
    construction: str
    periodic: tuple[bool, ...]
    mask: Array | None = field(default=None, repr=False)

    @property
    def sign(self) -> int:
        """1 where values ascend along the filtration, -1 where they descend."""
        return -1 if self.filtration == "superlevel" else 1
