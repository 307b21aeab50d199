"""A unit disputes an entry of its ledger; the centre decides, and what it grants no longer counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from kb_service.core import audit, paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.identity.model import Account, AccountRole, Role, Unit
from kb_service.knowledge.duties.model import DutyAppeal
from kb_service.knowledge.duties.rules import Period
from kb_service.knowledge.duties.service.scoring import standing
from kb_service.knowledge.service.lookups import require_account
from kb_service.notices.service import notify, settle

FILED, DECIDED = "duty.appeal", "duty.appeal_decided"
STATUS_NAMES = {"open": "待决定", "approved": "申诉成立", "rejected": "申诉不成立"}
Decision = Literal["approved", "rejected"]


@dataclass(frozen=True)
class AppealView:
    id: int
    unit_code: str
    unit_name: str
    entry: str
    entry_title: str
    reason: str
    evidence: str
    filed_by: str
    filed_at: datetime
    status: str
    status_name: str
    decided_by: str
    decided_at: datetime | None
    decision_note: str


def appeal(
    session: WriteSession,
    ctx: Context,
    unit_code: str,
    entry: str,
    period: Period,
    reason: str,
    evidence: str = "",
) -> AppealView:
    """About one entry of the unit's ledger of a period, which must stand against the unit."""
    ctx.actor.require("duty.appeal")
    mine = standing(session, ctx, unit_code, period)
    found = next(((each, state) for each, state in mine.entries if each.key == entry), None)
    if found is None:
        raise NotFound("这个考核期的台账里没有这一条，请刷新后重试。", code="unknown_entry")
    if found[1] not in {"late", "overdue"}:
        raise Conflict("只有逾期或不准确的记录可以申诉。", code="nothing_to_appeal")
    if found[0].appeal:
        raise Conflict("这一条已经申诉过，不能重复申诉。", code="appealed_already")
    unit_id = session.execute(select(Unit.id).where(Unit.code == unit_code)).scalar_one()
    return file(session, ctx, unit_id, entry, found[0].title, reason, evidence)


def file(
    session: WriteSession,
    ctx: Context,
    unit_id: int,
    entry: str,
    title: str,
    reason: str,
    evidence: str = "",
) -> AppealView:
    """Files an appeal about an entry of any ledger; that it stands against the unit is the caller's to check."""
    ctx.actor.require("duty.appeal")
    account = require_account(ctx)
    if len(reason.strip()) < 5:
        detail = "请写明申诉理由，至少 5 个字"
        raise Invalid(
            f"{detail}。", code="reason_required", pointers=[{"pointer": "/reason", "detail": detail}]
        )
    unit = session.get_one(Unit, unit_id)
    row = DutyAppeal(
        unit_id=unit_id,
        entry=entry,
        entry_title=title[:200],
        reason=reason.strip(),
        evidence=evidence.strip(),
        filed_by=account,
        filed_at=ctx.now,
        status="open",
    )
    session.add(row)
    session.flush()
    told = f"履责申诉：{unit.name}——{row.entry_title}"
    notify(session, ctx, _deciders(session), FILED, told, "/duties/appeals", f"duty_appeal:{row.id}")
    after = {"entry": entry, "evidence": row.evidence}
    audit.record(session, ctx, "duty.appealed", f"unit:{unit.code}", after=after, reason=row.reason)
    return one(session, row.id)


def status_on(session: ReadSession, unit_id: int, entries: Collection[str]) -> dict[str, str]:
    """What became of the newest appeal about each entry, of those that were appealed."""
    rows = (
        select(DutyAppeal.entry, DutyAppeal.status)
        .where(DutyAppeal.unit_id == unit_id, DutyAppeal.entry.in_(sorted(entries)))
        .order_by(DutyAppeal.id)
    )
    return dict(session.execute(rows).tuples().all())


def _deciders(session: ReadSession) -> list[int]:
    able = [
        role.code for role in session.execute(select(Role)).scalars() if "duty.manage" in role.permissions
    ]
    rows = (
        select(Account.id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.active.is_(True), AccountRole.role_code.in_(able))
        .distinct()
    )
    return list(session.execute(rows).scalars())


def decide(session: WriteSession, ctx: Context, appeal_id: int, decision: Decision, note: str) -> AppealView:
    """Approved: the entry is left out whenever the score is worked out again."""
    ctx.actor.require("duty.manage")
    account = require_account(ctx)
    wanted = select(DutyAppeal).where(DutyAppeal.id == appeal_id).with_for_update()
    row = session.execute(wanted).scalar_one_or_none()
    if row is None:
        raise NotFound("没有这件申诉。", code="unknown_appeal")
    if row.status != "open":
        raise Conflict(f"这件申诉已有决定：{STATUS_NAMES[row.status]}。", code="appeal_decided")
    if row.filed_by == account:
        raise Forbidden("不能决定自己提出的申诉。", code="own_appeal")
    if len(note.strip()) < 2:
        detail = "请写明决定的理由"
        raise Invalid(f"{detail}。", code="note_required", pointers=[{"pointer": "/note", "detail": detail}])
    row.status, row.decided_by, row.decided_at = decision, account, ctx.now
    row.decision_note = note.strip()
    session.flush()
    subject = f"duty_appeal:{row.id}"
    settle(session, ctx, subject, FILED)
    unit_code = session.execute(select(Unit.code).where(Unit.id == row.unit_id)).scalar_one()
    title = f"{STATUS_NAMES[decision]}：{row.entry_title}"
    notify(session, ctx, [row.filed_by], DECIDED, title, f"/duties/{unit_code}", subject)
    audit.record(
        session,
        ctx,
        "duty.appeal_decided",
        subject,
        after={"decision": decision, "entry": row.entry},
        reason=row.decision_note,
    )
    return one(session, row.id)


_Decider = aliased(Account)


def one(session: ReadSession, appeal_id: int) -> AppealView:
    return _views(session, DutyAppeal.id == appeal_id, limit=1)[0]


def appeals(
    session: ReadSession,
    ctx: Context,
    *,
    unit: str = "",
    status: str = "",
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[AppealView]:
    """Of the units in the actor's scope, the newest first."""
    ctx.actor.require("duty.read")
    conditions: list[ColumnElement[bool]] = []
    if ctx.actor.unit_scope is not None:
        conditions.append(DutyAppeal.unit_id.in_(ctx.actor.unit_scope))
    if unit:
        conditions.append(Unit.code == unit)
    if status:
        conditions.append(DutyAppeal.status == status)
    if cursor:
        conditions.append(DutyAppeal.id < paging.decode_cursor(cursor, [int])[0])
    found = _views(session, *conditions, limit=limit + 1)
    return paging.page_of(found, limit, lambda each: [each.id])


def _views(session: ReadSession, *conditions: ColumnElement[bool], limit: int) -> list[AppealView]:
    rows = (
        select(DutyAppeal, Unit.code, Unit.name, Account.name, _Decider.name)
        .join(Unit, Unit.id == DutyAppeal.unit_id)
        .join(Account, Account.id == DutyAppeal.filed_by)
        .outerjoin(_Decider, _Decider.id == DutyAppeal.decided_by)
        .where(*conditions)
        .order_by(DutyAppeal.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [
        AppealView(
            id=row.id,
            unit_code=code,
            unit_name=name,
            entry=row.entry,
            entry_title=row.entry_title,
            reason=row.reason,
            evidence=row.evidence,
            filed_by=filed_by,
            filed_at=row.filed_at,
            status=row.status,
            status_name=STATUS_NAMES[row.status],
            decided_by=decided_by or "",
            decided_at=row.decided_at,
            decision_note=row.decision_note,
        )
        for row, code, name, filed_by, decided_by in session.execute(rows)
    ]
