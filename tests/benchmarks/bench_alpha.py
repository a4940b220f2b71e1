"""CPU time and memory of alpha_persistence: ``python -m tests.benchmarks.bench_alpha [--against homcloud gudhi] [--json FILE]``.

Times are CPU seconds, the best of a few runs; what is compared runs in turn, in one process, on the same points, so that ratios hold on
a busy machine. Peak memory is that of a process of its own, less that of the same process before the computation. HomCloud is run by the
interpreter that the environment variable HOMCLOUD_PYTHON names (by default this one).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

SKEW = np.array([[1, 0, 0], [0.3, 1, 0], [0.2, 0.4, 1]])
KINDS = ("open", "periodic", "triclinic")
REPEATS = {1_000: 100, 10_000: 30}

MEASURE = """
import resource, sys, threading, time
{setup}
def now():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
before, peak, done = now(), [0], threading.Event()
def watch():
    while not done.wait(0.005):
        peak[0] = max(peak[0], now())
watcher = threading.Thread(target=watch, daemon=True)  # a failure ends the process
watcher.start()
used = []
for _ in range({repeats}):
    start = time.process_time()
    {run}
    used.append(time.process_time() - start)
done.set()
watcher.join()
print(min(used), max(peak[0], now()) - before)
"""
POINTS = """
import numpy as np
n, kind = {n}, {kind!r}
edge = n ** (1 / 3)
x = np.random.default_rng(0).random((n, 3)) * edge
cell = np.array([[1, 0, 0], [0.3, 1, 0], [0.2, 0.4, 1]]) * edge if kind == "triclinic" else np.eye(3) * edge
"""
OURS = (
    "import phwidgets as ph; ph.alpha_persistence(x[:100])\ns = ph.Structure(x, cell=None if kind == 'open' else cell)",
    "ph.alpha_persistence(s)",
)
HOMCLOUD = (
    "import homcloud.interface as hc, tempfile, os\npath = os.path.join(tempfile.mkdtemp(), 'a.pdgm')\n"
    "periodicity = None if kind == 'open' else [(0.0, edge)] * 3",
    "pds = hc.PDList.from_alpha_filtration(x, save_to=path, save_boundary_map=False, periodicity=periodicity); "
    "[(d.births, d.deaths) for d in (pds.dth_diagram(k) for k in (0, 1, 2))]",
)
GUDHI = (
    "import gudhi",
    "tree = gudhi.AlphaComplex(points=x).create_simplex_tree(); tree.compute_persistence(); tree.persistence_pairs()",
)


def in_process(code, n, kind, python=sys.executable):
    """CPU seconds, the best of a few, and peak bytes of a computation in a process of its own; None where it fails."""
    setup, run = code
    script = MEASURE.format(setup=POINTS.format(n=n, kind=kind) + setup, run=run, repeats=3 if n <= 10_000 else 1)
    done = subprocess.run([python, "-c", script], capture_output=True, text=True)
    if done.returncode:
        print(f"  ({done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'killed'})")
        return None
    return tuple(float(v) for v in done.stdout.split()[-2:])


def best(functions, repeats):
    """Least CPU seconds of each function; they take turns."""
    times = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.process_time()
            function()
            times[name].append(time.process_time() - start)
    return {name: min(t) for name, t in times.items()}


def compare(n):
    from scipy.spatial import Delaunay

    import phwidgets as ph

    edge = n ** (1 / 3)
    x = np.random.default_rng(0).random((n, 3)) * edge
    inputs = {"open": ph.Structure(x), "periodic": ph.Structure(x, cell=[edge] * 3), "triclinic": ph.Structure(x, cell=SKEW * edge)}
    functions = {"delaunay": lambda: Delaunay(x)}
    for kind, structure in inputs.items():
        functions[kind] = lambda structure=structure: ph.alpha_persistence(structure)
    ph.alpha_persistence(x[:100])
    return best(functions, REPEATS.get(n, 1))


def threads(n=1_000, frames=96, repeats=6):
    """Throughput of two threads over one, by the clock, each at its best: only true on a quiet machine.

    There are so many frames that it hardly matters which thread is left with the last one.
    """
    import phwidgets as ph

    edge = n ** (1 / 3)
    many = [ph.Structure(np.random.default_rng(i).random((n, 3)) * edge) for i in range(frames)]
    ph.alpha_persistence(many[0])
    clock = {1: [], 2: []}
    for _ in range(repeats):
        for workers in clock:
            with ThreadPoolExecutor(workers) as pool:
                start = time.perf_counter()
                list(pool.map(ph.alpha_persistence, many))
                clock[workers].append(time.perf_counter() - start)
    return min(clock[1]) / min(clock[2])


def compiling():
    """Seconds by the clock, and of CPU in all processes, until a machine that has nothing compiled yet has the kernels."""

    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    with tempfile.TemporaryDirectory() as folder:
        start, before = time.perf_counter(), used()
        command = [sys.executable, "-m", "phwidgets.persistence.warm"]
        subprocess.run(command, env=os.environ | {"NUMBA_CACHE_DIR": folder}, check=True, capture_output=True)
        return time.perf_counter() - start, used() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--against", nargs="*", choices=["homcloud", "gudhi"], default=[])
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    result = {"sizes": {}}
    for n in options.sizes:
        row = {"cpu": compare(n), "memory": {}, "peers": {}}
        cpu = row["cpu"]
        print(f"{n} atoms, CPU s: " + ", ".join(f"{name} {t:.4f}" for name, t in cpu.items()))
        print(f"  open / Delaunay {cpu['open'] / cpu['delaunay']:.2f}, periodic / open {cpu['periodic'] / cpu['open']:.2f}")
        for kind in KINDS:
            alone = in_process(OURS, n, kind)
            if alone:
                row["memory"][kind] = alone[1]
                print(f"  {kind}: peak {alone[1] / 1e6:.0f} MB, {alone[1] / n:.0f} bytes per atom")
        for peer in options.against:
            for kind in ("open", "periodic") if peer == "homcloud" else ("open",):
                python = os.environ.get("HOMCLOUD_PYTHON", sys.executable) if peer == "homcloud" else sys.executable
                theirs, ours = in_process(HOMCLOUD if peer == "homcloud" else GUDHI, n, kind, python), in_process(OURS, n, kind)
                if theirs and ours:
                    row["peers"][f"{peer} {kind}"] = {"cpu": theirs[0], "memory": theirs[1], "ratio": theirs[0] / ours[0]}
                    more = theirs[1] / ours[1]
                    print(f"  {peer} {kind}: {theirs[0]:.3f} s, {theirs[0] / ours[0]:.1f} times ours; memory {more:.1f} times ours")
        result["sizes"][n] = row
    result["two threads"] = threads()
    print(f"two threads: {result['two threads']:.2f} times the throughput of one (1,000 atoms, open; by the clock)")
    result["compiling"] = compiling()
    print("compiling: {:.1f} s by the clock, {:.1f} s of CPU, start of the processes included".format(*result["compiling"]))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
