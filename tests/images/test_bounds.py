"""No kernel of images reads or writes beyond its arrays: compiled with Numba's checks of bounds, on images of every kind."""

import os
import subprocess
import sys

CODE = """
import itertools
import numpy as np
import phwidgets as ph
from phwidgets.persistence import cubical_pairs
rng = np.random.default_rng(0)
for shape in ((1, 1), (1, 5), (3, 3), (9, 7), (1, 3, 4), (3, 3, 3), (5, 4, 6)):
    cubical_pairs.BLOCK = 20 if shape == (9, 7) else 1 << 18  # an image of several blocks, too
    images = rng.random(shape), rng.integers(0, 3, shape).astype(np.uint8), np.zeros(shape, np.float32)
    periods = itertools.product((False, True), repeat=len(shape))
    for periodic in {tuple(bool(p and n > 2) for p, n in zip(some, shape)) for some in periods}:
        for image, filtration, construction in itertools.product(images, ("sublevel", "superlevel"), ("vertex", "cell")):
            mask = rng.random(shape) < 0.2
            mask.flat[0] = False
            for hidden in (None, mask):
                dgms = ph.cubical_persistence(
                    ph.Image(image), filtration=filtration, construction=construction, periodic=periodic, mask=hidden
                )
                for degree in {0, image.ndim - 1}:
                    regions = ph.optimal_volumes(dgms[degree])
                    regions.mask(), regions.labels(), regions.sizes, regions.to_pairs(regions.to_input(np.ones(len(regions))))
                    ph.stable_volumes(dgms[degree], 0.1).mask()
                ph.shortest_cycles(dgms[1])
"""


def test_kernels_stay_within_their_arrays(tmp_path):
    environment = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
