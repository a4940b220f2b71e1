"""Measure the bundled silica samples: density, coordination, distances and angles, as the docstring of ``phwidgets.sample`` states them.

    python check_silica.py                    # the bundled files
    python check_silica.py a.xyz b.xyz        # other files of SiO2

Bonds are Si-O pairs up to 2.4 angstrom, about the first minimum of their pair distribution in the melt; in the glass every limit from
1.9 to 2.4 finds the same bonds. A distance is the maximum of the first peak of the pair distribution, smoothed with a Gaussian of
0.05 angstrom.
"""

import sys

import numpy as np
from ase.neighborlist import neighbor_list

import phwidgets as ph

BOND = 2.4  # angstrom
SMOOTHING = 0.05  # angstrom
PEAKS = {"Si-O": (1.3, 2.2), "O-O": (2.2, 3.3), "Si-Si": (2.6, 3.7)}  # where the first peaks are looked for, angstrom
NAMES = ("silica-glass", "silica-melt", "cristobalite")


def first_peak(distances, low, high):
    """Position of the maximum of the smoothed pair distribution between `low` and `high`, in angstrom."""
    r = np.arange(low, high, 0.002)
    near = distances[(distances > low - 1) & (distances < high + 1)]
    density = np.exp(-0.5 * ((r[:, None] - near) / SMOOTHING) ** 2).sum(axis=1) / r**2
    return r[density.argmax()]


def angles(centres, vectors, kinds, kind):
    """All angles in degrees between two bonds of one atom, for the atoms of species `kind`."""
    found = []
    for atom in np.flatnonzero(kinds == kind):
        bonds = vectors[centres == atom]
        units = bonds / np.linalg.norm(bonds, axis=1, keepdims=True)
        cosines = (units @ units.T)[np.triu_indices(len(units), 1)]
        found.append(np.degrees(np.arccos(np.clip(cosines, -1, 1))))
    return np.concatenate(found)


def measure(structure):
    """Text of each quantity that the docstring states, in its order; `structure` is periodic SiO2."""
    kinds = structure.species
    i, j, distances, vectors = neighbor_list("ijdD", structure.to_ase(), max(high for _, high in PEAKS.values()) + 4 * SMOOTHING)
    bonded = (kinds[i] != kinds[j]) & (distances < BOND)
    neighbours = np.bincount(i[bonded], minlength=len(kinds))
    silicon, oxygen = kinds == "Si", kinds == "O"
    table = {
        "density (g/cm3)": f"{structure.density:.3f}",
        "Si with four O (%)": f"{100 * np.mean(neighbours[silicon] == 4):.1f}",
        "O with two Si (%)": f"{100 * np.mean(neighbours[oxygen] == 2):.1f}",
        "mean neighbours of O": f"{neighbours[oxygen].mean():.3f}",
    }
    for pair, window in PEAKS.items():
        a, b = pair.split("-")
        table[f"{pair} (Å)"] = f"{first_peak(distances[(kinds[i] == a) & (kinds[j] == b)], *window):.2f}"
    for name, kind in (("O-Si-O", "Si"), ("Si-O-Si", "O")):
        table[f"{name} (°)"] = f"{angles(i[bonded], vectors[bonded], kinds, kind).mean():.1f}"
    return table


def main():
    names = sys.argv[1:] or NAMES
    columns = [measure(ph.read_structure(name) if name not in NAMES else ph.sample(name)) for name in names]
    print(f"{'quantity':<24}", *(f"{name[-16:]:<16}" for name in names))
    for quantity in columns[0]:
        print(f"{quantity:<24}", *(f"{column[quantity]:<16}" for column in columns))


if __name__ == "__main__":
    main()
