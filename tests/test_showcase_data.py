"""The bundled data of the showcases: what they claim to be, and the physics of the scripts that make them."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

import phwidgets as ph

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "notebooks" / "make_data"
SETS = ("micrographs", "porous-media", "silica-tem")


def script(name):
    """A module of notebooks/make_data."""
    if not SCRIPTS.is_dir():
        pytest.skip("needs notebooks/make_data of the checkout")
    sys.path.insert(0, str(SCRIPTS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(SCRIPTS))


@pytest.fixture(scope="module")
def porous():
    with np.load(ph.sample_path("porous-media"), allow_pickle=False) as data:
        return dict(data) | {"pores": np.unpackbits(data["packed"], axis=-1).astype(bool)}


# ---- all of them ---------------------------------------------------------------------------------------------------------------


def test_they_are_small_and_hold_arrays_only():
    paths = [ph.sample_path(name) for name in (*SETS, "aromatic-liquid")]
    assert sum(path.stat().st_size for path in paths) < 1_300_000
    for name in SETS:
        with np.load(ph.sample_path(name), allow_pickle=False) as data:
            assert all(data[key].dtype.kind in "buifU" for key in data.files)


@pytest.mark.parametrize("name", SETS)
def test_a_set_says_how_it_is_read(name):
    with pytest.raises(ValueError, match=rf"set of arrays .*numpy\.load\(phwidgets\.sample_path\('{name}'\)\)"):
        ph.sample(name)


# ---- the diffusion solver --------------------------------------------------------------------------------------------------------


def test_diffusion_through_an_empty_box_is_free():
    solve = script("diffusion").effective_diffusivity
    assert [solve(np.ones((5, 6, 7)), axis) for axis in range(3)] == pytest.approx([1, 1, 1], abs=1e-6)


@pytest.mark.parametrize("axis", range(3))
def test_diffusion_through_layers_is_the_harmonic_mean_and_along_them_the_arithmetic_one(axis):
    solve = script("diffusion").effective_diffusivity
    local = np.random.default_rng(axis).uniform(0.1, 2.0, 9)
    shape = [5, 6, 7]
    shape[axis] = 9
    layers = np.broadcast_to(local.reshape([-1 if a == axis else 1 for a in range(3)]), shape)
    expected = [1 / np.mean(1 / local) if a == axis else local.mean() for a in range(3)]
    assert [solve(layers, a) for a in range(3)] == pytest.approx(expected, rel=1e-4)


def test_diffusion_through_channels_counts_their_share_and_nothing_that_leads_nowhere():
    module = script("diffusion")
    channel = np.zeros((8, 10, 10), bool)
    channel[:, 2:5, 3:8] = True
    assert module.effective_diffusivity(channel) == pytest.approx(0.15, abs=1e-6)
    assert module.effective_diffusivity(channel, axis=1) == 0
    with_dead_ends = channel.copy()
    with_dead_ends[3, 5:8, 5] = True  # a dead end
    with_dead_ends[6, 8, 8] = True  # a closed pore
    assert module.effective_diffusivity(with_dead_ends) == pytest.approx(0.15, rel=0.05)
    assert module.mean_diffusivity(channel) == pytest.approx(0.05, abs=1e-6)


def test_diffusion_agrees_with_a_dense_solution():
    rng = np.random.default_rng(1)
    local = rng.uniform(0.05, 1, (9, 6, 5)) * (rng.random((9, 6, 5)) < 0.7)  # several blocks of the coarse level, some cut in two
    local[:, 1, 1] = 0.5
    number = np.arange(local.size).reshape(local.shape)
    matrix, right = np.zeros((local.size,) * 2), np.zeros(local.size)
    for at in np.ndindex(local.shape):
        if local[at] == 0:
            matrix[number[at], number[at]] = 1
            continue
        for axis in range(3):
            to = tuple(i + (a == axis) for a, i in enumerate(at))
            if to[axis] < local.shape[axis] and local[to] > 0:
                g = 2 * local[at] * local[to] / (local[at] + local[to])
                i, j = number[at], number[to]
                matrix[[i, j], [i, j]] += g
                matrix[[i, j], [j, i]] -= g
        if at[0] in (0, 8):
            matrix[number[at], number[at]] += 2 * local[at]
            right[number[at]] += 2 * local[at] * (at[0] == 0)
    c = np.linalg.lstsq(matrix, right, rcond=None)[0].reshape(local.shape)
    flux = (2 * local[0] * (1 - c[0])).sum()
    assert script("diffusion").effective_diffusivity(local) == pytest.approx(flux * 9 / 30, rel=1e-4)


# ---- porous media ------------------------------------------------------------------------------------------------------------------


def test_half_of_every_medium_is_open_and_no_two_are_equal(porous):
    assert porous["pores"].shape == (60, 48, 48, 48)
    assert (porous["pores"].mean(axis=(1, 2, 3)) == 0.5).all()
    assert len({p.tobytes() for p in porous["pores"]} | {(~p).tobytes() for p in porous["pores"]}) == 120
    assert {str(k): int((porous["kind"] == k).sum()) for k in set(porous["kind"])} == dict.fromkeys(
        ("field", "sheets", "channels", "grains", "cavities"), 12
    )


@pytest.mark.parametrize("index", [0, 11, 58])
def test_a_medium_comes_from_its_seed_and_its_diffusivity_from_the_solver(porous, index):
    module = script("make_porous")
    again = module.medium(str(porous["kind"][index]), index // 5)
    assert np.mean(again == porous["pores"][index]) > 0.999
    value = module.effective_diffusivity(porous["pores"][index], axis=1)
    assert value == pytest.approx(porous["diffusivity"][index, 1], abs=2e-4)


def test_a_medium_and_its_inverse_have_the_same_two_point_correlation(porous):
    p = porous["pores"][2].astype(float)
    power, inverse = (np.abs(np.fft.rfftn(x - x.mean())) ** 2 for x in (p, 1 - p))
    assert np.allclose(power, inverse, atol=1e-6 * power.max())


def test_the_values_of_the_sandstone_belong_to_its_blocks(porous):
    assert porous["berea_diffusivity"].shape == (64, 3)
    if not (ROOT.parent / "shared" / "data").is_dir():
        pytest.skip("needs the real data in ../shared/data beside the checkout")
    module = script("make_porous")
    blocks = module.berea_blocks()
    assert blocks.mean() == pytest.approx(0.199014, abs=1e-6)
    image = ph.sample("porous/berea_200.zip")
    assert all(np.array_equal(b, patch.values == 0) for b, patch in zip(blocks, ph.patches(image, size=50), strict=True))
    assert module.effective_diffusivity(blocks[21], axis=2) == pytest.approx(porous["berea_diffusivity"][21, 2], abs=2e-4)


# ---- micrographs --------------------------------------------------------------------------------------------------------------------


def test_micrographs_are_eight_of_each_kind_and_come_from_their_seeds():
    with np.load(ph.sample_path("micrographs"), allow_pickle=False) as data:
        assert data["images"].shape == (40, 96, 96)
        assert data["images"].max() < 64
        assert [str(k) for k in data["kind"]] == [str(k) for k in data["kinds"]] * 8
        module = script("make_micrographs")
        for index, kind in ((3, "grains"), (39, "lamellae")):
            again = module.single(kind, module.SEEDS[index // 5])
            assert np.abs(again.astype(int) - data["images"][index]).max() <= 1


def test_in_a_joint_micrograph_three_kinds_meet():
    with np.load(ph.sample_path("micrographs"), allow_pickle=False) as data:
        assert data["joints"].shape == data["joint_kinds"].shape == (3, 192, 192)
        module = script("make_micrographs")
        for kinds, where in zip(module.JOINTS.values(), data["joint_kinds"], strict=True):
            assert np.unique(where).tolist() == sorted(kinds)
            assert min(np.mean(where == k) for k in kinds) > 0.15


def test_the_grey_levels_of_a_micrograph_do_not_tell_its_kind():
    with np.load(ph.sample_path("micrographs"), allow_pickle=False) as data:
        mean = data["images"].mean(axis=(1, 2))
        for kind in data["kinds"]:
            assert np.ptp(mean[data["kind"] == kind]) > 0.25 * np.ptp(mean)


def test_the_amounts_of_the_bright_phase_overlap_except_for_droplets():
    with np.load(ph.sample_path("micrographs"), allow_pickle=False) as data:
        bright = {k: [] for k in data["kinds"].tolist()}
        for image, kind in zip(data["images"], data["kind"].tolist(), strict=True):
            bright[kind].append(ph.binarize(ph.smooth(image, 1)).values.mean())
    mixed = [bright[kind] for kind in ("spinodal", "grains", "lamellae")]
    assert max(map(min, mixed)) < min(map(max, mixed)) - 0.05
    assert max(bright["precipitates"]) < 0.35
    assert min(bright["pores"]) > 0.65


# ---- TEM images ----------------------------------------------------------------------------------------------------------------------


def test_tem_images_are_balanced_and_equally_bright():
    with np.load(ph.sample_path("silica-tem"), allow_pickle=False) as data:
        images, glass, structure = data["images"], data["glass"], data["structure"]
        assert images.shape == (80, 96, 96)
        assert np.array_equal(np.unique(structure[glass], return_counts=True), np.unique(structure[~glass], return_counts=True))
        assert len(set(structure.tolist())) == 5
        low, high = data["intensity"]
        intensity = low + images / 63 * (high - low)
        assert intensity.mean() == pytest.approx(1, abs=0.02)
        levels = intensity.mean(axis=(1, 2))
        assert abs(levels[glass].mean() - levels[~glass].mean()) < levels.std()  # the mean grey tells nothing
        inside = np.unpackbits(data["composite_is_glass"], axis=-1).astype(bool)
        assert data["composites"].shape == (3, *inside.shape) == (3, 192, 192)
        assert inside.mean() == pytest.approx(np.pi * 0.34**2, abs=0.01)
        assert ndimage.label(inside)[1] == 1


# ---- the molecular liquid --------------------------------------------------------------------------------------------------------------


def test_the_liquid_holds_the_molecules_it_was_made_of():
    liquid = ph.sample("aromatic-liquid")
    assert liquid.composition == {"C": 820}
    edge = liquid.cell[0, 0]
    bonded = cKDTree(liquid.positions % edge, boxsize=edge).sparse_distance_matrix(cKDTree(liquid.positions % edge, boxsize=edge), 1.8)
    size = np.bincount(connected_components(bonded, directed=False)[1])
    assert np.bincount(size).nonzero()[0].tolist() == [6, 10]
    assert ((size == 6).sum(), (size == 10).sum()) == (70, 40)
    bonds = bonded.tocoo().data
    assert bonds[bonds > 0].mean() == pytest.approx(1.40, abs=0.01)
    grams = (70 * 78.11 + 40 * 128.17) / 6.02214076e23
    assert grams / (edge * 1e-8) ** 3 == pytest.approx(0.857, abs=0.002)


def test_the_molecules_are_flat_and_have_the_right_bonds():
    module = script("make_liquid")
    for name, atoms, bonds, fused in (("benzene", 6, 6, 0), ("naphthalene", 10, 11, 2)):
        positions, types, pairs = module.molecule(name)
        assert (len(positions), len(pairs), int((types == 2).sum())) == (atoms, bonds, fused)
        assert np.allclose([np.linalg.norm(positions[i] - positions[j]) for i, j in pairs], 1.40)
        assert len(module.paths(pairs, 3)) == sum(n * (n - 1) // 2 for n in np.bincount(np.ravel(pairs)))
