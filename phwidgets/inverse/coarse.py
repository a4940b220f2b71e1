"""A coarse-grained model: rings or cavities as the nodes of a graph, joined where they share atoms, edges or faces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from .arguments import checked_shapes
from .kinds import ShapeKinds
from .volume import Volume

if TYPE_CHECKING:
    import networkx

Shift = tuple[int, int, int]
Part = tuple[tuple[int, int, int, int], ...]  # atoms of something shared, each with the lattice translate it is in

BY = {"atoms": 1, "edges": 2, "faces": 3}


def coarse_grain(
    volumes: Sequence[Volume], by: Literal["atoms", "edges", "faces"] = "atoms", *, at_least: int = 1, kinds: ShapeKinds | None = None
) -> networkx.MultiGraph:
    """The graph of shapes that touch: every ring, cavity or component is one node.

    Parameters
    ----------
    volumes : Volumes
        Shapes that failed or run around the periodic cell have no place and make no node.
    by : {"atoms", "edges", "faces"}
        What two shapes must share: atoms of the rings or walls, edges of theirs, or (of cavities) triangles of the walls.
    at_least : int
        How many of them.
    kinds : ShapeKinds, optional
        As ``group_shapes`` returns; nodes then have an attribute ``kind``.

    Returns
    -------
    networkx.MultiGraph
        Nodes are pair ids. Their attributes are ``centre`` (x, y, z) in Å and the columns of ``Volumes.to_frame``. An edge says that
        two shapes touch: ``shared`` tells how often, ``atoms`` which atoms are shared, and ``offset`` in which periodic image: the
        shape ``target``, moved by that many lattice vectors, touches the shape ``source`` where it lies. Two shapes that touch in
        several images have several edges, and a shape that touches its own image an edge to itself. ``graph.graph["left_out"]`` are
        the pairs without a node.

    Raises
    ------
    ValueError
        For what are no volumes of atoms, an unknown ``by``, faces of what has none, or ``at_least`` below 1.

    Examples
    --------
    >>> import phwidgets as ph
    >>> from phwidgets.inverse.coarse import coarse_grain
    >>> rings = ph.optimal_volumes(ph.alpha_persistence(ph.sample("cristobalite"))[1].longest(20))
    >>> graph = coarse_grain(rings)
    >>> graph.number_of_nodes()
    20
    """
    import networkx

    from .statistics import table

    if by not in BY:
        raise ValueError(f"shapes share 'atoms', 'edges' or 'faces', not {by!r}")
    if not at_least >= 1:
        raise ValueError(f"at_least is a number from 1 on, not {at_least!r}")
    volumes = checked_shapes(volumes)
    placed = [v for v in volumes if not v.problem and not v.winds and len(v.points)]
    if by == "faces" and any(v.degree != 2 or v.points.shape[1] != 3 for v in placed):
        raise ValueError("only cavities have faces to share: use by='atoms' or by='edges'")
    kept = {v.pair_id for v in placed}
    graph = networkx.MultiGraph(by=by, left_out=[v.pair_id for v in volumes if v.pair_id not in kept])
    facts = table(placed).drop(columns=["winds", "problem"]).rename_axis(None)
    for pair, row in zip(facts.index.tolist(), facts.to_dict("records"), strict=True):
        about = {str(name): value for name, value in row.items()}
        about["centre"] = tuple(float(about.pop(f"centre {axis} (Å)")) for axis in "xyz")
        if kinds is not None:
            about["kind"] = kinds.labels.get(pair, "")
        graph.add_node(pair, **about)
    for (a, b, shift), atoms in _touching(placed, by).items():
        if len(atoms) >= at_least:
            shared = sorted({atom for part in atoms for atom in part})
            graph.add_edge(a, b, source=a, target=b, offset=shift, shared=len(atoms), atoms=shared)
    return graph


def _touching(volumes: Sequence[Volume], by: str) -> dict[tuple[int, int, Shift], list[tuple[int, ...]]]:
    """What each two shapes share: (pair, pair, lattice shift of the second) to the atoms of each shared thing."""
    where: dict[Part, set[tuple[int, Shift]]] = defaultdict(set)
    for v in volumes:
        nodes = [(a, *o) for a, o in zip(v.point_atoms.tolist(), v.offsets.tolist(), strict=True)]
        for part in _parts(v, by):
            corners = sorted(nodes[i] for i in part)
            base = corners[0][1:]
            name = tuple((a, x - base[0], y - base[1], z - base[2]) for a, x, y, z in corners)
            where[name].add((v.pair_id, base))
    shared: dict[tuple[int, int, Shift], list[tuple[int, ...]]] = defaultdict(list)
    for name, visits in where.items():
        atoms, ordered = tuple(corner[0] for corner in name), sorted(visits)
        for i, (a, here) in enumerate(ordered):
            for b, there in ordered[i + 1 :]:
                shift = (here[0] - there[0], here[1] - there[1], here[2] - there[2])
                if a == b:  # it touches its own image: forth and back is the same
                    shift = max(shift, (-shift[0], -shift[1], -shift[2]))
                shared[a, b, shift].append(atoms)
    return shared


def _parts(volume: Volume, by: str) -> Iterable[tuple[int, ...]]:
    """What may be shared, as rows of ``points``."""
    n = len(volume.points)
    if by == "atoms":
        return [(i,) for i in range(n)]
    if by == "faces":
        return [tuple(face) for face in volume.faces.tolist()]
    if len(volume.loop):
        return [(i, (i + 1) % n) for i in range(n)]
    edges = np.unique(np.sort(volume.faces[:, [[0, 1], [0, 2], [1, 2]]].reshape(-1, 2), axis=1), axis=0) if len(volume.faces) else []
    return [(int(i), int(j)) for i, j in edges]
