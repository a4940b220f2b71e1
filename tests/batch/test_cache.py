"""The cache: found again exactly when nothing that matters has changed; no pickle; whole files or none."""

import dataclasses
import functools
import io
import math
import os
import pickle
import subprocess
import sys
import types
import zipfile

import numpy as np
import pandas as pd
import pytest

import phwidgets as ph
from phwidgets.batch import compute_many
from phwidgets.batch.codec import UnstorableError, decode, encode
from phwidgets.batch.identity import UnhashableError, input_key, pipeline_key
from phwidgets.image import Image
from phwidgets.persistence.diagram import _COLUMNS
from phwidgets.readers.trajectory import read_trajectory

SCALE = 2.0
OFFSETS = {"a": [1, 2]}


def scaled(x, extra=0):
    with open(os.environ["CALLS"], "a") as log:  # not a variable of this module: those are part of the key
        log.write(f"{x}\n")
    return SCALE * x + extra


def quiet(*args, **kwargs):
    return compute_many(*args, progress=False, how="serial", **kwargs)


@pytest.fixture(autouse=True)
def calls(tmp_path_factory, monkeypatch):
    """What `scaled` was called with."""
    log = tmp_path_factory.mktemp("calls") / "log"
    log.touch()
    monkeypatch.setenv("CALLS", os.fspath(log))
    return lambda: [int(line) for line in log.read_text().split()]


def test_an_interrupted_run_goes_on_where_it_was(tmp_path, calls):
    def fragile(x):
        if x == 3 and not (tmp_path / "repaired").exists():
            raise OSError("the disk is gone")
        return scaled(x)

    folder = tmp_path / "cache"
    with pytest.raises(OSError, match="the disk is gone"):
        quiet(fragile, range(6), cache=folder)
    assert calls() == [0, 1, 2]
    (tmp_path / "repaired").touch()
    many = quiet(fragile, range(6), cache=folder)
    assert calls() == [0, 1, 2, 3, 4, 5]
    assert (list(many), many.cached) == ([0, 2, 4, 6, 8, 10], 3)
    assert "3 from the cache" in repr(many)
    assert list(folder.glob("*.part")) == []
    assert quiet(fragile, range(6), cache=folder).cached == 6


def test_the_key_follows_the_function(monkeypatch):
    def keys():
        return [
            pipeline_key(scaled),
            pipeline_key(functools.partial(scaled, extra=1)),
            pipeline_key(functools.partial(scaled, extra=2)),
            pipeline_key(lambda x: scaled(x)),
            pipeline_key(lambda x: scaled(x) + 1),
            pipeline_key(lambda x: OFFSETS["a"]),
            pipeline_key(ph.alpha_persistence),
            pipeline_key(functools.partial(ph.alpha_persistence, degrees=[1])),
            pipeline_key(np.sum),
            pipeline_key(np.add),
            pipeline_key(len),
        ]

    before = keys()
    assert len(set(before)) == len(before)
    assert keys() == before
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    changed = [a != b for a, b in zip(before, keys(), strict=True)]
    assert changed == [True] * 5 + [False] * 6  # of those that use it, directly or through another function
    monkeypatch.setitem(OFFSETS, "a", [1, 3])
    assert pipeline_key(lambda x: OFFSETS["a"]) != before[5]


def test_the_key_follows_closures_defaults_and_objects():
    def made(number, default=0):
        def inner(x, y=default):
            return x + number + y

        return inner

    assert pipeline_key(made(1)) == pipeline_key(made(1))
    assert pipeline_key(made(1)) != pipeline_key(made(2))
    assert pipeline_key(made(1, 3)) != pipeline_key(made(1, 4))

    @dataclasses.dataclass
    class Adder:
        number: int

        def __call__(self, x):
            return x + self.number

        def twice(self, x):
            return x + 2 * self.number

    assert pipeline_key(Adder(1)) == pipeline_key(Adder(1))
    assert len({pipeline_key(f) for f in (Adder(1), Adder(2), Adder(1).twice, Adder(2).twice)}) == 4

    def recursive(x):
        return recursive(x - 1) if x else 0

    assert pipeline_key(recursive) == pipeline_key(recursive)
    handle = io.StringIO()
    with pytest.raises(UnhashableError, match=r"StringIO.*as 'handle'"):
        pipeline_key(lambda x: handle.write(x))
    with pytest.raises(ValueError, match="results of this function cannot be cached"):
        quiet(lambda x: handle.write(x), ["a"], cache="never-made")
    assert not os.path.exists("never-made")


def test_the_key_is_the_same_in_another_process(tmp_path):
    module = tmp_path / "own_module.py"
    module.write_text("import numpy as np\nTABLE = {'a': 1.5}\ndef f(x):\n    return np.sum(x) * TABLE['a'] + len({'p', 'q'})\n")
    keys = "print(pipeline_key(own_module.f).hex(), input_key({'b', 'a', 'c'}).hex())"
    code = f"import sys; sys.path.insert(0, ''); import own_module; from phwidgets.batch.identity import *; {keys}"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": seed}
        )
        for seed in "12"
    ]
    assert runs[0].stdout == runs[1].stdout != ""
    module.write_text(module.read_text().replace("1.5", "1.6"))
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True).stdout != runs[0].stdout


def test_the_key_follows_the_content_of_the_input(tmp_path):
    x = np.arange(12.0).reshape(4, 3)
    s = ph.Structure(x, ["Si"] * 4)
    different = [
        x,
        x.astype(np.float32),
        x.reshape(3, 4),
        x + 1,
        x.tolist(),
        s,
        ph.Structure(x, ["O"] * 4),
        ph.Structure(x, ["Si"] * 4, cell=[9, 9, 9]),
        ph.Structure(x, ["Si"] * 4, cell=[9, 9, 9], pbc=False),
        ph.Structure(x, ["Si"] * 4, radii=[1] * 4),
        s.to_ase(),
        Image(x),
        Image(x, spacing=2.0),
        ph.alpha_persistence(s),
        pd.DataFrame(x),
        None,
        1,
        True,
        1.0,
        "1",
        b"1",
        {"a": 1},
        {"a": 2},
        (1, 2),
        [1, 2],
    ]
    keys = [input_key(item) for item in different]
    assert len(set(keys)) == len(keys)
    assert keys == [input_key(item) for item in different]
    assert input_key(np.asfortranarray(x)) == keys[0]
    assert input_key(pickle.loads(pickle.dumps(s))) == keys[5]
    path = tmp_path / "a.xyz"
    path.write_text("1\n\nSi 0 0 0\n1\n\nSi 0 0 1\n")
    first = input_key(path)
    trajectory = read_trajectory(path)
    frames = [input_key(trajectory.frame(i)) for i in range(2)]
    assert frames[0] != frames[1]
    assert [input_key(read_trajectory(path.read_bytes(), format="xyz").frame(i)) for i in range(2)] == frames  # wherever it lies
    path.write_text(path.read_text() + "\n")
    assert input_key(path) != first
    with pytest.raises(UnhashableError):
        input_key(np.array([object()]))
    with pytest.raises(ValueError, match="results for StringIO cannot be cached"):
        quiet(len, [io.StringIO()], cache=tmp_path / "cache")


# ---- what is written ---------------------------------------------------------------------------------------------------------


def alike(a, b):
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, float) and math.isnan(a):
        return math.isnan(b)
    return type(a) is type(b) and a == b


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2**70,
        0.1,
        math.inf,
        math.nan,
        "text\n空",
        [1, (2, [3.5, None])],
        {"a": 1, "is": "array", 3: {"nested": ()}},
        np.float32(0.1),
        np.int8(3),
        np.arange(6).reshape(2, 3)[:, ::2],
        np.zeros((0, 3)),
        np.array(["a", "bc"]),
        np.array([1 + 2j, np.nan]),
        np.array(3.0),
    ],
    ids=repr,
)
def test_values_come_back_as_they_were(value):
    assert alike(decode(encode(value)), value)
    assert alike(decode(encode(value, compress=False)), value)


def test_diagrams_structures_images_and_tables_come_back():
    s = ph.Structure(np.random.default_rng(0).random((20, 3)) * 6, ["Si", "O"] * 10, cell=[6, 6, 6], radii=np.full(20, 0.5))
    dgms = ph.alpha_persistence(s)
    back = decode(encode({"all": dgms, "one": dgms[1].longest(3)}))
    assert (back["all"].unit, back["all"].resolution, back["all"].source) == (dgms.unit, dgms.resolution, s)
    for k, d in dgms.items():
        assert all(alike(getattr(back["all"][k], name), getattr(d, name)) for name in _COLUMNS)
        assert back["all"][k].source is back["all"].source
        assert input_key(back["all"][k]) == input_key(d)
    assert back["one"].pair_id.tolist() == dgms[1].longest(3).pair_id.tolist()
    doubled = ph.alpha_persistence(ph.Structure([[0.0, 0, 0]], cell=[2, 2, 2]), supercell=2)
    assert {k: v.tolist() for k, v in decode(encode(doubled)).multiplicities.items()} == {
        k: np.asarray(v).tolist() for k, v in doubled.multiplicities.items()
    }
    image = Image(np.arange(6.0).reshape(2, 3), spacing=(0.5, 2.0), unit="nm", name="cut", origin=(3, 4))
    back = decode(encode(image))
    assert np.array_equal(back.values, image.values)
    assert [getattr(back, name) for name in ("spacing", "unit", "name", "origin")] == [
        getattr(image, name) for name in ("spacing", "unit", "name", "origin")
    ]
    table = pd.DataFrame({"n": [1, 2], "x": [0.5, np.nan], "s": ["a", None], "b": [True, False]}, index=pd.Index(["p", "q"], name="name"))
    pd.testing.assert_frame_equal(decode(encode(table)), table)
    pd.testing.assert_series_equal(decode(encode(table["x"])), table["x"])
    plain = dgms[1].to_frame().drop(columns=["birth_cell", "death_cell"])
    pd.testing.assert_frame_equal(decode(encode(plain)), plain)


@pytest.mark.parametrize("filtration", ["sublevel", "superlevel"])
@pytest.mark.parametrize("as_array", [True, False])
def test_diagrams_of_images_come_back(filtration, as_array):
    values = np.random.default_rng(0).integers(0, 9, (12, 14)).astype(float)
    image = values if as_array else Image(values, spacing=0.5, unit="nm")
    dgms = ph.cubical_persistence(image, filtration=filtration)
    back = decode(encode(dgms))
    for k, d in dgms.items():
        assert all(np.array_equal(getattr(back[k], name), getattr(d, name)) for name in _COLUMNS)
        assert back[k].source is back.source
        how = d.filtration
        assert [getattr(back[k].filtration, n) for n in ("filtration", "construction", "periodic")] == [
            how.filtration,
            how.construction,
            how.periodic,
        ]
    assert type(back.source) is type(dgms.source)
    assert np.array_equal(np.asarray(getattr(back.source, "values", back.source)), values)
    assert decode(encode(dgms, largest=100)).source is None


@pytest.mark.parametrize("value", [object(), np.array([object()]), pd.DataFrame({"a": [object()]}), len])
def test_what_is_not_written_says_so(tmp_path, value):
    for thing in (value, [value], {1, 2}, {(1, 2): 3}, b"raw"):
        with pytest.raises(UnstorableError):
            encode(thing)
    Outside.value = types.SimpleNamespace(inner=value)
    with pytest.raises(ValueError, match="this result cannot be cached"):
        quiet(lambda x: Outside.value.inner, [1], cache=tmp_path)


class Outside:
    """Holds what the key of a function does not see: attributes of a class that are no plain data."""

    value = None


def test_files_hold_no_pickle_and_damaged_ones_are_made_again(tmp_path):
    many = quiet(scaled, range(3), cache=tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 3
    for file in files:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                assert np.load(io.BytesIO(archive.read(name)), allow_pickle=False) is not None
    files[0].write_bytes(files[0].read_bytes()[:40])
    files[1].write_bytes(b"")
    again = quiet(scaled, range(3), cache=tmp_path)
    assert (list(again), again.cached) == ([0, 2, 4], 1)
    for raw in (b"", b"PK", encode(3)[:-9], encode(3, compress=False).replace(b'"format": 1', b'"format": 9')):
        with pytest.raises(ValueError, match="cannot be read"):
            decode(raw)
    files[2].unlink()
    with pytest.raises(ValueError, match="no longer"):
        list(many)
    with pytest.raises(ValueError, match="is a folder"):
        quiet(scaled, range(3), cache=files[0])


def test_results_are_the_same_from_the_cache(tmp_path, clouds):
    first = quiet(ph.alpha_persistence, clouds, cache=tmp_path)
    second = quiet(ph.alpha_persistence, clouds, cache=tmp_path)
    assert second.cached == len(clouds)
    for a, b, s in zip(first, second, clouds, strict=True):
        c = ph.alpha_persistence(s)
        for k in c:
            assert all(getattr(a[k], n).tobytes() == getattr(b[k], n).tobytes() == getattr(c[k], n).tobytes() for n in _COLUMNS)
