"""Where the atoms of a periodic structure are drawn: where they were given, or at their images in the cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..inverse.volume import Volume
from ..structure import Structure

SPREAD, BEYOND = 2.0, 1.0  # cells; molecules that were kept whole reach out of the cell as well, and a cell may lie around the origin
_ROUNDING = 1e-6  # of a cell; an atom on the border stays where it is


class Placement:
    """A structure as it is drawn, and how to move with its atoms what is drawn on them.

    Parameters
    ----------
    given : Structure
    in_cell : bool, optional
        Whether every atom is drawn at its image in the cell; by default where they are ``far_out``.

    Attributes
    ----------
    far_out : bool
        Whether atoms were given over more than two cells along a periodic direction, or more than a whole cell outside of the cell.
    in_cell : bool
    structure : Structure
        As it is drawn; ``given`` itself where no atom is moved.
    """

    def __init__(self, given: Structure, in_cell: bool | None = None) -> None:
        at = _cells(given, given.positions)
        low, high = (at.min(axis=0), at.max(axis=0)) if len(at) else (np.zeros(1), np.zeros(1))
        self.far_out = bool(((high - low > SPREAD) | (low < -BEYOND) | (high > 1 + BEYOND)).any())
        self.in_cell = self.far_out if in_cell is None else bool(in_cell)
        self.structure = given
        self._given = given
        self._home = np.floor(at + _ROUNDING)  # (n, d) cells from which the atoms come
        if self.in_cell and self._home.any():
            positions = given.positions - self._home @ given.cell
            self.structure = Structure(positions, given.species, cell=given.cell, pbc=given.pbc, radii=given.radii)

    @property
    def extent(self) -> str:
        """What the atoms fill as they are drawn: "cell", "many cells", or as they were "given", around the cell or near it."""
        return "cell" if self.in_cell else "many cells" if self.far_out else "given"

    @property
    def _moves(self) -> bool:
        return self.structure is not self._given

    def simplices(self, points: np.ndarray, atoms: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Move simplices, each as a whole, so that its first atom is where that atom is drawn.

        Parameters
        ----------
        points : (m, k, d) array
            Positions in Å of ``atoms`` (m, k) in the images ``offsets`` (m, k, 3), as seen from where they were given.

        Returns
        -------
        points : (m, k, d) array
        offsets : (m, k, 3) array
            The images in which they lie, as seen from where the atoms are drawn.
        """
        if not self._moves or not points.size:
            return points, offsets
        cell = np.asarray(self._given.cell)
        home = np.pad(self._home, ((0, 0), (0, offsets.shape[2] - len(cell))))
        seen = home[atoms] + offsets
        first = seen[:, :1]
        return points - first[..., : len(cell)] @ cell, (seen - first).astype(offsets.dtype)

    def shapes(self, volumes: Sequence[Volume]) -> Sequence[Volume]:
        """Move shapes, each as a whole, so that their first atoms are where those are drawn."""
        if not self._moves:
            return volumes
        placed = []
        for volume in volumes:
            points, offsets = self.simplices(volume.points[None], volume.point_atoms[None], volume.offsets[None])
            placed.append(replace(volume, points=points[0], offsets=offsets[0]))
        return placed

    def places(self, points: np.ndarray) -> np.ndarray:
        """Vectors (m, 3) in Å by which points (m, 3) that are no atoms are moved into the cell."""
        moves = np.zeros_like(points)
        if self._moves and len(points):
            cell = np.asarray(self._given.cell)
            moves[:, : len(cell)] = -np.floor(_cells(self._given, points[:, : len(cell)]) + _ROUNDING) @ cell
        return moves


def _cells(structure: Structure, points: Any) -> np.ndarray:
    """Coordinates (m, d) of points along the lattice vectors, 0 in directions that are not periodic."""
    if structure.cell is None:
        return np.zeros(points.shape)
    return np.asarray(points @ np.linalg.inv(structure.cell) * np.array(structure.pbc, float))
