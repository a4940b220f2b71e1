"""See the shape of data: persistent homology of atoms and images, linked both ways in a notebook.

The public names are loaded when they are first used, so that ``import phwidgets`` loads neither a widget library nor NumPy.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    # inputs
    "Structure": "structure",
    "Image": "image",
    "read_structure": "readers",
    "read_trajectory": "readers.trajectory",
    "read_image": "readers.images",
    "binarize": "preparing",
    "crop": "preparing",
    "smooth": "preparing",
    "signed_distance": "distance",
    "patches": "patching",
    "sample": "data",
    "samples": "data",
    "sample_path": "data",
    # forward analysis
    "alpha_persistence": "persistence.alpha",
    "cubical_persistence": "persistence.cubical",
    "rips_persistence": "persistence.rips",
    "Diagram": "persistence.diagram",
    "Diagrams": "persistence.diagrams",
    "load_diagrams": "persistence.diagrams",
    "Region": "persistence.region",
    "save_regions": "persistence.region",
    "load_regions": "persistence.region",
    "count_regions": "persistence.region",
    "time_series": "persistence.series",
    "accumulated_histogram": "persistence.series",
    # inverse analysis
    "incidence": "inverse.incidence",
    "Incidence": "inverse.incidence",
    "optimal_volumes": "inverse.optimal",
    "stable_volumes": "inverse.optimal",
    "shortest_cycles": "inverse.cycles",
    "Volume": "inverse.volume",
    "Volumes": "inverse.volume",
    "group_shapes": "inverse.kinds",
    "coarse_grain": "inverse.coarse",
    # descriptors, learning, search
    "PersistenceImage": "descriptors.persistence_image",
    "DiagramHistogram": "descriptors.histogram",
    "Landscape": "descriptors.curves",
    "Silhouette": "descriptors.curves",
    "BettiCurve": "descriptors.curves",
    "Entropy": "descriptors.curves",
    "AccumulatedPersistence": "descriptors.curves",
    "bottleneck_distance": "descriptors.distances",
    "wasserstein_distance": "descriptors.distances",
    "sliced_wasserstein_distance": "descriptors.distances",
    "distance_matrix": "descriptors.distances",
    "direction_of": "descriptors.directions",
    "explain": "descriptors.explain",
    "describe_patches": "descriptors.textures",
    "segment": "descriptors.segmentation",
    "Library": "library.collection",
    "compute_many": "batch.compute",
    # linked views
    "explore": "widgets.explore",
    "Explorer": "widgets.explorer",
    "compare": "widgets.compare",
    "growing_balls": "widgets.growing_balls",
    "gallery": "widgets.gallery",
    "paint": "widgets.painting",
    "open_file": "widgets.opening",
    "set_language": "widgets.words",
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
