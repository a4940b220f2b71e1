"""From chains of cells to shapes of atoms, with the checks that every one of them has to pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..structure import Structure
from .fillings import Fillings
from .source import Source
from .unwrap import Ring, boundary_faces, boundary_of, boundary_rings
from .volume import Volume, failed_volume

Array = NDArray[Any]


def _positions(structure: Structure, atoms: Array, offsets: Array) -> Array:
    points = np.array(structure.positions[atoms])
    return points if structure.cell is None else points + offsets[:, : len(structure.cell)] @ structure.cell


def component_volume(pair: int, structure: Structure, source: Source, points: Array, offsets: Array) -> Volume:
    """The shape of a component, its oldest atom in its own place (see ``trees.components``)."""
    atoms = np.asarray(source.triangulation.kept[points], np.int64)
    offsets = offsets + source.offset[points] - source.offset[points[0]]
    none = np.zeros((0, 2), np.int64)
    return Volume(
        pair,
        none[:, 0],
        _positions(structure, atoms, offsets),
        offsets,
        structure.species[atoms],
        certified=True,
        simplices=none,
        boundary=atoms[:, None],
    )


def ring_volume(
    pair: int, structure: Structure, source: Source, fillings: Fillings, chain: Array, limit: int, birth: int, certified: bool
) -> Volume:
    """The shape of a chain of triangles, once it has passed the checks."""
    death = int(chain[0])
    chain, rings = boundary_rings(source, fillings, chain, limit, birth)
    boundary = boundary_of(fillings, chain)
    problem = _problem(source, fillings, chain, boundary, limit, death)
    if problem:
        return failed_volume(pair, structure, problem)
    placed = []
    for ring in rings:
        loop = np.asarray(source.triangulation.kept[ring.vertices], np.int64)
        placed.append((ring, loop, _positions(structure, loop, ring.offsets)))
    with_birth = [one for one in placed if birth in one[0].edges]
    ring, loop, points = with_birth[0] if with_birth else max(placed, key=lambda one: _length(one[0], one[2]))
    return Volume(
        pair,
        loop,
        points,
        ring.offsets,
        structure.species[loop],
        certified=certified,
        winds=ring.winds,
        simplices=source.atoms(2, chain),
        boundary=source.atoms(1, boundary),
    )


def cavity_volume(
    pair: int, structure: Structure, source: Source, fillings: Fillings, chain: Array, limit: int, birth: int, certified: bool
) -> Volume:
    """The shape of a chain of tetrahedra, once it has passed the checks."""
    boundary = boundary_of(fillings, chain)
    problem = _problem(source, fillings, chain, boundary, limit, int(chain[0]))
    if problem:
        return failed_volume(pair, structure, problem)
    vertices, offsets, faces, winds = boundary_faces(source, fillings, chain, limit)
    atoms = np.asarray(source.triangulation.kept[vertices], np.int64)
    return Volume(
        pair,
        np.zeros(0, np.int64),
        _positions(structure, atoms, offsets),
        offsets,
        structure.species[atoms],
        certified=certified,
        winds=winds,
        simplices=source.atoms(3, chain),
        boundary=source.atoms(2, boundary),
        faces=faces,
        wall=atoms,
    )


def _problem(source: Source, fillings: Fillings, chain: Array, boundary: Array, limit: int, death: int) -> str:
    """Why a chain is no volume of its pair, or ''. All modulo 2."""
    if not len(boundary):
        return "its volume has no border"
    degree = fillings.facets.shape[1] - 2
    ridges = source.complex.facets[degree][boundary]
    if (np.unique(ridges, return_counts=True)[1] % 2).any():
        return "the border of its volume is not closed"
    if fillings.facet_rank[boundary].max() > limit:
        return "the border of its volume is not there yet at birth"
    # the reduction found that this cell ends a class, so no border of a chain in which it is the last one can be filled before
    if chain[0] != death or (fillings.cell_rank[chain[1:]] >= fillings.cell_rank[death]).any():
        return "its volume is not the one that the death simplex fills"
    return ""


def _length(ring: Ring, points: Array) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum() + (0 if ring.winds else np.linalg.norm(points[-1] - points[0])))
