"""Persistence of atoms: the alpha complex."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from math import comb
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..structure import Structure, as_structure
from . import _alpha_values
from .complex import FilteredComplex
from .delaunay import Triangulation, TriangulationError, triangulate
from .diagram import Diagram, narrow
from .diagrams import Diagrams, checked_degrees
from .engine import Pairs, order_of_pairs, persistence_pairs
from .recent import Computed, remember
from .supercell import checked_repeats, folded, repeated
from .warm import warm_up

Array = NDArray[Any]
Radii = Mapping[str, float] | Literal["covalent", "vdw"] | Array | list[float] | None

SAFETY = 16  # radii are right to this many times the jitter; what lives shorter is cut


def alpha_persistence(
    structure: Any,
    *,
    radii: Radii = None,
    values: Literal["radius", "squared"] = "radius",
    degrees: Iterable[int] | None = None,
    delaunay: Literal["fast", "exact"] = "fast",
    supercell: int | Sequence[int] | None = None,
) -> Diagrams:
    """Persistence diagrams of a configuration of atoms: components (degree 0), rings (1) and cavities (2).

    A ball grows on every atom; at filtration value t its radius is √(R² + t), where R is the atom's own radius (0 without
    ``radii``). Holes of the union of balls appear (birth) and are filled (death).

    Parameters
    ----------
    structure : Structure or anything like it
        (n, 3) or (n, 2) positions in Å, ``ase.Atoms``, pymatgen or MDAnalysis objects. Any cell will do, periodic in none, some
        or all directions, down to a single atom; atoms may lie outside of it.
    radii : None, dict, "covalent", "vdw" or (n,) array, optional
        Radii of the atoms in Å (never squared), e.g. ``{"Si": 1.1, "O": 0.6}``. None takes the structure's own, if it has any.
    values : {"radius", "squared"}
        "radius": births and deaths are sign(t)·√|t| in Å, without ``radii`` the radius of the balls. "squared": t in Å².
    degrees : iterable of int, optional
        Which diagrams to return. By default 0 to d - 1, and d too where all d directions are periodic.
    delaunay : {"fast", "exact"}, optional
        "fast" puts in one atom after the other (plane input is given to Qhull). "exact" uses CGAL through GUDHI, several times slower,
        as a second opinion; that part of GUDHI is under the GPL, which matters if you pass on a program that uses it. Both are
        certified in the same way.
    supercell : int or one per lattice vector, optional
        Compute so many cells instead of one. It is not needed for a right answer; it is a choice of finite size: what winds around the
        cell and what closes within it are told apart better. Atoms in the result are those of the given structure, and
        ``dgms.multiplicities`` tells how many rows are equal.

    Returns
    -------
    Diagrams
        ``dgms[k]`` is the ``Diagram`` of degree k. ``dgms.resolution`` says what could not be resolved: pairs that live
        shorter are left out. Essential classes, which are never filled, have death = inf: one component, and for a cell periodic
        in three directions three rings and three cavities that wind around it and one class of degree 3. Their births in degree 2
        are the radii of the widest channels, the birth in degree 3 is the radius of the largest cavity.

    Raises
    ------
    ValueError
        For input that has no answer, saying what is wrong with it.
    TriangulationError
        (A ValueError.) If the triangulation could not be certified (positions that span too many orders of magnitude), or a very
        elongated cell would need too many images.
    MemoryError
        If it would not fit into memory, with the figures, before anything is computed.

    Notes
    -----
    The alpha complex has the homotopy type of the union of balls (Edelsbrunner, Discrete Comput. Geom. 13, 415 (1995)). For a
    periodic cell it is the quotient of the infinite complex by the lattice, computed from one cell.

    Examples
    --------
    >>> import numpy as np
    >>> import phwidgets as ph
    >>> angles = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    >>> ring = 2.0 * np.column_stack([np.cos(angles), np.sin(angles)])
    >>> d = ph.alpha_persistence(ring)[1]
    >>> len(d), d.birth.round(6).tolist(), d.death.round(6).tolist()
    (1, [1.0], [2.0])
    """
    structure = as_structure(structure)
    if values not in ("radius", "squared"):
        raise ValueError(f"values must be 'radius' (Å) or 'squared' (Å²), not {values!r}")
    if delaunay not in ("fast", "exact"):
        raise ValueError(f"delaunay must be 'fast' or 'exact', not {delaunay!r}")
    if supercell is not None:
        repeats = checked_repeats(structure, supercell)
        whole = repeated(structure, repeats, resolve_radii(structure, radii))
        return folded(alpha_persistence(whole, values=values, degrees=degrees, delaunay=delaunay), structure, repeats)
    dimension = structure.positions.shape[1]
    wanted = checked_degrees(degrees, dimension + all(structure.pbc), "structure")
    own_radii = resolve_radii(structure, radii)
    if radii is not None:  # the source says what was computed
        structure = Structure(structure.positions, structure.species, cell=structure.cell, pbc=structure.pbc, radii=own_radii)
    warm_up()
    periodic = np.array(structure.pbc, bool)
    vectors = structure.cell[periodic] if structure.cell is not None else None
    triangulation = triangulate(structure.positions, own_radii**2, vectors, exact=delaunay == "exact")
    complex_ = triangulation.alpha_complex()
    pairs = persistence_pairs(complex_)
    _check_betti(pairs, int(periodic.sum()))
    merged = len(structure) - len(triangulation.kept)
    if merged:
        warnings.warn(f"{merged} of {len(structure)} atoms coincide with another one and are computed as one with it", stacklevel=2)

    unit = "Å" if values == "radius" else "Å²"
    offset = narrow(triangulation.offsets(periodic)) if periodic.any() else np.zeros((0, 3), np.int32)
    diagrams, cells = {}, {}
    for k in wanted:
        diagrams[k], cells[k] = _diagram(k, pairs, complex_, triangulation, offset, structure, unit)
    remember(structure, Computed(triangulation, complex_, pairs, cells))
    resolution = SAFETY * triangulation.jitter
    if values == "squared":  # radii r and r + resolution differ by that much in r²
        largest = float(complex_.values[-1].max())
        resolution *= 2 * np.sqrt(max(largest + triangulation.heaviest, 0.0)) * triangulation.scale
    return Diagrams(diagrams, source=structure, unit=unit, resolution=float(resolution))


def resolve_radii(structure: Structure, radii: Radii) -> Array:
    """Radii (n,) of the atoms in Å; zeros when there are none."""
    n = len(structure)
    if radii is None:
        return np.zeros(n) if structure.radii is None else np.asarray(structure.radii, float)
    if isinstance(radii, str):
        return np.asarray(_tabulated(structure, radii), float)
    if isinstance(radii, Mapping):
        missing = sorted(set(structure.species.tolist()) - set(radii))
        if missing:
            raise ValueError(f"radii has no entry for {', '.join(missing)}: give one radius in Å for every species")
        radii = [radii[s] for s in structure.species.tolist()]
    try:
        numbers = np.asarray(radii, float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"radii must be a dict, 'covalent', 'vdw' or {n} numbers in Å: {error}") from error
    return _checked_radii(numbers, n)


def _tabulated(structure: Structure, table: str) -> Array:
    if table not in ("covalent", "vdw"):
        raise ValueError(f"radii must be a dict, 'covalent', 'vdw' or one number per atom, not {table!r}")
    from ase.data import atomic_numbers, covalent_radii
    from ase.data.vdw_alvarez import vdw_radii

    source = covalent_radii if table == "covalent" else vdw_radii
    known = {s: float(source[atomic_numbers[s]]) for s in set(structure.species.tolist()) if s in atomic_numbers and s != "X"}
    unknown = sorted(s for s in set(structure.species.tolist()) if not np.isfinite(known.get(s, np.nan)))
    if unknown:
        raise ValueError(f"no {table} radius is tabulated for {', '.join(unknown)}: pass radii={{...}} in Å instead")
    return np.array([known[s] for s in structure.species.tolist()])


def _checked_radii(radii: Array, n: int) -> Array:
    if radii.shape != (n,):
        raise ValueError(f"radii must have shape ({n},), one per atom, not {radii.shape}")
    bad = np.flatnonzero(~np.isfinite(radii) | (radii < 0))
    if len(bad):
        raise ValueError(f"radius {radii[bad[0]]} of atom {bad[0]} is not a length: radii are finite, not negative, and in Å")
    return radii


def _check_betti(pairs: list[Pairs], p: int) -> None:
    """What never dies is the topology of the space: a torus of the p periodic directions times a line for each open one."""
    found = [len(pair.essential) for pair in pairs]
    if found != [comb(p, k) for k in range(len(pairs))]:
        raise TriangulationError(f"the filled space has Betti numbers {found}, which is impossible: please report this input")


def _births(triangulation: Triangulation, complex_: FilteredComplex) -> Array:
    """Values (n,) of the atoms at the true positions, where those of the edges are as near to the moved ones as they must be."""
    t = triangulation
    if complex_.dimension == 0:
        return complex_.values[0]
    if not t.weights.any():
        return np.zeros(len(complex_.values[0]))
    edges, moved = complex_.vertices[1], complex_.values[1]
    true = _alpha_values.centres(t.points, t.weights, edges)[:, 3]
    with np.errstate(invalid="ignore"):  # both may be infinite
        near = np.abs(true - moved) <= SAFETY * t.jitter / t.scale * np.sqrt(np.abs(moved + t.heaviest))
    return np.asarray(_alpha_values.births(t.points, t.weights, t.atom, len(t.kept), edges, np.where(near, true, moved)))


def _diagram(
    degree: int,
    pairs: list[Pairs],
    complex_: FilteredComplex,
    triangulation: Triangulation,
    offset: Array,
    structure: Structure,
    unit: str,
) -> tuple[Diagram, tuple[Array, Array]]:
    """The diagram of a degree, and the cells of birth and death of its rows, -1 for no death.

    ``offset`` (N, 3) is that of each image, without rows where nothing is periodic.
    """
    k = degree
    if k > complex_.dimension:
        return Diagram.empty(k, unit, structure), (np.zeros(0, np.int64), np.zeros(0, np.int64))
    t, above = triangulation, min(k + 1, complex_.dimension)  # at the top nothing dies
    born, died, essential, _ = pairs[k]
    lasting = _alpha_values.lasting(
        t.points,
        t.weights,
        np.zeros(0) if k else _births(t, complex_),
        t.heaviest,
        SAFETY * t.jitter / t.scale,
        np.concatenate([born, essential]),
        np.concatenate([died, np.full(len(essential), -1)]),
        complex_.vertices[k],
        complex_.values[k],
        complex_.vertices[above],
        complex_.values[above],
    )
    order = order_of_pairs(*lasting[2:])
    births, deaths, birth, death, birth_cell, death_cell, *offsets = _alpha_values.rows(
        order, *lasting, complex_.vertices[k], complex_.vertices[above], t.input_atom, offset, t.scale, unit == "Å²"
    )
    moved = dict(zip(("birth_offset", "death_offset"), offsets, strict=True)) if len(offset) else {}
    return Diagram(k, unit, birth, death, birth_cell, death_cell, source=structure, **moved), (births, deaths)
