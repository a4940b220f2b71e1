"""The doctor finds what is broken, never raises, and imports nothing that may be broken."""

import ast
import inspect
import json
import re
import subprocess
import sys
import warnings
from importlib import metadata

import pytest

import phwidgets as ph
from phwidgets.widgets import doctor, doctor_checks
from phwidgets.widgets.doctor import Report, warn_about_environment
from phwidgets.widgets.doctor_checks import WEBGL, Row
from phwidgets.widgets.doctor_words import DOCTOR
from phwidgets.widgets.words import Words, set_language


def row(report, name):
    return next(row for row in report.rows if row.name == name)


@pytest.fixture
def labextensions(tmp_path, monkeypatch):
    """Put front ends of other versions first on Jupyter's path."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    def put(name, version):
        folder = tmp_path / "labextensions" / name
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({"name": name, "version": version}))

    return put


@pytest.fixture
def in_kernel(monkeypatch):
    monkeypatch.setattr(doctor, "running_kernel", object)
    monkeypatch.setattr(doctor_checks, "running_kernel", object)


def test_this_environment_has_no_problem():
    report = ph.doctor()
    assert report.ok, report
    assert {r.verdict for r in report.rows} <= {"ok", "warning", "unknown"}
    names = [r.name for r in report.rows]
    assert len(set(names)) == len(names)
    for name in ("python", "phwidgets", "numpy", "nglview", "bqplot", "ipywidgets", "anywidget", "compiled kernels", "kernel", WEBGL):
        assert name in names
    assert metadata.version("nglview") in row(report, "nglview").found
    assert "there is no browser" in row(report, WEBGL).found


def test_text_is_a_short_table_with_a_line_for_each_check():
    report = Report([Row("a", "1"), Row("bcd", "2", "problem", "mend it"), Row("e", "3", "warning")])
    first, *lines = repr(report).splitlines()
    assert first == "phwidgets doctor: 1 problem and 1 warning"
    assert [line.split() for line in lines] == [["ok", "a", "1"], ["problem", "bcd", "2"], ["->", "mend", "it"], ["warning", "e", "3"]]
    assert not report.ok
    assert Report([Row("a", "1", "warning")]).ok
    assert "nothing is wrong" in repr(Report([]))


def test_japanese_text_stands_in_columns_as_wide_as_a_terminal_draws_it():
    rows = [Row("kernel", "1"), Row("bcd", "2", "problem", "mend it"), Row("front ends", "3", "warning")]
    first, *lines = repr(Report(rows, "ja")).splitlines()
    assert first == "phwidgets の診断: 問題 1 件と警告 1 件"
    assert lines == [
        "  正常  カーネル        1",
        "  問題  bcd             2",
        "                        -> mend it",
        "  警告  フロントエンド  3",
    ]
    assert "問題は見つかりませんでした" in repr(Report([], "ja"))
    with pytest.raises(ValueError, match="language must be one of"):
        Report([], "fr")


def test_everything_is_escaped():
    bad = "<img src=x onerror=alert(1)>\"'&"
    text = Report([Row(bad, bad, "problem", bad)])._repr_html_()
    assert "<img" not in text
    assert text.count("&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;") == 3


@pytest.mark.parametrize(
    ("package", "extension", "version"),
    [("nglview", "nglview-js-widgets", "2.0.0"), ("bqplot", "bqplot", "0.5.0"), ("bqscales", "bqscales", "0.2.9")],
)
def test_a_front_end_that_python_does_not_ask_for_is_a_problem(labextensions, package, extension, version):
    labextensions(extension, version)
    report = ph.doctor()
    assert not report.ok
    found = row(report, package)
    assert found.verdict == "problem"
    assert version in found.found
    assert "pip install" in found.advice
    assert row(report, "front ends").verdict == "warning"  # and it lies where it should not


def test_an_old_manager_of_widgets_is_a_problem(labextensions):
    labextensions("@jupyter-widgets/jupyterlab-manager", "3.1.11")
    assert row(ph.doctor(), "ipywidgets").verdict == "problem"


def test_without_any_front_end_it_says_where_to_install_them(monkeypatch):
    monkeypatch.setattr(doctor_checks, "_labextension", lambda name: None)
    report = ph.doctor()
    assert report.ok  # JupyterLab may run from another environment
    for name in ("nglview", "bqplot", "anywidget", "ipywidgets", "front ends"):
        assert row(report, name).verdict == "warning"
        assert "where JupyterLab runs" in row(report, name).advice or "another environment" in row(report, name).advice


def test_bqplot_gl_is_found_as_a_module_and_as_a_front_end(tmp_path, monkeypatch, labextensions):
    assert row(ph.doctor(), "bqplot-gl").verdict == "ok"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_about_environment()
    (tmp_path / "bqplot_gl.py").touch()
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        assert row(ph.doctor(), "bqplot-gl").verdict == "problem"
        with pytest.warns(RuntimeWarning, match="pip uninstall bqplot-gl"):
            warn_about_environment()
    (tmp_path / "bqplot_gl.py").unlink()
    assert row(ph.doctor(), "bqplot-gl").verdict == "ok"
    labextensions("bqplot-gl", "0.1.1")
    assert row(ph.doctor(), "bqplot-gl").verdict == "problem"


def test_a_version_that_does_not_fit_is_named_with_the_command_that_mends_it(monkeypatch):
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: {"numpy": "2.4.0", "nglview": "4.0.1"}.get(name) or real(name))
    found = row(ph.doctor(), "requirements")
    assert found.verdict == "problem"
    assert "numpy 2.4.0" in found.found
    assert "nglview 4.0.1" in found.found
    assert re.search(r'pip install "nglview\S+" "numpy\S*<2\.3\S*"', found.advice)


def test_missing_kernels_and_the_place_of_the_cache(monkeypatch):
    from phwidgets.persistence import warm

    monkeypatch.setattr(warm, "missing_kernels", lambda: ["a.b", "c.d"])
    found = row(ph.doctor(), "compiled kernels")
    assert found.verdict == "warning"
    assert "2 " in found.found
    assert "phwidgets.persistence.warm" in found.advice or "NUMBA_CACHE_DIR" in found.advice


def test_a_check_that_fails_is_a_row(monkeypatch):
    def fail(words):
        raise RuntimeError("line one\n  line two " + 300 * "x")

    monkeypatch.setitem(doctor_checks.CHECKS, "numpy", fail)
    found = row(ph.doctor(), "numpy")
    assert found.verdict == "problem"
    assert found.found.startswith("RuntimeError: line one line two")
    assert len(found.found) <= 200


BROKEN = """
import sys, importlib.abc
class Broken(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in {broken}:
            raise ImportError("broken on purpose")
sys.meta_path.insert(0, Broken())
import phwidgets as ph
report = ph.doctor()
assert not report.ok
report._repr_mimebundle_()
print(*sorted(row.name for row in report.rows if row.verdict == "problem"), sep="|")
"""


@pytest.mark.parametrize(
    "broken", [("nglview",), ("bqplot", "bqscales"), ("ipywidgets", "anywidget", "nglview", "bqplot", "bqscales"), ("numba",)]
)
def test_it_works_where_libraries_do_not(broken, tmp_path):
    out = subprocess.run([sys.executable, "-c", BROKEN.format(broken=broken)], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert out.returncode == 0, out.stderr
    problems = out.stdout.strip().split("|")
    assert set(problems) >= ({"compiled kernels"} if broken == ("numba",) else set(broken))


def test_without_the_metadata_of_any_package(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    report = ph.doctor()
    assert not report.ok
    assert row(report, "phwidgets").verdict == "warning"
    assert row(report, "requirements").verdict == "unknown"


def test_without_a_kernel_there_is_text_and_html_only():
    assert set(ph.doctor()._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_in_a_kernel_the_answer_of_the_browser_is_filled_in(in_kernel):
    report = ph.doctor()
    assert row(report, WEBGL).verdict == "unknown"
    bundle = report._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert bundle["text/plain"] == repr(report)
    probe = report._widget.children[1]
    probe._handle_custom_msg({"type": "something else"}, [])
    assert row(report, WEBGL).verdict == "unknown"
    probe._handle_custom_msg({"type": "ph_probe", "webgl": False}, [])
    assert row(report, WEBGL).verdict == "problem"
    assert not report.ok
    assert "the browser has none" in report._widget.children[0].value
    probe._handle_custom_msg({"type": "ph_probe", "webgl": True}, [])  # another browser shows the same report
    assert row(report, WEBGL).verdict == "ok"
    assert "the browser has none" not in report._widget.children[0].value
    assert "the browser has it" in report._widget.children[0].value


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("3.1.5", "3.1.5", True),
        ("3.1.5", "4.0", False),
        ("4.0.0", "4.0", True),
        ("0.6.1", "^0.6.1", True),
        ("0.6.0", "^0.6.1", False),
        ("0.7.0", "^0.6.1", False),
        ("0.3.7", "^0.3", True),
        ("5.0.16", "^5", True),
        ("6.0.0", "^5", False),
        ("2.9.0", "^2.1.0", True),
        ("0.11.0", "~0.11.*", True),
        ("0.12.0", "~0.11.*", False),
        ("1.2.9", "~1.2.3", True),
        ("1.3.0", "~1.2.3", False),
        ("7.0.0", "*", True),
        ("1.0.0-beta.2", "^1.0.0", True),
    ],
)
def test_ranges_of_npm(version, wanted, fits):
    assert doctor_checks._fits(version, wanted) is fits


# ---- both languages ------------------------------------------------------------------------------------------------------------

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.fixture
def in_japanese():
    set_language("ja")
    yield
    set_language("en")


@pytest.mark.parametrize("key", DOCTOR)
def test_every_text_exists_in_both_languages(key):
    texts = DOCTOR[key]
    assert len(texts) == 2
    english, japanese = texts
    assert english.strip()
    assert not JAPANESE.search(english)
    assert JAPANESE.search(japanese)


def test_the_doctor_says_nothing_that_is_not_in_the_table_and_the_table_holds_nothing_else():
    asked, said = set(), []
    for module in (doctor, doctor_checks):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("words", "_words") and isinstance(node.args[0], ast.Constant):
                asked.add(node.args[0].value)
            if name == "Row":  # its found and its advice
                said += [text.value for k, text in enumerate(node.args) if k in (1, 3) and isinstance(text, ast.Constant)]
    assert said == []
    composed = {f"doctor verdict {verdict}" for verdict in ("ok", "warning", "problem", "unknown")}
    composed |= {f"doctor head {column}" for column in ("verdict", "name", "found", "advice")}
    composed |= {f"doctor name {name}" for name in doctor_checks.CHECKS} & DOCTOR.keys()
    composed |= {"doctor problems", "doctor warnings"}
    assert asked | composed == DOCTOR.keys()


def test_a_report_speaks_the_language_of_the_widgets_and_keeps_it(in_japanese, in_kernel):
    report = ph.doctor()
    english = [r.name for r in report.rows]
    set_language("en")
    assert english == [r.name for r in ph.doctor().rows]
    names = {"必要なパッケージ", "フロントエンド", "ノートブックサーバー", "計算用の機械語コード", "カーネル"}
    assert all(name in repr(report) and name in report._repr_html_() for name in names)
    assert "対処法" in report._repr_html_()
    assert row(report, WEBGL).found == "ブラウザからの答えがありません"
    report._build()
    report._widget.children[1]._handle_custom_msg({"type": "ph_probe", "webgl": False}, [])
    assert "このブラウザでは使えません" in report._widget.children[0].value
    assert "hardware" not in report._widget.children[0].value


def test_what_is_to_be_typed_is_the_same_in_both_languages(monkeypatch, labextensions):
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: {"numpy": "2.4.0", "notebook": "6.5", "bqscales": None}.get(name, real(name)))
    monkeypatch.setattr(doctor_checks, "has_bqplot_gl", lambda: True)
    labextensions("nglview-js-widgets", "2.0.0")
    labextensions("@jupyter-widgets/jupyterlab-manager", "3.1.11")
    both = [
        Report([doctor._examine(name, check, Words(language)) for name, check in doctor_checks.CHECKS.items()], language)
        for language in ("en", "ja")
    ]
    commands = [[re.findall(r'(?:pip|python) [-\w" .,<>=!]*[\w"]', r.advice) for r in report.rows] for report in both]
    assert commands[0] == commands[1]
    assert sum(map(len, commands[0])) >= 6
    assert all(r.advice == "" or JAPANESE.search(r.advice) for r in both[1].rows)
    assert [(r.name, r.verdict) for r in both[0].rows] == [(r.name, r.verdict) for r in both[1].rows]
