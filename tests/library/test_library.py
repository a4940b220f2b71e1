"""What is added to a library and what it answers, against counting by hand."""

import datetime
import math

import numpy as np
import pandas as pd
import pytest

import phwidgets as ph
from phwidgets.library import Library
from phwidgets.library.entries import entry
from phwidgets.persistence.diagram import _COLUMNS, Diagram
from phwidgets.persistence.diagrams import Diagrams
from phwidgets.persistence.region import Region

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


# ---- adding ----------------------------------------------------------------------------------------------------------------


def test_what_is_added_comes_back(tmp_path):
    lib = Library(tmp_path / "a.duckdb")
    assert (len(lib), lib.unit, lib.names()) == (0, None, [])
    glass = ph.Structure(np.random.default_rng(0).random((30, 3)) * 7, ["Si", "O", "O"] * 10, cell=[7, 7, 7])
    dgms = ph.alpha_persistence(glass)
    when = datetime.datetime(2026, 11, 23, 9, 0)
    facts = {"density": 2.2, "atoms": np.int64(30), "molten": False, "note": "'; DROP TABLE pairs; --", "made": when, "größe": 1.5}
    assert lib.add("glass 'a'", dgms, thumbnail=PNG, **facts)
    back = lib.diagrams("glass 'a'")
    assert (back.source, back.unit, back.resolution) == (glass, "Å", dgms.resolution)
    for k, d in dgms.items():
        assert all(np.array_equal(getattr(back[k], name), getattr(d, name)) for name in _COLUMNS)
    assert lib.thumbnail("glass 'a'") == PNG
    row = lib.facts().iloc[0].to_dict()
    assert {name: row[name] for name in facts} == {**facts, "made": pd.Timestamp(when)}
    assert ("glass 'a'" in lib, "other" in lib, lib.unit, len(lib)) == (True, False, "Å", 1)
    dgms.save(tmp_path / "glass.npz")
    assert not any(lib.add("glass 'a'", same) for same in (dgms, back, ph.load_diagrams(tmp_path / "glass.npz")))
    assert lib.sql("SELECT count(*) AS n FROM pairs")["n"].item() == sum(map(len, dgms.values()))
    with pytest.raises(ValueError, match="there is no 'other'"):
        lib.diagrams("other")


def test_nothing_is_there_twice_and_nothing_is_overwritten_unasked(lib, diagrams):
    assert not lib.add("s0", diagrams(0), note="seen again")
    assert lib.facts("name = 's0'")["note"].item() == "seen again"
    assert lib.facts("name = 's0'")["density"].item() == 2.0
    with pytest.raises(ValueError, match="with other diagrams"):
        lib.add("s0", diagrams(99))
    assert np.array_equal(lib.diagrams("s0")[1].birth, diagrams(0)[1].birth)
    assert lib.add("s0", diagrams(99), replace=True, density=9.0)
    assert len(lib) == 6
    assert lib.sql("SELECT count(*) AS n FROM pairs")["n"].item() == 6 * 60
    assert np.array_equal(lib.diagrams("s0")[1].birth, diagrams(99)[1].birth)
    lib.remove("s0")
    assert ("s0" in lib, len(lib)) == (False, 5)
    assert lib.sql("SELECT count(*) AS n FROM pairs")["n"].item() == 5 * 60


def test_entries_of_an_earlier_version_are_known():
    """What is in a library is recognised by this number, in which offsets are as wide as they once were."""
    offset = np.array([[[0, 0, 0], [0, 0, 1]], [[0, 0, 0], [0, -1, 0]]])
    birth, death, edges, triangles = np.array([1.0, 1.5]), np.array([2.0, np.inf]), [[0, 1], [1, 2]], [[0, 1, 2], [-1, -1, -1]]
    d = Diagram(1, "Å", birth, death, np.array(edges), np.array(triangles), offset)
    assert d.birth_offset.dtype == d.death_offset.dtype == np.int32
    assert entry("a", Diagrams({1: d}, source=None, unit="Å", resolution=1e-6), {}).digest.startswith("457847fe18bf584e52bc146a183fcfb4")


def test_many_at_once_and_again(lib, diagrams):
    items = {f"m{i}": diagrams(100 + i) for i in range(10)}
    facts = pd.DataFrame({"density": [1.5] * 9 + [np.nan], "new": ["x"] * 10}, index=list(items))
    assert lib.add_many(items, facts=facts, batch=4) == 10
    assert lib.add_many(items.items(), batch=3) == 0
    assert lib.facts("new = 'x'")["density"].isna().sum() == 1
    bad = {"n0": diagrams(200), "n1": diagrams(201), "m0": diagrams(202), "n3": diagrams(203)}
    with pytest.raises(ValueError, match="'m0' is in the library with other"):
        lib.add_many(bad, batch=2)
    assert ("n1" in lib, "n3" in lib) == (True, False)  # whole batches or nothing
    with pytest.raises(ValueError, match="'p' is given twice"):
        lib.add_many([("p", diagrams(1)), ("p", diagrams(2))])


def test_thousands_in_one_call(lib, diagrams):
    many = [(f"t{i}", diagrams(300 + i % 50, n=5)) for i in range(3000)]
    assert lib.add_many(iter(many[:1000])) == 1000
    assert lib.add_many(many) == 2000  # goes on where it was
    assert (len(lib), lib.names()[6:]) == (3006, [name for name, _ in many])
    assert lib.sql("SELECT count(*) AS n FROM pairs")["n"].item() == 6 * 60 + 3000 * 10
    assert np.array_equal(lib.diagrams("t2999")[1].birth, many[-1][1][1].birth)


def test_units_are_not_mixed(lib, diagrams):
    with pytest.raises(ValueError, match="'x' is in px, this library in Å"):
        lib.add("x", diagrams(1, unit="px"))
    assert "x" not in lib
    with pytest.raises(ValueError, match="in px, this library in Å"):
        lib.with_pairs(Region("r", unit="px"))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({'a" VARCHAR); DROP TABLE pairs; --': 1}, "cannot be called"),
        ({"id": 1}, "cannot be called"),
        ({"Name": 1}, "cannot be called"),
        ({"1a": 1}, "cannot be called"),
        ({"a b": 1}, "cannot be called"),
        ({"a": 1, "A": 2}, "two facts"),
        ({"a": [1]}, "is list"),
        ({"a": 2**64}, "too large"),
        ({"density": "high"}, "of type DOUBLE"),
        ({"method": 3}, "of type VARCHAR"),
    ],
)
def test_facts_that_are_refused(lib, facts, reason, diagrams):
    with pytest.raises(ValueError, match=reason):
        lib.add_many({"x": diagrams(50)}, facts={"x": facts})
    assert "x" not in lib
    assert len(lib.sql("SELECT * FROM pairs")) == 360


def test_whole_numbers_become_fractions_when_needed(lib, diagrams):
    lib.add("x", diagrams(50), step=2.5, Density=3)
    assert lib.facts("name = 'x'")[["step", "density"]].to_numpy().tolist() == [[2.5, 3.0]]
    assert lib.facts("name = 's3'")["step"].item() == 3
    assert [c for c in lib.facts().columns if c.lower() == "density"] == ["density"]


@pytest.mark.parametrize(("name", "dgms"), [("", None), ("x" * 2000, None), (3, None), ("x", [1]), ("x", None)])
def test_entries_that_are_none(lib, name, dgms, diagrams):
    with pytest.raises(ValueError, match=r"a name is|holds diagrams"):
        lib.add(name, dgms)


# ---- asking ----------------------------------------------------------------------------------------------------------------


def test_pairs_in_a_region_are_those_counted_by_hand(lib, diagrams):
    birth, death = (0.2, 0.7), (0.5, math.inf)
    counts = {f"s{i}": len(diagrams(i)[1].in_region(birth, death)) for i in range(6)}
    for at_least in (1, 8, 12, 40):
        found = lib.with_pairs(1, birth, death, at_least)
        assert dict(zip(found["name"], found["pairs"], strict=True)) == {k: v for k, v in counts.items() if v >= at_least}
    assert found.columns.tolist() == ["name", "pairs", "density", "method", "step"]
    ordered = lib.with_pairs(Region("r", birth, death, unit="Å"))
    assert ordered["pairs"].tolist() == sorted(counts.values(), reverse=True)
    assert set(lib.with_pairs(1, birth, death, where="method = 'melt' AND density > 2.2")["name"]) == {"s3", "s5"}
    for wrong, reason in (({"birth": (2, 1)}, "interval"), ({"at_least": 0}, "at_least"), ({"where": "nothing = 1"}, "cannot be answered")):
        with pytest.raises(ValueError, match=reason):
            lib.with_pairs(1, **wrong)


def test_sql_reads_and_does_nothing_else(lib, tmp_path):
    table = lib.sql("SELECT name, count(*) AS n FROM items JOIN pairs USING (id) WHERE degree = ? GROUP BY name ORDER BY name", [1])
    assert table["n"].tolist() == [30] * 6
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for question in (
        "DROP TABLE pairs",
        "DELETE FROM pairs",
        "INSERT INTO meta VALUES ('a', 'b')",
        "UPDATE entries SET name = 'x'",
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT * FROM '{secret}'",
        f"COPY pairs TO '{tmp_path / 'out.csv'}'",
        f"ATTACH '{tmp_path / 'b.duckdb'}'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "EXPORT DATABASE 'x'",
        "SELECT 1; DROP TABLE pairs",
        "SELEC",
        "",
    ):
        with pytest.raises(ValueError, match="cannot be answered"):
            lib.sql(question)
    for where in ("1=1); DROP TABLE pairs; --", f"name IN (SELECT a FROM read_csv('{secret}'))"):
        for ask in (lib.names, lambda text: lib.with_pairs(1, where=text), lib.facts):
            with pytest.raises(ValueError, match="cannot be answered"):
                ask(where)
    assert len(lib) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.duckdb", "secret.csv"]
