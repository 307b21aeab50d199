"""What follows when a unit lets the time for a correction pass: it is noted, urged, supervised, recorded."""

from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select

from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict
from kb_service.knowledge.corrections import rules
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.corrections.rules import Status
from kb_service.knowledge.corrections.service import records
from kb_service.regulations import service as regulations
from kb_service.regulations.calendar import shown
from kb_service.regulations.knowledge_rules import knowledge_rules
from kb_service.supervision import service as supervision
from kb_service.supervision.model import Supervision

BATCH = 200
# The profile's id of what concerns knowledge, among triggers of supervision and grounds of accountability.
KNOWLEDGE = "knowledge"


def note_late(session: WriteSession, ctx: Context, correction: Correction) -> bool:
    """Notes that the unit is late, once; what the city's rules let be recorded is recorded. Gives whether it is."""
    late = rules.overdue(
        correction.due_at, ctx.now, overdue_at=correction.overdue_at, objected_at=correction.objected_at
    )
    if late and correction.overdue_at is None:
        correction.overdue_at = correction.due_at
        records.note(session, ctx, correction, "overdue", "单位没有按期改正", clause=correction.due_clause)
        account(session, ctx, correction, unheeded=False)
    return late


def account(session: WriteSession, ctx: Context, correction: Correction, *, unheeded: bool) -> None:
    late = correction.overdue_at is not None
    for facet in sorted(rules.facets(correction.kind, late=late, unheeded=unheeded)):
        supervision.record_accountability(
            session,
            ctx,
            subject=records.subject_of(correction),
            unit_id=correction.unit_id,
            ground=KNOWLEDGE,
            facet=facet,
            reason=f"{rules.FACETS[facet]}：《{correction.title}》（{correction.code}）",
            link=records.link_of(correction),
            evidence=_evidence(correction),
        )


def _evidence(correction: Correction) -> dict[str, object]:
    due, received = correction.due_at, correction.received_at
    return {
        "point": correction.point_code,
        "number": correction.number,
        "received_at": received.isoformat() if received else None,
        "due_at": due.isoformat() if due else None,
        "clause": correction.due_clause,
    }


def watch(session: WriteSession, ctx: Context) -> int:
    """Reminds, marks what is late, urges and supervises; returns on how many corrections it acted."""
    return (
        _verification_late(session, ctx)
        + _remind(session, ctx)
        + _late(session, ctx)
        + _unheeded(session, ctx)
    )


def _found(session: WriteSession, *where: ColumnElement[bool]) -> list[Correction]:
    rows = select(Correction).where(*where).order_by(Correction.id).limit(BATCH)
    return list(session.execute(rows.with_for_update(skip_locked=True)).scalars())


def _verification_late(session: WriteSession, ctx: Context) -> int:
    found = _found(
        session,
        Correction.status == Status.REPORTED,
        Correction.verify_overdue_at.is_(None),
        Correction.verify_due_at <= ctx.now,
    )
    for correction in found:
        correction.verify_overdue_at = correction.verify_due_at
        records.note(session, ctx, correction, "verify_late", "中心没有在目标时间内核实")
        title = f"纠错核实超过目标时间：{correction.title}"
        records.tell(session, ctx, correction, records.verifiers(session), records.TO_VERIFY, title)
    return len(found)


def _remind(session: WriteSession, ctx: Context) -> int:
    near = ctx.now + rules.REMIND_DAY_BEFORE + timedelta(seconds=1)
    found = _found(
        session,
        Correction.status == Status.CONFIRMED,
        Correction.reminded_at.is_(None),
        Correction.due_at > ctx.now,
        Correction.due_at <= near,
    )
    reminded = 0
    for correction in found:
        if correction.received_at is None or correction.due_at is None or correction.due_day is None:
            continue
        if ctx.now < rules.remind_at(correction.received_at, correction.due_at):
            continue
        correction.reminded_at = ctx.now
        title = f"即将到期，{shown(correction.due_at, correction.due_day)}改正：{correction.title}"
        people = records.unit_people(session, correction.unit_id)
        records.tell(session, ctx, correction, people, records.TO_CORRECT, title)
        reminded += 1
    return reminded


def _late(session: WriteSession, ctx: Context) -> int:
    found = _found(
        session,
        Correction.closed_at.is_(None),
        Correction.urged_at.is_(None),
        Correction.due_at <= ctx.now,
        or_(Correction.status == Status.CONFIRMED, Correction.objected_at >= Correction.due_at),
    )
    for correction in found:
        if not note_late(session, ctx, correction):
            continue
        correction.urged_at = ctx.now
        subject, link = records.subject_of(correction), records.link_of(correction)
        reason = f"知识《{correction.title}》第 {correction.stands_on} 版有错，已过改正期限"
        supervision.urge(
            session,
            ctx,
            subject=subject,
            unit_id=correction.unit_id,
            title=correction.title,
            link=link,
            reason=reason,
        )
        supervision.open_or_propose(
            session,
            ctx,
            subject=subject,
            unit_id=correction.unit_id,
            trigger=KNOWLEDGE,
            reason=reason,
            title=correction.title,
            link=link,
        )
    return len(found)


def supervise(session: WriteSession, ctx: Context, code: str) -> Supervision:
    """A person supervises the repair. Raises Conflict while the unit is in time."""
    ctx.actor.require("supervision.manage")
    correction = records.locked(session, code)
    if not note_late(session, ctx, correction) or correction.closed_at is not None:
        raise Conflict("改正期限还没有过，或已经办结，不用督办。", code="not_overdue")
    return supervision.open_supervision(
        session,
        ctx,
        subject=records.subject_of(correction),
        unit_id=correction.unit_id,
        trigger=KNOWLEDGE,
        reason=f"知识《{correction.title}》第 {correction.stands_on} 版有错，已过改正期限",
        title=correction.title,
        link=records.link_of(correction),
    )


def _unheeded(session: WriteSession, ctx: Context) -> int:
    """A unit that was urged gets once more the time of a general correction before it counts as unheeded."""
    found = _found(
        session,
        Correction.status == Status.CONFIRMED,
        Correction.urged_at.is_not(None),
        Correction.ignored_at.is_(None),
    )
    if not found:
        return 0
    profile = regulations.standing_profile(session)
    calendar, again = regulations.calendar(session), knowledge_rules(profile).correction.general
    acted = 0
    for correction in found:
        urged = correction.urged_at or ctx.now
        patience = calendar.due(urged, again, profile.periods.day_ends).due
        if rules.ignored(correction.urged_at, patience, ctx.now):
            correction.ignored_at = ctx.now
            records.note(session, ctx, correction, "unheeded", rules.FACETS["uncooperative"])
            account(session, ctx, correction, unheeded=True)
            acted += 1
    return acted
