"""Documents as they lie in the files of a generation: a row of fixed size and a record of its own length."""

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.engines.embedded.files import Reader
from search.ports import Document

ROW = np.dtype(
    [
        ("live_from", "<i8"),
        ("live_to", "<i8"),
        ("effective_to", "<i8"),
        ("offset", "<u8"),
        ("text_size", "<u4"),
        ("document_size", "<u4"),
        ("point", "<u4"),
        ("type", "<u4"),
        ("unit", "<u4"),
        ("region", "<u4"),
        ("categories", "<u4"),
        ("access", "<u4"),
    ]
)
Rows = NDArray[np.void]

_SEPARATOR = "\x1f"
_TUPLES = frozenset(field.name for field in fields(Document) if field.type == tuple[str, ...])
_NAMES = tuple(field.name for field in fields(Document))
_LEVEL = 1
# What some fifty callers who are typing look at, about a kilobyte each.
_TEXTS = 8_192
_DOCUMENTS = 1_024


class Strings:
    """Facet values by number; several values of one document are one string of them."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.values = list(known)
        self._numbers = {value: number for number, value in enumerate(known)}

    def number(self, *values: str) -> int:
        joined = _SEPARATOR.join(values)
        number = self._numbers.get(joined)
        if number is None:
            number = self._numbers[joined] = len(self.values)
            self.values.append(joined)
        return number

    def extend(self, values: Sequence[str]) -> None:
        for value in values:
            self._numbers[value] = len(self.values)
            self.values.append(value)

    def holding(self, wanted: frozenset[str]) -> NDArray[np.bool_]:
        """For each number, whether it stands for any of the wanted values."""
        return np.fromiter(
            (not wanted.isdisjoint(value.split(_SEPARATOR)) for value in self.values),
            dtype=bool,
            count=len(self.values),
        )

    def copy(self) -> "Strings":
        return Strings(self.values)


def encode_document(document: Document) -> bytes:
    values = {name: getattr(document, name) for name in _NAMES}
    plain = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(plain.encode("utf-8", "surrogatepass"), _LEVEL)


def decode_document(data: bytes) -> Document:
    values = json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))
    for name in _TUPLES:
        values[name] = tuple(values[name])
    return Document(**values)


class Records:
    """Texts and documents by where they lie in the file, which only grows.

    The last read stay at hand: what is asked for at one key is mostly what was asked for at the key before.
    """

    def __init__(self, path: Path) -> None:
        reader = Reader(path)
        self.text: Callable[[int, int], bytes] = lru_cache(_TEXTS)(reader.read)

        def document(offset: int, size: int) -> Document:
            return decode_document(reader.read(offset, size))

        self.document: Callable[[int, int], Document] = lru_cache(_DOCUMENTS)(document)


def make_row(
    document: Document, strings: Strings, *, point: int, offset: int, sizes: tuple[int, int]
) -> tuple[int, ...]:
    """The fields of `ROW` in their order."""
    return (
        document.live_from,
        document.live_to,
        document.effective_to,
        offset,
        *sizes,
        point,
        strings.number(document.type),
        strings.number(document.unit),
        strings.number(document.region),
        strings.number(*document.categories),
        strings.number(*document.access),
    )


def pack_fields(rows: Sequence[tuple[int, ...]]) -> bytes:
    return np.array(rows, dtype=ROW).tobytes()
