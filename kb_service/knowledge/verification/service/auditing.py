"""Working through a sample, and what it says of the units."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Row, Select, select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.identity.model import Account, Unit
from kb_service.knowledge.corrections import rules as corrections
from kb_service.knowledge.corrections.service import reporting
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service.lookups import require_account
from kb_service.knowledge.verification.model import AuditItem, AuditPlan
from kb_service.knowledge.verification.sampling import Rate, rate
from kb_service.knowledge.verification.service.audits import (
    NOTICE,
    PERMISSION,
    barred_from,
    plan_by_code,
    units_of,
)
from kb_service.notices.service import settle

CHECKS: Final = {
    "content": "内容与依据一致",
    "current": "没有过时，仍然适用",
    "contacts": "电话、地址、时间准确",
    "complete": "要素齐全，没有遗漏",
    "clear": "表述清楚，群众看得懂",
}
Result = Literal["right", "wrong"]


@dataclass(frozen=True)
class ItemView:
    rank: int
    code: str
    number: int
    version_id: int
    title: str
    type: str
    unit_code: str
    unit_name: str
    stratum: str
    auditor_id: int | None
    auditor_name: str
    result: str | None
    severity: str | None
    kind: str
    checks: Mapping[str, Any]
    remark: str
    at: datetime | None
    correction_code: str | None


def items(session: ReadSession, ctx: Context, code: str) -> list[ItemView]:
    """All of a plan, in the order in which it is worked off."""
    ctx.actor.require(PERMISSION)
    plan = plan_by_code(session, code)
    rows = session.execute(_statement().where(AuditItem.plan_id == plan.id).order_by(AuditItem.rank))
    return [_item(row) for row in rows]


def next_item(session: ReadSession, ctx: Context, code: str, *, after: int = 0) -> ItemView | None:
    """The actor's next item that has no result; from the beginning again when none is left after `after`."""
    ctx.actor.require(PERMISSION)
    plan = plan_by_code(session, code)
    waiting = (
        _statement()
        .where(
            AuditItem.plan_id == plan.id,
            AuditItem.auditor_id == ctx.actor.account_id,
            AuditItem.result.is_(None),
        )
        .order_by((AuditItem.rank <= after), AuditItem.rank)
        .limit(1)
    )
    row = session.execute(waiting).first()
    return _item(row) if row is not None else None


def item(session: ReadSession, ctx: Context, code: str, rank: int) -> ItemView:
    ctx.actor.require(PERMISSION)
    plan = plan_by_code(session, code)
    row = session.execute(_statement().where(AuditItem.plan_id == plan.id, AuditItem.rank == rank)).first()
    if row is None:
        raise NotFound(f"抽查计划 {code} 没有第 {rank} 项。", code="unknown_item")
    return _item(row)


def _statement() -> Select[Any]:
    return (
        select(
            AuditItem, Point.code, Point.type, Version.number, Version.title, Unit.code.label("unit_code"),
            Unit.name.label("unit_name"), Account.name.label("auditor_name"),
        )
        .join(Point, Point.id == AuditItem.point_id)
        .join(Version, Version.id == AuditItem.version_id)
        .join(Unit, Unit.id == AuditItem.unit_id)
        .outerjoin(Account, Account.id == AuditItem.auditor_id)
    )  # fmt: skip


def _item(row: Row[Any]) -> ItemView:
    kept: AuditItem = row[0]
    return ItemView(
        rank=kept.rank,
        code=row.code,
        number=row.number,
        version_id=kept.version_id,
        title=row.title,
        type=row.type,
        unit_code=row.unit_code,
        unit_name=row.unit_name,
        stratum=kept.stratum,
        auditor_id=kept.auditor_id,
        auditor_name=row.auditor_name or "",
        result=kept.result,
        severity=kept.severity,
        kind=kept.kind,
        checks=kept.checks,
        remark=kept.remark,
        at=kept.at,
        correction_code=kept.correction_code,
    )


def record(
    session: WriteSession,
    ctx: Context,
    code: str,
    rank: int,
    result: Result,
    *,
    checks: Mapping[str, bool] | None = None,
    kind: str = "",
    serious: bool = False,
    remark: str = "",
) -> ItemView:
    """An auditor's finding; what is wrong is reported as a correction at once."""
    ctx.actor.require(PERMISSION)
    account = require_account(ctx)
    plan = plan_by_code(session, code)
    kept = _locked(session, plan, rank)
    _refuse(session, plan, kept, account)
    said = {key: value for key, value in (checks or {}).items() if key in CHECKS}
    _check(result, said, kind, remark.strip())
    kept.result, kept.at, kept.checks, kept.remark = result, ctx.now, said, remark.strip()
    kept.auditor_id = account
    if result == "wrong":
        kept.kind, kept.severity = kind, "serious" if serious else "general"
    session.flush()
    view = item(session, ctx, code, rank)
    if result == "wrong":
        kept.correction_code = _report(session, ctx, plan, view, serious)
        session.flush()
    if next_item(session, ctx, code) is None:
        settle(session, ctx, f"audit_plan:{code}", NOTICE)
    after = {"rank": rank, "result": result, "correction": kept.correction_code}
    audit.record(session, ctx, "audit_item.recorded", f"point:{view.code}", after=after, reason=kept.remark)
    return item(session, ctx, code, rank)


def _report(session: WriteSession, ctx: Context, plan: AuditPlan, found: ItemView, serious: bool) -> str:
    said = reporting.Said(
        kind=found.kind,
        remark=found.remark,
        serious=serious,
        number=found.number,
        evidence={"audit_plan": plan.code, "rank": found.rank},
    )
    return reporting.report(session, ctx, found.code, said, way="audit").correction.code


def _locked(session: WriteSession, plan: AuditPlan, rank: int) -> AuditItem:
    wanted = (AuditItem.plan_id == plan.id, AuditItem.rank == rank)
    kept = session.execute(select(AuditItem).where(*wanted).with_for_update()).scalar_one_or_none()
    if kept is None:
        raise NotFound(f"抽查计划 {plan.code} 没有第 {rank} 项。", code="unknown_item")
    return kept


def _refuse(session: ReadSession, plan: AuditPlan, kept: AuditItem, account: int) -> None:
    if plan.closed_at is not None:
        raise Conflict(f"抽查计划 {plan.code} 已经结束，不再接受结果。", code="plan_closed")
    if kept.result is not None:
        raise Conflict(f"第 {kept.rank} 项已有结论，不能再改。", code="item_done")
    if kept.auditor_id not in (None, account):
        raise Forbidden(f"第 {kept.rank} 项已分配给其他抽查人员。", code="not_assigned")
    if account in barred_from(session, [kept.version_id])[kept.version_id]:
        raise Forbidden("不能抽查自己编写或审核过的版本，请由其他人员处理。", code="own_version")


def _check(result: str, checks: Mapping[str, bool], kind: str, remark: str) -> None:
    failed = [name for key, name in CHECKS.items() if checks.get(key) is False]
    if result == "right" and failed:
        raise Invalid(
            f"“{failed[0]}”一项不符，结论应为“有错”，或把该项改为相符。", code="check_failed",
            pointers=[{"pointer": "/result", "detail": "与检查项不一致"}],
        )  # fmt: skip
    if result == "wrong" and kind not in corrections.KINDS:
        raise Invalid(
            f"请选择错漏种类：{'、'.join(corrections.KINDS.values())}。", code="kind_required",
            pointers=[{"pointer": "/kind", "detail": "请选择错漏种类"}],
        )  # fmt: skip
    if result == "wrong" and len(remark) < 2:
        raise Invalid(
            "请写明哪里有错、正确的应是什么，便于承办单位改正。", code="remark_required",
            pointers=[{"pointer": "/remark", "detail": "请写明哪里有错"}],
        )  # fmt: skip


@dataclass(frozen=True)
class UnitRate:
    unit_code: str
    unit_name: str
    size: int
    rate: Rate


@dataclass(frozen=True)
class AuditReport:
    """Shares of wrong ones by unit, the worst first. `whole` is an estimate for the base only where the whole
    sample is random: by risk and by use, wrong ones are sought.
    """

    whole: Rate
    random_only: bool
    units: list[UnitRate]
    kinds: dict[str, int]


def report(session: ReadSession, ctx: Context, code: str) -> AuditReport:
    ctx.actor.require(PERMISSION)
    plan = plan_by_code(session, code)
    rows = session.execute(
        select(AuditItem.unit_id, AuditItem.result, AuditItem.severity, AuditItem.kind).where(
            AuditItem.plan_id == plan.id
        )
    ).all()
    names = units_of(session)
    units = [
        UnitRate(*names[unit_id], len(mine), _rate(mine))
        for unit_id in sorted({row.unit_id for row in rows})
        if (mine := [row for row in rows if row.unit_id == unit_id])
    ]
    kinds = {name: sum(row.kind == kind for row in rows) for kind, name in corrections.KINDS.items()}
    return AuditReport(
        whole=_rate(rows),
        random_only=all(each["by"] == "random" for each in plan.strata),
        units=sorted(units, key=lambda each: (-each.rate.share, -each.rate.wrong, each.unit_code)),
        kinds={name: count for name, count in kinds.items() if count},
    )


def _rate(rows: Any) -> Rate:
    return rate(
        sum(row.result is not None for row in rows),
        sum(row.result == "wrong" for row in rows),
        sum(row.severity == "serious" for row in rows),
    )
