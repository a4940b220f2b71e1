"""How a diagram looks, in Matplotlib; the interactive view uses the same colours and the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .diagram import Diagram

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORMAP = "viridis"
SELECTED = "#d6006e"  # stands out from viridis and for all common kinds of colour blindness
ESSENTIAL = "#e07b00"
HOLES = (("component", "components"), ("ring", "rings"), ("cavity", "cavities"), ("whole cell", "whole cells"))
IMAGE_HOLES = (HOLES[0], ("loop", "loops"), HOLES[2], ("whole image", "whole images"))
MOST_PERSISTENT = 100  # so many pairs are drawn as points as well: single pairs are faint in a histogram
MARGIN = 0.05  # of the range, around all pairs
ESSENTIAL_HEIGHT = 0.035  # of the range: where essential classes are drawn, beyond the outermost finite death


def named(number: int, diagram: Diagram) -> str:
    """'1 ring', '2 rings': a number of the holes of a diagram in words."""
    words = HOLES if diagram.filtration is None else IMAGE_HOLES
    noun = words[diagram.degree] if diagram.degree < len(words) else ("class", "classes")
    return f"{number:,} {noun[number != 1]}"


def limits(diagram: Diagram) -> tuple[float, float]:
    """(low, high) of both axes: all pairs with a margin."""
    low, high = diagram.range()
    pad = MARGIN * (high - low)
    return low - pad, high + pad


def _whole_ticks(most: int) -> list[int]:
    """Numbers of pairs for a logarithmic scale from 1, written out: 10⁰ tells a newcomer nothing."""
    steps = (1, 2, 5) if most < 2000 else (1,)
    return [m * 10**k for k in range(len(str(most))) for m in steps if m * 10**k <= most]


def plot_diagram(diagram: Diagram, ax: Axes | None = None, *, bins: int = 128, selected: Diagram | None = None) -> Axes:
    """Draw a diagram as a 2D histogram with a logarithmic colour scale; see ``Diagram.plot``."""
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm

    if ax is None:
        _, ax = plt.subplots(figsize=(5.2, 4.4), layout="constrained")
    low, high = limits(diagram)
    counts, edges, _ = diagram.histogram(bins, (low, high))
    ax.axline((low, low), slope=1, color="0.6", lw=0.8, zorder=1)
    if counts.any():
        filled = np.where(counts > 0, counts, np.nan).T
        most = max(2, int(counts.max()))
        mesh = ax.pcolormesh(edges, edges, filled, norm=LogNorm(1, most), cmap=COLORMAP, rasterized=True, zorder=2)
        bar = ax.figure.colorbar(mesh, ax=ax, label="pairs per bin", shrink=0.85, ticks=_whole_ticks(most), format="{x:,.0f}")
        bar.ax.minorticks_off()
    else:
        empty = "no finite pair" if len(diagram) else f"no {named(0, diagram).partition(' ')[2]}"
        ax.text(0.5, 0.5, empty, transform=ax.transAxes, ha="center", va="center", color="0.4")
    lasting = diagram.longest(MOST_PERSISTENT)
    ax.plot(lasting.birth, lasting.death, ".", ms=3, color="0.25", ls="none", zorder=2.5)
    beyond = ESSENTIAL_HEIGHT * (high - low)
    descending = bool((diagram.death < diagram.birth).any())  # superlevel filtrations of images
    end, never = (low, low - beyond) if descending else (high, high + beyond)
    essential = diagram.birth[diagram.is_essential]
    if len(essential):
        ax.axhline(end, color="0.8", lw=0.8, ls=":", zorder=1)
        label = f"{len(essential)} never die{'s' * (len(essential) == 1)}"
        ax.plot(
            essential, np.full(len(essential), never), "v" if descending else "^", ms=6, color=ESSENTIAL, ls="none", zorder=3, label=label
        )
    if selected is not None and len(selected):
        death = np.where(selected.is_essential, never, selected.death)
        ax.plot(selected.birth, death, "o", ms=4, mfc="none", mec=SELECTED, mew=1, ls="none", zorder=4, label=f"{len(selected)} selected")
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="upper left" if descending else "lower right", fontsize="small", frameon=False)
    room = 2 * beyond if len(essential) else 0.0
    ax.set(xlim=(low, high), ylim=(low - room * descending, high + room * (not descending)))
    ax.set_xlabel(f"birth ({diagram.unit})")
    ax.set_ylabel(f"death ({diagram.unit})")
    ax.set_title(f"PD{diagram.degree}: {named(len(diagram), diagram)}")
    ax.set_aspect("equal", adjustable="box")
    return ax
