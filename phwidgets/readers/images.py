"""read_image: from a file, an upload or a folder of slices to an Image.

What a file is, its first bytes tell, not its name. Each reader looks at the declared size and at where the data lie before it decodes
anything; none opens another file or an address.
"""

from __future__ import annotations

import operator
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from phwidgets.image import Image
from phwidgets.readers.images_arrays import head_of, read_npy, read_npz, read_raw, read_text
from phwidgets.readers.images_colour import to_grey
from phwidgets.readers.images_raster import read_raster
from phwidgets.readers.images_samples import Options, Samples
from phwidgets.readers.images_scale import convert, unit_name
from phwidgets.readers.images_stack import read_stack, slices_of
from phwidgets.readers.images_tiff import read_tiff
from phwidgets.readers.images_volumes import read_hdf5, read_mrc, read_nrrd
from phwidgets.readers.source import Source, name_of, open_stream, unpacked

__all__ = ["read_image"]

_MAGIC: list[tuple[bytes, Callable[[Source, Options], Samples]]] = [
    (b"II*\0", read_tiff),
    (b"MM\0*", read_tiff),
    (b"II+\0", read_tiff),
    (b"MM\0+", read_tiff),
    (b"\x89PNG\r\n\x1a\n", read_raster),
    (b"\xff\xd8\xff", read_raster),
    (b"BM", read_raster),
    (b"GIF8", read_raster),
    (b"\x93NUMPY", read_npy),
    (b"PK\x03\x04", read_npz),
    (b"\x89HDF\r\n\x1a\n", read_hdf5),
    (b"NRRD", read_nrrd),
]
_READ_HERE = "PNG, JPEG, BMP, GIF, PNM, TIFF, npy, npz, NRRD, MRC, HDF5, tables of numbers as text, and raw numbers with shape= and dtype="


def read_image(
    path: Any,
    *,
    spacing: float | Sequence[float] | None = None,
    unit: str | None = None,
    page: int | None = None,
    channel: int | None = None,
    key: str | None = None,
    shape: Sequence[int] | None = None,
    dtype: Any = None,
    offset: int = 0,
    limit: float | None = None,
) -> Image:
    """Read an image or a volume.

    Parameters
    ----------
    path : str, path-like, bytes, open file, or the value of an ``ipywidgets.FileUpload``
        A file or its content; ``.gz`` is unpacked. A folder, or a pattern such as ``"scan/*.tif"``, is read as the planes of one volume,
        in natural order (slice2 before slice10).
    spacing : float or one per axis, optional
        Distance of neighbouring samples; by default what the file says, else 1.
    unit : str, optional
        Unit of lengths. Lengths from the file are converted to it; by default the unit of the file, else ``"px"``.
    page : int, optional
        Read only this page of a file with several, counted from 0.
    channel : int, optional
        Read only this channel, such as 0 for the red one, counted from 0.
    key : str, optional
        Name of the array in an npz or HDF5 file that holds several.
    shape, dtype : optional
        Shape and type of raw numbers in C order, such as ``shape=(200, 200, 200), dtype="uint8"`` (``">u2"`` for big endian).
    offset : int
        Bytes before raw numbers, which are left out.
    limit : float, optional
        Bytes that the samples may take. By default a file may declare 256 MiB, or 200 times its own size if that is more.

    Returns
    -------
    Image
        (rows, cols) or (planes, rows, cols), in the type of the file. A folder or pattern always gives a volume.

    Raises
    ------
    FileNotFoundError
        There is no such file, or none that matches.
    ImportError
        NRRD, MRC and HDF5 need pynrrd, mrcfile and h5py, which come with ``phwidgets[images]``.
    ValueError
        Everything else that keeps the file from being read: what, where, and what to do. Animations, series in time and channels that
        are no colours are no volumes: choose with `page` or `channel`.

    Warns
    -----
    UserWarning
        When colours are turned to luminance (ITU-R BT.709), transparency is left out, or a length is assumed.

    Notes
    -----
    Formats: PNG, JPEG, BMP, GIF, PNM; TIFF (pages, stacks, 1 to 64 bits); npy, npz; text; raw; NRRD, MRC, HDF5. Lengths are taken from OME,
    ImageJ, Zeiss and FEI notes in TIFF, from NRRD, MRC, HDF5 (``element_size_um``), from the text export of Gwyddion, and from the
    resolution of pictures, unless it is coarser than 20 µm: 72, 300 or 600 dots per inch are settings for screen and print. A volume
    whose file tells no distance of planes gets that of its rows, with a warning.

    Examples
    --------
    >>> read_image(b"P2 3 2 9  0 1 2  3 4 5", spacing=0.5, unit="nm")
    Image(<bytes>: 2 × 3 uint8, spacing 0.5 nm)
    """
    options = _options(page, channel, key, shape, dtype, offset, limit)
    samples, name = _samples(path, options)
    steps, length_unit = _lengths(samples, spacing, unit)
    for notice in samples.notices:
        warnings.warn(notice, UserWarning, stacklevel=2)
    values = samples.values
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    return Image(values, spacing=steps, unit=length_unit, value_unit=samples.value_unit, origin=(0,) * values.ndim, name=name)


def _options(page: Any, channel: Any, key: Any, shape: Any, dtype: Any, offset: Any, limit: Any) -> Options:
    numbers = {"page": page, "channel": channel, "offset": offset}
    for name, value in numbers.items():
        try:
            numbers[name] = None if value is None else operator.index(value)
        except TypeError:
            raise ValueError(f"{name} is a whole number, not {value!r}") from None
    if (shape is None) != (dtype is None):
        raise ValueError("raw numbers need both shape= and dtype=")
    if shape is not None:
        try:
            shape = tuple(operator.index(n) for n in shape)
        except TypeError:
            raise ValueError(f"shape is a tuple of whole numbers, such as (200, 200, 200), not {shape!r}") from None
    if key is not None and not isinstance(key, str):
        raise ValueError(f"key is the name of an array, not {key!r}")
    if limit is not None and not (isinstance(limit, int | float | np.number) and limit > 0):
        raise ValueError(f"limit is a number of bytes, not {limit!r}")
    if numbers["offset"] is None or numbers["offset"] < 0:
        raise ValueError(f"offset is a number of bytes, not {offset!r}")
    return Options(numbers["page"], numbers["channel"], key, shape, dtype, numbers["offset"], None if limit is None else float(limit))


def _samples(path: Any, options: Options) -> tuple[Samples, str]:
    if isinstance(path, str | os.PathLike):
        text = os.fsdecode(path)
        if "\n" in text or "\0" in text or not text:
            raise ValueError("this text is no path; pass the content of a file as bytes")
        found = None if "://" in text else slices_of(text)
        if found is not None:
            name = os.path.basename(text.rstrip("/\\")) or text
            return read_stack(*found, lambda file: _one(file, options), options, name), name
    elif not hasattr(path, "read") and not isinstance(path, bytes | bytearray | memoryview | dict | tuple | list):
        raise ValueError(
            f"cannot read from {type(path).__name__}: pass a path, bytes or an open file; an array needs no reading, Image(array)"
        )
    return _one(path, options), name_of(path)


def _one(path: Any, options: Options) -> Samples:
    """The grey samples of one file."""
    with open_stream(path) as stream:
        source = Source(name_of(path), stream)
        if head_of(stream).startswith(b"\x1f\x8b") and options.shape is None:
            source = unpacked(source)
        samples = to_grey(source, _reader(source, options)(source, options), options)
    if samples.values.ndim not in (2, 3):
        raise ValueError(
            f"could not read {source.name!r}: its shape {samples.values.shape} has {samples.values.ndim} dimensions, not 2 or 3"
        )
    if not samples.values.size:
        raise ValueError(f"could not read {source.name!r}: it holds no samples, shape {samples.values.shape}")
    return samples


def _reader(source: Source, options: Options) -> Callable[[Source, Options], Samples]:
    """The reader of a file, after its first bytes."""
    if options.shape is not None:
        return read_raw
    head = head_of(source.stream)
    if not head.strip():
        raise ValueError(f"{source.name!r} is empty; there is nothing to read")
    for magic, reader in _MAGIC:
        if head.startswith(magic):
            return reader
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return read_raster
    if head[208:212] == b"MAP " or (Path(source.name).suffix.lower() in (".mrc", ".map", ".rec", ".st", ".ccp4") and b"\0" in head):
        return read_mrc
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        if Path(source.name).suffix.lower() in (".raw", ".bin", ".dat"):
            return read_raw
        raise ValueError(f"{source.name!r} is no image that is read here, whatever its name says; read here: {_READ_HERE}")
    return read_text


def _lengths(samples: Samples, spacing: Any, unit: str | None) -> tuple[Any, str]:
    """Spacing and unit: what the user says, else what the file says, else samples of 1 px."""
    if spacing is not None:
        return spacing, unit or samples.unit or "px"
    if samples.spacing is None:
        return 1.0, unit or "px"
    known = [step for step in samples.spacing if step is not None]
    assumed = samples.spacing[-2] or known[0]
    if len(known) < len(samples.spacing):
        length = f"{assumed:g} {samples.unit or 'px'}"
        samples.notices.append(
            f"the distance of the planes is not in the file; it is taken to be that of the rows, {length}: pass spacing="
        )
    steps = [assumed if step is None else step for step in samples.spacing]
    if unit is None or samples.unit is None or unit_name(unit) == samples.unit:
        return steps, unit or samples.unit or "px"
    converted = [convert(step, samples.unit, unit) for step in steps]
    if None in converted:
        raise ValueError(f"the file gives lengths in {samples.unit}, which is not converted to {unit!r}: pass spacing= with it")
    return [float(f"{step:.12g}") for step in converted if step is not None], unit
