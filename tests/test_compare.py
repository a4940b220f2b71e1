"""Two diagrams beside each other: the difference is what counting gives, and its brush selects what one has and the other has not."""

import numpy as np
import pytest

import phwidgets as ph

REGION = ((0.7, 1.2), (1.0, 2.4))


@pytest.fixture(scope="module")
def pair():
    return [ph.alpha_persistence(ph.sample(name)) for name in ("silica-glass", "silica-melt")]


def test_the_difference_is_that_of_the_histograms_per_atom(pair):
    both = ph.compare(*pair, bins=20)
    counts = [np.histogram2d(d[1].finite.birth, d[1].finite.death, bins=[both.edges] * 2)[0] for d in pair]
    assert np.allclose(both.difference, counts[0] / 648 - counts[1] / 648)
    assert both.difference.sum() == pytest.approx((len(pair[0][1].finite) - len(pair[1][1].finite)) / 648)


def test_a_brush_selects_in_each_what_the_other_has_less_of(pair):
    both = ph.compare(*pair, bins=20)
    both._view.brush.set_state({"selected_x": list(REGION[0]), "selected_y": list(REGION[1]), "brushing": False})
    for ex, sign in ((both.first, 1), (both.second, -1)):
        inside = ex.diagrams[1].in_region(*both._view._last[0])
        expected = [
            i
            for i, b, d in zip(inside.pair_id, inside.birth, inside.death, strict=True)
            if sign * both.difference[np.searchsorted(both.edges, b, "right") - 1, np.searchsorted(both.edges, d, "right") - 1] > 0
        ]
        assert expected
        assert ex.selected_pairs.tolist() == expected
        assert len(ex.selected_atoms)
    both.clear()
    assert len(both.first.selected_pairs) == 0


def test_the_colours_say_what_they_are(pair):
    both = ph.compare(*pair, names=("<b>glass", "melt"), bins=10)
    assert "&lt;b&gt;glass minus melt: pairs per bin, per atom" in both._view._bar.value
    ja = ph.compare(*pair, names=("glass", "melt"), bins=10, language="ja")
    assert "glass − melt：ビンあたりの点の数（1 原子あたり）" in ja._view._bar.value
    images = [ph.cubical_persistence(np.random.default_rng(i).random((16, 16))) for i in range(2)]
    assert "a minus b: pairs per bin, per sample" in ph.compare(*images)._view._bar.value


def test_groups_are_averaged(pair):
    one, two = ph.compare([pair[0], pair[0]], [pair[1]], bins=10), ph.compare(*pair, bins=10)
    assert np.allclose(one.difference, two.difference)


def test_what_cannot_be_compared_is_refused(pair):
    squared = ph.alpha_persistence(ph.sample("silica-glass"), values="squared")
    with pytest.raises(ValueError, match="same values"):
        ph.compare(pair[0], squared)
    with pytest.raises(ValueError, match="all have"):
        ph.compare(*pair, 7)
    with pytest.raises(ValueError, match="sequence of them"):
        ph.compare(pair[0], [])
    with pytest.raises(ValueError, match="sequence of them"):
        ph.compare(pair[0].source, pair[1])  # not a structure


def test_a_picture_stands_in_where_nothing_runs(pair):
    bundle = ph.compare(*pair, names=("<b>glass", "melt"))._repr_mimebundle_()
    assert set(bundle) >= {"image/png", "text/plain"}
