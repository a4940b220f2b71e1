"""CPU time of the inverse analysis: ``python -m tests.benchmarks.bench_inverse [--against homcloud] [--json FILE]``.

Random points, open, of one per unit volume. Times are CPU seconds; the diagram and what is computed once for a structure is not
counted for either side. HomCloud is run by the interpreter that the environment variable HOMCLOUD_PYTHON names (by default this one),
right before and after our own run on the same pairs, without a cutoff, so that the ratio holds on a busy machine.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

HOMCLOUD = """
import json, os, sys, tempfile, time
import numpy as np
import homcloud.interface as hc
n, pairs = int(sys.argv[1]), json.loads(sys.argv[2])
x = np.random.default_rng(0).random((n, 3)) * n ** (1 / 3)
path = os.path.join(tempfile.mkdtemp(), "a.pdgm")
pd = hc.PDList.from_alpha_filtration(x, save_to=path, save_boundary_map=True).dth_diagram(1)
out = []
for birth, death in pairs:
    pair = pd.nearest_pair_to(birth ** 2, death ** 2)
    assert abs(pair.birth_time() - birth ** 2) < 1e-6 and abs(pair.death_time() - death ** 2) < 1e-6
    children = os.times()
    start = time.process_time() + children.children_user + children.children_system  # the solver is a process of its own
    volume = pair.optimal_volume()
    children = os.times()
    out.append((time.process_time() + children.children_user + children.children_system - start, len(volume.cells())))
print(json.dumps(out))
"""


def points(n):
    return np.random.default_rng(0).random((n, 3)) * n ** (1 / 3)


def rings(n, k):
    """CPU seconds of each of the k longest rings of n points, their sizes, and how many are certified."""
    import phwidgets as ph
    from phwidgets.inverse.plan import Plan

    diagram = ph.alpha_persistence(points(n))[1].longest(k)
    plan = Plan.of(diagram)
    plan.volume(k - 1)  # what is computed once
    seconds, volumes = [], []
    for row in range(k):
        start = time.process_time()
        volumes.append(plan.volume(row))
        seconds.append(time.process_time() - start)
    return diagram, np.array(seconds), [v.size for v in volumes], sum(v.certified for v in volumes)


def against_homcloud(n, k):
    """HomCloud's CPU seconds over ours, per pair on average, and how many of the k longest pairs have the same size."""
    diagram, seconds, sizes, _ = rings(n, k)
    pairs = json.dumps(np.column_stack([diagram.birth, diagram.death]).tolist())
    python = os.environ.get("HOMCLOUD_PYTHON", sys.executable)
    done = subprocess.run([python, "-c", HOMCLOUD, str(n), pairs], capture_output=True, text=True)
    if done.returncode:
        print(f"  ({done.stderr.strip().splitlines()[-1]})")
        return None
    theirs = json.loads(done.stdout.splitlines()[-1])
    again = rings(n, k)[1]
    ours = (seconds.sum() + again.sum()) / 2
    same = sum(size == other for size, (_, other) in zip(sizes, theirs, strict=True))
    return {
        "cpu": sum(t for t, _ in theirs),
        "ours": ours,
        "ratio": sum(t for t, _ in theirs) / ours,
        "same size": same,
        "sizes": [s for _, s in theirs],
    }


def at_once(n):
    """CPU seconds of all components, all cavities and the matrix A of birth and death simplices, once the diagrams exist.

    The first time includes what is kept afterwards (the merge tree laid out); "again" is a second diagram of the same structure.
    """
    import phwidgets as ph
    from phwidgets.inverse.plan import Plan

    def branches(diagram):
        return Plan.of(diagram).branches

    def seconds(job):
        start = time.process_time()
        job()
        return time.process_time() - start

    small = ph.alpha_persistence(points(100))  # loads the kernels
    for k in (0, 2):
        branches(small[k])
    dgms = ph.alpha_persistence(points(n))
    times = {}
    for name, k in (("components", 0), ("cavities", 2)):
        times[f"all {len(dgms[k])} {name}"] = seconds(lambda k=k: branches(dgms[k]))
        times[f"{name} again"] = min(seconds(lambda k=k: branches(dgms[k].finite)) for _ in range(5))
    times["A of 20,000 pairs"] = min(seconds(lambda: ph.incidence(dgms[1].subset(dgms[1].pair_id[:20_000]))) for _ in range(5))
    times["A of all cavities"] = min(seconds(lambda: ph.incidence(ph.optimal_volumes(dgms[2].finite))) for _ in range(3))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="*", type=int, default=[1_000, 10_000])
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=100_000, metavar="N", help="points for components, cavities and A; 0: none")
    parser.add_argument("--against", nargs="*", choices=["homcloud"], default=[])
    parser.add_argument("--homcloud-pairs", type=int, default=20)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    result = {}
    for n in options.sizes:
        _, seconds, sizes, certified = rings(n, options.pairs)
        result[n] = {"seconds": seconds.tolist(), "sizes": sizes, "certified": certified}
        slowest = ", ".join(f"{seconds[i]:.2f} ({sizes[i]} triangles)" for i in np.argsort(-seconds)[:6])
        print(
            f"{n} points, {options.pairs} longest rings: {seconds.sum():.2f} CPU s, median {np.median(seconds):.4f}, {certified} certified"
        )
        print(f"  slowest: {slowest}", flush=True)
    for _ in options.against:
        row = against_homcloud(1_000, options.homcloud_pairs)
        if row:
            result["homcloud"] = row
            print(
                f"1,000 points, {options.homcloud_pairs} longest, HomCloud without cutoff: {row['cpu']:.2f} CPU s, "
                f"{row['ratio']:.0f} times ours; same size {row['same size']}"
            )
    if options.at_once:
        result["at once"] = at_once(options.at_once)
        print(f"{options.at_once} points: " + ", ".join(f"{name} {value:.3f} s" for name, value in result["at once"].items()))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
