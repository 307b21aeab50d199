"""The vector of a passage, the same for every engine."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search.embedding.ports import Encoder
from search.ports import Document


def embed_passages(documents: Sequence[Document], encoder: Encoder) -> NDArray[np.float32]:
    heads = encoder.encode([head_of(document) for document in documents])
    return joined_halves(heads, encoder.encode([document.body for document in documents]))


def head_of(document: Document) -> str:
    return "\n".join((document.title, *document.questions))


def joined_halves(heads: NDArray[np.float32], bodies: NDArray[np.float32]) -> NDArray[np.float32]:
    """Half of a document's vector is its title and questions, half its body: a long body hides no title."""
    sums = heads + bodies
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    vectors: NDArray[np.float32] = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
    return vectors
