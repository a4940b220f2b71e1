"""Diagrams that are easy to make and to count, and a library of six of them."""

import math

import numpy as np
import pytest

from phwidgets.library import Library
from phwidgets.persistence.diagram import Diagram
from phwidgets.persistence.diagrams import Diagrams


def made(seed, n=30, unit="Å"):
    """Random diagrams of degrees 0 and 1, each with one essential class."""
    rng = np.random.default_rng(seed)
    made = {}
    for k in (0, 1):
        birth = rng.random(n).round(3)
        death = birth + rng.random(n).round(3) + 0.01
        death[:1] = math.inf
        made[k] = Diagram(k, unit, birth, death, np.zeros((n, k + 1), int), np.zeros((n, k + 2), int))
    return Diagrams(made, source=None, unit=unit, resolution=1e-6)


class Moments:
    """A transformer that is easy to check: mean and sum of births, and the number of pairs."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def get_params(self, deep=True):
        return {"scale": self.scale}

    def fit(self, x, y=None):
        self.count_ = len(x)
        return self

    def transform(self, x):
        return self.scale * np.array([[d.birth.mean(), d.birth.sum(), len(d)] for d in x])


@pytest.fixture(name="moments")
def _moments():
    return Moments


@pytest.fixture(name="diagrams")
def _diagrams():
    return made


@pytest.fixture
def lib(tmp_path):
    """Entries s0 to s5."""
    library = Library(tmp_path / "a.duckdb")
    for i in range(6):
        library.add(f"s{i}", made(i), density=2.0 + i / 10, method="melt" if i % 2 else "quench", step=i)
    return library
