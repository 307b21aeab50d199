"""Finding a correction, noting what happens to it, and telling those it concerns."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.clock import CITY
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, NotFound
from kb_service.core.steps import step
from kb_service.identity.service import actors
from kb_service.knowledge.corrections import rules
from kb_service.knowledge.corrections.model import Correction, CorrectionEvent, CorrectionReport
from kb_service.knowledge.corrections.rules import Status
from kb_service.notices import roster
from kb_service.notices import service as notices
from kb_service.notices.webhooks.rules import declare
from kb_service.notices.webhooks.service import telling
from kb_service.supervision import service as supervision

VERIFY: Final = "correction.verify"
TO_VERIFY: Final = "correction.verify"
TO_CORRECT: Final = "correction.due"
OUTCOME: Final = "correction.outcome"
declare(
    {f"correction.{status}": word for status, word in rules.STATUS_NAMES.items()}
    | {
        "correction.answered": "单位已改正",
        "correction.overruled": "异议不成立",
        "correction.held": "暂停自动答复",
        "correction.overdue": "单位没有按期改正",
        "correction.verify_late": "核实超过目标时间",
        "correction.unheeded": "单位不予配合",
        "correction.taken_back": "撤回报错",
        "correction.moved_on": "知识已换版",
        "correction.moved": "期限随工作日历调整",
    }
)


def subject_of(correction: Correction) -> str:
    return f"correction:{correction.code}"


def link_of(correction: Correction) -> str:
    return f"/corrections/{correction.code}"


def find(session: ReadSession, code: str) -> Correction:
    found = session.execute(select(Correction).where(Correction.code == code)).scalar_one_or_none()
    if found is None:
        raise unknown(code)
    return found


def unknown(code: str) -> NotFound:
    return NotFound(f"没有编号为 {code} 的纠错。", code="unknown_correction")


def locked(session: WriteSession, code: str) -> Correction:
    found = find(session, code)
    session.refresh(found, with_for_update=True)
    return found


def move(correction: Correction, to: Status) -> None:
    """Raises Conflict where a correction does not come to `to` from where it stands."""
    if not rules.may_move(correction.status, to):
        now = rules.STATUS_NAMES[Status(correction.status)]
        raise Conflict(
            f"纠错 {correction.code} 现为“{now}”，不能改为“{rules.STATUS_NAMES[to]}”。",
            code="correction_moved_on",
            extra={"status": correction.status},
        )
    correction.status = to


def note(
    session: WriteSession, ctx: Context, correction: Correction, kind: str, text: str, **data: Any
) -> None:
    correction.last_seq += 1
    session.add(
        step(ctx, CorrectionEvent, correction.last_seq, kind, text, data, correction_id=correction.id)
    )
    session.flush()
    after = {"point": correction.point_code, "number": correction.number, **data}
    audit.record(session, ctx, f"correction.{kind}", subject_of(correction), after=after, reason=text)
    _announce(session, ctx, correction, kind)


def _announce(session: WriteSession, ctx: Context, correction: Correction, kind: str) -> None:
    """Other systems are told codes, states and times; what people wrote stays here."""
    followers = telling.followers(session, f"correction.{kind}")
    if not followers:
        return
    data = {
        "code": correction.code,
        "event": kind,
        "seq": correction.last_seq,
        "at": ctx.now.astimezone(CITY).isoformat(),
        "point": correction.point_code,
        "version": correction.number,
        "status": correction.status,
        "due_at": correction.due_at.astimezone(CITY).isoformat() if correction.due_at else None,
        "clause": correction.due_clause,
    }
    telling.tell(session, ctx, f"correction.{kind}", subject_of(correction), data, followers)


def reports_of(session: ReadSession, correction: Correction) -> list[CorrectionReport]:
    rows = select(CorrectionReport).where(CorrectionReport.correction_id == correction.id)
    return list(session.execute(rows.order_by(CorrectionReport.id)).scalars())


def verifiers(session: ReadSession) -> list[int]:
    return [account.id for account in actors.holders(session, VERIFY)]


def unit_people(session: ReadSession, unit_id: int) -> set[int]:
    """Who repairs the unit's knowledge, and who leads it."""
    editors = [account.id for account in actors.holders(session, "knowledge.edit", [unit_id])]
    return {*editors, *roster.leaders_of(session, unit_id)}


def tell(
    session: WriteSession, ctx: Context, correction: Correction, people: Iterable[int], kind: str, title: str
) -> None:
    """In the place of what these people have not read yet of the same."""
    notices.notify_again(
        session, ctx, sorted(set(people)), kind, title, link_of(correction), subject_of(correction)
    )


def tell_reporters(session: WriteSession, ctx: Context, correction: Correction, title: str) -> None:
    """Everybody who reported it and has an account; conversations show the state by themselves."""
    reports = reports_of(session, correction)
    tell(session, ctx, correction, [each.account_id for each in reports if each.account_id], OUTCOME, title)


def end(session: WriteSession, ctx: Context, correction: Correction, outcome: Status, text: str) -> None:
    """Ends a correction: nothing stands on the version any more, and everybody concerned is told."""
    move(correction, outcome)
    correction.closed_at, correction.outcome_note, correction.hold = ctx.now, text, "none"
    word = rules.STATUS_NAMES[outcome]
    note(session, ctx, correction, outcome, text)
    for kind in (TO_VERIFY, TO_CORRECT):
        notices.settle(session, ctx, subject_of(correction), kind)
    solved = outcome in (Status.CORRECTED, Status.WITHDRAWN)
    supervision.close_on(session, ctx, subject_of(correction), "solved" if solved else "dropped", word)
    told = f"：{text}" if text else ""
    tell_reporters(session, ctx, correction, f"您报的错有了结果——{word}（{correction.title}）{told}")
