"""Candidates: telling that nothing was found, the queues of units and the centre, one with what may be done."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, Sent, SentDep, Wrong
from admin.rendering import Page, PageDep, safe_next, strings
from kb_service.core import personal
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid, Pointer
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.candidates import rules
from kb_service.knowledge.candidates.model import Candidate
from kb_service.knowledge.candidates.service import (
    confirming,
    placing,
    reading,
    records,
    reporting,
)
from kb_service.knowledge.content import AUDIENCES, PointDraft
from kb_service.knowledge.service import catalogue

router = APIRouter(prefix="/candidates", include_in_schema=False)
READ = [requires("knowledge.read_internal")]
EDIT = [requires("knowledge.edit")]
ROWS = 20


@router.get("", dependencies=READ)
def queue(
    page: PageDep, session: Reader, ctx: Ctx, stage: str | None = None, unit: str = "", cursor: str = ""
) -> Response:
    """Without a stage, what the person has to do comes first."""
    first = (
        "centre" if ctx.actor.may(records.MANAGE) else "unit" if ctx.actor.may("knowledge.edit") else "mine"
    )
    shown = stage if stage in reading.STAGES else first
    found = reading.queue(session, ctx, stage=shown, unit=unit, cursor=cursor, limit=ROWS)
    said = {"stage": shown} | ({"unit": unit} if unit else {})
    return page.show(
        session,
        "candidates/queue.html",
        found=found,
        stage=shown,
        stages=reading.STAGES,
        counts=reading.counts(session, ctx),
        unit=unit,
        units=choices.units(session, ctx.actor.unit_scope),
        next_url=f"/candidates?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/candidates?{urlencode(said)}" if cursor else "",
    )


@router.post("/report", dependencies=READ)
def report(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    """One key is enough; the answer the agent gave by themselves may come along."""
    made = reporting.report_miss(
        session,
        ctx,
        parts.engine,
        sent.text("q"),
        answer=sent.text("answer"),
        unit=sent.text("unit") or None,
    )
    words = strings("candidate.reported", code=made.code)
    return page.say(words) if page.partial else page.go(safe_next(sent.text("next") or "/desk"), words)


@router.get("/{code}", dependencies=READ)
def candidate(page: PageDep, session: Reader, code: str) -> Response:
    return _show(page, session, code, Wrong())


@router.post("/{code}/confirm", dependencies=EDIT)
def confirm(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    submit = sent.flag("submit")
    with Correcting(session) as wrong:
        draft = _draft(sent)
        made = confirming.confirm(
            session, ctx, code, draft, keep_contacts=sent.flag("keep_contacts"), submit=submit
        )
        words = strings("candidate.confirmed_done", status=made.status_name)
        where = f"/knowledge/{made.code}?version={made.number}"
        return page.go(where if submit else f"/knowledge/{made.code}/{made.number}/edit", words)
    return _show(page, session, code, wrong, sent.kept)


def _draft(sent: Sent) -> PointDraft:
    needed = ("title", "content.answer", "category")
    missing: list[Pointer] = [
        {"pointer": f"/{name.replace('.', '/')}", "detail": "请填写"}
        for name in needed
        if not sent.text(name)
    ]
    if missing:
        raise Invalid("请补齐后再确认。", code="incomplete", pointers=missing)
    title = sent.text("title")
    content = {
        "type": "faq",
        "question": title,
        "answer": sent.text("content.answer"),
        "similar_questions": [each for each in sent.lines("content.similar_questions") if each != title],
    }
    return PointDraft.model_validate(
        {
            "title": title[:128],
            "content": content,
            "category": sent.text("category"),
            "audience": sent.text("audience") or "public",
            "source": sent.text("source"),
        }
    )


@router.post("/{code}/merge", dependencies=EDIT)
def merge(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        made = confirming.merge(session, ctx, code, sent.text("point"), sent.text("question"))
        return page.go(f"/knowledge/{made.code}/{made.number}/edit", strings("candidate.merged_done"))
    return _show(page, session, code, wrong, sent.kept)


@router.post("/{code}/reject", dependencies=EDIT)
def reject(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        confirming.reject(session, ctx, code, sent.text("reason"))
        return page.go("/candidates?stage=unit", strings("candidate.rejected_done"))
    return _show(page, session, code, wrong, sent.kept)


@router.post("/{code}/hand-on", dependencies=EDIT)
def hand_on(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        placing.hand_on(session, ctx, code, sent.text("unit"), sent.text("hand_reason"))
        return page.go("/candidates?stage=unit", strings("candidate.handed_done"))
    return _show(page, session, code, wrong, sent.kept)


@router.post("/{code}/designate", dependencies=[requires("candidate.manage")])
def designate(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        placing.designate(session, ctx, code, sent.text("unit"), sent.text("hand_reason"))
        return page.go("/candidates?stage=centre", strings("candidate.designated_done"))
    return _show(page, session, code, wrong, sent.kept)


def _show(
    page: Page, session: ReadSession, code: str, wrong: Wrong, kept: dict[str, str] | None = None
) -> Response:
    ctx = page.ctx
    found = reading.detail(session, ctx, code, page.parts.engine)
    row = found.view.row
    shown: dict[str, Any] = {
        "found": found,
        "view": found.view,
        "row": row,
        "wrong": wrong,
        "kept": _blank(found, row) | (kept or {}),
        "ways": rules.WAYS,
        "masked_names": personal.KIND_NAMES,
        "places": ctx.actor.may(records.MANAGE) and row.closed_at is None,
        "own_near": [
            (each.code, f"{each.code} {each.title}") for each in found.near if each.unit_id == row.unit_id
        ],
        "held": [(each.code, each.path) for each in catalogue.leaves_of(session, found.view.unit_code)]
        if found.decides
        else [],
        "units": choices.units(session),
        "audiences": [(each, AUDIENCES[each]) for each in ("public", "agents")],
    }
    return page.show(session, "candidates/candidate.html", 422 if wrong else 200, **shown)


def _blank(found: reading.Detail, row: Candidate) -> dict[str, str]:
    """What the form begins with: the collected words, and the wordings as similar questions."""
    others = [each.text for each in found.wordings if each.text != row.question]
    near = next((each.category_code for each in found.near if each.unit_id == row.unit_id), "")
    return {
        "title": row.question[:128],
        "content.answer": row.answer,
        "content.similar_questions": "\n".join(others),
        "category": near,
        "audience": "public",
        "source": found.view.unit_name,
    }
