"""Numbers that say what a shape is like: size, form and place of rings, cavities and components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _hulls
from .volume import Volume

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]

SMALL = 24  # points of a hull up to which trying all triples is quicker than Qhull
FLAT = 1e-9  # a hull thinner than this share of its size has no volume


def table(volumes: Sequence[Volume]) -> pd.DataFrame:
    """One row per volume, indexed by ``pair_id``; the columns are told at ``Volumes.to_frame``."""
    import pandas as pd

    volumes = list(volumes)
    count = np.array([len(v.points) for v in volumes], np.int64)
    points = in_space([v.points for v in volumes])
    start = np.concatenate([[0], np.cumsum(count)])
    centre, radius, widths = _spread(points, count)
    content, surface = _walls(volumes, points, start)
    winds = np.array([v.winds for v in volumes], bool)
    content[winds] = surface[winds] = np.nan
    hull = hull_volumes(points, count)
    hull[winds] = np.nan
    unit = next((v.unit for v in volumes if v.unit), "Å")
    birth, death = np.array([v.birth for v in volumes], float), np.array([v.death for v in volumes], float)
    with np.errstate(invalid="ignore", divide="ignore"):
        planarity = np.where(widths[:, 1] > 1e-12 * widths[:, 0], 1 - widths[:, 2] / widths[:, 1], np.nan)
        sphericity = np.pi ** (1 / 3) * (6 * content) ** (2 / 3) / surface
        lifetime = np.abs(death - birth)
    columns = {
        "atoms": [len(v.loop) or len(v.atoms) for v in volumes],
        "composition": [composition(v.symbols) for v in volumes],
        "sequence": [v.sequence for v in volumes],
        "perimeter (Å)": _perimeters(volumes, points, start),
        "mean radius (Å)": radius,
        "planarity": np.where(count >= 3, planarity, np.nan),
        "enclosed volume (Å³)": content,
        "sphericity": sphericity,
        "hull volume (Å³)": hull,
        "centre x (Å)": centre[:, 0],
        "centre y (Å)": centre[:, 1],
        "centre z (Å)": centre[:, 2],
        f"birth ({unit})": birth,
        f"death ({unit})": death,
        f"lifetime ({unit})": lifetime,
        "size": [v.size for v in volumes],
        "certified": [v.certified for v in volumes],
        "winds": winds,
        "problem": [v.problem for v in volumes],
    }
    return pd.DataFrame(columns, index=pd.Index([v.pair_id for v in volumes], name="pair_id"))


def composition(symbols: Array) -> str:
    """Species and their numbers in alphabetical order: "O6Si6"."""
    names, counts = np.unique(symbols, return_counts=True)
    return "".join(f"{s}{c}" for s, c in zip(names.tolist(), counts.tolist(), strict=True))


def in_space(parts: Sequence[Array]) -> Array:
    """Points of all parts (m, 3), those of the plane at z = 0."""
    whole = [np.asarray(p, float) for p in parts] or [np.zeros((0, 3))]
    points = np.concatenate(whole)
    return np.ascontiguousarray(np.pad(points, ((0, 0), (0, 3 - points.shape[1]))))


def _spread(points: Array, count: Array) -> tuple[Array, Array, Array]:
    """Centre (n, 3), mean distance from it (n,) and root mean square widths (n, 3), descending, of consecutive sets of points."""
    n = len(count)
    owner = np.repeat(np.arange(n), count)
    safe = np.maximum(count, 1)[:, None]
    centre = np.stack([np.bincount(owner, points[:, axis], n) for axis in range(3)], axis=1) / safe
    away = points - centre[owner]
    radius = np.bincount(owner, np.linalg.norm(away, axis=1), n) / safe[:, 0]
    products = away[:, [0, 0, 0, 1, 1, 2]] * away[:, [0, 1, 2, 1, 2, 2]]
    moments = np.stack([np.bincount(owner, products[:, k], n) for k in range(6)], axis=1) / safe
    widths = np.sqrt(np.maximum(np.linalg.eigvalsh(moments[:, [[0, 1, 2], [1, 3, 4], [2, 4, 5]]])[:, ::-1], 0))
    none = count == 0
    centre[none] = radius[none] = np.nan
    return centre, radius, widths


def _perimeters(volumes: Sequence[Volume], points: Array, start: Array) -> Array:
    """Length (n,) of every ring that closes, else nan."""
    n = len(volumes)
    follows = np.arange(1, len(points) + 1)
    full = np.flatnonzero(np.diff(start))
    follows[start[1:][full] - 1] = start[:-1][full]
    steps = np.linalg.norm(points[follows] - points, axis=1) if len(points) else np.zeros(0)
    length = np.bincount(np.repeat(np.arange(n), np.diff(start)), steps, n)
    return np.where([len(v.loop) > 0 and not v.winds for v in volumes], length, np.nan)


def _walls(volumes: Sequence[Volume], points: Array, start: Array) -> tuple[Array, Array]:
    """Enclosed volume (n,) and surface (n,) of cavities, else nan."""
    n = len(volumes)
    count = np.array([len(v.faces) for v in volumes], np.int64)
    owner = np.repeat(np.arange(n), count)
    if not len(owner):
        return np.full(n, np.nan), np.full(n, np.nan)
    faces = np.concatenate([v.faces for v in volumes if len(v.faces)]) + start[:-1][owner][:, None]
    corners = points[faces] - points[np.minimum(start[:-1], len(points) - 1)][owner][:, None]  # near the origin, for accuracy
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    content = np.bincount(owner, (corners[:, 0] * normal).sum(axis=1) / 6, n)
    surface = np.bincount(owner, np.linalg.norm(normal, axis=1) / 2, n)
    return np.where(count > 0, content, np.nan), np.where(count > 0, surface, np.nan)


def hull_volumes(points: Array, count: Array) -> Array:
    """Volume (n,) of the convex hulls of consecutive sets of points (m, 3); 0 where they lie in a plane, nan where there are none."""
    start = np.concatenate([[0], np.cumsum(count)])
    small = count <= SMALL
    few = np.concatenate([[0], np.cumsum(np.where(small, count, 0))])
    noise = np.random.RandomState(0).uniform(-1, 1, (SMALL, 3))
    out = _hulls.hull_volumes(points[np.repeat(small, count)], few, noise)
    for i in np.flatnonzero(~small).tolist():
        out[i] = _hull(points[start[i] : start[i + 1]])
    size = np.array([np.ptp(points[start[i] : start[i + 1]], axis=0).max() if count[i] else 0 for i in range(len(count))])
    out[out <= 100 * _hulls.SHIFT * size**3] = 0
    out[count == 0] = np.nan
    return np.asarray(out)


def _hull(points: Array) -> float:
    from scipy.spatial import ConvexHull

    centred = points - points.mean(axis=0)
    widths = np.linalg.svd(centred, compute_uv=False)
    if widths[-1] <= FLAT * widths[0]:
        return 0.0
    return float(ConvexHull(centred).volume)
