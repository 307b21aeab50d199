"""A list of tickets as a workbook: by permission and purpose, registered, marked, and without people."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from kb_service.core import audit, personal
from kb_service.core.clock import CITY
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import NotFound
from kb_service.core.workbooks import Book
from kb_service.regulations import service as regulations
from kb_service.tickets.bulk import schemas
from kb_service.tickets.model import Ticket
from kb_service.tickets.rules import giving_out
from kb_service.tickets.service import listing, seeing

_HEADS = {
    "code": "工单号", "class_label": "诉求类型", "title": "标题", "status_label": "状态", "unit_name": "承办单位",
    "region_name": "区域", "channel": "渠道", "registered_at": "登记时间", "due_at": "期限", "card_colour": "亮牌",
}  # fmt: skip


@dataclass(frozen=True)
class Listed:
    name: str
    content: bytes
    count: int


def listed(session: WriteSession, ctx: Context, data: schemas.ExportIn) -> Listed:
    """Raises Invalid without a purpose where the city asks for one; what was taken is in the audit log."""
    ctx.actor.require("ticket.export")
    giving_out.check_purpose(regulations.standing_profile(session), data.purpose)
    found = _chosen(session, ctx, data.codes)
    mark = f"{ctx.actor.name} {_time(ctx.now)}"
    content = _book(_cells(session, ctx, found), mark, data.purpose)
    kept = {"tickets": [each.code for each in found], "sha256": hashlib.sha256(content).hexdigest()}
    audit.record(session, ctx, "ticket.exported", "tickets", after=kept, reason=data.purpose)
    return Listed(f"工单清单-{ctx.now.astimezone(CITY):%Y%m%d-%H%M}.xlsx", content, len(found))


def _chosen(session: ReadSession, ctx: Context, codes: Sequence[str]) -> Sequence[Ticket]:
    wanted = [Ticket.code.in_(list(codes)), *seeing.in_scope(ctx)]
    if giving_out.CONFIDENTIAL_STAYS:
        wanted.append(Ticket.confidential.is_(False))
    found = session.execute(select(Ticket).where(*wanted).order_by(Ticket.code)).scalars().all()
    if not found:
        raise NotFound("所选工单都不能导出：不存在、无权查看，或是保密工单。", code="nothing_to_export")
    return found


def _cells(session: ReadSession, ctx: Context, found: Sequence[Ticket]) -> list[list[str]]:
    names = listing.Names.load(session)
    rows = [listing.row(each, names, ctx).model_dump() for each in found]
    return [[_text(row[name]) for name in giving_out.COLUMNS] for row in rows]


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return _time(value)
    return "" if value is None else personal.mask(str(value))


def _time(at: datetime) -> str:
    return at.astimezone(CITY).strftime("%Y-%m-%d %H:%M")


def _book(rows: Sequence[Sequence[str]], mark: str, purpose: str) -> bytes:
    book = Book()
    sheet = book.sheet("工单")
    for lead in (f"导出：{mark}", f"用途：{purpose or '未写'}", "内部资料，不得擅自对外提供。"):
        sheet.row([lead])
    sheet.row([_HEADS[name] for name in giving_out.COLUMNS], bold=True)
    sheet.rows(rows)
    return book.content()
