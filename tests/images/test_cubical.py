"""Diagrams of images against GUDHI, bit for bit, and against counts of regions by SciPy."""

import zipfile

import numpy as np
import pytest
from scipy import ndimage

import phwidgets as ph
from phwidgets.data import _folders
from phwidgets.persistence.cubical import cubical_persistence

gudhi = pytest.importorskip("gudhi")


def by_gudhi(levels, construction, periodic):
    """(birth, death) of every degree, sorted; ``levels`` ascend."""
    name = {"vertices" if construction == "vertex" else "top_dimensional_cells": np.asarray(levels, float)}
    if any(periodic):
        complex_ = gudhi.PeriodicCubicalComplex(**name, periodic_dimensions=list(periodic))
    else:
        complex_ = gudhi.CubicalComplex(**name)
    out = {k: [] for k in range(levels.ndim + 1)}
    for k, (birth, death) in complex_.persistence(homology_coeff_field=2, min_persistence=0.0):
        if birth != death and birth < np.inf:
            out[k].append((birth, death))
    return {k: sorted(rows) for k, rows in out.items() if k < levels.ndim or all(periodic)}


def pairs(dgms, sign=1):
    return {k: sorted(zip((sign * d.birth).tolist(), (sign * d.death).tolist(), strict=True)) for k, d in dgms.items()}


def random_image(rng, case):
    ndim = 2 + case % 2
    shape = tuple(int(n) for n in rng.integers(1, 13 if ndim == 2 else 7, ndim))
    levels = (0, 1, 2, 4, 256, 1000)[case // 2 % 6]
    if levels == 0:
        return rng.normal(size=shape).astype((np.float64, np.float32, np.float16)[case % 3])
    kind = rng.choice(["uint8", "int8", "uint16", "int16", "int32", "uint64", "float64"] if levels <= 127 else ["uint16", "int16", "int64"])
    return rng.integers(0, levels, shape).astype(kind)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("construction", ["vertex", "cell"])
def test_equal_to_gudhi(construction, seed):
    rng = np.random.default_rng(seed)
    for case in range(48):
        image = random_image(rng, case)
        periodic = tuple(bool(n > 2 and rng.integers(2)) for n in image.shape) if case % 3 else (False,) * image.ndim
        sign, filtration = ((1, "sublevel"), (-1, "superlevel"))[case // 3 % 2]
        dgms = cubical_persistence(image, filtration=filtration, construction=construction, periodic=periodic)
        assert pairs(dgms, sign) == by_gudhi(sign * image.astype(float), construction, periodic)


REAL = {
    "micrograph/spot6_0d_2.tif": (slice(100, 260), slice(200, 380)),
    "hrtem/soot.tif": (slice(300, 460), slice(300, 460)),
    "afm/Control - 1.txt": (slice(0, 160), slice(0, 160)),
    "porous/leopard_100.npy": (slice(10, 46), slice(20, 52), slice(30, 64)),
    "two-phase-micrograph": (slice(0, 160), slice(50, 200)),
    "porous-glass": (slice(0, 36), slice(0, 40), slice(20, 60)),
}


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("construction", ["vertex", "cell"])
def test_equal_to_gudhi_on_real_images(name, construction):
    if "/" in name and not any((folder / name).is_file() for folder in _folders()):
        pytest.skip(f"{name} is neither in $PHWIDGETS_DATA nor in ../shared/data")
    image = ph.sample(name).values[REAL[name]]
    for values in (image, image.astype(float) - ndimage.uniform_filter(image.astype(float), 7)):
        for periodic in (False, True):
            for sign, filtration in ((1, "sublevel"), (-1, "superlevel")):
                dgms = cubical_persistence(values, filtration=filtration, construction=construction, periodic=periodic)
                assert pairs(dgms, sign) == by_gudhi(sign * values.astype(float), construction, (periodic,) * values.ndim)
                check_cells(values, dgms)


@pytest.mark.parametrize("construction", ["vertex", "cell"])
@pytest.mark.parametrize("filtration", ["sublevel", "superlevel"])
def test_equal_to_gudhi_with_a_mask(filtration, construction):
    rng = np.random.default_rng(5)
    sign = 1 if filtration == "sublevel" else -1
    for case in range(40):
        image = random_image(rng, case)
        mask = rng.random(image.shape) < 0.3
        if mask.all():
            continue
        periodic = tuple(bool(n > 2 and rng.integers(2)) for n in image.shape)
        levels = np.where(mask, np.inf, sign * image.astype(float))
        expected = by_gudhi(levels, construction, periodic)
        options = {"filtration": filtration, "construction": construction, "periodic": periodic}
        for dgms in (
            cubical_persistence(image, mask=mask, **options),
            cubical_persistence(np.ma.MaskedArray(image, mask), **options),
            cubical_persistence(sign * levels, **options),
            cubical_persistence(np.where(mask, np.nan, image.astype(float)), mask=mask, **options),
        ):
            assert pairs(dgms, sign) == expected
            for d in dgms.values():
                assert not mask[tuple(d.birth_cell.T)].any()
                assert not mask[tuple(d.finite.death_cell.T)].any()


@pytest.mark.parametrize("shape", [(17,), (1,), (3, 4, 2, 3), (3, 3, 3, 4), (2, 2, 2, 2, 2)])
@pytest.mark.parametrize("construction", ["vertex", "cell"])
def test_other_dimensions(shape, construction):
    rng = np.random.default_rng(2)
    for periodic in (False, tuple(n > 2 for n in shape)):
        image, periods = rng.integers(0, 50, shape), np.broadcast_to(periodic, len(shape)).tolist()
        dgms = cubical_persistence(image, construction=construction, periodic=periodic)
        assert pairs(dgms) == by_gudhi(image, construction, periods)
        check_cells(image, dgms)
        upper = cubical_persistence(image, construction=construction, periodic=periodic, filtration="superlevel")
        assert pairs(upper, -1) == by_gudhi(-image, construction, periods)
        check_cells(image, upper)


def check_cells(image, dgms):
    for d in dgms.values():
        assert d.birth_cell.shape == d.death_cell.shape == (len(d), image.ndim)
        assert np.array_equal(image[tuple(d.birth_cell.T)], d.birth)
        assert np.array_equal(image[tuple(d.finite.death_cell.T)], d.finite.death)
        assert (d.death_cell[d.is_essential] == -1).all()


def smooth(shape, seed=0, width=2):
    return ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), width, mode="wrap")


@pytest.mark.parametrize("shape", [(64, 80), (18, 20, 22)])
@pytest.mark.parametrize("construction", ["vertex", "cell"])
def test_smooth_images_in_blocks(shape, construction, monkeypatch):
    image = smooth(shape, width=1)
    at_once = cubical_persistence(image, construction=construction)
    monkeypatch.setattr("phwidgets.persistence.cubical_pairs.BLOCK", image.size // 5)
    for periodic in (False, True):
        dgms = cubical_persistence(image, construction=construction, periodic=periodic)
        assert pairs(dgms) == by_gudhi(image, construction, (periodic,) * image.ndim)
        check_cells(image, dgms)
    in_blocks = cubical_persistence(image, construction=construction)
    for k in at_once:
        for name in ("birth", "death", "birth_cell", "death_cell"):
            assert np.array_equal(getattr(at_once[k], name), getattr(in_blocks[k], name))


@pytest.mark.parametrize("shape", [(40, 50), (16, 17, 18)])
def test_superlevels_are_the_sublevels_of_the_negative(shape):
    image = smooth(shape)
    for construction in ("vertex", "cell"):
        upper = cubical_persistence(image, filtration="superlevel", construction=construction)
        lower = cubical_persistence(-image, construction=construction)
        for k, d in upper.items():
            assert np.array_equal(d.birth, -lower[k].birth)
            assert np.array_equal(d.death, -lower[k].death)
            assert np.array_equal(d.birth_cell, lower[k].birth_cell)
            assert np.array_equal(d.death_cell, lower[k].death_cell)
        check_cells(image, upper)


@pytest.mark.parametrize("shape", [(40, 50), (16, 17, 18)])
def test_pairs_of_the_two_constructions_are_dual(shape):
    """Bleile et al. 2022: on a torus, PD_k of the cells are PD_(d-1-k) of the vertices of the negative, birth and death exchanged."""
    image, d = smooth(shape), len(shape)
    cells = cubical_persistence(image, construction="cell", periodic=True)
    vertices = cubical_persistence(-image, construction="vertex", periodic=True)
    for k in range(d):
        mine = sorted(zip(cells[k].finite.birth, cells[k].finite.death, strict=True))
        other = vertices[d - 1 - k].finite
        assert mine == sorted(zip(-other.death, -other.birth, strict=True))
    for k in range(d + 1):
        mine, other = cells[k], vertices[d - k]
        assert sorted(mine.birth[mine.is_essential]) == sorted(-other.birth[other.is_essential])


@pytest.mark.parametrize("shape", [(48, 60), (20, 24, 22)])
@pytest.mark.parametrize("construction", ["vertex", "cell"])
def test_alive_components_and_cavities_are_those_that_scipy_counts(shape, construction):
    image = smooth(shape)
    dgms, d = cubical_persistence(image, construction=construction), len(shape)
    full = np.ones((3,) * d)
    inner, outer = (None, full) if construction == "vertex" else (full, None)
    for level in np.quantile(image, [0.1, 0.3, 0.5, 0.7, 0.9]):
        low = image <= level
        alive = {k: int(((x.birth <= level) & (x.death > level)).sum()) for k, x in dgms.items()}
        assert alive[0] == ndimage.label(low, inner)[1]
        assert alive[d - 1] == ndimage.label(np.pad(~low, 1, constant_values=True), outer)[1] - 1


def berea():
    if not any((folder / "porous" / "berea_200.zip").is_file() for folder in _folders()):
        pytest.skip("porous/berea_200.zip is neither in $PHWIDGETS_DATA nor in ../shared/data")
    with zipfile.ZipFile(ph.sample_path("porous/berea_200.zip")) as archive:
        return np.frombuffer(archive.read("Berea_center_cropped_200_200.raw"), np.uint8).reshape(200, 200, 200)


def test_berea_sandstone():
    pores = berea() == 0
    inside = ndimage.distance_transform_cdt(pores, metric="taxicab")
    outside = ndimage.distance_transform_cdt(~pores, metric="taxicab")
    dgms = cubical_persistence(np.where(pores, -inside, outside).astype(np.int16))
    alive = {k: int(((d.birth < 0) & (d.death > 0)).sum()) for k, d in dgms.items()}
    assert alive[0] == ndimage.label(pores)[1] == 328
    assert alive[2] == ndimage.label(np.pad(~pores, 1, constant_values=True), np.ones((3, 3, 3)))[1] - 1
    assert [len(dgms[k].finite) for k in dgms] == [8386, 7054, 714]
