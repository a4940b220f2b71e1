"""Numba kernels: everything that merges, laid out so that every component that ever was is one slice of one array."""

import numpy as np
from numba import njit

NONE = -1


@njit(cache=True, nogil=True)
def lay_out(n, younger, elder):
    """Lay the merge tree of ``n`` nodes out, where component ``younger[k]`` (m,) joins ``elder[k]``, in the order of the merges.

    Components are named after their eldest nodes. Each is put behind what its elder has gathered until then, so whatever was a
    component at some time begins at its name and is contiguous. Returns, all (n,): the nodes in that order; the ``place`` of each; how
    many nodes it had ``gathered`` when it was joined to its elder; how many its elder had ``before``; the ``latest`` that joined it
    and the ``previous`` one that joined the same elder, -1 for none.
    """
    gathered, before = np.ones(n, np.int32), np.zeros(n, np.int32)
    latest, previous = np.full(n, NONE, np.int32), np.full(n, NONE, np.int32)
    place, tour = np.full(n, NONE, np.int32), np.empty(n, np.int32)
    for k in range(younger.shape[0]):
        y, e = younger[k], elder[k]
        before[y] = gathered[e]
        gathered[e] += gathered[y]
        previous[y] = latest[e]
        latest[e] = y
        place[y] = 0  # no root
    at = 0
    for x in range(n):
        if place[x] == NONE:
            place[x] = at
            at += gathered[x]
    for k in range(younger.shape[0] - 1, -1, -1):
        place[younger[k]] = place[elder[k]] + before[younger[k]]
    for x in range(n):
        tour[place[x]] = x
    return tour, place, gathered, before, latest, previous


@njit(cache=True, nogil=True)
def gathered_until(node, limit, time, gathered, before, latest, previous):
    """How many nodes (q,) each ``node`` (q,) had gathered when all that joins at a ``time`` (n,) below its ``limit`` (q,) had joined.

    The rest is what ``lay_out`` returns.
    """
    count = np.empty(node.shape[0], np.int64)
    for q in range(node.shape[0]):
        child = latest[node[q]]
        while child != NONE and not time[child] < limit[q]:
            child = previous[child]
        count[q] = 1 if child == NONE else before[child] + gathered[child]
    return count


@njit(cache=True, nogil=True)
def spread_offsets(n, ends, gap):
    """Lattice offsets (n, 3) of nodes along a forest, each from the root of its tree.

    ``ends`` (m, 2) are the nodes of its edges and ``gap`` (m, 3) the offset from the first to the second.
    """
    offset = np.zeros((n, 3), np.int64)
    first, following = np.full(n, NONE, np.int32), np.full(2 * ends.shape[0], NONE, np.int32)  # half edges: 2 k leaves ends[k, 0]
    for k in range(ends.shape[0]):
        for side in range(2):
            following[2 * k + side] = first[ends[k, side]]
            first[ends[k, side]] = 2 * k + side
    reached, waiting = np.zeros(n, np.bool_), np.empty(n, np.int32)
    for root in range(n):
        if reached[root]:
            continue
        reached[root] = True
        waiting[0], number = root, 1
        while number:
            number -= 1
            x = waiting[number]
            half = first[x]
            while half != NONE:
                k, side = half >> 1, half & 1
                y = ends[k, 1 - side]
                if not reached[y]:
                    reached[y] = True
                    for axis in range(3):
                        offset[y, axis] = offset[x, axis] + (gap[k, axis] if side == 0 else -gap[k, axis])
                    waiting[number] = y
                    number += 1
                half = following[half]
    return offset
