"""What must not change the diagrams, or must change them in a known way."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import in_order, values

import phwidgets as ph

CELL = np.array([[4.0, 0, 0], [1.2, 3.7, 0], [-0.8, 1.5, 4.4]])
PBC = [(False,) * 3, (True, True, True), (True, True, False), (False, True, False)]
quick = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 2**16)
periods = st.sampled_from(PBC)
weighted = st.booleans()


def make(seed, pbc, with_radii, n=None):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 90)) if n is None else n
    x = rng.random((n, 3)) @ CELL
    return x, (CELL if any(pbc) else None), (0.9 * rng.random(n) if with_radii else None), rng


def structure(x, cell, pbc, radii):
    return ph.Structure(x, cell=cell, pbc=pbc if cell is not None else None, radii=radii)


def assert_equal(a, b, factor=1.0):
    """Pairs well above the resolution are the same; births of essential classes too."""
    cut = 8 * max(a.resolution, b.resolution)
    assert a.degrees == b.degrees
    for k in a.degrees:
        first, second = in_order(values(a[k]) * factor), values(b[k])
        first, second = (v[v[:, 1] - v[:, 0] > cut] for v in (first, second))
        assert len(first) == len(second), k
        np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-9 * factor)
        np.testing.assert_allclose(np.sort(a[k].birth[a[k].is_essential]) * factor, np.sort(b[k].birth[b[k].is_essential]), rtol=1e-9)


@quick
@given(seeds, periods, weighted)
def test_rotation_and_translation(seed, pbc, with_radii):
    x, cell, radii, rng = make(seed, pbc, with_radii)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    moved = x @ turn + rng.normal(size=3) * 30
    assert_equal(
        ph.alpha_persistence(structure(x, cell, pbc, radii)),
        ph.alpha_persistence(structure(moved, None if cell is None else cell @ turn, pbc, radii)),
    )


@quick
@given(seeds, periods, weighted)
def test_permutation(seed, pbc, with_radii):
    x, cell, radii, rng = make(seed, pbc, with_radii)
    order = rng.permutation(len(x))
    a = ph.alpha_persistence(structure(x, cell, pbc, radii))
    b = ph.alpha_persistence(structure(x[order], cell, pbc, None if radii is None else radii[order]))
    assert_equal(a, b)
    cut = 100 * a.resolution
    for k in (1, 2):
        cells = [
            {(tuple(sorted(name[p])), tuple(sorted(name[q]))) for p, q in zip(d.birth_cell, d.death_cell, strict=True)}
            for d, name in ((a[k].finite, np.arange(len(x))), (b[k].finite, order))
            for d in [d._rows(d.persistence > cut)]
        ]
        assert cells[0] == cells[1]


@quick
@given(seeds, st.sampled_from(PBC[1:]), weighted)
def test_wrapping(seed, pbc, with_radii):
    """Atoms may be written in any translate, and far outside of the cell."""
    x, cell, radii, rng = make(seed, pbc, with_radii)
    shifts = rng.integers(-9, 10, size=x.shape) * np.array(pbc)
    assert_equal(ph.alpha_persistence(structure(x, cell, pbc, radii)), ph.alpha_persistence(structure(x + shifts @ cell, cell, pbc, radii)))


@pytest.mark.parametrize("far", [0, 1, 480_000])
@pytest.mark.parametrize("pbc", PBC[1:])
def test_offsets_bring_the_atoms_of_a_cell_together(pbc, far):
    """The corners of a simplex lie on its ball, wherever in space its atoms were given, and along whatever lattice vectors."""
    rng = np.random.default_rng(far)
    cell = np.array([[1, 0, 0], [2.3, 1, 0], [0.2, -0.4, 0.9]])
    shifts = rng.integers(-far, far + 1, (60, 1)) * [3, -1, 0] * np.array(pbc)  # up to 1,440,000 cells
    dgms = ph.alpha_persistence(structure(rng.random((60, 3)) @ cell + shifts @ cell, cell, pbc, None))
    for d in (dgms[k].finite for k in dgms):
        for points, radius in ((d.birth_points(), d.birth), (d.death_points(), d.death)):
            width = np.linalg.norm(points[:, :, None] - points[:, None], axis=3).max(axis=(1, 2))
            assert (width <= 2 * radius + 1e-8).all()
        assert not d.birth_offset[..., ~np.array(pbc)].any()
        assert not d.birth_offset[:, 0].any()


@quick
@given(seeds, weighted)
def test_lattice_basis(seed, with_radii):
    x, cell, radii, rng = make(seed, PBC[1], with_radii)
    basis = np.eye(3, dtype=int)
    for _ in range(5):
        i, j = rng.permutation(3)[:2]
        basis[i] += rng.integers(-2, 3) * basis[j]
    assert_equal(ph.alpha_persistence(structure(x, cell, PBC[1], radii)), ph.alpha_persistence(structure(x, basis @ cell, PBC[1], radii)))
    assert_equal(ph.alpha_persistence(structure(x, cell, PBC[1], radii)), ph.alpha_persistence(structure(x, -cell, PBC[1], radii)))


@quick
@given(seeds, periods, weighted, st.sampled_from([1e-6, 0.3, 2.0, 1e5]))
def test_scale(seed, pbc, with_radii, factor):
    x, cell, radii, _ = make(seed, pbc, with_radii)
    a = ph.alpha_persistence(structure(x, cell, pbc, radii))
    b = ph.alpha_persistence(structure(x * factor, None if cell is None else cell * factor, pbc, None if radii is None else radii * factor))
    cut = 8 * max(a.resolution, b.resolution / factor)
    for k in a.degrees:
        first, second = values(a[k]), in_order(np.column_stack([b[k].finite.birth, b[k].finite.death]) / factor)
        first, second = (v[v[:, 1] - v[:, 0] > cut] for v in (first, second))
        np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-9)


@quick
@given(seeds, weighted)
def test_supercell_multiplies_local_classes(seed, with_radii):
    """A pair of one cell that does not wind around it stands k times in k cells; winding ones become few others."""
    x, cell, radii, _ = make(seed, PBC[1], with_radii, n=30)
    one = ph.alpha_persistence(structure(x, cell, PBC[1], radii), values="squared")
    doubled = np.concatenate([x, x + cell[1]]), cell * [[1], [2], [1]]
    two = ph.alpha_persistence(structure(doubled[0], doubled[1], PBC[1], None if radii is None else np.tile(radii, 2)), values="squared")
    cut = 8 * max(one.resolution, two.resolution)
    for k in range(3):
        a, b = (v[v[:, 1] - v[:, 0] > cut] for v in (values(one[k]), values(two[k])))
        _, counts = np.unique(b.round(7), axis=0, return_counts=True)
        seldom = int((counts % 2 == 1).sum())
        assert abs(len(b) - 2 * len(a)) <= 8
        assert seldom <= 8


def test_stability():
    """Moving every atom by at most δ moves the diagrams by at most δ (Cohen-Steiner, Edelsbrunner, Harer 2007)."""
    import gudhi

    x, cell, _, rng = make(7, PBC[1], False, n=60)
    delta = 0.03
    step = rng.normal(size=x.shape)
    step *= delta * rng.random((60, 1)) / np.linalg.norm(step, axis=1)[:, None]
    a, b = (ph.alpha_persistence(structure(y, cell, PBC[1], None)) for y in (x, x + step))
    for k in range(4):
        assert gudhi.bottleneck_distance(*(np.column_stack([d[k].birth, d[k].death]) for d in (a, b)), 0.0) <= delta


SCRIPT = """
import hashlib, numpy as np, phwidgets as ph
rng = np.random.default_rng(0)
x, radii = rng.random((700, 3)) * 9, 0.5 * rng.random(700)
h = hashlib.sha256()
for s in (ph.Structure(x), ph.Structure(x, cell=[9, 9, 9]), ph.Structure(x, cell=[9, 9, 9], pbc=(True, False, True), radii=radii)):
    for d in ph.alpha_persistence(s).values():
        for c in ("birth", "death", "birth_cell", "death_cell", "birth_offset", "death_offset"):
            h.update(np.ascontiguousarray(getattr(d, c)).tobytes())
print(h.hexdigest())
"""


def test_bit_for_bit():
    digests = set()
    for threads in ("1", "2", "2"):
        environment = os.environ | {"NUMBA_NUM_THREADS": threads, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        out = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
        digests.add(out.stdout.strip())
    assert len(digests) == 1


def test_threads_give_the_same():
    from concurrent.futures import ThreadPoolExecutor

    many = [make(s, PBC[s % 4], s % 2 == 1) for s in range(8)]
    inputs = [structure(x, cell, PBC[s % 4], radii) for s, (x, cell, radii, _) in enumerate(many)]
    alone = [ph.alpha_persistence(s) for s in inputs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(ph.alpha_persistence, inputs))
    for a, b in zip(alone, together, strict=True):
        for k in a.degrees:
            assert np.array_equal(a[k].birth, b[k].birth)
            assert np.array_equal(a[k].death_cell, b[k].death_cell)


@pytest.mark.parametrize("pbc", PBC)
def test_monotone(pbc):
    x, cell, radii, _ = make(3, pbc, True)
    for kind in ("radius", "squared"):
        for d in ph.alpha_persistence(structure(x, cell, pbc, radii), values=kind).values():
            assert (d.birth < d.death).all()


@pytest.mark.parametrize("seed", range(6))
def test_nearly_equal_atoms_on_borders(seed):
    """Copies that rounding has moved by the last bit, across the border of the cell or of any bin, are one atom."""
    rng = np.random.default_rng(seed)
    cell = CELL + 0.3 * rng.normal(size=(3, 3))
    x = np.round(4 * rng.random((12, 3))) / 4
    x = np.unique(x % 1, axis=0)
    copies = np.concatenate([x, x + rng.integers(-2, 3, x.shape), x + rng.integers(-2, 3, x.shape)]) @ cell
    with pytest.warns(UserWarning, match=f"{2 * len(x)} of {3 * len(x)} atoms coincide"):
        found = ph.alpha_persistence(ph.Structure(copies, cell=cell))
    assert_equal(ph.alpha_persistence(ph.Structure(x @ cell, cell=cell)), found)
