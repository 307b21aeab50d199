"""Tai'an 2025: the rules are in the text, the numbers come from the deployment."""

import pytest

from kb_service.core.errors import Invalid
from kb_service.regulations.deployment import check_supplied, missing_numbers, supplied
from kb_service.regulations.explain import explain
from kb_service.regulations.profiles import get_profile
from kb_service.regulations.rules import (
    card,
    extension_due,
    ground,
    handling_due,
    initial_disposal,
    lacking,
    last_moment_to_ask,
    redo_due,
    return_due,
    sign_due,
    supervision_due,
)
from tests.support.deadlines import CALENDAR, TAIAN, at, city, handled, handling, outcome, told

OPEN = get_profile("taian-2025")
CITY = city("taian-2025")
CLASSES = ["consultation", "help", "complaint", "report", "suggestion"]
FRIDAY = "2026-11-20T17:00"


def test_without_the_deployments_numbers_it_can_be_read_and_explained() -> None:
    page = explain(OPEN)
    for number in OPEN.deployment.values():
        assert number.label in page
        assert number.without in page


@pytest.mark.clause("TA-15.1")
def test_registering_needs_the_numbers_and_names_those_that_are_missing() -> None:
    assert missing_numbers(OPEN) == list(TAIAN)
    with pytest.raises(Invalid, match="签收期限") as refused:
        check_supplied(supplied(OPEN, {key: days for key, days in TAIAN.items() if key != "sign"}))
    assert refused.value.code == "deployment_numbers_missing"
    assert refused.value.extra["missing"] == ["sign"]
    with pytest.raises(Invalid) as unset:
        handling_due(OPEN, CALENDAR, "help", at(FRIDAY))
    assert unset.value.code == "deployment_numbers_missing"


@pytest.mark.clause("TA-9", "TA-10")
def test_requests_come_in_any_form_around_the_clock_but_not_in_person() -> None:
    channels = CITY.intake.channels
    assert channels is not None
    assert channels.open == ("phone", "mail", "web", "wechat", "voice", "text", "picture", "video")
    assert (channels.around_the_clock, channels.in_person) == (True, False)


@pytest.mark.clause("TA-10")
def test_what_handling_needs_is_to_be_given_but_a_real_name_is_only_encouraged() -> None:
    rule = CITY.acceptance.essentials
    assert rule is not None
    assert lacking(rule.needs, []) == ("name", "phone", "address")
    assert rule.refusable is False


@pytest.mark.clause("TA-12.1")
def test_there_are_five_classes() -> None:
    assert list(CITY.classes) == CLASSES
    assert [each.covers for each in CITY.classes.values()] == [()] * 5


@pytest.mark.clause("TA-12.2")
@pytest.mark.parametrize("request_class", CLASSES)
@pytest.mark.parametrize(("answerable", "action"), [(True, "answer"), (False, "dispatch")])
def test_what_can_be_answered_is_answered_and_the_rest_dispatched(
    request_class: str, answerable: bool, action: str
) -> None:
    disposal = initial_disposal(CITY, request_class, answerable)
    assert (disposal.action, disposal.clause) == (action, "TA-12.2")


@pytest.mark.clause("TA-13")
def test_six_ways_of_disposal() -> None:
    assert {key: each.disposal for key, each in CITY.acceptance.grounds.items()} == {
        "emergency_numbers": "put_through",
        "procedures": "channel_told",
        "unlawful": "explained",
        "repeated": "progress_told",
        "jurisdiction": "channel_told",
        "other": "not_accepted",
    }
    assert list(CITY.emergency.numbers) == ["120", "119", "110", "122"]
    for ground_id in CITY.acceptance.grounds:
        match = ground(CITY, ground_id)
        assert match.article in match.told
        assert match.channel in match.told


@pytest.mark.clause("TA-14.1")
def test_a_clear_duty_is_dispatched_directly() -> None:
    assert CITY.dispatch.direct is not None
    assert CITY.dispatch.direct.to == ("承办单位",)


@pytest.mark.clause("TA-14.2")
def test_several_units_get_a_lead_or_a_ticket_each() -> None:
    assert CITY.dispatch.several_units is not None
    assert CITY.dispatch.several_units.ways == ("lead_and_co", "separate")


@pytest.mark.clause("TA-14.3")
def test_an_unclear_duty_is_studied_met_about_and_reported() -> None:
    dispute = CITY.dispatch.disputes["unclear"]
    assert dispute.decided_by == ("热线工作机构研判", "机构编制、司法行政等单位会议研究", "同级人民政府")
    assert dispute.designated_may_return is True


@pytest.mark.clause("TA-14.3")
def test_a_return_is_asked_for_within_what_the_deployment_sets() -> None:
    assert told(return_due(CITY, CALENDAR, at(FRIDAY))) == ("2026-11-24", "TA-14.3")
    assert return_due(CITY, CALENDAR, at(FRIDAY)) == return_due(
        CITY, CALENDAR, at(FRIDAY), signed_at=at("2026-11-23T09:00")
    )
    returns = CITY.returns
    assert returns is not None
    assert lacking(returns.not_ours.needs, []) == ("reason", "basis")
    assert (returns.decided.approved, returns.decided.refused) == ("restarts", "goes_on")
    assert returns.late.outcome == "marked"


@pytest.mark.clause("TA-14.3")
def test_the_return_window_is_a_number_of_working_days() -> None:
    assert OPEN.deployment["return"].unit == "working_days"


@pytest.mark.clause("TA-15.1")
@pytest.mark.parametrize("request_class", CLASSES)
def test_each_class_takes_what_the_deployment_sets_from_receipt(request_class: str) -> None:
    assert handled(CITY, request_class, FRIDAY) == ["2026-11-27"]
    other = supplied(OPEN, TAIAN | {request_class: 7})
    assert handled(other, request_class, FRIDAY) == ["2026-12-01"]


@pytest.mark.clause("TA-15.1")
def test_the_unit_signs_contacts_and_reports_back() -> None:
    assert told(sign_due(CITY, CALENDAR, at(FRIDAY))) == ("2026-11-24", "TA-15.1")
    assert CITY.contact is not None
    assert lacking(CITY.contact.needs, []) == ("details",)
    review = CITY.completion.review
    assert review is not None
    assert (review.reviewed, review.sent_back) == (False, "goes_on")


def extended(nth: int, days: int | None) -> str:
    due = handling(CITY, "help", FRIDAY)
    return outcome(lambda: extension_due(CITY, CALENDAR, due, "help", nth, days))


@pytest.mark.clause("TA-15.2")
@pytest.mark.parametrize(
    ("nth", "days", "expected"),
    [
        (1, 10, "2026-12-11"),
        (1, None, "2026-12-11"),
        (1, 11, "extension_too_long"),
        (2, 1, "extension_too_often"),
    ],
)
def test_one_extension_within_what_the_deployment_sets(nth: int, days: int | None, expected: str) -> None:
    assert extended(nth, days) == expected


@pytest.mark.clause("TA-15.2")
def test_an_extension_is_explained_and_applied_for_before_the_limit_ends() -> None:
    due = handling(CITY, "help", FRIDAY)
    assert last_moment_to_ask(CITY, CALENDAR, due, "help", 1).due == due.due
    assert CITY.extension is not None
    ask = CITY.extension.first.ask
    assert lacking(ask.needs, []) == ("reason",)
    assert (ask.requester_told, ask.approved) == (True, True)
    assert OPEN.deployment["extension"].unit == "working_days"


@pytest.mark.clause("TA-15.3", "TA-15.4")
def test_a_ticket_ends_without_completion_after_its_material_is_reviewed() -> None:
    assert {key: (each.needs, each.reviewed) for key, each in CITY.endings.items()} == {
        "uncooperative": (("documents",), True),
        "unlawful": (("documents",), True),
    }


@pytest.mark.clause("TA-16")
def test_everyone_is_called_back_on_satisfaction_and_solution_and_a_reasonable_wish_is_redone() -> None:
    assert CITY.callback is not None
    assert (CITY.callback.of, CITY.callback.asks) == ("all", ("satisfaction", "solved"))
    redo = CITY.redo
    assert redo is not None
    assert (redo.within, list(redo.grounds), redo.times) == ("period", ["reasonable"], None)
    assert (redo.extension_allowed, redo.rating) == (True, "last")
    assert told(redo_due(CITY, CALENDAR, "help", at(FRIDAY))) == ("2026-11-27", "TA-16")


@pytest.mark.clause("TA-19.1")
def test_six_matters_open_a_supervision() -> None:
    triggers = CITY.supervision.triggers
    assert [each.article for each in triggers.values()] == [
        f"第十九条第一款第（{n}）项" for n in "一二三四五六"
    ]
    by_system = [key for key, each in triggers.items() if each.found_by == "system"]
    assert by_system == ["overdue", "concentrated", "knowledge"]


@pytest.mark.clause("TA-19.2")
def test_supervision_is_done_in_four_ways_and_others_without_a_limit() -> None:
    assert list(CITY.supervision.kinds) == ["phone", "system", "letter", "on_site", "other"]
    assert [supervision_due(CITY, CALENDAR, kind, at(FRIDAY)) for kind in CITY.supervision.kinds] == [
        None
    ] * 5


@pytest.mark.clause("TA-20")
def test_what_stays_unsolved_or_was_only_promised_goes_to_the_inspection() -> None:
    rule = CITY.supervision.escalation
    assert rule is not None
    assert (rule.to, rule.when) == ("政府督查机构", ("督办后仍未解决", "承办单位承诺办理但未办理"))


@pytest.mark.clause("TA-21")
def test_clues_of_misconduct_go_to_discipline() -> None:
    referrals = CITY.supervision.referrals
    assert [(key, each.to) for key, each in referrals.items()] == [("misconduct", "同级纪检监察机关")]


@pytest.mark.clause("TA-30")
def test_four_grounds_of_accountability_can_be_chosen() -> None:
    grounds = CITY.supervision.accountability
    assert [each.article for each in grounds.values()] == [f"第三十条第（{n}）项" for n in "一二三四"]


@pytest.mark.clause("TA-11", "TA-32")
def test_abuse_is_dissuaded_and_the_legal_consequences_are_told() -> None:
    assert CITY.access.measures is not None
    assert CITY.access.measures.steps == (
        "dissuaded",
        "educated",
        "criticised",
        "consequences_told",
        "police",
        "judiciary",
    )


@pytest.mark.clause("TA-32")
def test_five_kinds_of_abuse_can_be_chosen() -> None:
    abuses = CITY.access.abuses
    assert [each.article for each in abuses.values()] == [f"第三十二条第（{n}）项" for n in "一二三四五"]


def test_there_are_no_cards() -> None:
    due = handling(CITY, "help", FRIDAY)
    assert card(CITY, CALENDAR, due, at("2026-12-20T09:00")) is None
