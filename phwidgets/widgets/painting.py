"""Painting an image by its texture with the mouse: mark a few spots with a class, and the rest follows."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import ipywidgets
import numpy as np

from ..descriptors.segmentation import Segmentation, segment
from ..descriptors.textures import Textures, describe_patches
from .class_cards import class_cards
from .errors import error_html
from .image_parts import PALETTE
from .image_view import ImageView
from .image_words import canvas_words
from .newest import Newest
from .picture import stand_in
from .words import Language, Words

NAMES = ("A", "B")  # of the first classes, until somebody says better ones
REGION_MARKS = 40  # spots that a rectangle or lasso stands for, spread over it


def paint(source: Any, classes: Iterable[str] = NAMES, *, language: Language | None = None, **how: Any) -> Painter:
    """Show an image that can be painted by its texture: click on a few spots of each class, and the rest follows.

    Parameters
    ----------
    source : Image, array, Textures or Segmentation
        In two or three dimensions. The patches of an image are described first, which takes some milliseconds for each; those of
        ``describe_patches`` or of an earlier ``segment`` are ready. A segmentation is shown as it is, until something is marked.
    classes : iterable of str
        Names of the first classes; more can be added in the view.
    language : {"en", "ja"}, optional
        Of the words; that of ``set_language`` by default.
    **how
        See ``describe_patches``: ``size``, ``stride``, ``pipeline``, ``analysis``, ``filtration``, ``workers``.

    Returns
    -------
    Painter
        A widget; ``mark``, ``undo``, ``clear`` and ``segmentation`` do the same from Python.

    Raises
    ------
    ValueError
        For what ``describe_patches`` refuses, and options beside patches that are described already.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> picture = np.vstack([np.kron(rng.random((8, 16)), np.ones((4, 4))), rng.random((32, 64))])
    >>> painter = paint(picture, ["coarse", "fine"], size=16, stride=4, progress=False)
    >>> painter.mark((10, 30), "coarse")
    >>> painter.mark((50, 30), "fine")
    >>> painter.segmentation.classes.tolist()
    ['coarse', 'fine']
    """
    done = source if isinstance(source, Segmentation) else None
    ready = done.textures if done is not None else source
    if not isinstance(ready, Textures):
        ready = describe_patches(ready, **how)
    elif how:
        raise ValueError(f"these patches are described already: leave out {', '.join(how)}")
    return Painter(ready, list(classes), done, Words(language))


class Painter(ipywidgets.VBox):
    """An image, the marks on it and what follows from them; made by ``phwidgets.paint``.

    Attributes
    ----------
    textures : Textures
    image_view : ImageView
    marks : dict of tuple to str
        The class of each marked spot, in the order in which they were marked.
    """

    def __init__(self, textures: Textures, classes: list[str], done: Segmentation | None, words: Words) -> None:
        self.textures, self.words = textures, words
        self.marks: dict[tuple[int, ...], str] = {}
        self._given, self._found = done, done
        self._steps: list[dict[tuple[int, ...], str]] = []  # marks before each step, to go back to
        self._lock = threading.RLock()  # callbacks of the browser arrive on other threads
        self._newest = Newest(self._follow, self._failed)
        names = list(map(str, classes if done is None else done.classes.tolist()))
        if not names or len(set(names)) < len(names):
            raise ValueError(f"classes are different names, at least one, not {names}")
        self.image_view = ImageView(textures.image)
        self.image_view.words = canvas_words(words.language)
        self.image_view.on_pick(self._picked)
        self.image_view.on_region(self._drawn)
        wide = ipywidgets.Layout(width="auto")
        self._class = ipywidgets.ToggleButtons(options=names, style=ipywidgets.ToggleButtonsStyle(button_width="auto"))
        self._new = ipywidgets.Text(placeholder=words("new class"), continuous_update=False, layout=ipywidgets.Layout(width="140px"))
        self._new.observe(self._named, names="value")
        self._undo = ipywidgets.Button(description=words("undo"), icon="undo", layout=wide)
        self._undo.on_click(lambda _: self._guarded(self.undo))
        self._clear = ipywidgets.Button(description=words("clear marks"), icon="times", layout=wide)
        self._clear.on_click(lambda _: self._guarded(self.clear))
        self._readout = ipywidgets.HTML().add_class("ph-readout")
        self._errors = ipywidgets.HTML()
        self._cards = ipywidgets.VBox()
        row = ipywidgets.HBox([self._class, self._new, self._undo, self._clear], layout=ipywidgets.Layout(flex_flow="row wrap"))
        super().__init__([row, self.image_view, self._readout, self._errors, self._cards])
        self.add_class("ph-painter")
        self._show()

    def __repr__(self) -> str:
        return f"Painter({' × '.join(map(str, self.textures.image.shape))}, {len(self.marks)} marks)"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        drawn = super()._repr_mimebundle_(**kwargs)
        return stand_in(drawn, f"{self!r} - run this notebook to mark spots with a class", self.image_view.picture())

    # ---- what is painted -------------------------------------------------------------------------------------------------
    @property
    def classes(self) -> list[str]:
        """Names of the classes that can be marked, in the order of their colours."""
        return list(self._class.options)

    @property
    def segmentation(self) -> Segmentation | None:
        """What follows from the marks, None while fewer than two classes are marked; waits for what is being computed."""
        self._newest.wait()
        return self._found

    def mark(self, place: tuple[int, ...], name: str) -> None:
        """Mark a sample of the image with a class, which is added if it is new; the rest follows in the background.

        Parameters
        ----------
        place : tuple of int
            (row, col) or (plane, row, col).
        name : str
        """
        place = tuple(int(i) for i in place)
        shape = self.textures.image.shape
        if len(place) != len(shape) or not all(0 <= i < n for i, n in zip(place, shape, strict=True)):
            raise ValueError(f"the mark {place} is not in this image of {shape}")
        self._change({place: str(name)})

    def undo(self) -> None:
        """Take the last mark away, or all marks of the last region."""
        with self._lock:
            if self._steps:
                self.marks = self._steps.pop()
                self._marked()

    def clear(self) -> None:
        """Take all marks away."""
        with self._lock:
            if self.marks:
                self._steps.append(self.marks)
                self.marks = {}
                self._marked()

    def _change(self, new: Mapping[tuple[int, ...], str]) -> None:
        with self._lock:
            added = [name for name in dict.fromkeys(new.values()) if name not in self.classes]
            if added:
                self._class.options = [*self.classes, *added]
            self._steps.append(self.marks)
            self.marks = {**self.marks, **new}
            self._marked()

    def _marked(self) -> None:
        for k, name in enumerate(self.classes):
            places = [place for place, own in self.marks.items() if own == name]
            self.image_view.markers(name, places, color=_colour(k), shape="ring")
        self._newest.want(dict(self.marks))

    def _follow(self, marks: Mapping[tuple[int, ...], str]) -> None:
        enough = len(set(marks.values())) >= 2
        found = segment(self.textures, marks=marks) if enough else None if marks else self._given
        with self._lock:
            self._found = found
            self._errors.value = ""
            self._show()

    # ---- from the browser ------------------------------------------------------------------------------------------------
    def _picked(self, kind: str, voxel: tuple[int, ...] | None, _shift: bool) -> None:
        if kind == "click" and voxel is not None:
            self._guarded(self.mark, voxel, self._class.value)

    def _drawn(self, voxels: np.ndarray, passing: bool) -> None:
        if not passing and len(voxels):
            self._guarded(self._mark_region, voxels)

    def _mark_region(self, voxels: np.ndarray) -> None:
        spread = voxels[np.unique(np.linspace(0, len(voxels) - 1, min(REGION_MARKS, len(voxels))).round().astype(int))]
        places = np.stack(np.unravel_index(spread, self.textures.image.shape), axis=1)
        self.image_view.clear_region()
        self._change({tuple(place): self._class.value for place in places.tolist()})

    def _named(self, change: Any) -> None:
        name = change["new"].strip()
        if name:
            with self._lock:
                if name not in self.classes:
                    self._class.options = [*self.classes, name]
                self._class.value = name
            self._new.value = ""

    def _guarded(self, call: Any, *given: Any) -> None:
        try:
            call(*given)
        except Exception as error:  # noqa: BLE001 - a callback of the browser: whatever it is, the user must see it
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._errors.value = error_html(self.words, "drawing failed", error)

    # ---- drawing ---------------------------------------------------------------------------------------------------------
    def _show(self) -> None:
        found = self._found
        self.image_view.overlay(self.words("example"), None)
        if found is None:
            self.image_view.classes(None)
            self._readout.value = html.escape(self.words("paint hint", size=" × ".join(map(str, self.textures.patches.size))))
            self._cards.children = ()
            return
        order = {name: k for k, name in enumerate(self.classes)}
        names = list(map(str, found.classes.tolist()))
        colours = [_colour(order.get(name, k)) for k, name in enumerate(names)]
        self.image_view.classes(found.labels, names=names, colors=colours)
        shares = [
            f'<span style="color:{colour}">&#9632;</span> {html.escape(name)} {n / found.labels.size:.0%}'
            for name, colour, n in zip(names, colours, found.counts, strict=True)
        ]
        self._readout.value = " &nbsp; ".join(shares)
        self._cards.children = class_cards(found, names, colours, self._look, self.words)

    def _look(self, origin: np.ndarray) -> None:
        """Show where an example patch was cut."""
        size = np.array(self.textures.patches.size)
        mask = np.zeros(self.textures.image.shape, bool)
        mask[tuple(slice(a, a + n) for a, n in zip(origin, size, strict=True))] = True
        with self.image_view.together():
            self.image_view.overlay(self.words("example"), mask, color="#ffffff", opacity=0.0)
            self.image_view.goto(origin + size // 2)


def _colour(k: int) -> str:
    return PALETTE[k % len(PALETTE)]
