"""New policies: filed in time, read early by those in training, with their document on the day of release."""

import io
from datetime import timedelta
from pathlib import Path

import pytest

from kb_service.core.clock import FixedClock, day_start, local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.knowledge.attachments import service as attachments
from kb_service.knowledge.attachments.rules import DOCUMENT_TASK
from kb_service.knowledge.attachments.store import AttachmentStore
from kb_service.knowledge.service import drafts, policies, reading, release
from kb_service.knowledge.service.policies import Filing
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.tasks.service import TaskView, tasks_of
from kb_service.knowledge.training import service as training
from kb_service.notices.service import inbox
from tests.support.knowledge import World, policy

DAY = timedelta(days=1)


def filing(world: World, version: VersionView) -> Filing:
    with world.database.read() as session:
        return policies.filing_of(session, world.as_("rsj_editor"), version.code, version.number)


def ask(world: World) -> int:
    with world.database.write() as session:
        return policies.ask_for_documents(session, Context(SYSTEM, world.clock.now()))


def tasks(world: World, *, closed: bool = False) -> list[TaskView]:
    with world.database.read() as session:
        return tasks_of(session, world.as_("zx_manager"), kind=DOCUMENT_TASK, closed=closed).items


def train(
    world: World, version: VersionView, *, people: tuple[str, ...] = (), roles: tuple[str, ...] = ()
) -> None:
    with world.database.write() as session:
        training.name_readers(session, world.as_("rsj_editor"), version.code, version.number, people, roles)


def may_read(world: World, version: VersionView, login: str) -> bool:
    with world.database.read() as session:
        try:
            found = reading.get_version(session, world.as_(login), version.code, version.number, early=True)
        except NotFound:
            return False
        return found.version_id == version.version_id


@pytest.mark.clause("SG-28.2")
def test_a_policy_is_measured_by_when_the_approved_version_was_filed_not_by_the_queue(
    world: World, clock: FixedClock
) -> None:
    """Friday 20 November: released on Friday 27, five working days later; approved the day before."""
    draft = world.submit(world.draft(policy("停车收费办法", release_at=clock.now() + 7 * DAY)))
    clock.advance(6 * DAY)
    world.decide(draft, "rsj_reviewer")
    approved = world.decide(draft, "zx_reviewer")
    found = filing(world, approved)
    assert (found.timeliness.kind, found.timeliness.working_days) == ("in_time", 5)
    assert not found.timeliness.counts


@pytest.mark.clause("SG-28.2")
def test_a_policy_that_was_returned_is_measured_by_its_next_filing(world: World, clock: FixedClock) -> None:
    words = policy("停车收费办法", release_at=clock.now() + 7 * DAY)
    first = world.submit(world.draft(words))
    world.decide(first, "rsj_reviewer", "return", "缺少附件")
    clock.advance(5 * DAY)
    second = world.publish(words, code=first.code)
    assert filing(world, first).timeliness.kind == "in_time"
    assert filing(world, second).timeliness.kind == "late"
    assert filing(world, second).timeliness.counts


def test_an_interpretation_or_training_explains_a_policy(world: World, clock: FixedClock) -> None:
    later = clock.now() + 7 * DAY
    bare = world.draft(policy("甲办法", release_at=later))
    assert not filing(world, bare).explained
    train(world, bare, roles=("agent",))
    assert filing(world, bare).explained
    assert filing(world, world.draft(policy("乙办法", release_at=later, interpretation="解读"))).explained


@pytest.mark.clause("SG-28.2")
def test_a_released_policy_without_its_document_becomes_a_task_due_at_midnight(
    world: World, clock: FixedClock, tmp_path: Path
) -> None:
    version = world.publish(policy("停车收费办法", release_at=clock.now() + 5 * DAY))
    assert ask(world) == 0
    clock.advance(5 * DAY)
    assert ask(world) == 1
    assert ask(world) == 0
    task = tasks(world)[0]
    assert task.due_at == day_start(local_day(clock.now()) + DAY)
    assert (task.unit_code, task.clause) == ("U-RSJ", "SG-28.2")
    with world.database.write() as session:
        attachments.upload_to(
            session, world.as_("rsj_editor"), AttachmentStore(tmp_path, 1 << 20), version.code, 1,
            "正式文件.pdf", io.BytesIO(b"%PDF-1.7"), "official_document",
        )  # fmt: skip
    assert tasks(world) == []
    assert tasks(world, closed=True)[0].outcome == "done"
    assert not filing(world, version).document_late


def test_a_document_brought_the_next_day_is_late(world: World, clock: FixedClock, tmp_path: Path) -> None:
    version = world.publish(policy("停车收费办法", release_at=clock.now() + 5 * DAY))
    clock.advance(6 * DAY)
    with world.database.write() as session:
        attachments.upload_to(
            session, world.as_("rsj_editor"), AttachmentStore(tmp_path, 1 << 20), version.code, 1,
            "正式文件.pdf", io.BytesIO(b"%PDF-1.7"), "official_document",
        )  # fmt: skip
    assert filing(world, version).document_late
    assert ask(world) == 0


def test_withdrawing_a_policy_drops_the_task_for_its_document(world: World, clock: FixedClock) -> None:
    version = world.publish(policy("停车收费办法", release_at=clock.now() + DAY))
    clock.advance(DAY)
    ask(world)
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), version.code, "政策有变")
    assert tasks(world) == []
    assert ask(world) == 0


def test_the_next_version_does_not_pass_the_old_document_off_as_its_own(
    world: World, clock: FixedClock, tmp_path: Path
) -> None:
    first = world.draft(policy("停车收费办法"))
    with world.database.write() as session:
        attachments.upload_to(
            session, world.as_("rsj_editor"), AttachmentStore(tmp_path, 1 << 20), first.code, 1,
            "正式文件.pdf", io.BytesIO(b"%PDF-1.7"), "official_document",
        )  # fmt: skip
    world.submit(first)
    world.decide(first, "rsj_reviewer")
    world.decide(first, "zx_reviewer")
    editor = world.as_("rsj_editor")
    with world.database.write() as session:
        second = drafts.next_draft(session, editor, first.code)
        words = second.draft().model_copy(update={"release_at": clock.now() + DAY})
        drafts.edit_draft(session, editor, first.code, 2, words, lock=second.lock)
    world.submit(second)
    world.decide(second, "rsj_reviewer")
    world.decide(second, "zx_reviewer")
    clock.advance(DAY)
    assert ask(world) == 1


@pytest.mark.clause("SG-28.2")
def test_those_named_for_training_read_an_approved_policy_before_its_release(
    world: World, clock: FixedClock
) -> None:
    draft = world.draft(policy("停车收费办法", release_at=clock.now() + 5 * DAY))
    train(world, draft, people=("agent",))
    assert not may_read(world, draft, "agent")
    world.submit(draft)
    world.decide(draft, "rsj_reviewer")
    world.decide(draft, "zx_reviewer")
    assert may_read(world, draft, "agent")
    assert not may_read(world, draft, "confidant")
    assert not may_read(world, draft, "gaj_editor")
    with world.database.read() as session:
        told = [notice.title for notice in inbox(session, world.as_("agent")).items]
    assert any("停车收费办法" in title for title in told)
    train(world, draft, roles=("confidential_handler",))
    assert not may_read(world, draft, "agent")
    assert may_read(world, draft, "confidant")


def test_the_live_version_stays_what_a_trainee_reads_first(world: World, clock: FixedClock) -> None:
    first = world.publish(policy("停车收费办法"))
    second = world.publish(policy("停车收费办法（新）", release_at=clock.now() + 5 * DAY), code=first.code)
    train(world, second, people=("agent",))
    with world.database.read() as session:
        now = reading.get_version(session, world.as_("agent"), first.code, early=True)
        listed = [view.number for view in reading.versions(session, world.as_("agent"), first.code)]
        others = [view.number for view in reading.versions(session, world.as_("confidant"), first.code)]
    assert (now.number, listed, others) == (1, [2, 1], [1])


def test_nobody_is_named_for_training_on_what_is_public(world: World, clock: FixedClock) -> None:
    version = world.publish(policy("停车收费办法"))
    with pytest.raises(Conflict):
        train(world, version, people=("agent",))
    draft = world.draft(policy("乙办法", release_at=clock.now() + DAY))
    with pytest.raises(Invalid):
        train(world, draft, people=("nobody",), roles=("nothing",))
