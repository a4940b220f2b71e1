"""CPU time of descriptors: ``python -m tests.benchmarks.bench_descriptors [--against gudhi persim] [--json FILE]``.

Times are CPU seconds on one core (start with OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1), the best of a few runs; what is compared runs
in turn, in one process, on the same diagrams, so that ratios hold on a busy machine.
"""

import argparse
import json
import time

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr

DIAGRAMS, RESOLUTION, BANDWIDTHS = 100, 128, (0.02, 0.1, 0.3)
PATCHES, SIZE = 5_000, 128


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
    """Persistence images of all diagrams, for a narrow, a middle and a wide Gaussian; gudhi and persim on a tenth of them."""
    from phwidgets.descriptors.persistence_image import PersistenceImage

    many = some_diagrams()
    result = {"pairs": sum(map(len, many))}
    for bandwidth in BANDWIDTHS:
        pi = PersistenceImage(RESOLUTION, bandwidth).fit(many)
        (low, high), _ = pi.range_
        ours = pi.transform(many)
        exact = [by_definition(pi, pairs) for pairs in many[:10]]
        error = max(np.abs(x - y).max() / y.max() for x, y in zip(ours, exact, strict=False))
        functions = {
            "ours": lambda pi=pi: pi.transform(many),
            "binned": lambda pi=pi: [binned(pi, pairs) for pairs in many],
            "definition": lambda pi=pi: [by_definition(pi, pairs) for pairs in many],
        }
        row = {**best(functions, 5), "error": error}
        part = many[: DIAGRAMS // 10]
        if "gudhi" in against:
            from gudhi.representations import PersistenceImage as Gudhi

            peer = Gudhi(bandwidth=bandwidth, weight=lambda p: p[1], resolution=[RESOLUTION] * 2, im_range=[low, high, 0, high - low])
            row["gudhi"] = 10 * best({"gudhi": lambda peer=peer, part=part: peer.fit_transform(part)}, 1)["gudhi"]
        if "persim" in against:
            from persim import PersistenceImager

            peer = PersistenceImager(
                birth_range=(low, high),
                pers_range=(low, high),
                pixel_size=(high - low) / RESOLUTION,
                kernel_params={"sigma": [[bandwidth**2, 0.0], [0.0, bandwidth**2]]},
            )
            row["persim"] = 10 * best({"persim": lambda peer=peer, part=part: peer.transform(part, skew=False)}, 1)["persim"]
        print(f"bandwidth {bandwidth}: " + ", ".join(f"{name} {value:.3g}" for name, value in row.items()))
        for peer in [name for name in row if name not in ("ours", "error")]:
            print(f"  {peer}: {row[peer] / row['ours']:.1f} times ours")
        result[bandwidth] = row
    return result


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
    """CPU ms of one patch of 128 x 128 with PD0 and PD1 and its vector, and of painting an image."""
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
        start = time.process_time()
        textures = describe_patches(picture, size=SIZE, stride=stride, workers=1, progress=False)
        each = (time.process_time() - start) / len(textures.vectors)
        start = time.process_time()
        segment(textures, marks={(0, 0): 0, (1_023, 1_023): 1})
        paint = time.process_time() - start
        result[name] = {"patches": len(textures.vectors), "each": each, "paint": paint}
        print(f"{len(textures.vectors)} patches of {SIZE}², {name}: {each * 1e3:.2f} ms each, painted from marks in {paint:.2f} s")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", nargs="*", choices=["gudhi", "persim"], default=[])
    parser.add_argument("--patches", type=int, default=PATCHES)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    result = {"images": images(options.against), "way back": way_back(), "patches": patches(options.patches)}
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
