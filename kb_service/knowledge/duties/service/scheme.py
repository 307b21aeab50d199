"""How a city weighs what its units owe: the default, and what the centre has set instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid
from kb_service.knowledge.duties.model import DutyScheme
from kb_service.knowledge.duties.rules import MEASURES, Period, Scheme


@dataclass(frozen=True)
class SchemeView:
    """`valid_from` None: the default of the service."""

    valid_from: date | None
    scheme: Scheme
    note: str
    set_at: datetime | None


def scheme_of(session: ReadSession, period: Period) -> Scheme:
    """The one in force when the period begins."""
    row = session.execute(
        select(DutyScheme)
        .where(DutyScheme.valid_from <= period.first)
        .order_by(DutyScheme.valid_from.desc(), DutyScheme.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return _scheme(row.scheme) if row is not None else Scheme()


def _scheme(kept: Mapping[str, Any]) -> Scheme:
    return Scheme(kept["weights"], kept["late_credit"], kept["script_minutes"], kept["update_days"])


def schemes(session: ReadSession, ctx: Context) -> list[SchemeView]:
    """Newest first; the default comes last."""
    ctx.actor.require("duty.read")
    rows = session.execute(select(DutyScheme).order_by(DutyScheme.id.desc())).scalars()
    found = [SchemeView(row.valid_from, _scheme(row.scheme), row.note, row.set_at) for row in rows]
    return [*found, SchemeView(None, Scheme(), "系统默认", None)]


def set_scheme(
    session: WriteSession, ctx: Context, valid_from: date, scheme: Scheme, note: str
) -> SchemeView:
    """For periods that begin on `valid_from` or later; never for one that has begun."""
    ctx.actor.require("duty.manage")
    _check(ctx, valid_from, scheme)
    before = scheme_of(session, Period(valid_from, valid_from))
    row = DutyScheme(
        valid_from=valid_from,
        scheme=scheme.as_json(),
        note=note.strip(),
        set_at=ctx.now,
        set_by=ctx.actor.account_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        ctx,
        "duty.scheme",
        f"duty_scheme:{valid_from}",
        before=before.as_json(),
        after=scheme.as_json(),
        reason=note.strip(),
    )
    return SchemeView(valid_from, scheme, row.note, row.set_at)


def _check(ctx: Context, valid_from: date, scheme: Scheme) -> None:
    wrong: list[tuple[str, str]] = []
    if valid_from <= local_day(ctx.now):
        wrong.append(("/valid_from", "须晚于今天：已经开始的考核期按原办法计算"))
    unknown = [name for name in scheme.weights if name not in MEASURES]
    if unknown:
        wrong.append(("/weights", f"没有“{unknown[0]}”这个项目，可用：{'、'.join(MEASURES)}"))
    if any(not 0 <= weight <= 100 for weight in scheme.weights.values()) or not any(scheme.weights.values()):
        wrong.append(("/weights", "权重须在 0 至 100 之间，至少一项大于 0"))
    if not 0 <= scheme.late_credit <= 100:
        wrong.append(("/late_credit", "逾期完成的得分比例须在 0 至 100 之间"))
    if not 5 <= scheme.script_minutes <= 1_440:
        wrong.append(("/script_minutes", "口径报送时限须在 5 至 1440 分钟之间"))
    if not 7 <= scheme.update_days <= 366:
        wrong.append(("/update_days", "定期更新周期须在 7 至 366 天之间"))
    if wrong:
        raise Invalid(
            f"考核办法有 {len(wrong)} 处不符合要求：{'；'.join(detail for _, detail in wrong)}。",
            code="bad_scheme",
            pointers=[{"pointer": pointer, "detail": detail} for pointer, detail in wrong],
        )
