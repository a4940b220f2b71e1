"""Bad files, each read in a process of its own: a clear error, at once, and the process lives."""

import gzip
import json
import random
import subprocess
import sys

import pytest

GOOD = b"2\n\nSi 0 0 0\nO 1 1 1\n"

# Reads what it is told to, reports the error, and proves that it is alive by reading a good file afterwards. The memory is limited, so
# that a file that makes the reader allocate what it declares fails here and not on the machine.
CHILD = """
import json, sys, time
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
except ImportError:
    pass
import phwidgets as ph
ph.read_structure(b'1\\nLattice="4 0 0 0 4 0 0 0 4"\\nH 0 0 0\\n')  # imports the parsers: the time below is that of reading
job = json.loads(sys.stdin.read())
started = time.process_time()
try:
    result = repr(ph.read_structure(job["path"], **job["options"]))
    answer = {"error": None, "message": result}
except BaseException as error:
    answer = {"error": type(error).__name__, "message": str(error)}
answer["seconds"] = time.process_time() - started
answer["alive"] = len(ph.read_structure(b"1\\n\\nH 0 0 0\\n"))
print(json.dumps(answer))
"""

ADDRESS = "http://127.0.0.1:9/a.xyz"
RUBBISH = random.Random(7).randbytes(5000)

# name of the case: (file name, content or None, options, error, what the message must say)
CASES = {
    "missing file": ("silica.xyz", None, {}, "FileNotFoundError", ["no file", "did you mean 'silica-glass.xyz'"]),
    "missing folder": ("nowhere/silica.xyz", None, {}, "FileNotFoundError", ["no file"]),
    "directory": (".", None, {}, "ValueError", ["is a directory"]),
    "empty": ("empty.xyz", b"", {}, "ValueError", ["'empty.xyz' is empty"]),
    "blank": ("blank.cif", b" \n\n  \n", {}, "ValueError", ["is empty"]),
    "rubbish": ("rubbish.xyz", RUBBISH, {}, "ValueError", ["binary file"]),
    "rubbish without a name": ("rubbish", RUBBISH, {}, "ValueError", ["binary file"]),
    "a picture": ("grains.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", {}, "ValueError", ["is an image", "read_image", "open_file"]),
    "an array": ("grains.npy", b"\x93NUMPY\x01\0v\0{'descr'", {}, "ValueError", ["is an array", "read_image"]),
    "rubbish with format": ("rubbish", RUBBISH, {"format": "cif"}, "ValueError", ["binary file"]),
    "utf-16": ("a.xyz", GOOD.decode().encode("utf-16"), {}, "ValueError", ["UTF-16"]),
    "pickle": ("a.xyz", b"\x80\x04\x95\x0b\x00\x00\x00", {}, "ValueError", ["binary file"]),
    "words for numbers": ("a.xyz", b"2\n\nSi 0 0 0\nO 1 one 1\n", {}, "ValueError", ["the line of atom 1", "not 'name x y z'"]),
    "too few columns": ("a.xyz", b"2\n\nSi 0 0 0\nO 1\n", {}, "ValueError", ["the line of atom 1"]),
    "no count": ("a.xyz", b"Si 0 0 0\n", {}, "ValueError", ["number of atoms should be"]),
    "zero atoms": ("a.xyz", b"0\n\n", {}, "ValueError", ["no atoms"]),
    "nan": ("a.xyz", b"2\n\nSi 0 0 0\nO 1 nan 1\n", {}, "ValueError", ["atom 1 (O) of frame 0", "nan"]),
    "infinity": ("a.xyz", b"2\n\nSi 0 0 0\nO 1 -inf 1\n", {}, "ValueError", ["atom 1 (O) of frame 0", "inf"]),
    "beyond sense": ("a.xyz", b"1\n\nSi 0 0 1e200\n", {}, "ValueError", ["beyond 1e+100"]),
    "nan in extended xyz": (
        "a.xyz",
        b'1\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3\nSi 0 0 nan\n',
        {},
        "ValueError",
        ["atom 0 (Si) of frame 0"],
    ),
    "flat cell": ("a.xyz", b'1\nLattice="4 0 0 4 0 0 0 0 4"\nSi 0 0 0\n', {}, "ValueError", ["singular"]),
    "more declared than held": ("a.xyz", b"5\n\nSi 0 0 0\nO 1 1 1\n", {}, "ValueError", ["declares 5 atoms and holds 2"]),
    "20 million declared": ("a.xyz", b"20000000\n\n" + b"Si 0 0 0\n" * 100, {}, "ValueError", ["declares 20000000 atoms and holds 100"]),
    "20 million, extended": (
        "a.xyz",
        b'20000000\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3\nSi 0 0 0\n',
        {},
        "ValueError",
        ["declares 20000000 atoms and holds 1"],
    ),
    "20 million, POSCAR": (
        "POSCAR",
        b"x\n1\n4 0 0\n0 4 0\n0 0 4\nSi\n20000000\nDirect\n0 0 0\n",
        {},
        "ValueError",
        ["declares 20000000 atoms and holds 1"],
    ),
    "20 million, LAMMPS data": (
        "a.data",
        b"LAMMPS\n\n20000000 atoms\n1 atom types\n\n0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\n\nAtoms # atomic\n\n1 1 0 0 0\n",
        {},
        "ValueError",
        ["declares 20000000 atoms and holds 1"],
    ),
    "20 million, dump": (
        "a.dump",
        b"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n20000000\n"
        b"ITEM: BOX BOUNDS pp pp pp\n0 4\n0 4\n0 4\nITEM: ATOMS id type x y z\n1 1 0 0 0\n",
        {},
        "ValueError",
        ["declares 20000000 atoms and holds 1"],
    ),
    "20 million, gro": (
        "a.gro",
        b"x\n20000000\n    1SOL     OW    1   0.100   0.200   0.300\n 1 1 1\n",
        {},
        "ValueError",
        ["declares 20000000 atoms and holds 1"],
    ),
    "2 billion, XDATCAR": (
        "XDATCAR",
        b"x\n1\n4 0 0\n0 4 0\n0 0 4\nSi\n2000000000\nDirect configuration= 1\n0 0 0\n",
        {},
        "ValueError",
        ["declares 2000000000 atoms"],
    ),
    "2 billion, cfg": ("a.cfg", b"Number of particles = 2000000000\nA = 1.0\n", {}, "ValueError", ["declares 2000000000 atoms"]),
    "address": (ADDRESS, None, {}, "ValueError", ["is an address", "download it first"]),
    "file address": ("file:///etc/passwd", None, {}, "ValueError", ["is an address"]),
    "content as text": ("2\n\nSi 0 0 0\nO 1 1 1\n", None, {}, "ValueError", ["pass it as bytes"]),
    "no such frame": ("a.xyz", GOOD, {"frame": 3}, "ValueError", ["it has 1 frame and so no frame 3"]),
    "wrong format": ("a.xyz", GOOD, {"format": "cif"}, "ValueError", ["could not read 'a.xyz' as cif"]),
    "unknown format": ("a.xyz", GOOD, {"format": "pickle"}, "ValueError", ["'pickle' is not read here"]),
    "truncated gzip": ("a.xyz.gz", gzip.compress(GOOD * 500)[:-20], {}, "ValueError", ["damaged or truncated gzip"]),
    "damaged gzip": ("a.xyz.gz", b"\x1f\x8b" + RUBBISH, {}, "ValueError", ["damaged or truncated gzip"]),
    "gzip bomb": ("a.xyz.gz", None, {}, "ValueError", ["unpacks from", "refused"]),
    "zip": ("a.xyz", b"PK\x03\x04" + RUBBISH, {}, "ValueError", ["packed with zip"]),
    "cif without atoms": ("a.cif", b"data_x\n_cell_length_a 4\n", {}, "ValueError", ["could not read 'a.cif' as cif"]),
    "cut pdb": ("a.pdb", b"ATOM      1  CA  MOL     1       1.0\n", {}, "ValueError", ["could not read 'a.pdb' as proteindatabank"]),
    "name with @": ("a@0.xyz", GOOD, {}, None, ["Structure(OSi, open, 2 atoms)"]),
    "name with @ and more": ("x@:.xyz", GOOD, {}, None, ["2 atoms"]),
    "unicode name": ("ガラス Å – 1.xyz", GOOD, {}, None, ["2 atoms"]),
    "unicode comment": ("a.xyz", "1\nстекло, ガラス\nSi 0 0 0\n".encode(), {}, None, ["1 atom)"]),
    "comment in an old code page": ("a.xyz", "1\nстекло\nSi 0 0 0\n".encode("cp1251"), {}, None, ["1 atom)"]),
    "markup in names": ("a.xyz", b"1\n<img src=x onerror=alert(1)>\nSi 0 0 0\n", {}, None, ["Structure(Si, open, 1 atom)"]),
    "no newline at the end": ("a.xyz", GOOD.rstrip(), {}, None, ["2 atoms"]),
}


@pytest.fixture(scope="module")
def bomb():
    """300 MB of blanks in 300 kB."""
    return gzip.compress(b" " * (300 << 20), compresslevel=1)


@pytest.mark.parametrize("case", CASES)
def test_bad_file(case, tmp_path, request):
    name, content, options, error, says = CASES[case]
    if case == "gzip bomb":
        content = request.getfixturevalue("bomb")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "silica-glass.xyz").write_bytes(GOOD)
    job = json.dumps({"path": name, "options": options})
    child = subprocess.run([sys.executable, "-c", CHILD], input=job, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert child.returncode == 0, child.stderr
    answer = json.loads(child.stdout)
    assert answer["error"] == error, answer
    for words in says:
        assert words in answer["message"], answer
    assert answer["seconds"] < 2  # of processor time, so that a busy machine changes nothing
    assert answer["alive"] == 1
