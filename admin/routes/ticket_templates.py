"""Templates of replies, kept by the centre."""

from typing import Any

from fastapi import APIRouter, Response

from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import KbError
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.regulations import service as regulations
from kb_service.regulations.words import CLASS_NAMES
from kb_service.tickets.templates import rules, service
from kb_service.tickets.templates.schemas import TemplateChangeIn, TemplateIn

router = APIRouter(
    prefix="/tickets/templates", include_in_schema=False, dependencies=[requires("ticket.templates")]
)


def _list(page: Page, session: ReadSession, **values: Any) -> Response:
    shown: dict[str, Any] = {"wrong": Wrong(), "kept": {}} | values
    classes = [
        (code, CLASS_NAMES[code], service.blanks(session, code))
        for code in regulations.standing_profile(session).classes
    ]
    return page.show(
        session,
        "tickets/templates.html",
        422 if shown["wrong"] else 200,
        templates=service.standing(session),
        classes=classes,
        class_names=CLASS_NAMES,
        known=rules.KNOWN,
        **shown,
    )


@router.get("")
def templates(page: PageDep, session: Reader) -> Response:
    return _list(page, session)


@router.post("")
def add(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        said = {name: sent.text(name) for name in ("class", "name", "text")}
        service.add(session, ctx, TemplateIn.model_validate(said))
        return page.go("/tickets/templates", strings("work.template_saved"))
    return _list(page, session, wrong=wrong, kept=sent.kept)


@router.get("/{code}")
def template(page: PageDep, session: Reader, code: str) -> Response:
    return _one(page, session, code)


def _one(page: Page, session: ReadSession, code: str, **values: Any) -> Response:
    shown: dict[str, Any] = {"wrong": Wrong(), "kept": {}} | values
    found = service.versions(session, code)
    return page.show(
        session,
        "tickets/template.html",
        422 if shown["wrong"] else 200,
        versions=found,
        newest=found[0],
        class_name=CLASS_NAMES[found[0].request_class],
        needed=service.blanks(session, found[0].request_class),
        known=rules.KNOWN,
        **shown,
    )


@router.post("/{code}")
def change(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    with Correcting(session) as wrong:
        version = sent.text("version")
        data = TemplateChangeIn(
            version=int(version) if version.isdigit() else 0, name=sent.text("name"), text=sent.text("text")
        )
        service.change(session, ctx, code, data)
        return page.go(f"/tickets/templates/{code}", strings("work.template_saved"))
    return _one(page, session, code, wrong=wrong, kept=sent.kept)


@router.post("/{code}/retire")
def retire(page: PageDep, session: Writer, ctx: Ctx, code: str) -> Response:
    try:
        service.retire(session, ctx, code)
    except KbError as error:
        return page.go("/tickets/templates", error.detail, tone="bad")
    return page.go("/tickets/templates", strings("work.template_retired"))
