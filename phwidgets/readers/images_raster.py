"""PNG, JPEG, BMP, GIF and PNM, decoded by Pillow."""

from __future__ import annotations

from typing import Any

import numpy as np

from phwidgets.image import Array
from phwidgets.readers.images_samples import Options, Samples, check_declared, fail
from phwidgets.readers.images_scale import from_resolution
from phwidgets.readers.source import Source

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF")
_CHANNELS = {"LA": "grey", "RGB": "colour", "RGBA": "colour"}
_WIDE = {"I": 4, "F": 4, "RGB": 3, "RGBA": 4, "RGBX": 4, "CMYK": 4, "YCbCr": 3, "LAB": 3, "HSV": 3, "LA": 2, "PA": 2, "La": 2}


def read_raster(source: Source, options: Options) -> Samples:
    """One picture, after its declared size has been found sane."""
    picture = _opened(source)
    width, height = picture.size
    check_declared(source, (height, width), _WIDE.get(picture.mode, 2 if picture.mode.startswith("I;16") else 1), options)
    notices = []
    tile = picture.tile[0] if getattr(picture, "tile", None) else None
    if tile is not None and "16" in str(tile[3]) and picture.mode in ("RGB", "RGBA", "LA"):
        notices.append(f"{source.name!r} has 16 bits for each colour, of which 8 are read; save it as TIFF to keep them")
    page = _page(source, picture, options)
    samples = Samples(*_decoded(source, picture, page), notices=notices)
    dots = picture.info.get("dpi")
    if dots and picture.format in ("PNG", "JPEG", "BMP"):
        scale = from_resolution(float(dots[0]), float(dots[1]), 0.0254)
        if scale is not None:
            samples.spacing, samples.unit = (scale[0]["Y"], scale[0]["X"]), scale[1]
    return samples


def decode_tiff_pages(source: Source, pages: list[int]) -> list[tuple[Array, str]]:
    """Pages of a TIFF file in a compression that only Pillow knows; their declared sizes have been checked."""
    source.stream.seek(0)
    picture = _opened(source)
    return [_decode_page(source, picture, page) for page in pages]


def _decode_page(source: Source, picture: Any, page: int) -> tuple[Array, str]:
    values, _, _, _, channels = _decoded(source, picture, page)
    return values, channels


def _opened(source: Source) -> Any:
    from PIL import Image as Pillow

    try:
        return Pillow.open(source.stream, formats=_FORMATS)
    except Pillow.DecompressionBombError as error:
        fail(source, str(error), "if you trust the file, set PIL.Image.MAX_IMAGE_PIXELS = None first, or save it as TIFF")
    except Exception as error:  # noqa: BLE001  a damaged file makes the decoders raise anything
        fail(source, f"it is damaged or cut short ({_short(error)})")


def _page(source: Source, picture: Any, options: Options) -> int:
    """Which of several frames to take; the first of a JPEG with a preview."""
    try:
        frames = getattr(picture, "n_frames", 1) if picture.format != "MPO" else 1
    except Exception as error:  # noqa: BLE001
        fail(source, f"it is damaged or cut short ({_short(error)})")
    if options.page is None:
        if frames > 1:
            fail(source, f"it is an animation of {frames} frames, which is no volume", f"choose one with page=0 ... {frames - 1}")
        return 0
    if not 0 <= options.page < frames:
        raise ValueError(f"{source.name!r} has {frames} pages, and so no page {options.page}")
    return options.page


def _decoded(source: Source, picture: Any, page: int) -> tuple[Array, None, None, str, str]:
    try:
        if page or picture.format == "TIFF":
            picture.seek(page)
        picture.load()
        looked_up = picture.mode in ("P", "PA")
        if looked_up:
            picture = picture.convert("RGBA" if picture.mode == "PA" or "transparency" in picture.info else "RGB")
        elif picture.mode not in ("1", "L", "I", "F", *_CHANNELS) and not picture.mode.startswith("I;16"):
            picture = picture.convert("RGBA" if picture.mode in ("RGBX", "RGBa") else "LA" if picture.mode == "La" else "RGB")
        return np.array(picture), None, None, "", "palette" if looked_up else _CHANNELS.get(picture.mode, "")
    except Exception as error:  # noqa: BLE001  a damaged file makes the decoders raise anything
        fail(source, f"it is damaged or cut short ({_short(error)})")


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:200]
