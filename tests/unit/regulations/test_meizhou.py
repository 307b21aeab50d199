"""Meizhou 2014, worked out from its articles. Days are counted by hand from the notices."""

import pytest

from kb_service.regulations.calendar import Period
from kb_service.regulations.deployment import supplied
from kb_service.regulations.rules import (
    SpecialLimit,
    acceptance_due,
    card,
    centre_dispatch_due,
    extension_due,
    first_contact_due,
    ground,
    initial_disposal,
    lacking,
    last_moment_to_ask,
    redo_due,
    return_due,
    sign_due,
)
from tests.support.deadlines import CALENDAR, at, city, handled, handling, last_day, outcome, told

MEIZHOU = city("meizhou-2014")
MONDAY = "2026-11-16T09:00"


@pytest.mark.clause("MZ-8")
def test_five_kinds_of_matters_are_accepted() -> None:
    assert list(MEIZHOU.acceptance.scope) == [
        "livelihood",
        "enterprises",
        "suggestions",
        "information",
        "other",
    ]


@pytest.mark.clause("MZ-9.1")
def test_eight_matters_are_not_accepted_and_each_is_told_with_its_item_and_channel() -> None:
    grounds = MEIZHOU.acceptance.grounds
    assert [each.article for each in grounds.values()] == [
        f"第九条第一款第（{n}）项" for n in "一二三四五六七八"
    ]
    assert [each.disposal for each in grounds.values()] == ["not_accepted"] * 8
    for ground_id in grounds:
        match = ground(MEIZHOU, ground_id)
        assert match.article in match.told
        assert match.channel in match.told


@pytest.mark.clause("MZ-9.2")
def test_emergencies_are_put_through_to_three_numbers() -> None:
    assert list(MEIZHOU.emergency.numbers) == ["120", "119", "110"]


@pytest.mark.clause("MZ-10")
def test_there_are_five_classes_and_a_suggestion_is_handled_as_help() -> None:
    assert {code: (each.label, each.covers) for code, each in MEIZHOU.classes.items()} == {
        "consultation": ("咨询", ()),
        "complaint": ("投诉", ()),
        "report": ("举报", ()),
        "appeal": ("申诉", ()),
        "help": ("求助（建议）", ("suggestion",)),
    }


@pytest.mark.clause("MZ-11.1")
@pytest.mark.parametrize("request_class", ["consultation", "complaint", "report", "appeal", "help"])
@pytest.mark.parametrize(("answerable", "action"), [(True, "answer"), (False, "dispatch")])
def test_what_can_be_answered_is_answered_at_once(request_class: str, answerable: bool, action: str) -> None:
    disposal = initial_disposal(MEIZHOU, request_class, answerable)
    assert (disposal.action, disposal.clause) == (action, "MZ-11.1")


@pytest.mark.clause("MZ-7.1", "MZ-11.1")
def test_otherwise_the_unit_answers_at_its_remote_seat_or_in_a_three_way_call() -> None:
    assert MEIZHOU.intake.on_the_line is not None
    assert MEIZHOU.intake.on_the_line.ways == ("remote_seat", "three_way_call")


@pytest.mark.clause("MZ-11.2")
@pytest.mark.parametrize(
    ("registered", "due"), [("2026-11-20T08:00", "2026-11-20"), ("2026-11-21T23:30", "2026-11-21")]
)
def test_a_ticket_of_a_body_that_is_no_member_is_passed_on_the_same_day(registered: str, due: str) -> None:
    assert told(centre_dispatch_due(MEIZHOU, CALENDAR, "non_member", at(registered))) == (due, "MZ-11.2")
    assert MEIZHOU.dispatch.routes["non_member"].to == "centre_office"


@pytest.mark.clause("MZ-11.2")
def test_every_other_ticket_goes_to_the_unit_of_the_place() -> None:
    assert MEIZHOU.dispatch.direct is not None
    assert MEIZHOU.dispatch.direct.to == ("诉求发生地的对应承办单位",)


@pytest.mark.clause("MZ-11.3")
def test_a_consultation_takes_three_working_days() -> None:
    # Before the Spring Festival: the make-up Saturday 14 February, then 24 and 25 February.
    assert handled(MEIZHOU, "consultation", "2026-02-13T16:00") == ["2026-02-25"]


@pytest.mark.clause("MZ-11.4")
def test_a_complaint_needs_contact_in_one_and_completion_in_fifteen_working_days() -> None:
    assert handled(MEIZHOU, "complaint", MONDAY) == ["2026-12-07"]
    assert told(first_contact_due(MEIZHOU, CALENDAR, "complaint", at(MONDAY))) == ("2026-11-17", "MZ-11.4")


@pytest.mark.clause("MZ-11.5")
def test_a_report_is_decided_in_one_and_completed_thirty_working_days_after_acceptance() -> None:
    assert told(acceptance_due(MEIZHOU, CALENDAR, "report", at("2026-11-20T17:00"))) == (
        "2026-11-23",
        "MZ-11.5",
    )
    assert handled(MEIZHOU, "report", "2026-07-31T09:00") == []
    # Accepted on Monday 3 August 2026: 30 working days without a holiday on the way.
    accepted = at("2026-08-03T10:00")
    assert handled(MEIZHOU, "report", "2026-07-31T09:00", accepted_at=accepted) == ["2026-09-14"]


@pytest.mark.clause("MZ-11.6")
def test_an_appeal_needs_contact_in_one_and_completion_in_thirty_working_days() -> None:
    assert handled(MEIZHOU, "appeal", "2026-08-03T09:00") == ["2026-09-14"]
    assert told(first_contact_due(MEIZHOU, CALENDAR, "appeal", at(MONDAY))) == ("2026-11-17", "MZ-11.6")


@pytest.mark.clause("MZ-11.7")
@pytest.mark.parametrize("request_class", ["help", "suggestion"])
def test_help_and_suggestions_need_contact_in_one_and_completion_in_fifteen(request_class: str) -> None:
    assert handled(MEIZHOU, request_class, MONDAY) == ["2026-12-07"]
    assert told(first_contact_due(MEIZHOU, CALENDAR, request_class, at(MONDAY))) == ("2026-11-17", "MZ-11.7")


def test_a_consultation_has_no_contact_of_its_own_and_no_class_but_reports_a_decision() -> None:
    assert first_contact_due(MEIZHOU, CALENDAR, "consultation", at(MONDAY)) is None
    assert first_contact_due(MEIZHOU, CALENDAR, "report", at(MONDAY)) is None
    assert acceptance_due(MEIZHOU, CALENDAR, "complaint", at(MONDAY)) is None


@pytest.mark.clause("MZ-11.8")
@pytest.mark.parametrize(
    ("limit", "due"),
    [
        (Period(working_days=2), "2026-11-18"),
        (Period(working_days=4), "2026-11-19"),
        (Period(hours=24), "2026-11-17"),
        (Period(calendar_days=2), "2026-11-18"),
        (Period(calendar_days=60), "2026-11-19"),
    ],
)
def test_the_shortest_limit_applies_in_whatever_unit(limit: Period, due: str) -> None:
    special = SpecialLimit(limit, "依另行规定")
    assert handled(MEIZHOU, "consultation", MONDAY, special=special) == [due]
    assert MEIZHOU.special_limits is not None
    assert MEIZHOU.special_limits.classes == ()


@pytest.mark.clause("MZ-12.4")
@pytest.mark.parametrize(
    ("now", "colour"),
    [
        ("2026-11-19T12:00", "green"),
        ("2026-11-20T00:00", "yellow"),
        ("2026-11-23T12:00", "yellow"),
        ("2026-11-24T00:00", "red"),
    ],
)
def test_cards_are_shaoguans_unless_the_deployment_says_otherwise(now: str, colour: str) -> None:
    due = handling(MEIZHOU, "consultation", MONDAY)
    shown = card(MEIZHOU, CALENDAR, due, at(now))
    assert shown is not None
    assert (shown.colour, shown.clause) == (colour, "MZ-12.4")
    assert MEIZHOU.cards is not None
    assert MEIZHOU.cards.clocks == ("handling",)


@pytest.mark.clause("MZ-12.4")
def test_the_deployment_may_set_the_days_of_the_cards() -> None:
    ours = supplied(MEIZHOU, {"yellow_after": 1, "red_after": 5})
    assert ours.cards is not None
    assert (ours.cards.yellow_after, ours.cards.red_after) == (1, 5)
    assert {key: (each.unit, each.fills) for key, each in MEIZHOU.deployment.items()} == {
        "yellow_after": ("times", ("cards.yellow_after",)),
        "red_after": ("times", ("cards.red_after",)),
    }
    assert [(key, each.to) for key, each in MEIZHOU.supervision.referrals.items()] == [("cards", "监察机关")]


@pytest.mark.clause("MZ-13")
def test_every_ticket_is_called_back_and_redone_where_the_result_was_perfunctory_or_false() -> None:
    assert MEIZHOU.callback is not None
    assert (MEIZHOU.callback.of, MEIZHOU.callback.asks) == ("all", ("satisfaction",))
    redo = MEIZHOU.redo
    assert redo is not None
    assert (redo.within, list(redo.grounds)) == ("class_limit", ["perfunctory", "false_result"])
    assert (redo.times, redo.extension_allowed, redo.rating) == (None, True, "last")
    assert told(redo_due(MEIZHOU, CALENDAR, "complaint", at(MONDAY))) == ("2026-12-07", "MZ-13")
    special = SpecialLimit(Period(working_days=1), "依另行规定")
    assert last_day(redo_due(MEIZHOU, CALENDAR, "complaint", at(MONDAY), special=special)) == "2026-12-07"
    review = MEIZHOU.completion.review
    assert review is not None
    assert (review.reviewed, review.sent_back) == (False, "goes_on")


def extended(request_class: str, nth: int, days: int | None) -> str:
    due = handling(MEIZHOU, "appeal" if request_class == "report" else request_class, "2026-08-03T09:00")
    return outcome(lambda: extension_due(MEIZHOU, CALENDAR, due, request_class, nth, days))


@pytest.mark.clause("MZ-15")
@pytest.mark.parametrize(
    ("request_class", "nth", "days", "expected"),
    [
        ("complaint", 1, None, "2026-09-14"),  # due on 24 August, fifteen more
        ("complaint", 1, 16, "extension_too_long"),
        ("complaint", 1, 1, "2026-08-25"),
        ("complaint", 2, 1, "extension_too_often"),
        ("report", 1, 1, "2026-09-15"),
        ("appeal", 1, 1, "2026-09-15"),
        ("help", 1, 1, "extension_not_for_class"),
        ("consultation", 1, 1, "extension_not_for_class"),
    ],
)
def test_complaints_reports_and_appeals_are_extended_once_by_at_most_their_limit(
    request_class: str, nth: int, days: int | None, expected: str
) -> None:
    assert extended(request_class, nth, days) == expected


@pytest.mark.clause("MZ-15")
def test_an_extension_is_explained_and_applied_for_before_the_limit_ends() -> None:
    due = handling(MEIZHOU, "complaint", MONDAY)
    assert last_moment_to_ask(MEIZHOU, CALENDAR, due, "complaint", 1).due == due.due
    assert MEIZHOU.extension is not None
    ask = MEIZHOU.extension.first.ask
    assert lacking(ask.needs, []) == ("reason",)
    assert (ask.requester_told, ask.approved) == (False, True)


@pytest.mark.clause("MZ-16")
def test_what_is_not_the_units_duty_is_returned_within_two_working_days() -> None:
    assert told(return_due(MEIZHOU, CALENDAR, at("2026-11-20T17:00"))) == ("2026-11-24", "MZ-16")
    returns = MEIZHOU.returns
    assert returns is not None
    assert return_due(MEIZHOU, CALENDAR, at(MONDAY)) == return_due(
        MEIZHOU, CALENDAR, at(MONDAY), signed_at=at("2026-11-17T09:00")
    )
    assert lacking(returns.not_ours.needs, []) == ("reason",)
    assert (returns.decided.approved, returns.decided.refused) == ("restarts", "goes_on")
    assert returns.late.outcome == "refused"


@pytest.mark.clause("MZ-17")
def test_several_units_get_a_lead_and_co_units() -> None:
    assert MEIZHOU.dispatch.several_units is not None
    assert MEIZHOU.dispatch.several_units.ways == ("lead_and_co",)
    dispute = MEIZHOU.dispatch.disputes["complicated"]
    assert dispute.decided_by == ("市中心管理办或者县（市、区）责任单位",)
    assert dispute.designated_may_return is True


@pytest.mark.clause("MZ-24")
def test_four_grounds_of_accountability_can_be_chosen() -> None:
    assert list(MEIZHOU.supervision.accountability) == [
        "late_or_passing_on",
        "neglect",
        "partiality",
        "disclosure",
    ]


def test_there_is_no_period_for_signing() -> None:
    assert sign_due(MEIZHOU, CALENDAR, at(MONDAY)) is None
