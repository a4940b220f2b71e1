"""Painting with the mouse: the picture is what segment() gives for the marks, whoever sets them and in whatever order."""

import ipywidgets
import numpy as np
import pytest

from phwidgets.descriptors.segmentation import segment
from phwidgets.descriptors.textures import describe_patches
from phwidgets.widgets.painting import paint


@pytest.fixture(scope="module")
def textures():
    rng = np.random.default_rng(0)
    picture = np.vstack([np.kron(rng.random((8, 16)), np.ones((4, 4))), rng.random((32, 64))])
    return describe_patches(picture, size=16, stride=4, progress=False)


def parts(widget, kind):
    found = [widget] if isinstance(widget, kind) else []
    return found + [part for child in getattr(widget, "children", ()) for part in parts(child, kind)]


def texts(painter):
    return "".join(part.value for part in parts(painter, ipywidgets.HTML))


def test_clicks_mark_and_the_rest_follows(textures):
    painter = paint(textures, ["coarse", "<b>fine"])
    painter._picked("hover", (10, 30), False)
    painter._picked("click", None, False)
    assert painter.marks == {}
    painter._picked("click", (10, 30), False)
    assert painter.segmentation is None  # one class says nothing
    painter._class.value = "<b>fine"
    painter._picked("click", (50, 30), False)
    expected = segment(textures, marks={(10, 30): "coarse", (50, 30): "<b>fine"})
    found = painter.segmentation
    assert np.array_equal(found.labels, expected.labels)
    assert np.array_equal(painter.image_view._parts["classes"].labels, expected.labels)
    assert len(set(found.labels[:20].ravel())) == len(set(found.labels[44:].ravel())) == 1
    shown = texts(painter)
    assert "&lt;b&gt;fine" in shown
    assert "<b>fine" not in shown
    assert "2 marks" in repr(painter)


def test_regions_new_classes_undo_and_clear(textures):
    painter = paint(textures, ["one"])
    mask = np.zeros((64, 64), bool)
    mask[4:12, 4:60] = True
    painter._drawn(np.flatnonzero(mask), True)
    assert painter.marks == {}  # still being drawn
    painter._drawn(np.flatnonzero(mask), False)
    assert len(painter.marks) == 40
    assert all(mask[place] for place in painter.marks)
    painter._new.value = "two"
    assert (painter.classes, painter._class.value, painter._new.value) == (["one", "two"], "two", "")
    painter._picked("click", (50, 30), False)
    assert len(painter.marks) == 41
    two = painter.segmentation
    assert two.classes.tolist() == ["one", "two"]
    painter.undo()
    assert (len(painter.marks), painter.segmentation) == (40, None)
    painter.mark((50, 30), "three")
    assert painter.classes == ["one", "two", "three"]
    assert np.array_equal(painter.segmentation.labels, two.labels)
    painter.clear()
    assert (painter.marks, painter.segmentation) == ({}, None)
    painter.undo()
    assert len(painter.marks) == 41


def test_a_segmentation_is_shown_with_its_classes(textures):
    found = segment(textures, 2)
    painter = paint(found)
    assert painter.segmentation is found
    assert painter.classes == ["0", "1"]
    assert len(painter._cards.children) == 2
    pictures = [part.value for part in parts(painter._cards, ipywidgets.HTML) if "<img" in part.value]
    assert len(pictures) == 2 * (2 + 4)  # of each class two mean diagrams and four examples
    assert all('src="data:image/png;base64,iVBOR' in picture for picture in pictures)
    parts(painter._cards.children[1], ipywidgets.Button)[0].click()
    origin = found.examples[1][0]
    shown = painter.image_view._parts["mask:example"].mask
    assert shown.sum() == 16 * 16
    assert shown[tuple(origin)]


def test_volumes_are_painted_too():
    rng = np.random.default_rng(0)
    volume = np.concatenate([np.kron(rng.random((4, 4, 4)), np.ones((4, 4, 4))), rng.random((16, 16, 16))])
    painter = paint(volume, size=8, stride=4, progress=False)
    painter._picked("click", (4, 8, 8), False)
    painter.mark((28, 8, 8), "B")
    found = painter.segmentation
    assert found.labels.shape == (32, 16, 16)
    assert (found.labels[2, 8, 8], found.labels[29, 8, 8]) == (0, 1)
    assert len(painter._cards.children) == 2


def test_what_goes_wrong_is_said(textures):
    painter = paint(textures)
    painter._guarded(painter.mark, (99, 0), "<i>")
    assert "not in this image" in texts(painter)
    with pytest.raises(ValueError, match="described already"):
        paint(textures, size=8)
    with pytest.raises(ValueError, match="different names"):
        paint(textures, ["A", "A"])
    painter.mark((10, 30), "A")
    painter.mark((10, 31), "B")
    assert painter.segmentation is None
    assert "mark it elsewhere" in texts(painter)
    painter.mark((50, 31), "B")
    assert painter.segmentation is not None
    assert "mark it elsewhere" not in texts(painter)
    assert set(painter._repr_mimebundle_()) >= {"image/png", "text/plain"}


def test_in_japanese(textures):
    painter = paint(textures, language="ja")
    assert "クラス" in texts(painter)
    assert painter.image_view.words["fit"] == "全体"  # on the canvas, too
