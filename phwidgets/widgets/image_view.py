"""An image on a canvas: two-dimensional, or three orthogonal slices of a volume, with masks, markers, classes and a heat map over it."""

import base64
import html
import threading
from contextlib import contextmanager

import ipywidgets
import numpy as np

from phwidgets.image import as_image
from phwidgets.widgets.image_canvas import Canvas
from phwidgets.widgets.image_parts import Markers, Mask, Paths, Picture, class_map, heat_map, pieces_of
from phwidgets.widgets.image_picture import still
from phwidgets.widgets.image_samples import as_mask, as_voxels, css, encoding_of, region_voxels
from phwidgets.widgets.structure_layers import LayerChannel
from phwidgets.widgets.words import Words

SELECTED = "#cc79a7"  # of the colour-blind safe palette of Okabe and Ito
_SHAPES = ("dot", "cross", "ring")


class ImageView(ipywidgets.VBox):
    """An image, or three orthogonal slices of a volume, on a canvas; voxel ``(i, j, k)`` in Python is the same voxel in every event.

    Everything may be called before the view is displayed. What it shows is brought to any copy of it that appears later: first
    display, second cell, page reload. Nothing waits for the browser; answers come to callbacks, which run on another thread. A
    callback that fails shows its error under the view. Of a volume only the slices that are shown travel to the browser, so it moves
    through them as long as the kernel is there and idle.

    Parameters
    ----------
    image : Image or array
        Two or three dimensions. Its values are not copied.
    height : str
        CSS height of the canvas.
    fallback : callable, optional
        Returns PNG bytes, stored in the notebook for readers without a kernel; by default a picture of the image and its masks.

    Attributes
    ----------
    image : Image
    slices : tuple of int
        The slices of a volume that are shown, one for each axis; ``()`` for a two-dimensional image.
    ready : threading.Event
        Set as soon as a browser shows the canvas.

    Examples
    --------
    >>> view = ImageView(np.arange(12).reshape(3, 4))
    >>> view.overlay("large", [10, 11])
    >>> view
    ImageView(3 × 4)
    """

    def __init__(self, image, *, height="430px", fallback=None, timeout=8.0):
        self.fallback = fallback
        self.ready = threading.Event()
        self._timeout, self._timer = timeout, None
        self._lock = threading.RLock()  # guards what is shown; never held while a callback runs
        self._generation = 0
        self._parts = {}
        self._pick_callbacks, self._region_callbacks, self._questions, self._unsent = [], [], {}, []
        self._canvas = Canvas(height)
        self._canvas.on_msg(self._on_message)
        self._channel = LayerChannel(lambda content, buffers: self._canvas.send(content, buffers=buffers))
        self._status = ipywidgets.HTML()
        super().__init__([self._canvas, self._status])
        self.add_class("phwidgets-image")
        self._say("")
        self.show(image)

    def __repr__(self):
        return f"ImageView({' × '.join(map(str, self.image.shape))})"

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        self._watch()
        if bundle:
            png = bytes(self.fallback()) if self.fallback else self.picture()
            bundle["image/png"] = base64.b64encode(png).decode("ascii")  # what a reader without kernel or widgets sees
        return bundle

    # -- what is shown -------------------------------------------------------------------------------------------------------

    @property
    def words(self):
        """The texts of the canvas, by name; assign a dict with other texts for some or all names.

        To begin with they are in the language of `phwidgets.set_language`.
        """
        return dict(self._canvas.words)

    @words.setter
    def words(self, words):
        if unknown := sorted(set(words) - set(self._canvas.words)):
            raise ValueError(f"The canvas has no texts named {', '.join(unknown)}; it has {', '.join(self._canvas.words)}.")
        self._canvas.words = self._canvas.words | {key: str(text) for key, text in words.items()}

    def show(self, image):
        """Show another image. Overlays, markers and the rest belong to the former one and are dropped.

        What the user looks at, slices and magnification, stays if the size of the image is the same.
        """
        image = as_image(image)
        encoding = encoding_of(image.values)
        with self.together():
            for key in self._parts:
                self._forget(key)
            if not self._generation or image.shape != self.image.shape:
                self.slices = tuple(n // 2 for n in image.shape) if image.ndim == 3 else ()
            self.image = image
            self._generation += 1
            self._scene = {
                "generation": self._generation,
                "shape": list(image.shape),
                "spacing": list(image.spacing),
                "unit": image.unit,
                "valueUnit": image.value_unit,
                "offset": float(encoding.offset),
                "step": float(encoding.step),
                "range": [float(v) for v in encoding.range],
                "window": [float(v) for v in encoding.window],
            }
            self._channel.clear("goto")
            self._parts = {"image": Picture(image.values, encoding)}
            self._tell_slices()
            self._tell("image")

    def overlay(self, name, mask, *, color=SELECTED, opacity=0.45, outline=True):
        """Colour some voxels.

        Parameters
        ----------
        name : str
            Several masks can be shown at once under different names; the name stands in the legend.
        mask : array or None
            Bool array of the image's shape, or flat indices in C order; None removes the mask of this name.
        color : str
        opacity : float
            From 0 to 1.
        outline : bool
            Draw the border of the mask opaque.
        """
        if not 0 <= opacity <= 1:
            raise ValueError(f"opacity is a number from 0 to 1, not {opacity!r}")
        shown = None
        if mask is not None:
            shown = Mask(as_mask(mask, self.image.shape), str(name), css(color), float(opacity), bool(outline))
        self._put(f"mask:{name}", shown)

    def markers(self, name, voxels, *, color, shape="dot"):
        """Put signs on voxels ``voxels`` (n, ndim): ``"dot"``, ``"cross"`` or ``"ring"``; no voxels or None: remove them."""
        if shape not in _SHAPES:
            raise ValueError(f"shape is one of {', '.join(_SHAPES)}, not {shape!r}")
        voxels = as_voxels([] if voxels is None else voxels, self.image.shape)
        self._put(f"markers:{name}", Markers(voxels, str(name), css(color), shape) if len(voxels) else None)

    def heat(self, values, *, limits=None, colormap="RdBu_r", label=""):
        """Draw a heat map over the image, with a colour bar.

        Parameters
        ----------
        values : array or None
            Numbers in the image's shape, NaN where the image is to be seen; None removes the map. Not copied.
        limits : (float, float), optional
            Values of the first and last colour; by default as far below 0 as above, and all values between them.
        colormap : str
            Any of Matplotlib's.
        label : str
            Stands beside the colour bar.
        """
        self._put("heat", None if values is None else heat_map(values, self.image.shape, limits, colormap, label))

    def classes(self, labels, *, names=None, colors=None):
        """Draw classes over the image, with a legend.

        Parameters
        ----------
        labels : array or None
            Whole numbers in the image's shape, negative where there is no class; None removes the classes. Not copied.
        names, colors : dict or sequence, optional
            Of the classes, by their number.
        """
        self._put("classes", None if labels is None else class_map(labels, self.image.shape, names, colors))

    def paths(self, name, loops, *, color):
        """Draw closed lines through voxels: a list of (m, ndim) arrays, the first voxel not repeated; empty or None: remove them.

        In a volume, the steps with an end in the slice are drawn full, the others pale.
        """
        loops = [as_voxels(loop, self.image.shape) for loop in ([] if loops is None else loops)]
        self._put(f"paths:{name}", Paths(pieces_of(loops, self.image.shape), str(name), css(color)) if loops else None)

    def goto(self, voxel):
        """Bring the slices through a voxel, and the voxel into the middle where the image is larger than the canvas."""
        (voxel,) = as_voxels([voxel], self.image.shape).tolist()
        with self.together():
            self._move(tuple(voxel) if self.slices else ())
            self._channel.put("goto", {"op": "goto", "voxel": voxel, "scene": self._scene})

    def clear_region(self):
        """Take away the rectangle or lasso that the user has drawn, without telling anybody."""
        with self._lock:
            self._channel.put("unmark", {"op": "unmark", "scene": self._scene})

    @contextmanager
    def together(self):
        """Context in which all drawing is sent as one message, and so shown in one frame: ``with view.together(): ...``."""
        with self._lock, self._channel.together():
            yield

    def picture(self):
        """PNG of the image as Python knows it, with masks and heat map; needs no browser."""
        with self._lock:
            image, slices, parts, window = self.image, self.slices, list(self._parts.values()), self._scene["window"]
        return still(image.values, image.spacing, window, slices, parts)

    # -- what comes back -----------------------------------------------------------------------------------------------------

    def on_pick(self, callback):
        """Call ``callback(kind, voxel, shift)`` for every ``"click"`` and ``"hover"``; voxel None is beside the image."""
        self._pick_callbacks.append(callback)

    def on_region(self, callback):
        """Call ``callback(voxels, passing)`` when the user draws a rectangle or lasso.

        ``voxels`` are flat indices in C order, ascending. A rectangle has all pixels that it touches, a lasso those whose centre is
        inside. In a volume they lie in the slice that was drawn on. ``passing``: the user is still drawing; of these only as many come
        as can be worked on. None of them: the region was cleared.
        """
        self._region_callbacks.append(callback)

    @property
    def counts(self):
        """Messages sent to the browser and acknowledged by it so far."""
        return {"sent": self._channel.sent, "acknowledged": self._channel.acknowledged}

    def request(self, op, callback=None, **content):
        """Ask the browser; ``callback(answer, buffers)`` gets its first answer. Before display the question waits.

        Parameters
        ----------
        op : str
            ``"pixels"`` with ``panel=`` (of a volume: the axis that the slice is perpendicular to): the canvas as RGBA bytes;
            the answer holds ``height``, ``width``, and ``origin`` and ``scale``, so that voxel coordinate ``v`` (row, column) lies at
            ``origin + scale * v`` in device pixels, ``ratio`` of which are a CSS pixel; ``what="all"`` with the lines on top.
            ``"image"``: a PNG of all that is shown.
        """
        with self._lock:
            if not self.ready.is_set():
                self._unsent.append((op, callback, content))
                return
            # registered under the lock, so that an answer on another thread finds its callback
            self._questions[self._channel.ask({**content, "op": op})] = callback

    # -- details -------------------------------------------------------------------------------------------------------------

    def _put(self, key, part):
        with self._lock:
            if part is None:
                if self._parts.pop(key, None) is not None:
                    self._forget(key)
                return
            self._parts[key] = part
            self._tell(key)

    def _forget(self, key):
        for panel in range(max(1, len(self.slices))):
            self._channel.clear(_layer(panel, key))

    def _tell(self, key, panels=None):
        for panel in range(max(1, len(self.slices))) if panels is None else panels:
            axis, index = (panel, self.slices[panel]) if self.slices else (None, 0)
            part, buffers = self._parts[key].message(axis, index)
            content = {"op": "part", "layer": _layer(panel, key), "panel": panel, "index": index, "part": part, "scene": self._scene}
            self._channel.put(content["layer"], content, buffers)

    def _tell_slices(self, by=None):
        self._channel.put("slices", {"op": "slices", "slices": list(self.slices), "by": by, "scene": self._scene})

    def _move(self, slices, by=None):
        """Show other slices of a volume; the copy ``by`` does so already."""
        if slices == self.slices:
            return
        changed = [axis for axis, (new, old) in enumerate(zip(slices, self.slices, strict=True)) if new != old]
        self.slices = slices
        with self.together():
            self._tell_slices(by)
            for key in self._parts:
                self._tell(key, changed)

    # -- messages ------------------------------------------------------------------------------------------------------------

    def _on_message(self, _, content, buffers):
        handler = _HANDLERS.get(content.get("type") if isinstance(content, dict) else None)
        if not handler:
            return
        try:
            if content.get("generation", self._generation) == self._generation:  # what was done on a former image is void
                handler(self, content, buffers)
        except Exception as error:  # noqa: BLE001  (ipywidgets would swallow it: the user must see it)
            self._say(f"{type(error).__name__}: {error}")
        finally:
            if "seq" in content:  # the canvas may tell the next
                self._canvas.send({"type": "ph_seen", "to": content["copy"], "seq": content["seq"]})

    def _on_ready(self, content, _buffers):
        with self._lock:
            self._channel.replay(content["copy"])
            self.ready.set()
            questions, self._unsent = self._unsent, []
            if self._timer:
                self._timer.cancel()
            self._say("")
        for op, callback, more in questions:
            self.request(op, callback, **more)

    def _on_ack(self, content, buffers):
        number = content["id"]
        self._channel.settle(number)
        with self._lock:
            callback = self._questions.pop(number, None)
        if content["error"]:
            raise RuntimeError(f"The canvas could not do {content['op']!r}: {content['error']}")
        if callback:
            callback(content, buffers)

    def _on_picked(self, content, _buffers):
        voxel = content["voxel"]
        if voxel is not None:
            (voxel,) = (tuple(row) for row in as_voxels([voxel], self.image.shape).tolist())
            if content["kind"] == "click" and self.slices:
                with self._lock:
                    self._move(voxel)
        for call in list(self._pick_callbacks):
            call(content["kind"], voxel, bool(content["shift"]))

    def _on_region(self, content, buffers):
        runs = np.frombuffer(buffers[0], np.uint32) if buffers else []
        flat = region_voxels(runs, self.image.shape, content["panel"], content["index"])
        for call in list(self._region_callbacks):
            call(flat, bool(content["passing"]))

    def _on_slice(self, content, _buffers):
        (slices,) = as_voxels([content["slices"]], self.image.shape).tolist()
        with self._lock:
            self._move(tuple(slices), content["copy"])

    # -- starting ------------------------------------------------------------------------------------------------------------

    def _watch(self):
        """Expect a sign of life after display."""
        with self._lock:
            if self.ready.is_set() or (self._timer and self._timer.is_alive()):
                return
            self._timer = threading.Timer(self._timeout, self._fail)
            self._timer.daemon = True
            self._timer.start()

    def _fail(self):
        if not self.ready.is_set():
            words = Words()
            self._say(words("image silent", doctor=words("doctor")))

    def _say(self, text):
        """Show a line under the view. ``text`` may hold anything and is escaped."""
        self._status.value = f'<span style="color:#a40000">{html.escape(text)}</span>' if text else ""
        self._status.layout.display = None if text else "none"


def _layer(panel, key):
    # a slash would make one layer the child of another
    return f"{panel}/{key.replace('/', '∕')}"


_HANDLERS = {
    "ph_ready": ImageView._on_ready,
    "ph_ack": ImageView._on_ack,
    "ph_pick": ImageView._on_picked,
    "ph_region": ImageView._on_region,
    "ph_slice": ImageView._on_slice,
}
