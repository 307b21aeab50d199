"""Corrections for tests, in a city whose rules may be chosen."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from kb_service.core.clock import FixedClock
from kb_service.core.settings import get_settings
from kb_service.knowledge.corrections import jobs
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.corrections.rules import Grade, Hold
from kb_service.knowledge.corrections.service import records, reporting, verifying
from kb_service.knowledge.corrections.service.reporting import Reported, Said
from kb_service.notices.service import inbox
from tests.support.knowledge import World
from tests.support.service import make_runtime


@contextmanager
def rules_of(profile: str) -> Iterator[None]:
    """The deployment's city for a while."""
    patch = pytest.MonkeyPatch()
    patch.setenv("KB_PROFILE", profile)
    get_settings.cache_clear()
    try:
        yield
    finally:
        patch.undo()
        get_settings.cache_clear()


def report(world: World, code: str, who: str = "agent", **said: object) -> Reported:
    way = said.pop("way", "agent")
    with world.database.write() as session:
        done = reporting.report(session, world.as_(who), code, Said(**said), way=way)  # type: ignore[arg-type]
        session.expunge_all()
        return done


def confirm(world: World, code: str, grade: Grade = "general", hold: Hold | None = None) -> Correction:
    with world.database.write() as session:
        done = verifying.confirm(
            session, world.as_("zx_manager"), code, grade, "核对了文件，确实有错", hold=hold
        )
        session.flush()
        session.expunge_all()
        return done


def stored(world: World, code: str) -> Correction:
    with world.database.read() as session:
        found = records.find(session, code)
        session.expunge_all()
        return found


def watch(world: World, folder: Path) -> int:
    return jobs.watch(make_runtime(world.database, world.clock, folder))


def titles(world: World, who: str) -> list[str]:
    with world.database.read() as session:
        return [row.title for row in inbox(session, world.as_(who), unread=True, limit=100).items]


def advance(world: World, step: timedelta) -> None:
    assert isinstance(world.clock, FixedClock)
    world.clock.advance(step)
