"""Components of a configuration of atoms: what merges when a pair of degree 0 dies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _window
from .source import Source

Array = NDArray[Any]


def components(source: Source, births: Array, deaths: Array) -> Iterator[tuple[Array, Array]]:
    """The component of each point ``births`` (n,) just before the edge ``deaths`` (n,) joins it to an older one (elder rule).

    Yields
    ------
    points : (m,) int array
        Points of the triangulation, that of the birth the first.
    offsets : (m, 3) int array
        The lattice translate in which each is reached from the first, as an offset from where the point itself lies.
    """
    images = source.complex.vertices[1]
    ends = np.ascontiguousarray(source.triangulation.atom[images], np.int64)
    # vertices of edges are images of the points: count translates from the points themselves
    moved = source.offset[images] - source.offset[source.complex.vertices[0][ends, 0]]
    gap = np.ascontiguousarray(moved[:, 1] - moved[:, 0])
    n = len(source.complex.vertices[0])
    edges = np.argsort(ends.ravel(), kind="stable") // 2
    start = np.concatenate([[0], np.cumsum(np.bincount(ends.ravel(), minlength=n))]).astype(np.int64)
    rank = np.empty(len(ends), np.int64)
    rank[np.argsort(source.complex.values[1], kind="stable")] = np.arange(len(ends))
    # in a crystal all bonds appear at once, and their order would be chance: equal ones do not count as there before the death
    radii = source.radii(1)
    limits = np.searchsorted(np.sort(radii), radii[deaths] - source.tolerance)
    inside = np.zeros(n, bool)
    for birth, limit in zip(births.tolist(), limits.tolist(), strict=True):
        yield _window.component(birth, start, edges, ends, gap, rank, limit, inside)
