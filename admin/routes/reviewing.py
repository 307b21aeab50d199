"""Whose turn a review is, chains of review, sign-off, and scripts published at once."""

from datetime import datetime

from fastapi import APIRouter, Response
from sqlalchemy import select

from admin import choices
from admin.forms import CORRECTABLE, Correcting, SentDep, Wrong
from admin.instants import instant_of
from admin.navigation import REVIEWS
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import requires, requires_any
from kb_service.identity.model import Account
from kb_service.knowledge.duties.service import events
from kb_service.knowledge.reviewing import at_once, chains, rules, scripts, sharing, signing
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.facts import version_facts

router = APIRouter(include_in_schema=False)
REVIEWER = [requires_any(*REVIEWS)]
MANAGER = [requires("review.manage")]
EDITOR = [requires("knowledge.edit")]


@router.post("/review/{code}/{number}/take", dependencies=REVIEWER)
def take(page: PageDep, session: Writer, code: str, number: int) -> Response:
    back = f"/review/{code}/{number}"
    try:
        sharing.take(session, page.ctx, code, number)
    except CORRECTABLE as error:
        session.rollback()
        return page.go(back, error.detail, tone="bad")
    return page.go(back, strings("review.taken"))


@router.post("/review/{code}/{number}/hand-over", dependencies=REVIEWER)
def hand_over(page: PageDep, session: Writer, sent: SentDep, code: str, number: int) -> Response:
    try:
        sharing.hand_over(session, page.ctx, code, number, sent.text("to"))
    except CORRECTABLE as error:
        session.rollback()
        return page.go(f"/review/{code}/{number}", error.detail, tone="bad")
    return page.go("/review", strings("review.handed"))


@router.get("/review/{code}/{number}/sign-off", dependencies=[requires("knowledge.read_internal")])
def sign_off(page: PageDep, session: Reader, code: str, number: int) -> Response:
    sheet = signing.sheet(session, page.ctx, code, number)
    return page.show(
        session, "review/sign_off.html", view=sheet.view, steps=sheet.steps, hash=sheet.content_hash,
        intact=sheet.intact,
    )  # fmt: skip


@router.get("/review/chains", dependencies=MANAGER)
def chains_page(page: PageDep, session: Reader) -> Response:
    return _chains(page, session, Wrong(), {}, [*rules.STAGES])


@router.post("/review/chains", dependencies=MANAGER)
def set_chain(page: PageDep, session: Writer, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        chains.set_chain(
            session, page.ctx, unit=sent.text("unit"), type=sent.text("type"), stages=sent.many("stages"),
            centre_required=sent.flag("centre_required"), reason=sent.text("reason"),
        )  # fmt: skip
        return page.go("/review/chains", strings("review.chain_saved"))
    return _chains(page, session, wrong, sent.kept, sent.many("stages"))


@router.post("/review/chains/{chain_id}/end", dependencies=MANAGER)
def end_chain(page: PageDep, session: Writer, chain_id: int) -> Response:
    chains.end_chain(session, page.ctx, chain_id)
    return page.go("/review/chains", strings("review.chain_ended"))


def _chains(
    page: Page, session: ReadSession, wrong: Wrong, kept: dict[str, str], chosen: list[str]
) -> Response:
    found = chains.chains(session, past=True)
    return page.show(
        session,
        "review/chains.html",
        422 if wrong else 200,
        standing=[each for each in found if each.ended_at is None],
        past=[each for each in found if each.ended_at is not None],
        wrong=wrong,
        kept=kept,
        chosen=chosen,
        units=choices.units(session),
        types=choices.types(),
    )


@router.get("/review/at-once", dependencies=REVIEWER)
def at_once_list(page: PageDep, session: Reader) -> Response:
    return page.show(session, "review/at_once.html", found=scripts.scripts(session, page.ctx))


@router.get("/review/at-once/{code}/{number}", dependencies=REVIEWER)
def at_once_one(page: PageDep, session: Reader, code: str, number: int) -> Response:
    return _at_once(page, session, code, number, Wrong(), "")


@router.post("/review/at-once/{code}/{number}", dependencies=REVIEWER)
def at_once_decide(page: PageDep, session: Writer, sent: SentDep, code: str, number: int) -> Response:
    """`do`: publish, or an outcome of the review afterwards."""
    wanted = next((each for each in rules.OUTCOMES if each == sent.text("do")), "publish")
    with Correcting(session) as wrong:
        if wanted == "publish":
            view = at_once.publish_at_once(session, page.ctx, code, number)
            words = strings("review.at_once_published", title=view.title)
        else:
            outcome = rules.outcome_of(wanted)
            at_once.review_after(session, page.ctx, code, number, outcome, remarks={"": sent.text("remark")})
            words = strings("review.at_once_after_done")
        return page.go(f"/review/at-once/{code}/{number}", words)
    return _at_once(page, session, code, number, wrong, sent.text("remark"))


def _at_once(page: Page, session: ReadSession, code: str, number: int, wrong: Wrong, kept: str) -> Response:
    view = reading.get_version(session, page.ctx, code, number)
    one = scripts.one(session, page.ctx, code, number)
    if one is None:
        raise NotFound("该版本没有请求即时发布。", code="not_asked")
    facts, account = version_facts(session, code, number), page.ctx.actor.account_id
    _, people = at_once.who_publishes(session, page.ctx, facts)
    named = select(Account.name).where(Account.id.in_(people)).order_by(Account.id)
    return page.show(
        session,
        "review/at_once_one.html",
        422 if wrong else 200,
        view=view,
        one=one,
        wrong=wrong,
        kept=kept,
        publishers=list(session.execute(named).scalars()),
        may_publish=account in people,
        may_review=at_once.may_review_after(session, facts, account),
    )


@router.get("/knowledge/{code}/{number}/at-once", dependencies=EDITOR)
def ask_page(page: PageDep, session: Reader, code: str, number: int) -> Response:
    return _ask(page, session, code, number, Wrong(), {})


@router.post("/knowledge/{code}/{number}/at-once", dependencies=EDITOR)
def ask(page: PageDep, session: Writer, sent: SentDep, code: str, number: int) -> Response:
    with Correcting(session) as wrong:
        happened: datetime | None = None
        if sent.text("happened_at") and not sent.text("event"):
            happened = instant_of(sent.text("happened_at"), "happened_at", strings("review.at_once_happened"))
        at_once.file_at_once(
            session, page.ctx, code, number, event=sent.text("event"), title=sent.text("title"),
            happened_at=happened,
        )  # fmt: skip
        return page.go(f"/knowledge/{code}?version={number}", strings("review.at_once_asked"))
    return _ask(page, session, code, number, wrong, sent.kept)


def _ask(
    page: Page, session: ReadSession, code: str, number: int, wrong: Wrong, kept: dict[str, str]
) -> Response:
    view = reading.get_version(session, page.ctx, code, number)
    known = events.events(session, page.ctx, unit=view.unit_code) if page.ctx.actor.may("duty.read") else []
    return page.show(
        session,
        "review/ask_at_once.html",
        422 if wrong else 200,
        view=view,
        events=[(each.code, f"{each.title}（{each.code}）") for each in known],
        wrong=wrong,
        kept=kept,
    )
