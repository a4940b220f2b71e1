"""From colours and channels to one value for each sample."""

from __future__ import annotations

import numpy as np

from phwidgets.image import Array
from phwidgets.readers.images_samples import Options, Samples, fail
from phwidgets.readers.source import Source

_WEIGHTS = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709, sum 1


def to_grey(source: Source, samples: Samples, options: Options) -> Samples:
    """Reduce the last axis of samples with channels to one value, and say so."""
    if not samples.channels:
        if options.channel is not None:
            raise ValueError(f"{source.name!r} has one value for each sample and no channels: leave channel out")
        return samples
    count = samples.values.shape[-1]
    if options.channel is not None:
        if not -count <= options.channel < count:
            raise ValueError(f"{source.name!r} has {count} channels, and so no channel {options.channel}")
        samples.values = samples.values[..., options.channel]
    elif samples.channels == "other":
        fail(source, f"it has {count} channels for each sample, and they are no colours", f"choose one with channel=0 ... {count - 1}")
    elif samples.channels == "grey" or (samples.channels == "palette" and _same(samples.values).all()):
        _tell_of_opacity(samples, source)
        samples.values = samples.values[..., 0]
    else:
        _tell_of_opacity(samples, source)
        samples.notices.insert(0, f"{source.name!r} is in colour; it is turned to luminance (channel=0, 1 or 2 takes red, green or blue)")
        samples.values = luminance(samples.values)
    samples.channels = ""
    return samples


def luminance(colours: Array) -> Array:
    """Weighted sum of red, green and blue (ITU-R BT.709), rounded to the type of integers; more channels are left out.

    Examples
    --------
    >>> luminance(np.array([[[7, 7, 7], [0, 100, 0]]], np.uint8))
    array([[ 7, 72]], dtype=uint8)
    """
    if colours.dtype.kind == "b":
        colours = colours.astype(np.float64)
    wide = np.float32 if colours.dtype in (np.uint8, np.float16, np.float32) else np.float64
    grey = np.zeros(colours.shape[:-1], wide)
    for weight, channel in zip(_WEIGHTS, range(3), strict=True):
        grey += wide(weight) * colours[..., channel]
    if colours.dtype.kind in "ui":
        np.rint(grey, out=grey)
    grey = grey.astype(colours.dtype)
    same = _same(colours)
    grey[same] = colours[..., 0][same]  # grey stays what it is, whatever the rounding
    return grey


def _same(colours: Array) -> Array:
    return np.asarray((colours[..., 0] == colours[..., 1]) & (colours[..., 1] == colours[..., 2]))


def _tell_of_opacity(samples: Samples, source: Source) -> None:
    if samples.values.shape[-1] in (2, 4):
        opacity = samples.values[..., -1]
        full = np.iinfo(opacity.dtype).max if opacity.dtype.kind in "ui" else 1
        clear = int(np.count_nonzero(opacity != full))
        if clear:
            samples.notices.append(f"{source.name!r}: {clear} samples are not fully opaque; their transparency is left out")
