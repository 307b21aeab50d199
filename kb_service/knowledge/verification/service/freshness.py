"""When each live version has to be verified again."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from kb_service.core.db import ReadSession, WriteSession
from kb_service.identity.model import Unit
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.verification.model import Freshness, Verification
from kb_service.knowledge.verification.rules import verification_due
from kb_service.knowledge.verification.service.intervals import Intervals

BATCH = 5_000


@dataclass(frozen=True)
class Stated:
    """The last time that an owner confirmed a version."""

    at: datetime
    until: date
    unit_name: str


# Made once: each key of an agent who types runs it.
_LAST_STATED = (
    select(Verification.version_id, Verification.at, Verification.until, Unit.name)
    .join(Unit, Unit.id == Verification.unit_id)
    .where(
        Verification.id.in_(
            select(func.max(Verification.id))
            .where(Verification.version_id.in_(bindparam("ids", expanding=True)))
            .group_by(Verification.version_id)
        )
    )
)


def last_stated(session: ReadSession, version_ids: Collection[int]) -> dict[int, Stated]:
    found: dict[int, Stated] = {}
    for part in chunks(sorted(version_ids)):
        rows = session.execute(_LAST_STATED, {"ids": part})
        found |= {row[0]: Stated(row[1], row[2], row[3]) for row in rows}
    return found


@dataclass(frozen=True)
class Confirmable:
    """A version that counted as verified when it was approved."""

    point_id: int
    version_id: int
    type: str
    approved_at: datetime


def dues(
    session: ReadSession, versions: Iterable[Confirmable], stated: Mapping[int, Stated]
) -> dict[int, datetime]:
    """The first instant at which each version is no longer verified, by its id."""
    wanted = list(versions)
    holds = Intervals(session, {each.point_id for each in wanted})
    found: dict[int, datetime] = {}
    for each in wanted:
        last = stated.get(each.version_id)
        steps = holds.of(each.type, each.point_id)
        if last is not None and last.at >= each.approved_at:
            found[each.version_id] = verification_due(last.at, steps, last.until)
        else:
            found[each.version_id] = verification_due(each.approved_at, steps)
    return found


def refresh(session: WriteSession, now: datetime, limit: int = BATCH) -> int:
    """Works out anew what a new version or a changed interval has made stale; how many."""
    statement = (
        select(Point.id, Version.id, Point.type, Version.approved_at, Freshness.version_id)
        .join(Version, and_(Version.point_id == Point.id, live_at(now)))
        .outerjoin(Freshness, Freshness.point_id == Point.id)
        .where(
            or_(
                Freshness.point_id.is_(None),
                Freshness.version_id != Version.id,
                Freshness.stale.is_(True),
            )
        )
        .order_by(Point.id)
        .limit(limit)
    )
    rows = session.execute(statement).all()
    store(
        session,
        [Confirmable(row[0], row[1], row[2], row[3]) for row in rows],
        {row[0] for row in rows if row[4] is not None},
    )
    return len(rows)


def store(session: WriteSession, versions: Collection[Confirmable], known: Collection[int]) -> None:
    """Writes down when these have to be verified; `known` are points that have a row."""
    when = dues(session, versions, last_stated(session, [each.version_id for each in versions]))
    rows = [
        {
            "point_id": each.point_id,
            "version_id": each.version_id,
            "due_at": when[each.version_id],
            "stale": False,
        }
        for each in versions
    ]
    added = [row for row in rows if row["point_id"] not in known]
    changed = [row for row in rows if row["point_id"] in known]
    if added:
        session.execute(insert(Freshness), added)
    if changed:
        session.execute(update(Freshness), changed)
