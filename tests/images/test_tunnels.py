"""Loops of samples around the tunnels of a volume and the holes of an image."""

import itertools

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


def offset(a, b, shape, periodic):
    """From sample a to its neighbour b, across a periodic border where that is nearer."""
    step = np.subtract(b, a)
    wraps = np.array(periodic) & (np.abs(step) > 1)
    return np.where(wraps, -np.sign(step), step)


class Closed:
    """The closed voxel at which loops are born, relative to the closed voxels before it: H_1 over Z/2 by elimination.

    A face of the voxel is a tuple of one number for each axis: -1 or 1 on a side, 0 along it.
    """

    def __init__(self, image, birth, sign, periodic, mask=None):
        d = image.ndim
        order = sign * image.astype(float)
        own = (order[birth], np.ravel_multi_index(birth, image.shape))
        self.before = set()
        for step in itertools.product((-1, 0, 1), repeat=d):
            there = [i + s for i, s in zip(birth, step, strict=True)]
            if not any(step) or any(not p and not 0 <= i < n for i, n, p in zip(there, image.shape, periodic, strict=True)):
                continue
            there = tuple(i % n for i, n in zip(there, image.shape, strict=True))
            if (mask is None or not mask[there]) and (order[there], np.ravel_multi_index(there, image.shape)) < own:
                self.before.add(step)
        faces = list(itertools.product((-1, 0, 1), repeat=d))
        new = [f for f in faces if not any(all(s in (0, a) for s, a in zip(step, f, strict=True)) for step in self.before)]
        self.edges = {f: 1 << i for i, f in enumerate(f for f in new if f.count(0) == 1)}
        self.boundaries = []
        for square in (f for f in new if f.count(0) == 2):
            sides = [f for f in self.edges if all(a in (0, b) for a, b in zip(square, f, strict=True))]
            self.boundaries.append(sum(self.edges[f] for f in sides))

    def crossing(self, first, last):
        """The new edges along which a loop runs that comes from one neighbour and goes to another one."""
        here, end, edges = [s or 1 for s in first], [s or 1 for s in last], 0
        for axis in range(len(here)):
            if here[axis] != end[axis]:
                edges ^= self.edges.get(tuple(0 if a == axis else here[a] for a in range(len(here))), 0)
                here[axis] = end[axis]
        return edges

    def independent(self, chains):
        """Whether no sum of some of these chains bounds."""

        def reduced(row, rows):
            for other in rows:
                row = min(row, row ^ other)
            return row

        rows = []
        for row in self.boundaries:
            rows += [r] if (r := reduced(row, rows)) else []
        for row in chains:
            if not (r := reduced(row, rows)):
                return False
            rows.append(r)
        return True


@pytest.mark.parametrize("shape", [(16, 18), (3, 15), (7, 8, 9), (5, 3, 7), (12, 1, 13)])
@pytest.mark.parametrize("filtration", ["sublevel", "superlevel"])
@pytest.mark.parametrize("periodic", [False, True])
def test_loops_of_cells_are_new_and_independent_where_they_are_born(shape, filtration, periodic):
    """Relative to what was there before, the loops born at a voxel are independent classes: present, not filled, and not older."""
    rng, several = np.random.default_rng(1), 0
    periods = tuple(periodic and n > 2 for n in shape)
    for image, hidden in ((rng.random(shape), None), (rng.integers(0, 5, shape).astype(np.uint8), None), (rng.random(shape), 0.2)):
        mask = None if hidden is None else rng.random(shape) < hidden
        dgms = cubical_persistence(Image(image), filtration=filtration, periodic=periods, construction="cell", mask=mask)
        d, sign = dgms[1], dgms[1].filtration.sign
        born = {}
        for row, loop in enumerate(image_shortest_cycles(d)):
            assert loop.problem == ""
            voxels = [tuple(v) for v in loop.loop.tolist()]
            birth = tuple(d.birth_cell[row].tolist())
            assert voxels[0] == birth
            assert len(set(voxels)) == len(voxels) >= (3 if any(periods) else 4)
            steps = [offset(a, b, shape, periods) for a, b in zip(voxels, voxels[1:] + voxels[:1], strict=True)]
            assert np.abs(steps).max() == 1
            place = np.ravel_multi_index(tuple(loop.loop.T), shape)
            levels = sign * image.ravel()[place].astype(float)
            assert all((levels[i], place[i]) < (levels[0], place[0]) for i in range(1, len(place)))
            assert mask is None or not mask.ravel()[place].any()
            born.setdefault(birth, []).append((tuple(steps[0].tolist()), tuple((-steps[-1]).tolist())))
        for birth, ends in born.items():
            voxel = Closed(image, birth, sign, periods, mask)
            assert all(first in voxel.before and last in voxel.before for first, last in ends)
            assert voxel.independent([voxel.crossing(first, last) for first, last in ends])
            several += len(ends) > 1
        assert born
    assert several or shape != (7, 8, 9)


@pytest.mark.parametrize("along", [None, 0, 1, 2])
@pytest.mark.parametrize("mirrored", [False, True])
def test_of_two_holes_that_close_at_once_each_pair_has_its_own(along, mirrored):
    """An eight whose crossing appears last: both loops are born there, and die at different values."""
    flat = np.array(
        [
            [9, 1, 1, 9, 1, 1, 9],
            [1, 6, 1, 9, 1, 8, 1],
            [1, 6, 6, 3, 8, 8, 1],
            [1, 6, 1, 9, 1, 8, 1],
            [9, 1, 1, 9, 1, 1, 9],
        ],
        float,
    )
    flat = flat[:, ::-1] if mirrored else flat
    image = flat if along is None else np.stack([np.full(flat.shape, 7.0)] * 2 + [flat] + [np.full(flat.shape, 7.0)] * 2, axis=along)
    if along is not None:
        image = np.where(image == 9, 7, image)
    d = cubical_persistence(Image(image), construction="cell")[1]
    pairs = {death: row for row, (birth, death) in enumerate(zip(d.birth, d.death, strict=True)) if birth == 3}
    assert len(pairs) == 2
    shallow, deep = sorted(pairs)
    for death, columns in ((shallow, (0, 1, 2)), (deep, (4, 5, 6))):
        loop = image_shortest_cycles(d)[pairs[death]].loop
        across = loop[:, 1 if along is None or along == 2 else 2]
        columns = [6 - c for c in columns] if mirrored else list(columns)
        assert set(across.tolist()) <= {3, *columns}


def test_loops_of_cells_join_corners():
    image = np.full((5, 5), 9.0)
    image[[1, 2, 2, 3], [2, 1, 3, 2]] = [1, 2, 3, 4]
    d = cubical_persistence(Image(image, spacing=(1.0, 2.0), unit="nm"), construction="cell")[1]
    loop = image_shortest_cycles(d)[0]
    assert sorted(loop.loop.tolist()) == [[1, 2], [2, 1], [2, 3], [3, 2]]
    assert loop.length == pytest.approx(4 * 5**0.5)


def test_a_torus_of_cells_has_its_loop():
    z, y, x = np.mgrid[:20, :40, :40] - np.array([10, 20, 20])[:, None, None, None]
    distance = np.hypot(np.hypot(y, x) - 12, z)
    d = cubical_persistence(Image(distance), construction="cell")[1].longest(1)
    loop = image_shortest_cycles(d)[0]
    inside = np.zeros(distance.shape, bool)
    inside[tuple(loop.loop.T)] = True
    around = ndimage.label(~inside.any(axis=0))[0]  # across faces: what corners enclose is enclosed
    assert around[20, 20] != around[0, 0]
    assert 40 <= loop.size <= 76


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
