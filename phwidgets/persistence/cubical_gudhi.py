"""Cubical persistence of one, four and more dimensions, through GUDHI's cubical complexes (under the MIT licence)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .gudhi_parts import gudhi_module
from .memory import refuse_hopeless

Array = NDArray[Any]

BYTES = 60  # of GUDHI's complex and matrix per cell, measured


def pairs(
    values: Array, sign: int, vertices: bool, periodic: tuple[bool, ...], mask: Array | None, degrees: list[int]
) -> dict[int, tuple[Array, Array, Array]]:
    """For each degree the linear indices of the samples of births (p,), deaths (p,) and essential births (e,).

    ``sign`` is 1 for sublevel and -1 for superlevel filtrations; where the ``mask`` is True samples never appear.
    """
    cells = float(np.prod([2.0 * n + 1 for n in values.shape]))
    shape = " × ".join(map(str, values.shape))
    refuse_hopeless(BYTES * cells, f"the cubical complex of {shape} samples has {cells:.2g} cells, which", "crop the image")
    levels = sign * values.astype(np.float64)
    if mask is not None:
        levels[mask] = np.inf
    name = {"vertices" if vertices else "top_dimensional_cells": levels}
    if any(periodic):
        complex_ = gudhi_module("periodic_cubical_complex").PeriodicCubicalComplex(**name, periodic_dimensions=list(periodic))
    else:
        complex_ = gudhi_module("cubical_complex").CubicalComplex(**name)
    complex_.compute_persistence(homology_coeff_field=2, min_persistence=0.0)
    finite, essential = complex_.vertices_of_persistence_pairs() if vertices else complex_.cofaces_of_persistence_pairs()
    out = {}
    for k in degrees:
        some = _in_array_order(finite[k] if k < len(finite) else [], values.shape).reshape(-1, 2)
        born = _in_array_order(essential[k] if k < len(essential) else [], values.shape)
        undying = np.isinf(levels.flat[some[:, 1]])
        born = np.concatenate([some[undying, 0], born])
        out[k] = some[~undying, 0], some[~undying, 1], born[np.isfinite(levels.flat[born])]
    return out


def _in_array_order(numbers: Any, shape: tuple[int, ...]) -> Array:
    """GUDHI numbers samples with the first axis running fastest."""
    places = np.asarray(numbers, np.int64)
    return np.asarray(np.ravel_multi_index(np.unravel_index(places, shape, order="F"), shape), np.int64)
