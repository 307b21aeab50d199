"""Keeping the templates, and filling one in for a ticket."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from kb_service.core import audit
from kb_service.core.clock import CITY
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, NotFound
from kb_service.core.ids import next_number
from kb_service.identity.model import Unit
from kb_service.regulations import service as regulations
from kb_service.tickets.model import Ticket
from kb_service.tickets.service import histories, seeing
from kb_service.tickets.templates import rules, schemas
from kb_service.tickets.templates.model import ReplyTemplate

MANAGE = "ticket.templates"


def add(session: WriteSession, ctx: Context, data: schemas.TemplateIn) -> ReplyTemplate:
    ctx.actor.require(MANAGE)
    rules.check(regulations.standing_profile(session), data.request_class, data.text)
    code = f"T{next_number(session, 'reply_template'):04d}"
    return _write(session, ctx, code, 1, data.request_class, data.name, data.text)


def change(session: WriteSession, ctx: Context, code: str, data: schemas.TemplateChangeIn) -> ReplyTemplate:
    """A new version; replies written with the one before keep its number."""
    ctx.actor.require(MANAGE)
    last = _standing(session, code)
    if last.version != data.version:
        raise Conflict("模板刚被其他人修改过，请刷新后再改。", code="template_changed")
    rules.check(regulations.standing_profile(session), last.request_class, data.text)
    return _write(session, ctx, code, last.version + 1, last.request_class, data.name, data.text)


def retire(session: WriteSession, ctx: Context, code: str) -> ReplyTemplate:
    ctx.actor.require(MANAGE)
    last = _standing(session, code)
    return _write(
        session, ctx, code, last.version + 1, last.request_class, last.name, last.text, retired=True
    )


def _write(
    session: WriteSession,
    ctx: Context,
    code: str,
    version: int,
    request_class: str,
    name: str,
    text: str,
    *,
    retired: bool = False,
) -> ReplyTemplate:
    row = ReplyTemplate(
        code=code,
        version=version,
        request_class=request_class,
        name=name,
        text=text,
        retired=retired,
        created_at=ctx.now,
        created_by=ctx.actor.name,
    )
    session.add(row)
    session.flush()
    after = {"version": version, "class": request_class, "name": name, "retired": retired}
    audit.record(session, ctx, "template.written", f"template:{code}", after=after)
    return row


def standing(session: ReadSession, request_class: str = "") -> Sequence[ReplyTemplate]:
    """The newest version of each that is not retired."""
    newest = select(func.max(ReplyTemplate.id)).group_by(ReplyTemplate.code)
    rows = select(ReplyTemplate).where(ReplyTemplate.id.in_(newest), ReplyTemplate.retired.is_(False))
    if request_class:
        rows = rows.where(ReplyTemplate.request_class == request_class)
    return session.execute(rows.order_by(ReplyTemplate.request_class, ReplyTemplate.code)).scalars().all()


def versions(session: ReadSession, code: str) -> Sequence[ReplyTemplate]:
    """The newest first."""
    rows = select(ReplyTemplate).where(ReplyTemplate.code == code).order_by(ReplyTemplate.version.desc())
    found = session.execute(rows).scalars().all()
    if not found:
        raise NotFound(f"没有编号为 {code} 的答复模板。", code="unknown_template")
    return found


def _standing(session: ReadSession, code: str) -> ReplyTemplate:
    last = versions(session, code)[0]
    if last.retired:
        raise Conflict("这个答复模板已停用，请另建一个。", code="template_retired")
    return last


def for_ticket(session: ReadSession, ctx: Context, code: str) -> list[schemas.FilledOut]:
    """Those of the ticket's class, filled in as far as the service knows."""
    ticket = seeing.find(session, ctx, code)
    values = _values(session, ctx, ticket)
    return [_filled(each, values) for each in standing(session, ticket.request_class)]


def _filled(template: ReplyTemplate, values: dict[str, str]) -> schemas.FilledOut:
    text = rules.filled(template.text, values)
    return schemas.FilledOut(
        template=f"{template.code}.{template.version}",
        name=template.name,
        text=text,
        open=rules.left_blank(text),
    )


def _values(session: ReadSession, ctx: Context, ticket: Ticket) -> dict[str, str]:
    unit = session.get(Unit, ticket.unit_id) if ticket.unit_id else None
    return {
        "工单号": ticket.code,
        "标题": ticket.title,
        "登记日期": _day(ticket.registered_at),
        "承办单位": unit.name if unit else "",
        "今天": _day(ctx.now),
    }


def _day(at: datetime) -> str:
    return at.astimezone(CITY).strftime("%Y年%m月%d日")


def blanks(session: ReadSession, request_class: str) -> dict[str, str]:
    """What a template of a class must leave room for, and the clause that says so."""
    return rules.required(regulations.standing_profile(session), request_class)


def written_in(session: ReadSession, ticket: Ticket) -> bool:
    """Whether the ticket's class is answered in writing, in the centre's form."""
    profile = histories.rules_of(session, ticket).profile
    found = profile.classes.get(ticket.request_class)  # type: ignore[call-overload]
    return bool(found and found.reply and found.reply.written)
