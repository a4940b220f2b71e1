"""Growing balls as a picture: the same scene as SVG for the browser and in Matplotlib for places where nothing runs."""

from __future__ import annotations

import html

import numpy as np

from ..persistence.plotting import ESSENTIAL
from .growth import Growth
from .picture import new_figure, small_png
from .words import Words

BALL, RIM, COMPLEX, POINT, ALIVE = "#dfeaf4", "#8fb3d3", "#5b8db8", "#1f2d3a", "#fff0c2"
PIXELS = 380  # width and height of either drawing
LEFT, BOTTOM, TOP, RIGHT = 52, 44, 30, 12  # margins of the diagram; what never dies stands in the upper one
MARGIN = 0.06  # of the extent of the points, around them


def view_of(growth: Growth) -> tuple[float, float, float]:
    """Centre x and y and half the width of what the left drawing shows: the points, and the balls as far as there is room."""
    low, high = growth.points.min(axis=0), growth.points.max(axis=0)
    half = float((high - low).max()) / 2
    half = half * (1 + MARGIN) + min(growth.last_radius, 0.7 * half if half else np.inf)
    return float((low + high)[0] / 2), float((low + high)[1] / 2), half


# ---- SVG ---------------------------------------------------------------------------------------------------------------------


def points_svg(growth: Growth, radius: float, with_complex: bool) -> str:
    """The points, their balls, the holes that are open and, if wanted, the edges and triangles of the alpha complex."""
    x, y, half = view_of(growth)
    scale = PIXELS / (2 * half)
    xy = (growth.points - [x - half, y - half]) * scale
    xy[:, 1] = PIXELS - xy[:, 1]
    colors = growth.ring_colors()
    parts = [_path(xy[triangles], fill=colors[pair], opacity=0.55) for pair, triangles in growth.holes(radius)]
    # all balls with a rim, then all without: what is left of the rims is the border of the union
    circles = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{radius * scale:.2f}"/>' for a, b in xy)
    parts.append(f'<g fill="{BALL}" stroke="{RIM}" stroke-width="2.4">{circles}</g><g fill="{BALL}">{circles}</g>')
    if with_complex:
        parts.append(_path(xy[growth.triangles[growth.triangle_radius <= radius]], fill=COMPLEX, opacity=0.4))
        parts.append(_path(xy[growth.edges[growth.edge_radius <= radius]], stroke=COMPLEX))
    parts.append(f'<g fill="{POINT}">' + "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in xy) + "</g>")
    parts.append(f'<rect x="0.5" y="0.5" width="{PIXELS - 1}" height="{PIXELS - 1}" fill="none" stroke="#dddddd"/>')
    return _svg(parts)


def diagram_svg(growth: Growth, radius: float, words: Words) -> str:
    """The diagram with a corner that moves along the diagonal: what lies to its upper left is alive."""
    last = growth.last_radius
    bottom, right = PIXELS - BOTTOM, PIXELS - RIGHT

    def across(value):
        return LEFT + np.asarray(value) / last * (right - LEFT)

    def up(value):
        return bottom - np.minimum(value, last) / last * (bottom - TOP)

    a, b = float(across(radius)), float(up(radius))
    parts = [
        f'<rect x="{LEFT}" y="0" width="{a - LEFT:.1f}" height="{b:.1f}" fill="{ALIVE}"/>',
        _text(LEFT + 6, 14, words("alive"), fill="#8a6d1a", anchor="start") if a - LEFT > 60 else "",
        f'<path d="M{LEFT} {bottom}L{right} {TOP}" stroke="#999999"/><path d="M{LEFT} {TOP}L{right} {TOP}" stroke="#bbbbbb" '
        f'stroke-dasharray="2 3"/><path d="M{LEFT} 0L{LEFT} {bottom}L{right} {bottom}" stroke="#555555" fill="none"/>',
    ]
    for tick in _ticks(last):
        parts.append(_text(float(across(tick)), bottom + 16, f"{tick:g}") + _text(LEFT - 6, float(up(tick)) + 4, f"{tick:g}", anchor="end"))
    parts.append(_text((LEFT + right) / 2, PIXELS - 6, words("birth of", unit=growth.rings.unit)))
    parts.append(
        f'<g transform="rotate(-90 12 {(TOP + bottom) / 2})">{_text(12, (TOP + bottom) / 2, words("death of", unit=growth.rings.unit))}</g>'
    )
    parts.append(f'<path d="M{LEFT} {b:.1f}L{a:.1f} {b:.1f}L{a:.1f} 0" stroke="#c79a2b" stroke-width="1.5" fill="none"/>')
    for degree, colors in ((0, [POINT] * len(growth.components)), (1, growth.ring_colors())):
        d = growth.diagrams[degree]
        alive = growth.alive(degree, radius)
        for i in np.argsort(np.where(d.is_essential, np.inf, d.persistence), kind="stable"):
            x, y = float(across(d.birth[i])), TOP - 12.0 if d.is_essential[i] else float(up(d.death[i]))
            parts.append(_mark(x, y, ESSENTIAL if d.is_essential[i] else colors[i], degree, bool(d.birth[i] <= radius), bool(alive[i])))
    return _svg(parts)


def _mark(x: float, y: float, color: str, degree: int, born: bool, alive: bool) -> str:
    """A square for a component, a disc for a ring: pale before it is born, large while it lives."""
    look = f'fill="{color}" stroke="white"' if born else 'fill="white" stroke="#bbbbbb"'
    size = 6.0 if alive else 4.0
    if degree == 0:
        return f'<rect x="{x - 0.7 * size:.1f}" y="{y - 0.7 * size:.1f}" width="{1.4 * size:.1f}" height="{1.4 * size:.1f}" {look}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}" {look}/>'


def _path(polygons: np.ndarray, *, fill: str = "none", stroke: str = "none", opacity: float = 1.0) -> str:
    """Edges or triangles (m, k, 2) as one SVG path."""
    shapes = ["L".join(f"{x:.1f} {y:.1f}" for x, y in corners) for corners in polygons.tolist()]
    drawn = "".join(f"M{shape}Z" for shape in shapes)
    return f'<path d="{drawn}" fill="{fill}" fill-opacity="{opacity}" stroke="{stroke}" stroke-width="1.6"/>'


def _text(x: float, y: float, text: str, *, fill: str = "#333333", anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" font-size="12" text-anchor="{anchor}">{html.escape(text)}</text>'


def _svg(parts: list[str]) -> str:
    return (
        f'<svg viewBox="0 0 {PIXELS} {PIXELS}" width="{PIXELS}" height="{PIXELS}" xmlns="http://www.w3.org/2000/svg" '
        f'style="background:white" font-family="sans-serif">{"".join(parts)}</svg>'
    )


def _ticks(last: float) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(v) for v in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(0, last) if 0 <= v <= last]


# ---- Matplotlib --------------------------------------------------------------------------------------------------------------


def growth_png(growth: Growth, radius: float, with_complex: bool) -> bytes:
    """PNG of both drawings side by side."""
    figure = new_figure(9.6, 4.5)
    left, right = figure.subplots(1, 2)
    _draw_points(left, growth, radius, with_complex)
    _draw_diagram(right, growth, radius)
    return small_png(figure)


def _draw_points(ax, growth: Growth, radius: float, with_complex: bool) -> None:
    from matplotlib.collections import EllipseCollection, LineCollection, PolyCollection

    colors = growth.ring_colors()
    for pair, triangles in growth.holes(radius):
        ax.add_collection(PolyCollection(growth.points[triangles], facecolors=colors[pair], alpha=0.55, antialiased=False))
    size = np.full(len(growth.points), 2 * radius)
    for rim, width in ((RIM, 2.4), ("none", 0.0)):
        balls = {"offsets": growth.points, "units": "xy", "offset_transform": ax.transData}
        ax.add_collection(EllipseCollection(size, size, 0 * size, facecolors=BALL, edgecolors=rim, linewidths=width, **balls))
    if with_complex:
        shown = growth.points[growth.triangles[growth.triangle_radius <= radius]]
        ax.add_collection(PolyCollection(shown, facecolors=COMPLEX, alpha=0.4))
        ax.add_collection(LineCollection(growth.points[growth.edges[growth.edge_radius <= radius]], colors=COMPLEX, linewidths=1.3))
    ax.plot(*growth.points.T, "o", ms=4, color=POINT)
    x, y, half = view_of(growth)
    ax.set(xlim=(x - half, x + half), ylim=(y - half, y + half), aspect="equal", xticks=[], yticks=[], title=f"radius {radius:.2f}")


def _draw_diagram(ax, growth: Growth, radius: float) -> None:
    last = growth.last_radius
    ceiling = 1.08 * last
    ax.fill_between([0, radius], radius, ceiling, color=ALIVE, lw=0)
    ax.plot([0, radius, radius], [radius, radius, ceiling], color="#c79a2b", lw=1.2)
    ax.axline((0, 0), slope=1, color="0.6", lw=0.8)
    ax.axhline(last, color="0.75", lw=0.8, ls=":")
    for degree, marker, colors in ((0, "s", [POINT] * len(growth.components)), (1, "o", growth.ring_colors())):
        d = growth.diagrams[degree]
        born = d.birth <= radius
        face = [(ESSENTIAL if e else c) if b else "white" for c, b, e in zip(colors, born, d.is_essential, strict=True)]
        height = np.where(d.is_essential, 1.04 * last, d.death)
        size = np.where(growth.alive(degree, radius), 60, 26)
        ax.scatter(d.birth, height, s=size, c=face, marker=marker, edgecolors=np.where(born, "white", "0.7"), zorder=3, clip_on=False)
    ax.set(xlim=(0, last), ylim=(0, ceiling), aspect="equal")
    ax.set(xlabel=f"birth ({growth.rings.unit})", ylabel=f"death ({growth.rings.unit})")
