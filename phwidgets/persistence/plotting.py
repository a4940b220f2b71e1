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
MOST_PERSISTENT = 100  # so many pairs are drawn as points as well: single pairs are faint in a histogram
MARGIN = 0.05  # of the range, around all pairs
ESSENTIAL_HEIGHT = 0.035  # of the range: where essential classes are drawn, above the topmost finite death


def named(number: int, degree: int) -> str:
    """'1 ring', '2 rings': a number of holes of this degree in words."""
    return f"{number:,} {HOLES[degree][number != 1]}"


def limits(diagram: Diagram) -> tuple[float, float]:
    """(low, high) of both axes: all pairs with a margin."""
    low, high = diagram.range()
    pad = MARGIN * (high - low)
    return low - pad, high + pad


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
        mesh = ax.pcolormesh(edges, edges, filled, norm=LogNorm(1, max(2, counts.max())), cmap=COLORMAP, rasterized=True, zorder=2)
        ax.figure.colorbar(mesh, ax=ax, label="pairs per bin", shrink=0.85)
    else:
        empty = "no finite pair" if len(diagram) else f"no {HOLES[diagram.degree][1]}"
        ax.text(0.5, 0.5, empty, transform=ax.transAxes, ha="center", va="center", color="0.4")
    lasting = diagram.longest(MOST_PERSISTENT)
    ax.plot(lasting.birth, lasting.death, ".", ms=3, color="0.25", ls="none", zorder=2.5)
    top = high + ESSENTIAL_HEIGHT * (high - low)
    essential = diagram.birth[diagram.is_essential]
    if len(essential):
        ax.axhline(high, color="0.8", lw=0.8, ls=":", zorder=1)
        label = f"{len(essential)} never die{'s' * (len(essential) == 1)}"
        ax.plot(essential, np.full(len(essential), top), "^", ms=6, color=ESSENTIAL, ls="none", zorder=3, label=label)
    if selected is not None and len(selected):
        death = np.where(selected.is_essential, top, selected.death)
        ax.plot(selected.birth, death, "o", ms=4, mfc="none", mec=SELECTED, mew=1, ls="none", zorder=4, label=f"{len(selected)} selected")
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="lower right", fontsize="small", frameon=False)
    ax.set(xlim=(low, high), ylim=(low, top + ESSENTIAL_HEIGHT * (high - low)) if len(essential) else (low, high))
    ax.set_xlabel(f"birth ({diagram.unit})")
    ax.set_ylabel(f"death ({diagram.unit})")
    ax.set_title(f"PD{diagram.degree}: {named(len(diagram), diagram.degree)}")
    ax.set_aspect("equal", adjustable="box")
    return ax
