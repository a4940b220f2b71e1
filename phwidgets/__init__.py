"""See the shape of data: persistent homology of atoms and images, linked both ways in a notebook.

The public names are loaded when they are first used, so that ``import phwidgets`` loads neither a widget library nor NumPy.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Structure": "structure",
    "read_structure": "readers",
    "sample": "data",
    "samples": "data",
    "sample_path": "data",
    "alpha_persistence": "persistence.alpha",
    "Diagram": "persistence.diagram",
    "Diagrams": "persistence.diagrams",
    "rips_persistence": "persistence.rips",
    "load_diagrams": "persistence.diagrams",
    "incidence": "inverse.incidence",
    "Incidence": "inverse.incidence",
    "optimal_volumes": "inverse.optimal",
    "stable_volumes": "inverse.optimal",
    "shortest_cycles": "inverse.cycles",
    "Volume": "inverse.volume",
    "Volumes": "inverse.volume",
    "explore": "widgets.explorer",
    "Explorer": "widgets.explorer",
    "doctor": "widgets.doctor",
}

__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'phwidgets' has no attribute {name!r}")
    value = getattr(import_module(f"phwidgets.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
