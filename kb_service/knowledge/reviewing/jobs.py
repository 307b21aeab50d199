"""Background work of reviews: sharing out, reminding, escalating, and scripts not reviewed afterwards."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, update

from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.identity.model import Account
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.reviewing import rules, sharing
from kb_service.knowledge.reviewing.at_once import after_reviewers
from kb_service.knowledge.reviewing.model import FastScript, ReviewTurn
from kb_service.knowledge.rules import IN_REVIEW
from kb_service.knowledge.service.facts import VersionFacts, locked_versions
from kb_service.knowledge.service.lookups import Directory
from kb_service.knowledge.service.staff import Staff
from kb_service.notices import absence, roster
from kb_service.notices.service import notify

AT_ONCE = 2_000
DUE = "knowledge.review_due"


def share_out(parts: Runtime) -> int:
    """Gives a turn to each version in review that has none, or whose reviewer has gone."""
    with parts.database.read() as session:
        if not _anything(session, parts.clock.now()):
            return 0
    with parts.database.write() as session:
        ctx = Context(SYSTEM, parts.clock.now())
        staff = Staff(session, Directory.load(session))
        _free_stale(session, ctx, staff)
        waiting = (
            select(Version.id)
            .where(Version.status.in_(IN_REVIEW), ~_HAS_TURN)
            .order_by(Version.filed_at, Version.id)
            .limit(AT_ONCE)
        )
        found = locked_versions(session, Version.id.in_(list(session.execute(waiting).scalars())))
        # Of the decided meanwhile nothing is left to share out.
        still = [(version, version.status) for version in found if version.status in IN_REVIEW]
        return sharing.suggest(session, ctx, staff, still)


_HAS_TURN = exists().where(ReviewTurn.version_id == Version.id, ReviewTurn.closed_at.is_(None))
_GONE_ON = ~exists().where(Version.id == ReviewTurn.version_id, Version.status == ReviewTurn.stage)


def _anything(session: ReadSession, now: datetime) -> bool:
    """Whether there is anything to do, so that nobody's writing waits for a look."""
    waiting = select(Version.id).where(Version.status.in_(IN_REVIEW), ~_HAS_TURN)
    left = select(ReviewTurn.id).where(ReviewTurn.closed_at.is_(None), or_(_GONE_ON, _absent(session, now)))
    return any(session.execute(rows.limit(1)).scalar() is not None for rows in (waiting, left))


def _absent(session: ReadSession, now: datetime) -> ColumnElement[bool]:
    closed = select(Account.id).where(Account.active.is_(False))
    away = absence.away_at(session, now)
    return or_(ReviewTurn.account_id.in_(away), ReviewTurn.account_id.in_(closed))


def _free_stale(session: WriteSession, ctx: Context, staff: Staff) -> None:
    """Closes turns of versions that have gone on, and of people who are away or may not review any more."""
    stale = (ReviewTurn.closed_at.is_(None), _GONE_ON)
    session.execute(
        update(ReviewTurn)
        .where(*stale)
        .values(closed_at=ctx.now)
        .execution_options(synchronize_session=False)
    )
    rows = select(ReviewTurn.version_id).where(ReviewTurn.closed_at.is_(None), _absent(session, ctx.now))
    ids = list(session.execute(rows.limit(AT_ONCE)).scalars())
    for version in locked_versions(session, Version.id.in_(ids)) if ids else []:
        turn = sharing.open_turns(session, [version.id])[version.id]
        sharing.end(session, ctx, [version.id])
        _to_stand_in(session, ctx, staff, version, turn)


def _to_stand_in(
    session: WriteSession, ctx: Context, staff: Staff, version: VersionFacts, turn: ReviewTurn
) -> None:
    """What somebody away has in hand falls to their stand-in, where four eyes let it."""
    owner = turn.for_account_id or turn.account_id
    stand_in = absence.stand_ins(session, [owner], ctx.now).get(owner)
    able = staff.reviewers(version.status, version.unit_id) - version.authors
    if stand_in is not None and stand_in in able and owner not in version.authors:
        session.add(
            ReviewTurn(
                version_id=version.id, stage=version.status.value, account_id=stand_in, for_account_id=owner,
                how="handed", since=ctx.now, due_at=turn.due_at,
            )
        )  # fmt: skip
        session.flush()


def watch(parts: Runtime) -> int:
    """Reminds of turns before they are due, tells leaders of those overdue, each once."""
    with parts.database.write() as session:
        ctx = Context(SYSTEM, parts.clock.now())
        soon = ctx.now + rules.REMIND_BEFORE
        near = (ReviewTurn.due_at <= soon, ReviewTurn.due_at > ctx.now, ReviewTurn.reminded_at.is_(None))
        for turn, code, number, title, _ in _open(session, *near):
            turn.reminded_at = ctx.now
            told = f"审核即将到期：{title}"
            notify(session, ctx, [turn.account_id], DUE, told, _link(code, number), _about(code, number))
        late = (ReviewTurn.due_at <= ctx.now, ReviewTurn.overdue_at.is_(None))
        overdue = _open(session, *late)
        for turn, code, number, title, unit_id in overdue:
            turn.overdue_at = ctx.now
            told, link, about = f"审核已逾期：{title}", _link(code, number), _about(code, number)
            notify(session, ctx, [turn.account_id], DUE, told, link, about)
            roster.escalate(session, ctx, unit_id, DUE, told, link, about)
        return len(overdue) + _after_overdue(session, ctx)


def _open(session: WriteSession, *conditions: object) -> Sequence[tuple[ReviewTurn, str, int, str, int]]:
    """Turns still open, with code, number and title of the version and the reviewer's unit."""
    rows = (
        select(ReviewTurn, Point.code, Version.number, Version.title, Account.unit_id)
        .join(Version, (Version.id == ReviewTurn.version_id) & (Version.status == ReviewTurn.stage))
        .join(Point, Point.id == Version.point_id)
        .join(Account, Account.id == ReviewTurn.account_id)
        .where(ReviewTurn.closed_at.is_(None), *conditions)  # type: ignore[arg-type]
        .order_by(ReviewTurn.id)
        .limit(AT_ONCE)
        .with_for_update(of=ReviewTurn, skip_locked=True)
    )
    return session.execute(rows).tuples().all()


def _after_overdue(session: WriteSession, ctx: Context) -> int:
    """Scripts that nobody reviewed afterwards in time: its reviewers are told; the task tells the unit."""
    late = (
        select(FastScript)
        .where(
            FastScript.published_at.is_not(None), FastScript.reviewed_at.is_(None),
            FastScript.overdue_at.is_(None), FastScript.due_at <= ctx.now,
        )
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    found = session.execute(late).scalars().all()
    for script in found:
        script.overdue_at = ctx.now
        version = locked_versions(session, Version.id == script.version_id)[0]
        link = f"/review/at-once/{version.code}/{version.number}"
        title = f"突发口径超过时限未作事后审核：{version.title}"
        people = after_reviewers(session, version) - version.authors - {script.published_by}
        notify(session, ctx, people, DUE, title, link, f"after:{version.code}/{version.number}")
    return len(found)


def _link(code: str, number: int) -> str:
    return f"/review/{code}/{number}"


def _about(code: str, number: int) -> str:
    return f"version:{code}/{number}"


JOBS = (
    Job("reviewing.share", "给待审核的知识分配审核人", 20.0, share_out),
    Job("reviewing.watch", "提醒即将到期和逾期的审核，督促事后审核", 60.0, watch),
)
