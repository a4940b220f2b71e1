"""What an image may look like in memory, what is refused, and the file of diagrams of an image."""

import json
import subprocess
import sys
import threading
import tracemalloc

import matplotlib
import numpy as np
import pytest

import phwidgets as ph
from phwidgets.image import Image
from phwidgets.persistence import cubical_warm, warm
from phwidgets.persistence.cubical import cubical_persistence, morse_of
from phwidgets.persistence.cubical_levels import Levels
from phwidgets.persistence.cubical_source import Cubical
from phwidgets.persistence.plotting import named

matplotlib.use("Agg")
COLUMNS = ("birth", "death", "birth_cell", "death_cell", "pair_id")


def same(a, b):
    assert a.degrees == b.degrees
    for k in a:
        for name in COLUMNS:
            assert np.array_equal(getattr(a[k], name), getattr(b[k], name)), name


def layouts(image):
    """The same samples in other places of the memory."""
    yield np.asfortranarray(image)
    yield np.ascontiguousarray(image[::-1])[::-1]
    wide = np.zeros((*image.shape[:-1], 2 * image.shape[-1]), image.dtype)
    wide[..., ::2] = image
    yield wide[..., ::2]
    fixed = image.copy()
    fixed.flags.writeable = False
    yield fixed
    raw = np.zeros(image.nbytes + 1, np.uint8)
    shifted = raw[1:].view(image.dtype).reshape(image.shape) if image.itemsize > 1 else image.copy()
    shifted[...] = image
    yield shifted
    yield image.astype(image.dtype.newbyteorder())
    yield image.tolist()
    yield Image(image, spacing=2.0, unit="nm")


TYPES = "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64"


@pytest.mark.parametrize(
    "options", [{}, {"filtration": "superlevel"}, {"construction": "cell"}, {"periodic": True, "construction": "cell"}]
)
@pytest.mark.parametrize("shape", [(14, 18), (7, 6, 8)])
def test_type_and_layout_change_nothing(shape, options):
    rng = np.random.default_rng(0)
    for kind in TYPES.split():
        image = rng.integers(0, 2 if kind == "bool" else 90, shape).astype(kind)
        if kind.startswith("int"):
            image -= 45
        plain = cubical_persistence(image.astype(float), **options)
        same(cubical_persistence(image, **options), plain)
        for other in layouts(image):
            same(cubical_persistence(other, **options), plain)


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "int16"])
@pytest.mark.parametrize("construction", ["vertex", "cell"])
def test_the_ends_of_the_range_of_whole_numbers(kind, construction):
    ends = np.iinfo(kind)
    image = np.full((6, 7), ends.max, kind)
    image[1:5, 1:6] = ends.min
    image[2, 2:4] = ends.max
    for filtration in ("sublevel", "superlevel"):
        options = {"filtration": filtration, "construction": construction}
        same(cubical_persistence(image, **options), cubical_persistence(image.astype(float), **options))
        mask = np.zeros(image.shape, bool)
        mask[0, :3] = True
        same(cubical_persistence(image, mask=mask, **options), cubical_persistence(image.astype(float), mask=mask, **options))


@pytest.mark.parametrize("kind", ["bool", "uint8", "uint16", "float32", "float64"])
def test_what_can_be_used_as_it_is_is_not_copied(kind):
    image = np.random.default_rng(0).integers(0, 2, (6, 7, 8)).astype(kind)
    for values in (image, image[2:5]):
        assert np.shares_memory(Levels.of(values, False, False, (False,) * 3, None).flat, image)
        assert cubical_persistence(values)[0].source.values.base is not None
    big = np.zeros((1200, 1500), kind)
    big[::7, ::5] = 1
    cubical_persistence(big)
    tracemalloc.start()
    morse_of(big, Cubical("sublevel", "vertex", (False, False)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * big.size + 24 * 2**20  # two bytes a sample for the gradient, blocks of samples, and the critical cells


def test_no_layout_or_type_compiles_anything_again(monkeypatch):
    rng = np.random.default_rng(0)
    cubical_persistence(rng.random((8, 8, 8)))
    cubical_persistence(rng.random((8, 8)))
    kernels = warm.kernels(cubical_warm.KERNELS)
    before = {name: len(kernel.signatures) for name, kernel in kernels.items()}
    for name in ("cubical_pairs.BLOCK", "cubical_flat.LARGEST"):  # so that there are images of several blocks, flat ones too
        monkeypatch.setattr(f"phwidgets.persistence.{name}", 100)
    for kind in TYPES.split():
        for image in (
            rng.integers(0, 2, (9, 5)).astype(kind),
            np.eye(20, 30).astype(kind),
            rng.integers(0, 2, (5, 1, 7)).astype(kind),
            np.zeros((4, 5, 3), kind),
        ):
            for other in (image, *layouts(image)):
                cubical_persistence(other, construction="cell", filtration="superlevel", mask=np.asarray(image) > 0.5, periodic=False)
                cubical_persistence(other)
    assert {name: len(kernel.signatures) for name, kernel in kernels.items()} == before
    assert max(before.values()) <= 2


def test_all_kernels_are_compiled_ahead_of_time(tmp_path):
    code = (
        "from phwidgets.persistence import cubical_warm, warm\n"
        "cubical_warm.warm_up_images()\n"
        "print(*warm.missing_kernels(cubical_warm.KERNELS))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert out.stdout.strip() == ""


def test_equal_samples_appear_in_the_order_of_the_array():
    for filtration, sign in (("sublevel", 1), ("superlevel", -1)):
        d = cubical_persistence(sign * np.array([[0, 1, 0, 1, 0]] * 2), filtration=filtration)[0]
        assert d.birth_cell.tolist() == [[0, 2], [0, 4], [0, 0]]
        assert d.death_cell.tolist() == [[0, 1], [0, 3], [-1, -1]]
        assert d.pair_id.tolist() == [0, 1, 2]
    d = cubical_persistence(np.array([[0, 1, 0, 1, 0]] * 2), construction="cell")[0]
    assert d.birth_cell.tolist() == [[0, 2], [0, 4], [0, 0]]
    assert d.death_cell.tolist() == [[0, 1], [0, 3], [-1, -1]]


def test_signed_zeros_are_equal():
    zeros = np.array([[0.0, -0.0, 1.0, -0.0, 0.0], [1.0, 1.0, 1.0, 0.0, -0.0]])
    for construction in ("vertex", "cell"):
        same(cubical_persistence(zeros, construction=construction), cubical_persistence(np.abs(zeros), construction=construction))


def test_degrees_and_units():
    image = Image(np.random.default_rng(0).random((9, 9, 9)), value_unit="nm")
    whole = cubical_persistence(image, periodic=True)
    assert whole.degrees == [0, 1, 2, 3]
    assert whole.unit == whole[1].unit == "nm"
    assert whole.source is image
    assert whole[1].source is image
    assert [int(d.is_essential.sum()) for d in whole.values()] == [1, 3, 3, 1]
    for k in range(4):
        some = cubical_persistence(image, periodic=True, degrees=[k])
        assert some.degrees == [k]
        assert np.array_equal(some[k].death_cell, whole[k].death_cell)
    assert cubical_persistence(image.values, degrees=(0, 2)).degrees == [0, 2]
    assert cubical_persistence(image.values).unit == "grey value"
    how = whole[0].filtration
    assert (how.filtration, how.construction, how.periodic, how.mask) == ("sublevel", "vertex", (True, True, True), None)


def test_small_images():
    for shape in [(1, 1), (1, 1, 1), (1, 5), (5, 1), (2, 2), (1, 3, 1), (2, 1, 2)]:
        for construction in ("vertex", "cell"):
            dgms = cubical_persistence(np.zeros(shape), construction=construction)
            assert [len(d) for d in dgms.values()] == [1] + [0] * (len(shape) - 1)
            assert (dgms[0].birth[0], dgms[0].death[0]) == (0, np.inf)


def nan_at(*places, shape=(4, 5)):
    image = np.zeros(shape)
    for place in places:
        image[place] = np.nan
    return image


@pytest.mark.parametrize(
    ("image", "options", "message"),
    [
        (np.zeros((0, 3)), {}, "no samples"),
        (np.zeros((0, 3, 3, 3)), {}, "no samples"),
        (np.float64(3), {}, "no samples"),
        (nan_at((1, 2), (3, 3)), {}, r"sample \[1, 2\] is not a number \(nan\) \(2 such samples\)"),
        (nan_at((1, 2), (3, 3)), {"mask": nan_at((1, 2)) != 0}, r"sample \[3, 3\] is not a number \(nan\): fill"),
        (nan_at((1, 2, 0), shape=(3, 3, 3)), {"filtration": "superlevel"}, r"sample \[1, 2, 0\] is not"),
        (nan_at((0, 0, 0, 1), shape=(2, 2, 2, 2)), {}, r"sample \[0, 0, 0, 1\] is not"),
        (np.array([[0, -np.inf]]), {}, r"sample \[0, 1\] is -inf: only inf has a meaning in sublevel"),
        (np.array([[np.inf, 0]]), {"filtration": "superlevel"}, r"sample \[0, 0\] is inf: only -inf has a meaning in superlevel"),
        (np.zeros((3, 3), complex), {}, "complex128"),
        (np.zeros((3, 3, 3, 3), complex), {}, "complex128"),
        ([[0, 1], [2]], {}, "regular|inhomogeneous"),
        ([["a", "b"]], {}, "real numbers"),
        (np.array([[2**60, 1]]), {}, r"2\*\*53"),
        (np.zeros((3, 3), np.longdouble), {}, "float64 first" if np.dtype(np.longdouble).itemsize > 8 else ""),
        (np.zeros((3, 3)), {"filtration": "up"}, "'sublevel' or 'superlevel'"),
        (np.zeros((3, 3)), {"construction": "T"}, "'vertex'"),
        (np.zeros((2, 3)), {"periodic": True}, "axis 0 cannot be periodic: it has 2 samples"),
        (np.zeros((3, 1)), {"periodic": (False, True)}, "axis 1 cannot be periodic: it has 1 sample,"),
        (np.zeros((3, 3)), {"periodic": (True, False, True)}, "one of these for each of 2 axes"),
        (np.zeros((3, 3)), {"periodic": "xy"}, "periodic is True"),
        (np.zeros((3, 3)), {"degrees": [2]}, r"degrees must be among \[0, 1\]"),
        (np.zeros((3, 3)), {"degrees": []}, "degrees must be among"),
        (np.zeros((3, 3)), {"mask": np.zeros((3, 4), bool)}, r"mask must be a bool array of shape \(3, 3\)"),
        (np.zeros((3, 3)), {"mask": np.zeros((3, 3))}, "mask must be a bool array"),
        (np.zeros((3, 3)), {"mask": np.ones((3, 3), bool)}, "leaves no sample"),
    ],
)
def test_refused(image, options, message):
    if not message:
        pytest.skip("long double is double here")
    with pytest.raises(ValueError, match=message):
        cubical_persistence(image, **options)


def test_hopeless_sizes_are_refused_with_figures():
    with pytest.raises(MemoryError, match=r"image of 20000 × 20000 × 2000 samples takes about [\d.]+ GB"):
        cubical_persistence(np.broadcast_to(np.uint8(0), (20_000, 20_000, 2_000)))
    with pytest.raises(MemoryError, match="crop"):
        cubical_persistence(np.broadcast_to(np.uint8(0), (300, 300, 300, 300)))


def test_threads_share_the_kernels():
    rng = np.random.default_rng(0)
    images = [rng.random((30, 40)) for _ in range(16)]
    expected = [cubical_persistence(image) for image in images]
    found = {}
    work = [threading.Thread(target=lambda i=i: found.__setitem__(i, cubical_persistence(images[i]))) for i in range(16)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    for i, dgms in enumerate(expected):
        same(dgms, found[i])


# ---- the table ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def upper():
    image = Image(np.random.default_rng(1).random((40, 50)), spacing=(1, 2), unit="nm", value_unit="V", name="noise", origin=(3, 4))
    return cubical_persistence(image, filtration="superlevel", mask=image.values > 0.98, construction="cell", periodic=(True, False))


def test_queries_of_superlevel_diagrams(upper):
    d = upper[0]
    assert (d.birth >= d.death).all()
    assert np.isneginf(d.death[d.is_essential]).all()
    assert len(d.in_region()) == len(d)
    assert len(d.in_region(death=(-np.inf, 0.4)).finite) < len(d.in_region(death=(-np.inf, 0.4)))
    assert not d.in_region(death=(0, 1)).is_essential.any()
    assert d.nearest(0.9, -np.inf).is_essential.all()
    assert (np.diff(d.longest(20).persistence) <= 0).all()
    assert (d.persistence[~d.is_essential] > 0).all()
    assert (np.diff(d.birth) <= 0).all()
    assert d.histogram(32)[0].sum() == len(d.finite)
    assert list(d.to_frame().columns[:3]) == ["birth (V)", "death (V)", "persistence (V)"]
    low, high = d.range()
    assert 0 < low < high < 1
    x = d.finite.longest(1)
    box = [(x.birth[0] + a, x.death[0] + b) for a, b in ((-0.01, -0.01), (0.01, -0.01), (0.01, 0.01), (-0.01, 0.01))]
    assert x.pair_id[0] in d.in_polygon(box).pair_id


def test_pictures(upper):
    import matplotlib.pyplot as plt

    for d in (*upper.values(), cubical_persistence(np.zeros((3, 3)))[1], cubical_persistence(np.zeros((3, 3)), filtration="superlevel")[0]):
        ax = d.plot(selected=d.longest(3))
        low, high = ax.get_ylim()
        for line in ax.get_lines():
            y = np.asarray(line.get_ydata(), float)
            assert line.get_marker() in ("None", None) or ((y >= low) & (y <= high)).all()
        plt.close(ax.figure)
    assert named(1, upper[1]) == "1 loop"
    assert named(2000, upper[0]) == "2,000 components"
    assert named(2, cubical_persistence(np.zeros((3, 3, 3, 3, 3)))[4]) == "2 classes"


def test_file(upper, tmp_path):
    upper.save(tmp_path / "image.npz")
    again = ph.load_diagrams(tmp_path / "image.npz")
    same(upper, again)
    a, b = upper.source, again.source
    assert np.array_equal(a.values, b.values)
    assert (a.values.dtype, a.spacing, a.unit, a.value_unit, a.name, a.origin) == (
        b.values.dtype,
        b.spacing,
        b.unit,
        b.value_unit,
        b.name,
        b.origin,
    )
    how, other = upper[0].filtration, again[0].filtration
    assert (how.filtration, how.construction, how.periodic) == (other.filtration, other.construction, other.periodic)
    assert np.array_equal(how.mask, other.mask)
    empty = cubical_persistence(np.zeros((4000, 3000), np.uint16))
    empty.save(tmp_path / "empty.npz")
    same(empty, ph.load_diagrams(tmp_path / "empty.npz"))
    cubical_persistence(np.zeros((3, 3, 3, 3))).save(tmp_path / "four.npz")
    assert ph.load_diagrams(tmp_path / "four.npz").source is None


def test_files_of_the_first_format_can_be_read(tmp_path):
    about = {"format": 1, "unit": "Å", "resolution": 0.0, "degrees": [0]}
    columns = {"birth_0": [0.0], "death_0": [np.inf], "birth_cell_0": [[0]], "death_cell_0": [[-1, -1]], "pair_id_0": [0]}
    np.savez(tmp_path / "old.npz", about=np.array(json.dumps(about)), **columns)
    assert len(ph.load_diagrams(tmp_path / "old.npz")[0]) == 1


def test_gudhi_is_loaded_without_its_gpl_modules(tmp_path):
    code = (
        "import sys, numpy as np\n"
        "from phwidgets.persistence.cubical import cubical_persistence as f\n"
        "f(np.zeros((3, 3, 3, 3))); f(np.zeros((3, 3, 3, 3)), periodic=True)\n"
        "names = [name for name in sys.modules if 'gudhi' in name]\n"
        "import gudhi\n"
        "assert gudhi.cubical_complex.CubicalComplex is gudhi.CubicalComplex\n"
        "f(np.zeros((3, 3, 3, 3)))\n"
        "print(*sorted(names))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert out.stdout.split() == ["gudhi._cubical_complex_ext", "phwidgets.persistence.cubical_gudhi", "phwidgets.persistence.gudhi_parts"]
