"""What stands under a label: as `label：value`, below a short heading, or beside it in a table. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingestion.recognising.marks import without_numbering
from ingestion.recognising.values import Block

_COLON = re.compile(r"[:：]")
_LONGEST_LABEL = 14


@dataclass
class Labelled:
    """A value under the key of its label, with its lines; `place` is where the label stands."""

    key: str
    label: str
    place: str
    lines: list[str] = field(default_factory=list)
    group: int = 0

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def plain_label(text: str) -> str:
    text = without_numbering(text).strip(" 　【】[]〖〗：:*＊\t")
    return re.sub(r"[\s　]+|[（(][^）)]*[）)]$", "", text)


class Labels:
    """Finds the labels of one kind of knowledge in the blocks of a document."""

    def __init__(self, keys: Mapping[str, Sequence[str]]) -> None:
        self._keys: Final = {label: key for key, labels in keys.items() for label in labels}

    def key(self, text: str) -> str | None:
        return self._keys.get(plain_label(text)) if len(text) <= 2 * _LONGEST_LABEL else None

    def find(self, blocks: Sequence[Block]) -> Iterator[Labelled]:
        """In their order; what stands between a label and the next belongs to it."""
        current: Labelled | None = None
        columns: list[str | None] = []
        table = group = 0
        for block in blocks:
            first = block.kind == "row" and block.table != table
            if first:
                table, columns = block.table, self._columns(block)
            group += block.kind == "row" and bool(columns)
            begun = self._begun(block, columns, first, group)
            ends = block.kind == "heading" and current is not None and bool(current.lines)
            if begun is None and not ends:
                if current is not None:
                    current.lines.extend(block.text.split("\n"))
                continue
            if current is not None:
                yield current
            *done, current = begun or [None]
            yield from (each for each in done if each is not None)
        if current is not None:
            yield current

    def _begun(
        self, block: Block, columns: Sequence[str | None], first: bool, group: int
    ) -> list[Labelled | None] | None:
        """The labelled values that begin with a block, the last of which may go on; None where none begins."""
        if block.kind != "row":
            found = self._of_line(block)
            return [found] if found else None
        if columns:
            return [*([] if first else self._of_row(block, columns, group)), None]
        return [*self._pairs(block)] or None

    def _columns(self, row: Block) -> list[str | None]:
        """The keys of a table whose first row names its columns, three of them known at least."""
        keys = [self.key(cell) for cell in row.cells]
        return keys if len(set(filter(None, keys))) >= 3 else []

    def _of_row(self, row: Block, columns: Sequence[str | None], group: int) -> Iterator[Labelled]:
        for key, cell in zip(columns, row.cells, strict=False):
            if key and cell.strip():
                yield Labelled(key, "", row.place, cell.split("\n"), group)

    def _pairs(self, row: Block) -> Iterator[Labelled]:
        cells = row.cells
        for at in range(len(cells) - 1):
            key = self.key(cells[at])
            if key and self.key(cells[at + 1]) is None and cells[at + 1].strip():
                yield Labelled(key, cells[at], row.place, cells[at + 1].split("\n"))

    def _of_line(self, block: Block) -> Labelled | None:
        colon = _COLON.search(block.text)
        if colon and (key := self.key(block.text[: colon.start()])):
            value = block.text[colon.end() :].strip()
            label = block.text[: colon.start()]
            return Labelled(key, label, block.place, [value] if value else [])
        key = self.key(block.text)
        return Labelled(key, block.text, block.place) if key else None
