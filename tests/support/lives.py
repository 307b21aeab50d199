"""Random lives of tickets: at each step something that the rules offer, at a later instant."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from kb_service.tickets.rules.life import Accepted, Actor, Event, Rules, State, allowed, judge
from tests.support.deadlines import CALENDAR, at, city

CITIES = ("meizhou-2014", "shantou-2016", "shaoguan-2022", "taian-2025", "xiangtan-2021")
LONG = at("2030-01-01T00:00").date()
BEGINNING = at("2026-09-24T09:00")
_ALL = {"every_point": True, "handler": "张三", "time": "当日", "course": "核实", "result": "已办",
        "basis": "规定", "requester_contact": "电话", "measures": "措施", "progress": "进展",
        "definite_date": "年底"}  # fmt: skip
_RETURN = {"reason": "不属于", "basis": "三定", "suggested_unit": "U2", "note": "登记错误",
           "missing_list": ["材料"], "findings": "权属不清", "photos": ["1.jpg"],
           "signed_off_by": "leader_in_charge"}  # fmt: skip
_EXTENSION = {
    "reason": "复杂",
    "facts": "检测",
    "new_limit": "五日",
    "work_plan": "计划",
    "requester_told": True,
}
YES, NO = {"approved": True}, {"approved": False}
# By whom, and with what; several where it matters which.
STEPS: Mapping[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "dispatch": (("centre", {"to": "U1"}), ("centre", {"to": "U2"})),
    "pass_on": (("district", {"to": "U3"}), ("unit", {"to": "U3"})),
    "open_coordination": tuple(
        ("centre", {"dispute": each, "reason": "争议"}) for each in ("several", "city", "unclear", "complicated")
    ),
    "sign": (("unit", {"handler": "张三", "handler_contact": "1"}),),
    "contact": (
        ("unit", {"reached": True, "details": "详情", "intent": "意图"}),
        ("unit", {"reached": False}),
    ),
    "decide_acceptance": (("unit", {"accepted": True}),),
    "note": (("unit", {"text": "已到场"}),),
    "start_survey": (("unit", {}),),
    "survey_findings": (("unit", {"ours": True, "findings": "属本单位", "photos": ["1.jpg"]}),),
    "request_return": tuple(
        ("unit", {"kind": each, **_RETURN}) for each in ("not_ours", "wrong_record", "supplement", "survey")
    ),
    "decide_return": (("centre", YES), ("centre", NO)),
    "supplement": (("requester", {"text": "补充", "essentials": ["time", "place", "facts", "parties"]}),),
    "request_extension": (("unit", _EXTENSION), ("unit", {"days": 3, **_EXTENSION})),
    "decide_extension": (("centre", YES), ("centre", NO)),
    "reply": (("unit", {"result": "已办", "written": True, "adopted": True}),),
    "report_result": (("unit", {"result": "已办"}), ("district", {"result": "已办"})),
    "request_completion": (("unit", _ALL),),
    "decide_completion": (("centre", YES), ("centre", NO)),
    "case_filed": (("unit", {"case": "case_filed", "evidence": "立案决定"}),),
    "callback": (
        ("callback", {"reached": True, "satisfaction": "unsatisfied", "solved": False, "contact": True}),
        ("callback", {"reached": False}),
    ),
    "request_rating": (("system", {}),),
    "rate": (("requester", {"choices": ["very_unsatisfied"]}), ("requester", {"choices": ["好"]})),
    "object": (("requester", {"reason": "不认可"}),),
    "redo": tuple(
        ("centre", {"ground": each, "requested": True})
        for each in ("requested", "not_lawful", "unit_fault", "perfunctory", "reasonable")
    ),
    "repeat_call": (("agent", {"new_facts": True}), ("agent", {"new_facts": False})),
    "urge": (("centre", {"text": "请尽快"}),),
    "reply_supervision": (("unit", {"result": "已整改"}),),
    "close_supervision": (("centre", {"solved": False}),),
    "escalate": (("centre", {"reason": "仍未解决"}),),
    "unit_changed": (("centre", {"from": "U1", "to": "U4", "reason": "更名"}),),
    "archive": (("centre", {}),),
}  # fmt: skip
GAPS = tuple(timedelta(hours=each) for each in (1, 3, 20, 26, 50, 120, 400))


def rules_of(profile_id: str) -> Rules:
    return Rules(city(profile_id), CALENDAR, continued_until=LONG)


@st.composite
def lives(draw: st.DrawFn, steps: int = 12, profile_id: str = "") -> tuple[Rules, list[Event]]:
    """Rules and a history; some of its events are refused."""
    rules = rules_of(profile_id or draw(st.sampled_from(CITIES)))
    events = [_registered(draw, rules)]
    state = _after(rules, State(), events[0])
    instant = BEGINNING
    for _ in range(draw(st.integers(2, steps))):
        instant += draw(st.sampled_from(GAPS))
        offered = [each.action for each in allowed(rules, state, instant) if each.ok and each.action in STEPS]
        if not offered:
            break
        name = draw(st.sampled_from(offered))
        by, data = draw(st.sampled_from(STEPS[name]))
        events.append(Event(instant, name, Actor(frozenset({by})), data))
        state = _after(rules, state, events[-1])
    return rules, events


def _registered(draw: st.DrawFn, rules: Rules) -> Event:
    data: dict[str, Any] = {"class": draw(st.sampled_from(list(rules.profile.classes)))}
    data["essentials"] = ["time", "place", "facts", "parties", "name", "phone", "address"]
    routes = list(rules.profile.dispatch.routes)
    if routes:
        data["route"] = draw(st.sampled_from(routes))
    if rules.profile.sudden is not None:
        data["sudden"] = draw(st.booleans())
    return Event(BEGINNING, "register", Actor(frozenset({"agent"})), data)


def _after(rules: Rules, state: State, event: Event) -> State:
    verdict = judge(rules, state, event)
    return verdict.state if isinstance(verdict, Accepted) else state


def ends(events: list[Event]) -> datetime:
    return events[-1].at
