"""The explorer without a browser: every question has the answer that brute force gives, and every view is told."""

import re
import threading
import time

import ase.build
import numpy as np
import pytest
from scipy.spatial import cKDTree
from waiting import settled, until

import phwidgets as ph
from phwidgets.widgets import diagram_view
from phwidgets.widgets.card import card
from phwidgets.widgets.words import Words

RING_REGION = ((0.75, 0.9), (1.5, 2.3))


@pytest.fixture(scope="module")
def dgms():
    return ph.alpha_persistence(ph.sample("silica-glass"))


@pytest.fixture
def ex(dgms):
    return ph.explore(dgms, degree=1)


def atoms_of(diagram):
    """Atoms of the birth and death simplices, pair by pair, without a matrix."""
    return [set(b.tolist()) | set(d.tolist()) - {-1} for b, d in zip(diagram.birth_cell, diagram.death_cell, strict=True)]


def test_a_region_selects_its_pairs_and_their_atoms(ex, dgms):
    ex.select(region=RING_REGION)
    d = dgms[1]
    inside = [i for i in range(len(d)) if 0.75 <= d.birth[i] <= 0.9 and 1.5 <= d.death[i] <= 2.3]
    assert inside
    assert ex.selected_pairs.tolist() == inside
    assert ex.selected_atoms.tolist() == sorted(set().union(*atoms_of(d.subset(inside))))
    assert ex.selected.pair_id.tolist() == inside


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_atoms_select_the_pairs_whose_simplices_hold_them(ex, dgms, degree):
    atoms = [100, 7, 100]
    ex.select(atoms=atoms, degree=degree)
    expected = [i for i, a in enumerate(atoms_of(dgms[degree])) if a & {7, 100}]
    assert ex.degree == degree
    assert ex.selected_pairs.tolist() == expected
    assert ex.selected_atoms.tolist() == [7, 100]


@pytest.mark.parametrize("inverse", ["simplices", "volumes"])
def test_the_readout_says_which_share_of_all_pairs_a_clicked_atom_has(dgms, inverse):
    ex = ph.explore(dgms, degree=2, inverse=inverse)
    if inverse == "volumes":
        ex.select(region=((0, 9), (0, 9)))
        assert len(ex.volumes) == len(ex.selected)
    atom = int(dgms[2].longest(1).death_cell[0, 0])
    ex._inputs_picked(np.array([atom]), False, False)
    d, chosen = dgms[2].finite, ex.selected.finite
    pairs, life = 100 * len(chosen) / len(d), 100 * chosen.persistence.sum() / d.persistence.sum()
    assert 0 < pairs < 100
    assert f"{pairs:.2g} % of all pairs, {life:.2g} % of their persistence" in ex._readout.value
    assert ("in their shape" in ex._readout.value) == (inverse == "volumes")


def test_essential_classes_are_selected_by_an_open_interval(ex, dgms):
    ex.select(region=((0, 1), (3, np.inf)))
    assert ex.selected.is_essential.sum() == dgms[1].is_essential.sum() == 3
    ex.select(region=((0, 1), (3, 100)))
    assert not ex.selected.is_essential.any()


def test_the_brush_is_answered_like_select(ex):
    seen = []
    ex.selection.observe(lambda change: seen.append(change["new"]), names="state")
    ex.diagram_view.brush.set_state({"selected_x": [0.75, 0.9], "selected_y": [1.5, 2.3], "brushing": True})
    assert len(seen) == 1  # one drag step, one answer, though three traits change
    assert seen[0].passing
    ex.diagram_view.brush.set_state({"brushing": False})
    assert [s.passing for s in seen] == [True, False]
    brushed = ex.selected_pairs
    ex.clear()
    assert len(ex.selected_pairs) == 0
    ex.select(region=RING_REGION)
    assert np.array_equal(brushed, ex.selected_pairs)


def test_a_brush_up_to_the_triangles_takes_the_essential_classes_in(ex):
    top = ex.diagram_view._top
    ex.diagram_view.brush.set_state({"selected_x": [0.7, 0.9], "selected_y": [2.0, top], "brushing": False})
    assert ex.selected.is_essential.sum() == 3
    assert "inf" in ex.code()


def test_code_repeats_the_selection(dgms):
    ex = ph.explore(dgms)
    for how in ({"region": RING_REGION}, {"region": ((0, 9), (2, np.inf))}, {"pairs": [3, 1, 2]}, {"atoms": [5, 9], "degree": 2}):
        ex.select(**how)
        scope = {"ph": ph, "dgms": dgms}
        exec(ex.code(), scope)
        assert np.array_equal(scope["ex"].selected_pairs, ex.selected_pairs)
        assert np.array_equal(scope["ex"].selected_atoms, ex.selected_atoms)
        if "pairs" in scope:
            assert np.array_equal(scope["pairs"].pair_id, ex.selected_pairs)


def test_code_repeats_what_links_and_the_epsilon(dgms):
    ex = ph.explore(dgms, degree=1, inverse="volumes")
    ex.epsilon = 0.02
    ex.select(pairs=dgms[1].longest(4).pair_id)
    scope = {"ph": ph, "dgms": dgms}
    exec(ex.code(), scope)
    again = scope["ex"]
    assert again.epsilon == 0.02
    assert [v.loop.tolist() for v in again.volumes] == [v.loop.tolist() for v in ex.volumes]
    settled(ex)
    settled(again)
    assert np.array_equal(again.selected_atoms, ex.selected_atoms)
    assert "epsilon" not in ph.explore(dgms, degree=1).code()


def test_one_atom_or_pair_needs_no_list_and_a_degree_may_be_any_whole_number(ex, dgms):
    ex.select(atoms=7)
    assert ex.selected_atoms.tolist() == [7]
    ex.select(pairs=np.int64(3), degree=2.0)
    assert ex.selected_pairs.tolist() == [3]
    assert ex.degree == 2
    assert type(ex.degree) is int
    assert ph.explore(dgms, degree=np.float32(2)).code() == "ex = ph.explore(dgms, degree=2)"


def test_a_brushed_region_is_short_enough_to_read(ex):
    ex.diagram_view.brush.set_state({"selected_x": [0.7512345678, 0.9], "selected_y": [1.5, 2.3000001], "brushing": False})
    assert max(len(number) for number in re.findall(r"\d+\.\d+", ex.code())) <= 7


def pick(ex, kind, index, shift):
    ex.structure_view._on_message(None, {"type": "ph_pick", "kind": kind, "index": index, "shift": shift}, [])


def test_a_click_selects_shift_adds_and_nothing_clears(ex, dgms):
    pick(ex, "click", 100, False)
    assert ex.selected_atoms.tolist() == [100]
    pick(ex, "hover", 3, False)
    pick(ex, "click", 7, True)
    assert ex.selected_atoms.tolist() == [7, 100]
    assert ex.selected_pairs.tolist() == [i for i, a in enumerate(atoms_of(dgms[1])) if a & {7, 100}]
    pick(ex, "click", 100, True)
    assert ex.selected_atoms.tolist() == [7]
    pick(ex, "click", -1, False)
    assert len(ex.selected_atoms) == len(ex.selected_pairs) == 0


def test_atoms_stay_selected_when_the_degree_changes_but_regions_do_not(ex, dgms):
    ex.select(atoms=[100])
    ex._degree.value = 2
    assert ex.degree == 2
    assert ex.selected_atoms.tolist() == [100]
    assert ex.selected_pairs.tolist() == [i for i, a in enumerate(atoms_of(dgms[2])) if 100 in a]
    ex.select(region=((0, 9), (0, 9)))
    ex._degree.value = 0
    assert len(ex.selected_pairs) == 0


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"atoms": [648]}, "numbered from 0 to 647"),
        ({"atoms": [-1]}, "numbered from 0 to 647"),
        ({"pairs": [10**6]}, "pair 1000000 is not in this diagram"),
        ({"pairs": [0.5]}, "whole numbers"),
        ({"region": (0, 1)}, "birth low"),
        ({"region": ((1, 0), (0, 1))}, "low <= high"),
        ({"region": ((0, 1), (0, float("nan")))}, "low <= high"),
        ({}, "exactly one of"),
        ({"atoms": [1], "pairs": [1]}, "exactly one of"),
        ({"atoms": [1], "degree": 9}, r"choose one of \[0, 1, 2, 3\]"),
        ({"atoms": [1], "degree": "1"}, r"choose one of \[0, 1, 2, 3\]"),
        ({"atoms": [1], "degree": [1]}, r"choose one of \[0, 1, 2, 3\]"),
        ({"atoms": "Si"}, "whole numbers"),
        ({"atoms": 1.5}, "whole numbers"),
        ({"region": ((0, 10**400), (0, 1))}, "birth low"),
    ],
)
def test_wrong_selections_say_what_to_do_and_lose_nothing(ex, how, words):
    ex.select(region=RING_REGION)
    before = ex.selection.state
    with pytest.raises(ValueError, match=words):
        ex.select(**how)
    assert ex.selection.state is before


def test_an_error_in_a_callback_is_shown_escaped_and_goes_away(ex, monkeypatch):
    def broken(*_):
        raise RuntimeError("<img src=x onerror=alert(1)>")

    with monkeypatch.context() as patch:
        patch.setattr(ex, "_answer", broken)
        ex.diagram_view.brush.set_state({"selected_x": [0.8, 0.9], "selected_y": [1.5, 2.3], "brushing": False})
        assert "RuntimeError" in ex._errors.value
        assert "<img" not in ex._errors.value
    ex.diagram_view.brush.set_state({"selected_x": [0.75, 0.9], "selected_y": [1.5, 2.3], "brushing": False})
    assert ex._errors.value == ""


def test_names_from_files_are_escaped_in_the_readout():
    evil = ph.Structure(np.random.default_rng(0).random((12, 3)), ["<img src=x onerror=alert(1)>"] * 12)
    ex = ph.explore(evil, degree=0)
    for how in ({"atoms": [0, 1]}, {"region": ((-1, 9), (-1, 9))}):
        ex.select(**how)
        assert "&lt;img" in ex._readout.value
        assert "<img" not in ex._readout.value


def test_figures_are_written_without_a_browser(ex, tmp_path):
    ex.select(region=RING_REGION)
    magic = {".svg": b"<?xml", ".pdf": b"%PDF", ".png": b"\x89PNG"}
    for suffix, start in magic.items():
        path = tmp_path / f"figure{suffix}"
        ex.save_figure(path)
        assert path.read_bytes().startswith(start)
    with pytest.raises(ValueError, match=r"\.svg, \.pdf, \.png"):
        ex.save_figure(tmp_path / "figure.doc")


def test_the_selection_is_in_the_picture(ex):
    plain = ex.picture()
    ex.select(region=RING_REGION)
    assert ex.picture() != plain


def test_where_no_widget_is_drawn_a_picture_and_a_sentence_stand_in(ex):
    bundle = ex._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["image/png"].startswith("iVBOR")
    assert len(bundle["image/png"]) < 120_000  # it stays in every saved notebook
    assert "run this notebook" in bundle["text/plain"]
    assert len(repr(ex)) < 200


def test_explore_takes_atoms_and_chooses_a_degree_with_something_in_it():
    rng = np.random.default_rng(0)
    assert ph.explore(rng.random((30, 3))).degree == 1
    assert ph.explore(rng.random((20, 2))).degree == 1
    assert ph.explore([[0.0, 0, 0]]).degree == 0
    assert ph.explore([[0.0, 0, 0], [1, 0, 0]]).degree == 0
    with pytest.raises(ValueError, match="choose one of"):
        ph.explore(rng.random((20, 2)), degree=2)


def test_loaded_diagrams_can_be_explored(dgms, tmp_path):
    dgms.save(tmp_path / "dgms.npz")
    ex = ph.explore(ph.load_diagrams(tmp_path / "dgms.npz"), degree=1)
    ex.select(region=RING_REGION)
    again = ph.explore(dgms, degree=1)
    again.select(region=RING_REGION)
    assert np.array_equal(ex.selected_atoms, again.selected_atoms)


def test_selections_from_several_threads_stay_consistent(ex, dgms):
    """Callbacks of the browser arrive on other threads: whatever wins, pairs and atoms belong together."""

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(20):
            low = rng.uniform(0.7, 2)
            ex.select(region=((low, low + 0.5), (low, low + 1)))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    state = ex.selection.state
    assert state.inputs.tolist() == sorted(set().union(set(), *atoms_of(dgms[1].subset(state.pairs))))


def test_ticks_are_round_and_inside():
    for low, high in [(0.65, 3.3), (-0.1, 12.0), (0, 1e-5), (0, 2e8), (4, 4.0001)]:
        values, fmt = diagram_view._ticks(low, high)
        assert len(values) >= 3
        assert values.min() >= low
        assert values.max() <= high
        assert fmt.startswith(".")


def test_points_on_the_diagram_are_few_while_dragging_and_at_most_two_thousand_after():
    rng = np.random.default_rng(0)
    dgms = ph.alpha_persistence(rng.random((3000, 3)))
    ex = ph.explore(dgms, degree=1)
    everything = ((0, 9), (0, 9))
    ex.select(region=everything)
    assert len(ex.selected) == len(dgms[1]) > 2000
    assert ex.diagram_view._many.visible  # a picture: so many nodes would hold up the browser
    assert len(ex.diagram_view._selected.x) == 0
    assert ex.diagram_view.drawn == 2000
    assert "most persistent are drawn" in ex._readout.value
    ex._region_brushed(everything, True)
    assert len(ex.diagram_view._selected.x) == diagram_view.POINTS_PASSING


def test_a_coarse_grained_graph_is_drawn_over_the_atoms(ex, dgms):
    volumes = {v.pair_id: v for v in ph.optimal_volumes(dgms[2].longest(12))}
    graph = ph.coarse_grain(volumes.values())
    cell = dgms.source.cell

    def drawn(layer, key):
        content, buffers = ex.structure_view._channel._store[layer]
        return np.frombuffer(buffers[content["keys"].index(key)], np.float32).reshape(-1, 3)

    ex.show_graph(graph)
    centre = {node: np.array(data["centre"]) for node, data in graph.nodes(data=True)}
    edges = [data for _, _, data in graph.edges(data=True)]
    assert any(any(e["offset"]) for e in edges)
    assert np.allclose(drawn("nodes", "position"), list(centre.values()), atol=1e-4)
    assert np.allclose(drawn("links", "position1"), [centre[e["source"]] for e in edges], atol=1e-4)
    assert np.allclose(drawn("links", "position2"), [centre[e["target"]] + e["offset"] @ cell for e in edges], atol=1e-4)
    for e in edges:  # there the two share so many corners
        here, there = (volumes[e[end]].points for end in ("source", "target"))
        assert (cKDTree(here).query(there + e["offset"] @ cell)[0] < 1e-3).sum() >= e["shared"]
    ex.select(region=RING_REGION)
    assert {"nodes", "links"} <= set(ex.structure_view.layers())
    ex.show_graph()
    assert len(drawn("nodes", "position")) == len(drawn("links", "position1")) == 0


def test_what_is_said_under_the_structure_follows_the_language(dgms):
    ex = ph.explore(dgms, language="ja")
    assert "準備" in ex.structure_view._status.value
    ex.structure_view._fail("no webgl", False)
    assert "WebGL" in ex.structure_view._status.value
    assert "This browser" not in ex.structure_view._status.value


# ---- shapes ------------------------------------------------------------------------------------------------------------------


def test_the_shapes_of_a_selection_are_found_in_the_background_and_drawn(ex, dgms):
    ex.select(region=RING_REGION)
    settled(ex)
    shapes = ex._links.known(ex.selected)
    expected = ph.stable_volumes(ex.selected, ex.epsilon)
    assert [v.pair_id for v in ex.volumes] == ex.selected_pairs.tolist()
    assert [v.loop.tolist() for v in ex.volumes] == [v.loop.tolist() for v in expected]
    assert {v.pair_id for v in shapes} == {v.pair_id for v in expected if not v.problem}
    assert "rings" in ex.structure_view.layers()
    assert f"{len(shapes):,}" in ex._shape_panel.card.value
    assert ex._shape_panel.progress.layout.display == "none"


def test_asking_for_volumes_does_not_end_the_search_for_all_others(dgms):
    ex = ph.explore(dgms, degree=1, inverse="volumes")
    ex.epsilon = 0.02
    atom = int(ph.optimal_volumes(dgms[1].longest(1))[0].atoms[0])
    ex.select(atoms=[atom])
    _ = ex.volumes
    settled(ex)
    assert ex._links.shapes.done == ex._links.shapes.total == len(dgms[1].finite)
    holds = [v.pair_id for v in ph.stable_volumes(dgms[1].finite, 0.02) if not v.problem and atom in v.atoms]
    assert set(holds) <= set(ex.selected_pairs.tolist())


def test_the_card_compares_the_selection_with_all_other_pairs(ex, dgms):
    ex.select(pairs=dgms[1].longest(5).pair_id)
    settled(ex)
    everything = ph.stable_volumes(dgms[1].finite, ex.epsilon)
    others = [v for v in everything if not v.problem and v.pair_id not in ex.selected_pairs]
    until(lambda: f"{len(others):,} others" in ex._shape_panel.card.value)
    share = np.mean([len(v.loop) == 12 for v in others])
    row = re.search(r">12</td><td>.*?</td></tr>", ex._shape_panel.card.value)[0]
    assert row.count(" %<") == 2
    assert f"{100 * share:.0f} %" in row


def test_what_is_searched_for_later_can_be_cancelled_and_taken_up_again(ex, dgms, monkeypatch):
    from phwidgets.widgets import shapes

    monkeypatch.setattr(shapes, "PAUSE", 20.0)
    ex.select(pairs=dgms[1].longest(5).pair_id)
    settled(ex)
    ex._links.shapes.cancel()
    ex._links.shapes._thread.join(30)
    assert not ex._links.shapes._thread.is_alive()
    assert not ex._links.shapes.busy
    assert len(ex._links.shapes.all_known(1, ex.epsilon)) == 5
    monkeypatch.setattr(shapes, "PAUSE", 0.2)
    ex._links.shapes.go_on()
    until(lambda: not ex._links.shapes._pending)
    assert len(ex._links.shapes.all_known(1, ex.epsilon)) == len(dgms[1].finite)


def test_what_a_search_has_found_and_not_told_is_shown_when_volumes_are_asked_for(ex, dgms):
    shapes, search = ex._links.shapes, ex._links.shapes.search
    wanted = dgms[1].longest(3)

    def hesitating(diagram, epsilon, cancelled):
        yield from search(diagram, epsilon, cancelled)
        while cancelled is not None and not cancelled():  # all is found, and the report is not yet on its way
            time.sleep(0.01)

    shapes.search = hesitating
    ex.select(pairs=wanted.pair_id)
    until(lambda: len(shapes.all_known(1, ex.epsilon)) == 3)
    assert len(ex.volumes) == 3
    assert "shapes of 3 of 3 selected" in ex._shape_panel.card.value


def test_the_card_says_which_selected_pairs_live_too_shortly_for_a_shape(ex, dgms):
    rings = dgms[1].finite
    short = rings.subset(rings.pair_id[rings.persistence < 0.5 * ex.epsilon][:5])
    long = rings.longest(2)
    ex.select(pairs=[*short.pair_id, *long.pair_id])
    found = ex.volumes
    failed = sum("no longer than epsilon" in v.problem for v in found)
    assert failed == 5
    assert f"shapes of 2 of 7 selected; the other 5 live no longer than ε = {ex.epsilon:g} Å" in ex._shape_panel.card.value
    ex.select(pairs=short.pair_id)
    assert "all 5 selected live no longer" in ex._shape_panel.card.value
    ex.select(pairs=short.pair_id[:1])
    assert "the selected pair lives no longer" in ex._shape_panel.card.value
    ex.clear()
    assert ex._shape_panel.card.value == ""
    assert "残りの 5 個は寿命が ε = 0.06 Å 以下" in card(Words("ja"), [found[5], found[6]], [], 7, 5, "0.06 Å")


def layer(ex, name, key="position"):
    """What was sent of a layer: its message and one of its arrays of points."""
    content, buffers = ex.structure_view._channel._store[name]
    return content, np.frombuffer(buffers[content["keys"].index(key)], np.float32).reshape(-1, 3)


def test_rings_across_the_border_are_drawn_in_one_piece_with_ghosts_of_their_atoms_in_the_colour_of_the_diagram(ex, dgms):
    ex.select(region=((0.75, 0.9), (1.8, 2.3)))
    settled(ex)
    rings = [v for v in ex.volumes if not v.problem]
    assert sum(bool(v.offsets.any()) for v in rings) > 3
    content, starts = layer(ex, "rings", "position1")
    ends = layer(ex, "rings", "position2")[1]
    assert np.allclose(sorted(starts.tolist()), sorted(np.concatenate([v.points for v in rings]).tolist()), atol=1e-4)
    assert np.linalg.norm(ends - starts, axis=1).max() < 2 * max(v.birth for v in rings) + 2 * ex.epsilon + 1e-3  # none across the cell
    assert "#" + "".join(f"{round(255 * c):02x}" for c in content["constants"]["color"]) == ex.diagram_view._selected.colors[0]
    _, ghosts = layer(ex, "ghosts")
    tree = cKDTree(ghosts)
    for v in rings:
        assert tree.query(v.points)[0][v.offsets.any(1)].max(initial=0) < 1e-3
    for point in ghosts:  # each is the image of an atom and no atom itself
        shift = np.linalg.solve(dgms.source.cell.T, (point - dgms.source.positions).T).T
        at = np.abs(shift - shift.round()).max(1).argmin()
        assert np.abs(shift[at] - shift[at].round()).max() < 1e-4
        assert shift[at].round().any()


def test_cavities_are_translucent_surfaces_of_their_faces_and_components_are_their_atoms(dgms):
    ex = ph.explore(dgms, degree=2, inverse="volumes")
    ex.select(pairs=dgms[2].longest(3).pair_id)
    settled(ex)
    content, corners = layer(ex, "cavities")
    walls = list(ex.volumes)
    assert content["parameters"]["opacity"] < 0.6
    assert np.allclose(
        sorted(corners.tolist()), sorted(np.concatenate([v.points[v.faces].reshape(-1, 3) for v in walls]).tolist()), atol=1e-4
    )
    assert ex.selected_atoms.tolist() == sorted(set(np.concatenate([v.atoms for v in walls]).tolist()))
    ex.select(pairs=dgms[0].finite.pair_id[-3:], degree=0)
    settled(ex)
    assert ex.selected_atoms.tolist() == sorted(set(np.concatenate([v.atoms for v in ex.volumes]).tolist()))


def test_epsilon_zero_gives_optimal_volumes(ex):
    ex.select(pairs=ex.diagrams[1].longest(3).pair_id)
    ex.epsilon = 0.0
    assert [v.size for v in ex.volumes] == [v.size for v in ph.optimal_volumes(ex.selected)]
    assert ex._shape_panel._epsilon.value == 0.0
    with pytest.raises(ValueError, match="at least 0"):
        ex.epsilon = -1


def test_linked_by_whole_shapes_an_atom_selects_every_ring_that_it_is_in(dgms):
    ex = ph.explore(dgms, degree=1, inverse="volumes")
    ex.select(atoms=[100])
    settled(ex)
    shapes = {v.pair_id: v for v in ph.stable_volumes(dgms[1].finite, ex.epsilon)}
    simplices = atoms_of(dgms[1])
    expected = [
        i for i in range(len(dgms[1])) if 100 in (simplices[i] if i not in shapes or shapes[i].problem else set(shapes[i].atoms.tolist()))
    ]
    assert ex.selected_pairs.tolist() == expected
    assert 'inverse="volumes"' in ex.code().replace("'", '"')
    longest = dgms[1].longest(1)
    ex.select(pairs=longest.pair_id)
    assert ex.selected_atoms.tolist() == shapes[longest.pair_id[0]].atoms.tolist()
    ex.inverse = "simplices"
    assert ex.selected_atoms.tolist() == sorted(simplices[longest.pair_id[0]])


def test_a_search_can_be_cancelled_and_taken_up_again(ex):
    ex.inverse = "volumes"
    ex.select(pairs=[0])
    ex._shape_panel._stop.click()
    assert not ex._links.shapes.busy
    done = ex._links.shapes.done
    time.sleep(0.3)
    assert ex._links.shapes.done - done <= 1
    assert ex._shape_panel._stop.description == "Continue"
    ex._shape_panel._stop.click()
    settled(ex)
    assert ex._links.shapes.done == ex._links.shapes.total == len(ex.diagrams[1].finite)


def test_cavities_are_drawn_as_walls_and_components_have_no_epsilon(ex, dgms):
    ex.select(pairs=dgms[2].longest(2).pair_id, degree=2)
    settled(ex)
    assert "cavities" in ex.structure_view.layers()
    assert [v.size for v in ex.volumes] == [v.size for v in ph.optimal_volumes(dgms[2].longest(2))]
    ex.select(pairs=dgms[0].longest(2).pair_id, degree=0)
    assert ex._shape_panel._epsilon.layout.display == "none"
    with pytest.raises(ValueError, match="components"):
        ex.epsilon = 0.1


def test_another_configuration_keeps_the_region(ex):
    ex.select(region=RING_REGION)
    other = ph.alpha_persistence(ph.sample("silica-melt"))
    ex.show(other)
    assert ex.selected_pairs.tolist() == other[1].in_region(*RING_REGION).pair_id.tolist()
    assert ex.structure is other.source
    assert [v.pair_id for v in ex.volumes] == ex.selected_pairs.tolist()


def test_words_follow_the_language(dgms):
    ex = ph.explore(dgms, degree=1, language="ja")
    assert "リング" in ex._degree.options[1][0]
    ex.select(region=RING_REGION)
    assert "リング" in ex._readout.value


# ---- frames ------------------------------------------------------------------------------------------------------------------


def test_a_trajectory_keeps_its_selection_and_draws_a_curve():
    frames = [ph.sample("silica-melt"), ph.sample("silica-glass"), ph.sample("cristobalite")]
    ex = ph.explore(frames)
    assert ex.frame == 0
    ex.select(region=RING_REGION)
    for index in (1, 2, 0):  # the last two have other atoms in other orders
        ex.frame = index
        expected = ph.alpha_persistence(frames[index])[1].in_region(*RING_REGION)
        assert ex.selected_pairs.tolist() == expected.pair_id.tolist()
        assert len(ex.structure_view.structure) == len(frames[index])
    until(lambda: ex.frames.known == 3)
    counts = [len(ph.alpha_persistence(s)[1].in_region(*RING_REGION)) for s in frames]
    assert ex.curve().tolist() == counts
    assert ex.curve("persistence")[1] == pytest.approx(ph.alpha_persistence(frames[1])[1].finite.persistence.sum())
    with pytest.raises(ValueError, match="radius"):
        ex.curve("betti")


def test_a_list_of_ase_atoms_is_a_trajectory():
    frames = [ase.build.bulk("Cu", cubic=True), ase.build.bulk("Cu", a=3.7, cubic=True)]
    ex = ph.explore(frames)
    ex.frame = 1
    assert ex.structure == ph.Structure(frames[1])
    with pytest.raises(ValueError, match="holds the atoms"):
        ph.explore([frames[0][0]])


def test_a_frame_that_cannot_be_read_is_said_and_the_others_go_on():
    class Broken(list):
        def __getitem__(self, index):
            if index == 1:
                raise ValueError("frame 1: <b>rubbish</b> in line 7")
            return super().__getitem__(index)

    frames = Broken([ph.sample("silica-glass")] * 3)
    ex = ph.explore(frames)
    until(lambda: ex.frames.known + len(ex.frames.problems) == 3)
    assert list(ex.frames.problems) == [1]
    until(lambda: "&lt;b&gt;rubbish" in ex._far.value)
    ex.frame = 2
    assert ex.frame == 2


def test_an_epsilon_that_the_browser_only_rounds_changes_nothing(ex):
    ex.select(region=RING_REGION)
    value, slider = ex.epsilon, ex._shape_panel._epsilon
    slider.value = value + 0.4 * slider.step
    assert ex.epsilon == value
    slider.value = value + 2 * slider.step
    assert ex.epsilon == slider.value != value
