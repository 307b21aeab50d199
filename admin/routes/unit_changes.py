"""Units renamed, merged and split: filled in, previewed, confirmed."""

from typing import Any

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, Sent, SentDep
from admin.instants import instant_of
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import KbError
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import requires
from kb_service.knowledge.reorganising import planning, service
from kb_service.knowledge.reorganising.schemas import Merge, Rename, Split

router = APIRouter(prefix="/units/changes", include_in_schema=False)
MANAGE = [requires("identity.manage")]


@router.get("", dependencies=MANAGE)
def show(page: PageDep, session: Reader, kind: str = "merge") -> Response:
    return _show(page, session, kept={"kind": kind if kind in service.KIND_NAMES else "merge"})


def _show(page: Page, session: ReadSession, **values: Any) -> Response:
    shown = {"wrong": None, "kept": {}, "preview": None} | values
    return page.show(
        session,
        "people/changes.html",
        422 if shown["wrong"] else 200,
        changes=service.changes(session),
        units=choices.units(session),
        **shown,
    )


@router.post("/preview", dependencies=MANAGE)
def preview(page: PageDep, session: Writer, sent: SentDep) -> Response:
    """Shows what would happen; nothing is written."""
    with Correcting(session) as wrong:
        found = planning.preview(session, page.ctx, _plan(sent))
        return _show(page, session, preview=found, kept=sent.kept)
    return _show(page, session, wrong=wrong, kept=sent.kept)


@router.post("", dependencies=MANAGE)
def make(page: PageDep, session: Writer, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        at = sent.text("effective_at")
        change = service.make_change(
            session,
            page.ctx,
            _plan(sent),
            reason=sent.text("reason"),
            effective_at=instant_of(at, "effective_at", strings("people.change_at")) if at else None,
            fingerprint=sent.text("fingerprint"),
        )
        told = "people.change_done" if change.status == "applied" else "people.change_planned"
        return page.go(f"/units/changes#c-{change.id}", strings(told))
    return _show(page, session, wrong=wrong, kept=sent.kept)


@router.post("/{number}/cancel", dependencies=MANAGE)
def cancel(page: PageDep, session: Writer, number: int) -> Response:
    try:
        service.cancel(session, page.ctx, number)
    except KbError as error:
        return page.go("/units/changes", error.detail, tone="bad")
    return page.go("/units/changes", strings("people.change_cancelled"))


def _plan(sent: Sent) -> Rename | Merge | Split:
    kind = sent.text("kind")
    if kind == "rename":
        return Rename(unit=sent.text("unit"), name=sent.text("name"), short_name=sent.text("short_name"))
    if kind == "merge":
        return Merge(units=_list(sent, "units"), into=sent.text("into"))
    part = {name: _list(sent, name) for name in ("categories", "matters", "points", "accounts", "came_by")}
    return Split.model_validate(
        {
            "unit": sent.text("unit"),
            "parts": [{"to": sent.text("to"), **part}],
            "rest": sent.text("rest") or None,
        }
    )


def _list(sent: Sent, name: str) -> list[str]:
    text = sent.text(name)
    for mark in "，、；;\n":
        text = text.replace(mark, ",")
    return [each.strip() for each in text.split(",") if each.strip()]
