"""What a user does with the image canvas: click, wheel, keys, rectangle, lasso, slices; and what reaches Python."""

import time

import numpy as np
import pytest
from imagekit import Shown, array, blended, button, drag, inside, pointer, shared_notebook, started, through

SMALL = "x = rng.integers(0, 256, (30, 40), dtype=np.uint8); v = view(x)"
VOLUME = "x = rng.integers(0, 256, (12, 20, 30), dtype=np.uint8); v = view(Image(x, spacing=(2, 1, 1), unit='nm'))"


@pytest.fixture(scope="module")
def shared(chromium, lab):
    """One notebook for many tests."""
    yield from shared_notebook(chromium, lab)


# -- what the user does ------------------------------------------------------------------------------------------------------


def test_a_click_gives_the_voxel_also_after_zooming(shared):
    nb = started(shared, SMALL)
    for row, col in ((0, 0), (29, 39), (17, 23)):
        nb.exec("picks.clear()")
        nb.page.mouse.click(*pointer(nb)(Shown(nb).place(row + 0.5, col + 0.5)))
        nb.until(f"('click', ({row}, {col}), False) in picks")
    before = Shown(nb).scale[0]
    nb.page.mouse.wheel(0, -400)
    nb.wait(200)
    shown = Shown(nb)
    assert shown.scale[0] > 1.4 * before
    x = array(nb, "x")
    colours = shown.middles(x.shape)
    seen = (colours >= 0).all(axis=2)
    assert 10 < seen.sum() < x.size
    assert (colours == through(x, shown.answer["window"]))[seen].all()
    nb.page.keyboard.down("Shift")
    nb.page.mouse.click(*pointer(nb)(shown.place(17.5, 23.5)))
    nb.page.keyboard.up("Shift")
    nb.until("('click', (17, 23), True) in picks")
    nb.exec("picks.clear()")
    nb.page.keyboard.press("Home")
    nb.page.mouse.click(*pointer(nb)((3, 3)))
    nb.until("('click', None, False) in picks")
    nb.page.mouse.move(*pointer(nb)(Shown(nb).place(2.5, 3.5)))
    nb.until("('hover', (2, 3), False) in picks")
    assert nb.page.locator(".phi-value").text_content() == f"row 2, column 3: {x[2, 3]} "
    assert nb.errors == []


def test_an_image_of_the_same_size_leaves_the_view_where_it_is(shared):
    nb = started(shared, SMALL)
    nb.page.mouse.click(*pointer(nb)((200, 200)))
    for key in "+++":
        nb.page.keyboard.press(key)
    before = Shown(nb)
    nb.exec("v.overlay('a', [3]); y = rng.random(x.shape) > 0.5; v.show(y)")
    shown = Shown(nb)
    assert (shown.origin == before.origin).all()
    assert (shown.scale == before.scale).all()
    y = array(nb, "y.astype(int)")
    colours = shown.middles(y.shape)
    seen = (colours >= 0).all(axis=2)
    assert seen.any()
    assert (colours == through(y, shown.answer["window"]))[seen].all()
    nb.exec("v.show(y[:20])")
    assert Shown(nb).scale[0] < before.scale[0]  # another size is shown as a whole
    assert nb.py("v._status.value") == ""
    assert nb.errors == []


def test_the_wheel_belongs_to_the_page_until_the_canvas_has_focus(shared):
    nb = started(shared, SMALL)
    before = Shown(nb)
    nb.page.mouse.move(*pointer(nb)((200, 200)))
    nb.page.mouse.wheel(0, -300)
    assert nb.page.locator(".phi-hint.phi-on").is_visible()
    assert (Shown(nb).scale == before.scale).all()
    nb.page.mouse.click(*pointer(nb)((200, 200)))
    nb.page.mouse.wheel(0, -300)
    nb.wait(200)
    assert Shown(nb).scale[0] > before.scale[0]


def test_keys(shared):
    nb = started(shared, SMALL)
    nb.page.mouse.click(*pointer(nb)((200, 200)))
    first = Shown(nb)
    for key, tool in (("r", "rectangle"), ("l", "lasso"), ("m", "move")):
        nb.page.keyboard.press(key)
        assert Shown(nb).answer["tool"] == tool
    for _ in range(4):
        nb.page.keyboard.press("+")
    larger = Shown(nb)
    assert larger.scale[0] > 2 * first.scale[0]
    nb.page.keyboard.press("ArrowRight")
    nb.page.keyboard.press("ArrowDown")
    assert (Shown(nb).origin < larger.origin).all()
    nb.page.keyboard.press("-")
    assert Shown(nb).scale[0] < larger.scale[0]
    nb.page.keyboard.press("Home")
    assert np.allclose(Shown(nb).scale, first.scale)
    assert nb.page.evaluate("() => jupyterapp.shell.currentWidget.content.activeCell.model.type") == "code"  # R made no raw cell
    nb.page.keyboard.press("Escape")
    nb.until("len(regions) == 1 and len(regions[0][0]) == 0 and not regions[0][1]")
    assert nb.errors == []


def test_rectangle_has_exactly_the_pixels_it_touches(shared):
    nb = started(shared, SMALL)
    shown = Shown(nb)
    button(nb, "Rectangle").click()
    drag(nb, [shown.place(4.4, 5.6), shown.place(9, 9), shown.place(11.5, 20.3)], hold=100)
    expected = np.zeros((30, 40), bool)
    expected[4:12, 5:21] = True
    assert (array(nb, "regions[-1][0]") == np.flatnonzero(expected)).all()
    assert nb.py("any(passing for _, passing in regions)")
    drag(nb, [shown.place(25.4, 30.6), shown.place(-3, 30.5)])  # upwards and beyond the image
    expected[:] = False
    expected[:26, 30] = True
    assert (array(nb, "regions[-1][0]") == np.flatnonzero(expected)).all()
    button(nb, "Clear").click()
    nb.until("len(regions[-1][0]) == 0")
    assert nb.errors == []


def test_lasso_has_exactly_the_pixels_whose_centre_is_inside(shared):
    nb = started(shared, SMALL)
    shown = Shown(nb)
    nb.page.mouse.click(*pointer(nb)((200, 200)))
    nb.page.keyboard.press("l")
    corners = np.array([(3.3, 4.2), (25.7, 8.1), (12.2, 17.4), (27.1, 33.6), (2.4, 36.3)])
    places = [tuple(np.round(shown.place(*corner))) for corner in corners]  # whole CSS pixels, as the mouse has them
    drag(nb, places)
    exact = [(np.array(place[::-1]) * shown.ratio - shown.origin) / shown.scale for place in places]
    assert len(inside(exact, (30, 40))) > 100
    assert array(nb, "regions[-1][0]").tolist() == inside(np.array(exact), (30, 40)).tolist()
    assert nb.errors == []


def test_of_a_quick_drag_few_steps_arrive_and_the_last_wins(shared):
    nb = started(shared, SMALL + "; import time; v.on_region(lambda voxels, passing: time.sleep(0.2))")
    shown = Shown(nb)
    button(nb, "Rectangle").click()
    at = pointer(nb)
    nb.page.mouse.move(*at(shown.place(1.5, 1.5)))
    nb.page.mouse.down()
    begin = time.monotonic()
    for k in range(60):
        nb.page.mouse.move(*at(shown.place(1.5 + 0.38 * k, 2.5 + 0.51 * k)))
    nb.page.mouse.up()
    nb.until("regions and not regions[-1][1]", 10)
    steps = nb.py("len(regions)")
    assert steps <= 3 + (time.monotonic() - begin) / 0.2
    expected = np.zeros((30, 40), bool)
    expected[1:24, 1:33] = True
    assert (array(nb, "regions[-1][0]") == np.flatnonzero(expected)).all()
    nb.wait(800)
    assert nb.py("len(regions)") == steps  # nothing comes late
    assert nb.errors == []


# -- volumes -----------------------------------------------------------------------------------------------------------------


def test_slices_of_a_volume(shared):
    nb = started(shared, VOLUME + "; mask = rng.random(x.shape) > 0.8; v.overlay('a', mask, color='#ff0000', opacity=0.5)")
    x, mask = array(nb, "x"), array(nb, "mask")

    def check(slices):
        assert nb.py("v.slices") == list(slices)
        for axis, index in enumerate(slices):
            shown = Shown(nb, axis)
            assert shown.answer["index"] == index
            plain = through(x.take(index, axis), shown.answer["window"])
            expected = np.where(mask.take(index, axis)[..., None], blended(plain, (255, 0, 0), 0.5), plain)
            assert (shown.middles(plain.shape[:2]) == expected).all(), axis
            if axis == 1:
                assert np.isclose(shown.scale[0] / shown.scale[1], 2)  # planes are further apart

    check((6, 10, 15))
    nb.page.locator(".phi-slice input").nth(1).fill("3")
    nb.until("v.slices == (6, 3, 15)")
    check((6, 3, 15))
    nb.page.mouse.click(*pointer(nb, 2)(Shown(nb, 2).place(4.5, 7.5)))  # plane 4, row 7
    nb.until("('click', (4, 7, 15), False) in picks")
    check((4, 7, 15))
    nb.page.keyboard.press("PageUp")
    nb.until("v.slices == (4, 7, 16)")
    check((4, 7, 16))
    nb.exec("mask[:] = False; mask[11, 0, 5] = mask[2, 0, 3] = mask[3, 3, 29] = True")
    nb.exec("v.goto((11, 0, 29)); v.overlay('a', mask, color='#ff0000', opacity=0.5)")
    mask = array(nb, "mask")
    check((11, 0, 29))
    assert nb.page.locator(".phi-slice").all_text_contents() == ["plane 11 / 11", "row 0 / 19", "column 29 / 29"]
    assert nb.errors == []


def test_a_region_of_a_volume_lies_in_the_slice_it_was_drawn_on(shared):
    nb = started(shared, VOLUME)
    button(nb, "Rectangle").click()
    for axis, block in ((0, np.s_[6, 2:5, 3:9]), (1, np.s_[2:5, 10, 3:9]), (2, np.s_[2:5, 3:9, 15])):
        nb.exec("regions.clear()")
        shown = Shown(nb, axis)
        drag(nb, [shown.place(2.5, 3.5), shown.place(4.5, 8.5)], axis)
        expected = np.zeros((12, 20, 30), bool)
        expected[block] = True
        assert array(nb, "regions[-1][0]").tolist() == np.flatnonzero(expected).tolist()
    assert nb.errors == []


def test_a_slider_moved_quickly_ends_where_it_was_left(shared):
    nb = started(shared, "x = rng.integers(0, 256, (200, 64, 64), dtype=np.uint8); v = view(x)")
    slider = nb.locate(".phi-slice input")
    box = slider.bounding_box()
    nb.page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    nb.page.mouse.down()
    for k in range(60):
        nb.page.mouse.move(box["x"] + 5 + k * (box["width"] - 10) / 80, box["y"] + box["height"] / 2)
    nb.page.mouse.up()
    nb.wait(600)
    value = int(slider.input_value())
    assert 120 < value < 180
    assert nb.py("v.slices[0]") == value
    x = array(nb, f"x[{value}]")
    shown = Shown(nb)
    assert (shown.middles(x.shape) == through(x, shown.answer["window"])).all()
    assert nb.errors == []
