"""Lower stars of voxels: every shape one can have, and how its cells are matched.

The cells of a cubical complex whose largest vertex is v form the lower star of v. Around a voxel of a volume its edges, squares and
cubes are the vertices, edges and triangles of an octahedron, so a lower star is one of 15,935 subcomplexes of that octahedron. Each
gets a discrete gradient with as few critical cells as it can have: a spanning forest of its edges, and a collapse of its cubes.

Directions are 0 -z, 1 +z, 2 -y, 3 +y, 4 -x, 5 +x; the opposite one is ``d ^ 1``. Flat images use directions 2 to 5 only.

Robins, Wood and Sheppard, IEEE Trans. Pattern Anal. Mach. Intell. 33, 1646 (2011).
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SQUARES = np.array([(a, b) for a in range(6) for b in range(a + 1, 6) if a // 2 != b // 2], np.int64)
CUBES = np.array([(z, 2 + y, 4 + x) for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.int64)
_SQUARE_OF = {(int(a), int(b)): q for q, pair in enumerate(SQUARES) for a, b in (pair, pair[::-1])}
_CUBE_SQUARES = [[_SQUARE_OF[a, b], _SQUARE_OF[a, c], _SQUARE_OF[b, c]] for a, b, c in CUBES.tolist()]
_SQUARE_CUBES = [[c for c in range(8) if q in _CUBE_SQUARES[c]] for q in range(12)]

# values beside the number of a square (``edge_match``), a direction (``vertex_match``) or an axis (``exit``)
WITH_VERTEX, CRITICAL_EDGE, ABSENT = -1, -2, -3
CRITICAL_TOP = 3


class Stars(NamedTuple):
    """Tables over all S lower stars, which are numbered; a voxel has ``first[vertices, edges] + rank[allowed, cubes]``."""

    squares_of: Array  # (64,) bit mask of the squares that these edges allow
    cubes_of: Array  # (4096,) bit mask of the cubes that these squares allow
    first: Array  # (2**18,) number of the first star with edges << 12 | squares
    rank: Array  # (256, 256) place of a bit mask among those within another one
    edges: Array  # (S,) bit mask of the edges, as directions
    squares: Array  # (S,) bit mask of the squares
    cubes: Array  # (S,) bit mask of the cubes
    vertex_match: Array  # (S,) direction of the edge matched with the vertex, -1 at a minimum
    edge_match: Array  # (S, 6) square matched with the edge, WITH_VERTEX, CRITICAL_EDGE or ABSENT
    edge_rank: Array  # (S, 6) order of the edges within the star
    edge_at: Array  # (S, 6) direction of the edge of this rank, -1 beyond the last
    exit3: Array  # (S, 8) axis along which to leave a cube on its ascending path, CRITICAL_TOP, or -1 where there is no such cube
    exit2: Array  # (S, 4) the same of the squares of flat images
    critical_edges: Array  # (S,) bit mask of directions
    critical_squares: Array  # (S,) bit mask of squares
    critical3: Array  # (S, 4) how many of vertex, edges, squares and cubes are critical; of the cubes at most one is counted
    critical2: Array  # (S, 4) the same in flat images: the vertex, edges, none, and of the squares at most one
    higher3: Array  # (S,) one of the 26 neighbours that is not in the star: 0-5 edges, 6-17 squares, 18-25 cubes; -1 if all are
    higher2: Array  # (S,) the same of the 8 neighbours in flat images


def _bits(mask: Array, number: int) -> Array:
    return np.asarray((mask[None, :] >> np.arange(number)[:, None]) & 1, bool)


def _mask(bits: Array) -> Array:
    return np.asarray((bits.astype(np.int32) << np.arange(len(bits), dtype=np.int32)[:, None]).sum(axis=0, dtype=np.int32))


@cache
def stars() -> Stars:
    """The tables, computed once for each process."""
    squares_of, cubes_of, first, rank, masks = _numbering()
    edges, squares, cubes = (_bits(mask, number) for mask, number in zip(masks, (6, 12, 8), strict=True))
    vertex_match, edge_match, edge_rank, edge_at, tree, exit2 = _spanning_forest(edges, squares)
    exit3, left = _collapse(squares & ~tree, cubes)
    for q in range(12):
        a, b = SQUARES[q]
        if a >= 2:
            exit2[2 * (a - 2) + b - 4, left[q]] = CRITICAL_TOP
    absent = np.concatenate([~edges, ~squares, ~cubes])
    flat = absent.copy()
    flat[[0, 1, *[6 + q for q in range(12) if SQUARES[q, 0] < 2], *range(18, 26)]] = False
    higher = [np.where(some.any(axis=0), some.argmax(axis=0), -1).astype(np.int8) for some in (absent, flat)]
    critical = edge_match == CRITICAL_EDGE
    number = np.stack([vertex_match < 0, critical.sum(axis=1), left.sum(axis=0), (exit3 == CRITICAL_TOP).any(axis=0)], axis=1)
    number2 = number.copy()
    number2[:, 2], number2[:, 3] = 0, (exit2 == CRITICAL_TOP).any(axis=0)
    return Stars(
        squares_of,
        cubes_of,
        first,
        rank,
        *masks,
        vertex_match,
        edge_match,
        edge_rank,
        edge_at,
        np.ascontiguousarray(exit3.T),
        np.ascontiguousarray(exit2.T),
        _mask(critical.T),
        _mask(left),
        number.astype(np.int8),
        number2.astype(np.int8),
        *higher,
    )


def _numbering() -> tuple[Array, Array, Array, Array, tuple[Array, Array, Array]]:
    """How stars are numbered, and the bit masks (S,) of the edges, squares and cubes of each."""
    two, three = np.arange(64), np.arange(4096)
    squares_of, cubes_of = np.zeros(64, np.int32), np.zeros(4096, np.int32)
    for q, (a, b) in enumerate(SQUARES.tolist()):
        squares_of |= (two >> a & two >> b & 1) << q
    for c, (p, q, r) in enumerate(_CUBE_SQUARES):
        cubes_of |= (three >> p & three >> q & three >> r & 1) << c
    within = [np.flatnonzero((np.arange(256) & mask) == np.arange(256)) for mask in range(256)]
    rank = np.zeros((256, 256), np.uint8)
    for mask, subsets in enumerate(within):
        rank[mask, subsets] = np.arange(len(subsets))
    edges, squares = np.nonzero((three[None, :] & squares_of[:, None]) == three[None, :])
    numbers = np.array([len(within[mask]) for mask in cubes_of[squares]])
    first = np.zeros(1 << 18, np.int32)
    first[edges << 12 | squares] = np.cumsum(numbers) - numbers
    cubes = np.concatenate([within[mask] for mask in cubes_of[squares]])
    masks = tuple(mask.astype(np.int32) for mask in (np.repeat(edges, numbers), np.repeat(squares, numbers), cubes))
    return squares_of, cubes_of, first, rank, masks  # type: ignore[return-value]


def _spanning_forest(edges: Array, squares: Array) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Match edges with squares along spanning trees of the octahedron's vertices (6, S), which grow one edge at a time."""
    n = edges.shape[1]
    column = np.arange(n)
    seen, tree = np.zeros((6, n), bool), np.zeros((12, n), bool)
    vertex_match = np.full(n, -1, np.int8)
    edge_match, edge_rank, edge_at = np.full((n, 6), ABSENT, np.int8), np.zeros((n, 6), np.int8), np.full((n, 6), -1, np.int8)
    exit2 = np.full((4, n), -1, np.int8)
    for rank in range(6):
        chosen, through = np.full(n, -1), np.full(n, -1)
        for b in range(5, -1, -1):
            chosen[edges[b] & ~seen[b]] = b  # the root of a new tree, unless an old one can grow
        for (a, b), q in _SQUARE_OF.items():
            grows = edges[b] & ~seen[b] & seen[a] & squares[q]
            chosen[grows], through[grows] = b, q
        some = np.flatnonzero(chosen >= 0)
        new, square = chosen[some], through[some]
        root = square < 0
        match = np.where(root, CRITICAL_EDGE if rank else WITH_VERTEX, square)
        if rank == 0:
            vertex_match[some] = new
        edge_match[some, new], edge_rank[some, new], edge_at[some, rank] = match, rank, new
        seen[new, some] = True
        tree[square[~root], some[~root]] = True
        for q in range(12):
            a, b = SQUARES[q]
            if a >= 2:  # the ascending path leaves the square across the edge matched with it
                matched = through == q
                exit2[2 * (a - 2) + b - 4, matched] = np.where(chosen[matched] == a, b, a) // 2
    assert (edge_at[column, 0] == vertex_match).all()
    return vertex_match, edge_match, edge_rank, edge_at, tree, exit2


def _collapse(squares: Array, cubes: Array) -> tuple[Array, Array]:
    """Match cubes (8, S) with ``squares`` (12, S) from the outside in; the axes (8, S) to leave them, and the squares that stay."""
    squares, cubes = squares.copy(), cubes.copy()
    exit3 = np.full(cubes.shape, -1, np.int8)
    while cubes.any():
        before = int(cubes.sum())
        for c, own in enumerate(_CUBE_SQUARES):
            for q in own:
                other = sum(_SQUARE_CUBES[q]) - c
                free = cubes[c] & squares[q] & ~cubes[other]
                exit3[c, free] = 3 - SQUARES[q, 0] // 2 - SQUARES[q, 1] // 2
                squares[q, free], cubes[c, free] = False, False
        if int(cubes.sum()) == before:  # whole spheres: each has one critical cube
            whole = np.flatnonzero(cubes.any(axis=0))
            c = cubes[:, whole].argmax(axis=0)
            exit3[c, whole], cubes[c, whole] = CRITICAL_TOP, False
    return exit3, squares
