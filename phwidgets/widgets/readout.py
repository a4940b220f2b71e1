"""One line that says what is selected."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from ..inverse.volume import Volume
from ..persistence.diagram import Diagram
from ..persistence.plotting import SELECTED
from ..selection import State
from ..structure import Structure
from .words import Words


def describe_atoms(
    words: Words,
    state: State,
    selected: Diagram,
    whole: Diagram,
    structure: Structure,
    drawn: int,
    rings: Sequence[Volume] = (),
    *,
    by_shapes: bool = False,
    birth_color: str,
    death_color: str,
) -> str:
    """HTML of the readout: pairs, their range, what the drawn rings are, atoms and composition, and what the colours mean."""
    if state.query.kind == "nothing":
        return _line(words("hint"))
    what = f"<b>{words.holes(len(selected), degree=state.degree)}</b>"
    parts = [what]
    if state.query.kind == "atoms":
        names = ", ".join(f"{html.escape(str(structure.species[i]))} {i}" for i in state.inputs[:6]) + (
            " …" if len(state.inputs) > 6 else ""
        )
        where = "at atoms" if len(state.inputs) == 1 else "at several atoms"
        parts = [words(f"shapes {where}" if by_shapes else where, holes=what, names=names)]
        parts += _share(words, selected, whole)
    if len(selected):
        parts.append(_ranges(words, selected))
    if len(rings):
        parts.append(_ring_words(words, rings, len(selected)))
    if state.query.kind != "atoms" and len(state.inputs):
        parts.append(f"{words('atoms', n=len(state.inputs))} ({_composition(structure, state.inputs)})")
    return _line(" · ".join(parts + _cut(words, drawn, selected)) + _legend(words, birth_color, death_color))


def describe_voxels(
    words: Words, state: State, selected: Diagram, whole: Diagram, drawn: int, *, birth_color: str, death_color: str
) -> str:
    """HTML of the readout of an image: pairs, their range, and how many samples."""
    if state.query.kind == "nothing":
        return _line(words("image hint"))
    parts = [f"<b>{words.holes(len(selected), degree=state.degree)}</b>"]
    if len(selected):
        parts.append(_ranges(words, selected))
    if state.query.kind == "voxels":
        parts += _share(words, selected, whole)
    parts.append(words("voxels" if len(selected.source.shape) == 3 else "pixels", n=len(state.inputs)))
    return _line(" · ".join(parts + _cut(words, drawn, selected)) + _legend(words, birth_color, death_color, "voxel"))


def _share(words: Words, selected: Diagram, whole: Diagram) -> list[str]:
    """Which part of all pairs, and of all persistence, was found at what was clicked."""
    finite = selected.finite
    if not len(finite):
        return []
    pairs, life = len(finite) / len(whole.finite), float(finite.persistence.sum() / whole.finite.persistence.sum())
    return [words("share", pairs=_percent(pairs), life=_percent(life))]


def _percent(part: float) -> str:
    return f"{100 * part:.2g} %" if part < 0.995 else "100 %"


def _cut(words: Words, drawn: int, selected: Diagram) -> list[str]:
    return [words("most persistent drawn", n=drawn)] if drawn < len(selected) else []


def _legend(words: Words, birth_color: str, death_color: str, what: str = "simplex") -> str:
    colours = ((SELECTED, words("selected")), (birth_color, words(f"birth {what}")), (death_color, words(f"death {what}")))
    return "".join(
        f'<span style="white-space:nowrap;margin-left:14px"><span style="color:{color}">&#9632;</span> {name}</span>'
        for color, name in colours
    )


def _ring_words(words: Words, rings: Sequence[Volume], number: int) -> str:
    if len(rings) == number == 1:
        sequence = html.escape(repeated(rings[0].sequence.split("-")))
        return words("one ring of", n=len(rings[0].loop), sequence=sequence)
    low, high = min(len(v.loop) for v in rings), max(len(v.loop) for v in rings)
    which = "" if len(rings) == number else words("of the most persistent", n=len(rings))
    return (words("rings of", n=low) if low == high else words("rings of several", low=low, high=high)) + which


def repeated(names: list[str]) -> str:
    """O-Si-O-Si-O-Si as (O-Si)×3; what does not repeat is cut when it is long."""
    for period in range(1, len(names) // 2 + 1):
        if names == names[:period] * (len(names) // period):
            return f"({'-'.join(names[:period])})×{len(names) // period}"
    return "-".join(names[:16]) + ("-…" if len(names) > 16 else "")


def _line(text: str) -> str:
    return f'<div style="line-height:1.5;margin:2px 0 0 4px">{text}</div>'


def _ranges(words: Words, selected: Diagram) -> str:
    unit = selected.unit
    finite = selected.death[~selected.is_essential]
    essential = int(selected.is_essential.sum())
    parts = [words("birth range", range=_range(selected.birth), unit=unit)]
    if len(finite):
        parts.append(words("death range", range=_range(finite), unit=unit))
    if essential:
        parts.append(words("never die", n=essential))
    return ", ".join(parts)


def _range(values: np.ndarray) -> str:
    low, high = f"{values.min():.3f}", f"{values.max():.3f}"
    dash = " … " if values.min() < 0 else "–"  # a dash beside a minus sign cannot be read
    return low if low == high else f"{low}{dash}{high}"


def _composition(structure: Structure, atoms: np.ndarray) -> str:
    names, counts = np.unique(structure.species[atoms], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    shown = [f"{html.escape(str(names[i]))} {counts[i]:,}" for i in order[:6]]
    return ", ".join(shown) + (" …" if len(names) > 6 else "")
