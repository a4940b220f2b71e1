"""Make the bundled porous media: 60 images of 48 x 48 x 48 voxels with exactly half of the voxels open, and their effective diffusivity.

    pip install numpy scipy phwidgets
    OMP_NUM_THREADS=1 python make_porous.py     # about three minutes; writes ../../phwidgets/samples/porous.npz

Five kinds, twelve images each, periodic in all directions, each with a random length scale, so that the size of the pores says nothing:

field     where a Gaussian random field is positive (pores and solid are alike)
sheets    where |field| is small: the space between two surfaces        } inverses of each other
channels  where |field| is large: two families of separate pores        }
grains    the space between overlapping spheres                         } inverses of each other
cavities  the overlapping spheres themselves                            }

At a porosity of 1/2 the inverse of a medium has the same porosity, the same surface and the same two-point correlation function: no
scattering experiment distinguishes them (Babinet). Different images come from different seeds: no image is the inverse of another.

The file also holds the effective diffusivity of the 64 blocks of 50 x 50 x 50 voxels that tile the Berea sandstone of the real data, in
NumPy order of the blocks: numbers only, the image itself is not bundled.
"""

import pathlib
import zipfile

import numpy as np
from diffusion import effective_diffusivity
from scipy import ndimage

from phwidgets import sample_path

SHAPE = (48, 48, 48)
KINDS = ("field", "sheets", "channels", "grains", "cavities")
EACH = 12
TARGET = pathlib.Path(__file__).resolve().parents[2] / "phwidgets" / "samples" / "porous.npz"


def half(values):
    """The half of the voxels with the largest values."""
    order = np.argsort(values, axis=None, kind="stable")
    chosen = np.zeros(values.size, bool)
    chosen[order[values.size // 2 :]] = True
    return chosen.reshape(values.shape)


def gaussian_field(rng, length):
    """A periodic Gaussian random field, unit variance, smoothed over ``length`` voxels."""
    field = ndimage.gaussian_filter(rng.standard_normal(SHAPE), length, mode="wrap")
    return (field - field.mean()) / field.std()


def depth_in_spheres(rng, radius):
    """Signed depth below the surface of overlapping periodic spheres of equal radius, as many as cover half of the voxels."""
    volume = 4 / 3 * np.pi * radius**3 / np.prod(SHAPE)
    centres = np.ones(SHAPE, bool)
    spots = rng.integers(0, SHAPE[0], (round(np.log(2) / volume), 3))
    centres[tuple(spots.T)] = False
    tiled = np.pad(centres, SHAPE[0] // 2, mode="wrap")
    inside = (slice(SHAPE[0] // 2, -(SHAPE[0] // 2)),) * 3
    distance = ndimage.distance_transform_edt(tiled)[inside]
    return radius - distance + rng.uniform(0, 1e-6, SHAPE)


def medium(kind, seed):
    """One image: True where open."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    if kind in ("grains", "cavities"):
        depth = depth_in_spheres(rng, rng.uniform(4.5, 7.5))
        return half(depth if kind == "cavities" else -depth)
    length = rng.uniform(2.0, 3.2) * (1.0 if kind == "field" else 1.3)
    field = gaussian_field(rng, length)
    return half({"field": field, "sheets": -np.abs(field), "channels": np.abs(field)}[kind])


def berea_blocks(edge=50):
    """The pores of the blocks of ``edge`` voxels that tile Berea sandstone, in NumPy order."""
    with zipfile.ZipFile(sample_path("porous/berea_200.zip")) as archive:
        grey = np.frombuffer(archive.read(archive.namelist()[0]), np.uint8).reshape(200, 200, 200)
    n = 200 // edge
    return (grey == 0).reshape(n, edge, n, edge, n, edge).transpose(0, 2, 4, 1, 3, 5).reshape(-1, edge, edge, edge)


def in_all_directions(image):
    """Effective diffusivity along the three axes."""
    return [effective_diffusivity(image, axis) for axis in range(3)]


def main():
    kinds, pores = [], []
    for seed in range(EACH):
        for kind in KINDS:
            kinds.append(kind)
            pores.append(medium(kind, seed))
    diffusivity = np.round([in_all_directions(image) for image in pores], 4)
    berea = np.round([in_all_directions(image) for image in berea_blocks()], 4)
    packed = np.packbits(np.array(pores), axis=-1)
    np.savez_compressed(TARGET, kind=np.array(kinds), packed=packed, diffusivity=diffusivity, berea_diffusivity=berea)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB")
    for kind in KINDS:
        chosen = diffusivity[np.array(kinds) == kind].mean(axis=1)
        print(f"{kind:10s} D = {chosen.mean():.3f} +- {chosen.std():.3f}")
    print(
        f"Berea      D = {berea.mean():.3f} +- {berea.mean(axis=1).std():.3f}, "
        f"closed in some direction: {(berea == 0).any(axis=1).sum()} of 64"
    )


if __name__ == "__main__":
    main()
