"""Structure: what it keeps, what it refuses, what it understands."""

import pickle
import subprocess
import sys
import types

import ase
import ase.build
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from phwidgets.structure import Structure, as_structure, cell_from_lengths, element_of_label

SQUARE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]


def test_attributes_are_normalised_and_frozen():
    x = np.asfortranarray(np.arange(12, dtype=">f4").reshape(4, 3))
    s = Structure(x, ["Si", "O", "", "O"], cell=[10, 11, 12], radii=[1, 2, 3, 4])
    assert s.positions.dtype == np.float64
    assert s.positions.flags.c_contiguous
    assert np.array_equal(s.positions, x)
    assert s.species.tolist() == ["Si", "O", "X", "O"]
    assert np.array_equal(s.cell, np.diag([10, 11, 12]))
    assert s.pbc == (True, True, True)
    assert all(type(flag) is bool for flag in s.pbc)
    assert len(s) == 4
    for array in (s.positions, s.species, s.cell, s.radii):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]
    with pytest.raises(AttributeError, match="immutable"):
        s.cell = None
    with pytest.raises(AttributeError):
        s.colour = "red"
    x[0] = 99
    assert s.positions[0, 0] == 0, "the caller's array must be copied"


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(2, 3)), elements=st.floats(-1e6, 1e6)), st.data())
def test_any_memory_layout_gives_the_same_structure_and_pickles(x, data):
    dtype = data.draw(st.sampled_from(["<f8", ">f8", "<f8"]))
    for view in (x, np.asfortranarray(x).astype(dtype), x[::-1][::-1], x.tolist()):
        assert Structure(view) == Structure(x)
        assert hash(Structure(view)) == hash(Structure(x))
    s = Structure(x, radii=np.abs(x[:, 0]))
    again = pickle.loads(pickle.dumps(s))
    assert again == s
    assert not again.positions.flags.writeable
    assert s != Structure(x)
    assert Structure(x) != Structure(x + 1)
    assert as_structure(s) is s


def test_negative_zero_is_zero():
    assert hash(Structure([[-0.0, 0.0]])) == hash(Structure([[0.0, 0.0]]))
    assert Structure([[-0.0, 0.0]]) != [[0.0, 0.0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"positions": [[0, 0, np.nan]]}, r"positions\[0, 2\] is nan"),
        ({"positions": [[0, 0, 0], [0, -np.inf, 0]]}, r"positions\[1, 1\] is -inf"),
        ({"positions": [[0, 0, 1e101]]}, "beyond 1e"),
        ({"positions": np.zeros((0, 3))}, "no atoms"),
        ({"positions": []}, "no atoms"),
        ({"positions": [1, 2, 3]}, r"shape \(n, 2\) or \(n, 3\), got \(3,\)"),
        ({"positions": np.zeros((3, 5))}, "transpose"),
        ({"positions": np.zeros((2, 2, 2))}, "shape"),
        ({"positions": np.zeros((2, 3), complex)}, "real numbers"),
        ({"positions": np.array([["a", "b", "c"]])}, "real numbers"),
        ({"positions": np.array([[None, 1, 2]], dtype=object)}, "real numbers"),
        ({"positions": [[1, 2, 3], [1, 2]]}, "no array of numbers"),
        ({"positions": np.zeros((2, 3), bool)}, "real numbers"),
        ({"positions": np.ma.masked_equal([[1.0, 2.0, 3.0]], 2.0)}, "masked"),
        ({"positions": "POSCAR"}, "read_structure"),
        ({"positions": {}}, "dict"),
        ({"positions": None}, "real numbers"),
        ({"positions": SQUARE, "species": ["O"]}, "1 entries for 4 atoms"),
        ({"positions": SQUARE, "species": "OOOO"}, "one name per atom"),
        ({"positions": SQUARE, "species": ["O", "O", 1.5, "O"]}, r"species\[2\]"),
        ({"positions": SQUARE, "species": ["O", "O", "O" * 40, "O"]}, r"species\[2\].*32"),
        ({"positions": SQUARE, "species": ["O", "a\x1b[0m", "O", "O"]}, r"species\[1\].*printable"),
        ({"positions": SQUARE, "species": [1, 1, 1, 500]}, r"species\[3\] is 500"),
        ({"positions": SQUARE, "cell": [1, 2, 3]}, r"\(2, 2\)"),
        ({"positions": [[0, 0, 0]], "cell": [[1, 0, 0], [2, 0, 0], [0, 0, 1]]}, "singular"),
        ({"positions": [[0, 0, 0]], "cell": [[1, 0, 0], [0, 1, 0], [1, 1, 1e-12]]}, "singular"),
        ({"positions": [[0, 0, 0]], "cell": [1, np.nan, 1]}, r"cell\[1\] is nan"),
        ({"positions": [[0, 0, 0]], "pbc": True}, "no cell"),
        ({"positions": [[0, 0, 0]], "cell": [1, 1, 0], "pbc": True}, r"pbc\[2\] is True"),
        ({"positions": [[0, 0, 0]], "cell": [1, 1, 1], "pbc": [True, False]}, "3 of them"),
        ({"positions": [[0, 0, 0]], "cell": [1, 1, 1], "pbc": "xyz"}, "3 of them"),
        ({"positions": SQUARE, "radii": [1, 1, -1, 1]}, r"radii\[2\] is -1"),
        ({"positions": SQUARE, "radii": [1, 1, np.inf, 1]}, r"radii\[2\] is inf"),
        ({"positions": SQUARE, "radii": [1, 1]}, "4 atoms"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Structure(**arguments)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float64, (3, 3), elements=st.floats(-10, 10)), st.integers(0, 2))
def test_missing_lattice_vectors_are_completed_orthogonally(box, missing):
    box[missing] = 0
    others = np.delete(np.arange(3), missing)
    a, b = box[others]
    if np.linalg.norm(np.cross(a, b)) < 1e-3 * max(1, np.linalg.norm(a) * np.linalg.norm(b)):
        return
    s = Structure([[0, 0, 0]], cell=box)
    assert np.array_equal(s.cell[others], box[others])
    assert np.allclose(s.cell[others] @ s.cell[missing], 0, atol=1e-9)
    assert np.isclose(np.linalg.norm(s.cell[missing]), 1)
    assert np.linalg.det(s.cell) > 0
    assert s.pbc == tuple(i != missing for i in range(3))


def test_cell_defaults():
    assert Structure([[0, 0, 0]], cell=np.zeros((3, 3))).cell is None
    wire = Structure([[0, 0, 0]], cell=[0, 0, 5])
    assert wire.pbc == (False, False, True)
    assert np.isclose(abs(np.linalg.det(wire.cell)), 5)
    assert repr(wire) == "Structure(X, periodic along c, 1 atom)"
    assert Structure([[0, 0, 0]], cell=[1, 1, 1], pbc=False).pbc == (False, False, False)
    assert Structure([[0, 0, 0]], cell=[1e-200, 1e-200, 1e-200]).pbc == (True, True, True)


def test_two_dimensions():
    s = Structure(SQUARE, cell=[2, 3])
    assert s.pbc == (True, True)
    assert s.volume == pytest.approx(6)
    assert repr(s) == "Structure(X4, 2D, periodic, 4 atoms)"
    assert s.to_ase().positions[:, 2].tolist() == [0, 0, 0, 0]
    with pytest.raises(ValueError, match="two-dimensional"):
        _ = s.density


def test_formula_density_and_volume_agree_with_ase():
    atoms = ase.build.bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    s = Structure(atoms)
    assert s.composition == {"Cl": 4, "Na": 4}
    assert s.formula == "Cl4Na4"
    assert s.volume == pytest.approx(atoms.get_volume())
    assert s.density == pytest.approx(atoms.get_masses().sum() / atoms.get_volume() * 1.66053907)
    assert s.density == pytest.approx(2.16, abs=0.01)  # measured density of rock salt, g/cm³
    with pytest.raises(ValueError, match="'X' is no chemical element"):
        _ = Structure(s, ["X"] * 8).density
    with pytest.raises(ValueError, match="no volume"):
        _ = Structure(s, cell=[9, 9, 9], pbc=[True, True, False]).density
    assert Structure([[0, 0, 0]] * 3, ["1", "2", "1"]).formula == "1×2 2×1"
    many = Structure(np.arange(60.0).reshape(20, 3), [f"type{i}" for i in range(20)])
    assert repr(many) == "Structure(20 species, open, 20 atoms)"


def test_ase_there_and_back():
    for atoms in (ase.build.bulk("Cu"), ase.build.molecule("C6H6"), ase.build.bulk("Ti", a=2.9, c=4.7)):
        back = Structure(atoms).to_ase()
        assert np.array_equal(back.positions, atoms.positions)
        assert back.get_chemical_symbols() == atoms.get_chemical_symbols()
        assert np.array_equal(back.pbc, atoms.pbc)
        assert np.array_equal(back.cell, atoms.cell)
    slab = Structure(ase.build.fcc111("Al", (2, 2, 3)))
    assert slab.pbc == (True, True, False)
    assert slab.cell[2].tolist() == [0, 0, 1]
    assert Structure([[0, 0, 0]], ["OW"]).to_ase().get_chemical_symbols() == ["X"]


def test_arguments_replace_what_the_object_brings():
    atoms = ase.build.bulk("Cu")
    s = Structure(atoms, ["A"], radii=[1.2], pbc=False)
    assert s.species.tolist() == ["A"]
    assert s.pbc == (False, False, False)
    assert s.radii.tolist() == [1.2]
    assert Structure(s).radii.tolist() == [1.2]
    assert Structure(s, cell=[3, 3, 3]).pbc == (True, True, True)
    with pytest.raises(ValueError, match="ase"):
        Structure(atoms.cell)


def test_species_as_atomic_numbers():
    assert Structure(SQUARE, np.array([14, 8, 8, 0])).species.tolist() == ["Si", "O", "O", "X"]


# -- other libraries, first as stand-ins that look like them ------------------------------------------------------------------


def stand_in(module, **attributes):
    return type("Thing", (), {"__module__": module, **attributes})()


def test_pymatgen_stand_in():
    class Element:
        symbol = "Si"

    def site(**share):
        return types.SimpleNamespace(species={Element(): share["x"]})

    sites = [site(x=1), site(x=1)]
    lattice = types.SimpleNamespace(matrix=np.eye(3) * 5, pbc=(True, True, False))
    x = np.array([[0, 0, 0], [1, 1, 1.0]])
    s = Structure(stand_in("pymatgen.core.structure", cart_coords=x, lattice=lattice, __iter__=lambda self: iter(sites)))
    assert s == Structure(x, ["Si", "Si"], cell=np.eye(3) * 5, pbc=(True, True, False))
    sites[1] = site(x=0.5)
    with pytest.raises(ValueError, match="site 1 is partly occupied"):
        Structure(stand_in("pymatgen.core.structure", cart_coords=x, lattice=lattice, __iter__=lambda self: iter(sites)))


def test_mdanalysis_stand_in():
    class NoDataError(ValueError, AttributeError):
        pass

    def missing(self):
        raise NoDataError("no elements")

    x = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=np.float32)
    fields = {"positions": x, "dimensions": np.array([10, 11, 12, 90, 90, 90], dtype=np.float32), "names": ["OW", "HW1", "HW2"]}
    group = stand_in("MDAnalysis.core.groups", **fields, elements=property(missing))
    group.__class__.atoms = property(lambda self: self)
    s = Structure(group)
    assert s.species.tolist() == ["O", "H", "H"]
    assert np.array_equal(s.cell, np.diag([10, 11, 12]))
    universe = stand_in("MDAnalysis.core.universe", atoms=group)
    assert Structure(universe) == s
    group.__class__.dimensions = None
    assert Structure(universe).cell is None


def test_pymatgen():
    core = pytest.importorskip("pymatgen.core")
    lattice = core.Lattice.from_parameters(4, 5, 6, 80, 95, 110)
    crystal = core.Structure(lattice, ["Si4+", "O2-"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    s = Structure(crystal)
    assert s.species.tolist() == ["Si", "O"]
    assert np.allclose(s.positions, crystal.cart_coords)
    assert np.array_equal(s.cell, lattice.matrix)
    assert s.density == pytest.approx(float(crystal.density), rel=1e-4)
    assert Structure(core.IStructure.from_sites(crystal)) == s
    assert Structure(core.Molecule(["C", "O"], [[0, 0, 0], [0, 0, 1.13]])).cell is None
    with pytest.raises(ValueError, match="partly occupied"):
        Structure(core.Structure(lattice, [{"Si": 0.5, "Al": 0.5}], [[0, 0, 0]]))


@pytest.mark.filterwarnings("ignore")
def test_mdanalysis():
    mda = pytest.importorskip("MDAnalysis")
    u = mda.Universe.empty(3, trajectory=True)
    u.add_TopologyAttr("names", ["OW", "HW1", "HW2"])
    u.atoms.positions = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    s = Structure(u)
    assert s.species.tolist() == ["O", "H", "H"]
    assert s.cell is None
    u.dimensions = [10, 11, 12, 80, 95, 110]
    triclinic = mda.lib.mdamath.triclinic_vectors(u.dimensions)
    assert np.allclose(Structure(u.atoms[:2]).cell, triclinic, atol=1e-4)
    assert len(Structure(u.atoms[:2])) == 2
    silica = mda.Universe.empty(4, trajectory=True)
    silica.add_TopologyAttr("names", ["Si", "SI2", "O", "Zr1"])
    silica.add_TopologyAttr("types", ["SI", "SI", "O", "ZR"])  # as guessed where a file names no elements
    silica.atoms.positions = np.eye(4, 3)
    assert Structure(silica).species.tolist() == ["Si", "Si", "O", "Zr"]
    with pytest.raises(ValueError, match="no coordinates"):
        Structure(mda.Universe.empty(3))
    u.add_TopologyAttr("elements", ["O", "H", ""])
    assert Structure(u).species.tolist() == ["O", "H", "H"]


def test_cell_from_lengths_has_these_lengths():
    cell = cell_from_lengths(4, 5, 6, 80, 95, 110)
    assert np.allclose(ase.cell.Cell(cell).cellpar(), [4, 5, 6, 80, 95, 110])
    with pytest.raises(ValueError, match="no cell has the angles"):
        cell_from_lengths(1, 1, 1, 10, 10, 170)


@pytest.mark.parametrize(
    ("label", "element"),
    [
        ("OW1", "O"),
        ("Si2", "Si"),
        ("CA", "C"),
        ("1HB", "H"),
        ("Na+", "Na"),
        ("7", None),
        ("", None),
        ("SI1", "Si"),
        ("CL", "Cl"),
        ("ZR", "Zr"),
        ("CD1", "C"),
        ("SG", "S"),
        ("HE2", "H"),
        ("X", None),
    ],
)
def test_element_of_label(label, element):
    assert element_of_label(label) == element


def test_import_loads_numpy_only():
    code = "import sys, phwidgets.structure; print([m for m in ('ase', 'pandas', 'scipy', 'ipywidgets', 'pooch') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
