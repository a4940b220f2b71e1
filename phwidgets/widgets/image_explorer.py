"""An explorer of an image with controls: threshold, phase and filtration change the image's diagrams while one looks."""

from __future__ import annotations

from typing import Any

import ipywidgets
import numpy as np

from ..distance import signed_distance
from ..image import Image
from ..persistence.cubical import cubical_persistence
from ..persistence.diagrams import Diagrams
from ..preparing import binarize, otsu_threshold
from .errors import error_html
from .explorer import Explorer
from .newest import Newest
from .shape_panel import only_rounded
from .words import Language, Words

PREVIEW = "#009e73"  # outline of the phase that the threshold cuts out
STEPS = 200  # of the slider
USUAL = {"values": "grey", "threshold": None, "phase": "bright", "filtration": "sublevel"}


class ImageExplorer(Explorer):
    """An image, its diagrams and the choices between them; made by ``phwidgets.explore(image)``.

    Attributes
    ----------
    original : Image
        What was given; ``diagrams.source`` is what was made of it.
    """

    def __init__(
        self, image: Image, degree: int | None = None, *, inverse: str | None = None, language: Language | None = None, **choices: Any
    ) -> None:
        self.original = image
        self._choices = _checked(choices, image)
        self._newest = Newest(self._compute, self._failed)
        super().__init__(_diagrams(image, self._choices), degree, inverse=inverse, language=language)
        self._preview()

    def _side_controls(self) -> list[ipywidgets.Widget]:
        words = self.words
        values, chosen = self.original.values, self._choices
        self._values = _menu(words, "values", ("grey", "distance"), chosen["values"])
        self._phase = _menu(words, "phase", ("bright", "dark"), chosen["phase"])
        self._filtration = _menu(words, "filtration", ("sublevel", "superlevel"), chosen["filtration"])
        low, high = (float(v) for v in (np.min(values), np.max(values)))
        self._threshold = ipywidgets.FloatSlider(
            value=chosen["threshold"],
            min=low,
            max=high if high > low else low + 1.0,
            step=(high - low) / STEPS or 0.01,
            description=words("threshold"),
            readout_format=".4g",
            layout=ipywidgets.Layout(width="330px"),
            style={"description_width": "initial"},
        )
        for name in ("values", "phase", "filtration", "threshold"):
            getattr(self, f"_{name}").observe(self._chosen, names="value")
        self._computing = ipywidgets.HTML()
        row = [self._values, self._threshold, self._phase, self._filtration, self._computing]
        self._show_controls()
        return [ipywidgets.HBox(row, layout=ipywidgets.Layout(flex_flow="row wrap")), *super()._side_controls()]

    # ---- choices ---------------------------------------------------------------------------------------------------------
    @property
    def choices(self) -> dict[str, Any]:
        """What the diagrams are made with: values, threshold, phase and filtration."""
        return dict(self._choices)

    def choose(self, **choices: Any) -> None:
        """Change some of ``choices`` and wait for the new diagrams.

        Parameters
        ----------
        values : {"grey", "distance"}
            The image as it is, or the signed distance of its phase.
        threshold : float
            Between the two phases, for the distance.
        phase : {"bright", "dark"}
            Which of them is inside.
        filtration : {"sublevel", "superlevel"}

        Raises
        ------
        ValueError
            For another choice.
        """
        self._choices = _checked(self._choices | choices, self.original)
        for name, value in self._choices.items():
            getattr(self, f"_{name}").value = value
        self._show_controls()
        self._preview()
        self._newest.wait()
        self._compute(dict(self._choices))

    def _chosen(self, change: Any) -> None:
        chosen = {name: getattr(self, f"_{name}").value for name in USUAL}
        if only_rounded(self._threshold, self._choices["threshold"]):
            chosen["threshold"] = self._choices["threshold"]
        if chosen == self._choices:
            return
        self._choices = chosen
        self._show_controls()
        self._preview()
        self._computing.value = self.words("computing")
        self._newest.want(dict(self._choices))

    def _show_controls(self) -> None:
        needed = None if self._choices["values"] == "distance" else "none"
        self._threshold.layout.display = self._phase.layout.display = needed

    def _preview(self) -> None:
        """The phase that the threshold cuts out, at once; the diagrams follow."""
        if self._choices["values"] == "grey":
            self.image_view.overlay("phase", None)
            return
        inside = self.original.values > self._choices["threshold"]
        mask = inside if self._choices["phase"] == "bright" else ~inside
        self.image_view.overlay("phase", mask, color=PREVIEW, opacity=0.15)

    def _compute(self, choices: dict[str, Any]) -> None:
        diagrams = _diagrams(self.original, choices)
        with self._lock:
            self._errors.value = ""
            self.show(diagrams)
            self._computing.value = ""

    def _failed(self, error: Exception) -> None:
        self._computing.value = ""
        self._errors.value = error_html(self.words, "selection failed", error)

    def _show_source(self, source: Image) -> None:
        """The canvas keeps the image as it was given: what is made of it has the same samples."""

    def code(self) -> str:
        """Python that repeats the choices and the selection without a mouse; ``img`` stands for the image."""
        c = self._choices
        made = "img"
        lines = []
        if c["values"] == "distance":
            lines = [f"bw = ph.binarize(img, threshold={c['threshold']!r}, phase={c['phase']!r})"]
            made = "ph.signed_distance(bw)"
        lines.append(f"dgms = ph.cubical_persistence({made}, filtration={c['filtration']!r})")
        return "\n".join([*lines, super().code()])


def _diagrams(image: Image, choices: dict[str, Any]) -> Diagrams:
    if choices["values"] == "distance":
        image = signed_distance(binarize(image, threshold=choices["threshold"], phase=choices["phase"]))
    return cubical_persistence(image, filtration=choices["filtration"])


def _menu(words: Words, name: str, options: tuple[str, ...], value: str) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(
        options=[(words(f"{name} {option}"), option) for option in options], value=value, layout=ipywidgets.Layout(width="auto")
    )


def _checked(choices: dict[str, Any], image: Image) -> dict[str, Any]:
    if unknown := sorted(set(choices) - set(USUAL)):
        raise ValueError(f"there is no choice {unknown[0]!r}; there are {', '.join(USUAL)}")
    full = USUAL | choices
    for name, allowed in (("values", ("grey", "distance")), ("phase", ("bright", "dark")), ("filtration", ("sublevel", "superlevel"))):
        if full[name] not in allowed:
            raise ValueError(f"{name} is one of {', '.join(map(repr, allowed))}, not {full[name]!r}")
    if full["threshold"] is None:
        full["threshold"] = 0.5 if image.values.dtype == bool else otsu_threshold(image)
    full["threshold"] = float(full["threshold"])
    return full
