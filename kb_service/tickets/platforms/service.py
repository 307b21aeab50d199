"""Registering what another platform gives, each of its numbers once and each item by itself."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, cast

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError

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
# So many in one transaction: a few tenths of a second that others wait.
AT_ONCE: Final = 20


@dataclass(frozen=True)
class Item:
    """`place` is what the sender knows it by: its place in the list, or the row of a file."""

    place: int
    data: schemas.PlatformTicketIn | None
    number: str = ""
    problem: str = ""


def take(
    ctx: Context, parts: Runtime, platform: str, items: Sequence[Item], *, dry_run: bool
) -> schemas.ImportOut:
    """Every item is judged by the same rules as any other request and told what came of it; a wrong one harms
    no other. A few at a time are registered in a transaction of their own, so that nobody waits for the whole;
    what was cut short is sent again, and its numbers are known then. With `dry_run` nothing is kept.
    """
    ctx.actor.require("ticket.import")
    seen: dict[str, int] = {}
    outcomes: list[schemas.ItemOut] = []
    for start in range(0, len(items), AT_ONCE):
        if start:
            parts.database.let_others_write()
        outcomes += _some(ctx, parts, platform, items[start : start + AT_ONCE], seen, dry_run=dry_run)
    made = sum(each.outcome == "new" for each in outcomes)
    wrong = sum(each.outcome == "wrong" for each in outcomes)
    return schemas.ImportOut(dry_run=dry_run, registered=0 if dry_run else made, wrong=wrong, items=outcomes)


def _some(
    ctx: Context,
    parts: Runtime,
    platform: str,
    items: Sequence[Item],
    seen: dict[str, int],
    *,
    dry_run: bool,
) -> list[schemas.ItemOut]:
    ctx = replace(ctx, now=parts.clock.now())
    with parts.database.write() as session:
        outcomes = [_one(session, ctx, parts, platform, each, seen) for each in items]
        if dry_run:
            session.rollback()
            return [
                each.model_copy(update={"ticket": ""} if each.outcome == "new" else {}) for each in outcomes
            ]
        counts = Counter(str(each.outcome) for each in outcomes)
        audit.record(session, ctx, "ticket.imported", f"platform:{platform}", after=dict(counts))
    return outcomes


def import_all(ctx: Context, parts: Runtime, data: schemas.ImportIn) -> schemas.ImportOut:
    """Raises Invalid with a pointer to each item where all of them are wrong."""
    given = cast("list[schemas.PlatformTicketIn | schemas.Unfit]", data.items)
    items = [_item(place, each) for place, each in enumerate(given)]
    found = take(ctx, parts, data.platform, items, dry_run=data.dry_run)
    if not data.dry_run and found.wrong == len(items):
        pointers: list[Pointer] = [
            {"pointer": f"/items/{each.place}", "detail": each.detail} for each in found.items
        ]
        told = f"{len(items)} 件都有误，没有登记任何工单：第一处是{pointers[0]['detail']} 请改正后重新提交。"
        raise Invalid(told, code="import_refused", pointers=pointers)
    return found


def _item(place: int, given: schemas.PlatformTicketIn | schemas.Unfit) -> Item:
    if isinstance(given, schemas.Unfit):
        return Item(place, None, given.number, given.problem)
    return Item(place, given, given.number)


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
        return _told_again(session, known, mark, told)
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
    except IntegrityError:
        # Somebody else handed the same number in at the same time.
        known = _known(session, platform, item.number)
        if known is None:
            raise
        return _told_again(session, known, mark, told)


def _told_again(
    session: ReadSession, known: PlatformTicket, mark: str, told: dict[str, Any]
) -> schemas.ItemOut:
    same = known.fingerprint == mark
    code = session.get_one(Ticket, known.ticket_id).code
    detail = "" if same else "以前以不同的内容登记过，原单不变；有补充的请用工单的“补充”。"
    return schemas.ItemOut(**told, outcome="known" if same else "differs", ticket=code, detail=detail)


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
    ctx: Context,
    parts: Runtime,
    platform: str,
    file_name: str,
    items: Sequence[tuple[int, schemas.PlatformTicketIn]],
) -> int:
    """Rows that were checked, by their places, until somebody confirms them; people are named in them, so they
    are encrypted. Returns the file's number.
    """
    ctx.actor.require("ticket.import")
    batch = PlatformBatch(
        platform=platform,
        file_name=file_name,
        account_id=ctx.actor.account_id,
        created_at=ctx.now,
        content="",
    )
    with parts.database.write() as session:
        session.add(batch)
        session.flush()
        content = [[place, each.model_dump(mode="json", by_alias=True)] for place, each in items]
        batch.content = parts.cipher.encrypt(json.dumps(content, ensure_ascii=False), _place(batch.id))
        return batch.id


def confirm(ctx: Context, parts: Runtime, batch_id: int) -> schemas.ImportOut:
    """Registers a checked file; confirmed again after it was cut short, it goes on with what is left."""
    ctx.actor.require("ticket.import")
    with parts.database.read() as session:
        batch = session.get(PlatformBatch, batch_id)
        if batch is None or batch.account_id != ctx.actor.account_id:
            raise NotFound("没有这份待确认的文件，请重新上传。", code="unknown_batch")
        if batch.applied_at is not None:
            raise Conflict("这份文件已经登记过了。", code="applied_already")
        rows = json.loads(parts.cipher.decrypt(batch.content, _place(batch.id)))
        platform = batch.platform
    items = []
    for place, row in rows:
        data = schemas.PlatformTicketIn.model_validate_json(json.dumps(row))
        items.append(Item(place, data, data.number))
    found = take(ctx, parts, platform, items, dry_run=False)
    with parts.database.write() as session:
        batch = session.get_one(PlatformBatch, batch_id)
        batch.applied_at, batch.content = ctx.now, parts.cipher.encrypt("[]", _place(batch.id))
    return found


def _place(batch_id: int) -> str:
    return f"platform_batch:{batch_id}/content"


def forget(session: WriteSession, ctx: Context) -> int:
    """Files that nobody confirmed are not kept."""
    return affected(session, delete(PlatformBatch).where(PlatformBatch.created_at < ctx.now - KEPT))
