"""Library: diagrams of many inputs in one file, found again by what they look like and by what is known about them."""

from .collection import Library

__all__ = ["Library"]
