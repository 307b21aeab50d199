"""Scripts on sudden events: published at once by whoever is on duty, reviewed afterwards by somebody else."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.identity.model import AccountRole
from kb_service.knowledge.duties.model import SuddenEvent
from kb_service.knowledge.model import Review
from kb_service.knowledge.reviewing import at_once, jobs, scripts
from kb_service.knowledge.reviewing.model import FastScript
from kb_service.knowledge.reviewing.rules import Outcome
from kb_service.knowledge.service import announce, reading, searching
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.tasks import jobs as task_jobs
from kb_service.knowledge.tasks.model import Task
from kb_service.notices.model import Awaited, Notice, Shift
from tests.support.knowledge import PEOPLE, World, faq, script
from tests.support.service import Service

ACCOUNTS = {login: number for number, login in enumerate(PEOPLE, 1)}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def on_duty(world: World, who: str) -> None:
    now = world.clock.now()
    with world.database.write() as session:
        session.add(
            Shift(
                duty="script_review", account_id=ACCOUNTS[who], starts_at=now, ends_at=now + DAY,
                created_at=now,
            )
        )  # fmt: skip


def asked(world: World, title: str = "停水", *, by: str = "rsj_editor") -> VersionView:
    version = world.draft(script(title), by=by)
    with world.database.write() as session:
        return at_once.file_at_once(
            session, world.as_(by), version.code, 1, happened_at=world.clock.now() - 10 * MINUTE
        )


def publish(world: World, version: VersionView, by: str) -> VersionView:
    with world.database.write() as session:
        return at_once.publish_at_once(session, world.as_(by), version.code, 1)


def after(world: World, version: VersionView, by: str, outcome: Outcome, remark: str = "") -> VersionView:
    with world.database.write() as session:
        return at_once.review_after(session, world.as_(by), version.code, 1, outcome, remarks={"": remark})


def seen(world: World, version: VersionView) -> scripts.FastView:
    with world.database.read() as session:
        found = scripts.one(session, world.as_("zx_manager"), version.code, 1)
    assert found is not None
    return found


@pytest.mark.clause("SG-28.3")
def test_a_script_is_live_at_once_by_who_is_on_duty_and_its_time_from_the_event_is_measured(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    on_duty(world, "zx_reviewer")
    version = asked(world)
    assert version.status == "unit_review"
    with world.database.read() as session:
        told = (
            session.execute(select(Notice.account_id).where(Notice.kind == announce.URGENT)).scalars().all()
        )
        event = session.execute(select(SuddenEvent)).scalar_one()
    assert told == [ACCOUNTS["zx_reviewer"]]
    assert event.answered_at == clock.now()
    clock.advance(5 * MINUTE)
    live = publish(world, version, "zx_reviewer")
    assert (live.status, live.live, live.uploaded_at) == ("approved", "live", clock.now())
    service.index()
    with world.database.read() as session:
        asked_for = searching.SearchParams("停水", limit=3)
        hits = searching.search_points(session, world.as_("agent"), service.parts.engine, asked_for).hits
    assert [hit.code for hit in hits] == [version.code]
    found = seen(world, version)
    assert (found.minutes, found.state, found.due_at) == (15, "live", clock.now() + DAY)
    with world.database.read() as session:
        task = session.execute(select(Task).where(Task.kind == "script.after")).scalar_one()
        stages = session.execute(select(Review.stage, Review.decision)).tuples().all()
    assert (task.due_at, task.closed_at) == (found.due_at, None)
    assert stages == [("duty_review", "approve")]


def test_only_who_is_on_duty_publishes_and_never_an_author(world: World) -> None:
    on_duty(world, "zx_reviewer")
    version = asked(world)
    for who in ("zx_second", "rsj_reviewer", "rsj_editor"):
        with pytest.raises(Forbidden):
            publish(world, version, who)
    publish(world, version, "zx_reviewer")
    with pytest.raises(Conflict):
        publish(world, version, "zx_reviewer")


def test_who_asks_does_not_publish_though_they_wrote_nothing_and_the_ordinary_review_settles_the_asking(
    world: World,
) -> None:
    on_duty(world, "zx_manager")
    version = world.draft(script("停气"))
    with world.database.write() as session:
        at_once.file_at_once(session, world.as_("zx_manager"), version.code, 1, happened_at=world.clock.now())
    with pytest.raises(Forbidden):
        publish(world, version, "zx_manager")
    world.decide(version, "rsj_reviewer")
    world.decide(version, "zx_reviewer")
    with world.database.read() as session:
        waiting = select(Awaited.id).where(Awaited.kind == announce.URGENT, Awaited.settled_at.is_(None))
        assert session.execute(waiting).all() == []
    assert seen(world, version).state == "ordinary"


def test_where_nobody_is_on_duty_the_units_leader_publishes(world: World) -> None:
    with world.database.write() as session:
        session.execute(insert(AccountRole).values(account_id=2, role_code="unit_leader", officer=False))
    version = asked(world)
    with pytest.raises(Forbidden, match="负责人"):
        publish(world, version, "zx_reviewer")
    assert publish(world, version, "rsj_second").live == "live"
    assert seen(world, version).published_as == "leader"


def test_an_author_on_duty_leaves_it_to_the_leader(world: World) -> None:
    with world.database.write() as session:
        session.execute(insert(AccountRole).values(account_id=1, role_code="centre_reviewer", officer=False))
        session.execute(insert(AccountRole).values(account_id=2, role_code="unit_leader", officer=False))
    on_duty(world, "rsj_editor")
    version = asked(world)
    with pytest.raises(Forbidden):
        publish(world, version, "rsj_editor")
    assert publish(world, version, "rsj_second").live == "live"


@pytest.mark.parametrize(
    ("outcome", "live", "task"),
    [("confirmed", "live", None), ("corrected", "live", "script.correct"), ("withdrawn", "ended", None)],
)
def test_afterwards_somebody_else_confirms_has_it_corrected_or_withdraws_it(
    world: World, outcome: Outcome, live: str, task: str | None
) -> None:
    on_duty(world, "zx_reviewer")
    version = asked(world)
    publish(world, version, "zx_reviewer")
    for who in ("zx_reviewer", "rsj_editor", "agent"):
        with pytest.raises(Forbidden):
            after(world, version, who, "confirmed")
    if outcome != "confirmed":
        with pytest.raises(Invalid):
            after(world, version, "zx_second", outcome)
    assert after(world, version, "zx_second", outcome, "请写明恢复时间").live == live
    with world.database.read() as session:
        open_tasks = session.execute(select(Task.kind).where(Task.closed_at.is_(None))).scalars().all()
    assert open_tasks == ([task] if task else [])
    with pytest.raises(Conflict):
        after(world, version, "zx_second", "confirmed")
    if outcome == "corrected":
        world.publish(script("停水", "今晚八点恢复。"), code=version.code)
        with world.database.read() as session:
            assert session.execute(select(Task.id).where(Task.closed_at.is_(None))).all() == []


def test_a_script_not_reviewed_in_time_is_told_of_once(service: Service, clock: FixedClock) -> None:
    world = service.world
    on_duty(world, "zx_reviewer")
    version = asked(world)
    publish(world, version, "zx_reviewer")
    clock.advance(DAY)
    for _ in range(2):
        jobs.watch(service.parts)
        task_jobs.remind(service.parts)
    assert seen(world, version).state == "overdue"
    with world.database.read() as session:
        rows = select(Notice.account_id).where(Notice.kind == jobs.DUE, Notice.subject.like("after:%"))
        told = session.execute(rows).scalars().all()
    assert sorted(told) == sorted(ACCOUNTS[who] for who in ("rsj_reviewer", "zx_second", "zx_manager"))
    after(world, version, "zx_second", "confirmed")
    assert seen(world, version).state == "reviewed"


def test_only_scripts_on_a_known_event_take_the_fast_path(world: World) -> None:
    plain = world.draft(faq())
    with world.database.write() as session, pytest.raises(Invalid, match="应答口径"):
        at_once.file_at_once(session, world.as_("rsj_editor"), plain.code, 1, happened_at=world.clock.now())
    said = world.draft(script("停电"))
    with world.database.write() as session, pytest.raises(Invalid):
        at_once.file_at_once(session, world.as_("rsj_editor"), said.code, 1)
    with world.database.write() as session, pytest.raises(Invalid):
        at_once.file_at_once(session, world.as_("rsj_editor"), said.code, 1, event="E99999")
    with world.database.read() as session:
        assert reading.one_view(session, world.clock.now(), said.code, 1).status == "draft"


def test_the_database_itself_refuses_that_one_person_does_both(world: World) -> None:
    on_duty(world, "zx_reviewer")
    version = asked(world)
    publish(world, version, "zx_reviewer")
    same = update(FastScript).values(
        reviewed_by=ACCOUNTS["zx_reviewer"], reviewed_at=world.clock.now(), outcome="confirmed"
    )
    with pytest.raises(DBAPIError), world.database.write() as session:
        session.execute(same)
