"""Corrections: reporting in one step, the centre's and the units' queues, one with what may be done about it."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, safe_next, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.corrections import rules
from kb_service.knowledge.corrections.rules import Grade, Hold, Way
from kb_service.knowledge.corrections.service import (
    correcting,
    overdue,
    reading,
    records,
    reporting,
    verifying,
)
from kb_service.knowledge.corrections.service.reporting import Said
from kb_service.knowledge.service import reading as points
from kb_service.regulations import service as regulations
from kb_service.regulations.knowledge_rules import knowledge_rules
from kb_service.tickets.recalls import service as recalls

router = APIRouter(prefix="/corrections", include_in_schema=False)
READ = [requires("knowledge.read_internal")]
ROWS = 20
STAGES = ("verify", "correct", "", "closed", "mine")


@router.get("", dependencies=READ)
def queue(
    page: PageDep, session: Reader, ctx: Ctx, stage: str | None = None, unit: str = "", cursor: str = ""
) -> Response:
    """Without a stage, what the person has to do comes first."""
    shown = stage if stage in STAGES else ("verify" if ctx.actor.may(records.VERIFY) else "correct")
    if stage is None and not ctx.actor.may(records.VERIFY) and not ctx.actor.may("knowledge.edit"):
        shown = "mine"
    found = reading.queue(session, ctx, stage=shown, unit=unit, cursor=cursor, limit=ROWS)
    said = {"stage": shown} | ({"unit": unit} if unit else {})
    return page.show(
        session,
        "corrections/queue.html",
        found=found,
        stage=shown,
        unit=unit,
        stages=STAGES,
        counts=reading.counts(session, ctx),
        units=choices.units(session, ctx.actor.unit_scope),
        next_url=f"/corrections?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/corrections?{urlencode(said)}" if cursor else "",
    )


@router.post("/report", dependencies=READ)
def report(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    """One key is enough: the rest of the form may stay empty. A mistaken report is taken back from the message."""
    number = sent.text("version")
    said = Said(
        kind=sent.text("kind") or "wrong",
        remark=sent.text("remark"),
        serious=sent.flag("serious"),
        number=int(number) if number.isdigit() else None,
        evidence={"question": sent.text("q")} if sent.text("q") else {},
    )
    done = reporting.report(session, ctx, sent.text("code"), said, way=_way(ctx))
    words = strings("correction.reported", title=done.correction.title)
    undo = f"/corrections/reports/{done.report.id}/undo"
    if page.partial:
        return page.say(words, undo)
    return page.go(safe_next(sent.text("next") or f"/knowledge/{sent.text('code')}"), words, undo)


def _way(ctx: Ctx) -> Way:
    """Who verifies audits; who answers reports as an agent; others as a unit."""
    if ctx.actor.may(records.VERIFY):
        return "audit"
    return "agent" if ctx.actor.may("decision.make") else "unit"


@router.post("/reports/{report_id}/undo", dependencies=READ)
def undo(page: PageDep, session: Writer, ctx: Ctx, report_id: int) -> Response:
    correction = reporting.retract(session, ctx, report_id)
    words = strings("correction.taken_back")
    return page.say(words) if page.partial else page.go(f"/knowledge/{correction.point_code}", words)


@router.get("/{code}", dependencies=READ)
def correction(page: PageDep, session: Reader, code: str) -> Response:
    return _show(page, session, code, Wrong())


@router.post("/{code}/verify", dependencies=[requires("correction.verify")])
def verify(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        finding = sent.text("finding")
        if sent.text("decision") == "reject":
            verifying.reject(session, ctx, code, finding)
            return page.go("/corrections", strings("correction.rejected_done"))
        grade: Grade = "serious" if sent.text("grade") == "serious" else "general"
        done = verifying.confirm(session, ctx, code, grade, finding, hold=_hold(sent.text("hold")))
        return page.go(
            f"/corrections/{code}", strings("correction.confirmed_done", unit=_unit(session, ctx, done.code))
        )
    return _show(page, session, code, wrong, sent.kept)


def _unit(session: ReadSession, ctx: Ctx, code: str) -> str:
    return reading.detail(session, ctx, code).view.unit_name


def _hold(text: str) -> Hold | None:
    known: dict[str, Hold] = {"none": "none", "warn": "warn", "suspend": "suspend"}
    return known.get(text)


@router.post("/{code}/hold", dependencies=[requires("correction.verify")])
def hold(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        wanted = _hold(sent.text("hold"))
        if wanted is None:
            raise Invalid("请选择改正以前怎样使用。", code="hold_required")
        verifying.set_hold(session, ctx, code, wanted, sent.text("reason"))
        return page.go(f"/corrections/{code}", strings("correction.hold_done", hold=rules.HOLDS[wanted]))
    return _show(page, session, code, wrong, sent.kept)


@router.post("/{code}/objection/decide", dependencies=[requires("correction.verify")])
def decide(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        upheld = sent.text("decision") == "uphold"
        verifying.decide_objection(session, ctx, code, upheld=upheld, finding=sent.text("finding"))
        return page.go(f"/corrections/{code}", strings("correction.objection_done"))
    return _show(page, session, code, wrong, sent.kept)


@router.post("/{code}/begin", dependencies=[requires("knowledge.edit")])
def begin(page: PageDep, session: Writer, ctx: Ctx, code: str) -> Response:
    """Straight into the draft that puts it right."""
    view = correcting.begin(session, ctx, code)
    if view.status == "draft":
        return page.go(f"/knowledge/{view.code}/{view.number}/edit", strings("correction.begun"))
    return page.go(
        f"/knowledge/{view.code}?version={view.number}", strings("correction.linked", number=view.number)
    )


@router.post("/{code}/objection", dependencies=[requires("knowledge.edit")])
def objection(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        correcting.object_to(session, ctx, code, sent.text("reason"))
        return page.go(f"/corrections/{code}", strings("correction.objected_done"))
    return _show(page, session, code, wrong, sent.kept)


@router.post("/{code}/supervise", dependencies=[requires("supervision.manage")])
def supervise(page: PageDep, session: Writer, ctx: Ctx, code: str) -> Response:
    """A person decides that a late correction is supervised."""
    opened = overdue.supervise(session, ctx, code)
    return page.go(f"/supervision/{opened.code}", strings("supervision.opened_done"))


@router.post("/{code}/recall", dependencies=[requires("recall.manage")])
def recall(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        opened = recalls.open_recall(session, ctx, code, sent.text("message"))
        return page.go(f"/recalls/{opened.code}", strings("recall.opened"))
    return _show(page, session, code, wrong, sent.kept)


def _show(
    page: Page, session: ReadSession, code: str, wrong: Wrong, kept: dict[str, str] | None = None
) -> Response:
    ctx = page.ctx
    found = reading.detail(session, ctx, code)
    row = found.view.row
    # Who works for all units repairs on the point's own page; the unit answers here.
    own = ctx.actor.unit_scope is not None or ctx.actor.unit_id == row.unit_id
    mine = ctx.actor.may("knowledge.edit") and ctx.actor.in_scope(row.unit_id) and own
    shown: dict[str, Any] = {
        "found": found,
        "view": found.view,
        "row": row,
        "wrong": wrong,
        "kept": kept or {},
        "point": points.one_view(session, ctx.now, row.point_code, row.number),
        "verifies": ctx.actor.may(records.VERIFY),
        "mine": mine,
        "grades": list(rules.GRADES.items()),
        "holds": list(rules.HOLDS.items()),
        "ways": rules.WAYS,
        "periods": knowledge_rules(regulations.standing_profile(session)).correction,
        "recall": recalls.of_correction(session, code),
    }
    return page.show(session, "corrections/correction.html", 422 if wrong else 200, **shown)
