"""The effective diffusivity of a porous medium from its 3D image, by finite differences.

Steady diffusion, div(k grad c) = 0, with c = 1 on one face, c = 0 on the opposite one and no flux through the other four. Every voxel is a
cell of a finite-volume scheme; two neighbours exchange through the harmonic mean of their k, and the two outer faces lie half a voxel
before the first and behind the last layer. The result is the mean flux divided by the flux of an empty box: 1 where everything is open.
"""

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.linalg import cg


def effective_diffusivity(local, axis=0):
    """Effective diffusivity along one axis, in units of the free one.

    Parameters
    ----------
    local : (planes, rows, cols) array of bool or float
        Pores, or the local diffusivity of each voxel, at least 0.
    axis : int
        Direction of the flux.

    Returns
    -------
    float
        0 where no path of open voxels leads through; steps go through faces of voxels.
    """
    k = np.moveaxis(np.asarray(local, float), axis, 0)
    parts, _ = ndimage.label(k > 0)
    through = np.intersect1d(parts[0], parts[-1])
    k = np.where(np.isin(parts, through[through > 0]), k, 0.0)  # dead ends keep their place, isolated pores have no equation
    active = k > 0
    if not active.any():
        return 0.0
    number = np.full(k.shape, -1)
    number[active] = np.arange(active.sum())
    rows, columns, weights = [], [], []
    for direction in range(3):
        first, second = (np.moveaxis(k, direction, 0)[s] for s in (slice(None, -1), slice(1, None)))
        both = (first > 0) & (second > 0)
        rows.append(np.moveaxis(number, direction, 0)[:-1][both])
        columns.append(np.moveaxis(number, direction, 0)[1:][both])
        weights.append(2 / (1 / first[both] + 1 / second[both]))
    rows, columns, weights = map(np.concatenate, (rows, columns, weights))
    n = int(active.sum())
    exchange = sparse.coo_matrix((weights, (rows, columns)), (n, n)).tocsr()
    exchange = exchange + exchange.T
    inlet, outlet = np.zeros(n), np.zeros(n)
    inlet[number[0][active[0]]] = 2 * k[0][active[0]]
    outlet[number[-1][active[-1]]] = 2 * k[-1][active[-1]]
    diagonal = np.asarray(exchange.sum(axis=1)).ravel() + inlet + outlet
    start = (np.broadcast_to((np.arange(len(k))[::-1, None, None] + 0.5) / len(k), k.shape))[active]
    preconditioner = sparse.diags_array(1 / diagonal)
    c, failed = cg(sparse.diags_array(diagonal) - exchange, inlet, x0=start, rtol=1e-6, maxiter=20_000, M=preconditioner)
    if failed:
        raise RuntimeError(f"no solution after {failed} iterations")
    return float(inlet @ (1 - c)) * len(k) / k[0].size


def mean_diffusivity(local):
    """The mean over the three directions."""
    return float(np.mean([effective_diffusivity(local, axis) for axis in range(3)]))
