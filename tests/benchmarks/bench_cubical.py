"""CPU time and memory of images: ``python -m tests.benchmarks.bench_cubical [--against homcloud cripser gudhi] [--json FILE]``.

Times are CPU seconds, of small images the mean of a few runs, with birth and death positions on all sides; each program runs in a
process of its own, one after the other on the same image. Peak memory is that of this process, less that of the same process before the
computation. The others are run by the interpreter that the environment variable HOMCLOUD_PYTHON names (by default this one). Images are
smoothed noise, and white noise; ``--sizes large`` adds 256 and 512 voxels a side, the latter for our memory only. All kernels are compiled
in a process of its own with an empty cache, and patches are timed by the clock, which is only true on a quiet machine. The end says which
targets were met.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from textwrap import indent

import numpy as np

from .bench_alpha import MEASURE

IMAGES = {
    "512² float": ("smooth((512, 512))", 3),
    "2048² float": ("smooth((2048, 2048))", 1),
    "2048² uint8": ("grey(smooth((2048, 2048)))", 1),
    "64³ float": ("smooth((64, 64, 64))", 3),
    "128³ float": ("smooth((128, 128, 128))", 1),
    "128³ uint8": ("grey(smooth((128, 128, 128)))", 1),
    "1024² white noise": ("np.random.default_rng(0).random((1024, 1024))", 1),
    "128³ white noise": ("np.random.default_rng(0).random((128, 128, 128))", 1),
}
LARGE = {
    "256³ float": ("smooth((256, 256, 256))", 1),
    "256³ uint8": ("grey(smooth((256, 256, 256)))", 1),
    "512³ uint8": ("grey(smooth((512, 512, 512), np.float32))", 1),
}
IMAGE = """
import numpy as np
from scipy.ndimage import gaussian_filter
def smooth(shape, kind=np.float64):
    return gaussian_filter(np.random.default_rng(0).standard_normal(shape, dtype=np.float32).astype(kind), 2 if len(shape) == 2 else 1.5)
def grey(a):
    low, high = a.min(), a.max()
    return np.concatenate([((plane - low) / (high - low) * 255).astype(np.uint8)[None] for plane in a])
a = {image}
repeats = {repeats}
"""
OURS = (
    "from phwidgets.persistence.cubical import cubical_persistence\n"
    "[cubical_persistence(np.random.default_rng(0).random((8,) * n)) for n in (2, 3)]",
    "for _ in range(repeats): cubical_persistence(a, construction={construction!r})",
)
PEERS = {
    "homcloud": (
        "import homcloud.interface as hc, tempfile, os\npath = os.path.join(tempfile.mkdtemp(), 'a.pdgm')",
        "for _ in range(repeats):\n"
        "    pds = hc.PDList.from_bitmap_levelset(a, save_to=path)\n"
        "    [(d.births, d.deaths, d.birth_positions, d.death_positions) for d in (pds.dth_diagram(k) for k in range(a.ndim))]",
    ),
    "cripser": ("import cripser", "for _ in range(repeats): cripser.computePH(a.astype(np.float64), maxdim=a.ndim - 1)"),
    "gudhi": (
        "import gudhi",
        "for _ in range(repeats):\n"
        "    c = gudhi.CubicalComplex(vertices=a)\n    c.compute_persistence(2)\n    c.vertices_of_persistence_pairs()",
    ),
}
REGIONS = (
    "from phwidgets.image import Image\nfrom phwidgets.persistence.cubical import cubical_persistence\n"
    "from phwidgets.inverse.regions import image_optimal_volumes\n"
    "small = cubical_persistence(Image(np.random.default_rng(0).random((8,) * a.ndim)))\n"
    "image_optimal_volumes(small[0]).mask(); image_optimal_volumes(small[a.ndim - 1]).mask()\n"
    "dgms = cubical_persistence(Image(a))",
    "for k in (0, a.ndim - 1): image_optimal_volumes(dgms[k])",
)


COMPILE = """
import resource, time
import numpy as np
import phwidgets as ph
from phwidgets.inverse.image_warm import KERNELS as inverse, warm_up_regions
from phwidgets.persistence import _pairing
from phwidgets.persistence.cubical_warm import KERNELS as forward, warm_up_images
from phwidgets.persistence.warm import kernels
cpu, clock = time.process_time(), time.perf_counter()
warm_up_images()
warm_up_regions()
cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
def forms():
    return sum(len(f.overloads) for f in kernels((*forward, *inverse, _pairing)).values())
before = forms()
rng = np.random.default_rng(0)
for shape in ((9, 8), (520, 510), (6, 5, 7)):
    for kind in ("bool", "int8", "uint8", "uint16", "int32", "float16", "float32", "float64", ">f8"):
        a = np.asfortranarray(rng.integers(0, 2 if kind == "bool" else 99, shape).astype(kind))
        for construction in ("vertex", "cell"):
            dgms = ph.cubical_persistence(ph.Image(a), construction=construction)
            ph.optimal_volumes(dgms[0]).mask(), ph.optimal_volumes(dgms[a.ndim - 1]).mask(), ph.shortest_cycles(dgms[1])
print(cpu, clock, forms() - before)
"""
# image, least ratio of HomCloud's and of cripser's time to ours, least ratio of HomCloud's peak memory to ours
RATIOS = dict.fromkeys(("2048² float", "2048² uint8", "128³ float", "128³ uint8", "256³ float", "256³ uint8"), (15, 4, 8))
RATIOS |= dict.fromkeys(("1024² white noise", "128³ white noise"), (None, 2, None))


PATCHES = (128, 256)
QUIET = 1.8  # times the throughput of one thread, of two that never wait for each other


def script(code, name, images, **options):
    """What a process of its own computes."""
    setup, run = code
    image, repeats = images[name]
    run = run.format(**options) if options else run
    return MEASURE.format(setup=IMAGE.format(image=image, repeats=repeats) + setup, run=indent(run, "    ").strip(), repeats=1)


def in_process(code, name, images, python=sys.executable, **options):
    """CPU seconds and peak bytes of one computation in a process of its own; None where it fails."""
    done = subprocess.run([python, "-c", script(code, name, images, **options)], capture_output=True, text=True)
    if done.returncode:
        print(f"  ({done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'killed'})")
        return None
    used, peak = (float(v) for v in done.stdout.split()[-2:])
    return used / images[name][1], peak


def overlays(name, images):
    """Milliseconds by the clock until 1,000 selected pairs of degree 0 are a mask."""
    import phwidgets as ph
    from phwidgets.image import Image

    space = {}
    exec(IMAGE.format(image=images[name][0], repeats=1), space)
    regions = ph.optimal_volumes(ph.cubical_persistence(Image(space["a"]))[0])
    chosen = np.random.default_rng(0).permutation(len(regions))[:1000]
    regions.mask(chosen)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        regions.mask(chosen)
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def compiling():
    """CPU seconds and seconds by the clock to compile every kernel of images, and how many forms other types needed after that."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", COMPILE], capture_output=True, text=True, check=True, env=os.environ | {"NUMBA_CACHE_DIR": folder}
        )
    cpu, clock, more = done.stdout.split()[-3:]
    return float(cpu), float(clock), int(more)


def threads():
    """Throughput of two threads over one, by the clock, the best of several: on patches of an image, and on sorting, which never waits."""
    import phwidgets as ph
    from phwidgets.persistence._pairing import sort_values

    space, rng = {}, np.random.default_rng(0)
    exec(IMAGE.format(image="smooth((2048, 2048))", repeats=1), space)
    jobs = {size: (ph.cubical_persistence, list(ph.patches(space["a"], size=size))) for size in PATCHES}
    jobs["white noise"] = ph.cubical_persistence, [rng.random((128, 128)) for _ in range(128)]
    jobs["sorting"] = sort_values, [rng.random(20_000) for _ in range(200)]
    best = {name: [np.inf, np.inf] for name in jobs}
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(2) as two:
        for _ in range(8):
            for name, (work, many) in jobs.items():
                for k, pool in enumerate((one, two)):
                    start = time.perf_counter()
                    list(pool.map(work, many))
                    best[name][k] = min(best[name][k], time.perf_counter() - start)
    return {str(name): first / second for name, (first, second) in best.items()}


def verdicts(result):
    """(what, figure, target, whether it was met) of all targets that were measured."""
    rows = []

    def at_least(what, figure, target):
        rows.append((what, f"{figure:.1f} times", f"at least {target} times", figure >= target))

    def under(what, figure, target, unit):
        rows.append((what, f"{figure:.3g} {unit}", f"under {target} {unit}", figure < target))

    for name, (homcloud, cripser, memory) in RATIOS.items():
        row = result["images"].get(name, {})
        ours = row.get("vertex")
        for peer, least in (("homcloud", homcloud), ("cripser", cripser)):
            if ours and row.get(peer) and least:
                at_least(f"{name}: time of {peer} over ours", row[peer][0] / ours[0], least)
        if ours and row.get("homcloud") and memory:
            at_least(f"{name}: peak memory of homcloud over ours", row["homcloud"][1] / max(ours[1], 1), memory)
    regions = result["images"].get("128³ float", {}).get("regions")
    if regions:
        under("128³ float: all regions of all pairs", regions[0], 0.5, "s")
        under("128³ float: memory of that", regions[1] / 1e9, 0.3, "GB")
    largest = result["images"].get("512³ uint8", {}).get("vertex")
    if largest:
        under("512³ uint8: extra memory", largest[1] / 1e9, 2, "GB")
    for name in ("2048² float", "128³ float"):
        under(f"{name}: 1,000 pairs become a mask", result[f"overlay {name}"], 50, "ms")
    cpu, _, more = result["compile"]
    under("all kernels compile", cpu, 12, "s")
    under("forms compiled later for other types", more, 1, "")
    two = result["two threads"]
    for name in set(two) - {"sorting"}:
        what = name if name == "white noise" else f"{name}²"
        if two["sorting"] >= QUIET:
            at_least(f"two threads over one, patches of {what}", two[name], 1.7)
        else:
            rows.append((f"two threads over one, patches of {what}", f"{two[name]:.1f} times", "not judged: the machine is busy", None))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", nargs="+", metavar="NAME", help=f"among {', '.join([*IMAGES, *LARGE])}")
    parser.add_argument("--sizes", choices=["usual", "large"], default="usual")
    parser.add_argument("--against", nargs="*", choices=sorted(PEERS), default=[])
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    images = IMAGES | LARGE
    result = {"images": {}}
    for name in options.images or (images if options.sizes == "large" else IMAGES):
        row = result["images"][name] = {}
        for construction in ("vertex", "cell"):
            row[construction] = ours = in_process(OURS, name, images, construction=construction)
            if ours:
                print(f"{name}, {construction}: {ours[0]:.3f} s, {ours[1] / 1e6:.0f} MB")
        row["regions"] = regions = in_process(REGIONS, name, images)
        if regions:
            print(f"  all regions: {regions[0]:.3f} s, {regions[1] / 1e6:.0f} MB")
        for peer in options.against if name != "512³ uint8" else ():
            row[peer] = theirs = in_process(PEERS[peer], name, images, os.environ.get("HOMCLOUD_PYTHON", sys.executable))
            ours = row["vertex"]
            if theirs and ours:
                more = theirs[1] / max(ours[1], 1)
                print(f"  {peer}: {theirs[0]:.3f} s, {theirs[0] / ours[0]:.1f} times ours; {theirs[1] / 1e6:.0f} MB, {more:.1f} times ours")
            sys.stdout.flush()
    for name in ("2048² float", "128³ float"):
        result[f"overlay {name}"] = overlays(name, images)
        print(f"{name}: 1,000 pairs become a mask in {result[f'overlay {name}']:.1f} ms")
    result["compile"] = cpu, clock, more = compiling()
    print(f"all kernels compile in {cpu:.1f} s of CPU time, {clock:.1f} s by the clock; {more} forms more for other types")
    result["two threads"] = two = threads()
    listed = ", ".join(f"{ratio:.2f} on {name + '²' * name.isdigit()}" for name, ratio in two.items())
    print(f"two threads over one, by the clock, patches and what never waits: {listed}")
    for what, figure, target, met in verdicts(result):
        print(f"{'      ' if met is None else 'met   ' if met else 'MISSED'} {what}: {figure} ({target})")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
