"""Statistics of shapes against formulas and SciPy."""

import time

import numpy as np
import pytest
from scipy.spatial import ConvexHull

import phwidgets as ph
from phwidgets.inverse.statistics import hull_volumes


def circle(n, radius=2.0):
    angle = 2 * np.pi * np.arange(n) / n
    return radius * np.column_stack([np.cos(angle), np.sin(angle), np.zeros(n)])


def test_a_flat_ring():
    n = 9
    x = circle(n) + np.array([3, 4, 5])
    d = ph.alpha_persistence(x)[1]
    row = ph.optimal_volumes(d.longest(1)).to_frame().iloc[0]
    assert row["atoms"] == n
    assert row["perimeter (Å)"] == pytest.approx(2 * n * 2 * np.sin(np.pi / n))
    assert row["mean radius (Å)"] == pytest.approx(2)
    assert row["planarity"] == pytest.approx(1)
    assert row["hull volume (Å³)"] == 0
    assert np.isnan(row["enclosed volume (Å³)"])
    assert np.isnan(row["sphericity"])
    assert row[["centre x (Å)", "centre y (Å)", "centre z (Å)"]].tolist() == pytest.approx([3, 4, 5])
    assert row["birth (Å)"] == pytest.approx(2 * np.sin(np.pi / n))
    assert row["death (Å)"] == pytest.approx(2)
    assert row["lifetime (Å)"] == pytest.approx(2 - 2 * np.sin(np.pi / n))


def test_a_puckered_ring_is_less_planar():
    x = circle(8)
    found = []
    for height in (0.0, 0.2, 0.5):
        x[:, 2] = height * (-1.0) ** np.arange(8)
        found.append(ph.shortest_cycles(ph.alpha_persistence(x)[1].longest(1)).to_frame()["planarity"].iloc[0])
    assert found[0] == pytest.approx(1)
    assert found[1] == pytest.approx(1 - 0.2 / np.sqrt(2))  # the widths along x and y are radius / √2
    assert found[0] > found[1] > found[2]


@pytest.mark.parametrize("periodic", [False, True])
def test_cavities_enclose_the_volume_of_their_tetrahedra(periodic):
    rng = np.random.default_rng(3)
    x = rng.random((150, 3)) * 8
    structure = ph.Structure(x, cell=np.eye(3) * 8 if periodic else None, pbc=periodic)
    volumes = ph.optimal_volumes(ph.alpha_persistence(structure)[2].finite)
    table = volumes.to_frame()
    assert len(table) > 30
    for v, row in zip(volumes, table.to_dict("records"), strict=True):
        corners = structure.positions[v.simplices]
        if periodic:  # nearest images: the cell is much larger than a tetrahedron
            away = corners - corners[:, :1]
            corners = away - 8 * np.rint(away / 8)
        content = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])).sum() / 6
        if v.winds:
            assert np.isnan(row["enclosed volume (Å³)"])
            continue
        assert row["enclosed volume (Å³)"] == pytest.approx(content, rel=1e-6)
        assert 0 < row["sphericity"] <= 1
        assert row["hull volume (Å³)"] >= content * (1 - 1e-5)


def test_faces_look_outwards():
    rng = np.random.default_rng(4)
    for v in ph.optimal_volumes(ph.alpha_persistence(rng.random((100, 3)) * 6)[2].finite):
        a, b, c = np.moveaxis(v.points[v.faces], 1, 0)
        assert np.abs(np.cross(b - a, c - a).sum(axis=0)).max() < 1e-9  # of a closed oriented surface
        assert np.einsum("ij,ij->", a, np.cross(b, c)) > 0


def test_the_sphericity_of_a_regular_octahedron():
    x = np.vstack([np.eye(3), -np.eye(3)]) * 2 + np.random.default_rng(0).normal(size=(6, 3)) * 1e-7
    row = ph.optimal_volumes(ph.alpha_persistence(x)[2].longest(1)).to_frame().iloc[0]
    assert row["enclosed volume (Å³)"] == pytest.approx(4 / 3 * 8)
    assert row["sphericity"] == pytest.approx(np.pi ** (1 / 3) * (6 * 32 / 3) ** (2 / 3) / (8 * np.sqrt(3) / 4 * 8), rel=1e-5)


def test_hulls_are_those_of_qhull():
    rng = np.random.default_rng(5)
    sizes = np.array([0, 1, 3, 4, 5, 8, 13, 24, 25, 60])
    parts = [rng.normal(size=(n, 3)) * 3 + 50 for n in sizes]
    found = hull_volumes(np.concatenate(parts), sizes)
    assert np.isnan(found[0])
    assert found[1] == found[2] == 0
    assert found[3:] == pytest.approx([ConvexHull(p).volume for p in parts[3:]], rel=1e-5)
    flat = np.concatenate([circle(12), circle(30)])
    assert hull_volumes(flat, np.array([12, 30])).tolist() == [0, 0]
    cube = np.array(np.meshgrid([0, 2], [0, 2], [0, 2])).reshape(3, -1).T.astype(float)  # many points in each face
    grid = np.array(np.meshgrid([0, 1, 2], [0, 1, 2], [0, 2])).reshape(3, -1).T.astype(float)
    assert hull_volumes(np.concatenate([cube, grid]), np.array([8, 18])) == pytest.approx([8, 8], rel=1e-5)


def test_what_has_no_meaning_is_nan():
    structure = ph.Structure(np.random.default_rng(6).random((60, 3)) * 5, cell=np.eye(3) * 5)
    dgms = ph.alpha_persistence(structure)
    rings = ph.optimal_volumes(dgms[1]).to_frame()
    failed = rings["problem"] != ""
    assert failed.sum() == 3
    assert rings.loc[failed, ["perimeter (Å)", "mean radius (Å)", "centre x (Å)", "hull volume (Å³)"]].isna().all().all()
    assert np.isinf(rings.loc[failed, "lifetime (Å)"]).all()
    components = ph.optimal_volumes(dgms[0].finite).to_frame()
    assert components["perimeter (Å)"].isna().all()
    assert (components["sequence"] == "").all()
    plane = ph.optimal_volumes(ph.alpha_persistence(structure.positions[:, :2])[1]).to_frame()
    assert (plane["hull volume (Å³)"] == 0).all()
    assert plane["planarity"].to_numpy() == pytest.approx(1)
    squared = ph.optimal_volumes(ph.alpha_persistence(structure, values="squared")[2].longest(3)).to_frame()
    assert "birth (Å²)" in squared


def test_thousands_of_rows_take_well_under_a_second():
    rng = np.random.default_rng(7)
    volumes = [
        ph.Volume(i, np.arange(n), rng.normal(size=(n, 3)), np.zeros((n, 3), int), np.array(["O", "Si"] * 8)[:n])
        for i, n in enumerate(rng.integers(4, 16, 3000))
    ]
    ph.Volumes(volumes[:10]).to_frame()
    start = time.process_time()
    table = ph.Volumes(volumes).to_frame()
    assert time.process_time() - start < 1
    assert len(table) == 3000
