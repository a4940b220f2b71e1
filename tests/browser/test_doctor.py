"""The doctor's report in JupyterLab: a table, the browser's own answer about WebGL in it, and nothing that a name could run."""

import pytest
from labkit import NO_WEBGL, SOFTWARE_GL

ANSWER = "next(r.verdict for r in report.rows if r.name == 'WebGL')"


@pytest.mark.parametrize(
    ("flags", "verdict", "text"), [(SOFTWARE_GL, "ok", "the browser has it"), (NO_WEBGL, "problem", "the browser has none")]
)
def test_the_browser_fills_in_its_row(notebook, flags, verdict, text):
    nb = notebook("import phwidgets as ph; report = ph.doctor(); report", flags=flags)
    nb.run(0)
    nb.until(f"{ANSWER} == {verdict!r}")
    nb.page.locator(".ph-doctor", has_text=text).first.wait_for()
    assert nb.page.locator(".ph-doctor").count() == 1  # the widget stands for the plain table, not beside it
    assert nb.page.locator(".ph-doctor tr").count() == 1 + nb.py("len(report.rows)")
    assert nb.py("report.ok") is (verdict == "ok")
    assert nb.py("[r.verdict for r in report.rows if r.name in ('kernel', 'nglview', 'bqplot', 'anywidget')]") == ["ok"] * 4
    assert nb.errors == []


def test_text_in_the_table_is_only_text(notebook):
    bad = "<img src=x onerror='document.title = 1'><b>bold</b>"
    nb = notebook(f"from phwidgets.widgets.doctor import Report, Row; Report([Row('a', {bad!r}), Row('WebGL', '?')])")
    nb.run(0)
    nb.page.locator(".ph-doctor", has_text="the browser has it").wait_for()
    assert nb.page.locator(".ph-doctor td", has_text=bad).is_visible()
    assert nb.page.locator(".ph-doctor img, .ph-doctor b").count() == 0
    assert nb.errors == []
