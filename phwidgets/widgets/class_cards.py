"""What the classes of a segmentation look like: the mean diagrams of each, and example patches."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import numpy as np

from ..descriptors.segmentation import Segmentation
from .thumbnails import draw_plane, img_tag, small_figure, thumbnail_png
from .words import Words

SIDE = 130  # px of a picture
EXAMPLES = 4  # patches of each class


def class_cards(
    found: Segmentation, names: Sequence[str], colours: Sequence[str], look: Callable[[np.ndarray], None], words: Words
) -> list[ipywidgets.Widget]:
    """One row per class that has patches: its name, its mean diagrams, and examples with a button that shows where they lie.

    Parameters
    ----------
    found : Segmentation
    names, colours : sequence of k str
    look : callable
        ``look(origin)`` is called for the example that was clicked.
    """
    return [_card(found, k, names[k], colours[k], look, words) for k in range(len(names)) if len(found.examples[k])]


def _card(found: Segmentation, k: int, name: str, colour: str, look: Callable[[np.ndarray], None], words: Words) -> ipywidgets.Widget:
    title = f'<div style="border-left:6px solid {colour};padding-left:6px"><b>{html.escape(name)}</b></div>'
    try:
        means = found.mean_diagrams(k)
    except ValueError:  # vectors of another kind have no diagram to go back to
        means = []
    degrees = _degrees(found, len(means))
    pictures = [_picture(_mean(*mean, degree), words("mean diagram")) for mean, degree in zip(means, degrees, strict=True)]
    number = min(EXAMPLES, len(found.examples[k]))
    said = words("class with", n=number) if means else words("class without", n=number)
    title += f'<div style="color:#555">{html.escape(said)}</div>'
    patches = found.textures.patches
    examples = []
    for origin in found.examples[k][:EXAMPLES]:
        cut = patches.image.values[tuple(slice(a, a + n) for a, n in zip(origin, patches.size, strict=True))]
        button = ipywidgets.Button(description=words("show"), icon="crosshairs", tooltip=words("show example"))
        button.layout.width = f"{SIDE}px"
        button.on_click(functools.partial(_clicked, look, origin))
        examples.append(ipywidgets.VBox([_picture(_patch(cut, patches.image.values), words("example")), button]))
    row = ipywidgets.HBox([*pictures, *examples], layout=ipywidgets.Layout(flex_flow="row wrap", grid_gap="4px"))
    return ipywidgets.VBox([ipywidgets.HTML(title), row]).add_class("ph-class")


def _clicked(look: Callable[[np.ndarray], None], origin: np.ndarray, _button: Any) -> None:
    look(origin)


def _degrees(found: Segmentation, count: int) -> list[Any]:
    """Degrees of the mean diagrams, as far as their transformers say."""
    pipeline = found.textures.pipeline
    parts = [part for _, part in getattr(pipeline, "transformer_list", [("", pipeline)])]
    known = [part.degree for part in parts if hasattr(part, "to_histogram")]
    return known if len(known) == count else [None] * count


def _mean(values: np.ndarray, births: np.ndarray, deaths: np.ndarray, degree: int | None) -> bytes:
    figure, ax = small_figure(SIDE)
    ax.imshow(values.T, origin="lower", extent=(births[0], births[-1], deaths[0], deaths[-1]), cmap="viridis", aspect="auto")
    ax.axline((births[0], births[0]), slope=1, color="white", linewidth=0.5)
    ax.set(xlim=(births[0], births[-1]), ylim=(deaths[0], deaths[-1]))
    ax.locator_params(nbins=3)
    ax.tick_params(labelsize=6, length=2, pad=1)
    ax.set_xlabel("birth" if degree is None else f"PD{degree} birth", fontsize=6, labelpad=1)
    ax.set_ylabel("death", fontsize=6, labelpad=1)
    return thumbnail_png(figure)


def _patch(cut: np.ndarray, whole: np.ndarray) -> bytes:
    """A patch in the greys of the whole image, of a volume the middle plane."""
    figure, ax = small_figure(SIDE)
    draw_plane(ax, cut, vmin=whole.min(), vmax=whole.max())
    return thumbnail_png(figure)


def _picture(png: bytes, alt: str) -> ipywidgets.HTML:
    return ipywidgets.HTML(img_tag(png, alt, SIDE))
