"""Acting on many tickets: what one refuses holds up no other."""

from typing import Any

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Forbidden, KbError
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.identity.service import actors
from kb_service.notices.service import notify_again
from kb_service.tickets import schemas as ticket_schemas
from kb_service.tickets.bulk import schemas
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules.life.words import STATUS_NAMES, WITH_UNIT
from kb_service.tickets.service import acting, seeing

HANDLE, REMIND = "ticket.handle", "remind"


def act_on_all(session: WriteSession, ctx: Context, parts: Runtime, data: schemas.BulkIn) -> schemas.BulkOut:
    """Tells of each ticket what came of it, in the order given; two who choose the same go by one order."""
    found = {code: _one(session, ctx, parts, code, data) for code in sorted(set(data.codes))}
    items = [found[code] for code in dict.fromkeys(data.codes)]
    done = sum(each.done for each in items)
    after = {"done": done, "refused": len(items) - done}
    audit.record(session, ctx, f"ticket.bulk_{data.action}", "tickets", after=after)
    return schemas.BulkOut(done=done, refused=len(items) - done, items=items)


def _one(
    session: WriteSession, ctx: Context, parts: Runtime, code: str, data: schemas.BulkIn
) -> schemas.BulkItemOut:
    title = ""
    try:
        with session.begin_nested():
            ticket = seeing.find(session, ctx, code)
            title = ticket.title
            _act(session, ctx, parts, ticket, data)
            label = STATUS_NAMES[ticket.status]
            return schemas.BulkItemOut(
                ticket=code, title=title, done=True, status=ticket.status, status_label=label
            )
    except KbError as error:
        clause = str(error.extra.get("clause", ""))
        told = {"code": error.code, "detail": error.detail, "clause": clause}
        return schemas.BulkItemOut(ticket=code, title=title, done=False, **told)


def _act(session: WriteSession, ctx: Context, parts: Runtime, ticket: Ticket, data: schemas.BulkIn) -> None:
    if data.action == REMIND:
        _remind(session, ctx, ticket)
        return
    details = dict(data.data)
    if data.action == "dispatch" and not details.get("to"):
        details["to"] = _suggested(session, ticket)
    event = ticket_schemas.EventIn(type=data.action, data=details, remark=data.remark)
    acting.act(session, ctx, parts, ticket.code, event)


def _suggested(session: WriteSession, ticket: Ticket) -> Any:
    unit = session.get(Unit, ticket.suggested_unit_id) if ticket.suggested_unit_id else None
    if unit is None:
        raise Conflict("这件工单没有建议的承办单位，请单独转派。", code="no_suggested_unit")
    return unit.code


def _remind(session: WriteSession, ctx: Context, ticket: Ticket) -> None:
    """Tells the unit's people again; unlike urging it stands in no history."""
    if not (
        ctx.actor.may("ticket.dispatch") or ctx.actor.may("ticket.review") or ctx.actor.may("stats.read")
    ):
        raise Forbidden("提醒由热线中心或单位负责人发出。", code="wrong_role")
    if ticket.unit_id is None or ticket.status not in WITH_UNIT:
        raise Conflict(f"工单{STATUS_NAMES[ticket.status]}，没有单位可以提醒。", code="not_with_unit")
    people = [account.id for account in actors.holders(session, HANDLE, [ticket.unit_id])]
    subject, link = f"ticket:{ticket.code}", f"/tickets/{ticket.code}"
    notify_again(session, ctx, people, "ticket.reminded", f"请抓紧办理：{ticket.title}", link, subject)
    audit.record(session, ctx, "ticket.reminded", subject)
