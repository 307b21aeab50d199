"""Rows of 4-bit numbers with one scale a row: a token table in an eighth of its size."""

import numpy as np
from numpy.typing import NDArray

_LEVELS = 7
_CLIPS = np.linspace(0.5, 1.0, 11, dtype=np.float32)


def pack(table: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """Codes (two a byte, dimension 2k in the low half) and scales of `table`, whose width is even.

    Each row's scale is the one of eleven clips that loses least of that row.
    """
    peaks = np.abs(table).max(axis=1)
    best_error = np.full(len(table), np.inf, dtype=np.float32)
    best_scale = np.zeros(len(table), dtype=np.float16)
    for clip in _CLIPS:
        scale = (peaks * clip / _LEVELS).astype(np.float16)
        error = np.square(_codes(table, scale) * scale.astype(np.float32)[:, None] - table).sum(axis=1)
        better = error < best_error
        best_error[better] = error[better]
        best_scale[better] = scale[better]
    shifted = (_codes(table, best_scale) + 8).astype(np.uint8)
    codes: NDArray[np.uint8] = np.bitwise_or(shifted[:, 0::2], np.left_shift(shifted[:, 1::2], 4)).astype(
        np.uint8
    )
    return codes, best_scale


def unpack(codes: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The signed numbers -7 … 7 that `pack` wrote, before scaling."""
    table = np.empty((codes.shape[0], codes.shape[1] * 2), dtype=np.int8)
    table[:, 0::2] = codes & 15
    table[:, 1::2] = codes >> 4
    table -= 8
    return table


def _codes(table: NDArray[np.float32], scale: NDArray[np.float16]) -> NDArray[np.float32]:
    divisor = scale.astype(np.float32)[:, None]
    rounded = np.rint(np.divide(table, divisor, out=np.zeros_like(table), where=divisor > 0))
    return np.clip(rounded, -_LEVELS, _LEVELS)
