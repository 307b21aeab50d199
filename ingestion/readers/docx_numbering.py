"""The numbers that Word shows before paragraphs and does not keep in their text: 第三条, （二）, 1."""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ingestion.readers.archive import walk_xml

_DIGITS = "〇一二三四五六七八九"
_CHINESE: Final = {
    "chineseCounting",
    "chineseCountingThousand",
    "chineseLegalSimplified",
    "ideographDigital",
    "japaneseCounting",
    "taiwaneseCounting",
    "taiwaneseCountingThousand",
}
_LEVELS = 9


@dataclass
class _Level:
    start: int = 1
    format: str = "decimal"
    text: str = ""

    def tell(self, tag: str, value: str) -> None:
        match tag:
            case "start":
                self.start = whole(value, 1)
            case "numFmt":
                self.format = value
            case _:
                self.text = value[:40]


@dataclass
class Numbering:
    """Counts the numbered paragraphs of a document from its beginning."""

    abstract: dict[str, dict[int, _Level]] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)

    def mark(self, number_id: str, level: int) -> str:
        """The words before the next paragraph of that list and level, empty for a bullet."""
        abstract = self.lists.get(number_id)
        levels = self.abstract.get(abstract or "", {})
        found = levels.get(level)
        if abstract is None or found is None:
            return ""
        counts = self._counts.setdefault(abstract, {})
        first = self.starts.pop((number_id, level), None)
        counts[level] = first if first is not None else counts.get(level, found.start - 1) + 1
        for deeper in range(level + 1, _LEVELS):
            counts.pop(deeper, None)
        return re.sub(r"%([1-9])", lambda match: self._number(levels, counts, int(match[1]) - 1), found.text)

    @staticmethod
    def _number(levels: Mapping[int, _Level], counts: Mapping[int, int], level: int) -> str:
        found = levels.get(level, _Level())
        return formatted(counts.get(level, found.start), found.format)


def formatted(number: int, how: str) -> str:
    match how:
        case "bullet" | "none":
            return ""
        case "upperLetter" | "lowerLetter" if 1 <= number <= 26:
            return chr(ord("A" if how == "upperLetter" else "a") + number - 1)
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" if 1 <= number <= 20:
            return chr(ord("①") + number - 1)
        case _ if how in _CHINESE and 0 < number < 10_000:
            return chinese(number)
        case _:
            return str(number)


def chinese(number: int) -> str:
    """一, 十二, 一百零三: as articles are numbered."""
    text = ""
    zero = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + name
        zero = not digit
        if not number:
            break
    return text.removeprefix("一") if text.startswith("一十") else text


def read_numbering(archive: zipfile.ZipFile, what: str) -> Numbering:
    numbering = Numbering()
    abstract = number_id = ""
    level = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal abstract, number_id, level
        value = attributes.get("val", "")
        match tag:
            case "abstractNum":
                abstract, number_id = attributes.get("abstractNumId", ""), ""
                numbering.abstract[abstract] = {}
            case "num":
                number_id = attributes.get("numId", "")
            case "abstractNumId":
                numbering.lists[number_id] = value
            case "lvl" | "lvlOverride":
                level = whole(attributes.get("ilvl", ""))
                if tag == "lvl" and not number_id:
                    numbering.abstract.setdefault(abstract, {})[level] = _Level()
            case "startOverride":
                numbering.starts[number_id, level] = whole(value, 1)
            case "start" | "numFmt" | "lvlText" if not number_id:
                levels = numbering.abstract.setdefault(abstract, {})
                levels.setdefault(level, _Level()).tell(tag, value)

    walk_xml(archive, "word/numbering.xml", what, start=start)
    return numbering


def whole(text: str, otherwise: int = 0) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else otherwise
