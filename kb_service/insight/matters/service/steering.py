"""What a person decides about a matter: its name, that two are one, that it is no longer watched."""

from sqlalchemy import select, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Invalid, Pointer
from kb_service.insight.matters import grouping
from kb_service.insight.matters.model import Consultation, HotMatter, MatterTicket
from kb_service.insight.matters.service import gathering, reading, trends

MANAGE = "insight.manage"
LONGEST_NAME = 80


def rename(session: WriteSession, ctx: Context, matter_id: int, name: str) -> HotMatter:
    matter = _mine(session, ctx, matter_id)
    said = " ".join(name.split())
    if not 2 <= len(said) <= LONGEST_NAME:
        raise _wrong("name", f"名称须有 2 至 {LONGEST_NAME} 个字")
    before, matter.name, matter.named = matter.name, said, True
    _record(session, ctx, matter, "renamed", before={"name": before}, after={"name": said})
    return matter


def dismiss(session: WriteSession, ctx: Context, matter_id: int, reason: str) -> HotMatter:
    """No longer watched; it goes on gathering its tickets, so that they do not come up as a new matter."""
    matter = _mine(session, ctx, matter_id)
    if len(reason.strip()) < 2:
        raise _wrong("reason", "请写明为什么不再关注")
    matter.state, matter.reason = "dismissed", reason.strip()
    matter.decided_by, matter.decided_at = ctx.actor.account_id, ctx.now
    trends.removed(session, matter.id)
    _record(session, ctx, matter, "dismissed", reason=matter.reason)
    return matter


def watch_again(session: WriteSession, ctx: Context, matter_id: int) -> HotMatter:
    matter = _mine(session, ctx, matter_id)
    if matter.state != "dismissed":
        raise Conflict("这个热点事项正在关注中。", code="hot_matter_watched")
    matter.state, matter.reason = "open", ""
    matter.decided_by, matter.decided_at = ctx.actor.account_id, ctx.now
    _record(session, ctx, matter, "watched")
    return matter


def merge(session: WriteSession, ctx: Context, matter_id: int, into_id: int) -> HotMatter:
    """All tickets and consultations of the one become the other's; raises Invalid for a matter and itself."""
    if matter_id == into_id:
        raise _wrong("into", "不能并入自己，请选择另一个热点事项")
    # Locked in the order of their numbers, so that two who merge crosswise do not wait for each other.
    found = {each: _mine(session, ctx, each) for each in sorted((matter_id, into_id))}
    matter, into = found[matter_id], found[into_id]
    if _consulted(session, matter) and _consulted(session, into):
        raise Conflict("两个热点事项都有未结的会商，请先办结其中一个。", code="both_consulted")
    for moved in (MatterTicket, Consultation):
        session.execute(update(moved).where(moved.matter_id == matter.id).values(matter_id=into.id))
    session.execute(update(HotMatter).where(HotMatter.merged_into == matter.id).values(merged_into=into.id))
    centres = grouping.unpacked([into.centre, matter.centre])
    whole = centres[0] * into.tickets + centres[1] * matter.tickets
    into.centre = grouping.packed(grouping.unit_length(whole[None, :])[0])
    into.words = list(dict.fromkeys([*into.words, *matter.words]))[: len(into.words) or 5]
    matter.state, matter.merged_into, matter.tickets = "merged", into.id, 0
    matter.decided_by, matter.decided_at = ctx.actor.account_id, ctx.now
    session.flush()
    gathering.count(session, into.id)
    trends.removed(session, matter.id)
    _record(session, ctx, matter, "merged", after={"into": into.id})
    session.refresh(into)
    return into


def _consulted(session: WriteSession, matter: HotMatter) -> bool:
    rows = select(Consultation.id).where(
        Consultation.matter_id == matter.id, Consultation.closed_at.is_(None)
    )
    return session.execute(rows).first() is not None


def _mine(session: WriteSession, ctx: Context, matter_id: int) -> HotMatter:
    ctx.actor.require(MANAGE)
    reading.find(session, ctx, matter_id)
    rows = select(HotMatter).where(HotMatter.id == matter_id).with_for_update()
    matter = session.execute(rows.execution_options(populate_existing=True)).scalar_one()
    if matter.state == "merged":
        raise Conflict("这个热点事项已并入另一个，请在另一个上操作。", code="hot_matter_merged")
    return matter


def _wrong(field: str, detail: str) -> Invalid:
    pointer: Pointer = {"pointer": f"/{field}", "detail": detail}
    return Invalid(f"{detail}。", code=f"bad_{field}", pointers=[pointer])


def _record(
    session: WriteSession,
    ctx: Context,
    matter: HotMatter,
    what: str,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    subject = f"hot_matter:{matter.id}"
    audit.record(session, ctx, f"hot_matter.{what}", subject, before=before, after=after, reason=reason)
