"""Registering what another platform gives, all of it or nothing, each of its numbers once."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, or_, select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession, affected
from kb_service.core.errors import Conflict, Invalid, KbError, NotFound, Pointer
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Region, Unit
from kb_service.identity.service import people
from kb_service.knowledge.service import catalogue
from kb_service.regulations.words import CLASS_NAMES
from kb_service.tickets.model import Ticket
from kb_service.tickets.platforms import schemas
from kb_service.tickets.platforms.model import PlatformBatch, PlatformTicket
from kb_service.tickets.schemas import TicketIn
from kb_service.tickets.service import registering
from kb_service.tickets.service.registering import Origin

CHANNEL: Final = "api"
KEPT: Final = timedelta(days=1)


@dataclass(frozen=True)
class Item:
    """`place` is what the sender knows it by: its place in the list, or the row of a file."""

    place: int
    data: schemas.PlatformTicketIn | None
    number: str = ""
    problem: str = ""


def take(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    platform: str,
    items: Sequence[Item],
    *,
    dry_run: bool,
) -> schemas.ImportOut:
    """Every item is registered on trial, by the same rules as any other; where one is wrong, or `dry_run`
    says so, everything is taken back and each item told. Raises nothing for wrong items.
    """
    ctx.actor.require("ticket.import")
    seen: dict[str, int] = {}
    whole = session.begin_nested()
    outcomes = [_one(session, ctx, parts, platform, each, seen) for each in items]
    wrong = any(each.outcome == "wrong" for each in outcomes)
    if wrong or dry_run:
        whole.rollback()
        session.expire_all()
        outcomes = [
            each.model_copy(update={"ticket": ""} if each.outcome == "new" else {}) for each in outcomes
        ]
        return schemas.ImportOut(dry_run=dry_run, registered=0, items=outcomes)
    whole.commit()
    made = [each.ticket for each in outcomes if each.outcome == "new"]
    after = {"registered": len(made), "known": len(outcomes) - len(made)}
    audit.record(session, ctx, "ticket.imported", f"platform:{platform}", after=after)
    return schemas.ImportOut(dry_run=False, registered=len(made), items=outcomes)


def import_all(
    session: WriteSession, ctx: Context, parts: Runtime, data: schemas.ImportIn
) -> schemas.ImportOut:
    """Raises Invalid with a pointer to each wrong item; nothing was registered then."""
    items = [Item(place, each, each.number) for place, each in enumerate(data.items)]
    found = take(session, ctx, parts, data.platform, items, dry_run=data.dry_run)
    if not data.dry_run:
        refuse_wrong(found)
    return found


def refuse_wrong(found: schemas.ImportOut) -> None:
    wrong: list[Pointer] = [
        {"pointer": f"/items/{each.place}", "detail": each.detail}
        for each in found.items
        if each.outcome == "wrong"
    ]
    if wrong:
        told = f"{len(wrong)} 件有误，没有登记任何工单：第一处是{wrong[0]['detail']} 请改正后整批重新提交。"
        raise Invalid(told, code="import_refused", pointers=wrong)


def _one(
    session: WriteSession, ctx: Context, parts: Runtime, platform: str, item: Item, seen: dict[str, int]
) -> schemas.ItemOut:
    told: dict[str, Any] = {"place": item.place, "number": item.number}
    if item.data is None:
        return schemas.ItemOut(**told, outcome="wrong", code="invalid", detail=item.problem)
    if item.number in seen:
        detail = f"平台编号 {item.number} 在本批中出现两次。"
        return schemas.ItemOut(**told, outcome="wrong", code="number_twice", detail=detail)
    seen[item.number] = item.place
    mark = _fingerprint(item.data)
    known = _known(session, platform, item.number)
    if known is not None:
        same = known.fingerprint == mark
        code = session.get_one(Ticket, known.ticket_id).code
        detail = "" if same else "以前以不同的内容登记过，原单不变；有补充的请用工单的“补充”。"
        return schemas.ItemOut(**told, outcome="known" if same else "differs", ticket=code, detail=detail)
    try:
        with session.begin_nested():
            data = _ticket(session, item.data)
            ticket = registering.register(
                session, ctx, parts, data, origin=Origin(platform, item.number, mark)
            )
            return schemas.ItemOut(**told, outcome="new", ticket=ticket.code)
    except KbError as error:
        clause = str(error.extra.get("clause", ""))
        return schemas.ItemOut(**told, outcome="wrong", code=error.code, detail=error.detail, clause=clause)


def _fingerprint(data: schemas.PlatformTicketIn) -> str:
    text = json.dumps(data.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _known(session: ReadSession, platform: str, number: str) -> PlatformTicket | None:
    rows = select(PlatformTicket).where(PlatformTicket.platform == platform, PlatformTicket.number == number)
    return session.execute(rows).scalar_one_or_none()


def _ticket(session: ReadSession, data: schemas.PlatformTicketIn) -> TicketIn:
    values = data.model_dump(mode="json", by_alias=True, exclude={"number"}, exclude_none=True)
    values |= {
        "channel": CHANNEL,
        "id": data.number,
        "class": _class(data.request_class),
        "region": _region(session, data.region),
        "unit": _unit(session, data.unit) if data.unit else None,
        "matter": _matter(session, data.matter) if data.matter else None,
    }
    return TicketIn.model_validate(values)


def _class(given: str) -> str:
    for code, name in CLASS_NAMES.items():
        if given in {code, name}:
            return code
    known = "、".join(f"{name}（{code}）" for code, name in CLASS_NAMES.items())
    raise Invalid(f"没有“{given}”这种诉求类型，可用：{known}。", code="unknown_class")


def _region(session: ReadSession, given: str) -> str:
    rows = select(Region.code).where(or_(Region.code == given, Region.name == given)).limit(2)
    return _only(session.execute(rows).scalars().all(), given, "行政区划", "unknown_region")


def _unit(session: ReadSession, given: str) -> str:
    named = or_(Unit.code == given, Unit.name == given, Unit.short_name == given)
    rows = select(Unit.code).where(named, Unit.active.is_(True)).limit(2)
    found = session.execute(rows).scalars().all()
    return found[0] if found else people.unit_by_code(session, given).code


def _matter(session: ReadSession, given: str) -> str:
    found = [each.code for each in catalogue.matters(session) if given in {each.code, each.name}]
    return _only(found, given, "事项", "unknown_matter")


def _only(found: Sequence[str], given: str, what: str, code: str) -> str:
    if len(found) != 1:
        why = f"没有“{given}”这个{what}" if not found else f"有几个{what}都叫“{given}”，请写编码"
        raise NotFound(f"{why}。", code=code)
    return found[0]


def keep(
    session: WriteSession,
    ctx: Context,
    parts: Runtime,
    platform: str,
    file_name: str,
    items: Sequence[schemas.PlatformTicketIn],
) -> PlatformBatch:
    """Rows that were checked, until somebody confirms them; people are named in them, so they are encrypted."""
    ctx.actor.require("ticket.import")
    batch = PlatformBatch(
        platform=platform,
        file_name=file_name,
        account_id=ctx.actor.account_id,
        created_at=ctx.now,
        content="",
    )
    session.add(batch)
    session.flush()
    content = [each.model_dump(mode="json", by_alias=True) for each in items]
    batch.content = parts.cipher.encrypt(json.dumps(content, ensure_ascii=False), _place(batch.id))
    return batch


def confirm(session: WriteSession, ctx: Context, parts: Runtime, batch_id: int) -> schemas.ImportOut:
    """Registers a checked file. What has come to be wrong since refuses the whole."""
    ctx.actor.require("ticket.import")
    batch = session.get(PlatformBatch, batch_id, with_for_update=True)
    if batch is None or batch.account_id != ctx.actor.account_id:
        raise NotFound("没有这份待确认的文件，请重新上传。", code="unknown_batch")
    if batch.applied_at is not None:
        raise Conflict("这份文件已经登记过了。", code="applied_already")
    rows = json.loads(parts.cipher.decrypt(batch.content, _place(batch.id)))
    kept = [schemas.PlatformTicketIn.model_validate_json(json.dumps(each)) for each in rows]
    items = [Item(place, each, each.number) for place, each in enumerate(kept)]
    found = take(session, ctx, parts, batch.platform, items, dry_run=False)
    refuse_wrong(found)
    batch.applied_at, batch.content = ctx.now, parts.cipher.encrypt("[]", _place(batch.id))
    return found


def _place(batch_id: int) -> str:
    return f"platform_batch:{batch_id}/content"


def forget(session: WriteSession, ctx: Context) -> int:
    """Files that nobody confirmed are not kept."""
    return affected(session, delete(PlatformBatch).where(PlatformBatch.created_at < ctx.now - KEPT))
