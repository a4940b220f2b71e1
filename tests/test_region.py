"""Named regions, counts of them, and many diagrams as one, against counting by hand."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phwidgets.persistence.diagram import Diagram
from phwidgets.persistence.diagrams import Diagrams
from phwidgets.persistence.region import Region, count_regions, load_regions, save_regions
from phwidgets.persistence.series import accumulated_histogram, time_series


def diagram(pairs, degree=1, unit="Å"):
    pairs = np.array(pairs, float).reshape(-1, 2)
    cells = [np.zeros((len(pairs), degree + extra), np.int64) for extra in (1, 2)]
    return Diagram(degree, unit, pairs[:, 0], pairs[:, 1], *cells)


def diagrams(*by_degree, unit="Å"):
    return Diagrams({k: diagram(pairs, k, unit) for k, pairs in enumerate(by_degree)}, source=None, unit=unit, resolution=0.0)


numbers = st.floats(-5, 5).map(lambda x: round(x, 1))
intervals = st.tuples(numbers, numbers).map(lambda pair: tuple(sorted(pair)))


@settings(max_examples=100, deadline=None)
@given(st.lists(intervals, max_size=20), intervals, intervals)
def test_a_region_holds_what_lies_between_its_borders(pairs, birth, death):
    found = Region("r", birth, death).select(diagram(pairs))
    expected = [i for i, (b, d) in enumerate(pairs) if birth[0] <= b <= birth[1] and death[0] <= d <= death[1]]
    assert found.pair_id.tolist() == expected


def test_open_ends_take_everything_in():
    d = diagram([(1, 2), (1, math.inf)])
    assert len(Region("all").select(d)) == 2
    assert len(Region("finite", death=(0, 1e9)).select(d)) == 1


def test_the_degree_is_found_and_the_unit_is_checked():
    region = Region("r", (0, 1), (1, 2), degree=1, unit="Å")
    both = diagrams([(0, 1)], [(0.5, 1.5), (3, 4)])
    assert region.select(both).degree == 1
    assert len(region.select(both)) == 1
    with pytest.raises(ValueError, match="in Å, the diagram in Å²"):
        region.select(diagram([(0, 1)], unit="Å²"))
    assert len(dataclasses.replace(region, unit=None).select(diagram([(0, 1)], unit="Å²"))) == 1
    with pytest.raises(ValueError, match="of degree 1, the diagram of degree 0"):
        region.select(both[0])
    with pytest.raises(ValueError, match="of degree 2, and only"):
        Region("r", degree=2).select(both)
    with pytest.raises(ValueError, match="not from list"):
        region.select([1])


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": 3}, {"birth": (2, 1)}, {"death": (math.nan, 1)}, {"birth": 3}, {"degree": -1}, {"degree": 1.0}, {"unit": 1}],
)
def test_a_region_that_is_none(wrong):
    with pytest.raises(ValueError, match=r"name|interval|degree|unit"):
        Region(**{"name": "r", **wrong})


def test_regions_are_kept_in_a_file(tmp_path):
    regions = [Region("C_O", (0.1, 1 / 3), (1, math.inf), 1, "Å"), Region("空", degree=2), Region("<b>")]
    path = tmp_path / "regions.json"
    save_regions(path, regions)
    assert load_regions(path) == regions
    json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)  # no Infinity, which is no JSON
    with pytest.raises(ValueError, match="two regions have the name 'a'"):
        save_regions(path, [Region("a"), Region("a")])
    assert load_regions(path) == regions
    for text in ("", "[]", "{}", '{"format": 99, "regions": []}', '{"format": 1, "regions": [{"name": "a"}]}', "[" * 100_000):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="not a file of regions"):
            load_regions(path)
    with pytest.raises(FileNotFoundError):
        load_regions(tmp_path / "none.json")


MANY = [diagrams([(0, 1)], [(1, 2), (1, 3)]), None, diagrams([(0, 2)], [(1.5, 2.5)])]
REGIONS = [Region("low", (0, 1.2)), Region("components", degree=0)]


def test_counts_of_many():
    table = count_regions(REGIONS, {"a": MANY[0], "b": MANY[2]})
    assert table.to_dict("index") == {"a": {"low": 2, "components": 1}, "b": {"low": 0, "components": 1}}
    assert (table.index.name, str(table.dtypes["low"])) == ("name", "int64")
    table = count_regions(REGIONS, MANY, names=["a", "gone", "c"])
    assert table["low"].isna().tolist() == [False, True, False]
    assert table.loc["c", "low"] == 0
    assert count_regions(REGIONS, []).shape == (0, 2)
    assert count_regions(REGIONS[0], MANY[:1])["low"].tolist() == [2]
    with pytest.raises(ValueError, match="2 names for 3"):
        count_regions(REGIONS, MANY, names=["a", "b"])
    with pytest.raises(ValueError, match="pass a list"):
        count_regions(REGIONS, MANY[0])


def test_an_accumulated_histogram_is_the_sum_of_all():
    rng = np.random.default_rng(0)
    many = [diagram(np.sort(rng.random((50, 2)), axis=1)) for _ in range(4)] + [diagram([(0.2, math.inf)]), None]
    h = accumulated_histogram(many, bins=16)
    edges = h.birth_edges
    x = np.concatenate([np.column_stack([d.birth, d.death]) for d in many[:4]])
    expected, _, _ = np.histogram2d(x[:, 0], x[:, 1], bins=[edges, edges])
    assert (h.counts == expected).all()
    assert (h.diagrams, h.outside, h.degree, h.unit) == (5, 0, 1, "Å")
    assert h.mean.sum() == pytest.approx(200 / 5)
    part = accumulated_histogram(many, bins=16, range=(0, 0.5))
    assert part.counts.sum() + part.outside == 200
    assert part.outside > 0
    assert h.plot().get_xlabel() == "birth (Å)"
    assert accumulated_histogram([m for m in MANY if m], 0).counts.sum() == 2
    for wrong, reason in (([], "no diagram of degree 1"), ([diagram([(0, 1)], 0)], "degree 0 is among"), (MANY, "degree 5")):
        with pytest.raises(ValueError, match=reason):
            accumulated_histogram(wrong, 1 if wrong is not MANY else 5)
    with pytest.raises(ValueError, match="cannot be added up"):
        accumulated_histogram([diagram([(0, 1)]), diagram([(0, 1)], unit="px")])
    with pytest.raises(ValueError, match="bins is"):
        accumulated_histogram(many, bins=0)


def test_curves_over_time():
    many = [diagrams([(0, 1), (0, 3), (0, math.inf)], [(1, 2)]), None, diagrams([(0, 2)], [])]
    table = time_series(many, [Region("r", (0, 1), (2, 2))], at=1.0, times=[0.0, 0.5, 1.0])
    assert table.index.tolist() == [0.0, 0.5, 1.0]
    assert table["r"].tolist()[::2] == [1, 0]
    assert table["total persistence PD0 (Å)"].tolist()[::2] == [4.0, 2.0]
    assert table["total persistence PD1 (Å)"].tolist()[::2] == [1.0, 0.0]
    assert table["Betti 0"].tolist()[::2] == [2, 1]  # [0, 1) has ended at 1
    assert table["Betti 1"].tolist()[::2] == [1, 0]
    assert table.iloc[1].isna().all()
    with pytest.raises(ValueError, match="cannot be compared"):
        time_series([diagrams([(0, 1)]), diagrams([(0, 1)], unit="px")])
    with pytest.raises(ValueError, match="finite value"):
        time_series(many, at=math.inf)


def test_betti_numbers_of_a_superlevel_filtration():
    d = Diagram(0, "", np.array([5.0, 4.0]), np.array([-math.inf, 2.0]), np.zeros((2, 1), int), np.zeros((2, 2), int))
    assert [time_series([d], at=at)["Betti 0"].item() for at in (6, 5, 4, 3, 2)] == [0, 1, 2, 2, 1]
