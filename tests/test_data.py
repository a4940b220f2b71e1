"""sample, sample_path, samples: the claims about the bundled files, and the ways to a file that is not bundled."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import requests
from scipy.spatial import cKDTree

import phwidgets as ph
from phwidgets import data
from phwidgets.distance import signed_distance
from phwidgets.image import Image
from phwidgets.preparing import binarize

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the real data in ../shared/data beside the checkout")
SILICA = ("silica-glass", "silica-melt", "cristobalite")
SHOWCASES = ("aromatic-liquid", "micrographs", "porous-media", "silica-tem")
IMAGES = ("two-phase-micrograph", "porous-glass")


def claims():
    """The table in the docstring of sample: {quantity: (glass, melt, literature)} as text."""
    rows = re.findall(r"^ {4}(\S.{20,21}\S?)\s{2,}(\d[\d.]*)\s+(\d[\d.]*)\s+(\d.*)$", ph.sample.__doc__, re.MULTILINE)
    return {quantity.strip(): values for quantity, *values in rows}


@pytest.fixture(scope="module")
def check_silica():
    path = ROOT / "notebooks" / "make_data" / "check_silica.py"
    if not path.is_file():
        pytest.skip("needs notebooks/make_data of the checkout")
    spec = importlib.util.spec_from_file_location("check_silica", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", SILICA)
def test_bundled_samples_are_complete(name):
    s = ph.sample(name)
    assert s.composition == {"O": 432, "Si": 216}
    assert s.pbc == (True, True, True)
    assert np.allclose(s.cell, np.eye(3) * s.cell[0, 0])
    scaled = s.positions / s.cell[0, 0]
    assert scaled.min() >= 0
    assert scaled.max() < 1
    nearest = cKDTree(s.positions, boxsize=s.cell[0, 0]).query(s.positions, k=2)[0][:, 1]
    assert nearest.min() > 1.2
    assert s == ph.read_structure(data.sample_path(name))


def test_docstring_states_what_the_files_hold(check_silica):
    stated = claims()
    assert len(stated) == 9
    for column, name in enumerate(("silica-glass", "silica-melt")):
        assert {quantity: values[column] for quantity, values in stated.items()} == check_silica.measure(ph.sample(name))


def test_glass_is_a_decent_glass():
    """Without check_silica: coordination and bond length by a k-d tree."""
    s = ph.sample("silica-glass")
    edge = s.cell[0, 0]
    silicon, oxygen = (cKDTree(s.positions[s.species == kind], boxsize=edge) for kind in ("Si", "O"))
    neighbours = np.array([len(near) for near in oxygen.query_ball_point(silicon.data, 2.4)])
    assert np.mean(neighbours == 4) > 0.97
    bonds = silicon.sparse_distance_matrix(oxygen, 2.4, output_type="coo_matrix").data
    assert bonds.mean() == pytest.approx(1.61, abs=0.03)
    glass = {quantity: float(values[0]) for quantity, values in claims().items()}
    assert glass["Si with four O (%)"] == pytest.approx(100 * np.mean(neighbours == 4), abs=0.05)
    assert s.density == pytest.approx(glass["density (g/cm3)"], abs=5e-4)
    assert glass["density (g/cm3)"] == pytest.approx(2.20, rel=0.02)
    for quantity, measured, tolerance in (
        ("Si-O (Å)", 1.61, 0.03),
        ("O-O (Å)", 2.63, 0.05),
        ("Si-Si (Å)", 3.08, 0.1),
        ("O-Si-O (°)", 109.5, 1),
    ):
        assert glass[quantity] == pytest.approx(measured, abs=tolerance)
    assert 138 < glass["Si-O-Si (°)"] < 150


def test_check_silica_measures_the_ideal_crystal(check_silica):
    table = check_silica.measure(ph.sample("cristobalite"))
    assert table["Si with four O (%)"] == "100.0"
    assert table["O-Si-O (°)"] == "109.5"
    assert table["Si-O-Si (°)"] == "180.0"
    assert float(table["Si-O (Å)"]) == pytest.approx(7.16 * np.sqrt(3) / 8, abs=0.01)
    assert float(table["Si-Si (Å)"]) == pytest.approx(7.16 * np.sqrt(3) / 4, abs=0.01)


def test_table_of_samples():
    table = ph.samples()
    assert table.index.is_unique
    assert table.index.name == "name"
    assert list(table.columns) == ["what", "atoms", "kind", "source", "licence", "size"]
    assert set(table.kind) == {"bundled", "download"}
    assert tuple(table.index[table.kind == "bundled"]) == (*SILICA, *IMAGES, "silica-quench", *SHOWCASES)
    assert table.drop(columns="atoms").notna().all().all()
    for name in SILICA:
        assert table.loc[name, "size"] == data.sample_path(name).stat().st_size
        assert table.loc[name, "atoms"] == len(ph.sample(name))
    for name in IMAGES:
        assert table.loc[name, "size"] == data.sample_path(name).stat().st_size


def test_the_quench_is_a_trajectory_that_cools():
    quench = ph.sample("silica-quench")
    facts = [quench.facts(i) for i in range(len(quench))]
    assert [fact["time_ps"] for fact in facts] == [20.0 * i for i in range(26)]
    assert (np.diff([fact["temperature_K"] for fact in facts]) < 0).all()
    assert (facts[0]["temperature_K"], facts[-1]["temperature_K"]) == (4000, 300)
    assert {(s.formula, round(s.density, 2)) for s in quench} == {("O432Si216", 2.20)}


def test_registry_is_sound():
    registry = data._registry()
    for name, entry in registry["files"].items():
        assert entry["source"] in registry["sources"], name
        if "path" in entry:
            assert re.fullmatch("[0-9a-f]{64}", entry["sha256"]), name
            for url in data._urls(entry):
                assert re.fullmatch(r"https://raw\.githubusercontent\.com/[\w.%/-]+", url), url
    assert data._urls(registry["files"]["afm/0,1M at 50%.txt"])[0].endswith("/0%2C1M%20at%2050%25.txt")


@pytest.mark.parametrize(
    ("name", "near"), [("silica_glass", "silica-glass"), ("a_SiO2_speed1e11K", "a_SiO2_speed1e11K"), ("soot", "soot.tif")]
)
def test_unknown_names_get_near_ones(name, near):
    with pytest.raises(ValueError, match=f"did you mean.*{re.escape(near)}"):
        ph.sample(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", 3, None, "qqqqqqqqqqqqq"])
def test_names_are_no_paths(name):
    with pytest.raises(ValueError, match="there is no sample"):
        data.sample_path(name)


def test_bundled_images_are_what_the_docstring_says():
    micrograph, glass = map(ph.sample, IMAGES)
    assert repr(micrograph) == "Image(two-phase-micrograph: 256 × 256 uint8, spacing 2 nm)"
    assert repr(glass) == "Image(porous-glass: 64 × 64 × 64 uint8, spacing 5 nm)"
    assert sum(data.sample_path(name).stat().st_size for name in IMAGES) < 400_000
    for img in (micrograph, glass):
        dark, bright = img.values[img.values < 120], img.values[img.values >= 120]
        assert bright.mean() - dark.mean() > 60  # two phases


def test_the_porous_glass_comes_from_its_script():
    path = ROOT / "notebooks" / "make_data" / "make_images.py"
    if not path.is_file():
        pytest.skip("needs notebooks/make_data of the checkout")
    spec = importlib.util.spec_from_file_location("make_images", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert np.abs(module.porous_glass().astype(int) - ph.sample("porous-glass").values).max() <= 1  # other libraries round otherwise


@needs_shared
def test_every_image_is_read(monkeypatch):
    monkeypatch.delenv("PHWIDGETS_DATA", raising=False)
    monkeypatch.setattr(data, "_CHECKOUT", ROOT)  # as if the package ran from here, wherever it is installed
    table = ph.samples()
    sets = [name for name, entry in data._registry()["files"].items() if "set" in entry]
    found = {name: ph.sample(name) for name in table.index[table.atoms.isna()] if name not in sets}
    for name in sets:
        with pytest.raises(ValueError, match="is a set of arrays"):
            ph.sample(name)
        assert np.load(ph.sample_path(name), allow_pickle=False).files
    assert all(isinstance(img, Image) for img in found.values())
    assert found["hrtem/soot.tif"].shape == (512, 512)
    berea = found["porous/berea_200.zip"]
    assert repr(berea) == "Image(berea_200: 200 × 200 × 200 uint8, spacing 1 px)"
    assert (berea.values == 0).mean() == pytest.approx(0.199014, abs=1e-6)
    levels = np.unique(signed_distance(binarize(berea, phase="dark"), "taxicab").values)
    assert levels.tolist() == [level for level in range(int(levels[0]), int(levels[-1]) + 1) if level]
    assert found["porous/leopard_100.npy"].shape == (100, 100, 100)
    height = found["afm/Control - 1.txt"]
    assert (height.shape, height.unit, height.value_unit) == ((256, 256), "µm", "m")
    assert height.spacing == pytest.approx((5.02 / 256,) * 2)
    assert np.mean(found["micrograph/spot5_180d_2_mask.tif"].values == 255) == pytest.approx(4758 / 512**2)


@needs_shared
def test_every_local_file_is_the_registered_one(monkeypatch):
    monkeypatch.delenv("PHWIDGETS_DATA", raising=False)
    monkeypatch.setattr(data, "_CHECKOUT", ROOT)  # as if the package ran from here, wherever it is installed
    table = ph.samples()
    for name in table.index[table.kind == "download"]:
        path = data.sample_path(name)
        assert path.stat().st_size == table.loc[name, "size"]
        assert SHARED in path.parents


@needs_shared
def test_every_structure_is_read_with_its_cell(monkeypatch):
    monkeypatch.delenv("PHWIDGETS_DATA", raising=False)
    monkeypatch.setattr(data, "_CHECKOUT", ROOT)  # as if the package ran from here, wherever it is installed
    table = ph.samples()
    for name in table.index[table.atoms.notna()]:
        s = ph.sample(name)[-1] if name == "silica-quench" else ph.sample(name)
        assert len(s) == table.loc[name, "atoms"]
        assert all(s.pbc)
    assert ph.sample("glass/a_SiO2_speed1e11K.xyz").density == pytest.approx(2.20, abs=0.01)
    assert ph.sample("glass/a_Si_speed1e11K.xyz").density == pytest.approx(2.33, abs=0.01)
    assert ph.sample("md/relax.data").composition == {"O": 384, "Si": 192}


@needs_shared
def test_data_folder_from_the_environment_comes_first(tmp_path, monkeypatch):
    name = "glass/l_Si.xyz"
    (tmp_path / "glass").mkdir()
    shutil.copyfile(SHARED / name, tmp_path / name)
    monkeypatch.setenv("PHWIDGETS_DATA", str(tmp_path))
    monkeypatch.setattr(data, "_CHECKOUT", ROOT)
    assert data.sample_path(name) == tmp_path / name
    assert SHARED in data.sample_path("glass/l_SiO2.xyz").parents
    (tmp_path / name).write_bytes((SHARED / name).read_bytes().replace(b"Si", b"Ge"))
    with pytest.raises(ValueError, match="is not the registered file"):
        ph.sample(name)


@pytest.fixture
def nothing_local(monkeypatch, tmp_path):
    monkeypatch.setattr(data, "_folders", list)
    pooch = pytest.importorskip("pooch")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    return pooch


@needs_shared
def test_download_tries_the_references_in_turn(nothing_local, monkeypatch):
    asked = []

    def retrieve(url, known_hash, fname, path, progressbar):
        asked.append(url)
        if "/v3.1.1/" in url:
            raise OSError("404 Client Error")
        assert known_hash.startswith("sha256:803467a1")
        path.mkdir(parents=True)
        return shutil.copyfile(SHARED / "porous/leopard_100.npy", path / fname)

    monkeypatch.setattr(nothing_local, "retrieve", retrieve)
    path = data.sample_path("porous/leopard_100.npy")
    assert path.name == "leopard_100.npy"
    assert [url.split("/")[5] for url in asked] == ["v3.1.1", "3.1.1"]
    assert asked[0].endswith("/PMEAL/porespy/v3.1.1/test/fixtures/image_Leopard_slice100.npy")


def test_failed_download_says_what_to_do(nothing_local, monkeypatch):
    def retrieve(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(nothing_local, "retrieve", retrieve)
    with pytest.raises(ValueError, match=r"could not download 'glass/l_Si.xyz'.*no route to host.*PHWIDGETS_DATA"):
        ph.sample("glass/l_Si.xyz")


def test_a_failed_download_leaves_no_log_below_the_cell(nothing_local, monkeypatch, capsys):
    def get(self, *args, **kwargs):
        raise requests.ConnectionError("no route to host")

    monkeypatch.setattr(requests, "get", get)
    monkeypatch.setattr(requests.Session, "get", get)
    level = nothing_local.get_logger().level
    with pytest.raises(ValueError, match="no route to host"):
        ph.sample("glass/l_Si.xyz")
    assert capsys.readouterr() == ("", "")
    assert nothing_local.get_logger().level == level


def test_import_is_light():
    code = "import sys, phwidgets.data; print([m for m in ('ase', 'pandas', 'pooch', 'ipywidgets') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
