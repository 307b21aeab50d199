"""Units are merged or split: what stands open for them here follows to their heirs."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from kb_service.core import outbox
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession, affected
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.insight.gaps.model import Gap
from kb_service.insight.gaps.service import asking
from kb_service.insight.matters.model import Consultation, ConsultationUnit
from kb_service.insight.warnings.model import RiskWarning
from kb_service.insight.warnings.service import finding, watching
from kb_service.knowledge.reorganising.model import UnitChange
from kb_service.knowledge.tasks.model import Task
from kb_service.tickets.model import Ticket
from kb_service.tickets.service import moving


@dataclass(frozen=True)
class Parted:
    """A unit that was split. `rest` has what nobody claimed; the unit itself where it goes on."""

    old: int
    new: frozenset[int]
    rest: int

    def heir(self, unit_id: int | None) -> int:
        return unit_id if unit_id is not None and unit_id in self.new | {self.rest} else self.rest


def follow(parts: Runtime) -> int:
    """After the tickets, which tell whose a warning is; returns how many rows moved."""
    return _splits(parts) + _closed(parts)


def _splits(parts: Runtime) -> int:
    with parts.database.read() as session:
        rows = [(row.id, row.payload or {}) for row in outbox.waiting(session, moving.FOLLOWED, 20)]
    moved = 0
    for row_id, change in rows:
        split = _parted(change)
        gaps = _gaps_by_question(parts, split) if split else {}
        with parts.database.write() as session:
            if split:
                moved += _part(session, Context(SYSTEM, parts.clock.now()), parts, split, gaps)
            outbox.mark_drained(session, [row_id], parts.clock.now())
    return moved


def _parted(change: Mapping[str, Any]) -> Parted | None:
    if change.get("kind") != "split":
        return None
    old, new = int(change["old"][0]), frozenset(map(int, change["new"]))
    return Parted(old, new, int(change.get("rest", old)))


def _gaps_by_question(parts: Runtime, split: Parted) -> dict[int, int]:
    """Which of the units each open gap is for: its question is asked again, now that the matters are dealt out."""
    with parts.database.read() as session:
        rows = select(Gap.id, Gap.question).where(Gap.unit_id == split.old, Gap.state == "open")
        waiting = session.execute(rows.order_by(Gap.id)).tuples().all()
        codes = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
    told = ((gap_id, asking.ask(parts, question)) for gap_id, question in waiting)
    return {gap_id: split.heir(codes.get(each.unit or "") if each else None) for gap_id, each in told}


def _part(session: WriteSession, ctx: Context, parts: Runtime, split: Parted, gaps: Mapping[int, int]) -> int:
    moved = 0
    for gap in session.execute(select(Gap).where(Gap.id.in_(gaps), Gap.state == "open")).scalars():
        moved += gap.unit_id != gaps[gap.id]
        gap.unit_id = gaps[gap.id]
    moved += _with_their_tasks(session, split.old)
    watch = finding.Watch(session, ctx, parts)
    for warning in _standing(session, split.old):
        moved += _give(session, ctx, warning, split.heir(_holder(watch, warning)))
    if split.rest != split.old:
        moved += _consultations(session, split.old, split.rest)
    return moved


def _holder(watch: finding.Watch, warning: RiskWarning) -> int | None:
    """Who has now what it warns of; None where only the unit itself is meant."""
    named = warning.evidence.get("tickets")
    if isinstance(named, list):
        rows = select(Ticket.unit_id).where(Ticket.code.in_(named), Ticket.unit_id.is_not(None))
        holding = Counter(watch.session.execute(rows.order_by(Ticket.id)).scalars())
        return next((unit_id for unit_id, _ in holding.most_common(1)), None)
    if warning.matter_id is not None and warning.region_code is not None:
        return finding.busiest(watch, warning.matter_id, warning.region_code)
    return None


def _standing(session: WriteSession, unit_id: int) -> list[RiskWarning]:
    rows = select(RiskWarning).where(
        RiskWarning.unit_id == unit_id, RiskWarning.handled_at.is_(None), RiskWarning.gone_at.is_(None)
    )
    return list(session.execute(rows.order_by(RiskWarning.id).with_for_update()).scalars())


def _give(session: WriteSession, ctx: Context, warning: RiskWarning, unit_id: int) -> bool:
    if warning.unit_id == unit_id:
        return False
    warning.unit_id = unit_id
    session.flush()
    watching.tell(session, ctx, warning)
    return True


def _with_their_tasks(session: WriteSession, old: int) -> int:
    """What a unit was asked to write is the gap of whoever has the task now."""
    holder = select(Task.unit_id).where(Task.id == Gap.task_id).scalar_subquery()
    theirs = (Gap.unit_id == old, Gap.state == "task", holder != old)
    moving_on = update(Gap).where(*theirs).values(unit_id=holder)
    return affected(session, moving_on.execution_options(synchronize_session=False))


def _closed(parts: Runtime) -> int:
    """Units that are no more: whatever is or comes to stand in their name goes to who has the rest of them."""
    ctx, moved = Context(SYSTEM, parts.clock.now()), 0
    with parts.database.write() as session:
        if any(outbox.backlog(session, topic) for topic in (moving.TOPIC, moving.FOLLOWED)):
            return 0
        for old, new in _heirs(session, ctx.now):
            moved += affected(
                session, update(Gap).where(Gap.unit_id == old, Gap.state == "open").values(unit_id=new)
            )
            moved += _with_their_tasks(session, old)
            moved += sum(_give(session, ctx, each, new) for each in _standing(session, old))
            moved += _consultations(session, old, new)
    return moved


def _heirs(session: ReadSession, now: datetime) -> Iterator[tuple[int, int]]:
    """Closed units with who has the rest of each, in the order in which they were closed."""
    units = {unit.code: unit for unit in session.execute(select(Unit)).scalars()}
    rows = select(UnitChange).where(UnitChange.status == "applied", UnitChange.applied_at <= now)
    for change in session.execute(rows.order_by(UnitChange.applied_at, UnitChange.id)).scalars():
        plan = change.plan
        gone, to = (
            (plan["units"], plan["into"])
            if change.kind == "merge"
            else ([plan["unit"]], plan.get("rest") if change.kind == "split" else None)
        )
        yield from (
            (units[code].id, units[to].id) for code in gone if to and code != to and not units[code].active
        )


def _consultations(session: WriteSession, old: int, new: int) -> int:
    """Where the heir takes part already, what the old unit said stays under its name."""
    open_one = select(Consultation.id).where(Consultation.closed_at.is_(None))
    taking_part = select(ConsultationUnit.consultation_id).where(ConsultationUnit.unit_id == new)
    theirs = (
        ConsultationUnit.unit_id == old,
        ConsultationUnit.consultation_id.in_(open_one),
        ConsultationUnit.consultation_id.not_in(taking_part),
    )
    led = (Consultation.lead_unit_id == old, Consultation.closed_at.is_(None))
    return affected(session, update(Consultation).where(*led).values(lead_unit_id=new)) + affected(
        session, update(ConsultationUnit).where(*theirs).values(unit_id=new)
    )
