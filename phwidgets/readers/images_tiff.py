"""TIFF: single pages, stacks, ImageJ, OME, Zeiss and FEI files, decoded by tifffile, and by Pillow where that lacks the compression."""

from __future__ import annotations

import logging
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import numpy as np

from phwidgets.image import Array
from phwidgets.readers.images_raster import decode_tiff_pages
from phwidgets.readers.images_samples import FREE, Options, Samples, check_declared, check_unpacked, fail, stored_bytes
from phwidgets.readers.images_scale import tiff_scale
from phwidgets.readers.source import Source

_PACKED = {8: "deflate", 32946: "deflate", 34925: "lzma"}  # compressions that tifffile unpacks whole, whatever they hold
_INNER = set("YXS")


def read_tiff(source: Source, options: Options) -> Samples:
    """The one image or stack of a TIFF file, after its declared size has been found sane and its data present."""
    from tifffile import TiffFile

    _check_pages(source)
    try:
        with _silent(), TiffFile(source.stream, _multifile=False) as tif:
            return _read(source, tif, options)
    except ValueError as error:
        if str(error).startswith("could not read"):
            raise
        fail(source, f"it is damaged or cut short ({error})")
    except MemoryError:
        fail(source, "there is not enough memory for it", "crop it, or read it page by page with page=")
    except Exception as error:  # noqa: BLE001  a damaged file makes the decoder raise anything
        fail(source, f"it is damaged or cut short ({type(error).__name__}: {str(error)[:200]})")


def _check_pages(source: Source) -> None:
    """Follow the chain of pages to its end, once: tifffile would go round for ever where it leads back."""
    stream, size = source.stream, stored_bytes(source)
    head = stream.read(16)
    order, big = "<" if head.startswith(b"II") else ">", head[2:4] in (b"+\0", b"\0+")
    count, link = (struct.Struct(order + code) for code in ("QQ" if big else "HI"))
    entry = 20 if big else 12
    seen: set[int] = set()
    at = head[8:16] if big else head[4:8]
    while len(at) == link.size and 0 < (offset := link.unpack(at)[0]) < size:
        if offset in seen:
            fail(source, f"its pages lead in a circle, after {len(seen)} of them")
        seen.add(offset)
        stream.seek(offset)
        number = stream.read(count.size)
        if len(number) < count.size:
            break
        end = offset + count.size + entry * count.unpack(number)[0]
        stream.seek(min(end, size))
        at = stream.read(link.size)
    stream.seek(0)


@contextmanager
def _silent() -> Iterator[None]:
    """Keep tifffile from logging what it stumbles over: what matters for the samples is checked here and raised."""
    log, thread = logging.getLogger("tifffile"), get_ident()

    def from_elsewhere(record: logging.LogRecord) -> bool:
        return record.thread != thread

    log.addFilter(from_elsewhere)
    try:
        yield
    finally:
        log.removeFilter(from_elsewhere)


def _read(source: Source, tif: Any, options: Options) -> Samples:
    series, page = _chosen(source, tif, options)
    check_declared(source, series.shape, series.dtype.itemsize, options)
    pages = [p for p in getattr(series, "pages", None) or [series] if p is not None]
    frame = pages[0].keyframe
    _check_data(source, series, pages, frame)
    values, channels = _decoded(source, series, pages)
    axes = series.axes
    if values.shape != tuple(series.shape):
        axes, values = _pillow_axes(source, series, values, channels)
    values, axes = _arranged(source, values, axes, options, page)
    samples = Samples(values)
    if "S" in axes:
        samples.channels = channels or _channels(frame)
    elif "C" in axes:
        samples.channels = "other"
    _interpret(source, samples, frame)
    _scaled(source, tif, samples)
    return samples


def _chosen(source: Source, tif: Any, options: Options) -> tuple[Any, int | None]:
    """The series to read, and the page of it that is still to be chosen."""
    if not tif.series:
        fail(source, "it holds no image")
    whole = [s for s in tif.series if not s.keyframe.is_reduced] or list(tif.series)
    if len(whole) == 1:
        return whole[0], options.page
    if options.page is None:
        first = whole[0]
        number, odd = next((s.keyframe.index, s) for s in whole[1:])
        sizes = f"page {first.keyframe.index} is {_size(first)}, page {number} is {_size(odd)}"
        fail(source, f"its pages differ in size or type: {sizes}", f"choose one with page=0 ... {len(tif.pages) - 1}")
    if not 0 <= options.page < len(tif.pages):
        raise ValueError(f"could not read {source.name!r}: it has {len(tif.pages)} pages, and so no page {options.page}")
    return tif.pages[options.page], None


def _size(series: Any) -> str:
    return f"{' × '.join(map(str, series.shape))} {series.dtype}"


def _check_data(source: Source, series: Any, pages: list[Any], frame: Any) -> None:
    """Every block of data lies in the file and unpacks to what it may; tifffile would fill gaps with zeros."""
    size = stored_bytes(source)
    length = math.prod(frame.shape) * frame.dtype.itemsize
    if frame.compression == 1 and len(pages) == 1 and getattr(series, "dataoffset", None) is not None:
        if series.dataoffset + math.prod(series.shape) * series.dtype.itemsize > size:
            fail(source, "it is cut short: it declares more data than it holds")
        return
    for page in pages:
        blocks = list(zip(page.dataoffsets, page.databytecounts, strict=False))
        if not blocks or any(start <= 0 or count <= 0 or start + count > size for start, count in blocks):
            fail(source, f"it is cut short: the data of page {page.index} are not in the file")
        if frame.compression == 1 and sum(count for _, count in blocks) * 8 < length * min(frame.bitspersample, 8):
            fail(source, f"it is cut short: page {page.index} declares more data than it holds")
        method = _PACKED.get(int(frame.compression))
        for start, count in blocks if method else []:
            if method == "deflate" and count * 1032 <= FREE:  # no deflate stream gains more
                continue
            source.stream.seek(start)
            check_unpacked(source, source.stream.read(count), str(method), max(FREE, 2 * length))


def _decoded(source: Source, series: Any, pages: list[Any]) -> tuple[Array, str]:
    """Samples in the shape that the file declares, or, from Pillow, pages as it gives them."""
    try:
        return np.asarray(series.asarray()), ""
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
    decoded = decode_tiff_pages(source, [page.index for page in pages])
    values = [page for page, _ in decoded]
    if any(v.shape != values[0].shape for v in values):
        fail(source, "its pages differ in size")
    return np.stack(values) if len(values) > 1 else values[0], decoded[0][1]


def _pillow_axes(source: Source, series: Any, values: Array, channels: str) -> tuple[str, Array]:
    """Axes of what Pillow decoded: channels come last there, and axes of length one are left out."""
    outer = [(a, n) for a, n in zip(series.axes, series.shape, strict=True) if a not in _INNER]
    inner = "YXS" if channels else "YX"
    shape = (*(n for _, n in outer), *values.shape[values.ndim - len(inner) :])
    if math.prod(shape) != values.size:
        fail(source, f"its compression is read only in part here ({series.shape} {series.dtype})", "install imagecodecs, or save it again")
    return "".join(a for a, _ in outer) + inner, values.reshape(shape)


def _arranged(source: Source, values: Array, axes: str, options: Options, page: int | None) -> tuple[Array, str]:
    """Planes (if any), rows, columns, and channels last; a chosen page taken out."""
    if "Y" not in axes or "X" not in axes:
        fail(source, f"its axes {axes} with lengths {values.shape} are those of no image")
    if "C" in axes and ("S" in axes or values.shape[axes.index("C")] == 1):
        at = axes.index("C")
        if values.shape[at] > 1:
            fail(source, f"it holds {values.shape[at]} colour pictures for each place", "save one of them alone")
        values, axes = values.take(0, at), axes.replace("C", "")
    outer = [a for a in axes if a not in "YXSC"]
    inner = [a for a in "YXSC" if a in axes]
    values = values.transpose([axes.index(a) for a in (*outer, *inner)])
    lengths = dict(zip(outer, values.shape, strict=False))
    n = len(outer)
    if page is not None:
        values = values.reshape(-1, *values.shape[n:])
        if not 0 <= page < len(values):
            raise ValueError(f"could not read {source.name!r}: it has {len(values)} pages, and so no page {page}")
        return values[page], "".join(inner)
    long = {a: length for a, length in lengths.items() if length > 1}
    if "T" in long:
        fail(source, f"it is a series of {long['T']} moments in time, which is no volume", "choose one with page=")
    if len(long) > 1:
        fail(source, f"it has {2 + len(long)} dimensions, {axes} with lengths {values.shape}", "choose one page with page=")
    shape = (*long.values(), *values.shape[n:])
    return values.reshape(shape), "".join((*long, *inner))


def _channels(frame: Any) -> str:
    count = frame.samplesperpixel
    if int(frame.photometric) in (2, 6) and count >= 3:
        return "colour" if count <= 4 else "other"
    return "grey" if int(frame.photometric) in (0, 1) and count == 2 and frame.extrasamples else "other"


def _interpret(source: Source, samples: Samples, frame: Any) -> None:
    """Look palettes up, and make white bright where the file counts from white."""
    photometric = int(frame.photometric)
    if photometric == 3 and frame.colormap is not None and samples.values.dtype.kind == "u" and not samples.channels:
        palette = (np.asarray(frame.colormap) >> 8).astype(np.uint8).T
        samples.values, samples.channels = palette[samples.values], "palette"
    elif photometric == 0 and samples.values.dtype.kind == "b":
        samples.values = ~samples.values
    elif photometric == 0 and samples.values.dtype.kind == "u":
        samples.values = samples.values.dtype.type(2**frame.bitspersample - 1) - samples.values


def _scaled(source: Source, tif: Any, samples: Samples) -> None:
    scale = tiff_scale(tif)
    if scale is None:
        return
    lengths, samples.unit = scale
    ndim = samples.values.ndim - bool(samples.channels)
    samples.spacing = tuple(lengths.get(axis) for axis in "ZYX"[-ndim:])
