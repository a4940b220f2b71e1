"""Compile the kernels before any notebook runs: the notice of that would differ from the stored outputs."""

import pytest

from phwidgets.inverse.warm import warm_up_all


def pytest_collection_finish():
    """Run once, after collection."""
    warm_up_all()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes():
    """With several workers: before they are there, not once in each of them at the same time."""
    warm_up_all()
