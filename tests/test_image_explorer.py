"""The explorer of images without a browser: regions and pixels answer for each other as brute force says."""

import numpy as np
import pytest
from waiting import until

import phwidgets as ph
from phwidgets.preparing import otsu_threshold

SIZE = 40


def blobs(seed=0, shape=(SIZE, SIZE)):
    """A smooth random image without equal values."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2.0)


@pytest.fixture(scope="module")
def img():
    return ph.Image(blobs(), unit="nm")


@pytest.fixture
def ex(img):
    return ph.explore(ph.cubical_persistence(img), degree=0)


def region_of(image, d, k):
    """Samples of the component of pair k just before it dies, by flooding."""
    from scipy.ndimage import label

    birth = tuple(d.birth_cell[k])
    death = d.death[k] if np.isfinite(d.death[k]) else np.inf
    labels = label(image.values < death)[0]  # neighbours along the axes
    return labels == labels[birth]


def test_a_region_of_the_diagram_is_a_mask_of_the_image(ex, img):
    d = ex.diagrams[0]
    ex.select(pairs=d.longest(3).pair_id)
    expected = np.any([region_of(img, d, k) for k in d.longest(3).pair_id], axis=0)
    assert np.array_equal(ex.selected_voxels, expected)
    assert [set(map(tuple, v.voxels.tolist())) for v in ex.volumes] == [
        set(map(tuple, np.argwhere(region_of(img, d, k)).tolist())) for k in d.longest(3).pair_id
    ]


def test_a_pixel_selects_every_pair_whose_region_holds_it(ex, img):
    d = ex.diagrams[0]
    voxel = tuple(d.birth_cell[d.longest(1).pair_id[0]])
    expected = [k for k in d.finite.pair_id.tolist() if region_of(img, d, k)[voxel]]  # what never dies encloses nothing
    ex.image_view._on_message(None, {"type": "ph_pick", "kind": "click", "voxel": list(map(int, voxel)), "shift": False}, [])
    assert ex.selected_pairs.tolist() == expected
    flat = int(np.ravel_multi_index(voxel, img.shape))
    ex.clear()
    ex.select(voxels=[flat])
    assert ex.selected_pairs.tolist() == expected
    mask = np.zeros(img.shape, bool)
    mask[voxel] = True
    ex.select(voxels=mask)
    assert ex.selected_pairs.tolist() == expected
    scope = {"ph": ph, "dgms": ex.diagrams}
    exec(ex.code(), scope)
    assert scope["ex"].selected_pairs.tolist() == expected


def test_linked_by_birth_and_death_only(img):
    ex = ph.explore(ph.cubical_persistence(img), degree=1, inverse="simplices")
    d = ex.diagrams[1]
    top = d.longest(2)
    ex.select(pairs=top.pair_id)
    ends = {tuple(v) for v in np.concatenate([top.birth_cell, top.death_cell]).tolist()}
    assert set(map(tuple, np.argwhere(ex.selected_voxels).tolist())) == ends


def test_superlevel_diagrams_are_brushed_below_for_what_never_dies(img):
    ex = ph.explore(ph.cubical_persistence(img, filtration="superlevel"), degree=0)
    view = ex.diagram_view
    assert view._bottom < view._low
    view.brush.set_state({"selected_x": [view._low, view._high], "selected_y": [view._bottom, view._low], "brushing": False})
    assert ex.selected.is_essential.sum() == 1
    assert "-float" in ex.code()
    scope = {"ph": ph, "dgms": ex.diagrams}
    exec(ex.code(), scope)
    assert np.array_equal(scope["ex"].selected_pairs, ex.selected_pairs)


def test_tunnels_of_a_volume_show_their_shortest_loops():
    ex = ph.explore(ph.cubical_persistence(ph.Image(blobs(1, (16, 16, 16)))), degree=1)
    top = ex.diagrams[1].longest(2)
    ex.select(pairs=top.pair_id)
    until(lambda: not ex._links.shapes.busy)
    assert ex._links.shapes.problem == ""
    assert [v.voxels.tolist() for v in ex.volumes] == [v.voxels.tolist() for v in ph.shortest_cycles(top)]
    assert ex.image_view.slices


def test_choices_change_image_and_diagrams_together(img):
    ex = ph.explore(img)
    assert ex.choices["values"] == "grey"
    ex.choose(values="distance", threshold=0.0, phase="dark")
    expected = ph.cubical_persistence(ph.signed_distance(ph.binarize(img, threshold=0.0, phase="dark")))
    assert ex._threshold.layout.display is None  # what is chosen with can be seen
    assert ex._phase.layout.display is None
    assert "mask:phase" in ex.image_view._parts
    for k in ex.diagrams.degrees:
        assert np.array_equal(ex.diagrams[k].birth, expected[k].birth)
        assert np.array_equal(ex.diagrams[k].death, expected[k].death)
    scope = {"ph": ph, "img": img}
    exec(ex.code(), scope)
    assert np.array_equal(scope["dgms"][0].birth, expected[0].birth)
    with pytest.raises(ValueError, match="phase is one of"):
        ex.choose(phase="green")
    with pytest.raises(ValueError, match="no choice"):
        ex.choose(colour="green")


def test_moving_the_slider_ends_with_the_newest_threshold(img):
    ex = ph.explore(img)
    ex.choose(values="distance")
    for value in np.linspace(-0.2, 0.2, 9):
        ex._threshold.value = float(value)
    assert ex._newest.wait(60)
    expected = ph.cubical_persistence(ph.signed_distance(ph.binarize(img, threshold=ex._threshold.value)))
    assert np.array_equal(ex.diagrams[0].birth, expected[0].birth)


def test_a_threshold_that_leaves_one_phase_is_said_and_nothing_is_lost(img):
    ex = ph.explore(img)
    ex.choose(values="distance")
    before = ex.diagrams
    ex._threshold.value = ex._threshold.max
    assert ex._newest.wait(60)
    assert "phase" in ex._errors.value
    assert ex.diagrams is before
    ex._threshold.value = 0.0
    assert ex._newest.wait(60)
    assert ex._errors.value == ""


def test_wrong_voxels_say_what_to_do(ex):
    for bad, words in ((np.ones((2, 2), bool), "shape of the image"), ([10**9], "numbered"), ([0.5], "whole numbers")):
        with pytest.raises(ValueError, match=words):
            ex.select(voxels=bad)
    with pytest.raises(ValueError, match="not of atoms"):
        ex.select(atoms=[1])


def test_where_no_widget_is_drawn_a_picture_stands_in(ex):
    ex.select(pairs=[0])
    assert ex.picture().startswith(b"\x89PNG")
    assert "image/png" in ex._repr_mimebundle_()


def test_a_threshold_that_the_browser_only_rounds_changes_nothing(img):
    ex = ph.explore(img)
    ex.choose(values="distance")
    ex.select(pairs=[0])
    before, chosen = ex.diagrams, ex.choices
    ex._threshold.value += 0.4 * ex._threshold.step
    assert ex._newest.wait(60)
    assert ex.diagrams is before
    assert ex.choices == chosen
    assert ex.selected_pairs.tolist() == [0]


@pytest.mark.parametrize("options", [{}, {"construction": "cell", "periodic": True}, {"filtration": "superlevel", "mask": True}])
def test_diagrams_can_be_previewed_with_other_choices_too(img, options):
    if "mask" in options:
        options = options | {"mask": img.values > 1.0 * img.values.std()}
    given = ph.cubical_persistence(img, **options)
    ex = ph.explore(given, degree=0)
    assert ex.diagrams is given
    assert ex.choices["filtration"] == options.get("filtration", "sublevel")
    ex.choose(values="distance", threshold=0.01)
    assert ex.image is not img
    kept = {name: value for name, value in options.items() if name != "filtration"}
    made = ph.signed_distance(ph.binarize(img, threshold=0.01))
    expected = ph.cubical_persistence(made, filtration=ex.choices["filtration"], **kept)
    scope = {"ph": ph, "dgms": given}
    exec(ex.code(), scope)
    for dgms in (ex.diagrams, scope["dgms"]):
        for k in expected:
            assert np.array_equal(dgms[k].birth, expected[k].birth)
            assert np.array_equal(dgms[k].death_cell, expected[k].death_cell)
    ex.choose(values="grey")
    assert ex.diagrams is given
    other = "sublevel" if "filtration" in options else "superlevel"
    ex.choose(filtration=other)
    assert np.array_equal(ex.diagrams[1].birth, ph.cubical_persistence(img, filtration=other, **kept)[1].birth)


def test_another_image_brings_its_own_choices(ex, img):
    ex.choose(values="distance")
    other = ph.Image(100 * blobs(3, (30, 20)) + 500, unit="nm")
    dgms = ph.cubical_persistence(other, filtration="superlevel")
    ex.show(dgms)
    assert ex._newest.wait(60)
    assert ex.original is other
    assert ex.diagrams is dgms
    assert ex.image_view.image is other
    assert ex.choices["values"] == ex._values.value == "grey"
    assert ex.choices["filtration"] == ex._filtration.value == "superlevel"
    assert ex._threshold.min == other.values.min()
    assert ex._threshold.max == other.values.max()
    assert ex._threshold.value == ex.choices["threshold"] == otsu_threshold(other)
    ex.choose(values="distance", threshold=500.0)
    assert np.array_equal(
        ex.diagrams[0].birth, ph.cubical_persistence(ph.signed_distance(ph.binarize(other, 500.0)), filtration="superlevel")[0].birth
    )


@pytest.mark.parametrize(
    "values", [np.ones((5, 6)), np.array([[0.0, np.inf, 1.0], [2.0, 0.5, 3.0]]), np.eye(4) > 0, np.array([[np.nan, 2.0, 3.0]] * 3)]
)
def test_images_without_two_classes_are_explored_too(values):
    ex = ph.explore(ph.cubical_persistence(values, mask=np.isnan(values)))
    assert ex._threshold.min <= ex.choices["threshold"] <= ex._threshold.max
    assert np.isfinite([ex._threshold.min, ex._threshold.max]).all()


def test_a_large_image_has_a_threshold_of_some_of_its_samples(monkeypatch, img):
    monkeypatch.setattr("phwidgets.widgets.image_explorer.FEW", 400)
    ex = ph.explore(img)
    whole = ph.explore(img)._threshold
    assert abs(ex.choices["threshold"]) < img.values.std()
    assert whole.min < ex.choices["threshold"] < whole.max


def test_the_canvas_speaks_the_language_of_its_explorer():
    image = ph.sample("two-phase-micrograph")
    assert ph.explore(image, language="ja").image_view.words["fit"] == "全体"
    assert ph.explore(image).image_view.words["fit"] == "Fit"
