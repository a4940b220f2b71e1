"""What links pairs and voxels in an explorer: birth and death, regions, or of a tunnel its shortest loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..inverse.cycles import shortest_cycles
from ..inverse.incidence import incidence
from ..inverse.optimal import optimal_volumes
from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from .diagram_view import most_persistent
from .links import Links

LOOPS = 60  # shortest loops of so many tunnels are searched for


class ImageLinks(Links):
    """The matrices A of the diagrams of an image: all regions are known at once, loops of tunnels are searched for."""

    usual = "volumes"
    has_epsilon = ()

    def __init__(self, diagrams: Callable[[], Diagrams], inverse: str | None = None) -> None:
        super().__init__(diagrams, inverse)
        self._regions: dict[int, Any] = {}
        self.shapes.search = _loops

    def forget(self) -> None:
        """The diagrams are others now."""
        super().forget()
        self._regions = {}

    def has_regions(self, degree: int) -> bool:
        """Whether the shapes of this degree are regions: components, and what is enclosed."""
        return degree in (0, self._diagrams().source.ndim - 1)

    def regions(self, degree: int) -> Any:
        """Regions of all pairs of a degree."""
        if degree not in self._regions:
            self._regions[degree] = optimal_volumes(self._diagrams()[degree])
        return self._regions[degree]

    def matrix(self, degree: int) -> Any:
        """Incidence of the pairs of a degree: regions where there are any, else the voxels of birth and death."""
        whole = self.inverse == "volumes" and self.has_regions(degree)
        known = self._volumes if whole else self._simplices
        if degree not in known:
            known[degree] = incidence(self.regions(degree) if whole else self._diagrams()[degree])
        return known[degree]

    def look_for(self, selected: Diagram, passing: bool) -> None:
        """Search for the loops of selected tunnels."""
        if passing or self.has_regions(selected.degree):
            self.shapes.cancel()
        else:
            self.shapes.want(most_persistent(selected.finite, LOOPS), 0.0)

    def _search(self) -> None:
        """Nothing: regions are there at once."""

    def _found(self) -> None:
        self._tell(False)

    def known(self, diagram: Diagram) -> list[Any]:
        """Loops that have been found."""
        return [] if self.has_regions(diagram.degree) else self.shapes.known(most_persistent(diagram.finite, LOOPS), 0.0)

    def volumes(self, diagram: Diagram) -> Any:
        """Regions of these pairs, of tunnels their loops."""
        return optimal_volumes(diagram) if self.has_regions(diagram.degree) else shortest_cycles(diagram)

    def volumes_known(self, degree: int) -> Any:
        """Regions where they are what links, None else."""
        return self.regions(degree) if self.inverse == "volumes" and self.has_regions(degree) else None


def _loops(diagram: Diagram, _epsilon: float, cancelled: Callable[[], bool] | None) -> Iterator[Any]:
    for pair in diagram.pair_id.tolist():
        if cancelled is not None and cancelled():
            return
        yield from shortest_cycles(diagram.subset([pair]))
