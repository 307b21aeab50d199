"""The owner says that points are still right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, insert, select

from kb_service.core import audit
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, KbError, NotFound
from kb_service.identity.model import Account, Unit
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.lookups import chunks, require_account
from kb_service.knowledge.verification.model import Freshness, Verification
from kb_service.knowledge.verification.rules import latest_until, may_state
from kb_service.knowledge.verification.service.disputes import Dispute, disputes_of
from kb_service.knowledge.verification.service.freshness import Confirmable, store
from kb_service.knowledge.verification.service.intervals import Intervals

MOST = 1_000
PERMISSION = "knowledge.verify"


@dataclass(frozen=True)
class Verified:
    """What became of one point: verified until a day, or refused with a code and words."""

    code: str
    ok: bool
    until: date | None
    problem: str
    detail: str


@dataclass(frozen=True)
class VerifyReport:
    done: int
    results: list[Verified]


@dataclass(frozen=True)
class _Live:
    code: str
    point_id: int
    version_id: int
    number: int
    type: str
    unit_id: int
    approved_at: datetime
    effective_to: date | None


def verify(
    session: WriteSession, ctx: Context, codes: Sequence[str], *, until: date | None = None, note: str = ""
) -> VerifyReport:
    """Confirms the live versions of these points up to a day (None: as long as their interval allows)."""
    ctx.actor.require(PERMISSION)
    account = require_account(ctx)
    wanted = list(dict.fromkeys(codes))
    if len(wanted) > MOST:
        raise Invalid(f"一次最多核验 {MOST} 条，请分次进行。", code="too_many")
    live = _live(session, ctx.now, wanted)
    holds = Intervals(session, [each.point_id for each in live.values()])
    units = _Units(session)
    disputed = disputes_of(session, [each.code for each in live.values()])
    results: list[Verified] = []
    rows = []
    for code in wanted:
        try:
            point = _require(ctx, code, live, units, disputed.get(code))
            last = latest_until(ctx.now, holds.days(point.type, point.point_id))
            day = _until(ctx, point, until, last)
        except KbError as error:
            results.append(Verified(code, False, None, error.code, error.detail))
            continue
        results.append(Verified(code, True, day, "", ""))
        row = {"point_id": point.point_id, "version_id": point.version_id, "at": ctx.now, "until": day}
        rows.append(row | {"account_id": account, "unit_id": ctx.actor.unit_id, "note": note.strip()})
    if rows:
        session.execute(insert(Verification), rows)
        _keep(session, ctx, [live[each.code] for each in results if each.ok], note)
    return VerifyReport(len(rows), results)


def verify_one(
    session: WriteSession, ctx: Context, code: str, *, until: date | None = None, note: str = ""
) -> Verified:
    """The same for one point; raises what stands in the way."""
    found = verify(session, ctx, [code], until=until, note=note).results[0]
    if not found.ok:
        raise _ERRORS.get(found.problem, Conflict)(found.detail, code=found.problem)
    return found


_ERRORS: Mapping[str, type[KbError]] = {
    "unknown_point": NotFound,
    "not_the_owner": Forbidden,
    "until_too_late": Invalid,
    "until_past": Invalid,
}


def _live(session: ReadSession, now: datetime, codes: Sequence[str]) -> dict[str, _Live]:
    found: dict[str, _Live] = {}
    for part in chunks(codes):
        rows = (
            select(
                Point.code,
                Point.id,
                Version.id,
                Version.number,
                Point.type,
                Point.unit_id,
                Version.approved_at,
                Version.effective_to,
            )
            .join(Version, and_(Version.point_id == Point.id, live_at(now)))
            .where(Point.code.in_(part))
        )
        found |= {row[0]: _Live(*row) for row in session.execute(rows)}
    return found


class _Units:
    """The tree of units, to see who stands above an owner."""

    def __init__(self, session: ReadSession) -> None:
        rows = session.execute(select(Unit.id, Unit.parent_id, Unit.kind)).all()
        self._parents: dict[int, int | None] = {row[0]: row[1] for row in rows}
        self.centre = frozenset(row[0] for row in rows if row[2] == "centre")

    def and_above(self, unit_id: int) -> list[int]:
        path: list[int] = []
        node: int | None = unit_id
        while node is not None and node not in path:
            path.append(node)
            node = self._parents.get(node)
        return path


def _require(
    ctx: Context, code: str, live: Mapping[str, _Live], units: _Units, dispute: Dispute | None
) -> _Live:
    point = live.get(code)
    if point is None:
        raise NotFound(f"知识点 {code} 不存在或没有已发布的版本，无从核验。", code="unknown_point")
    if not may_state(ctx.actor.unit_id, units.and_above(point.unit_id), units.centre):
        raise Forbidden(f"知识点 {code} 须由承办单位的人员核验，热线中心不能代为确认。", code="not_the_owner")
    if dispute is not None and dispute.confirmed:
        raise Conflict(
            f"知识点 {code} 有未办结的纠错，请先修正或由中心驳回后再核验。", code="correction_open"
        )
    if point.effective_to is not None and point.effective_to < local_day(ctx.now):
        raise Conflict(f"知识点 {code} 已于 {point.effective_to} 失效，请更新或下架。", code="lapsed")
    return point


def _until(ctx: Context, point: _Live, until: date | None, last: date) -> date:
    if until is None:
        return last
    if until > last:
        raise Invalid(f"知识点 {point.code} 的核验最长到 {last}，不能到 {until}。", code="until_too_late")
    if until < local_day(ctx.now):
        raise Invalid(f"核验截止日 {until} 已过。", code="until_past")
    return until


def _keep(session: WriteSession, ctx: Context, points: Sequence[_Live], note: str) -> None:
    ids = [each.point_id for each in points]
    known = set(session.execute(select(Freshness.point_id).where(Freshness.point_id.in_(ids))).scalars())
    store(
        session,
        [Confirmable(each.point_id, each.version_id, each.type, each.approved_at) for each in points],
        known,
    )
    entries = [audit.Entry(f"point:{each.code}", after={"number": each.number}) for each in points]
    audit.record_many(session, ctx, "version.verified", entries, reason=note.strip())


@dataclass(frozen=True)
class Statement:
    """One verification, for the history of a point."""

    number: int
    at: datetime
    until: date
    account_name: str
    unit_name: str
    note: str


def history(session: ReadSession, ctx: Context, code: str) -> list[Statement]:
    """Who confirmed a point's versions, and up to when; the newest first."""
    ctx.actor.require("knowledge.read_internal")
    rows = (
        select(
            Version.number,
            Verification.at,
            Verification.until,
            Account.name,
            Unit.name,
            Verification.note,
        )
        .join(Version, Version.id == Verification.version_id)
        .join(Point, Point.id == Verification.point_id)
        .join(Account, Account.id == Verification.account_id)
        .join(Unit, Unit.id == Verification.unit_id)
        .where(Point.code == code)
        .order_by(Verification.id.desc())
    )
    return [Statement(*row) for row in session.execute(rows)]
