"""A few small structures, and kernels that are compiled before anything is timed or sent elsewhere."""

import sys
from pathlib import Path

import numpy as np
import pytest

import phwidgets as ph

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:  # worker processes find the functions of these tests by the name of their module;
    sys.path.append(ROOT)  # at the end, so that the installed package comes first


@pytest.fixture(scope="session")
def clouds():
    """Eight small clouds of atoms."""
    rng = np.random.default_rng(0)
    made = [ph.Structure(rng.random((20, 3)) * 6, ["Si"] * 20, cell=[6, 6, 6]) for _ in range(8)]
    ph.alpha_persistence(made[0])
    return made
