"""Which atoms or samples make the score of a model: its weights, carried back through the pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..inverse.incidence import incidence
from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from .grid import GridTransformer
from .unions import parts_of

if TYPE_CHECKING:
    import pandas as pd

    from ..inverse.regions import Regions
    from ..inverse.tunnels import VoxelLoops
    from ..inverse.volume import Volumes

    Shapes = Volumes | Regions | VoxelLoops

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """The score of one diagram, taken apart.

    Attributes
    ----------
    pairs : (n_pairs,) float array
        Share of each pair, in the order of the diagram.
    pair_id : (n_pairs,) int array
    by_volume : (n_pairs,) bool array
        Whether the share went to the atoms of a volume; otherwise to those of the birth and death simplices.
    offset : float
        The part of the score that no pair makes, such as an intercept.
    meaning : str
        What a large score speaks for.
    input_shares : (n_atoms,) or (n_voxels,) float array
        What ``atoms`` and ``voxels`` are made of.
    shape : tuple of int, or None
        Of the image; None for atoms.
    degree : (n_pairs,) int array
        Of the diagram that each pair belongs to.
    """

    pairs: Array
    pair_id: Array
    by_volume: Array
    offset: float
    meaning: str
    input_shares: Array
    shape: tuple[int, ...] | None
    degree: Array

    @property
    def score(self) -> float:
        """What the model says about this diagram: all shares and the offset."""
        return float(self.pairs.sum()) + self.offset

    @property
    def atoms(self) -> Array:
        """Shares (n_atoms,) of the atoms, in the order of the structure; they add up to the score without the offset."""
        if self.shape is not None:
            raise ValueError("this is the explanation of an image: its shares are in .voxels")
        return self.input_shares

    @property
    def voxels(self) -> Array:
        """Shares of the samples, in the shape of the image; they add up to the score without the offset."""
        if self.shape is None:
            raise ValueError("this is the explanation of a structure: its shares are in .atoms")
        return self.input_shares.reshape(self.shape)

    def to_frame(self) -> pd.DataFrame:
        """Table with one row per pair, indexed by ``pair_id``, which counts in each degree by itself."""
        import pandas as pd

        columns = {"degree": self.degree, "share": self.pairs, "by_volume": self.by_volume}
        return pd.DataFrame(columns, index=pd.Index(self.pair_id, name="pair_id"))

    def __repr__(self) -> str:
        what = "atoms" if self.shape is None else "samples"
        return f"Explanation({self.meaning}: score {self.score:.4g} from {len(self.pairs)} pairs of {len(self.input_shares)} {what})"


def explain(vector: Any, pi: Any, d: Any, volumes: Shapes | Mapping[int, Shapes | None] | None = None, *, which: Any = 0) -> Explanation:
    """Carry the weights of a model back to the pairs of a diagram, and to its atoms or samples.

    Parameters
    ----------
    vector : (n_features,) array, Direction, or fitted estimator
        Of the space of ``pi``: regression coefficients, a difference of means ... For estimators see ``direction_of``.
    pi : PersistenceImage, DiagramHistogram, or FeatureUnion of them, or None
        Fitted: it made the vectors. A union, as ``make_union(PersistenceImage(degree=0), PersistenceImage(degree=1))``, has several
        degrees side by side. None takes it from ``vector``, a pipeline that begins with it.
    d : Diagram, or Diagrams if ``pi`` has a degree or several
        With a source; any selection of pairs will do, and the score is then that of the selection.
    volumes : Volumes, Regions or VoxelLoops, or dict of int to these, optional
        Of some or all pairs of ``d``, as ``optimal_volumes`` and the others give; of several degrees, a dict by degree. A pair without
        one, or with one that failed, is given to the atoms of its birth and death simplices, as all are by default.
    which : optional
        Which direction of an estimator, see ``direction_of``.

    Returns
    -------
    Explanation
        A pair's share is split equally over its atoms (its row of the incidence matrix A), so that atoms, too, add up to the score.

    Raises
    ------
    ValueError
        If the vector does not belong to this space, the diagram has no source, or the volumes belong to other pairs.

    Notes
    -----
    Obayashi, Hiraoka and Kimura, J. Appl. Comput. Topol. 1, 421 (2018), draw learned weights on the diagram. Here they go one step on,
    atoms = Aᵀ (shares / number of atoms of the pair).

    Examples
    --------
    >>> import phwidgets as ph
    >>> d = ph.alpha_persistence(ph.sample("cristobalite"))[1]
    >>> from phwidgets.descriptors.persistence_image import PersistenceImage
    >>> pi = PersistenceImage(resolution=16)
    >>> x = pi.fit_transform([d])[0]
    >>> e = explain(x, pi, d)
    >>> e.atoms.shape, bool(abs(e.atoms.sum() - x @ x) < 1e-9)
    ((648,), True)
    """
    whole, parts = parts_of(vector, pi, which)
    if len(parts) == 1 and not isinstance(volumes, Mapping):
        volumes = {_one(d, parts[0][0]).degree: volumes}
    elif volumes is not None and not isinstance(volumes, Mapping):
        raise ValueError("these vectors have several degrees: give volumes as a dict, {degree: volumes}")
    shared = [_shared(own, transformer, _one(d, transformer), volumes or {}) for transformer, own in parts]
    source = _one(d, parts[0][0]).source
    values = getattr(source, "values", None)
    shape = None if values is None else tuple(values.shape)
    pairs, pair_id, by_volume, degree = (np.concatenate([one[k] for one in shared]) for k in range(4))
    carried = np.sum([one[4] for one in shared], axis=0)
    return Explanation(pairs, pair_id, by_volume, whole.offset, whole.meaning, carried, shape, degree)


def _one(d: Any, pi: GridTransformer) -> Diagram:
    """The diagram that belongs to a transformer."""
    if isinstance(d, Diagrams) and pi.degree is not None:
        d = d[pi.degree]
    if not isinstance(d, Diagram):
        raise ValueError(f"explain needs a Diagram, which knows its atoms, not {type(d).__name__}")
    if d.source is None:
        raise ValueError("this diagram does not know what it was computed from, so that its shares cannot be carried back")
    return d


def _shared(vector: Array, pi: GridTransformer, d: Diagram, volumes: Mapping[int, Any]) -> tuple[Array, Array, Array, Array, Array]:
    """Shares, ids, whether by volume and degree of the pairs of one diagram, and the shares of its atoms or samples."""
    shares = pi.pair_weights(vector, d)
    by_volume, carried = _carried(d, shares, volumes.get(d.degree))
    return shares, d.pair_id, by_volume, np.full(len(d), d.degree), carried


def _carried(d: Diagram, shares: Array, volumes: Any) -> tuple[Array, Array]:
    """Which pairs have a volume (n_pairs,), and the shares of all pairs split over their atoms or samples (n_input,)."""
    simplices = incidence(d)
    number = simplices.matrix.shape[1]
    by_volume = np.zeros(len(d), bool)
    carried = np.zeros(number)
    if volumes is not None and len(volumes):
        known = incidence(volumes)  # a matrix, or for regions of an image what does the same without listing all of their samples
        row = _rows_of(d, known.pair_id)
        try:
            size = known.to_pairs(np.ones(number))
        except ValueError as error:
            raise ValueError(f"these volumes are not of the {number} atoms or samples of this diagram") from error
        by_volume[row] = size > 0
        carried += known.to_input(np.divide(shares[row], size, out=np.zeros(len(row)), where=size > 0))
    size = simplices.to_pairs(np.ones(number))
    carried += simplices.to_input(np.divide(shares, size, out=np.zeros(len(d)), where=~by_volume))
    return by_volume, carried


def _rows_of(d: Diagram, ids: Array) -> Array:
    """Rows of a diagram with these ids, each at most once."""
    place = {int(i): row for row, i in enumerate(d.pair_id)}
    stray = [int(i) for i in ids if int(i) not in place]
    if stray:
        raise ValueError(f"pair {stray[0]} has a volume but is not in this diagram ({len(stray)} such): compute both from the same pairs")
    if len(np.unique(ids)) < len(ids):
        raise ValueError("a pair has more than one volume: give each pair one")
    return np.array([place[int(i)] for i in ids], np.int64)
