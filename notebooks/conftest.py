"""Compile the kernels before any notebook runs: the notice of that would differ from the stored outputs."""

from phwidgets.inverse.warm import warm_up_all


def pytest_collection_finish():
    """Run once, after collection."""
    warm_up_all()
