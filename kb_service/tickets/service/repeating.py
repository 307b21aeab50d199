"""The same matter again: found at registration by requester, place and matter; a person says whether it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, or_, select

from kb_service.core import personal
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Requester
from kb_service.identity.service import requesters
from kb_service.knowledge.checks import similar
from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile
from kb_service.tickets import schemas
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.rules.life.words import DONE, OPEN, STATUS_NAMES
from kb_service.tickets.service import histories, seeing, taking

RECENT: Final = timedelta(days=180)
LOOKED_AT: Final = 300
SHOWN: Final = 5
# From this share of common letters on two titles of one place and matter are shown as perhaps the same.
ALIKE: Final = 0.25


@dataclass(frozen=True)
class _Sought:
    """What earlier tickets are compared with; `before` is the ticket itself, where there is one already."""

    title: str
    region: str
    matter: str | None
    field: str | None
    before: int | None = None


def found(session: ReadSession, ctx: Context, code: str) -> list[schemas.RepeatOut]:
    """Earlier tickets that may be the same matter, the likeliest first, among those the actor may see."""
    ticket = seeing.find(session, ctx, code)
    sought = _Sought(ticket.title, ticket.region_code, ticket.matter_code, ticket.field, ticket.id)
    profile = histories.rules_of(session, ticket).profile
    return _likely(session, ctx, profile, sought, _same_requester(session, ticket))


def before_registering(
    session: ReadSession, ctx: Context, parts: Runtime, profile: Profile, data: schemas.TicketIn
) -> list[schemas.RepeatOut]:
    """The same for a request that is not a ticket yet, so that whoever registers it can say what it is."""
    phone = data.requester.phone.strip()
    same = requesters.same_phone(session, parts.cipher, phone) if phone else []
    sought = _Sought(personal.mask_said(data.title), data.region, data.matter, None)
    return _likely(session, ctx, profile, sought, same)


def _likely(
    session: ReadSession, ctx: Context, profile: Profile, sought: _Sought, same: list[str]
) -> list[schemas.RepeatOut]:
    earlier = _earlier(session, ctx, sought, same)
    ranked = sorted(_ranked(sought, earlier, same), key=lambda each: -each[0])
    return [_out(ctx, profile, each, alike, why) for alike, each, why in ranked[:SHOWN]]


def _same_requester(session: ReadSession, ticket: Ticket) -> list[str]:
    """Ids under which the same phone number is kept."""
    mine = session.get(Requester, ticket.requester_id) if ticket.requester_id else None
    if mine is None or mine.phone_fingerprint is None:
        return [ticket.requester_id] if ticket.requester_id else []
    rows = select(Requester.id).where(Requester.phone_fingerprint == mine.phone_fingerprint)
    return list(session.execute(rows).scalars())


def _earlier(session: ReadSession, ctx: Context, sought: _Sought, same: Iterable[str]) -> Iterable[Ticket]:
    """Open or recent ones of the same requester, or of the same place and matter."""
    alike: ColumnElement[bool] = Ticket.region_code == sought.region
    if sought.matter is not None:
        alike &= or_(Ticket.matter_code == sought.matter, Ticket.matter_code.is_(None))
    elif sought.field is not None:
        alike &= or_(Ticket.field == sought.field, Ticket.field.is_(None))
    rows = select(Ticket).where(
        *seeing.in_scope(ctx),
        or_(Ticket.requester_id.in_(list(same)), alike),
        or_(Ticket.status.in_(sorted(OPEN)), Ticket.registered_at >= ctx.now - RECENT),
    )
    if sought.before is not None:
        rows = rows.where(Ticket.id < sought.before)
    return session.execute(rows.order_by(Ticket.id.desc()).limit(LOOKED_AT)).scalars()


def _ranked(
    sought: _Sought, earlier: Iterable[Ticket], same: Iterable[str]
) -> Iterator[tuple[float, Ticket, Literal["requester", "matter"]]]:
    known = set(same)
    for each in earlier:
        alike = max(similar.overlap(sought.title, each.title))
        if each.requester_id in known:
            yield 1 + alike, each, "requester"
        elif alike >= ALIKE:
            yield alike, each, "matter"


def _out(
    ctx: Context, profile: Profile, earlier: Ticket, alike: float, why: Literal["requester", "matter"]
) -> schemas.RepeatOut:
    done, overdue = _stands(ctx, earlier)
    return schemas.RepeatOut(
        code=earlier.code,
        title=earlier.title,
        status=earlier.status,
        status_label=STATUS_NAMES[earlier.status],
        registered_at=earlier.registered_at,
        why=why,
        alike=round(alike - 1 if why == "requester" else alike, 2),
        done=done,
        overdue=overdue,
        outcomes=list(_outcomes(profile, done=done, overdue=overdue)),
    )


def _outcomes(profile: Profile, *, done: bool, overdue: bool) -> Iterator[schemas.RepeatOutcomeOut]:
    for new_facts in (False, True):
        each = regulation.repeat_outcome(profile, done=done, new_facts=new_facts, overdue=overdue)
        if each is not None:
            yield schemas.RepeatOutcomeOut(
                new_facts=new_facts, outcome=each.outcome, label=each.label, clause=each.clause
            )


def _stands(ctx: Context, earlier: Ticket) -> tuple[bool, bool]:
    done = earlier.status in DONE
    return done, not done and earlier.due_at is not None and earlier.due_at <= ctx.now


def details(session: ReadSession, ctx: Context, ticket: Ticket, data: dict[str, Any]) -> dict[str, Any]:
    """How the first ticket stands is looked up and never taken from what was sent."""
    if data.get("of") == ticket.code:
        raise Invalid("一件工单不能是它自己的重复。", code="bad_details")
    first = seeing.find(session, ctx, str(data.get("of", "")))
    done, overdue = _stands(ctx, first)
    return data | {"done": done, "overdue": overdue}


def merge(session: WriteSession, ctx: Context, parts: Runtime, ticket: Ticket, row: TicketEvent) -> None:
    """What was merged into an open ticket gives it a fresh limit, as the city's rules say."""
    if ticket.status != "merged":
        return
    first = seeing.find(session, ctx, str(row.data["of"]))
    new_facts = bool(row.data.get("new_facts"))
    text = f"并入工单 {ticket.code}：{ticket.title}"
    step = taking.Step("repeat_call", {"new_facts": new_facts, "text": text})
    taking.take(session, ctx, parts, first, step)
