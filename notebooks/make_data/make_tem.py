"""Make the bundled TEM images of silica glass and melt: multislice simulations of the structures that make_tem_structures.py makes.

    pip install abtem numpy scipy                       # abTEM is GPL: it makes the data and is no part of the package
    OMP_NUM_THREADS=1 python make_tem.py --work tem-work     # a minute or two; writes ../../phwidgets/samples/tem.npz

Each image shows a film of 8 angstrom, cut in a random direction through the endlessly repeated box of one structure: 300 kV, Cs = 10 um,
Scherzer defocus of 54 angstrom, focal spread 20 angstrom, 0.5 angstrom per pixel, 96 x 96 pixels, the intensity in units of the incoming
beam, without noise: notebooks add the shot noise of the dose they ask for. Both states have the same density and thickness.
The three composites, 192 x 192 pixels, are films of the last pair: a disc of its glass in its melt. That pair makes no other image.

Thickness is the setting that makes the problem easy or hard. 8 angstrom was chosen in trials with a few structures so that the problem is
neither trivial nor hopeless; --thickness 15 --out elsewhere.npz makes the images of the thicker film that the notebook speaks of.
"""

import argparse
import pathlib

import abtem
import ase
import numpy as np
from scipy.spatial.transform import Rotation

PIXEL = 0.5  # angstrom
THICKNESS = 8.0  # angstrom
FIELD, WIDE = 96, 192  # pixels of an image and of a composite
COMPOSITES = 3
MARGIN = 6.0  # angstrom around the field of view, cut off afterwards: the simulation repeats its box, the film does not
TARGET = pathlib.Path(__file__).resolve().parents[2] / "phwidgets" / "samples" / "tem.npz"


def film(symbols, positions, edge, extent, rotation, shift):
    """Symbols and positions of a slab of that extent (3,) cut from the repeated box, turned and shifted."""
    reach = int(np.ceil((np.linalg.norm(extent) / 2 + edge) / edge))
    cells = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 3, indexing="ij"), -1).reshape(-1, 3)
    everywhere = ((positions + shift) % edge)[None] + cells[:, None] * edge
    turned = rotation.apply(everywhere.reshape(-1, 3)) + np.array(extent) / 2
    inside = ((turned >= 0) & (turned < extent)).all(axis=1)
    return np.tile(symbols, len(cells))[inside], turned[inside]


def extent_of(pixels, thickness):
    """Edges of the film that an image of so many pixels is taken from, in angstrom."""
    return [pixels * PIXEL + 2 * MARGIN] * 2 + [thickness]


def random_film(pair, state, extent, rng):
    """A film of a melt or of its glass in a random direction."""
    turn, shift = Rotation.random(random_state=rng), rng.uniform(0, pair["edge"], 3)
    return film(pair["symbols"], pair[state], float(pair["edge"]), extent, turn, shift)


def micrograph(symbols, positions, extent, pixels):
    """Intensity (pixels, pixels) of the middle of a film."""
    atoms = ase.Atoms(list(symbols), positions, cell=extent, pbc=True)
    potential = abtem.Potential(atoms, sampling=PIXEL / 2, slice_thickness=2.0, projection="infinite")
    ctf = abtem.CTF(energy=300e3, Cs=1e5, defocus=54, focal_spread=20, semiangle_cutoff=30)
    wave = abtem.PlaneWave(energy=300e3).multislice(potential).apply_ctf(ctf)
    intensity = np.asarray(wave.intensity().compute(progress_bar=False).array)
    binned = intensity.reshape(len(intensity) // 2, 2, -1, 2).mean(axis=(1, 3))
    cut = round(MARGIN / PIXEL)
    return binned[cut : cut + pixels, cut : cut + pixels]


def composite(pair, extent, pixels, rng):
    """A film of the glass inside a disc and of the melt outside."""
    centre, radius = extent[0] / 2 + np.array([-4.0, 6.0]), 0.34 * pixels * PIXEL
    symbols, positions = [], []
    for state in ("glass", "melt"):
        s, x = random_film(pair, state, extent, rng)
        within = np.linalg.norm(x[:, :2] - centre, axis=1) < radius
        chosen = within if state == "glass" else ~within
        symbols.append(s[chosen])
        positions.append(x[chosen])
    x, y = np.meshgrid(*[(np.arange(pixels) + 0.5) * PIXEL + MARGIN] * 2, indexing="ij")
    mask = np.hypot(x - centre[0], y - centre[1]) < radius
    return micrograph(np.concatenate(symbols), np.concatenate(positions), extent, pixels), mask


def levels(images, low, high):
    """Intensities as 64 levels of 4 in a byte."""
    return np.clip(np.round((images - low) / (high - low) * 63), 0, 63).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("tem-work"))
    parser.add_argument("--views", type=int, default=8, help="images of each structure")
    parser.add_argument("--thickness", type=float, default=THICKNESS, help="of the film, angstrom")
    parser.add_argument("--out", type=pathlib.Path, default=TARGET)
    args = parser.parse_args()
    abtem.config.set({"device": "cpu"})
    pairs = [dict(np.load(path)) for path in sorted(args.work.glob("pair-*.npz"))]
    rng = np.random.default_rng(11)
    images, glass, structure = [], [], []
    extent = extent_of(FIELD, args.thickness)
    for number, pair in enumerate(pairs[:-1]):
        for state in ("glass", "melt"):
            for _ in range(args.views):
                images.append(micrograph(*random_film(pair, state, extent, rng), extent, FIELD))
                glass.append(state == "glass")
                structure.append(number)
        print(f"pair {number} of {len(pairs) - 1}", flush=True)
    wide, masks = zip(*[composite(pairs[-1], extent_of(WIDE, args.thickness), WIDE, rng) for _ in range(COMPOSITES)], strict=True)
    low, high = np.percentile(images, [0.05, 99.95])
    np.savez_compressed(
        args.out,
        images=levels(np.array(images), low, high),
        composites=levels(np.array(wide), low, high),
        composite_is_glass=np.packbits(masks[0], axis=-1),
        glass=np.array(glass),
        structure=np.array(structure, np.uint8),
        intensity=np.array([low, high]),
        pixel=PIXEL,
    )
    print(f"{args.out.name}: {args.out.stat().st_size / 1000:.0f} kB, {len(images)} images, intensities {low:.3f} to {high:.3f}")


if __name__ == "__main__":
    main()
