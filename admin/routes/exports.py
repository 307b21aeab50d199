"""Leave to take knowledge out: asking for it, the units' and the centre's word, files, who took what."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, Sent, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.clock import CITY, day_start, local_day
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.knowledge.content import AUDIENCES
from kb_service.knowledge.exports import rules
from kb_service.knowledge.exports.api import send
from kb_service.knowledge.exports.rules import Format
from kb_service.knowledge.exports.service import authorising, taking
from kb_service.knowledge.exports.service.authorising import Wanted

router = APIRouter(prefix="/exports", include_in_schema=False)
SEE = [requires_any("export.request", "export.grant", "export.consent", "audit.read")]
ASK = [requires("export.request")]
ROWS = 20


@router.get("", dependencies=SEE)
def listed(page: PageDep, session: Reader, cursor: str = "") -> Response:
    return _list(page, session, Wrong(), {}, cursor=cursor)


@router.post("", dependencies=ASK)
def ask(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        row = authorising.ask(session, ctx, _wanted(sent))
        return page.go(f"/exports/{row.code}", strings("export.asked_done"))
    return _list(page, session, wrong, sent.kept, chosen=sent)


def _wanted(sent: Sent) -> Wanted:
    """Days of a form: from the first one's beginning to the last one's end."""
    return Wanted(
        units=sent.many("units"),
        purpose=sent.text("purpose"),
        recipient=sent.text("recipient"),
        valid_from=_day(sent, "valid_from"),
        valid_to=_day(sent, "valid_to") + timedelta(days=1),
        categories=sent.many("categories"),
        types=sent.many("types"),
        audiences=sent.many("audiences"),
    )


def _day(sent: Sent, name: str) -> datetime:
    try:
        day = datetime.fromisoformat(sent.text(name)).replace(tzinfo=CITY)
    except ValueError:
        raise Invalid(
            "请填写日期。", code="incomplete", pointers=[{"pointer": f"/{name}", "detail": "请填写日期"}]
        ) from None
    return day_start(day.date())


@router.post("/own", dependencies=ASK)
def own(ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    """The points of the person's own unit."""
    return send(taking.take(parts, ctx, _format(sent)))


@router.get("/{code}", dependencies=SEE)
def authorisation(page: PageDep, session: Reader, code: str) -> Response:
    return _show(page, session, code, Wrong())


@router.post("/{code}/decide", dependencies=[requires("export.grant")])
def decide(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        authorising.decide(session, ctx, code, grant=sent.text("decision") == "grant", note=sent.text("note"))
        return page.go(f"/exports/{code}", strings("export.decided_done"))
    return _show(page, session, code, wrong)


@router.post("/{code}/consent", dependencies=[requires("export.consent")])
def consent(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        authorising.consent(
            session, ctx, code, grant=sent.text("decision") == "grant", note=sent.text("note")
        )
        return page.go(f"/exports/{code}", strings("export.decided_done"))
    return _show(page, session, code, wrong)


@router.post("/{code}/revoke", dependencies=SEE)
def revoke(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        authorising.revoke(session, ctx, code, sent.text("reason"))
        return page.go(f"/exports/{code}", strings("export.revoked_done"))
    return _show(page, session, code, wrong)


@router.post("/{code}/file", dependencies=ASK)
def take(ctx: Ctx, parts: RuntimeDep, sent: SentDep, code: str) -> Response:
    return send(taking.take(parts, ctx, _format(sent), authorisation=code))


def _format(sent: Sent) -> Format:
    known: dict[str, Format] = {"csv": "csv", "xlsx": "xlsx", "jsonl": "jsonl"}
    found = known.get(sent.text("format"))
    if found is None:
        raise Invalid("请选择文件格式。", code="unknown_format")
    return found


def _list(
    page: Page,
    session: ReadSession,
    wrong: Wrong,
    kept: dict[str, str],
    *,
    cursor: str = "",
    chosen: Sent | None = None,
) -> Response:
    ctx = page.ctx
    found = authorising.listed(session, ctx, cursor=cursor, limit=ROWS)
    today = local_day(ctx.now)
    shown: dict[str, Any] = {
        "found": found,
        "taken": taking.register(session, ctx, limit=ROWS).items,
        "bases": rules.BASES,
        "formats": rules.FORMATS,
        "wrong": wrong,
        "kept": {"valid_from": str(today), "valid_to": str(today + timedelta(days=30))} | kept,
        "chosen": {name: chosen.many(name) if chosen else [] for name in ("units", "categories", "types")},
        "chosen_audiences": chosen.many("audiences") if chosen else ["public"],
        "units": choices.units(session),
        "categories": choices.categories(session),
        "types": choices.types(),
        "audiences": [(each, AUDIENCES[each]) for each in rules.AUDIENCES],
        "next_url": f"/exports?cursor={found.next}" if found.next else "",
        "first_url": "/exports" if cursor else "",
    }
    return page.show(session, "exports/list.html", 422 if wrong else 200, **shown)


def _show(page: Page, session: ReadSession, code: str, wrong: Wrong) -> Response:
    ctx = page.ctx
    view = authorising.view(session, ctx, code)
    grant = next((each for each in view.grants if each.unit_id == ctx.actor.unit_id), None)
    undecided = view.state == "asked"
    paths = dict(choices.categories(session))
    shown: dict[str, Any] = {
        "view": view,
        "row": view.row,
        "wrong": wrong,
        "decisions": rules.DECISIONS,
        "formats": rules.FORMATS,
        "types": dict(choices.types()),
        "paths": paths,
        "audiences": AUDIENCES,
        "grants_now": undecided
        and ctx.actor.may("export.grant")
        and grant is not None
        and not grant.decision,
        "consents_now": undecided and ctx.actor.may("export.consent") and not view.row.consent,
        "takes_now": view.state == "in_force" and view.row.requester_id == ctx.actor.account_id,
        "revokes_now": view.state in ("asked", "early", "in_force"),
        "taken": taking.register(session, ctx, authorisation=code, limit=ROWS).items,
        "bases": rules.BASES,
    }
    return page.show(session, "exports/authorisation.html", 422 if wrong else 200, **shown)
