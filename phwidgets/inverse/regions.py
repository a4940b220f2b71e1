"""Regions of an image: the samples that make a component or a hole, for all pairs at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from ..image import Image
from ..persistence.diagram import Diagram
from . import _regions
from .arguments import checked_epsilon
from .image_warm import warm_up_regions
from .region_tree import RegionTree, region_tree

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]

UNDYING = "a class that never dies has no region"
UNKNOWN = "its samples make no pair of this image: it was computed from another one, or in another way"
AXES = {2: ("row", "column"), 3: ("plane", "row", "column")}


@dataclass(frozen=True, eq=False, repr=False)
class VoxelVolume:
    """The region of one pair, or the reason why there is none.

    Attributes
    ----------
    pair_id : int
        Pair of the diagram.
    voxels : (m, d) int array
        Its samples, in the order of the array.
    certified : bool
        Whether the region is the only and therefore the smallest one. A merge tree has no other.
    problem : str
        '' or why there is no region.
    shape, periodic : tuples
        Of the image.
    """

    pair_id: int
    voxels: Array
    shape: tuple[int, ...]
    periodic: tuple[bool, ...]
    problem: str = ""

    def __repr__(self) -> str:
        return f"VoxelVolume(pair {self.pair_id}: {self.problem or f'{self.size} voxels'})"

    @property
    def size(self) -> int:
        """Number of its samples."""
        return len(self.voxels)

    @property
    def certified(self) -> bool:
        """Whether it is proven to be optimal: always, where there is a region."""
        return not self.problem

    @property
    def boundary_voxels(self) -> Array:
        """Samples (b, d) of the region with a face on its outside; what lies beyond the border of the image is outside."""
        inside = np.sort(np.ravel_multi_index(tuple(self.voxels.T), self.shape))
        open_ = np.zeros(self.size, bool)
        for axis, (n, wraps) in enumerate(zip(self.shape, self.periodic, strict=True)):
            for step in (-1, 1):
                there = self.voxels.copy()
                there[:, axis] += step
                if wraps:
                    there[:, axis] %= n
                beyond = (there[:, axis] < 0) | (there[:, axis] >= n)
                there[beyond] = 0
                index = np.ravel_multi_index(tuple(there.T), self.shape)
                place = np.minimum(np.searchsorted(inside, index), max(0, self.size - 1))
                open_ |= beyond | (inside[place] != index)
        return np.asarray(self.voxels[open_])


class Regions(Sequence[VoxelVolume]):
    """Regions of the pairs of a diagram, in its order; nothing is listed before it is looked at.

    A region of degree 0 is the component of the pair before it joins an older one: the samples of values before the death (in a
    sublevel filtration: below it) that hang together with the birth sample. A region of the highest degree is the hole of the pair
    after it has closed around it: the samples of values beyond the birth that hang together with the death sample. Samples that have
    the very value at which two regions merge, the merging one among them, belong to neither, so that regions do not depend on how
    equal values are ordered.

    Attributes
    ----------
    source : Image
    pair_id : (n,) int array
    problems : (n,) str array
        '' or why a pair has no region.
    epsilon : float or None
        Of stable volumes.
    """

    def __init__(self, diagram: Diagram, epsilon: float | None = None) -> None:
        image, how = diagram.source, diagram.filtration
        warm_up_regions()
        self.source, self.pair_id, self.epsilon = image, diagram.pair_id, epsilon
        self._diagram, self._how = diagram, how
        self._tree: RegionTree = region_tree(image, how, diagram.degree)
        self._rows = np.arange(len(diagram))
        self._node = np.full(len(diagram), -1)
        self.problems = np.full(len(diagram), UNDYING, object)
        mortal = np.flatnonzero(~diagram.is_essential)
        cells = diagram.birth_cell[mortal], diagram.death_cell[mortal]
        first, last = (np.ravel_multi_index(tuple(c.T), image.shape) for c in cells)
        self._node[mortal] = self._tree.nodes(*((first, last) if diagram.degree == 0 else (last, first)))
        self.problems[mortal] = np.where(self._node[mortal] < 0, UNKNOWN, "")
        if epsilon:
            short = (self._node >= 0) & (diagram.persistence <= epsilon)
            self.problems[short] = f"it lives no longer than epsilon = {epsilon:g} {diagram.unit}"
            self._node[short] = -1

    def __len__(self) -> int:
        return len(self.pair_id)

    @overload
    def __getitem__(self, index: int) -> VoxelVolume: ...
    @overload
    def __getitem__(self, index: slice) -> Regions: ...
    def __getitem__(self, index: int | slice) -> VoxelVolume | Regions:
        if isinstance(index, slice):
            return Regions(self._diagram.subset(self.pair_id[index]), self.epsilon)
        row = range(len(self))[index]
        samples = np.sort(self._tree.levels.samples(self._vertices(int(self._node[row]))))
        voxels = np.stack(np.unravel_index(samples, self.source.shape), axis=1)
        return VoxelVolume(int(self.pair_id[row]), voxels, self.source.shape, self._how.periodic, str(self.problems[row]))

    def __iter__(self) -> Iterator[VoxelVolume]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        failed = int((self._node < 0).sum())
        return f"Regions({len(self)} regions{f', {failed} failed' if failed else ''})"

    # ---- which regions hold which samples --------------------------------------------------------------------------------
    @cached_property
    def _joins(self) -> Array:
        """Mask (m,) of the branches that belong to the region they merge into: all, but for stable volumes."""
        tree = self._tree
        if not self.epsilon:
            return np.ones(len(tree), bool)
        limit = self._limits[tree.parent]
        level = self._values(tree.merge)
        return np.asarray(level >= limit if tree.upwards else level <= limit)

    @cached_property
    def _counts(self) -> Array | None:
        """Mask (n,) of the vertices that belong to the region of their owner; None if all do."""
        if not self.epsilon:
            return None
        tree, out = self._tree, np.empty(len(self._tree.owner), bool)
        for low in range(0, len(out), 1 << 20):
            part = slice(low, low + (1 << 20))
            limit, value = self._limits[tree.owner[part]], self._values(np.arange(low, min(low + (1 << 20), len(out))))
            out[part] = value >= limit if tree.upwards else value <= limit
        return out

    @cached_property
    def _limits(self) -> Array:
        """Level (m + 1,) that samples must not pass to belong to the stable region of a node."""
        shift = self.epsilon if self._tree.upwards else -(self.epsilon or 0.0)
        return np.append(self._values(self._tree.merge) + shift, -np.inf if self._tree.upwards else np.inf)

    def _values(self, vertices: Array) -> Array:
        """Values of vertices as they ascend in the tree; where nothing ever appears inf or -inf."""
        levels = self._tree.levels
        sign = self._how.sign * (-1 if levels.dual else 1)
        absent = levels.absent(vertices)
        out = np.full(len(vertices), -np.inf if levels.dual else np.inf)
        out[~absent] = sign * levels.value(levels.samples(vertices[~absent]))
        return out

    def _vertices(self, node: int) -> Array:
        if node < 0:
            return np.zeros(0, np.int64)
        tree = self._tree
        if not self.epsilon:
            return np.asarray(tree.branch(node), np.int64)
        own, counts = tree.own(node), self._counts
        assert counts is not None
        parts = [own[counts[own]], *(tree.branch(child) for child in tree.children(node) if self._joins[child])]
        return np.asarray(np.concatenate(parts), np.int64)

    # ---- pairs to samples ------------------------------------------------------------------------------------------------
    def mask(self, selection: Any = None) -> Array:
        """Image of a selection, in one pass over the samples whatever its size.

        Parameters
        ----------
        selection : iterable of int, or (n,) array of float, optional
            Pair ids, or weights of all pairs. By default all pairs.

        Returns
        -------
        array of the image's shape
            For pair ids bool: whether a sample is in the region of one of them. For weights float: the sum of those of the regions
            that a sample is in.
        """
        given = self.pair_id if selection is None else np.asarray(selection if hasattr(selection, "__len__") else list(selection))
        if given.dtype.kind == "f" and given.size:
            return self.to_input(given)
        weights = np.zeros(len(self._tree) + 1)
        nodes = self._nodes_of(given)
        weights[nodes[nodes >= 0]] = 1.0
        return self._spread(weights, bool)

    def labels(self, pairs: Any = None) -> Array:
        """Image (int32) in which each sample has 1 + the place of its smallest region among ``pairs`` (ids, by default all), else 0."""
        tree = self._tree
        nodes = self._nodes_of(self.pair_id if pairs is None else np.asarray(pairs))
        label = np.zeros(len(tree) + 1, np.int32)
        known = np.flatnonzero(nodes >= 0)
        label[nodes[known]] = known + 1
        above = _regions.innermost(label, tree.order, tree.parent, self._joins)
        whole = np.where(label != 0, label, above)
        if self._counts is None:
            return self._shaped(whole.take(tree.on_image(tree.owner)))
        owner, counts = tree.on_image(tree.owner), tree.on_image(self._counts)
        return self._shaped(np.where(counts, whole.take(owner), above.take(owner)))

    def to_input(self, weights: Any) -> Array:
        """Sum (image's shape, float) of the weights (n,) of the regions that each sample is in."""
        given = np.asarray(weights, float)
        if given.shape != (len(self),):
            raise ValueError(f"weights must have shape ({len(self)},), one per pair, not {given.shape}")
        known = self._node >= 0
        return self._spread(np.bincount(self._node[known], given[known], len(self._tree) + 1), float)

    def _spread(self, weights: Array, kind: type) -> Array:
        tree = self._tree
        above = _regions.hand_down(weights, tree.order, tree.parent, self._joins)
        whole, above = (weights + above).astype(kind), above.astype(kind)
        owner = tree.on_image(tree.owner)
        if self._counts is None:
            return self._shaped(whole.take(owner))
        return self._shaped(np.where(tree.on_image(self._counts), whole.take(owner), above.take(owner)))

    def _shaped(self, image: Array) -> Array:
        return np.ascontiguousarray(image).reshape(self.source.shape)

    # ---- samples to pairs ------------------------------------------------------------------------------------------------
    def to_pairs(self, weights: Any) -> Array:
        """Sum (n,) of the weights (image's shape) of the samples in each region."""
        tree, given = self._tree, np.asarray(weights, float)
        if given.shape != self.source.shape:
            raise ValueError(f"weights must have the image's shape {self.source.shape}, not {given.shape}")
        flat = given.reshape(tree.levels.values.shape)
        owner, number = tree.on_image(tree.owner), len(tree) + 1
        own = counted = np.bincount(owner.ravel(), flat.ravel(), number)
        if self._counts is not None:
            counts = tree.on_image(self._counts)
            counted = np.bincount(owner[counts], flat[counts], number)
        return np.where(self._node >= 0, _regions.add_up(own, counted, tree.parent, self._joins)[self._node], 0.0)

    def chain(self, voxel: Any) -> Array:
        """Ids of the pairs whose regions hold a sample (an index per axis), the innermost first."""
        place = tuple(int(i) for i in np.asarray(voxel).ravel())
        if len(place) != len(self.source.shape) or any(not 0 <= i < n for i, n in zip(place, self.source.shape, strict=True)):
            raise ValueError(f"voxel is an index into an image of shape {self.source.shape}, not {voxel!r}")
        tree = self._tree
        vertex = int(tree.levels.vertices(np.array([np.ravel_multi_index(place, self.source.shape)]))[0])
        node, inside, out = int(tree.owner[vertex]), self._counts is None or bool(self._counts[vertex]), []
        while node < len(tree):
            if inside and self._row_of[node] >= 0:
                out.append(int(self.pair_id[self._row_of[node]]))
            inside, node = bool(self._joins[node]), int(tree.parent[node])
        return np.array(out, np.int64)

    @cached_property
    def _row_of(self) -> Array:
        row = np.full(len(self._tree) + 1, -1)
        known = self._node >= 0
        row[self._node[known]] = self._rows[known]
        return row

    def _nodes_of(self, ids: Any) -> Array:
        """Nodes (m,) of pair ids; raises ValueError for an id that is not there."""
        return np.asarray(self._node[_rows_of(self.pair_id, ids)])

    # ---- table -----------------------------------------------------------------------------------------------------------
    @property
    def sizes(self) -> Array:
        """Number (n,) of samples of every region; 0 where there is none."""
        return self.to_pairs(np.ones(self.source.shape)).astype(np.int64)

    def to_frame(self) -> pd.DataFrame:
        """Table with one row per region, indexed by ``pair_id``.

        Number of samples, area or volume by the spacing of the image, centroid (index of samples, around the border of periodic axes),
        birth, death, their samples and the persistence, mean value, and what went wrong.
        """
        import pandas as pd

        image, d = self.source, self._diagram
        size = self.sizes
        with np.errstate(invalid="ignore", divide="ignore"):
            columns: dict[str, Any] = {"size": size}
            extent, power = ("area", "²") if image.ndim == 2 else ("volume", "³")
            columns[f"{extent} ({image.unit}{power})"] = size * float(np.prod(image.spacing))
            for axis, name in enumerate(AXES[image.ndim]):
                columns[f"centroid {name}"] = self._centroid(axis, size)
            columns |= {f"birth ({d.unit})": d.birth, f"death ({d.unit})": d.death, f"persistence ({d.unit})": d.persistence}
            values = image.values.astype(float)
            values[~np.isfinite(values)] = 0.0  # samples that never appear are in no region
            columns[f"mean value ({d.unit})"] = self.to_pairs(values) / size
        columns |= {"birth voxel": list(map(tuple, d.birth_cell.tolist())), "death voxel": list(map(tuple, d.death_cell.tolist()))}
        columns |= {"certified": self._node >= 0, "problem": self.problems}
        return pd.DataFrame(columns, index=pd.Index(self.pair_id, name="pair_id"))

    def _centroid(self, axis: int, size: Array) -> Array:
        n = self.source.shape[axis]
        index = np.arange(n, dtype=float).reshape([-1 if a == axis else 1 for a in range(self.source.ndim)])

        def total(of_index: Array) -> Array:
            return self.to_pairs(np.broadcast_to(of_index, self.source.shape))

        if not self._how.periodic[axis]:
            return np.asarray(total(index) / size)
        turn = 2 * np.pi * index / n
        mean = np.arctan2(total(np.sin(turn)), total(np.cos(turn))) * n / (2 * np.pi) % n
        return np.where(size > 0, mean, np.nan)


def _rows_of(pair_id: Array, ids: Any) -> Array:
    wanted = np.asarray(ids).ravel()
    if wanted.size and wanted.dtype.kind not in "iu":
        raise ValueError(f"pair ids are integers, not {wanted.dtype}")
    order = np.argsort(pair_id, kind="stable")
    place = np.minimum(np.searchsorted(pair_id, wanted, sorter=order), max(0, len(order) - 1))
    rows = order[place] if len(order) else np.zeros(len(wanted), np.int64)
    wrong = wanted[pair_id[rows] != wanted] if len(order) else wanted
    if len(wrong):
        raise ValueError(f"pair {wrong[0]} is not among these {len(pair_id)} pairs ({len(wrong)} such)")
    return rows.astype(np.int64)


def image_optimal_volumes(diagram: Diagram) -> Regions:
    """Regions of the pairs of an image: components (degree 0) and holes of the highest degree.

    The optimal volume of such a pair is a branch of the merge tree of the image, which is the only volume it has.

    Raises
    ------
    ValueError
        For degree 1 of a volume, whose pairs are tunnels: see ``shortest_cycles``; and for diagrams of other things than images.
    """
    _check(diagram)
    return Regions(diagram)


def image_stable_volumes(diagram: Diagram, epsilon: float) -> Regions:
    """Stable volumes of the pairs of an image: what of each region is there already ``epsilon`` before it merges.

    ``epsilon`` is in the unit of the diagram, absolute, at least 0. Where a region hangs together by a few samples whose values are
    about that at which it merges, the optimal volume changes much when values change little; the stable one does not (I. Obayashi,
    "Stable volumes for persistent homology", J. Appl. Comput. Topol. 7, 671 (2023)).
    """
    number = checked_epsilon(epsilon)
    _check(diagram)
    return Regions(diagram, number)


def _check(diagram: Diagram) -> None:
    image = diagram.source
    if not isinstance(image, Image) or diagram.filtration is None:
        raise ValueError("regions are those of an image of two or three dimensions; this diagram has another source")
    if diagram.degree == 1 and image.ndim == 3:
        raise ValueError("tunnels of a volume (degree 1) have no region: shortest_cycles traces a loop around each")
