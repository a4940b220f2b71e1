"""A button that opens a file of the person at the browser, wherever the kernel runs."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import ipywidgets

from ..readers import read_structure
from .words import Language, Words


def open_file(
    read: Callable[[Any], Any] = read_structure, show: Callable[[Any], Any] | None = None, *, language: Language | None = None
) -> FileOpener:
    """Show a button that opens a file from the computer in front of you, and what is in it below.

    Parameters
    ----------
    read : callable
        Makes something of the file, such as ``phwidgets.read_structure`` (the default); it is given the value of an
        ``ipywidgets.FileUpload``, which all readers of phwidgets understand.
    show : callable, optional
        Makes a widget of that; ``phwidgets.explore`` by default.
    language : {"en", "ja"}, optional
        Language of the words; that of ``set_language`` by default.

    Returns
    -------
    FileOpener
        Its ``content`` is what was read last, None before.

    Notes
    -----
    The file is sent to the kernel and nowhere else. What cannot be read says why below the button.
    """
    return FileOpener(read, show, language)


def _explored(content: Any) -> Any:
    from .explore import explore

    return explore(content)


class FileOpener(ipywidgets.VBox):
    """A button that opens a file, and a view of its content; made by ``phwidgets.open_file``.

    Attributes
    ----------
    content : object
        What was read last, None before.
    view : widget or None
        What shows it.
    """

    def __init__(self, read: Callable[[Any], Any], show: Callable[[Any], Any] | None = None, language: Language | None = None) -> None:
        self.content: Any = None
        self.view: Any = None
        self._read, self._show, self._words = read, show or _explored, Words(language)
        width = ipywidgets.Layout(width="auto")
        self._button = ipywidgets.FileUpload(description=self._words("open file"), multiple=False, layout=width)
        self._message = ipywidgets.HTML()
        self._say(self._words("open file hint"))
        super().__init__([ipywidgets.HBox([self._button, self._message])])
        self.add_class("ph-open-file")
        self._button.observe(self._opened, names="value")

    def __repr__(self) -> str:
        return f"FileOpener({'nothing opened yet' if self.content is None else self.content})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        # where the widget cannot be drawn, a sentence stands in for it
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/plain"] = f"{self!r} - run this cell to open a file"
        data["text/html"] = f"<i>{html.escape(self._words('run to open'))}</i>"
        return bundle

    def _opened(self, change: Any) -> None:
        if not change["new"]:
            return
        try:
            self._say(self._words("opening"))
            content = self._read(change["new"])
            view = self._show(content)
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must see it
            self._say(self._words("not opened", error=error), failed=True)
            return
        self.content, self.view = content, view
        self._say(str(content))
        self.children = (self.children[0], view)

    def _say(self, text: str, failed: bool = False) -> None:
        """Show a line beside the button. ``text`` may hold anything, names from files included, and is escaped."""
        look = ' class="ph-error" style="color:#b00020"' if failed else ""
        self._message.value = f"<span{look}>{html.escape(text)}</span>"
