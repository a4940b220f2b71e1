"""The file of a library: readers and writers, crashes, other files, Parquet, and results that come in one by one."""

import os
import signal
import subprocess
import sys
import threading

import duckdb
import numpy as np
import pandas as pd
import pytest

from phwidgets.batch import compute_many
from phwidgets.library import Library
from phwidgets.library import store as store_module

# ---- files -----------------------------------------------------------------------------------------------------------------

READER = """
import sys, phwidgets.library
lib = phwidgets.library.Library({path!r})
with lib._store.reading() as con:
    print(con.execute("SELECT count(*) FROM pairs").fetchall()[0][0], flush=True)
    sys.stdin.readline()
"""


def test_two_processes_read_and_a_writer_waits(lib, monkeypatch, diagrams):
    code = READER.format(path=str(lib.path))
    readers = [subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [reader.stdout.readline() for reader in readers] == ["360\n", "360\n"]  # at the same time: both still hold the file
    assert len(lib) == 6
    monkeypatch.setattr(store_module, "WAIT", 0.2)
    with pytest.raises(ValueError, match="in use by another process"):
        lib.add("x", diagrams(50))
    monkeypatch.setattr(store_module, "WAIT", 20.0)
    writer = threading.Thread(target=lambda: lib.add("x", diagrams(50)))
    writer.start()
    for reader in readers:
        reader.communicate("\n")
    writer.join(20)
    assert "x" in lib


KILLED = """
import os, signal, sys
sys.path.insert(0, {here!r})
from conftest import made as diagrams
import phwidgets.library.entries as entries
from phwidgets.library import Library
lib = Library({path!r})
for i in range(5):
    lib.add(f"k{{i}}", diagrams(1000 + i), step=i)
    print(i, flush=True)
insert = entries.insert_facts
def dying(con, ids, rows):
    insert(con, ids, rows)
    os.kill(os.getpid(), signal.SIGKILL)
entries.insert_facts = dying
if {within}:
    lib.add("k5", diagrams(1005))
with lib._store.writing() as con:
    con.execute("INSERT INTO facts (id) VALUES (99)")
    con.execute("COMMIT")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("within", [True, False], ids=["before the commit", "after the commit, before the file is in order"])
def test_a_crash_while_adding_loses_nothing_that_was_added(tmp_path, within, diagrams):
    path = tmp_path / "k.duckdb"
    code = KILLED.format(here=os.path.dirname(__file__), path=str(path), within=within)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout.split() == list("01234")
    lib = Library(path)
    assert lib.names() == [f"k{i}" for i in range(5)]
    assert lib.sql("SELECT count(*) AS n FROM pairs")["n"].item() == 5 * 60
    assert lib.sql("SELECT count(*) AS n FROM facts WHERE id = 99")["n"].item() == (not within)
    assert np.array_equal(lib.diagrams("k4")[1].birth, diagrams(1004)[1].birth)
    assert lib.add("k5", diagrams(1005))


def test_files_that_are_no_library_say_so(tmp_path, lib):
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as con:
        con.execute("CREATE TABLE t (a INTEGER)")
    text = tmp_path / "text.duckdb"
    text.write_text("hello" * 1000)
    with duckdb.connect(str(lib.path)) as con:
        con.execute("UPDATE meta SET value = '99' WHERE key = 'phwidgets library'")
    for path, reason in (
        (other, "no library of phwidgets"),
        (text, "no library of phwidgets"),
        (lib.path, "newer version.*update phwidgets"),
    ):
        before = path.read_bytes()
        with pytest.raises(ValueError, match=reason):
            Library(path)
        assert path.read_bytes() == before
    with duckdb.connect(str(lib.path)) as con:
        con.execute("UPDATE meta SET value = '0' WHERE key = 'phwidgets library'")
    with pytest.raises(ValueError, match=r"an older version.*lib\.diagrams\(name\)\.save"):
        Library(lib.path)
    for wrong in ("", ":memory:", "https://example.org/a.duckdb", tmp_path, tmp_path / "no" / "a.duckdb"):
        with pytest.raises(ValueError, match=r"a library is a file|is a folder"):
            Library(wrong)


def test_parquet_there_and_back(lib, tmp_path, diagrams, moments):
    lib.describe(moments())
    folder = tmp_path / "it's exported"
    lib.to_parquet(folder)
    assert len(pd.DataFrame(duckdb.sql("SELECT * FROM read_parquet($p)", params={"p": str(folder / "pairs.parquet")}).df())) == 360
    back = Library.from_parquet(folder, tmp_path / "b.duckdb")
    assert back.names() == lib.names()
    pd.testing.assert_frame_equal(back.facts(), lib.facts())
    pd.testing.assert_frame_equal(back.similar("s1"), lib.similar("s1"))
    pd.testing.assert_frame_equal(back.with_pairs(1, (0, 1)), lib.with_pairs(1, (0, 1)))
    assert (back.unit, back.descriptors().equals(lib.descriptors())) == ("Å", True)
    assert back.add("x", diagrams(50), density=1.0)
    with pytest.raises(ValueError, match="not an empty folder"):
        lib.to_parquet(folder)
    with pytest.raises(ValueError, match="is there already"):
        Library.from_parquet(folder, lib.path)
    meta = str(folder / "meta.parquet").replace("'", "''")
    for version, reason in (("0", "this export was written by an older version"), ("2", "a newer version"), ("?", "tells no version")):
        duckdb.execute(f"COPY (SELECT 'phwidgets library' AS key, '{version}' AS value) TO '{meta}'")
        with pytest.raises(ValueError, match=reason):
            Library.from_parquet(folder, tmp_path / "c.duckdb")
    (folder / "facts.parquet").unlink()
    with pytest.raises(ValueError, match=r"facts\.parquet is not there"):
        Library.from_parquet(folder, tmp_path / "c.duckdb")
    assert not (tmp_path / "c.duckdb").exists()


def test_results_go_into_a_library_as_they_come(lib, tmp_path, diagrams):
    many = compute_many(
        diagrams, range(100, 110), names=[f"c{i}" for i in range(10)], progress=False, library=lib, cache=tmp_path / "cache"
    )
    assert lib.names()[6:] == [f"c{i}" for i in range(10)]
    assert np.array_equal(lib.diagrams("c3")[1].birth, many[3][1].birth)
    facts = [{"density": i / 10} for i in range(10)]
    again = compute_many(
        diagrams, range(100, 110), names=[f"c{i}" for i in range(10)], progress=False, library=lib, cache=tmp_path / "cache", facts=facts
    )
    assert (again.cached, len(lib)) == (10, 16)
    assert lib.facts("name = 'c7'")["density"].item() == 0.7

    def breaking(seed):
        if seed == 5:
            raise OSError("broken")
        return diagrams(seed)

    with pytest.raises(OSError, match="broken"):
        compute_many(breaking, range(10), names=[f"d{i}" for i in range(10)], progress=False, library=lib, how="serial")
    assert [name for name in lib.names() if name.startswith("d")] == [f"d{i}" for i in range(5)]
    with pytest.raises(ValueError, match="a library holds diagrams, not int"):
        compute_many(abs, range(10), progress=False, library=lib)
