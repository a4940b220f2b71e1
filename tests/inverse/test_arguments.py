"""What the inverse analyses refuse, and what they answer to nothing."""

import numpy as np
import pytest

import phwidgets as ph
from phwidgets.inverse.stream import iter_volumes

DGMS = ph.alpha_persistence(np.random.default_rng(0).random((20, 3)))
ONE = ph.alpha_persistence([[0.0, 0, 0]])

ANALYSES = {
    "optimal": ph.optimal_volumes,
    "stable": lambda d: ph.stable_volumes(d, 0.01),
    "shortest": ph.shortest_cycles,
    "one by one": lambda d: list(iter_volumes(d)),
    "shortest, one by one": lambda d: list(iter_volumes(d, method="shortest")),
}


@pytest.mark.parametrize("name", ANALYSES)
@pytest.mark.parametrize(
    ("wrong", "words"),
    [(DGMS, "choose one of them"), (None, "not NoneType"), ([], "not list"), (DGMS[1].to_frame(), "not DataFrame"), (3, "not int")],
    ids=lambda x: type(x).__name__,
)
def test_what_is_no_diagram_is_named(name, wrong, words):
    with pytest.raises(ValueError, match=words):
        ANALYSES[name](wrong)


@pytest.mark.parametrize("look", [ph.group_shapes, ph.coarse_grain])
def test_pairs_are_no_shapes(look):
    with pytest.raises(ValueError, match="optimal_volumes"):
        look(DGMS[1])
    with pytest.raises(ValueError, match="optimal_volumes"):
        look(3)
    with pytest.raises(ValueError, match="not int"):
        look([1, 2])


@pytest.mark.parametrize("name", ANALYSES)
@pytest.mark.parametrize("diagram", [DGMS[1].subset([]), ONE[1]], ids=["of many atoms", "of one atom"])
def test_no_pairs_have_no_shapes(name, diagram):
    assert len(ANALYSES[name](diagram)) == 0
