"""Small flat images are computed in one call: the same rows as step by step, bit for bit and in the same order."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from phwidgets.image import Image
from phwidgets.persistence import cubical
from phwidgets.persistence.cubical import cubical_persistence
from phwidgets.persistence.cubical_flat import find_rows, is_flat
from phwidgets.persistence.cubical_source import Cubical

COLUMNS = ("birth", "death", "birth_cell", "death_cell", "birth_offset", "death_offset", "pair_id")
SHAPES = [(1, 1), (1, 7), (7, 1), (3, 3), (14, 18), (40, 37), (5, 1, 7), (1, 6, 5), (4, 3, 1), (1, 1, 6)]


@pytest.fixture
def step_by_step(monkeypatch):
    """The general way, which knows images of all sizes."""

    def compute(image, **options):
        with monkeypatch.context() as context:
            context.setattr(cubical, "is_flat", lambda shape: False)
            return cubical_persistence(image, **options)

    return compute


def same(found, expected):
    assert (found.degrees, found.unit, found.resolution) == (expected.degrees, expected.unit, expected.resolution)
    for k in expected:
        a, b = found[k], expected[k]
        assert (a.degree, a.unit, len(a)) == (b.degree, b.unit, len(b))
        assert vars(a).keys() == vars(b).keys()
        for name in COLUMNS:
            x, y = getattr(a, name), getattr(b, name)
            assert (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes()), name
            assert not x.flags.writeable
        assert (a.filtration.filtration, a.filtration.construction, a.filtration.periodic) == (
            b.filtration.filtration,
            b.filtration.construction,
            b.filtration.periodic,
        )


def images(rng, shape):
    """Samples with and without equal ones, in all types, and in other places of the memory."""
    noise = rng.standard_normal(shape)
    soft = gaussian_filter(noise, 1.0)
    yield noise
    yield np.full(shape, -3.5)
    yield rng.choice([0.0, -0.0, 1.0, -1.0], shape)
    yield noise > 0
    yield rng.integers(0, 256, shape).astype(np.uint8)
    yield (60 * soft + 128).clip(0, 255).astype(np.uint8)
    yield rng.integers(-128, 128, shape).astype(np.int8)
    yield rng.integers(65_500, 65_536, shape).astype(np.uint16)
    yield rng.integers(-5, 5, shape).astype(np.int16)
    yield rng.integers(-(2**53), 2**53, shape)
    yield soft.astype(np.float16)
    yield np.asfortranarray(soft)
    yield soft.astype(">f4")[::-1]


@pytest.mark.parametrize("filtration", ["sublevel", "superlevel"])
@pytest.mark.parametrize("construction", ["vertex", "cell"])
@pytest.mark.parametrize("shape", SHAPES)
def test_rows_are_those_of_the_general_way(step_by_step, shape, construction, filtration):
    rng = np.random.default_rng(sum(shape))
    never = np.inf if filtration == "sublevel" else -np.inf
    for i, image in enumerate(images(rng, shape)):
        for periodic in (False, tuple(n > 2 for n in shape), tuple(n > 2 and axis == 0 for axis, n in enumerate(shape))):
            options = {"filtration": filtration, "construction": construction, "periodic": periodic}
            same(cubical_persistence(image, **options), step_by_step(image, **options))
            mask = rng.random(shape) < 0.3
            mask.flat[0] = False
            special = image.copy()
            if i == 0:
                special.flat[-1] = never
                special[mask] = np.nan
            options |= {"mask": np.asfortranarray(mask), "degrees": [int(rng.integers(len(shape)))]}
            same(cubical_persistence(special, **options), step_by_step(special, **options))


def test_larger_images_and_many_rows(step_by_step):
    rng = np.random.default_rng(0)
    for image in (rng.random((90, 80)), rng.integers(0, 9, (120, 100)), gaussian_filter(rng.random((128, 128)), 2)):
        for construction in ("vertex", "cell"):
            same(cubical_persistence(image, construction=construction), step_by_step(image, construction=construction))


@pytest.mark.parametrize("filtration", ["sublevel", "superlevel"])
@pytest.mark.parametrize("construction", ["vertex", "cell"])
def test_many_images_are_computed_as_one_by_one(construction, filtration):
    rng = np.random.default_rng(1)
    stack = rng.normal(size=(9, 12, 15))
    stack[0] = 0  # few rows, after which there are more than was expected
    stack[5:] = np.round(stack[5:])
    how = Cubical(filtration, construction, (False, True))
    rows = find_rows(stack, how, (0, 1))
    for i, image in enumerate(stack):
        one = cubical_persistence(image, filtration=filtration, construction=construction, periodic=(False, True))
        for k in one:
            for found, name in zip(rows.part(i, k), COLUMNS[:4], strict=True):
                assert np.array_equal(found, getattr(one[k], name))
    assert rows.ends[-1, -1] == rows.numbers.shape[1] == rows.cells.shape[1]
    assert [len(a) for a in rows.part(2, 2)] == [0] * 4


def test_what_is_no_number_ends_the_call():
    how = Cubical("sublevel", "vertex", (False, False))
    for bad in (np.nan, -np.inf):
        stack = np.zeros((3, 4, 5))
        stack[1, 2, 3] = bad
        assert find_rows(stack, how, (0, 1)) is None
    stack[1, 2, 3] = np.inf
    assert find_rows(stack, how, (0, 1)) is not None


def test_which_images_are_small_and_flat():
    assert is_flat((512, 512))
    assert is_flat((128, 1, 128))
    assert not is_flat((513, 512))
    assert not is_flat((2, 2, 2))


def test_diagrams_can_be_selected_from_and_copied():
    image = Image(np.random.default_rng(0).random((70, 80)), value_unit="V")
    d = cubical_persistence(image)[0]
    assert d.source is image
    assert d.subset([3, 1]).pair_id.tolist() == [3, 1]
    assert d.birth_offset.shape == (len(d), 2, 3)
    assert not d.birth_offset.any()
    assert len(d.finite) == len(d) - 1
