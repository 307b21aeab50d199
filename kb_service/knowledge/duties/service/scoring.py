"""Scores of units: worked out whenever asked for; what is published is a snapshot that can be checked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Forbidden, Invalid
from kb_service.knowledge.duties import rules
from kb_service.knowledge.duties.model import DutyScore
from kb_service.knowledge.duties.rules import Entry, Period, Score
from kb_service.knowledge.duties.service import publishing
from kb_service.knowledge.duties.service.ledger import active_units, ledgers
from kb_service.knowledge.duties.service.publishing import Published
from kb_service.knowledge.duties.service.scheme import scheme_of
from kb_service.knowledge.duties.service.telling import unit_by_code

LONGEST_DAYS = 366
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Standing:
    """A unit's entries with the state of each, and the score that follows."""

    unit_code: str
    unit_name: str
    period: Period
    known_at: datetime
    score: Score
    entries: list[tuple[Entry, str]]


def period_from(first: date | None, last: date | None, now: datetime) -> Period:
    """The two days given, else the quarter of the present."""
    if first is None and last is None:
        return rules.period_of(now)
    if first is None or last is None or last < first or (last - first).days >= LONGEST_DAYS:
        raise Invalid(
            f"考核期须同时给出开始日和结束日，结束日不早于开始日，最长 {LONGEST_DAYS} 天。", code="bad_period"
        )
    if first > local_day(now):
        raise Invalid("考核期还没有开始。", code="bad_period")
    return Period(first, last)


def standing(
    session: ReadSession, ctx: Context, unit_code: str, period: Period, *, known_at: datetime | None = None
) -> Standing:
    """How one unit stands in a period, by what is known at an instant (None: now)."""
    ctx.actor.require("duty.read")
    unit = unit_by_code(session, unit_code)
    if not ctx.actor.in_scope(unit.id):
        raise Forbidden(f"您不能查看“{unit.name}”的履责情况。", code="out_of_scope")
    return _standings(session, ctx, {unit.id: (unit.code, unit.name)}, period, known_at)[0]


def ranking(
    session: ReadSession, ctx: Context, period: Period, *, known_at: datetime | None = None
) -> list[Standing]:
    """All active units in the actor's scope, the weakest first; those to whom nothing fell due come last."""
    ctx.actor.require("duty.read")
    scope = ctx.actor.unit_scope
    units = {key: each for key, each in active_units(session).items() if scope is None or key in scope}
    return sorted(_standings(session, ctx, units, period, known_at), key=_order)


def _order(each: Standing) -> tuple[bool, float, str]:
    return each.score.value is None, float(each.score.value or 0), each.unit_code


def _standings(
    session: ReadSession,
    ctx: Context,
    units: Mapping[int, tuple[str, str]],
    period: Period,
    known_at: datetime | None,
) -> list[Standing]:
    known = min(known_at or ctx.now, ctx.now)
    # What happened at this very instant is known.
    seen = min(known + TICK, period.end)
    scheme = scheme_of(session, period)
    found = ledgers(session, ctx, {key: code for key, (code, _) in units.items()}, period, scheme, known)
    return [
        Standing(
            unit_code=units[unit_id][0],
            unit_name=units[unit_id][1],
            period=period,
            known_at=known,
            score=rules.score(entries, scheme, period, seen),
            entries=[(entry, rules.state(entry, seen)) for entry in entries],
        )
        for unit_id, entries in found.items()
    ]


@dataclass(frozen=True)
class Checked(publishing.Checked):
    excused: int


def publish(session: WriteSession, ctx: Context, period: Period) -> list[Published]:
    """Keeps what the scores of a finished period are now, with the hash of what each rests on."""
    by = publishing.publisher_of(ctx, period)
    scheme, units = scheme_of(session, period).as_json(), active_units(session)
    ids = {code: unit_id for unit_id, (code, _) in units.items()}
    rows = []
    for each in _standings(session, ctx, units, period, None):
        measures = [asdict(measure) for measure in each.score.measures]
        unit_id = ids[each.unit_code]
        rows.append(publishing.snapshot(DutyScore, each, unit_id, scheme, by, ctx.now, measures=measures))
    publishing.keep(session, ctx, rows, "duty.published", f"duty_scores:{period.first}/{period.last}")
    return published(session, ctx, period)


def published(session: ReadSession, ctx: Context, period: Period) -> list[Published]:
    """The newest snapshot of each unit for a period."""
    ctx.actor.require("duty.read")
    return publishing.newest(session, ctx, DutyScore, period)


def check(session: ReadSession, ctx: Context, score_id: int) -> Checked:
    """Works a published score out again from history."""
    ctx.actor.require("duty.read")
    _, kept = publishing.kept(session, ctx, DutyScore, score_id)
    then = standing(session, ctx, kept.unit_code, kept.period, known_at=kept.known_at)
    now = standing(session, ctx, kept.unit_code, kept.period)
    found = publishing.checked(kept, then.score, now.score)
    return Checked(**vars(found), excused=sum(state == "excused" for _, state in now.entries))
