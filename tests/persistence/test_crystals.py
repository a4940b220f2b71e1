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
        found = values(dgms[k]) / scale
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
        long = values(dgms[k])
        rows = in_order([pair for pair, number in expected.items() for _ in range(number(len(s)))])
        assert len(long) == len(rows)
        np.testing.assert_allclose(long / a, rows, atol=1e-6)
    for k, births in SILICA_ESSENTIAL.items():
        np.testing.assert_allclose(dgms[k].birth[dgms[k].is_essential] / a, births, atol=1e-6)


def test_quartz():
    """No closed form: the local pairs of k³ cells are k³ times those of one, none is debris, degree 0 is that of brute force."""
    base = CRYSTALS["quartz"]
    counts = []
    for k in (2, 3, 4):
        dgms = ph.alpha_persistence(supercell(base, (k, k, k)), values="squared")
        if k == 2:
            s = supercell(base, (k, k, k))
            np.testing.assert_allclose(values(dgms[0]), merge_tree(s.positions, cell=s.cell, reach=1), atol=1e-12)
        counts.append({d: Counter(map(tuple, values(dgms[d]).round(7).tolist())) for d in (1, 2)})
        assert all(dgms[d].finite.persistence.min() > 1e-3 for d in (1, 2))
    for d in (1, 2):
        for pair in set(counts[0][d]) | set(counts[2][d]):
            two, three, four = (c[d][pair] for c in counts)
            # a class per cell, plus or minus the few that wind around the torus
            local = round(four / 64)
            assert abs(two - 8 * local) <= 3 and abs(three - 27 * local) <= 3 and abs(four - 64 * local) <= 3, (d, pair, two, three, four)


def test_rocksalt_with_radii():
    """Spheres that touch: at t = 0 all bonds form at once."""
    c = CRYSTALS["rocksalt"]
    radii = np.repeat([0.6, 0.4], 4)
    dgms = ph.alpha_persistence(ph.Structure(c.positions, cell=c.cell, radii=radii), values="squared")
    np.testing.assert_allclose(np.unique(dgms[0].finite.death.round(12)), [0], atol=1e-12)
    np.testing.assert_allclose(np.unique(dgms[0].birth.round(12)), [-0.36, -0.16])
    assert len(dgms[0].finite) == 7
    assert len(dgms[1].finite) == 2 * 8 - 2
    # the square of two large and two small balls closes where the two large ones meet
    np.testing.assert_allclose(dgms[1].finite.death, 0.5 - 0.36, rtol=1e-9)
    assert len(dgms[2].finite) == 7
