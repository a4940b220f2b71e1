"""Make the bundled library of micrographs: 40 simulated images of five microstructures, and three images in which three of them meet.

    pip install numpy scipy pillow tifffile
    python make_micrographs.py      # about one minute; writes ../../phwidgets/samples/micrographs.npz

spinodal      two phases of about equal amount that have separated (Cahn-Hilliard equation, see make_images.py)
precipitates  bright droplets in a dark matrix, from the same equation off the middle of the miscibility gap
pores         dark droplets in a bright matrix
grains        polygons with dark boundaries (Voronoi cells)
lamellae      colonies of parallel bright and dark layers, as in pearlite

Every image has its own seed, length scale (within a factor of 1.6), amount of the bright phase, brightness, contrast, blur, shading and
noise, as different specimens, instruments and operators have. The amounts of spinodal, grains and lamellae overlap; droplets are the minor
phase by nature. 96 x 96 pixels, 64 grey levels.
"""

import pathlib

import numpy as np
from make_images import separate
from scipy import ndimage
from scipy.spatial import cKDTree

KINDS = ("spinodal", "precipitates", "pores", "grains", "lamellae")
SEEDS = range(100, 108)
SIZE = 96
JOINT = 192
JOINTS = {200: (3, 1, 4), 201: (0, 4, 2), 202: (1, 0, 3)}  # seed: rows of KINDS at the left, at the right and below
TARGET = pathlib.Path(__file__).resolve().parents[2] / "phwidgets" / "samples" / "micrographs.npz"


def two_phases(mean, size, scale, seed):
    """Phase separation for a time that gives structures of about ``scale`` times the smallest size; from -1 to 1."""
    return np.clip(separate((size, size), mean, steps=int(150 * scale**3), seed=seed), -1, 1)


def grains(size, scale, rng):
    """1 inside the cells, -1 on their boundaries of about one to four pixels."""
    number = int((size / (11 * scale)) ** 2)
    seeds = rng.uniform(0, size, (number, 2))
    pixels = np.stack(np.meshgrid(*[np.arange(size) + 0.5] * 2, indexing="ij"), -1)
    near = cKDTree(seeds, boxsize=size).query(pixels, k=2)[0]
    return np.where(near[..., 1] - near[..., 0] < rng.uniform(1.5, 4.0), -1.0, 1.0) * 0.9


def lamellae(size, scale, rng):
    """Stripes of one direction in each of a few colonies; the bright ones may be twice as wide as the dark ones, or half."""
    seeds = rng.uniform(0, size, (max(3, int((size / 40) ** 2)), 2))
    pixels = np.stack(np.meshgrid(*[np.arange(size) + 0.5] * 2, indexing="ij"), -1)
    colony = cKDTree(seeds, boxsize=size).query(pixels)[1]
    angle, phase = rng.uniform(0, np.pi, len(seeds))[colony], rng.uniform(0, 2 * np.pi, len(seeds))[colony]
    wobble = 1.5 * ndimage.gaussian_filter(rng.standard_normal((size, size)), 6, mode="wrap") * 12
    along = pixels[..., 0] * np.cos(angle) + pixels[..., 1] * np.sin(angle) + wobble
    return np.tanh(3 * (np.sin(2 * np.pi * along / (7.5 * scale) + phase) - rng.uniform(-0.5, 0.5)))


def structure(kind, size, seed):
    """A microstructure from -1 to 1 before it is seen."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    scale = rng.uniform(1.0, 1.6)
    if kind == "grains":
        return grains(size, scale, rng)
    if kind == "lamellae":
        return lamellae(size, scale, rng)
    lowest, highest = {"spinodal": (-0.08, 0.08), "precipitates": (-0.55, -0.35), "pores": (0.35, 0.55)}[kind]
    return two_phases(rng.uniform(lowest, highest), size, scale * 1.3, [KINDS.index(kind), seed, 1])


def seen(values, rng):
    """64 grey levels of an instrument with its own settings."""
    middle, contrast = rng.uniform(24, 40), rng.uniform(8, 16)
    direction = rng.uniform(0, 2 * np.pi)
    axis = np.linspace(-1, 1, len(values))
    shading = rng.uniform(0, 3) * (np.cos(direction) * axis[:, None] + np.sin(direction) * axis)
    blurred = ndimage.gaussian_filter(values, rng.uniform(0.5, 1.0), mode="wrap")
    grey = middle + contrast * blurred + shading + rng.uniform(1.0, 2.0) * rng.standard_normal(values.shape)
    return np.clip(np.rint(grey), 0, 63).astype(np.uint8)


def single(kind, seed):
    """One image of the library."""
    return seen(structure(kind, SIZE, seed), np.random.default_rng([7, KINDS.index(kind), seed]))


def joint(seed):
    """Three microstructures in one image, and which one is where (rows of KINDS)."""
    rng = np.random.default_rng(seed)
    left, right, below = JOINTS[seed]
    row, column = np.mgrid[:JOINT, :JOINT] / JOINT
    where = np.where(row + 0.25 * np.sin(4 * column) > 0.72, below, np.where(column + 0.2 * row > 0.62, right, left))
    parts = {k: structure(KINDS[k], JOINT, seed) for k in JOINTS[seed]}
    return seen(np.choose(where, [parts.get(k, np.zeros((JOINT, JOINT))) for k in range(len(KINDS))]), rng), where.astype(np.uint8)


def main():
    images = [single(kind, seed) for seed in SEEDS for kind in KINDS]
    joints, where = zip(*[joint(seed) for seed in JOINTS], strict=True)
    np.savez_compressed(
        TARGET,
        images=np.array(images),
        kind=np.array(KINDS * len(SEEDS)),
        joints=np.array(joints),
        joint_kinds=np.array(where),
        kinds=np.array(KINDS),
    )
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
