"""Two diagrams, or two groups of them, side by side with their difference, linked to both inputs."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

import ipywidgets
import numpy as np

from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from .diagram_view import DiagramView, Region
from .explorer import Explorer
from .picture import stand_in, weights_picture
from .questions import as_region
from .words import Language, Words

SIDE = "1 1 620px"  # of one of the two: side by side where there is room for both, otherwise below each other
BINS = 64  # of the difference: a bin holds enough pairs to be compared


def compare(
    a: Diagrams | Sequence[Diagrams],
    b: Diagrams | Sequence[Diagrams],
    degree: int | None = None,
    *,
    names: tuple[str, str] = ("a", "b"),
    bins: int = BINS,
    language: Language | None = None,
) -> Comparison:
    """Show two diagrams, or the means of two groups, and where one has more pairs than the other.

    Parameters
    ----------
    a, b : Diagrams, or sequence of Diagrams
        Of atoms or of images, both of the same, with the same unit. Of a group the first is explored; the difference is of the means.
    degree : int, optional
        Rings (1) where both have them.
    names : (str, str)
        For titles.
    bins : int
        Along each axis of the difference.

    Returns
    -------
    Comparison
        A widget. ``difference`` is the histogram of ``a`` minus that of ``b``, each per atom or per sample; a brush on it
        selects in each input the pairs of those bins in which it has more than the other.

    Raises
    ------
    ValueError
        For different units or inputs, a degree that one does not have, or an empty group.

    Examples
    --------
    >>> import phwidgets as ph
    >>> both = compare(*(ph.alpha_persistence(ph.sample(s)) for s in ("silica-glass", "silica-melt")), names=("glass", "melt"))
    >>> both
    Comparison(PD1 of glass and melt)
    """
    return Comparison(_group(a, names[0]), _group(b, names[1]), degree, names, bins, language)


class Comparison(ipywidgets.VBox):
    """Two explorers and the difference of their diagrams; made by ``phwidgets.compare``.

    Attributes
    ----------
    first, second : Explorer
    degree : int
    difference : (bins, bins) float array
        Pairs per atom or sample, ``a`` minus ``b``; first axis birth.
    edges : (bins + 1,) float array
        Of both axes, in the diagrams' unit.
    """

    def __init__(
        self,
        a: Sequence[Diagrams],
        b: Sequence[Diagrams],
        degree: int | None,
        names: tuple[str, str],
        bins: int,
        language: Language | None,
    ) -> None:
        if len(units := {d.unit for d in (*a, *b)}) > 1:
            raise ValueError(f"diagrams in {' and '.join(sorted(units))} cannot be compared: compute them with the same values")
        if type(a[0].source) is not type(b[0].source):
            raise ValueError("diagrams of atoms and of images cannot be compared")
        shared = sorted(set.intersection(*(set(d.degrees) for d in (*a, *b))))
        if degree is None and shared:
            degree = 1 if 1 in shared else shared[-1]
        if degree not in shared:
            raise ValueError(f"not all of them have a diagram of degree {degree}; all have {shared}")
        self.degree, self.names = degree, names
        self._words = Words(language)
        low, high = _range([d[degree] for d in (*a, *b)])
        self.edges = np.linspace(low, high, bins + 1)
        means = [_mean(group, degree, self.edges) for group in (a, b)]
        self.difference = means[0] - means[1]
        self.first, self.second = Explorer(a[0], degree, language=language), Explorer(b[0], degree, language=language)
        self._view = DiagramView(words=self._words)
        self._view.show(_union(a[0][degree], b[0][degree]))
        self._view.on_region(self._brushed)
        self._errors = ipywidgets.HTML()
        per = "per sample" if self.first.image is not None else "per atom"
        what = self._words(per)
        self._view.weigh((self.difference, self.edges, self.edges), self._words("difference bar", a=names[0], b=names[1], what=what))
        # fonts with Japanese letters are not everywhere: a picture speaks English
        self._label = Words("en")("difference bar", a=names[0], b=names[1], what=Words("en")(per))
        titles = [ipywidgets.HTML(f"<b>{html.escape(str(name))}</b>") for name in names]
        legend = " &nbsp; ".join(
            f'<span style="color:{color}">&#9632;</span> {self._words("more in", name=html.escape(str(name)))}'
            for color, name in zip(("#b2182b", "#2166ac"), names, strict=True)
        )
        head = ipywidgets.HTML(f"<b>{self._words('difference', what=what)}</b> &nbsp; {legend}<br>{self._words('compare hint')}")
        both = zip(titles, (self.first, self.second), strict=True)
        sides = [ipywidgets.VBox([title, ex], layout=ipywidgets.Layout(flex=SIDE, min_width="0")) for title, ex in both]
        super().__init__([head, self._view, self._errors, ipywidgets.HBox(sides, layout=ipywidgets.Layout(flex_flow="row wrap"))])
        self.add_class("ph-comparison")

    def __repr__(self) -> str:
        return f"Comparison(PD{self.degree} of {self.names[0]} and {self.names[1]})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        drawn = super()._repr_mimebundle_(**kwargs)
        return stand_in(drawn, f"{self!r} - run this notebook to drag on the difference", self.picture())

    def select(self, region: Region) -> None:
        """Select, in each input, the pairs in a region of the diagram that lie in bins where it has more than the other.

        Parameters
        ----------
        region : ((birth low, birth high), (death low, death high)) or Region
        """
        self.first._questions.degree_of(region, self.degree, self.degree)
        region = as_region(region)
        for ex, sign in ((self.first, 1), (self.second, -1)):
            d = ex.diagrams[self.degree].in_region(*region).finite
            row, column = (np.searchsorted(self.edges, v, side="right") - 1 for v in (d.birth, d.death))
            last = len(self.edges) - 2
            more = sign * self.difference[np.clip(row, 0, last), np.clip(column, 0, last)] > 0
            ex.select(pairs=d.pair_id[more], degree=self.degree)
        self._view.set_region(region)

    def clear(self) -> None:
        """Select nothing."""
        self._view.set_region(None)
        self.first.clear()
        self.second.clear()

    def picture(self) -> bytes:
        """PNG of the difference."""
        return weights_picture(self.difference, self.edges, self.first.diagrams.unit, f"PD{self.degree}: difference", self._label)

    def _brushed(self, region: Region | None, passing: bool) -> None:
        try:
            if region is None:
                self.clear()
            elif not passing:
                self.select(region)
            self._errors.value = ""
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must see it
            self._errors.value = f'<span style="color:#b00020">{html.escape(str(error))}</span>'


def _group(x: Any, name: str) -> list[Diagrams]:
    group = [x] if isinstance(x, Diagrams) else list(x) if isinstance(x, Iterable) else []
    if not group or not all(isinstance(d, Diagrams) for d in group):
        raise ValueError(f"{name} must be Diagrams or a sequence of them, as alpha_persistence gives")
    return group


def _size(diagrams: Diagrams) -> int:
    source = diagrams.source
    return int(np.prod(source.shape)) if hasattr(source, "shape") else len(source)


def _mean(group: Sequence[Diagrams], degree: int, edges: np.ndarray) -> np.ndarray:
    span, bins = (float(edges[0]), float(edges[-1])), len(edges) - 1
    return np.mean([d[degree].histogram(bins, span)[0] / _size(d) for d in group], axis=0)


def _range(diagrams: Sequence[Diagram]) -> tuple[float, float]:
    spans = np.array([d.range() for d in diagrams])
    return float(spans[:, 0].min()), float(spans[:, 1].max())


def _union(a: Diagram, b: Diagram) -> Diagram:
    """A diagram with the pairs of both, for the axes; its ids mean nothing."""
    columns = {name: np.concatenate([getattr(a, name), getattr(b, name)]) for name in ("birth", "death", "birth_cell", "death_cell")}
    return Diagram(a.degree, a.unit, **columns, source=a.source)
