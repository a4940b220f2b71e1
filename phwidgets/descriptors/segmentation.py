"""Painting an image by its texture: every patch is classified by its diagrams, and overlapping patches vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.cluster import KMeans
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline

from .base import DiagramTransformer
from .grid import GridTransformer
from .textures import Analysis, Textures, describe_patches, is_fitted

Array = NDArray[Any]
Place = tuple[int, ...]

EXAMPLES = 5
SHRINKAGE = 0.5  # few marked patches, which overlap, against many features
NEAR = 0.25  # of a patch: how far its centre may lie from a mark to learn from it


@dataclass(frozen=True, eq=False, repr=False)
class Segmentation:
    """An image painted by class.

    Attributes
    ----------
    labels : int array of the shape of the image
        Row of ``classes`` for each sample; -1 where no patch had a vote, at the far ends of the axes if the patches do not fill them.
    confidence : float array of the shape of the image
        Share of the votes that the winner got, 0 to 1; 0 where there were none.
    classes : (k,) array
        Names of the classes, as the classifier has them or as they were marked.
    counts : (k,) int array
        Samples of the image in each class.
    patch_labels : (n,) int array
        Row of ``classes`` for each patch; -1 where the classifier gave none.
    mean_vectors : (k, n_features) float array
        Mean of the vectors of each class; nan where it has no patch.
    examples : list of k (m, ndim) int arrays
        Origins of the patches of each class that lie nearest to its mean.
    textures : Textures
        The patches and their vectors; give them to ``segment`` again for another classifier or more marks.
    classifier : fitted estimator
    """

    labels: Array
    confidence: Array
    classes: Array
    counts: Array
    patch_labels: Array
    mean_vectors: Array
    examples: list[Array]
    textures: Textures
    classifier: Any

    def mean_diagrams(self, row: int) -> list[tuple[Array, Array, Array]]:
        """Mean persistence images of a class, one for each degree that the vectors were made of.

        Returns
        -------
        list of (values (nb, nd), birth_edges, death_edges)
            As ``to_histogram`` gives them.

        Raises
        ------
        ValueError
            If the vectors are not made of persistence images or histograms.
        """
        parts = _grids(self.textures.pipeline)
        ends = np.cumsum([len(part.get_feature_names_out()) for part in parts])
        if not len(ends) or ends[-1] != self.mean_vectors.shape[1]:
            raise ValueError("the vectors are not persistence images or histograms side by side: see mean_vectors")
        return [part.to_histogram(v) for part, v in zip(parts, np.split(self.mean_vectors[row], ends[:-1]), strict=True)]

    def __repr__(self) -> str:
        shares = ", ".join(f"{name}: {n / self.labels.size:.0%}" for name, n in zip(self.classes, self.counts, strict=True))
        return f"Segmentation({' × '.join(map(str, self.labels.shape))}; {shares})"


def segment(
    image: Any,
    classifier: Any = None,
    *,
    size: int | Sequence[int] = 64,
    stride: int | Sequence[int] = 8,
    marks: Mapping[Place, Any] | None = None,
    pipeline: Any = None,
    analysis: Analysis | None = None,
    filtration: Literal["sublevel", "superlevel"] = "sublevel",
    workers: int | None = None,
    progress: bool = True,
) -> Segmentation:
    """Paint an image by the class of its texture, in two or three dimensions.

    Parameters
    ----------
    image : Image, array, or Textures
        Textures (of ``describe_patches``, or of an earlier segmentation) are classified without computing any diagram again; the
        parameters from ``size`` on are then not used, except ``marks``.
    classifier : int, clustering, or classifier
        A number of classes, found by k-means; a clustering that is not fitted, such as ``KMeans(3)``; a fitted classifier or
        clustering of such vectors; or a fitted pipeline from Diagrams to classes. With ``marks`` a classifier that is not fitted; by
        default linear discriminant analysis with shrinkage, which does not depend on the scale of the grey values, or the nearest
        patch where there is one for each class.
    size, stride : int or one per axis
        Of the patches, in samples. Small patches see fine borders but few holes each.
    marks : {(row, col): class}, optional
        A few places of the image with the name of their class; patches whose centre lies within a quarter of a patch, and at
        least the nearest one, are learned from, and the rest of the image follows.
    pipeline, analysis, filtration, workers, progress
        See ``describe_patches``.

    Returns
    -------
    Segmentation

    Raises
    ------
    ValueError
        For marks outside of the image or of one class only, a classifier that does not fit what is asked, and as ``describe_patches``.

    Notes
    -----
    A patch votes for all of its samples, most for those in its middle (a triangle along each axis), with its probabilities where the
    classifier gives any, else with one vote.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> coarse = np.kron(rng.random((8, 16)), np.ones((4, 4)))
    >>> picture = np.vstack([coarse, rng.random((32, 64))])
    >>> painted = segment(picture, 2, size=16, stride=4)
    >>> painted.labels.shape, len(set(painted.labels[:20].ravel())), len(set(painted.labels[44:].ravel()))
    ((64, 64), 1, 1)
    """
    if marks is None and classifier is None:
        raise ValueError("give a classifier, a number of classes, or marks")
    if isinstance(classifier, Pipeline) and is_fitted(classifier) and isinstance(classifier[0], (DiagramTransformer, FeatureUnion)):
        if pipeline is not None or len(classifier) == 1:
            raise ValueError("a classifier that begins with diagrams must end in a model, and leaves no room for another pipeline")
        pipeline, classifier = classifier[0], classifier[1:]
    textures = (
        image
        if isinstance(image, Textures)
        else describe_patches(
            image,
            size=size,
            stride=stride,
            pipeline=pipeline,
            analysis=analysis,
            filtration=filtration,
            workers=workers,
            progress=progress,
        )
    )
    model, classes, votes = _classify(textures, classifier) if marks is None else _follow(textures, classifier, marks)
    return _painted(textures, model, classes, votes)


def _classify(textures: Textures, classifier: Any) -> tuple[Any, Array, Array]:
    """Model, classes (k,), and votes (n, k) of a clustering or of a fitted classifier."""
    x = textures.vectors
    if isinstance(classifier, (int, np.integer)) and not isinstance(classifier, bool):
        if not 2 <= classifier <= len(x):
            raise ValueError(f"a number of classes is at least 2 and at most that of the patches, {len(x)}, not {classifier}")
        classifier = KMeans(int(classifier), n_init=4, random_state=0)
    if not hasattr(classifier, "fit"):
        raise ValueError(f"a classifier of scikit-learn or a number of classes is needed, not {classifier!r}")
    if is_fitted(classifier):
        return (classifier, *_votes(classifier, x))
    if is_classifier(classifier) or not hasattr(classifier, "fit_predict"):
        raise ValueError(f"{type(classifier).__name__} is not fitted: fit it on vectors of known classes, or give marks")
    model = clone(classifier)
    found = np.asarray(model.fit_predict(x))
    classes = np.unique(found[found >= 0])
    return model, classes, (found[:, None] == classes).astype(float)


def _follow(textures: Textures, classifier: Any, marks: Mapping[Place, Any]) -> tuple[Any, Array, Array]:
    """Model, classes and votes learned from marked places."""
    if classifier is not None and not (hasattr(classifier, "predict") and is_classifier(classifier)):
        raise ValueError(f"marks need a classifier of scikit-learn, not {classifier!r}")
    places = np.array([_checked_place(place, textures.image.shape) for place in marks])
    names = list(dict.fromkeys(marks.values()))
    if len(names) < 2:
        raise ValueError(f"mark places of at least two classes: {len(names)} so far")
    given = np.array([names.index(name) for name in marks.values()])
    steps = (textures.centres[:, None] - places) / np.array(textures.patches.size)
    away = np.abs(steps).max(axis=2)
    nearest = away.argmin(axis=1)
    learn = away.min(axis=1) <= NEAR
    closest = away.argmin(axis=0)  # a mark near the border of the image has the nearest patch at least
    lonely = ~learn[closest]
    learn[closest[lonely]] = True
    target = given[nearest]
    target[closest[lonely]] = given[lonely]
    missing = [names[i] for i in sorted(set(given.tolist()) - set(target[learn].tolist()))]
    if missing:
        raise ValueError(f"the marks of class {missing[0]!r} lie so close to others that no patch of its own is left: mark it elsewhere")
    if classifier is None:  # a spread within classes needs more than one patch in one of them
        alone = int(learn.sum()) == len(names)
        classifier = KNeighborsClassifier(1) if alone else LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE)
    model = clone(classifier).fit(textures.vectors[learn], target[learn])
    _, votes = _votes(model, textures.vectors)
    return model, np.array(names), votes


def _votes(model: Any, x: Array) -> tuple[Array, Array]:
    if not hasattr(model, "predict"):
        raise ValueError(f"{type(model).__name__} cannot predict the class of a patch: give it without fitting it")
    classes = getattr(model, "classes_", None)
    if classes is not None and hasattr(model, "predict_proba"):
        return np.asarray(classes), np.asarray(model.predict_proba(x), float)
    found = np.asarray(model.predict(x))
    if classes is None:
        centres = getattr(model, "cluster_centers_", getattr(model[-1] if isinstance(model, Pipeline) else model, "cluster_centers_", None))
        classes = np.unique(found) if centres is None else np.arange(len(centres))
    return np.asarray(classes), (found[:, None] == np.asarray(classes)).astype(float)


def _painted(textures: Textures, model: Any, classes: Array, votes: Array) -> Segmentation:
    grid = textures.patches.grid
    spread = [
        _triangles(length, n, size, step)
        for length, n, size, step in zip(textures.image.shape, grid, textures.patches.size, textures.stride, strict=True)
    ]
    labels = np.full(textures.image.shape, -1, np.int32)
    best, total = np.zeros(labels.shape, np.float32), np.zeros(labels.shape, np.float32)
    for k in range(len(classes)):
        field = votes[:, k].reshape(grid)
        for axis, matrix in enumerate(spread):
            field = np.moveaxis(np.tensordot(matrix, field, axes=(1, axis)), 0, axis)
        field = field.astype(np.float32)
        total += field
        wins = field > best
        labels[wins], best[wins] = k, field[wins]
    confidence = np.divide(best, total, out=np.zeros_like(best), where=total > 0)
    patch_labels = np.where(votes.any(axis=1), votes.argmax(axis=1), -1) if votes.shape[1] else np.full(len(votes), -1)
    means = np.full((len(classes), textures.vectors.shape[1]), np.nan)
    examples = []
    for k in range(len(classes)):
        own = np.flatnonzero(patch_labels == k)
        if len(own):
            means[k] = textures.vectors[own].mean(axis=0)
            own = own[np.argsort(((textures.vectors[own] - means[k]) ** 2).sum(axis=1), kind="stable")[:EXAMPLES]]
        examples.append(textures.patches.origins[own])
    counts = np.bincount(labels[labels >= 0].ravel(), minlength=len(classes))
    return Segmentation(labels, confidence, classes, counts, patch_labels, means, examples, textures, model)


def _triangles(length: int, number: int, size: int, step: int) -> Array:
    """Weights (length, number) of the votes of each row of patches along one axis."""
    triangle = np.minimum(np.arange(1, size + 1), np.arange(size, 0, -1))  # whole numbers: equal votes stay equal
    weights = np.zeros((length, number))
    for i in range(number):
        weights[i * step : i * step + size, i] = triangle
    return weights


def _checked_place(place: Any, shape: tuple[int, ...]) -> Place:
    try:
        index = tuple(int(i) for i in place)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a mark is the index of a sample, such as (row, col), not {place!r}") from error
    if len(index) != len(shape) or not all(0 <= i < n for i, n in zip(index, shape, strict=True)):
        raise ValueError(f"the mark {place!r} is not in this image of {shape}")
    return index


def _grids(pipeline: Any) -> list[GridTransformer]:
    parts = [part for _, part in pipeline.transformer_list] if isinstance(pipeline, FeatureUnion) else [pipeline]
    return [part for part in parts if isinstance(part, GridTransformer)]
