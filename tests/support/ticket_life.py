"""A few events of a ticket's life, written in a line each, and what they come to."""

from typing import Any

from kb_service.tickets.service.simulating import simulate
from tests.support.deadlines import TAIAN

Step = tuple[str, str, str] | tuple[str, str, str, dict[str, Any]]
ESSENTIALS = ["time", "place", "facts", "parties"]
HANDLER = {"handler": "张三", "handler_contact": "88000001"}
WHOLE = {
    "every_point": True,
    "handler": "张三",
    "time": "当日",
    "course": "现场核实",
    "result": "已处理",
    "basis": "有关规定",
    "requester_contact": "电话联系",
}


def life(
    profile: str, request: dict[str, Any], *steps: Step, now: str = "", **scenario: Any
) -> dict[str, Any]:
    """Steps are (instant of the city, type, by, data); `now` is the last instant unless it is given."""
    limits = {"limits": TAIAN} if profile == "taian-2025" else {}
    deployment = {"continued_until": "2030-12-31"} | limits | scenario.pop("deployment", {})
    events = [
        {"at": f"{step[0]}:00+08:00", "type": step[1], "by": step[2]}
        | ({"data": step[3]} if len(step) > 3 else {})
        for step in steps
    ]
    return simulate(
        {
            "profile": profile,
            "deployment": deployment,
            "ticket": {"class": "complaint", "essentials": ESSENTIALS} | request,
            "events": events,
            "now": f"{now or steps[-1][0]}:00+08:00",
            **scenario,
        }
    )


def begun(profile: str, day: str = "2026-11-16") -> list[Step]:
    """Registered at nine, with U1 at ten, signed at eleven."""
    steps: list[Step] = [
        (f"{day}T09:00", "register", "agent"),
        (f"{day}T10:00", "dispatch", "centre", {"to": "U1"}),
    ]
    return steps if profile == "meizhou-2014" else [*steps, (f"{day}T11:00", "sign", "unit:U1", HANDLER)]


def refusals(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Code and clause of each."""
    return [(each["code"], each["clause"]) for each in found["refused"]]


def due_days(found: dict[str, Any], name: str) -> list[tuple[str, str]]:
    """Due day and status of the clocks of a name."""
    return [(each["due_day"], each["status"]) for each in found["clocks"] if each["name"] == name]


def records(found: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    """Value and clause of what was recorded."""
    return [(each["value"], each["clause"]) for each in found["records"] if each["kind"] == kind]


def may(found: dict[str, Any], action: str) -> tuple[bool, str, str]:
    """Whether it is offered, and else the code and the clause."""
    each = next(each for each in found["allowed"] if each["action"] == action)
    return each["ok"], each["code"], "" if each["ok"] else each["clause"]
