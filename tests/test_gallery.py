"""The gallery of a library: which cards, what is on them, and what a click opens."""

import base64
import io
import re

import ipywidgets
import numpy as np
import PIL.Image
import pytest

import phwidgets as ph
from phwidgets.image import Image
from phwidgets.library import Library
from phwidgets.persistence.diagram import Diagram
from phwidgets.widgets.gallery import gallery

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture(scope="module")
def lib(tmp_path_factory):
    made = Library(tmp_path_factory.mktemp("gallery") / "a.duckdb")
    rng = np.random.default_rng(0)
    for name in ("one", "two", "<img src=x onerror=alert(1)>"):
        made.add(
            name, ph.alpha_persistence(ph.Structure(rng.random((20, 3)) * 5, ["Si"] * 20)), note=f"<script>{name}</script>", x=0.123456
        )
    cells = [np.zeros((1, k), int) for k in (2, 3)]
    made.add("bare", Diagram(1, "Å", np.array([1.0]), np.array([2.0]), *cells), thumbnail=PNG)
    return made


def parts(widget, kind):
    found = [widget] if isinstance(widget, kind) else []
    return found + [part for child in getattr(widget, "children", ()) for part in parts(child, kind)]


def texts(view):
    return "".join(part.value for part in parts(view, ipywidgets.HTML))


def test_cards_say_what_is_known_and_escape_it(lib):
    view = gallery(lib)
    assert view.names == lib.names()
    shown = texts(view)
    assert "<script" not in shown
    assert "<img src=x" not in shown
    assert "&lt;script&gt;one&lt;/script&gt;" in shown
    assert "x: 0.1235" in shown
    assert re.sub(r"<img alt=\"[^\"<>]*\" width=\"134\" src=\"data:image/png;base64,[\w+/=]+\">", "", shown).count("<img") == 0
    assert "4 entries" in shown
    assert len(parts(view, ipywidgets.Button)) == 4
    assert repr(view) == "Gallery(4 of a.duckdb)"
    assert "one, two" in view._repr_mimebundle_()["text/plain"]


def test_where_nothing_runs_a_picture_of_the_cards_stands_in(lib):
    picture = PIL.Image.open(io.BytesIO(base64.b64decode(gallery(lib)._repr_mimebundle_()["image/png"])))
    one = PIL.Image.open(io.BytesIO(gallery(lib, ["one"]).picture()))
    assert picture.width > 3.5 * one.width
    assert np.ptp(np.asarray(picture.convert("L"))) > 200  # something is drawn
    assert "image/png" not in gallery(lib, [])._repr_mimebundle_()


def test_hits_come_in_their_order_and_no_more_than_the_limit(lib):
    lib.add_vectors("v", ["one", "two", "bare"], [[1, 0], [0.9, 0.1], [0, 1]])
    hits = lib.similar("one", descriptor="v")
    view = gallery(lib, hits)
    assert view.names == ["two", "bare"]
    assert "distance:" in texts(view)
    assert gallery(lib, ["bare", "one"]).names == ["bare", "one"]
    short = gallery(lib, limit=2)
    assert (short.names, "4 entries, the first 2 are shown" in texts(short)) == (["one", "two"], True)
    for wrong, reason in ((["gone"], "no 'gone'"), ("one", "a list of names"), (3, "a list of names")):
        with pytest.raises(ValueError, match=reason):
            gallery(lib, wrong)


def test_a_click_opens_the_explorer_on_the_stored_diagrams(lib):
    view = gallery(lib)
    buttons = parts(view, ipywidgets.Button)
    assert [button.disabled for button in buttons] == [False, False, False, True]
    buttons[1].click()
    assert view.explorer.structure == lib.diagrams("two").source
    assert view.explorer in parts(view, ipywidgets.VBox)
    first = view.explorer
    buttons[0].click()
    assert view.explorer is not first
    assert first not in parts(view, ipywidgets.VBox)
    with pytest.raises(ValueError, match="stored without"):
        view.show("bare")


def test_images_are_shown_too(tmp_path):
    lib = Library(tmp_path / "images.duckdb")
    values = np.random.default_rng(0).random((16, 16))
    lib.add("image", ph.cubical_persistence(Image(values)))
    lib.add("volume", ph.cubical_persistence(np.random.default_rng(0).random((6, 6, 6))))
    view = gallery(lib)
    assert texts(view).count('alt="picture of') == 2
    assert [button.disabled for button in parts(view, ipywidgets.Button)] == [False, False]
    assert np.array_equal(lib.diagrams("image").source.values, values)


def test_what_goes_wrong_is_shown_beside_the_cards(lib):
    view = gallery(lib, ["one"])
    lib.add("one more", lib.diagrams("one"))
    view._clicked("<gone>")
    assert "cannot be opened" in texts(view)
    assert "<gone>" not in texts(view)
    parts(view, ipywidgets.Button)[0].click()
    assert "cannot be opened" not in texts(view)


def test_all_cards_have_the_same_axes(lib):
    view = gallery(lib, ["one", "two"])
    low, high = view._axes[1]
    for name in ("one", "two"):
        d = lib.diagrams(name)[1]
        assert low <= d.range()[0] <= d.range()[1] <= high
