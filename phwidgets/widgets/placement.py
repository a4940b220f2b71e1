"""Where the atoms of a periodic structure are drawn: where they were given, or at their images in the cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..inverse.volume import Volume
from ..structure import Structure

BEYOND = 0.5  # cells; a molecule that was kept whole reaches out of the cell as well, atoms that have wandered reach further
_ROUNDING = 1e-6  # of a cell; an atom on the border stays where it is


class Placement:
    """A structure as it is drawn, and how to move with its atoms what is drawn on them.

    Parameters
    ----------
    given : Structure
    in_cell : bool, optional
        Whether every atom is drawn at its image in the cell; by default where some atom is ``far_out``.

    Attributes
    ----------
    far_out : bool
        Whether some atom was given more than half a cell outside of the cell, along a periodic direction.
    in_cell : bool
    structure : Structure
        As it is drawn; ``given`` itself where no atom is moved.
    """

    def __init__(self, given: Structure, in_cell: bool | None = None) -> None:
        at = _cells(given, given.positions)
        self.far_out = bool(len(at)) and bool((at < -BEYOND).any() or (at > 1 + BEYOND).any())
        self.in_cell = self.far_out if in_cell is None else bool(in_cell)
        self.structure = given
        self._given = given
        self._home = np.floor(at + _ROUNDING)  # (n, d) cells from which the atoms come
        if self.in_cell and self._home.any():
            positions = given.positions - self._home @ given.cell
            self.structure = Structure(positions, given.species, cell=given.cell, pbc=given.pbc, radii=given.radii)

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
        if not self._moves or not len(points):
            return points, offsets
        home = self._home[atoms]
        seen = offsets + np.pad(home - home[:, :1], ((0, 0), (0, 0), (0, offsets.shape[2] - home.shape[2]))).astype(offsets.dtype)
        return points - home[:, :1] @ self._given.cell, seen

    def shapes(self, volumes: Sequence[Volume]) -> Sequence[Volume]:
        """Move shapes, each as a whole, so that their first atoms are where those are drawn."""
        if not self._moves:
            return volumes
        placed = []
        for volume in volumes:
            points, offsets = self.simplices(volume.points[None], volume.point_atoms[None], volume.offsets[None])
            placed.append(replace(volume, points=points[0], offsets=offsets[0]) if len(volume.points) else volume)
        return placed

    def places(self, points: np.ndarray) -> np.ndarray:
        """Vectors (m, d) in Å by which points (m, d) that are no atoms are moved into the cell."""
        if not self._moves or not len(points):
            return np.zeros_like(points)
        return np.asarray(-np.floor(_cells(self._given, points) + _ROUNDING) @ self._given.cell)


def _cells(structure: Structure, points: Any) -> np.ndarray:
    """Coordinates (m, d) of points along the lattice vectors, 0 in directions that are not periodic."""
    if structure.cell is None:
        return np.zeros(points.shape)
    return np.asarray(points @ np.linalg.inv(structure.cell) * np.array(structure.pbc, float))
