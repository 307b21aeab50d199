"""What an attached file is: its name and its content must agree, and it must be of a kind that is handed out."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePath
from typing import BinaryIO, Final

from kb_service.core.errors import Invalid

_OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".pdf": "application/pdf",
    ".ofd": "application/ofd",
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".wps": "application/vnd.ms-works",
    ".et": "application/vnd.ms-excel",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".md": "text/markdown",
}
ALLOWED: Final = "、".join(MEDIA_TYPES)
_OLD_OFFICE = frozenset({".doc", ".xls", ".ppt", ".wps", ".et"})
_TEXT = frozenset({".txt", ".csv", ".md"})
_MAGIC: Final[Mapping[str, bytes]] = {
    ".pdf": b"%PDF-",
    ".png": b"\x89PNG\r\n\x1a\n",
    ".jpg": b"\xff\xd8\xff",
    ".jpeg": b"\xff\xd8\xff",
}
_PARTS: Final[Mapping[str, str]] = {
    ".docx": "word/document.xml",
    ".xlsx": "xl/workbook.xml",
    ".pptx": "ppt/presentation.xml",
    ".ofd": "OFD.xml",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_MOST_PARTS = 10_000
_PIECE = 2**20
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


def media_type(file: BinaryIO, name: str) -> str:
    """Raises Invalid for what is not allowed, is something else than its name says, or holds macros."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in MEDIA_TYPES:
        raise Invalid(
            f"附件“{name}”的类型不能上传。可以上传 {ALLOWED}；压缩包请解开后逐个上传。",
            code="attachment_type_refused",
        )
    file.seek(0)
    if suffix in _PARTS:
        _check_package(file, name, suffix)
    elif suffix in _OLD_OFFICE:
        _check_old_office(file, name)
    elif suffix in _TEXT:
        _check_text(file, name)
    elif not file.read(16).startswith(_MAGIC[suffix]):
        raise _mismatch(name)
    file.seek(0)
    return MEDIA_TYPES[suffix]


def _check_package(file: BinaryIO, name: str, suffix: str) -> None:
    """Only the list of parts is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(file) as package:
            parts = package.namelist()
    except _UNREADABLE:
        raise _mismatch(name) from None
    if len(parts) > _MOST_PARTS or _PARTS[suffix] not in parts:
        raise _mismatch(name)
    if any(part.lower().endswith("vbaproject.bin") for part in parts):
        raise _macros(name)


def _check_old_office(file: BinaryIO, name: str) -> None:
    if not file.read(len(_OLE)).startswith(_OLE):
        raise _mismatch(name)
    tail = b""
    while piece := file.read(_PIECE):
        if _OLE_MACROS in tail + piece:
            raise _macros(name)
        tail = piece[-len(_OLE_MACROS) :]


def _check_text(file: BinaryIO, name: str) -> None:
    head = file.read(_PIECE)
    if b"\x00" in head:
        raise _mismatch(name)


def _mismatch(name: str) -> Invalid:
    return Invalid(
        f"附件“{name}”的内容与扩展名不符，或文件已损坏。请确认没有改过扩展名，用原软件重新保存后再上传。",
        code="content_mismatch",
    )


def _macros(name: str) -> Invalid:
    return Invalid(
        f"附件“{name}”含有宏，不能上传。请另存为不含宏的格式，或转为 PDF 后再上传。", code="macro_file"
    )
