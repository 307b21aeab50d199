"""The centre verifies what was reported, and decides on a unit's objection."""

from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Invalid
from kb_service.knowledge.corrections import rules
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.corrections.rules import Grade, Hold, Status
from kb_service.knowledge.corrections.service import closing, records
from kb_service.notices import service as notices
from kb_service.regulations import service as regulations
from kb_service.regulations.calendar import shown
from kb_service.regulations.knowledge_rules import knowledge_rules


def confirm(
    session: WriteSession, ctx: Context, code: str, grade: Grade, finding: str, *, hold: Hold | None = None
) -> Correction:
    """Finds that something is wrong. Its notice is the result that the unit receives and whose time runs.

    A version that is live no more by then ends the correction at once, as far as it was repaired.
    """
    ctx.actor.require(records.VERIFY)
    correction = records.locked(session, code)
    _said(finding, "核实情况")
    records.move(correction, Status.CONFIRMED)
    correction.grade, correction.finding = grade, finding.strip()
    correction.verified_at, correction.verified_by = ctx.now, ctx.actor.name
    correction.hold = rules.confirmed_hold(grade, hold)
    _start_clock(session, ctx, correction)
    records.note(
        session, ctx, correction, "confirmed", finding.strip(), grade=grade, hold=correction.hold,
        due=_due_words(correction), clause=correction.due_clause,
    )  # fmt: skip
    notices.settle(session, ctx, records.subject_of(correction), records.TO_VERIFY)
    closing.settle_one(session, ctx, correction)
    if correction.closed_at is None:
        _tell_unit(session, ctx, correction, "请改正")
        records.tell_reporters(
            session, ctx, correction, f"您报的错已核实，正由单位改正（{correction.title}）"
        )
    return correction


def _start_clock(session: WriteSession, ctx: Context, correction: Correction) -> None:
    profile = regulations.standing_profile(session)
    periods = knowledge_rules(profile).correction
    grade: Grade = "serious" if correction.grade == "serious" else "general"
    due = rules.due(periods, regulations.calendar(session), grade, ctx.now, profile.periods.day_ends)
    correction.received_at, correction.reminded_at = ctx.now, None
    correction.due_at, correction.due_day = due.due, due.due_day
    correction.due_clause, correction.provisional = periods.clause, due.provisional


def _due_words(correction: Correction) -> str:
    return shown(correction.due_at, correction.due_day) if correction.due_at and correction.due_day else ""


def _tell_unit(session: WriteSession, ctx: Context, correction: Correction, head: str) -> None:
    people = records.unit_people(session, correction.unit_id)
    word = rules.GRADES[correction.grade]
    title = f"{head}（{word}，{_due_words(correction)}）：{correction.title}"
    records.tell(session, ctx, correction, people, records.TO_CORRECT, title)


def reject(session: WriteSession, ctx: Context, code: str, finding: str) -> Correction:
    """Finds that nothing is wrong; whoever reported it is told why."""
    ctx.actor.require(records.VERIFY)
    correction = records.locked(session, code)
    _said(finding, "核实情况")
    correction.finding = finding.strip()
    correction.verified_at, correction.verified_by = ctx.now, ctx.actor.name
    records.end(session, ctx, correction, Status.REJECTED, finding.strip())
    return correction


def decide_objection(
    session: WriteSession, ctx: Context, code: str, *, upheld: bool, finding: str
) -> Correction:
    """Upholds the unit's objection, or overrules it: that is a new result, and a unit in time has its time anew."""
    ctx.actor.require(records.VERIFY)
    correction = records.locked(session, code)
    _said(finding, "处理理由")
    if correction.status != Status.OBJECTED:
        records.move(correction, Status.DISMISSED)
    if upheld:
        records.end(session, ctx, correction, Status.DISMISSED, finding.strip())
        people = records.unit_people(session, correction.unit_id)
        title = f"异议成立，不用改正：{correction.title}"
        records.tell(session, ctx, correction, people, records.OUTCOME, title)
        return correction
    late = rules.overdue(
        correction.due_at, ctx.now, overdue_at=correction.overdue_at, objected_at=correction.objected_at
    )
    records.move(correction, Status.CONFIRMED)
    correction.objected_at = None
    if not late:
        _start_clock(session, ctx, correction)
    records.note(session, ctx, correction, "overruled", finding.strip(), due=_due_words(correction))
    _tell_unit(session, ctx, correction, "异议不成立，请改正")
    return correction


def set_hold(session: WriteSession, ctx: Context, code: str, hold: Hold, reason: str) -> Correction:
    """Warns of the version, suspends it from automatic answers or lets it be used; in effect at once."""
    ctx.actor.require(records.VERIFY)
    correction = records.locked(session, code)
    _said(reason, "理由")
    if correction.closed_at is not None:
        raise Conflict("这件纠错已经结束，版本照常使用。", code="correction_closed")
    if correction.grade == "serious" and hold == "none":
        raise Invalid("已核实为重大的纠错，改正以前至少要加注提示。", code="serious_needs_warning")
    correction.hold = hold
    records.note(session, ctx, correction, "held", reason.strip(), hold=hold)
    return correction


def _said(text: str, what: str) -> None:
    if len(text.strip()) < 2:
        raise Invalid(
            f"请写明{what}。", code="reason_required",
            pointers=[{"pointer": "/finding", "detail": f"请写明{what}"}],
        )  # fmt: skip
