"""One line that says what is selected."""

from __future__ import annotations

import html

import numpy as np

from ..persistence.diagram import Diagram
from ..persistence.plotting import SELECTED, named
from ..selection import State
from ..structure import Structure

HINT = "Drag a rectangle on the diagram, or click an atom (shift-click for several)."


def describe(state: State, selected: Diagram, structure: Structure, drawn: int, *, birth_color: str, death_color: str) -> str:
    """HTML of the readout: pairs, their range, atoms and composition, and what the colours mean."""
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
    if state.query.kind != "atoms" and len(state.atoms):
        parts.append(f"{len(state.atoms):,} atoms ({_composition(structure, state.atoms)})")
    if drawn < len(selected):
        parts.append(f"the {drawn:,} most persistent are drawn")
    legend = "".join(
        f'<span style="white-space:nowrap;margin-left:14px"><span style="color:{color}">&#9632;</span> {name}</span>'
        for color, name in ((SELECTED, "selected"), (birth_color, "birth simplex"), (death_color, "death simplex"))
    )
    return _line(" · ".join(parts) + legend)


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
