"""What is drawn of a structure and where: text for NGL, sizes and colours of balls, edges of the cell. No widget in here."""

from functools import lru_cache
from itertools import product

import numpy as np
from scipy.spatial import cKDTree

from phwidgets.structure import element_of_label
from phwidgets.widgets.structure_nglview import nglview

UNKNOWN_COLOR = (0.6, 0.6, 0.6)
_LIGHTEST = 0.82  # luminance; white hydrogen would vanish on a white page
_ATOMS_PER_RESIDUE = 5000  # NGL counts the atoms of a residue in 16 bits


class ExactStructure(nglview.Structure):
    """Minimal mmCIF text of atoms in the caller's own frame: no rotation, 5 decimals, any number of atoms, no cell and no bonds.

    ``nglview.ASEStructure`` writes PDB instead: the cell is turned, 3 decimals are kept and serial numbers wrap at 99,999.

    Parameters
    ----------
    positions : (n, 3) array
        Å.
    elements : sequence of n str or None
        Chemical symbols; None is written as X. Labels from a file must not come here, CIF syntax would apply to them.
    """

    def __init__(self, positions, elements):
        super().__init__()
        self.ext, self.params = "cif", {}
        self._positions, self._elements = positions, elements

    def get_structure_string(self):
        """Return the mmCIF text; nglview calls this once, when the view is made."""
        fields = "id type_symbol label_atom_id label_comp_id label_asym_id auth_asym_id auth_seq_id Cartn_x Cartn_y Cartn_z"
        head = ["data_atoms", "loop_", "_chem_comp.id", "_chem_comp.type", "UNK non-polymer", "#", "loop_"]
        head += [f"_atom_site.{field}" for field in fields.split()]
        symbols = ["X" if e is None else e for e in self._elements]
        body = [
            f"{i + 1} {s} {s} UNK A A {i // _ATOMS_PER_RESIDUE + 1} {x:.5f} {y:.5f} {z:.5f}"
            for i, (s, (x, y, z)) in enumerate(zip(symbols, self._positions.tolist(), strict=True))
        ]
        return "\n".join([*head, *body]) + "\n#\n"


def in_space(array):
    """Copy of an array (..., 2) or (..., 3) as (..., 3) float64: plane coordinates lie at z = 0."""
    array = np.asarray(array, float)
    if array.shape[-1] == 2:
        return np.concatenate([array, np.zeros((*array.shape[:-1], 1))], axis=-1)
    return array.copy()


@lru_cache(maxsize=4096)
def element_of(label):
    """Chemical symbol of a label such as ``"Si"`` or ``"O2"``, None where there is none."""
    from ase.data import atomic_numbers

    element = label if label in atomic_numbers else element_of_label(label)
    return element if atomic_numbers.get(element, 0) > 0 else None


def covalent_radii(elements):
    """(n,) covalent radii in Å, 0 without an element."""
    from ase.data import atomic_numbers, covalent_radii

    return np.array([0.0 if e is None else covalent_radii[atomic_numbers[e]] for e in elements])


def ball_radii(elements, positions):
    """(n,) radii of the balls in Å: growing with the covalent radius, never more than half the way to the neighbour.

    Without an element a quarter of the usual distance between neighbours is taken, so that points in any unit can be told apart.
    """
    spacing = _spacing(positions)
    covalent = covalent_radii(elements)
    radii = np.where(covalent > 0, 0.16 + 0.26 * covalent, 0.25 * spacing)
    return np.minimum(radii, 0.48 * spacing)


def _spacing(positions):
    """Median distance to the nearest neighbour, 2 Å where there is none."""
    tree = cKDTree(positions)
    some = positions[:: max(1, len(positions) // 2000)]
    nearest = tree.query(some, k=2)[0][:, 1]
    nearest = nearest[np.isfinite(nearest) & (nearest > 0)]
    return float(np.median(nearest)) if len(nearest) else 2.0


def element_colors(elements):
    """(n, 3) colours in 0..1: those of Jmol, darkened where they would not show on white, grey without an element."""
    from ase.data import atomic_numbers
    from ase.data.colors import jmol_colors

    colors = np.array([UNKNOWN_COLOR if e is None else jmol_colors[atomic_numbers[e]] for e in elements], float)
    luminance = colors @ [0.2126, 0.7152, 0.0722]
    return colors * np.minimum(1, _LIGHTEST / np.maximum(luminance, 1e-9))[:, None]


def rgb(color):
    """Colour or colours as floats in 0..1: a CSS name or hex string, a sequence of them, or an array (3,) or (n, 3)."""
    from matplotlib.colors import to_rgb

    if isinstance(color, str):
        return np.array(to_rgb(color))
    if len(color) and isinstance(color[0], str):
        return np.array([to_rgb(c) for c in color])
    array = np.asarray(color, float)
    if array.shape[-1:] != (3,) or array.ndim > 2 or not ((array >= 0) & (array <= 1)).all():
        raise ValueError("A colour is a CSS string or three numbers from 0 to 1; several colours are one row each.")
    return array


def cell_axes(cell, pbc):
    """(k, 3) lattice vectors worth drawing and their names: the periodic ones, or all of an open box."""
    if cell is None:
        return np.zeros((0, 3)), ""
    vectors = in_space(cell)
    drawn = np.asarray(pbc, bool) if any(pbc) else np.linalg.norm(vectors, axis=1) > 0
    return vectors[drawn], "".join(name for name, yes in zip("abc", drawn, strict=False) if yes)


def cell_edges(vectors):
    """(k 2^(k-1), 2, 3) edges of the box spanned by k vectors from the origin: 12, 4 or 1."""
    k = len(vectors)
    edges = []
    for axis in range(k):
        for corner in product((0, 1), repeat=k):
            if corner[axis] == 0:
                start = np.array(corner, float) @ vectors
                edges.append((start, start + vectors[axis]))
    return np.array(edges).reshape(-1, 2, 3)


def whole_scene(positions, radii, corners):
    """Where a camera has to be to see everything: middle, half width and height as seen after turning, radius, and the angles.

    A box is turned by a few degrees, so that it looks like one; a plane is seen from above.
    """
    turn, tilt = (-20, 12) if np.ptp(positions[:, 2]) > 0 else (0, 0)
    reach = radii[:, None]
    points = np.concatenate([positions - reach, positions + reach, corners])
    low, high = points.min(axis=0), points.max(axis=0)
    center = (low + high) / 2
    sin, cos = np.sin(np.radians((turn, tilt))), np.cos(np.radians((turn, tilt)))
    about_y = np.array([[cos[0], 0, sin[0]], [0, 1, 0], [-sin[0], 0, cos[0]]])
    about_x = np.array([[1, 0, 0], [0, cos[1], sin[1]], [0, -sin[1], cos[1]]])  # the camera stands on the other side of z
    seen = (points - center) @ (about_x @ about_y).T
    half = np.abs(seen[:, :2]).max(axis=0)
    radius = np.linalg.norm(points - center, axis=1).max()
    return {"center": center.tolist(), "half": half.tolist(), "radius": float(radius), "turn": turn, "tilt": tilt}
