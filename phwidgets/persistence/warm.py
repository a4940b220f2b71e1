"""The kernels are compiled once per machine, with a word to say so; later processes load them from Numba's cache."""

import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from . import _alpha_values, _cells, _pairing, _predicates
from .complex import alpha_complex
from .delaunay import triangulate
from .engine import persistence_pairs

KERNELS: tuple[ModuleType, ...] = (_cells, _alpha_values, _pairing, _predicates)
_ready = False


def missing_kernels() -> list[str]:
    """Names of the kernels that no cache on this machine holds in any form."""
    out = []
    for module in KERNELS:
        for name, function in vars(module).items():
            stats = getattr(function, "stats", None)
            if stats is None or function.__module__ != module.__name__ or function.targetoptions.get("inline") == "always":
                continue
            folder = Path(stats.cache_path) if stats.cache_path else None
            stem = Path(module.__file__ or "").stem
            if folder is None or not any(folder.glob(f"{stem}.{name}-*.nbi")):
                out.append(f"{stem}.{name}")
    return out


def warm_up() -> None:
    """Compile what is not compiled yet, by running everything once on a few points."""
    global _ready
    if _ready:
        return
    _ready = True
    if not missing_kernels():
        return
    print("phwidgets: compiling its kernels, once on this machine (about 15 s) ...", file=sys.stderr, flush=True)
    start = time.perf_counter()
    points = np.random.default_rng(0).random((12, 3))
    triangulation = triangulate(points, np.zeros(12))
    persistence_pairs(alpha_complex(triangulation.faces, triangulation.moved, triangulation.weights, triangulation.atom))
    print(f"phwidgets: compiled in {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    warm_up()
