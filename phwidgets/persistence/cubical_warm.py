"""The kernels for images are compiled once per machine, as those for atoms are (see ``warm``)."""

import numpy as np

from . import _cubical_flat, _cubical_paths, _cubical_reduction, _cubical_stars
from .cubical_flat import find_rows
from .cubical_levels import Levels
from .cubical_pairs import Morse
from .cubical_source import Cubical
from .warm import compile_missing

KERNELS = (_cubical_stars, _cubical_paths, _cubical_reduction, _cubical_flat)
_ready = False


def warm_up_images() -> None:
    """Compile what the forward analysis of images needs and is not compiled yet, by running everything on a few voxels."""
    global _ready
    if not _ready:
        _ready = True
        compile_missing(KERNELS, _run, "images")


def _run() -> None:
    noise = np.random.default_rng(0).random((5, 5, 5))
    for image in (noise, noise[0]):
        morse = Morse.of(Levels.of(image, False, False, (True,) * image.ndim, None))
        for degree in range(image.ndim + 1):
            morse.pairs(degree)
    find_rows(noise, Cubical("sublevel", "vertex", (True, True)), (0, 1, 2))
