"""Knowledge gaps: what is asked and not answered, and what becomes of it."""

from datetime import date
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import CORRECTABLE, Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.insight.gaps import rules
from kb_service.insight.gaps.service import handling
from kb_service.insight.gaps.service.handling import GapFilter, GapView

router = APIRouter(prefix="/gaps", include_in_schema=False)
reader, manager = requires_any(*handling.READ), requires(handling.MANAGE)
TONES = {"open": "warn", "task": "info", "closed": "good", "dismissed": ""}
ROWS = 20


@router.get("", dependencies=[reader])
def listed(
    page: PageDep,
    session: Reader,
    ctx: Ctx,
    state: str = "open",
    unit: str = "",
    source: str = "",
    q: str = "",
    cursor: str = "",
) -> Response:
    wanted = {"state": state, "unit": unit, "source": source, "q": q.strip()}
    found = handling.list_gaps(session, ctx, GapFilter(state, unit, source, 1, q), cursor, ROWS)
    said = {name: value for name, value in wanted.items() if value or name == "state"}
    return page.show(
        session,
        "insight/gaps.html",
        found=found,
        wanted=wanted,
        filtered=any(value for name, value in wanted.items() if name != "state"),
        by_unit=handling.by_unit(session, ctx),
        states=list(rules.STATE_NAMES.items()),
        sources=list(rules.SOURCE_NAMES.items()),
        units=choices.units(session, ctx.actor.unit_scope),
        tones=TONES,
        next_url=f"/gaps?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/gaps?{urlencode(said)}" if cursor else "",
    )


@router.get("/{number}", dependencies=[reader])
def gap(page: PageDep, session: Reader, ctx: Ctx, number: int) -> Response:
    return _show(page, session, handling.get_gap(session, ctx, number), Wrong(), {})


@router.post("/{number}", dependencies=[manager])
def decide(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, number: int) -> Response:
    way = sent.text("way")
    with Correcting(session) as wrong:
        if way == "task":
            handling.to_task(session, ctx, number, sent.text("unit"), _day(sent.text("due_day")))
        elif way == "dismiss":
            handling.dismiss(session, ctx, number, sent.text("reason"))
        elif way == "reopen":
            handling.reopen(session, ctx, number)
        else:
            raise Invalid("请选择转任务、不入库或恢复。", code="unknown_way")
        return page.go(f"/gaps/{number}", strings(f"gap.{way}_done"))
    return _show(page, session, handling.get_gap(session, ctx, number), wrong, sent.kept)


@router.post("/{number}/ask", dependencies=[manager])
def ask_again(page: PageDep, parts: RuntimeDep, ctx: Ctx, number: int) -> Response:
    try:
        found = handling.ask_again(parts, ctx, number)
    except CORRECTABLE as error:
        return page.go(f"/gaps/{number}", error.detail, tone="bad")
    said = "gap.answered" if found.answered_by else "gap.not_answered"
    return page.go(f"/gaps/{number}", strings(said, code=found.answered_by or ""))


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        detail = "日期格式不符，应如 2026-01-31"
        raise Invalid(
            f"{detail}。", code="bad_due_day", pointers=[{"pointer": "/due_day", "detail": detail}]
        ) from None


def _show(page: Page, session: ReadSession, view: GapView, wrong: Wrong, kept: dict[str, str]) -> Response:
    return page.show(
        session,
        "insight/gap.html",
        422 if wrong else 200,
        view=view,
        units=choices.units(session),
        tones=TONES,
        wrong=wrong,
        kept=kept,
    )
