"""One function for every conversation: it looks at what it is given and opens the explorer that fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..image import Image
from ..persistence.alpha import alpha_persistence
from ..persistence.diagrams import Diagrams
from ..readers.trajectory import Trajectory
from ..structure import Structure, as_structure
from ..structure_foreign import from_library
from .explorer import Explorer
from .words import Language


def explore(source: Any, degree: int | None = None, *, inverse: str | None = None, language: Language | None = None) -> Explorer:
    """Show persistence diagrams beside what they come from: drag on one, click in the other.

    Parameters
    ----------
    source : Diagrams, Image, trajectory, Structure or anything like a structure
        Diagrams; or atoms, whose ``alpha_persistence`` is computed first; or an image, whose ``cubical_persistence`` is; or a sequence of
        structures (of any library), with a slider for its frames. Images and their diagrams come with controls for threshold, phase and
        filtration, which change image and diagram together while one looks.
    degree : int, optional
        Diagram to begin with; rings (1) where there are any.
    inverse : {"simplices", "volumes"}, optional
        What links pairs and atoms or voxels: their birth and death simplices, or whole shapes. By default simplices for atoms, and
        regions for images where these are unique.
    language : {"en", "ja"}, optional
        Of the words; that of ``set_language`` by default.

    Returns
    -------
    Explorer
        A widget; ``select``, ``selected``, ``volumes``, ``code`` and ``save_figure`` work with and without a browser.

    Raises
    ------
    ValueError
        If the source cannot be read as any of these, or has no diagram of this degree.
    """
    how: dict[str, Any] = {"inverse": inverse, "language": language}
    if isinstance(source, Diagrams) and not (isinstance(source.source, Image) and all(d.filtration for d in source.values())):
        return Explorer(source, degree, **how)
    if isinstance(source, Image | Diagrams):
        from .image_explorer import ImageExplorer

        return ImageExplorer(source, degree, **how)
    frames = source if isinstance(source, Trajectory) else _frames(source)
    if frames is not None:
        from .trajectory_explorer import TrajectoryExplorer

        return TrajectoryExplorer(frames, degree, **how)
    return Explorer(alpha_persistence(as_structure(source)), degree, **how)


def _frames(source: Any) -> Sequence[Structure] | None:
    """A sequence of structures, or of what other libraries have for them; None for anything else."""
    if not isinstance(source, Sequence) or not len(source) or from_library(source) is not None:  # a pymatgen structure is a sequence too
        return None
    if isinstance(source[0], Structure):
        return source
    return [as_structure(frame) for frame in source] if from_library(source[0]) is not None else None
