"""One line that says what is selected."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from ..inverse.volume import Volume
from ..persistence.diagram import Diagram
from ..persistence.plotting import SELECTED, named
from ..selection import State
from ..structure import Structure

HINT = "Drag a rectangle on the diagram, or click an atom (shift-click for several)."


def describe(
    state: State,
    selected: Diagram,
    structure: Structure,
    drawn: int,
    rings: Sequence[Volume] = (),
    *,
    birth_color: str,
    death_color: str,
) -> str:
    """HTML of the readout: pairs, their range, what the traced rings are, atoms and composition, and what the colours mean."""
    if state.query.kind == "nothing":
        return _line(HINT)
    what = f"<b>{named(len(selected), state.degree)}</b>"
    parts = []
    if state.query.kind == "atoms":
        names = ", ".join(f"{html.escape(str(structure.species[i]))} {i}" for i in state.atoms[:6]) + (" …" if len(state.atoms) > 6 else "")
        parts.append(f"{what} born or filled at atom{'s' if len(state.atoms) > 1 else ''} {names}")
    else:
        parts.append(what)
    if len(selected):
        parts.append(_ranges(selected))
    if len(rings):
        parts.append(_ring_words(rings, len(selected)))
    if state.query.kind != "atoms" and len(state.atoms):
        parts.append(f"{len(state.atoms):,} atoms ({_composition(structure, state.atoms)})")
    if drawn < len(selected):
        parts.append(f"the {drawn:,} most persistent are drawn")
    legend = "".join(
        f'<span style="white-space:nowrap;margin-left:14px"><span style="color:{color}">&#9632;</span> {name}</span>'
        for color, name in ((SELECTED, "selected"), (birth_color, "birth simplex"), (death_color, "death simplex"))
    )
    return _line(" · ".join(parts) + legend)


def _ring_words(rings: Sequence[Volume], number: int) -> str:
    if len(rings) == number == 1:
        return f"ring of {len(rings[0].loop)} atoms, {html.escape(_repeated(rings[0].sequence.split('-')))}"
    low, high = min(len(v.loop) for v in rings), max(len(v.loop) for v in rings)
    which = "" if len(rings) == number else f" (the {len(rings)} most persistent)"
    return f"rings of {low} atoms{which}" if low == high else f"rings of {low} to {high} atoms{which}"


def _repeated(names: list[str]) -> str:
    """O-Si-O-Si-O-Si as (O-Si)×3; what does not repeat is cut when it is long."""
    for period in range(1, len(names) // 2 + 1):
        if names == names[:period] * (len(names) // period):
            return f"({'-'.join(names[:period])})×{len(names) // period}"
    return "-".join(names[:16]) + ("-…" if len(names) > 16 else "")


def _line(text: str) -> str:
    return f'<div style="line-height:1.5;margin:2px 0 0 4px">{text}</div>'


def _ranges(selected: Diagram) -> str:
    unit = selected.unit
    births = _range(selected.birth)
    finite = selected.death[~selected.is_essential]
    essential = int(selected.is_essential.sum())
    deaths = [f"death {_range(finite)} {unit}"] if len(finite) else []
    if essential:
        deaths.append(f"{essential} never die{'s' if essential == 1 else ''}")
    return f"birth {births} {unit}, {', '.join(deaths)}"


def _range(values: np.ndarray) -> str:
    low, high = f"{values.min():.3f}", f"{values.max():.3f}"
    return low if low == high else f"{low}–{high}"


def _composition(structure: Structure, atoms: np.ndarray) -> str:
    names, counts = np.unique(structure.species[atoms], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    shown = [f"{html.escape(str(names[i]))} {counts[i]:,}" for i in order[:6]]
    return ", ".join(shown) + (" …" if len(names) > 6 else "")
