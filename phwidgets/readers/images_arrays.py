"""Arrays without much around them: npy, npz, raw numbers, and tables of text such as height maps of Gwyddion."""

from __future__ import annotations

import io
import math
import re
import tokenize
import zipfile
import zlib
from typing import Any, BinaryIO

import numpy as np

from phwidgets.image import looks_like_colours
from phwidgets.readers.images_samples import Options, Samples, check_declared, checked_array, fail, stored_bytes
from phwidgets.readers.images_scale import unit_name
from phwidgets.readers.source import Source, whole_text

_HEADER = re.compile(r"^#[^:]*:\s*(.*?)\s*$")
_LENGTH = re.compile(r"^([-+.\deE]+)\s*(\S+)$")


def read_npy(source: Source, options: Options) -> Samples:
    """An array saved by NumPy; pickled objects are refused."""
    return _npy(source, source.stream, options, stored_bytes(source), packed=False)


def read_npz(source: Source, options: Options) -> Samples:
    """One array of an archive saved by NumPy."""
    try:
        with zipfile.ZipFile(source.stream) as archive:
            names = [entry.filename for entry in archive.infolist() if entry.filename.endswith(".npy")]
            known = [name.removesuffix(".npy") for name in names]
            if not names:
                fail(source, "it is a zip archive without arrays", "unpack it first")
            if options.key is None and len(names) > 1:
                fail(source, f"it holds the arrays {', '.join(map(repr, known[:20]))}", f"choose one with key={known[0]!r}")
            if options.key is not None and options.key not in known:
                raise ValueError(f"could not read {source.name!r}: it holds {', '.join(map(repr, known[:20]))}, and no {options.key!r}")
            entry = archive.getinfo(names[0] if options.key is None else f"{options.key}.npy")
            check_declared(source, (entry.file_size,), 1, options, stored=entry.compress_size)
            with archive.open(entry) as stream:
                return _npy(source, stream, options, entry.file_size, packed=True)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        fail(source, f"it is damaged or cut short ({error})")


def _npy(source: Source, stream: Any, options: Options, held: int, packed: bool) -> Samples:
    form: Any = np.lib.format
    try:
        version = form.read_magic(stream)
        read = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
        shape, fortran, dtype = read(stream)
    except (ValueError, SyntaxError, TypeError, tokenize.TokenError) as error:
        fail(source, f"its header is damaged ({str(error)[:200]})")
    if dtype.hasobject:
        fail(source, "it holds pickled objects, which can run code", "save it as an array of numbers")
    kind = checked_array(source, shape, dtype)
    check_declared(source, shape, kind.itemsize, options, stored=held if packed else None)
    need = math.prod(shape) * kind.itemsize
    raw = stream.read(need)
    if len(raw) < need:
        fail(source, f"it is cut short: shape {shape} of {kind} needs {need} bytes of samples and {len(raw)} are there")
    values = np.frombuffer(raw, kind).reshape(shape, order="F" if fortran else "C")
    colours = looks_like_colours(values) or (values.ndim == 4 and values.shape[-1] in (3, 4))
    return Samples(values, channels="colour" if colours else "")


def read_raw(source: Source, options: Options) -> Samples:
    """Numbers without a header, in C order: planes, rows, columns."""
    if options.shape is None or options.dtype is None:
        fail(source, "numbers without a header need shape= and dtype=", "such as shape=(200, 200, 200), dtype='uint8'")
    kind = checked_array(source, options.shape, options.dtype)
    check_declared(source, options.shape, kind.itemsize, options)
    need, held = math.prod(options.shape) * kind.itemsize, stored_bytes(source) - options.offset
    if need != held:
        size = " × ".join(map(str, options.shape))
        after = f" after the first {options.offset}" if options.offset else ""
        fail(source, f"{size} samples of {kind} are {need} bytes, and it holds {held}{after}", "check shape, dtype and offset")
    source.stream.seek(options.offset)
    return Samples(np.frombuffer(source.stream.read(need), kind).reshape(options.shape))


def read_text(source: Source, options: Options) -> Samples:
    """A table of numbers, one row of the image per line; the header of Gwyddion's text export is understood in any language."""
    if options.limit is not None and stored_bytes(source) > options.limit:
        fail(source, f"it has more than {options.limit:g} bytes", "pass a larger limit")
    text = whole_text(source, "a table of numbers")
    header = [match.group(1) for line in text.splitlines()[:50] if (match := _HEADER.match(line))]
    try:
        values = np.loadtxt(io.StringIO(text), comments="#", delimiter=_delimiter(text), ndmin=2)
    except ValueError as error:
        fail(
            source, f"it is no table of numbers ({str(error)[:200]})", "pass shape= and dtype= if it is raw, or save it as TIFF, PNG or npy"
        )
    if values.size == 0:
        fail(source, "it holds no numbers")
    samples = Samples(values)
    lengths = [(float(m.group(1)), m.group(2)) for line in header if (m := _LENGTH.match(line)) and _is_number(m.group(1))]
    if len(lengths) == 2 and unit_name(lengths[0][1]) and unit_name(lengths[0][1]) == unit_name(lengths[1][1]):
        (width, unit), (height, _) = lengths
        if width > 0 and height > 0:
            samples.spacing = float(f"{height / values.shape[0]:.9g}"), float(f"{width / values.shape[1]:.9g}")
            samples.unit = unit_name(unit)
            samples.value_unit = next((line for line in header[::-1] if re.fullmatch(r"[A-Za-zµμÅ°%]{1,4}", line)), "")
    return samples


def _delimiter(text: str) -> str | None:
    line = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return next((mark for mark in ";," if mark in line), None)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def head_of(stream: BinaryIO, count: int = 512) -> bytes:
    """The first bytes; the stream stays at its start."""
    head = stream.read(count)
    stream.seek(0)
    return head
