"""The form in which a candidate's text is ranked: UTF-16 units, each part after a mark that says what it is.

Normal forms hold no control characters, so the marks cannot be mistaken for text.
"""

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


def encode_document(document: Document) -> bytes:
    """Title first, body last; bounded, so that no document makes ranking slow."""
    head = [chr(Part.TITLE), normalise(document.title)]
    for question in document.questions:
        head += (chr(Part.QUESTION), normalise(question))
    head += (chr(Part.KEYWORDS), normalise(" ".join(document.keywords)))
    head += (chr(Part.ARTICLE), normalise(document.article))
    body = normalise(document.body)[:LONGEST_BODY]
    return encode("".join(head)[:LONGEST_HEAD] + chr(Part.BODY) + body)


def encode(normal: str) -> bytes:
    return normal.encode("utf-16-le", "surrogatepass")


def units_of(encoded: bytes) -> Units:
    return np.frombuffer(encoded, dtype="<u2")
