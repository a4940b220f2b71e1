"""Open clusters: values, and birth and death simplices, of gudhi's alpha complex with exact arithmetic."""

import numpy as np
import pytest
from crystals import CRYSTALS, supercell
from oracles import gudhi_alpha, gudhi_values, in_order, values

import phwidgets as ph

CLOUDS = {
    "uniform": lambda rng, n, d: rng.random((n, d)),
    "normal": lambda rng, n, d: rng.normal(size=(n, d)),
    "clusters": lambda rng, n, d: np.concatenate([rng.normal(size=(n // 2, d)), 40 + 0.1 * rng.normal(size=(n - n // 2, d))]),
    "shell": lambda rng, n, d: (lambda x: x / np.linalg.norm(x, axis=1)[:, None])(rng.normal(size=(n, d))) + 0.01 * rng.random((n, d)),
    "flat": lambda rng, n, d: rng.random((n, d)) * np.array([1, 1, 0.01])[:d],
}


def assert_same(dgms, expected, tolerance=1e-12):
    cut = 4 * dgms.resolution
    for k, rows in expected.items():
        ours, theirs = values(dgms[k]), gudhi_values(rows)
        ours = ours[ours[:, 1] - ours[:, 0] > cut]
        theirs = theirs[theirs[:, 1] - theirs[:, 0] > cut]
        assert len(ours) == len(theirs), f"degree {k}"
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=tolerance)


def simplices(diagram):
    d = diagram.finite
    rows = zip(d.birth_cell.tolist(), d.death_cell.tolist(), (d.death - d.birth).tolist(), strict=True)
    return {(tuple(sorted(b)), tuple(sorted(e))): p for b, e, p in rows}


def assert_same_simplices(dgms, expected):
    """Every pair that lives well above the resolution has gudhi's birth and death simplices."""
    cut = 100 * dgms.resolution
    for k, rows in expected.items():
        if k == 0 and dgms.source.radii is None:  # all atoms are born at once: which of two dies is a convention
            assert {e for (_, e), p in simplices(dgms[0]).items() if p > cut} == {e for b, d, _, e in rows if d - b > cut}
            continue
        ours = {key for key, p in simplices(dgms[k]).items() if p > cut}
        theirs = {(b, e) for birth, death, b, e in rows if death - birth > cut}
        assert ours == theirs, f"degree {k}"


@pytest.mark.parametrize("kind", CLOUDS)
@pytest.mark.parametrize(("n", "d"), [(5, 3), (60, 3), (1000, 3), (4, 2), (60, 2), (1000, 2)])
def test_clouds(kind, n, d):
    x = CLOUDS[kind](np.random.default_rng(n + d), n, d)
    dgms = ph.alpha_persistence(x, values="squared")
    expected = gudhi_alpha(x, top=d - 1)
    assert_same(dgms, expected)
    assert_same_simplices(dgms, expected)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("spread", [0.02, 0.08, 0.25])
@pytest.mark.parametrize("d", [2, 3])
def test_clouds_with_radii(seed, spread, d):
    """With a spread of 0.25 many balls are hidden in others."""
    rng = np.random.default_rng(seed)
    x, radii = rng.random((300, d)), spread * rng.random(300)
    structure = ph.Structure(x, radii=radii)
    dgms = ph.alpha_persistence(structure, values="squared")
    expected = gudhi_alpha(x, radii, top=d - 1)
    assert_same(dgms, expected)
    assert_same_simplices(dgms, expected)


@pytest.mark.parametrize("name", ["silica-glass", "silica-melt", "cristobalite"])
def test_samples(name):
    x = ph.sample(name).positions
    dgms = ph.alpha_persistence(x, values="squared")
    expected = gudhi_alpha(x)
    assert_same(dgms, expected, tolerance=1e-11)
    if name != "cristobalite":
        assert_same_simplices(dgms, expected)


@pytest.mark.parametrize("name", ["silica-glass", "silica-melt"])
def test_samples_with_radii(name):
    s = ph.sample(name)
    radii = {"Si": 1.1, "O": 0.6}
    dgms = ph.alpha_persistence(ph.Structure(s.positions, s.species), radii=radii, values="squared")
    assert_same(dgms, gudhi_alpha(s.positions, [radii[e] for e in s.species]), tolerance=1e-11)


@pytest.mark.parametrize("name", CRYSTALS)
def test_perfect_crystals(name):
    """Clusters of a few hundred atoms, cut out of crystals without any noise."""
    crystal = CRYSTALS[name]
    p = sum(crystal.pbc)
    k = {1: 40, 2: 12, 3: max(2, round((400 / len(crystal.positions)) ** (1 / 3)))}[p]
    x = supercell(crystal, np.where(crystal.pbc, k, 1)).positions
    assert_same(ph.alpha_persistence(x, values="squared"), gudhi_alpha(x), tolerance=1e-11)


@pytest.mark.parametrize(("name", "k"), [("fcc", 10), ("diamond", 8), ("bcc", 12), ("sc", 16), ("hcp", 12), ("rocksalt", 8), ("quartz", 7)])
def test_large_perfect_crystals(name, k):
    """Up to 4,000 atoms: where Qhull goes wrong without a word when the jitter is too small."""
    x = supercell(CRYSTALS[name], (k, k, k)).positions
    assert 3000 < len(x) <= 4096
    dgms = ph.alpha_persistence(x, values="squared")
    assert_same(dgms, gudhi_alpha(x), tolerance=1e-10)


def test_squares_and_lines():
    """Coplanar and collinear atoms, in general directions."""
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    grid = np.stack(np.meshgrid(np.arange(9.0), np.arange(8.0), [0.0]), -1).reshape(-1, 3)
    for x in (grid, grid @ turn + 5, rng.random((50, 3)) * [1, 1, 0], rng.random((50, 3)) * [1, 0, 0] @ turn, grid[:1], grid[:2], grid[:3]):
        assert_same(ph.alpha_persistence(x, values="squared"), gudhi_alpha(x), tolerance=1e-11)


@pytest.mark.parametrize("thickness", [1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12])
def test_thin_sheets(thickness):
    x = np.random.default_rng(4).random((200, 3)) * [1, 1, thickness]
    dgms = ph.alpha_persistence(x, values="squared")
    for k, rows in gudhi_alpha(x).items():
        ours, theirs = values(dgms[k]), gudhi_values(rows)
        cut = 4 * dgms.resolution + 4 * thickness**2
        ours, theirs = (in_order(v[v[:, 1] - v[:, 0] > cut]) for v in (ours, theirs))
        assert len(ours) == len(theirs)
        np.testing.assert_allclose(ours, theirs, atol=2 * dgms.resolution)


def test_duplicates_are_one_atom():
    x = np.random.default_rng(5).random((100, 3))
    with pytest.warns(UserWarning, match="50 of 150 atoms"):
        dgms = ph.alpha_persistence(np.concatenate([x, x[:50]]), values="squared")
    assert_same(dgms, gudhi_alpha(x))
