"""TIFF in its many forms, written by tifffile and Pillow, and the volumes that optional libraries read."""

import io
import struct
import warnings

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from phwidgets.readers.images import read_image

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (13, 17), np.uint8)
STACK = RNG.integers(0, 256, (5, 13, 17), np.uint8)


def tiff(values, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, values, **({"photometric": "minisblack"} | options))
    return out.getvalue()


@pytest.fixture(autouse=True)
def no_notice_unless_asked_for():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("dtype", [bool, "u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_type_in_both_byte_orders(dtype, order):
    values = GREY.astype(dtype)
    img = read_image(tiff(values, byteorder=order))
    assert (img.values == values).all()
    assert img.values.dtype == np.dtype(dtype)
    assert img.values.dtype.isnative


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bigtiff": True},
        {"tile": (16, 16)},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"compression": "zlib", "tile": (16, 16)},
        {"compression": "lzma"},
        {"rowsperstrip": 3},
        {"rowsperstrip": 3, "compression": "zlib"},
        {"metadata": None},
        {"imagej": True},
        {"ome": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("values", [GREY, STACK, STACK[:1]], ids=["image", "stack", "one plane"])
def test_ways_to_write_the_same(options, values):
    if options in ({"imagej": True}, {"ome": True}):
        options = options | {"metadata": {"axes": "ZYX"[-values.ndim :]}}
    expected = values[0] if len(values) == 1 and values.ndim == 3 else values
    assert (read_image(tiff(values, **options)).values == expected).all()


PACKED = [(packing, dtype) for packing in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "raw") for dtype in ("?", "u1", "u2", "f4")]


@pytest.mark.parametrize(("compression", "dtype"), [*PACKED, ("jpeg", "u1")])
def test_pillow_reads_what_tifffile_does_not(compression, dtype):
    values = GREY > 99 if dtype == "?" else GREY.astype(dtype) if dtype == "u1" else GREY.astype(dtype) * 200
    out = io.BytesIO()
    pages = [Pillow.fromarray(v) for v in (values, np.flip(values).copy())]
    pages[0].save(out, "TIFF", compression=compression, save_all=True, append_images=pages[1:])
    img = read_image(out.getvalue())
    assert img.shape == (2, 13, 17)
    assert img.values.dtype == values.dtype
    close = 40 if compression == "jpeg" else 0
    assert np.abs(img.values.astype(float) - np.stack([values, np.flip(values)]).astype(float)).max() <= close
    assert (read_image(out.getvalue(), page=1).values == img.values[1]).all()


def test_colours_in_lzw():
    colours = RNG.integers(0, 256, (13, 17, 3), np.uint8)
    out = io.BytesIO()
    Pillow.fromarray(colours).save(out, "TIFF", compression="tiff_lzw")
    with pytest.warns(UserWarning, match="luminance"):
        assert read_image(out.getvalue()).shape == (13, 17)
    assert (read_image(out.getvalue(), channel=1).values == colours[..., 1]).all()


def test_white_is_bright_also_where_the_file_counts_from_white():
    assert (read_image(tiff(GREY, photometric="miniswhite")).values == 255 - GREY).all()
    assert (read_image(tiff(GREY > 99, photometric="miniswhite")).values == (GREY <= 99)).all()


def test_colours_plane_by_plane():
    colours = RNG.integers(0, 256, (3, 13, 17), np.uint8)
    content = tiff(colours, photometric="rgb", planarconfig="separate")
    with pytest.warns(UserWarning, match="luminance"):
        assert read_image(content).shape == (13, 17)
    assert (read_image(content, channel=2).values == colours[2]).all()


def test_a_stack_of_colours_is_a_volume_of_luminance():
    colours = RNG.integers(0, 256, (5, 13, 17, 3), np.uint8)
    with pytest.warns(UserWarning, match="luminance"):
        assert read_image(tiff(colours, photometric="rgb")).shape == (5, 13, 17)
    assert (read_image(tiff(colours, photometric="rgb"), page=3, channel=0).values == colours[3, ..., 0]).all()


def test_a_page_of_a_stack():
    assert (read_image(tiff(STACK), page=4).values == STACK[4]).all()
    with pytest.raises(ValueError, match="has 5 pages, and so no page 5"):
        read_image(tiff(STACK), page=5)
    with pytest.raises(ValueError, match="no page -1"):
        read_image(tiff(STACK), page=-1)


def test_pages_of_different_sizes_are_named():
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for values in (GREY, GREY, GREY[:7]):
            writer.write(values, photometric="minisblack", metadata=None)
    with pytest.raises(ValueError, match=r"its pages differ in size or type: page 0 is 2 × 13 × 17 uint8, page 2 is 7 × 17 uint8"):
        read_image(out.getvalue())
    assert (read_image(out.getvalue(), page=2).values == GREY[:7]).all()
    with pytest.raises(ValueError, match="no page 3"):
        read_image(out.getvalue(), page=3)


def test_time_and_channels_are_no_planes():
    movie = tiff(STACK, imagej=True, metadata={"axes": "TYX"})
    with pytest.raises(ValueError, match="5 moments in time, which is no volume"):
        read_image(movie)
    assert (read_image(movie, page=2).values == STACK[2]).all()
    stained = tiff(STACK, imagej=True, metadata={"axes": "CYX"})
    with pytest.raises(ValueError, match="5 channels for each sample, and they are no colours"):
        read_image(stained)
    assert (read_image(stained, channel=3).values == STACK[3]).all()
    both = tiff(RNG.integers(0, 256, (2, 3, 13, 17), np.uint8), imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(ValueError, match="2 moments in time"):
        read_image(both)


# ---- lengths -----------------------------------------------------------------------------------------------------------------


def test_lengths_of_imagej():
    img = read_image(tiff(STACK, imagej=True, resolution=(4, 2), metadata={"axes": "ZYX", "spacing": 3.5, "unit": "um"}))
    assert (img.spacing, img.unit) == ((3.5, 0.5, 0.25), "µm")
    img = read_image(tiff(GREY, imagej=True, resolution=(4, 2), metadata={"unit": "pixel"}))
    assert (img.spacing, img.unit) == ((1.0, 1.0), "px")


def test_lengths_of_ome():
    about = {
        "axes": "ZYX",
        "PhysicalSizeX": 20,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 20,
        "PhysicalSizeYUnit": "nm",
        "PhysicalSizeZ": 0.1,
    }
    img = read_image(tiff(STACK, ome=True, metadata=about))  # the unit of Z is not given, and µm is the default of OME
    assert img.spacing == pytest.approx((100, 20, 20))
    assert img.unit == "nm"


@pytest.mark.parametrize(("unit", "per"), [(2, 25.4e6), (3, 10e6)])
def test_lengths_of_the_resolution(unit, per):
    img = read_image(tiff(GREY, resolution=(per / 5, per / 10), resolutionunit=unit, metadata=None))
    assert img.spacing == pytest.approx((10, 5), rel=1e-6)
    assert img.unit == "nm"
    for dots in (72, 300):
        assert read_image(tiff(GREY, resolution=(dots, dots), resolutionunit=unit, metadata=None)).unit == "px"
    assert read_image(tiff(GREY, resolution=(1, 1), resolutionunit=1, metadata=None)).unit == "px"


def test_missing_distance_of_planes_is_assumed_and_told():
    with pytest.warns(UserWarning, match="distance of the planes is not in the file; it is taken to be that of the rows, 0.5 µm"):
        img = read_image(tiff(STACK, resolution=(20000, 20000), resolutionunit=3))
    assert (img.spacing, img.unit) == ((0.5, 0.5, 0.5), "µm")


def test_lengths_of_electron_microscopes():
    about = b"1\r\n" * 3 + b"0\r\n" * 60 + b"AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 4.5 nm\r\n"
    img = read_image(tiff(GREY, extratags=[(34118, "s", 0, about, True)], metadata=None))
    assert (img.spacing, img.unit) == ((4.5, 4.5), "nm")
    fei = b"[User]\r\nUser=x\r\n[Scan]\r\nPixelWidth=3.0e-9\r\nPixelHeight=6.0e-9\r\n"
    img = read_image(tiff(GREY, extratags=[(34682, "s", 0, fei, True)], metadata=None))
    assert (img.spacing, img.unit) == ((6.0, 3.0), "nm")


def test_broken_notes_do_no_harm():
    ome = '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image></Image></OME>'
    assert (read_image(tiff(GREY, description=ome, metadata=None)).values == GREY).all()
    fei = b"[Scan]\r\nPixelWidth=nan\r\nPixelHeight=-3\r\n"
    assert read_image(tiff(GREY, extratags=[(34682, "s", 0, fei, True)], metadata=None)).unit == "px"


# ---- NRRD, MRC, HDF5 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
def test_nrrd(encoding, tmp_path):
    nrrd = pytest.importorskip("nrrd")
    path = tmp_path / "a.nrrd"
    header = {"space directions": [[0.5, 0, 0], [0, 0, 2], [0, 1, 0]], "space": "left-posterior-superior", "space units": ["mm"] * 3}
    nrrd.write(str(path), STACK.T, header | {"encoding": encoding})  # the first axis varies fastest: columns
    img = read_image(path)
    assert (img.values == STACK).all()
    assert (img.spacing, img.unit) == ((1.0, 2.0, 0.5), "mm")
    assert (read_image(path.read_bytes()).values == STACK).all()


def test_nrrd_spacings_and_detached_data(tmp_path):
    nrrd = pytest.importorskip("nrrd")
    nrrd.write(str(tmp_path / "a.nrrd"), GREY.T, {"spacings": [0.5, 2.0], "units": ["um", "um"]})
    img = read_image(tmp_path / "a.nrrd")
    assert (img.spacing, img.unit) == ((2.0, 0.5), "µm")
    nrrd.write(str(tmp_path / "b.nhdr"), GREY.T, detached_header=True)
    with pytest.raises(ValueError, match="data are in another file, which is not opened"):
        read_image(tmp_path / "b.nhdr")


@pytest.mark.parametrize("dtype", ["i1", "i2", "u2", "f4", "f2"])
def test_mrc(dtype, tmp_path):
    mrcfile = pytest.importorskip("mrcfile")
    for values in (STACK // 2, GREY // 2):
        with mrcfile.new(tmp_path / "a.mrc", overwrite=True) as file:
            file.set_data(values.astype(dtype))
            file.voxel_size = (1.5, 2.5, 3.5)
        img = read_image(tmp_path / "a.mrc")
        assert (img.values == values).all()
        assert (img.spacing, img.unit) == ((3.5, 2.5, 1.5)[-values.ndim :], "Å")


def test_hdf5(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["about/x"] = np.arange(5.0)
        data = file.create_dataset("entry/volume", data=STACK, compression="gzip")
        data.attrs["element_size_um"] = (3.0, 2.0, 1.0)
    for source in (path, path.read_bytes()):
        img = read_image(source)
        assert (img.values == STACK).all()
        assert (img.spacing, img.unit) == ((3.0, 2.0, 1.0), "µm")
    with h5py.File(path, "a") as file:
        file["other"] = GREY
    with pytest.raises(ValueError, match=r"several arrays: 'entry/volume' \(5, 13, 17\), 'other' \(13, 17\)"):
        read_image(path)
    assert (read_image(path, key="/other").values == GREY).all()
    with pytest.raises(ValueError, match="no image 'about/x'"):
        read_image(path, key="about/x")


def test_hdf5_does_not_open_other_files(tmp_path):
    h5py = pytest.importorskip("h5py")
    (tmp_path / "secret.bin").write_bytes(bytes(100))
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["x"] = GREY
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (10, 10), "u1", external=[(str(tmp_path / "secret.bin"), 0, 100)])
        file["link"] = h5py.ExternalLink("b.h5", "x")
    with pytest.raises(ValueError, match="are in another file, which is not opened"):
        read_image(tmp_path / "a.h5", key="x")
    with pytest.raises(ValueError, match="no image 'link'"):
        read_image(tmp_path / "a.h5", key="link")


@pytest.mark.parametrize(
    ("content", "package"),
    [
        (b"NRRD0004\ntype: uchar\n", "pynrrd"),
        (b"\x89HDF\r\n\x1a\n" + bytes(90), "h5py"),
        (struct.pack("<4i", 2, 2, 1, 0) + bytes(192) + b"MAP " + bytes(900), "mrcfile"),
    ],
)
def test_missing_libraries_are_named(content, package, monkeypatch):
    import sys

    for module in ("nrrd", "h5py", "mrcfile"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install {package}, or pip install 'phwidgets\[images\]'"):
        read_image(content)
