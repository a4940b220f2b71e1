"""Small pictures on cards: drawn by Matplotlib, written into HTML."""

from __future__ import annotations

import base64
import html
import io
from typing import Any

import numpy as np

DOTS_PER_INCH = 100


def small_figure(side: int) -> tuple[Any, Any]:
    """Figure of ``side`` pixels, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(side / DOTS_PER_INCH, side / DOTS_PER_INCH), dpi=DOTS_PER_INCH, layout="constrained")
    return figure, figure.subplots()


def draw_plane(ax, values: np.ndarray, **limits: float) -> None:
    """An image in greys, of a volume the middle plane."""
    ax.imshow(values if values.ndim == 2 else values[len(values) // 2], cmap="gray", **limits)
    ax.set_axis_off()


def thumbnail_png(figure) -> bytes:
    """PNG of a figure, in all its colours."""
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def img_tag(png: bytes, alt: str, width: int) -> str:
    """HTML of a picture that brings its bytes along."""
    return f'<img alt="{html.escape(alt, quote=True)}" width="{width}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
