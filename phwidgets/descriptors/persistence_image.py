"""The persistence image: a diagram as a smooth picture, and so as a vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .gaussian import Plane
from .grid import OUTSIDE, GridTransformer, widened
from .points import Points, span

Array = NDArray[Any]
Weight = str | Callable[[Array, Array], Array] | None

DEFAULT_BANDWIDTH = 0.02  # of the range
MARGIN = 3.0  # bandwidths around all pairs


class PersistenceImage(GridTransformer):
    """Persistence image: every pair becomes a Gaussian on the (birth, death) plane, and every bin the mass that lies in it.

    A scikit-learn transformer; a sample is a diagram. The vector is linear in the pairs, so that any vector of this space can be read
    back: on the diagram (``to_histogram``) and pair by pair (``pair_weights``).

    Parameters
    ----------
    resolution : int or (nb, nd)
        Number of bins of births and of deaths.
    bandwidth : float, optional
        Standard deviation of the Gaussians, in the unit of the diagrams. By default 2 % of the range: of the given one, or of
        the one from the lowest to the highest birth or death in the diagrams that ``fit`` sees.
    weight : "persistence", "uniform" (or None), or callable
        Mass of each pair; a callable gets births and persistences, two (n,) arrays, and returns (n,) numbers. A weight that is zero on
        the diagonal makes the vector stable against noise.
    range : (low, high) or ((low, high), (low, high)), optional
        Of both axes, or of births and of deaths. By default all births and deaths that ``fit`` sees and three bandwidths more on each
        side, the same for both axes. A warning says so when pairs of more than 5 % of the weight of a diagram lie outside.
    normalize : None, "size" or "volume"
        Divide each vector by the number of atoms (of samples of an image), or by the volume of the periodic cell (of the image), so that
        inputs of different size can be compared.
    degree : int, optional
        For samples that are ``Diagrams``: which of them to take.

    Attributes
    ----------
    bandwidth_ : float
    range_ : ((low, high), (low, high))
    birth_edges_, death_edges_ : (nb + 1,) and (nd + 1,) float arrays
    unit_, degree_ : str and int, or None

    Notes
    -----
    Definition of Adams et al., J. Mach. Learn. Res. 18, 8 (2017), with the density integrated over each bin (not taken at one point),
    on births and deaths instead of births and persistences. It is evaluated exactly, to 1e-9 of the highest bin of each Gaussian, which
    is a product of its two axes: a narrow one is added to the bins that it reaches, read from a table of the error function; wide ones
    are gathered at the nodes of a coarser grid, which one product with two fixed matrices spreads over the bins (``gaussian.py``).
    Essential classes have no place on the plane and are left out: use their births directly if they matter. An empty diagram is the zero
    vector. Superlevel diagrams lie below the diagonal and are treated alike, but the two kinds cannot be mixed.

    persim integrates as well and gives the same numbers for birth-death axes (``skew=False``), where it takes the death for the
    weight. gudhi takes the density at grid points, the ends of the range included, on birth-persistence axes: the same but for the area
    of a bin, if bins are small against the bandwidth.

    Examples
    --------
    >>> pi = PersistenceImage(resolution=8, bandwidth=0.1, weight="uniform", range=(0, 4))
    >>> X = pi.fit_transform([[[1.0, 2.0], [1.0, 3.0]], [[1.0, 3.0]]])
    >>> X.shape, X.sum(axis=1).round(6).tolist()
    ((2, 64), [2.0, 1.0])
    >>> pi.pair_weights(X[1], [[1.0, 2.0], [1.0, 3.0]]).round(3).tolist()
    [0.0, 0.25]
    """

    def __init__(
        self,
        resolution: Any = (64, 64),
        bandwidth: float | None = None,
        weight: Weight = "persistence",
        range: Any = None,
        *,
        normalize: str | None = None,
        degree: int | None = None,
    ) -> None:
        self.resolution = resolution
        self.bandwidth = bandwidth
        self.weight = weight
        self.range = range
        self.normalize = normalize
        self.degree = degree

    def _learn(self, points: list[Points]) -> None:
        given = self._given_range()
        if self.bandwidth is None:
            low, high = span(points) if given is None else max(given, key=lambda r: r[1] - r[0])
            self.bandwidth_ = DEFAULT_BANDWIDTH * (high - low)
        elif isinstance(self.bandwidth, (int, float, np.number)) and 0 < self.bandwidth < np.inf:
            self.bandwidth_ = float(self.bandwidth)
        else:
            raise ValueError(f"bandwidth must be a positive number in the unit of the diagrams, not {self.bandwidth!r}")
        self._set_grid(widened(points, MARGIN * self.bandwidth_) if given is None else given)
        self._plane = Plane.of(self.birth_edges_, self.death_edges_, self.bandwidth_)
        for p in points:
            self._weights(p)

    def vectors_of_rows(self, birth: Array, death: Array, ends: Array) -> Array | None:
        """As ``transform``, (m, n_features), of many diagrams whose finite pairs follow each other and end at ``ends`` (m,).

        None where a vector needs more than births and deaths: with ``normalize``, or a ``weight`` of one's own, which sees whole diagrams.
        """
        uniform = self.weight is None or (isinstance(self.weight, str) and self.weight == "uniform")
        if self.normalize is not None or not (uniform or isinstance(self.weight, str)):
            return None
        weights = np.ones(len(birth)) if uniform else np.abs(death - birth)
        number = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
        total, outside = (np.bincount(number, w, len(ends)) for w in (weights, np.where(self._outside(birth, death), weights, 0.0)))
        if (outside > OUTSIDE * total).any():
            self._warn(5)
        return self._plane.images(birth, death, weights, ends).reshape(len(ends), -1)

    def _vector(self, points: Points) -> Array:
        weights = np.array(self._weights(points), float)  # one layout for the kernel
        self._warn_outside(points, weights)
        return self._plane.image(points.birth, points.death, weights).ravel()

    def _read(self, points: Points, grid: Array) -> Array:
        grid = np.ascontiguousarray(grid)
        return np.asarray(self._plane.means(points.birth, points.death, grid) * self._weights(points))
