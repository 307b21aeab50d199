"""Xiangtan 2021, worked out from its articles. Days are counted by hand from the notices."""

import pytest

from kb_service.regulations.calendar import Period
from kb_service.regulations.rules import (
    DueTime,
    SpecialLimit,
    card,
    deemed_signed,
    emergency_match,
    extension_due,
    ground,
    handling_due,
    initial_disposal,
    lacking,
    last_moment_to_ask,
    promised_answer_due,
    redo_due,
    return_due,
    sign_due,
    supervision_due,
    supervision_extended_due,
    urgent_match,
)
from kb_service.regulations.schema import Profile
from tests.support.deadlines import CALENDAR, at, city, handled, handling, last_day, outcome, told

XIANGTAN = city("xiangtan-2021")
OTHERS = ["help", "complaint", "report", "suggestion"]


@pytest.mark.clause("XT-10")
@pytest.mark.parametrize(
    ("said", "number", "joined"),
    [
        ("老人家倒在地上叫不醒", "120", "急救中心"),
        ("我家厨房着火了", "119", "消防救援"),
        ("有人拿着刀在小区里", "110", "公安机关"),
        ("被车撞了，在人民路口", "122", "交警"),
    ],
)
def test_who_is_in_an_emergency_is_put_through_to_the_linked_hotline(
    said: str, number: str, joined: str
) -> None:
    found = emergency_match(XIANGTAN, said)
    assert found is not None
    assert (found.number, found.clause) == (number, "XT-10")
    assert number in found.told
    assert f"转接{joined}" in found.told


@pytest.mark.clause("XT-12")
def test_there_are_five_classes() -> None:
    assert list(XIANGTAN.classes) == ["consultation", *OTHERS]
    assert [each.covers for each in XIANGTAN.classes.values()] == [()] * 5


@pytest.mark.clause("XT-13")
def test_nine_matters_are_not_accepted_and_each_is_told_with_its_item_and_channel() -> None:
    grounds = XIANGTAN.acceptance.grounds
    assert [each.article for each in grounds.values()] == [
        f"第十三条第（{n}）项" for n in "一二三四五六七八九"
    ]
    assert [each.disposal for each in grounds.values()] == ["not_accepted"] * 9
    for ground_id in grounds:
        match = ground(XIANGTAN, ground_id)
        assert match.article in match.told
        assert match.channel in match.told


@pytest.mark.clause("XT-15.1")
@pytest.mark.parametrize("request_class", ["consultation", *OTHERS])
@pytest.mark.parametrize(("answerable", "action"), [(True, "answer"), (False, "dispatch")])
def test_what_the_base_can_answer_is_completed_online(
    request_class: str, answerable: bool, action: str
) -> None:
    disposal = initial_disposal(XIANGTAN, request_class, answerable)
    assert (disposal.action, disposal.clause) == (action, "XT-15.1")


@pytest.mark.clause("XT-15.1")
def test_with_consent_a_promised_answer_comes_within_one_working_day() -> None:
    assert told(promised_answer_due(XIANGTAN, CALENDAR, at("2026-11-20T17:00"))) == ("2026-11-23", "XT-15.1")
    rule = XIANGTAN.intake.promised
    assert rule is not None
    assert (rule.ways, rule.consent) == (("three_way_call", "call_back"), True)


@pytest.mark.clause("XT-15.2")
@pytest.mark.parametrize(
    ("said", "to"),
    [
        ("后山发生山体滑坡", "市应急局"),
        ("燃气泄漏了", "市应急局"),
        ("食堂食物中毒", "市卫生健康委"),
        ("门口几十人围着", "市公安局"),
        ("整个小区都停电了", "市应急联动指挥中心"),
    ],
)
def test_urgent_events_go_to_the_body_the_article_names(said: str, to: str) -> None:
    match = urgent_match(XIANGTAN, said)
    assert (match and match.to) == to
    assert XIANGTAN.dispatch.several_units is not None
    assert XIANGTAN.dispatch.several_units.ways == ("lead_and_co",)


@pytest.mark.clause("XT-16.1")
def test_a_ticket_is_signed_for_within_one_working_day() -> None:
    assert told(sign_due(XIANGTAN, CALENDAR, at("2026-11-20T17:00"))) == ("2026-11-23", "XT-16.1")
    assert last_day(sign_due(XIANGTAN, CALENDAR, at("2026-02-13T09:00"))) == "2026-02-14"  # make-up Saturday


@pytest.mark.clause("XT-16.2")
def test_a_return_is_asked_for_within_two_working_days_of_signing() -> None:
    received, signed = at("2026-11-16T09:00"), at("2026-11-17T09:00")
    assert return_due(XIANGTAN, CALENDAR, received) is None
    assert told(return_due(XIANGTAN, CALENDAR, received, signed_at=signed)) == ("2026-11-19", "XT-16.2")
    returns = XIANGTAN.returns
    assert returns is not None
    assert lacking(returns.not_ours.needs, []) == ("reason", "basis")
    assert (returns.decided.approved, returns.decided.refused) == ("restarts", "goes_on")
    assert returns.late.outcome == "refused"


@pytest.mark.clause("XT-16.2")
def test_not_signing_gains_no_time() -> None:
    # Received on Monday 16 November: signed on the 17th at the latest, so due on the 20th.
    received = "2026-11-16T09:00"
    last_minute = handled(XIANGTAN, "consultation", received, signed_at=at("2026-11-17T23:59"))
    never = handled(XIANGTAN, "consultation", received, now=at("2026-11-18T00:00"))
    late = handled(XIANGTAN, "consultation", received, signed_at=at("2026-11-19T15:00"))
    assert (last_minute, never, late) == (["2026-11-20"], ["2026-11-20"], ["2026-11-20"])
    returned = return_due(XIANGTAN, CALENDAR, at(received), signed_at=at("2026-11-19T15:00"))
    assert last_day(returned) == "2026-11-19"


def literal() -> Profile:
    """A city that reads article 16 by its letter."""
    sign = XIANGTAN.sign
    assert sign is not None
    assert sign.unsigned is not None
    unsigned = sign.unsigned.model_copy(update={"signed_at": "return_window"})
    return XIANGTAN.model_copy(update={"sign": sign.model_copy(update={"unsigned": unsigned})})


def test_a_city_may_read_that_an_unsigned_ticket_is_signed_when_the_return_window_ends() -> None:
    deemed = deemed_signed(literal(), CALENDAR, at("2026-11-16T09:00"))
    assert deemed is not None
    # One working day for signing, two more for returning: Thursday the 19th.
    assert f"{deemed:%Y-%m-%d %H:%M}" == "2026-11-19 15:59"
    assert handled(literal(), "consultation", "2026-11-16T09:00", now=at("2026-11-20T00:00")) == [
        "2026-11-24"
    ]


@pytest.mark.clause("XT-17.1")
def test_a_consultation_takes_three_working_days_from_signing() -> None:
    assert handled(XIANGTAN, "consultation", "2026-11-16T09:00") == []
    signed = at("2026-09-29T10:00")
    # 30 September, 8 and 9 October.
    assert handled(XIANGTAN, "consultation", "2026-09-29T09:00", signed_at=signed) == ["2026-10-09"]


@pytest.mark.clause("XT-17.2")
@pytest.mark.parametrize("request_class", OTHERS)
def test_every_other_class_takes_five_working_days_from_signing(request_class: str) -> None:
    assert handled(XIANGTAN, request_class, "2025-12-29T09:00") == []
    # 30, 31 December, the make-up Sunday 4 January, 5 and 6 January.
    signed = at("2025-12-29T10:00")
    assert handled(XIANGTAN, request_class, "2025-12-29T09:00", signed_at=signed) == ["2026-01-06"]


def test_a_limit_set_elsewhere_changes_nothing_where_the_regulation_is_silent() -> None:
    special = SpecialLimit(Period(working_days=1), "依省规定")
    signed = at("2026-11-16T10:00")
    both = [
        handled(XIANGTAN, "help", "2026-11-16T09:00", signed_at=signed, special=each)
        for each in (None, special)
    ]
    assert both == [["2026-11-23"], ["2026-11-23"]]


def extended(nth: int, days: int | None) -> str:
    """Received and signed on Monday 16 November: due on the 23rd."""
    return outcome(lambda: extension_due(XIANGTAN, CALENDAR, _help(), "help", nth, days))


def _help() -> DueTime:
    signed = at("2026-11-16T10:00")
    (due,) = handling_due(XIANGTAN, CALENDAR, "help", at("2026-11-16T09:00"), signed_at=signed)
    return due


@pytest.mark.clause("XT-17.3")
@pytest.mark.parametrize(
    ("nth", "days", "expected"),
    [
        (1, 5, "2026-11-30"),
        (1, None, "2026-11-30"),
        (1, 6, "extension_too_long"),
        (2, 1, "extension_too_often"),
    ],
)
def test_one_extension_of_at_most_five_working_days(nth: int, days: int | None, expected: str) -> None:
    assert extended(nth, days) == expected


@pytest.mark.clause("XT-17.3")
def test_an_extension_is_asked_for_before_the_limit_ends_reviewed_and_told() -> None:
    due = _help()
    assert last_moment_to_ask(XIANGTAN, CALENDAR, due, "help", 1).due == due.due
    assert XIANGTAN.extension is not None
    ask = XIANGTAN.extension.first.ask
    assert lacking(ask.needs, []) == ("reason", "new_limit")
    assert (ask.requester_told, ask.approved) == (True, True)


@pytest.mark.clause("XT-18.1")
def test_a_completion_states_who_when_how_what_and_the_contact() -> None:
    rule = XIANGTAN.completion.content
    assert rule is not None
    assert lacking(rule.needs, []) == ("handler", "time", "course", "result", "requester_contact")
    assert XIANGTAN.contact is not None
    assert lacking(XIANGTAN.contact.needs, []) == ("details",)


@pytest.mark.clause("XT-18.2")
def test_what_cannot_be_solved_now_needs_measures_progress_and_a_definite_date() -> None:
    rule = XIANGTAN.completion.unsolved
    assert rule is not None
    assert lacking(rule.needs, []) == ("measures", "progress", "definite_date")


@pytest.mark.clause("XT-19")
def test_a_completion_is_reviewed_and_sent_back_within_the_original_limit() -> None:
    rule = XIANGTAN.completion.review
    assert rule is not None
    assert (rule.reviewed, rule.sent_back) == (True, "goes_on")


@pytest.mark.clause("XT-20.1")
def test_every_completed_ticket_is_called_back_and_redone_within_five_working_days() -> None:
    rule = XIANGTAN.callback
    assert rule is not None
    assert (rule.of, rule.asks, rule.within) == ("all", ("satisfaction", "contact"), None)
    assert told(redo_due(XIANGTAN, CALENDAR, "consultation", at("2026-11-20T17:00"))) == (
        "2026-11-27",
        "XT-20.1",
    )
    redo = XIANGTAN.redo
    assert redo is not None
    assert (redo.within, list(redo.grounds), redo.times) == ("period", ["unit_fault"], None)
    assert (redo.extension_allowed, redo.rating) == (True, "last")


@pytest.mark.clause("XT-20.2")
def test_a_unit_may_appeal_a_rating_for_three_reasons_with_evidence() -> None:
    rule = XIANGTAN.ratings.appeal
    assert rule is not None
    assert lacking(rule.needs, []) == ("evidence",)
    assert rule.reasons == ("反映情况不属实", "政策原因暂时无法解决", "恶意投诉、浪费行政资源")
    assert rule.not_counted is True
    assert XIANGTAN.ratings.exempt is not None
    assert XIANGTAN.ratings.exempt.kinds == ("mediation", "enforcement")


@pytest.mark.clause("XT-21")
def test_a_disputed_duty_is_settled_by_the_office_and_then_by_the_government() -> None:
    dispute = XIANGTAN.dispatch.disputes["unclear"]
    assert dispute.decided_by == ("市热线信箱办", "市人民政府")
    assert dispute.designated_may_return is True


@pytest.mark.clause("XT-22")
def test_a_clear_duty_goes_straight_to_the_town_or_the_city_department() -> None:
    assert XIANGTAN.dispatch.direct is not None
    assert XIANGTAN.dispatch.direct.to == ("乡镇（街道）", "市直机关各单位")


@pytest.mark.clause("XT-23.1")
def test_eight_matters_open_a_supervision() -> None:
    triggers = XIANGTAN.supervision.triggers
    assert [each.article for each in triggers.values()] == [
        f"第二十三条第一款第（{n}）项" for n in "一二三四五六七八"
    ]
    assert [key for key, each in triggers.items() if each.found_by == "system"] == ["overdue", "concentrated"]


@pytest.mark.clause("XT-23.1", "XT-23.2")
@pytest.mark.parametrize(
    ("kind", "due"),
    [
        ("system", "2026-11-27"),
        ("phone", "2026-12-04"),
        ("on_site", "2026-12-04"),
        ("letter", "2026-12-04"),
        ("meeting", "2026-12-04"),
        ("other", "2026-12-04"),
    ],
)
def test_system_supervision_takes_five_working_days_and_every_other_kind_ten(kind: str, due: str) -> None:
    assert last_day(supervision_due(XIANGTAN, CALENDAR, kind, at("2026-11-20T17:00"))) == due


@pytest.mark.clause("XT-23.2")
@pytest.mark.parametrize(
    ("nth", "days", "expected"),
    [(1, 10, "2026-12-11"), (1, 11, "extension_too_long"), (2, 1, "extension_too_often")],
)
def test_a_supervision_is_extended_once_by_at_most_ten(nth: int, days: int, expected: str) -> None:
    due = supervision_due(XIANGTAN, CALENDAR, "system", at("2026-11-20T17:00"))
    assert due is not None
    assert outcome(lambda: supervision_extended_due(XIANGTAN, CALENDAR, due, nth, days)) == expected


@pytest.mark.clause("XT-23.3")
def test_what_stays_unsolved_goes_to_the_governments_inspection_office() -> None:
    rule = XIANGTAN.supervision.escalation
    assert rule is not None
    assert (rule.to, rule.when) == ("市人民政府督查室", ("经督办后仍未得到解决",))


@pytest.mark.clause("XT-26.0", "XT-26.6")
def test_seven_grounds_of_accountability_can_be_chosen() -> None:
    assert list(XIANGTAN.supervision.accountability) == [
        "refusal",
        "not_handled",
        "false_result",
        "attitude",
        "disclosure",
        "knowledge",
        "abuse_of_office",
    ]


@pytest.mark.clause("XT-27")
def test_abuse_is_recorded_by_kind_and_referred_but_nobody_is_restricted() -> None:
    assert list(XIANGTAN.access.abuses) == ["repeated", "fabrication", "out_of_scope", "harassment"]
    assert XIANGTAN.access.measures is not None
    assert XIANGTAN.access.measures.steps == ("police", "judiciary")
    assert XIANGTAN.access.restriction is None


def test_there_are_no_cards() -> None:
    due = handling(city("shantou-2016"), "help", "2026-11-02T09:00")
    assert card(XIANGTAN, CALENDAR, due, at("2026-12-02T09:00")) is None
