"""Sharing out what awaits review: one person's turn at a time, of those who are there and may decide."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.identity.model import Account
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.reviewing import rules
from kb_service.knowledge.reviewing.model import ReviewTurn
from kb_service.knowledge.rules import IN_REVIEW, STAGE_NAMES, STATUS_NAMES, Status
from kb_service.knowledge.service.facts import VersionFacts, locked_version, version_facts
from kb_service.knowledge.service.lookups import Directory, chunks, require_account
from kb_service.knowledge.service.staff import Staff
from kb_service.notices import absence
from kb_service.notices.service import notify
from kb_service.regulations import service as regulations

MANAGE = "review.manage"
TURN = "knowledge.review_turn"
# More than these at once, or a batch, are shared out by the job: nobody waits for that.
AT_ONCE = 20


def share(
    session: WriteSession, ctx: Context, staff: Staff, moved: Sequence[tuple[VersionFacts, Status]]
) -> None:
    """Suggests a reviewer for each version that came to a stage; a batch is shared out by the job."""
    single = [each for each in moved if each[0].batch_id is None and each[1] in IN_REVIEW]
    if len(single) <= AT_ONCE:
        suggest(session, ctx, staff, single)


def suggest(
    session: WriteSession, ctx: Context, staff: Staff, moved: Sequence[tuple[VersionFacts, Status]]
) -> int:
    """Opens a turn for each version where somebody can have it; who has least in hand gets the next."""
    if not moved:
        return 0
    people = {version.id: staff.reviewers(stage, version.unit_id) for version, stage in moved}
    everyone = frozenset().union(*people.values())
    _lock(session, everyone)
    away = absence.away_at(session, ctx.now)
    load = loads(session, everyone)
    calendar = regulations.calendar(session)
    began = _began(session, people)
    rows = []
    for version, stage in moved:
        chosen = rules.least_loaded(people[version.id], version.authors, away.keys(), load)
        if chosen is None:
            continue
        load[chosen] = load.get(chosen, 0) + 1
        due = calendar.due(began[version.id], rules.target(version.type)).due
        rows.append(_row(version.id, stage, chosen, None, "suggested", ctx.now, due))
    if rows:
        session.execute(insert(ReviewTurn), rows)
    return len(rows)


def _began(session: ReadSession, version_ids: Collection[int]) -> dict[int, datetime]:
    """Since when each stands at its stage: the time is the stage's, whoever has had it."""
    found: dict[int, datetime] = {}
    for part in chunks(sorted(version_ids)):
        rows = select(Version.id, Version.filed_at, Version.changed_at).where(Version.id.in_(part))
        for version_id, filed_at, changed_at in session.execute(rows):
            found[version_id] = max(filed_at or changed_at, changed_at)
    return found


def recount(session: WriteSession, ctx: Context) -> int:
    """After a change of the calendar: the service's own targets of open turns are counted anew."""
    rows = (
        select(ReviewTurn, Point.type)
        .join(Version, Version.id == ReviewTurn.version_id)
        .join(Point, Point.id == Version.point_id)
        .where(ReviewTurn.closed_at.is_(None))
    )
    found = session.execute(rows.order_by(ReviewTurn.id)).tuples().all()
    began = _began(session, {turn.version_id for turn, _ in found})
    calendar, moved = regulations.calendar(session), 0
    for turn, type_ in found:
        due = calendar.due(began[turn.version_id], rules.target(type_)).due
        if due != turn.due_at:
            turn.due_at, moved = due, moved + 1
            if due > ctx.now:
                turn.reminded_at = turn.overdue_at = None
    return moved


def _row(
    version_id: int, stage: Status, account: int, absent: int | None, how: str, now: datetime, due: datetime
) -> dict[str, object]:
    return {
        "version_id": version_id, "stage": stage.value, "account_id": account, "for_account_id": absent,
        "how": how, "since": now, "due_at": due,
    }  # fmt: skip


def _lock(session: WriteSession, accounts: Collection[int]) -> None:
    """Two that share out at once see each other's turns; what only refers to the accounts does not wait."""
    rows = select(Account.id).where(Account.id.in_(sorted(accounts))).order_by(Account.id)
    session.execute(rows.with_for_update(key_share=True)).all()


def loads(session: ReadSession, accounts: Collection[int]) -> dict[int, int]:
    """How many versions each has in hand that still stand at the stage."""
    rows = (
        select(ReviewTurn.account_id, func.count(ReviewTurn.id))
        .join(Version, (Version.id == ReviewTurn.version_id) & (Version.status == ReviewTurn.stage))
        .where(ReviewTurn.closed_at.is_(None), ReviewTurn.account_id.in_(sorted(accounts)))
        .group_by(ReviewTurn.account_id)
    )
    return dict(session.execute(rows).tuples().all())


def end(session: WriteSession, ctx: Context, version_ids: Iterable[int]) -> None:
    """Nobody's turn any more: decided on, given back, or on to somebody else."""
    for part in chunks(sorted(version_ids)):
        still = (ReviewTurn.version_id.in_(part), ReviewTurn.closed_at.is_(None))
        session.execute(update(ReviewTurn).where(*still).values(closed_at=ctx.now))


def open_turns(session: ReadSession, version_ids: Collection[int]) -> Mapping[int, ReviewTurn]:
    found: dict[int, ReviewTurn] = {}
    for part in chunks(sorted(version_ids)):
        rows = select(ReviewTurn).where(ReviewTurn.version_id.in_(part), ReviewTurn.closed_at.is_(None))
        found |= {turn.version_id: turn for turn in session.execute(rows).scalars()}
    return found


def take(session: WriteSession, ctx: Context, code: str, number: int) -> None:
    """Makes a version one's own to review. What another has taken stays theirs until they hand it on."""
    account = require_account(ctx)
    version = locked_version(session, code, number)
    turn = open_turns(session, [version.id]).get(version.id)
    taken = turn is not None and turn.how != "suggested" and turn.account_id != account
    if turn is not None and taken and turn.account_id not in absence.away_at(session, ctx.now):
        holder = session.get_one(Account, turn.account_id).name
        raise Conflict(f"这一件已由{holder}认领，如需由您审核请先让其转交。", code="already_taken")
    _give(session, ctx, version, account, "taken", turn)


def hand_over(session: WriteSession, ctx: Context, code: str, number: int, login: str) -> None:
    """By whoever has it, or who runs the reviews, to somebody there who may decide on it."""
    account = require_account(ctx)
    version = locked_version(session, code, number)
    turn = open_turns(session, [version.id]).get(version.id)
    mine = turn is not None and account in (turn.account_id, turn.for_account_id)
    if not mine and not ctx.actor.may(MANAGE):
        raise Forbidden("只有当前审核人或知识主管可以转交这一件。", code="not_yours")
    other = session.execute(select(Account).where(Account.login == login)).scalar_one_or_none()
    if other is None:
        raise NotFound(f"没有登录名为“{login}”的账号。", code="unknown_account")
    _give(session, ctx, version, other.id, "handed", turn)
    title, link = f"转给您审核：{version.title}", f"/review/{code}/{number}"
    notify(session, ctx, [other.id], TURN, title, link, f"version:{code}/{number}")


def possible(session: ReadSession, version: VersionFacts, now: datetime) -> list[tuple[str, str]]:
    """Login and name of those there who may review it, who has least in hand first."""
    staff = Staff(session, Directory.load(session))
    away = absence.away_at(session, now).keys()
    fit = staff.reviewers(version.status, version.unit_id) - version.authors - away
    load = loads(session, fit)
    rows = session.execute(select(Account.id, Account.login, Account.name).where(Account.id.in_(fit)))
    ordered = sorted(rows.tuples(), key=lambda row: (load.get(row[0], 0), row[0]))
    return [(login, f"{name}（在办 {load.get(account, 0)} 件）") for account, login, name in ordered]


@dataclass(frozen=True)
class TurnView:
    name: str
    how: str
    due_at: datetime


def turn_of(session: ReadSession, ctx: Context, code: str, number: int) -> dict[str, Any]:
    """What a page shows of a turn: `turn`, whether the actor `may_take` it, and `hand_to` whom it may go."""
    version, account = version_facts(session, code, number), ctx.actor.account_id
    turn = open_turns(session, [version.id]).get(version.id)
    fit = possible(session, version, ctx.now)
    mine = turn is not None and account in (turn.account_id, turn.for_account_id)
    own = session.get_one(Account, account).login if account is not None else ""
    held = turn is not None and turn.how != "suggested"
    return {
        "turn": TurnView(session.get_one(Account, turn.account_id).name, turn.how, turn.due_at)
        if turn
        else None,
        "may_take": not held and own in {login for login, _ in fit},
        "hand_to": [each for each in fit if each[0] != own] if mine or ctx.actor.may(MANAGE) else [],
    }


def _give(
    session: WriteSession,
    ctx: Context,
    version: VersionFacts,
    account: int,
    how: str,
    turn: ReviewTurn | None,
) -> None:
    """Closes the turn there was and begins another; the time it is due stays that of the stage."""
    if version.status not in IN_REVIEW:
        raise Conflict(f"该版本现为“{STATUS_NAMES[version.status]}”，不在审核中。", code="not_in_review")
    refuse_unfit(session, ctx, version, account)
    due = turn.due_at if turn else None
    if due is None:
        began = _began(session, [version.id])[version.id]
        due = regulations.calendar(session).due(began, rules.target(version.type)).due
    end(session, ctx, [version.id])
    absent = _stood_in_for(session, ctx, version, account, turn)
    row = _row(version.id, version.status, account, absent, how, ctx.now, due)
    session.execute(insert(ReviewTurn), [row])
    after = {"number": version.number, "stage": version.status, "account": account, "for": absent}
    audit.record(session, ctx, f"review.{how}", f"point:{version.code}", after=after)


def _stood_in_for(
    session: ReadSession, ctx: Context, version: VersionFacts, account: int, turn: ReviewTurn | None
) -> int | None:
    """The absent person whose turn it was, where this account stands in for them."""
    if turn is None:
        return None
    owner = {turn.for_account_id or turn.account_id}
    return absence.acting_for(session, account, ctx.now, owner, version.authors)


def refuse_unfit(session: ReadSession, ctx: Context, version: VersionFacts, account: int) -> None:
    if account in version.authors:
        raise Forbidden("编写人不能审核自己的知识，请选择其他审核人员。", code="own_version")
    staff = Staff(session, Directory.load(session))
    if account not in staff.reviewers(version.status, version.unit_id):
        words = STAGE_NAMES[version.status]
        raise Forbidden(f"此人没有对该单位知识进行{words}的权限。", code="cannot_review")
    if account in absence.away_at(session, ctx.now):
        raise Invalid("此人正在请假，请转交给在岗的审核人员。", code="reviewer_away")
