"""Tasks: one for each thing to do, seen by the unit it is asked of, reminded of and told when late."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.identity.model import Unit
from kb_service.knowledge.tasks import jobs, service
from kb_service.knowledge.tasks.model import Task
from kb_service.notices.service import inbox
from kb_service.supervision.model import Urging
from tests.support.knowledge import World
from tests.support.service import make_runtime

DAY = timedelta(days=1)


def open_one(world: World, unit: str = "U-RSJ", subject: str = "point:K-1", **given: object) -> int:
    with world.database.write() as session:
        unit_id = session.execute(select(Unit.id).where(Unit.code == unit)).scalar_one()
        task = service.open_task(
            session,
            world.as_("zx_manager"),
            kind="document",
            subject=subject,
            unit_id=unit_id,
            title="上传正式文件",
            link="/knowledge/K-1",
            **given,  # type: ignore[arg-type]
        )
        return task.id


def listed(world: World, who: str, **asked: object) -> list[service.TaskView]:
    with world.database.read() as session:
        return service.tasks_of(session, world.as_(who), **asked).items  # type: ignore[arg-type]


def titles(world: World, who: str) -> list[str]:
    with world.database.read() as session:
        return [notice.title for notice in inbox(session, world.as_(who)).items]


def test_the_same_thing_is_asked_once_while_it_is_open(world: World) -> None:
    first = open_one(world)
    assert open_one(world) == first
    with world.database.write() as session:
        assert service.close_task(session, world.as_("zx_manager"), "document", "point:K-1", "done")
        assert not service.close_task(session, world.as_("zx_manager"), "document", "point:K-1", "done")
    assert open_one(world) != first


def test_a_task_is_seen_and_closed_by_its_own_unit_only(world: World) -> None:
    task_id = open_one(world)
    assert [task.id for task in listed(world, "rsj_editor")] == [task_id]
    assert listed(world, "gaj_editor") == []
    assert titles(world, "rsj_editor") == ["上传正式文件"]
    assert titles(world, "gaj_editor") == []
    with pytest.raises(NotFound), world.database.write() as session:
        service.close_by_id(session, world.as_("gaj_editor"), task_id, "done", "已经上传")
    with pytest.raises(Invalid), world.database.write() as session:
        service.close_by_id(session, world.as_("rsj_editor"), task_id, "done", " ")
    with world.database.write() as session:
        closed = service.close_by_id(session, world.as_("rsj_editor"), task_id, "done", "已经上传")
    assert closed.state == "done"
    with pytest.raises(Conflict), world.database.write() as session:
        service.close_by_id(session, world.as_("rsj_editor"), task_id, "done", "已经上传")


def test_open_tasks_come_by_what_is_due_first_page_by_page(world: World) -> None:
    now = world.clock.now()
    last = open_one(world, subject="a")
    later = open_one(world, subject="b", due_at=now + 3 * DAY)
    first = open_one(world, subject="c", due_at=now + DAY)
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        with world.database.read() as session:
            page = service.tasks_of(session, world.as_("rsj_editor"), cursor=cursor, limit=1)
        seen += [task.id for task in page.items]
        cursor = page.next
    assert seen == [first, later, last]


def test_a_task_is_reminded_of_once_and_told_once_when_overdue(
    world: World, clock: FixedClock, tmp_path: Path
) -> None:
    parts = make_runtime(world.database, clock, tmp_path)
    open_one(world, due_at=world.clock.now() + 2 * DAY)
    assert jobs.remind(parts) == 0
    clock.advance(1.5 * DAY)
    assert [jobs.remind(parts), jobs.remind(parts)] == [1, 0]
    clock.advance(DAY)
    assert [jobs.remind(parts), jobs.remind(parts)] == [1, 0]
    told = titles(world, "rsj_editor")
    assert [told.count("即将到期：上传正式文件"), told.count("已逾期：上传正式文件")] == [1, 1]
    assert listed(world, "rsj_editor")[0].state == "overdue"


def test_a_task_closed_too_late_stays_late(world: World, clock: FixedClock) -> None:
    task_id = open_one(world, due_at=world.clock.now() + DAY)
    clock.advance(DAY)
    with world.database.write() as session:
        closed = service.close_by_id(session, world.as_("rsj_editor"), task_id, "done", "已经上传")
    assert closed.state == "late"
    with world.database.read() as session:
        assert session.get_one(Task, task_id).closed_at == clock.now()


def test_what_a_regulation_gave_a_time_is_urged_and_supervised_once_it_is_late(
    world: World, clock: FixedClock, tmp_path: Path
) -> None:
    parts = make_runtime(world.database, clock, tmp_path)
    due = clock.now() + DAY
    open_one(world, subject="a", due_at=due, clause="SG-28.2")
    open_one(world, subject="b", due_at=due)
    clock.advance(DAY)
    jobs.remind(parts)
    with world.database.read() as session:
        assert [row.reason for row in session.execute(select(Urging)).scalars()] == ["“上传正式文件”已过期限"]
