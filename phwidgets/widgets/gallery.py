"""A gallery of a library's entries: a picture, the facts and the diagram of each, and one click to the explorer."""

from __future__ import annotations

import html
import io
from collections.abc import Iterable
from typing import Any

import ipywidgets
import numpy as np

from ..image import Image
from ..library import Library
from ..persistence.diagram import Diagram
from ..persistence.diagrams import Diagrams
from ..persistence.plotting import SELECTED, limits
from ..structure import Structure
from .errors import error_html
from .picture import draw_atoms, small_png, stand_in
from .placement import Placement
from .thumbnails import DOTS_PER_INCH, draw_plane, img_tag, small_figure, thumbnail_png
from .words import Language, Words

STILL = 6  # cards are on the picture that stands in for the gallery where nothing runs
SHOWN = 24  # cards at the most; more would be a long page and much to draw
_SIDE, _TEXT = 134, 6  # px of a picture, and points of its text
_FACTS = 6  # of them are written on a card
_STYLE = "font-size:12px;line-height:1.35;overflow-wrap:anywhere"


def gallery(
    library: Library, hits: Any = None, *, degree: int | None = None, limit: int = SHOWN, language: Language | None = None
) -> Gallery:
    """Show entries of a library as cards; a click on one opens the explorer on its stored diagrams.

    Parameters
    ----------
    library : Library
    hits : DataFrame with a column "name", or sequence of names, optional
        What `Library.similar`, `Library.with_pairs` or `Library.facts` returns; the other columns are written on the cards. All entries by
        default.
    degree : int, optional
        Which diagram is drawn; rings (1) where there are any.
    limit : int
        So many are shown; the gallery says how many are left out.
    language : {"en", "ja"}, optional
        Of the words; that of ``set_language`` by default.

    Returns
    -------
    Gallery
        A widget.

    Raises
    ------
    ValueError
        If a name is not in the library.
    """
    return Gallery(library, hits, degree=degree, limit=limit, language=language)


class Gallery(ipywidgets.VBox):
    """Cards of a library's entries; made by ``phwidgets.gallery``.

    Attributes
    ----------
    names : list of str
        The entries that are shown.
    explorer : Explorer or None
        What a click has opened last.
    """

    def __init__(
        self, library: Library, hits: Any = None, *, degree: int | None = None, limit: int = SHOWN, language: Language | None = None
    ) -> None:
        self.library, self._degree, self.words = library, degree, Words(language)
        self.explorer: Any = None
        rows = _rows(library, hits)
        self.names = [row["name"] for row in rows[:limit]]
        self._opened = ipywidgets.VBox()
        self._errors = ipywidgets.HTML()
        shown = [(row, library.diagrams(row["name"])) for row in rows[:limit]]
        self._axes = _common_axes([d[_shown_degree(d, degree)] for _, d in shown])
        cards = ipywidgets.HBox([self._card(row, d) for row, d in shown], layout=ipywidgets.Layout(flex_flow="row wrap"))
        left = len(rows) - len(self.names)
        said = self.words("entries", n=len(rows))
        said = self.words("first shown", entries=said, n=len(self.names)) if left else said
        super().__init__([ipywidgets.HTML(said), cards, self._errors, self._opened])
        self.add_class("ph-gallery")

    def __repr__(self) -> str:
        return f"Gallery({len(self.names)} of {self.library.path.name})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        # where the widget cannot be drawn, a picture of its first cards stands in for it
        png = self.picture() if self.names else None
        return stand_in(super()._repr_mimebundle_(**kwargs), f"{self!r}: {', '.join(self.names)}", png)

    def picture(self) -> bytes:
        """PNG of the first cards, drawn without a browser: for each its picture, its diagram and its name."""
        cards = [(name, self.library.diagrams(name)) for name in self.names[:STILL]]
        figure, grid = _figure_of_cards(len(cards))
        for (above, below), (name, diagrams) in zip(grid.T, cards, strict=True):
            thumbnail = self.library.thumbnail(name)
            if thumbnail is None:
                _draw_portrait(above, diagrams)
            else:
                _draw_png(above, thumbnail)
            above.set_axis_off()
            above.set_title(name if len(name) <= 26 else name[:25] + "…", fontsize=_TEXT + 1)
            diagram = diagrams[_shown_degree(diagrams, self._degree)]
            _draw_diagram(below, diagram, self._axes[diagram.degree])
        return small_png(figure)

    def show(self, name: str) -> Any:
        """Show the explorer of an entry below the cards, and return it.

        Raises
        ------
        ValueError
            If the entry was stored without a structure, so that there is nothing to link its diagram with.
        """
        from .explore import explore

        diagrams = self.library.diagrams(name)
        if diagrams.source is None:
            raise ValueError(f"{name!r} was stored without what its diagrams were computed from")
        if self.explorer is not None:
            self.explorer.close()
        self.explorer = explore(diagrams, self._degree, language=self.words.language)
        self._opened.children = [ipywidgets.HTML(f"<b>{html.escape(name)}</b>"), self.explorer]
        return self.explorer

    def _card(self, row: dict[str, Any], diagrams: Diagrams) -> ipywidgets.Widget:
        name = row["name"]
        picture = self.library.thumbnail(name) or _portrait(diagrams)
        image = "" if picture is None else img_tag(picture, f"picture of {name}", _SIDE)
        button = ipywidgets.Button(description=self.words("open"), icon="search", tooltip=self.words("open tooltip"))
        button.disabled = diagrams.source is None
        button.on_click(lambda _button: self._clicked(name))
        text = f'<div style="{_STYLE}"><b>{html.escape(name)}</b>{_facts(row)}</div>'
        diagram = diagrams[_shown_degree(diagrams, self._degree)]
        drawn = img_tag(_diagram_picture(diagram, self._axes[diagram.degree]), f"diagram of {name}", _SIDE)
        card = ipywidgets.VBox(
            [ipywidgets.HTML(f'<div style="display:flex">{image}{drawn}</div>{text}'), button],
            layout=ipywidgets.Layout(width="284px", margin="4px", padding="6px", border="1px solid #ddd"),
        )
        return card.add_class("ph-entry")

    def _clicked(self, name: str) -> None:
        try:
            self.show(name)
            self._errors.value = ""
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must see it
            self._errors.value = error_html(self.words, "entry failed", error)


def _rows(library: Library, hits: Any) -> list[dict[str, Any]]:
    """One dict per hit, with its name and whatever else is known."""
    if hits is None:
        hits = library.facts().drop(columns="added")
    if hasattr(hits, "to_dict") and "name" in getattr(hits, "columns", ()):
        rows = [{str(key): value for key, value in row.items()} for row in hits.to_dict("records")]
    elif isinstance(hits, str) or not isinstance(hits, Iterable):
        raise ValueError(f"hits are a table with a column 'name' or a list of names, not {type(hits).__name__}")
    else:
        rows = [{"name": name} for name in hits]
    known = set(library.names())
    if unknown := [row["name"] for row in rows if row["name"] not in known]:
        raise ValueError(f"there is no {unknown[0]!r} in this library")
    return rows


def _facts(row: dict[str, Any]) -> str:
    told = [(key, value) for key, value in row.items() if key != "name" and not _is_missing(value)]
    lines = [f"{html.escape(key)}: {html.escape(_short(value))}" for key, value in told[:_FACTS]]
    return "".join(f"<br>{line}" for line in lines) + ("<br>…" if len(told) > _FACTS else "")


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return pd.isna(value) is True


def _short(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _shown_degree(diagrams: Diagrams, degree: int | None) -> int:
    if degree is not None:
        return degree
    filled = [k for k in diagrams.degrees if len(diagrams[k])]
    return 1 if 1 in filled else (filled or diagrams.degrees)[-1]


def _portrait(diagrams: Diagrams) -> bytes | None:
    """PNG of what the diagrams come from, None where that is not known."""
    figure, ax = small_figure(_SIDE)
    if not _draw_portrait(ax, diagrams):
        return None
    ax.set_axis_off()
    return thumbnail_png(figure)


def _draw_portrait(ax: Any, diagrams: Diagrams) -> bool:
    """Draw the stored atoms or the stored image, of a volume the middle plane; False where nothing is stored that can be drawn."""
    source = diagrams.source
    if isinstance(source, Structure):
        draw_atoms(ax, Placement(source).structure, np.zeros(0, np.int64))
        ax.set_title("")
        return True
    values = source.values if isinstance(source, Image) else source
    if values is None or np.ndim(values) not in (2, 3) or diagrams[diagrams.degrees[0]].filtration is None:
        return False
    draw_plane(ax, values)
    return True


def _draw_png(ax: Any, png: bytes) -> None:
    """Draw a stored thumbnail; one that is damaged leaves its place empty, as in the browser."""
    from matplotlib.image import imread

    try:
        ax.imshow(imread(io.BytesIO(png)), interpolation="nearest")
    except Exception:  # noqa: BLE001 - whatever is wrong with somebody's file, the other cards are shown
        ax.text(0.5, 0.5, "?", transform=ax.transAxes, ha="center", va="center")


def _common_axes(diagrams: list[Diagram]) -> dict[int, tuple[float, float]]:
    """Ends of the axes by degree, the same for all cards: diagrams are there to be compared."""
    spans: dict[int, tuple[float, float]] = {}
    for d in diagrams:
        low, high = limits(d)
        before = spans.get(d.degree, (low, high))
        spans[d.degree] = min(low, before[0]), max(high, before[1])
    return spans


def _diagram_picture(diagram: Diagram, axis: tuple[float, float]) -> bytes:
    """PNG of a small diagram."""
    figure, ax = small_figure(_SIDE)
    _draw_diagram(ax, diagram, axis)
    return thumbnail_png(figure)


def _draw_diagram(ax: Any, diagram: Diagram, axis: tuple[float, float]) -> None:
    """A dot per finite pair."""
    finite = diagram.finite
    low, high = axis
    ax.plot([low, high], [low, high], color="0.7", linewidth=0.6)
    ax.scatter(finite.birth, finite.death, s=2, c=SELECTED, linewidths=0, alpha=0.5)
    ax.set(xlim=axis, ylim=axis, aspect="equal")
    ax.locator_params(nbins=4)
    ax.tick_params(labelsize=_TEXT, length=2, pad=1)
    ax.set_xlabel(f"PD{diagram.degree} birth ({diagram.unit})", fontsize=_TEXT, labelpad=1)
    ax.set_ylabel(f"death ({diagram.unit})", fontsize=_TEXT, labelpad=1)


def _figure_of_cards(number: int) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    side = _SIDE / DOTS_PER_INCH
    figure = Figure(figsize=(number * side, 2.1 * side), dpi=DOTS_PER_INCH, layout="constrained")
    return figure, figure.subplots(2, number, squeeze=False)
