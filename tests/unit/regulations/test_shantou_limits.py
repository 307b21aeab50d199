"""Limits, extensions and cards of Shantou 2016, worked out from its articles. Days are counted by hand from the notices."""

import pytest

from kb_service.regulations.calendar import Period
from kb_service.regulations.rules import (
    SpecialLimit,
    card,
    extension_due,
    lacking,
    last_moment_to_ask,
    report_due,
)
from tests.support.deadlines import CALENDAR, at, city, handled, handling, outcome, told

SHANTOU = city("shantou-2016")
# Received on Monday 16 November 2026, and on 29 September before the holiday week: 30 September,
# 8, 9, the make-up Saturday 10, then 12 - 16 and 19 October.
LIMITS = ["2026-11-16T09:00", "2026-09-29T16:00"]


@pytest.mark.clause("ST-12.1")
def test_a_consultation_takes_two_working_days() -> None:
    assert [handled(SHANTOU, "consultation", each) for each in LIMITS] == [["2026-11-18"], ["2026-10-08"]]


@pytest.mark.clause("ST-12.2")
def test_a_suggestion_takes_five_and_is_told_whether_it_is_adopted() -> None:
    assert [handled(SHANTOU, "suggestion", each) for each in LIMITS] == [["2026-11-23"], ["2026-10-12"]]
    reply = SHANTOU.classes["suggestion"].reply
    assert reply is not None
    assert lacking(reply.needs, []) == ("adopted",)
    assert reply.written is False


@pytest.mark.clause("ST-12.3")
def test_help_takes_seven() -> None:
    assert [handled(SHANTOU, "help", each) for each in LIMITS] == [["2026-11-25"], ["2026-10-14"]]


@pytest.mark.clause("ST-12.4")
def test_a_complaint_takes_ten() -> None:
    assert [handled(SHANTOU, "complaint", each) for each in LIMITS] == [["2026-11-30"], ["2026-10-19"]]


@pytest.mark.clause("ST-12.5")
def test_a_filed_case_counts_as_completed_with_evidence() -> None:
    assert list(SHANTOU.completion.deemed) == ["case_filed"]
    rule = SHANTOU.completion.deemed["case_filed"]
    assert lacking(rule.needs, []) == ("evidence",)
    assert rule.classes == ("complaint",)


@pytest.mark.clause("ST-12.6")
@pytest.mark.parametrize(
    ("request_class", "days", "due"),
    [
        ("complaint", 30, "2026-12-28"),  # longer than the class's ten, and stands in their place
        ("complaint", 3, "2026-11-19"),
        ("help", 30, "2026-11-25"),  # said of complaints and reports alone
    ],
)
def test_a_national_or_provincial_limit_prevails_for_complaints(
    request_class: str, days: int, due: str
) -> None:
    special = SpecialLimit(Period(working_days=days), "依国家规定")
    assert handled(SHANTOU, request_class, "2026-11-16T09:00", special=special) == [due]


@pytest.mark.clause("ST-12.7")
@pytest.mark.parametrize(
    ("replied", "due"), [("2026-11-20T08:00", "2026-11-20"), ("2026-11-21T23:00", "2026-11-21")]
)
def test_the_result_is_reported_on_the_day_of_the_reply(replied: str, due: str) -> None:
    assert told(report_due(SHANTOU, CALENDAR, at(replied))) == (due, "ST-12.7")
    assert SHANTOU.completion.report is not None
    assert SHANTOU.completion.report.through == "区（县）热线管理责任单位"


def extended(request_class: str, nth: int, days: int | None) -> str:
    """After the nth extension of a ticket received on 2 November 2026; a complaint is due on the 16th."""
    due = handling(SHANTOU, request_class, "2026-11-02T09:00")
    return outcome(lambda: extension_due(SHANTOU, CALENDAR, due, request_class, nth, days))


@pytest.mark.clause("ST-17.1")
@pytest.mark.parametrize(
    ("request_class", "expected"),
    [
        ("complaint", "2026-11-17"),
        ("report", "2026-11-17"),
        ("help", "extension_not_for_class"),
        ("suggestion", "extension_not_for_class"),
        ("consultation", "extension_not_for_class"),
    ],
)
def test_only_complaints_and_reports_can_be_extended(request_class: str, expected: str) -> None:
    assert extended(request_class, 1, 1) == expected


@pytest.mark.clause("ST-17.2")
def test_the_first_extension_is_filed_a_working_day_before_the_limit_ends() -> None:
    # Due on Monday 30 November 2026: Friday the 27th, until 24:00.
    due = handling(SHANTOU, "complaint", "2026-11-16T09:00")
    moment = last_moment_to_ask(SHANTOU, CALENDAR, due, "complaint", 1)
    assert (told(moment), moment.due) == (("2026-11-27", "ST-17.2"), at("2026-11-28T00:00"))
    assert SHANTOU.extension is not None
    ask = SHANTOU.extension.first.ask
    assert lacking(ask.needs, []) == ("facts", "reason", "new_limit")
    assert (ask.requester_told, ask.approved) == (True, False)


@pytest.mark.clause("ST-17.3")
@pytest.mark.parametrize(
    ("days", "expected"),
    [(None, "2026-11-30"), (10, "2026-11-30"), (3, "2026-11-19"), (11, "extension_too_long")],
)
def test_the_first_extension_is_at_most_the_classs_limit(days: int | None, expected: str) -> None:
    assert extended("complaint", 1, days) == expected


@pytest.mark.clause("ST-17.4")
@pytest.mark.parametrize(
    ("nth", "days", "expected"),
    [
        (2, 5, "2026-11-23"),
        (2, None, "2026-11-23"),
        (2, 6, "extension_too_long"),
        (3, 1, "extension_too_often"),
    ],
)
def test_the_second_extension_is_the_last_and_at_most_five_working_days(
    nth: int, days: int | None, expected: str
) -> None:
    assert extended("complaint", nth, days) == expected


@pytest.mark.clause("ST-17.4")
def test_the_second_extension_needs_a_plan_and_approval_before_the_limit_ends() -> None:
    due = handling(SHANTOU, "complaint", "2026-11-16T09:00")
    assert last_moment_to_ask(SHANTOU, CALENDAR, due, "complaint", 2).due == due.due
    assert SHANTOU.extension is not None
    ask = SHANTOU.extension.step(2).ask
    assert lacking(ask.needs, []) == ("reason", "work_plan")
    assert (ask.requester_told, ask.approved) == (True, True)


@pytest.mark.clause("ST-19.2")
@pytest.mark.parametrize(
    ("now", "colour", "overdue"),
    [
        ("2026-11-18T23:59", "green", 0),
        ("2026-11-19T00:00", "green", 1),  # a first overdue day is overdue without a card
        ("2026-11-20T09:00", "yellow", 2),
        ("2026-11-22T09:00", "yellow", 2),  # the weekend adds nothing
        ("2026-11-23T00:00", "red", 3),
    ],
)
def test_more_than_one_overdue_day_is_yellow_and_more_than_two_red(
    now: str, colour: str, overdue: int
) -> None:
    due = handling(SHANTOU, "consultation", "2026-11-16T09:00")
    shown = card(SHANTOU, CALENDAR, due, at(now))
    assert shown is not None
    assert (shown.colour, shown.overdue_working_days, shown.clause) == (colour, overdue, "ST-19.2")


@pytest.mark.clause("ST-19.2")
def test_only_the_handling_limit_shows_cards_and_an_extension_moves_them() -> None:
    assert SHANTOU.cards is not None
    assert SHANTOU.cards.clocks == ("handling",)
    due = handling(SHANTOU, "complaint", "2026-11-02T09:00")
    later = extension_due(SHANTOU, CALENDAR, due, "complaint", 1)
    before, after = (card(SHANTOU, CALENDAR, each, at("2026-11-20T09:00")) for each in (due, later))
    assert before is not None
    assert after is not None
    assert (before.colour, after.colour) == ("red", "green")
