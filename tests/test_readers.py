"""read_structure against ASE's own readers, frame by frame and format by format."""

import gzip
import io
import time
import warnings
from pathlib import Path

import ase
import ase.build
import ase.io
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import phwidgets as ph
from phwidgets.readers import formats

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the real data in ../shared/data beside the checkout")


def crystal():
    atoms = ase.build.bulk("NaCl", "rocksalt", a=5.64) * (2, 1, 2)
    atoms.rattle(0.05, seed=1)
    return atoms


def same(s, atoms, tolerance=0.0):
    assert np.abs(s.positions - atoms.positions).max() <= tolerance
    assert s.species.tolist() == atoms.get_chemical_symbols()
    assert s.pbc == tuple(atoms.pbc)
    if atoms.cell.any():
        assert np.abs(s.cell - atoms.cell).max() <= tolerance
    else:
        assert s.cell is None


WRITTEN = [
    ("a.xyz", "extxyz"),
    ("a.extxyz", "extxyz"),
    ("a.cif", "cif"),
    ("POSCAR", "vasp"),
    ("CONTCAR_relaxed", "vasp"),
    ("a.vasp", "vasp"),
    ("a.poscar", "vasp"),
    ("XDATCAR", "vasp-xdatcar"),
    ("a.pdb", "proteindatabank"),
    ("a.gro", "gromacs"),
    ("a.xsf", "xsf"),
    ("a.gen", "gen"),
    ("a.cfg", "cfg"),
    ("pw.in", "espresso-in"),
    ("a.cell", "castep-cell"),
    ("CONFIG", "dlp4"),
    ("a.mol", "mol"),
    ("a.sdf", "sdf"),
    ("a.ascii", "v-sim"),
]


@pytest.mark.parametrize(("name", "kind"), WRITTEN)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_what_ase_writes_is_read_as_ase_reads_it(tmp_path, name, kind, packed):
    path = tmp_path / name
    ase.io.write(path, crystal(), format=kind, **({"pseudopotentials": {"Na": "Na.upf", "Cl": "Cl.upf"}} if kind == "espresso-in" else {}))
    expected = ase.io.read(path, format=kind)
    if packed:
        path.with_name(name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path = path.with_name(name + ".gz")
    same(ph.read_structure(path), expected, 1e-12)
    same(ph.read_structure(path, format=kind), expected, 1e-12)
    assert sorted(ph.read_structure(path).species) == sorted(crystal().get_chemical_symbols())


def test_every_way_to_hand_over_a_file(tmp_path):
    path = tmp_path / "a.xyz"
    ase.io.write(path, crystal())
    content = path.read_bytes()
    expected = ph.read_structure(path)
    upload = {"name": "a.xyz", "type": "", "size": len(content), "content": memoryview(content)}
    for way in (
        str(path),
        bytes(content),
        bytearray(content),
        io.BytesIO(content),
        io.StringIO(content.decode()),
        upload,
        (upload,),
        [upload],
    ):
        assert ph.read_structure(way) == expected
    with path.open() as text, path.open("rb") as binary:
        assert ph.read_structure(text) == expected
        assert ph.read_structure(binary) == expected
        assert not text.closed
    assert ph.read_structure(b"\xef\xbb\xbf" + content) == expected
    assert ph.read_structure(content.replace(b"\n", b"\r\n")) == expected
    with pytest.raises(ValueError, match="2 files"):
        ph.read_structure((upload, upload))
    with pytest.raises(ValueError, match="'name' and 'content'"):
        ph.read_structure({"a.xyz": upload})
    for wrong in (3, None, crystal()):
        with pytest.raises(ValueError, match="pass a path, bytes or an open file"):
            ph.read_structure(wrong)


# -- XYZ -----------------------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.booleans(), st.randoms())
def test_frames_of_any_sizes(sizes, periodic, random):
    frames = [
        ase.Atoms(
            ["Si"] * n,
            positions=[[random.uniform(-9, 9) for _ in "xyz"] for _ in range(n)],
            cell=[9, 8, 7] if periodic else None,
            pbc=periodic,
        )
        for n in sizes
    ]
    stream = io.StringIO()
    ase.io.write(stream, frames, format="extxyz")
    content = stream.getvalue()
    for frame in range(-len(sizes), len(sizes)):
        same(ph.read_structure(content.encode(), frame=frame), ase.io.read(io.StringIO(content), index=frame, format="extxyz"))
    for frame in (len(sizes), -len(sizes) - 1, 10**20, -(10**20)):
        with pytest.raises(ValueError, match=f"it has {len(sizes)} frame"):
            ph.read_structure(content.encode(), frame=frame)


def test_frame_must_be_an_integer():
    with pytest.raises(ValueError, match="frame must be an integer"):
        ph.read_structure(b"1\n\nH 0 0 0\n", frame="last")


def test_plain_xyz_agrees_with_ase():
    content = "4\nwater, and sodium by number\nO 0 0 0 extra 7\nh 1.5e0 -2 3\nH 1 1.25 1\n11 4 5 6\n"
    s = ph.read_structure(content.encode())
    expected = ase.io.read(io.StringIO(content.replace("11 4", "Na 4").replace("h 1.5", "H 1.5").replace(" extra 7", "")), format="xyz")
    same(s, expected)


def test_labels_that_are_no_elements_are_kept():
    assert ph.read_structure(b"3\n<b>title</b>\nOW 0 0 0\nA1 1 0 0\n<img 0 1 0\n").species.tolist() == ["OW", "A1", "<img"]


@pytest.mark.parametrize(
    ("comment", "edge"),
    [
        ("CUB 24.713", 24.713),
        ("  CUB  2.4713e1 \t", 24.713),
        ("CUB 24.713 angstrom", 24.713),
        ("CUBE 3", None),
        ("CUB", None),
        ("CUB edge", None),
        ("", None),
    ],
)
def test_cub_comment(comment, edge):
    s = ph.read_structure(f"1\n{comment}\nSi 1 2 3\n".encode())
    assert (s.cell is None) == (edge is None)
    if edge:
        assert np.array_equal(s.cell, np.eye(3) * edge)
        assert s.pbc == (True, True, True)


@pytest.mark.parametrize("edge", ["0", "-1", "nan", "inf"])
def test_impossible_cubes(edge):
    with pytest.raises(ValueError, match="edge of the cube"):
        ph.read_structure(f"1\nCUB {edge}\nSi 1 2 3\n".encode())


def test_extended_xyz_with_and_without_periods():
    for pbc in ("T T T", "T T F", "F F F"):
        content = f'1\nLattice="4 0 0 1 5 0 0 0 6" Properties=species:S:1:pos:R:3:mark:I:1 pbc="{pbc}" note="<b>x</b>"\nSi 1 2 3 7\n'
        s = ph.read_structure(content.encode())
        same(s, ase.io.read(io.StringIO(content), format="extxyz"))
        assert s.cell[1].tolist() == [1, 5, 0]


def test_vec_lines_as_ase_reads_them():
    content = "1\n\nSi 1 2 3\nVEC1 4 0 0\nVEC2 0 5 0\nVEC3 0 0 6\n1\n\nO 0 0 0\n"
    same(ph.read_structure(content.encode(), frame=0), ase.io.read(io.StringIO(content), index=0, format="extxyz"))
    assert ph.read_structure(content.encode()).species.tolist() == ["O"]


def test_a_broken_last_frame_points_to_the_whole_ones():
    content = b"1\n\nSi 0 0 0\n" * 3 + b"5\n\nSi 0 0 0\n"
    with pytest.raises(ValueError, match=r"frame 3 declares 5 atoms and holds 1.*Frames 0 to 2 are complete: pass frame=2"):
        ph.read_structure(content)
    assert len(ph.read_structure(content, frame=2)) == 1


def test_properties_that_declare_absurd_columns():
    content = b"1\nProperties=species:S:1:pos:R:3:junk:R:999999999\nSi 0 0 0 1\n"
    with pytest.raises(ValueError, match="Properties declares columns"):
        ph.read_structure(content)


# -- the others --------------------------------------------------------------------------------------------------------------


def dump(atom_lines, columns, n=None, bounds="pp pp ff"):
    head = f"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n{n or len(atom_lines)}\nITEM: BOX BOUNDS {bounds}\n-1 9\n0 11\n0 12\n"
    return head + f"ITEM: ATOMS {columns}\n" + "".join(line + "\n" for line in atom_lines)


def test_dump_with_elements_is_sorted_by_id():
    text = dump(["2 O 1 2 3", "1 Si 4 5 6"], "id element x y z") + dump(["1 Si 0 0 0.5"], "id element x y z")
    s = ph.read_structure(text.encode(), frame=0)
    assert s.species.tolist() == ["Si", "O"]
    assert s.positions.tolist() == [[4, 5, 6], [1, 2, 3]]
    assert np.array_equal(s.cell, np.diag([10, 11, 12]))
    assert s.pbc == (True, True, False)
    assert len(ph.read_structure(text.encode())) == 1
    with pytest.raises(ValueError, match="it has 2 frames and so no frame 2"):
        ph.read_structure(text.encode(), frame=2)


def test_dump_without_elements_names_the_types_and_warns_the_caller():
    text = dump(["1 1 0 0 0", "2 200 1 1 1"], "id type xs ys zs")
    with pytest.warns(UserWarning, match="does not say the element of types 1, 200") as caught:
        s = ph.read_structure(text.encode())
    assert s.species.tolist() == ["1", "200"]
    assert np.allclose(s.positions[1], [10, 11, 12])
    assert caught[0].filename == __file__


def test_triclinic_dump_agrees_with_ase():
    text = dump(["1 Si 1 2 3"], "id element x y z").replace("BOUNDS pp pp ff", "BOUNDS xy xz yz pp pp pp")
    text = text.replace("-1 9\n0 11\n0 12", "-1 9 1.5\n0 11 -0.5\n0 12 0.25")
    same(ph.read_structure(text.encode()), ase.io.read(io.StringIO(text), format="lammps-dump-text"))


LAMMPS_DATA = """a title with 9 atoms
# comment

2 atoms
2 atom types

0 5 xlo xhi
0 6 ylo yhi
0 7 zlo zhi
{masses}
Atoms # atomic

2 2 1 2 3 1 0 0
1 1 4 5 6 0 0 0
"""


def test_lammps_data_takes_elements_from_masses_and_no_image_flags():
    s = ph.read_structure(LAMMPS_DATA.format(masses="\nMasses\n\n1 28.0855\n2 15.999\n").encode())
    assert s.species.tolist() == ["Si", "O"]
    assert s.positions.tolist() == [[4, 5, 6], [1, 2, 3]]
    assert np.array_equal(s.cell, np.diag([5, 6, 7]))


@pytest.mark.parametrize("masses", ["", "\nMasses\n\n1 100.3\n2 5.5\n"])
def test_lammps_data_without_elements(masses):
    with pytest.warns(UserWarning, match="does not say the element of types 1, 2") as caught:
        s = ph.read_structure(LAMMPS_DATA.format(masses=masses).encode())
    assert s.species.tolist() == ["1", "2"]
    assert caught[0].filename == __file__


def test_pdb_models_keep_the_cell_and_end_is_no_frame():
    atom = "ATOM      1  {name:<3} MOL     1    {x:8.3f}{x:8.3f}{x:8.3f}  1.00  0.00          {element:>2}\n"
    cell = "CRYST1   10.000   11.000   12.000  90.00  90.00  90.00 P 1\n"
    models = "".join(f"MODEL     {i}\n{atom.format(name='CA', x=i, element='C')}ENDMDL\n" for i in (1, 2, 3))
    for text in (cell + models + "END\n", cell + models):
        for frame, x in ((0, 1), (1, 2), (-1, 3)):
            s = ph.read_structure(text.encode(), frame=frame)
            assert s.positions.tolist() == [[x, x, x]]
            assert s.species.tolist() == ["C"]
            assert np.allclose(s.cell, np.diag([10, 11, 12]))
    unit = cell.replace("10.000", " 1.000").replace("11.000", " 1.000").replace("12.000", " 1.000")
    assert ph.read_structure((unit + models).encode()).cell is None
    with pytest.warns(UserWarning, match="1 atoms are alternative locations") as caught:
        ph.read_structure((atom.format(name="CA", x=1, element="C").replace("CA  MOL", "CA BMOL") + "END\n").encode())
    assert caught[0].filename == __file__


def test_gro_frames_and_trailing_blank_lines():
    block = "water\n    1\n    1SOL     OW    1   0.100   0.200   {z:5.3f}\n   1.00000   1.10000   {box}\n"
    text = block.format(z=0.3, box="1.20000") + block.format(z=0.4, box="1.20000") + "\n\n"
    s = ph.read_structure(text.encode(), frame=0)
    assert np.allclose(s.positions, [[1, 2, 3]])
    assert np.allclose(s.cell, np.diag([10, 11, 12]))
    assert s.species.tolist() == ["O"]
    assert np.allclose(ph.read_structure(text.encode()).positions, [[1, 2, 4]])
    with pytest.raises(ValueError, match="frame 0 declares 9 atoms and holds 1"):
        ph.read_structure(block.format(z=0.3, box="1").replace("    1\n", "    9\n", 1).encode(), format="gro")
    empty_box = "water\n    1\n    1SOL     OW    1   0.100   0.200   0.300\n   0.00000   0.00000   0.00000\n"
    assert ph.read_structure(empty_box.encode()).cell is None


def test_poscar_from_memory_needs_the_format_and_its_elements():
    text = "{title}\n1.0\n4 0 0\n0 5 0\n0 0 6\n{names}1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"
    s = ph.read_structure(text.format(title="any", names="Si O\n").encode(), format="POSCAR")
    assert s.positions.tolist() == [[0, 0, 0], [2, 2.5, 3]]
    assert ph.read_structure(text.format(title="Si O", names="").encode(), format="vasp") == s
    with pytest.raises(ValueError, match="names no elements"):
        ph.read_structure(text.format(title="", names="").encode(), format="vasp")
    with pytest.raises(ValueError, match=r"declares 4000000000 atoms and holds 2"):
        ph.read_structure(text.format(title="", names="Si O\n").replace("1 1", "2000000000 2000000000").encode(), format="vasp")
    with pytest.raises(ValueError, match="one frame"):
        ph.read_structure(text.format(title="any", names="Si O\n").encode(), format="vasp", frame=1)


CIF = """data_x
_cell_length_a 4
_cell_length_b 4
_cell_length_c 4
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_occupancy
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Si1 Si {share} 0 0 0
Al1 Al {rest} {x} 0 0
"""


def test_partly_occupied_sites_warn():
    with pytest.warns(UserWarning, match="1 of 1 sites are partly occupied") as caught:
        s = ph.read_structure(CIF.format(share=0.7, rest=0.3, x=0).encode())
    assert s.species.tolist() == ["Si"]
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="1 of 2 sites are partly occupied"):
        ph.read_structure(CIF.format(share=1, rest=0.3, x=0.5).encode())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(ph.read_structure(CIF.format(share=1, rest=1, x=0.5).encode())) == 2


# -- formats -----------------------------------------------------------------------------------------------------------------


def test_formats_are_those_of_ase_and_take_open_files():
    from ase.io.formats import ioformats

    for name in formats.FORMATS:
        assert ioformats[name].can_read, name
        assert ioformats[name].acceptsfd, name
    assert set(formats.ALIASES.values()) <= set(formats.FORMATS)


@pytest.mark.parametrize("name", ["traj", "db", "json", "py", "postgresql", "bundletrajectory", "gpw", "netcdftrajectory"])
def test_formats_that_could_run_or_open_things_are_refused(name):
    with pytest.raises(ValueError, match=rf"format '{name}' is not read here.*Formats: extxyz"):
        ph.read_structure(b"1\n\nH 0 0 0\n", format=name)


@pytest.mark.parametrize(("wrong", "near"), [("extxzy", "extxyz"), ("lamps-data", "lammps-data"), ("proteindatabnk", "proteindatabank")])
def test_misspelt_formats(wrong, near):
    with pytest.raises(ValueError, match=f"did you mean.*'{near}'"):
        ph.read_structure(b"1\n\nH 0 0 0\n", format=wrong)


def test_numbers_that_no_element_has():
    text = "CRYSTAL\nPRIMVEC\n4 0 0\n0 4 0\n0 0 4\nPRIMCOORD\n1 1\n 500 0 0 0\n"
    with pytest.raises(ValueError, match="belongs to no element"):
        ph.read_structure(text.encode(), format="xsf")


def test_formula_in_place_of_elements_is_not_expanded():
    text = "x\n1\n4 0 0\n0 4 0\n0 0 4\nSi99999999O\n1\nDirect configuration= 1\n0 0 0\n"
    with pytest.raises(ValueError, match="are no elements"):
        ph.read_structure(text.encode(), format="vasp-xdatcar")


def test_unknown_content_lists_the_formats():
    for content, name in (
        (b"hello there\nworld\n", "notes.txt"),
        (b'{"1": {"cell": 3}}\n', "a.json"),
        (b"from ase import Atoms\n", "a.py"),
    ):
        stream = io.BytesIO(content)
        stream.name = name
        with pytest.raises(ValueError, match=r"pass format=, one of extxyz"):
            ph.read_structure(stream)


# -- real files --------------------------------------------------------------------------------------------------------------


@needs_shared
@pytest.mark.parametrize("name", ["si333.cif", "sio2_alpha_cristobalite.cif", "sio2_beta_cristobalite333.cif"])
def test_real_cif(name):
    s, expected = ph.read_structure(SHARED / "glass" / name), ase.io.read(SHARED / "glass" / name)
    assert s.species.tolist() == expected.get_chemical_symbols()
    assert np.allclose(s.cell, expected.cell[:], atol=1e-12)
    assert s.pbc == (True, True, True)
    shift = (s.positions - expected.positions) @ np.linalg.inv(s.cell)
    assert np.abs(shift - shift.round()).max() < 1e-9  # ASE moves atoms into the cell


def test_a_large_cif_without_symmetry_is_read_at_once(tmp_path):
    atoms = ase.build.bulk("NaCl", "rocksalt", a=5.64, cubic=True) * (6, 6, 6)
    atoms.rattle(0.1, seed=2)
    ase.io.write(tmp_path / "a.cif", atoms)
    started = time.process_time()
    s = ph.read_structure(tmp_path / "a.cif")
    assert time.process_time() - started < 3
    atoms.wrap()
    same(s, atoms, 1e-6)


@needs_shared
@pytest.mark.parametrize("path", sorted((SHARED / "glass").glob("*.xyz")), ids=lambda path: path.stem)
def test_real_glasses_have_the_cell_that_ase_does_not_see(path):
    s = ph.read_structure(path)
    atoms = ase.io.read(path, format="xyz")
    assert np.array_equal(s.positions, atoms.positions)
    assert s.species.tolist() == atoms.get_chemical_symbols()
    assert np.array_equal(s.cell, np.eye(3) * float(path.read_text().split()[2]))


@needs_shared
@pytest.mark.parametrize("name", ["relax.data", "deform.data", "polymerize.data"])
def test_real_lammps_data(name):
    path = SHARED / "md" / name
    expected = ase.io.read(path, format="lammps-data", read_image_flags=False)
    same(ph.read_structure(path), expected, 1e-9)
    assert set(ph.read_structure(path).composition) == ({"C", "H"} if name == "polymerize.data" else {"O", "Si"})
