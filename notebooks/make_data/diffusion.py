"""The effective diffusivity of a porous medium from its 3D image, by finite differences.

Steady diffusion, div(k grad c) = 0, with c = 1 on one face, c = 0 on the opposite one and no flux through the other four. Every voxel is a
cell of a finite-volume scheme; two neighbours exchange through the harmonic mean of their k, and the two outer faces lie half a voxel
before the first and behind the last layer. The result is the mean flux divided by the flux of an empty box: 1 where everything is open.

The equations are solved by conjugate gradients with a preconditioner of two levels: the diagonal, and the exact solution of the same
equations for one value per block of 4 x 4 x 4 voxels (R. A. Nicolaides, SIAM J. Numer. Anal. 24, 355 (1987), added instead of deflated).
"""

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.linalg import LinearOperator, cg, splu
from threadpoolctl import threadpool_limits

BLOCK = 4  # voxels along the edge of a block of the coarse level


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
    exchange = exchange_matrix(k, number)
    inlet, outlet = np.zeros((2, exchange.shape[0]))
    inlet[number[0][active[0]]] = 2 * k[0][active[0]]
    outlet[number[-1][active[-1]]] = 2 * k[-1][active[-1]]
    matrix = sparse.diags_array(np.asarray(exchange.sum(axis=1)).ravel() + inlet + outlet).tocsr() - exchange
    start = np.broadcast_to((np.arange(len(k))[::-1, None, None] + 0.5) / len(k), k.shape)[active]
    with threadpool_limits(1, "blas"):  # the vectors are short: more threads only get in each other's way
        c, failed = cg(matrix, inlet, x0=start, rtol=1e-6, maxiter=20_000, M=two_levels(matrix, np.argwhere(active)))
    if failed:
        raise RuntimeError(f"no solution after {failed} iterations")
    return float(inlet @ (1 - c)) * len(k) / k[0].size


def exchange_matrix(k, number):
    """Symmetric matrix of the exchange between neighbours; ``number`` is the row of each voxel with ``k > 0``."""
    rows, columns, weights = [], [], []
    for direction in range(3):
        first, second = (np.moveaxis(k, direction, 0)[s] for s in (slice(None, -1), slice(1, None)))
        both = (first > 0) & (second > 0)
        rows.append(np.moveaxis(number, direction, 0)[:-1][both])
        columns.append(np.moveaxis(number, direction, 0)[1:][both])
        weights.append(2 / (1 / first[both] + 1 / second[both]))
    n = int(number.max()) + 1
    half = sparse.coo_array((np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), (n, n)).tocsr()
    return half + half.T


def two_levels(matrix, place):
    """The preconditioner for voxels at ``place`` (n, 3)."""
    block = np.unique(place // BLOCK, axis=0, return_inverse=True)[1].ravel()
    spread = sparse.csr_array((np.ones(len(block)), (np.arange(len(block)), block)))
    gather = spread.T.tocsr()
    coarse = splu((gather @ matrix @ spread).tocsc())
    diagonal = matrix.diagonal()
    return LinearOperator(matrix.shape, lambda x: x / diagonal + coarse.solve(gather @ x)[block], dtype=float)


def mean_diffusivity(local):
    """The mean over the three directions."""
    return float(np.mean([effective_diffusivity(local, axis) for axis in range(3)]))
