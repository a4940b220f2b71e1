"""Optimal and stable volumes: the smallest shape that a hole encloses, and the border of that shape."""

from __future__ import annotations

from typing import Literal, cast

from ..image import Image
from ..persistence.diagram import Diagram
from .arguments import checked_cost, checked_diagram, checked_epsilon, checked_time_limit
from .plan import Plan
from .regions import image_optimal_volumes, image_stable_volumes
from .volume import Volumes


def optimal_volumes(diagram: Diagram, *, cost: Literal["unit", "area"] = "unit", time_limit: float | None = None) -> Volumes:
    """For every pair of a diagram the smallest shape that its hole encloses, and the border of that shape.

    Parameters
    ----------
    diagram : Diagram
        Of atoms, of any degree; of an image, of degree 0 or the highest one, where the answer is ``Regions`` of samples.
    cost : {"unit", "area"}
        What is smallest for a ring among other holes (degree 1 in space): the number of triangles, of equal numbers the one of
        less area; or their area. In the other degrees there is only one shape.
    time_limit : float, optional
        Seconds for each pair. By default there is none.

    Returns
    -------
    Volumes
        One for each pair, in the order of the diagram:

        * degree 0: the component that is joined to an older one when it dies; ``boundary`` are its atoms.
        * degree 1: ``loop`` is the ring, ``simplices`` are the triangles that fill it.
        * degree 2 in space: ``simplices`` are the tetrahedra in the cavity, ``boundary`` and ``faces`` are its wall.

        Components and cavities (and rings in the plane) are branches of a merge tree: all are found at once, and each shape is
        laid out when it is looked at.

        ``certified`` says that it is proven to be the smallest (of triangles, among sets that can be oriented, as the linear
        programme asks). After the time limit, or in the rare case that the optimum has other coefficients than 0 and ±1 and no
        proof exists for the best that has only these, the best set known is returned, not certified.

        Every border has been checked to be closed, to be there when the pair is born and to be filled when it dies, not earlier.
        Classes that never die, and what fails a check, have a ``problem``.

    Raises
    ------
    ValueError
        For what is no diagram of atoms or of an image, an unknown cost or a time limit that is not positive.

    Notes
    -----
    I. Obayashi, "Volume-optimal cycle: tightest representative cycle of a generator in persistent homology", SIAM J. Appl. Algebra
    Geom. 2, 508 (2018). For the pair of edge σ and triangle τ it is the chain x with coefficient 1 at τ, otherwise of triangles
    that enter between σ and τ, whose boundary has no edge that enters later than σ, that minimises Σ w |x|. Coefficients are real,
    so that it is a linear programme (see ``Fillings.smallest_chain``). Where every facet has two cells at most, one degree below
    the top, the chain is a branch of the merge tree of the voids.

    What enters within ``dgms.resolution`` of a birth counts as born with the pair, and bonds within it of the death of a component
    do not count as there before: in a crystal all bonds are born at once, and their order would be chance.

    Examples
    --------
    >>> import phwidgets as ph
    >>> from phwidgets.inverse.optimal import optimal_volumes
    >>> rings = ph.alpha_persistence(ph.sample("cristobalite"))[1]
    >>> ring = optimal_volumes(rings.longest(1))[0]
    >>> ring.sequence, ring.certified
    ('O-Si-O-Si-O-Si-O-Si-O-Si-O-Si', True)
    """
    checked_diagram(diagram)
    seconds, cost = checked_time_limit(time_limit), checked_cost(cost)
    if isinstance(diagram.source, Image):
        return cast("Volumes", image_optimal_volumes(diagram))
    plan = Plan.of(diagram)
    if not plan.is_searched:
        return plan.volumes()
    return Volumes([plan.volume(row, cost, seconds) for row in range(len(diagram))], plan.structure)


def stable_volumes(diagram: Diagram, epsilon: float) -> Volumes:
    """For every pair of a diagram its stable volume: as the optimal one, but its border may be born up to ``epsilon`` later.

    Where many bonds are about equally long, the order of their births is chance, and the optimal volume at a birth may be that of
    several rings in one. The stable volume changes little when atoms move by less than ``epsilon``: in a glass it is the ring that
    a chemist sees around the hole. The stable volume of a component are the atoms that hang together with its first one already
    ``epsilon`` before it is joined to an older component: those that bonds nearly as long as the joining one have brought are left out.

    Parameters
    ----------
    diagram : Diagram
        Of atoms, of any degree; of an image, of degree 0 or the highest one, where the answer is ``Regions`` of samples.
    epsilon : float
        In ``diagram.unit``, absolute, at least 0. The larger, the smaller the volumes.

    Returns
    -------
    Volumes
        As for ``optimal_volumes``. Where the border has several parts, ``loop`` is the one with the birth edge, else the longest.
        Pairs that live no longer than epsilon have a ``problem``.

    Raises
    ------
    ValueError
        For what is no diagram of atoms or of an image, or an epsilon that is negative or not a number.

    Notes
    -----
    I. Obayashi, "Stable volumes for persistent homology", J. Appl. Comput. Topol. 7, 671 (2023): facets born between birth and
    birth + epsilon are free to stay in the border. One degree below the top the volume is what is left of the branch of the merge
    tree of the voids above birth + epsilon. The tree of the components is the same one upside down (Alexander duality), where births
    and deaths change places: the branch is cut at death - epsilon. Vertices of atoms without radii are all born at 0, so the
    definition by free facets says nothing there.

    Examples
    --------
    >>> import phwidgets as ph
    >>> from phwidgets.inverse.optimal import stable_volumes
    >>> rings = ph.alpha_persistence(ph.sample("silica-glass"))[1].in_region(birth=(0.75, 0.9), death=(2.2, 2.3))
    >>> all(v.certified for v in stable_volumes(rings, 0.1))
    True
    """
    if isinstance(checked_diagram(diagram).source, Image):
        return cast("Volumes", image_stable_volumes(diagram, epsilon))
    plan = Plan.of(diagram, checked_epsilon(epsilon))
    if not plan.is_searched:
        return plan.volumes()
    return Volumes([plan.volume(row) for row in range(len(diagram))], plan.structure)
