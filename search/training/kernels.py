"""Inner loops of embedding training, compiled by numba.

Texts are bags of tokens in compressed rows: text `t` holds `ids[indptr[t]:indptr[t + 1]]` with `weights`
alongside. Sums run in a fixed order, so that two runs from one seed give the same bytes.
"""

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@njit(cache=True)
def _kept(seed: Any, position: Any, drop: Any) -> Any:
    mixed = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(position) * np.uint64(
        0xBF58476D1CE4E5B9
    )
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(29)
    return np.float64(mixed >> np.uint64(40)) / 16777216.0 >= drop


@njit(cache=True)
def gather_batch(
    indptr: Longs, ids: Ints, weights: Floats, texts: Longs, seed: int, drop: float
) -> tuple[Longs, Ints, Floats]:
    """The rows of `texts` as a small matrix of their own, each token left out with probability `drop`."""
    total = 0
    for text in texts:
        total += indptr[text + 1] - indptr[text]
    batch_indptr = np.zeros(len(texts) + 1, dtype=np.int64)
    batch_ids = np.empty(total, dtype=np.int32)
    batch_weights = np.empty(total, dtype=np.float32)
    filled = 0
    for row in range(len(texts)):
        text = texts[row]
        for position in range(indptr[text], indptr[text + 1]):
            if _kept(seed, filled + position, drop):
                batch_ids[filled] = ids[position]
                batch_weights[filled] = weights[position]
                filled += 1
        batch_indptr[row + 1] = filled
    return batch_indptr, batch_ids[:filled], batch_weights[:filled]


@njit(cache=True, parallel=True, fastmath=True)
def sum_bags(indptr: Longs, ids: Ints, weights: Floats, table: Floats) -> Floats:
    """One row a text: the weighted sum of its tokens' rows."""
    rows = len(indptr) - 1
    width = table.shape[1]
    sums = np.zeros((rows, width), dtype=np.float32)
    for row in prange(rows):
        for position in range(indptr[row], indptr[row + 1]):
            weight = weights[position]
            token = ids[position]
            for column in range(width):
                sums[row, column] += weight * table[token, column]
    return sums


@njit(cache=True)
def group_by_token(
    indptr: Longs, ids: Ints, weights: Floats, tokens: int
) -> tuple[Ints, Longs, Ints, Floats]:
    """The batch transposed: touched tokens, and for each the rows it stands in with their weights."""
    counts = np.zeros(tokens + 1, dtype=np.int64)
    for token in ids:
        counts[token + 1] += 1
    touched = np.flatnonzero(counts[1:]).astype(np.int32)
    starts = np.cumsum(counts)
    cursor = starts.copy()
    rows = np.empty(len(ids), dtype=np.int32)
    values = np.empty(len(ids), dtype=np.float32)
    for row in range(len(indptr) - 1):
        for position in range(indptr[row], indptr[row + 1]):
            slot = cursor[ids[position]]
            cursor[ids[position]] += 1
            rows[slot] = row
            values[slot] = weights[position]
    return touched, starts, rows, values


@njit(cache=True, parallel=True, fastmath=True)
def adam_step(
    table: Floats,
    first: Floats,
    second: Floats,
    touched: Ints,
    starts: Longs,
    rows: Ints,
    values: Floats,
    gradient: Floats,
    rate: float,
    step: int,
) -> None:
    """Adam on the touched rows of `table`, given the gradient of each text's sum."""
    width = table.shape[1]
    correct_first = 1.0 - 0.9**step
    correct_second = 1.0 - 0.999**step
    for number in prange(len(touched)):
        token = touched[number]
        total = np.zeros(width, dtype=np.float32)
        for slot in range(starts[token], starts[token + 1]):
            for column in range(width):
                total[column] += values[slot] * gradient[rows[slot], column]
        for column in range(width):
            first[token, column] = 0.9 * first[token, column] + 0.1 * total[column]
            second[token, column] = 0.999 * second[token, column] + 0.001 * total[column] ** 2
            move = (first[token, column] / correct_first) / (
                np.sqrt(second[token, column] / correct_second) + 1e-8
            )
            table[token, column] -= rate * move
