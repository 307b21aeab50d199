"""Audit plans: a sample is drawn, shared out among auditors, worked off and summed up."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, insert, select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.core.ids import next_number
from kb_service.identity.model import Account, AccountRole, Role, Unit
from kb_service.knowledge.content import TYPES
from kb_service.knowledge.model import Point, Review, Version, VersionAuthor
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.lookups import chunks, require_account
from kb_service.knowledge.verification.model import AuditItem, AuditPlan
from kb_service.knowledge.verification.sampling import STRATA, Stratum, assign, draw, population_hash
from kb_service.knowledge.verification.service.population import population
from kb_service.notices.service import notify

PERMISSION = "knowledge.audit"
NOTICE = "knowledge.audit"
LARGEST = 2_000


@dataclass(frozen=True)
class PlanView:
    code: str
    name: str
    period_from: date
    period_to: date
    strata: list[Stratum]
    seed: str
    drawn_at: datetime
    population: int
    size: int
    done: int
    wrong: int
    mine: int
    closed_at: datetime | None


def create_plan(
    session: WriteSession,
    ctx: Context,
    *,
    name: str,
    period_from: date,
    period_to: date,
    strata: Sequence[Stratum],
    auditors: Sequence[str] = (),
    seed: str = "",
) -> PlanView:
    """Draws from what is live now. `auditors` are logins; none: everybody who may audit."""
    ctx.actor.require("catalogue.manage")
    account = require_account(ctx)
    _check(name, period_from, period_to, strata)
    people = _auditors(session, auditors)
    seed = seed.strip() or secrets.token_hex(8)
    whole = population(session, ctx.now)
    drawn = draw(whole, strata, seed)
    if not drawn:
        raise Invalid("按这些条件没有可抽查的知识，请放宽单位或类型。", code="nothing_to_draw")
    plan = AuditPlan(
        code=f"C{next_number(session, 'knowledge.audit'):05d}",
        name=name.strip(),
        period_from=period_from,
        period_to=period_to,
        strata=[asdict(each) for each in strata],
        seed=seed,
        drawn_at=ctx.now,
        population=len(whole),
        population_hash=population_hash(whole),
        auditors=people,
        created_by=account,
    )
    session.add(plan)
    session.flush()
    _share_out(session, ctx, plan, [(each.code, each.stratum) for each in drawn], people)
    after = {"name": plan.name, "seed": seed, "size": len(drawn)}
    audit.record(session, ctx, "audit_plan.created", f"audit_plan:{plan.code}", after=after)
    return plan_view(session, ctx, plan.code)


def _check(name: str, period_from: date, period_to: date, strata: Sequence[Stratum]) -> None:
    if not 2 <= len(name.strip()) <= 80:
        raise Invalid(
            "请为抽查计划起一个 2 至 80 字的名称。", code="bad_name", pointers=_at("/name", "名称不符")
        )
    if period_to < period_from:
        raise Invalid(
            "抽查期的结束日早于开始日。", code="bad_period", pointers=_at("/period_to", "早于开始日")
        )
    if not strata or sum(each.size for each in strata) > LARGEST or any(each.size < 1 for each in strata):
        detail = f"抽查数量须为 1 至 {LARGEST} 条"
        raise Invalid(f"{detail}。", code="bad_size", pointers=_at("/strata", detail))
    for each in strata:
        if each.by not in STRATA or each.type not in ("", *TYPES):
            raise Invalid(
                f"抽样方式只能是 {'、'.join(STRATA)}，类型须是知识类型之一。", code="bad_stratum",
                pointers=_at("/strata", "抽样方式或类型不符"),
            )  # fmt: skip


def _at(pointer: str, detail: str) -> Any:
    return [{"pointer": pointer, "detail": detail}]


def _auditors(session: ReadSession, logins: Sequence[str]) -> list[int]:
    roles = [role.code for role in session.execute(select(Role)).scalars() if PERMISSION in role.permissions]
    rows = (
        select(Account.id, Account.login)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.active.is_(True), AccountRole.role_code.in_(roles))
        .distinct()
    )
    able = {login: account_id for account_id, login in session.execute(rows)}
    unknown = [login for login in logins if login not in able]
    if unknown or not able:
        who = "、".join(unknown) or "任何人"
        raise Invalid(
            f"{who}没有知识抽查的权限，请先为其分配相应角色。", code="not_an_auditor",
            pointers=_at("/auditors", "没有知识抽查的权限"),
        )  # fmt: skip
    return sorted(able[login] for login in logins) if logins else sorted(able.values())


def _share_out(
    session: WriteSession, ctx: Context, plan: AuditPlan, drawn: Sequence[tuple[str, str]], people: list[int]
) -> None:
    versions = _live(session, ctx.now, [code for code, _ in drawn])
    barred = barred_from(session, [versions[code][1] for code, _ in drawn])
    auditors = assign([barred[versions[code][1]] for code, _ in drawn], people)
    rows = []
    for rank, ((code, stratum), auditor) in enumerate(zip(drawn, auditors, strict=True), 1):
        point_id, version_id, unit_id = versions[code]
        row = {"plan_id": plan.id, "rank": rank, "stratum": stratum, "auditor_id": auditor}
        rows.append(row | {"point_id": point_id, "version_id": version_id, "unit_id": unit_id, "checks": {}})
    session.execute(insert(AuditItem), rows)
    for person in sorted({each for each in auditors if each is not None}):
        title = f"抽查《{plan.name}》：请核查 {auditors.count(person)} 条知识"
        notify(session, ctx, [person], NOTICE, title, f"/audits/{plan.code}", f"audit_plan:{plan.code}")


def _live(session: ReadSession, at: datetime, codes: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    found: dict[str, tuple[int, int, int]] = {}
    for part in chunks(codes):
        rows = (
            select(Point.code, Point.id, Version.id, Point.unit_id)
            .join(Version, and_(Version.point_id == Point.id, live_at(at)))
            .where(Point.code.in_(part))
        )
        found |= {row[0]: (row[1], row[2], row[3]) for row in session.execute(rows)}
    return found


def barred_from(session: ReadSession, version_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Who wrote or reviewed each version: nobody audits their own work."""
    found: dict[int, set[int]] = defaultdict(set)
    for part in chunks(sorted(version_ids)):
        for statement in (
            select(Version.id, Version.author_id).where(Version.id.in_(part)),
            select(VersionAuthor.version_id, VersionAuthor.account_id).where(
                VersionAuthor.version_id.in_(part)
            ),
            select(Review.version_id, Review.reviewer_id).where(
                Review.version_id.in_(part), Review.reviewer_id.is_not(None)
            ),
        ):
            for version_id, account_id in session.execute(statement):
                found[version_id].add(account_id)
    return {version_id: frozenset(found[version_id]) for version_id in version_ids}


def plan_by_code(session: ReadSession, code: str) -> AuditPlan:
    plan = session.execute(select(AuditPlan).where(AuditPlan.code == code)).scalar_one_or_none()
    if plan is None:
        raise NotFound(f"没有编号为 {code} 的抽查计划。", code="unknown_plan")
    return plan


def plan_view(session: ReadSession, ctx: Context, code: str) -> PlanView:
    return _views(session, ctx, [plan_by_code(session, code)])[0]


def plans(session: ReadSession, ctx: Context, *, limit: int = 50) -> list[PlanView]:
    """The newest first."""
    ctx.actor.require(PERMISSION)
    statement = select(AuditPlan).order_by(AuditPlan.id.desc()).limit(limit)
    return _views(session, ctx, list(session.execute(statement).scalars()))


def _views(session: ReadSession, ctx: Context, found: Sequence[AuditPlan]) -> list[PlanView]:
    mine = and_(AuditItem.auditor_id == ctx.actor.account_id, AuditItem.result.is_(None))
    rows = (
        select(
            AuditItem.plan_id,
            func.count(AuditItem.id),
            func.count(AuditItem.result),
            func.count(AuditItem.severity),
            func.count(AuditItem.id).filter(mine),
        )
        .where(AuditItem.plan_id.in_([each.id for each in found]))
        .group_by(AuditItem.plan_id)
    )
    counts = {row[0]: row[1:] for row in session.execute(rows)}
    return [
        PlanView(
            code=plan.code,
            name=plan.name,
            period_from=plan.period_from,
            period_to=plan.period_to,
            strata=[Stratum(**each) for each in plan.strata],
            seed=plan.seed,
            drawn_at=plan.drawn_at,
            population=plan.population,
            size=counts[plan.id][0],
            done=counts[plan.id][1],
            wrong=counts[plan.id][2],
            mine=counts[plan.id][3],
            closed_at=plan.closed_at,
        )
        for plan in found
    ]


def close_plan(session: WriteSession, ctx: Context, code: str) -> PlanView:
    """No more results are taken; what was not looked at stays so."""
    ctx.actor.require("catalogue.manage")
    plan = plan_by_code(session, code)
    if plan.closed_at is not None:
        raise Conflict(f"抽查计划 {code} 已经结束。", code="plan_closed")
    plan.closed_at = ctx.now
    audit.record(session, ctx, "audit_plan.closed", f"audit_plan:{code}")
    session.flush()
    return plan_view(session, ctx, code)


@dataclass(frozen=True)
class Redrawn:
    """Whether the same sample comes out again, from the same population."""

    same_population: bool
    same_sample: bool


def redraw(session: ReadSession, ctx: Context, code: str) -> Redrawn:
    """Draws a plan's sample once more from what was live then."""
    ctx.actor.require(PERMISSION)
    plan = plan_by_code(session, code)
    whole = population(session, plan.drawn_at)
    again = [each.code for each in draw(whole, [Stratum(**each) for each in plan.strata], plan.seed)]
    rows = (
        select(Point.code)
        .join(AuditItem, AuditItem.point_id == Point.id)
        .where(AuditItem.plan_id == plan.id)
        .order_by(AuditItem.rank)
    )
    kept = list(session.execute(rows).scalars())
    return Redrawn(population_hash(whole) == plan.population_hash, again == kept)


def units_of(session: ReadSession) -> dict[int, tuple[str, str]]:
    return {row[0]: (row[1], row[2]) for row in session.execute(select(Unit.id, Unit.code, Unit.name))}
