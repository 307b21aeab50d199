"""A starting point for the token table: directions in which tokens occur together."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

_ROUNDS = 3
_SPARE = 16


def token_directions(bags: csr_matrix, dimensions: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Unit-length right singular directions of `bags` (texts by tokens), one row a token.

    Randomised range finder with power rounds. Rows are brought to unit length because the raw ones shrink with
    rarity and training then never moves the rare tokens. A token that no text holds has a zero row.
    """
    across = bags.T.tocsr()
    sketch = rng.standard_normal((bags.shape[1], dimensions + _SPARE)).astype(np.float32)
    for _ in range(_ROUNDS):
        sketch = across @ (bags @ sketch)
        sketch = np.linalg.qr(sketch).Q
    projected = bags @ sketch
    _left, values, right = np.linalg.svd(projected.T @ projected)
    directions = sketch @ (right[:dimensions].T * np.sqrt(np.sqrt(values[:dimensions])))
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (directions / np.maximum(lengths, 1e-9)).astype(np.float32)
    return unit
