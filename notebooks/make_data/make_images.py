"""Make the two images that come with phwidgets: ``python make_images.py [folder]``, about two minutes.

Both are simulated. A mixture of two substances separates (Cahn-Hilliard equation, solved with Fourier transforms), and what has grown is
then seen through an instrument that blurs and adds noise:

- ``two-phase-micrograph.png``, 256 x 256, 2 nm: bright particles in a dark matrix, as an electron microscope shows precipitates in a foil;
- ``porous-glass.tif``, 64 x 64 x 64, 5 nm: a glass that has separated and lost one of its two phases, so that pores run through it, as a
  nano-tomograph shows it: pores dark, glass bright.

Reference: J. W. Cahn, J. E. Hilliard, J. Chem. Phys. 28, 258 (1958); time steps after D. J. Eyre, MRS Proc. 529, 39 (1998).
"""

import sys
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from scipy import fft, ndimage

SAMPLES = Path(__file__).resolve().parents[2] / "phwidgets" / "samples"


def separate(shape, mean, steps, seed, width=1.2, dt=1.0):
    """Concentration between about -1 and 1 after `steps` time steps of phase separation in a periodic box."""
    rng = np.random.default_rng(seed)
    c = mean + 0.05 * rng.standard_normal(shape)
    q = np.meshgrid(*(2 * np.pi * fft.fftfreq(n) for n in shape[:-1]), 2 * np.pi * fft.rfftfreq(shape[-1]), indexing="ij")
    k2 = sum(axis**2 for axis in q)
    implicit = 1 + dt * (2 * k2 + width**2 * k2**2)  # the convex part, 2 c, and the gradient energy are taken implicitly
    for _ in range(steps):
        c = fft.irfftn((fft.rfftn(c) - dt * k2 * fft.rfftn(c**3 - 3 * c)) / implicit, s=shape)
    return c


def seen(c, dark, bright, blur, noise, shading, seed):
    """Grey levels of an 8-bit detector."""
    rng = np.random.default_rng(seed)
    grey = dark + (bright - dark) * (np.clip(ndimage.gaussian_filter(c, blur, mode="wrap"), -1, 1) + 1) / 2
    grey = grey + shading * np.linspace(-0.5, 0.5, c.shape[-1])
    return np.clip(np.rint(grey + noise * rng.standard_normal(c.shape)), 0, 255).astype(np.uint8)


def micrograph():
    """Particles in a matrix, (256, 256) uint8: two layers of the foil, seen one through the other, so that some particles touch."""
    layers = [separate((256, 256), mean=-0.5, steps=3000, seed=seed) for seed in (5, 9)]
    return seen(np.maximum(*layers), dark=70, bright=175, blur=1.0, noise=9, shading=14, seed=6)


def porous_glass():
    """Glass with pores, (64, 64, 64) uint8."""
    return seen(separate((64, 64, 64), mean=0.2, steps=160, seed=7), dark=60, bright=180, blur=0.6, noise=8, shading=0, seed=8)


def main(folder):
    """Write both files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    dots_per_inch = 0.0254 / 2e-9
    Image.fromarray(micrograph()).save(folder / "two-phase-micrograph.png", dpi=(dots_per_inch, dots_per_inch), optimize=True)
    about = {"axes": "ZYX", "UUID": "urn:uuid:00000000-0000-0000-0000-000000000000"}
    about |= {f"PhysicalSize{axis}{what}": value for axis in "XYZ" for what, value in (("", 5.0), ("Unit", "nm"))}
    path = folder / "porous-glass.tif"
    packed = {"compression": "zlib", "compressionargs": {"level": 9}}
    tifffile.imwrite(path, porous_glass(), ome=True, metadata=about, photometric="minisblack", **packed)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
