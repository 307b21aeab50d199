"""Supervision: what stands, what was recorded, one with its replies."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core import paging
from kb_service.core.db import ReadSession
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.supervision import rules
from kb_service.supervision.service import reading, records, staff, supervising

router = APIRouter(prefix="/supervision", include_in_schema=False)
READ = [requires("supervision.read")]
MANAGE = [requires("supervision.manage")]
ROWS = 20
STAGES = ("open", "closed", "cards", "records")


@router.get("", dependencies=READ)
def listed(
    page: PageDep, session: Reader, ctx: Ctx, stage: str = "open", unit: str = "", cursor: str = ""
) -> Response:
    stage = stage if stage in STAGES else "open"
    asked = {"unit": unit, "cursor": cursor}
    found: paging.Page[Any]
    if stage == "records":
        found = reading.accountabilities(session, ctx, **asked, limit=ROWS)
    elif stage == "cards":
        found = reading.cards(session, ctx, **asked, limit=ROWS)
    else:
        found = reading.supervisions(session, ctx, **asked, closed=stage == "closed", limit=ROWS)
    said = {"stage": stage} | ({"unit": unit} if unit else {})
    return page.show(
        session,
        "supervision/list.html",
        found=found,
        stage=stage,
        stages=STAGES,
        unit=unit,
        units=choices.units(session, ctx.actor.unit_scope),
        names=reading.unit_names(session, [row.unit_id for row in found.items]),
        state_of=lambda row: reading.state_of(row, ctx),
        state_names=rules.STATE_NAMES,
        counts=reading.cards_by_unit(session, ctx) if stage == "cards" else [],
        waiting=reading.open_count(session, ctx),
        next_url=f"/supervision?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/supervision?{urlencode(said)}" if cursor else "",
    )


@router.post("/records/{record_id}", dependencies=MANAGE)
def decide_record(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, record_id: int) -> Response:
    dropped = sent.text("decision") == "dropped"
    records.decide_accountability(
        session, ctx, record_id, "dropped" if dropped else "upheld", sent.text("note")
    )
    return page.go("/supervision?stage=records", strings("supervision.record_done"))


@router.get("/{code}", dependencies=READ)
def supervision(page: PageDep, session: Reader, code: str) -> Response:
    return _show(page, session, code, Wrong())


@router.post("/{code}/reply", dependencies=[requires("supervision.reply")])
def reply(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        supervising.reply(session, ctx, code, sent.text("text"))
        return page.go(f"/supervision/{code}", strings("supervision.replied_done"))
    return _show(page, session, code, wrong)


@router.post("/{code}/extend", dependencies=MANAGE)
def extend(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        days = sent.text("days")
        supervising.extend(session, ctx, code, int(days) if days.isdigit() else 0, sent.text("reason"))
        return page.go(f"/supervision/{code}", strings("supervision.extended_done"))
    return _show(page, session, code, wrong)


@router.post("/{code}/escalate", dependencies=MANAGE)
def escalate(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        done = supervising.escalate(session, ctx, code, sent.text("reason"))
        return page.go(f"/supervision/{code}", strings("supervision.escalated_done", to=done.escalated_to))
    return _show(page, session, code, wrong)


@router.post("/{code}/close", dependencies=MANAGE)
def close(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        dropped = sent.text("outcome") == "dropped"
        supervising.close(session, ctx, code, "dropped" if dropped else "solved", sent.text("text"))
        return page.go(f"/supervision/{code}", strings("supervision.closed_done"))
    return _show(page, session, code, wrong)


def _show(page: Page, session: ReadSession, code: str, wrong: Wrong) -> Response:
    row = supervising.find(session, page.ctx, code)
    return page.show(
        session,
        "supervision/supervision.html",
        422 if wrong else 200,
        row=row,
        state=reading.state_of(row, page.ctx),
        state_names=rules.STATE_NAMES,
        event_names=rules.EVENT_NAMES,
        unit=reading.unit_names(session, [row.unit_id])[row.unit_id],
        events=reading.history(session, row),
        offers=supervising.offers(session, row),
        replies=page.ctx.actor.may(staff.REPLY) and page.ctx.actor.unit_scope is not None,
        manages=page.ctx.actor.may(staff.MANAGE),
        wrong=wrong,
    )
