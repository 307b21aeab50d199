"""Background jobs: each can be run by hand, again and again."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from kb_service import app
from kb_service.channels.model import Message
from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from kb_service.core.errors import NotFound
from kb_service.core.worker import Worker, leadership
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
