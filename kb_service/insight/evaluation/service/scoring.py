"""Scores of units: worked out whenever asked for; what is published is a snapshot that can be checked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Forbidden
from kb_service.identity.service import people
from kb_service.insight.evaluation.model import EvaluationScore
from kb_service.insight.evaluation.rules import Score, score
from kb_service.insight.evaluation.service import schemes
from kb_service.insight.evaluation.service.counting import marks_of
from kb_service.insight.evaluation.service.schemes import scheme_of
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import Value
from kb_service.insight.statistics.service import knowing
from kb_service.knowledge.duties.service import publishing
from kb_service.knowledge.duties.service.ledger import active_units
from kb_service.knowledge.duties.service.publishing import Checked, Published
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


def publish(session: WriteSession, ctx: Context, period: Period) -> list[Published]:
    """Keeps what the scores of a finished period are now; publishing again adds a newer snapshot."""
    by = publishing.publisher_of(ctx, period)
    scheme, units = scheme_of(session, period), active_units(session)
    ids = {code: unit_id for unit_id, (code, _) in units.items()}
    kept = scheme.model_dump(mode="json")
    rows = []
    for each in _standings(session, ctx, units, period, None, scheme):
        items = [asdict(item) for item in each.score.items]
        unit_id = ids[each.unit_code]
        rows.append(publishing.snapshot(EvaluationScore, each, unit_id, kept, by, ctx.now, items=items))
    subject = f"evaluation_scores:{period.first}/{period.last}"
    publishing.keep(session, ctx, rows, "evaluation.published", subject)
    return published(session, ctx, period)


def published(session: ReadSession, ctx: Context, period: Period) -> list[Published]:
    """The newest snapshot of each unit for a period, of the units in the actor's scope."""
    ctx.actor.require("stats.read")
    return publishing.newest(session, ctx, EvaluationScore, period)


def check(session: ReadSession, ctx: Context, score_id: int) -> Checked:
    """Works a published score out again from the histories, by the weights it was published with."""
    ctx.actor.require("stats.read")
    row, kept = publishing.kept(session, ctx, EvaluationScore, score_id)
    scheme, units = schemes.parsed(row.scheme), {row.unit_id: (kept.unit_code, kept.unit_name)}
    (then,) = _standings(session, ctx, units, kept.period, kept.known_at, scheme)
    (now,) = _standings(session, ctx, units, kept.period, None, scheme)
    return publishing.checked(kept, then.score, now.score)
