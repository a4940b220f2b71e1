"""With which cell of the grid each loop of an image is born."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..persistence.cubical_pairs import Morse
from ..persistence.diagram import Diagram

Array = NDArray[Any]


def birth_cells(morse: Morse, diagram: Diagram) -> Array:
    """Number (n,) of the critical cell with which each pair of degree 1 is born, -1 where the gradient has no such pair.

    In the vertex construction it is an edge. In the cell construction it is one too, named by its dual: a square in a volume, an edge in a
    flat image (see ``_cubical_stars`` for the numbers).
    """
    levels, d = morse.levels, diagram.source.ndim
    births, deaths, essential, numbers, shift = _dual_loops(morse) if levels.dual else _loops(morse)
    owners = numbers >> shift
    undying = levels.absent(deaths)
    known: dict[tuple[int, int], list[int]] = {}
    for place, death in zip(births[~undying].tolist(), deaths[~undying].tolist(), strict=True):
        known.setdefault((int(owners[place]), death), []).append(place)
    for place in (*births[undying].tolist(), *essential.tolist()):
        known.setdefault((int(owners[place]), -1), []).append(place)
    out, shape = np.full(len(diagram), -1), diagram.source.shape
    first = levels.vertices(np.ravel_multi_index(tuple(diagram.birth_cell.T), shape))
    last = np.full(len(diagram), -1)
    mortal = ~diagram.is_essential
    last[mortal] = levels.vertices(np.ravel_multi_index(tuple(diagram.death_cell[mortal].reshape(-1, d).T), shape))
    turn: dict[tuple[int, int], int] = {}
    for row, key in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        places = known.get(key, [])
        if places:  # several loops may be born at one sample and die at another one
            out[row] = numbers[places[turn.get(key, 0) % len(places)]]
            turn[key] = turn.get(key, 0) + 1
    return out


def _loops(morse: Morse) -> tuple[Array, Array, Array, Array, int]:
    """Places of the cells of births, vertices of deaths, places of essential births, the numbers of these cells, bits below the owner."""
    if morse.dimension == 3:
        births, columns = morse.loops
        deaths = morse.squares[columns] >> 4
    else:
        births, deaths = morse.voids.cells, morse.maxima[morse.voids.younger]
    free = ~morse.components.used
    free[births] = False
    return births, deaths, np.flatnonzero(free), morse.edges, 3


def _dual_loops(morse: Morse) -> tuple[Array, Array, Array, Array, int]:
    """The same where the grid is the dual: what dies there is born, and the other way round."""
    if morse.dimension == 3:
        edges, births = morse.loops
        free = ~morse.voids.used
        free[births] = False
        return births, morse.edges[edges] >> 3, np.flatnonzero(free), morse.squares, 4
    merges = morse.components
    free = ~merges.used & ~morse.voids.used
    return merges.cells, morse.minima[merges.younger], np.flatnonzero(free), morse.edges, 3
