"""Opening a recall, telling people, following how far it has come."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, insert, or_, select, true
from sqlalchemy.orm import aliased

from kb_service.answering.model import Decision, Shown
from kb_service.core import audit, paging, personal
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound
from kb_service.core.ids import next_number
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Requester, Unit
from kb_service.identity.service import actors, people, requesters
from kb_service.knowledge.corrections.service import records as corrections
from kb_service.notices import service as notices
from kb_service.tickets.model import Ticket
from kb_service.tickets.recalls import rules
from kb_service.tickets.recalls.model import Recall, RecallContact
from kb_service.tickets.recalls.rules import Answer

MANAGE, CONTACT = "recall.manage", "recall.contact"


def open_recall(session: WriteSession, ctx: Context, correction_code: str, message: str) -> Recall:
    """Calls back what a serious correction found wrong: one contact for each person who can be told.

    `message` is what they are told. Asked again, it gives the recall that was opened first. Raises
    Conflict unless the correction was verified and found serious.
    """
    ctx.actor.require(MANAGE)
    correction = corrections.locked(session, correction_code)
    known = session.execute(
        select(Recall).where(Recall.correction_code == correction.code)
    ).scalar_one_or_none()
    if known is not None:
        return known
    if correction.grade != "serious":
        raise Conflict("只有核实为重大的纠错才召回已给出的答复，请先核实。", code="not_serious")
    if len(message.strip()) < 5:
        raise Invalid("请写明要告诉诉求人的正确内容。", code="message_required")
    day = local_day(ctx.now)
    recall = Recall(
        code=f"ZH{day:%Y%m%d}-{next_number(session, f'recall:{day}'):03d}",
        correction_code=correction.code,
        point_code=correction.point_code,
        first_number=correction.number,
        last_number=correction.stands_on,
        title=correction.title,
        unit_id=rules.answers_for(correction.unit_id, ctx.actor.unit_id or people.centre(session).id),
        message=message.strip(),
        opened_at=ctx.now,
        opened_by=ctx.actor.name,
        refreshed_at=ctx.now,
    )
    session.add(recall)
    session.flush()
    found = _collect(session, ctx, recall)
    after = {"point": recall.point_code, "people": found, "anonymous": recall.anonymous}
    audit.record(session, ctx, "recall.opened", f"recall:{recall.code}", after=after, reason=recall.message)
    corrections.note(session, ctx, correction, "recalled", recall.message, recall=recall.code, people=found)
    _tell(session, ctx, recall, found)
    return recall


def _tell(session: WriteSession, ctx: Context, recall: Recall, found: int) -> None:
    subject, link = f"recall:{recall.code}", f"/recalls/{recall.code}"
    callers = {account.id for account in actors.holders(session, CONTACT)}
    callers &= {account.id for account in actors.holders(session, "requester.reveal")}
    title = f"请重新联系 {found} 位诉求人：{recall.title}"
    notices.notify(session, ctx, callers, "recall.opened", title, link, subject)
    owners = corrections.unit_people(session, recall.unit_id)
    title = f"本单位知识误导了诉求人，正在召回（{found} 人可联系）：{recall.title}"
    notices.notify(
        session, ctx, owners, "recall.owner", title, f"/corrections/{recall.correction_code}", subject
    )


def refresh(session: WriteSession, ctx: Context, code: str) -> Recall:
    """Adds whom the version has reached since, and who can be told only now."""
    ctx.actor.require(MANAGE)
    recall = find(session, code)
    session.refresh(recall, with_for_update=True)
    correction = corrections.find(session, recall.correction_code)
    recall.last_number = max(recall.last_number, correction.stands_on)
    added = _collect(session, ctx, recall)
    audit.record(session, ctx, "recall.refreshed", f"recall:{recall.code}", after={"added": added})
    return recall


def _collect(session: WriteSession, ctx: Context, recall: Recall) -> int:
    found = rules.reach(_answers(session, recall))
    recall.shown, recall.anonymous, recall.refreshed_at = found.shown, found.anonymous, ctx.now
    known = set(
        session.execute(select(RecallContact.person).where(RecallContact.recall_id == recall.id)).scalars()
    )
    fresh = [
        {
            "recall_id": recall.id,
            "requester_id": answer.requester,
            "person": person,
            "ticket_code": answer.ticket,
            "confidential": answer.confidential,
            "channel": answer.channel,
            "version": answer.version,
            "shown_at": answer.at,
            "status": "open",
            "attempts": 0,
        }
        for person, answer in sorted(found.people.items())
        if person not in known
    ]
    if fresh:
        session.execute(insert(RecallContact), fresh)
    session.flush()
    return len(fresh)


def _answers(session: ReadSession, recall: Recall) -> Iterator[Answer]:
    """What the register holds of the recalled versions, with the ticket and requester each belongs to."""
    of_decision = (
        select(Ticket.decision_id, func.max(Ticket.id).label("ticket_id"))
        .where(Ticket.decision_id.is_not(None))
        .group_by(Ticket.decision_id)
        .subquery()
    )
    of_conversation = (
        select(Decision.conversation_id, func.max(Ticket.id).label("ticket_id"))
        .join(Ticket, Ticket.decision_id == Decision.id)
        .group_by(Decision.conversation_id)
        .subquery()
    )
    named = aliased(Ticket)
    ticket_id = func.coalesce(named.id, of_decision.c.ticket_id, of_conversation.c.ticket_id)
    rows = (
        select(
            Shown.version, Shown.channel, Shown.kind, Shown.at, Ticket.code.label("ticket"),
            Ticket.confidential, Requester.id.label("requester"), Requester.phone_fingerprint,
            Requester.erased_at,
        )
        .outerjoin(named, named.code == Shown.ticket_code)
        .outerjoin(of_decision, of_decision.c.decision_id == Shown.decision_id)
        .outerjoin(of_conversation, of_conversation.c.conversation_id == Shown.conversation_id)
        .outerjoin(Ticket, Ticket.id == ticket_id)
        .outerjoin(Requester, Requester.id == Ticket.requester_id)
        .where(
            Shown.code == recall.point_code,
            Shown.version >= recall.first_number,
            Shown.version <= recall.last_number,
        )
    )  # fmt: skip
    for row in session.execute(rows):
        there = row.requester is not None and row.erased_at is None
        person = (row.phone_fingerprint or row.requester) if there else None
        yield Answer(
            row.version,
            row.channel,
            row.kind,
            row.at,
            person,
            row.requester,
            row.ticket,
            bool(row.confidential),
        )


def find(session: ReadSession, code: str) -> Recall:
    found = session.execute(select(Recall).where(Recall.code == code)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"没有编号为 {code} 的召回。", code="unknown_recall")
    return found


@dataclass(frozen=True)
class Progress:
    recall: Recall
    unit_code: str
    unit_name: str
    people: int
    open: int
    done: int
    unreachable: int


def recalls(
    session: ReadSession, ctx: Context, *, point: str = "", cursor: str = "", limit: int = 20
) -> paging.Page[Progress]:
    """The newest first; units see those of their own points."""
    rows = select(Recall).where(_concerns(ctx)).order_by(Recall.id.desc())
    if point:
        rows = rows.where(Recall.point_code == point)
    if cursor:
        rows = rows.where(Recall.id < paging.decode_cursor(cursor, [int])[0])
    page = paging.page_of(session.execute(rows.limit(limit + 1)).scalars().all(), limit, lambda row: [row.id])
    return paging.Page([_progress(session, row) for row in page.items], page.next)


def progress(session: ReadSession, ctx: Context, code: str) -> Progress:
    recall = find(session, code)
    if session.execute(select(Recall.id).where(Recall.id == recall.id, _concerns(ctx))).first() is None:
        raise NotFound(f"没有编号为 {code} 的召回。", code="unknown_recall")
    return _progress(session, recall)


def of_correction(session: ReadSession, correction_code: str) -> Progress | None:
    found = session.execute(
        select(Recall).where(Recall.correction_code == correction_code)
    ).scalar_one_or_none()
    return _progress(session, found) if found else None


def _concerns(ctx: Context) -> ColumnElement[bool]:
    scope = ctx.actor.unit_scope
    if scope is None or ctx.actor.may(MANAGE) or ctx.actor.may(CONTACT):
        return true()
    return Recall.unit_id.in_(scope)


def _progress(session: ReadSession, recall: Recall) -> Progress:
    rows = (
        select(RecallContact.status, func.count(RecallContact.id))
        .where(RecallContact.recall_id == recall.id)
        .group_by(RecallContact.status)
    )
    counts = dict(session.execute(rows).tuples().all())
    unit = session.get_one(Unit, recall.unit_id)
    return Progress(
        recall,
        unit.code,
        unit.name,
        sum(counts.values()),
        counts.get("open", 0),
        counts.get("done", 0),
        counts.get("unreachable", 0),
    )


def contacts(
    session: ReadSession, ctx: Context, code: str, *, status: str = "", cursor: str = "", limit: int = 50
) -> paging.Page[RecallContact]:
    """Whom to tell; confidential tickets only for those who may see them."""
    if not ctx.actor.may(MANAGE):
        ctx.actor.require(CONTACT)
    rows = select(RecallContact).where(RecallContact.recall_id == find(session, code).id, _open_to(ctx))
    if status:
        rows = rows.where(RecallContact.status == status)
    if cursor:
        rows = rows.where(RecallContact.id > paging.decode_cursor(cursor, [int])[0])
    found = session.execute(rows.order_by(RecallContact.id).limit(limit + 1)).scalars().all()
    return paging.page_of(found, limit, lambda row: [row.id])


def _open_to(ctx: Context) -> ColumnElement[bool]:
    return or_(
        RecallContact.confidential.is_(False), true() if ctx.actor.may("ticket.confidential") else false()
    )


def _contact(session: ReadSession, ctx: Context, contact_id: int) -> RecallContact:
    rows = select(RecallContact).where(RecallContact.id == contact_id, _open_to(ctx))
    found = session.execute(rows).scalar_one_or_none()
    if found is None:
        raise NotFound("没有这条联系任务。", code="unknown_contact")
    return found


def reveal(session: WriteSession, ctx: Context, parts: Runtime, contact_id: int) -> dict[str, str]:
    """The person's name and phone; the recall is the reason, and it is in the audit log."""
    ctx.actor.require(CONTACT)
    contact = _contact(session, ctx, contact_id)
    recall = session.get_one(Recall, contact.recall_id)
    why = f"召回 {recall.code}：重新联系被误导的诉求人"
    return requesters.reveal(session, ctx, parts.cipher, contact.requester_id, why)


def contacted(
    session: WriteSession, ctx: Context, contact_id: int, outcome: str, note: str = ""
) -> RecallContact:
    """Keeps how an attempt went; who could not be reached may be tried again."""
    ctx.actor.require(CONTACT)
    if outcome not in ("done", "unreachable"):
        raise Invalid("联系结果应为 done（已告知）或 unreachable（联系不上）。", code="bad_outcome")
    contact = _contact(session, ctx, contact_id)
    session.refresh(contact, with_for_update=True)
    if contact.status == "done":
        raise Conflict("这位诉求人已经告知，不用再联系。", code="already_told")
    contact.status, contact.note = outcome, personal.mask_said(note.strip())
    contact.attempts += 1
    contact.contacted_at, contact.contacted_by = ctx.now, ctx.actor.name
    recall = session.get_one(Recall, contact.recall_id)
    after = {"contact": contact.id, "ticket": contact.ticket_code, "outcome": outcome}
    audit.record(session, ctx, "recall.contacted", f"recall:{recall.code}", after=after, reason=contact.note)
    session.flush()
    return contact
