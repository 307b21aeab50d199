"""What a file is, by its name and by its content: both must agree before it is read."""

from pathlib import PurePath
from typing import BinaryIO, Final

from ingestion.readers.table import Limits
from kb_service.core.errors import Invalid, TooLarge
from kb_service.core.file_kinds import holds, kind_of

FORMATS: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
    ".xls": "xls",
    ".et": "xls",
    ".docx": "docx",
    ".pdf": "pdf",
    ".ofd": "ofd",
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".zip": "zip",
}
DOCUMENTS: Final = frozenset({"docx", "pdf", "ofd", "html", "markdown", "text"})
TABLES: Final = frozenset({"csv", "jsonl", "xlsx", "xls"})
_MACROS = {".xlsm", ".xltm", ".xlam", ".xlsb", ".docm", ".dotm"}
_SAVE_AS_XLSX = "请在 Excel 或 WPS 中打开，选择“另存为—Excel 工作簿（.xlsx）”后再导入。"
_SAVE_AS_DOCX = "请在 Word 或 WPS 中打开，选择“另存为—Word 文档（.docx）”后再导入。"
_CONVERT = {
    ".ods": f"ODS 表格不能直接导入，{_SAVE_AS_XLSX}",
    ".xltx": f"Excel 模板（.xltx）不能直接导入，{_SAVE_AS_XLSX}",
    ".json": "JSON 文件须为每行一个对象，并以 .jsonl 为扩展名。",
    ".doc": f"旧版 Word 文件（.doc）不能直接导入，{_SAVE_AS_DOCX}",
    ".wps": f"WPS 文字文件（.wps）不能直接导入，{_SAVE_AS_DOCX}",
    ".rtf": f"RTF 文件不能直接导入，{_SAVE_AS_DOCX}",
    ".odt": f"ODT 文件不能直接导入，{_SAVE_AS_DOCX}",
    ".dotx": f"Word 模板（.dotx）不能直接导入，{_SAVE_AS_DOCX}",
    ".rar": "RAR 压缩文件不能直接导入，请解压后重新压缩为 .zip。",
    ".7z": "7z 压缩文件不能直接导入，请解压后重新压缩为 .zip。",
    ".ppt": "演示文稿不能直接导入，请把文字内容另存为 .docx 后再导入。",
    ".pptx": "演示文稿不能直接导入，请把文字内容另存为 .docx 后再导入。",
    ".mht": "MHT 网页不能直接导入，请在浏览器中另存为“网页，仅 HTML”（.html）后再导入。",
}
CONVERTIBLE: Final = frozenset(_CONVERT) | _MACROS
_NAMES: Final = {
    "xlsx": "Excel 工作簿",
    "xls": "旧版 Excel 文件",
    "docx": "Word 文档",
    "ofd": "OFD 文件",
    "pdf": "PDF 文件",
    "html": "网页",
    "zip": "压缩包",
}
_OTHERS: Final = {
    "pptx": "演示文稿",
    "png": "图片",
    "jpeg": "图片",
    "gif": "图片",
    "rar": "RAR 压缩文件",
    "7z": "7z 压缩文件",
    "gzip": "gzip 压缩文件",
    "rtf": "RTF 文件",
    "program": "程序",
}
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD_BOOKS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))


def size_of(file: BinaryIO) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size


def format_of(file: BinaryIO, filename: str, limits: Limits) -> str:
    """One of `FORMATS`; raises Invalid or TooLarge with the reason and the way out."""
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
        advice = _SAVE_AS_DOCX if suffix.startswith(".do") else _SAVE_AS_XLSX
        raise Invalid(f"含宏的文件（{suffix}）不能导入。{advice}", code="macro_file")
    if suffix in {".doc", ".wps"}:
        raise Invalid(_CONVERT[suffix], code="old_office_file")
    known = "、".join(each for each in FORMATS if each not in {".tsv", ".ndjson", ".htm", ".markdown", ".et"})
    reason = _CONVERT.get(suffix, f"不认识扩展名“{suffix}”。可以导入的有 {known}。")
    raise Invalid(reason, code="unknown_format")


def _refuse_other_content(file: BinaryIO, filename: str, named: str) -> None:
    kind = kind_of(file)
    if kind == "ole":
        _look_into_ole(file, filename, named)
        return
    found = _OTHERS.get(kind, kind)
    # What a broken or another zip lacks, its reader tells best.
    if found == "zip" and named in {"xlsx", "docx", "ofd"}:
        return
    name = _NAMES.get(found, found)
    if named in _NAMES and named != found and not (named == "html" and not found):
        raise _mismatch(filename, name or "文字", _advice(found, f"请重新另存为{_NAMES[named]}后再导入。"))
    if named not in _NAMES and found:
        # An old tool may write a table as a page, but then it is no table that we could trust.
        raise _mismatch(filename, name, _advice(found, "请改回原来的扩展名，或另存为 CSV 后再导入。"))


def _advice(found: str, otherwise: str) -> str:
    return f"请把扩展名改为 .{found} 后再导入。" if found in _NAMES else otherwise


def _mismatch(filename: str, found: str, advice: str) -> Invalid:
    suffix = PurePath(filename).suffix
    return Invalid(f"文件“{filename}”的扩展名是 {suffix}，内容却是{found}。{advice}", code="content_mismatch")


def _look_into_ole(file: BinaryIO, filename: str, named: str) -> None:
    """Office wraps an encrypted file in the container of its old formats."""
    if holds(file, _ENCRYPTED):
        raise Invalid(
            f"文件“{filename}”设有打开密码，无法读取。请在 Office 或 WPS 中取消密码（文件—信息—保护）后再导入。",
            code="password_protected",
        )
    if named == "xls" and any(holds(file, wanted) for wanted in _OLD_BOOKS):
        return
    advice = _SAVE_AS_XLSX if named in TABLES else _SAVE_AS_DOCX
    raise Invalid(
        f"文件“{filename}”的内容是旧版 Office 格式（.xls、.doc 等）。{advice}", code="old_office_file"
    )
