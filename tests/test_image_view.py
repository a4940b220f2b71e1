"""The image view without a browser: what it sends, what it makes of the canvas's answers, what it refuses."""

import base64
import io
import json
import threading
import time

import numpy as np
import pytest
from waiting import until

from phwidgets.image import Image
from phwidgets.widgets.image_canvas import COLORMAPS
from phwidgets.widgets.image_samples import runs_of
from phwidgets.widgets.image_view import ImageView
from phwidgets.widgets.words import set_language


class Browser:
    """Takes the place of a page: keeps what arrives and answers at once."""

    def __init__(self, view, copy="a"):
        self.view, self.copy, self.parts, self.seen = view, copy, {}, []
        view._canvas.send = self._take
        self.say({"type": "ph_ready"})

    def say(self, content, buffers=()):
        self.view._on_message(None, {"copy": self.copy, **content}, list(buffers))

    def _take(self, content, buffers=()):
        json.dumps(content)  # only plain values may be in it
        if content["type"] == "ph_seen":
            self.seen.append(content["seq"])
            return
        if content.get("to", self.copy) == self.copy:
            buffers = list(buffers or ())
            for part in content["parts"] if content["op"] == "many" else [{**content, "buffers": len(buffers)}]:
                mine, buffers = buffers[: part["buffers"]], buffers[part["buffers"] :]
                self._apply(part, mine)
        answer = {"type": "ph_ack", "id": content["id"], "op": content["op"], "error": None, "ms": 1}
        threading.Thread(target=self.say, args=[answer]).start()

    def _apply(self, content, buffers):
        if content["op"] == "clear":
            self.parts.pop(content["layer"], None)
        elif content["op"] == "part":
            self.parts[content["layer"]] = (content, buffers)

    def settle(self):
        end = time.monotonic() + 30
        while self.view.counts["sent"] != self.view.counts["acknowledged"]:
            assert time.monotonic() < end
            time.sleep(0.005)

    def mask(self, name, panel=0):
        """Bool array of a mask as the canvas would draw it."""
        self.settle()
        content, (runs,) = self.parts[f"{panel}/mask:{name}"]
        shape = [n for axis, n in enumerate(content["scene"]["shape"]) if len(content["scene"]["shape"]) == 2 or axis != panel]
        out = np.zeros(shape, bool)
        for first, length in np.frombuffer(runs, np.uint32).reshape(-1, 2):
            out.reshape(-1)[first : first + length] = True
        return out

    def samples(self, key, panel=0):
        self.settle()
        content, buffers = self.parts[f"{panel}/{key}"]
        return content["part"], np.frombuffer(buffers[0], content["part"]["type"])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# -- what is sent ------------------------------------------------------------------------------------------------------------


def test_what_was_put_before_display_arrives_with_it(rng):
    x = rng.integers(0, 256, (30, 40), dtype=np.uint8)
    mask = rng.random(x.shape) > 0.5
    view = ImageView(x)
    view.overlay("a", mask)
    view.markers("m", [[1, 2], [3, 4]], color="red", shape="ring")
    assert not view.ready.is_set()
    browser = Browser(view)
    assert view.ready.is_set()
    assert (browser.samples("image")[1] == x.ravel()).all()
    assert (browser.mask("a") == mask).all()
    assert np.frombuffer(browser.parts["0/markers:m"][1][0], np.float32).tolist() == [1, 2, 3, 4]
    view.overlay("a", [5])
    assert np.flatnonzero(browser.mask("a")).tolist() == [5]
    view.overlay("a", None)
    view.markers("m", None, color="red")
    browser.settle()
    assert list(browser.parts) == ["0/image"]


def test_the_slices_of_a_volume(rng):
    x = rng.integers(0, 256, (5, 6, 7), dtype=np.uint8)
    mask = rng.random(x.shape) > 0.5
    view = ImageView(x)
    browser = Browser(view)
    view.overlay("a", mask)
    view.markers("m", [[1, 2, 3], [1, 0, 0]], color="red")
    for slices in ((2, 3, 3), (1, 2, 3), (4, 0, 6)):
        view.goto(slices)
        assert view.slices == slices
        for axis, index in enumerate(slices):
            assert (browser.samples("image", axis)[1] == x.take(index, axis).ravel()).all()
            assert (browser.mask("a", axis) == mask.take(index, axis)).all()
            assert browser.parts[f"{axis}/image"][0]["index"] == index
        at = np.frombuffer(browser.parts["0/markers:m"][1][0], np.float32).reshape(-1, 2).tolist()
        assert at == ([[2, 3], [0, 0]] if slices[0] == 1 else [])
    browser.say({"type": "ph_slice", "slices": [0, 1, 2], "generation": view._generation, "seq": 5})
    assert view.slices == (0, 1, 2)
    assert browser.seen == [5]
    assert (browser.mask("a", 2) == mask[:, :, 2]).all()


def test_only_changed_slices_are_sent(rng):
    view = ImageView(rng.random((5, 6, 7)))
    browser = Browser(view)
    view.goto((2, 3, 3))
    browser.settle()
    browser.parts.clear()
    view.goto((2, 3, 4))
    browser.settle()
    assert list(browser.parts) == ["2/image"]


def test_heat_and_classes(rng):
    view = ImageView(rng.random((3, 4)))
    browser = Browser(view)
    view.heat([[-2.0, 0, 1, np.nan]] * 3, label="score")
    part, samples = browser.samples("heat")
    assert part["limits"] == [-2, 2]
    assert samples[:4].tolist() == [0, 127, 191, 255]
    assert part["missing"] == 255
    view.classes(np.array([[-1, 0, 2, 2]] * 3), names={2: "pore"}, colors=["#ff0000"])
    part, samples = browser.samples("classes")
    assert samples[:4].tolist() == [255, 0, 2, 2]
    assert part["legend"] == [("0", "#ff0000"), ("pore", "#009e73")]
    view.classes(np.full((3, 4), 60_000))
    assert browser.samples("classes")[1].tolist() == [60_000] * 12


def test_paths_are_closed_and_do_not_cross_a_periodic_border():
    view = ImageView(np.zeros((10, 10, 10)))
    browser = Browser(view)
    view.paths("p", [[[5, 1, 1], [5, 1, 3], [6, 3, 3]], [[5, 0, 0], [5, 9, 0], [5, 8, 0]]], color="k")
    browser.settle()
    here, elsewhere = (np.frombuffer(b, np.float32).reshape(-1, 4).tolist() for b in browser.parts["0/paths:p"][1])
    assert here == [[1, 1, 1, 3], [1, 3, 3, 3], [3, 3, 1, 1], [9, 0, 8, 0]]
    assert elsewhere == []
    assert [len(b) for b in browser.parts["1/paths:p"][1]] == [0, 4 * 4 * 4]


def test_another_image_drops_what_belonged_to_the_first(rng):
    view = ImageView(rng.random((5, 6, 7)))
    browser = Browser(view)
    view.overlay("a", [0])
    view.show(Image(rng.random((8, 9)), spacing=(2, 0.5), unit="nm"))
    browser.settle()
    assert list(browser.parts) == ["0/image"]
    scene = browser.parts["0/image"][0]["scene"]
    assert (scene["shape"], scene["spacing"], scene["unit"]) == ([8, 9], [2, 0.5], "nm")
    assert repr(view) == "ImageView(8 × 9)"
    picks = []
    view.on_pick(lambda *event: picks.append(event))
    browser.say({"type": "ph_pick", "kind": "click", "voxel": [4, 5, 6], "shift": False, "generation": 1, "seq": 1})
    assert picks == []  # it was done on the first one


def test_another_image_of_the_same_size_keeps_the_slices(rng):
    view = ImageView(rng.random((5, 6, 7)))
    browser = Browser(view)
    view.goto((1, 2, 3))
    y = rng.integers(0, 256, (5, 6, 7), dtype=np.uint8)
    view.show(y)
    assert view.slices == (1, 2, 3)
    assert (browser.samples("image", 2)[1] == y[:, :, 3].ravel()).all()


@pytest.mark.parametrize("values", [[[True, False]], np.ones((2, 2), np.float16), np.zeros((1, 1), np.uint64)])
def test_what_the_browser_computes_with_are_numbers(values):
    scene = ImageView(values)._scene
    numbers = [*scene["range"], *scene["window"], *scene["spacing"], scene["offset"], scene["step"]]
    assert {type(v) for v in numbers} == {float}


def test_a_burst_sends_little_and_the_last_wins(rng):
    view = ImageView(rng.random((30, 40)))
    browser = Browser(view)
    browser.settle()
    sent = view.counts["sent"]
    taken = view._canvas.send
    view._canvas.send = lambda content, buffers=(): (time.sleep(0.002), taken(content, buffers))
    for k in range(300):
        view.overlay("a", [k])
    assert np.flatnonzero(browser.mask("a")).tolist() == [299]
    assert view.counts["sent"] - sent < 300


# -- what comes back ---------------------------------------------------------------------------------------------------------


def test_picks_and_regions(rng):
    view = ImageView(rng.random((4, 5, 6)))
    browser = Browser(view)
    events, regions = [], []
    view.on_pick(lambda *event: events.append(event))
    view.on_region(lambda voxels, passing: regions.append((voxels.tolist(), passing)))
    generation = view._generation
    browser.say({"type": "ph_pick", "kind": "click", "voxel": [1, 2, 3], "shift": True, "generation": generation, "seq": 1})
    browser.say({"type": "ph_pick", "kind": "hover", "voxel": None, "shift": False, "generation": generation, "seq": 2})
    assert events == [("click", (1, 2, 3), True), ("hover", None, False)]
    assert view.slices == (1, 2, 3)
    for axis, shape in ((0, (5, 6)), (1, (4, 6)), (2, (4, 5))):
        mask = rng.random(shape) > 0.5
        whole = np.zeros((4, 5, 6), bool)
        whole[(slice(None),) * axis + (2,)] = mask
        message = {"type": "ph_region", "panel": axis, "index": 2, "passing": axis == 1, "generation": generation, "seq": 3}
        browser.say(message, [memoryview(runs_of(mask).tobytes())])
        assert regions[-1] == (np.flatnonzero(whole).tolist(), axis == 1)
    browser.say({"type": "ph_region", "panel": 0, "index": 0, "passing": False, "generation": generation, "seq": 4}, [b""])
    assert regions[-1] == ([], False)
    assert browser.seen == [1, 2, 3, 3, 3, 4]


def test_a_failing_callback_is_shown_as_text_and_does_not_hold_up_the_next():
    view = ImageView(np.zeros((3, 3)))
    browser = Browser(view)

    def fail(*event):
        raise RuntimeError("<b>no</b>")

    view.on_pick(fail)
    browser.say({"type": "ph_pick", "kind": "click", "voxel": [1, 2], "shift": False, "generation": 1, "seq": 9})
    assert "RuntimeError: &lt;b&gt;no&lt;/b&gt;" in view._status.value
    assert browser.seen == [9]


def test_nonsense_from_the_page_is_refused():
    view = ImageView(np.zeros((3, 3)))
    browser = Browser(view)
    events = []
    view.on_pick(lambda *event: events.append(event))
    view.on_region(lambda *event: events.append(event))
    for voxel in ([3, 0], [0], [-1, 0], ["a", 1]):
        browser.say({"type": "ph_pick", "kind": "click", "voxel": voxel, "shift": False, "generation": 1, "seq": 1})
    browser.say({"type": "ph_region", "panel": 0, "index": 0, "passing": False, "generation": 1}, [np.array([8, 2], np.uint32).tobytes()])
    browser.say({"type": "ph_elsewhere"})
    view._on_message(None, "text", [])
    assert events == []
    assert "not in the image" in view._status.value


def test_a_question_asked_before_display_is_answered_later():
    view = ImageView(np.zeros((3, 3)))
    answers = []
    view.request("pixels", lambda answer, buffers: answers.append(answer["op"]))
    browser = Browser(view)
    browser.settle()
    until(lambda: answers == ["pixels"])


def test_callbacks_run_without_the_lock_of_the_view():
    view = ImageView(np.zeros((3, 3)))
    browser = Browser(view)
    done = []

    def draw_from_elsewhere(*event):
        other = threading.Thread(target=lambda: (view.overlay("a", [0]), done.append(True)))
        other.start()
        other.join(2)

    view.on_pick(draw_from_elsewhere)
    browser.say({"type": "ph_pick", "kind": "click", "voxel": [1, 2], "shift": False, "generation": 1, "seq": 1})
    assert done == [True]


# -- the rest ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: v.overlay("a", np.zeros((2, 2), bool)), "shape"),
        (lambda v: v.overlay("a", [99]), "0 to 11"),
        (lambda v: v.overlay("a", [1], color="no colour"), "colour"),
        (lambda v: v.overlay("a", [1], color="red;} body {display:none"), "colour"),
        (lambda v: v.overlay("a", [1], opacity=2), "opacity"),
        (lambda v: v.markers("a", [[3, 0]], color="red"), "inside the image"),
        (lambda v: v.markers("a", [[0, 0]], color="red", shape="star"), "shape"),
        (lambda v: v.heat(np.zeros((2, 2))), "shape"),
        (lambda v: v.heat(np.zeros((3, 4)), limits=(1, 0)), "limits"),
        (lambda v: v.heat(np.zeros((3, 4)), colormap="nothing"), "colour map"),
        (lambda v: v.classes(np.zeros((3, 4))), "whole numbers"),
        (lambda v: v.classes(np.full((3, 4), 100_000)), "65534"),
        (lambda v: v.classes(np.zeros((2, 4), int)), "shape"),
        (lambda v: v.paths("a", [[[0, 9]]], color="red"), "inside the image"),
        (lambda v: v.goto((5, 5)), "inside the image"),
        (lambda v: setattr(v, "words", {"nothing": "x"}), "nothing"),
        (lambda v: v.show(np.zeros((2, 2, 2, 2))), "dimensions"),
    ],
)
def test_what_cannot_be_drawn_says_why(call, message):
    view = ImageView(np.zeros((3, 4)))
    with pytest.raises(ValueError, match=message):
        call(view)
    assert list(view._parts) == ["image"]


def test_heat_without_a_finite_value_has_limits():
    view = ImageView(np.zeros((3, 4)))
    view.heat(np.full((3, 4), np.nan))
    view.heat(np.zeros((3, 4)))


def test_the_picture_shows_image_and_mask_without_a_browser(rng):
    from matplotlib.image import imread

    view = ImageView(Image(np.zeros((20, 40)), spacing=(2, 1)))
    view.overlay("a", np.arange(40) < 20 + np.zeros((20, 1)), color="#ff0000", opacity=1)
    bundle = view._repr_mimebundle_()
    view._timer.cancel()
    picture = imread(io.BytesIO(base64.b64decode(bundle["image/png"])))
    assert picture.shape[:2] == (420, 420)
    assert (picture[:, :210, :3] == [1, 0, 0]).all()
    assert (picture[:, 210:, 0] < 0.6).all()
    volume = ImageView(rng.random((4, 5, 6)))
    volume.heat(rng.normal(size=(4, 5, 6)))
    assert imread(io.BytesIO(volume.picture())).shape[1] > 2 * 420
    own = ImageView(np.zeros((3, 3)), fallback=lambda: b"mine")
    assert base64.b64decode(own._repr_mimebundle_()["image/png"]) == b"mine"
    own._timer.cancel()


def test_a_large_image_becomes_a_small_picture(rng):
    assert len(ImageView(rng.integers(0, 256, (3000, 2000), dtype=np.uint8)).picture()) < 250_000


def test_without_a_browser_it_says_so():
    view = ImageView(np.zeros((3, 3)), timeout=0.05)
    view._repr_mimebundle_()
    until(lambda: "did not start" in view._status.value)
    Browser(view)
    assert view._status.value == ""


def test_words_can_be_replaced_and_follow_the_language():
    view = ImageView(np.zeros((3, 3)))
    english = view.words
    view.words = {"move": "Schieben"}
    assert view.words == english | {"move": "Schieben"}
    set_language("ja")
    try:
        japanese = ImageView(np.zeros((3, 3))).words
    finally:
        set_language("en")
    assert set(japanese) == set(english)
    assert not [key for key in english if japanese[key] == english[key]]
    assert all(f"{tool}_tip" in english for tool in ("move", "rectangle", "lasso"))


def test_the_canvas_is_small():
    from importlib.resources import files

    size = len(files("phwidgets").joinpath("static", "image_view.js").read_bytes())
    assert size < 40_000  # it is stored in every saved notebook
    assert set(ImageView(np.zeros((3, 3)))._canvas.maps) == set(COLORMAPS)


def test_an_overlay_is_made_in_few_milliseconds(rng):
    view = ImageView(rng.integers(0, 256, (2048, 2048), dtype=np.uint8))
    Browser(view)
    voxels = rng.choice(2048 * 2048, 200_000, replace=False)
    view.overlay("a", voxels)
    begin = time.process_time()
    for _ in range(5):
        view.overlay("a", voxels)
    assert (time.process_time() - begin) / 5 < 0.2
