"""Single modules of GUDHI, without those that are under the GPL, which ``import gudhi`` would load with them."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


@cache
def gudhi_module(name: str) -> ModuleType:
    """``gudhi.name``; raises ImportError where GUDHI is not installed."""
    if "gudhi" in sys.modules:
        return import_module(f"gudhi.{name}")
    spec = find_spec("gudhi")
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError("this needs the package gudhi: pip install gudhi")
    package = ModuleType("gudhi")
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules["gudhi"] = package
    try:
        return import_module(f"gudhi.{name}")
    finally:  # a later `import gudhi` is to find nothing half loaded; compiled parts cannot be loaded twice
        for loaded in [name for name in sys.modules if name.partition(".")[0] == "gudhi" and not name.endswith("_ext")]:
            del sys.modules[loaded]
