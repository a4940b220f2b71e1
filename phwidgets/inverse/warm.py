"""Compile the kernels of the inverse analysis ahead of time, with those of the forward one: ``python -m phwidgets.inverse.warm``."""

import numpy as np

from ..persistence import warm
from ..persistence.alpha import alpha_persistence
from ..persistence.cubical_warm import KERNELS as IMAGE_KERNELS
from ..persistence.cubical_warm import warm_up_images
from ..structure import Structure
from . import _hulls, _merging, _paths, _window
from .cycles import shortest_cycles
from .image_warm import KERNELS as REGION_KERNELS
from .image_warm import warm_up_regions
from .optimal import optimal_volumes

KERNELS = (_hulls, _merging, _paths, _window)
_ready = False


def warm_up() -> None:
    """Compile what the forward and the inverse analysis of atoms need and is not compiled yet, by running everything on a few atoms."""
    global _ready
    if not _ready:
        _ready = True
        warm.warm_up()
        warm.compile_missing(KERNELS, _run, "rings and cavities")


def warm_up_all() -> None:
    """Compile the kernels of atoms and of images."""
    warm_up()
    warm_up_images()
    warm_up_regions()


def _run() -> None:
    dgms = alpha_persistence(Structure(np.random.default_rng(0).random((40, 3)), cell=np.eye(3)))
    shortest_cycles(dgms[1].longest(2))
    for degree in range(3):
        optimal_volumes(dgms[degree].longest(5)).to_frame()


if __name__ == "__main__":
    warm_up_all()
    print(f"phwidgets: {len(warm.kernels((*warm.KERNELS, *KERNELS, *IMAGE_KERNELS, *REGION_KERNELS)))} kernels are compiled")
