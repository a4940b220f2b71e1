"""Perfect crystals without noise: exactly the pairs that geometry gives, to 1e-9 relative, and no debris."""

from collections import Counter

import numpy as np
import pytest
from crystals import CRYSTALS, SILICA, SILICA_ESSENTIAL, supercell
from oracles import in_order, merge_tree, values

import phwidgets as ph

KNOWN = {name: c for name, c in CRYSTALS.items() if c.pairs}


def assert_table(dgms, pairs, essential, n, scale=1.0):
    for k, expected in pairs.items():
        rows = in_order([pair for pair, number in expected.items() for _ in range(number(n))])
        found = in_order(values(dgms[k]) / scale)
        assert len(found) == len(rows), f"degree {k}: {Counter(map(tuple, found.round(6).tolist()))}"
        np.testing.assert_allclose(found, rows, rtol=1e-9, atol=1e-15)
    for k, births in essential.items():
        np.testing.assert_allclose(dgms[k].birth[dgms[k].is_essential] / scale, births, rtol=1e-9, atol=1e-15)


def repeats(crystal, k):
    return np.where(crystal.pbc, k, 1)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("name", KNOWN)
def test_table(name, k):
    structure = supercell(KNOWN[name], repeats(KNOWN[name], k))
    assert_table(ph.alpha_persistence(structure), KNOWN[name].pairs, KNOWN[name].essential, len(structure))


@pytest.mark.parametrize("name", ["fcc primitive", "diamond", "hcp", "cristobalite primitive"])
def test_uneven_supercells(name):
    structure = supercell(KNOWN[name], (1, 2, 5))
    assert_table(ph.alpha_persistence(structure), KNOWN[name].pairs, KNOWN[name].essential, len(structure))


@pytest.mark.parametrize("edge", [3.61, 1e-9, 1e12])
@pytest.mark.parametrize("name", ["fcc primitive", "bcc", "diamond"])
def test_lattice_constants(name, edge):
    c = KNOWN[name]
    dgms = ph.alpha_persistence(ph.Structure(c.positions * edge, cell=c.cell * edge))
    assert_table(dgms, c.pairs, c.essential, len(c.positions), edge)


def test_large_fcc():
    structure = supercell(CRYSTALS["fcc"], (10, 10, 10))
    assert_table(ph.alpha_persistence(structure), CRYSTALS["fcc"].pairs, CRYSTALS["fcc"].essential, 4000)


def test_sample_cristobalite():
    """The sample's coordinates are rounded to the decimals of its file."""
    s = ph.sample("cristobalite")
    dgms = ph.alpha_persistence(s)
    a = s.cell[0, 0] / 3
    for k, expected in SILICA.items():
        long = in_order(values(dgms[k]) / a)
        rows = in_order([pair for pair, number in expected.items() for _ in range(number(len(s)))])
        assert len(long) == len(rows)
        np.testing.assert_allclose(long, rows, atol=1e-6)
    for k, births in SILICA_ESSENTIAL.items():
        np.testing.assert_allclose(dgms[k].birth[dgms[k].is_essential] / a, births, atol=1e-6)


def test_quartz():
    """No closed form: the number of each pair is a polynomial in k for k³ cells, none is debris, degree 0 is that of brute force.

    Local pairs are k³ times those of one cell; what winds around the torus adds terms of lower degree.
    """
    base = CRYSTALS["quartz"]
    counts = []
    for k in (2, 3, 4, 5, 6):
        s = supercell(base, (k, k, k))
        dgms = ph.alpha_persistence(s, values="squared")
        if k == 2:
            np.testing.assert_allclose(values(dgms[0]), merge_tree(s.positions, cell=s.cell, reach=1), atol=1e-12)
        counts.append(Counter((d, *pair) for d in (0, 1, 2) for pair in values(dgms[d]).round(7).tolist()))
        # the shortest real pair has 3.5e-5 Å²
        assert min(dgms[d].finite.persistence.min() for d in (1, 2)) > 3e-5
    for pair in set().union(*counts):
        assert np.diff([c[pair] for c in counts], 4) == 0, (pair, [c[pair] for c in counts])


def test_rocksalt_with_radii():
    """Spheres that touch: at t = 0 all bonds form at once."""
    c = CRYSTALS["rocksalt"]
    radii = np.repeat([0.6, 0.4], 4)
    dgms = ph.alpha_persistence(ph.Structure(c.positions, cell=c.cell, radii=radii), values="squared")
    np.testing.assert_allclose(np.unique(dgms[0].finite.death.round(12)), [0], atol=1e-12)
    np.testing.assert_allclose(np.unique(dgms[0].birth.round(12)), [-0.36, -0.16])
    assert len(dgms[0].finite) == 7
    # 24 bonds less 7 that join the atoms less 3 that wind around; then the large ones meet across every square
    expected = [(0, 0.16)] * (24 - 7 - 3) + [(0.5 - 0.36, 0.16)] * 24
    np.testing.assert_allclose(values(dgms[1]), expected, rtol=1e-9, atol=1e-12)
    assert len(dgms[2].finite) == 7
