"""Degenerate and bad input, each in a process of its own: a right answer or a clear error, never a crash or a hang."""

import multiprocessing
import textwrap

import pytest
from isolated import child

PRELUDE = """
import warnings
import numpy as np
import phwidgets as ph
rng = np.random.default_rng(0)
cloud = rng.random((40, 3))

def counts(*args, **kwargs):
    dgms = ph.alpha_persistence(ph.Structure(*args, **kwargs))
    for d in dgms.values():
        assert (d.birth < d.death).all() and not np.isnan(d.birth).any()
    return [len(d.finite) for d in dgms.values()], [int(d.is_essential.sum()) for d in dgms.values()]

def same(a, b):
    a, b = ph.alpha_persistence(a), ph.alpha_persistence(b)
    for k in a:
        assert np.array_equal(a[k].birth, b[k].birth) and np.array_equal(a[k].death, b[k].death), k
"""

RIGHT = {
    "one atom": "assert counts([[0, 0, 0.0]]) == ([0, 0, 0], [1, 0, 0])",
    "two atoms": "assert counts([[0, 0, 0.0], [1, 0, 0]]) == ([1, 0, 0], [1, 0, 0])",
    "three atoms": "assert counts(cloud[:3])[0][0] == 2",
    "four atoms": "assert counts(cloud[:4])[0][0] == 3",
    "one atom in 2D": "assert counts([[0, 0.0]]) == ([0, 0], [1, 0])",
    "three atoms in 2D": "assert counts([[0, 0], [1, 0], [0.5, 0.9]]) == ([2, 1], [1, 0])",
    "equilateral triangle": "assert counts([[0, 0, 0], [1, 0, 0], [0.5, 3**0.5 / 2, 0]]) == ([2, 1, 0], [1, 0, 0])",
    "regular tetrahedron": "assert counts([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) == ([3, 3, 1], [1, 0, 0])",
    "one atom, radius": "assert counts([[0, 0, 0.0]], radii=[1.0]) == ([0, 0, 0], [1, 0, 0])",
    "two atoms, radii": "assert counts([[0, 0, 0.0], [3, 0, 0]], radii=[1.0, 2]) == ([1, 0, 0], [1, 0, 0])",
    "two atoms, one hidden": "assert counts([[0, 0, 0.0], [0.5, 0, 0]], radii=[1.0, 0.1]) == ([0, 0, 0], [1, 0, 0])",
    "all hidden in one": "assert counts(cloud, radii=[5.0] + [0.1] * 39) == ([0, 0, 0], [1, 0, 0])",
    "four atoms, radii": "assert counts(cloud[:4], radii=0.1 * cloud[:4, 0])[0][0] == 3",
    "five atoms, radii": "assert counts(cloud[:5], radii=0.1 * cloud[:5, 0])[0][0] == 4",
    "coplanar, radii": "assert counts(cloud * [1, 1, 0], radii=0.01 * cloud[:, 0])[0][2] == 0",
    "collinear, radii": "assert counts(cloud * [1, 0, 0], radii=0.001 * cloud[:, 0])[0][1:] == [0, 0]",
    "collinear": "assert counts(np.outer(np.arange(9.0), [1, 2, 3])) == ([8, 0, 0], [1, 0, 0])",
    "coplanar": "assert counts(cloud * [1, 1, 0])[0][0] == 39",
    "square": "assert counts([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]]) == ([3, 1, 0], [1, 0, 0])",
    "cube": "assert counts(np.indices((2, 2, 2)).reshape(3, -1).T) == ([7, 5, 1], [1, 0, 0])",
    "cospherical": "v = rng.normal(size=(50, 3)); assert counts(v / np.linalg.norm(v, axis=1)[:, None])[0][0] == 49",
    "circle": "a = np.arange(12) * np.pi / 6; assert counts(np.column_stack([np.cos(a), np.sin(a)])) == ([11, 1], [1, 0])",
    "duplicates": """
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert counts(np.concatenate([cloud, cloud]))[0][0] == 39
        assert "40 of 80" in str(caught[0].message)""",
    "all duplicates": "warnings.simplefilter('ignore'); assert counts(np.ones((30, 3))) == ([0, 0, 0], [1, 0, 0])",
    "duplicates across the border": """
        warnings.simplefilter("ignore")
        assert counts(np.concatenate([cloud, cloud + [1, 0, -1]]), cell=[1, 1, 1])[0][0] == 39""",
    "nearly duplicates": "warnings.simplefilter('ignore'); assert counts(np.concatenate([cloud, cloud + 1e-13]))[0][0] == 39",
    "integers": "same(np.arange(12).reshape(4, 3) ** 2, (np.arange(12).reshape(4, 3) ** 2).astype(float))",
    "float16": "same(cloud.astype(np.float16), cloud.astype(np.float16).astype(float))",
    "float32, other byte order": "same(cloud.astype('>f4'), cloud.astype('f4').astype(float))",
    "read-only": "y = cloud.copy(); y.flags.writeable = False; same(y, cloud)",
    "not contiguous": "y = np.zeros((80, 6))[::2, ::2]; y[:] = cloud; same(y, cloud)",
    "Fortran order": "same(np.asfortranarray(cloud), cloud)",
    "list": "same(cloud.tolist(), cloud)",
    "far from the origin": "assert counts(cloud + 1e6)[0] == counts(cloud + 1e6 - 1e6)[0]",
    "two clusters far apart": "assert counts(np.concatenate([cloud, cloud[::-1] * 1.1 + 1e3]))[0][0] == 79",
    "1e90": "assert counts(cloud * 1e90)[0] == counts(cloud)[0]",
    "1e-90": "assert counts(cloud * 1e-90)[0] == counts(cloud)[0]",
    "1e90 periodic": "assert counts(cloud * 1e90, cell=[1e90] * 3) == counts(cloud, cell=[1] * 3)",
    "1e-90 periodic": "assert counts(cloud * 1e-90, cell=[1e-90] * 3) == counts(cloud, cell=[1] * 3)",
    "left-handed cell": "assert counts(cloud, cell=np.eye(3)[[1, 0, 2]]) == counts(cloud, cell=np.eye(3))",
    "far outside the cell": "assert counts(cloud + rng.integers(-50, 50, (40, 3)), cell=np.eye(3)) == counts(cloud, cell=np.eye(3))",
    "1:1:10": "assert counts(cloud * [1, 1, 10], cell=[1, 1, 10])[1] == [1, 3, 3, 1]",
    "1:1:10, many": "assert counts(rng.random((3000, 3)) * [1, 1, 10], cell=[1, 1, 10])[1] == [1, 3, 3, 1]",
    "1:10:10": "assert counts(cloud * [1, 10, 10], cell=[1, 10, 10])[1] == [1, 3, 3, 1]",
    "one atom in 1:1:5": "assert counts([[0, 0, 0.0]], cell=[1, 1, 5])[1] == [1, 3, 3, 1]",
    "one atom in a plane": "assert counts([[0.3, 0.3]], cell=[[1, 0], [0.5, 1]]) == ([0, 1, 0], [1, 2, 1])",
    "cells not reduced": "assert counts(cloud, cell=[[1, 0, 0], [37, 1, 0], [-21, 44, 1]]) == counts(cloud, cell=np.eye(3))",
    "on the border": "assert counts([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [1, 0.5, 0.5]], cell=np.eye(3))[0] == [3, 18, 11, 0]",
    "degrees": "assert ph.alpha_persistence(cloud, degrees=[1]).degrees == [1]",
}

REFUSED = {
    "no atoms": ("ph.alpha_persistence(np.zeros((0, 3)))", "no atoms"),
    "empty list": ("ph.alpha_persistence([])", "no atoms"),
    "NaN": ("cloud[3, 1] = np.nan; ph.alpha_persistence(cloud)", "positions[3, 1]"),
    "inf": ("cloud[3, 1] = np.inf; ph.alpha_persistence(cloud)", "positions[3, 1]"),
    "1e300": ("ph.alpha_persistence(cloud * 1e300)", "unit"),
    "objects": ("ph.alpha_persistence(np.array([[object()] * 3]))", "real numbers"),
    "strings": ("ph.alpha_persistence([['a', 'b', 'c']])", "real numbers"),
    "complex": ("ph.alpha_persistence(cloud * 1j)", "real numbers"),
    "ragged": ("ph.alpha_persistence([[0, 0, 0], [1, 1]])", "array of numbers"),
    "four columns": ("ph.alpha_persistence(np.zeros((5, 4)))", "shape"),
    "one column": ("ph.alpha_persistence(np.zeros((5, 1)))", "shape"),
    "None": ("ph.alpha_persistence(None)", "real numbers"),
    "singular cell": ("ph.Structure(cloud, cell=[[1, 0, 0], [0, 1, 0], [1, 1, 0]])", "singular"),
    "NaN in the cell": ("ph.Structure(cloud, cell=[1, np.nan, 1])", "cell[1]"),
    "radii too few": ("ph.alpha_persistence(cloud, radii=[1.0])", "one per atom"),
    "radii negative": ("ph.alpha_persistence(cloud, radii=-cloud[:, 0])", "not negative"),
    "radii NaN": ("ph.alpha_persistence(cloud, radii=np.full(40, np.nan))", "finite"),
    "radii of other species": ("ph.alpha_persistence(cloud, radii={'Si': 1.0})", "no entry for X"),
    "radii without a number": ("ph.alpha_persistence(ph.Structure(cloud, ['Si'] * 40), radii={'Si': 'big'})", "radi"),
    "radii unknown table": ("ph.alpha_persistence(cloud, radii='atomic')", "'covalent'"),
    "radii of no element": ("ph.alpha_persistence(cloud, radii='vdw')", "radius"),
    "values": ("ph.alpha_persistence(cloud, values='square')", "'squared'"),
    "degrees": ("ph.alpha_persistence(cloud, degrees=[3])", "degrees"),
    "degrees empty": ("ph.alpha_persistence(cloud, degrees=[])", "degrees"),
}

EITHER = {
    "outlier at 1e7": "ph.alpha_persistence(np.concatenate([cloud, [[1e7, 0, 0]]]))",
    "two clusters 1e5 apart": "assert counts(np.concatenate([cloud, cloud[::-1] * 1.1 + 1e5]))[0][0] == 79",
    "outlier at 1e14": "ph.alpha_persistence(np.concatenate([cloud, [[1e14, 0, 0]]]))",
    "1:1:100": "ph.alpha_persistence(ph.Structure(cloud * [1, 1, 100], cell=[1, 1, 100]))",
    "1:1:100, one atom": "ph.alpha_persistence(ph.Structure(cloud[:1], cell=[1, 1, 100]))",
    "1:1:1000": "ph.alpha_persistence(ph.Structure(cloud * [1, 1, 1000], cell=[1, 1, 1000]))",
    "1:1:1000, many": "ph.alpha_persistence(ph.Structure(rng.random((5000, 3)) * [1, 1, 1000], cell=[1, 1, 1000]))",
    "1:1000:1000": "ph.alpha_persistence(ph.Structure(cloud * [1, 1000, 1000], cell=[1, 1000, 1000]))",
    "needle cell": "ph.alpha_persistence(ph.Structure(cloud, cell=[[1, 0, 0], [1 - 1e-7, 1e-7, 0], [0, 0, 1]]))",
    "cluster in a large box": "ph.alpha_persistence(ph.Structure(cloud, cell=[1000, 1000, 1000]))",
    "radii of 1e6": "ph.alpha_persistence(ph.Structure(cloud, radii=1e6 * cloud[:, 0]))",
    "huge and tiny cells": "ph.alpha_persistence(ph.Structure(cloud * 1e-50, cell=[1e50, 1e50, 1e50]))",
    "far atoms in a small cell": "ph.alpha_persistence(ph.Structure(cloud + 1e30, cell=[1, 1, 1]))",
    "tiny radii": "ph.alpha_persistence(ph.Structure(cloud, radii=1e-200 * cloud[:, 0]))",
    "near-degenerate lattice": "ph.alpha_persistence(ph.Structure([[0, 0, 0.0]], cell=np.eye(3) + 1e-9 * cloud[:3]))",
    "crystal with noise of 1e-9": "ph.alpha_persistence(np.indices((9, 9, 9)).reshape(3, -1).T + 1e-9 * rng.random((729, 3)))",
    "crystal with noise of 1e-7": "ph.alpha_persistence(np.indices((9, 9, 9)).reshape(3, -1).T + 1e-7 * rng.random((729, 3)))",
}


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")  # processes forked from one that has loaded the package: 10 ms each
    context.set_forkserver_preload(["phwidgets.persistence.alpha"])
    return context


def run(processes, code, timeout=30):
    """'' or the error of the code, run in a process of its own."""
    receive, send = processes.Pipe(duplex=False)
    process = processes.Process(target=child, args=(PRELUDE + textwrap.dedent(code), send))
    process.start()
    send.close()
    try:
        assert receive.poll(timeout), "it hangs"
        return receive.recv()
    except EOFError:
        process.join()
        pytest.fail(f"the process died with exit code {process.exitcode}")
    finally:
        process.kill()
        process.join()


@pytest.mark.parametrize("name", RIGHT)
def test_right(processes, name):
    errors = run(processes, RIGHT[name])
    assert not errors, errors


@pytest.mark.parametrize("name", REFUSED)
def test_refused(processes, name):
    code, reason = REFUSED[name]
    errors = run(processes, code)
    assert errors.startswith("ValueError: "), errors
    assert reason in errors.splitlines()[0]


@pytest.mark.parametrize("name", EITHER)
def test_an_answer_or_a_clear_error(processes, name):
    errors = run(processes, EITHER[name])
    assert errors.startswith("ValueError: ") or not errors, errors
    print(name, "->", errors.splitlines()[0] if errors else "an answer")


def test_a_crash_would_be_seen(processes):
    with pytest.raises(pytest.fail.Exception, match="died"):
        run(processes, "import os; os.abort()")
