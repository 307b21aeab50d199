"""What readers give to the recogniser, and what it makes of it. Pure values.

A document is a list of blocks, each with its place in the file in words that a person can find again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

QUOTE = 120
Kind = Literal["heading", "paragraph", "item", "row"]


@dataclass(frozen=True, slots=True)
class Block:
    """`cells` are those of a row of a table, whose number within the document is `table`, counted from 1."""

    kind: Kind
    text: str
    place: str
    cells: tuple[str, ...] = ()
    table: int = 0


@dataclass(frozen=True)
class Document:
    """`title` and `facts` are what the file says about itself (a web page's meta tags), by our own keys.

    `notes` tell what could not be read, page by page.
    """

    name: str
    blocks: list[Block]
    title: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value stands in the file; `doubt` says in words why a person should look, empty where none."""

    key: str
    place: str
    quote: str
    doubt: str = ""


@dataclass
class Found:
    """A piece of knowledge cut out of a document: its cells by column key, each with its evidence."""

    type: str
    cells: dict[str, str] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)

    def put(self, key: str, value: str, place: str, quote: str = "", doubt: str = "") -> None:
        """Keeps the first value found for a column; an empty one is none."""
        value = value.strip()
        if not value or key in self.cells:
            return
        self.cells[key] = value
        self.evidence.append(Evidence(key, place, shortened(quote or value), doubt))

    def doubt(self, key: str, why: str, place: str = "") -> None:
        """A remark about a column that has no value, or about the row as a whole (empty key)."""
        self.evidence.append(Evidence(key, place, "", why))


def shortened(text: str, most: int = QUOTE) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
