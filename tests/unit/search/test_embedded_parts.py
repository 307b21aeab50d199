"""Claims about the parts of the embedded engine that can be tried alone."""

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from search.engines.embedded import files
from search.engines.embedded.eligible import Eligibility, Eligible
from search.engines.embedded.records import ROW, Strings, decode_document, encode_document
from search.engines.embedded.vectors import VectorIndex, pack_rows, pack_signs
from search.engines.errors import RebuildRunningError
from search.engines.filters import Filter
from search.ports import FOREVER
from tests.support.searching import document

ANYONE = Filter(
    frozenset({"public"}), frozenset(), frozenset(), frozenset(), frozenset(), include_lapsed=False
)
ENDS = st.one_of(st.just(FOREVER), st.integers(0, 30))


def make_index(vectors: NDArray[np.float32]) -> VectorIndex:
    return VectorIndex(pack_rows(vectors), tuple(np.ascontiguousarray(pack_signs(vectors).T)))


def make_vectors(count: int, dimensions: int, seed: int = 1) -> NDArray[np.float32]:
    """Some close together and the rest anywhere, as texts are."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((count // 20 + 1, dimensions))
    vectors = centres[random.integers(len(centres), size=count)] + random.standard_normal((count, dimensions))
    scaled: NDArray[np.float32] = vectors.astype(np.float32)
    scaled /= np.linalg.norm(scaled, axis=1, keepdims=True)
    return scaled


def eligible(mask: NDArray[np.bool_]) -> Eligible:
    return Eligible(mask, int(mask.sum()), 0, FOREVER)


@pytest.mark.parametrize("dimensions", [64, 100, 256, 384])
def test_the_nearest_vectors_are_found_among_many(dimensions: int) -> None:
    vectors = make_vectors(20_000, dimensions)
    index = make_index(vectors)
    mask = np.ones(len(vectors), dtype=bool)
    found = []
    for number in range(0, 1_000, 50):
        exact = np.argsort(-(vectors @ vectors[number]))[:20]
        near = index.nearest(vectors[number], eligible(mask), 20)
        assert near[0] == number
        found.append(len(set(near) & set(exact)) / 20)
    assert np.mean(found) > 0.85


@given(st.integers(0, 2_000), st.floats(0, 1), st.integers(1, 50))
def test_only_eligible_vectors_are_near(seed: int, share: float, wanted: int) -> None:
    vectors = make_vectors(1_500, 64)
    mask = np.random.default_rng(seed).random(len(vectors)) < share
    near = make_index(vectors).nearest(vectors[seed % len(vectors)], eligible(mask), wanted)
    assert mask[near].all()
    assert len(set(near.tolist())) == len(near) <= wanted


def test_a_few_eligible_vectors_are_compared_exactly() -> None:
    vectors = make_vectors(5_000, 64)
    mask = np.zeros(len(vectors), dtype=bool)
    mask[::20] = True
    near = make_index(vectors).nearest(vectors[7], eligible(mask), 10)
    cosines = np.where(mask, vectors @ vectors[7], -1)
    assert set(near) == set(np.argsort(-cosines)[:10])


def test_the_cosine_from_bytes_is_the_cosine() -> None:
    vectors = make_vectors(300, 256)
    found = make_index(vectors).cosines(vectors[0], np.arange(300))
    assert np.abs(found - vectors @ vectors[0]).max() < 0.005


def test_a_text_without_vector_is_near_to_nothing() -> None:
    vectors = np.zeros((3, 64), dtype=np.float32)
    vectors[0, 0] = 1.0
    index = make_index(vectors)
    everything = eligible(np.ones(3, dtype=bool))
    assert index.nearest(vectors[0], everything, 3).tolist() == [0]
    assert index.nearest(vectors[1], everything, 3).tolist() == []


@given(
    st.lists(st.tuples(st.integers(0, 30), ENDS, ENDS), max_size=12), st.integers(-5, 35), st.integers(-5, 35)
)
def test_a_mask_holds_for_every_instant_it_claims(
    windows: list[tuple[int, int, int]], now: int, other: int
) -> None:
    strings = Strings()
    rows = np.zeros(len(windows), dtype=ROW)
    rows["access"] = strings.number("public")
    for place, window in enumerate(windows):
        rows["live_from"][place], rows["live_to"][place], rows["effective_to"][place] = window
    eligibility = Eligibility(rows, np.ones(len(rows), dtype=bool), strings)
    made = eligibility.of(ANYONE, now)
    assert made.mask.tolist() == [start <= now < end and now < lapses for start, end, lapses in windows]
    assert made.since <= now < made.until
    if made.since <= other < made.until:
        assert eligibility.of(ANYONE, other) is made
    expected = [start <= other < end and other < lapses for start, end, lapses in windows]
    assert eligibility.of(ANYONE, other).mask.tolist() == expected


def test_facets_of_several_values_are_held_by_each() -> None:
    strings = Strings()
    numbers = [strings.number("A", "B"), strings.number("B"), strings.number("AB"), strings.number()]
    assert strings.holding(frozenset({"B"}))[numbers].tolist() == [True, True, False, False]
    assert strings.holding(frozenset({"A"}))[numbers].tolist() == [True, False, False, False]
    assert not strings.holding(frozenset())[numbers].any()


def test_appending_drops_what_an_interrupted_writer_left(tmp_path: Path) -> None:
    path = tmp_path / "rows.bin"
    files.append(path, b"kept-and-half-writ", 0)
    files.append(path, b"new", 4)
    assert path.read_bytes() == b"keptnew"


def test_a_lock_is_held_by_one_and_can_be_taken_again_by_its_holder(tmp_path: Path) -> None:
    lock, other = files.Lock(tmp_path / "lock"), files.Lock(tmp_path / "lock")
    with lock.held(), lock.held(), pytest.raises(RebuildRunningError), other.held(wait=False):
        pytest.fail("two hold it")
    with other.held(wait=False):
        pass


@given(st.text(st.characters()), st.lists(st.text(st.characters()), max_size=3))
def test_a_stored_document_comes_back_as_it_was(text: str, several: list[str]) -> None:
    made = document("K1", text, text, questions=tuple(several), keywords=tuple(several))
    assert decode_document(encode_document(made)) == made


def test_nobody_gets_the_writer_twice_before_a_thread_that_waits(tmp_path: Path) -> None:
    lock = files.Lock(tmp_path / "lock")
    order: list[str] = []

    def once() -> None:
        with lock.held():
            order.append("other")

    with lock.held(), lock.held():
        other = threading.Thread(target=once)
        other.start()
        while not lock._threads._next.locked():
            pass
    with lock.held():
        order.append("again")
    other.join()
    assert order == ["other", "again"]
