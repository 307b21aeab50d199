"""What editors say of finding a point: on a page of its own, and taking or refusing wordings that use suggests."""

from datetime import datetime

from fastapi import APIRouter, Response

from admin.forms import Correcting, Sent, SentDep, Wrong
from admin.instants import instant_of
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import KbError
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.candidates.service import suggesting
from kb_service.knowledge.guiding import rules
from kb_service.knowledge.guiding.service import saying
from kb_service.knowledge.guiding.service.saying import Wanted
from kb_service.knowledge.learning import service as learning
from kb_service.knowledge.service import reading

router = APIRouter(prefix="/knowledge/{code}", include_in_schema=False)
EDIT = [requires("knowledge.edit")]


@router.get("/guidance", dependencies=[requires("knowledge.read_internal")])
def settings(page: PageDep, session: Reader, code: str) -> Response:
    return _show(page, session, code, Wrong(), {})


@router.post("/guidance", dependencies=EDIT)
def say(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        saying.say(session, ctx, code, _wanted(sent))
        return page.go(f"/knowledge/{code}/guidance", strings("guidance.saved"))
    return _show(page, session, code, wrong, sent.kept)


@router.post("/guidance/{number}/end", dependencies=EDIT)
def end(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str, number: int) -> Response:
    with Correcting(session) as wrong:
        saying.end(session, ctx, number, sent.text("reason"))
        return page.go(f"/knowledge/{code}/guidance", strings("guidance.ended"))
    return _show(page, session, code, wrong, {})


@router.post("/suggested", dependencies=EDIT)
def take(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    """One click: the wording goes into the open draft, or begins one; or it is suggested no more."""
    question = sent.text("question")
    try:
        if sent.text("way") == "refuse":
            learning.refuse_question(session, ctx, code, question)
            return page.go(f"/knowledge/{code}", strings("guidance.refused"))
        made = suggesting.accept(session, ctx, code, [question])
    except KbError as error:
        session.rollback()
        return page.go(f"/knowledge/{code}", error.detail, tone="bad")
    return page.go(f"/knowledge/{code}?version={made.number}", strings("guidance.taken"))


def _wanted(sent: Sent) -> Wanted:
    return Wanted(
        kind=sent.text("kind"),
        words=sent.text("words"),
        reason=sent.text("reason"),
        whole=sent.flag("whole"),
        factor=_number(sent.text("factor")),
        from_at=_instant(sent, "from_at"),
        until_at=_instant(sent, "until_at"),
    )


def _number(text: str) -> float:
    """What is no number lies outside of what is allowed, and is told so."""
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


def _instant(sent: Sent, name: str) -> datetime | None:
    return instant_of(sent.text(name), name, strings(f"guidance.{name}")) if sent.text(name) else None


def _show(page: Page, session: ReadSession, code: str, wrong: Wrong, kept: dict[str, str]) -> Response:
    ctx = page.ctx
    view = reading.get_version(session, ctx, code, early=True)
    every = saying.of_point(session, ctx, code, ended=True)
    return page.show(
        session,
        "knowledge/guidance_page.html",
        422 if wrong else 200,
        view=view,
        standing=[each for each in every if each.ended_at is None],
        past=[each for each in every if each.ended_at is not None],
        works=ctx.actor.may("knowledge.edit") and ctx.actor.in_scope(view.unit_id),
        kinds=[(kind, strings(f"guidance.kind_{kind}")) for kind in rules.KIND_NAMES],
        wrong=wrong,
        kept=kept,
    )
