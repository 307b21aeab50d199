"""Background jobs: each can be run by hand, again and again."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from kb_service import app
from kb_service.channels.model import Message
from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from kb_service.core.errors import NotFound
from kb_service.core.ids import next_number
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job, Worker, leadership
from tests.support.knowledge import faq
from tests.support.service import Service


@pytest.mark.parametrize("name", [job.name for job in app.JOBS])
def test_a_job_run_twice_finds_nothing_to_do_the_second_time(service: Service, name: str) -> None:
    service.world.publish(faq())
    job = app.job_named(name)
    while job.run(service.parts):
        pass
    assert job.run(service.parts) == 0


def test_an_unknown_job_is_told_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match=r"index\.drain"):
        app.job_named("no such job")


def test_old_messages_of_the_chat_are_forgotten_and_new_ones_kept(
    service: Service, clock: FixedClock
) -> None:
    def say() -> None:
        decided = service.decide("怎样办理退休")
        with service.parts.database.write() as session:
            message = Message(
                conversation_id=decided.conversation,
                at=clock.now(),
                who="citizen",
                kind="question",
                text="退休",
            )
            session.add(message)

    say()
    clock.advance(timedelta(days=31))
    say()
    assert app.job_named("chat.purge").run(service.parts) == 1
    with service.parts.database.read() as session:
        assert session.execute(select(func.count(Message.id))).scalar_one() == 1


def test_only_one_process_leads_and_another_follows_when_it_ends(db: Database, service: Service) -> None:
    folder = service.parts.settings.var_dir
    with leadership(db, folder) as first:
        assert first()
        with leadership(db, folder) as second:
            assert not second()
    with leadership(db, folder) as third:
        assert third()


def test_what_is_published_is_found_while_the_worker_runs(service: Service) -> None:
    worker = Worker(service.parts, app.JOBS)
    worker.start()
    try:
        code = service.world.publish(faq()).code
        while service.parts.engine.health().points == 0:
            pass
    finally:
        worker.stop()
    assert list(service.parts.engine.stored_seqs([code])) == [code]


def test_what_another_process_commits_is_looked_at_by_those_jobs_alone_that_do_so_at_once(
    service: Service,
) -> None:
    looked, slow = threading.Semaphore(0), threading.Semaphore(0)

    def look(_: Runtime) -> int:
        looked.release()
        return 0

    def count(_: Runtime) -> int:
        slow.release()
        return 0

    jobs = [Job("slow", "", 3_600.0, count), Job("quick", "", 3_600.0, look, at_once=True, aside=True)]
    worker, other = Worker(service.parts, jobs), Database(service.parts.database.url)
    worker.start()
    try:
        assert looked.acquire(timeout=30)
        for _ in range(3):
            with other.write() as session:
                next_number(session, "tickets")
            assert looked.acquire(timeout=30)
        assert slow.acquire(blocking=False)
        assert not slow.acquire(blocking=False)
    finally:
        worker.stop()
        other.dispose()


@pytest.mark.parametrize("aside", [False, True])
def test_a_job_that_did_something_is_run_again_at_once(service: Service, aside: bool) -> None:
    left, done = [2, 1, 0], threading.Event()

    def run(_: Runtime) -> int:
        did = left.pop(0)
        if not left:
            done.set()
        return did

    worker = Worker(service.parts, [Job("some", "", 3_600.0, run, aside=aside)])
    worker.start()
    try:
        assert done.wait(timeout=30)
    finally:
        worker.stop()
