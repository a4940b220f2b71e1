"""The course in both languages: what a notebook consists of, one source of code, every text translated, and the words of the widgets."""

import copy
import json
import re
import string
from datetime import UTC, datetime
from pathlib import Path

import ipywidgets
import nbformat
import pytest

import phwidgets as ph
from phwidgets.persistence.plotting import HOLES, IMAGE_HOLES
from phwidgets.widgets import words as words_module
from phwidgets.widgets.opening import open_file
from phwidgets.widgets.words import Words, language, set_language

from . import translate_notebooks as tool

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
ENGLISH = sorted(NOTEBOOKS.glob("*.ipynb"))
COURSE = [path for path in ENGLISH if re.match(r"\d\d_", path.name)]
TRANSLATED = tool.translations()
KANA = re.compile("[\u3040-\u30ff]")


def name_of(path):
    return path.stem


# ---- what a notebook of the course consists of ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", COURSE, ids=name_of)
def test_a_notebook_of_the_course_begins_with_a_title_and_has_two_exercises_with_folded_answers(path):
    cells = tool.read(path).cells
    texts = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
    assert cells[0]["source"].startswith("# ")
    assert sum(text.startswith("# ") for text in texts) == 1
    prose = "\n".join(texts)
    exercises = prose[prose.index("## Exercises") :]
    assert exercises.count("<details><summary>Answer</summary>") == exercises.count("</details>") == 2
    assert "**1.**" in exercises
    assert "**2.**" in exercises


@pytest.mark.parametrize("path", ENGLISH, ids=name_of)
def test_code_has_run_in_order_and_without_a_warning(path):
    cells = [cell for cell in tool.read(path).cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert len({cell["id"] for cell in tool.read(path).cells}) == len(tool.read(path).cells)
    outputs = [output for cell in cells for output in cell["outputs"]]
    errors = [output["text"] for output in outputs if output.get("name") == "stderr"]
    assert errors == []  # a notice of compiling, a warning: nobody should find it in a stored notebook


EVERY = sorted(NOTEBOOKS.rglob("*.ipynb"))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.relative_to(NOTEBOOKS).with_suffix("").as_posix())
def test_a_stored_notebook_is_small_and_shows_a_picture_or_a_sentence_for_every_widget(path):
    assert path.stat().st_size < 300_000
    notebook = tool.read(path)
    assert "widgets" not in notebook.metadata
    outputs = [output for cell in notebook.cells if cell["cell_type"] == "code" for output in cell["outputs"]]
    data = [output["data"] for output in outputs if "data" in output]
    assert not [d for d in data if "application/vnd.jupyter.widget-view+json" in d]  # nothing runs on GitHub
    standing_in = [d for d in data if re.match(r"(Explorer|GrowingBalls|Gallery|FileOpener)\(", d.get("text/plain", ""))]
    assert all({"image/png", "image/jpeg", "text/html"} & d.keys() for d in standing_in)


@pytest.mark.parametrize("path", ENGLISH, ids=name_of)
def test_links_to_other_notebooks_lead_somewhere(path):
    prose = "\n".join(tool.prose(tool.read(path)).values())
    linked = re.findall(r"\]\(([^)#:]+)\)", prose)
    assert [target for target in linked if not (path.parent / target).exists()] == []


# ---- both languages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", COURSE, ids=name_of)
def test_every_notebook_of_the_course_is_translated(path):
    assert path.stem in {twin.stem for twin in TRANSLATED}


@pytest.mark.parametrize("path", TRANSLATED, ids=name_of)
def test_the_japanese_notebook_has_the_same_code_and_every_text_in_japanese(path):
    english, japanese = tool.read(tool.english_of(path)), tool.read(path.with_suffix(".ipynb"))
    extra = [cell for cell in japanese.cells if cell["id"] == "language"]
    assert [cell["source"] for cell in extra] == [tool.LANGUAGE_CELL]
    cells = [cell for cell in japanese.cells if cell["id"] != "language"]
    assert [(cell["id"], cell["cell_type"]) for cell in cells] == [(cell["id"], cell["cell_type"]) for cell in english.cells]
    for ours, theirs in zip(cells, english.cells, strict=True):
        if ours["cell_type"] == "code":
            assert ours == theirs  # outputs too
        else:
            assert KANA.search(ours["source"]), f"{ours['id']} is not translated"
            assert re.findall(r"^#+ ", ours["source"], re.M) == re.findall(r"^#+ ", theirs["source"], re.M), ours["id"]
            assert ours["source"].count("<details>") == theirs["source"].count("<details>")
            assert re.findall(r"^```python\n(?:.*\n)+?```", ours["source"], re.M) != [] or "```python" not in theirs["source"]


@pytest.mark.parametrize("path", TRANSLATED, ids=name_of)
def test_the_japanese_notebook_is_what_the_tool_makes(path):
    made = tool.translated(tool.read(tool.english_of(path)), tool.read_parts(path.read_text(encoding="utf-8")))
    assert made == tool.read(path.with_suffix(".ipynb")), "run python -m tests.translate_notebooks"


def example():
    cells = [nbformat.v4.new_markdown_cell("# One", id="a"), nbformat.v4.new_code_cell("1 + 1", id="b")]
    return nbformat.v4.new_notebook(cells=[*cells, nbformat.v4.new_markdown_cell("two\nlines", id="c")])


def test_a_translation_goes_stale_when_the_english_changes_and_not_when_its_lines_are_broken_anew():
    notebook = example()
    parts = tool.read_parts(tool.write_parts(tool.reviewed(notebook, {"a": ("0" * 10, "# ひとつ"), "c": ("0" * 10, "ふたつ。\n みっつ")})))
    made = tool.translated(notebook, parts)
    assert [cell["id"] for cell in made.cells] == ["a", "language", "b", "c"]
    assert [cell["source"] for cell in made.cells][::3] == ["# ひとつ", "ふたつ。みっつ"]

    notebook.cells[2]["source"] = "two lines"
    assert tool.translated(notebook, parts)
    notebook.cells[2]["source"] = "three lines"
    with pytest.raises(tool.Untranslated, match="English text of c has changed"):
        tool.translated(notebook, parts)
    more = copy.deepcopy(example())
    more.cells.append(nbformat.v4.new_markdown_cell("new", id="d"))
    with pytest.raises(tool.Untranslated, match="has parts for"):
        tool.translated(more, parts)
    with pytest.raises(tool.Untranslated, match="twice"):
        tool.read_parts(tool.write_parts(parts) * 2)


# ---- the words of the widgets -----------------------------------------------------------------------------------------------------


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", words_module._TABLE)
def test_both_languages_say_every_word_with_the_same_values(key):
    english, japanese = words_module._TABLE[key]
    assert english != japanese
    one, many = fields(english.split("|")[0]), fields(english.split("|")[-1])
    assert fields(japanese) == many
    assert one in (many, many - {"n"})  # "the patch" needs no number, "the 3 patches" do
    assert re.search("[\u3040-\u30ff\u4e00-\u9fff]", japanese)
    assert "|" not in japanese


def test_a_unit_that_is_a_word_is_translated_and_others_are_left():
    assert Words("ja")("birth of", unit="grey value") == "生成 birth（輝度値）"
    assert Words("en")("birth of", unit="grey value") == "birth (grey value)"
    assert Words("ja")("birth of", unit="Å") == "生成 birth（Å）"


@pytest.mark.parametrize("number", [0, 1, 2, 12345])
@pytest.mark.parametrize("degree", range(4))
def test_holes_are_named_as_in_the_figures(number, degree):
    for image, names in ((False, HOLES), (True, IMAGE_HOLES)):
        assert Words("en").holes(number, degree, image=image) == f"{number:,} {names[degree][number != 1]}"
        assert f"{number:,}" in Words("ja").holes(number, degree, image=image)


def test_the_language_is_chosen_for_the_widgets_made_afterwards():
    assert language() == "en"
    before = Words()
    try:
        set_language("ja")
        assert (before.language, Words().language, Words("en").language, language()) == ("en", "ja", "en", "ja")
    finally:
        set_language("en")
    with pytest.raises(ValueError, match="language must be one of 'en', 'ja', not 'fr'"):
        set_language("fr")
    with pytest.raises(ValueError, match="language must be one of"):
        Words("de")


# ---- a file of one's own ------------------------------------------------------------------------------------------------------------

WATER = b"3\nwater\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"


def upload(opener, content, name="water.xyz"):
    opener._button.value = (
        {"name": name, "type": "", "size": len(content), "content": memoryview(content), "last_modified": datetime.now(UTC)},
    )


def test_a_file_is_opened_and_explored():
    opener = open_file()
    assert opener.content is opener.view is None
    upload(opener, WATER)
    assert isinstance(opener.content, ph.Structure)
    assert len(opener.content) == 3
    assert opener.children[1] is opener.view
    assert "3 atoms" in opener._message.value


def test_a_file_that_cannot_be_read_says_why_and_its_name_is_no_markup():
    opener = open_file()
    upload(opener, b"\x00\x01 nothing", name="<img src=x onerror=alert(1)>.xyz")
    assert opener.content is None
    assert "ph-error" in opener._message.value
    assert "<img" not in opener._message.value
    upload(opener, WATER)
    assert "ph-error" not in opener._message.value
    upload(opener, b"still nothing")
    assert len(opener.content) == 3  # what was there stays


def test_another_reader_and_view_can_be_given_and_nothing_runs_before_a_file_is_chosen():
    opener = open_file(
        read=lambda value: json.loads(bytes(value[0]["content"])), show=lambda numbers: ipywidgets.Label(str(sum(numbers))), language="ja"
    )
    assert "ファイル" in opener._button.description
    data = opener._repr_mimebundle_()
    data = data[0] if isinstance(data, tuple) else data
    assert "<i>" in data["text/html"]
    assert repr(opener) == "FileOpener(nothing opened yet)"
    upload(opener, b"[1, 2, 3]", "numbers.json")
    assert (opener.content, opener.view.value) == ([1, 2, 3], "6")
