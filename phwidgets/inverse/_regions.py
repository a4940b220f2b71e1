"""Numba kernels: which region of a merge tree every voxel belongs to, and sums up and down the tree.

Nodes 0 to m - 1 are the pairs in the order in which they merge, so that children come before their parents; node m is what never
merges. ``grid`` and ``state`` are explained in ``persistence._cubical_stars``.
"""

import numpy as np
from numba import njit

from ..persistence._cells import KERNEL, PART
from ..persistence._cubical_reduction import level_of
from ..persistence._cubical_stars import go


@njit(**KERNEL)
def elders(younger, ends, number):
    """Place (p,) of the extremum that survives each merge of ``ends`` (p, 2), ``number`` for the outside (-1)."""
    parent = np.empty(number + 1, np.int64)
    for i in range(number + 1):
        parent[i] = i
    out = np.empty(younger.shape[0], np.int64)
    for k in range(younger.shape[0]):
        for j in range(2):
            x = np.int64(ends[k, j])
            if x < 0:
                x = number
            while parent[x] != x:
                parent[x] = parent[parent[x]]
                x = parent[x]
            if x != younger[k]:
                out[k] = x
        parent[younger[k]] = out[k]
    return out


@njit(**KERNEL)
def join_at_once(parent, merge_level):
    """Let pairs that merge at one level all go to what survives there, in place: regions are those strictly before that level."""
    m = parent.shape[0]
    for k in range(m - 1, -1, -1):
        while parent[k] < m and merge_level[parent[k]] == merge_level[k]:
            parent[k] = parent[parent[k]]


@njit(**KERNEL)
def tour(parent):
    """Nodes in the order of an Euler tour (m + 1,), the position of each in it, and how many nodes are below each, itself included."""
    m = parent.shape[0]
    size, position, free = np.ones(m + 1, np.int64), np.zeros(m + 1, np.int64), np.ones(m + 1, np.int64)
    order = np.empty(m + 1, np.int64)
    for k in range(m):
        size[parent[k]] += size[k]
    order[0] = m
    for k in range(m - 1, -1, -1):
        p = parent[k]
        position[k] = free[p]
        free[p] += size[k]
        free[k] = position[k] + 1
        order[position[k]] = k
    return order, position, size


@njit(**PART)
def _higher(v, state, higher, steps, grid):
    """Some neighbour (of 8 or 26) that is later than v; v itself at a maximum, -1 at the border of the image."""
    nz, ny, nx = grid[0], grid[1], grid[2]
    x, t = v % nx, v // nx
    y, z = t % ny, t // ny
    if (not grid[8] and (x == 0 or x == nx - 1)) or (not grid[7] and (y == 0 or y == ny - 1)):
        return np.int64(-1)
    if nz > 1 and not grid[6] and (z == 0 or z == nz - 1):
        return np.int64(-1)
    k = higher[state[v]]
    if k < 0:
        return v
    return ((z + steps[k, 0]) % nz * ny + (y + steps[k, 1]) % ny) * nx + (x + steps[k, 2]) % nx


@njit(**PART)
def _around(node, level, upwards, merge_level, parent):
    """The first node from ``node`` upwards in the tree that merges strictly after (``upwards``: before) this level."""
    while node < parent.shape[0] and not (level > merge_level[node] if upwards else level < merge_level[node]):
        node = parent[node]
    return node


@njit(**KERNEL)
def assign(upwards, extremum, merge_level, parent, levels, kind, state, vertex_match, higher, steps, grid, owner):
    """Write to ``owner`` (n,) the smallest node whose region holds each voxel.

    ``extremum`` (m + 1,) are the voxels of the nodes, -1 for the outside, ``merge_level`` (m,) the levels at which they merge.
    """
    m = parent.shape[0]
    for v in range(owner.shape[0]):
        owner[v] = -1
    for k in range(m + 1):
        if extremum[k] >= 0:
            level = level_of(levels, kind, extremum[k])
            owner[extremum[k]] = _around(k, level, upwards, merge_level, parent)
    stack = np.empty(1024, np.int64)
    for v in range(owner.shape[0]):
        n = 0
        w = v
        while w >= 0 and owner[w] < 0:
            if n == stack.shape[0]:
                more = np.empty(2 * n, np.int64)
                for i in range(n):
                    more[i] = stack[i]
                stack = more
            stack[n] = w
            n += 1
            w = _higher(w, state, higher, steps, grid) if upwards else go(w, np.int64(vertex_match[state[w]]), grid)
        node = m if w < 0 else np.int64(owner[w])
        while n > 0:
            n -= 1
            x = stack[n]
            node = _around(node, level_of(levels, kind, x), upwards, merge_level, parent)
            owner[x] = node


@njit(**KERNEL)
def group(owner, position, voxels):
    """Write the voxels (n,) in the order of the positions of their owners; returns where each position starts (m + 2,)."""
    start = np.zeros(position.shape[0] + 1, np.int64)
    for v in range(owner.shape[0]):
        start[position[owner[v]] + 1] += 1
    for p in range(position.shape[0]):
        start[p + 1] += start[p]
    at = start.copy()
    for v in range(owner.shape[0]):
        p = position[owner[v]]
        voxels[at[p]] = v
        at[p] += 1
    return start


@njit(**KERNEL)
def add_up(own, counted, parent, joins):
    """Sums (m + 1,) over regions: ``counted`` (m + 1,) of each node's own voxels, and the branches below that ``joins`` (m,) it."""
    m = parent.shape[0]
    branch, out = own.copy(), counted.copy()
    for k in range(m):
        branch[parent[k]] += branch[k]
        if joins[k]:
            out[parent[k]] += branch[k]
    return out


@njit(**KERNEL)
def hand_down(weight, order, parent, joins):
    """For each node (m + 1,) the sum of the weights of the regions around it that it belongs to, without its own."""
    out = np.zeros(order.shape[0])
    for p in range(1, order.shape[0]):
        k = order[p]
        out[k] = out[parent[k]] + (weight[parent[k]] if joins[k] else 0.0)
    return out


@njit(**KERNEL)
def innermost(label, order, parent, joins):
    """For each node (m + 1,) the label of the smallest labelled region around it that it belongs to, 0 for none."""
    out = np.zeros(order.shape[0], np.int32)
    for p in range(1, order.shape[0]):
        k = order[p]
        above = parent[k]
        out[k] = label[above] if joins[k] and label[above] != 0 else out[above]
    return out
