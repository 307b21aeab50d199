"""Scores of units: worked out whenever asked for; what is published is a snapshot that can be checked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, NotFound
from kb_service.identity.model import Unit
from kb_service.identity.service import people
from kb_service.insight.evaluation.model import EvaluationScore
from kb_service.insight.evaluation.rules import Score, score
from kb_service.insight.evaluation.service import schemes
from kb_service.insight.evaluation.service.counting import marks_of
from kb_service.insight.evaluation.service.schemes import scheme_of
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import Value
from kb_service.insight.statistics.service import knowing
from kb_service.knowledge.duties.service.ledger import active_units
from kb_service.knowledge.service.lookups import require_account
from kb_service.regulations.schema.oversight import Scheme


@dataclass(frozen=True)
class Standing:
    """How a unit stands in a period, as known at an instant."""

    unit_code: str
    unit_name: str
    period: Period
    known_at: datetime
    score: Score


def standing(
    session: ReadSession, ctx: Context, unit_code: str, period: Period, *, known_at: datetime | None = None
) -> Standing:
    """One unit's score. Needs `stats.read`; Forbidden for a unit outside the actor's scope."""
    ctx.actor.require("stats.read")
    unit = people.unit_by_code(session, unit_code)
    if not ctx.actor.in_scope(unit.id):
        raise Forbidden(f"您不能查看“{unit.name}”的考核情况。", code="out_of_scope")
    return _standings(session, ctx, {unit.id: (unit.code, unit.name)}, period, known_at)[0]


def ranking(session: ReadSession, ctx: Context, period: Period) -> list[Standing]:
    """All active units in the actor's scope, the best first; those of whom nothing was due come last."""
    ctx.actor.require("stats.read")
    return sorted(_standings(session, ctx, _units(session, ctx), period, None), key=_order)


def _units(session: ReadSession, ctx: Context) -> dict[int, tuple[str, str]]:
    scope = ctx.actor.unit_scope
    return {key: each for key, each in active_units(session).items() if scope is None or key in scope}


def _order(each: Standing) -> tuple[bool, float, str]:
    return each.score.value is None, -float(each.score.value or 0), each.unit_code


def _standings(
    session: ReadSession,
    ctx: Context,
    units: Mapping[int, tuple[str, str]],
    period: Period,
    known_at: datetime | None,
    scheme: Scheme | None = None,
) -> list[Standing]:
    known = min(known_at or ctx.now, ctx.now)
    weights = scheme or scheme_of(session, period)
    marks = marks_of(session, units.keys(), period, known)
    filed = _knowledge(session, ctx, weights, period, units, known)
    return [
        Standing(code, name, period, known, score(marks[unit_id], filed[unit_id], weights, period))
        for unit_id, (code, name) in units.items()
    ]


def _knowledge(
    session: ReadSession,
    ctx: Context,
    scheme: Scheme,
    period: Period,
    units: Mapping[int, tuple[str, str]],
    known_at: datetime,
) -> dict[int, Value]:
    """How timely each unit filed its knowledge, where that counts."""
    if knowing.FIGURE not in scheme.items:
        return dict.fromkeys(units, Value(0, 0))
    codes = {unit_id: code for unit_id, (code, _) in units.items()}
    return knowing.units_in_time(session, ctx, period, codes, known_at)


@dataclass(frozen=True)
class Published:
    id: int
    unit_code: str
    unit_name: str
    period: Period
    known_at: datetime
    score: str | None
    inputs_hash: str
    published_at: datetime


def publish(session: WriteSession, ctx: Context, period: Period) -> list[Published]:
    """Keeps what the scores of a finished period are now; publishing again adds a newer snapshot."""
    ctx.actor.require("duty.manage")
    account = require_account(ctx)
    if period.end > ctx.now:
        raise Conflict(f"考核期到 {period.last} 才结束，结束后才能公布。", code="period_not_over")
    scheme, units = scheme_of(session, period), active_units(session)
    ids = {code: unit_id for unit_id, (code, _) in units.items()}
    found = _standings(session, ctx, units, period, None, scheme)
    session.add_all(_row(each, ids[each.unit_code], scheme, account, ctx.now) for each in found)
    session.flush()
    subject = f"evaluation_scores:{period.first}/{period.last}"
    audit.record(session, ctx, "evaluation.published", subject, after={"units": len(found)})
    return published(session, ctx, period)


def _row(each: Standing, unit_id: int, scheme: Scheme, account: int, now: datetime) -> EvaluationScore:
    return EvaluationScore(
        unit_id=unit_id,
        period_from=each.period.first,
        period_to=each.period.last,
        known_at=each.known_at,
        score=each.score.value,
        items=[asdict(item) for item in each.score.items],
        scheme=scheme.model_dump(mode="json"),
        inputs_hash=each.score.inputs,
        published_by=account,
        published_at=now,
    )


def published(session: ReadSession, ctx: Context, period: Period) -> list[Published]:
    """The newest snapshot of each unit for a period, of the units in the actor's scope."""
    ctx.actor.require("stats.read")
    statement = (
        select(EvaluationScore, Unit.code, Unit.name)
        .join(Unit, Unit.id == EvaluationScore.unit_id)
        .where(EvaluationScore.period_from == period.first, EvaluationScore.period_to == period.last)
        .order_by(EvaluationScore.id)
    )
    if ctx.actor.unit_scope is not None:
        statement = statement.where(EvaluationScore.unit_id.in_(sorted(ctx.actor.unit_scope)))
    newest = {code: _published(row, code, name) for row, code, name in session.execute(statement)}
    return sorted(newest.values(), key=lambda each: each.unit_code)


def _published(row: EvaluationScore, code: str, name: str) -> Published:
    return Published(
        id=row.id,
        unit_code=code,
        unit_name=name,
        period=Period(row.period_from, row.period_to),
        known_at=row.known_at,
        score=row.score,
        inputs_hash=row.inputs_hash,
        published_at=row.published_at,
    )


@dataclass(frozen=True)
class Checked:
    """A published score beside what the same history gives: as known then, and now.

    `same`: it comes out as it was published. `now` differs after an appeal, a later rating, an extension
    granted afterwards.
    """

    published: Published
    then: str | None
    same: bool
    now: str | None


def check(session: ReadSession, ctx: Context, score_id: int) -> Checked:
    """Works a published score out again from the histories, by the weights it was published with."""
    ctx.actor.require("stats.read")
    row = session.get(EvaluationScore, score_id)
    if row is None or not ctx.actor.in_scope(row.unit_id):
        raise NotFound("没有这份公布的得分。", code="unknown_score")
    unit = session.get_one(Unit, row.unit_id)
    kept = _published(row, unit.code, unit.name)
    scheme = schemes.parsed(row.scheme)
    units = {unit.id: (unit.code, unit.name)}
    (then,) = _standings(session, ctx, units, kept.period, kept.known_at, scheme)
    (now,) = _standings(session, ctx, units, kept.period, None, scheme)
    return Checked(
        published=kept,
        then=then.score.value,
        same=then.score.inputs == kept.inputs_hash and then.score.value == kept.score,
        now=now.score.value,
    )
