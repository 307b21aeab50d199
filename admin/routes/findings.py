"""What the nightly checks found: the queue, one finding with both sides, and how each check is wanted."""

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.checks import rules
from kb_service.knowledge.checks.rules import CHECKS, OPENS_NAMES, SEVERITY_NAMES, STATE_NAMES, State
from kb_service.knowledge.checks.service import findings, ruling
from kb_service.knowledge.checks.service.findings import FindingFilter, FindingView, WhichSide

router = APIRouter(prefix="/findings", include_in_schema=False)
checker = requires(findings.PERMISSION)
ROWS = 20
TONES: Final = {"high": "bad", "medium": "warn", "low": ""}


@router.get("", dependencies=[checker])
def queue(
    page: PageDep, session: Reader, ctx: Ctx, state: str = State.OPEN, check: str = "", severity: str = "",
    unit: str = "", code: str = "", cursor: str = "",
) -> Response:  # fmt: skip
    wanted = {"state": state, "check": check, "severity": severity, "unit": unit, "code": code.strip()}
    found = findings.list_findings(session, ctx, FindingFilter(**wanted), cursor=cursor, limit=ROWS)
    said = {name: value for name, value in wanted.items() if value or name == "state"}
    return page.show(
        session,
        "findings/queue.html",
        found=found,
        wanted=wanted,
        filtered=any(value for name, value in wanted.items() if name != "state"),
        overview=findings.overview(session, ctx),
        checks=[(each.id, each.name) for each in CHECKS.values()],
        severities=list(SEVERITY_NAMES.items()),
        states=[(str(each), name) for each, name in STATE_NAMES.items()],
        units=choices.units(session, ctx.actor.unit_scope),
        tones=TONES,
        may_set=ctx.actor.may("catalogue.manage"),
        next_url=f"/findings?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/findings?{urlencode(said)}" if cursor else "",
    )


@router.get("/checks", dependencies=[checker])
def checks(page: PageDep, session: Reader, ctx: Ctx) -> Response:
    return page.show(
        session,
        "findings/checks.html",
        standing=ruling.standing(session, ctx),
        opens=list(OPENS_NAMES.items()),
        severities=SEVERITY_NAMES,
        tones=TONES,
        may_set=ctx.actor.may("catalogue.manage"),
    )


@router.post("/checks/{check_id}", dependencies=[requires("catalogue.manage")])
def set_check(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, check_id: str) -> Response:
    opens: rules.Opens = "task" if sent.text("opens") == "task" else "nothing"
    saved = ruling.set_check(session, ctx, check_id, runs=sent.text("runs") == "yes", opens=opens)
    return page.go("/findings/checks", strings("finding.set", name=saved.name))


@router.get("/{number}", dependencies=[checker])
def finding(page: PageDep, session: Reader, ctx: Ctx, number: int) -> Response:
    return _show(page, session, findings.get_finding(session, ctx, number), Wrong())


@router.post("/{number}", dependencies=[checker])
def decide(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, number: int) -> Response:
    """One form with a button for each way; then back to the queue."""
    way, side = sent.text("way"), _side(sent.text("side"))
    with Correcting(session) as wrong:
        if way == "task":
            done = findings.to_task(session, ctx, number, side)
        elif way == "correction":
            done = findings.to_correction(session, ctx, number, side)
        elif way == "dismiss":
            done = findings.dismiss(session, ctx, number, sent.text("reason"))
        elif way == "reopen":
            done = findings.reopen(session, ctx, number)
        else:
            raise Invalid("请选择转任务、转纠错或忽略。", code="unknown_way")
        words = strings(f"finding.{way}_done", name=done.check_name)
        return page.go(f"/findings/{number}" if way == "reopen" else "/findings", words)
    return _show(page, session, findings.get_finding(session, ctx, number), wrong, 422, sent.text("reason"))


def _side(text: str) -> WhichSide:
    return 1 if text == "1" else 0


def _show(
    page: Page, session: ReadSession, view: FindingView, wrong: Wrong, status: int = 200, reason: str = ""
) -> Response:
    return page.show(
        session,
        "findings/finding.html",
        status,
        view=view,
        wrong=wrong,
        reason=reason,
        link=_link(view.handed_to),
        tones=TONES,
    )


def _link(handed_to: str) -> str:
    """Where one can see what became of a finding that was handed over."""
    kind, _, code = handed_to.partition(":")
    return f"/corrections/{code}" if kind == "correction" else ""
