"""Editors say when a point is to be found, and take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import aliased

from kb_service.core import audit, live
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.identity.model import Account
from kb_service.knowledge.guiding import rules
from kb_service.knowledge.guiding.model import Guidance
from kb_service.knowledge.guiding.service.guides import LIVE
from kb_service.knowledge.model import Point
from kb_service.knowledge.service.facts import require_scope
from kb_service.knowledge.service.lookups import require_account

PERMISSION = "knowledge.edit"
SHORTEST_REASON = 2


@dataclass(frozen=True)
class Wanted:
    """What an editor wants said of a point; see `Guidance`."""

    kind: str
    words: str
    reason: str
    whole: bool = False
    factor: float = 1.0
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True)
class GuidanceView:
    """`state`: waiting, in_force, lapsed or ended."""

    id: int
    code: str
    kind: str
    kind_name: str
    words: str
    whole: bool
    factor: float
    from_at: datetime | None
    until_at: datetime | None
    reason: str
    by: str
    created_at: datetime
    ended_at: datetime | None
    ended_by: str
    ended_reason: str
    state: str


def say(session: WriteSession, ctx: Context, code: str, wanted: Wanted) -> GuidanceView:
    """Holds from now on in every process. Raises Forbidden for a point of another unit."""
    ctx.actor.require(PERMISSION)
    account = require_account(ctx)
    point_id = _scoped(session, ctx, code)
    words, reason = rules.plain(wanted.words), wanted.reason.strip()
    _check(wanted, words, reason, _standing(session, point_id), ctx.now)
    row = Guidance(
        point_id=point_id, kind=wanted.kind, words=words, whole=wanted.whole and bool(words),
        factor=wanted.factor if wanted.kind == "boost" else 1.0, from_at=wanted.from_at,
        until_at=wanted.until_at, reason=reason, account_id=account, created_at=ctx.now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    live.touch(session, LIVE.name)
    audit.record(session, ctx, "guidance.said", f"point:{code}", after=_told(row), reason=reason)
    return one(session, ctx.now, row.id)


def end(session: WriteSession, ctx: Context, number: int, reason: str) -> GuidanceView:
    """Takes back what was said, whoever of the unit said it. Raises Conflict where it was ended already."""
    ctx.actor.require(PERMISSION)
    account = require_account(ctx)
    row = session.get(Guidance, number, with_for_update=True)
    if row is None:
        raise NotFound("没有这条检索设置。", code="unknown_guidance")
    code = session.execute(select(Point.code).where(Point.id == row.point_id)).scalar_one()
    _scoped(session, ctx, code)
    if row.ended_at is not None:
        raise Conflict("这条检索设置已经停用。", code="already_ended")
    why = _reason(reason)
    row.ended_at, row.ended_by, row.ended_reason = ctx.now, account, why
    session.flush()
    live.touch(session, LIVE.name)
    audit.record(session, ctx, "guidance.ended", f"point:{code}", before=_told(row), reason=why)
    return one(session, ctx.now, row.id)


def of_point(session: ReadSession, ctx: Context, code: str, *, ended: bool = False) -> Sequence[GuidanceView]:
    """What is said of a point, newest first; `ended`: what was ended too."""
    ctx.actor.require("knowledge.read_internal")
    statement = _select().where(Point.code == code).order_by(Guidance.id.desc())
    if not ended:
        statement = statement.where(Guidance.ended_at.is_(None))
    return [_view(row, ctx.now) for row in session.execute(statement)]


def one(session: ReadSession, now: datetime, number: int) -> GuidanceView:
    return _view(session.execute(_select().where(Guidance.id == number)).one(), now)


def _scoped(session: ReadSession, ctx: Context, code: str) -> int:
    found = session.execute(select(Point.id, Point.unit_id).where(Point.code == code)).first()
    if found is None:
        raise NotFound(f"没有编码为 {code} 的知识点。", code="unknown_point")
    require_scope(ctx, found.unit_id, code)
    return int(found.id)


def _standing(session: ReadSession, point_id: int) -> Sequence[str]:
    standing = select(Guidance.kind).where(Guidance.point_id == point_id, Guidance.ended_at.is_(None))
    return session.execute(standing).scalars().all()


def _check(wanted: Wanted, words: str, reason: str, standing: Sequence[str], now: datetime) -> None:
    wrong = rules.problems(wanted.kind, words, wanted.factor, standing)
    if len(reason) < SHORTEST_REASON:
        wrong.append(("reason", "请说明为什么这样设置"))
    if wanted.until_at is not None and wanted.until_at <= max(now, wanted.from_at or now):
        wrong.append(("until_at", "结束时间须晚于开始时间和现在"))
    if wrong:
        raise Invalid(
            "；".join(detail for _, detail in wrong) + "。",
            code="bad_guidance",
            pointers=[{"pointer": f"/{name}", "detail": detail} for name, detail in wrong],
        )


def _reason(text: str) -> str:
    reason = text.strip()
    if len(reason) < SHORTEST_REASON:
        raise Invalid(
            "请说明为什么停用。",
            code="reason_needed",
            pointers=[{"pointer": "/reason", "detail": "请说明为什么停用"}],
        )
    return reason


def _told(row: Guidance) -> dict[str, object]:
    instants = {"from_at": row.from_at, "until_at": row.until_at}
    return {
        "id": row.id, "kind": row.kind, "words": row.words, "whole": row.whole, "factor": row.factor,
        **{name: at.isoformat() for name, at in instants.items() if at},
    }  # fmt: skip


_ENDER = aliased(Account)


def _select() -> Select[Any]:
    return (
        select(Guidance, Point.code, Account.name.label("by"), _ENDER.name.label("ended_by"))
        .join(Point, Point.id == Guidance.point_id)
        .join(Account, Account.id == Guidance.account_id)
        .outerjoin(_ENDER, _ENDER.id == Guidance.ended_by)
    )


def _view(row: Row[Any], now: datetime) -> GuidanceView:
    said: Guidance = row.Guidance
    return GuidanceView(
        id=said.id, code=row.code, kind=said.kind, kind_name=rules.KIND_NAMES[said.kind], words=said.words,
        whole=said.whole, factor=said.factor, from_at=said.from_at, until_at=said.until_at,
        reason=said.reason, by=row.by, created_at=said.created_at, ended_at=said.ended_at,
        ended_by=row.ended_by or "", ended_reason=said.ended_reason, state=_state(said, now),
    )  # fmt: skip


def _state(said: Guidance, now: datetime) -> str:
    if said.ended_at is not None:
        return "ended"
    if said.from_at is not None and said.from_at > now:
        return "waiting"
    return "lapsed" if said.until_at is not None and said.until_at <= now else "in_force"
