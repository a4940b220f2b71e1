"""Surfaces of regions of a volume: closed, where the region is, of its size."""

import io

import numpy as np
import pytest

pytest.importorskip("skimage")
from phwidgets.image import Image
from phwidgets.widgets.surface_picture import turned
from phwidgets.widgets.volume_surfaces import SurfaceView, in_box, surface_triangles


def enclosed(triangles):
    """Volume inside a closed surface, by the divergence theorem."""
    a, b, c = triangles.transpose(1, 0, 2)
    return abs((a * np.cross(b, c)).sum() / 6)


def edges_in_pairs(triangles):
    """Whether every edge belongs to two triangles, or four where two sheets touch."""
    _, index = np.unique(triangles.reshape(-1, 3).round(6), axis=0, return_inverse=True)
    corners = index.reshape(-1, 3)
    edges = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    return (np.unique(edges, axis=0, return_counts=True)[1] % 2 == 0).all()


@pytest.fixture
def ball():
    return np.linalg.norm(np.indices((30, 34, 40)) - [[[[15]]], [[[12]]], [[[25]]]], axis=0) < 9


def test_a_surface_is_closed_and_encloses_its_region(ball):
    spacing = (2.0, 0.5, 1.0)
    triangles, factor = surface_triangles(ball, spacing)
    assert factor == 1
    assert edges_in_pairs(triangles)
    assert enclosed(triangles) == pytest.approx(ball.sum(), rel=0.04)
    low, high = triangles.min(axis=(0, 1)), triangles.max(axis=(0, 1))
    voxels = np.argwhere(ball)
    expected = in_box(np.array([voxels.min(axis=0), voxels.max(axis=0) + 1.0]), spacing)
    step = np.array(spacing)[::-1] / 2  # a surface runs between the middles of voxels
    assert (np.abs(low - expected.min(axis=0)) <= step + 1e-9).all()
    assert (np.abs(high - expected.max(axis=0)) <= step + 1e-9).all()


@pytest.mark.parametrize("where", [np.s_[0, 0, 0], np.s_[4, 5, 6], np.s_[:, :, :], np.s_[2, :, :]])
def test_regions_at_the_border_are_closed_too(where):
    mask = np.zeros((5, 6, 7), bool)
    mask[where] = True
    triangles, _ = surface_triangles(mask)
    assert len(triangles)
    assert edges_in_pairs(triangles)
    middle = triangles.mean(axis=(0, 1))
    assert middle == pytest.approx(in_box(np.argwhere(mask) + 0.5, (1, 1, 1)).mean(axis=0), abs=0.01)


def test_nothing_has_no_surface():
    assert surface_triangles(np.zeros((3, 4, 5), bool))[0].shape == (0, 3, 3)


def test_what_would_be_too_much_is_drawn_coarser_and_stays(ball):
    single = np.zeros((90, 91, 93), bool)
    single[33, 44, 55] = True
    noise = single | (np.random.default_rng(0).random(single.shape) > 0.5)
    triangles, factor = surface_triangles(noise, most=20_000)
    assert factor in (4, 8, 16)
    assert 0 < len(triangles) < 40_000
    coarse, factor = surface_triangles(ball, most=500)
    assert factor > 1
    assert edges_in_pairs(coarse)
    assert np.abs(coarse.mean(axis=(0, 1)) - in_box(np.argwhere(ball) + 0.5, (1, 1, 1)).mean(axis=0)).max() < factor


def test_the_view_keeps_account_of_its_surfaces(ball):
    view = SurfaceView()
    assert repr(view) == "SurfaceView()"
    assert view.view is None  # no WebGL context before there is something to show
    with pytest.raises(ValueError, match="first"):
        view.surface("a", [0])
    view.show(Image(ball, spacing=1e-6, unit="m"))
    view.surface("a", ball)
    view.surface("b", np.flatnonzero(ball)[:5], color="#00ff00", opacity=1)
    assert repr(view) == "SurfaceView(30 × 34 × 40, 2 surfaces)"
    assert {"surface:a", "surface:b", "box", "directions"} <= set(view.view.layers())
    view.surface("a", None)
    view.surface("b", np.zeros(ball.shape, bool))
    view.surface("never", None)
    assert not [name for name in view.view.layers() if name.startswith("surface")]
    view.surface("a", ball)
    same = view.view
    view.show(np.zeros((4, 5, 6)))
    assert view.view is same
    assert repr(view) == "SurfaceView(4 × 5 × 6, 0 surfaces)"
    for wrong in (lambda: view.show(np.zeros((4, 5))), lambda: view.surface("a", ball), lambda: view.surface("a", [0], opacity=3)):
        with pytest.raises(ValueError, match=r"volume|shape|opacity"):
            wrong()


def red(png):
    """(rows, cols) mask of the pixels of a picture that are red, bright or dark, and nothing else."""
    from matplotlib.image import imread

    image = imread(io.BytesIO(png))
    return (image[..., 0] > 0.3) & (image[..., 1] < 0.15) & (image[..., 2] < 0.15)


def test_a_picture_without_a_browser_shows_the_surfaces(ball):
    view = SurfaceView()
    with pytest.raises(ValueError, match="first"):
        view.picture()
    view.show(Image(ball, spacing=(1, 2, 1)))
    assert red(view.picture()).sum() < 60
    view.surface("a", ball, "#ff0000", 1)
    seen = red(view.picture())
    assert seen.sum() > 2000
    # the middle of the ball relative to the box, as a projection without perspective has it
    corners = in_box(np.array([[i, j, k] for i in (0, 30) for j in (0, 34) for k in (0, 40)], float), (1, 2, 1))
    middle = turned(in_box(np.argwhere(ball).mean(axis=0)[None] + 0.5, (1, 2, 1)))[0]
    flat = turned(corners)[:, :2]
    height, width = seen.shape
    rows, cols = np.nonzero(seen)
    expected = (middle[:2] - (flat.min(axis=0) + flat.max(axis=0)) / 2) / np.ptp(flat, axis=0).max()
    found = np.array([cols.mean() - width / 2, height / 2 - rows.mean()]) / (max(height, width) / 1.16)
    assert np.abs(found - expected).max() < 0.06
    bundle = view._repr_mimebundle_()
    assert (bundle[0] if isinstance(bundle, tuple) else bundle)["image/png"]


def test_the_nearer_surface_covers_the_farther_one():
    mask = np.zeros((20, 20, 20), bool)
    view = SurfaceView(mask)
    near, far = mask.copy(), mask.copy()
    near[:15], far[-2:] = True, True
    view.surface("far", far, "#ff0000", 1)
    alone = red(view.picture()).sum()
    view.surface("near", near, "#0000ff", 1)
    assert red(view.picture()).sum() < 0.6 * alone


def test_the_picture_that_stands_in_follows_what_is_drawn(ball):
    view = SurfaceView(ball)
    view.view._fail(view.view.no_webgl, with_picture=True)
    assert "WebGL" in view.view._status.value
    assert "still picture" in view.view._status.value
    shown = view.view.children[3]
    before = shown.value
    view.surface("a", ball, "#ff0000", 1)
    assert view.view.children[3] is shown
    assert shown.value != before
    assert red(shown.value).sum() > 2000
    view.show(np.zeros((5, 6, 7)))
    assert red(shown.value).sum() < 60
