"""read_image: every format gives back what another library wrote, with its lengths, from a path, bytes, an open file or an upload."""

import gzip
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from phwidgets.readers.images import read_image
from phwidgets.readers.images_colour import luminance
from phwidgets.readers.images_scale import convert, from_resolution, unit_name

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (13, 17), np.uint8)
COLOURS = RNG.integers(0, 256, (13, 17, 3), np.uint8)


def saved(values, form, **options):
    out = io.BytesIO()
    (values if isinstance(values, Pillow.Image) else Pillow.fromarray(values)).save(out, form, **options)
    return out.getvalue()


def tiff(values, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, values, **options)
    return out.getvalue()


@pytest.fixture(autouse=True)
def no_notice_unless_asked_for():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# ---- where it comes from -----------------------------------------------------------------------------------------------------


def test_path_bytes_file_and_upload_are_the_same(tmp_path):
    content = saved(GREY, "PNG")
    path = tmp_path / "grey [1].png"  # brackets are no pattern where such a file exists
    path.write_bytes(content)
    upload = {"name": "grey [1].png", "content": memoryview(content), "type": "image/png", "size": len(content)}
    with path.open("rb") as file:
        for source in (path, str(path), file, upload, (upload,)):
            img = read_image(source)
            assert (img.values == GREY).all()
            assert img.values.dtype == np.uint8
            assert img.name == "grey [1].png"
        assert not file.closed
    for source in (content, bytearray(content), memoryview(content)):
        assert (read_image(source).values == GREY).all()
    (tmp_path / "a.png.gz").write_bytes(gzip.compress(content))
    assert (read_image(tmp_path / "a.png.gz").values == GREY).all()


def test_the_content_tells_the_format_and_not_the_name(tmp_path):
    (tmp_path / "a.png").write_bytes(tiff(GREY))
    assert (read_image(tmp_path / "a.png").values == GREY).all()


# ---- pictures ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF", "PPM"])
def test_grey_pictures(form):
    img = read_image(saved(GREY, form))
    assert img.values.dtype == np.uint8
    assert (img.values == GREY).all()
    assert (img.spacing, img.unit) == ((1.0, 1.0), "px")


def test_jpeg_is_what_pillow_decodes():
    content = saved(GREY, "JPEG", quality=95)
    assert (read_image(content).values == np.asarray(Pillow.open(io.BytesIO(content)))).all()


def test_sixteen_bits_and_one_bit():
    deep = RNG.integers(0, 65536, (13, 17)).astype(np.uint16)
    assert (read_image(saved(deep, "PNG")).values == deep).all()
    assert (read_image(saved(deep, "PPM")).values == deep).all()
    flags = GREY > 100
    assert (read_image(saved(flags, "PNG")).values == flags).all()
    assert read_image(saved(flags, "PNG")).values.dtype == bool


def test_colours_are_turned_to_luminance_with_a_notice():
    for content in (saved(COLOURS, "PNG"), saved(COLOURS, "BMP"), saved(COLOURS, "PPM"), tiff(COLOURS, photometric="rgb")):
        with pytest.warns(UserWarning, match="is in colour; it is turned to luminance"):
            img = read_image(content)
        assert img.shape == (13, 17)
        assert img.values.dtype == np.uint8
        exact = COLOURS @ np.array([0.2126, 0.7152, 0.0722])
        assert np.abs(img.values - exact).max() <= 0.5 + 1e-4
        for channel in range(3):
            assert (read_image(content, channel=channel).values == COLOURS[..., channel]).all()
        assert (read_image(content, channel=-1).values == COLOURS[..., 2]).all()


def test_grey_in_colours_stays_exactly_what_it_is():
    for dtype in (np.uint8, np.uint16, np.float32, np.float64):
        grey = (np.arange(256) * (1 if dtype is np.uint8 else 0.7)).astype(dtype).reshape(16, 16)
        assert (luminance(np.stack([grey] * 3, -1)) == grey).all()
        assert luminance(np.stack([grey] * 4, -1)).dtype == dtype
    deep = tiff(np.full((20, 20, 3), 65535, np.uint16), photometric="rgb")
    with pytest.warns(UserWarning, match="luminance"):
        assert (read_image(deep).values == 65535).all()


def test_opacity_is_left_out_and_told_when_it_is_not_full():
    opaque = np.dstack([COLOURS, np.full((13, 17), 255, np.uint8)])
    with pytest.warns(UserWarning, match="luminance") as told:
        read_image(saved(opaque, "PNG"))
    assert len(told) == 1
    clear = opaque.copy()
    clear[:2, :3, 3] = 7
    for content in (saved(clear, "PNG"), tiff(clear, photometric="rgb", extrasamples=["unassalpha"])):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            assert (read_image(content).values == luminance(COLOURS)).all()
        assert "luminance" in str(told[0].message)
        assert "6 samples are not fully opaque" in str(told[1].message)
        assert (read_image(content, channel=3).values == clear[..., 3]).all()
    grey = np.dstack([GREY, np.full((13, 17), 255, np.uint8)])
    assert (read_image(saved(Pillow.fromarray(grey, "LA"), "PNG")).values == GREY).all()
    grey[0, 0, 1] = 0
    with pytest.warns(UserWarning, match="1 samples are not fully opaque"):
        assert (read_image(saved(Pillow.fromarray(grey, "LA"), "PNG")).values == GREY).all()


def test_palettes_are_looked_up():
    picture = Pillow.fromarray(GREY % 4, "P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 9, 9, 9])
    table = luminance(np.array([[[0, 0, 0], [255, 0, 0], [0, 255, 0], [9, 9, 9]]], np.uint8))[0]
    colormap = np.zeros((3, 256), np.uint16)
    colormap[0, 1] = colormap[1, 2] = 65535
    colormap[:, 3] = 9 * 257
    for content in (saved(picture, "PNG"), saved(picture, "GIF"), tiff(GREY % 4, photometric="palette", colormap=colormap)):
        with pytest.warns(UserWarning, match="luminance"):
            assert (read_image(content).values == table[GREY % 4]).all()


def test_deep_colours_of_png_are_read_with_a_notice():
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes([10, 99] * 3) * 2 for _ in range(2))
    header = struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    with pytest.warns(UserWarning, match="16 bits for each colour, of which 8 are read"):
        assert (read_image(content, channel=0).values == 10).all()


def test_animations_are_no_volumes():
    frames = [Pillow.fromarray(GREY), Pillow.fromarray(255 - GREY)]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match="animation of 2 frames, which is no volume"):
        read_image(content)
    assert (read_image(content, page=0).values == GREY).all()
    with pytest.raises(ValueError, match="no page 2"):
        read_image(content, page=2)


def test_resolution_is_a_length_unless_it_is_that_of_print():
    assert read_image(saved(GREY, "PNG", dpi=(300, 300))).unit == "px"
    img = read_image(saved(GREY, "PNG", dpi=(0.0254 / 2e-9,) * 2))
    assert (img.spacing, img.unit) == ((2.0, 2.0), "nm")
    img = read_image(saved(GREY, "PNG", dpi=(0.0254 / 2e-6, 0.0254 / 4e-6)))
    assert img.spacing == pytest.approx((4, 2), rel=1e-5)
    assert img.unit == "µm"
    assert from_resolution(0, 1, 0.01) is None
    assert from_resolution(np.inf, 1e6, 0.01) is None


# ---- arrays and tables -------------------------------------------------------------------------------------------------------


def npy(values, pack=False, **named):
    out = io.BytesIO()
    if named or pack:
        np.savez_compressed(out, **(named or {"arr_0": values}))
    else:
        np.save(out, values)
    return out.getvalue()


@pytest.mark.parametrize("dtype", [bool, "i1", "u2", ">u2", "i8", "f2", "f4", ">f8"])
@pytest.mark.parametrize("pack", [False, True])
def test_npy_and_npz(dtype, pack):
    for values in (GREY.astype(dtype), np.asfortranarray(RNG.integers(0, 2, (3, 4, 5)).astype(dtype))):
        img = read_image(npy(values, pack))
        assert (img.values == values).all()
        assert img.values.dtype == np.dtype(dtype).newbyteorder("=")


def test_npz_with_several_arrays_needs_a_key():
    content = npy(None, a=GREY, b=GREY + 1)
    with pytest.raises(ValueError, match="holds the arrays 'a', 'b'"):
        read_image(content)
    assert (read_image(content, key="b").values == GREY + 1).all()
    with pytest.raises(ValueError, match="no 'c'"):
        read_image(content, key="c")


def test_colours_in_an_array_are_no_volume():
    big = RNG.integers(0, 256, (30, 40, 3), np.uint8)
    with pytest.warns(UserWarning, match="luminance"):
        assert (read_image(npy(big)).values == luminance(big)).all()


def test_raw_numbers(tmp_path):
    values = RNG.integers(0, 60000, (3, 4, 5)).astype(">u2")
    path = tmp_path / "scan.raw"
    path.write_bytes(b"header" + values.tobytes())
    img = read_image(path, shape=(3, 4, 5), dtype=">u2", offset=6, spacing=(2, 1, 1), unit="µm")
    assert (img.values == values).all()
    assert repr(img) == "Image(scan.raw: 3 × 4 × 5 uint16, spacing 2 × 1 × 1 µm)"
    with pytest.raises(ValueError, match="3 × 4 × 5 samples of uint8 are 60 bytes, and it holds 126"):
        read_image(path, shape=(3, 4, 5), dtype="u1")
    with pytest.raises(ValueError, match="need shape= and dtype="):
        read_image(path)


@pytest.mark.parametrize("mark", ["\t", " ", ",", ";"])
def test_tables_of_text(mark, tmp_path):
    out = io.StringIO()
    values = RNG.normal(size=(4, 5))
    np.savetxt(out, values, delimiter=mark, header="heights")
    img = read_image(out.getvalue().encode())
    assert np.allclose(img.values, values, atol=1e-15)
    assert img.unit == "px"


@pytest.mark.parametrize("words", ["Channel Width Height Value-units", "Канал Ширина Высота Единицы-измерения"])
def test_height_maps_of_gwyddion_in_any_language(words):
    a, b, c, d = words.split()
    text = f"# {a}: Height (2)\r\n# {b}: 5.00 µm\r\n# {c}: 2.50 µm\r\n# {d}: m\r\n" + "1e-9\t2e-9\t3e-009\t4e-9\r\n" * 5
    img = read_image(text.encode())
    assert (img.shape, img.spacing, img.unit, img.value_unit) == ((5, 4), (0.5, 1.25), "µm", "m")
    assert img.values[0].tolist() == [1e-9, 2e-9, 3e-9, 4e-9]


# ---- folders and patterns ----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    for i in range(12):
        (tmp_path / f"slice{i}.png").write_bytes(saved(np.full((3, 4), i, np.uint8), "PNG"))
    return tmp_path


def test_a_folder_is_a_volume_in_natural_order(folder):
    for source in (folder, str(folder) + "/", folder / "*.png", str(folder / "slice*")):
        img = read_image(source)
        assert img.shape == (12, 3, 4)
        assert img.values[:, 0, 0].tolist() == list(range(12))
    assert read_image(folder).name == folder.name
    assert read_image(folder / "slice1[01].png").values[:, 0, 0].tolist() == [10, 11]
    assert read_image(folder / "slice?.png", spacing=(3, 1, 1), unit="nm").spacing == (3.0, 1.0, 1.0)
    assert read_image(folder / "slice[3].png").shape == (1, 3, 4)


def test_files_that_are_no_images_are_told(folder):
    (folder / "scan.log").write_text("kV 80")
    (folder / ".hidden").write_text("")
    with pytest.warns(UserWarning, match=r"1 files are no images and are left out: scan\.log"):
        assert read_image(folder).shape == (12, 3, 4)
    (folder / "overview.tif").write_bytes(tiff(GREY))
    with pytest.raises(ValueError, match=r"several kinds \(12 .png, 1 .tif\): say which"):
        read_image(folder)


def test_colours_and_lengths_of_slices_are_told_once(tmp_path):
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(saved(COLOURS, "PNG", dpi=(0.0254 / 2e-9,) * 2))
    with pytest.warns(UserWarning, match="luminance|planes") as told:
        img = read_image(tmp_path)
    assert (img.shape, img.spacing, img.unit) == ((3, 13, 17), (2.0, 2.0, 2.0), "nm")
    assert str(told[0].message).split("; ")[-1] == "the same holds for 2 more slices"
    assert "taken to be that of the rows, 2 nm" in str(told[1].message)
    assert len(told) == 2
    assert told[0].filename == __file__


def test_a_slice_of_another_size_is_named(folder):
    (folder / "slice7.png").write_bytes(saved(np.zeros((3, 5), np.uint8), "PNG"))
    with pytest.raises(ValueError, match=r"'slice7.png': this slice is 3 × 5 uint8, and the first one, 'slice0.png', is 3 × 4 uint8"):
        read_image(folder)
    (folder / "slice7.png").write_bytes(saved(np.zeros((3, 4), bool), "PNG"))
    with pytest.raises(ValueError, match=r"'slice7.png': this slice is 3 × 4 bool"):
        read_image(folder)


def test_stacks_are_no_slices(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiff(np.zeros((5, 4, 6), np.uint8), photometric="minisblack"))
    with pytest.raises(ValueError, match="a slice has rows and columns"):
        read_image(tmp_path)


# ---- lengths -----------------------------------------------------------------------------------------------------------------


def test_the_user_knows_better_than_the_file():
    content = saved(GREY, "PNG", dpi=(0.0254 / 2e-9,) * 2)
    for options, spacing, unit in (
        ({"spacing": 3}, (3.0, 3.0), "nm"),
        ({"spacing": (3, 4), "unit": "µm"}, (3.0, 4.0), "µm"),
        ({"unit": "Å"}, (20.0, 20.0), "Å"),
        ({"unit": "µm"}, (0.002, 0.002), "µm"),
        ({"unit": "nm"}, (2.0, 2.0), "nm"),
    ):
        img = read_image(content, **options)
        assert (img.spacing, img.unit) == (spacing, unit)
    with pytest.raises(ValueError, match="lengths in nm, which is not converted to 'furlong'"):
        read_image(content, unit="furlong")
    with pytest.raises(ValueError, match="spacing is a positive length"):
        read_image(content, spacing=0)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("micron", "µm"),
        ("um", "µm"),
        ("\\u00B5m", "µm"),
        ("μm", "µm"),
        ("Nanometer", "nm"),
        ("NM", "nm"),
        ("A", "Å"),
        ("pixel", None),
        ("", None),
    ],
)
def test_units_have_one_name(text, name):
    assert unit_name(text) == name


def test_lengths_are_converted():
    assert convert(1, "in", "mm") == pytest.approx(25.4)
    assert convert(1, "micron", "A") == pytest.approx(1e4)
    assert convert(1, "px", "nm") is None


def test_options_are_checked():
    content = saved(GREY, "PNG")
    for options, says in (
        ({"page": 0.5}, "page is a whole number"),
        ({"channel": "red"}, "channel is a whole number"),
        ({"shape": (3, 4)}, "need both shape= and dtype="),
        ({"dtype": "u1"}, "need both"),
        ({"shape": 3, "dtype": "u1"}, "shape is a tuple"),
        ({"shape": (3, 4), "dtype": "brick"}, "no type of numbers"),
        ({"shape": (3, 4), "dtype": "O"}, "holds object"),
        ({"shape": (-1, 4), "dtype": "u1"}, "without samples"),
        ({"key": 3}, "key is the name"),
        ({"limit": 0}, "limit is a number"),
        ({"offset": -1}, "offset is a number"),
        ({"channel": 0}, "leave channel out"),
    ):
        with pytest.raises(ValueError, match=says):
            read_image(content, **options)
    with pytest.raises(ValueError, match="cannot read from int"):
        read_image(3)
    with pytest.raises(ValueError, match="an array needs no reading"):
        read_image(GREY)


def test_reading_leaves_the_working_directory_and_other_files_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(saved(GREY, "PNG"))
    read_image("a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
