"""The state of a finding."""

from hypothesis import given
from hypothesis import strategies as st

from kb_service.knowledge.checks.rules import (
    CHECKS,
    DAILY,
    PAIRS,
    Seen,
    State,
    state_when_found,
    state_when_not_found,
)


def test_a_dismissal_holds_while_the_words_stay_the_same() -> None:
    dismissed = Seen(State.DISMISSED, "words")
    assert state_when_found(dismissed, "words") == State.DISMISSED
    assert state_when_found(dismissed, "other words") == State.OPEN
    assert state_when_not_found(State.DISMISSED) == State.DISMISSED


def test_what_is_gone_and_comes_back_is_open() -> None:
    assert state_when_found(Seen(State.GONE, "words"), "words") == State.OPEN


@given(st.sampled_from(State), st.text(max_size=2))
def test_being_found_twice_is_being_found_once(state: State, digest: str) -> None:
    once = state_when_found(Seen(state, "words"), digest)
    assert state_when_found(Seen(once, digest), digest) == once


def test_checks_are_named_once_and_only_impossible_numbers_open_a_task_by_themselves() -> None:
    assert CHECKS.keys() >= PAIRS | DAILY
    assert [check.id for check in CHECKS.values() if check.opens == "task"] == ["phone_impossible"]
