"""The form in which a candidate's text is ranked: UTF-16 units, each part after a mark that says what it is.

Normal forms hold no control characters, so the marks cannot be mistaken for text.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from search.analysis.normalise import normalise
from search.ports import Document

Units = NDArray[np.uint16]

LONGEST_BODY = 4_000
LONGEST_HEAD = 4_000


class Part(IntEnum):
    TITLE = 1
    QUESTION = 2
    KEYWORDS = 3
    ARTICLE = 4
    BODY = 5


MARKS = len(Part) + 1


@dataclass(frozen=True, slots=True)
class NormalText:
    """The normal forms of a document's parts, made once for all who need them."""

    title: str
    questions: tuple[str, ...]
    keywords: str
    article: str
    body: str

    @classmethod
    def of(cls, document: Document) -> "NormalText":
        return cls(
            title=normalise(document.title),
            questions=tuple(map(normalise, document.questions)),
            keywords=normalise(" ".join(document.keywords)),
            article=normalise(document.article),
            body=normalise(document.body),
        )

    def encode(self) -> bytes:
        """Title first, body last; bounded, so that no document makes ranking slow."""
        head = [chr(Part.TITLE), self.title]
        for question in self.questions:
            head += (chr(Part.QUESTION), question)
        head += (chr(Part.KEYWORDS), self.keywords, chr(Part.ARTICLE), self.article)
        return encode("".join(head)[:LONGEST_HEAD] + chr(Part.BODY) + self.body[:LONGEST_BODY])


def encode(normal: str) -> bytes:
    return normal.encode("utf-16-le", "surrogatepass")


def units_of(encoded: bytes) -> Units:
    return np.frombuffer(encoded, dtype="<u2")
