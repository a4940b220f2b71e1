"""compute_many(): one function over many inputs, in this process, in several, or on a cluster."""

from .compute import compute_many
from .many import Many

__all__ = ["Many", "compute_many"]
