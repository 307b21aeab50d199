"""What names a unit and goes with its work, and what stays because it tells what was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from kb_service.core.clock import local_day
from kb_service.core.db import WriteSession, affected
from kb_service.identity.model import Account, ApiToken, Unit
from kb_service.knowledge.candidates.model import Candidate
from kb_service.knowledge.checks.model import Finding
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.duties.model import SuddenEvent
from kb_service.knowledge.handover.model import Post
from kb_service.knowledge.model import Matter, MatterRegion, Version
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.verification.model import AuditItem
from kb_service.notices.model import Awaited
from kb_service.supervision.model import Supervision

Conditions = Sequence[ColumnElement[bool]]
Points = Callable[[Sequence[int], Sequence[str]], ColumnElement[bool]]


@dataclass(frozen=True)
class Holding:
    """`open` chooses what is not over at an instant; `of_points` what goes with given points (ids, codes)."""

    code: str
    unit: InstrumentedAttribute[Any]
    open: Callable[[datetime], Conditions] = lambda _: ()
    of_points: Points | None = None


def _subjects(column: InstrumentedAttribute[str]) -> Points:
    return lambda _ids, codes: column.in_([f"point:{code}" for code in codes])


def _versions_of(column: InstrumentedAttribute[Any]) -> Points:
    return lambda ids, _codes: column.in_(select(Version.id).where(Version.point_id.in_(ids)))


def _standing_finding(_: datetime) -> Conditions:
    return (Finding.state.in_(("open", "handed")),)


HOLDINGS: Sequence[Holding] = (
    Holding("accounts", Account.unit_id),
    Holding("tokens", ApiToken.unit_id),
    Holding("units_below", Unit.parent_id),
    Holding("matters", Matter.unit_id),
    Holding("matter_regions", MatterRegion.unit_id),
    Holding("tasks", Task.unit_id, lambda _: (Task.closed_at.is_(None),), _subjects(Task.subject)),
    Holding(
        "corrections",
        Correction.unit_id,
        lambda _: (Correction.closed_at.is_(None),),
        lambda ids, _codes: Correction.point_id.in_(ids),
    ),
    Holding("candidates", Candidate.unit_id, lambda _: (Candidate.closed_at.is_(None),)),
    Holding(
        "audits",
        AuditItem.unit_id,
        lambda _: (AuditItem.result.is_(None),),
        lambda ids, _codes: AuditItem.point_id.in_(ids),
    ),
    Holding("findings", Finding.unit_id, _standing_finding, _versions_of(Finding.version_id)),
    Holding(
        "findings_about_others",
        Finding.other_unit_id,
        _standing_finding,
        _versions_of(Finding.other_version_id),
    ),
    Holding("sudden_events", SuddenEvent.unit_id, lambda _: (SuddenEvent.answered_at.is_(None),)),
    Holding(
        "supervisions",
        Supervision.unit_id,
        lambda _: (Supervision.closed_at.is_(None),),
        _subjects(Supervision.subject),
    ),
    Holding(
        "posts",
        Post.unit_id,
        lambda now: (or_(Post.until_day.is_(None), Post.until_day > local_day(now)),),
    ),
    Holding("awaited", Awaited.unit_id, lambda _: (Awaited.settled_at.is_(None),)),
)

# Moved by statements of their own (applying.py).
OWN_WAY = frozenset({"knowledge_point.unit_id", "knowledge_category_unit.unit_id"})

# These tell what was, in the name of the unit it was.
HISTORY = frozenset(
    {
        "identity_unit_name.unit_id",
        "identity_unit_successor.old_unit_id",
        "identity_unit_successor.new_unit_id",
        "knowledge_candidate_confirmation.unit_id",
        "knowledge_duty_appeal.unit_id",
        "knowledge_duty_score.unit_id",
        # An authorisation names the units that were asked; of a unit that is no more it lets nothing out.
        "knowledge_export.unit_id",
        "knowledge_export_authorisation.requester_unit_id",
        "knowledge_export_grant.unit_id",
        "knowledge_point_unit.unit_id",
        # Whoever takes over goes by their own chain or the standard one, until one is set for them.
        "knowledge_review_chain.unit_id",
        "knowledge_staff_filing.unit_id",
        "knowledge_verification.unit_id",
        "supervision_accountability.unit_id",
        "supervision_card.unit_id",
        "supervision_referral.unit_id",
        "supervision_urging.unit_id",
    }
)


def move_all(session: WriteSession, now: datetime, old: int, new: int) -> dict[str, int]:
    """Everything of one unit that is not over goes to another; gives how much of what."""
    moved = {}
    for holding in HOLDINGS:
        wanted = (holding.unit == old, *holding.open(now))
        moved[holding.code] = _move(session, holding, wanted, new)
    return moved


def move_with_points(
    session: WriteSession, now: datetime, old: int, new: int, points: Sequence[tuple[int, str]]
) -> dict[str, int]:
    """What is not over of the points that go from one unit to another."""
    moved: dict[str, int] = {}
    for holding in HOLDINGS:
        if holding.of_points is None:
            continue
        moved[holding.code] = 0
        for part in chunks(points):
            theirs = holding.of_points([each[0] for each in part], [each[1] for each in part])
            wanted = (holding.unit == old, *holding.open(now), theirs)
            moved[holding.code] += _move(session, holding, wanted, new)
    return moved


def _move(session: WriteSession, holding: Holding, wanted: Conditions, new: int) -> int:
    statement = update(holding.unit.class_).where(*wanted).values({holding.unit.key: new})
    return affected(session, statement.execution_options(synchronize_session=False))
