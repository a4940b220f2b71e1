"""What the image canvas shows: the image through the colour map, and over it the masks, classes, markers that Python has."""

import base64
import io

import numpy as np
import pytest
from imagekit import SETUP, TOP, Shown, array, blended, button, opened, pointer, settle, shared_notebook, started, through
from labkit import SOFTWARE_GL, Notebook

SMALL = "x = rng.integers(0, 256, (30, 40), dtype=np.uint8); v = view(x)"
VOLUME = "x = rng.integers(0, 256, (12, 20, 30), dtype=np.uint8); v = view(Image(x, spacing=(2, 1, 1), unit='nm'))"


@pytest.fixture(scope="module")
def shared(chromium, lab):
    """One notebook for many tests."""
    yield from shared_notebook(chromium, lab)


# -- pictures ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        "rng.integers(0, 256, (30, 40), dtype=np.uint8)",
        "rng.integers(-500, 30_000, (31, 17)).astype(np.int16)",
        "rng.random((9, 40)) > 0.5",
        "np.asfortranarray(rng.integers(0, 256, (30, 40), dtype=np.uint8))[::-1, ::2]",
    ],
)
def test_the_canvas_is_the_image_through_the_colour_map(shared, values):
    nb = started(shared, f"v = view({values})")
    x = array(nb, "v.image.values")
    for name in ("gray", "viridis"):
        nb.page.locator(".phwidgets-image select").select_option(name)
        shown = Shown(nb)
        assert shown.answer["colours"] == name
        assert (shown.middles(x.shape) == through(x, shown.answer["window"], name)).all()
    outside = shown.rgba[..., 3] == 0
    area = shown.rgba.shape[0] * shown.rgba.shape[1] - np.prod(shown.scale * x.shape)
    assert abs(outside.sum() - area) < sum(shown.rgba.shape[:2])  # nothing is drawn beside the image
    assert nb.errors == []


def test_floats_nan_and_infinity(shared):
    nb = started(shared, "x = rng.normal(size=(20, 30)); x[3, 4] = np.nan; x[5, 6] = np.inf; x[7, 8] = -np.inf; v = view(x)")
    x = array(nb, "np.nan_to_num(x, nan=0, posinf=1e9, neginf=-1e9)")
    shown = Shown(nb)
    colours = shown.middles(x.shape)
    expected = through(x, shown.answer["window"])
    known = np.ones(x.shape, bool)
    known[3, 4] = False
    assert np.abs(colours - expected)[known].max() <= 1  # 16 bits may round to the neighbouring level
    assert (colours - expected)[known].any(axis=1).mean() < 0.05
    px, py = (int(c * shown.ratio) for c in shown.place(3.5, 4.5))
    assert shown.rgba[py, px, 3] == 0
    nb.page.mouse.move(*pointer(nb)(shown.place(5.5, 6.5)))
    nb.page.locator(".phi-value", has_text="row 5, column 6:").wait_for()
    assert nb.errors == []


def test_contrast(shared):
    nb = started(shared, SMALL)
    x = array(nb, "x")
    low = nb.page.locator(".phwidgets-image input[type=range]").first
    low.focus()
    for _ in range(3):
        nb.page.keyboard.press("PageUp")
    window = Shown(nb).answer["window"]
    assert window[0] > 10
    assert (Shown(nb).middles(x.shape) == through(x, window)).all()
    button(nb, "Auto").click()
    assert Shown(nb).answer["window"] == nb.py("v._scene['window']")
    assert nb.errors == []


def test_samples_that_are_not_square(shared):
    nb = started(shared, "x = rng.integers(0, 256, (20, 30), dtype=np.uint8); v = view(Image(x, spacing=(3, 0.5), unit='nm'))")
    x = array(nb, "x")
    shown = Shown(nb)
    assert np.isclose(shown.scale[0] / shown.scale[1], 6)
    assert (shown.middles(x.shape) == through(x, shown.answer["window"])).all()


# -- over the picture --------------------------------------------------------------------------------------------------------


def test_masks_are_those_of_python_before_and_after_display(shared):
    nb = started(shared, SMALL + "; mask = rng.random(x.shape) > 0.7; v.overlay('a', mask, color='#ff0000', opacity=0.5)")
    x, mask = array(nb, "x"), array(nb, "mask")
    shown = Shown(nb)
    plain = through(x, shown.answer["window"])
    red = blended(plain, (255, 0, 0), 0.5)
    assert (shown.middles(x.shape) == np.where(mask[..., None], red, plain)).all()
    nb.exec("v.overlay('a', [0, 41, 1199], color='#00ff00', opacity=0.4, outline=False)")
    shown = Shown(nb)
    expected = plain.copy()
    for row, col in ((0, 0), (1, 1), (29, 39)):
        expected[row, col] = blended(plain[row, col], (0, 255, 0), 0.4)
    assert (shown.middles(x.shape) == expected).all()
    nb.exec("v.overlay('a', None)")
    assert (Shown(nb).middles(x.shape) == plain).all()
    assert nb.errors == []


def test_a_mask_of_one_pixel_is_seen_in_a_large_image(shared):
    nb = started(shared, "v = view(np.zeros((3000, 3000), np.uint8)); v.overlay('a', [1234 * 3000 + 777], color='#ff0000')")
    shown = Shown(nb)
    assert shown.scale[0] < 0.5
    red = np.argwhere(shown.rgba[..., 0] - shown.rgba[..., 1] > 40)
    assert len(red)
    assert np.abs(red - (shown.origin + shown.scale * [1234.5, 777.5])).max() < 3


def test_classes_and_heat_map_with_their_legends(shared):
    nb = started(shared, SMALL + "; lab = rng.integers(-1, 3, x.shape); v.classes(lab, names=['pore', '<b>solid</b>', 'c'])")
    x, lab = array(nb, "x"), array(nb, "lab")
    shown = Shown(nb)
    plain = through(x, shown.answer["window"])
    colours = np.array([[230, 159, 0], [86, 180, 233], [0, 158, 115]])
    assert (shown.middles(x.shape) == np.where(lab[..., None] < 0, plain, blended(plain, colours[lab], 0.6))).all()
    assert nb.page.locator(".phi-entry").all_text_contents() == ["pore", "<b>solid</b>", "c"]
    nb.exec("h = rng.normal(size=x.shape); h[3] = np.nan; v.classes(None); v.heat(h, label='score')")
    h = array(nb, "np.nan_to_num(h)")
    shown = Shown(nb)
    middles = shown.middles(x.shape)
    most = np.abs(h).max()
    expected = blended(plain, through(h, (-most, most), "RdBu_r"), 0.6)
    expected[3] = plain[3]
    assert np.abs(middles - expected).max() <= 4  # 255 colours instead of 256
    assert (middles[3] == plain[3]).all()
    assert "score" in nb.page.locator(".phi-entry").first.text_content()
    nb.exec("v.heat(None)")
    assert (Shown(nb).middles(x.shape) == plain).all()
    assert nb.errors == []


def test_markers_and_paths_lie_where_they_should(shared):
    nb = started(shared, "v = view(np.zeros((30, 40), np.uint8)); v.markers('b', [[4, 7], [20, 30]], color='#00ff00')")
    shown = Shown(nb, what="all")
    green = (shown.rgba[..., 1] > 200) & (shown.rgba[..., 0] < 50)
    for row, col in ((4, 7), (20, 30)):
        px, py = (int(c) for c in shown.place(row + 0.5, col + 0.5))
        assert green[py, px]
    assert green.sum() < 500
    nb.exec("v.markers('b', [], color='#00ff00'); v.paths('p', [[[5, 5], [5, 15], [15, 15], [15, 5]]], color='#ff0000')")
    shown = Shown(nb, what="all")
    red = (shown.rgba[..., 0] > 200) & (shown.rgba[..., 1] < 50)
    for row, col in ((5, 10), (15, 10), (10, 5), (10, 15)):
        px, py = (int(c) for c in shown.place(row + 0.5, col + 0.5))
        assert red[py, px]
    px, py = (int(c) for c in shown.place(10.5, 10.5))
    assert not red[py, px]
    assert not (shown.rgba[..., 1] > 200)[..., None][green.nonzero()[0][:5]].all()


# -- the rest -----------------------------------------------------------------------------------------------------------------


def test_the_scale_bar_is_a_round_length(shared):
    nb = started(shared, "x = np.zeros((40, 60), np.uint8); x[0, 0] = 255; v = view(Image(x, spacing=(1.3, 0.7), unit='nm'))")
    nb.page.mouse.click(*pointer(nb)((200, 200)))
    lengths = []
    for _ in range(3):
        shown = Shown(nb, what="all")
        row = shown.rgba[-round(10.5 * shown.ratio)]  # through the bar, below its text
        bright = np.flatnonzero(row[:, :3].min(axis=1) > 200)
        assert len(bright) > 10
        assert (np.diff(bright) == 1).all()
        lengths.append(len(bright) / shown.scale[1] * 0.7)
        ratios = lengths[-1] / 10.0 ** np.floor(np.log10(lengths[-1])) / np.array([1, 2, 5, 10])
        assert np.abs(ratios - 1).min() < 2.5 / len(bright)
        for key in "+++":
            nb.page.keyboard.press(key)
        nb.wait(200)
    assert lengths[0] > lengths[-1]


def test_in_a_dark_theme_the_controls_are_dark(shared):
    nb = started(shared, "v = view(rng.random((30, 40)))")
    look = """() => [getComputedStyle(document.querySelector('.phi')).color,
        ...['.phi button:not([aria-pressed="true"])', '.phi select', '.phi-panel'].map(
            name => getComputedStyle(document.querySelector(name)).backgroundColor)]"""

    def brightness(theme):
        nb.change_theme(theme)
        return [np.mean([int(n) for n in color.strip("rgba()").split(",")[:3]]) for color in nb.page.evaluate(look)]

    try:
        text, *behind = brightness("JupyterLab Dark")
        assert text > 170
        assert max(behind) < 110
    finally:
        text, *behind = brightness("JupyterLab Light")
    assert text < 80
    assert min(behind) > 190
    assert nb.errors == []


def test_the_picture_as_png(shared):
    from matplotlib.image import imread

    nb = started(shared, SMALL)
    nb.exec("v.request('image', lambda answer, buffers: got.update(png=base64.b64encode(bytes(buffers[0])).decode()))")
    nb.until("'png' in got")
    assert imread(io.BytesIO(base64.b64decode(nb.py("got['png']")))).shape[0] == Shown(nb).rgba.shape[0]


def test_a_failing_callback_is_shown_and_the_canvas_goes_on(shared):
    nb = started(shared, SMALL + "; v.on_pick(lambda *event: 1 / 0)")
    nb.page.mouse.click(*pointer(nb)(Shown(nb).place(2.5, 3.5)))
    nb.until("'ZeroDivisionError' in v._status.value")
    assert nb.page.get_by_text("ZeroDivisionError").is_visible()
    nb.page.mouse.click(*pointer(nb)(Shown(nb).place(5.5, 3.5)))
    nb.until("('click', (5, 3), False) in picks")


def test_other_words(shared):
    nb = started(shared, SMALL)
    nb.exec("v.words = {'rectangle': '長方形', 'row': '行'}")
    button(nb, "長方形").wait_for()
    nb.page.mouse.move(*pointer(nb)(Shown(nb).place(5.5, 6.5)))
    nb.page.locator(".phi-value", has_text="行 5, column 6").wait_for()
    assert nb.errors == []


@pytest.mark.parametrize("code", ["v = view(rng.integers(0, 256, (4096, 4096), dtype=np.uint8))", "v = view(rng.random((256, 256, 256)))"])
def test_large_images_are_redrawn_quickly(shared, code):
    nb = started(shared, code)
    nb.page.mouse.click(*pointer(nb)((100, 100)))
    seconds = nb.page.evaluate(
        """async () => {
            const top = document.querySelector('.phi-top'), times = [];
            for (let k = 0; k < 30; k++) {
                let begin; // frame callbacks run in their order: ours, the drawing, ours
                requestAnimationFrame(() => (begin = performance.now()));
                top.dispatchEvent(new WheelEvent('wheel', {deltaY: k < 15 ? -120 : 120, clientX: 500, clientY: 400, cancelable: true}));
                const end = await new Promise(done => requestAnimationFrame(() => done(performance.now())));
                times.push((end - begin) / 1000);
            }
            return times.sort((a, b) => a - b)[20];
        }"""
    )
    assert seconds < 0.05
    assert nb.errors == []


# -- copies, tabs, pages -----------------------------------------------------------------------------------------------------


def test_in_a_hidden_tab_it_is_drawn_when_it_is_shown(notebook):
    nb = notebook(SETUP + SMALL, "ipywidgets.Tab([ipywidgets.HTML('text'), v], titles=['text', 'image'])")
    nb.run(0, 1)
    nb.wait(1500)
    nb.exec("v.overlay('a', [0, 1], color='#ff0000', opacity=1)")
    nb.page.get_by_role("tab", name="image").click()
    nb.until("v.ready.is_set()")
    x = array(nb, "x")
    shown = Shown(nb)
    expected = through(x, shown.answer["window"])
    expected[0, :2] = [255, 0, 0]
    assert (shown.middles(x.shape) == expected).all()
    assert np.isclose(shown.scale[0] * 30, shown.rgba.shape[0])  # it fits
    assert nb.errors == []


def test_a_second_copy_shows_the_same_and_a_new_image_replaces_the_old_one(notebook):
    nb = opened(notebook, SMALL + "; v.overlay('a', [5])", "v")
    nb.run(2)
    nb.page.locator(TOP).nth(1).wait_for()
    settle(nb)
    nb.wait(300)
    first, second = (nb.screenshot(selector=".phwidgets-image .phi-panel", nth=k) for k in range(2))
    assert first == second
    nb.exec("y = rng.integers(0, 256, (8, 9, 10), dtype=np.uint8); v.show(y); v.overlay('b', y > 128, color='#ff0000', opacity=1)")
    y = array(nb, "y")
    for axis, index in enumerate((4, 4, 5)):
        shown = Shown(nb, axis)
        there = y.take(index, axis)
        plain = through(there, shown.answer["window"])
        assert (shown.middles(there.shape) == np.where(there[..., None] > 128, [255, 0, 0], plain)).all()
    nb.exec("v.show(x)")
    x = array(nb, "x")
    shown = Shown(nb)
    assert (shown.middles(x.shape) == through(x, shown.answer["window"])).all()
    assert nb.page.locator(TOP).count() == 2
    assert nb.errors == []


def test_a_page_reload_brings_everything_back(notebook):
    nb = opened(notebook, VOLUME + "; v.overlay('a', x > 100, color='#00ff00', opacity=1)")
    nb.save_and_reload()
    nb.page.locator(TOP).first.wait_for()
    nb.wait(1500)
    nb.exec("v.goto((3, 3, 3))")
    x = array(nb, "x")
    for _ in range(20):  # the new copy needs a while to be there
        nb.wait(500)
        shown = Shown(nb, 1)
        plain = through(x[:, 3], shown.answer["window"])
        same = (shown.middles((12, 30)) == np.where(x[:, 3, :, None] > 100, [0, 255, 0], plain)).all()
        if same:
            break
    assert same


@pytest.mark.parametrize("ratio", [1, 2])
def test_enlarged_samples_are_plain_squares_on_any_screen(notebook, chromium, lab, ratio):
    page = chromium(SOFTWARE_GL).new_page(viewport={"width": 1200, "height": 900}, device_scale_factor=ratio)
    nb = Notebook(page, lab, lab.new_file([SETUP + "v = view(np.array([[0, 255], [255, 0]], np.uint8))", "v"], "ratio"))
    nb.run()
    nb.until("v.ready.is_set()", 60)
    shown = Shown(nb)
    assert shown.ratio == ratio
    assert shown.rgba.shape[0] == 430 * ratio
    assert set(np.unique(shown.rgba[shown.rgba[..., 3] == 255][:, 0])) == {0, 255}
    assert nb.errors == []
    page.close()
