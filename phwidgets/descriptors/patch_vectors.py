"""Vectors of many patches from the rows of their diagrams, in few compiled calls and without a Diagram for each.

Threads that make Diagrams wait for each other, since only one at a time has the interpreter: two would be no faster than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from sklearn.pipeline import FeatureUnion

from ..patching import Patches
from ..persistence.cubical_flat import find_rows, is_flat
from ..persistence.cubical_levels import kind_problem
from ..persistence.cubical_source import Cubical
from .persistence_image import PersistenceImage

Array = NDArray[Any]


@dataclass(frozen=True)
class PatchVectors:
    """How patches become vectors: the diagrams of ``cubical_persistence`` and persistence images of some of their degrees.

    Attributes
    ----------
    how : Cubical
    images : list of PersistenceImage
        Fitted, each with its degree.
    """

    how: Cubical
    images: list[PersistenceImage]

    @classmethod
    def of(cls, patches: Patches, how: Cubical, degrees: tuple[int, ...], pipeline: Any) -> PatchVectors | None:
        """None where patches are no small flat images, or the fitted ``pipeline`` is another than persistence images side by side."""
        images = _parts(pipeline)
        if not is_flat(patches.size) or kind_problem(patches.image.values) or not images:
            return None
        return cls(how, images) if all(part.degree in degrees for part in images) else None

    def __call__(self, patches: Patches) -> Array | None:
        """Vectors (m, n_features) of some patches; None where one of them has no diagrams, or a part wants to see them."""
        degrees = tuple(sorted({int(part.degree) for part in self.images if part.degree is not None}))
        windows = sliding_window_view(patches.image.values, patches.size)
        rows = find_rows(windows[tuple(patches.origins.T)], self.how, degrees)
        if rows is None:
            return None
        m = len(patches)
        birth, death = rows.numbers
        lengths = np.diff(rows.ends.ravel(), prepend=0)
        owner = np.repeat(np.arange(3 * m), lengths)  # image and degree of every row
        dies = np.isfinite(death)
        vectors = []
        for part in self.images:
            chosen = np.flatnonzero(dies & (owner % 3 == part.degree))
            ends = np.cumsum(np.bincount(owner[chosen] // 3, minlength=m))
            made = part.vectors_of_rows(birth[chosen], death[chosen], ends)
            if made is None:
                return None
            vectors.append(made)
        return np.hstack(vectors)


def _parts(pipeline: Any) -> list[PersistenceImage]:
    """The persistence images that a pipeline puts side by side; none if it does anything else."""
    parts = [pipeline]
    if type(pipeline) is FeatureUnion and not pipeline.transformer_weights:
        parts = [part for _, part in pipeline.transformer_list]
    return parts if all(type(part) is PersistenceImage for part in parts) else []
