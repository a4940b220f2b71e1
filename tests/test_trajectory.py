"""read_trajectory against ASE frame by frame, on damaged files, and without filling the memory."""

import gzip
import io
import pickle
import tracemalloc

import ase
import ase.build
import ase.io
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import phwidgets as ph
from phwidgets.readers import scan
from phwidgets.readers.trajectory import Trajectory, read_trajectory


def frames(count=5, seed=0):
    """Frames with different cells and numbers of atoms."""
    found = []
    for i in range(count):
        atoms = ase.build.bulk("NaCl", "rocksalt", a=5.6 + 0.01 * i, cubic=True) * (1 + i % 2, 1, 1)
        atoms.rattle(0.05, seed=seed + i)
        atoms.wrap()
        found.append(atoms)
    return found


def same(s, atoms, tolerance=0.0):
    assert np.abs(s.positions - atoms.positions).max() <= tolerance
    assert s.species.tolist() == atoms.get_chemical_symbols()
    assert s.pbc == tuple(atoms.pbc)
    assert s.cell is None if not atoms.cell.any() else np.abs(s.cell - atoms.cell).max() <= tolerance


def dump(atoms_list):
    """A LAMMPS dump, written here so that the reader meets another writer than ASE's."""
    lines = []
    for step, atoms in enumerate(atoms_list):
        lines += ["ITEM: TIMESTEP", str(1000 * step), "ITEM: NUMBER OF ATOMS", str(len(atoms)), "ITEM: BOX BOUNDS pp pp pp"]
        lines += [f"0.0 {edge:.8f}" for edge in atoms.cell.lengths()]
        lines += ["ITEM: ATOMS id element x y z"]
        lines += [f"{i + 1} {a.symbol} {a.x:.8f} {a.y:.8f} {a.z:.8f}" for i, a in enumerate(atoms)]
    return ("\n".join(lines) + "\n").encode()


def written(tmp_path, kind, many):
    if kind == "lammps-dump-text":
        path = tmp_path / "run.dump"
        path.write_bytes(dump(many))
    else:
        path = tmp_path / {"extxyz": "run.xyz", "vasp-xdatcar": "XDATCAR"}[kind]
        ase.io.write(path, many, format=kind)
    return path


@pytest.mark.parametrize("kind", ["extxyz", "lammps-dump-text", "vasp-xdatcar"])
def test_frames_are_those_that_ase_reads(tmp_path, kind):
    many = frames() if kind != "vasp-xdatcar" else [atoms for atoms in frames(6) if len(atoms) == 8]
    path = written(tmp_path, kind, many)
    trajectory = read_trajectory(path)
    assert len(trajectory) == len(many)
    for i, atoms in enumerate(ase.io.read(path, index=":", format=kind)):
        same(trajectory[i], atoms, 1e-12)
        assert trajectory[i] == ph.read_structure(path, frame=i)


def test_a_cell_that_varies_in_xdatcar_and_one_that_does_not(tmp_path):
    head = "NaCl\n1.0\n{0} 0 0\n0 {0} 0\n0 0 {0}\nNa Cl\n1 1\n"
    body = "Direct configuration= {}\n0.0 0.0 0.{}\n0.5 0.5 0.5\n"
    varying = "".join(head.format(5 + i) + body.format(i + 1, i + 1) for i in range(4))
    trajectory = read_trajectory(varying.encode(), format="vasp-xdatcar")
    assert [s.cell[0, 0] for s in trajectory] == [5, 6, 7, 8]
    assert [s.positions[0, 2] for s in trajectory] == pytest.approx([0.5, 1.2, 2.1, 3.2])
    fixed = head.format(5) + "".join(body.format(i + 1, i + 1) for i in range(4))
    trajectory = read_trajectory(fixed.encode(), format="vasp-xdatcar")
    assert [s.cell[0, 0] for s in trajectory] == [5] * 4
    assert [s.positions[0, 2] for s in trajectory] == pytest.approx([0.5, 1.0, 1.5, 2.0])


def test_every_way_to_hand_over_a_file(tmp_path):
    path = written(tmp_path, "extxyz", frames())
    content = path.read_bytes()
    packed = tmp_path / "run.xyz.gz"
    packed.write_bytes(gzip.compress(content))
    expected = list(read_trajectory(path))
    upload = {"name": "run.xyz", "type": "", "size": len(content), "content": memoryview(content)}
    for way in (str(path), packed, content, io.BytesIO(content), io.StringIO(content.decode()), (upload,), content.replace(b"\n", b"\r\n")):
        assert list(read_trajectory(way)) == expected
    assert list(read_trajectory(b"\xef\xbb\xbf" + content)) == expected
    assert list(read_trajectory(content.rstrip(b"\n"))) == expected
    assert list(read_trajectory(content + b"\n\n")) == expected


def test_it_is_a_lazy_sequence(tmp_path):
    many = frames(9)
    trajectory = read_trajectory(written(tmp_path, "extxyz", many))
    part = trajectory[2:8:2]
    assert isinstance(part, Trajectory)
    assert (len(part), part.numbers) == (3, [2, 4, 6])
    same(part[-1], many[6], 1e-8)
    same(trajectory[::-1][0], many[8], 1e-8)
    assert [len(s) for s in reversed(trajectory)] == [len(atoms) for atoms in reversed(many)]
    assert list(trajectory[3:3]) == []
    for wrong in (9, -10):
        with pytest.raises(IndexError, match="has 9 frames and so no frame"):
            trajectory[wrong]
    with pytest.raises(TypeError):
        trajectory["1"]
    copy = pickle.loads(pickle.dumps(trajectory.frame(5)))
    assert copy.read() == trajectory[5]
    assert repr(trajectory) == "Trajectory(9 frames, run.xyz, XYZ and extended XYZ)"


def test_facts_of_a_frame(tmp_path):
    content = b'1\ntime_ps=20.5 note="two words" pbc="T T T" Lattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nSi 0 0 0\n'
    assert read_trajectory(content, format="xyz").facts(0) == {"time_ps": 20.5, "note": "two words"}
    assert [read_trajectory(dump(frames(3)), format="lammps-dump-text").facts(i) for i in (0, -1)] == [{"step": 0}, {"step": 2000}]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.integers(20, 200), st.booleans(), st.booleans())
def test_any_sizes_and_any_block(sizes, block, blank, tail):
    text = "".join(f"{n}\nframe {i}\n" + f"Si {i} 0 0\n" * n + ("\n" if blank else "") for i, n in enumerate(sizes))
    content = (text if tail else text.rstrip("\n")).encode()
    before, scan.BLOCK = scan.BLOCK, block
    try:
        trajectory = read_trajectory(content, format="xyz")
    finally:
        scan.BLOCK = before
    assert [len(s) for s in trajectory] == sizes
    assert [s.positions[0, 0] for s in trajectory] == list(range(len(sizes)))
    lines = [1]
    for n in sizes:
        lines.append(lines[-1] + n + 2 + blank)
    assert [trajectory.frame(i).line for i in range(len(sizes))] == lines[:-1]


def test_a_damaged_frame_is_named_and_the_others_are_read(tmp_path):
    many = [f"2\nframe {i}\nSi 0 0 {i}\nO 1 0 {i}\n" for i in range(6)]
    for damage, reason in (
        (many[3].replace("Si 0 0 3", "Si 0 zero 3"), "line of atom 0"),
        (many[3].replace("Si 0 0 3\n", ""), "declares 2 atoms and holds 1"),
        (many[3] + "O 5 5 5\n", "declares 2 atoms and holds more"),
        (many[3].replace("2\n", "two\n", 1), "begins with 'two'"),
        (many[3].replace("2\n", "200\n", 1), "declares 200 atoms"),
        (many[3].replace("0 0 3", "0 0 nan"), "atom 0"),
    ):
        content = "".join([*many[:3], damage, *many[4:]]).encode()
        trajectory = read_trajectory(content, format="xyz")
        assert len(trajectory) == 6
        with pytest.raises(ValueError, match=f"could not read frame 3 of .*line 13.*{reason}"):
            trajectory[3]
        assert [trajectory[i].positions[0, 2] for i in (0, 1, 2, 4, 5)] == [0, 1, 2, 4, 5]


def test_a_damaged_frame_of_a_dump(tmp_path):
    content = dump(frames(5))
    lines = content.split(b"\n")
    del lines[17 + 25 + 12]  # an atom of the third frame
    trajectory = read_trajectory(b"\n".join(lines), format="lammps-dump-text")
    assert len(trajectory) == 5
    with pytest.raises(ValueError, match="could not read frame 2 of '<bytes>', which begins in line 43: it declares 8 atoms and holds 7"):
        trajectory[2]
    assert [len(trajectory[i]) for i in (0, 1, 3, 4)] == [8, 16, 16, 8]
    cut = read_trajectory(content[:-40], format="lammps-dump-text")
    with pytest.raises(ValueError, match="could not read frame 4"):
        cut[4]


def test_what_is_no_trajectory(tmp_path):
    for content, format, reason in (
        (b"", None, "is empty"),
        (b"\n\n", "xyz", "holds no frames"),
        (b"hello\n", "lammps-dump-text", "holds no frames"),
        (b"1\n\nSi 0 0 0\n", "cif", "no trajectories are read"),
        (b"x" * (scan.BLOCK + 10), "xyz", "a line is longer"),
    ):
        with pytest.raises(ValueError, match=reason):
            read_trajectory(content, format=format)
    with pytest.raises(FileNotFoundError):
        read_trajectory(tmp_path / "none.xyz")
    with pytest.raises(FileNotFoundError):
        read_trajectory(tmp_path / "none.xtc")
    with pytest.raises(ValueError, match="is an address"):
        read_trajectory("https://example.org/a.xyz")
    with pytest.raises(ValueError, match="species is for XTC"):
        read_trajectory(b"1\n\nSi 0 0 0\n", species=["Si"])
    with pytest.raises(ValueError, match="from a path only"):
        read_trajectory(b"abc", format="xtc")


def test_a_file_that_shrinks_says_so(tmp_path):
    path = written(tmp_path, "extxyz", frames())
    trajectory = read_trajectory(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"frame 4 .*has become shorter"):
        trajectory[4]


def test_memory_does_not_grow_with_the_file(tmp_path):
    one = "".join(f"Si {i}.12345678 0.5 0.5\n" for i in range(60))
    path = tmp_path / "long.xyz"
    path.write_text("".join(f"60\nstep={i}\n{one}" for i in range(10_000)))
    tracemalloc.start()
    trajectory = read_trajectory(path)
    total = sum(len(s) for s in trajectory[::100])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(trajectory), total) == (10_000, 6000)
    assert path.stat().st_size > 12e6
    assert peak < path.stat().st_size / 2 + 4 * scan.BLOCK


def test_xtc_and_dcd_through_mdanalysis(tmp_path):
    mda = pytest.importorskip("MDAnalysis")
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 9, (4, 12, 3)).astype(np.float32)
    universe = mda.Universe.empty(12, trajectory=True)
    for kind in ("xtc", "dcd"):
        path = tmp_path / f"run.{kind}"
        with mda.Writer(str(path), 12) as writer:
            for i, frame in enumerate(x):
                universe.atoms.positions = frame
                universe.dimensions = [9 + i, 10, 11, 90, 90, 90]
                writer.write(universe.atoms)
        trajectory = read_trajectory(path, species=["Si"] * 4 + ["O"] * 8)
        assert len(trajectory) == 4
        for i in (3, 0, 2):
            s = trajectory[i]
            assert np.abs(s.positions - x[i]).max() < (0.01 if kind == "xtc" else 1e-6)
            assert np.abs(np.diag(s.cell) - [9 + i, 10, 11]).max() < 1e-3
            assert s.formula == "O8Si4"
        assert list(tmp_path.glob(".*")) == []  # no files beside the user's
        assert set(read_trajectory(path)[0].species.tolist()) == {"X"}
        with pytest.raises(ValueError, match="frame 1 of 'run"):
            read_trajectory(path, species=["Si"])[1]
        path.write_bytes(b"\0" * 300)
        with pytest.raises(ValueError, match="could not read"):
            read_trajectory(path)
