"""Claims about how many candidates are looked at before the points that were asked for are given up."""

import numpy as np
import pytest

from search.ports import Query
from search.ranking.features import FEATURES, Measured
from search.ranking.ranked import Ranked, rank_enough

LIMITS = [80, 320, 1_200]


def ranked(points: int, enough: list[bool]) -> Ranked:
    none = np.zeros((0, len(FEATURES)), dtype=np.float32)
    no_terms = np.zeros((0, 0), dtype=bool)
    scores = np.zeros(points, dtype=np.float32)
    measured = Measured(none, no_terms, no_terms, np.zeros(0, dtype=bool))
    return Ranked(np.arange(points), scores, scores, none, measured, vectors=True, enough=np.array(enough))


def limits_asked(points: int, holding: list[slice], *, by_vectors: int = 20, wanted: int = 10) -> list[int]:
    """The limits of a search whose first 80 candidates by keywords and those by vectors hold enough at `holding`."""
    asked: list[int] = []

    def gather(limit: int) -> tuple[int, Ranked]:
        asked.append(limit)
        enough = np.zeros(limit + by_vectors * limit // LIMITS[0], dtype=bool)
        for part in holding:
            enough[part] = True
        return len(enough), ranked(points, enough.tolist())

    rank_enough(Query("问", frozenset({"public"}), 0, limit=wanted), gather)
    return asked


def test_nothing_more_is_looked_at_where_the_ends_of_what_was_found_hold_nothing() -> None:
    assert limits_asked(3, [slice(0, 5), slice(80, 82)]) == [80]


@pytest.mark.parametrize("end", [slice(60, 80), slice(79, 80), slice(98, 100)])
def test_more_is_looked_at_while_the_end_of_keywords_or_of_vectors_holds_something(end: slice) -> None:
    assert limits_asked(3, [end])[:2] == [80, 320]


def test_one_document_of_many_passages_crowds_nobody_out() -> None:
    assert limits_asked(1, [slice(None)]) == LIMITS


def test_points_enough_end_the_search_at_once() -> None:
    assert limits_asked(10, [slice(None)]) == [80]
