"""Results in a folder, found again by what they depend on."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from .codec import UnstorableError, decode, encode
from .identity import UnhashableError, input_key, pipeline_key

FORMAT = b"phwidgets results 1"


class Cache:
    """A folder of results: one file each, named by the hash of the function and of the input.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    pipeline : callable

    Raises
    ------
    ValueError
        If it cannot be told what the function depends on, or the folder is a file.
    """

    def __init__(self, folder: str | os.PathLike[str], pipeline: Any) -> None:
        self.folder = Path(folder).expanduser()
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"cache is a folder, and {str(folder)!r} is a file")
        try:
            self._pipeline = pipeline_key(pipeline)
        except UnhashableError as error:
            raise ValueError(
                f"results of this function cannot be cached: it cannot be told whether {error} is the same next time; "
                "pass it plain values, arrays or structures, or leave out cache="
            ) from None
        self.folder.mkdir(parents=True, exist_ok=True)

    def place(self, item: Any) -> Path:
        """The file of an input's result, whether it is there or not."""
        try:
            key = hashlib.sha256(FORMAT + self._pipeline + input_key(item)).hexdigest()
        except UnhashableError as error:
            raise ValueError(
                f"results for {type(item).__name__} cannot be cached: it cannot be told whether {error} is the same next time; "
                "pass structures, images, arrays or files, or leave out cache="
            ) from None
        return self.folder / f"{key[:40]}.npz"

    def load(self, place: Path) -> tuple[bool, Any]:
        """Whether a result is there, and the result; a damaged file counts as none."""
        try:
            return True, decode(place.read_bytes())
        except FileNotFoundError:
            return False, None
        except ValueError:
            place.unlink(missing_ok=True)
            return False, None

    def store(self, place: Path, value: Any) -> None:
        """Write a result; it is there as a whole or not at all.

        Raises
        ------
        ValueError
            For a result of a kind that is not written.
        """
        try:
            raw = encode(value)
        except UnstorableError as error:
            raise ValueError(
                f"this result cannot be cached: it holds {error}; return diagrams, arrays, numbers, text, tables, or lists and dicts of "
                "them, or leave out cache="
            ) from None
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
            os.replace(name, place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
