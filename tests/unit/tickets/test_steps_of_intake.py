"""Registering, answering, refusing, putting through: what the cities' rules make of it."""

import pytest

from tests.support.deadlines import city
from tests.support.ticket_life import begun, due_days, life, may, records, refusals

AT = "2026-11-16T09:00"
LATER = "2026-11-16T09:10"


@pytest.mark.clause("SG-2")
def test_shaoguan_takes_requests_by_four_channels_day_and_night() -> None:
    channels = ("phone", "web", "app", "wechat", "mail")
    taken = {
        each: refusals(life("shaoguan-2022", {"channel": each}, (AT, "register", "agent")))
        for each in channels
    }
    assert taken == {each: [] for each in channels[:4]} | {"mail": [("channel_closed", "SG-2")]}
    rule = city("shaoguan-2022").intake.channels
    assert rule is not None
    assert rule.around_the_clock


def seat_call(profile: str, seat: str) -> tuple[bool, list[tuple[str, str]], list[tuple[str, str]]]:
    """Whether there is a rota, what marks the call, and how its matter was followed."""
    found = life(
        profile,
        {"seat": seat, "class": "help"},
        (AT, "register", "agent"),
        (LATER, "seat_result", "centre", {"result": "已协调解决"}),
    )
    seats = city(profile).seats
    return seat in seats and seats[seat].rota, records(found, "seat"), records(found, "seat_result")


@pytest.mark.clause("SG-7")
def test_calls_of_a_leader_s_day_are_marked_and_followed() -> None:
    told = seat_call("shaoguan-2022", "leaders_day")
    assert told == (True, [("leaders_day", "SG-7")], [("已协调解决", "SG-7")])


@pytest.mark.clause("XT-11")
@pytest.mark.parametrize("seat", ["leaders_day", "heads_day"])
def test_calls_of_leaders_and_department_heads_are_marked_and_followed(seat: str) -> None:
    assert seat_call("xiangtan-2021", seat) == (True, [(seat, "XT-11")], [("已协调解决", "XT-11")])


@pytest.mark.clause("XT-8.5")
def test_an_expert_s_seat_has_a_rota_and_its_calls_are_followed() -> None:
    assert seat_call("xiangtan-2021", "expert") == (True, [("expert", "XT-8.5")], [("已协调解决", "XT-8.5")])


@pytest.mark.clause("MZ-3")
def test_a_unit_s_own_seat_serves_as_a_remote_seat_without_a_rota() -> None:
    assert seat_call("meizhou-2014", "remote") == (False, [("remote", "MZ-3")], [("已协调解决", "MZ-3")])


@pytest.mark.clause("TA-17")
@pytest.mark.parametrize("seat", ["legal", "enterprises"])
def test_special_seats_mark_their_calls(seat: str) -> None:
    assert seat_call("taian-2025", seat) == (True, [(seat, "TA-17")], [("已协调解决", "TA-17")])


def test_a_call_that_no_seat_took_has_nothing_to_follow() -> None:
    found = life("shaoguan-2022", {}, (AT, "register", "agent"))
    assert may(found, "seat_result") == (False, "not_a_seat_call", "SG-7")
    unknown = life("shaoguan-2022", {"seat": "expert"}, (AT, "register", "agent"))
    assert refusals(unknown) == [("seat_unknown", "SG-7")]


@pytest.mark.clause("XT-14.2")
def test_a_requester_who_asks_for_it_is_hidden_from_units() -> None:
    found = life("xiangtan-2021", {"hidden": True}, (AT, "register", "agent"))
    assert records(found, "hidden") == [("units", "XT-14.2")]


def confidential(profile: str) -> tuple[list[tuple[str, str]], tuple[bool, str, str], list[tuple[str, str]]]:
    """What marks it, whether staff may be named, and who is refused after that."""
    found = life(
        profile,
        {"confidential": True},
        (AT, "register", "agent"),
        (LATER, "confidential_staff", "centre", {"staff": ["李四"]}),
        ("2026-11-16T10:00", "dispatch", "centre", {"to": "U1"}),
        ("2026-11-16T11:00", "note", "unit:U1:王五", {"text": "已看"}),
        ("2026-11-16T12:00", "note", "unit:U1:李四", {"text": "已看"}),
    )
    return records(found, "confidential"), may(found, "confidential_staff"), refusals(found)


@pytest.mark.clause("SG-32")
def test_a_confidential_ticket_is_handled_by_named_staff_alone() -> None:
    assert confidential("shaoguan-2022") == ([("path", "SG-32")], (True, "", ""), [("confidential", "SG-32")])


@pytest.mark.clause("MZ-21")
def test_meizhou_s_confidential_tickets_go_by_their_own_path_too() -> None:
    assert confidential("meizhou-2014") == ([("path", "MZ-21")], (True, "", ""), [("confidential", "MZ-21")])


@pytest.mark.clause("SG-32")
def test_the_party_complained_of_is_not_told_who_asks() -> None:
    asked = {"text": "商铺称当晚没有营业"}
    found = life(
        "shaoguan-2022",
        {},
        *begun("shaoguan-2022"),
        ("2026-11-16T12:00", "ask_party", "unit:U1", asked | {"requester_shown": True}),
        ("2026-11-16T13:00", "ask_party", "unit:U1", asked),
    )
    assert refusals(found) == [("requester_shown", "SG-32")]
    assert records(found, "party_asked") == [("", "SG-32")]


@pytest.mark.clause("TA-18")
def test_water_power_gas_heat_and_network_go_to_the_utilities_at_any_hour() -> None:
    found = life(
        "taian-2025", {"class": "help", "urgent": "utilities"}, ("2026-02-17T03:00", "register", "agent")
    )
    assert records(found, "urgent") == [("承担公共服务职责的企业事业单位（全天候）", "TA-18")]


@pytest.mark.clause("ST-18")
def test_an_urgent_path_names_who_gets_it() -> None:
    told = {}
    for each in city("shantou-2016").dispatch.urgent:
        found = life("shantou-2016", {"class": "help", "urgent": each}, (AT, "register", "agent"))
        told[each] = records(found, "urgent")
    to = [("相关单位或者区（县）责任单位紧急处理", "ST-18")]
    assert told == dict.fromkeys(
        ("public_safety", "public_health", "public_transport", "city_management", "pollution", "food_safety",
         "work_safety"),
        to,
    )  # fmt: skip


@pytest.mark.clause("XT-14.1", "ST-8.3", "SG-13")
@pytest.mark.parametrize(
    ("profile", "clause"), [("xiangtan-2021", "XT-13"), ("shantou-2016", "ST-7"), ("shaoguan-2022", "SG-10")]
)
def test_nobody_is_turned_away_without_being_told_why(profile: str, clause: str) -> None:
    found = life(
        profile,
        {},
        (AT, "register", "agent"),
        (LATER, "not_accept", "centre", {"ground": "jurisdiction", "told": False}),
        ("2026-11-16T09:20", "not_accept", "centre", {"ground": "jurisdiction", "told": True}),
    )
    assert (found["state"], refusals(found)) == ("refused", [("requester_not_told", clause)])
    assert records(found, "not_accepted") == [("jurisdiction", clause)]


def test_only_the_centre_records_a_non_acceptance() -> None:
    found = life(
        "shaoguan-2022",
        {},
        (AT, "register", "agent"),
        (LATER, "not_accept", "agent", {"ground": "jurisdiction", "told": True}),
    )
    assert (found["state"], refusals(found)) == ("pending", [("wrong_role", "SG-10")])


@pytest.mark.clause("ST-8.4")
def test_who_refuses_the_essentials_may_be_refused_and_is_told_why() -> None:
    refused = {"ground": "essentials", "told": True}
    kept = life("shantou-2016", {}, (AT, "register", "agent"), (LATER, "not_accept", "centre", refused))
    assert refusals(kept) == [("essentials_not_withheld", "ST-8.4")]
    found = life(
        "shantou-2016",
        {"essentials": ["time"], "withheld": True},
        (AT, "register", "agent"),
        (LATER, "not_accept", "centre", refused),
    )
    assert (found["state"], records(found, "not_accepted")) == ("refused", [("essentials", "ST-8.4")])


@pytest.mark.parametrize(("profile", "clause"), [("shaoguan-2022", "SG-12.2"), ("shantou-2016", "ST-8.2")])
def test_what_must_be_dispatched_is_not_answered_at_once(profile: str, clause: str) -> None:
    answer = {"code": "K000001", "version": 2, "text": "如下"}
    found = life(profile, {}, (AT, "register", "agent"), (LATER, "answer", "agent", answer))
    assert (found["state"], refusals(found)) == ("pending", [("not_answered_at_once", clause)])
    asked = life(
        profile, {"class": "consultation"}, (AT, "register", "agent"), (LATER, "answer", "agent", answer)
    )
    assert (asked["state"], due_days(asked, "handling")) == ("answered", [])


def test_an_emergency_is_put_through_and_marked() -> None:
    found = life(
        "meizhou-2014",
        {},
        (AT, "register", "agent"),
        (LATER, "put_through", "agent", {"number": "122"}),
        ("2026-11-16T09:20", "put_through", "agent", {"number": "120"}),
    )
    assert (found["state"], refusals(found)) == ("put_through", [("number_unknown", "MZ-9.2")])
    assert records(found, "put_through") == [("120", "MZ-9.2")]


@pytest.mark.parametrize(
    ("done", "overdue", "new_facts", "state", "clause"),
    [
        (False, False, False, "closed", "ST-16.1"),
        (False, True, False, "closed", "ST-16.1"),
        (False, False, True, "merged", "ST-16.2"),
        (True, False, False, "closed", "ST-16.3"),
        (True, False, True, "pending", "ST-16.4"),
    ],
)
def test_a_repeat_found_at_registration_has_one_of_four_ends(
    done: bool, overdue: bool, new_facts: bool, state: str, clause: str
) -> None:
    told = {"of": "20261101-00001", "done": done, "overdue": overdue, "new_facts": new_facts}
    found = life("shantou-2016", {}, (AT, "register", "agent"), (LATER, "repeat_found", "agent", told))
    assert (found["state"], [clause for _, clause in records(found, "repeat")]) == (state, [clause])


@pytest.mark.clause("SG-11")
def test_an_abusive_caller_is_kept_off_the_phone_for_thirty_days_that_holidays_do_not_lengthen() -> None:
    abuse = {"abuse": "harassment", "steps": ["restricted", "police"], "text": "反复辱骂"}
    found = life(
        "shaoguan-2022",
        {},
        ("2026-09-10T09:00", "register", "agent"),
        ("2026-09-10T10:00", "record_abuse", "agent", abuse),
        ("2026-09-10T11:00", "record_abuse", "centre", abuse),
        ("2026-10-10T23:59", "repeat_call", "agent", {"new_facts": True}),
        ("2026-10-11T00:00", "repeat_call", "agent", {"new_facts": True}),
        now="2026-10-11T09:00",
    )
    # 11 - 30 September are twenty days, and ten of October.
    assert due_days(found, "restriction") == [("2026-10-10", "stopped")]
    assert refusals(found) == [("restriction_by_centre", "SG-11"), ("restricted", "SG-11")]
    assert ("2026-10-11T00:00:00+08:00", "SG-11") in [
        (each["at"], each["clause"]) for each in found["effects"]
    ]
    assert records(found, "measure") == [("restricted", "SG-11"), ("police", "SG-11")]


def test_a_restriction_can_be_lifted_after_an_objection() -> None:
    found = life(
        "shaoguan-2022",
        {},
        ("2026-09-10T09:00", "register", "agent"),
        (
            "2026-09-10T11:00",
            "record_abuse",
            "centre",
            {"abuse": "insult", "steps": ["restricted"], "text": "x"},
        ),
        ("2026-09-12T09:00", "lift_restriction", "centre", {"reason": "申诉属实"}),
        ("2026-09-12T10:00", "repeat_call", "agent", {"new_facts": True}),
    )
    assert (due_days(found, "restriction"), refusals(found)) == ([("2026-10-10", "stopped")], [])


@pytest.mark.parametrize(("profile", "clause"), [("xiangtan-2021", "XT-27"), ("taian-2025", "TA-11、TA-32")])
def test_cities_without_a_restriction_record_other_measures(profile: str, clause: str) -> None:
    told = {"abuse": "harassment", "text": "威胁"}
    found = life(
        profile,
        {},
        (AT, "register", "agent"),
        (LATER, "record_abuse", "centre", told | {"steps": ["restricted"]}),
        ("2026-11-16T09:20", "record_abuse", "centre", told | {"steps": ["police"]}),
    )
    assert refusals(found) == [("measure_unknown", clause)]
    assert records(found, "measure") == [("police", clause)]
