"""When something is sent, who stands in, how a roster covers time."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_service.core.clock import CITY
from kb_service.notices import rules
from kb_service.notices.rules import Span, gaps, overlaps

START = datetime(2026, 11, 16, tzinfo=CITY).astimezone(UTC)
WEEK = Span(START, START + timedelta(days=7))
minutes = st.integers(-2_000, 12_000)
spans = st.lists(
    st.tuples(minutes, st.integers(1, 3_000)).map(
        lambda pair: Span(START + timedelta(minutes=pair[0]), START + timedelta(minutes=pair[0] + pair[1]))
    ),
    max_size=12,
)


@given(spans, st.integers(0, 7 * 24 * 60 - 1))
def test_every_instant_of_a_week_is_covered_or_lies_in_a_gap(found: list[Span], minute: int) -> None:
    at = START + timedelta(minutes=minute)
    covering = sum(span.starts_at <= at < span.ends_at for span in found)
    in_gap = any(gap.starts_at <= at < gap.ends_at for gap in gaps(found, WEEK))
    in_overlap = any(each.starts_at <= at < each.ends_at for each in overlaps(found, WEEK))
    assert in_gap == (covering == 0)
    assert in_overlap == (covering >= 2)


@given(spans)
def test_gaps_and_overlaps_lie_inside_the_week_in_order_and_apart(found: list[Span]) -> None:
    for stretches in (gaps(found, WEEK), overlaps(found, WEEK)):
        assert all(WEEK.starts_at <= each.starts_at < each.ends_at <= WEEK.ends_at for each in stretches)
        following = itertools.pairwise(stretches)
        assert all(one.ends_at < other.starts_at for one, other in following)


def test_an_overlap_is_not_cut_where_one_shift_hands_over_to_another() -> None:
    early, late = (START + timedelta(hours=each) for each in (8, 16))
    whole = Span(START, START + timedelta(hours=24))
    assert overlaps([whole, Span(START, early), Span(early, late)], WEEK) == [Span(START, late)]
    assert overlaps([Span(START, early), Span(early, late)], WEEK) == []


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 3 * 24 * 60))
def test_nothing_is_sent_in_quiet_hours_and_nothing_waits_for_a_day(
    quiet_from: int, quiet_to: int, minute: int
) -> None:
    at = START + timedelta(minutes=minute)
    sent = rules.after_quiet(at, quiet_from, quiet_to)
    assert at <= sent < at + timedelta(days=1)
    assert sent == rules.after_quiet(sent, quiet_from, quiet_to)
    if sent != at:
        assert rules.minute_of(sent) == quiet_to


def test_quiet_hours_run_across_midnight() -> None:
    night = datetime(2026, 11, 20, 23, 0, tzinfo=CITY)
    assert rules.after_quiet(night, 22 * 60, 7 * 60) == datetime(2026, 11, 21, 7, 0, tzinfo=CITY)
    early = datetime(2026, 11, 20, 3, 0, tzinfo=CITY)
    assert rules.after_quiet(early, 22 * 60, 7 * 60) == datetime(2026, 11, 20, 7, 0, tzinfo=CITY)


def test_a_kind_with_a_statutory_time_cannot_be_switched_off() -> None:
    task = rules.kind_of("knowledge.task_due")
    assert task.statutory
    assert rules.mode_for(task, "mail", {(task.code, "mail"): "off"}) == "digest"
    other = rules.kind_of("knowledge.approved")
    assert rules.mode_for(other, "mail", {(other.code, "mail"): "off"}) == "off"


def test_a_kind_is_known_by_its_longest_beginning() -> None:
    assert rules.kind_of("ticket.assigned").code == "ticket"
    assert rules.kind_of("knowledge.review").code == "knowledge.review"
    assert rules.kind_of("knowledge.reviewed_late").code == "knowledge"
    assert rules.kind_of("something.new") is rules.OTHER


def test_each_pause_is_twice_the_one_before_until_it_gives_up() -> None:
    pauses = [rules.next_attempt(START, attempts) for attempts in range(1, rules.MOST_ATTEMPTS + 1)]
    assert [(at - START).total_seconds() / 60 for at in pauses if at] == [1, 2, 4, 8, 16, 32, 64]
    assert pauses[-1] is None


away = st.dictionaries(st.integers(1, 8), st.none() | st.integers(1, 8), max_size=8)


@given(away, st.sets(st.integers(1, 8)))
def test_a_stand_in_is_never_away_nor_closed_nor_the_absent_one(
    absences: dict[int, int | None], active: set[int]
) -> None:
    for absent, instead in rules.resolve_stand_ins(range(1, 9), absences, active).items():
        assert absent in absences
        assert instead not in absences
        assert instead in active


def test_whoever_stands_in_reaches_at_least_the_same_units() -> None:
    wanted = {"knowledge.review_unit": frozenset({1, 2})}
    assert rules.lacking(wanted, {"knowledge.review_unit": frozenset({1, 2, 3})}) == []
    assert rules.lacking(wanted, {"knowledge.review_unit": None}) == []
    assert rules.lacking(wanted, {"knowledge.review_unit": frozenset({1})}) == ["knowledge.review_unit"]
    assert rules.lacking({"ticket.handle": None}, {"ticket.handle": frozenset({1})}) == ["ticket.handle"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("全天", (0, 1440)),
        ("夜班", (1050, 1950)),
        ("17:30-08:30", (1050, 1950)),
        ("08：00—16：00", (480, 960)),
        ("8点到16点", None),
        ("25:00-26:00", None),
        ("", None),
    ],
)
def test_a_shift_is_read_as_people_write_it(text: str, expected: tuple[int, int] | None) -> None:
    assert rules.shift_minutes(text) == expected
