"""Returns by units: what they need, until when, and what keeps a ticket where it is."""

from typing import Any

import pytest

from tests.support.ticket_life import ESSENTIALS, Step, begun, due_days, life, refusals

REPLY: dict[str, Any] = {"result": "已处理"}
RETURN: dict[str, Any] = {
    "reason": "不属于",
    "basis": "三定",
    "suggested_unit": "U2",
    "signed_off_by": "leader_in_charge",
}


def surveyed(started: str, returned: str) -> tuple[list[str], list[tuple[str, str]], list[tuple[str, str]]]:
    """Effects, refusals and the clock of a return after a survey; received on Monday the 16th."""
    findings = {"kind": "survey", "findings": "红线外", "photos": ["1.jpg"], **RETURN}
    found = life(
        "shaoguan-2022",
        {},
        *begun("shaoguan-2022"),
        (started, "start_survey", "unit:U1"),
        (returned, "request_return", "unit:U1", findings),
    )
    return [each["effect"] for each in found["effects"]], refusals(found), due_days(found, "survey_findings")


@pytest.mark.clause("SG-14.3")
def test_a_survey_starts_in_one_working_day_and_returns_with_photos_two_after() -> None:
    in_time = surveyed("2026-11-17T23:59", "2026-11-19T23:59")
    assert in_time == ([], [], [("2026-11-19", "met")])
    late = surveyed("2026-11-17T23:59", "2026-11-20T00:00")
    assert late == (["late_return"], [], [("2026-11-19", "overdue")])
    begun_late = surveyed("2026-11-18T00:00", "2026-11-18T09:00")
    assert begun_late == (["late_return"], [], [("2026-11-20", "met")])


@pytest.mark.clause("SG-14.3")
def test_a_return_after_a_survey_needs_findings_and_photos() -> None:
    for left_out in ("findings", "photos"):
        given = {"kind": "survey", "findings": "红线外", "photos": ["1.jpg"], **RETURN}
        del given[left_out]
        steps: list[Step] = [
            ("2026-11-17T09:00", "start_survey", "unit:U1"),
            ("2026-11-17T10:00", "request_return", "unit:U1", given),
        ]
        assert refusals(life("shaoguan-2022", {}, *begun("shaoguan-2022"), *steps)) == [
            ("missing_details", "SG-14.3")
        ]


@pytest.mark.clause("SG-14.2")
def test_what_is_missing_is_listed_once_and_for_all() -> None:
    asked = {"kind": "supplement", "missing_list": ["姓名", "住址"], "signed_off_by": "authorised_person"}
    steps: list[Step] = [
        ("2026-11-17T09:00", "request_return", "unit:U1", {**asked, "missing_list": []}),
        ("2026-11-17T10:00", "request_return", "unit:U1", asked),
        ("2026-11-18T09:00", "decide_return", "centre", {"approved": True}),
        ("2026-11-19T09:00", "supplement", "requester", {"text": "姓名和住址如下"}),
        ("2026-11-19T10:00", "dispatch", "centre", {"to": "U1"}),
        ("2026-11-20T09:00", "request_return", "unit:U1", asked),
    ]
    found = life("shaoguan-2022", {}, *begun("shaoguan-2022"), *steps)
    assert refusals(found) == [("missing_details", "SG-14.2"), ("supplement_again", "SG-14.2")]
    # Dispatched anew on Thursday the 19th: ten working days to 3 December.
    assert due_days(found, "handling") == [("2026-12-03", "running")]
    late = life(
        "shaoguan-2022", {}, *begun("shaoguan-2022"), ("2026-11-18T00:00", "request_return", "unit:U1", asked)
    )
    assert [(each["effect"], each["clause"]) for each in late["effects"]] == [
        ("late_return", "SG-14.2、SG-14.3")
    ]
    wrong = {"kind": "wrong_record", "signed_off_by": "leader_in_charge"}
    noted = life(
        "shaoguan-2022", {}, *begun("shaoguan-2022"), ("2026-11-17T09:00", "request_return", "unit:U1", wrong)
    )
    assert refusals(noted) == [("missing_details", "SG-14.2")]


def point(uploaded: str, *, not_direct: bool = False) -> dict[str, Any]:
    return {"point": {"code": "K000009", "uploaded_at": f"{uploaded}:00+08:00", "not_direct": not_direct}}


@pytest.mark.clause("SG-16.6")
@pytest.mark.parametrize(
    ("uploaded", "not_direct", "refused"),
    [
        ("2026-11-16T09:30", False, [("knowledge_has_it", "SG-16.6")]),
        ("2026-10-01T09:00", True, [("knowledge_has_it", "SG-16.6")]),
        ("2026-10-01T09:00", False, []),
    ],
)
def test_what_the_base_has_is_not_returned(
    uploaded: str, not_direct: bool, refused: list[tuple[str, str]]
) -> None:
    """Registered on 16 November at nine: the point came later, or could not be told directly."""
    found = life(
        "shaoguan-2022",
        {},
        *begun("shaoguan-2022"),
        ("2026-11-16T15:00", "confirm_point", "centre", point(uploaded, not_direct=not_direct)),
        ("2026-11-17T09:00", "request_return", "unit:U1", {"kind": "not_ours", **RETURN}),
    )
    assert refusals(found) == refused


@pytest.mark.clause("SG-16.2")
@pytest.mark.parametrize("left_out", ["reason", "basis"])
def test_a_return_without_reason_or_basis_is_not_taken(left_out: str) -> None:
    given = {"kind": "not_ours", **RETURN}
    del given[left_out]
    found = life(
        "shaoguan-2022", {}, *begun("shaoguan-2022"), ("2026-11-17T09:00", "request_return", "unit:U1", given)
    )
    assert refusals(found) == [("no_reason", "SG-16.2")]


@pytest.mark.clause("SG-14.5")
def test_a_designated_unit_may_not_return_the_ticket() -> None:
    steps: list[Step] = [
        ("2026-11-17T09:00", "open_coordination", "centre", {"dispute": "several", "reason": "管辖有争议"}),
        (
            "2026-11-18T09:00",
            "designate",
            "centre",
            {"instance": "12345热线管理机构", "to": "U2", "co_units": ["U3"]},
        ),
        ("2026-11-18T10:00", "request_return", "unit:U2", {"kind": "not_ours", **RETURN}),
        ("2026-11-18T11:00", "note", "unit:U3", {"text": "协办"}),
        ("2026-11-18T12:00", "reply", "unit:U3", REPLY),
    ]
    found = life("shaoguan-2022", {}, *begun("shaoguan-2022"), *steps)
    assert refusals(found) == [("designated", "SG-14.5"), ("other_unit", "SG-17.1")]
    assert (found["unit"], due_days(found, "handling")) == ("U2", [("2026-12-02", "running")])


@pytest.mark.clause("SG-14.2")
@pytest.mark.parametrize(
    ("request_", "refused"),
    [
        ({"hidden": True, "essentials": [*ESSENTIALS, "phone"]}, []),
        ({"essentials": ESSENTIALS}, []),
        ({"essentials": [*ESSENTIALS, "phone"]}, [("requester_reachable", "SG-14.2")]),
    ],
)
def test_who_can_be_reached_is_asked_by_the_unit_itself(
    request_: dict[str, Any], refused: list[tuple[str, str]]
) -> None:
    asked = {"kind": "supplement", "missing_list": ["门牌号"], "signed_off_by": "authorised_person"}
    step: Step = ("2026-11-17T10:00", "request_return", "unit:U1", asked)
    assert refusals(life("shaoguan-2022", request_, *begun("shaoguan-2022"), step)) == refused
