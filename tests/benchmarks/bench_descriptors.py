"""CPU time of descriptors: ``python -m tests.benchmarks.bench_descriptors [--against homcloud gudhi persim] [--json FILE]``.

Times are CPU seconds on one core (linear algebra is kept to one thread), the best of a few runs; what is compared runs in turn on the
same diagrams, so that ratios hold on a busy machine. HomCloud is run by the interpreter that the environment variable HOMCLOUD_PYTHON
names (by default this one), right before and after our own runs. Every time is that of 100 vectors from births and deaths that are in
memory, with all that either side does for a vector; what is made once for a range and a bandwidth is not counted for either side.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # before NumPy is loaded

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr

DIAGRAMS, RESOLUTION = 100, 128
BANDWIDTHS = (0.005, 0.01, 0.02, 0.04, 0.06, 0.1)  # of the range
PATCHES, SIZE = 5_000, 128

HOMCLOUD = """
import sys, time
import numpy as np
import homcloud.interface as hc
from homcloud.pdgm import SimplePDGM
given = np.load(sys.argv[1])
number, (low, high), bandwidths = int(given["number"]), given["range"], given["bandwidths"]
many = [SimplePDGM(1, *given[f"d{i}"].T) for i in range(number)]
seconds, vectors = [], []
for bandwidth in bandwidths:
    spec = hc.PIVectorizeSpec((low, high), int(given["resolution"]), weight=("linear", 1.0), sigma=bandwidth)
    runs = []
    for _ in range(5):
        start = time.process_time()
        made = [spec.vectorize(d) for d in many]
        runs.append(time.process_time() - start)
    seconds.append(min(runs))
    vectors.append(made[: int(given["kept"])])
np.savez(sys.argv[2], seconds=seconds, vectors=vectors)
"""


def best(functions, repeats):
    """Least CPU seconds of each function; they take turns."""
    times = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.process_time()
            function()
            times[name].append(time.process_time() - start)
    return {name: min(t) for name, t in times.items()}


def some_diagrams():
    """100 diagrams of 1,000 to 4,000 pairs, (n, 2) each."""
    rng = np.random.default_rng(0)
    births = [rng.random(n) * 2 for n in rng.integers(1_000, 4_001, DIAGRAMS)]
    return [np.column_stack([b, b + rng.exponential(0.3, len(b))]) for b in births]


def by_definition(pi, pairs):
    """Every Gaussian integrated with SciPy's normal distribution: one exact matrix product without tables."""
    b, d = (
        np.diff(ndtr((edges - x[:, None]) / pi.bandwidth_), axis=1)
        for edges, x in ((pi.birth_edges_, pairs[:, 0]), (pi.death_edges_, pairs[:, 1]))
    )
    return ((b * (pairs[:, 1] - pairs[:, 0])[:, None]).T @ d).ravel()


def images(against):
    """Persistence images of all diagrams, from narrow to wide Gaussians; gudhi and persim on a tenth of the diagrams."""
    from phwidgets.descriptors.persistence_image import PersistenceImage

    many = some_diagrams()
    low, high = (float(f([f(pairs) for pairs in many])) for f in (np.min, np.max))
    bandwidths = [part * (high - low) for part in BANDWIDTHS]
    images = [PersistenceImage(RESOLUTION, bandwidth, range=(low, high)).fit(many) for bandwidth in bandwidths]
    exact = [[by_definition(pi, pairs) for pairs in many[:10]] for pi in images]
    result = {"pairs": sum(map(len, many)), "range": (low, high)}
    homcloud = [by_homcloud(many, (low, high), bandwidths, exact)] if "homcloud" in against else []
    rows = [timed(pi, many, expected, against) for pi, expected in zip(images, exact, strict=True)]
    if homcloud:
        homcloud.append(by_homcloud(many, (low, high), bandwidths, exact))
        for row, before, after in zip(rows, *homcloud, strict=True):
            row["homcloud"], row["homcloud's error"] = min(before[0], after[0]), before[1]
    for part, row in zip(BANDWIDTHS, rows, strict=True):
        print(f"bandwidth {part:.1%} of the range: " + ", ".join(f"{name} {value:.3g}" for name, value in row.items()))
        for peer in [name for name in row if name != "ours" and "error" not in name]:
            print(f"  {peer}: {row[peer] / row['ours']:.1f} times ours")
        result[part] = row
    return result


def timed(pi, many, exact, against):
    """Seconds of ours and of the others in this process, and our error relative to the largest number of a vector."""
    (low, high), _ = pi.range_
    functions = {
        "ours": lambda: pi.transform(many),
        "binned": lambda: [binned(pi, pairs) for pairs in many],
        "definition": lambda: [by_definition(pi, pairs) for pairs in many],
    }
    row = {**best(functions, 5), "error": furthest(pi.transform(many[: len(exact)]), exact)}
    part = many[: DIAGRAMS // 10]
    if "gudhi" in against:
        from gudhi.representations import PersistenceImage as Gudhi

        peer = Gudhi(bandwidth=pi.bandwidth_, weight=lambda p: p[1], resolution=[RESOLUTION] * 2, im_range=[low, high, 0, high - low])
        row["gudhi"] = 10 * best({"gudhi": lambda: peer.fit_transform(part)}, 1)["gudhi"]
    if "persim" in against:
        from persim import PersistenceImager

        peer = PersistenceImager(
            birth_range=(low, high),
            pers_range=(low, high),
            pixel_size=(high - low) / RESOLUTION,
            kernel_params={"sigma": [[pi.bandwidth_**2, 0.0], [0.0, pi.bandwidth_**2]]},
        )
        row["persim"] = 10 * best({"persim": lambda: peer.transform(part, skew=False)}, 1)["persim"]
    return row


def furthest(vectors, exact):
    """Largest error of vectors, relative to the largest number of each."""
    return max(float(np.abs(x - y).max() / y.max()) for x, y in zip(vectors, exact, strict=True))


def by_homcloud(many, span, bandwidths, exact):
    """HomCloud's seconds for each bandwidth, and its error three bandwidths off the border, which it mirrors the diagram at."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = os.path.join(folder, "given.npz"), os.path.join(folder, "found.npz")
        diagrams = {f"d{i}": pairs for i, pairs in enumerate(many)}
        numbers = {"number": len(many), "resolution": RESOLUTION, "kept": len(exact[0])}
        np.savez(given, range=span, bandwidths=bandwidths, **numbers, **diagrams)
        subprocess.run([os.environ.get("HOMCLOUD_PYTHON", sys.executable), "-c", HOMCLOUD, given, found], check=True)
        with np.load(found) as made:
            seconds, vectors = made["seconds"].tolist(), made["vectors"]
    above = np.tril(np.ones((RESOLUTION, RESOLUTION), bool))  # of (death, birth): the bins of its vectors
    rows = []
    for bandwidth, time_used, own, true in zip(bandwidths, seconds, vectors, exact, strict=True):
        border = int(np.ceil(3 * bandwidth / (span[1] - span[0]) * RESOLUTION))
        inner = np.zeros_like(above)
        inner[border:-border, border:-border] = True
        grids = [x.reshape(RESOLUTION, RESOLUTION).T for x in true]
        error = max(np.abs(x - y[above])[inner[above]].max() / y.max() for x, y in zip(own, grids, strict=True))
        rows.append((time_used, float(error)))
    return rows


def binned(pi, pairs):
    """The usual approximation, as HomCloud makes it: a weighted histogram, smoothed on the grid."""
    bins = [pi.birth_edges_, pi.death_edges_]
    counts, _, _ = np.histogram2d(pairs[:, 0], pairs[:, 1], bins=bins, weights=pairs[:, 1] - pairs[:, 0])
    return gaussian_filter(counts, pi.bandwidth_ / np.diff(pi.birth_edges_)[0], mode="constant").ravel()


def way_back():
    """Shares of the pairs of a large diagram and of its atoms."""
    import phwidgets as ph
    from phwidgets.descriptors.explain import explain
    from phwidgets.descriptors.persistence_image import PersistenceImage

    n = 8_000
    d = ph.alpha_persistence(ph.Structure(np.random.default_rng(0).random((n, 3)) * 20, cell=[20.0] * 3))[1]
    pi = PersistenceImage(64).fit([d])
    vector = np.random.default_rng(1).normal(size=64 * 64)
    explain(vector, pi, d)
    row = best({"pairs": lambda: pi.pair_weights(vector, d), "atoms": lambda: explain(vector, pi, d)}, 5)
    print(f"{len(d)} pairs of {n} atoms: shares of pairs {row['pairs'] * 1e3:.1f} ms, of atoms {row['atoms'] * 1e3:.1f} ms")
    return {"pairs": len(d), **row}


def patches(number):
    """CPU seconds of one patch of 128 x 128 with PD0 and PD1 and its vector on one core, what all cores gain, and of painting an image."""
    from phwidgets.descriptors.segmentation import segment
    from phwidgets.descriptors.textures import describe_patches

    noise = np.random.default_rng(0).normal(size=(1_024, 1_024))
    side = round(number**0.5)
    stride = max(1, (1_024 - SIZE) // (side - 1))
    result = {}
    for name, values in (
        ("smooth", gaussian_filter(noise, 1.5)),
        ("grey levels", np.round(40 * gaussian_filter(noise, 1.5) + 128)),
        ("noise", noise),
    ):
        picture = values.astype(np.uint8) if name == "grey levels" else values
        describe_patches(picture[:256, :256], size=SIZE, stride=SIZE, workers=1, progress=False)
        start, wall = time.process_time(), time.perf_counter()
        textures = describe_patches(picture, size=SIZE, stride=stride, workers=1, progress=False)
        each, wall = (time.process_time() - start) / len(textures.vectors), time.perf_counter() - wall
        start = time.perf_counter()
        describe_patches(picture, size=SIZE, stride=stride, progress=False)
        faster = wall / (time.perf_counter() - start)
        start = time.process_time()
        segment(textures, marks={(0, 0): 0, (1_023, 1_023): 1})
        paint = time.process_time() - start
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        result[name] = {"patches": len(textures.vectors), "each": each, "cores": cores, "faster on all cores": faster, "paint": paint}
        said = (
            f"{each * 1e3:.2f} ms each on one core, {faster:.2f} times as fast by the clock on {cores}, painted from marks in {paint:.2f} s"
        )
        print(f"{len(textures.vectors)} patches of {SIZE}², {name}: {said}", flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", nargs="*", choices=["homcloud", "gudhi", "persim"], default=[])
    parser.add_argument("--patches", type=int, default=PATCHES)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    result = {"images": images(options.against), "way back": way_back(), "patches": patches(options.patches)}
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
