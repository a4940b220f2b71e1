"""Inverse analysis: from pairs of a diagram back to the atoms that make them."""
