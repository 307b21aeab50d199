"""Gathers unanswered questions into gaps at night, and asks the standing ones again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import cast, delete, insert, or_, select

from kb_service.answering.model import Decision
from kb_service.answering.service import deciding
from kb_service.core import personal
from kb_service.core.clock import day_start, local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.insight.gaps import rules
from kb_service.insight.gaps.model import Gap, GapQuestion
from kb_service.insight.gaps.rules import Asked
from kb_service.insight.gaps.service import asking
from kb_service.insight.matters import grouping
from kb_service.knowledge.searches import service as searches
from kb_service.knowledge.searches.model import Search
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.service import close_task
from kb_service.tickets.model import Ticket

NAME = "insight.gaps"
TASK = "gap"
AT_ONCE = 2000
CHECKS = 10
# What a consultation that the base did not answer has become.
_PASSED_ON = ("answered", "refused", "put_through", "split", "merged", "new")


def step(parts: Runtime) -> int:
    """First what was asked since, then the standing gaps again, some at a time; 0 when the night is done."""
    return collect(parts) or check(parts)


@dataclass(frozen=True)
class Grouped:
    joined: dict[int, list[Asked]]
    begun: list[tuple[list[Asked], bytes]]

    @property
    def number(self) -> int:
        return sum(map(len, self.joined.values())) + sum(len(asked) for asked, _ in self.begun)


def collect(parts: Runtime) -> int:
    """Takes up the next unanswered questions; returns how many. What has no word in it belongs nowhere."""
    with parts.database.read() as session:
        grouped = _group(session, _unanswered(session, parts))
    with parts.database.write() as session:
        if grouped.number:
            _keep(session, parts, grouped)
        else:
            _forget(session, parts)
    return grouped.number


def _unanswered(session: ReadSession, parts: Runtime) -> list[Asked]:
    found = [*_decisions(session, parts), *_searches(session, parts), *_tickets(session, parts)]
    return sorted(found, key=lambda each: (each.at, each.source, each.ref))[:AT_ONCE]


def _asked(source: rules.Source, ref: str, question: str, at: datetime) -> Iterator[Asked]:
    said = " ".join(personal.mask(question).split())[:200]
    if len(said) >= rules.SHORTEST:
        yield Asked(source, ref, said, at)


def _decisions(session: ReadSession, parts: Runtime) -> Iterator[Asked]:
    rows = (
        select(Decision)
        .where(
            Decision.at >= parts.clock.now() - rules.WINDOW,
            Decision.decision.in_(("dispatch", "human")),
            Decision.id.not_in(select(GapQuestion.ref).where(GapQuestion.source == "decision")),
        )
        .order_by(Decision.at, Decision.id)
        .limit(AT_ONCE)
    )
    for row in session.execute(rows).scalars():
        if rules.unanswered_decision(row.decision, str(row.outcome.get("class", ""))):
            yield from _asked("decision", row.id, deciding.in_full(row), row.at)


def _searches(session: ReadSession, parts: Runtime) -> Iterator[Asked]:
    ctx = Context(SYSTEM, parts.clock.now())
    often = {each.question for each in searches.never_chosen(session, ctx, at_least=rules.OFTEN, limit=200)}
    rows = (
        select(Search)
        .where(
            Search.at >= ctx.now - rules.WINDOW,
            Search.chosen.is_(None),
            cast(Search.id, GapQuestion.ref.type).not_in(
                select(GapQuestion.ref).where(GapQuestion.source == "search")
            ),
        )
        .order_by(Search.at, Search.id)
    )
    for row in session.execute(rows.limit(AT_ONCE * 10)).scalars():
        if rules.unanswered_search(row.hits, row.chosen, often_unchosen=row.question in often):
            yield from _asked("search", str(row.id), row.question, row.at)


def _tickets(session: ReadSession, parts: Runtime) -> Iterator[Asked]:
    """Consultations that went to a unit; those that came of a decision are counted with it."""
    rows = (
        select(Ticket)
        .where(
            Ticket.registered_at >= parts.clock.now() - rules.WINDOW,
            Ticket.request_class == "consultation",
            Ticket.status.not_in(_PASSED_ON),
            Ticket.decision_id.is_(None),
            Ticket.confidential.is_(False),
            Ticket.code.not_in(select(GapQuestion.ref).where(GapQuestion.source == "ticket")),
        )
        .order_by(Ticket.id)
        .limit(AT_ONCE)
    )
    for row in session.execute(rows).scalars():
        yield from _asked("ticket", row.code, row.title, row.registered_at)


def _group(session: ReadSession, asked: Sequence[Asked]) -> Grouped:
    """Each question joins the gap it is nearest to; of the others those alike begin one together."""
    found = Grouped({}, [])
    if not asked:
        return found
    rows = grouping.vectors([(each.question, "") for each in asked])
    standing = _standing(session)
    best, _ = grouping.nearest(rows, grouping.unpacked([each.centre for each in standing]))
    for at, each in enumerate(asked):
        if best[at] >= 0:
            found.joined.setdefault(standing[best[at]].id, []).append(each)
    loose = np.flatnonzero(best < 0)
    for members in grouping.groups(rows[loose], 1):
        chosen = loose[members]
        centre = grouping.unit_length(rows[chosen].sum(axis=0, keepdims=True))[0]
        ranked = sorted(chosen.tolist(), key=lambda at: -float(rows[at] @ centre))
        found.begun.append(([asked[at] for at in ranked], grouping.packed(centre)))
    return found


def _standing(session: ReadSession) -> list[Gap]:
    rows = select(Gap).where(Gap.encoder == grouping.encoder_name()).order_by(Gap.id)
    return list(session.execute(rows).scalars())


def _keep(session: WriteSession, parts: Runtime, grouped: Grouped) -> None:
    for gap_id, asked in grouped.joined.items():
        gap = session.get_one(Gap, gap_id)
        gap.times += len(asked)
        gap.first_at = min([gap.first_at, *(each.at for each in asked)])
        gap.last_at = max([gap.last_at, *(each.at for each in asked)])
        # Asked anew though it counted as closed: it is looked at again at once.
        gap.checked_at = None
        _add(session, gap_id, asked)
    for asked, centre in grouped.begun:
        gap = Gap(
            question=asked[0].question,
            state="open",
            centre=centre,
            encoder=grouping.encoder_name(),
            times=len(asked),
            first_at=min(each.at for each in asked),
            last_at=max(each.at for each in asked),
            found_at=parts.clock.now(),
        )
        session.add(gap)
        session.flush()
        _add(session, gap.id, asked)


def _add(session: WriteSession, gap_id: int, asked: Sequence[Asked]) -> None:
    rows = [
        {"source": each.source, "ref": each.ref, "gap_id": gap_id, "question": each.question, "at": each.at}
        for each in asked
    ]
    session.execute(insert(GapQuestion), rows)


def _forget(session: WriteSession, parts: Runtime) -> None:
    """Questions are kept no longer than searches are; with the last of them goes a gap nobody took up."""
    old = parts.clock.now() - rules.KEEP
    session.execute(delete(GapQuestion).where(GapQuestion.at < old))
    left = select(GapQuestion.gap_id)
    untouched = (Gap.task_id.is_(None), Gap.decided_by.is_(None), Gap.last_at < old, Gap.id.not_in(left))
    session.execute(delete(Gap).where(*untouched))


def check(parts: Runtime) -> int:
    """Asks some of the gaps again that were not asked today; returns how many."""
    today = day_start(local_day(parts.clock.now()))
    rows = (
        select(Gap.id, Gap.question)
        .where(
            or_(Gap.state.in_(("open", "task")), Gap.checked_at.is_(None)),
            Gap.state != "dismissed",
            or_(Gap.checked_at.is_(None), Gap.checked_at < today),
        )
        .order_by(Gap.times.desc(), Gap.id)
        .limit(CHECKS)
    )
    with parts.database.read() as session:
        waiting = session.execute(rows).tuples().all()
    for gap_id, question in waiting:
        told = asking.ask(parts, question)
        with parts.database.write() as session:
            settle(session, Context(SYSTEM, parts.clock.now()), gap_id, told)
    return len(waiting)


def settle(session: WriteSession, ctx: Context, gap_id: int, told: asking.Told | None) -> Gap:
    """Takes over what the base says now."""
    rows = select(Gap).where(Gap.id == gap_id).with_for_update()
    gap = session.execute(rows.execution_options(populate_existing=True)).scalar_one()
    gap.checked_at = ctx.now
    if told is None or gap.state == "dismissed":
        return gap
    task = session.get(Task, gap.task_id) if gap.task_id else None
    state = rules.after_check(
        gap.state, told.answered_by is not None, task is None or task.closed_at is not None
    )
    gap.confidence, gap.answered_by = told.confidence, told.answered_by
    if gap.unit_id is None and told.unit:
        unit = session.execute(select(Unit).where(Unit.code == told.unit)).scalar_one_or_none()
        gap.unit_id, gap.unit_reason = (unit.id, told.reason[:200]) if unit else (None, "")
    if state == "closed" and gap.state == "task":
        close_task(
            session, ctx, TASK, subject(gap.id), "done", f"这个问题现在可由知识 {told.answered_by} 答复。"
        )
    gap.closed_at = (gap.closed_at or ctx.now) if state == "closed" else None
    gap.state = state
    return gap


def subject(gap_id: int) -> str:
    return f"gap:{gap_id}"
