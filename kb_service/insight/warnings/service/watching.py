"""Warns once of what calls for it, tells those who are responsible, and keeps what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from kb_service.core import audit, paging
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Account, Unit
from kb_service.identity.service import actors, people
from kb_service.insight import area
from kb_service.insight.warnings import rules
from kb_service.insight.warnings.model import RiskWarning, WarningRule
from kb_service.insight.warnings.rules import Found
from kb_service.insight.warnings.service import finding
from kb_service.notices.model import Notice
from kb_service.notices.service import notify, settle

NOTICE = "insight.warning"
READ, HANDLE, MANAGE = "stats.read", "warning.handle", "insight.manage"
SHORTEST = 4


def watch(parts: Runtime, kinds: Sequence[str]) -> int:
    """Looks at these kinds now; returns how many warnings are new."""
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.read() as session:
        limits = rules.chosen(kinds, limits_of(session))
        found = finding.find(finding.Watch(session, ctx, parts), limits)
    with parts.database.write() as session:
        fresh = [each for each in found if _warn(session, ctx, each)]
        _let_pass(session, ctx, kinds, {each.key for each in found})
        return len(fresh)


def limits_of(session: ReadSession) -> dict[str, int]:
    rows = select(WarningRule.rule, WarningRule.runs, WarningRule.at_least)
    return rules.limits_of(session.execute(rows).tuples())


def _warn(session: WriteSession, ctx: Context, found: Found) -> bool:
    last = select(RiskWarning).where(RiskWarning.key == found.key).order_by(RiskWarning.id.desc()).limit(1)
    standing = session.execute(last.with_for_update()).scalar_one_or_none()
    if standing is not None and standing.handled_at is None and standing.gone_at is None:
        standing.seen_at, standing.evidence, standing.title = ctx.now, dict(found.evidence), found.title[:200]
        return False
    if standing is not None and not rules.may_warn(standing.handled_at or standing.gone_at, ctx.now):
        return False
    row = RiskWarning(
        rule=found.kind,
        key=found.key,
        level=found.level,
        title=found.title[:200],
        evidence=dict(found.evidence),
        link=found.link,
        unit_id=found.unit_id,
        region_code=found.region,
        matter_id=found.matter_id,
        opened_at=ctx.now,
        seen_at=ctx.now,
    )
    session.add(row)
    session.flush()
    tell(session, ctx, row)
    audit.record(session, ctx, "warning.raised", _about(row.id), after={"rule": row.rule, "key": row.key})
    return True


def tell(session: WriteSession, ctx: Context, row: RiskWarning) -> None:
    """Everybody responsible who has not been told of it yet."""
    known = select(Notice.account_id).where(Notice.subject == _about(row.id), Notice.kind == NOTICE)
    told = set(responsible(session, row)) - set(session.execute(known).scalars())
    notify(session, ctx, told, NOTICE, f"风险预警：{row.title}", f"/warnings/{row.id}", _about(row.id))


def responsible(session: ReadSession, row: RiskWarning) -> list[int]:
    """Those of the unit it is about, of the government of its place, and of the centre."""
    units = {row.unit_id} if row.unit_id else set()
    if row.region_code:
        local = select(Unit.id).where(Unit.region_code == row.region_code, Unit.kind.in_(sorted(area.LOCAL)))
        units |= set(session.execute(local).scalars())
    mine: list[Account] = actors.holders(session, HANDLE, units) if units else []
    return sorted({each.id for each in [*mine, *actors.holders(session, MANAGE)]})


def _let_pass(session: WriteSession, ctx: Context, kinds: Sequence[str], seen: set[str]) -> None:
    """What is no longer so and nobody has dealt with is over by itself."""
    passing = [kind for kind in kinds if kind not in rules.STAYS]
    rows = select(RiskWarning).where(
        RiskWarning.rule.in_(passing), RiskWarning.handled_at.is_(None), RiskWarning.gone_at.is_(None)
    )
    for row in session.execute(rows.with_for_update()).scalars().all():
        if row.key not in seen:
            row.gone_at = ctx.now
            settle(session, ctx, _about(row.id), NOTICE)


@dataclass(frozen=True)
class WarningView:
    id: int
    rule: str
    rule_name: str
    level: str
    level_name: str
    title: str
    evidence: dict[str, Any]
    link: str
    unit: str
    unit_name: str
    region: str
    region_name: str
    matter: int | None
    state: str
    state_name: str
    opened_at: datetime
    seen_at: datetime
    handled_at: datetime | None
    handled_by: str
    done: str
    may_handle: bool


@dataclass(frozen=True)
class WarningFilter:
    state: str = "open"
    rule: str = ""
    level: str = ""
    unit: str = ""
    region: str = ""


def list_warnings(
    session: ReadSession, ctx: Context, wanted: WarningFilter, cursor: str = "", limit: int = 20
) -> paging.Page[WarningView]:
    """Newest first, those of the actor's unit, place or city."""
    ctx.actor.require(READ)
    rows = (
        select(RiskWarning)
        .where(*_in_scope(session, ctx), *_conditions(session, wanted))
        .order_by(RiskWarning.id.desc())
    )
    if cursor:
        rows = rows.where(RiskWarning.id < paging.decode_cursor(cursor, [int])[0])
    views = [_view(session, ctx, row) for row in session.execute(rows.limit(limit + 1)).scalars()]
    return paging.page_of(views, limit, lambda view: [view.id])


def _in_scope(session: ReadSession, ctx: Context) -> list[ColumnElement[bool]]:
    if ctx.actor.unit_scope is None:
        return []
    regions = area.place(session, ctx) or frozenset()
    mine = RiskWarning.unit_id.in_(sorted(ctx.actor.unit_scope))
    return [or_(mine, RiskWarning.region_code.in_(sorted(regions)))]


def _conditions(session: ReadSession, wanted: WarningFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    states = {
        "open": (RiskWarning.handled_at.is_(None), RiskWarning.gone_at.is_(None)),
        "handled": (RiskWarning.handled_at.is_not(None),),
        "gone": (RiskWarning.gone_at.is_not(None), RiskWarning.handled_at.is_(None)),
    }
    found += states.get(wanted.state, ())
    found += [
        column == value
        for column, value in (
            (RiskWarning.rule, wanted.rule), (RiskWarning.level, wanted.level), (RiskWarning.region_code, wanted.region),
        )
        if value
    ]  # fmt: skip
    if wanted.unit:
        found.append(RiskWarning.unit_id == people.unit_by_code(session, wanted.unit).id)
    return found


def open_count(session: ReadSession, ctx: Context) -> int:
    rows = select(func.count(RiskWarning.id)).where(
        *_in_scope(session, ctx), *_conditions(session, WarningFilter())
    )
    return session.execute(rows).scalar_one()


def get_warning(session: ReadSession, ctx: Context, number: int) -> WarningView:
    ctx.actor.require(READ)
    return _view(session, ctx, _find(session, ctx, number))


def _find(session: ReadSession, ctx: Context, number: int) -> RiskWarning:
    rows = select(RiskWarning).where(RiskWarning.id == number, *_in_scope(session, ctx))
    row = session.execute(rows).scalar_one_or_none()
    if row is None:
        raise NotFound("没有这条预警，或者它不属于您的单位和辖区。", code="unknown_warning")
    return row


def handle(session: WriteSession, ctx: Context, number: int, done: str) -> WarningView:
    """Takes note of what was done about it; once. The same thing does not warn again for some time."""
    if not ctx.actor.may(HANDLE):
        raise Forbidden("您没有处置预警的权限。", extra={"permission": HANDLE})
    _find(session, ctx, number)
    rows = select(RiskWarning).where(RiskWarning.id == number).with_for_update()
    row = session.execute(rows.execution_options(populate_existing=True)).scalar_one()
    if row.handled_at is not None:
        raise Conflict("这条预警已经处置。", code="warning_handled")
    said = done.strip()
    if len(said) < SHORTEST:
        detail = "请写明采取了什么措施"
        raise Invalid(f"{detail}。", code="done_required", pointers=[{"pointer": "/done", "detail": detail}])
    row.handled_at, row.handled_by, row.done = ctx.now, ctx.actor.account_id, said
    settle(session, ctx, _about(row.id), NOTICE)
    audit.record(session, ctx, "warning.handled", _about(row.id), reason=said)
    return _view(session, ctx, row)


def _view(session: ReadSession, ctx: Context, row: RiskWarning) -> WarningView:
    unit = session.get(Unit, row.unit_id) if row.unit_id else None
    by = session.get(Account, row.handled_by) if row.handled_by else None
    state = rules.state(row.handled_at, row.gone_at)
    return WarningView(
        id=row.id,
        rule=row.rule,
        rule_name=rules.KINDS[row.rule].name,
        level=row.level,
        level_name=rules.LEVEL_NAMES[row.level],
        title=row.title,
        evidence=row.evidence,
        link=row.link,
        unit=unit.code if unit else "",
        unit_name=unit.name if unit else "",
        region=row.region_code or "",
        region_name=people.region_name(session, row.region_code) if row.region_code else "",
        matter=row.matter_id,
        state=state,
        state_name=rules.STATE_NAMES[state],
        opened_at=row.opened_at,
        seen_at=row.seen_at,
        handled_at=row.handled_at,
        handled_by=by.name if by else "",
        done=row.done,
        may_handle=row.handled_at is None and ctx.actor.may(HANDLE),
    )


@dataclass(frozen=True)
class RuleView:
    id: str
    name: str
    about: str
    counts: str
    runs: bool
    at_least: int


def standing_rules(session: ReadSession, ctx: Context) -> list[RuleView]:
    ctx.actor.require(READ)
    limits = limits_of(session)
    kept = {row.rule: row.at_least for row in session.execute(select(WarningRule)).scalars()}
    return [
        RuleView(
            each.id, each.name, each.about, each.counts, each.id in limits, kept.get(each.id, each.at_least)
        )
        for each in rules.KINDS.values()
    ]


def set_rule(session: WriteSession, ctx: Context, kind: str, *, runs: bool, at_least: int) -> list[RuleView]:
    """How a rule is wanted from now on. What is off lets the warnings it raised pass at the next look."""
    ctx.actor.require(MANAGE)
    if kind not in rules.KINDS:
        raise NotFound(f"没有“{kind}”这种预警。", code="unknown_warning_rule")
    if not 1 <= at_least <= 10_000:
        detail = "起报数应为 1 至 10000 的整数"
        raise Invalid(
            f"{detail}。", code="bad_at_least", pointers=[{"pointer": "/at_least", "detail": detail}]
        )
    changed = {"runs": runs, "at_least": at_least}
    if session.get(WarningRule, kind) is None:
        session.add(WarningRule(rule=kind, **changed))
    else:
        session.execute(update(WarningRule).where(WarningRule.rule == kind).values(changed))
    session.flush()
    audit.record(session, ctx, "warning.rule", f"warning_rule:{kind}", after=changed)
    return standing_rules(session, ctx)


def _about(number: int) -> str:
    return f"warning:{number}"
