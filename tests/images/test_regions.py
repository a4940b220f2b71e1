"""Regions of images against labels by SciPy, drawings, and what every region must fulfil."""

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from phwidgets.image import Image
from phwidgets.inverse.image_incidence import RegionIncidence, image_incidence
from phwidgets.inverse.regions import image_optimal_volumes, image_stable_volumes
from phwidgets.persistence.cubical import cubical_persistence

OPTIONS = [
    {"filtration": filtration, "construction": construction}
    for filtration in ("sublevel", "superlevel")
    for construction in ("vertex", "cell")
]


def component(inside, seed, full, periodic):
    """Samples of ``inside`` that hang together with ``seed``."""
    ndim = inside.ndim
    label, number = ndimage.label(inside, np.ones((3,) * ndim) if full else None)
    parent = list(range(number + 1))

    def root(x):
        while parent[x] != x:
            x = parent[x]
        return x

    for axis in range(ndim):
        if periodic[axis]:
            first, last = np.take(label, 0, axis), np.take(label, -1, axis)
            shifts = [()] if ndim == 1 else np.ndindex(*(3,) * (ndim - 1))
            for shift in shifts:
                if not full and any(s != 1 for s in shift):
                    continue
                moved, valid = last, np.ones(last.shape, bool)
                others = [a for a in range(ndim) if a != axis]
                for a, s in enumerate(shift):
                    moved = np.roll(moved, s - 1, a)
                    valid = valid if periodic[others[a]] or s == 1 else valid & edge_free(last.shape, a, s - 1)
                for x, y in zip(first[valid & (first > 0) & (moved > 0)], moved[valid & (first > 0) & (moved > 0)], strict=True):
                    parent[root(int(x))] = root(int(y))
    roots = np.array([root(x) for x in range(number + 1)])
    return (roots[label] == roots[label[seed]]) & (label > 0)


def edge_free(shape, axis, shift):
    """Where a roll by ``shift`` did not bring something around the border."""
    ok = np.ones(shape, bool)
    index = [slice(None)] * len(shape)
    index[axis] = 0 if shift > 0 else -1
    ok[tuple(index)] = False
    return ok


def expected(image, d, row, epsilon=0.0):
    how = d.filtration
    birth, death = tuple(d.birth_cell[row]), tuple(d.death_cell[row])
    values = how.sign * image.astype(float)
    if d.degree == 0:
        inside = values <= values[death] - epsilon if epsilon else values < values[death]
        return component(inside, birth, how.construction == "cell", how.periodic)
    inside = values >= values[birth] + epsilon if epsilon else values > values[birth]
    return component(inside, death, how.construction == "vertex", how.periodic)


def as_mask(voxels, shape):
    out = np.zeros(shape, bool)
    out[tuple(voxels.T)] = True
    return out


def cases(number):
    rng = np.random.default_rng(0)
    for i in range(number):
        shape = (9, 11) if i % 2 else (5, 6, 5)
        image = rng.normal(size=shape) if i % 3 else rng.integers(0, 6, shape).astype(np.uint8)
        periodic = tuple(bool(p) for p in rng.integers(0, 2, len(shape))) if i % 4 > 1 else False
        yield image, periodic


@pytest.mark.parametrize("options", OPTIONS)
def test_regions_equal_brute_force(options):
    compared = 0
    for image, periodic in cases(12):
        dgms = cubical_persistence(Image(image), periodic=periodic, **options)
        for degree in (0, image.ndim - 1):
            d = dgms[degree]
            regions = image_optimal_volumes(d)
            for row, region in enumerate(regions):
                assert region.pair_id == d.pair_id[row]
                if d.is_essential[row]:
                    assert "never dies" in region.problem
                    assert region.size == 0
                    continue
                assert region.problem == ""
                assert region.certified
                assert np.array_equal(as_mask(region.voxels, image.shape), expected(image, d, row))
                compared += 1
    assert compared > 100


@pytest.mark.parametrize("options", OPTIONS)
def test_stable_regions_equal_brute_force(options):
    for image, periodic in cases(8):
        dgms = cubical_persistence(Image(image), periodic=periodic, **options)
        for degree in (0, image.ndim - 1):
            d, epsilon = dgms[degree].finite, 1.0 if image.dtype == np.uint8 else 0.4
            regions = image_stable_volumes(d, epsilon)
            optimal = image_optimal_volumes(d)
            check_links(regions, image.shape)
            for row, region in enumerate(regions):
                if d.persistence[row] <= epsilon:
                    assert "no longer than epsilon" in region.problem
                    continue
                found = as_mask(region.voxels, image.shape)
                assert np.array_equal(found, expected(image, d, row, epsilon))
                assert not (found & ~as_mask(optimal[row].voxels, image.shape)).any()
            same = image_stable_volumes(d, 0)
            assert same.sizes.tolist() == optimal.sizes.tolist()


def check_links(regions, shape):
    """Masks, sums, chains and sizes against the listed samples."""
    rng = np.random.default_rng(1)
    rows = np.array([as_mask(v.voxels, shape).ravel() for v in regions], bool).reshape(len(regions), int(np.prod(shape)))
    assert regions.sizes.tolist() == rows.sum(axis=1).tolist()
    weights, field = rng.normal(size=len(regions)), rng.normal(size=shape)
    np.testing.assert_allclose(regions.to_input(weights), (weights @ rows).reshape(shape), atol=1e-12)
    np.testing.assert_allclose(
        regions.mask(weights) if len(weights) else 0, (weights @ rows).reshape(shape) if len(weights) else 0, atol=1e-12
    )
    np.testing.assert_allclose(regions.to_pairs(field), rows @ field.ravel(), atol=1e-12)
    assert np.array_equal(regions.mask(), rows.any(axis=0).reshape(shape))
    some = regions.pair_id[rng.permutation(len(regions))[: len(regions) // 2]]
    place = {int(p): i for i, p in enumerate(regions.pair_id)}
    part = rows[[place[int(p)] for p in some]]
    assert np.array_equal(regions.mask(some), part.any(axis=0).reshape(shape))
    labels = regions.labels(some).ravel()
    for voxel in range(0, labels.size, 3):
        holding = np.flatnonzero(part[:, voxel])
        if len(holding):
            assert part[labels[voxel] - 1, voxel]
            assert part[labels[voxel] - 1].sum() == part[holding].sum(axis=1).min()
        else:
            assert labels[voxel] == 0
        chain = regions.chain(np.unravel_index(voxel, shape)).tolist()
        assert sorted(chain) == sorted(int(p) for p in regions.pair_id[rows[:, voxel]])
        sizes = [rows[place[p]].sum() for p in chain]
        assert sizes == sorted(sizes)


@pytest.mark.parametrize("options", OPTIONS)
def test_masks_sums_and_chains_agree_with_the_listed_samples(options):
    for image, periodic in cases(6):
        dgms = cubical_persistence(Image(image), periodic=periodic, **options)
        for degree in (0, image.ndim - 1):
            check_links(image_optimal_volumes(dgms[degree]), image.shape)
            check_links(image_optimal_volumes(dgms[degree].longest(5)), image.shape)


@settings(max_examples=60, deadline=None)
@given(
    image=st.one_of(
        arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=7), elements=st.integers(0, 5)),
        arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=7), elements=st.floats(-2, 2, width=16)),
    ),
    options=st.sampled_from(OPTIONS),
)
def test_every_region_holds_its_birth_and_lies_between_its_values(image, options):
    dgms = cubical_persistence(Image(image), **options)
    for degree in {0, image.ndim - 1}:
        d = dgms[degree].finite
        sign = d.filtration.sign
        for row, region in enumerate(image_optimal_volumes(d)):
            inside = as_mask(region.voxels, image.shape)
            values = sign * image[inside].astype(float)
            low, high = sign * d.birth[row], sign * d.death[row]
            begins, ends = (d.birth_cell, d.death_cell) if degree == 0 else (d.death_cell, d.birth_cell)
            assert inside[tuple(begins[row])]
            assert not inside[tuple(ends[row])]
            assert low <= values.min() if degree == 0 else low < values.min()
            assert values.max() < high if degree == 0 else values.max() <= high
            full = (d.filtration.construction == "cell") == (degree == 0)
            shell = ndimage.binary_dilation(inside, np.ones((3,) * image.ndim) if full else None) & ~inside
            around = sign * image[shell].astype(float)
            assert around.min() == high if degree == 0 else around.max() == low
            edge = as_mask(region.boundary_voxels, image.shape)
            assert np.array_equal(edge, inside & ~ndimage.binary_erosion(inside))


# ---- drawings ----------------------------------------------------------------------------------------------------------------


def discs():
    y, x = np.mgrid[:60, :80]
    image = np.full((60, 80), 9.0)
    for (cy, cx), radius, value in (((20, 20), 10, 1.0), ((40, 55), 14, 2.0), ((40, 55), 5, 0.5)):
        image[(y - cy) ** 2 + (x - cx) ** 2 <= radius**2] = value
    return image, (y - 20) ** 2 + (x - 20) ** 2 <= 100, (y - 40) ** 2 + (x - 55) ** 2 <= 196


@pytest.mark.parametrize("construction", ["vertex", "cell"])
def test_discs(construction):
    image, first, second = discs()
    d = cubical_persistence(Image(image, spacing=(0.5, 2.0), unit="nm"), construction=construction)[0]
    assert sorted(d.birth.tolist()) == [0.5, 1.0]
    regions = image_optimal_volumes(d.finite)
    assert len(regions) == 1
    assert np.array_equal(regions.mask(), first)
    table = regions.to_frame()
    assert table["size"].tolist() == [first.sum()]
    assert table["area (nm²)"].tolist() == [first.sum()]
    assert (table["centroid row"].iloc[0], table["centroid column"].iloc[0]) == pytest.approx((20, 20))
    assert table["mean value (grey value)"].tolist() == [1.0]
    assert table["persistence (grey value)"].tolist() == [8.0]
    upper = cubical_persistence(Image(image), construction=construction, filtration="superlevel")
    holes = image_optimal_volumes(upper[1])
    found = {int(v.size) for v in holes}
    assert found == {int(first.sum()), int(second.sum())}


def test_a_ring_and_its_hole():
    y, x = np.mgrid[:50, :50]
    distance = np.hypot(y - 25, x - 25)
    image = np.where(np.abs(distance - 15) < 2, 1.0, 5.0) + 0.001 * distance
    d = cubical_persistence(Image(image))[1].longest(1)
    region = image_optimal_volumes(d)[0]
    assert np.array_equal(as_mask(region.voxels, image.shape), distance <= 13)
    assert (np.hypot(*(region.boundary_voxels - 25).T) > 11).all()


def test_nested_blobs_in_a_volume():
    z, y, x = np.mgrid[:30, :32, :34]
    distance = np.sqrt((z - 15) ** 2 + (y - 16) ** 2 + (x - 17) ** 2)
    shells = np.select([distance <= 4, distance <= 8, distance <= 12], [2.0, 0.0, 3.0], 1.0)
    dgms = cubical_persistence(Image(shells))
    cavities = image_optimal_volumes(dgms[2])
    assert cavities.sizes.tolist() == [(distance <= 4).sum(), ((distance > 8) & (distance <= 12)).sum()]
    assert np.array_equal(cavities.mask(), (distance <= 4) | ((distance > 8) & (distance <= 12)))
    outside = image_optimal_volumes(dgms[0].finite)  # the blob inside is older
    assert np.array_equal(outside.mask(), distance > 12)
    upper = cubical_persistence(Image(shells), filtration="superlevel")
    assert np.array_equal(image_optimal_volumes(upper[0].finite).mask(), distance <= 4)
    assert np.array_equal(image_optimal_volumes(upper[2]).mask(), distance <= 8)


def test_regions_of_a_periodic_image_reach_around_it():
    image = np.full((12, 15), 5.0)
    image[[0, 0, -1, -1, 1], [0, -1, 0, -1, 0]] = [1, 1.2, 1.1, 1.3, 1.4]
    image[5:8, 5:9] = 0
    d = cubical_persistence(Image(image), periodic=True)[0].finite
    regions = image_optimal_volumes(d.longest(1))
    assert regions[0].size == 5
    table = regions.to_frame()
    row = table["centroid row"].iloc[0]
    assert min(row, 12 - row) < 1


def test_masked_samples_are_in_no_region():
    rng = np.random.default_rng(3)
    image, mask = rng.random((20, 20)), rng.random((20, 20)) < 0.2
    for options in OPTIONS:
        dgms = cubical_persistence(Image(image), mask=mask, **options)
        for degree in (0, 1):
            assert not (image_optimal_volumes(dgms[degree]).mask() & mask).any()


def test_singleton_axes():
    image = np.random.default_rng(0).random((8, 9))
    for shape in ((1, 8, 9), (8, 1, 9), (8, 9, 1)):
        flat = image_optimal_volumes(cubical_persistence(Image(image))[0])
        thin = image_optimal_volumes(cubical_persistence(Image(image.reshape(shape)))[0])
        assert flat.sizes.tolist() == thin.sizes.tolist()
        assert thin.mask().shape == shape
    assert len(image_optimal_volumes(cubical_persistence(Image(image.reshape(1, 8, 9)))[2])) == 0


def test_refused():
    rng = np.random.default_rng(0)
    image = Image(rng.random((6, 7, 8)))
    dgms = cubical_persistence(image)
    with pytest.raises(ValueError, match="shortest_cycles"):
        image_optimal_volumes(dgms[1])
    with pytest.raises(ValueError, match="another source"):
        image_optimal_volumes(cubical_persistence(np.zeros((3, 3, 3, 3)))[0])
    for wrong in (-1, np.nan, np.inf, "x", None):
        with pytest.raises(ValueError, match="epsilon"):
            image_stable_volumes(dgms[0], wrong)
    regions = image_optimal_volumes(dgms[0])
    for call in (lambda: regions.mask([10**6]), lambda: regions.labels([-5])):
        with pytest.raises(ValueError, match="is not among these"):
            call()
    with pytest.raises(ValueError, match="integers"):
        regions.labels(["a"])
    with pytest.raises(ValueError, match="weights must have shape"):
        regions.to_input(np.ones(3))
    with pytest.raises(ValueError, match="image's shape"):
        regions.to_pairs(np.ones(3))
    for wrong in ((0, 0), (6, 0, 0), (0, -1, 0)):
        with pytest.raises(ValueError, match="voxel is an index"):
            regions.chain(wrong)
    other = Image(rng.random((6, 7, 8)))
    from dataclasses import replace

    stray = image_optimal_volumes(replace(dgms[0], source=other))
    assert all("another one" in p or "never dies" in p for p in stray.problems) or (stray.sizes == 0).any()
    assert len(regions[2:5]) == 3
    assert regions[-1].pair_id == len(regions) - 1
    assert "failed" in repr(regions)


@pytest.mark.parametrize("options", OPTIONS)
def test_incidences(options):
    rng = np.random.default_rng(0)
    image = rng.random((6, 7, 5))
    dgms = cubical_persistence(Image(image), **options)
    for d in dgms.values():
        a = image_incidence(d)
        assert a.matrix.shape == (len(d), image.size)
        assert a.pair_id.tolist() == d.pair_id.tolist()
        for row in range(len(d)):
            columns = a.matrix.indices[a.matrix.indptr[row] : a.matrix.indptr[row + 1]]
            values = [d.birth[row]] + ([] if d.is_essential[row] else [d.death[row]])
            assert sorted(image.ravel()[columns]) == sorted(values)
    for degree in (0, 2):
        a = RegionIncidence(image_optimal_volumes(dgms[degree]))
        s, x = rng.normal(size=len(dgms[degree])), rng.normal(size=image.size)
        assert np.isclose(a.to_input(s) @ x, s @ a.to_pairs(x))
        np.testing.assert_allclose(a.to_input(s), a.matrix.T @ s, atol=1e-12)
        np.testing.assert_allclose(a.to_pairs(x), a.matrix @ x, atol=1e-12)
        assert np.array_equal(a.to_pairs(x), a.to_pairs(x.reshape(image.shape)))
        with pytest.raises(ValueError, match="pair_weights must have shape"):
            a.to_input(np.ones(10**4))
        with pytest.raises(ValueError, match="input_weights must have shape"):
            a.to_pairs(np.ones(3))
