"""What happens while balls grow on points of a plane: edges and triangles appear, rings are born and filled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..inverse.source import source_of
from ..persistence.alpha import alpha_persistence
from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from ..structure import Structure, as_structure

MOST_POINTS = 400  # every one is a circle on the screen, drawn anew at every step of the slider
OWN_COLORS = ("#d6006e", "#009e73", "#d55e00", "#0072b2", "#b07c00", "#56b4e9")  # of the most persistent rings, for all common eyes
OTHER_COLOR = "#8a8a8a"  # of the rings after those


@dataclass(frozen=True, eq=False)
class Growth:
    """Points of a plane, the edges and triangles of their alpha complex, and the radius at which each of these appears.

    Attributes
    ----------
    points : (n, 2) float array
    diagrams : Diagrams
        Persistence diagrams of degrees 0 and 1, in radii of the balls.
    edges, triangles : (m, 2) and (k, 3) int arrays
    edge_radius, triangle_radius : (m,) and (k,) float arrays
        Radius of the balls at which each of them appears.
    beside : (m, 2) int array
        Triangles on the two sides of each edge; -1 is the outside.
    """

    points: np.ndarray
    diagrams: Diagrams
    edges: np.ndarray
    triangles: np.ndarray
    edge_radius: np.ndarray
    triangle_radius: np.ndarray
    beside: np.ndarray

    @classmethod
    def of(cls, points: Any) -> Growth:
        """Compute everything once; raises ValueError for anything but at most 400 points (n, 2) without periods and radii."""
        structure = as_structure(points)
        _check(structure)
        diagrams = alpha_persistence(structure)
        source = source_of(structure)
        top = source.complex.dimension
        scale = source.triangulation.scale

        def cells(degree: int) -> tuple[np.ndarray, np.ndarray]:
            if degree > top:
                return np.zeros((0, degree + 1), int), np.zeros(0)
            return source.atoms(degree), source.radii(degree) * scale

        edges, edge_radius = cells(1)
        triangles, triangle_radius = cells(2)
        beside = source.complex.cofaces if top == 2 else np.full((len(edges), 2), -1)
        return cls(structure.positions, diagrams, edges, triangles, edge_radius, triangle_radius, np.asarray(beside, int))

    @property
    def components(self) -> Diagram:
        """The diagram of degree 0."""
        return self.diagrams[0]

    @property
    def rings(self) -> Diagram:
        """The diagram of degree 1."""
        return self.diagrams[1]

    @property
    def last_radius(self) -> float:
        """A radius at which everything has happened."""
        happened = [d.death[~d.is_essential] for d in (self.components, self.rings)]
        return 1.12 * float(max(np.concatenate([*happened, [0.0]]).max(), 1e-3 * max(np.ptp(self.points, axis=0).max(), 1.0)))

    def ring_colors(self) -> list[str]:
        """One colour for each ring, in the order of the diagram: the most persistent ones have their own."""
        colors = [OTHER_COLOR] * len(self.rings)
        for color, pair in zip(OWN_COLORS, self.rings.longest(len(OWN_COLORS)).pair_id, strict=False):
            colors[pair] = color
        return colors

    def alive(self, degree: int, radius: float) -> np.ndarray:
        """Mask of the pairs of a degree that are born and not yet dead."""
        d = self.diagrams[degree]
        return np.asarray((d.birth <= radius) & (radius < d.death))

    def holes(self, radius: float) -> list[tuple[int, np.ndarray]]:
        """The holes that are open at a radius: (pair id, triangles (h, 3) that are not filled yet), most persistent last.

        Triangles that are still missing form one region for each hole, and the last of them to appear fills it: it is the death
        simplex of the pair.
        """
        missing = self.triangle_radius > radius
        outside = len(self.triangles)
        open_ = self.beside[self.edge_radius > radius] if outside else np.zeros((0, 2), int)
        left, right = np.where(open_ < 0, outside, open_).T
        graph = coo_array((np.ones(len(left)), (left, right)), shape=(outside + 1, outside + 1))
        region = connected_components(graph, directed=False)[1]
        found = []
        for label in np.unique(region[:-1][missing]):
            inside = np.flatnonzero(missing & (region[:-1] == label))
            last = inside[np.argmax(self.triangle_radius[inside])]
            pair = self._filled_by.get(tuple(sorted(self.triangles[last].tolist())))
            if label != region[outside] and pair is not None:
                found.append((pair, self.triangles[inside]))
        return sorted(found, key=lambda hole: self.rings.persistence[hole[0]])

    @cached_property
    def _filled_by(self) -> dict[tuple[int, ...], int]:
        return {tuple(sorted(cell)): pair for pair, cell in enumerate(self.rings.death_cell.tolist())}

    def next_event(self, radius: float) -> float | None:
        """The next radius at which a ring is born or dies; None after the last one."""
        events = np.concatenate([self.rings.birth, self.rings.death])
        later = events[events > radius * (1 + 1e-9)]
        return float(later.min()) if len(later) else None

    def telling_radius(self) -> float:
        """A radius in the middle of the life of the most persistent ring, or of the components where there is no ring."""
        if len(self.rings):
            longest = self.rings.longest(1)
            return float(longest.birth[0] + longest.death[0]) / 2
        return self.last_radius / 2


def _check(structure: Structure) -> None:
    n, dimension = structure.positions.shape
    if dimension != 2:
        raise ValueError(f"growing balls are drawn in the plane: give points of shape (n, 2), not (n, {dimension})")
    if any(structure.pbc) or structure.radii is not None:
        raise ValueError("growing balls are drawn for plain points, without periodic directions and without radii")
    if n > MOST_POINTS:
        raise ValueError(f"growing balls are drawn for at most {MOST_POINTS} points, not {n}: take a part of them")
