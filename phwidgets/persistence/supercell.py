"""Supercells: the same crystal, computed in a larger torus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..structure import Structure
from .diagram import Diagram
from .diagrams import Diagrams
from .memory import refuse_hopeless

Array = NDArray[Any]


def checked_repeats(structure: Structure, supercell: int | Sequence[int]) -> Array:
    """Number of cells (d,) along each lattice vector.

    Raises
    ------
    ValueError
        For anything but whole numbers of at least 1, or more than one along a direction that is not periodic.
    """
    d = structure.positions.shape[1]
    try:
        numbers = np.asarray(supercell)
        repeats = np.where(structure.pbc, numbers, 1) if numbers.ndim == 0 else numbers
        wrong = numbers.dtype.kind not in "iu" or repeats.shape != (d,) or (numbers < 1).any()
    except (TypeError, ValueError):
        wrong = True
    if wrong:
        raise ValueError(f"supercell must be a whole number or {d} of them, at least 1, not {supercell!r}")
    if (repeats[~np.array(structure.pbc)] > 1).any():
        raise ValueError(f"supercell {tuple(repeats.tolist())} repeats a direction that is not periodic (pbc is {structure.pbc})")
    return np.asarray(repeats, np.int64)


def _shifts(repeats: Array) -> Array:
    return np.stack(np.meshgrid(*[np.arange(k) for k in repeats], indexing="ij"), -1).reshape(-1, len(repeats))


def repeated(structure: Structure, repeats: Array, radii: Array) -> Structure:
    """The supercell: atom ``c * n + i`` is atom i moved by the c-th row of cells."""
    if structure.cell is None:
        return Structure(structure, radii=radii)
    number = float(np.prod(repeats.astype(float)))
    refuse_hopeless(100 * len(structure) * number, f"a supercell of {number:.3g} cells", "fewer cells are enough to tell sizes apart")
    shifts = _shifts(repeats)
    positions = (structure.positions[None] + (shifts @ structure.cell)[:, None]).reshape(-1, len(repeats))
    cell = structure.cell * repeats[:, None]
    return Structure(positions, structure.species.tolist() * len(shifts), cell=cell, pbc=structure.pbc, radii=np.tile(radii, len(shifts)))


def folded(diagrams: Diagrams, structure: Structure, repeats: Array) -> Diagrams:
    """Diagrams of a supercell with the atoms and lattice vectors of the one cell, and how often each row stands in them."""
    n, d = structure.positions.shape
    shifts = np.zeros((int(np.prod(repeats)), 3), np.int64)
    shifts[:, :d] = _shifts(repeats)
    times = np.ones(3, np.int64)
    times[:d] = repeats

    def fold(diagram: Diagram) -> Diagram:
        columns: dict[str, Any] = {}
        for kind in ("birth", "death"):
            cells = getattr(diagram, f"{kind}_cell")
            offset = getattr(diagram, f"{kind}_offset") * times + shifts[np.maximum(cells, 0) // n]
            absent = cells[:, :1] < 0
            columns[f"{kind}_cell"] = np.where(absent, -1, cells % n)
            columns[f"{kind}_offset"] = np.where(absent[..., None], 0, offset - offset[:, :1])
        return replace(diagram, source=structure, **columns)

    parts = {k: fold(diagram) for k, diagram in diagrams.items()}
    multiplicities = {k: _multiplicity(diagram, diagrams.resolution) for k, diagram in parts.items()}
    return Diagrams(parts, source=structure, unit=diagrams.unit, resolution=diagrams.resolution, multiplicities=multiplicities)


def _multiplicity(diagram: Diagram, resolution: float) -> Array:
    """For each row the number of rows (itself included) whose birth and death are the same within the resolution."""

    def group(values: Array) -> Array:
        order = np.argsort(values, kind="stable")
        steps = np.zeros(len(values), np.int64)
        ordered = values[order]
        with np.errstate(invalid="ignore"):  # inf - inf: the essential classes are one group
            steps[1:] = ordered[1:] - ordered[:-1] > resolution
        labels = np.empty(len(values), np.int64)
        labels[order] = np.cumsum(steps)
        return labels

    if not len(diagram):
        return np.zeros(0, np.int64)
    pairs = np.column_stack([group(diagram.birth), group(diagram.death)])
    _, label, count = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(count[label.ravel()])
