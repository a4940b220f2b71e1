"""Whatever an input is, a file, a structure, an image, a patch or a frame, it gives the same bits everywhere, and again from the cache."""

import functools

import ase
import numpy as np
import pytest

import phwidgets as ph
from phwidgets.batch import compute_many

RINGS = functools.partial(ph.alpha_persistence, degrees=[0, 1])


def read_and_analyse(path):
    return ph.alpha_persistence(ph.read_structure(path), degrees=[1])


def structures():
    rng = np.random.default_rng(0)
    return [ph.Structure(rng.random((15 + i, 3)) * 5, ["Si"] * (15 + i), cell=[5 + 0.1 * i] * 3) for i in range(5)]


def trajectory_text():
    rows = [f'{len(s)}\nLattice="{s.cell[0, 0]} 0 0 0 {s.cell[1, 1]} 0 0 0 {s.cell[2, 2]}" pbc="T T T"\n' for s in structures()]
    atoms = ["".join(f"Si {x!r} {y!r} {z!r}\n" for x, y, z in s.positions.tolist()) for s in structures()]
    return "".join(a + b for a, b in zip(rows, atoms, strict=True))


def given(kind, folder):
    """Inputs of a kind, the function for them, and the diagrams that it must give for each."""
    rng = np.random.default_rng(1)
    picture = ph.Image(rng.random((24, 36)), spacing=0.5, unit="nm")
    if kind == "files":
        for i, s in enumerate(structures()):
            s.to_ase().write(folder / f"{i}.cif")
        return folder, read_and_analyse, [read_and_analyse(path) for path in sorted(folder.iterdir())]
    if kind == "structures":
        return structures(), RINGS, list(map(RINGS, structures()))
    if kind == "ase":
        atoms = [ase.Atoms("Si" * len(s), s.positions, cell=s.cell, pbc=True) for s in structures()]
        return atoms, RINGS, list(map(RINGS, structures()))
    if kind == "arrays":
        return [s.positions for s in structures()], RINGS, [RINGS(s.positions) for s in structures()]
    if kind == "images":
        images = [ph.Image(rng.random((12, 10 + i))) for i in range(5)]
        return images, ph.cubical_persistence, list(map(ph.cubical_persistence, images))
    if kind == "patches":
        bits = ph.patches(picture, size=12)
        return bits, ph.cubical_persistence, [ph.cubical_persistence(picture.values[a : a + 12, b : b + 12]) for a, b in bits.origins]
    trajectory = ph.read_trajectory(trajectory_text().encode(), format="xyz")
    if kind == "slice":
        return trajectory[1::2], RINGS, [RINGS(s) for s in structures()[1::2]]
    return trajectory, RINGS, list(map(RINGS, structures()))


@pytest.mark.parametrize("how", ["serial", "threads", "processes"])
@pytest.mark.parametrize("kind", ["files", "structures", "ase", "arrays", "images", "patches", "frames", "slice"])
def test_every_kind_of_input_gives_the_same_bits_everywhere(kind, how, tmp_path):
    folder = tmp_path / "inputs"
    folder.mkdir()
    inputs, function, expected = given(kind, folder)
    for again in (False, True):
        many = compute_many(function, inputs, how=how, workers=1, progress=False, cache=tmp_path / "cache")
        assert many.cached == (len(expected) if again else 0)
        assert len(many) == len(expected)
        for found, right in zip(many, expected, strict=True):
            assert found.degrees == right.degrees
            for k in found.degrees:
                for name in ("birth", "death", "birth_cell", "death_cell", "pair_id"):
                    assert getattr(found[k], name).tobytes() == getattr(right[k], name).tobytes(), (kind, name)


def test_results_of_any_kind_of_input_go_into_a_library(tmp_path):
    trajectory = ph.read_trajectory(trajectory_text().encode(), format="xyz")
    lib = ph.Library(tmp_path / "frames.duckdb")
    compute_many(RINGS, trajectory[1:4], progress=False, library=lib)
    assert lib.names() == ["<bytes>:1", "<bytes>:2", "<bytes>:3"]
    assert lib.facts()["frame"].tolist() == [1, 2, 3]
    bits = ph.patches(np.random.default_rng(0).random((24, 24)), size=12)
    lib = ph.Library(tmp_path / "patches.duckdb")
    compute_many(ph.cubical_persistence, bits, progress=False, library=lib, names=[f"{a}-{b}" for a, b in bits.origins])
    assert lib.names() == ["0-0", "0-12", "12-0", "12-12"]
    assert np.array_equal(lib.diagrams("12-0").source.values, bits.image.values[12:, :12])
