"""PDF by PDFium, in a process of its own: paragraphs of text, and which pages are mere pictures."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from ingestion.readers.paragraphs import Line, blocks_of
from ingestion.readers.walled import ask
from ingestion.recognising.values import Document
from kb_service.core.errors import Invalid, TooLarge

MOST_PAGES: Final = 2_000
MOST_CHARACTERS: Final = 5_000_000
SCANNED_SHARE: Final = 0.3
FEW: Final = 10
_TOLD = 20


@dataclass
class Pages:
    """Pages by what became of them."""

    read: list[tuple[int, list[Line]]] = field(default_factory=list)
    scanned: list[int] = field(default_factory=list)
    garbled: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)

    def notes(self) -> tuple[str, ...]:
        told = (
            (self.scanned, "是扫描图像，没有可读的文字，未读取。请用 OCR 软件识别后另行导入"),
            (self.garbled, "的字体没有文字编码，读出的是乱码，未读取。请从原文件另存为 DOCX 后导入"),
            (self.broken, "已损坏，未读取"),
        )
        return tuple(f"第 {_numbers(pages)} 页{reason}。" for pages, reason in told if pages)


def _numbers(pages: Iterable[int]) -> str:
    numbers = list(pages)
    more = f" 等 {len(numbers)}" if len(numbers) > _TOLD else ""
    return "、".join(map(str, numbers[:_TOLD])) + more


def read_pdf(file: BinaryIO, name: str) -> Document:
    """Raises Invalid with `scanned_file` where no page has text."""
    pages = Pages()
    characters = 0
    told = ask(file, "pdf", str(MOST_PAGES), f"文件“{name}”")
    count = next(told, {"pages": 0})["pages"]
    if count > MOST_PAGES:
        raise TooLarge(
            f"文件“{name}”有 {count} 页，上限是 {MOST_PAGES} 页，请拆分后分别导入。", code="too_many_pages"
        )
    for number, page in enumerate(told, 1):
        _sort(pages, number, page)
        characters += sum(len(each[0]) for each in page["lines"])
        if characters > MOST_CHARACTERS:
            raise too_long(name)
    refuse_pictures(pages, name)
    return Document(name, blocks_of(pages.read), notes=pages.notes())


def _sort(pages: Pages, number: int, page: dict[str, Any]) -> None:
    lines = [Line(*each) for each in page["lines"]]
    text = "".join(line.text for line in lines)
    if page.get("broken"):
        pages.broken.append(number)
    elif len(text.strip()) < FEW and page["image"] >= SCANNED_SHARE:
        pages.scanned.append(number)
    elif _is_garbled(text):
        pages.garbled.append(number)
    else:
        pages.read.append((number, lines))


def _is_garbled(text: str) -> bool:
    strange = sum(char == "�" or "\ue000" <= char <= "\uf8ff" or char < " " for char in text)
    return len(text) >= FEW and strange * 5 > len(text)


def refuse_pictures(pages: Pages, name: str) -> None:
    if any(line.text.strip() for _, lines in pages.read for line in lines):
        return
    if pages.scanned:
        raise Invalid(
            f"文件“{name}”的 {len(pages.scanned)} 页都是扫描图像，没有可读的文字。"
            "请用 OCR 软件识别并核对后，存为 DOCX 或带文字的 PDF 再导入。",
            code="scanned_file",
        )
    if pages.garbled:
        raise Invalid(
            f"文件“{name}”的字体没有文字编码，读出的是乱码。请从原文件另存为 DOCX 后再导入。",
            code="garbled_file",
        )
    raise Invalid(f"文件“{name}”里没有文字。请确认导入的是正确的文件。", code="empty_file")


def too_long(name: str) -> TooLarge:
    return TooLarge(
        f"文件“{name}”的文字超过 {MOST_CHARACTERS // 10_000} 万字，请按章拆分后分别导入。",
        code="document_too_long",
    )
