"""What every reader of images returns, the options it gets, and the limits it keeps."""

from __future__ import annotations

import bz2
import lzma
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from phwidgets.image import Array
from phwidgets.readers.source import Source

FREE = 256 << 20  # bytes of samples that any file may declare
FACTOR = 200  # beyond that, not more than this factor above the bytes in the file; grey images gain 2, masks of two phases 20 to 100


@dataclass(frozen=True)
class Options:
    """What the user said about the file."""

    page: int | None = None
    channel: int | None = None
    key: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: Any = None
    offset: int = 0
    limit: float | None = None


@dataclass
class Samples:
    """What a file holds: planes (if any), rows, columns, and channels last where `channels` says so."""

    values: Array
    spacing: tuple[float | None, ...] | None = None  # one for each axis of space; None where the file does not tell
    unit: str | None = None
    value_unit: str = ""
    # "": none; "colour": red, green, blue and perhaps opacity; "palette": the same, looked up; "grey": grey level and opacity; or "other"
    channels: str = ""
    notices: list[str] = field(default_factory=list)


def fail(source: Source, reason: str, advice: str = "check the file, or export it again, as TIFF or PNG") -> NoReturn:
    """Raise the one kind of error that an image that cannot be read ends in."""
    raise ValueError(f"could not read {source.name!r}: {reason}; {advice}")


def stored_bytes(source: Source) -> int:
    """Length of the stream, which stays where it is."""
    here = source.stream.tell()
    size = source.stream.seek(0, os.SEEK_END)
    source.stream.seek(here)
    return size


def check_declared(source: Source, shape: Iterable[int], itemsize: int, options: Options, stored: int | None = None) -> None:
    """Refuse a file that declares far more samples than it can hold, before anything is decoded."""
    shape = tuple(int(n) for n in shape)
    declared = itemsize
    for n in shape:
        declared *= n
    if min(shape, default=0) < 1:
        fail(source, f"it declares an image without samples, shape {shape}")
    stored = stored_bytes(source) if stored is None else stored
    allowed = max(FREE, FACTOR * stored) if options.limit is None else options.limit
    if declared > allowed:
        size = " × ".join(map(str, shape))
        fail(
            source,
            f"it declares {size} samples, {declared / 1e9:.3g} GB, in {stored / 1e6:.3g} MB, which is what a decompression bomb does",
            f"if you trust the file and have the memory, pass limit={declared}",
        )


def check_unpacked(source: Source, packed: bytes, method: str, most: int) -> None:
    """Refuse a compressed block that unpacks to more than `most` bytes; it is unpacked piece by piece and thrown away."""
    unpack: Any = {"deflate": zlib.decompressobj, "gzip": lambda: zlib.decompressobj(31), "bzip2": bz2.BZ2Decompressor}.get(
        method, lzma.LZMADecompressor
    )()
    total, piece = 0, packed
    try:
        while True:
            block = unpack.decompress(piece, 1 << 20)
            total += len(block)
            if total > most:
                fail(source, f"a block of {len(packed)} bytes unpacks to more than the {most} bytes that belong there")
            piece = getattr(unpack, "unconsumed_tail", b"")
            if unpack.eof or (not block and not piece):
                return
    except (zlib.error, lzma.LZMAError, OSError) as error:
        fail(source, f"a compressed block is damaged ({error})")


def checked_array(source: Source, shape: tuple[int, ...], dtype: Any) -> np.dtype[Any]:
    """The dtype, if it is one of numbers, with a shape of an image."""
    try:
        kind: np.dtype[Any] = np.dtype(dtype)
    except TypeError as error:
        raise ValueError(f"dtype {dtype!r} is no type of numbers: {error}") from error
    if kind.kind not in "buif":
        fail(source, f"it holds {kind}, and an image holds real numbers or booleans", "take the real part or the modulus and save that")
    if len(shape) not in (2, 3, 4):
        fail(source, f"its shape {shape} is that of no image", "an image has 2 or 3 dimensions: (rows, cols) or (planes, rows, cols)")
    return kind
