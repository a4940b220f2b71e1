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
FEW = 1 << 22  # samples whose threshold is found at once
USUAL = {"values": "grey", "threshold": None, "phase": "bright", "filtration": "sublevel"}


class ImageExplorer(Explorer):
    """An image, its diagrams and the choices between them; made by ``phwidgets.explore`` of an image or its diagrams.

    Diagrams that were given are shown as they are until something else is chosen. What is computed then has their construction, periods and
    mask.

    Attributes
    ----------
    original : Image
        What was given, or what the given diagrams come from; ``diagrams.source`` is what was made of it.
    """

    def __init__(
        self,
        source: Image | Diagrams,
        degree: int | None = None,
        *,
        inverse: str | None = None,
        language: Language | None = None,
        **choices: Any,
    ) -> None:
        self._making = self._setting = False
        self._adopt(source, choices)
        self._newest = Newest(self._compute, self._failed)
        super().__init__(self._diagrams(self._choices), degree, inverse=inverse, language=language)
        self._preview()

    def _adopt(self, source: Image | Diagrams, choices: dict[str, Any]) -> None:
        self._given = source if isinstance(source, Diagrams) else None
        self.original = source.source if isinstance(source, Diagrams) else source
        self._how = next(iter(source.values())).filtration if isinstance(source, Diagrams) else None
        start = {} if self._how is None else {"filtration": self._how.filtration}
        self._choices = _checked(start | choices, self.original)

    def _side_controls(self) -> list[ipywidgets.Widget]:
        words = self.words
        values, chosen = self.original.values, self._choices
        self._values = _menu(words, "values", ("grey", "distance"), chosen["values"])
        self._phase = _menu(words, "phase", ("bright", "dark"), chosen["phase"])
        self._filtration = _menu(words, "filtration", ("sublevel", "superlevel"), chosen["filtration"])
        low, high = _range(values)
        self._threshold = ipywidgets.FloatSlider(
            value=chosen["threshold"],
            min=low,
            max=high,
            step=(high - low) / STEPS,
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
        self._set_controls()
        self._show_controls()
        self._preview()
        self._newest.wait()
        self._compute(dict(self._choices))

    def _set_controls(self) -> None:
        """Let the controls say what is chosen, which is no wish of the user."""
        low, high = _range(self.original.values)
        self._setting = True
        try:
            if (low, high) != (self._threshold.min, self._threshold.max):
                self._threshold.min = min(low, self._threshold.min)
                self._threshold.max, self._threshold.min, self._threshold.step = high, low, (high - low) / STEPS
            for name, value in self._choices.items():
                getattr(self, f"_{name}").value = value
        finally:
            self._setting = False

    def _chosen(self, change: Any) -> None:
        if self._setting:
            return
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

    def _diagrams(self, choices: dict[str, Any]) -> Diagrams:
        """What belongs to these choices."""
        image, how = self.original, self._how
        if choices["values"] == "distance":
            image = signed_distance(binarize(image, threshold=choices["threshold"], phase=choices["phase"]))
        elif self._given is not None and choices["filtration"] == how.filtration:
            return self._given
        if how is None:
            return cubical_persistence(image, filtration=choices["filtration"])
        options = {"construction": how.construction, "periodic": how.periodic, "mask": how.mask, "degrees": self._given.degrees}
        return cubical_persistence(image, filtration=choices["filtration"], **options)

    def _compute(self, choices: dict[str, Any]) -> None:
        diagrams = self._diagrams(choices)
        with self._lock:
            self._errors.value = ""
            self._making = True
            try:
                super().show(diagrams)
            finally:
                self._making = False
            self._computing.value = ""

    def show(self, diagrams: Diagrams) -> None:
        """Show the diagrams of another image, which the choices then begin with; a selected region stays selected.

        Parameters
        ----------
        diagrams : Diagrams
            With the degree that is shown.
        """
        with self._lock:
            super().show(diagrams)
            self._adopt(diagrams, {})
            self._set_controls()
            self._show_controls()
            self._preview()

    def _failed(self, error: Exception) -> None:
        self._computing.value = ""
        self._errors.value = error_html(self.words, "selection failed", error)

    def _show_source(self, source: Image) -> None:
        """The canvas keeps the image as it was given: what is made of it has the same samples."""
        if not self._making:
            super()._show_source(source)

    def code(self) -> str:
        """Python that repeats the choices and the selection without a mouse; ``img`` stands for the image, or ``dgms`` for the diagrams."""
        c, how = self._choices, self._how
        if self.diagrams is self._given:
            return super().code()
        made = "img"
        lines = [] if self._given is None else ["img = dgms.source"]
        if c["values"] == "distance":
            lines.append(f"bw = ph.binarize(img, threshold={c['threshold']!r}, phase={c['phase']!r})")
            made = "ph.signed_distance(bw)"
        more = f"filtration={c['filtration']!r}"
        if how is not None:
            more += f", construction={how.construction!r}" if how.construction != "vertex" else ""
            more += f", periodic={how.periodic!r}" if any(how.periodic) else ""
            more += f", mask=dgms[{self.degree}].filtration.mask" if how.mask is not None else ""
        lines.append(f"dgms = ph.cubical_persistence({made}, {more})")
        return "\n".join([*lines, super().code()])


def _range(values: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest finite sample, of a constant image that and one more."""
    low, high = values.min(), values.max()
    if not np.isfinite([low, high]).all():
        finite = values[np.isfinite(values)]
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    return float(low), float(high) if high > low else float(low) + 1.0


def _usual_threshold(image: Image) -> float:
    """Otsu's threshold, of a large image that of some of its samples; the middle of the range where there are not two classes."""
    if image.values.dtype == bool:
        return 0.5
    try:
        return otsu_threshold(image if image.values.size <= FEW else Image(image.values.reshape(-1)[:: image.values.size // FEW][None]))
    except ValueError:
        return float(np.mean(_range(image.values)))


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
        full["threshold"] = _usual_threshold(image)
    full["threshold"] = float(full["threshold"])
    return full
