"""Any sentence-transformers model behind the encoder port."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class EncoderUnavailable(Exception):
    """The configured encoder cannot work here; the message says what to do, in Chinese."""


class TransformersEncoder:
    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self._name = name
        self._dimensions = int(model.get_embedding_dimension())

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self._dimensions), dtype=np.float32)
        made = self._model.encode(
            list(texts), convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
        )
        vectors: NDArray[np.float32] = np.asarray(made, dtype=np.float32)
        vectors[[not text.strip() for text in texts]] = 0.0
        return vectors


def load_transformers(model: str) -> TransformersEncoder:
    """The sentence-transformers model of that name or local path.

    Raises EncoderUnavailable where the extra is not installed or the model cannot be loaded.
    """
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EncoderUnavailable(
            "未安装句向量扩展：请执行 pip install 'kb-service[transformers]'，或将 KB_ENCODER 设为 builtin"
        ) from error
    try:
        loaded = SentenceTransformer(model)
    except (OSError, ValueError) as error:
        raise EncoderUnavailable(
            f"句向量模型“{model}”无法加载：{error}。请检查 KB_ENCODER 中的模型名称或本地路径"
        ) from error
    return TransformersEncoder(loaded, f"transformers:{model}")
