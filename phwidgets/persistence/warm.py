"""The kernels are compiled once per machine, with a word to say so; later processes load them from Numba's cache.

Every kernel has one signature, whatever the dimension, the periods and the radii of the input, so one run compiles all. A second
process compiles those of the insertion and the proof meanwhile, which are half of the work. Where the installation is read-only, Numba
keeps its cache in the user's cache folder (or where NUMBA_CACHE_DIR says). ``python -m phwidgets.persistence.warm`` compiles ahead of time.
"""

import gc
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from . import _alpha_values, _cells, _insertion, _pairing, _predicates
from .beside import beside
from .complex import alpha_complex, find_faces
from .delaunay import triangulate
from .engine import order_of_pairs, persistence_pairs
from .insertion import Insertion
from .memory import keep_freed

INSERTION = "insertion"  # as an argument: only that and the proof
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
    collecting = gc.isenabled()
    gc.disable()  # compiling makes millions of small objects, and looking through them takes a quarter of the time
    try:
        run()
    finally:
        if collecting:
            gc.enable()
    print(f"phwidgets: compiled in {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)


def warm_up() -> None:
    """Compile what the forward analysis needs and is not compiled yet, by running everything once on a few points."""
    global _ready
    if not _ready:
        _ready = True
        keep_freed()
        compile_missing(KERNELS, _run, "persistence diagrams")


def _run() -> None:
    points = np.random.default_rng(0).random((12, 3))
    with beside("phwidgets.persistence.warm", INSERTION) if missing_kernels([_insertion]) else nullcontext():
        _pair(points)
    triangulate(points, np.zeros(12))  # with no second process, the others are compiled now


def _pair(points: Any) -> None:
    """What comes after the insertion and the proof, of two tetrahedra."""
    cells, atom, weights = np.array([[0, 1, 2, 3], [0, 1, 2, 4]]), np.arange(12, dtype=np.int32), np.zeros(12)
    faces = find_faces(cells, atom, np.zeros((12, 0), np.int64), 12)
    complex_, none = alpha_complex(faces, points, weights, atom), np.zeros(0, np.int64)
    persistence_pairs(complex_)
    (_, _, facets, cells), (_, _, *values) = complex_.vertices, complex_.values
    lasting = _alpha_values.lasting(points, weights, weights, 0.0, 0.0, none, none, facets, values[0], cells, values[1])
    offset = np.zeros((12, 3), np.int32)
    _alpha_values.rows(order_of_pairs(*lasting[2:]), *lasting, facets, cells, np.zeros(12, np.int64), offset, 1.0, False)


def _insert_and_prove(points: Any) -> None:
    cells, beyond = Insertion(np.rint(1000 * points), np.zeros(12), 1.0).finite()
    facets, own, at_facet, _ = _cells.meet_facets(cells, beyond, np.arange(12), np.zeros(12, np.int64))
    _predicates.check_boundary(points, facets, np.zeros_like(facets), 1, cells, own, at_facet)
    _predicates.check_facets(points, np.zeros(12), cells, own, at_facet)


if __name__ == "__main__":
    if INSERTION in sys.argv[1:]:
        gc.disable()
        _insert_and_prove(np.random.default_rng(0).random((12, 3)))
    else:
        warm_up()
        print(f"phwidgets: {len(kernels())} kernels are compiled")
