"""What documents are in the index, but for where they come to lie there. Made for many at once, each text cut once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.analysis.cutting import CutTexts
from search.analysis.normalise import normalise
from search.analysis.words import cutter
from search.embedding.builtin import StaticEncoder
from search.embedding.passages import head_of, joined_halves
from search.embedding.ports import Encoder
from search.embedding.tokens import MAX_CHARACTERS, PLAIN
from search.engines.embedded.records import encode_document
from search.ports import Document
from search.ranking.terms_of import START
from search.ranking.text import NormalText

AT_ONCE = 256

Vectors = NDArray[np.float32]


class Fields(NamedTuple):
    """The terms of `terms_of`, blanks between them, in the order of its fields."""

    words: str
    bigrams: str
    head: str
    characters: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """One of each for each document; no vectors where the encoder is one that must be asked by itself."""

    fields: list[Fields]
    texts: list[bytes]
    wholes: list[bytes]
    vectors: Vectors | None


def prepare(documents: Sequence[Document], encoder: Encoder | None) -> Prepared:
    fields: list[Fields] = []
    texts: list[bytes] = []
    vectors: list[Vectors] = []
    for start in range(0, len(documents), AT_ONCE):
        part = _Part(documents[start : start + AT_ONCE])
        fields += part.fields()
        texts += [normal.encode() for normal in part.normals]
        if isinstance(encoder, StaticEncoder):
            vectors.append(part.vectors(encoder))
    wholes = [encode_document(document) for document in documents]
    return Prepared(fields, texts, wholes, np.concatenate(vectors) if vectors else None)


class _Part:
    """The texts of a document are its title, its questions, its keywords with its article, and its body."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = documents
        self.normals = [NormalText.of(document) for document in documents]
        texts = [
            text
            for normal in self.normals
            for text in (normal.title, *normal.questions, _tail(normal), normal.body)
        ]
        sizes = (len(normal.questions) + 3 for normal in self.normals)
        self._starts = list(accumulate(sizes, initial=0))
        # What the encoder reads less of than the keywords do is cut apart.
        self._short = [
            (at, text[:MAX_CHARACTERS]) for at, text in self._encoded() if len(text) > MAX_CHARACTERS
        ]
        self._cut = CutTexts([*texts, *(normalise(text) for _, text in self._short)])
        city = cutter()
        self._pieces = self._cut.pieces(city)
        self._plain = self._cut.pieces(PLAIN) if city.words else self._pieces

    def _encoded(self) -> Iterator[tuple[int, str]]:
        """The heads of all documents, then their bodies, by the numbers under which they are encoded."""
        yield from enumerate(head_of(document) for document in self.documents)
        yield from enumerate((document.body for document in self.documents), len(self.documents))

    def fields(self) -> Iterator[Fields]:
        words = self._cut.words(self._pieces)
        for normal, (first, last) in zip(self.normals, pairwise(self._starts), strict=True):
            head = self._cut.bigrams(first, last - 1)
            starts = [START + "".join(text[:2].split()) for text in (normal.title, *normal.questions)]
            yield Fields(
                words=" ".join(words[first:last]),
                bigrams=f"{head} {self._cut.bigrams(last - 1, last)}",
                head=" ".join((head, *starts)),
                characters=" ".join("".join((normal.title, *normal.questions, _tail(normal)))),
            )

    def vectors(self, encoder: StaticEncoder) -> Vectors:
        count = len(self.documents)
        texts = np.full(self._cut.count, -1, dtype=np.int64)
        apart = {at for at, _ in self._short}
        for number, (first, last) in enumerate(pairwise(self._starts)):
            if number not in apart:
                texts[first : last - 2] = number
            if count + number not in apart:
                texts[last - 1] = count + number
        texts[self._starts[-1] :] = [at for at, _ in self._short]
        made = encoder.encode_cut(self._cut, self._plain, texts, 2 * count)
        return joined_halves(made[:count], made[count:])


def _tail(normal: NormalText) -> str:
    return f"{normal.keywords} {normal.article}"
