"""Holes followed by their atoms: found again in the same frame, after any renumbering of pairs, and gone where their atoms went apart."""

import numpy as np
import pytest
from waiting import until

import phwidgets as ph
from phwidgets.widgets import trajectory_explorer
from phwidgets.widgets.following import Followed
from phwidgets.widgets.trajectory_explorer import ticks


def rings(radii, apart=20.0, atoms=9):
    """Flat rings of some radii in a row."""
    angle = 2 * np.pi * np.arange(atoms) / atoms
    parts = [np.c_[r * np.cos(angle) + i * apart, r * np.sin(angle), 0 * angle] for i, r in enumerate(radii)]
    return ph.Structure(np.concatenate(parts), ["Si"] * atoms * len(radii))


def test_a_ring_is_the_one_of_its_atoms_wherever_it_is_in_the_diagram():
    before = ph.alpha_persistence(rings([3.0, 4.0, 5.0]))[1]
    after = ph.alpha_persistence(rings([5.0, 3.1, 4.0]))[1]
    first = before.longest(3)
    middle = first.subset([i for i, cell in zip(first.pair_id, first.birth_cell, strict=True) if 9 <= cell[0] < 18])
    assert len(middle) == 1
    (found,) = Followed(middle).find(after)
    ring = after.subset([found])
    assert 9 <= ring.birth_cell.min() <= ring.birth_cell.max() < 18
    assert ring.death[0] == pytest.approx(3.1, abs=1e-5)  # it was 4.0


def test_a_ring_that_is_gone_is_not_found():
    open_ring = rings([3.0, 4.0])
    x = open_ring.positions.copy()
    x[9:] = np.random.default_rng(0).random((9, 3)) * 400 + 100
    pairs = ph.alpha_persistence(open_ring)[1].longest(2)
    assert len(Followed(pairs).find(ph.alpha_persistence(ph.Structure(x, open_ring.species))[1])) == 1
    assert len(Followed(pairs).find(ph.alpha_persistence(rings([3.0]))[1])) == 0  # other atoms


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_in_its_own_frame_every_pair_is_itself(degree):
    d = ph.alpha_persistence(ph.sample("silica-glass"))[degree]
    chosen = d.longest(20)
    assert Followed(chosen).find(d).tolist() == sorted(chosen.pair_id.tolist())


def test_the_explorer_follows_through_the_frames_and_back():
    quench = ph.sample("silica-quench")[-3:]
    ex = ph.explore(quench)
    ex.frame = 2
    chosen = ex.diagrams[1].longest(5).pair_id
    ex.select(pairs=chosen)
    ex.frame = 1
    assert len(ex.selected) == 0  # pairs of another frame mean nothing here
    ex.frame = 2
    ex.select(pairs=chosen)
    ex.following = True
    followed = Followed(ex.selected)
    for frame in (1, 0, 2):
        ex.frame = frame
        expected = followed.find(ph.alpha_persistence(quench[frame])[1])
        assert len(expected)
        assert ex.selected_pairs.tolist() == expected.tolist()
        assert f"{len(expected)} of 5 followed" in ex._far.value
    assert ex.selected_pairs.tolist() == sorted(chosen.tolist())
    ex.select(region=((0.7, 1.0), (1.8, 3.0)))  # what is selected now is followed from now on
    assert len(ex._followed) == min(100, len(ex.selected))
    ex.following = False
    ex.frame = 1
    assert ex.selected_pairs.tolist() == ex.diagrams[1].in_region((0.7, 1.0), (1.8, 3.0)).pair_id.tolist()


def test_the_file_says_which_moment_it_is():
    ex = ph.explore(ph.sample("silica-quench")[:2])
    assert "time_ps = 0" in ex._facts.value
    ex.frame = 1
    assert "time_ps = 0" not in ex._facts.value
    assert "time_ps = " in ex._facts.value


def test_the_ticks_of_frames_and_counts_are_whole():
    assert ticks(0, 11, whole=True, most=12).tolist() == list(range(12))
    assert ticks(0, 2, whole=True, most=4).tolist() == [0, 1, 2]
    assert all(t == round(t) for t in ticks(163, 208, whole=True, most=4))
    assert len(ticks(0.1, 0.4, whole=False, most=4)) >= 2


def test_a_trajectory_that_begins_with_a_damaged_frame_is_shown_from_the_next():
    good = "4\nstep={}\nSi 0 0 0\nSi 2 0 0\nSi 0 2 0\nSi 0 0 2\n"
    content = (good.format(0).replace("2 0 0", "2 ? 0") + good.format(1) + good.format(2)).encode()
    ex = ph.explore(ph.read_trajectory(content, format="xyz"))
    assert ex.frame == 1
    assert "frame 0" in ex.frames.problems[0]
    assert "step = 1" in ex._facts.value
    with pytest.raises(ValueError, match="no frame of this trajectory can be read"):
        ph.explore(ph.read_trajectory(good.format(0).replace("2 0 0", "2 ? 0").encode(), format="xyz"))


def test_a_long_curve_is_thinned_where_it_can_be_clicked(monkeypatch):
    monkeypatch.setattr(trajectory_explorer, "POINTS", 5)
    ex = ph.explore([ph.Structure(np.random.default_rng(i).random((8, 3)) * 4) for i in range(12)], degree=0)
    until(lambda: len(ex._curve.x) == 12)
    assert ex._targets.x.tolist() == ex._points.x.tolist() == [0, 3, 6, 9]
    assert ex._curve.y.tolist() == [8.0] * 12


def test_a_named_region_is_kept_and_counted_in_its_own_degree():
    quench = ph.sample("silica-quench")[-2:]
    cavities = ph.Region("wide", birth=(1.5, 3.0), death=(2.0, 4.0), degree=2, unit="Å")
    ex = ph.explore(quench)
    assert ex.degree == 1
    ex.select(region=cavities)
    assert ex.degree == 2
    for frame in (0, 1):
        ex.frame = frame
        expected = cavities.select(ph.alpha_persistence(quench[frame]))
        assert ex.selected_pairs.tolist() == expected.pair_id.tolist() != []
    ex.select(pairs=[0], degree=1)
    counts = ph.count_regions([cavities], [ph.alpha_persistence(s) for s in quench])
    assert ex.curve(region=cavities).tolist() == counts["wide"].tolist()
    for wrong, reason in (
        (ph.Region("r", degree=1, unit="Å²"), "cannot be compared"),
        (ph.Region("r", degree=7), "no diagram of degree 7"),
    ):
        with pytest.raises(ValueError, match=reason):
            ex.select(region=wrong)
        with pytest.raises(ValueError, match=reason):
            ex.curve(region=wrong)
    with pytest.raises(ValueError, match="is of degree 2"):
        ex.select(region=cavities, degree=1)


def test_the_axes_of_a_film_only_widen_and_then_stay():
    quench = ph.sample("silica-quench")[:4]
    ex = ph.explore(quench, degree=1)
    scales = ex.diagram_view._scales

    def axes():
        return scales["x"].min, scales["x"].max

    before = axes()
    for frame in (3, 1, 2, 0):
        ex.frame = frame
        low, high = axes()
        assert low <= before[0]
        assert high >= before[1]
        assert low < ex.diagrams[1].range()[0]
        assert high > ex.diagrams[1].range()[1]
        before = low, high
    ranges = [ph.alpha_persistence(s)[1].range() for s in quench]
    assert len({low for low, _ in ranges}) == 4  # each frame by itself would have axes of its own
    for frame in (1, 3, 0):
        ex.frame = frame
        assert axes() == before
    lowest, highest = min(low for low, _ in ranges), max(high for _, high in ranges)
    assert before[0] < lowest < lowest + 0.1 * (highest - lowest) < highest < before[1] < highest + 0.1 * (highest - lowest)
    ex.select(region=((0.7, 1.0), (1.2, 3.0)), degree=1)
    ex.select(pairs=[0], degree=2)  # the other degrees have axes of their own
    assert axes() != before
