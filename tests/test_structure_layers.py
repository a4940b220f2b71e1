"""What is sent to the 3D view and when, and what a view without a browser refuses; no browser needed."""

import numpy as np
import pytest

from phwidgets.widgets.structure_layers import LayerChannel


@pytest.fixture
def sent():
    return []


@pytest.fixture
def channel(sent):
    return LayerChannel(lambda content, buffers: sent.append(content))


def test_nothing_is_sent_before_there_is_a_copy_and_the_newest_is_replayed(channel, sent):
    channel.put("a", {"v": 1})
    channel.put("a", {"v": 2})
    channel.put("b", {"v": 3})
    assert sent == []
    channel.replay("copy")
    assert [(m["v"], m["to"]) for m in sent] == [(2, "copy"), (3, "copy")]


def test_a_burst_sends_the_first_and_the_last(channel, sent):
    channel.replay("copy")
    for v in range(100):
        channel.put("a", {"v": v})
    assert [m["v"] for m in sent] == [0]
    assert channel.settle(sent[0]["id"]) == ("a",)
    assert [m["v"] for m in sent] == [0, 99]
    channel.settle(sent[1]["id"])
    channel.put("a", {"v": 100})
    assert [m["v"] for m in sent] == [0, 99, 100]


def test_layers_do_not_wait_for_each_other(channel, sent):
    channel.replay("copy")
    channel.put("a", {"v": 1})
    channel.put("b", {"v": 2})
    assert [m["v"] for m in sent] == [1, 2]


def test_clearing_takes_the_place_of_what_waits_and_is_not_replayed(channel, sent):
    channel.replay("copy")
    channel.put("a", {"v": 1})
    channel.put("a/part", {"v": 2})
    channel.put("a", {"v": 3})
    channel.clear("a")
    channel.settle(sent[0]["id"])
    assert sent[-1]["op"] == "clear"
    assert channel.layers() == []
    before = len(sent)
    channel.replay("other")
    assert [m for m in sent[before:] if "to" in m] == []


def test_a_reload_frees_what_was_on_its_way(channel, sent):
    channel.replay("one")
    channel.put("a", {"v": 1})
    channel.put("a", {"v": 2})  # waits for an answer that never comes
    channel.replay("two")
    assert sent[-1]["v"] == 2
    channel.settle(sent[-1]["id"])
    channel.put("a", {"v": 3})
    assert sent[-1]["v"] == 3


def test_patience_ends(sent):
    channel = LayerChannel(lambda content, buffers: sent.append(content), patience=0.0)
    channel.replay("copy")
    channel.put("a", {"v": 1})
    channel.put("a", {"v": 2})
    assert [m["v"] for m in sent] == [1, 2]


def parts(message):
    return {part["layer"]: part["v"] for part in message["parts"]}


def test_what_is_put_together_is_one_message(channel, sent):
    channel.replay("copy")
    with channel.together(), channel.together():
        channel.put("a", {"layer": "a", "v": 1}, [b"x", b"y"])
        channel.put("b", {"layer": "b", "v": 2}, [b"z"])
    assert len(sent) == 1
    assert parts(sent[0]) == {"a": 1, "b": 2}
    assert [part["buffers"] for part in sent[0]["parts"]] == [2, 1]
    assert channel.settle(sent[0]["id"]) == ("a", "b")
    assert channel.layers() == ["a", "b"]


def test_of_groups_the_newest_of_every_layer_waits(channel, sent):
    channel.replay("copy")
    for v in range(5):
        with channel.together():
            channel.put("a", {"layer": "a", "v": v})
            if v < 3:
                channel.put("b", {"layer": "b", "v": v})
    assert len(sent) == 1
    channel.put("b", {"layer": "b", "v": 9})  # says by itself what the waiting group would have said
    assert sent[-1]["v"] == 9
    channel.settle(sent[0]["id"])
    assert parts(sent[-1]) == {"a": 4}


def test_a_group_before_the_first_copy_is_replayed_once(channel, sent):
    with channel.together():
        channel.put("a", {"layer": "a", "v": 1})
    assert sent == []
    channel.replay("one")
    assert [m["v"] for m in sent] == [1]
    with channel.together():
        channel.put("a", {"layer": "a", "v": 2})
    with channel.together():
        channel.put("a", {"layer": "a", "v": 3})
    channel.replay("two")  # the page of the first group is gone
    assert sent[-1]["v"] == 3


@pytest.fixture
def view():
    from phwidgets.widgets.structure_view import StructureView

    return StructureView(np.random.default_rng(0).random((20, 3)) * 9)


def test_view_is_described_shortly_and_waits(view):
    assert repr(view) == "StructureView(20 atoms)"
    assert view.state == "waiting"
    assert {"atoms", "camera"} <= set(view.layers())


def test_highlight_accepts_indices_and_masks_and_nothing_else(view):
    view.highlight([3, 1])
    view.highlight(np.arange(20) > 10)
    view.highlight([])
    for bad in ([20], [-1], [0.5], ["Si"], np.ones(3, bool), [[0, 1]]):
        with pytest.raises(ValueError, match="toms"):
            view.highlight(bad)


def test_drawing_refuses_what_it_cannot_draw(view):
    with pytest.raises(ValueError, match="shape"):
        view.draw_triangles("t", np.zeros((4, 2, 3)))
    with pytest.raises(ValueError, match="finite"):
        view.draw_points("p", [[np.nan, 0, 0]])
    with pytest.raises(ValueError, match="itself"):
        view.draw_points("atoms", np.zeros((1, 3)))
    with pytest.raises(ValueError, match="colour"):
        view.draw_points("p", np.zeros((1, 3)), color=(3, 0, 0))
    with pytest.raises(ValueError, match="colours"):
        view.draw_points("p", np.zeros((1, 3)), color=["red", "blue"])


def test_a_failing_callback_is_shown_and_escaped(view):
    def callback(kind, index, shift):
        raise KeyError("<img src=x onerror=alert(1)>")

    view.on_pick(callback)
    view._on_message(None, {"type": "ph_pick", "kind": "click", "index": 3, "shift": False}, [])
    assert "KeyError" in view._status.value
    assert "<img" not in view._status.value


def test_silence_and_missing_webgl_say_what_to_do():
    import base64

    from phwidgets.widgets.structure_view import StructureView

    view = StructureView(np.eye(3), fallback=lambda: b"picture", timeout=0.05)
    assert base64.b64decode(view._repr_mimebundle_()["image/png"]) == b"picture"
    view._on_message(None, {"type": "ph_probe", "webgl": False}, [])
    assert view.state == "failed"
    assert "WebGL" in view._status.value
    assert "ph.doctor()" in view._status.value
    assert view.children[-1].value == b"picture"
    view._on_message(None, {"type": "ph_ready", "copy": "x", "atoms": 3}, [])
    assert view.state == "ready"
    assert len(view.children) == 3
