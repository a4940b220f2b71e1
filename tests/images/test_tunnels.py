"""Loops of samples around the tunnels of a volume and the holes of an image."""

import numpy as np
import pytest
from scipy import ndimage

import phwidgets as ph
from phwidgets.image import Image
from phwidgets.inverse.tunnels import image_shortest_cycles
from phwidgets.persistence.cubical import cubical_persistence


def check(image, d, row, loop):
    sign, periodic = d.filtration.sign, d.filtration.periodic
    assert loop.pair_id == d.pair_id[row]
    assert not loop.certified
    voxels = loop.loop
    assert tuple(voxels[0]) == tuple(d.birth_cell[row])
    assert len({tuple(v) for v in voxels.tolist()}) == len(voxels) >= (3 if any(periodic) else 4)
    values = sign * image[tuple(voxels.T)].astype(float)
    assert values.max() == sign * d.birth[row]
    step = np.abs(np.roll(voxels, -1, axis=0) - voxels)
    for axis, n in enumerate(image.shape):
        if periodic[axis]:
            step[:, axis] = np.minimum(step[:, axis], n - step[:, axis])
    assert (step.sum(axis=1) == 1).all()


@pytest.mark.parametrize("shape", [(16, 18), (8, 9, 10)])
@pytest.mark.parametrize("filtration", ["sublevel", "superlevel"])
@pytest.mark.parametrize("periodic", [False, True])
def test_loops_are_closed_simple_and_born_with_their_pairs(shape, filtration, periodic):
    rng = np.random.default_rng(0)
    for image in (rng.random(shape), rng.integers(0, 5, shape).astype(np.uint8)):
        d = cubical_persistence(Image(image), filtration=filtration, periodic=periodic)[1]
        loops = image_shortest_cycles(d)
        assert len(loops) == len(d)
        for row, loop in enumerate(loops):
            assert loop.problem == ""
            check(image, d, row, loop)
        some = d.longest(5)
        again = image_shortest_cycles(some)
        assert [loop.pair_id for loop in again] == some.pair_id.tolist()


def test_a_torus_has_its_two_loops():
    z, y, x = np.mgrid[:20, :40, :40] - np.array([10, 20, 20])[:, None, None, None]
    distance = np.hypot(np.hypot(y, x) - 12, z)
    d = cubical_persistence(Image(distance, spacing=0.5, unit="nm"))[1].longest(1)
    loop = image_shortest_cycles(d)[0]
    # no loop around the hole is shorter than one around the square that fits into it
    assert 60 <= loop.size <= 100
    inside = np.zeros(distance.shape, bool)
    inside[tuple(loop.loop.T)] = True
    assert ndimage.binary_fill_holes(inside.any(axis=0))[20, 20]
    assert loop.length == loop.size * 0.5


def test_shortest_of_all():
    """In a square with a hole, breadth first from every sample of the ring cannot do better."""
    image = np.zeros((9, 9))
    image[3:6, 3:6] = 5
    d = cubical_persistence(Image(image))[1]
    assert len(d) == 1
    assert image_shortest_cycles(d)[0].size == 16


def test_a_loop_around_the_cell():
    image = np.full((6, 7, 8), 3.0)
    image[2, 3, :] = np.arange(8) / 10
    d = cubical_persistence(Image(image), periodic=(False, False, True))[1]
    first = d.nearest(0.7, np.inf)
    loop = image_shortest_cycles(first)[0]
    assert loop.size == 8
    assert (loop.loop[:, :2] == (2, 3)).all()
    assert loop.length == 8


def test_tables_and_masks():
    image = Image(np.random.default_rng(0).random((7, 8, 9)), spacing=(1, 2, 3), unit="nm")
    d = cubical_persistence(image)[1].longest(6)
    loops = image_shortest_cycles(d)
    table = loops.to_frame()
    assert table.index.tolist() == d.pair_id.tolist()
    assert table["size"].tolist() == [loop.size for loop in loops]
    assert (table["length (nm)"] > 0).all()
    assert loops.mask(d.pair_id[:2]).sum() == len({tuple(v) for loop in loops[:2] for v in loop.voxels.tolist()})
    assert loops.mask().sum() >= loops.mask(d.pair_id[:2]).sum()
    with pytest.raises(ValueError, match="is not among these"):
        loops.mask([-1])


def test_refused():
    image = Image(np.random.default_rng(0).random((7, 8, 9)))
    with pytest.raises(ValueError, match="degree 1"):
        image_shortest_cycles(cubical_persistence(image)[2])
    with pytest.raises(ValueError, match="construction='vertex'"):
        image_shortest_cycles(cubical_persistence(image, construction="cell")[1])
    with pytest.raises(ValueError, match="another source"):
        image_shortest_cycles(cubical_persistence(np.zeros((3, 3, 3, 3)))[1])


def test_the_public_functions_take_images():
    rng = np.random.default_rng(0)
    dgms = cubical_persistence(Image(rng.random((6, 7, 8))))
    loops = ph.shortest_cycles(dgms[1].longest(3))
    assert [loop.pair_id for loop in loops] == dgms[1].longest(3).pair_id.tolist()
    a = ph.incidence(loops)
    assert a.matrix.sum(axis=1).tolist() == [loop.size for loop in loops]
    regions = ph.optimal_volumes(dgms[0])
    assert regions[0].size == regions.sizes[0]
    assert ph.stable_volumes(dgms[2], 0.1).epsilon == 0.1
    assert ph.incidence(dgms[0]).matrix.shape == (len(dgms[0]), 6 * 7 * 8)
    assert np.array_equal(ph.incidence(regions).to_input(np.ones(len(regions))), regions.to_input(np.ones(len(regions))).ravel())
    with pytest.raises(ValueError, match="shortest_cycles"):
        ph.optimal_volumes(dgms[1])
    with pytest.raises(ValueError, match="not of int"):
        ph.incidence(3)
