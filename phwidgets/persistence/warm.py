"""The kernels are compiled once per machine, with a word to say so; later processes load them from Numba's cache.

Every kernel has one signature, whatever the dimension, the periods and the radii of the input, so one run compiles all. Those of the
insertion take almost half of the time; a second process compiles them meanwhile. Where the installation is read-only, Numba keeps its
cache in the user's cache folder (or where NUMBA_CACHE_DIR says). ``python -m phwidgets.persistence.warm`` compiles ahead of time.
"""

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from . import _alpha_values, _cells, _insertion, _pairing, _predicates
from .beside import beside
from .delaunay import triangulate
from .engine import persistence_pairs
from .insertion import Insertion

INSERTION = "insertion"  # as an argument, all that is compiled
KERNELS: tuple[ModuleType, ...] = (_cells, _insertion, _alpha_values, _pairing, _predicates)
_ready = False


def kernels(modules: Iterable[ModuleType] = KERNELS) -> dict[str, Any]:
    """The compiled functions of some modules by name, without those that are only parts of others."""
    return {
        f"{(module.__file__ and Path(module.__file__).stem)}.{name}": function
        for module in modules
        for name, function in vars(module).items()
        if getattr(function, "stats", None) is not None
        and function.__module__ == module.__name__
        and function.targetoptions.get("inline") != "always"
    }


def missing_kernels(modules: Iterable[ModuleType] = KERNELS) -> list[str]:
    """Names of the kernels that no cache on this machine holds in any form."""
    return [
        name
        for name, function in kernels(modules).items()
        if not (path := function.stats.cache_path) or not any(Path(path).glob(f"{name}-*.nbi"))
    ]


def compile_missing(modules: Iterable[ModuleType], run: Callable[[], object], what: str) -> None:
    """Call ``run``, which uses every kernel of the modules, if one of them is not compiled yet, and say so."""
    if not missing_kernels(modules):
        return
    print(f"phwidgets: compiling its kernels for {what}, once on this machine (about 10 s) ...", file=sys.stderr, flush=True)
    start = time.perf_counter()
    run()
    print(f"phwidgets: compiled in {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)


def warm_up() -> None:
    """Compile what the forward analysis needs and is not compiled yet, by running everything once on a few points."""
    global _ready
    if not _ready:
        _ready = True
        compile_missing(KERNELS, _run, "persistence diagrams")


def _run() -> None:
    if missing_kernels([_insertion]):
        with beside("phwidgets.persistence.warm", INSERTION):
            _run_in(2)  # in the plane, Qhull finds the cells
    _run_in(3)


def _run_in(dimension: int) -> None:
    points, radii = np.random.default_rng(0).random((12, dimension)), np.linspace(0.0, 0.2, 12)
    persistence_pairs(triangulate(points, radii**2, np.eye(dimension)).alpha_complex())


def _insert() -> None:
    Insertion(np.random.default_rng(0).integers(0, 1000, (12, 3)).astype(float), np.zeros(12), 1.0)


if __name__ == "__main__":
    if INSERTION in sys.argv[1:]:
        _insert()
    else:
        warm_up()
        print(f"phwidgets: {len(kernels())} kernels are compiled")
