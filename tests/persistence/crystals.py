"""Crystals with ideal positions, and the pairs that geometry gives them."""

from dataclasses import dataclass, field

import numpy as np

import phwidgets as ph

r2, r3, r6 = np.sqrt([2, 3, 6])


@dataclass(frozen=True)
class Crystal:
    """Fractional coordinates in a cell, and for N atoms per torus the finite pairs {(birth, death): number(N)} by degree."""

    cell: np.ndarray
    fractional: np.ndarray
    pbc: tuple = (True, True, True)
    pairs: dict = field(default_factory=dict)
    essential: dict = field(default_factory=dict)  # births by degree

    @property
    def positions(self):
        return self.fractional @ self.cell


def crystal(cell, fractional, pbc=(True, True, True), pairs=None, essential=None):
    return Crystal(np.asarray(cell, float), np.asarray(fractional, float), pbc, pairs or {}, essential or {})


def supercell(c, repeats):
    """Structure of (k, k, k) cells."""
    shifts = np.stack(np.meshgrid(*[np.arange(k) for k in repeats], indexing="ij"), -1).reshape(-1, 3)
    x = (c.fractional[None] + shifts[:, None]).reshape(-1, 3) @ c.cell
    return ph.Structure(x, cell=c.cell * np.asarray(repeats)[:, None], pbc=c.pbc)


FCC = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
CENTRES = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
DIAMOND = [[0, 0, 0], [0.25, 0.25, 0.25]]

# Edges of the nearest neighbours are born at d/2; a torus of N atoms with E of them has E - N + 1 classes of degree 1, of which three
# never die. Holes are filled at the circumradii of the Delaunay polytopes; one of the last to be filled is the class of degree 3.
d = 1 / r2
CLOSE_PACKED = {  # per atom 6 edges, 8 triangles, 2 tetrahedra, 1 octahedron
    0: {(0, d / 2): lambda n: n - 1},
    1: {(d / 2, d / r3): lambda n: 5 * n - 2},
    2: {(d / r3, d * r6 / 4): lambda n: 2 * n, (d / r3, d / r2): lambda n: n - 1},
}
CLOSE_PACKED_ESSENTIAL = {0: [0], 1: [d / 2] * 3, 2: [d / r3] * 3, 3: [d / r2]}
CUBES = {0: {(0, 0.5): lambda n: n - 1}, 1: {(0.5, r2 / 2): lambda n: 2 * n - 2}, 2: {(r2 / 2, r3 / 2): lambda n: n - 1}}
CUBES_ESSENTIAL = {0: [0], 1: [0.5] * 3, 2: [r2 / 2] * 3, 3: [r3 / 2]}
BODY_CENTRED = {  # per atom 4 + 3 edges, 12 triangles, 6 tetrahedra
    0: {(0, r3 / 4): lambda n: n - 1},
    1: {(r3 / 4, 3 / (4 * r2)): lambda n: 3 * n - 2, (0.5, 3 / (4 * r2)): lambda n: 3 * n},
    2: {(3 / (4 * r2), np.sqrt(5) / 4): lambda n: 6 * n - 1},
}
BODY_CENTRED_ESSENTIAL = {0: [0], 1: [r3 / 4] * 3, 2: [3 / (4 * r2)] * 3, 3: [np.sqrt(5) / 4]}
FOURFOLD = {  # per atom 2 edges, 2 chair rings (trigonal antiprisms), 1 empty tetrahedron
    0: {(0, r3 / 8): lambda n: n - 1},
    1: {(r3 / 8, 1 / r6): lambda n: n - 2},
    2: {(1 / r6, np.sqrt(11) / 8): lambda n: 2 * n, (1 / r6, r3 / 4): lambda n: n - 1},
}
FOURFOLD_ESSENTIAL = {0: [0], 1: [r3 / 8] * 3, 2: [1 / r6] * 3, 3: [r3 / 4]}
SILICA = {  # n = 3 per Si: 4 edges; planar hexagons of O; one truncated tetrahedron of O
    0: {(0, r3 / 16): lambda n: n - 1},
    1: {(r3 / 16, r2 / 4): lambda n: n // 3 - 2},
    2: {(r2 / 4, np.sqrt(11) / 8): lambda n: n // 3 - 1},
}
SILICA_ESSENTIAL = {0: [0], 1: [r3 / 16] * 3, 2: [r2 / 4] * 3, 3: [np.sqrt(11) / 8]}
HEXAGONS = {0: {(0, 0.5): lambda n: n - 1}, 1: {(0.5, 1): lambda n: n // 2 - 1}, 2: {}}

_bonds = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / 8
_silica = np.concatenate([DIAMOND, _bonds])  # in the cubic cell of edge 1
_quartz_cell = np.array([[4.913, 0, 0], [-4.913 / 2, 4.913 * r3 / 2, 0], [0, 0, 5.405]])
_u, _x, _y, _z = 0.4697, 0.4135, 0.2669, 0.1191
_quartz = [
    [_u, 0, 0], [0, _u, 2 / 3], [-_u, -_u, 1 / 3],
    [_x, _y, _z], [-_y, _x - _y, _z + 2 / 3], [_y - _x, -_x, _z + 1 / 3],
    [_y, _x, -_z], [-_x, _y - _x, 2 / 3 - _z], [_x - _y, -_y, 1 / 3 - _z],
]  # fmt: skip
HEX = np.array([[1, 0, 0], [-0.5, r3 / 2, 0], [0, 0, 1]])

CRYSTALS = {
    "sc": crystal(np.eye(3), [[0, 0, 0]], pairs=CUBES, essential=CUBES_ESSENTIAL),
    "bcc primitive": crystal(
        [[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]], [[0, 0, 0]], (True,) * 3, BODY_CENTRED, BODY_CENTRED_ESSENTIAL
    ),
    "bcc": crystal(np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5]], (True,) * 3, BODY_CENTRED, BODY_CENTRED_ESSENTIAL),
    "fcc primitive": crystal(FCC, [[0, 0, 0]], (True,) * 3, CLOSE_PACKED, CLOSE_PACKED_ESSENTIAL),
    "fcc": crystal(np.eye(3), CENTRES, (True,) * 3, CLOSE_PACKED, CLOSE_PACKED_ESSENTIAL),
    "hcp": crystal(
        d * HEX * [[1], [1], [np.sqrt(8 / 3)]], [[0, 0, 0], [1 / 3, 2 / 3, 0.5]], (True,) * 3, CLOSE_PACKED, CLOSE_PACKED_ESSENTIAL
    ),
    "diamond primitive": crystal(FCC, [[0, 0, 0], [0.25, 0.25, 0.25]], (True,) * 3, FOURFOLD, FOURFOLD_ESSENTIAL),
    "diamond": crystal(np.eye(3), np.concatenate([np.add(CENTRES, s) for s in DIAMOND]), (True,) * 3, FOURFOLD, FOURFOLD_ESSENTIAL),
    "rocksalt": crystal(
        2 * np.eye(3), np.concatenate([np.add(CENTRES, s) for s in ([0, 0, 0], [0.5, 0, 0])]), (True,) * 3, CUBES, CUBES_ESSENTIAL
    ),
    "cristobalite primitive": crystal(FCC, _silica @ np.linalg.inv(FCC), (True,) * 3, SILICA, SILICA_ESSENTIAL),
    "cristobalite": crystal(np.eye(3), np.concatenate([np.add(_silica, s) for s in CENTRES]), (True,) * 3, SILICA, SILICA_ESSENTIAL),
    "quartz": crystal(_quartz_cell, _quartz),
    "graphene": crystal(r3 * HEX, [[0, 0, 0], [1 / 3, 2 / 3, 0]], (True, True, False), HEXAGONS, {0: [0], 1: [0.5] * 2, 2: [1]}),
    "square sheet": crystal(
        np.eye(3),
        [[0, 0, 0]],
        (True, True, False),
        {0: CUBES[0], 1: {(0.5, r2 / 2): lambda n: n - 1}, 2: {}},
        {0: [0], 1: [0.5] * 2, 2: [r2 / 2]},
    ),
    "chain": crystal(np.eye(3), [[0, 0, 0]], (True, False, False), {0: CUBES[0], 1: {}, 2: {}}, {0: [0], 1: [0.5], 2: []}),
}
