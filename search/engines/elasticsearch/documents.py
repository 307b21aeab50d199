"""What is sent of a passage and what is read back of it."""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.engines.elasticsearch.mapping import PASSAGE
from search.engines.embedded.records import decode_document, encode_document
from search.engines.embedded.vectors import Vectors, pack_rows, row_type
from search.ports import Document
from search.ranking.terms_of import terms_of
from search.ranking.text import NormalText

_FEWEST_DECIMALS = 5


def make_source(document: Document, vector: Vectors | None) -> dict[str, Any]:
    """The passage as it is indexed; `near` is its vector in bytes, from which we compute cosines ourselves."""
    normal = NormalText.of(document)
    text = normal.encode()
    source: dict[str, Any] = {
        "kind": PASSAGE,
        "code": document.code,
        "type": clean(document.type),
        "unit": clean(document.unit),
        "region": clean(document.region),
        "categories": list(map(clean, document.categories)),
        "access": list(map(clean, document.access)),
        "live_from": document.live_from,
        "live_to": document.live_to,
        "effective_to": document.effective_to,
        "length": len(text) // 2,
        "text": b64encode(text).decode(),
        "document": b64encode(encode_document(document)).decode(),
    }
    source |= {name: clean(" ".join(terms)) for name, terms in terms_of(normal).items()}
    if vector is not None and vector.any():
        source["vector"] = [round(value, _FEWEST_DECIMALS) for value in vector.tolist()]
        source["near"] = b64encode(pack_rows(vector[None, :]).tobytes()).decode()
    return source


def clean(text: str) -> str:
    """Without halves of characters, which no JSON parser takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates as the server gave them, each passage once, in the order in which they were found."""

    sources: Sequence[Mapping[str, Any]]

    def texts(self) -> list[bytes]:
        return [b64decode(source["text"]) for source in self.sources]

    def values(self, field: str) -> list[str]:
        """Of a field that holds one code; an index of before may not give it back."""
        return [source.get(field, "") for source in self.sources]

    def points(self) -> NDArray[np.int64]:
        numbers: dict[str, int] = {}
        codes = (source["code"] for source in self.sources)
        return np.array([numbers.setdefault(code, len(numbers)) for code in codes], dtype=np.int64)

    def names(self, codes: AbstractSet[str]) -> dict[int, str]:
        """Those of the codes that were found, by the numbers in `points`."""
        every = dict.fromkeys(source["code"] for source in self.sources)
        return {number: code for number, code in enumerate(every) if code in codes}

    def cosines(self, vector: Vectors | None) -> NDArray[np.float32]:
        if vector is None:
            return np.zeros(len(self.sources), dtype=np.float32)
        kind = row_type(len(vector))
        none = bytes(kind.itemsize)
        packed = [b64decode(source["near"]) if source.get("near") else none for source in self.sources]
        # A vector of another model's length says nothing about this one.
        rows = np.frombuffer(b"".join(row if len(row) == len(none) else none for row in packed), dtype=kind)
        dots = np.einsum("ij,j->i", rows["values"].astype(np.float32), vector)
        return np.asarray(dots * rows["scale"], dtype=np.float32)

    def document(self, place: int) -> Document:
        return read_document(self.sources[place])


def read_document(source: Mapping[str, Any]) -> Document:
    return decode_document(b64decode(source["document"]))
