"""Finding a candidate, noting what happens to it, telling those it concerns."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.core.steps import step
from kb_service.identity.model import Unit
from kb_service.identity.service import actors
from kb_service.knowledge.candidates import rules
from kb_service.knowledge.candidates.model import Candidate, CandidateEvent, CandidateSource
from kb_service.knowledge.candidates.rules import Status
from kb_service.knowledge.tasks.service import close_task, open_task
from kb_service.notices import service as notices
from kb_service.regulations import service as regulations

MANAGE: Final = "candidate.manage"
TASK: Final = "candidate"
TO_PLACE: Final = "candidate.place"
OUTCOME: Final = "candidate.outcome"


def subject_of(candidate: Candidate) -> str:
    return f"candidate:{candidate.code}"


def link_of(candidate: Candidate) -> str:
    return f"/candidates/{candidate.code}"


def find(session: ReadSession, code: str) -> Candidate:
    found = session.execute(select(Candidate).where(Candidate.code == code)).scalar_one_or_none()
    if found is None:
        raise unknown(code)
    return found


def unknown(code: str) -> NotFound:
    return NotFound(f"没有编号为 {code} 的待确认知识。", code="unknown_candidate")


def locked(session: WriteSession, code: str) -> Candidate:
    found = find(session, code)
    session.refresh(found, with_for_update=True)
    return found


def require_open(candidate: Candidate, *allowed: Status) -> None:
    """Raises Conflict unless it stands at one of these."""
    if candidate.status not in (allowed or rules.OPEN):
        now = rules.STATUS_NAMES[Status(candidate.status)]
        raise Conflict(
            f"{candidate.code} 现为“{now}”，不能再这样办理。请刷新后再看。",
            code="candidate_moved_on",
            extra={"status": candidate.status},
        )


def reason_of(text: str) -> str:
    said = text.strip()
    if len(said) < 2:
        raise Invalid(
            "请写明理由。", code="reason_required", pointers=[{"pointer": "/reason", "detail": "请写明理由"}]
        )
    return said


def note(
    session: WriteSession, ctx: Context, candidate: Candidate, kind: str, text: str = "", **data: Any
) -> None:
    candidate.last_seq += 1
    session.add(step(ctx, CandidateEvent, candidate.last_seq, kind, text, data, candidate_id=candidate.id))
    session.flush()
    audit.record(session, ctx, f"candidate.{kind}", subject_of(candidate), after=data or None, reason=text)


def give_to(session: WriteSession, ctx: Context, candidate: Candidate, unit_id: int) -> None:
    """Makes it the unit's turn: its time begins, and its editors get a task."""
    drop_task(session, ctx, candidate, "转由其他单位办理" if candidate.unit_id != unit_id else "内容有更新")
    candidate.unit_id, candidate.status = unit_id, rules.standing(candidate.answer)
    candidate.placed_at = candidate.placed_at or ctx.now
    profile = regulations.standing_profile(session)
    period = rules.within(candidate.answer)
    due = regulations.calendar(session).due(ctx.now, period, profile.periods.day_ends)
    candidate.due_at, candidate.due_day = due.due, due.due_day
    head = "请确认热线采集的答复" if candidate.answer else "请补充知识"
    open_task(
        session,
        ctx,
        kind=TASK,
        subject=subject_of(candidate),
        unit_id=unit_id,
        title=f"{head}：{candidate.question}",
        link=link_of(candidate),
        evidence={"times": candidate.times, "target": str(period)},
        due_at=due.due,
        due_day=due.due_day,
    )
    notices.settle(session, ctx, subject_of(candidate), TO_PLACE)


def give_to_centre(session: WriteSession, ctx: Context, candidate: Candidate, why: str) -> None:
    """Nobody's turn but the centre's, who names a unit."""
    drop_task(session, ctx, candidate, why)
    candidate.unit_id, candidate.status = None, Status.UNDECIDED
    candidate.due_at = candidate.due_day = None
    candidate.placed_at = ctx.now
    people = [account.id for account in actors.holders(session, MANAGE)]
    title = f"请为待确认知识指定单位：{candidate.question}"
    notices.notify_again(session, ctx, people, TO_PLACE, title, link_of(candidate), subject_of(candidate))


def drop_task(session: WriteSession, ctx: Context, candidate: Candidate, why: str) -> None:
    close_task(session, ctx, TASK, subject_of(candidate), "dropped", why)


def end(session: WriteSession, ctx: Context, candidate: Candidate, outcome: Status, text: str) -> None:
    """Ends it, and tells everybody it came from."""
    candidate.status, candidate.closed_at, candidate.outcome_note = outcome, ctx.now, text
    close_task(session, ctx, TASK, subject_of(candidate), "done", rules.STATUS_NAMES[outcome])
    notices.settle(session, ctx, subject_of(candidate), TO_PLACE)
    said = f"：{text}" if text else ""
    title = f"您提供的知识有了结果——{rules.STATUS_NAMES[outcome]}（{candidate.question}）{said}"
    tell(session, ctx, candidate, _writers(session, candidate), title)


def tell(
    session: WriteSession, ctx: Context, candidate: Candidate, people: Iterable[int], title: str
) -> None:
    notices.notify(
        session, ctx, sorted(set(people)), OUTCOME, title, link_of(candidate), subject_of(candidate)
    )


def _writers(session: ReadSession, candidate: Candidate) -> list[int]:
    rows = select(CandidateSource.account_id).where(
        CandidateSource.candidate_id == candidate.id, CandidateSource.account_id.is_not(None)
    )
    return [each for each in session.execute(rows.distinct()).scalars() if each is not None]


def centre_units(session: ReadSession) -> frozenset[int]:
    return frozenset(session.execute(select(Unit.id).where(Unit.kind == "centre")).scalars())


def owner_unit(session: ReadSession, code: str) -> Unit:
    """A unit that may be asked. Raises NotFound for an unknown one, Invalid for the centre or a closed one."""
    unit = session.execute(select(Unit).where(Unit.code == code)).scalar_one_or_none()
    if unit is None:
        raise NotFound(f"没有编码为“{code}”的单位。", code="unknown_unit")
    if unit.kind == "centre":
        raise Invalid(
            "热线中心不能确认自己采集的信息；关于热线自身的知识请直接编写。", code="centre_cannot_confirm"
        )
    if not unit.active:
        raise Invalid(f"{unit.name}已停用，请另选单位。", code="unit_inactive")
    return unit
