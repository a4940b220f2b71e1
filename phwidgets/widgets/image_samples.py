"""What a user hands to the canvas, checked, and made into bytes for it. No widget in here."""

from dataclasses import dataclass

import numpy as np

PERCENT = (0.5, 99.5)  # of the samples lie below and above the contrast to begin with
_LOOKED_AT = 1_000_000  # samples; the contrast of larger images is found from a part of them
_AT_ONCE = 250_000  # samples that are converted at once, to need little memory
_LEVELS = 65_534  # of samples sent in 16 bits; 65,535 stands for no value
_FINE = 1024  # levels that the contrast to begin with should span at least, otherwise 32 bits are sent
_REACH = 10.0  # windows that the contrast can be moved beyond the one to begin with: single outliers do not make the sliders useless
NO_VALUE = 65_535


@dataclass(frozen=True)
class Encoding:
    """How samples travel: ``value = offset + step * sample``.

    Attributes
    ----------
    type : str
        ``"uint8"``, ``"uint16"`` or ``"float32"``.
    offset, step : float
    missing : int or None
        Sample that stands for no value (NaN); in float32 NaN itself does.
    range, window : (float, float)
        Values that the contrast can be set to, and those to begin with.
    """

    type: str
    offset: float
    step: float
    missing: int | None
    range: tuple[float, float]
    window: tuple[float, float]

    def encode(self, values):
        """Bytes of samples, in C order."""
        if self.type == "uint8":
            return np.ascontiguousarray(values).view(np.uint8).tobytes()
        if self.type == "float32":
            return ((np.asarray(values, float) - self.offset) / self.step).astype(np.float32).tobytes()
        if values.dtype.kind in "iu":
            start = np.array(self.offset, values.dtype).astype(np.uint64)
            return (values.astype(np.uint64) - start).astype(np.uint16).tobytes()  # modulo 2^64, so that no type overflows
        out = np.empty(values.shape, np.uint16)
        precise = np.promote_types(values.dtype, np.float32)  # half precision would overflow
        rows = max(1, _AT_ONCE // values.shape[1])
        for first in range(0, len(values), rows):
            with np.errstate(invalid="ignore", over="ignore"):
                levels = values[first : first + rows].astype(precise)
                levels -= self.offset
                levels /= self.step
                levels += 0.5
                np.clip(levels, 0, _LEVELS, out=levels)
                levels[np.isnan(levels)] = NO_VALUE
                out[first : first + rows] = levels
        return out.tobytes()


def encoding_of(values):
    """The smallest samples that lose nothing one could see."""
    some = values[tuple(slice(None, None, step) for step in _steps(values.shape))]
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        finite = np.isfinite(values)
        if not finite.any():
            return Encoding("float32", 0.0, 1.0, None, (0.0, 1.0), (0.0, 1.0))
        low, high = (f(values, where=finite, initial=start).item() for f, start in ((np.min, np.inf), (np.max, -np.inf)))
    else:
        low, high = values.min().item(), values.max().item()
    window = _window(some, low, high)
    reach = _REACH * (window[1] - window[0])
    limits = (max(low, window[0] - reach), min(high, window[1] + reach)) if low < high else window
    if values.dtype == np.uint8 or values.dtype == bool:
        return Encoding("uint8", 0, 1, None, limits, window)
    if values.dtype.kind in "iu" and high - low <= _LEVELS:
        return Encoding("uint16", low, 1, NO_VALUE, limits, window)
    step = high / _LEVELS - low / _LEVELS
    if step > 0 and np.isfinite(step) and window[1] - window[0] >= _FINE * step:
        return Encoding("uint16", low, step, NO_VALUE, limits, window)
    step = max(abs(low), abs(high)) / 1e30  # larger numbers do not fit into 32 bits
    return Encoding("float32", low if step < 1 else 0.0, max(step, 1.0), None, limits, window)


def _steps(shape):
    step = max(1, int(np.ceil((np.prod(shape, dtype=float) / _LOOKED_AT) ** (1 / len(shape)))))
    return [step] * len(shape)


def _window(some, low, high):
    some = some[np.isfinite(some)] if some.dtype.kind == "f" else some
    if some.size and some.dtype != bool:
        first, last = np.percentile(some, PERCENT).tolist()
        if first < last:
            return first, last
    if low < high:
        return low, high
    half = max(0.5, 1e-6 * abs(low))
    return low - half, low + half


def as_mask(mask, shape):
    """Bool array of a shape, a copy, from such an array or from flat indices in C order.

    Raises
    ------
    ValueError
        For another shape, or indices that are not in the image.
    """
    array = np.asarray(mask)
    if array.dtype == bool:
        if array.shape != shape:
            raise ValueError(f"A mask has the shape of the image, {shape}, not {array.shape}.")
        return array.copy()
    out = np.zeros(shape, bool)
    if array.size:
        count = out.size
        if array.ndim != 1 or array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= count:
            raise ValueError(f"A mask is a bool array of shape {shape}, or a list of flat indices from 0 to {count - 1}.")
        out.reshape(-1)[array] = True
    return out


def runs_of(mask):
    """(m, 2) uint32: first flat index and length of each run of True, runs going on from one row to the next."""
    flat = np.ascontiguousarray(mask).reshape(-1)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate([[0] if flat[0] else [], edges, [flat.size] if flat[-1] else []]).astype(np.uint32)
    out = edges.reshape(-1, 2)
    out[:, 1] -= out[:, 0]
    return out


def from_runs(runs, count):
    """Flat indices, in order, of runs (first, length) from the browser; those beyond ``count`` raise."""
    first, length = np.asarray(runs, np.int64).reshape(-1, 2).T
    if len(first) and (first + length).max() > count:
        raise ValueError("The canvas sent a region that is not in the image.")
    ends = np.cumsum(length)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + length, length)


def region_voxels(runs, shape, axis, index):
    """Flat indices of an image of ``shape``, ascending, of runs in its slice ``index`` perpendicular to ``axis``."""
    if len(shape) == 2:
        return from_runs(runs, shape[0] * shape[1])
    plane = tuple(n for k, n in enumerate(shape) if k != axis)
    at = list(np.unravel_index(from_runs(runs, plane[0] * plane[1]), plane))
    at.insert(axis, np.full(len(at[0]), index))
    return np.ravel_multi_index(at, shape)


def as_voxels(voxels, shape):
    """(n, ndim) voxel indices as integers.

    Raises
    ------
    ValueError
        For another shape, or voxels that are not in the image.
    """
    array = np.asarray(voxels)
    if array.size == 0:
        return np.zeros((0, len(shape)), int)
    fits = array.ndim == 2 and array.shape[1] == len(shape) and array.dtype.kind in "iuf"
    if not fits or not ((array >= 0) & (array < shape)).all():
        raise ValueError(f"Voxels are rows of {len(shape)} indices inside the image of shape {shape}.")
    return array.astype(int)


def css(color):
    """A Matplotlib colour as #rrggbb, the only kind of text that reaches a style sheet."""
    from matplotlib.colors import to_hex

    try:
        return to_hex(color)
    except ValueError:
        raise ValueError(f"{color!r} is not a colour: give a name or #rrggbb.") from None


def rgb(color):
    """Three whole numbers from 0 to 255."""
    text = css(color)
    return [int(text[i : i + 2], 16) for i in (1, 3, 5)]
