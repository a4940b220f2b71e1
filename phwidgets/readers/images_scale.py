"""Lengths: what units are called, and how long a sample is where a TIFF file tells."""

from __future__ import annotations

import math
from typing import Any

_METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "µm": 1e-6, "nm": 1e-9, "Å": 1e-10, "pm": 1e-12, "in": 0.0254}
_NAMES = {
    "um": "µm", "μm": "µm", "micron": "µm", "microns": "µm", "micrometer": "µm", "micrometers": "µm", "micrometre": "µm",
    "nanometer": "nm", "nanometers": "nm", "nanometre": "nm", "millimeter": "mm", "millimetre": "mm", "centimeter": "cm", "meter": "m",
    "angstrom": "Å", "angstroms": "Å", "\u212b": "Å", "a": "Å", "inch": "in", "inches": "in", '"': "in",
}  # fmt: skip
_NO_LENGTH = {"", "px", "pixel", "pixels", "none", "reference frame", "voxel", "voxels"}
COARSEST = 20e-6  # metres; a resolution of 1270 dots per inch and less is a setting for screen or print, not the size of a sample

Scale = tuple[dict[str, float], str]  # lengths along the axes Z, Y, X, as far as they are known, and their unit


def unit_name(text: Any) -> str | None:
    """The unit as it is written here, such as "µm" for "micron"; None where the text names no length."""
    plain = str(text).strip().replace("\\u00B5", "µ")
    if plain.lower() in _NO_LENGTH:
        return None
    return plain if plain in _METRES else _NAMES.get(plain.lower(), plain.lower() if plain.lower() in _METRES else plain)


def convert(length: float, unit: str, to: str) -> float | None:
    """A length in another unit; None where one of them is not known."""
    old, new = (_METRES.get(unit_name(u) or "") for u in (unit, to))
    return None if old is None or new is None else length * old / new


def from_metres(metres: dict[str, float]) -> Scale:
    """Lengths in the unit that suits the shortest."""
    shortest = min(metres.values())
    unit = "nm" if shortest < 1e-7 else "µm" if shortest < 1e-3 else "mm"
    return {axis: float(f"{length / _METRES[unit]:.9g}") for axis, length in metres.items()}, unit


def from_resolution(x: float, y: float, per: float) -> Scale | None:
    """Scale of `x` and `y` samples on a length of `per` metres; None for a setting of screen or print."""
    if not (math.isfinite(x) and math.isfinite(y) and x > 0 and y > 0) or max(per / x, per / y) > COARSEST:
        return None
    return from_metres({"Y": per / y, "X": per / x})


def tiff_scale(tif: Any) -> Scale | None:
    """Scale that a TIFF file states: OME, ImageJ, Zeiss and FEI microscopes, or its resolution."""
    for look in (_ome, _imagej, _zeiss, _fei, _resolution):
        try:
            scale = look(tif)
        except (AttributeError, KeyError, TypeError, ValueError, ZeroDivisionError, IndexError, SyntaxError):
            continue  # a broken note about the size of a sample: the samples themselves may be fine
        if scale is not None and all(math.isfinite(s) and s > 0 for s in scale[0].values()):
            return scale
    return None


def _ome(tif: Any) -> Scale | None:
    from tifffile import xml2dict

    if not tif.is_ome:
        return None
    image = xml2dict(tif.ome_metadata)["OME"]["Image"]
    pixels = (image[0] if isinstance(image, list | tuple) else image)["Pixels"]
    unit = unit_name(pixels.get("PhysicalSizeXUnit", "µm"))
    lengths = {}
    for axis in "ZYX":
        if unit and f"PhysicalSize{axis}" in pixels:
            length = convert(float(pixels[f"PhysicalSize{axis}"]), pixels.get(f"PhysicalSize{axis}Unit", "µm"), unit)
            if length is None:
                return None
            lengths[axis] = length
    return (lengths, unit) if unit and "X" in lengths else None


def _imagej(tif: Any) -> Scale | None:
    about = tif.imagej_metadata if tif.is_imagej else None
    unit = unit_name(about.get("unit", "")) if about else None
    if about is None or unit is None:
        return None
    x, y = _tag_resolution(tif)
    lengths = {"Y": 1 / y, "X": 1 / x}
    if "spacing" in about:
        lengths["Z"] = float(about["spacing"])
    return {axis: float(f"{length:.9g}") for axis, length in lengths.items()}, unit


def _zeiss(tif: Any) -> Scale | None:
    about = tif.sem_metadata if tif.is_sem else None
    for key in ("ap_image_pixel_size", "ap_pixel_size"):
        if about and key in about:
            _, length, unit = about[key][:3]
            known = unit_name(unit)
            return ({"Y": float(length), "X": float(length)}, known) if known else None
    return None


def _fei(tif: Any) -> Scale | None:
    about = tif.fei_metadata if tif.is_fei else None
    if not about:
        return None
    scan = about.get("Scan") or about.get("EScan")
    return from_metres({"Y": float(scan["PixelHeight"]), "X": float(scan["PixelWidth"])})


def _resolution(tif: Any) -> Scale | None:
    unit = int(tif.pages[0].tags["ResolutionUnit"].value) if "ResolutionUnit" in tif.pages[0].tags else 2
    per = {2: 0.0254, 3: 0.01}.get(unit)
    if per is None:
        return None
    return from_resolution(*_tag_resolution(tif), per)


def _tag_resolution(tif: Any) -> tuple[float, float]:
    tags = tif.pages[0].tags
    (a, b), (c, d) = tags["XResolution"].value, tags["YResolution"].value
    return a / b, c / d
