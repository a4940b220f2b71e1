"""The card of an explorer: what the selected shapes are, beside all others that are known."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..inverse.volume import Volume
from .readout import repeated
from .words import Words

ROWS = 8  # of a table of sizes or sequences
CHOSEN, GREY = "#d6006e", "#9a9a9a"  # the selection, and all others


def card(words: Words, shapes: Sequence[Volume], others: Sequence[Volume], number: int, short: int = 0, epsilon: str = "") -> str:
    """HTML of the statistics, '' where nothing is known of any shape.

    Parameters
    ----------
    words : Words
    shapes, others : sequence of Volume
        Of the selected pairs and of those that are not selected, without failures.
    number : int
        How many pairs are selected.
    short : int
        How many of them have no shape because they live no longer than epsilon.
    epsilon : str
        With the unit of the diagram.
    """
    if not shapes:
        return _box(words("card none", n=number, epsilon=epsilon)) if short and short == number else ""
    title = words("card shapes", n=len(shapes), total=number)
    if short:
        rest = "card short" if len(shapes) + short == number else "card some short"
        title += words(rest, n=short, epsilon=epsilon)
    titles = [title, words("card others", n=len(others))]
    tables = [_bars(words("card size"), *(_sizes(v) for v in (shapes, others)))]
    if len(shapes[0].loop):
        tables.append(_bars(words("card sequence"), *([repeated(v.sequence.split("-")) for v in group] for group in (shapes, others))))
    tables.append(_bars(words("card composition"), *(_symbols(group) for group in (shapes, others))))
    tables.append(_numbers(words, shapes, others))
    legend = "".join(
        f'<span style="margin-right:16px"><span style="color:{c}">&#9632;</span> {t}</span>'
        for c, t in list(zip((CHOSEN, GREY), titles, strict=True))[: 2 if others else 1]
    )
    body = "".join(f'<div style="margin-right:26px">{t}</div>' for t in tables)
    return _box(f'{legend}<div style="display:flex;flex-wrap:wrap">{body}</div>')


def _box(text: str) -> str:
    return f'<div style="font-size:12px;line-height:1.35;margin:4px">{text}</div>'


def _sizes(group: Sequence[Volume]) -> list[str]:
    """Atoms of rings and components, of the walls of cavities."""
    return [str(len(v.loop) or len(v.points)) for v in group]


def _symbols(group: Sequence[Volume]) -> list[str]:
    return np.concatenate([v.symbols for v in group]).tolist() if group else []


def _bars(title: str, chosen: Sequence[str], others: Sequence[str]) -> str:
    """A table of shares in per cent, the most frequent values of the selection; numbers in their order."""
    here, there = Counter(chosen), Counter(others)
    most = [value for value, _ in here.most_common(ROWS)]
    most.sort(key=lambda v: (0, int(v), "") if v.isdigit() else (1, -here[v], v))
    rows = "".join(
        f'<tr><td style="padding-right:8px;text-align:right">{html.escape(str(v))}</td><td>'
        f"{_bar(here[v] / max(1, len(chosen)), CHOSEN)}{_bar(there[v] / max(1, len(others)), GREY) if others else ''}</td></tr>"
        for v in most
    )
    rest = len(here) - len(most)
    more = f'<tr><td style="text-align:right">…</td><td>+ {rest}</td></tr>' if rest > 0 else ""
    return f'<table style="border-spacing:0"><caption style="text-align:left;font-weight:600">{title}</caption>{rows}{more}</table>'


def _bar(share: float, color: str) -> str:
    return (
        f'<div style="display:flex;align-items:center;height:9px"><span style="display:inline-block;height:7px;'
        f'width:{90 * share:.0f}px;background:{color}"></span><span style="font-size:9px;margin-left:3px">{100 * share:.0f} %</span></div>'
    )


def _numbers(words: Words, shapes: Sequence[Volume], others: Sequence[Volume]) -> str:
    def row(name: str, value) -> str:
        cells = "".join(f'<td style="padding-left:10px">{_typical([value(v) for v in group])}</td>' for group in (shapes, others) if group)
        return f"<tr><td>{name}</td>{cells}</tr>"

    rows = row(words("card life", unit=shapes[0].unit), lambda v: v.death - v.birth)
    if len(shapes[0].loop):
        rows += row(words("card perimeter"), lambda v: v.perimeter)
    caption = f'<caption style="text-align:left;font-weight:600">{words("card median")}</caption>'
    return f'<table style="border-spacing:0">{caption}{rows}</table>'


def _typical(values: Sequence[float]) -> str:
    values = [x for x in values if np.isfinite(x)]
    return f"{np.median(values):.3g}" if values else "–"
