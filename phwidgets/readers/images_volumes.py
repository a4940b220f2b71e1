"""Volumes of tomography and electron microscopy: NRRD, MRC and HDF5, by libraries that are optional (phwidgets[images])."""

from __future__ import annotations

import math
import struct
from importlib import import_module
from typing import Any

import numpy as np

from phwidgets.readers.images_samples import Options, Samples, check_declared, check_unpacked, checked_array, fail, stored_bytes
from phwidgets.readers.images_scale import unit_name
from phwidgets.readers.source import Source

_MRC_MODES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
_NRRD_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}


def _library(source: Source, module: str, package: str, kind: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{source.name!r} is {kind}, and {package} reads that: pip install {package}, or pip install 'phwidgets[images]'"
        ) from error


def read_nrrd(source: Source, options: Options) -> Samples:
    """NRRD with its data attached; the axis that varies fastest becomes the columns."""
    nrrd = _library(source, "nrrd", "pynrrd", "an NRRD file")
    try:
        header = nrrd.read_header(source.stream)
        shape = tuple(int(n) for n in header["sizes"][::-1])
    except Exception as error:  # noqa: BLE001  a damaged header makes the parser raise anything
        fail(source, f"its header is damaged ({str(error)[:200]})")
    if "data file" in header or "datafile" in header:
        fail(source, "its data are in another file, which is not opened", "save header and data as one .nrrd")
    if any(int(header.get(f"{what}{gap}skip", 0)) for what in ("line", "byte") for gap in (" ", "")):
        fail(source, "it skips lines or bytes before its data", "save it again without")
    kind = next((np.dtype(code) for code, names in _NRRD_TYPES.items() if header.get("type") in names), None)
    if kind is None:
        fail(source, f"its samples are of type {header.get('type')!r}, which is no type of numbers")
    checked_array(source, shape, kind)
    check_declared(source, shape, kind.itemsize, options)
    start, encoding = source.stream.tell(), str(header.get("encoding", "")).lower()
    need = math.prod(shape) * kind.itemsize
    method = {"gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}.get(encoding)
    if method:
        check_unpacked(source, source.stream.read(), method, need + (1 << 20))
        source.stream.seek(start)
    elif encoding == "raw" and stored_bytes(source) - start < need:
        fail(source, f"it is cut short: it declares {need} bytes of samples and holds {stored_bytes(source) - start}")
    try:
        values = nrrd.read_data(header, source.stream, index_order="C")
    except Exception as error:  # noqa: BLE001
        fail(source, f"it is damaged or cut short ({str(error)[:200]})")
    kinds = [str(k).lower() for k in header.get("kinds", [])]
    coloured = bool(kinds) and ("color" in kinds[0] or kinds[0] in ("vector", "list", "rgb"))
    samples = Samples(np.asarray(values), channels=("colour" if shape[-1] in (3, 4) else "other") if coloured else "")
    _nrrd_scale(header, samples)
    return samples


def _nrrd_scale(header: Any, samples: Samples) -> None:
    if "space directions" in header:
        steps = [float(np.linalg.norm(row)) if row is not None else math.nan for row in header["space directions"]]
        units = header.get("space units", [])
    else:
        steps, units = [float(s) for s in header.get("spacings", [])], header.get("units", [])
    steps = [step for step in steps if math.isfinite(step) and step > 0][::-1]
    if len(steps) == samples.values.ndim - bool(samples.channels):
        named = [name for name in map(unit_name, units) if name]
        samples.spacing, samples.unit = tuple(steps), named[0] if named and len(set(named)) == 1 else None


def read_mrc(source: Source, options: Options) -> Samples:
    """MRC, one map or stack; lengths are in Å."""
    mrcfile = _library(source, "mrcfile", "mrcfile", "an MRC file")
    head = source.stream.read(1024)
    source.stream.seek(0)
    if len(head) < 1024:
        fail(source, "it is cut short: an MRC header has 1024 bytes")
    order = ">" if head[212:214] == b"\x11\x11" else "<"
    *size, mode = struct.unpack(f"{order}4i", head[:16])
    extended = struct.unpack(f"{order}i", head[92:96])[0]
    if mode not in _MRC_MODES:
        fail(source, f"its samples are of mode {mode}, and 0, 1, 2, 6 and 12 are real numbers")
    kind = np.dtype(_MRC_MODES[mode])
    check_declared(source, size, kind.itemsize, options)
    need = 1024 + extended + math.prod(size) * kind.itemsize
    if extended < 0 or stored_bytes(source) < need:
        fail(source, f"it is cut short: it declares {need} bytes and holds {stored_bytes(source)}")
    try:
        reader = type("Reader", (mrcfile.mrcinterpreter.MrcInterpreter,), {"flush": lambda _: None})  # it would write back what it read
        found = reader(iostream=source.stream)
        values = np.asarray(found.data)
        voxel = [float(getattr(found.voxel_size, axis)) for axis in "zyx"]
    except Exception as error:  # noqa: BLE001  a damaged file makes the reader raise anything
        fail(source, f"it is damaged ({str(error)[:200]})")
    if values.ndim == 3 and len(values) == 1:
        values = values[0]
    steps = voxel[-values.ndim :]
    known = all(math.isfinite(step) and step > 0 for step in steps)
    return Samples(values, spacing=tuple(float(f"{s:.7g}") for s in steps) if known else None, unit="Å" if known else None)


def read_hdf5(source: Source, options: Options) -> Samples:
    """The one array of an HDF5 file, or the one named by key; arrays in other files are not followed."""
    h5py = _library(source, "h5py", "h5py", "an HDF5 file")
    try:
        with h5py.File(source.stream, "r") as file:
            return _dataset(source, h5py, _chosen(source, h5py, file, options), options)
    except ValueError as error:
        if str(error).startswith("could not read"):
            raise
        fail(source, f"it is damaged or cut short ({str(error)[:200]})")
    except Exception as error:  # noqa: BLE001  a damaged file makes the reader raise anything
        fail(source, f"it is damaged or cut short ({str(error)[:200]})")


def _chosen(source: Source, h5py: Any, file: Any, options: Options) -> Any:
    found: dict[str, Any] = {}

    def look(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "buif" and 2 <= item.ndim <= 4 and item.size:
            found[name] = item

    file.visititems(look)  # follows no links to other files
    listed = ", ".join(f"{name!r} {item.shape}" for name, item in list(found.items())[:20])
    if options.key is not None:
        if options.key.strip("/") not in found:
            raise ValueError(f"could not read {source.name!r}: it has no image {options.key!r}; it holds {listed or 'none'}")
        return found[options.key.strip("/")]
    if len(found) != 1:
        if not found:
            fail(source, "it holds no array of numbers with 2 or 3 dimensions")
        fail(source, f"it holds several arrays: {listed}", "choose one with key=")
    return next(iter(found.values()))


def _dataset(source: Source, h5py: Any, data: Any, options: Options) -> Samples:
    if data.external or data.is_virtual:
        fail(source, f"the data of {data.name!r} are in another file, which is not opened", "copy them into this one")
    shape = tuple(int(n) for n in data.shape)
    kind = checked_array(source, shape, data.dtype)
    check_declared(source, shape, kind.itemsize, options, stored=data.id.get_storage_size())
    values = data[...]
    coloured = values.ndim == 4 and values.shape[-1] in (3, 4)
    samples = Samples(values, channels="colour" if coloured else "")
    if "element_size_um" in data.attrs:  # ImageJ and ilastik
        steps = [float(s) for s in np.ravel(data.attrs["element_size_um"])][-(values.ndim - coloured) :]
        if len(steps) == values.ndim - coloured and all(math.isfinite(s) and s > 0 for s in steps):
            samples.spacing, samples.unit = tuple(steps), "µm"
    return samples
