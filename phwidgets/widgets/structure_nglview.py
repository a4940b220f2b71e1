"""nglview, imported without its habit of displaying a widget of its own (its colour schemes, unused here) on first import."""

from IPython.utils.capture import capture_output

with capture_output(stdout=False, stderr=False, display=True):
    import nglview

__all__ = ["nglview"]
