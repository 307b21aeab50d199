"""Several units consult on a frequent matter and agree what is done at its source (TA-23)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update

from kb_service.core import audit
from kb_service.core.clock import day_start, local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound, Pointer
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.identity.service import actors, people
from kb_service.insight.matters import rules
from kb_service.insight.matters.model import Consultation, ConsultationUnit, HotMatter
from kb_service.insight.matters.service import reading
from kb_service.insight.matters.service.steering import MANAGE
from kb_service.notices.roster import escalate
from kb_service.notices.service import notify, settle

NOTICE = "insight.consultation"
ANSWERS = "warning.handle"
AT_ONCE = 200
SHORTEST = 4


@dataclass(frozen=True)
class Opinion:
    unit: str
    unit_name: str
    lead: bool
    text: str
    said_at: datetime | None
    mine: bool


@dataclass(frozen=True)
class ConsultationView:
    id: int
    matter: int
    matter_name: str
    question: str
    lead: str
    lead_name: str
    units: list[Opinion]
    due_day: date
    overdue: bool
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    outcome_name: str
    measures: str


def open_consultation(
    session: WriteSession,
    ctx: Context,
    matter_id: int,
    *,
    question: str,
    lead: str,
    units: Sequence[str],
    due_day: date,
) -> ConsultationView:
    """Asks the units concerned; raises Conflict where one on the matter is open."""
    ctx.actor.require(MANAGE)
    matter = reading.find(session, ctx, matter_id)
    if matter.state == "merged":
        raise Conflict("这个热点事项已并入另一个，请在另一个上发起会商。", code="hot_matter_merged")
    _check(question, due_day, local_day(ctx.now))
    # Two who open one at once come one after the other: the second finds that of the first.
    session.execute(select(HotMatter.id).where(HotMatter.id == matter_id).with_for_update())
    standing = select(Consultation.id).where(
        Consultation.matter_id == matter_id, Consultation.closed_at.is_(None)
    )
    if session.execute(standing).first() is not None:
        raise Conflict("这个热点事项已有未结的会商。", code="consultation_open")
    invited = {each: people.unit_by_code(session, each) for each in dict.fromkeys([lead, *units])}
    row = Consultation(
        matter_id=matter_id,
        question=question.strip(),
        lead_unit_id=invited[lead].id,
        due_day=due_day,
        due_at=day_start(due_day + timedelta(days=1)),
        opened_by=ctx.actor.account_id,
        opened_at=ctx.now,
    )
    session.add(row)
    session.flush()
    session.add_all(ConsultationUnit(consultation_id=row.id, unit_id=unit.id) for unit in invited.values())
    session.flush()
    _tell(session, ctx, row, matter.name, [unit.id for unit in invited.values()])
    audit.record(
        session,
        ctx,
        "consultation.opened",
        _about(row.id),
        after={"matter": matter_id, "units": list(invited)},
    )
    return _view(session, ctx, row)


def _check(question: str, due_day: date, today: date) -> None:
    wrong: list[Pointer] = []
    if len(question.strip()) < SHORTEST:
        wrong.append({"pointer": "/question", "detail": "请写明要会商什么"})
    if due_day < today:
        wrong.append({"pointer": "/due_day", "detail": "截止日不能早于今天"})
    if wrong:
        told = "；".join(each["detail"] for each in wrong)
        raise Invalid(f"{told}。", code="bad_consultation", pointers=wrong)


def _tell(session: WriteSession, ctx: Context, row: Consultation, name: str, unit_ids: Sequence[int]) -> None:
    told = [account.id for account in actors.holders(session, ANSWERS, unit_ids)]
    title = f"会商研判：{name}（{row.due_day.month}月{row.due_day.day}日前提出意见）"
    notify(session, ctx, told, NOTICE, title, f"/matters/{row.matter_id}", _about(row.id))


def say(session: WriteSession, ctx: Context, number: int, text: str) -> ConsultationView:
    """The opinion of the actor's unit; it may be mended until the consultation is closed."""
    ctx.actor.require(ANSWERS)
    row = _open(session, number)
    rows = select(ConsultationUnit).where(
        ConsultationUnit.consultation_id == row.id, ConsultationUnit.unit_id == ctx.actor.unit_id
    )
    mine = session.execute(rows).scalar_one_or_none()
    if mine is None:
        raise Forbidden("这次会商没有邀请您的单位。", code="not_invited")
    if len(text.strip()) < SHORTEST:
        raise Invalid(
            "请写明本单位的意见。",
            code="opinion_required",
            pointers=[{"pointer": "/text", "detail": "请写明意见"}],
        )
    mine.opinion, mine.said_by, mine.said_at = text.strip(), ctx.actor.account_id, ctx.now
    audit.record(session, ctx, "consultation.opinion", _about(row.id), after={"text": mine.opinion})
    return _view(session, ctx, row)


def close(session: WriteSession, ctx: Context, number: int, outcome: str, measures: str) -> ConsultationView:
    """What was agreed, and what is done at the source; recorded once."""
    ctx.actor.require(MANAGE)
    row = _open(session, number)
    if outcome not in rules.OUTCOME_NAMES:
        raise Invalid(
            "请选择会商结果。",
            code="bad_outcome",
            pointers=[{"pointer": "/outcome", "detail": "请选择会商结果"}],
        )
    if len(measures.strip()) < SHORTEST:
        detail = "请写明处置意见或治理措施"
        raise Invalid(
            f"{detail}。", code="measures_required", pointers=[{"pointer": "/measures", "detail": detail}]
        )
    row.outcome, row.measures = outcome, measures.strip()
    row.closed_by, row.closed_at = ctx.actor.account_id, ctx.now
    settle(session, ctx, _about(row.id), NOTICE)
    audit.record(
        session, ctx, "consultation.closed", _about(row.id), after={"outcome": outcome}, reason=row.measures
    )
    return _view(session, ctx, row)


def _open(session: WriteSession, number: int) -> Consultation:
    rows = select(Consultation).where(Consultation.id == number).with_for_update()
    row = session.execute(rows).scalar_one_or_none()
    if row is None:
        raise NotFound("没有这次会商。", code="unknown_consultation")
    if row.closed_at is not None:
        raise Conflict("这次会商已经办结。", code="consultation_closed")
    return row


def of_matter(session: ReadSession, ctx: Context, matter_id: int) -> list[ConsultationView]:
    """Newest first. Whoever may see the matter sees them."""
    reading.find(session, ctx, matter_id)
    rows = select(Consultation).where(Consultation.matter_id == matter_id).order_by(Consultation.id.desc())
    return [_view(session, ctx, row) for row in session.execute(rows).scalars()]


def _view(session: ReadSession, ctx: Context, row: Consultation) -> ConsultationView:
    invited = session.execute(
        select(ConsultationUnit, Unit)
        .join(Unit, Unit.id == ConsultationUnit.unit_id)
        .where(ConsultationUnit.consultation_id == row.id)
    ).tuples()
    opinions = [
        Opinion(
            unit.code,
            unit.name,
            unit.id == row.lead_unit_id,
            each.opinion,
            each.said_at,
            unit.id == ctx.actor.unit_id,
        )
        for each, unit in invited
    ]
    opinions.sort(key=lambda each: (not each.lead, each.unit))
    return ConsultationView(
        id=row.id,
        matter=row.matter_id,
        matter_name=session.get_one(HotMatter, row.matter_id).name,
        question=row.question,
        lead=opinions[0].unit,
        lead_name=opinions[0].unit_name,
        units=opinions,
        due_day=row.due_day,
        overdue=row.closed_at is None and ctx.now >= row.due_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
        outcome_name=rules.OUTCOME_NAMES[row.outcome] if row.outcome else "",
        measures=row.measures,
    )


def remind(parts: Runtime) -> int:
    """Tells the lead unit's leaders, and whoever opened it, once when its day has passed."""
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.write() as session:
        late = select(Consultation).where(
            Consultation.closed_at.is_(None),
            Consultation.due_at <= ctx.now,
            Consultation.reminded_at.is_(None),
        )
        found = session.execute(late.limit(AT_ONCE).with_for_update(skip_locked=True)).scalars().all()
        for row in found:
            name, link = session.get_one(HotMatter, row.matter_id).name, f"/matters/{row.matter_id}"
            title = f"会商研判已过截止日：{name}"
            escalate(session, ctx, row.lead_unit_id, NOTICE, title, link, _about(row.id))
            if row.opened_by is not None:
                notify(session, ctx, [row.opened_by], f"{NOTICE}_due", title, link, _about(row.id))
        ids = [row.id for row in found]
        session.execute(update(Consultation).where(Consultation.id.in_(ids)).values(reminded_at=ctx.now))
        return len(found)


def _about(number: int) -> str:
    return f"consultation:{number}"
