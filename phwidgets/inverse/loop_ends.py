"""Between which neighbours of its birth sample the loop of a pair runs.

When a sample appears, what is there already around it falls into parts. Each part more than the first makes a loop, or joins two
components, and one critical cell of the gradient says which. Neighbours of a sample are numbered as in ``cubical_pairs.STEPS``; sets of
them are bit masks.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..persistence.cubical_pairs import STEPS, Morse
from ..persistence.cubical_stars import CRITICAL_TOP, SQUARES, stars

Array = NDArray[Any]

ROWS = 1 << 14  # pairs looked at together
_STEPS = [tuple(int(i) for i in step) for step in STEPS]
_TOUCHING = [sum(1 << j for j, b in enumerate(_STEPS) if max(abs(p - q) for p, q in zip(a, b, strict=True)) <= 1) for a in _STEPS]
_SIGNS = [tuple(1 if corner & bit else -1 for bit in (4, 2, 1)) for corner in range(8)]
_AT_CORNER = [sum(1 << j for j, a in enumerate(_STEPS) if all(p in (0, s) for p, s in zip(a, signs, strict=True))) for signs in _SIGNS]


class Ends(NamedTuple):
    """A loop through ``owner`` leaves it to a neighbour in ``start`` and comes back from one in ``goal``, at worst in ``other``."""

    owner: int
    start: int
    goal: int
    other: int = 0


def vertex_ends(morse: Morse, edges: Array) -> list[Ends]:
    """Of loops that are born with these edges: along the edge to the owner's neighbour, and back along one that precedes it."""
    directions, out = stars().edge_at[morse.state[edges >> 3]].tolist(), []
    for edge, around in zip(edges.tolist(), directions, strict=True):
        rank = edge & 7
        out.append(Ends(edge >> 3, 1 << around[rank], sum(1 << d for d in around[:rank])))
    return out


def cell_ends(morse: Morse, cells: Array) -> list[Ends]:
    """Of loops in the cell construction, whose birth edges are given by their duals (squares, in flat images edges).

    Samples touch across corners there, and those around the owner that do not touch each other are parts. The owner's critical edges
    join these one after the other, as a tree, since a closed voxel has no hole of its own: the loop runs from one side of its own edge
    to the other one. Where these do not hang together by other samples, it may end at any other part.

    All is told in the grid of the dual, in which what appears first is last.
    """
    owners, out = cells >> (3 if morse.dimension == 2 else 4), []
    for low in range(0, len(cells), ROWS):
        rows = slice(low, low + ROWS)
        for cell, owner, around in zip(cells[rows].tolist(), owners[rows].tolist(), _before(morse, owners[rows]).tolist(), strict=True):
            parts = _parts(around)
            sides = parts if len(parts) == 2 else _sides(morse, cell, owner, around)
            out.append(Ends(owner, *sides, around & ~(sides[0] | sides[1])) if len(sides) == 2 else Ends(owner, 0, 0))
    return out


def _before(morse: Morse, owners: Array) -> Array:
    """Which neighbours (n,) of vertices of the dual are later than these, and so appear before them."""
    grid, flat = morse.levels.grid, morse.levels.flat
    place = np.stack(np.unravel_index(owners, tuple(grid[:3])), axis=1)[:, None] + STEPS
    wrapped = place % grid[:3]
    outside = ((place != wrapped) & (grid[6:9] == 0)).any(axis=2)
    there = np.ravel_multi_index(tuple(np.moveaxis(wrapped, 2, 0)), tuple(grid[:3]))
    own, level = flat[owners][:, None], flat[there]
    later = ((level > own) | ((level == own) & (there > owners[:, None]))) & ~outside
    return np.asarray((later.astype(np.int64) << np.arange(len(STEPS))).sum(axis=1))


@cache
def _parts(around: int) -> tuple[int, ...]:
    """The parts into which neighbours fall that touch each other."""
    out = []
    while around:
        part = _grown(around & -around, around)
        out.append(part)
        around &= ~part
    return tuple(out)


def _grown(part: int, around: int) -> int:
    """All of ``around`` that hangs together with ``part``."""
    new = part
    while new:
        k = new.bit_length() - 1
        more = _TOUCHING[k] & around & ~part
        part |= more
        new = new & ~(1 << k) | more
    return part


def _sides(morse: Morse, cell: int, owner: int, around: int) -> tuple[int, ...]:
    """The neighbours on both sides of a critical edge, and what the owner's critical edges before it join to them; () if there are none."""
    t, s, flat = stars(), int(morse.state[owner]), morse.dimension == 2
    exits = (t.exit2 if flat else t.exit3)[s].tolist()
    own, joins = cell & (7 if flat else 15), []
    for k in range(own, 6 if flat else 12):  # what is last among the dual's cells is the first here
        q = int(t.edge_at[s, k]) if flat else k
        if q < 0 or not int((t.critical_edges if flat else t.critical_squares)[s]) >> q & 1:
            continue
        directions = (q,) if flat else SQUARES[q].tolist()
        corner = sum(4 >> (d >> 1) for d in directions if d & 1)
        along = (3 if flat else 7) & ~sum(4 >> (d >> 1) for d in directions)
        joins.append([_grown(_reached(c, exits, around), around) for c in (corner, corner | along)])
    if not all(all(ends) for ends in joins):
        return ()
    (one, other), joins = joins[0], joins[1:]
    for _ in joins:
        for a, b in joins:
            one |= (a | b) if one & (a | b) else 0
            other |= (a | b) if other & (a | b) else 0
    return () if one & other else (one, other)


def _reached(corner: int, exits: list[int], around: int) -> int:
    """The neighbours at the corner to which the gradient leads from another one; 0 if it ends within the voxel."""
    while (axis := exits[corner]) >= 0:
        if axis == CRITICAL_TOP:
            return 0
        corner ^= 4 >> axis
    return _AT_CORNER[corner] & around
