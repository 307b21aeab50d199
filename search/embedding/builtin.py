"""The embedding that ships: sums of token vectors, read by numpy from one file."""

import json
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.analysis.cutting import CutTexts
from search.analysis.normalise import normalise
from search.embedding.quantise import pack, unpack
from search.embedding.tokens import MAX_CHARACTERS, PLAIN, TokenTable

MODEL_FILE = Path(__file__).parent / "model" / "static-v2.npz"
_AT_ONCE = 256


class StaticEncoder:
    """Weighted sums of rows of a token table kept in memory as bytes."""

    def __init__(
        self, name: str, table: TokenTable, codes: NDArray[np.int8], scales: NDArray[np.float32]
    ) -> None:
        self._name = name
        self._table = table
        self._codes = codes
        self._scales = scales

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return int(self._codes.shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), _AT_ONCE):
            cut = CutTexts([normalise(text[:MAX_CHARACTERS]) for text in texts[start : start + _AT_ONCE]])
            own = np.arange(cut.count)
            vectors[start : start + cut.count] = self.encode_cut(cut, cut.pieces(PLAIN), own, cut.count)
        return vectors

    def encode_cut(
        self, cut: CutTexts, pieces: Sequence[str], texts: NDArray[np.int64], count: int
    ) -> NDArray[np.float32]:
        """The rows of `encode` for texts whose parts are cut already (see `TokenTable.bags`)."""
        bags = self._table.bags(cut, pieces, texts, count)
        vectors = np.zeros((count, self.dimensions), dtype=np.float32)
        scaled = bags.weights * self._scales[bags.rows]
        for number, (start, end) in enumerate(pairwise(bags.starts.tolist())):
            if end > start:
                vectors[number] = scaled[start:end] @ self._codes[bags.rows[start:end]].astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors


def save_model(path: Path, vocabulary: Sequence[str], buckets: int, vectors: NDArray[np.float32]) -> None:
    codes, scales = pack(vectors)
    header = json.dumps({"format": 1, "name": path.stem, "buckets": buckets})
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        header=np.frombuffer(header.encode(), dtype=np.uint8),
        vocabulary=np.frombuffer("\n".join(vocabulary).encode(), dtype=np.uint8),
        codes=codes,
        scales=scales,
    )


def load_model(path: Path) -> StaticEncoder:
    with np.load(path, allow_pickle=False) as stored:
        header = json.loads(stored["header"].tobytes())
        vocabulary = stored["vocabulary"].tobytes().decode().split("\n")
        codes = unpack(stored["codes"])
        scales = stored["scales"].astype(np.float32)
    return StaticEncoder(
        f"builtin:{header['name']}", TokenTable(vocabulary, header["buckets"]), codes, scales
    )


@cache
def load_builtin() -> StaticEncoder:
    return load_model(MODEL_FILE)
