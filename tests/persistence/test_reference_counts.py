"""Silica and silicon of other people's simulations against counts made with HomCloud 5.4.0 (alpha, periodic, squared radii)."""

import numpy as np
import pytest

import phwidgets as ph
from phwidgets.data import _folders

# finite pairs above 1e-3 Å² in degrees 1 and 2
REFERENCE = {
    "a_SiO2_speed1e11K": (1722, 1508),
    "a_SiO2_speed1e12K": (1754, 1378),
    "a_SiO2_speed1e13K": (1919, 1581),
    "a_SiO2_speed1e14K": (2105, 1659),
    "l_SiO2": (3392, 2216),
    "a_Si_speed1e11K": (2435, 2358),
    "a_Si_speed1e14K": (2797, 2204),
    "l_Si": (3792, 2548),
}


def diagrams(name):
    if not any((folder / "glass" / f"{name}.xyz").is_file() for folder in _folders()):
        pytest.skip(f"{name}.xyz is neither in $PHWIDGETS_DATA nor in ../shared/data")
    return ph.alpha_persistence(ph.sample(f"glass/{name}.xyz"), values="squared")


@pytest.mark.parametrize("name", REFERENCE)
def test_counts(name):
    dgms = diagrams(name)
    assert tuple(int((dgms[k].finite.persistence > 1e-3).sum()) for k in (1, 2)) == REFERENCE[name]
    assert [int(d.is_essential.sum()) for d in dgms.values()] == [1, 3, 3, 1]
    assert all(len(d) == 0 or d.finite.persistence.min(initial=1) > 0 for d in dgms.values())


def test_most_persistent_ring():
    longest = diagrams("a_SiO2_speed1e11K")[1].longest(1)
    np.testing.assert_allclose([longest.birth[0], longest.death[0]], [0.69185, 5.42396], atol=5e-6)


def test_faster_quenches_have_more_rings():
    names = ["a_SiO2_speed1e11K", "a_SiO2_speed1e12K", "a_SiO2_speed1e13K", "a_SiO2_speed1e14K", "l_SiO2"]
    rings = [int((diagrams(name)[1].finite.persistence > 1e-3).sum()) for name in names]
    assert rings == sorted(rings)
    assert len(set(rings)) == 5
