"""Many frames: ``python -m tests.benchmarks.bench_batch [frames] [dask] [memory] [--frames N] [--json FILE]``.

frames: N frames (1,000) of 1,000 atoms, periodic, PD0 to PD2, read from an extended XYZ file and computed serially and in two threads;
seconds by the clock and of the processor (all threads). dask: 200 frames of 5,000 atoms on a local cluster of one and of two workers.
memory: resident memory while 1,000 and 10,000 frames of 60 atoms pass through. On a busy machine only seconds of the processor and ratios
within one run mean something.
"""

import argparse
import json
import os
import resource
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import phwidgets as ph
from phwidgets.batch import compute_many
from phwidgets.readers.trajectory import read_trajectory


def write_frames(path, frames, atoms):
    """A periodic random walk as extended XYZ, at the density of silica."""
    rng = np.random.default_rng(0)
    edge = (atoms / 0.066) ** (1 / 3)
    x = rng.random((atoms, 3)) * edge
    head = f'{atoms}\nLattice="{edge} 0 0 0 {edge} 0 0 0 {edge}" Properties=species:S:1:pos:R:3 pbc="T T T"\n'
    with path.open("w") as file:
        for _ in range(frames):
            x = (x + rng.normal(scale=0.1, size=x.shape)) % edge
            file.write(head + "".join(f"O {a:.5f} {b:.5f} {c:.5f}\n" for a, b, c in x.tolist()))
    return path


def count(s):
    """Numbers of pairs in degrees 0 to 2."""
    dgms = ph.alpha_persistence(s, degrees=[0, 1, 2])
    return [len(dgms[k]) for k in range(3)]


def timed(**options):
    """The result, and seconds by the clock and of this process's threads."""
    wall, used = time.perf_counter(), time.process_time()
    many = compute_many(count, progress=False, **options)
    return many, time.perf_counter() - wall, time.process_time() - used


def bench_frames(folder, frames):
    """Serial against two threads."""
    wall = time.perf_counter()
    trajectory = read_trajectory(write_frames(folder / "run.xyz", frames, 1000))
    start = time.perf_counter()
    trajectory = read_trajectory(folder / "run.xyz")
    found = {"index s": time.perf_counter() - start, "megabytes": (folder / "run.xyz").stat().st_size / 1e6}
    count(trajectory[0])
    start = time.process_time()
    for i in range(min(50, frames)):
        trajectory[i]
    found["read ms per frame"] = (time.process_time() - start) / min(50, frames) * 1e3
    results = {}
    for how, workers in (("serial", 1), ("threads", 2), ("auto", 2)):
        many, wall, used = timed(inputs=trajectory, how=how, workers=workers)
        results[how] = list(many)
        found[how] = {"wall s": wall, "cpu s": used, "how": many.how}
    assert results["serial"] == results["threads"] == results["auto"]
    return found


def bench_dask(folder, frames):
    """One worker against two."""
    from distributed import Client, LocalCluster

    trajectory = read_trajectory(write_frames(folder / "large.xyz", frames, 5000))
    found = {}
    for workers in (1, 2):
        with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
            client.run(count, trajectory[0])  # compiled code is loaded
            _, wall, _ = timed(inputs=trajectory, client=client)
            found[f"{workers} workers, wall s"] = wall
    found["times as fast"] = found["1 workers, wall s"] / found["2 workers, wall s"]
    return found


def resident():
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def bench_memory(folder):
    """Highest resident memory beyond that at the start, by number of frames."""
    found = {}
    compute_many(count, read_trajectory(write_frames(folder / "0.xyz", 50, 60)), how="threads", workers=2, progress=False)
    for frames in (1_000, 10_000):
        trajectory = read_trajectory(write_frames(folder / f"{frames}.xyz", frames, 60))
        before, peak, done = resident(), [0], threading.Event()

        def watch(peak=peak, done=done):
            while not done.wait(0.02):
                peak[0] = max(peak[0], resident())

        watcher = threading.Thread(target=watch)
        watcher.start()
        compute_many(count, trajectory, how="threads", workers=2, progress=False)
        done.set()
        watcher.join()
        found[f"{frames} frames, MB more"] = (peak[0] - before) / 1e6
    return found


def main():
    """Run what is asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["frames", "dask", "memory"], help="frames, dask, memory")
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--dask-frames", type=int, default=200)
    parser.add_argument("--json")
    args = parser.parse_args()
    found = {"load": os.getloadavg()[0], "processors": os.cpu_count()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "frames" in args.what:
            found["frames"] = bench_frames(folder, args.frames)
        if "memory" in args.what:
            found["memory"] = bench_memory(folder)
        if "dask" in args.what:
            found["dask"] = bench_dask(folder, args.dask_frames)
    text = json.dumps(found, indent=2)
    print(text)
    if args.json:
        Path(args.json).write_text(text + "\n")


if __name__ == "__main__":
    main()
