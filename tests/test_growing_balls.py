"""Growing balls: what is drawn at a radius is what brute force finds, and every control of the widget does what it says."""

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import phwidgets as ph
from phwidgets.widgets.growing_balls import growing_balls
from phwidgets.widgets.growth import MOST_POINTS, OWN_COLORS, Growth
from phwidgets.widgets.growth_drawing import diagram_svg, points_svg, view_of
from phwidgets.widgets.words import Words


def ring(n, radius=1.0, centre=(0.0, 0.0)):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.asarray(centre) + radius * np.column_stack([np.cos(angle), np.sin(angle)])


def cloud(seed, n=40):
    return np.random.default_rng(seed).random((n, 2))


TWO_RINGS = np.concatenate([ring(14, 2.0), ring(9, 1.0, (4.6, 0.1))])


def uncovered(points, radius, pixels=400):
    """Number of white regions between balls, counted on a grid with a border around it, and the grid."""
    from scipy.ndimage import label, sum_labels
    from scipy.spatial import cKDTree

    low, high = points.min(axis=0) - 3 * radius - 0.1, points.max(axis=0) + 3 * radius + 0.1
    xy = np.stack(np.meshgrid(*(np.linspace(a, b, pixels) for a, b in zip(low, high, strict=True))), axis=-1)
    free = cKDTree(points).query(xy)[0] > radius
    regions, number = label(free, np.ones((3, 3)))
    size = sum_labels(free, regions, range(1, number + 1))
    return int((size > 5).sum()) - 1, xy[free]  # a few samples alone are cut off in the cusp between two balls


@pytest.mark.parametrize("radius", [0.3, 0.46, 0.7, 0.95, 1.5, 1.9, 2.2])
def test_holes_are_the_white_regions_between_the_balls(radius):
    growth = Growth.of(TWO_RINGS)
    holes = growth.holes(radius)
    number, free = uncovered(TWO_RINGS, radius)
    assert len(holes) == number == growth.alive(1, radius).sum()
    assert sorted(pair for pair, _ in holes) == np.flatnonzero(growth.alive(1, radius)).tolist()
    for pair, triangles in holes:
        assert sorted(growth.rings.death_cell[pair]) in np.sort(triangles, axis=1).tolist()
    # what is painted is inside the white regions: every white place that is not outside lies in a painted triangle
    inside = sum(len(_within(free, TWO_RINGS[triangle])) for _, triangles in holes for triangle in triangles)
    assert (inside > 0) == (number > 0)


def _within(places, corners):
    """The places inside a triangle."""
    a, b, c = corners
    weights = np.linalg.solve(np.column_stack([b - a, c - a]), (places - a).T)
    return places[(weights > 0).all(axis=0) & (weights.sum(axis=0) < 1)]


@pytest.mark.parametrize("seed", range(6))
def test_at_every_event_the_pictures_agree_with_the_diagram(seed):
    growth = Growth.of(cloud(seed))
    events = np.unique(np.concatenate([growth.rings.birth, growth.rings.death]))
    for radius in (events[1:] + events[:-1]) / 2:
        assert sorted(pair for pair, _ in growth.holes(radius)) == np.flatnonzero(growth.alive(1, radius)).tolist()
        # Euler: points - edges + triangles = components - rings
        euler = len(growth.points) - (growth.edge_radius <= radius).sum() + (growth.triangle_radius <= radius).sum()
        assert euler == growth.alive(0, radius).sum() - growth.alive(1, radius).sum()


def test_edges_appear_when_balls_meet():
    points = cloud(1)
    growth = Growth.of(points)
    half = np.linalg.norm(points[growth.edges[:, 0]] - points[growth.edges[:, 1]], axis=1) / 2
    assert (growth.edge_radius >= half - 1e-6).all()  # not before the two balls touch
    assert np.isclose(np.sort(growth.edge_radius)[: len(points) - 1].min(), half.min(), atol=1e-6)


@pytest.mark.parametrize("points", [np.zeros((1, 2)), [[0, 0], [1, 0]], [[0, 0], [1, 0], [3, 0]], [[0, 0], [1, 0], [0, 1]], ring(4)])
def test_few_and_collinear_points_are_drawn(points):
    balls = growing_balls(points)
    for radius in np.linspace(0, balls._growth.last_radius, 7):
        balls.radius = radius
        assert balls._errors.value == ""
    assert balls.picture().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((4, 3)), "in the plane"),
        (np.random.default_rng(0).random((MOST_POINTS + 1, 2)), f"at most {MOST_POINTS}"),
        (ph.Structure(cloud(0), radii=np.ones(40)), "without radii"),
        (ph.Structure(cloud(0), cell=np.eye(2)), "without periodic"),
        ([[0.0, np.nan]], "nan|finite|NaN"),
    ],
)
def test_what_cannot_be_drawn_says_why(points, message):
    with pytest.raises(ValueError, match=message):
        growing_balls(points)


@pytest.mark.parametrize("radius", [-0.1, np.nan, np.inf, 1e6])
def test_a_radius_must_be_one(radius):
    balls = growing_balls(TWO_RINGS)
    with pytest.raises(ValueError, match="radius must be a number from 0 to"):
        balls.radius = radius
    with pytest.raises(ValueError, match="radius must be a number from 0 to"):
        growing_balls(TWO_RINGS, radius=radius)


def test_the_next_event_has_happened_and_none_is_left_out():
    balls = growing_balls(TWO_RINGS, radius=0)
    rings = balls.diagrams[1]
    events = np.unique(np.concatenate([rings.birth, rings.death]).round(3))
    seen = []
    for _ in range(3 * len(events)):
        balls._next.click()
        seen.append(balls.radius)
        if balls.radius == balls._slider.max:
            break
    assert seen[-1] == balls._slider.max
    # one step for each event, or for several that the slider cannot tell apart, right after it
    assert len(seen) - 1 <= len(events)
    assert all(np.abs(np.array(seen) - event).min() <= 2 * balls._grain for event in events)
    for event, radius in ((e, min(s for s in seen if s >= e)) for e in events):
        assert radius >= event - 1e-3


def test_the_player_and_the_slider_follow_each_other():
    balls = growing_balls(TWO_RINGS, radius=0)
    balls._play.value = 75
    assert abs(balls.radius - balls._slider.max / 2) < balls._grain
    balls._slider.value = balls._slider.max
    assert balls._play.value == balls._play.max
    drawn = balls._left.value
    balls._complex.value = False
    assert len(balls._left.value) < len(drawn)


def test_values_are_those_that_the_browser_can_hold():
    balls = growing_balls(TWO_RINGS)
    for step in range(0, 151, 10):
        balls._play.value = step
        if balls.radius < balls._slider.max:
            assert abs(balls.radius / balls._grain - round(balls.radius / balls._grain)) < 1e-6


def test_the_drawings_are_svg_and_say_the_same_as_the_diagram():
    growth = Growth.of(TWO_RINGS)
    radius = growth.telling_radius()
    left, right = (ElementTree.fromstring(svg) for svg in (points_svg(growth, radius, True), diagram_svg(growth, radius, Words("en"))))
    circles = [c for c in left.iter("{http://www.w3.org/2000/svg}circle") if c.get("r") == "3"]
    assert len(circles) == len(TWO_RINGS)
    discs = list(right.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(discs) == len(growth.rings)
    assert sum(disc.get("r") == "6" for disc in discs) == growth.alive(1, radius).sum()
    assert OWN_COLORS[0] in points_svg(growth, radius, True)  # the most persistent ring has one colour in both
    assert [disc.get("fill") for disc in discs if disc.get("r") == "6"][-1] == OWN_COLORS[0]
    x, y, half = view_of(growth)
    assert (np.abs(TWO_RINGS - [x, y]) < half).all()


def test_words_are_japanese_when_asked_and_names_do_not_become_markup():
    balls = growing_balls(ring(6), language="ja")
    assert "リング 1 個" in balls._readout.value
    assert "生成" in balls._right.value
    words = Words("ja")
    assert "&lt;" in diagram_svg(Growth.of(ring(6)), 0.6, type("Loud", (), {"__call__": lambda _, *a, **k: "<b>", "holes": words.holes})())


def test_a_callback_that_fails_shows_its_error(monkeypatch):
    balls = growing_balls(ring(6))
    monkeypatch.setattr("phwidgets.widgets.growing_balls.points_svg", lambda *_: 1 / 0)
    balls._slider.value = 0.3
    assert "ZeroDivisionError" in balls._errors.value
    monkeypatch.undo()
    balls._slider.value = 0.4
    assert balls._errors.value == ""


def test_a_picture_stands_for_it_where_nothing_runs():
    balls = growing_balls(TWO_RINGS, radius=0.7)
    assert repr(balls) == "GrowingBalls(23 points, radius 0.7: 2 components, 2 rings)"
    bundle = balls._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    png = base64.b64decode(data["image/png"])
    assert png.startswith(b"\x89PNG")
    assert len(png) < 40_000
    assert repr(balls) in data["text/plain"]
    assert re.search("radius 0.7", data["text/plain"])
