"""Writing knowledge: forms of drafts, submitting, giving up, restoring, withdrawing."""

from typing import Any

from fastapi import APIRouter, Response

from admin import choices, merge_form, point_form
from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import Conflict, Invalid
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.reviewing import remarks
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service import drafts, filing, reading, release
from kb_service.knowledge.service.views import VersionView

router = APIRouter(prefix="/knowledge", include_in_schema=False)


@router.post("/new", dependencies=[requires("knowledge.edit")])
def create(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    type_ = sent.text("type")
    if type_ not in point_form.INPUTS:
        raise Invalid("没有这种知识类型。", code="unknown_type")
    with Correcting(session) as wrong:
        draft = point_form.draft_from(sent, type_, complete=sent.flag("submit"))
        made = drafts.create_draft(session, ctx, sent.text("unit"), draft)
        return _saved(page, session, ctx, made, submit=sent.flag("submit"))
    values = point_form.blank(type_, "") | sent.kept
    return _form(page, session, ctx, type_, values, wrong, roles=sent.many("roles"))


@router.get("/{code}/{number}/edit", dependencies=[requires("knowledge.edit")])
def edit_form(page: PageDep, session: Reader, ctx: Ctx, code: str, number: int) -> Response:
    view = reading.get_version(session, ctx, code, number)
    if view.status != Status.DRAFT:
        raise Conflict(f"该版本现为“{view.status_name}”，内容不能再改，可新建下一版。", code="not_a_draft")
    values = point_form.values_of(view.draft(), view.unit_code)
    return _form(page, session, ctx, view.type, values, Wrong(), view=view, roles=view.roles)


@router.post("/{code}/{number}/edit", dependencies=[requires("knowledge.edit")])
def edit(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str, number: int) -> Response:
    sent = merge_form.decided(sent)
    view = reading.get_version(session, ctx, code, number)
    lock = int(sent.text("lock")) if sent.text("lock").isdigit() else -1
    with Correcting(session) as wrong:
        draft = point_form.draft_from(sent, view.type, complete=sent.flag("submit"))
        if sent.flag("remarks"):
            ticked = ["" if field == "*" else field for field in sent.many("remark_done")]
            remarks.tick_all(session, ctx, code, number, ticked)
        made = drafts.edit_draft(session, ctx, code, number, draft, lock=lock)
        return _saved(page, session, ctx, made, submit=sent.flag("submit"))
    if wrong.code == "edit_conflict":
        return _merge(page, session, ctx, view, wrong.extra)
    values = point_form.values_of(view.draft(), view.unit_code) | sent.kept
    return _form(page, session, ctx, view.type, values, wrong, view=view, roles=sent.many("roles"))


def _saved(page: PageDep, session: Writer, ctx: Ctx, made: VersionView, *, submit: bool) -> Response:
    """Submitting in the same step: what is incomplete is then not saved either, but stays in the form."""
    where = f"/knowledge/{made.code}?version={made.number}"
    if not submit:
        return page.go(where, strings("knowledge.saved", title=made.title))
    filed = filing.submit(session, ctx, made.code, made.number)
    return page.go(where, strings("knowledge.submitted", status=filed.status_name))


def _form(
    page: PageDep,
    session: ReadSession,
    ctx: Ctx,
    type_: str,
    values: dict[str, str],
    wrong: Wrong,
    *,
    view: VersionView | None = None,
    roles: list[str],
) -> Response:
    return page.show(
        session,
        "knowledge/form.html",
        422 if wrong else 200,
        **choices.point_form(session, ctx, type_, values, wrong=wrong, view=view, roles=roles),
    )


def _merge(
    page: PageDep, session: ReadSession, ctx: Ctx, view: VersionView, extra: dict[str, Any]
) -> Response:
    """What was typed here beside what somebody else has saved meanwhile: nothing of either is lost."""
    found = merge_form.fields_of(extra)
    shown = choices.point_form(session, ctx, view.type, {"unit": view.unit_code}, view=view)
    return page.show(
        session,
        "knowledge/merge.html",
        409,
        view=view,
        lock=extra["lock"],
        merged=found,
        hidden=merge_form.hidden(extra, found),
        words=merge_form.words_of(shown),
    )


@router.post("/{code}/next", dependencies=[requires("knowledge.edit")])
def next_version(page: PageDep, session: Writer, ctx: Ctx, code: str) -> Response:
    made = drafts.next_draft(session, ctx, code)
    return page.go(f"/knowledge/{code}/{made.number}/edit")


@router.post("/{code}/{number}/submit", dependencies=[requires("knowledge.edit")])
def submit(page: PageDep, session: Writer, ctx: Ctx, code: str, number: int) -> Response:
    """An incomplete draft leads back to its form, where each place is told."""
    with Correcting(session) as wrong:
        filed = filing.submit(session, ctx, code, number)
        where = f"/knowledge/{code}?version={number}"
        return page.go(where, strings("knowledge.submitted", status=filed.status_name))
    view = reading.get_version(session, ctx, code, number)
    values = point_form.values_of(view.draft(), view.unit_code)
    return _form(page, session, ctx, view.type, values, wrong, view=view, roles=view.roles)


@router.post("/{code}/{number}/discard", dependencies=[requires("knowledge.edit")])
def discard(page: PageDep, session: Writer, ctx: Ctx, code: str, number: int) -> Response:
    drafts.discard(session, ctx, code, number)
    words = strings("knowledge.discarded", number=number)
    return page.go(f"/knowledge/{code}?version={number}", words, undo=f"/knowledge/{code}/{number}/restore")


@router.post("/{code}/{number}/restore", dependencies=[requires("knowledge.edit")])
def restore(page: PageDep, session: Writer, ctx: Ctx, code: str, number: int) -> Response:
    made = drafts.restore(session, ctx, code, number)
    words = strings("knowledge.restored", old=number, new=made.number)
    return page.go(f"/knowledge/{code}/{made.number}/edit", words)


@router.post("/{code}/withdraw", dependencies=[requires("knowledge.read_internal")])
def withdraw(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str) -> Response:
    numbers = release.withdraw(session, ctx, code, sent.text("reason"))
    shown = "、".join(str(number) for number in numbers)
    return page.go(f"/knowledge/{code}?version={numbers[0]}", strings("knowledge.withdrawn", numbers=shown))
