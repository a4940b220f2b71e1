"""Hera, the library behind the distances, taken out of gudhi without the rest of it.

``import gudhi`` loads all of its modules, those under the GPL as well. Hera (M. Kerber, D. Morozov, A. Nigmetov, ACM J. Exp.
Algorithmics 22, 1.4 (2017)) is under the BSD licence and a compiled module of its own, so it is loaded by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LARGE = 40  # the power of two of the greatest coordinate
FLOOR = 1e-11  # of costs, relative to the greatest: what double precision can tell apart among thousands of points


@cache
def _functions() -> tuple[Callable[..., float], Callable[..., float]]:
    package = find_spec("gudhi")
    if package is None or package.origin is None:
        raise ImportError("the distances need gudhi: pip install gudhi")
    for suffix in EXTENSION_SUFFIXES if "gudhi" not in sys.modules else ():
        path = Path(package.origin).parent / f"_hera_ext{suffix}"
        spec = spec_from_file_location("gudhi._hera_ext", path) if path.is_file() else None
        if spec is not None and spec.loader is not None:
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            return module._bottleneck_distance, module._wasserstein_distance
    from gudhi.hera import bottleneck_distance, wasserstein_distance

    return bottleneck_distance, wasserstein_distance


def bottleneck(x: Array, y: Array, delta: float) -> float:
    """Bottleneck distance of finite points (n, 2) and (m, 2) off the diagonal, at most ``1 + delta`` times the true one; 0 is exact.

    Hera holds points for equal that are 1e-10 apart, whatever their unit, so all are made large by a power of two.
    """
    power = LARGE - int(np.frexp(max(np.abs(x).max(), np.abs(y).max()))[1])
    return float(np.ldexp(_functions()[0](np.ldexp(x, power), np.ldexp(y, power), delta), -power))


def wasserstein(x: Array, y: Array, order: float, norm: float, delta: float) -> float:
    """Wasserstein distance of finite points (n, 2) and (m, 2) off the diagonal.

    At most ``1 + delta`` times the true one, or ``FLOOR ** (1 / order)`` of the longest move to the diagonal off: where two diagrams are
    equal but for rounding, Hera would look for that error relative to nearly nothing, and not come back. So both are compared beside
    one point more that only the diagonal is near to, which adds a known cost.
    """
    shrink = 1.0 if np.isinf(norm) else 2 ** (1 / norm)
    longest = 0.5 * max(float(np.ptp(t, axis=1).max()) for t in (x, y))
    least = longest * FLOOR ** (1 / order)
    far = max(x.max(), y.max()) + 4 * longest
    known = 0.5 * shrink * ((far + 2 * least) - far)  # as it was rounded
    if known <= 0:
        raise ValueError("these diagrams lie too far from 0 for their size: take away an offset common to both")
    beside = np.vstack([x, [far, far + 2 * least]])
    found = float(_functions()[1](beside, y, order, norm, delta, False))
    return float(max(0.0, found**order - known**order) ** (1 / order))
