"""What is installed, what will not display, and what to do about it.

The widget libraries are imported where they are needed and nowhere else: the doctor has to work where they do not.
"""

from __future__ import annotations

import html
import threading
import warnings
from collections.abc import Callable
from typing import Any

from .doctor_checks import BQPLOT_GL, CHECKS, WEBGL, Row, has_bqplot_gl, running_kernel

_COLORS = {"ok": "#009e73", "warning": "#b36b00", "problem": "#d55e00", "unknown": "#767676"}
_NO_WEBGL = "turn on hardware acceleration in the browser or take another one; until then structures are shown as pictures"


class Report:
    """The rows of an examination; shown in a notebook it asks the browser for WebGL and fills in the answer.

    Parameters
    ----------
    rows : list of Row
        One row for each check.

    Attributes
    ----------
    rows : tuple of Row
    ok : bool
        Whether no row is a problem.
    """

    def __init__(self, rows: list[Row]) -> None:
        self.rows = tuple(rows)
        self._lock = threading.Lock()  # the browser answers on another thread
        self._table: Any = None
        self._widget: Any = None

    @property
    def ok(self) -> bool:
        """Whether no row is a problem."""
        return all(row.verdict != "problem" for row in self.rows)

    def __repr__(self) -> str:
        width = max((len(row.name) for row in self.rows), default=0)
        lines = [f"phwidgets doctor: {self._summary()}"]
        for row in self.rows:
            lines.append(f"  {row.verdict:<7}  {row.name:<{width}}  {row.found}")
            if row.advice:
                lines.append(f"  {'':<7}  {'':<{width}}  -> {row.advice}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cell = "text-align:left;vertical-align:top;padding:1px 12px 1px 0"
        rows = "".join(
            f'<tr><td style="{cell};font-weight:bold;color:{_COLORS[row.verdict]}">{html.escape(row.verdict)}</td>'
            + "".join(f'<td style="{cell}">{html.escape(text)}</td>' for text in (row.name, row.found, row.advice))
            + "</tr>"
            for row in self.rows
        )
        head = "".join(f'<th style="{cell}">{text}</th>' for text in ("", "looked at", "found", "what to do"))
        caption = f'<div style="font-weight:bold">phwidgets doctor: {html.escape(self._summary())}</div>'
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
        answer = Row(WEBGL, "the browser has it") if content.get("webgl") else Row(WEBGL, "the browser has none", "problem", _NO_WEBGL)
        with self._lock:
            self.rows = tuple(answer if row.name == WEBGL else row for row in self.rows)
            if self._table is not None:
                self._table.value = self._repr_html_()

    def _summary(self) -> str:
        counts = [(sum(row.verdict == verdict for row in self.rows), verdict) for verdict in ("problem", "warning")]
        parts = [f"{n} {verdict}{'s' if n > 1 else ''}" for n, verdict in counts if n]
        return " and ".join(parts) if parts else "nothing is wrong"


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
    another one, the front ends of the widgets have to be installed there as well.

    Examples
    --------
    >>> import phwidgets as ph
    >>> report = ph.doctor()
    >>> [row.name for row in report.rows][:3]
    ['python', 'phwidgets', 'requirements']
    """
    return Report([_examine(name, check) for name, check in CHECKS.items()])


def warn_about_environment() -> None:
    """Warn of what would break the views without a word; the explorer calls it once, when it is imported."""
    if has_bqplot_gl():
        warnings.warn(BQPLOT_GL, RuntimeWarning, stacklevel=2)


def _examine(name: str, check: Callable[[], Row]) -> Row:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other packages while they are imported; what matters is in the rows
            return check()
    except Exception as error:  # noqa: BLE001 - whatever is broken, the other checks must go on
        text = " ".join(f"{type(error).__name__}: {error}".split())
        text = text if len(text) <= 200 else text[:199] + "…"
        return Row(name, text, "problem", "this check failed. Run: pip install --force-reinstall phwidgets")
