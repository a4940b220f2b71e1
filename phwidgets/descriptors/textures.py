"""Patches of an image as vectors of their diagrams: what a segmentation by texture is made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_union
from sklearn.utils.validation import check_is_fitted

from ..image import Image
from ..patching import Patches, patches
from ..persistence.cubical import cubical_persistence
from ..persistence.cubical_source import Cubical
from .patch_vectors import PatchVectors
from .persistence_image import PersistenceImage
from .progress import counted

Array = NDArray[Any]
Analysis = Callable[[Image], Any]

LEARNED = 256  # patches, spread over the image, from which the vectors learn their range
CHUNK = 32  # patches that a thread takes at a time
MOST_SAMPLES = 1 << 21  # of these patches, which are copied
BINS = 16


@dataclass(frozen=True, eq=False, repr=False)
class Textures:
    """Vectors of all patches of an image, computed once to be classified many times.

    Attributes
    ----------
    patches : Patches
        What was described; ``patches.origins`` (n, ndim) says where each was cut.
    stride : tuple of int
        Between neighbouring patches, along each axis.
    vectors : (n, n_features) float array
    pipeline : fitted transformer
        Made the vectors from the diagrams.
    """

    patches: Patches
    stride: tuple[int, ...]
    vectors: Array
    pipeline: Any

    @property
    def image(self) -> Image:
        """The image that the patches were cut from."""
        return self.patches.image

    @property
    def centres(self) -> Array:
        """Index (n, ndim) of the middle of each patch in the image; halves for an even size."""
        return np.asarray(self.patches.origins + (np.array(self.patches.size) - 1) / 2)

    def __repr__(self) -> str:
        return f"Textures({len(self.vectors)} patches, {self.vectors.shape[1]} features)"


def describe_patches(
    image: Any,
    *,
    size: int | Sequence[int] = 64,
    stride: int | Sequence[int] = 8,
    pipeline: Any = None,
    analysis: Analysis | None = None,
    filtration: Literal["sublevel", "superlevel"] = "sublevel",
    workers: int | None = None,
    progress: bool = True,
) -> Textures:
    """Cut an image into overlapping patches and make a vector from the diagrams of each.

    Parameters
    ----------
    image : Image or array
        In two or three dimensions.
    size, stride : int or one per axis
        Of the patches, in samples, see ``patches``.
    pipeline : transformer, optional
        From a list of Diagrams to vectors; fitted here, as a copy, if it is not fitted yet, on up to 256 patches spread over the image. By
        default persistence images of 16 × 16 bins, one for each degree below the dimension of the image, side by side.
    analysis : callable, optional
        From the Image of a patch to its Diagrams, such as ``lambda p: cubical_persistence(signed_distance(binarize(p)))``. By default
        ``cubical_persistence`` of its samples.
    filtration : {"sublevel", "superlevel"}
        Of the default analysis.
    workers : int, optional
        Threads; by default one for each processor, and the vectors are the same for any number. The diagrams of a patch are given up
        once its vector is made; flat patches of up to 2**18 samples have none if the analysis is the default one and the pipeline
        consists of persistence images, so that threads seldom wait for each other.
    progress : bool
        Count on the error stream, from two seconds on.

    Returns
    -------
    Textures

    Raises
    ------
    ValueError
        As ``patches``, ``cubical_persistence`` and the pipeline do.
    """
    bits = patches(image, size=size, stride=stride)
    degrees = tuple(range(bits.image.ndim))
    usual = analysis is None
    if analysis is None:

        def analysis(patch: Image) -> Any:
            return cubical_persistence(patch, filtration=filtration, degrees=degrees)

    elif filtration != "sublevel":
        raise ValueError("filtration belongs to the default analysis: say it inside of your own")
    if pipeline is None:
        pipeline = make_union(*(PersistenceImage(BINS, degree=k) for k in degrees))
    analyse: Analysis = analysis
    with ThreadPoolExecutor(workers) as pool:
        if not is_fitted(pipeline):
            chosen = np.unique(np.linspace(0, len(bits) - 1, min(LEARNED, len(bits))).astype(int))
            pipeline = clone(pipeline).fit(list(pool.map(lambda i: analyse(bits[int(i)]), chosen)))
        how = Cubical(filtration, "vertex", (False,) * bits.image.ndim)
        quick = PatchVectors.of(bits, how, degrees, pipeline) if usual else None
        if quick:
            pipeline.transform([analyse(bits[0])])  # says what is wrong, such as another unit than that of the pipeline

        def describe(chunk: Patches) -> Array:
            found = quick(chunk) if quick else None
            return np.asarray(pipeline.transform([analyse(patch) for patch in chunk])) if found is None else found

        each = max(1, min(CHUNK, MOST_SAMPLES // int(np.prod(bits.size))))
        chunks = [bits[start : start + each] for start in range(0, len(bits), each)]
        made = pool.map(describe, chunks)
        vectors = np.concatenate(list(counted(made, len(bits), "patches", progress, each=each)))
    steps = tuple(int(n) for n in np.broadcast_to(np.asarray(stride), (bits.image.ndim,)))
    return Textures(bits, steps, vectors, pipeline)


def is_fitted(estimator: Any) -> bool:
    """Whether scikit-learn holds an estimator for fitted."""
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True
