"""A folder or a pattern of slices: one volume."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from phwidgets.readers.images_samples import Options, Samples, check_declared, fail
from phwidgets.readers.source import Source

SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pgm", ".ppm", ".pbm", ".npy")


def natural(path: Path) -> list[Any]:
    """Key that sorts slice2 before slice10.

    Examples
    --------
    >>> sorted([Path("s10.png"), Path("s9.png"), Path("s1.png")], key=natural)[-1].name
    's10.png'
    """
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in parts if part] + [(-2, path.name)]


def slices_of(text: str) -> tuple[list[Path], list[str]] | None:
    """The files of a folder or pattern in natural order, and the names left out; None where `text` is one file or none."""
    path = Path(text).expanduser()
    if path.is_dir():
        files = [entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith(".")]
        chosen = [entry for entry in files if entry.suffix.lower() in SUFFIXES]
        kinds = Counter(entry.suffix.lower() for entry in chosen)
        if not chosen:
            raise ValueError(f"the folder {text!r} has no images ({', '.join(SUFFIXES)}) among its {len(files)} files")
        if len({kind.replace("tiff", "tif").replace("jpeg", "jpg") for kind in kinds}) > 1:
            held = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
            raise ValueError(
                f"the folder {text!r} has images of several kinds ({held}): say which, such as {text.rstrip('/')}/*{min(kinds)}"
            )
        return sorted(chosen, key=natural), sorted(entry.name for entry in files if entry not in chosen)
    if path.exists() or not glob.has_magic(str(path)):
        return None
    chosen = [Path(found) for found in glob.glob(str(path)) if Path(found).is_file()]
    if not chosen:
        raise FileNotFoundError(f"no file matches {text!r}")
    return sorted(chosen, key=natural), []


def read_stack(files: list[Path], left_out: list[str], one: Callable[[Path], Samples], options: Options, name: str) -> Samples:
    """The slices as planes of one volume; all must have the size and type of the first."""
    source = Source(name, files[0].open("rb"))
    source.stream.close()
    slices = _checked(files, one)
    first = next(slices)
    if first.values.ndim != 2:
        fail(
            Source(files[0].name, source.stream),
            f"a slice has rows and columns, and this one has shape {first.values.shape}",
            "pass it alone",
        )
    stored = sum(path.stat().st_size for path in files)
    check_declared(source, (len(files), *first.values.shape), first.values.dtype.itemsize, options, stored=stored)
    values = np.empty((len(files), *first.values.shape), first.values.dtype)
    values[0] = first.values
    notices = list(first.notices)
    for i, found in enumerate(slices, start=1):
        if (found.values.shape, found.values.dtype) != (first.values.shape, first.values.dtype):
            fail(
                Source(files[i].name, source.stream),
                f"this slice is {_size(found)}, and the first one, {files[0].name!r}, is {_size(first)}",
                "all slices of a volume have one size and type; leave it out, or crop the others",
            )
        values[i] = found.values
        notices += found.notices
    if left_out:
        notices.append(f"{name!r}: {len(left_out)} files are no images and are left out: {', '.join(left_out[:5])}")
    spacing = None if first.spacing is None else (None, *first.spacing)
    return Samples(values, spacing, first.unit, first.value_unit, "", _gathered(notices))


def _checked(files: list[Path], one: Callable[[Path], Samples]) -> Iterator[Samples]:
    return (one(path) for path in files)


def _gathered(notices: list[str]) -> list[str]:
    """One notice for all slices instead of one for each."""
    alike: dict[str, list[str]] = {}
    for text in notices:
        alike.setdefault(re.sub(r"^'[^']*'|\d+ samples", "", text), []).append(text)
    return [texts[0] if len(texts) == 1 else f"{texts[0]}; the same holds for {len(texts) - 1} more slices" for texts in alike.values()]


def _size(samples: Samples) -> str:
    return f"{' × '.join(map(str, samples.values.shape))} {samples.values.dtype}"
