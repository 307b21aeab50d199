"""The reviewer's queue, and a version against what is live."""

from dataclasses import replace
from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, SentDep, Wrong
from admin.navigation import REVIEWS
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires_any
from kb_service.knowledge import rules
from kb_service.knowledge.reviewing import remarks as remarks_before
from kb_service.knowledge.reviewing import sharing
from kb_service.knowledge.service import compare as comparing
from kb_service.knowledge.service import history, reading, review, review_queue
from kb_service.knowledge.service.compare import Comparison
from kb_service.knowledge.service.views import VersionView

router = APIRouter(prefix="/review", include_in_schema=False, dependencies=[requires_any(*REVIEWS)])
ROWS = 20
WHOSE: tuple[review_queue.Whose, ...] = ("mine", "free", "all")


@router.get("")
def queue(
    page: PageDep, session: Reader, ctx: Ctx, stage: str = "", unit: str = "", type: str = "", batch: str = "",  # noqa: A002
    whose: review_queue.Whose | None = None, cursor: str = "",
) -> Response:  # fmt: skip
    """One's own turns first; a batch is looked at as a whole."""
    counts = {each: review_queue.awaiting_count(session, ctx, each) for each in WHOSE}
    shown = whose or ("mine" if counts["mine"] and not batch else "all")
    wanted = {"whose": shown, "stage": stage, "unit": unit, "type": type, "batch": batch}
    found = review_queue.awaiting(
        session, ctx, stage=stage or None, unit=unit or None, type=type or None, batch_id=batch or None,
        whose=shown, cursor=cursor, limit=ROWS,
    )  # fmt: skip
    said = {name: value for name, value in wanted.items() if value}
    return page.show(
        session,
        "review/queue.html",
        found=found,
        wanted=wanted,
        waiting=counts["all"],
        counts=counts,
        batches=review_queue.awaiting_batches(session, ctx),
        stages=list(rules.STAGE_NAMES.items()),
        types=choices.types(),
        units=choices.units(session, ctx.actor.unit_scope),
        next_url=f"/review?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/review?{urlencode(said)}" if cursor else "",
    )


@router.post("/many")
def decide_many(page: PageDep, parts: RuntimeDep, ctx: Ctx, sent: SentDep) -> Response:
    """Approves the ticked versions, or all of a batch that await the person."""
    batch = sent.text("batch")
    targets = None if batch else [_target(value) for value in sent.many("target")]
    if targets == []:
        raise Invalid("没有选中要通过的知识，请先勾选。", code="nothing_chosen")
    report = review.decide_chosen(parts.database, ctx, targets, "approve", batch_id=batch or None)
    refused = [result for result in report.results if not result.ok]
    words = strings("review.done_many", done=report.done, refused=len(refused))
    if refused:
        words += strings("review.refused_why", why=refused[0].detail)
    return page.go("/review", words, tone="bad" if refused else "")


def _target(value: str) -> tuple[str, int]:
    code, _, number = value.rpartition("/")
    if not number.isdigit():
        raise Invalid("所选知识的编号不符，请刷新页面后重试。", code="bad_target")
    return code, int(number)


@router.get("/{code}/{number}")
def version(page: PageDep, session: Reader, code: str, number: int) -> Response:
    return _show(page, session, code, number, Wrong())


@router.post("/{code}/{number}")
def decide(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str, number: int) -> Response:
    """Then on to the next piece of the queue, so that a reviewer's hands stay where they are."""
    decision: Literal["approve", "return"] = "return" if sent.text("decision") == "return" else "approve"
    remarks = {
        name.removeprefix("remark."): text for name, text in sent.kept.items() if name.startswith("remark.")
    }
    with Correcting(session) as wrong:
        decided = review.decide(
            session, ctx, code, number, decision, remarks=remarks, stage=sent.text("stage")
        )
        following = _next(session, page, code, number)
        words = strings(f"review.{decision}_done", title=decided.title, status=decided.status_name)
        return page.go(following or "/review", words)
    return _show(page, session, code, number, wrong, remarks=remarks)


def _next(session: ReadSession, page: Page, code: str, number: int) -> str:
    items = review_queue.awaiting(session, page.ctx, limit=2).items
    others = [item for item in items if (item.code, item.number) != (code, number)]
    return f"/review/{others[0].code}/{others[0].number}" if others else ""


def _show(
    page: Page,
    session: ReadSession,
    code: str,
    number: int,
    wrong: Wrong,
    *,
    remarks: dict[str, str] | None = None,
) -> Response:
    view = reading.get_version(session, page.ctx, code, number)
    decidable = view.status in rules.IN_REVIEW
    live = reading.live_versions(session, [code], page.ctx.now).get(code)
    return page.show(
        session,
        "review/version.html",
        422 if wrong else 200,
        view=view,
        live=live,
        found=_against(live, view),
        wrong=wrong,
        remarks=remarks or {},
        timeline=[entry for entry in history.timeline(session, page.ctx, code) if entry.number == number],
        next_url=_next(session, page, code, number),
        waiting=review_queue.awaiting_count(session, page.ctx),
        decidable=decidable,
        earlier=remarks_before.remarks_on(session, page.ctx, code, number),
        labels_of=comparing.LABELS,
        **(sharing.turn_of(session, page.ctx, code, number) if decidable else {}),
    )


def _against(live: VersionView | None, view: VersionView) -> Comparison:
    """Changed fields first; a new point is all new."""
    old = comparing.texts_of(live) if live else {}
    fields = comparing.compare_texts(old, comparing.texts_of(view))
    found = Comparison(view.code, live.number if live else 0, view.number, fields)
    return replace(found, fields=sorted(fields, key=lambda field: not field.changed))
