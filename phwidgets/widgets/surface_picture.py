"""A still picture of surfaces in a box, for a browser without WebGL and for readers without a kernel."""

from collections.abc import Iterable

import numpy as np

from phwidgets.widgets.picture import new_figure, small_png
from phwidgets.widgets.structure_geometry import cell_edges

TURN, TILT = np.radians(30), np.radians(25)  # about the upright axis, and towards the viewer
LIGHT = np.array([-0.3, 0.5, 0.8]) / np.linalg.norm([-0.3, 0.5, 0.8])


def surface_picture(box, axes, surfaces: Iterable[tuple[np.ndarray, np.ndarray, float]]) -> bytes:
    """PNG of surfaces in a box, seen from the upper right without perspective.

    Parameters
    ----------
    box : (2, 3) array
        Its first and last corner, x, y, z; z points to the viewer before the box is turned.
    axes : sequence of (str, color)
        Names and colours of the directions along the box's z, y and x from its first corner.
    surfaces : iterable of ((m, 3, 3) array, (3,) array, float)
        Corners of triangles, the colour and the opacity of each surface.
    """
    from matplotlib.collections import LineCollection, PolyCollection

    figure = new_figure(4.4, 4.4)
    ax = figure.subplots()
    first, last = np.asarray(box, float)
    edges = turned(cell_edges(np.diag(last - first)) + first)
    ax.add_collection(LineCollection(list(edges[..., :2]), colors="0.6", linewidths=0.8))
    triangles, colors = _shaded(surfaces)
    order = np.argsort(triangles[..., 2].mean(axis=1), kind="stable")  # what is farther away is covered
    ax.add_collection(PolyCollection(triangles[order, :, :2], facecolors=colors[order], edgecolors="none", antialiaseds=False))
    for axis, (name, color) in zip((2, 1, 0), axes, strict=True):
        end = first.copy()
        end[axis] += 0.25 * np.sign(last[axis] - first[axis]) * np.abs(last - first).max()
        start, end = turned(np.stack([first, end]))[:, :2]
        ax.plot(*np.stack([start, end]).T, color=color, lw=2)
        ax.annotate(name, end, color=color, fontsize=8, xytext=6 * (end - start) / np.linalg.norm(end - start), textcoords="offset points")
    ax.autoscale_view()
    ax.set_aspect("equal")
    ax.margins(0.08)
    ax.set_axis_off()
    return small_png(figure)


def turned(points: np.ndarray) -> np.ndarray:
    """Coordinates (..., 3) as the picture shows them: to the right, upwards, to the viewer."""
    x, y, z = np.moveaxis(np.asarray(points, float), -1, 0)
    x, z = np.cos(TURN) * x - np.sin(TURN) * z, np.sin(TURN) * x + np.cos(TURN) * z
    return np.stack([x, np.cos(TILT) * y - np.sin(TILT) * z, np.sin(TILT) * y + np.cos(TILT) * z], axis=-1)


def _shaded(surfaces) -> tuple[np.ndarray, np.ndarray]:
    """All triangles (m, 3, 3) as they are seen, and their colours (m, 4)."""
    triangles, colors = [np.zeros((0, 3, 3))], [np.zeros((0, 4))]
    for corners, color, opacity in surfaces:
        seen = turned(corners)
        normal = np.cross(seen[:, 1] - seen[:, 0], seen[:, 2] - seen[:, 0])
        length = np.linalg.norm(normal, axis=1)
        bright = 0.45 + 0.55 * np.abs(normal @ LIGHT) / np.where(length, length, 1)
        triangles.append(seen)
        colors.append(np.column_stack([bright[:, None] * color, np.full(len(seen), opacity)]))
    return np.concatenate(triangles), np.concatenate(colors)
