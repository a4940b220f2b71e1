"""What can be drawn on a slice of an image; each part can say what one slice shows of it."""

from dataclasses import dataclass

import numpy as np

from phwidgets.widgets.image_canvas import colour_table
from phwidgets.widgets.image_samples import Encoding, css, rgb, runs_of

PALETTE = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999")  # Okabe and Ito
OPACITY = 0.6  # of heat maps and classes
_HEAT_LEVELS = 255
_MOST_CLASSES = 65_534


def slice_of(array, axis, index):
    """Slice ``index`` of a volume, perpendicular to ``axis``; all of a two-dimensional image (``axis`` None)."""
    return array if axis is None else array[(slice(None),) * axis + (index,)]


@dataclass(frozen=True, eq=False)
class Picture:
    """The samples themselves."""

    values: np.ndarray
    encoding: Encoding

    def message(self, axis, index):
        """Description and buffers of one slice."""
        content = {"kind": "image", "type": self.encoding.type, "missing": self.encoding.missing}
        return content, [self.encoding.encode(slice_of(self.values, axis, index))]


@dataclass(frozen=True, eq=False)
class Mask:
    """Coloured voxels."""

    mask: np.ndarray
    label: str
    color: str
    opacity: float
    outline: bool

    def message(self, axis, index):
        """Description and buffers of one slice."""
        look = {"label": self.label, "color": css(self.color), "rgb": rgb(self.color), "opacity": self.opacity, "outline": self.outline}
        return {"kind": "mask", **look}, [runs_of(slice_of(self.mask, axis, index)).tobytes()]


@dataclass(frozen=True, eq=False)
class Heat:
    """Values drawn in the colours of a map; NaN leaves the image as it is."""

    values: np.ndarray
    limits: tuple[float, float]
    colormap: str
    label: str
    opacity: float = OPACITY

    def message(self, axis, index):
        """Description and buffers of one slice."""
        samples = self._levels(slice_of(self.values, axis, index))
        table = colour_table(self.colormap, _HEAT_LEVELS)
        stops = ",".join(f"#{table[3 * k : 3 * k + 3].hex()}" for k in range(0, _HEAT_LEVELS, 14))
        look = {"label": self.label, "limits": list(self.limits), "color": stops, "opacity": self.opacity, "missing": _HEAT_LEVELS}
        return {"kind": "heat", "type": "uint8", **look}, [samples.tobytes(), table]

    def colours(self, values):
        """(..., 3) bytes of values, and where they are drawn."""
        levels = self._levels(values)
        table = np.frombuffer(colour_table(self.colormap, _HEAT_LEVELS) + bytes(3), np.uint8).reshape(-1, 3)
        return table[levels].astype(float), levels < _HEAT_LEVELS

    def _levels(self, values):
        low, high = self.limits
        with np.errstate(invalid="ignore"):
            levels = np.clip(np.floor((np.asarray(values, float) - low) / (high - low) * _HEAT_LEVELS), 0, _HEAT_LEVELS - 1)
            return np.where(np.isnan(levels), _HEAT_LEVELS, levels).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Classes:
    """Whole numbers drawn in one colour each; negative ones leave the image as it is."""

    labels: np.ndarray
    legend: dict[int, tuple[str, str]]  # label -> name, colour

    def message(self, axis, index):
        """Description and buffers of one slice."""
        most = max(self.legend, default=0)
        small = most < 255
        none = 255 if small else 65_535
        labels = slice_of(self.labels, axis, index)
        samples = np.where(labels < 0, none, labels).astype(np.uint8 if small else np.uint16)
        table = np.zeros((most + 1, 3), np.uint8)
        for label, (_, color) in self.legend.items():
            table[label] = rgb(color)
        look = {"legend": list(self.legend.values()), "opacity": OPACITY, "missing": none}
        return {"kind": "classes", "type": "uint8" if small else "uint16", **look}, [samples.tobytes(), table.tobytes()]


@dataclass(frozen=True, eq=False)
class Markers:
    """Signs on single voxels."""

    voxels: np.ndarray
    label: str
    color: str
    shape: str

    def message(self, axis, index):
        """Description and buffers of one slice."""
        here = self.voxels if axis is None else np.delete(self.voxels[self.voxels[:, axis] == index], axis, axis=1)
        content = {"kind": "markers", "label": self.label, "color": css(self.color), "shape": self.shape}
        return content, [here.astype(np.float32).tobytes()]


@dataclass(frozen=True, eq=False)
class Paths:
    """Closed lines from voxel to voxel; what lies in other slices is drawn pale."""

    pieces: np.ndarray  # (m, 2, ndim), begin and end of each piece
    label: str
    color: str

    def message(self, axis, index):
        """Description and buffers of one slice."""
        if axis is None:
            parts = [self.pieces]
        else:
            here = (self.pieces[:, :, axis] == index).any(axis=1)
            flat = np.delete(self.pieces, axis, axis=2)
            parts = [flat[here], flat[~here]]
        content = {"kind": "paths", "label": self.label, "color": css(self.color)}
        return content, [part.astype(np.float32).tobytes() for part in parts]


def heat_map(values, shape, limits, colormap, label):
    """A heat map of checked values; without limits those as far below 0 as above that hold all finite values.

    Raises
    ------
    ValueError
        For values of another shape, limits that are none, or an unknown colour map.
    """
    values = np.asarray(values)
    if values.shape != shape or values.dtype.kind not in "buif":
        raise ValueError(f"A heat map is an array of numbers of shape {shape}, not {values.dtype} of {values.shape}.")
    if limits is None:
        finite = np.abs(values[np.isfinite(values)])
        most = float(finite.max()) if finite.size else 0.0
        limits = (-most, most) if most else (-1.0, 1.0)
    low, high = (float(v) for v in limits)
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"limits are two numbers, the smaller one first, not {limits!r}")
    colour_table(colormap, 2)
    return Heat(values, (low, high), colormap, str(label))


def class_map(labels, shape, names, colors):
    """Classes of checked labels.

    Raises
    ------
    ValueError
        For labels of another shape, no whole numbers, too large ones, and wrong colours.
    """
    labels = np.asarray(labels)
    if labels.shape != shape:
        raise ValueError(f"Classes have the shape of the image, {shape}, not {labels.shape}.")
    return Classes(labels, class_legend(labels, names, colors))


def class_legend(labels, names, colors):
    """Names and colours of all classes that occur, by label."""
    if labels.dtype.kind not in "iu":
        raise ValueError(f"Classes are whole numbers, negative where there is none, not {labels.dtype}.")
    if labels.max() > _MOST_CLASSES:
        raise ValueError(f"Classes are numbers up to {_MOST_CLASSES}, not {labels.max()}.")
    present = np.flatnonzero(np.bincount(labels[labels >= 0].ravel().astype(np.int64)))
    names, colors = (_by_label(given) for given in (names, colors))
    return {label: (str(names.get(label, label)), css(colors.get(label, PALETTE[label % len(PALETTE)]))) for label in present.tolist()}


def _by_label(given):
    return dict(given) if hasattr(given, "keys") else dict(enumerate(given if given is not None else ()))


def pieces_of(loops, shape):
    """(m, 2, ndim) steps of closed loops of voxels; one over more than half of the image leads across its periodic border instead."""
    parts = [np.stack([loop, np.roll(loop, -1, axis=0)], axis=1) for loop in loops]
    pieces = np.concatenate([np.zeros((0, 2, len(shape)), int), *parts])
    return pieces[(np.abs(pieces[:, 0] - pieces[:, 1]) <= np.maximum(2, np.array(shape) / 2)).all(axis=1)]
