"""Shantou 2016, worked out from its articles. Days are counted by hand from the notices."""

import pytest

from kb_service.regulations.calendar import Period
from kb_service.regulations.rules import (
    SpecialLimit,
    callback_due,
    centre_dispatch_due,
    deemed_signed,
    emergency_match,
    ground,
    initial_disposal,
    lacking,
    redo_due,
    repeat_outcome,
    return_due,
    sign_due,
    urgent_match,
)
from tests.support.deadlines import CALENDAR, at, city, handled, last_day, told

SHANTOU = city("shantou-2016")
NUMBERS = ("120", "119", "110", "122")


@pytest.mark.clause("ST-6")
def test_there_are_four_classes_and_a_report_is_handled_as_a_complaint() -> None:
    assert {code: (each.label, each.covers) for code, each in SHANTOU.classes.items()} == {
        "consultation": ("办事咨询", ()),
        "help": ("社会求助", ()),
        "complaint": ("投诉举报", ("report",)),
        "suggestion": ("意见建议", ()),
    }
    assert handled(SHANTOU, "report", "2026-11-20T10:00") == handled(SHANTOU, "complaint", "2026-11-20T10:00")


@pytest.mark.clause("ST-7")
def test_ten_matters_are_not_accepted() -> None:
    grounds = SHANTOU.acceptance.grounds
    assert [each.article for each in grounds.values()] == [
        f"第七条第（{n}）项" for n in "一二三四五六七八九十"
    ]
    assert list(SHANTOU.emergency.numbers) == list(NUMBERS)
    assert [each.disposal for each in grounds.values()] == ["not_accepted"] * 10


@pytest.mark.clause("ST-8.3")
def test_a_refusal_tells_the_ground_and_the_lawful_channel_and_offers_a_transfer() -> None:
    for ground_id in SHANTOU.acceptance.grounds:
        match = ground(SHANTOU, ground_id)
        assert match.article in match.told
        assert match.channel in match.told
    assert SHANTOU.acceptance.transfer is not None
    assert SHANTOU.acceptance.transfer.offered is True


@pytest.mark.parametrize(("said", "number"), [("我家着火了", "119"), ("突然晕倒了", "120")])
def test_an_emergency_is_given_its_number(said: str, number: str) -> None:
    match = emergency_match(SHANTOU, said)
    assert match is not None
    assert match.number == number


@pytest.mark.clause("ST-8.1")
@pytest.mark.parametrize(("answerable", "action"), [(True, "answer"), (False, "dispatch")])
def test_a_consultation_is_answered_on_the_spot_or_registered(answerable: bool, action: str) -> None:
    disposal = initial_disposal(SHANTOU, "consultation", answerable)
    assert (disposal.action, disposal.clause) == (action, "ST-8.1")


@pytest.mark.clause("ST-8.2")
@pytest.mark.parametrize("request_class", ["help", "complaint", "report", "suggestion"])
def test_every_other_class_is_registered_whatever_the_base_has(request_class: str) -> None:
    disposal = initial_disposal(SHANTOU, request_class, answerable=True)
    assert (disposal.action, disposal.clause) == ("dispatch", "ST-8.2")


@pytest.mark.clause("ST-8.4")
def test_who_refuses_the_essentials_may_be_refused() -> None:
    rule = SHANTOU.acceptance.essentials
    assert rule is not None
    assert lacking(rule.needs, ["place"]) == ("time", "facts", "parties")
    assert lacking(rule.needs, ["time", "facts", "parties"]) == ("place",)
    assert rule.refusable is True


@pytest.mark.clause("ST-9.1")
def test_a_city_matter_is_dispatched_within_one_working_day_to_the_unit_mainly_responsible() -> None:
    # Registered on the Friday: the Monday. Before the National Day week: the day after it.
    assert told(centre_dispatch_due(SHANTOU, CALENDAR, "city", at("2026-11-20T17:00"))) == (
        "2026-11-23",
        "ST-9.1",
    )
    assert last_day(centre_dispatch_due(SHANTOU, CALENDAR, "city", at("2026-09-30T09:00"))) == "2026-10-08"
    assert SHANTOU.dispatch.routes["city"].to == "unit"
    assert SHANTOU.dispatch.several_units is not None
    assert SHANTOU.dispatch.several_units.ways == ("main_responsible",)


@pytest.mark.clause("ST-9.2")
def test_a_district_matter_goes_to_the_districts_body_within_one_working_day() -> None:
    due = centre_dispatch_due(SHANTOU, CALENDAR, "district", at("2026-11-21T09:00"))
    assert told(due) == ("2026-11-23", "ST-9.2")
    assert SHANTOU.dispatch.routes["district"].to == "district_body"


@pytest.mark.clause("ST-10.1")
def test_the_unit_confirms_within_two_working_days_and_names_the_handler() -> None:
    assert told(sign_due(SHANTOU, CALENDAR, at("2026-11-19T10:00"))) == ("2026-11-23", "ST-10.1")
    assert SHANTOU.sign is not None
    assert lacking(SHANTOU.sign.needs, ["handler"]) == ("handler_contact",)
    assert lacking(SHANTOU.sign.needs, []) == ("handler", "handler_contact")


@pytest.mark.clause("ST-10.2")
def test_not_confirmed_in_time_counts_as_accepted_when_the_window_closes_and_bars_returns() -> None:
    deemed = deemed_signed(SHANTOU, CALENDAR, at("2026-11-19T10:00"))
    assert deemed is not None
    assert f"{deemed:%Y-%m-%d %H:%M}" == "2026-11-23 15:59"  # Monday 23:59 in the city
    assert SHANTOU.returns is not None
    assert SHANTOU.returns.late.outcome == "coordination"
    assert SHANTOU.sign is not None
    assert SHANTOU.sign.unsigned is not None
    assert SHANTOU.sign.unsigned.signed_at == "sign_window"


@pytest.mark.clause("ST-10.3")
def test_a_return_states_reason_and_suggestion_and_the_committee_has_the_last_word() -> None:
    assert told(return_due(SHANTOU, CALENDAR, at("2026-11-19T10:00"))) == ("2026-11-23", "ST-10.3")
    returns = SHANTOU.returns
    assert returns is not None
    assert lacking(returns.not_ours.needs, []) == ("reason", "suggested_unit")
    assert (returns.decided.approved, returns.decided.refused) == ("restarts", "goes_on")
    dispute = SHANTOU.dispatch.disputes["city"]
    assert dispute.decided_by == ("热线中心牵头协调", "热线委员会指定")
    assert dispute.designated_may_return is True


@pytest.mark.clause("ST-10.3")
def test_a_return_may_be_asked_for_before_signing() -> None:
    unsigned = return_due(SHANTOU, CALENDAR, at("2026-11-19T10:00"))
    assert unsigned is not None
    assert unsigned == return_due(SHANTOU, CALENDAR, at("2026-11-19T10:00"), signed_at=at("2026-11-20T10:00"))


@pytest.mark.clause("ST-10.4")
def test_the_district_settles_what_its_units_return() -> None:
    dispute = SHANTOU.dispatch.disputes["district"]
    assert dispute.decided_by == ("区（县）热线管理责任单位", "区（县）人民政府")
    assert dispute.designated_may_return is True


@pytest.mark.clause("ST-11")
def test_for_a_complaint_details_and_intent_are_recorded() -> None:
    rule = SHANTOU.contact
    assert rule is not None
    assert lacking(rule.needs, []) == ("details", "intent")
    assert rule.classes == ("complaint",)


@pytest.mark.clause("ST-15.1")
def test_the_requester_is_called_back_within_two_working_days_of_the_result() -> None:
    assert told(callback_due(SHANTOU, CALENDAR, at("2026-02-13T10:00"))) == ("2026-02-24", "ST-15.1")
    assert SHANTOU.callback is not None
    assert (SHANTOU.callback.of, SHANTOU.callback.asks) == ("all", ("satisfaction",))


@pytest.mark.clause("ST-15.2")
def test_a_ticket_is_redone_at_most_twice_within_its_classs_limit() -> None:
    rule = SHANTOU.redo
    assert rule is not None
    assert told(redo_due(SHANTOU, CALENDAR, "help", at("2026-11-16T09:00"))) == ("2026-11-25", "ST-15.2")
    # The class's own limit, whatever limit of its own the ticket had.
    special = SpecialLimit(Period(working_days=30), "依国家规定")
    again = redo_due(SHANTOU, CALENDAR, "complaint", at("2026-11-16T09:00"), special=special)
    assert last_day(again) == "2026-11-30"
    assert (rule.times, rule.within, list(rule.grounds)) == (2, "class_limit", ["not_lawful", "founded"])
    assert (rule.extension_allowed, rule.rating) == (True, "last")


@pytest.mark.clause("ST-15.3")
def test_after_two_redos_an_objection_is_transferred_closed_or_decided() -> None:
    assert SHANTOU.redo is not None
    assert {key: each.then for key, each in SHANTOU.redo.after_last.items()} == {
        "misconduct": "transferred",
        "unfounded": "closed",
        "founded_only": "decided",
    }


def repeated(*, done: bool, new_facts: bool, overdue: bool = False) -> tuple[str, bool, str]:
    found = repeat_outcome(SHANTOU, done=done, new_facts=new_facts, overdue=overdue)
    return ("", False, "") if found is None else (found.outcome, found.limit_restarts, found.clause)


@pytest.mark.clause("ST-16.1")
def test_a_repeat_in_progress_with_nothing_new_is_archived() -> None:
    assert repeated(done=False, new_facts=False) == ("archived", False, "ST-16.1")
    assert repeated(done=False, new_facts=False, overdue=True) == ("archived", False, "ST-16.1")


@pytest.mark.clause("ST-16.2")
def test_a_repeat_in_progress_with_new_facts_is_merged_and_its_limit_restarts() -> None:
    assert repeated(done=False, new_facts=True) == ("merged", True, "ST-16.2")
    assert repeated(done=False, new_facts=True, overdue=True) == ("merged", True, "ST-16.2")


def test_a_city_may_read_that_an_overdue_ticket_is_no_longer_in_progress() -> None:
    merged = SHANTOU.repeats["open_new"].model_copy(update={"includes_overdue": False})
    other = SHANTOU.model_copy(update={"repeats": {**SHANTOU.repeats, "open_new": merged}})
    found = repeat_outcome(other, done=False, new_facts=True, overdue=True)
    assert found is not None
    assert found.outcome == "dispatched"


@pytest.mark.clause("ST-16.3")
def test_a_repeat_of_a_completed_matter_with_nothing_new_is_archived() -> None:
    assert repeated(done=True, new_facts=False) == ("archived", False, "ST-16.3")


@pytest.mark.clause("ST-16.4")
def test_a_repeat_of_a_completed_matter_with_new_facts_is_dispatched_again() -> None:
    assert repeated(done=True, new_facts=True) == ("dispatched", True, "ST-16.4")


@pytest.mark.clause("ST-18")
@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("门口路面塌陷了", "public_safety"),
        ("学校里集体腹泻", "public_health"),
        ("前面道路中断过不去", "public_transport"),
        ("小区水管爆裂了", "city_management"),
        ("化工厂正在偷排", "pollution"),
        ("食堂食物中毒了", "food_safety"),
        ("工地上脚手架都倒了", "work_safety"),
    ],
)
def test_seven_fields_go_by_the_urgent_path(said: str, path: str) -> None:
    match = urgent_match(SHANTOU, said)
    assert (match and match.id) == path
    assert match is not None
    assert match.to == "相关单位或者区（县）责任单位紧急处理"


@pytest.mark.clause("ST-19.1")
def test_refusing_a_dispatch_or_passing_the_buck_is_handed_to_the_supervisors() -> None:
    referrals = SHANTOU.supervision.referrals
    assert [(key, each.to) for key, each in referrals.items()] == [
        ("refusal", "监察机关"),
        ("passing_on", "监察机关"),
    ]


@pytest.mark.clause("ST-21")
def test_six_grounds_of_accountability_can_be_chosen() -> None:
    grounds = SHANTOU.supervision.accountability
    assert [each.article for each in grounds.values()] == [f"第二十一条第（{n}）项" for n in "一二三四五六"]
