"""Numba kernel: shortest paths between atoms through the edges that are present at a filtration value."""

import heapq

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def shortest_path(start, neighbour, shift, length, value, edge, source, target, target_shift, limit, excluded, reach, distance, before):
    """Shortest path from atom ``source`` to the image of ``target`` that lies ``target_shift`` lattice vectors away (Dijkstra).

    The graph stands in compressed rows: ``start`` (n + 1,), then per directed edge ``neighbour``, ``shift`` (·, 3), ``length``,
    ``value`` and ``edge`` (its undirected index). Only edges of a value up to ``limit``, other than ``excluded``, are walked.
    Images further away than ``reach`` lattice vectors are not visited. ``distance`` (n (2 reach + 1)³,), all inf, and ``before``
    of the same length are working space; ``distance`` is left as it was.

    Returns the nodes of the path (p,), each image * n + atom, from source to target; empty if there is none.
    """
    n = start.shape[0] - 1
    side = 2 * reach + 1
    middle = (reach * side + reach) * side + reach
    goal = (((target_shift[0] + reach) * side + target_shift[1] + reach) * side + target_shift[2] + reach) * n + target
    first = middle * n + source
    distance[first] = 0.0
    before[first] = -1
    touched = [first]
    heap = [(0.0, first)]
    found = False
    while len(heap):
        d, node = heapq.heappop(heap)
        if node == goal:
            found = True
            break
        if d > distance[node]:
            continue
        atom, image = node % n, node // n
        x, y, z = image // (side * side) - reach, image // side % side - reach, image % side - reach
        for k in range(start[atom], start[atom + 1]):
            if value[k] > limit or edge[k] == excluded:
                continue
            i, j, m = x + shift[k, 0], y + shift[k, 1], z + shift[k, 2]
            if abs(i) > reach or abs(j) > reach or abs(m) > reach:
                continue
            other = (((i + reach) * side + j + reach) * side + m + reach) * n + neighbour[k]
            if d + length[k] < distance[other]:
                if distance[other] == np.inf:
                    touched.append(other)
                distance[other] = d + length[k]
                before[other] = node
                heapq.heappush(heap, (d + length[k], other))
    path = [np.int64(0) for _ in range(0)]
    if found:
        node = goal
        while node != -1:
            path.append(node)
            node = before[node]
    for node in touched:
        distance[node] = np.inf
    return np.array(path[::-1], dtype=np.int64)
