"""No query crashes or stalls anything, whatever its characters, through every door it can come in by."""

import json
from collections.abc import Callable
from typing import Final

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb_service.answering.following import Nearest, Subject, follow
from search.analysis.query import MAX_CHARACTERS, MAX_TERMS, analyse_query
from search.bench.hostile import LONG, bench_hostile, hostile_queries
from search.ports import SearchEngine
from tests.integration.search.conftest import OpenEngine
from tests.support.citizen import JSON
from tests.support.console import Answer
from tests.support.knowledge import faq
from tests.support.searching import NOW, PUBLIC, change, document, query
from tests.support.service import Service

PIECES: Final = (
    "退休", "怎么办", "的了是", "，。！", "\u0000", "\ud800", "\udfff", "\u0301\u0301", "\u202e", "\u200d", "👨‍👩‍👧", "ﬀ", "ﷺ", "مرحبا",
    "שלום", "' OR 1=1 --", "AND (", '"', "*", "\\", "<b>", "%", "12345", "a1b2", "\U0010ffff", "　", "\t\n",
)  # fmt: skip
ANY = st.one_of(
    st.text(alphabet=st.characters(), max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.tuples(st.sampled_from(PIECES), st.integers(1, LONG)).map(lambda pair: (pair[0] * pair[1])[:LONG]),
)
SHARED = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
KINDS = 10


@pytest.fixture
def filled(open_engine: OpenEngine) -> SearchEngine:
    engine = open_engine()
    engine.apply(
        [
            change(document(f"K{n}", title, "带身份证到窗口办理。"), seq=n + 1)
            for n, title in enumerate(("怎样办理退休", "公积金提取"))
        ]
    )
    return engine


@SHARED
@given(text=ANY)
def test_any_text_is_searched_and_suggested_for(filled: SearchEngine, text: str) -> None:
    for mode in ("hybrid", "keyword", "vector"):
        found = filled.search(query(text, mode=mode))
        assert all(0.0 <= hit.score <= 1.0 for hit in found.hits)
    filled.search(query(text, as_you_type=True))
    assert len(filled.suggest(text, PUBLIC, NOW)) <= 8


@given(text=ANY)
def test_the_work_of_any_query_is_bounded(text: str) -> None:
    asked = analyse_query(text)
    assert len(asked.text) <= MAX_CHARACTERS
    assert len(asked.words) <= MAX_TERMS
    assert len(asked.bigrams) <= MAX_TERMS


@pytest.mark.parametrize("kind", range(KINDS))
def test_every_kind_of_hostile_query_is_answered(filled: SearchEngine, kind: int) -> None:
    for text in list(hostile_queries(KINDS * 6))[kind::KINDS]:
        asked = analyse_query(text)
        assert max(len(asked.words), len(asked.bigrams)) <= MAX_TERMS
        assert len(filled.search(query(text)).hits) <= 2
        filled.suggest(text, PUBLIC, NOW)


def test_hostile_queries_are_the_same_each_time() -> None:
    assert list(hostile_queries(KINDS * 2)) == list(hostile_queries(KINDS * 2))
    assert max(map(len, hostile_queries(KINDS * 4))) >= LONG


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY)
def test_any_question_is_decided_and_any_follow_up_too(service: Service, text: str) -> None:
    if not service.parts.engine.health().ready:
        service.world.publish(faq("怎样办理退休"))
    if not text.strip() or not _storable(text):
        return
    first = service.decide(text)
    again = service.decide(text, conversation=first.conversation)
    for decided in (first, again):
        assert decided.decision in {"answer", "clarify", "dispatch", "not_accept", "emergency", "human"}
        assert 0.0 <= decided.confidence <= 1.0


def _storable(text: str) -> bool:
    """Lone surrogates are refused at every door by the type of its texts: see the doors below."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


@given(said=ANY, asked=ANY)
def test_any_two_questions_are_joined_or_not_within_bounds(said: str, asked: str) -> None:
    meant = follow(said, Subject(asked, asked[:30]), Nearest("怎样办理退休", ("退休",), 0.9))
    assert len(meant.query) <= 4 * (len(said) + len(asked)) + 1


@pytest.mark.parametrize(
    "text", ["\ud800", "退\udfff休", "\u0000", "\u202e\u0301" * 500, "的" * LONG, "，" * LONG, "退" * LONG]
)
def test_every_door_answers_or_refuses_in_words(
    service: Service, client: TestClient, bearer: Callable[..., dict[str, str]], text: str
) -> None:
    service.world.publish(faq("怎样办理退休"))
    service.index()
    headers = bearer("agent")
    # An address is no place for more; what is longer comes in a body.
    escaped = text[:500].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    answers: list[Answer] = [
        client.get("/api/v1/search", params={"q": escaped}, headers=headers),
        client.get("/api/v1/suggest", params={"q": escaped}, headers=headers),
        _post(client, "/api/v1/decisions", {"question": text}, headers),
        _post(client, "/chat/messages", {"question": text}, JSON),
        _post(client, "/chat/suggestions", {"q": text}, JSON),
    ]
    assert {answer.status_code for answer in answers} <= {200, 404, 413, 422}
    assert all(answer.json().get("detail") for answer in answers if answer.status_code != 200)


def _post(client: TestClient, path: str, body: dict[str, str], headers: dict[str, str]) -> Answer:
    """Escaped, as a program may send half a surrogate pair."""
    answer: Answer = client.post(
        path, content=json.dumps(body), headers=headers | {"Content-Type": "application/json"}
    )
    return answer


def test_the_slowest_hostile_queries_are_printed(open_engine: OpenEngine) -> None:
    found = bench_hostile(200, queries=40, encoder="none")
    assert found["queries"] == 40
    spent = [each["ms"] for each in found["slowest"]]
    assert spent == sorted(spent, reverse=True)
    assert spent[0] == found["max_ms"] >= found["p95_ms"] >= found["p50_ms"]
    assert all(each["text"].isprintable() or each["text"] == "" for each in found["slowest"])
