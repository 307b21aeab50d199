"""Conditions of the texts that were worked out by hand and found wanting once."""

import pytest

from tests.support.ticket_life import WHOLE, Step, begun, due_days, life, records, refusals


@pytest.mark.clause("SG-24.1")
@pytest.mark.parametrize("choices", [[], ["satisfied", "unsatisfied"], ["好"]])
def test_a_rating_that_is_not_one_choice_is_told_as_basically_satisfied(choices: list[str]) -> None:
    found = life(
        "shaoguan-2022",
        {},
        ("2026-11-16T09:00", "register", "agent"),
        ("2026-11-16T09:10", "request_rating", "system", {"phase": "intake"}),
        ("2026-11-16T10:00", "rate", "requester", {"phase": "intake", "choices": choices}),
        now="2026-11-17T12:00",
    )
    assert refusals(found) == []
    assert [(each["effect"], each["at"], each["clause"]) for each in found["effects"]] == [
        ("deemed_rating", "2026-11-16T10:00:00+08:00", "SG-24.1")
    ]
    assert records(found, "rating") == [("intake:basically_satisfied", "SG-24.1")]


@pytest.mark.clause("ST-9.1")
def test_the_centre_s_day_runs_before_anybody_has_chosen_a_route() -> None:
    """Thursday before the seven days of October 2021; Friday the eighth is worked."""
    for request_, label in (({}, "热线转办"), ({"route": "district"}, "热线转办：区（县）事权")):
        found = life("shantou-2016", request_, ("2021-09-30T17:00", "register", "agent"))
        clock = next(each for each in found["clocks"] if each["name"] == "centre_dispatch")
        assert (clock["due_day"], clock["label"]) == ("2021-10-08", label)
    # Meizhou passes on the same day only what belongs to no member.
    assert (
        due_days(life("meizhou-2014", {}, ("2016-09-30T17:00", "register", "agent")), "centre_dispatch") == []
    )


@pytest.mark.clause("ST-17.2")
def test_the_days_asked_for_say_the_new_limit() -> None:
    asked = {"reason": "现场踏勘", "facts": "三方联合审查", "requester_told": True}
    for more, refused in (({"days": 5}, []), ({}, [("missing_details", "ST-17.2")])):
        step: Step = ("2026-11-17T09:00", "request_extension", "unit:U1", asked | more)
        assert refusals(life("shantou-2016", {}, *begun("shantou-2016"), step)) == refused


@pytest.mark.clause("XT-20.2")
@pytest.mark.parametrize(("approved", "said"), [(True, "approved"), (False, "refused")])
def test_what_the_requester_said_and_what_came_of_the_appeal_stand_in_the_record(
    approved: bool, said: str
) -> None:
    """From a reply on Wednesday to the decision on Friday, all within the days that Xiangtan gives."""
    found = life(
        "xiangtan-2021",
        {},
        *begun("xiangtan-2021"),
        ("2026-11-18T10:00", "reply", "unit:U1", {"result": "已答复"}),
        ("2026-11-18T11:00", "request_completion", "unit:U1", WHOLE),
        ("2026-11-18T12:00", "decide_completion", "centre", {"approved": True}),
        (
            "2026-11-19T09:00",
            "callback",
            "callback",
            {"reached": True, "satisfaction": "unsatisfied", "contact": True},
        ),
        (
            "2026-11-19T10:00",
            "appeal_rating",
            "unit:U1",
            {"reason": "反映情况不属实", "evidence": "现场照片"},
        ),
        ("2026-11-20T09:00", "decide_appeal", "centre", {"approved": approved}),
    )
    assert refusals(found) == []
    assert records(found, "callback") == [("unsatisfied", "XT-20.1")]
    assert records(found, "appeal") == [(said, "XT-20.2")]
