"""Atoms in three dimensions: an nglview view with exact coordinates, and layers on top of it that can be changed quickly."""

import base64
import html
import threading

import ipywidgets
import numpy as np

from phwidgets.structure import as_structure
from phwidgets.widgets import structure_geometry as geometry
from phwidgets.widgets.bonds import find_bonds, whole_bonds
from phwidgets.widgets.structure_frontend import Probe, static_text, warn_once
from phwidgets.widgets.structure_layers import LayerChannel
from phwidgets.widgets.structure_messages import atom_indices, corners, layer_message
from phwidgets.widgets.structure_nglview import nglview
from phwidgets.widgets.words import Words

HIGHLIGHT = "#0072b2"  # blue of the colour-blind safe palette of Okabe and Ito
SKETCHED = 1000  # atoms; larger structures lose their bonds during a highlight where a processor draws
_OWN = ("atoms", "bonds", "cell", "axes", "camera", "coordinates")  # layers that the view itself draws
_AXIS_COLORS = {"a": "#d55e00", "b": "#009e73", "c": "#0072b2"}

warn_once()


class StructureView(ipywidgets.VBox):
    """Ball-and-stick view of a structure in its own coordinates; atom ``i`` in Python is atom ``i`` in every event.

    Everything may be called before the view is displayed. What it shows is brought to any copy of it that appears later: first
    display, second cell, page reload. Nothing waits for the browser; answers come to callbacks, which run on another thread. A
    callback that fails shows its error under the view.

    Parameters
    ----------
    structure : Structure or structure-like
        Two-dimensional structures are drawn in the plane z = 0.
    height : str
        CSS height of the picture.
    timeout : float
        Seconds from display to the sentence that says what to do, if no 3D view has started.
    fallback : callable, optional
        Returns PNG bytes; shown where 3D does not work, and stored in the notebook for readers without a kernel. It may be called on
        another thread.
    words : Words, optional
        What is said under the view, and in which language.

    Attributes
    ----------
    ready : threading.Event
        Set as soon as a browser shows the atoms.
    state : str
        ``"waiting"``, ``"ready"`` or ``"failed"``; a view that starts late goes from failed to ready.
    """

    no_webgl = "no webgl"  # which words are said where the browser cannot draw in 3D

    def __init__(self, structure, *, height="420px", timeout=5.0, fallback=None, words=None):
        self.structure = as_structure(structure)
        self.fallback = fallback
        self._words = Words() if words is None else words
        self.ready = threading.Event()
        self.state = "waiting"
        self._timeout = timeout
        self._lock = threading.RLock()
        self._timer = None
        self._png = None
        self._pick_callbacks, self._ack_callbacks, self._questions = [], [], {}
        self._unsent = []  # questions asked before there was anybody to answer
        self._x = geometry.in_space(self.structure.positions)
        self._elements = [geometry.element_of(str(s)) for s in self.structure.species]
        self._radii = geometry.ball_radii(self._elements, self._x)
        self._bonds = None

        self._view = nglview.NGLWidget(geometry.ExactStructure(self._x, self._elements), default_representation=False, center=False)
        self._view._view_width, self._view._view_height = "100%", height
        self._view.on_msg(self._on_message)
        self._status = ipywidgets.HTML()
        self._probe = Probe()
        self._probe.on_msg(self._on_message)
        self._channel = LayerChannel(lambda content, buffers: self._view.send(content, buffers=buffers))
        super().__init__([self._view, self._status, self._probe])
        self.add_class("phwidgets-structure")
        self._say(self._words("starting"))
        self._draw_structure()

    def __repr__(self):
        return f"StructureView({len(self._x)} atoms)"

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        self._watch()
        if bundle and self.fallback:
            bundle["image/png"] = base64.b64encode(self._picture()).decode("ascii")  # what a reader without kernel or widgets sees
        return bundle

    # -- what is drawn -------------------------------------------------------------------------------------------------------

    def highlight(self, atoms, color=HIGHLIGHT, *, layer="highlight", scale=1.5, dim=True, stale=(), now=False, sync=False):
        """Draw larger balls of one colour on some atoms, in one message; no atoms: remove them.

        Parameters
        ----------
        atoms : sequence of int, or (n,) bool
            Which atoms.
        color : str or array
            One colour, or one for each atom.
        layer : str
            Several highlights can be shown at once under different names.
        scale : float
            Radius, relative to the atoms' own.
        dim : bool
            Draw all other atoms and the bonds pale while this highlight is shown. Where no graphics card draws, a structure of more than
            1,000 atoms is shown without its bonds meanwhile: they are most of what takes time.
        stale : sequence of str
            Layers that will be drawn anew for these atoms in a moment. Where no graphics card draws they are not shown until then.
        now : bool
            Draw it before anything that is sent after it.
        sync : bool
            Acknowledge only after a frame was really drawn; for measuring.
        """
        index = atom_indices(atoms, len(self._x))
        arrays = {"position": self._x[index], "radius": scale * self._radii[index], "atoms": index}
        hide = [*stale, *(["bonds"] if dim and len(index) and len(self._x) > SKETCHED else [])]
        self._put(self._free(layer), "sphere", arrays, color=color, role="emphasis" if dim else None, hide=hide, now=now, sync=sync)

    def paint(self, colors=None, *, sync=False):
        """Colour the atoms, and the bonds with them: one colour, n of them, or None for those of the elements."""
        colors = geometry.element_colors(self._elements) if colors is None else geometry.rgb(colors)
        colors = np.broadcast_to(colors, (len(self._x), 3))
        atoms = np.arange(len(self._x))
        self._put("atoms", "sphere", {"position": self._x, "radius": self._radii, "atoms": atoms}, color=colors, role="base", sync=sync)
        if len(self._bonds):
            start, end, first, second = whole_bonds(self._bonds, self._x)
            thin = min(0.1, 0.6 * float(self._radii[first].min()))
            self._put("bonds", "cylinder", {"position1": start, "position2": end, "color2": colors[second]}, color=colors[first],
                      radius=thin, role="base")  # fmt: skip
        else:
            self._channel.clear("bonds")

    def move(self, structure):
        """Show another configuration of the same atoms: positions, bonds and cell change, the camera stays.

        Raises
        ------
        ValueError
            If it has other atoms.
        """
        structure = as_structure(structure)
        if structure.species.tolist() != self.structure.species.tolist():
            raise ValueError("this structure has other atoms: make a view of its own for it")
        with self.together():
            self.structure = structure
            self._x = geometry.in_space(structure.positions)
            self._png = None
            self._channel.put("coordinates", {"op": "move"}, [np.ascontiguousarray(self._x, np.float32).tobytes()])
            self._draw_structure(camera=False)

    def draw_points(self, layer, positions, color=HIGHLIGHT, radius=0.3, *, sync=False):
        """Balls at ``positions`` (m, d) in Å; replaces what the layer showed before, nothing if m is 0."""
        self._put(self._free(layer), "sphere", {"position": corners(positions, 1)[:, 0]}, color=color, radius=radius, sync=sync)

    def draw_segments(self, layer, segments, color=HIGHLIGHT, radius=0.1, *, sync=False):
        """Sticks between pairs of points ``segments`` (m, 2, d) in Å."""
        ends = corners(segments, 2)
        arrays = {"position1": ends[:, 0], "position2": ends[:, 1]}
        self._put(self._free(layer), "cylinder", arrays, color=color, radius=radius, sync=sync)

    def draw_triangles(self, layer, triangles, color=HIGHLIGHT, opacity=0.5, *, sync=False):
        """Fill triangles ``triangles`` (m, 3, d) in Å; one colour, or one for each triangle."""
        color = geometry.rgb(color)
        if color.ndim == 2:
            color = np.repeat(color, 3, axis=0)
        parameters = {"opacity": float(opacity), "side": "double"}
        arrays = {"position": corners(triangles, 3).reshape(-1, 3)}
        self._put(self._free(layer), "mesh", arrays, color=color, parameters=parameters, sync=sync)

    def clear(self, layer):
        """Remove a layer that was drawn or highlighted."""
        self._channel.clear(self._free(layer))

    def together(self):
        """Context in which all drawing is sent as one message, and so shown in one frame: ``with view.together(): ...``."""
        return self._channel.together()

    def layers(self):
        """Names of the layers that are shown, or will be once displayed."""
        return self._channel.layers()

    def renew_picture(self):
        """Make the picture anew, because something else is to be seen, where it stands in for the view."""
        self._png = None
        if len(self.children) > 3:
            self.children[3].value = self._picture()

    def reset_camera(self):
        """Look at the whole structure again; the direction stays."""
        vectors, _ = geometry.cell_axes(self.structure.cell, self.structure.pbc)
        message = geometry.whole_scene(self._x, self._radii, geometry.cell_edges(vectors).reshape(-1, 3))
        self._channel.put("camera", {"op": "look", **message})

    # -- what comes back -----------------------------------------------------------------------------------------------------

    def on_pick(self, callback):
        """Call ``callback(kind, index, shift)`` for every ``"click"`` and ``"hover"``; index -1 is empty space."""
        self._pick_callbacks.append(callback)

    def on_ack(self, callback):
        """Call ``callback(layer, number, milliseconds)`` when a browser has drawn message ``number`` of a layer."""
        self._ack_callbacks.append(callback)

    @property
    def counts(self):
        """Messages sent to the browser and acknowledged by it so far."""
        return {"sent": self._channel.sent, "acknowledged": self._channel.acknowledged}

    def request(self, op, callback=None, **content):
        """Ask the browser; ``callback(answer, buffers)`` gets its first answer. Before display the question waits.

        Parameters
        ----------
        op : str
            ``"coords"``: NGL's coordinates of all atoms, (n, 3) float32. ``"layer"`` with ``layer=name``: the positions that NGL shows
            for a layer, (m, 3) float32 (sticks: all beginnings, then all ends). ``"colors"`` with ``layer=name``: their colours (m, 3) in
            0..1. ``"project"`` with ``atoms=[...]``: their places on
            the canvas in CSS pixels from its upper left, (m, 2) float32. ``"image"`` with ``factor=`` and ``transparent=``: a PNG.
        """
        with self._lock:
            if not self.ready.is_set():
                self._unsent.append((op, callback, content))
                return
            # registered under the lock, so that an answer on another thread finds its callback
            self._questions[self._channel.ask({**content, "op": op})] = callback

    def image(self, callback, *, factor=2, transparent=False):
        """Pass a PNG of the present picture, as bytes, to ``callback`` as soon as the browser has made it."""
        self.request("image", lambda _, buffers: callback(bytes(buffers[0])), factor=factor, transparent=transparent)

    # -- drawing: details ----------------------------------------------------------------------------------------------------

    def _draw_structure(self, camera=True):
        if camera:
            self.reset_camera()
        cell = self.structure.cell
        if cell is not None and cell.shape == (2, 2):
            cell = np.diag([0.0, 0.0, 1.0])
            cell[:2, :2] = self.structure.cell
        pbc = (*self.structure.pbc, False)[:3]
        self._bonds = find_bonds(self._x, self._elements, geometry.covalent_radii(self._elements), cell, pbc)
        self.paint()
        vectors, names = geometry.cell_axes(self.structure.cell, self.structure.pbc)
        if len(vectors):
            self._draw_cell(vectors, names)

    def _draw_cell(self, vectors, names):
        edges = geometry.cell_edges(vectors)
        length = float(np.linalg.norm(vectors, axis=1).max())
        thin = 0.0025 * length
        self._put("cell", "cylinder", {"position1": edges[:, 0], "position2": edges[:, 1]}, color="#555555", radius=thin)
        tip = vectors / np.linalg.norm(vectors, axis=1)[:, None] * 0.13 * length
        colors = geometry.rgb([_AXIS_COLORS[name] for name in names])
        self._put("axes", "cylinder", {"position1": 0 * tip, "position2": tip}, color=colors, radius=2.2 * thin)
        self._put("axes/tips", "cone", {"position1": tip, "position2": 1.3 * tip}, color=colors, radius=5 * thin)
        label = {"fixedSize": True, "attachment": "middle-center"}  # as large on the screen however large the cell is
        self._put("axes/labels", "text", {"position": 1.55 * tip}, color=colors, text=list(names), size=2.2, parameters=label)

    def _put(self, layer, kind, arrays, **look):
        return self._channel.put(layer, *layer_message(layer, kind, arrays, **look))

    def _free(self, layer):
        if layer.split("/")[0] in _OWN:
            raise ValueError(f"{layer!r} is drawn by the view itself; choose another name for a layer than {', '.join(_OWN)}.")
        return layer

    # -- messages ------------------------------------------------------------------------------------------------------------

    def _on_message(self, _, content, buffers):
        handler = _HANDLERS.get(content.get("type") if isinstance(content, dict) else None)
        if handler:
            try:
                handler(self, content, buffers)
            except Exception as error:  # noqa: BLE001  (ipywidgets would swallow it: the user must see it)
                self._say(f"{type(error).__name__}: {error}", alert=True)

    def _on_copy(self, _content, _buffers):
        # nglview announces a new copy of itself: hand it the runtime, the copies that have it ignore it
        self._view.send({"type": "call_method", "target": "Widget", "methodName": "executeCode", "args": [_RUNTIME], "kwargs": {}})

    def _on_ready(self, content, _buffers):
        with self._lock:
            self._channel.replay(content["copy"])
            self.ready.set()
            questions, self._unsent = self._unsent, []
            self._become("ready")
        for op, callback, more in questions:
            self.request(op, callback, **more)

    def _on_ack(self, content, buffers):
        number = content["id"]
        layers = self._channel.settle(number)
        with self._lock:
            callback = self._questions.pop(number, None)
        if content["error"]:
            raise RuntimeError(f"The 3D view could not do {content['op']!r}: {content['error']}")
        if callback:
            callback(content, buffers)
        for layer in layers:
            for call in list(self._ack_callbacks):
                call(layer, number, content["ms"])

    def _on_picked(self, content, _buffers):
        for call in list(self._pick_callbacks):
            call(content["kind"], int(content["index"]), bool(content["shift"]))

    def _on_probe(self, content, _buffers):
        if content["webgl"]:
            self._watch(with_picture=True)
        else:
            self._fail(self.no_webgl, with_picture=True)

    # -- starting, failing ---------------------------------------------------------------------------------------------------

    def _watch(self, with_picture=False):
        """Expect a sign of life within ``timeout`` seconds. The picture is made only where a browser has answered at all."""
        with self._lock:
            if self.ready.is_set() or (self._timer and self._timer.is_alive() and not with_picture):
                return
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(self._timeout, self._fail, ("silent", with_picture))
            self._timer.daemon = True
            self._timer.start()

    def _fail(self, what, with_picture):
        sentence = self._words(what, doctor=self._words("doctor"))
        with self._lock:
            if self.ready.is_set():
                return
            self._become("failed", sentence)
        if with_picture and self.fallback and len(self.children) == 3:
            try:
                self._view.layout.display = "none"  # NGL's own message is a large grey box
                self.children = (*self.children, ipywidgets.Image(value=self._picture(), format="png"))
            except Exception as error:  # noqa: BLE001  (on a timer's thread nobody else would show it)
                self._say(self._words("picture failed", sentence=sentence, error=error), alert=True)

    def _picture(self):
        if self._png is None:
            self._png = bytes(self.fallback())
        return self._png

    def _become(self, state, text=""):
        self.state = state
        if state == "ready":
            if self._timer:
                self._timer.cancel()
            self._view.layout.display = None
            self.children = self.children[:3]
        note = self._words(self._bonds.note) if state == "ready" and self._bonds.note else ""
        self._say(text or note, alert=state == "failed")

    def _say(self, text, *, alert=False):
        """Show a line under the view. ``text`` may hold anything, names from files included, and is escaped."""
        color = "#a40000" if alert else "#555555"
        self._status.value = f'<span style="color:{color}">{html.escape(text)}</span>' if text else ""
        self._status.layout.display = None if text else "none"


_RUNTIME = static_text("structure_view.js")

_HANDLERS = {
    "request_loaded": StructureView._on_copy,
    "ph_ready": StructureView._on_ready,
    "ph_ack": StructureView._on_ack,
    "ph_pick": StructureView._on_picked,
    "ph_probe": StructureView._on_probe,
}
