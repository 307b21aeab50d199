"""What units and the centre do with a ticket, and when that is in time."""

from typing import Any

import pytest

from tests.support.deadlines import city
from tests.support.ticket_life import HANDLER, WHOLE, Step, begun, due_days, life, may, records, refusals

REPLY: dict[str, Any] = {"result": "已处理", "written": True, "adopted": True}


def completed(profile: str, *more: Step, request: dict[str, Any] | None = None) -> dict[str, Any]:
    """Begun on Monday 16 November, completed on the 18th."""
    steps: list[Step] = [*begun(profile), ("2026-11-17T09:00", "reply", "unit:U1", REPLY)]
    if profile == "shantou-2016":
        steps.append(("2026-11-17T10:00", "report_result", "unit:U1", {"result": "已处理"}))
    else:
        steps.append(("2026-11-17T10:00", "request_completion", "unit:U1", WHOLE))
    if profile in {"shaoguan-2022", "xiangtan-2021"}:
        steps.append(("2026-11-18T09:00", "decide_completion", "centre", {"approved": True}))
    return life(profile, request or {}, *steps, *more)


@pytest.mark.clause("XT-17.1", "XT-17.2")
@pytest.mark.parametrize("request_class", ["consultation", "help", "complaint", "report", "suggestion"])
def test_in_xiangtan_the_unit_must_hand_in_its_completion_within_the_limit(request_class: str) -> None:
    last = "2026-11-19" if request_class == "consultation" else "2026-11-23"
    found = life(
        "xiangtan-2021",
        {"class": request_class},
        *begun("xiangtan-2021"),
        ("2026-11-17T09:00", "reply", "unit:U1", REPLY),
        (f"{last}T23:59", "request_completion", "unit:U1", WHOLE),
        ("2026-11-25T09:00", "decide_completion", "centre", {"approved": True}),
    )
    assert due_days(found, "handling") == [(last, "met")]
    late = life(
        "xiangtan-2021",
        {"class": request_class},
        *begun("xiangtan-2021"),
        ("2026-11-17T09:00", "reply", "unit:U1", REPLY),
        now="2026-11-24T00:00",
    )
    assert due_days(late, "handling") == [(last, "overdue")]


@pytest.mark.clause("MZ-11.4", "MZ-11.5", "MZ-11.6")
@pytest.mark.parametrize(
    ("request_class", "last"),
    [("complaint", "2026-12-07"), ("report", "2026-12-28"), ("appeal", "2026-12-28")],
)
def test_in_meizhou_complaints_reports_and_appeals_are_completed_within_the_limit(
    request_class: str, last: str
) -> None:
    assert in_meizhou(request_class) == [(last, "overdue")]


@pytest.mark.clause("MZ-11.7")
@pytest.mark.parametrize("request_class", ["help", "suggestion"])
def test_in_meizhou_help_and_suggestions_are_completed_within_the_limit(request_class: str) -> None:
    assert in_meizhou(request_class) == [("2026-12-07", "overdue")]


def test_in_meizhou_a_consultation_is_replied_to_within_the_limit() -> None:
    assert in_meizhou("consultation") == [("2026-11-19", "met")]


def in_meizhou(request_class: str) -> list[tuple[str, str]]:
    """Replied to at once, and not completed until the year is over."""
    decided: list[Step] = []
    if request_class == "report":
        decided = [("2026-11-16T10:30", "decide_acceptance", "unit:U1", {"accepted": True})]
    found = life(
        "meizhou-2014",
        {"class": request_class},
        *begun("meizhou-2014"),
        *decided,
        ("2026-11-17T09:00", "reply", "unit:U1", REPLY),
        now="2026-12-31T09:00",
    )
    return due_days(found, "handling")


@pytest.mark.clause("SG-22")
def test_in_shaoguan_signing_and_handling_show_green_yellow_and_red() -> None:
    shown = {}
    for now in ("2026-11-17T12:00", "2026-11-18T12:00", "2026-11-19T12:00", "2026-11-20T12:00"):
        found = life("shaoguan-2022", {"class": "consultation"}, *begun("shaoguan-2022")[:2], now=now)
        shown[now[8:10]] = {each["clock"]: each["colour"] for each in found["cards"]}
    # Signing was due on the 17th, the reply on the 18th.
    assert shown == {
        "17": {"handling": "green", "sign": "green"},
        "18": {"handling": "green", "sign": "yellow"},
        "19": {"handling": "yellow", "sign": "yellow"},
        "20": {"handling": "yellow", "sign": "red"},
    }


@pytest.mark.clause("SG-14.0")
def test_a_contact_with_the_requester_says_what_was_learnt() -> None:
    found = life(
        "shaoguan-2022",
        {},
        *begun("shaoguan-2022"),
        ("2026-11-16T12:00", "contact", "unit:U1", {"reached": True}),
        ("2026-11-16T13:00", "contact", "unit:U1", {"reached": True, "details": "夜里十点以后"}),
    )
    assert refusals(found) == [("missing_details", "SG-14.0")]


@pytest.mark.clause("ST-11")
def test_of_a_complaint_the_details_and_the_intent_are_recorded() -> None:
    steps: list[Step] = [
        ("2026-11-16T12:00", "contact", "unit:U1", {"reached": True, "details": "夜里"}),
        ("2026-11-16T13:00", "contact", "unit:U1", {"reached": True, "intent": "停工"}),
        ("2026-11-16T14:00", "contact", "unit:U1", {"reached": True, "details": "夜里", "intent": "停工"}),
    ]
    assert (
        refusals(life("shantou-2016", {}, *begun("shantou-2016"), *steps))
        == [("missing_details", "ST-11")] * 2
    )
    assert refusals(life("shantou-2016", {"class": "help"}, *begun("shantou-2016"), *steps)) == []


@pytest.mark.clause("SG-6")
def test_a_ticket_goes_down_three_levels_and_its_limit_goes_on() -> None:
    found = life(
        "shaoguan-2022",
        {},
        *begun("shaoguan-2022"),
        ("2026-11-17T09:00", "pass_on", "unit:U1", {"to": "T1"}),
        ("2026-11-17T10:00", "pass_on", "unit:T1", {"to": "V1"}),
    )
    # The city passed it to the unit, and the unit down to the third and last level.
    assert (found["unit"], refusals(found)) == ("T1", [("pass_too_often", "SG-6")])
    assert due_days(found, "handling") == [("2026-11-30", "running")]


@pytest.mark.clause("SG-14.4", "SG-13")
def test_a_unit_that_cannot_accept_tells_the_requester_and_explains_itself() -> None:
    said = {"accepted": False, "ground": "procedures", "basis": "第十条第（二）项", "requester_told": True}
    steps: list[Step] = [
        ("2026-11-17T09:00", "decide_acceptance", "unit:U1", said | {"requester_told": False}),
        ("2026-11-17T10:00", "decide_acceptance", "unit:U1", said | {"basis": ""}),
        ("2026-11-17T11:00", "decide_acceptance", "unit:U1", said),
        ("2026-11-17T12:00", "decide_acceptance", "unit:U1", said | {"documents": "受理通知书"}),
    ]
    found = life("shaoguan-2022", {}, *begun("shaoguan-2022"), *steps)
    assert refusals(found) == [
        ("requester_not_told", "SG-13"), ("missing_details", "SG-13"), ("missing_details", "SG-14.4"),
    ]  # fmt: skip
    assert (found["state"], due_days(found, "handling")) == ("refused", [("2026-11-30", "met")])


@pytest.mark.clause("SG-21")
def test_a_finished_answer_is_added_to_after_two_reviews_and_changed_only_in_writing() -> None:
    yes, change = {"approved": True}, {"kind": "change", "reason": "政策调整"}
    found = completed(
        "shaoguan-2022",
        ("2026-11-20T09:00", "ask_supplementary", "unit:U1", change),
        ("2026-11-20T10:00", "ask_supplementary", "unit:U1", change | {"in_writing": True}),
        ("2026-11-20T11:00", "write_supplementary", "unit:U1", {"text": "新的答复"}),
        ("2026-11-20T12:00", "grant_supplementary", "centre", yes),
        ("2026-11-20T13:00", "issue_supplementary", "centre", yes),
        ("2026-11-20T14:00", "write_supplementary", "unit:U1", {"text": "新的答复"}),
        ("2026-11-20T15:00", "issue_supplementary", "centre", yes),
        ("2026-11-20T16:00", "issue_supplementary", "centre", yes),
    )
    assert refusals(found) == [
        ("not_in_writing", "SG-21"), ("supplementary_stage", "SG-21"), ("supplementary_stage", "SG-21"),
        ("supplementary_stage", "SG-21"),
    ]  # fmt: skip


@pytest.mark.clause("ST-13", "ST-12.2")
def test_shantou_answers_complaints_in_writing_and_says_whether_a_suggestion_is_adopted() -> None:
    rule = city("shantou-2016").classes["complaint"].reply
    assert rule is not None
    assert rule.needs == ("result",)
    told: Step = ("2026-11-17T09:00", "reply", "unit:U1", {"result": "已处理"})
    written: Step = ("2026-11-17T10:00", "reply", "unit:U1", {"result": "已处理", "written": True})
    adopted: Step = ("2026-11-17T11:00", "reply", "unit:U1", {"result": "不采纳", "adopted": False})
    complaint = life("shantou-2016", {}, *begun("shantou-2016"), told, written)
    assert refusals(complaint) == [("reply_not_written", "ST-13")]
    suggestion = life("shantou-2016", {"class": "suggestion"}, *begun("shantou-2016"), told, adopted)
    assert (refusals(suggestion), suggestion["state"]) == ([("missing_details", "ST-12.2")], "replied")


@pytest.mark.clause("ST-14", "ST-15.3")
@pytest.mark.parametrize(
    ("outcome", "then"), [("misconduct", "transferred"), ("unfounded", "closed"), ("founded_only", "decided")]
)
def test_after_the_second_redo_an_objection_is_settled_by_the_centre(outcome: str, then: str) -> None:
    steps: list[Step] = []
    for day in ("20", "24"):
        steps += [
            (f"2026-11-{day}T09:00", "object", "requester", {"reason": "没有处理"}),
            (f"2026-11-{day}T10:00", "redo", "centre", {"ground": "founded"}),
            (f"2026-11-{day}T11:00", "sign", "unit:U1", HANDLER),
            (f"2026-11-{day}T12:00", "reply", "unit:U1", REPLY),
            (f"2026-11-{day}T13:00", "report_result", "unit:U1", {"result": "已处理"}),
        ]
    settled = {"outcome": outcome, "documents": "复查意见"}
    steps += [
        ("2026-11-25T08:00", "settle_objection", "centre", settled),
        ("2026-11-25T09:00", "object", "requester", {"reason": "仍没有处理"}),
        ("2026-11-25T10:00", "redo", "centre", {"ground": "founded"}),
        ("2026-11-25T11:00", "settle_objection", "centre", settled),
    ]
    found = completed("shantou-2016", *steps)
    assert refusals(found) == [("no_objection", "ST-15.3"), ("redo_too_often", "ST-15.2")]
    assert (found["state"], records(found, "objection")) == ("concluded", [(f"{then}:{outcome}", "ST-15.3")])


@pytest.mark.clause("TA-14.2", "ST-9.1", "XT-15.2")
@pytest.mark.parametrize(
    ("profile", "alone", "together"),
    [
        ("taian-2025", [], []),
        ("shantou-2016", [("split_none", "ST-9.1")], [("co_units_none", "ST-9.1")]),
        ("xiangtan-2021", [("split_none", "XT-15.2")], []),
    ],
)
def test_matters_of_several_units_are_split_or_led_as_the_city_says(
    profile: str, alone: list[tuple[str, str]], together: list[tuple[str, str]]
) -> None:
    register: Step = ("2026-11-16T09:00", "register", "agent")
    parts = {"parts": [{"to": "U1", "text": "噪声"}, {"to": "U2", "text": "占道"}]}
    found = life(profile, {}, register, ("2026-11-16T10:00", "split", "centre", parts))
    assert refusals(found) == alone
    assert found["state"] == ("pending" if alone else "split")
    led = {"to": "U1", "co_units": ["U2"]}
    assert refusals(life(profile, {}, register, ("2026-11-16T10:00", "dispatch", "centre", led))) == together


@pytest.mark.clause("TA-15.4")
def test_an_unlawful_demand_that_was_explained_is_ended_after_review() -> None:
    ended = {"ending": "unlawful", "documents": "解释记录"}
    steps: list[Step] = [
        ("2026-11-17T09:00", "end", "unit:U1", {"ending": "unlawful"}),
        ("2026-11-17T10:00", "end", "unit:U1", ended),
        ("2026-11-17T11:00", "reply", "unit:U1", REPLY),
        ("2026-11-18T09:00", "decide_ending", "centre", {"approved": True}),
    ]
    found = life("taian-2025", {}, *begun("taian-2025"), *steps)
    assert (found["state"], refusals(found)) == (
        "ended",
        [("missing_details", "TA-15.4"), ("wrong_state", "TA-15.1")],
    )
    assert due_days(found, "handling") == [("2026-11-23", "stopped")]


def test_a_renamed_unit_keeps_its_ticket_and_clocks() -> None:
    changed: Step = (
        "2026-11-17T09:00",
        "unit_changed",
        "system",
        {"from": "U1", "to": "U7", "reason": "机构改革"},
    )
    replied: Step = ("2026-11-18T09:00", "reply", "unit:U7", REPLY)
    found = life("shaoguan-2022", {}, *begun("shaoguan-2022"), changed, replied)
    assert (found["unit"], found["state"], refusals(found)) == ("U7", "replied", [])
    assert due_days(found, "handling") == [("2026-11-30", "met")]


@pytest.mark.clause("SG-17.4")
@pytest.mark.parametrize(("days", "due"), [(5, "2026-11-23"), (15, "2026-12-07")])
def test_a_limit_of_the_province_stands_in_place_of_the_city_s(days: int, due: str) -> None:
    special = {"within": {"working_days": days}, "basis": "省平台交办"}
    found = life("shaoguan-2022", {"special": special, "channel": "api"}, *begun("shaoguan-2022"))
    assert due_days(found, "handling") == [(due, "running")]


def test_a_sudden_matter_is_extended_by_the_limit_of_its_own_kind() -> None:
    asked: Step = (
        "2026-11-18T09:00",
        "request_extension",
        "unit:U1",
        {"reason": "台风", "new_limit": "两日"},
    )
    granted: Step = ("2026-11-18T10:00", "decide_extension", "centre", {"approved": True})
    found = life("shaoguan-2022", {"sudden": True}, *begun("shaoguan-2022"), asked, granted)
    assert due_days(found, "sudden_completion") == [("2026-11-20", "running")]


def test_an_extension_that_is_not_granted_may_be_asked_for_again() -> None:
    asked = {"reason": "复杂", "new_limit": "十日", "requester_told": True}
    steps: list[Step] = [
        ("2026-11-20T09:00", "request_extension", "unit:U1", asked),
        ("2026-11-20T10:00", "request_extension", "unit:U1", asked),
        ("2026-11-23T09:00", "decide_extension", "centre", {"approved": False}),
        ("2026-11-24T09:00", "request_extension", "unit:U1", asked),
    ]
    found = life("shaoguan-2022", {}, *begun("shaoguan-2022"), *steps)
    assert refusals(found) == [("extension_open", "SG-17.5")]
    assert due_days(found, "handling") == [("2026-11-30", "running")]
    assert may(found, "request_extension") == (False, "extension_open", "SG-17.5")


@pytest.mark.clause("TA-20")
@pytest.mark.parametrize(
    ("when", "refused"),
    [
        ("督办后仍未解决", [("nothing_unsolved", "TA-20")]),
        ("承办单位承诺办理但未办理", []),
        ("领导关注", [("escalation_unknown", "TA-20")]),
    ],
)
def test_what_was_promised_and_not_done_goes_to_inspection_without_a_supervision(
    when: str, refused: list[tuple[str, str]]
) -> None:
    step: Step = ("2026-11-18T09:00", "escalate", "centre", {"reason": "承诺上月修复", "when": when})
    found = life("taian-2025", {}, *begun("taian-2025"), step)
    assert refusals(found) == refused
    assert records(found, "escalated") == ([] if refused else [("政府督查机构", "TA-20")])


def test_work_given_on_inside_has_its_own_day_and_is_done_once() -> None:
    task = {"id": "a", "to": "U1-2", "title": "检测", "due_day": "2026-11-20"}
    steps: list[Step] = [
        ("2026-11-16T12:00", "sub_task_done", "unit:U1", {"id": "a"}),
        ("2026-11-16T13:00", "sub_task", "unit:U1", task),
        ("2026-11-16T14:00", "sub_task", "unit:U1", task),
        ("2026-11-17T09:00", "sub_task_done", "unit:U1", {"id": "b"}),
        ("2026-11-20T23:59", "sub_task_done", "unit:U1", {"id": "a"}),
    ]
    found = life("shaoguan-2022", {}, *begun("shaoguan-2022"), *steps)
    assert [code for code, _ in refusals(found)] == ["sub_task_none", "sub_task_exists", "sub_task_unknown"]
    assert due_days(found, "sub_task") == [("2026-11-20", "met")]
    late = life("shaoguan-2022", {}, *begun("shaoguan-2022"), *steps[:2], now="2026-11-21T00:00")
    assert due_days(late, "sub_task") == [("2026-11-20", "overdue")]
