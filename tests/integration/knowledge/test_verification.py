"""The owner's verification, its queues and reminders, and the mark that searchers see."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import FixedClock, local_day
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.knowledge.corrections.service import reporting
from kb_service.knowledge.searches import service as searches
from kb_service.knowledge.service import reading
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.verification import jobs
from kb_service.knowledge.verification.service import intervals, queues, trusting, verifying
from kb_service.notices.model import Notice
from tests.support.knowledge import World, faq, script
from tests.support.service import Service


def mark(world: World, code: str) -> str:
    with world.database.read() as session:
        view = reading.get_version(session, world.as_("agent"), code)
        return trusting.trust_of(session, [view], world.clock.now())[code].mark


def verify(world: World, code: str, by: str = "rsj_editor", until: date | None = None) -> None:
    with world.database.write() as session:
        verifying.verify_one(session, world.as_(by), code, until=until)


def row_codes(world: World, name: str, by: str = "rsj_editor") -> list[str]:
    with world.database.read() as session:
        return [row.code for row in queues.queue(session, world.as_(by), name).items]


@pytest.mark.clause("TA-8.4", "MZ-7.4")
def test_a_point_counts_as_verified_from_its_approval_until_its_interval_is_over(
    world: World, clock: FixedClock
) -> None:
    code = world.publish(faq()).code
    assert mark(world, code) == "approved"
    clock.advance(timedelta(days=366))
    assert mark(world, code) == "overdue"
    verify(world, code)
    assert mark(world, code) == "verified"
    clock.advance(timedelta(days=366))
    assert mark(world, code) == "overdue"


def test_a_new_version_is_what_has_to_be_verified_next(world: World, clock: FixedClock) -> None:
    code = world.publish(faq()).code
    clock.advance(timedelta(days=300))
    verify(world, code)
    world.publish(faq(answer="改到二楼办理。"), code=code)
    assert mark(world, code) == "approved"
    with world.database.read() as session:
        assert [each.number for each in verifying.history(session, world.as_("agent"), code)] == [1]


@pytest.mark.clause("SG-29", "MZ-7.4")
def test_the_centre_cannot_say_for_a_unit_that_its_knowledge_is_right(world: World) -> None:
    code = world.publish(faq()).code
    with pytest.raises(Forbidden, match="承办单位") as refused:
        verify(world, code, by="zx_manager")
    assert refused.value.code == "not_the_owner"
    with pytest.raises(Forbidden):
        verify(world, code, by="gaj_editor")
    with pytest.raises(Forbidden):
        verify(world, code, by="agent")


def test_many_are_verified_at_once_and_each_refusal_is_told(world: World) -> None:
    ours, theirs = world.publish(faq()).code, None
    theirs = world.publish(faq("户口迁移"), by="gaj_editor", reviewers=("zx_reviewer",)).code
    with world.database.write() as session:
        found = verifying.verify(session, world.as_("rsj_editor"), [ours, theirs, "K999999", ours])
    assert found.done == 1
    assert [(each.code, each.problem) for each in found.results] == [
        (ours, ""), (theirs, "not_the_owner"), ("K999999", "unknown_point"),
    ]  # fmt: skip


def test_an_owner_states_a_day_within_the_interval(world: World) -> None:
    code = world.publish(faq()).code
    today = local_day(world.clock.now())
    for until, problem in (
        (today + timedelta(days=366), "until_too_late"),
        (today - timedelta(days=1), "until_past"),
    ):
        with pytest.raises(Invalid) as refused:
            verify(world, code, until=until)
        assert refused.value.code == problem
    verify(world, code, until=today + timedelta(days=10))
    with pytest.raises(NotFound):
        verify(world, "K999999")


def test_a_point_with_a_confirmed_error_is_corrected_and_not_verified(world: World) -> None:
    code = world.publish(faq()).code
    with world.database.write() as session:
        made = reporting.report(
            session, world.as_("agent"), code, reporting.Said(remark="电话不对"), way="agent"
        )
        made.correction.received_at = world.clock.now()
        made.correction.due_at = world.clock.now() + timedelta(days=2)
        made.correction.status = "confirmed"
    with pytest.raises(Conflict) as refused:
        verify(world, code)
    assert refused.value.code == "correction_open"


def test_an_open_error_is_told_to_the_searcher_a_strangers_only_once_confirmed(world: World) -> None:
    code = world.publish(faq()).code
    with world.database.write() as session:
        said = reporting.Said(remark="不对", conversation_id="c1")
        reporting.report(session, world.as_("public"), code, said, way="chat")
    assert mark(world, code) == "approved"
    with world.database.write() as session:
        reporting.report(session, world.as_("agent"), code, reporting.Said(remark="电话不对"), way="agent")
    assert mark(world, code) == "disputed"


def test_a_statement_is_never_changed(world: World) -> None:
    code = world.publish(faq()).code
    verify(world, code)
    for change in ("UPDATE knowledge_verification SET note = 'x'", "DELETE FROM knowledge_verification"):
        with pytest.raises(DBAPIError), world.database.write() as session:
            session.execute(text(change))


def test_the_manager_sets_intervals_of_types_and_owners_only_shorten_their_own(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    code = world.publish(faq()).code
    with world.database.write() as session:
        intervals.set_interval(session, world.as_("zx_manager"), "faq", 100)
    with world.database.write() as session, pytest.raises(Forbidden) as refused:
        intervals.set_point_interval(session, world.as_("rsj_editor"), code, 200)
    assert refused.value.code == "interval_too_long"
    with world.database.write() as session, pytest.raises(Forbidden):
        intervals.set_interval(session, world.as_("rsj_editor"), "faq", 100)
    with world.database.write() as session:
        intervals.set_point_interval(session, world.as_("rsj_editor"), code, 20)
    clock.advance(timedelta(days=21))
    assert mark(world, code) == "overdue"
    while jobs.refresh(service.parts):
        pass
    assert row_codes(world, "overdue") == [code]
    with world.database.write() as session:
        intervals.set_point_interval(session, world.as_("rsj_editor"), code, None)
    assert jobs.refresh(service.parts) == 1


def test_queues_show_what_is_overdue_due_soon_expiring_unused_and_stale(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    old = world.publish(faq("老问题")).code
    used = world.publish(faq("常问的")).code
    draft = world.draft(faq("没写完")).code
    clock.advance(timedelta(days=352))
    lapsing = world.publish(faq("快到期", effective_to=local_day(clock.now()) + timedelta(days=9))).code
    with world.database.write() as session:
        searches.record(session, world.as_("agent"), "常问", [used], chosen=used)
    while jobs.refresh(service.parts):
        pass
    found = {name: row_codes(world, name) for name in queues.QUEUES}
    assert found == {
        "overdue": [], "due_soon": [old, used], "expiring": [lapsing], "unused": [old],
        "stale_drafts": [draft],
    }  # fmt: skip
    clock.advance(timedelta(days=14))
    assert row_codes(world, "overdue") == [old, used]
    assert row_codes(world, "overdue", by="gaj_editor") == []
    with world.database.read() as session:
        first = queues.queue(session, world.as_("rsj_editor"), "overdue", limit=1)
        rest = queues.queue(session, world.as_("rsj_editor"), "overdue", limit=1, cursor=first.next or "")
        assert [row.code for row in [*first.items, *rest.items]] == [old, used]
        assert queues.counts(session, world.as_("rsj_editor"))["overdue"] == 2


@pytest.mark.clause("TA-8.4", "MZ-19.1")
def test_owners_are_asked_before_verification_runs_out_and_the_task_ends_with_it(
    service: Service, clock: FixedClock
) -> None:
    world = service.world
    code = world.publish(faq()).code

    def run() -> None:
        while jobs.refresh(service.parts) + jobs.remind(service.parts):
            pass

    def tasks() -> list[Task]:
        with world.database.read() as session:
            return list(session.execute(select(Task).where(Task.kind == jobs.KIND)).scalars())

    run()
    assert tasks() == []
    clock.advance(timedelta(days=352))
    run()
    (task,) = tasks()
    assert task.evidence["codes"] == [code]
    assert task.due_day == date(2027, 11, 20)
    with world.database.read() as session:
        told = session.execute(select(Notice.account_id).where(Notice.subject == f"task:{task.id}")).scalars()
        assert set(told) == {1, 2, 3}
    verify(world, code)
    run()
    assert [each.outcome for each in tasks()] == ["done"]


@settings(max_examples=12)
@given(st.lists(st.tuples(st.sampled_from(["verify", "publish", "wait"]), st.integers(1, 500)), max_size=5))
def test_the_projection_agrees_with_the_history(steps: list[tuple[str, int]]) -> None:
    """Run over one base: each example goes on where the last one ended."""
    world, service, code = _KEPT
    for what, days in steps:
        if what == "verify":
            verify(world, code)
        elif what == "publish":
            world.publish(faq(answer=f"第 {days} 种说法 {world.clock.now()}"), code=code)
        else:
            world.clock.advance(timedelta(days=days))  # type: ignore[attr-defined]
        while jobs.refresh(service.parts):
            pass
        assert (row_codes(world, "overdue") == [code]) == (mark(world, code) == "overdue")


_KEPT: tuple[World, Service, str]


@pytest.fixture(autouse=True)
def _kept(request: pytest.FixtureRequest) -> None:
    global _KEPT  # noqa: PLW0603 - hypothesis has no fixtures within an example
    if "projection" in request.node.name:
        service: Service = request.getfixturevalue("service")
        _KEPT = (service.world, service, service.world.publish(faq()).code)


def test_a_script_has_to_be_confirmed_within_a_month(world: World, clock: FixedClock) -> None:
    code = world.publish(script("停水口径")).code
    clock.advance(timedelta(days=31))
    assert mark(world, code) == "overdue"
