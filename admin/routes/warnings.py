"""Risk warnings: the queue, one with its evidence and what was done, and from what number on each warns."""

from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import CORRECTABLE, Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.insight.warnings import rules
from kb_service.insight.warnings.service import watching
from kb_service.insight.warnings.service.watching import WarningFilter, WarningView

router = APIRouter(prefix="/warnings", include_in_schema=False)
reader = requires(watching.READ)
TONES = {"high": "bad", "medium": "warn"}
ROWS = 20


@router.get("", dependencies=[reader])
def queue(
    page: PageDep,
    session: Reader,
    ctx: Ctx,
    state: str = "open",
    rule: str = "",
    level: str = "",
    unit: str = "",
    region: str = "",
    cursor: str = "",
) -> Response:
    wanted = {"state": state, "rule": rule, "level": level, "unit": unit, "region": region}
    found = watching.list_warnings(session, ctx, WarningFilter(**wanted), cursor, ROWS)
    said = {name: value for name, value in wanted.items() if value or name == "state"}
    return page.show(
        session,
        "insight/warnings.html",
        found=found,
        wanted=wanted,
        filtered=any(value for name, value in wanted.items() if name != "state"),
        kinds=[(each.id, each.name) for each in rules.KINDS.values()],
        levels=list(rules.LEVEL_NAMES.items()),
        states=list(rules.STATE_NAMES.items()),
        units=choices.units(session, ctx.actor.unit_scope),
        regions=choices.regions(session),
        tones=TONES,
        may_set=ctx.actor.may(watching.MANAGE),
        next_url=f"/warnings?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/warnings?{urlencode(said)}" if cursor else "",
    )


@router.get("/rules", dependencies=[reader])
def standing_rules(page: PageDep, session: Reader, ctx: Ctx) -> Response:
    return page.show(
        session,
        "insight/warning_rules.html",
        found=watching.standing_rules(session, ctx),
        may_set=ctx.actor.may(watching.MANAGE),
    )


@router.post("/rules/{kind}", dependencies=[requires(watching.MANAGE)])
def set_rule(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, kind: str) -> Response:
    number = sent.text("at_least")
    try:
        at_least = int(number) if number.isdigit() else 0
        watching.set_rule(session, ctx, kind, runs=sent.text("runs") == "yes", at_least=at_least)
    except CORRECTABLE as error:
        session.rollback()
        return page.go("/warnings/rules", error.detail, tone="bad")
    return page.go("/warnings/rules", strings("warning.set", name=rules.KINDS[kind].name))


@router.get("/{number}", dependencies=[reader])
def warning(page: PageDep, session: Reader, ctx: Ctx, number: int) -> Response:
    return _show(page, session, watching.get_warning(session, ctx, number), Wrong())


@router.post("/{number}", dependencies=[requires(watching.HANDLE)])
def handle(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, number: int) -> Response:
    with Correcting(session) as wrong:
        watching.handle(session, ctx, number, sent.text("done"))
        return page.go("/warnings", strings("warning.handled"))
    return _show(page, session, watching.get_warning(session, ctx, number), wrong, sent.text("done"))


def _show(page: Page, session: ReadSession, view: WarningView, wrong: Wrong, done: str = "") -> Response:
    return page.show(
        session,
        "insight/warning.html",
        422 if wrong else 200,
        view=view,
        kind=rules.KINDS[view.rule],
        tones=TONES,
        wrong=wrong,
        done=done,
    )
