"""Which atoms to join by a stick: a drawing aid from covalent radii, not a statement about chemistry."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.spatial import cKDTree

FACTOR = 1.2
"""Two atoms are joined up to this many times the sum of their covalent radii."""

MOST_PER_ATOM = 16
"""More sticks per atom than this, on average, mean that the coordinates are not in Å: none are drawn then."""

_NEAREST = 24  # neighbours looked at per atom; bounds time and memory whatever the input
_MOST_IMAGES = 1_000_000  # atoms and periodic copies searched at most
_IONIC = {"Li", "Na", "K", "Rb", "Cs", "Fr", "Mg", "Ca", "Sr", "Ba", "Ra"}


@dataclass(frozen=True)
class Bonds:
    """Half bonds: from atom ``atom`` along ``vector`` (Å) to a neighbour; each bond appears once from either end.

    Drawing ``x[atom]`` to ``x[atom] + vector / 2`` for all rows gives whole sticks inside a periodic cell and stubs at its border.
    ``note`` says why there are none, where that needs saying, by its key in ``words``.
    """

    atom: np.ndarray
    neighbour: np.ndarray
    vector: np.ndarray
    note: str = ""

    def __len__(self):
        return len(self.atom)


def find_bonds(positions, elements, radii, cell=None, pbc=(False, False, False), factor=FACTOR):
    """Neighbours within ``factor`` times the sum of covalent radii, across periodic borders too.

    Parameters
    ----------
    positions : (n, 3) array
        Å; atoms may lie outside the cell.
    elements : sequence of n str or None
        Chemical symbols. Atoms without an element are not joined to anything: nothing is known of their size.
    radii : (n,) array
        Covalent radii in Å.
    cell : (3, 3) array, optional
        Lattice vectors as rows, of any shape.
    pbc : 3 bool
        Along which lattice vectors to look for neighbours in the next cell.
    factor : float
        See `FACTOR`.

    Returns
    -------
    Bonds
        Sorted by atom. Alkali and alkaline-earth atoms (Li to Fr, Mg to Ra) are not joined to each other when other elements are
        present: their covalent radii are so large that every ionic crystal would be covered by sticks between cations.

    Examples
    --------
    >>> water = [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]
    >>> find_bonds(water, ["O", "H", "H"], [0.66, 0.31, 0.31]).neighbour.tolist()
    [1, 2, 0, 0]
    """
    x = np.asarray(positions, float)
    elements = np.array(["" if e is None else e for e in elements], dtype=str)
    reach = np.where(elements == "", 0.0, np.asarray(radii, float)) * factor
    known = np.flatnonzero(reach > 0)
    if len(known) == 0:
        return _none()
    cutoff = 2 * reach.max()
    images = _images(x[known], cutoff, cell, pbc)
    if images is None:
        return _none("no bonds, small cell")
    home, copies, source = images
    distance, hit = cKDTree(copies).query(home, k=min(_NEAREST, len(copies)), distance_upper_bound=cutoff)
    distance, hit = distance.reshape(len(home), -1), hit.reshape(len(home), -1)
    row, column = np.nonzero(np.isfinite(distance) & (distance > 1e-6))  # an atom is its own nearest copy, at distance 0
    where = hit[row, column]
    i, j = known[row], known[source[where]]
    keep = distance[row, column] <= reach[i] + reach[j]
    ionic = np.isin(elements, list(_IONIC))
    if not ionic[known].all():
        keep &= ~(ionic[i] & ionic[j])
    if keep.sum() > MOST_PER_ATOM * len(known):
        return _none("no bonds, close atoms")
    return Bonds(i[keep], j[keep], (copies[where] - home[row])[keep])


def whole_bonds(bonds, positions):
    """Sticks to draw: one from atom to atom where both are at hand, half a stick where the neighbour is in the next cell.

    Returns
    -------
    start, end : (m, 3) array
        Å.
    first, second : (m,) int array
        The atoms whose colours the two halves of a stick have.
    """
    x, i, j = positions, bonds.atom, bonds.neighbour
    direct = np.abs(x[j] - x[i] - bonds.vector).max(axis=1) < 1e-6
    whole, half = np.flatnonzero(direct & (i < j)), np.flatnonzero(~direct)
    rows = np.concatenate([whole, half])
    end = np.concatenate([x[j[whole]], x[i[half]] + bonds.vector[half] / 2])
    return x[i[rows]], end, i[rows], np.concatenate([j[whole], i[half]])


def _none(note=""):
    return Bonds(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 3)), note)


def _images(x, cutoff, cell, pbc):
    """Return the atoms moved into the cell, all copies within ``cutoff`` of it, the atom of each copy; None if too many."""
    periodic = np.zeros(3, bool) if cell is None else np.asarray(pbc, bool)
    if not periodic.any():
        return x, x, np.arange(len(x))
    cell = np.array(cell, float)
    inverse = np.linalg.inv(cell)
    margin = np.where(periodic, cutoff * np.linalg.norm(inverse, axis=0), np.inf)  # cutoff over the distance of opposite faces
    reach = np.where(periodic, np.ceil(margin), 0)
    if not np.isfinite(reach).all() or np.prod(2 * reach + 1) * len(x) > 27 * _MOST_IMAGES:
        return None
    fraction = x @ inverse
    fraction -= np.floor(fraction) * periodic
    parts, source = [], []
    for shift in product(*(range(-int(k), int(k) + 1) for k in reach)):
        moved = fraction + shift
        near = np.flatnonzero(((moved > -margin) & (moved < 1 + margin)).all(axis=1))
        parts.append(moved[near])
        source.append(near)
    source = np.concatenate(source)
    if len(source) > _MOST_IMAGES:
        return None
    return fraction @ cell, np.concatenate(parts) @ cell, source
