"""Kernels: what they compute, that each is compiled once only, and that later processes load them."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import phwidgets
from phwidgets.persistence import _alpha_values, _pairing, beside
from phwidgets.persistence.complex import FilteredComplex
from phwidgets.persistence.engine import persistence_pairs

EVERYTHING = """
import time
start = time.process_time()
import numpy as np, phwidgets as ph
from phwidgets.persistence.alpha import alpha_persistence
from phwidgets.persistence.warm import kernels, missing_kernels
imported = time.process_time() - start
assert not missing_kernels(), missing_kernels()
rng = np.random.default_rng(0)
start = time.process_time()
alpha_persistence(rng.random((30, 3)))
loaded = time.process_time() - start
for d in (2, 3):
    x, radii = rng.random((60, d)), 0.1 * rng.random(60)
    for pbc in ((False,) * d, (True,) * d, (True,) + (False,) * (d - 1)):
        for r in (None, radii):
            for values in ("radius", "squared"):
                alpha_persistence(ph.Structure(x, cell=np.eye(d), pbc=pbc, radii=r), values=values)
alpha_persistence(np.outer(np.arange(5.0), [1, 1, 1]))
alpha_persistence(ph.Structure([[0, 0, 0.0]], cell=np.eye(3)), supercell=2)
alpha_persistence(rng.random((30, 3)), delaunay="exact")
compiled = {name: sum(k.stats.cache_misses.values()) for name, k in kernels().items()}
assert not any(compiled.values()), compiled
several = {name: len(k.signatures) for name, k in kernels().items() if len(k.signatures) > 1}
assert not several, several
print(imported, loaded)
"""

FIRST = """
from phwidgets.persistence import _insertion, warm
warm.warm_up()
print(sum(_insertion.insert.stats.cache_hits.values()))
"""


FAULTS = """
import resource
import numpy as np, phwidgets as ph
structure, faults = ph.Structure(np.random.default_rng(0).random((20_000, 3)), cell=np.eye(3)), []
for _ in range(14):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    ph.alpha_persistence(structure)
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(int(np.median(faults[-7:])))
"""


def run(script, environment=None, folder=None):
    done = subprocess.run([sys.executable, *script], env=os.environ | (environment or {}), capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done


def test_loaded_and_never_compiled_again():
    """In a second process, whatever the input, with one signature per kernel."""
    run(["-m", "phwidgets.persistence.warm"])
    first, second = run(["-c", EVERYTHING]), run(["-c", EVERYTHING])
    assert "compiling" not in second.stderr
    print("import and load (CPU s):", first.stdout, second.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the rule of another C library")
def test_memory_is_kept_for_the_next_frame(monkeypatch):
    """Of the 20,000 pages, about, that such a frame takes, hardly any is mapped again, unless the environment says otherwise."""
    for name in [name for name in os.environ if name.startswith(("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD"))]:  # Dask sets one
        monkeypatch.delenv(name)
    assert int(run(["-c", FAULTS]).stdout) < 300


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_read_only_installation(tmp_path):
    """Where nothing can be written beside the code, the cache lies in the user's folder; compiling says so."""
    target = tmp_path / "site" / "phwidgets"
    shutil.copytree(Path(phwidgets.__file__).parent, target, ignore=shutil.ignore_patterns("__pycache__"))
    # a file in the place of the folder: not even root can write into it
    (target / "persistence" / "__pycache__").write_text("")
    environment = {"PYTHONPATH": str(tmp_path / "site"), "XDG_CACHE_HOME": str(tmp_path / "home"), "HOME": str(tmp_path / "home")}
    out = run(["-c", FIRST], environment, tmp_path)
    assert "compiling its kernels" in out.stderr  # a word before, and one after
    assert beside._possible() == bool(int(out.stdout)), "a second process compiles the insertion, this one loads it"
    assert list((tmp_path / "home").rglob("*.nbi"))
    assert "compiling" not in run(["-c", EVERYTHING], environment, tmp_path).stderr


def test_what_is_missing_is_made_good(tmp_path):
    """Where some kernels are compiled already, as after an upgrade, the others are."""
    environment = {"NUMBA_CACHE_DIR": str(tmp_path)}
    run(["-m", "phwidgets.persistence.warm"], environment)
    for name in ("lasting", "births", "merge_voids", "check_boundary"):
        (path,) = tmp_path.rglob(f"*.{name}-*.nbi")
        path.unlink()
    run(["-m", "phwidgets.persistence.warm"], environment)
    assert "compiling" not in run(["-c", EVERYTHING], environment).stderr


def test_what_a_second_process_does_is_not_needed(tmp_path, monkeypatch):
    """It may do its part, fail, be stuck, or not start, and ends with the block, whatever happens in that."""
    (tmp_path / "writes.py").write_text("import sys\nopen(sys.argv[1], 'w').close()")
    (tmp_path / "fails.py").write_text("raise SystemExit(1)")
    (tmp_path / "sleeps.py").write_text("import time\ntime.sleep(600)")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(beside, "_possible", lambda: True)
    with beside.beside("writes", str(tmp_path / "done")):
        pass
    assert (tmp_path / "done").exists()
    with beside.beside("fails"), beside.beside("no_such_module"):
        pass
    started = []
    start = beside._start
    monkeypatch.setattr(beside, "_start", lambda command: started.append(start(command)) or started[-1])
    with pytest.raises(KeyError), beside.beside("sleeps"):
        raise KeyError
    monkeypatch.setattr(beside, "PATIENCE", 0.1)
    with beside.beside("sleeps"):
        pass
    assert [process.poll() is not None for process in started] == [True, True]
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with beside.beside("writes"):
        pass
    assert started[-1] is None


def test_places_of_modules_that_are_none(tmp_path, monkeypatch):
    """What stands in ``sys.path`` and is no text is passed over, what no process can be given leaves this one alone."""
    (tmp_path / "writes.py").write_text("import sys\nopen(sys.argv[1], 'w').close()")
    monkeypatch.setattr(beside, "_possible", lambda: True)
    monkeypatch.setattr(sys, "path", [tmp_path, b"bytes", str(tmp_path), *sys.path])
    with beside.beside("writes", str(tmp_path / "done")):
        pass
    assert (tmp_path / "done").exists()
    monkeypatch.setattr(sys, "path", ["nothing\0", *sys.path])
    with beside.beside("writes", str(tmp_path / "never")):
        pass
    monkeypatch.setattr(sys, "path", sys.path[4:])  # the working folder is not among them
    monkeypatch.chdir(tmp_path)
    with beside.beside("writes", str(tmp_path / "never")):
        pass
    assert not (tmp_path / "never").exists()


def test_no_second_process_without_an_interpreter(monkeypatch):
    for name in ("", None, "/usr/bin/blender"):
        monkeypatch.setattr(sys, "executable", name)
        assert not beside._possible()


@pytest.mark.parametrize("m", [0, 1, 2, 1000, 5000])
def test_sort_values(m):
    rng = np.random.default_rng(m)
    wide, close = (
        rng.normal(size=m) * 10.0 ** rng.integers(-300, 300, m),
        1 + 1e-9 * rng.normal(size=m),
    )  # close: the upper bits do not tell
    for values in (rng.normal(size=m), rng.integers(-3, 4, m).astype(float), wide, close):
        order, rank = _pairing.sort_values(values)
        assert np.array_equal(order, np.argsort(values, kind="stable"))
        assert np.array_equal(rank[order], np.arange(m))
    special = np.array([np.inf, -np.inf, np.nan, 0.0, 5e-324, -5e-324, 1e308, -1e308])
    assert _pairing.sort_values(special)[0].tolist() == [1, 7, 5, 3, 4, 6, 0, 2]


@pytest.mark.parametrize(("birth_degree", "death_degree"), [(0, 1), (1, 2), (2, 3), (3, 3)])
def test_lasting(birth_degree, death_degree):
    """Rows that live longer than the tolerance, at the true positions but where a true value is too far from the moved one."""
    rng = np.random.default_rng(birth_degree)
    points, weights, tolerance, m = rng.random((40, 3)), 0.1 * rng.random(40), 0.05, 300
    vertices = rng.random(m)
    cells = [np.array([rng.permutation(40)[: k + 1] for _ in range(m)], np.int32) for k in (birth_degree, death_degree)]
    true = [_alpha_values.centres(points, weights, c)[:, 3] if c.shape[1] > 1 else vertices for c in cells]
    moved = [t + np.where(rng.random(m) < 0.1, 1.0, 1e-3 * tolerance * rng.uniform(-1, 1, m)) for t in true]
    born, died = rng.integers(0, m, m), np.where(rng.random(m) < (1 if birth_degree == death_degree else 0.1), -1, rng.integers(0, m, m))
    heaviest = float(weights.max())
    first, last, birth, death = _alpha_values.lasting(
        points, weights, vertices, heaviest, tolerance, born, died, cells[0], moved[0], cells[1], moved[1]
    )
    values = []
    for c, t, v in zip(cells, true, moved, strict=True):
        believed = (np.abs(t - v) <= tolerance * np.sqrt(np.abs(v + heaviest))) | (c.shape[1] == 1)
        values.append(np.where(believed, t, v))
    b, d = values[0][born], np.where(died < 0, np.inf, values[1][died])
    radius_b, radius_d = np.sqrt(np.maximum(b + heaviest, 0)), np.sqrt(np.maximum(d + heaviest, 0))
    keep = (died < 0) | ((radius_d - radius_b > tolerance) & (moved[1][died] > moved[0][born]))
    assert 0 < keep.sum() < m or birth_degree == death_degree
    for found, expected in ((first, born), (last, died), (birth, b), (death, d)):
        assert np.array_equal(found, expected[keep])


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("unmoved", [0, 30, 40])
def test_rows(unmoved, dtype):
    """Columns of a diagram against plain indexing: vertices of few images that are moved, of all, and of none."""
    rng = np.random.default_rng(unmoved)
    m, n, scale = 50, 80, 4.0
    offset = rng.integers(-2, 3, (40, 3)).astype(dtype)
    offset[:unmoved] = 0
    cells = [np.array([rng.permutation(40)[:k] for _ in range(m)], np.int32) for k in (2, 3)]
    born, died = rng.integers(0, m, n), np.where(rng.random(n) < 0.2, -1, rng.integers(0, m, n))
    births, deaths = rng.normal(size=n), np.where(died < 0, np.inf, rng.normal(size=n))
    atoms, order = rng.permutation(100)[:40], rng.permutation(n)[:70].astype(np.int32)
    found = _alpha_values.rows(order, born, died, births, deaths, *cells, atoms, offset, scale, False)
    i, j = born[order], died[order]
    radii = [np.sign(v) * np.sqrt(np.abs(v)) * scale for v in (births[order], deaths[order])]
    gone = (j < 0)[:, None]
    names = [atoms[cells[0][i]], np.where(gone, -1, atoms[cells[1][j]])]
    moved = [offset[c] - offset[c[:, :1]] for c in (cells[0][i], cells[1][j])]
    moved[1][j < 0] = 0
    for column, expected in zip(found, [i, j, *radii, *names, *moved], strict=True):
        assert np.array_equal(column, expected)
    assert found[6].dtype == found[7].dtype == dtype
    squared = _alpha_values.rows(order, born, died, births, deaths, *cells, atoms, offset[:0], scale, True)
    assert np.array_equal(squared[3], deaths[order] * scale**2)
    assert len(squared[6]) == len(squared[7]) == 0


def standard_pairs(complex_):
    """Pairs of a filtered complex by the plain reduction of its whole boundary matrix."""
    cells = sorted((v, k, i) for k, values in enumerate(complex_.values) for i, v in enumerate(values) if not np.isnan(v))
    place = {(k, i): j for j, (_, k, i) in enumerate(cells)}
    columns, low, pairs, essential = [], {}, set(), set()
    for j, (_, k, i) in enumerate(cells):
        column = set()
        for f in complex_.facets[k][i]:
            column ^= {place[k - 1, f]}
        while column and max(column) in low:
            column ^= columns[low[max(column)]]
        columns.append(column)
        if column:
            low[max(column)] = j
            pairs.add((max(column), j))
    paired = {c for p in pairs for c in p}
    essential = {j for j in range(len(cells)) if j not in paired}
    return {(cells[b][1], cells[b][0], cells[d][0]) for b, d in pairs if cells[b][0] < cells[d][0]}, {cells[j][:2] for j in essential}


def grid_complex(shape, values, torus):
    """Simplices of a triangulated grid, lower-star: a complex with many ties, self-loops where the torus is one cell wide."""
    import itertools

    d, n = len(shape), int(np.prod(shape))
    index = np.arange(n).reshape(shape)
    cells = {}
    for corner in itertools.product(*[range(s if torus else s - 1) for s in shape]):
        for order in itertools.permutations(range(d)):
            path = [np.array(corner)]
            for axis in order:
                path.append(path[-1] + np.eye(d, dtype=int)[axis])
            for k in range(d + 1):
                for chosen in itertools.combinations(range(d + 1), k + 1):
                    base = path[chosen[0]] // np.array(shape) * np.array(shape) if torus else 0 * path[0]
                    cells[k, tuple(tuple((path[c] - base).tolist()) for c in chosen)] = None
    by_degree = [[c for k, c in cells if k == degree] for degree in range(d + 1)]

    def normal(c):
        base = np.array(c[0]) // np.array(shape) * np.array(shape) if torus else np.zeros(d, int)
        return tuple(tuple((np.array(v) - base).tolist()) for v in c)

    numbers = [{c: i for i, c in enumerate(level)} for level in by_degree]

    def atom(v):
        return int(index[tuple(np.array(v) % np.array(shape))])

    by_degree[0] = [None] * n
    facets = [np.zeros((n, 0), np.int32)]
    for k in range(1, d + 1):
        rows = []
        for c in by_degree[k]:
            sides = [c[:j] + c[j + 1 :] for j in range(k + 1)]
            rows.append([atom(s[0]) if k == 1 else numbers[k - 1][normal(s)] for s in sides])
        facets.append(np.array(rows, np.int32))
    vertices = [np.arange(n, dtype=np.int32)[:, None]] + [
        np.array([[atom(v) for v in c] for c in by_degree[k]], np.int32) for k in range(1, d + 1)
    ]
    levels = tuple(values[v].max(axis=1) for v in vertices)
    cofaces = np.full((len(facets[d - 1]) if d > 1 else n, 2), -1, np.int32)
    for c, row in enumerate(facets[d]):
        for f in row:
            cofaces[f, 0 if cofaces[f, 0] < 0 else 1] = c
    return FilteredComplex(tuple(vertices), tuple(facets), levels, cofaces)


SHAPES = [(6,), (1,), (5, 4), (3, 2), (1, 1), (3, 3, 2), (2, 1, 2), (1, 1, 1)]


@pytest.mark.parametrize(("shape", "torus"), [(s, t) for s in SHAPES for t in (True, False) if t or min(s) > 1])  # else there are no cells
@pytest.mark.parametrize("ties", [True, False])
def test_engine_against_plain_reduction(shape, torus, ties):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        n = int(np.prod(shape))
        values = rng.integers(0, 4, n).astype(float) if ties else rng.random(n)
        complex_ = grid_complex(shape, values, torus)
        pairs = persistence_pairs(complex_)
        found, essential = [], []
        for k, (births, deaths, never, _) in enumerate(pairs):
            essential += [(float(complex_.values[k][i]), k) for i in never]
            found += [(k, float(complex_.values[k][b]), float(complex_.values[k + 1][e])) for b, e in zip(births, deaths, strict=True)]
        found = {p for p in found if p[1] < p[2]}
        expected, expected_essential = standard_pairs(complex_)
        assert found == expected
        assert set(essential) == expected_essential
        from math import comb

        d = len(shape)
        assert [len(p.essential) for p in pairs] == ([comb(d, k) for k in range(d + 1)] if torus else [1] + [0] * d)
