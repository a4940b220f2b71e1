"""From what the user has, a path, bytes, an upload or an open file, to a stream of plain bytes."""

from __future__ import annotations

import difflib
import gzip
import io
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

from phwidgets.readers.formats import FORMATS

_LARGEST = 2 << 30  # bytes of text handed to a parser at once; XYZ is cut into frames first and has no such limit
_BOMB = 64 << 20, 200  # unpacked bytes beyond which gzip may not have gained more than this factor; coordinates gain less than 50
_IMAGES = (b"\x89PNG", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"\xff\xd8\xff", b"BM", b"GIF8", b"\x93NUMPY")  # first bytes; TIFF has four
_PACKED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstandard"}


class Source(NamedTuple):
    """A stream of plain bytes and its name."""

    name: str  # for messages and for guessing the format; never opened
    stream: BinaryIO


def _upload(obj: Any) -> Any:
    """Return the dict of a FileUpload's value if `obj` is one, else None."""
    if isinstance(obj, tuple | list) and all(isinstance(item, Mapping) for item in obj):
        if len(obj) != 1:
            raise ValueError(f"the upload holds {len(obj)} files, not one; pass one of them, upload.value[0]")
        obj = obj[0]
    if isinstance(obj, Mapping):
        if "content" not in obj or "name" not in obj:
            raise ValueError("this dict is no uploaded file: it needs the keys 'name' and 'content'")
        return obj
    return None


def name_of(path: Any) -> str:
    """What to call the input in messages."""
    if isinstance(path, bytes | bytearray | memoryview):
        return "<bytes>"
    if (upload := _upload(path)) is not None:
        return str(upload["name"])
    if isinstance(path, str | os.PathLike):
        return os.path.basename(os.fsdecode(path))
    return os.path.basename(str(getattr(path, "name", "<file>")))


def open_stream(path: Any) -> BinaryIO:
    """Open whatever the user passed, as bytes; a network address is refused."""
    if isinstance(path, bytes | bytearray | memoryview):
        return io.BytesIO(path)
    if (upload := _upload(path)) is not None:
        return io.BytesIO(bytes(upload["content"]))
    if isinstance(path, str | os.PathLike):
        return _opened_path(os.fsdecode(path))
    if hasattr(path, "read"):
        content = path.read()  # copied, so that the user's file stays open and theirs
        return io.BytesIO(content.encode() if isinstance(content, str) else bytes(content))
    raise ValueError(f"cannot read from {type(path).__name__}: pass a path, bytes or an open file; a structure needs no reading")


def _opened_path(text: str) -> BinaryIO:
    if "://" in text:
        raise ValueError(f"{text[:200]!r} is an address, and only files are read; download it first, or pass its content as bytes")
    if "\n" in text or "\0" in text or not text:
        raise ValueError("this text is no path; to read from content in memory pass it as bytes: read_structure(text.encode())")
    path = Path(text).expanduser()
    if path.is_dir():
        raise ValueError(f"{text!r} is a directory; pass one file in it")
    if not path.exists():
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
        place = (
            f"; did you mean {' or '.join(map(repr, near))}?"
            if near
            else ""
            if names
            else f"; the folder {str(path.parent)!r} has no files"
        )
        raise FileNotFoundError(f"there is no file {text!r} (working directory {os.getcwd()!r}){place}")
    if not path.is_file():
        raise ValueError(f"{text!r} is no regular file")
    return path.open("rb")


def unpacked(source: Source) -> Source:
    """Undo gzip, within bounds, and refuse other packings by name."""
    name, stream = source
    magic = stream.read(6)
    stream.seek(0)
    for start, packing in _PACKED.items():
        if magic.startswith(start):
            raise ValueError(f"{name!r} is packed with {packing}; unpack it first (only gzip is unpacked here)")
    if not magic.startswith(b"\x1f\x8b"):
        return source
    packed = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    plain = io.BytesIO()
    floor, factor = _BOMB
    try:
        with gzip.GzipFile(fileobj=stream) as unzip:
            while block := unzip.read(1 << 20):
                plain.write(block)
                if plain.tell() > min(_LARGEST, max(floor, factor * packed)):
                    raise ValueError(f"{name!r} unpacks from {packed} to more than {plain.tell()} bytes: no structure file does; refused")
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{name!r} is a damaged or truncated gzip file ({error}); get it again") from None
    plain.seek(0)
    return Source(name.removesuffix(".gz"), plain)


def first_lines(source: Source) -> str:
    """Text of the first few kilobytes; the stream stays at its start."""
    head = source.stream.read(4096)
    source.stream.seek(0)
    if not head.strip():
        raise ValueError(f"{source.name!r} is empty; there is nothing to read")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(f"{source.name!r} is text in UTF-16; save it as UTF-8")
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        if head.startswith(_IMAGES):
            what = "an array" if head.startswith(b"\x93NUMPY") else "an image"
            raise ValueError(
                f"{source.name!r} is {what} and no structure: phwidgets.read_image reads it, and in a notebook "
                "phwidgets.open_file(read=phwidgets.read_image) opens it"
            )
        raise ValueError(
            f"{source.name!r} is a binary file; read it with its own library and pass the object, formats here: {', '.join(FORMATS)}"
        )
    return decoded(head)


def decoded(raw: bytes) -> str:
    """Text of bytes in UTF-8, or in Latin-1 where they are not."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:  # an old comment in a national code page; the numbers are ASCII all the same
        return raw.decode("latin-1").removeprefix("ï»¿")


def fail(source: Source, kind: str, reason: str, advice: str = "check the file, or pass format= if it is something else") -> NoReturn:
    """Raise the one kind of error that a file that cannot be read ends in."""
    raise ValueError(f"could not read {source.name!r} as {kind}: {reason}; {advice}")


def too_short(source: Source, kind: str, index: int, declared: int, held: int) -> NoReturn:
    """Raise because a frame declares more atoms than it holds."""
    fail(source, kind, f"frame {index} declares {declared} atoms and holds {held}", "the file is cut short or its count is wrong.")


def whole_text(source: Source, kind: str) -> str:
    """All the text of a source, if it is not absurdly long."""
    raw = source.stream.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        fail(
            source,
            kind,
            f"it has more than {_LARGEST} bytes",
            "cut out the frame you need, or convert it to XYZ, which is read frame by frame",
        )
    return decoded(raw)
