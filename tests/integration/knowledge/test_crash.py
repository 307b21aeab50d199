"""Killed at any instant: no acknowledged write is lost, none is half there, and the index agrees afterwards."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from kb_service.core.audit import AuditRow
from kb_service.core.clock import FixedClock
from kb_service.core.db import Database, ReadSession
from kb_service.knowledge.indexing import drain
from kb_service.knowledge.model import Review, Version
from kb_service.knowledge.service import reading, searching
from search.engines.embedded import EmbeddedEngine
from tests.support.databases import Databases
from tests.support.knowledge import LONG_AGO, World, build_world
from tests.support.mortal import mortal

WRITES = ("drafted", "submitted", "reviewed", "published", "changed", "withdrawn")
LATER = LONG_AGO + timedelta(hours=1)
MOST_INSTANTS = 200


def test_a_service_killed_at_any_instant_keeps_its_word(databases: Databases, tmp_path: Path) -> None:
    if not databases.has("knowledge"):
        databases.build("knowledge", build_world, start="empty")
    survived: list[int] = []
    with mortal("tests.support.dying_publisher") as live:
        for instant in range(1, MOST_INSTANTS):
            url, folder = databases.copy("knowledge"), tmp_path / str(instant)
            told = live(url, folder, instant)
            survived.append(_check(url, folder, told))
            databases.drop(url)
            if "done" in told:
                break
    assert survived[0] == 0
    assert survived[-1] == len(WRITES)
    assert survived == sorted(survived)
    assert len(survived) > 2 * len(WRITES)


def _check(url: str, folder: Path, told: list[str]) -> int:
    """Gives how many writes are there, after checking that they are whole and the index follows."""
    world = World(Database(url), FixedClock(LATER))
    engine = EmbeddedEngine(folder)
    with world.database.read() as session:
        there = _whole_writes(session)
        live = reading.live_versions(session, ["K000001"], LATER)
    assert there >= len([name for name in told if name != "done"])
    while drain(world.database, engine, world.clock):
        pass
    with world.database.read() as session:
        found = searching.search_points(
            session, world.as_("agent"), engine, searching.SearchParams("怎样办理退休")
        )
    assert found.degraded in (None, "keyword")
    assert {hit.code: hit.version for hit in found.hits} == {code: view.number for code, view in live.items()}
    engine.close()
    world.database.dispose()
    return there


def _whole_writes(session: ReadSession) -> int:
    """How far the story got; every part of each write must have come with it."""
    versions = session.execute(select(Version).order_by(Version.number)).scalars().all()
    reviews = session.execute(select(func.count(Review.id))).scalar_one()
    audited = session.execute(
        select(func.count(AuditRow.id)).where(AuditRow.subject == "point:K000001")
    ).scalar_one()
    first = versions[0] if versions else None
    changing = versions[1] if len(versions) > 1 else None
    steps = [
        first is not None,
        first is not None and first.filed_at is not None,
        reviews >= 1,
        first is not None and first.status == "approved",
        changing is not None and changing.status == "approved",
        changing is not None and changing.withdrawn_at is not None,
    ]
    assert steps == sorted(steps, reverse=True)
    # The second version takes four writes of its own, of which the story tells the last.
    inner = [
        changing is not None,
        changing is not None and changing.filed_at is not None,
        reviews >= 3,
    ]
    assert audited == sum(steps) + sum(inner)
    return sum(steps)
