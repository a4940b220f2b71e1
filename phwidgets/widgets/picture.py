"""Still pictures of what the views show, for places where nothing runs: GitHub, a lost kernel, a browser without WebGL."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np

from ..persistence.diagram import Diagram
from ..persistence.plotting import SELECTED, named, plot_diagram
from ..structure import Structure
from .structure_geometry import ball_radii, element_colors, element_of, in_space

DOTS_PER_INCH = 80

Weights = tuple[np.ndarray, np.ndarray, np.ndarray]  # values (births, deaths) on the diagram, and their edges


def diagram_figure(diagram: Diagram, selected: Diagram | None = None):
    """Matplotlib figure of a diagram with its selection; it belongs to no notebook and shows itself nowhere."""
    figure = new_figure(5.2, 4.4)
    plot_diagram(diagram, figure.subplots(), selected=selected)
    return figure


def picture(
    diagram: Diagram,
    selected: Diagram | None,
    structure: Structure,
    atoms: np.ndarray,
    *,
    colors: np.ndarray | None = None,
    weights: Weights | None = None,
) -> bytes:
    """PNG with the diagram and the atoms side by side; ``colors`` (n, 3) and ``weights`` as an explained explorer has them."""
    figure = new_figure(9.6, 4.4)
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    _draw_diagram(left, diagram, selected, weights)
    draw_atoms(right, structure, atoms, colors)
    return small_png(figure)


def image_picture(diagram: Diagram, selected: Diagram | None, image: bytes, weights: Weights | None = None) -> bytes:
    """PNG with the diagram and a picture of the image (a PNG) side by side."""
    from matplotlib.image import imread

    figure = new_figure(9.6, 4.4)
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    _draw_diagram(left, diagram, selected, weights)
    right.imshow(imread(io.BytesIO(image)), interpolation="nearest")
    right.set_axis_off()
    return small_png(figure)


def weights_picture(values: np.ndarray, edges: np.ndarray, unit: str, title: str, label: str) -> bytes:
    """PNG of weights (bins, bins) on a diagram, blue below 0 and red above; the label is that of the colours."""
    figure = new_figure(5.6, 4.4)
    ax = figure.subplots()
    most = float(np.abs(values).max()) or 1.0
    mesh = ax.pcolormesh(edges, edges, values.T, cmap="RdBu_r", vmin=-most, vmax=most, rasterized=True)
    figure.colorbar(mesh, ax=ax, label=label, shrink=0.85)
    ax.axline((edges[0], edges[0]), slope=1, color="0.6", lw=0.8)
    ax.set(xlabel=f"birth ({unit})", ylabel=f"death ({unit})", title=title)
    ax.set_aspect("equal", adjustable="box")
    return small_png(figure)


def _draw_diagram(ax, diagram: Diagram, selected: Diagram | None, weights: Weights | None) -> None:
    """A diagram with its pairs per bin, or with learned weights behind its pairs."""
    if weights is None:
        plot_diagram(diagram, ax, selected=selected)
        return
    values, births, deaths = weights
    most = float(np.abs(values).max()) or 1.0
    mesh = ax.pcolormesh(births, deaths, values.T, cmap="RdBu_r", vmin=-most, vmax=most, rasterized=True)
    ax.figure.colorbar(mesh, ax=ax, label="weight", shrink=0.85)
    ax.axline((births[0], births[0]), slope=1, color="0.6", lw=0.8)
    for pairs, look in ((diagram, {"ms": 2, "color": "0.3"}), (selected, {"ms": 5, "mfc": "none", "mec": SELECTED})):
        if pairs is not None:
            ax.plot(pairs.finite.birth, pairs.finite.death, "o" if pairs is selected else ".", ls="none", **look)
    title = f"PD{diagram.degree}: {named(len(diagram), diagram)}"
    ax.set(xlim=births[[0, -1]], ylim=deaths[[0, -1]], xlabel=f"birth ({diagram.unit})", ylabel=f"death ({diagram.unit})", title=title)
    ax.set_aspect("equal", adjustable="box")


def structure_picture(structure: Structure, atoms: np.ndarray, colors: np.ndarray | None = None) -> bytes:
    """PNG of the atoms alone, ``atoms`` marked."""
    figure = new_figure(4.4, 4.4)
    draw_atoms(figure.subplots(), structure, atoms, colors)
    return small_png(figure)


def draw_atoms(ax, structure: Structure, atoms: np.ndarray, colors: np.ndarray | None = None) -> None:
    """Atoms seen along z, the nearest in front and brightest, ``atoms`` in the colour of the selection, the others as painted."""
    x = in_space(structure.positions)
    elements = [element_of(label) for label in structure.species.tolist()]
    order = np.argsort(x[:, 2], kind="stable")
    depth = x[order, 2] - x[:, 2].min()
    depth = 0.35 + 0.65 * depth / max(depth.max(), 1e-12)
    extent = max(np.ptp(x[:, 0]), np.ptp(x[:, 1]), 1.0)
    size = (ball_radii(elements, x)[order] * 2 * 3.6 * 72 / extent) ** 2
    colors = element_colors(elements) if colors is None else colors
    ax.scatter(x[order, 0], x[order, 1], s=np.maximum(size, 1), c=colors[order], alpha=depth, edgecolors="0.35", linewidths=0.3)
    chosen = order[np.isin(order, atoms)]
    ax.scatter(x[chosen, 0], x[chosen, 1], s=24, c=SELECTED, edgecolors="white", linewidths=0.5)
    ax.set_aspect("equal")
    ax.set(xlabel="x (Å)", ylabel="y (Å)", title=f"{len(structure)} atoms" + (f", {len(atoms)} selected" if len(atoms) else ""))


def stand_in(drawn: Any, text: str, png: bytes | None = None) -> Any:
    """What a widget's ``_repr_mimebundle_`` gave, with a sentence and a picture for where it cannot be drawn."""
    data = drawn[0] if isinstance(drawn, tuple) else drawn
    data["text/plain"] = text
    if png is not None:
        data["image/png"] = base64.b64encode(png).decode()
    return drawn


def new_figure(width: float, height: float):
    """Figure of so many inches, without a window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained")


def small_png(figure) -> bytes:
    """PNG of a figure, small enough to stay in a saved notebook."""
    from PIL import Image

    out, small = io.BytesIO(), io.BytesIO()
    figure.savefig(out, format="png")
    out.seek(0)
    # a palette is enough here and a third of the size: the picture stays in every saved notebook. Maximum coverage keeps the colour of
    # the few pixels of a mark, which the median cut gives away to the many shades of the atoms
    picture = Image.open(out).convert("RGB").quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    picture.save(small, "png", optimize=True)
    return small.getvalue()
