"""Parts for tests of search engines: documents with few words, an encoder without a model, a plain truth."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from search.analysis.normalise import normalise
from search.analysis.tokens import bigrams
from search.ports import FOREVER, Change, Document, Query, SearchResult

NOW = 1_800_000_000
DAY = 86_400
PUBLIC = frozenset({"public"})
AGENTS = frozenset({"public", "agents"})


class BigramEncoder:
    """Vectors in which texts are near that share bigrams; needs no file."""

    def __init__(self, name: str = "bigrams", dimensions: int = 64) -> None:
        self.name = name
        self.dimensions = dimensions

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for bigram in bigrams(normalise(text)):
                digest = zlib.crc32(bigram.encode())
                vectors[row, digest % self.dimensions] += 1 if digest & 1 << 20 else -1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors


class BrokenEncoder(BigramEncoder):
    """Works until it is told to break."""

    broken = False

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.broken:
            raise RuntimeError("the model is gone")
        return super().encode(texts)


def document(code: str, title: str = "", body: str = "", **values: object) -> Document:
    """A public document in force, whose id follows from code, version and passage."""
    plain = Document(
        id="",
        code=code,
        version=1,
        passage=0,
        type="faq",
        title=title,
        questions=(),
        keywords=(),
        body=body,
        article="",
        unit="U-RSJ",
        region="990000",
        categories=(),
        access=("public", "agents"),
        live_from=0,
        live_to=FOREVER,
        effective_from=0,
        effective_to=FOREVER,
    )
    made = replace(plain, **values)  # type: ignore[arg-type]
    return replace(made, id=f"{code}/{made.version}/{made.passage}")


def change(*documents: Document, seq: int = 1, code: str = "") -> Change:
    return Change(code or documents[0].code, seq, documents)


def query(text: str, **values: object) -> Query:
    return replace(Query(text, PUBLIC, NOW), **values)  # type: ignore[arg-type]


def codes(result: SearchResult) -> list[str]:
    return [hit.document.code for hit in result.hits]


def may_see(document: Document, asked: Query) -> bool:
    """What every engine must obey, said once more in the plainest way."""
    return (
        document.live_from <= asked.now < document.live_to
        and (asked.include_lapsed or asked.now < document.effective_to)
        and bool(asked.access & set(document.access))
        and (not asked.types or document.type in asked.types)
        and (not asked.units or document.unit in asked.units)
        and (not asked.regions or document.region in asked.regions)
        and (not asked.categories or bool(asked.categories & set(document.categories)))
    )


def visible_codes(changes: Iterable[Change], asked: Query) -> set[str]:
    return {document.code for change in changes for document in change.documents if may_see(document, asked)}
