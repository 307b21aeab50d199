"""Review 审核: one decision or thousands, at the stage where each version stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from kb_service.core import audit, paging
from kb_service.core.context import Actor, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, KbError
from kb_service.identity.model import Account, Unit
from kb_service.knowledge import rules
from kb_service.knowledge.model import Point, Review, Version, VersionAuthor
from kb_service.knowledge.rules import IN_REVIEW, STAGE_NAMES, STAGE_PERMISSIONS, Status, Step
from kb_service.knowledge.service import announce, reading, release
from kb_service.knowledge.service.facts import (
    VersionFacts,
    locked_by_targets,
    locked_version,
    locked_versions,
)
from kb_service.knowledge.service.filing import record_passes
from kb_service.knowledge.service.lookups import Directory, instant, micros
from kb_service.knowledge.service.staff import Staff
from kb_service.knowledge.service.views import VersionView

Decision = Literal["approve", "return"]


@dataclass(frozen=True)
class Decided:
    """`status` is where the version stands now; `detail` says why nothing was decided where `ok` is false."""

    code: str
    number: int
    ok: bool
    status: str
    detail: str = ""


@dataclass(frozen=True)
class BulkReport:
    done: int
    results: list[Decided]


def decide(
    session: WriteSession,
    ctx: Context,
    code: str,
    number: int,
    decision: Decision,
    *,
    remarks: Mapping[str, str] | None = None,
) -> VersionView:
    """Approves a version at its stage, or returns it with remarks by field (`""`: on the whole)."""
    version = locked_version(session, code, number)
    refused = _refusal(ctx, version)
    if refused:
        raise _error(*refused)
    _apply(session, ctx, [version], decision, remarks or {})
    return reading.one_view(session, ctx.now, code, number)


def decide_many(
    session: WriteSession,
    ctx: Context,
    targets: Sequence[tuple[str, int]] | None,
    decision: Decision,
    *,
    batch_id: str | None = None,
    remarks: Mapping[str, str] | None = None,
) -> BulkReport:
    """Decides on each of `targets`, or on what of a batch is in review; what may not be decided is told."""
    if targets is None and batch_id is None:
        raise Invalid("请选择要审核的知识，或指定导入批次。", code="nothing_chosen")
    if targets is None:
        found = locked_versions(session, Version.batch_id == batch_id, Version.status.in_(IN_REVIEW))
    else:
        found = locked_by_targets(session, targets)
    refusals = {version.id: _refusal(ctx, version) for version in found}
    allowed = [version for version in found if refusals[version.id] is None]
    landed = _apply(session, ctx, allowed, decision, remarks or {})
    results = [_decided(version, landed.get(version.id), refusals[version.id]) for version in found]
    missing = set(targets or ()) - {(version.code, version.number) for version in found}
    results += [Decided(code, number, False, "", "没有这个版本") for code, number in sorted(missing)]
    return BulkReport(len(allowed), results)


def _decided(version: VersionFacts, status: Status | None, refused: tuple[str, str] | None) -> Decided:
    detail = refused[1] if refused else ""
    return Decided(version.code, version.number, refused is None, status or version.status, detail)


def _refusal(ctx: Context, version: VersionFacts) -> tuple[str, str] | None:
    permission = STAGE_PERMISSIONS.get(version.status)
    return rules.refusal(
        version.status,
        ctx.actor.account_id,
        version.authors,
        permitted=permission is not None and ctx.actor.may(permission),
        in_scope=ctx.actor.in_scope(version.unit_id),
    )


def _error(code: str, detail: str) -> KbError:
    kind = Conflict if code == "not_in_review" else Forbidden
    return kind(f"{detail}。", code=code)


def _apply(
    session: WriteSession,
    ctx: Context,
    versions: Sequence[VersionFacts],
    decision: Decision,
    remarks: Mapping[str, str],
) -> dict[int, Status]:
    """Stores the decision on each version; gives where each of them stands now."""
    if not versions:
        return {}
    if decision == "return" and not any(text.strip() for text in remarks.values()):
        raise Invalid("退回须写明意见，使编写人知道改什么。", code="remarks_required")
    _store(session, ctx, versions, decision, remarks)
    if decision == "return":
        _set_status(session, ctx, [(version, Status.RETURNED) for version in versions])
        announce.decided(session, ctx, versions, Status.RETURNED)
        return dict.fromkeys((version.id for version in versions), Status.RETURNED)
    return _forward(session, ctx, versions)


def _forward(session: WriteSession, ctx: Context, versions: Sequence[VersionFacts]) -> dict[int, Status]:
    staff = Staff(session, Directory.load(session))
    steps = [(version, staff.step(version.unit_id, version.status, version.authors)) for version in versions]
    record_passes(session, ctx, steps)
    onward: list[tuple[VersionFacts, Step]] = [each for each in steps if each[1].status != Status.APPROVED]
    final = [version for version, step in steps if step.status == Status.APPROVED]
    if onward:
        moved = [(version, step.status) for version, step in onward]
        _set_status(session, ctx, moved)
        announce.decided(session, ctx, [version for version, _ in moved], None)
        announce.awaiting(session, ctx, staff, moved)
    if final:
        release.approve(session, ctx, final)
        announce.decided(session, ctx, final, Status.APPROVED)
    return {version.id: step.status for version, step in steps}


def _set_status(session: WriteSession, ctx: Context, moved: Iterable[tuple[VersionFacts, Status]]) -> None:
    rows = [{"id": version.id, "status": status, "changed_at": ctx.now} for version, status in moved]
    session.execute(update(Version), rows)


def _store(
    session: WriteSession,
    ctx: Context,
    versions: Sequence[VersionFacts],
    decision: Decision,
    remarks: Mapping[str, str],
) -> None:
    said = {field: text.strip() for field, text in remarks.items() if text.strip()}
    session.execute(
        insert(Review),
        [
            {
                "version_id": version.id,
                "author_id": version.author_id,
                "stage": version.status,
                "decision": decision,
                "reviewer_id": ctx.actor.account_id,
                "remarks": said,
                "at": ctx.now,
            }
            for version in versions
        ],
    )
    entries = [
        audit.Entry(f"point:{version.code}", after={"number": version.number, "stage": version.status})
        for version in versions
    ]
    audit.record_many(session, ctx, f"version.{decision}", entries, reason="；".join(said.values()))


@dataclass(frozen=True)
class QueueItem:
    code: str
    number: int
    type: str
    title: str
    unit_code: str
    unit_name: str
    stage: str
    stage_name: str
    author_name: str
    filed_at: datetime
    release_at: datetime | None
    batch_id: str | None


_SCRIPTS_FIRST = case((Point.type == "script", 0), else_=1)


def awaiting(
    session: ReadSession,
    ctx: Context,
    *,
    stage: str | None = None,
    unit: str | None = None,
    type: str | None = None,  # noqa: A002 - the word of the glossary
    batch_id: str | None = None,
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[QueueItem]:
    """What the actor may decide on: scripts first, then in the order of submission."""
    wanted = _mine(ctx.actor)
    for column, value in (
        (Version.status, stage),
        (Unit.code, unit),
        (Point.type, type),
        (Version.batch_id, batch_id),
    ):
        if value:
            wanted.append(column == value)
    author = aliased(Account)
    statement = (
        _queue(wanted)
        .with_only_columns(
            Point.code, Version.number, Point.type, Version.title, Unit.code.label("unit_code"),
            Unit.name.label("unit_name"), Version.status, author.name.label("author_name"), Version.filed_at,
            Version.release_at, Version.batch_id, Version.id, _SCRIPTS_FIRST.label("rank"),
        )
        .join(author, author.id == Version.author_id)
        .order_by(_SCRIPTS_FIRST, Version.filed_at, Version.id)
        .limit(limit + 1)
    )  # fmt: skip
    if cursor:
        statement = statement.where(_after(cursor))
    rows = session.execute(statement).all()
    page = paging.page_of(rows, limit, lambda row: [row.rank, micros(row.filed_at), row.id])
    return paging.Page([_item(row) for row in page.items], page.next)


def _item(row: Any) -> QueueItem:
    return QueueItem(
        code=row.code,
        number=row.number,
        type=row.type,
        title=row.title,
        unit_code=row.unit_code,
        unit_name=row.unit_name,
        stage=row.status,
        stage_name=STAGE_NAMES[Status(row.status)],
        author_name=row.author_name,
        filed_at=row.filed_at,
        release_at=row.release_at,
        batch_id=row.batch_id,
    )


def awaiting_count(session: ReadSession, ctx: Context) -> int:
    return session.execute(_queue(_mine(ctx.actor)).with_only_columns(func.count(Version.id))).scalar_one()


def awaiting_batches(session: ReadSession, ctx: Context) -> dict[str, int]:
    """Batches of which something awaits the actor, with how many versions."""
    statement = (
        _queue([*_mine(ctx.actor), Version.batch_id.is_not(None)])
        .with_only_columns(Version.batch_id, func.count(Version.id))
        .group_by(Version.batch_id)
    )
    return {str(batch_id): count for batch_id, count in session.execute(statement)}


def _queue(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    return (
        select(Version.id)
        .join(Point, Point.id == Version.point_id)
        .join(Unit, Unit.id == Point.unit_id)
        .where(*conditions)
    )


def _mine(actor: Actor) -> list[ColumnElement[bool]]:
    stages = [stage for stage, permission in STAGE_PERMISSIONS.items() if actor.may(permission)]
    if actor.account_id is None or not stages:
        return [false()]
    wrote = exists().where(
        VersionAuthor.version_id == Version.id, VersionAuthor.account_id == actor.account_id
    )
    mine = [Version.status.in_(stages), Version.author_id != actor.account_id, ~wrote]
    if actor.unit_scope is not None:
        mine.append(Point.unit_id.in_(actor.unit_scope))
    return mine


def _after(cursor: str) -> ColumnElement[bool]:
    rank, filed, last = paging.decode_cursor(cursor, [int, int, int])
    filed_at = instant(filed)
    later = and_(Version.filed_at == filed_at, Version.id > last)
    return or_(rank < _SCRIPTS_FIRST, and_(rank == _SCRIPTS_FIRST, or_(Version.filed_at > filed_at, later)))
