"""Shaoguan 2022 beyond intake, limits and cards, worked out from its articles."""

import pytest

from kb_service.core.clock import CITY
from kb_service.regulations.calendar import Period
from kb_service.regulations.rules import (
    SpecialLimit,
    deemed_replied,
    deemed_signed,
    extension_due,
    lacking,
    last_moment_to_ask,
    rating_due,
    redo_due,
    restriction_end,
    return_due,
    sign_due,
    supplement_due,
    survey_findings_due,
    survey_start_due,
)
from tests.support.deadlines import CALENDAR, at, city, handled, handling, last_day, outcome, told

SHAOGUAN = city("shaoguan-2022")
FRIDAY, MONDAY = "2026-11-20T17:00", "2026-11-16T09:00"


@pytest.mark.clause("SG-10")
def test_there_are_five_classes() -> None:
    assert list(SHAOGUAN.classes) == ["consultation", "help", "complaint", "report", "suggestion"]
    assert [each.covers for each in SHAOGUAN.classes.values()] == [()] * 5
    assert [each.disposal for each in SHAOGUAN.acceptance.grounds.values()] == ["not_accepted"] * 7


@pytest.mark.clause("SG-11")
def test_an_abusive_caller_is_kept_off_the_telephone_for_thirty_calendar_days() -> None:
    # Holidays do not lengthen it: imposed on 7 September, ends with 7 October.
    end = restriction_end(SHAOGUAN, CALENDAR, at("2026-09-07T09:00"))
    assert told(end) == ("2026-10-07", "SG-11")
    assert end is not None
    assert end.due == at("2026-10-08T00:00")
    assert SHAOGUAN.access.restriction is not None
    assert SHAOGUAN.access.restriction.channel == "phone"
    assert SHAOGUAN.access.measures is not None
    assert SHAOGUAN.access.measures.steps == ("restricted", "police", "judiciary")
    assert list(SHAOGUAN.access.abuses) == ["disorder", "harassment", "insult", "threat"]


@pytest.mark.clause("SG-13")
def test_a_unit_that_finds_a_matter_cannot_be_accepted_tells_the_basis_and_reports_back() -> None:
    rule = SHAOGUAN.acceptance.by_unit
    assert rule is not None
    assert lacking(rule.needs, []) == ("basis",)
    assert (rule.requester_told, rule.reported_back) == (True, True)


@pytest.mark.clause("SG-14.1")
def test_a_return_is_asked_for_within_one_working_day_of_receipt() -> None:
    assert told(return_due(SHAOGUAN, CALENDAR, at(FRIDAY))) == ("2026-11-23", "SG-14.1")
    signed = return_due(SHAOGUAN, CALENDAR, at(MONDAY), signed_at=at("2026-11-17T09:00"))
    assert last_day(signed) == "2026-11-17"
    returns = SHAOGUAN.returns
    assert returns is not None
    assert lacking(returns.not_ours.needs, ["basis"]) == ("reason", "suggested_unit")
    assert lacking(returns.not_ours.needs, ["reason"]) == ("basis", "suggested_unit")
    assert (returns.decided.approved, returns.decided.refused) == ("restarts", "from_first_receipt")


@pytest.mark.clause("SG-14.1")
def test_the_window_for_returning_does_not_wait_for_signing() -> None:
    assert last_day(return_due(SHAOGUAN, CALENDAR, at(MONDAY))) == "2026-11-17"


@pytest.mark.clause("SG-14.2")
def test_for_hidden_identity_a_ticket_is_returned_once_with_everything_that_is_missing() -> None:
    assert told(supplement_due(SHAOGUAN, CALENDAR, at("2026-09-30T23:00"))) == ("2026-10-08", "SG-14.2")
    returns = SHAOGUAN.returns
    assert returns is not None
    assert returns.supplement is not None
    assert (returns.supplement.times, returns.supplement.needs) == (1, ("missing_list",))
    assert returns.supplement.starts == "received"
    assert returns.wrong_record is not None
    assert returns.wrong_record.needs == ("note",)


@pytest.mark.clause("SG-14.2", "SG-14.3")
def test_a_late_return_is_reviewed_but_marked() -> None:
    assert SHAOGUAN.returns is not None
    assert SHAOGUAN.returns.late.outcome == "marked"


@pytest.mark.clause("SG-14.3")
def test_a_survey_starts_within_one_working_day_and_its_findings_follow_within_two() -> None:
    assert told(survey_start_due(SHAOGUAN, CALENDAR, at(FRIDAY))) == ("2026-11-23", "SG-14.3")
    assert told(survey_findings_due(SHAOGUAN, CALENDAR, at("2026-11-23T10:00"))) == ("2026-11-25", "SG-14.3")
    assert SHAOGUAN.returns is not None
    assert SHAOGUAN.returns.survey is not None
    assert lacking(SHAOGUAN.returns.survey.needs, []) == ("findings", "photos")


@pytest.mark.clause("SG-14.4")
def test_matters_already_in_a_procedure_need_an_explanatory_document() -> None:
    rule = SHAOGUAN.acceptance.in_procedure
    assert rule is not None
    assert lacking(rule.needs, []) == ("documents",)


@pytest.mark.clause("SG-14.5")
def test_a_designated_unit_may_not_return_the_ticket() -> None:
    dispute = SHAOGUAN.dispatch.disputes["several"]
    assert dispute.decided_by == ("12345热线管理机构",)
    assert dispute.designated_may_return is False


@pytest.mark.clause("SG-15")
def test_a_return_is_signed_off_by_the_leader_in_charge_or_who_is_authorised() -> None:
    assert SHAOGUAN.returns is not None
    assert SHAOGUAN.returns.sign_off is not None
    assert SHAOGUAN.returns.sign_off.by == ("leader_in_charge", "authorised_person")


def not_returnable() -> list[str]:
    return [] if SHAOGUAN.returns is None else list(SHAOGUAN.returns.not_returnable)


@pytest.mark.clause("SG-16.1", "SG-16.2", "SG-16.3")
def test_no_return_by_duty_without_reason_or_for_a_harmless_flaw() -> None:
    assert not_returnable()[:3] == ["by_duty", "no_reason", "harmless_flaw"]


@pytest.mark.clause("SG-16.4", "SG-16.5")
def test_no_return_where_the_facts_differ_in_part_or_need_finding_out() -> None:
    assert not_returnable()[3:5] == ["partly_different", "leads_given"]


def test_seven_cases_are_not_returnable() -> None:
    assert not_returnable()[5:] == ["knowledge", "extension_asked"]


@pytest.mark.clause("SG-17.4")
@pytest.mark.parametrize("request_class", ["consultation", "help", "complaint", "report", "suggestion"])
def test_a_ticket_of_a_higher_platform_follows_that_platforms_limit(request_class: str) -> None:
    special = SpecialLimit(Period(working_days=20), "依省级平台规定")
    assert handled(SHAOGUAN, request_class, MONDAY, special=special) == ["2026-12-14"]
    assert SHAOGUAN.special_limits is not None
    assert SHAOGUAN.special_limits.classes == ()


def extended(request_class: str, nth: int, days: int | None = None) -> str:
    due = handling(SHAOGUAN, request_class, MONDAY)
    return outcome(lambda: extension_due(SHAOGUAN, CALENDAR, due, request_class, nth, days))


@pytest.mark.clause("SG-17.5")
@pytest.mark.parametrize(
    ("request_class", "nth", "days", "expected"),
    [
        ("consultation", 1, None, "2026-11-20"),
        ("help", 1, None, "2026-12-14"),
        ("help", 1, 10, "2026-12-14"),
        ("help", 1, 9, "extension_too_long"),  # exactly the class's limit
        ("help", 1, 11, "extension_too_long"),
        ("help", 2, None, "extension_too_often"),
    ],
)
def test_one_extension_of_exactly_the_classs_limit(
    request_class: str, nth: int, days: int | None, expected: str
) -> None:
    assert extended(request_class, nth, days) == expected


@pytest.mark.clause("SG-17.5")
def test_an_extension_is_asked_for_with_reason_before_the_limit_ends_and_told() -> None:
    due = handling(SHAOGUAN, "help", MONDAY)
    assert last_moment_to_ask(SHAOGUAN, CALENDAR, due, "help", 1).due == due.due
    assert SHAOGUAN.extension is not None
    ask = SHAOGUAN.extension.first.ask
    assert lacking(ask.needs, []) == ("reason", "new_limit")
    assert (ask.requester_told, ask.approved) == (True, True)


@pytest.mark.clause("SG-20.1")
@pytest.mark.parametrize(
    ("calls", "replied"),
    [
        (["2026-11-20T09:00"], None),
        (["2026-11-20T09:00", "2026-11-20T18:00"], None),  # both on one day
        (["2026-11-20T23:00", "2026-11-21T08:00"], "2026-11-21 08:00"),  # days, whether worked or not
        (["2026-11-20T09:00", "2026-11-22T09:00"], None),  # a day between
        (["2026-11-23T09:00", "2026-11-20T09:00", "2026-11-22T10:00"], "2026-11-23 09:00"),
    ],
)
def test_unreachable_on_two_days_in_a_row_counts_as_replied_at_the_later_call(
    calls: list[str], replied: str | None
) -> None:
    deemed = deemed_replied(SHAOGUAN, map(at, calls))
    assert (deemed and f"{deemed.astimezone(CITY):%Y-%m-%d %H:%M}") == replied


@pytest.mark.clause("SG-20.2")
def test_a_completion_is_reviewed_and_sent_back_with_the_limit_from_first_receipt() -> None:
    rule = SHAOGUAN.completion.review
    assert rule is not None
    assert (rule.reviewed, rule.sent_back) == (True, "from_first_receipt")


@pytest.mark.clause("SG-20.3")
def test_a_completion_answers_every_point_and_states_time_course_result_and_basis() -> None:
    content, unsolved = SHAOGUAN.completion.content, SHAOGUAN.completion.unsolved
    assert content is not None
    assert lacking(content.needs, []) == ("every_point", "time", "course", "result", "basis")
    assert unsolved is not None
    assert lacking(unsolved.needs, []) == ("progress",)


@pytest.mark.clause("SG-20.4")
def test_a_written_answer_is_given_when_asked_for_in_the_units_own_name() -> None:
    rule = SHAOGUAN.completion.written
    assert rule is not None
    assert (rule.on_request, rule.in_whose_name) == (True, "unit")


@pytest.mark.clause("SG-22")
def test_the_limit_for_accepting_is_read_as_one_working_day() -> None:
    assert told(sign_due(SHAOGUAN, CALENDAR, at(FRIDAY))) == ("2026-11-23", "SG-22")
    assert deemed_signed(SHAOGUAN, CALENDAR, at(FRIDAY)) is None
    assert SHAOGUAN.cards is not None
    assert SHAOGUAN.cards.clocks == ("sign", "handling")


@pytest.mark.clause("SG-24.1")
def test_intake_and_handling_are_rated_within_twenty_four_hours_or_count_as_basically_satisfied() -> None:
    due = rating_due(SHAOGUAN, CALENDAR, at("2026-09-30T20:30"))
    assert due is not None
    assert (due.due, due.clause) == (at("2026-10-01T20:30"), "SG-24.1")
    rule = SHAOGUAN.ratings.window
    assert rule is not None
    assert (rule.deemed, rule.phases) == ("basically_satisfied", ("intake", "handling"))


@pytest.mark.clause("SG-24.2")
def test_the_dissatisfied_are_called_back_and_a_redo_takes_the_tickets_own_limit_once() -> None:
    assert SHAOGUAN.callback is not None
    assert (SHAOGUAN.callback.of, SHAOGUAN.callback.asks) == ("dissatisfied", ("satisfaction",))
    redo = SHAOGUAN.redo
    assert redo is not None
    assert (redo.times, redo.extension_allowed, redo.rating) == (1, False, "last")
    assert (redo.within, list(redo.grounds)) == ("own_limit", ["requested"])
    assert told(redo_due(SHAOGUAN, CALENDAR, "help", at(MONDAY))) == ("2026-11-30", "SG-24.2")
    special = SpecialLimit(Period(working_days=3), "依省级平台规定")
    own = redo_due(SHAOGUAN, CALENDAR, "help", at(MONDAY), special=special)
    assert last_day(own) == "2026-11-19"
    assert last_day(redo_due(SHAOGUAN, CALENDAR, "help", at(MONDAY), sudden=True)) == "2026-11-18"


@pytest.mark.clause("SG-25")
def test_four_clues_of_poor_handling_are_handed_on() -> None:
    referrals = SHAOGUAN.supervision.referrals
    assert list(referrals) == ["poor_quality", "passing_on", "false_report", "improper_return"]
    assert {each.to for each in referrals.values()} == {"有关部门"}
