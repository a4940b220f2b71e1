"""Named layers of a 3D view: what each should show now, and when to tell the browser. Knows neither NGL nor ipywidgets."""

import threading
import time
from contextlib import contextmanager
from itertools import count

_GROUP = ""  # what a group of layers on its way is called


class LayerChannel:
    """The newest message of every layer, at most one per layer on its way to the browser.

    A layer that changes faster than the browser draws skips what nobody would have seen: while one message awaits its
    acknowledgement only the newest one waits behind it. All messages are kept, so that `replay` can bring a copy of the view that
    appears later (first display, page reload, second copy) to the present state.

    What is put ``together()`` travels as one message and is drawn in one frame; of groups, too, at most one is on its way, and what
    waits behind it is one group with the newest of every layer.

    Parameters
    ----------
    send : callable
        ``send(content, buffers)``, delivers one message to every copy of the view.
    patience : float
        Seconds after which a message without acknowledgement no longer holds up its layer: the page was closed.
    """

    def __init__(self, send, patience=5.0):
        self._send, self._patience = send, patience
        self._lock = threading.RLock()  # acknowledgements arrive on another thread
        self._ids = count(1)
        self._store = {}  # layer -> (content, buffers), what a new copy has to show
        self._waiting = {}  # layer -> (content, buffers), newest change behind the one on its way
        self._under_way = {}  # layer -> (id, time of sending, names of the layers)
        self._group = None  # layer -> (content, buffers), while a group is put together
        self._group_waiting = {}  # the same, behind a group on its way
        self._open = False
        self.sent = 0
        self.acknowledged = 0

    def put(self, layer, content, buffers=()):
        """Show a layer; ``content`` describes it as a whole. Returns the number of the message, None if it waits."""
        with self._lock:
            self._store[layer] = (content, buffers)
            return self._pass_on(layer, content, buffers)

    def clear(self, layer):
        """Remove a layer and those named below it (``layer/...``)."""
        with self._lock:
            for name in [k for k in self._store if k == layer or k.startswith(f"{layer}/")]:
                del self._store[name]
                self._pass_on(name, {"op": "clear", "layer": name}, ())

    @contextmanager
    def together(self):
        """Send all that is put and cleared inside this context as one message at its end; one inside another does nothing more."""
        with self._lock:
            if self._group is not None:
                yield
                return
            self._group = {}
            try:
                yield
            finally:
                group, self._group = self._group, None
                self._group_waiting |= group
                self._send_group()

    def ask(self, content):
        """Send a question at once, outside all layers; returns its id."""
        with self._lock:
            return self._post(content, ())

    def settle(self, number):
        """Take note that message ``number`` was acknowledged; returns the names of its layers, none if it was replayed or a question."""
        with self._lock:
            self.acknowledged += 1
            layer = next((k for k, (i, *_) in self._under_way.items() if i == number), None)
            if layer is None:
                return ()
            _, _, names = self._under_way.pop(layer)
            if layer == _GROUP:
                self._send_group()
            elif layer in self._waiting:
                self._track(layer, *self._waiting.pop(layer))
            return names

    def replay(self, copy):
        """Bring the copy named ``copy`` to the present state; the copies that were there before get what they still wait for."""
        with self._lock:
            self._open = True
            self._under_way.clear()  # of a page that is gone, or soon acknowledged in vain
            waiting, self._waiting = self._waiting | self._group_waiting, {}
            self._group_waiting = {}
            for layer, (content, buffers) in self._store.items():
                if layer not in waiting:
                    self._post({**content, "to": copy}, buffers)
            for layer, (content, buffers) in waiting.items():
                self._track(layer, content, buffers)

    def layers(self):
        """Names of the layers that are shown or will be."""
        with self._lock:
            return sorted(self._store)

    def _pass_on(self, layer, content, buffers):
        if self._group is not None:
            self._waiting.pop(layer, None)  # the group says it anew
            self._group[layer] = (content, buffers)
            return None
        self._group_waiting.pop(layer, None)
        if not self._open:
            return None
        if self._is_under_way(layer):
            self._waiting[layer] = (content, buffers)
            return None
        self._waiting.pop(layer, None)
        return self._track(layer, content, buffers)

    def _send_group(self):
        if not self._open:
            self._group_waiting = {}  # the store has it
        elif self._group_waiting and not self._is_under_way(_GROUP):
            group, self._group_waiting = self._group_waiting, {}
            parts = [{**content, "buffers": len(buffers)} for content, buffers in group.values()]
            content = {"op": "many", "parts": parts, "sync": any(part.get("sync") for part in parts)}
            self._track(_GROUP, content, [b for _, buffers in group.values() for b in buffers], tuple(group))

    def _is_under_way(self, layer):
        return layer in self._under_way and time.monotonic() - self._under_way[layer][1] < self._patience

    def _track(self, layer, content, buffers, names=()):
        number = self._post(content, buffers)
        self._under_way[layer] = (number, time.monotonic(), names or (layer,))
        return number

    def _post(self, content, buffers):
        number = next(self._ids)
        self.sent += 1
        self._send({**content, "type": "ph", "id": number}, list(buffers))
        return number
