"""Persistence of images: cubical complexes of samples on a grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..image import Image, as_image
from . import cubical_gudhi
from .cubical_flat import find_rows, is_flat
from .cubical_levels import CHUNK, Levels, kind_problem, level_bytes
from .cubical_pairs import Morse
from .cubical_source import Cubical
from .cubical_warm import warm_up_images
from .diagram import Diagram
from .diagrams import Diagrams, checked_degrees
from .engine import order_of_pairs
from .memory import refuse_hopeless

Array = NDArray[Any]

UNIT = "grey value"  # of births and deaths where the image does not know a unit of its values
WORKING = 6  # bytes per voxel beside the levels: two of the gradient, the others for critical cells of an image that is not mere noise


def cubical_persistence(
    image: Any,
    *,
    filtration: Literal["sublevel", "superlevel"] = "sublevel",
    construction: Literal["vertex", "cell"] = "vertex",
    periodic: bool | Sequence[bool] = False,
    degrees: Iterable[int] | None = None,
    mask: Any = None,
) -> Diagrams:
    """Persistence diagrams of an image: components (degree 0), loops (1) and, of volumes, cavities (2).

    Samples appear one after the other, from the lowest value upwards ("sublevel": dark regions are born first) or from the highest
    downwards ("superlevel"), and components, loops and cavities appear (birth) and go (death) on the way.

    Parameters
    ----------
    image : Image or array
        Of real numbers or booleans in any memory layout, byte order and type of up to 64 bits, never converted as a whole. One, four
        and more dimensions are computed by GUDHI, much slower.
    filtration : {"sublevel", "superlevel"}
        In superlevel filtrations births and deaths are the image's own values, birth >= death.
    construction : {"vertex", "cell"}
        Which samples touch. "vertex": samples are the vertices of the complex, and two that share a face are joined (4 neighbours in an
        image, 6 in a volume); what encloses a hole may do so across corners. HomCloud computes this one. "cell": samples are pixels or
        voxels with their borders, and two that share a corner are joined already (8 or 26 neighbours); a hole must be enclosed across
        faces. The cell construction of an image is the vertex construction of its negative, seen from outside.
    periodic : bool or one per axis
        Whether the last sample of an axis is a neighbour of the first. Such an axis has at least 3 samples.
    degrees : iterable of int, optional
        Which diagrams to return; by default 0 to d - 1, and d too where all d axes are periodic.
    mask : bool array of the image's shape, optional
        True where samples are left out, as in NumPy's masked arrays (which may be given instead). They never appear: holes that only
        they could close are essential.

    Returns
    -------
    Diagrams
        ``birth_cell`` and ``death_cell`` (n, d) are the samples at which each pair is born and dies, in NumPy's order of axes; -1 where
        it never dies (death = inf, in superlevel filtrations -inf). Of samples with equal values the first in the array appears first.
        Pairs of equal birth and death are left out.

    Raises
    ------
    ValueError
        For an image with nan outside of the mask, which says where, or with infinities other than those of samples that never appear
        (inf in sublevel, -inf in superlevel filtrations, which mean the same as a mask); for whole numbers beyond 2**53; for a periodic
        axis of fewer than 3 samples; for a mask of another shape, or one that leaves nothing.
    MemoryError
        If it would not fit into memory, with the figures, before anything is computed.

    Notes
    -----
    See ``cubical_stars`` and ``cubical_pairs`` for the method: V. Robins, P. J. Wood, A. P. Sheppard, IEEE Trans. Pattern Anal. Mach.
    Intell. 33, 1646 (2011). The duality of the constructions: B. Bleile, A. Garin, T. Heiss, K. Maggs, V. Robins, "The persistent
    homology of dual digital image constructions", Research in Computational Topology 2 (2022).

    Examples
    --------
    >>> import numpy as np
    >>> import phwidgets as ph
    >>> ring = np.array([[3, 2, 3, 9], [1, 7, 2, 9], [3, 1, 3, 9], [9, 9, 9, 0]])
    >>> d = ph.cubical_persistence(ring)[1]
    >>> d.birth.tolist(), d.death.tolist(), d.death_cell.tolist()
    ([3.0], [7.0], [[1, 1]])
    >>> ph.cubical_persistence(ring, construction="cell")[1].birth.tolist()
    [2.0]
    """
    source, values, hidden = _read(image, mask)
    if filtration not in ("sublevel", "superlevel"):
        raise ValueError(f"filtration must be 'sublevel' or 'superlevel', not {filtration!r}")
    if construction not in ("vertex", "cell"):
        raise ValueError(f"construction must be 'vertex' (voxels are vertices) or 'cell' (voxels are cells), not {construction!r}")
    how = Cubical(filtration, construction, _periods(periodic, values.shape), hidden)
    wanted = checked_degrees(degrees, values.ndim + all(how.periodic), "image")
    unit = (source.value_unit if isinstance(source, Image) else "") or UNIT
    if values.ndim in (2, 3) and is_flat(values.shape):
        warm_up_images()
        found = find_rows(values[None], how, tuple(wanted))
        if found is not None:
            diagrams = {k: Diagram.of_rows(k, unit, *found.part(0, k), source, how) for k in wanted}
            return Diagrams(diagrams, source=source, unit=unit, resolution=0.0)
    _check_values(values, how)
    if values.ndim not in (2, 3):
        rows = cubical_gudhi.pairs(values, how.sign, construction == "vertex", how.periodic, hidden, wanted)
        diagrams = {k: _diagram(k, unit, values, how, source, *rows[k]) for k in wanted}
        return Diagrams(diagrams, source=source, unit=unit, resolution=0.0)
    _refuse_hopeless(values, how)
    warm_up_images()
    morse = morse_of(values, how)
    diagrams = {k: _diagram(k, unit, values, how, source, *image_pairs(morse, k)) for k in wanted}
    return Diagrams(diagrams, source=source, unit=unit, resolution=0.0)


def morse_of(values: Array, how: Cubical) -> Morse:
    """The discrete gradient that belongs to the diagrams of an image of two or three dimensions."""
    return Morse.of(Levels.of(values, how.sign < 0, how.construction == "cell", how.periodic, how.mask))


def image_pairs(morse: Morse, degree: int) -> tuple[Array, Array, Array]:
    """Samples (p,), (p,) at which the pairs of one degree are born and die, and (e,) those of the births of essential classes.

    They are linear indices into the image; pairs of equal values are left out.
    """
    levels, top = morse.levels, morse.dimension
    none = np.zeros(0, np.int64)
    if degree > top:
        return none, none, none
    if not levels.dual:
        births, deaths, essential = morse.pairs(degree)
    else:
        deaths, births = (none, none) if degree == top else morse.pairs(top - 1 - degree)[:2]
        essential = morse.pairs(top - degree).essential
    differ = levels.at(births) != levels.at(deaths)
    births, deaths = births[differ], deaths[differ]
    undying = levels.absent(deaths)
    essential = np.concatenate([births[undying], essential])
    essential = essential[~levels.absent(essential)]
    return levels.samples(births[~undying]), levels.samples(deaths[~undying]), levels.samples(essential)


def _diagram(degree: int, unit: str, values: Array, how: Cubical, source: Any, births: Array, deaths: Array, essential: Array) -> Diagram:
    flat = values.reshape(-1) if values.flags.c_contiguous or values.size <= CHUNK else None

    def at(samples: Array) -> Array:
        found = values[np.unravel_index(samples, values.shape)] if flat is None else flat[samples]
        return np.asarray(found.astype(np.float64)) + 0.0  # no negative zeros

    mortal, number = len(deaths), len(births) + len(essential)
    first, last = np.concatenate([births, essential]), np.zeros(number, np.int64)
    last[:mortal] = deaths
    birth, death = at(first), np.full(number, how.sign * np.inf)
    death[:mortal] = at(deaths)
    order = order_of_pairs(how.sign * birth, how.sign * death)
    birth_cell, death_cell = (np.empty((number, values.ndim), np.int64) for _ in range(2))
    for cells, samples in ((birth_cell, first), (death_cell, last)):
        for axis, index in enumerate(np.unravel_index(samples[order], values.shape)):
            cells[:, axis] = index
    death_cell[order >= mortal] = -1
    return Diagram(degree, unit, birth[order], death[order], birth_cell, death_cell, source=source, filtration=how)


def _read(image: Any, mask: Any) -> tuple[Any, Array, Array | None]:
    """What the diagrams come from, its samples, and the samples left out, if any."""
    if isinstance(image, np.ma.MaskedArray):
        own = image.mask | np.zeros(image.shape, bool)
        mask = own if mask is None else own | np.asarray(mask, bool)
        image = image.data
    if isinstance(image, Image) or np.ndim(image) in (2, 3):
        source: Any = as_image(image)
        values = source.values
    else:
        source = values = np.asarray(image)
        if values.dtype.kind not in "buif":
            raise ValueError(f"an image holds real numbers or booleans, not {values.dtype}")
        if not values.ndim or not values.size:
            raise ValueError(f"this image has no samples: shape {values.shape}")
    problem = kind_problem(values)
    if problem:
        raise ValueError(problem)
    if mask is None:
        return source, values, None
    hidden = np.array(mask)
    if hidden.dtype != bool or hidden.shape != values.shape:
        found = f"{hidden.dtype} of shape {hidden.shape}"
        raise ValueError(f"mask must be a bool array of shape {values.shape}, True where samples are left out, not {found}")
    if hidden.all():
        raise ValueError("the mask leaves no sample: it is True where samples are left out")
    hidden.flags.writeable = False
    return source, values, hidden if hidden.any() else None


def _periods(periodic: bool | Sequence[bool], shape: tuple[int, ...]) -> tuple[bool, ...]:
    if periodic is False:
        return (False,) * len(shape)
    given = np.asarray(periodic)
    if given.dtype != bool or given.shape not in ((), (len(shape),)):
        raise ValueError(f"periodic is True, False or one of these for each of {len(shape)} axes, not {periodic!r}")
    periods = tuple(bool(p) for p in np.broadcast_to(given, (len(shape),)))
    for axis, (wraps, n) in enumerate(zip(periods, shape, strict=True)):
        if wraps and n < 3:
            raise ValueError(f"axis {axis} cannot be periodic: it has {n} sample{'s' * (n > 1)}, and at least 3 are needed")
    return periods


def _check_values(values: Array, how: Cubical) -> None:
    """Refuse nan, and infinities that do not mean that a sample never appears."""
    if values.dtype.kind != "f":
        return
    meaningless = -how.sign * np.inf
    low, high = values.min(), values.max()
    if np.isnan(low):
        _refuse(np.isnan(values), how, "is not a number (nan)", "fill the gaps, or leave them out with mask=np.isnan(image)")
    if np.isnan(low) or meaningless in (low, high):
        never = "inf" if how.sign > 0 else "-inf"
        advice = f"only {never} has a meaning in {how.filtration} filtrations, samples that never appear; give the others a finite value"
        _refuse(values == meaningless, how, f"is {meaningless}", advice)


def _refuse(bad: Array, how: Cubical, what: str, advice: str) -> None:
    if how.mask is not None:
        bad &= ~how.mask
    number = int(np.count_nonzero(bad))
    if number:
        where = ", ".join(str(int(i)) for i in np.unravel_index(int(bad.argmax()), bad.shape))
        more = f" ({number:,} such samples)" if number > 1 else ""
        raise ValueError(f"sample [{where}] {what}{more}: {advice}")


def _refuse_hopeless(values: Array, how: Cubical) -> None:
    special = how.construction == "cell" or how.mask is not None
    copied = special or how.sign < 0 or not values.flags.c_contiguous or (values.dtype.kind in "iu" and values.dtype.itemsize > 2)
    needed = float(values.size) * (WORKING + (level_bytes(values.dtype, special) if copied else 0))
    shape = " × ".join(map(str, values.shape))
    refuse_hopeless(needed, f"the diagrams of an image of {shape} samples", "crop it, or average over neighbouring samples")
