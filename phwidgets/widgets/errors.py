"""What goes wrong in a callback stands beside the view: an exception that the browser causes is otherwise swallowed."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable
from typing import Any

from .words import Words


def error_html(words: Words, key: str, error: Exception) -> str:
    """HTML of an error, in the words ``key`` of the table."""
    text = html.escape(f"{type(error).__name__}: {error}")
    return f'<div class="ph-error" style="color:#b00020">{words(key, error=text)}</div>'


def shown(key: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a method that the browser calls run under its widget's lock, and show its error there until the next call succeeds.

    The widget has ``words``, ``_lock`` and an HTML widget ``_errors``.
    """

    def decorate(method: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(method)
        def wrapper(self: Any, *args: Any) -> None:
            try:
                with self._lock:
                    method(self, *args)
                self._errors.value = ""
            except Exception as error:  # noqa: BLE001 - whatever it is, the user must see it
                self._errors.value = error_html(self.words, key, error)

        return wrapper

    return decorate
