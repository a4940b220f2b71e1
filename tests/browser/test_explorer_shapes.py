"""Shapes in the explorer as a user meets them: the tubes that NGL draws are the rings that Python returns."""

import numpy as np
from test_explorer import ask, drag, ready

GLASS = "import phwidgets as ph; dgms = ph.alpha_persistence(ph.sample('silica-glass')); ex = ph.explore(dgms, degree=1)"
FOUND = "not ex._links.shapes.busy and ex.structure_view.counts['sent'] == ex.structure_view.counts['acknowledged']"


def rows(points):
    """Rows in an order of their own, to be compared as sets."""
    return np.array(sorted(np.round(points, 3).tolist()))


def test_the_tubes_are_the_unwrapped_rings(notebook):
    nb = notebook(GLASS, "ex", size=(1320, 1000))
    nb.run()
    ready(nb)
    drag(nb, (0.02, 0.56), (0.12, 0.66))
    nb.until("len(ex.selected) > 0 and not ex.selection.state.passing")
    nb.until(FOUND, 120)
    nb.wait(300)
    nb.until(FOUND, 120)
    rings = [np.array(p) for p in nb.py("[v.points.tolist() for v in ex.volumes if not v.problem and not v.winds]")]
    assert len(rings) > 3
    assert any(nb.py("[bool(v.offsets.any()) for v in ex.volumes if not v.problem]"))  # some cross the border of the cell
    ends = ask(nb, "layer", layer="rings")
    start, stop = ends[: len(ends) // 2], ends[len(ends) // 2 :]
    expected = np.concatenate([np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in rings])
    assert len(start) == len(expected)
    assert np.abs(rows(np.hstack([start, stop])) - rows(expected)).max() < 2e-3
    assert nb.errors == []


def test_the_kernel_is_free_and_cancel_answers_while_shapes_are_searched_for(notebook):
    nb = notebook(GLASS, "ex", size=(1320, 1000))
    nb.run()
    ready(nb)
    nb.exec("ex.epsilon = 0.0; ex.inverse = 'volumes'; ex.select(pairs=[0])")
    nb.until("ex._links.shapes.done > 2", 60)
    nb.page.get_by_role("button", name="Cancel", exact=True).click()
    nb.until("not ex._links.shapes.busy", 5)
    nb.page.get_by_role("button", name="Continue", exact=True).wait_for()
    assert nb.errors == []


def test_weights_are_painted_on_the_atoms_as_python_has_them(notebook):
    nb = notebook(
        GLASS,
        "import numpy as np\n"
        "pi = ph.PersistenceImage(resolution=(16, 16)).fit([dgms[1].finite])\n"
        "found = ex.explain(np.random.default_rng(0).normal(size=256), pi)\n"
        "ex",
    )
    nb.run()
    ready(nb)
    nb.until("ex.structure_view.counts['sent'] == ex.structure_view.counts['acknowledged']")
    nb.exec(
        "from phwidgets.widgets.atom_side import diverging\n"
        "from phwidgets.widgets.weights import saturation\n"
        "expected = diverging(found.atoms, saturation(found.atoms))"
    )
    colours = ask(nb, "colors", layer="atoms")
    assert np.abs(colours - np.array(nb.py("expected.tolist()"))).max() < 1 / 200
    assert nb.errors == []
