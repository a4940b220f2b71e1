"""The kernels of the inverse analysis of images are compiled once per machine (see ``persistence.warm``)."""

import numpy as np

from ..image import Image
from ..persistence.cubical import cubical_persistence
from ..persistence.warm import compile_missing
from . import _regions, _tunnels

KERNELS = (_regions, _tunnels)
_ready = False


def warm_up_regions() -> None:
    """Compile what regions and tunnels of images need and is not compiled yet, by running everything on a few voxels."""
    global _ready
    if not _ready:
        _ready = True
        compile_missing(KERNELS, _run, "regions of images")


def _run() -> None:
    from .regions import image_optimal_volumes
    from .tunnels import image_shortest_cycles

    noise = Image(np.random.default_rng(0).random((6, 6, 6)))
    dgms = cubical_persistence(noise)
    for degree in (0, 2):
        regions = image_optimal_volumes(dgms[degree])
        regions.labels()
        regions.to_pairs(regions.to_input(np.ones(len(regions))))
    for d in (dgms[1], cubical_persistence(noise, construction="cell")[1]):
        image_shortest_cycles(d)
