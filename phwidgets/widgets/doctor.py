"""What is installed, what will not display, and what to do about it.

The widget libraries are imported where they are needed and nowhere else: the doctor has to work where they do not.
"""

from __future__ import annotations

import html
import threading
import unicodedata
import warnings
from collections.abc import Callable
from typing import Any

from .doctor_checks import CHECKS, WEBGL, Row, bqplot_gl_harm, has_bqplot_gl, running_kernel
from .words import Language, Words

_VERDICTS = ("ok", "warning", "problem", "unknown")
_COLORS = {"ok": "#009e73", "warning": "#b36b00", "problem": "#d55e00", "unknown": "#767676"}


class Report:
    """The rows of an examination; shown in a notebook it asks the browser for WebGL and fills in the answer.

    Parameters
    ----------
    rows : list of Row
        One row for each check.
    language : {"en", "ja"}, optional
        The one of ``ph.set_language`` if it is not given; the rows should be in the same.

    Attributes
    ----------
    rows : tuple of Row
    ok : bool
        Whether no row is a problem.
    """

    def __init__(self, rows: list[Row], language: Language | None = None) -> None:
        self.rows = tuple(rows)
        self._words = Words(language)
        self._lock = threading.Lock()  # the browser answers on another thread
        self._table: Any = None
        self._widget: Any = None

    @property
    def ok(self) -> bool:
        """Whether no row is a problem."""
        return all(row.verdict != "problem" for row in self.rows)

    def __repr__(self) -> str:
        cells = [(self._words(f"doctor verdict {row.verdict}"), self._name(row), row.found, row.advice) for row in self.rows]
        first = max(_width(self._words(f"doctor verdict {verdict}")) for verdict in _VERDICTS)
        second = max((_width(name) for _, name, _, _ in cells), default=0)
        lines = [self._caption()]
        for verdict, name, found, advice in cells:
            lines.append(f"  {_padded(verdict, first)}  {_padded(name, second)}  {found}")
            if advice:
                lines.append(f"  {' ' * first}  {' ' * second}  -> {advice}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cell = "text-align:left;vertical-align:top;padding:1px 12px 1px 0"
        rows = "".join(
            f'<tr><td style="{cell};font-weight:bold;white-space:nowrap;color:{_COLORS[row.verdict]}">'
            + html.escape(self._words(f"doctor verdict {row.verdict}"))
            + "</td>"
            + "".join(f'<td style="{cell}">{html.escape(text)}</td>' for text in (self._name(row), row.found, row.advice))
            + "</tr>"
            for row in self.rows
        )
        heads = [self._words(f"doctor head {column}") for column in ("verdict", "name", "found", "advice")]
        head = "".join(f'<th style="{cell}">{html.escape(text)}</th>' for text in heads)
        caption = f'<div style="font-weight:bold">{html.escape(self._caption())}</div>'
        return f'<div class="ph-doctor">{caption}<table style="border-collapse:collapse"><tr>{head}</tr>{rows}</table></div>'

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if running_kernel() is None:
            return bundle
        try:
            self._build()
            drawn = self._widget._repr_mimebundle_(**kwargs)
        except Exception:  # noqa: BLE001 - with broken widgets the table without a browser's answer is what can be shown
            return bundle
        data = drawn[0] if isinstance(drawn, tuple) else drawn or {}  # anywidget and ipywidgets differ in this
        return {**data, **bundle}

    def _build(self) -> None:
        """Make the widget: the table, and the invisible probe that tells whether the browser has WebGL."""
        if self._widget is not None:
            return
        import ipywidgets

        from .structure_frontend import Probe

        probe = Probe()
        probe.on_msg(self._on_probe)
        self._table = ipywidgets.HTML(self._repr_html_())
        self._widget = ipywidgets.VBox([self._table, probe])

    def _on_probe(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not isinstance(content, dict) or content.get("type") != "ph_probe":
            return
        if content.get("webgl"):
            answer = Row(WEBGL, self._words("doctor webgl"))
        else:
            answer = Row(WEBGL, self._words("doctor no webgl"), "problem", self._words("doctor turn on webgl"))
        with self._lock:
            self.rows = tuple(answer if row.name == WEBGL else row for row in self.rows)
            if self._table is not None:
                self._table.value = self._repr_html_()

    def _name(self, row: Row) -> str:
        """Name of a check in the language of the report; packages are called the same everywhere."""
        key = f"doctor name {row.name}"
        return self._words(key) if key in self._words else row.name

    def _caption(self) -> str:
        counts = {key: sum(row.verdict == key for row in self.rows) for key in ("problem", "warning")}
        parts = [self._words(f"doctor {key}s", n=n) for key, n in counts.items() if n]
        return self._words("doctor caption", summary=self._words("doctor and").join(parts) or self._words("doctor nothing wrong"))


def _width(text: str) -> int:
    """Columns that a text takes in a terminal, where a Japanese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - _width(text))


def doctor() -> Report:
    """Say what is installed, what will not display and why.

    Returns
    -------
    Report
        A table: as text, and in a notebook as a widget that also asks the browser whether it can draw in 3D. ``report.ok`` is
        whether there is no problem, ``report.rows`` holds the checks.

    Notes
    -----
    It never raises: a check that fails is a row that says so. It sees the environment of the kernel; where JupyterLab runs from
    another one, the front ends of the widgets have to be installed there as well. The report is in the language of
    ``ph.set_language``; the names in ``report.rows`` are the same in both.

    Examples
    --------
    >>> import phwidgets as ph
    >>> report = ph.doctor()
    >>> [row.name for row in report.rows][:3]
    ['python', 'phwidgets', 'requirements']
    """
    words = Words()
    return Report([_examine(name, check, words) for name, check in CHECKS.items()], words.language)


def warn_about_environment() -> None:
    """Warn of what would break the views without a word; the explorer calls it once, when it is imported."""
    if has_bqplot_gl():
        warnings.warn(bqplot_gl_harm(Words()), RuntimeWarning, stacklevel=2)


def _examine(name: str, check: Callable[[Words], Row], words: Words) -> Row:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other packages while they are imported; what matters is in the rows
            return check(words)
    except Exception as error:  # noqa: BLE001 - whatever is broken, the other checks must go on
        text = " ".join(f"{type(error).__name__}: {error}".split())
        text = text if len(text) <= 200 else text[:199] + "…"
        run = words("doctor run", command="pip install --force-reinstall phwidgets")
        return Row(name, text, "problem", words("doctor check failed", run=run))
