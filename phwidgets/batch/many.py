"""What compute_many returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Failure:
    """An input that was not computed."""

    index: int
    name: str
    error: BaseException
    trace: str


@dataclass(frozen=True)
class Stored:
    """A result that lies in the cache and is read when it is asked for."""

    place: Path

    def load(self) -> Any:
        """Read it."""
        from .codec import decode

        try:
            return decode(self.place.read_bytes())
        except FileNotFoundError as error:
            raise ValueError(f"the cached result {self.place.name} is no longer in {str(self.place.parent)!r}") from error


class Many(Sequence[Any]):
    """Results in the order of the inputs; None where an input failed.

    Attributes
    ----------
    names : list of str
        What the inputs are called: files by their names, frames by file and number, others by their place.
    how : str
        How it was computed, and why so.
    seconds : float
        How long it took.
    cached : int
        How many results were found in the cache.
    """

    def __init__(self, results: list[Any], names: list[str], failed: list[Failure], *, how: str, seconds: float, cached: int) -> None:
        self._results, self._failed = results, sorted(failed, key=lambda failure: failure.index)
        self.names, self.how, self.seconds, self.cached = names, how, seconds, cached

    def __len__(self) -> int:
        return len(self._results)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        result = self._results[index]
        return result.load() if isinstance(result, Stored) else result

    @property
    def failures(self) -> pd.DataFrame:
        """What failed and why: one row per failed input, indexed by its place; columns name, error, message, trace."""
        import pandas as pd

        rows = [
            {"name": f.name, "error": type(f.error).__name__, "message": str(f.error) or "(no message)", "trace": f.trace}
            for f in self._failed
        ]
        index = pd.Index([f.index for f in self._failed], name="index", dtype="int64")
        return pd.DataFrame(rows, index=index, columns=["name", "error", "message", "trace"])

    def items(self) -> list[tuple[str, Any]]:
        """(name, result) of every input that did not fail, in order."""
        gone = {failure.index for failure in self._failed}
        return [(name, self[i]) for i, name in enumerate(self.names) if i not in gone]

    def __repr__(self) -> str:
        parts = [f"{len(self)} result{'' if len(self) == 1 else 's'}"]
        parts += [f"{len(self._failed)} of them failed: see .failures"] if self._failed else []
        parts += [f"{self.cached} from the cache"] if self.cached else []
        return f"Many({', '.join(parts)}; {self.how})"
