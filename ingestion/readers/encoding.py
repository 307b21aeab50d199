"""Which encoding a text file has: tried strictly over the whole file, never guessed from a part."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import BinaryIO, Final

from kb_service.core.errors import Invalid

NAMES: Final = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8（带 BOM）",
    "gb18030": "GBK/GB18030",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LONGEST_LINE: Final = 2**23
_PIECE = 2**20
_SAMPLE = 2**16
ADVICE = "请用 Excel 打开，另存为“CSV UTF-8（逗号分隔）”后再导入。"

# So many valid characters of several bytes do not stand in front of a mistake by chance.
_SURELY_UTF8 = 10
_SIMPLIFIED_SHARE = 0.8


@dataclass(frozen=True)
class _Mistake:
    """The first place that is not of an encoding: its line, and the bytes beyond ASCII read before it."""

    line: int
    multibyte: int


def encoding_of(file: BinaryIO) -> str:
    """A name that Python knows; raises Invalid naming the line that could not be read."""
    file.seek(0)
    head = file.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return _strictly(file, name)
    if b"\0" in head:
        return _strictly(file, _utf16_without_mark(head))
    mistake = _mistake(file, "utf-8")
    if mistake is None:
        return "utf-8"
    if mistake.multibyte >= _SURELY_UTF8:
        raise _bad(mistake, "utf-8")
    other = _mistake(file, "gb18030")
    if other is None and _is_simplified(file):
        return "gb18030"
    tried = f"第 {mistake.line} 行有不属于 UTF-8 的字节"
    if other is not None:
        tried += f"，第 {other.line} 行有不属于 GBK/GB18030 的字节"
    raise Invalid(
        f"认不出文件的编码：{tried}，按 GBK/GB18030 读出的也不是通顺的简体中文。{ADVICE}",
        code="unknown_encoding",
        extra={"line": mistake.line},
    )


def _utf16_without_mark(head: bytes) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) <= len(head) // 20:
        raise Invalid("文件含有空字节（NUL），不是文字文件。请确认导入的是正确的文件。", code="bad_encoding")
    return "utf-16-be" if even > odd else "utf-16-le"


def _strictly(file: BinaryIO, name: str) -> str:
    mistake = _mistake(file, name)
    if mistake is not None:
        raise _bad(mistake, name)
    return name


def _bad(mistake: _Mistake, name: str) -> Invalid:
    return Invalid(
        f"第 {mistake.line} 行有不属于 {NAMES[name]} 的字节，文件可能已损坏或混用了几种编码。{ADVICE}",
        code="bad_encoding",
        extra={"line": mistake.line},
    )


def _mistake(file: BinaryIO, name: str) -> _Mistake | None:
    """A NUL is a mistake too: no text has one."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    file.seek(0)
    line, multibyte = 1, 0
    while True:
        piece = file.read(_PIECE)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            read = error.object[: error.start].decode(name, "ignore")
            return _Mistake(line + read.count("\n"), multibyte + error.start - len(read))
        if "\0" in text:
            return _Mistake(line + text[: text.index("\0")].count("\n"), 0)
        if not piece:
            return None
        line += text.count("\n")
        multibyte += max(0, len(piece) - len(text))


def _is_simplified(file: BinaryIO) -> bool:
    """Whether what GB18030 reads are mostly characters in daily use: nearly any bytes can be read as some."""
    file.seek(0)
    text = file.read(_SAMPLE).decode("gb18030", "ignore")
    foreign = "".join(char for char in text if ord(char) > 127)
    common = len(foreign.encode("gb2312", "ignore").decode("gb2312", "ignore"))
    return common >= _SIMPLIFIED_SHARE * len(foreign)


def lines_of(file: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines with their ends as they are, of a file whose encoding was found out before."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    count, rest = 0, ""
    while piece := file.read(_PIECE):
        # A last line may go on in the next piece, and so may its end of two characters.
        *lines, rest = [*StringIO(rest + decoder.decode(piece), newline="")] or [""]
        count += len(lines)
        yield from lines
        if len(rest) > LONGEST_LINE:
            raise Invalid(
                f"第 {count + 1} 行超过 {LONGEST_LINE} 个字符，不像是文字表格。请确认导入的是正确的文件。",
                code="line_too_long",
                extra={"line": count + 1},
            )
    yield from StringIO(rest + decoder.decode(b"", final=True), newline="")
