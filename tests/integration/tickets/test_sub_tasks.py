"""Work inside a unit as a queue: whose, by when, and who may finish it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from kb_service.core.clock import FixedClock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Conflict, Forbidden, NotFound
from kb_service.identity.model import Unit
from kb_service.identity.schemas import AccountIn
from kb_service.identity.service import people as accounts
from kb_service.tickets import jobs
from kb_service.tickets.tasks import service
from kb_service.tickets.tasks.schemas import TaskOut
from tests.integration.tickets.conftest import Desk

Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def sections(tickets: Desk) -> Desk:
    """Two sections below the first unit, each with a handler."""
    clock = tickets.parts.clock
    with tickets.parts.database.write() as session:
        above = accounts.unit_by_code(session, "U-GAJ")
        for name in ("one", "two"):
            session.add(
                Unit(
                    code=f"U-GAJ-{name.upper()}", name=f"{name}科", short_name=name, parent_id=above.id,
                    region_code=above.region_code, level=above.level, kind=above.kind, former_names=[],
                    phone="", active=True,
                )
            )  # fmt: skip
            session.flush()
            data = AccountIn(
                login=name, name=name, unit_code=f"U-GAJ-{name.upper()}", roles=["unit_handler"],
                password="a-long-password",
            )  # fmt: skip
            accounts.add_account(session, Context(SYSTEM, clock.now()), data, password_hash="-")
    return tickets


def given_on(desk: Desk) -> str:
    code = desk.register()
    desk.act(code, "centre", "dispatch", to="U-GAJ")
    desk.act(code, "first", "sign")
    desk.act(code, "first", "sub_task", id="T1", to="U-GAJ-ONE", title="现场查看", due_day="2026-11-25")
    desk.act(code, "first", "sub_task", id="T2", to="U-GAJ-TWO", title="约谈施工方", due_day="2026-11-24")
    return code


def queue(desk: Desk, by: str, which: service.Which = "open") -> list[TaskOut]:
    with desk.parts.database.read() as session:
        return service.queue(session, desk.service.world.as_(by), which).items


def ids(found: list[TaskOut]) -> list[str]:
    return [each.id for each in found]


def test_each_section_sees_its_own_work_and_the_unit_sees_all(sections: Desk) -> None:
    code = given_on(sections)
    assert ids(queue(sections, "first")) == ["T2", "T1"], "what is due first comes first"
    assert ids(queue(sections, "one")) == ["T1"]
    assert ids(queue(sections, "second")) == []
    seen = sections.read(code, "one")
    assert seen.text == "工地夜里两点还在打桩。"
    assert {each.label for each in seen.clocks if each.name == "sub_task"} == {
        "内部分办：现场查看",
        "内部分办：约谈施工方",
    }


def test_a_section_finishes_its_own_and_no_other(sections: Desk) -> None:
    code = given_on(sections)
    with pytest.raises(Forbidden):
        sections.act(code, "one", "sub_task_done", id="T2", text="约谈了")
    with pytest.raises((Forbidden, Conflict)):
        sections.act(code, "one", "reply", result="以科室名义答复")
    sections.act(code, "one", "sub_task_done", id="T1", text="看过了")
    assert ids(queue(sections, "one")) == []
    assert ids(queue(sections, "one", "done")) == ["T1"]
    assert ids(queue(sections, "first")) == ["T2"]
    with pytest.raises(NotFound):
        sections.read(code, "one")


def test_a_sub_task_is_overdue_after_its_own_day_within_the_outer_limit(
    sections: Desk, clock: FixedClock
) -> None:
    given_on(sections)
    clock.advance(timedelta(days=4))
    assert ids(queue(sections, "first", "overdue")) == []
    clock.advance(timedelta(days=1))
    (late,) = queue(sections, "first", "overdue")
    assert (late.id, late.overdue) == ("T2", True)
    assert (
        next(each.status for each in sections.read(late.ticket).clocks if each.name == "handling")
        == "running"
    )


def test_what_was_left_of_a_ticket_that_went_elsewhere_is_in_no_queue(sections: Desk) -> None:
    code = given_on(sections)
    sections.act(code, "first", "sub_task_done", id="T1")
    sections.act(
        code,
        "first",
        "request_return",
        kind="not_ours",
        reason="不属于本单位职责范围",
        basis="三定方案",
        suggested_unit="U-RSJ",
        signed_off_by="leader_in_charge",
    )
    sections.act(code, "centre", "decide_return", approved=True)
    assert queue(sections, "first") == []


def test_the_api_shows_the_queue(sections: Desk, client: TestClient, bearer: Bearer) -> None:
    code = given_on(sections)
    headers = bearer("unit_handler", "U-GAJ-ONE")
    (mine,) = client.get("/api/v1/tickets/sub-tasks", headers=headers).json()["items"]
    assert (mine["ticket"], mine["id"], mine["due_day"]) == (code, "T1", "2026-11-25")
    assert client.get("/api/v1/tickets/sub-tasks/counts", headers=headers).json() == {
        "open": 1,
        "overdue": 0,
        "done": 0,
    }
    done = {"type": "sub_task_done", "data": {"id": "T1"}}
    assert client.post(f"/api/v1/tickets/{code}/events", json=done, headers=headers).status_code == 201
    assert client.get("/api/v1/tickets/sub-tasks", headers=headers).json()["items"] == []


def test_the_work_of_a_section_that_is_merged_goes_on_in_the_other(
    sections: Desk, client: TestClient, bearer: Bearer
) -> None:
    code = given_on(sections)
    before = sections.read(code)
    plan = {"kind": "merge", "units": ["U-GAJ-ONE"], "into": "U-GAJ-TWO"}
    sent = {"plan": plan, "reason": "科室合并"}
    done = client.post("/api/v1/unit-changes", json=sent, headers=bearer("system_officer"))
    assert done.status_code == 201, done.json()
    while jobs.follow_units(sections.parts):
        pass
    assert ids(queue(sections, "two")) == ["T2", "T1"]
    after = sections.read(code)
    moved = after.events[-1]
    assert (moved.type, moved.data["from"], moved.data["to"]) == ("unit_changed", "U-GAJ-ONE", "U-GAJ-TWO")
    assert (after.unit, after.due_at) == (before.unit, before.due_at)
    sections.act(code, "two", "sub_task_done", id="T1", text="看过了")
    assert ids(queue(sections, "two")) == ["T2"]
