"""CPU time and memory of images: ``python -m tests.benchmarks.bench_cubical [--against homcloud cripser gudhi] [--json FILE]``.

Times are CPU seconds, of small images the best of a few runs, with birth and death positions on all sides; each program runs in a
process of its own, one after the other on the same image. Peak memory is that of this process, less that of the same process before the
computation. HomCloud is run by the interpreter that the environment variable HOMCLOUD_PYTHON names (by default this one). Images are
smoothed noise, and white noise; ``--sizes large`` adds 256 and 512 voxels a side.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

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


def in_process(code, name, images, python=sys.executable, **options):
    """CPU seconds and peak bytes of one computation in a process of its own; None where it fails."""
    image, repeats = images[name]
    setup, run = code
    script = MEASURE.format(setup=IMAGE.format(image=image, repeats=repeats) + setup, run=run.format(**options) if options else run)
    done = subprocess.run([python, "-c", script], capture_output=True, text=True)
    if done.returncode:
        print(f"  ({done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'killed'})")
        return None
    used, peak = (float(v) for v in done.stdout.split()[-2:])
    return used / repeats, peak


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


def threads(size=128, number=256):
    """Throughput of two threads over one on patches, by the clock: only true on a quiet machine."""
    from phwidgets.persistence.cubical import cubical_persistence

    many = [np.random.default_rng(i).random((size, size)) for i in range(number)]
    cubical_persistence(many[0])
    clock = []
    for workers in (1, 2):
        with ThreadPoolExecutor(workers) as pool:
            start = time.perf_counter()
            list(pool.map(cubical_persistence, many))
            clock.append(time.perf_counter() - start)
    return clock[0] / clock[1]


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
        for peer in options.against:
            python = os.environ.get("HOMCLOUD_PYTHON", sys.executable) if peer == "homcloud" else sys.executable
            row[peer] = theirs = in_process(PEERS[peer], name, images, python)
            ours = row["vertex"]
            if theirs and ours:
                more = theirs[1] / max(ours[1], 1)
                print(f"  {peer}: {theirs[0]:.3f} s, {theirs[0] / ours[0]:.1f} times ours; {theirs[1] / 1e6:.0f} MB, {more:.1f} times ours")
    for name in ("2048² float", "128³ float"):
        result[f"overlay {name}"] = overlays(name, images)
        print(f"{name}: 1,000 pairs become a mask in {result[f'overlay {name}']:.1f} ms")
    result["two threads"] = threads()
    print(f"two threads: {result['two threads']:.2f} times the throughput of one (256 patches of 128²; by the clock)")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
