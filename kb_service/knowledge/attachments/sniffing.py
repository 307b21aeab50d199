"""What an attached file is: its name and its content must agree, and it must be of a kind that is handed out."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import BinaryIO, Final

from kb_service.core.errors import Invalid
from kb_service.core.file_kinds import holds, kind_of, parts_of

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
_KINDS: Final[Mapping[str, str]] = {".jpg": "jpeg", **dict.fromkeys(_OLD_OFFICE, "ole")}
_OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_MOST_PARTS = 10_000
_HEAD = 2**20


def media_type(file: BinaryIO, name: str) -> str:
    """Raises Invalid for what is not allowed, is something else than its name says, or holds macros."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in MEDIA_TYPES:
        raise Invalid(
            f"附件“{name}”的类型不能上传。可以上传 {ALLOWED}；压缩包请解开后逐个上传。",
            code="attachment_type_refused",
        )
    if suffix in _TEXT:
        _check_text(file, name)
    elif kind_of(file) != _KINDS.get(suffix, suffix[1:]) or not _begins_as(file, suffix):
        raise _mismatch(name)
    elif _has_macros(file, name, suffix):
        raise _macros(name)
    file.seek(0)
    return MEDIA_TYPES[suffix]


def _begins_as(file: BinaryIO, suffix: str) -> bool:
    """Readers find a PDF behind other things too; what is handed out is nothing else besides."""
    return suffix != ".pdf" or file.read(5) == b"%PDF-"


def _has_macros(file: BinaryIO, name: str, suffix: str) -> bool:
    """Only the list of parts is read, nothing is unpacked."""
    if suffix in _OLD_OFFICE:
        return holds(file, _OLE_MACROS)
    parts = parts_of(file)
    if len(parts) > _MOST_PARTS:
        raise _mismatch(name)
    return any(part.lower().endswith("vbaproject.bin") for part in parts)


def _check_text(file: BinaryIO, name: str) -> None:
    file.seek(0)
    if b"\x00" in file.read(_HEAD):
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
