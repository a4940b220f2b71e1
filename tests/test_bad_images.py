"""Bad images, read and computed in another process whose memory is limited: a clear error, at once, and the process lives.

One process takes the cases in turn; when a case kills it, the next one goes on with a new process, and the case has no answer.
"""

import gzip
import io
import json
import random
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

CHILD = """
import json, os, sys, time, warnings
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
except ImportError:
    pass
warnings.simplefilter("ignore")
import numpy as np
from phwidgets.distance import signed_distance
from phwidgets.image import Image
from phwidgets.persistence.cubical import cubical_persistence
from phwidgets.preparing import binarize, smooth
from phwidgets.readers.images import read_image
good = b"P2 2 1 9  0 1"
signed_distance(binarize(smooth(read_image(good), 0)))
for shape in (2, 2), (2, 2, 2):
    cubical_persistence(np.arange(np.prod(shape)).reshape(shape))  # compiles what is not compiled yet: the time below is that of the case
cubical_persistence(np.zeros((2, 2, 2, 2)))
for line in sys.stdin:
    code = json.loads(line)
    started = time.process_time()
    try:
        answer = {"error": None, "message": repr(eval(code))}
    except BaseException as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    answer["seconds"] = time.process_time() - started
    answer["alive"] = read_image(good).shape == (1, 2)
    print(json.dumps(answer), flush=True)
"""

GREY = np.random.default_rng(0).integers(0, 256, (40, 50), np.uint8)
RUBBISH = random.Random(7).randbytes(5000)


def saved(values, form="PNG", **options):
    out = io.BytesIO()
    Pillow.fromarray(values).save(out, form, **options)
    return out.getvalue()


def tiff(values, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, values, **({"photometric": "minisblack", "metadata": None} | options))
    return out.getvalue()


def npy(values, **options):
    out = io.BytesIO()
    np.save(out, values, **options)
    return out.getvalue()


def npy_header(shape, dtype="|u1"):
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": dtype, "fortran_order": False, "shape": shape})
    return out.getvalue()


def zipped(content, name="a.npy"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def png(width, height, data, depth=8):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zeros(megabytes):
    """So many megabytes of zeros, packed a thousandfold."""
    pack = zlib.compressobj(6)
    return b"".join(pack.compress(bytes(1 << 20)) for _ in range(megabytes)) + pack.flush()


def tiff_of_strip(rows, cols, strip):
    """A TIFF of one compressed strip, which need not hold what is declared."""
    tags = [
        (256, 4, cols),
        (257, 4, rows),
        (258, 3, 8),
        (259, 3, 8),
        (262, 3, 1),
        (273, 4, 200),
        (277, 3, 1),
        (278, 4, rows),
        (279, 4, len(strip)),
    ]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    return head + bytes(200 - len(head)) + strip


def changed(content, old, new):
    assert old in content
    return content.replace(old, new)


def mrc(size, mode=0, data=b""):
    return struct.pack("<4i", *size, mode) + bytes(192) + b"MAP " + b"DA\0\0" + bytes(1024 - 216) + data


def nrrd(sizes, data, encoding="raw", kind="uchar"):
    size = " ".join(map(str, sizes))
    return f"NRRD0004\ntype: {kind}\ndimension: {len(sizes)}\nsizes: {size}\nencoding: {encoding}\n\n".encode() + data


# name of the case: (file name, content, function that makes it, or None; options; error; what the message must say)
CASES = {
    "missing file": ("two-phase.png", None, {}, "FileNotFoundError", ["no file", "did you mean 'two_phase.png'"]),
    "address": ("https://127.0.0.1:9/a.png", None, {}, "ValueError", ["is an address", "download it first"]),
    "file address": ("file:///etc/passwd", None, {}, "ValueError", ["is an address"]),
    "address with a star": ("http://127.0.0.1:9/*.png", None, {}, "ValueError", ["is an address"]),
    "content as text": ("P2 1 1 9\n1\n", None, {}, "ValueError", ["pass the content of a file as bytes"]),
    "no name": ("", None, {}, "ValueError", ["no path"]),
    "folder without images": ("empty", None, {}, "ValueError", ["has no images", "among its 1 files"]),
    "pattern without files": ("*.webp", None, {}, "FileNotFoundError", ["no file matches"]),
    "slices of different sizes": ("mixed", None, {}, "ValueError", ["'b.png'", "40 × 49", "'a.png', is 40 × 50"]),
    "empty file": ("a.png", b"", {}, "ValueError", ["'a.png' is empty"]),
    "blank file": ("a.txt", b"  \n ", {}, "ValueError", ["is empty"]),
    "rubbish": ("a.png", RUBBISH, {}, "ValueError", ["is no image that is read here"]),
    "rubbish called raw": ("a.raw", RUBBISH, {}, "ValueError", ["need shape= and dtype="]),
    "text called png": ("a.png", b"hello world\n", {}, "ValueError", ["is no table of numbers"]),
    "markup called png": ("a.png", b"<img src=x onerror=alert(1)>", {}, "ValueError", ["is no table of numbers"]),
    "pickle": ("a.npy", b"\x80\x04\x95\x0b\x00\x00\x00", {}, "ValueError", ["is no image that is read here"]),
    "executable": ("a.tif", b"\x7fELF" + RUBBISH, {}, "ValueError", ["is no image that is read here"]),
    "zip of something else": ("a.zip", lambda: zipped(b"hello", "a.txt"), {}, "ValueError", ["zip archive without arrays"]),
    "truncated gzip": ("a.png.gz", lambda: gzip.compress(saved(GREY))[:-20], {}, "ValueError", ["truncated gzip"]),
    "gzip bomb": ("a.tif.gz", lambda: gzip.compress(bytes(270 << 20), 1), {}, "ValueError", ["unpacks from", "refused"]),
    # PNG, JPEG, GIF
    "truncated png": ("a.png", lambda: saved(GREY)[:-600], {}, "ValueError", ["damaged or cut short"]),
    "png of a header": ("a.png", lambda: saved(GREY)[:40], {}, "ValueError", ["damaged or cut short"]),
    "png with a wrong checksum": ("a.png", lambda: changed(saved(GREY), b"IDAT", b"IDAU"), {}, "ValueError", ["damaged or cut short"]),
    "png bomb": ("a.png", lambda: png(60000, 60000, zeros(30)), {}, "ValueError", ["decompression bomb"]),
    "png that declares 2 GB": ("a.png", lambda: png(12000, 12000, zeros(1), 16), {}, "ValueError", ["288", "decompression bomb"]),
    "png without pixels": ("a.png", lambda: png(0, 5, b""), {}, "ValueError", ["could not read"]),
    "truncated jpeg": ("a.jpg", lambda: saved(GREY, "JPEG")[:300], {}, "ValueError", ["damaged or cut short"]),
    "truncated gif": ("a.gif", lambda: saved(GREY, "GIF")[:850], {}, "ValueError", ["damaged or cut short"]),
    "truncated bmp": ("a.bmp", lambda: saved(GREY, "BMP")[:-600], {}, "ValueError", ["damaged or cut short"]),
    "pgm that declares 100 million": ("a.pgm", b"P5 10000 10000 255\n" + bytes(9), {}, "ValueError", ["damaged or cut short"]),
    # TIFF
    "truncated tiff": ("a.tif", lambda: tiff(GREY)[:-600], {}, "ValueError", ["cut short"]),
    "truncated stack": ("a.tif", lambda: tiff(np.stack([GREY] * 9), metadata={})[:-6000], {}, "ValueError", ["cut short"]),
    "truncated packed tiff": ("a.tif", lambda: tiff(GREY, compression="zlib")[:-600], {}, "ValueError", ["cut short"]),
    "tiff of a header": ("a.tif", b"II*\0\x08\0\0\0", {}, "ValueError", ["could not read 'a.tif'"]),
    "tiff whose pages go in circles": ("a.tif", b"II*\0\x08\0\0\0\0\0\x08\0\0\0", {}, "ValueError", ["lead in a circle"]),
    "tiff of rubbish": ("a.tif", b"II*\0\x08\0\0\0" + RUBBISH, {}, "ValueError", ["could not read 'a.tif'"]),
    "tiff with damaged data": (
        "a.tif",
        lambda: changed(tiff(GREY, compression="zlib"), zlib.compress(GREY.tobytes(), 6)[20:40], bytes(20)),
        {},
        "ValueError",
        ["damaged"],
    ),
    "tiff of 3.5 MB that declares 3.4 GB": (
        "a.tif",
        lambda: tiff_of_strip(60000, 60000, RUBBISH * 700),
        {},
        "ValueError",
        ["3.6 GB", "decompression bomb"],
    ),
    "tiff of 100 pixels with a bomb in them": (
        "a.tif",
        lambda: tiff_of_strip(10, 10, zeros(270)),
        {},
        "ValueError",
        ["unpacks to more than"],
    ),
    "complex tiff": ("a.tif", lambda: tiff(GREY.astype(complex)), {}, "ValueError", ["real numbers"]),
    "tiff that declares without holding": (
        "a.tif",
        lambda: changed(tiff(GREY), struct.pack("<HHII", 257, 4, 1, 40), struct.pack("<HHII", 257, 4, 1, 4000)),
        {},
        "ValueError",
        ["cut short"],
    ),
    # arrays
    "npy of objects": ("a.npy", lambda: npy(np.array([[print]], object), allow_pickle=True), {}, "ValueError", ["pickled objects"]),
    "npy that declares 8 EB": ("a.npy", lambda: npy_header((1 << 31, 1 << 31, 2)), {}, "ValueError", ["decompression bomb"]),
    "npy of negative size": ("a.npy", lambda: npy_header((-5, 5)), {}, "ValueError", ["without samples"]),
    "npy cut short": ("a.npy", lambda: npy(GREY)[:-1], {}, "ValueError", ["cut short"]),
    "npy of a header": ("a.npy", lambda: npy(GREY)[:20], {}, "ValueError", ["header is damaged"]),
    "npy with code in its header": (
        "a.npy",
        lambda: changed(npy_header((100, 100)), b"'shape': (100, 100), ", b"'shape': exit(3333), "),
        {},
        "ValueError",
        ["header is damaged"],
    ),
    "no pixels": ("a.npy", lambda: npy(np.zeros((0, 5))), {}, "ValueError", ["without samples"]),
    "one pixel": ("a.npy", lambda: npy(np.zeros((1, 1))), {}, None, ["1 × 1 float64"]),
    "one dimension": ("a.npy", lambda: npy(np.zeros(5)), {}, "ValueError", ["is that of no image"]),
    "five dimensions": ("a.npy", lambda: npy(np.zeros((1, 1, 1, 5, 5))), {}, "ValueError", ["is that of no image"]),
    "four dimensions": ("a.npy", lambda: npy(np.zeros((2, 2, 5, 5))), {}, "ValueError", ["4 dimensions, not 2 or 3"]),
    "complex": ("a.npy", lambda: npy(np.zeros((5, 5), complex)), {}, "ValueError", ["real part"]),
    "text in npy": ("a.npy", lambda: npy(np.array([["a"]])), {}, "ValueError", ["real numbers"]),
    "booleans": ("a.npy", lambda: npy(GREY > 9), {}, None, ["40 × 50 bool"]),
    "nan and infinity are read": ("a.npy", lambda: npy(np.array([[np.nan, np.inf]])), {}, None, ["1 × 2 float64"]),
    "npz of 2 MB that declares 2 GB": (
        "a.npz",
        lambda: zipped(npy_header((1 << 31,)) + bytes(270 << 20)),
        {},
        "ValueError",
        ["decompression bomb"],
    ),
    "npz whose header declares more": (
        "a.npz",
        lambda: zipped(npy_header((99999, 9999)) + bytes(9)),
        {},
        "ValueError",
        ["decompression bomb"],
    ),
    "npz whose header declares a little more": (
        "a.npz",
        lambda: zipped(npy_header((9999, 99)) + bytes(9)),
        {},
        "ValueError",
        ["cut short"],
    ),
    "truncated npz": ("a.npz", lambda: zipped(npy(GREY))[:-90], {}, "ValueError", ["damaged or cut short"]),
    "raw of another size": ("a.raw", bytes(99), {"shape": [10, 10], "dtype": "u1"}, "ValueError", ["100 bytes, and it holds 99"]),
    "raw beyond all memory": ("a.raw", bytes(99), {"shape": [1 << 40, 1 << 40], "dtype": "f8"}, "ValueError", ["could not read 'a.raw'"]),
    "ragged table": ("a.txt", b"1 2 3\n4 5\n", {}, "ValueError", ["is no table of numbers"]),
    "decimal commas": ("a.txt", b"1,5\t2,5\n3,5\t4,5\n", {}, "ValueError", ["is no table of numbers"]),
    "header without numbers": ("a.txt", b"# Width: 5 nm\n", {}, "ValueError", ["could not read"]),
    # optional formats
    "mrc that declares 8 GB": ("a.mrc", lambda: mrc((2000, 2000, 2000)), {}, "ValueError", ["decompression bomb"]),
    "mrc cut short": ("a.mrc", lambda: mrc((20, 20, 20), data=bytes(99)), {}, "ValueError", ["cut short"]),
    "mrc of a header": ("a.mrc", lambda: mrc((20, 20, 20))[:300], {}, "ValueError", ["1024 bytes"]),
    "mrc of complex numbers": ("a.mrc", lambda: mrc((2, 2, 2), 4, bytes(64)), {}, "ValueError", ["mode 4"]),
    "mrc of negative size": ("a.mrc", lambda: mrc((-2, 2, 2)), {}, "ValueError", ["without samples"]),
    "nrrd that declares 8 GB": ("a.nrrd", lambda: nrrd((2000, 2000, 2000), b""), {}, "ValueError", ["decompression bomb"]),
    "nrrd cut short": ("a.nrrd", lambda: nrrd((20, 20), bytes(9)), {}, "ValueError", ["cut short"]),
    "nrrd bomb": ("a.nrrd", lambda: nrrd((20, 20), gzip.compress(bytes(270 << 20), 1), "gzip"), {}, "ValueError", ["unpacks to more than"]),
    "nrrd of a header": ("a.nrrd", b"NRRD0004\n", {}, "ValueError", ["could not read 'a.nrrd'"]),
    "nrrd of blocks": ("a.nrrd", lambda: nrrd((2, 2), bytes(40), kind="block"), {}, "ValueError", ["no type of numbers"]),
    "damaged hdf5": ("a.h5", b"\x89HDF\r\n\x1a\n" + RUBBISH, {}, "ValueError", ["damaged or cut short"]),
    # names
    "name with @ and brackets": ("a@0[1].png", lambda: saved(GREY), {}, None, ["40 × 50 uint8"]),
    "unicode name": ("ガラス Å – 1.png", lambda: saved(GREY), {}, None, ["40 × 50 uint8"]),
}

# arrays: (code, error, what the message must say, or what comes out)
ARRAYS = {
    "no pixels": ("np.zeros((0, 5))", "ValueError", ["no samples"]),
    "no planes": ("np.zeros((0, 5, 5))", "ValueError", ["no samples"]),
    "one pixel": ("np.array([[3.0]])", None, ["PD0: 1", "PD1: 0"]),
    "one voxel": ("np.array([[[3]]])", None, ["PD0: 1", "PD1: 0", "PD2: 0"]),
    "one row": ("np.array([[1, 0, 1, 0, 1]])", None, ["PD0: 2"]),
    "nan": ("np.array([[1.0, 2.0], [np.nan, 4.0]])", "ValueError", ["sample [1, 0]", "nan"]),
    "nothing but nan": ("np.full((3, 3), np.nan)", "ValueError", ["sample [0, 0]", "nan"]),
    "infinity where it has a meaning": ("np.array([[0.0, np.inf, 0.0]])", None, ["PD0: 2"]),
    "infinity where it has none": ("np.array([[0.0, -np.inf, 0.0]])", "ValueError", ["sample [0, 1]", "-inf"]),
    "booleans": ("np.array([[True, False, True], [True, False, True]])", None, ["PD0: 1"]),
    "constant": ("np.ones((50, 50))", None, ["PD0: 1", "PD1: 0"]),
    "complex": ("np.zeros((5, 5), complex)", "ValueError", ["real numbers"]),
    "text": ("np.array([['a', 'b']])", "ValueError", ["real numbers"]),
    "objects": ("np.array([[object()]])", "ValueError", ["real numbers"]),
    "ragged": ("[[1, 2], [3]]", "ValueError", ["inhomogeneous"]),
    "nothing": ("None", "ValueError", ["real numbers"]),
    "five dimensions": ("np.arange(32.0).reshape((2,) * 5)", None, ["PD0: 1"]),
    "colours": ("np.zeros((50, 50, 3), np.uint8)", "ValueError", ["looks like colours"]),
    "absurdly large": ("np.broadcast_to(np.uint8(1), (1 << 14, 1 << 14, 1 << 14))", "MemoryError", ["16384 × 16384 × 16384"]),
    "periodic and too short": ("np.zeros((5, 2)), periodic=True", "ValueError", ["axis 1 cannot be periodic"]),
    "mask of another shape": ("np.zeros((5, 2)), mask=np.zeros((2, 5), bool)", "ValueError", ["mask must be a bool array of shape (5, 2)"]),
    "mask of everything": ("np.zeros((5, 2)), mask=np.ones((5, 2), bool)", "ValueError", ["the mask leaves no sample"]),
}
OPTIONAL = {"mrc": "mrcfile", "nrrd": "nrrd", "hdf5": "h5py"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What each case was answered; None where the process died."""
    jobs = {}
    for number, (case, (name, content, options, *_)) in enumerate(CASES.items()):
        folder = tmp_path_factory.mktemp(f"case{number}")
        (folder / "empty").mkdir()
        (folder / "empty" / "notes.txt").write_bytes(b"x")
        (folder / "mixed").mkdir()
        (folder / "mixed" / "a.png").write_bytes(saved(GREY))
        (folder / "mixed" / "b.png").write_bytes(saved(GREY[:, :-1]))
        (folder / "two_phase.png").write_bytes(saved(GREY))
        if content is not None:
            (folder / name).write_bytes(content() if callable(content) else content)
        plain = "://" in name or "\n" in name or not name
        jobs[case] = json.dumps(f"read_image({name if plain else str(folder / name)!r}, **{options!r})")
    jobs |= {f"array: {case}": json.dumps(f"cubical_persistence({code})") for case, (code, *_) in ARRAYS.items()}
    found, left = {}, list(jobs)
    while left:
        child = subprocess.run(
            [sys.executable, "-c", CHILD], input="\n".join(jobs[c] for c in left), capture_output=True, text=True, timeout=300
        )
        lines = [json.loads(line) for line in child.stdout.splitlines()]
        found |= dict(zip(left, lines, strict=False))
        if len(lines) < len(left):
            found[left[len(lines)]] = {"error": "the process died", "message": child.stderr, "seconds": 0, "alive": False}
        left = left[len(lines) + 1 :]
    return found


@pytest.mark.parametrize("case", CASES)
def test_bad_image(case, answers):
    module = OPTIONAL.get(case.split()[0]) or OPTIONAL.get(case.split()[-1])
    if module:
        pytest.importorskip(module)
    *_, error, says = CASES[case]
    check(answers[case], error, says)


@pytest.mark.parametrize("case", ARRAYS)
def test_bad_array(case, answers):
    _, error, says = ARRAYS[case]
    check(answers[f"array: {case}"], error, says)


def check(answer, error, says):
    assert answer["error"] == error, answer
    for words in says:
        assert words in answer["message"], answer
    assert answer["seconds"] < 2  # of processor time, so that a busy machine changes nothing
    assert answer["alive"]


DAMAGE = """
import json, random, sys, warnings
warnings.simplefilter("ignore")
from phwidgets.readers.images import read_image
rng = random.Random(1)
files = {name: bytes.fromhex(text) for name, text in json.load(sys.stdin).items()}
answers = {"read": 0, "refused": 0}
for _ in range(1500):
    name = rng.choice(list(files))
    damaged = bytearray(files[name])
    for _ in range(rng.choice([1, 1, 2, 4, 20])):
        at = min(int(rng.expovariate(1 / 200)) if rng.random() < 0.6 else rng.randrange(len(damaged)), len(damaged) - 1)
        kind = rng.random()
        if kind < 0.6:
            damaged[at] = rng.randrange(256)
        elif kind < 0.75:
            damaged[at : at + 4] = rng.choice([bytes(4), bytes([255] * 4)])
        elif kind < 0.85:
            del damaged[max(at, 1) :]
        else:
            damaged[at:at] = rng.randbytes(rng.randrange(1, 9))
    try:
        read_image(bytes(damaged))
        answers["read"] += 1
    except ValueError as error:
        answers["refused"] += 1
        assert len(str(error)) < 1000, (name, error)
    except BaseException as error:
        raise AssertionError((name, bytes(damaged).hex())) from error
print(json.dumps(answers))
"""


def test_random_damage_is_read_or_refused():
    stack = np.stack([GREY] * 3)
    files = {form: saved(GREY, form) for form in ("PNG", "GIF", "BMP", "JPEG", "PPM")}
    files |= {
        "stack": tiff(stack, metadata={}),
        "ImageJ": tiff(stack, imagej=True, metadata={"axes": "ZYX"}),
        "OME": tiff(stack, ome=True, metadata={"axes": "ZYX"}),
        "packed": tiff(stack, compression="zlib", predictor=True),
        "tiles": tiff(GREY, compression="zlib", tile=(16, 16)),
        "LZW": saved(GREY, "TIFF", compression="tiff_lzw"),
        "npy": npy(GREY),
        "npz": zipped(npy(GREY)),
        "text": b"# Width: 5 nm\n# Height: 4 nm\n" + b"1e-9\t2e-9\n" * 50,
    }
    job = json.dumps({name: content.hex() for name, content in files.items()})
    child = subprocess.run([sys.executable, "-c", DAMAGE], input=job, capture_output=True, text=True, timeout=300)
    assert child.returncode == 0, child.stderr[-3000:]
    answers = json.loads(child.stdout)
    assert answers["read"] > 100
    assert answers["refused"] > 100
