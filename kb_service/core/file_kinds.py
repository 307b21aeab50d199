"""What the content of a file shows it to be, whatever its name says."""

import zipfile
import zlib
from typing import BinaryIO, Final

# What Python's zip reader raises for a broken file, or one packed in a way that it does not know.
UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
HEAD: Final = 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_MAGIC: Final = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF8": "gif",
    b"Rar!": "rar",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
    b"{\\rtf": "rtf",
    b"\x7fELF": "program",
    b"MZ\x90": "program",
}
# The folder in which an Office package keeps what it is about.
_FOLDERS: Final = {"xl/": "xlsx", "word/": "docx", "ppt/": "pptx"}
_PIECE = 2**20


def kind_of(file: BinaryIO) -> str:
    """`ole` for the container of old Office files, `zip` for one that is nothing known, empty for plain text.

    Only the beginning is looked at, and of a zip its list of parts. The file is left at its beginning.
    """
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if head.startswith(_OLE):
        return "ole"
    if head.startswith(_ZIPS):
        return _kind_of_package(parts_of(file))
    if b"%PDF-" in head:
        return "pdf"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")


def parts_of(file: BinaryIO) -> frozenset[str]:
    """The names of what a zip holds, without unpacking any of it; nothing for one that cannot be read."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as package:
            return frozenset(package.namelist())
    except UNREADABLE:
        return frozenset()
    finally:
        file.seek(0)


def _kind_of_package(parts: frozenset[str]) -> str:
    if "[Content_Types].xml" in parts:
        for folder, kind in _FOLDERS.items():
            if any(part.startswith(folder) for part in parts):
                return kind
    return "ofd" if "OFD.xml" in parts else "zip"


def holds(file: BinaryIO, wanted: bytes) -> bool:
    """Whether these bytes stand anywhere in a file, read piece by piece."""
    tail = b""
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            if wanted in tail + piece:
                return True
            tail = piece[-len(wanted) :]
        return False
    finally:
        file.seek(0)
