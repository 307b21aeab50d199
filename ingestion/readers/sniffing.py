"""What a file is, by its name and by its first bytes: both must agree before it is read."""

from pathlib import PurePath
from typing import BinaryIO, Final

from ingestion.readers.table import Limits
from kb_service.core.errors import Invalid, TooLarge

FORMATS: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
}
_MACROS = {".xlsm", ".xltm", ".xlam", ".xlsb", ".docm"}
_SAVE_AS_XLSX = "请在 Excel 或 WPS 中打开，选择“另存为—Excel 工作簿（.xlsx）”后再导入。"
_CONVERT = {
    ".xls": f"旧版 Excel 文件（.xls）不能直接导入，{_SAVE_AS_XLSX}",
    ".et": f"WPS 表格文件（.et）不能直接导入，{_SAVE_AS_XLSX}",
    ".ods": f"ODS 表格不能直接导入，{_SAVE_AS_XLSX}",
    ".xltx": f"Excel 模板（.xltx）不能直接导入，{_SAVE_AS_XLSX}",
    ".json": "JSON 文件须为每行一个对象，并以 .jsonl 为扩展名。",
}
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = {
    b"PK\x05\x06": "空的压缩文件",
    b"%PDF": "PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"Rar!": "RAR 压缩文件",
    b"7z\xbc\xaf": "7z 压缩文件",
    b"\x1f\x8b": "gzip 压缩文件",
    b"{\\rtf": "RTF 文件",
    b"\x7fELF": "程序",
    b"MZ\x90": "程序",
}
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PIECE = 2**20


def size_of(file: BinaryIO) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size


def format_of(file: BinaryIO, filename: str, limits: Limits) -> str:
    """`csv`, `jsonl` or `xlsx`; raises Invalid or TooLarge with the reason and the way out."""
    size = size_of(file)
    if size > limits.bytes:
        raise TooLarge(
            f"文件“{filename}”有 {size / 2**20:.1f} MB，上限是 {limits.bytes / 2**20:.0f} MB，请拆分成几个文件分别导入。",
            code="file_too_large",
        )
    if size == 0:
        raise Invalid(f"文件“{filename}”是空的，没有任何内容。", code="empty_file")
    named = _named_format(filename)
    _refuse_other_content(file, filename, named)
    return named


def _named_format(filename: str) -> str:
    suffix = PurePath(filename).suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    if suffix in _MACROS:
        raise Invalid(f"含宏的文件（{suffix}）不能导入。{_SAVE_AS_XLSX}", code="macro_file")
    reason = _CONVERT.get(suffix, f"不认识扩展名“{suffix}”。可以导入 .csv、.xlsx 和 .jsonl 文件。")
    raise Invalid(reason, code="unknown_format")


def _refuse_other_content(file: BinaryIO, filename: str, named: str) -> None:
    head = file.read(8)
    file.seek(0)
    if head.startswith(_OLE):
        raise _ole(file, filename)
    found = _content_name(head)
    if named == "xlsx" and found != "Excel 工作簿":
        told = found or "文字"
        raise _mismatch(filename, told, "请确认文件没有改过扩展名，或重新另存为 .xlsx。")
    if named != "xlsx" and found:
        raise _mismatch(filename, found, "请改回原来的扩展名，或另存为 CSV 后再导入。")


def _content_name(head: bytes) -> str:
    if head.startswith(_ZIP):
        return "Excel 工作簿"
    return next((name for magic, name in _OTHERS.items() if head.startswith(magic)), "")


def _mismatch(filename: str, found: str, advice: str) -> Invalid:
    suffix = PurePath(filename).suffix
    return Invalid(f"文件“{filename}”的扩展名是 {suffix}，内容却是{found}。{advice}", code="content_mismatch")


def _ole(file: BinaryIO, filename: str) -> Invalid:
    """Office wraps an encrypted workbook in the container of its old formats."""
    if _contains(file, _ENCRYPTED):
        return Invalid(
            f"文件“{filename}”设有打开密码，无法读取。请在 Excel 中取消密码（文件—信息—保护工作簿）后再导入。",
            code="password_protected",
        )
    return Invalid(
        f"文件“{filename}”的内容是旧版 Office 格式（.xls、.doc 等）。{_SAVE_AS_XLSX}", code="old_office_file"
    )


def _contains(file: BinaryIO, wanted: bytes) -> bool:
    tail = b""
    while piece := file.read(_PIECE):
        if wanted in tail + piece:
            file.seek(0)
            return True
        tail = piece[-len(wanted) :]
    file.seek(0)
    return False
