"""Claims about keeping a token table in four bits a number."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from search.embedding.quantise import pack, unpack


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 8, 64]), st.floats(0.01, 50))
def test_packing_loses_little_of_any_row(seed: int, width: int, spread: float) -> None:
    table = (np.random.default_rng(seed).standard_normal((20, width)) * spread).astype(np.float32)
    codes, scales = pack(table)
    assert codes.nbytes == table.size // 2
    restored = unpack(codes).astype(np.float32) * scales.astype(np.float32)[:, None]
    # Rounding to fifteen levels of a row's own peak is off by half a level at most, clipping or not.
    worst = np.linalg.norm(np.abs(table).max(axis=1) / 14 * np.sqrt(width))
    assert np.linalg.norm(restored - table) <= worst * 1.01


def test_a_row_of_zeros_stays_zero() -> None:
    codes, scales = pack(np.zeros((3, 4), dtype=np.float32))
    assert not (unpack(codes) * scales[:, None]).any()


def test_signs_and_places_survive() -> None:
    table = np.array([[7.0, -7.0, 0.0, 3.0]], dtype=np.float32)
    codes, scales = pack(table)
    assert unpack(codes).tolist() == [[7, -7, 0, 3]]
    assert scales.tolist() == [1.0]
