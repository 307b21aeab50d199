"""Audits of samples: plans, working through one by keyboard, and what it says of the units."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, Sent, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.corrections.rules import KINDS
from kb_service.knowledge.duties import rules as periods
from kb_service.knowledge.service import reading
from kb_service.knowledge.verification.sampling import STRATA, Stratum
from kb_service.knowledge.verification.service import auditing, audits

router = APIRouter(prefix="/audits", include_in_schema=False)


@router.get("", dependencies=[requires("knowledge.audit")])
def plans(page: PageDep, session: Reader) -> Response:
    return _plans(page, session, Wrong(), {})


def _plans(page: Page, session: ReadSession, wrong: Wrong, kept: dict[str, str]) -> Response:
    quarter = periods.period_of(page.ctx.now)
    start = {
        "name": "", "period_from": str(quarter.first), "period_to": str(quarter.last), "size.random": "20",
        "size.risk": "10", "size.use": "10", "unit": "", "type": "", "seed": "",
    }  # fmt: skip
    return page.show(
        session,
        "audits/plans.html",
        422 if wrong else 200,
        plans=audits.plans(session, page.ctx),
        strata=STRATA,
        units=choices.units(session),
        types=choices.types(),
        values=start | kept,
        wrong=wrong,
    )


@router.post("", dependencies=[requires("catalogue.manage")])
def create(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        made = audits.create_plan(
            session,
            ctx,
            name=sent.text("name"),
            period_from=_day(sent, "period_from"),
            period_to=_day(sent, "period_to"),
            strata=_strata(sent),
            seed=sent.text("seed"),
        )
        return page.go(f"/audits/{made.code}", strings("audit_plan.created", count=made.size))
    return _plans(page, session, wrong, sent.kept)


def _strata(sent: Sent) -> list[Stratum]:
    sizes = {by: sent.text(f"size.{by}") for by in STRATA}
    return [
        Stratum(by, int(size), sent.text("unit"), sent.text("type"))
        for by, size in sizes.items()
        if size.isdigit() and int(size)
    ]


def _day(sent: Sent, name: str) -> date:
    try:
        return date.fromisoformat(sent.text(name))
    except ValueError:
        detail = "日期格式不符，应如 2026-01-31"
        raise Invalid(
            f"{detail}。", code="bad_day", pointers=[{"pointer": f"/{name}", "detail": detail}]
        ) from None


@router.get("/{code}", dependencies=[requires("knowledge.audit")])
def plan(page: PageDep, session: Reader, ctx: Ctx, code: str) -> Response:
    return page.show(
        session,
        "audits/plan.html",
        plan=audits.plan_view(session, ctx, code),
        items=auditing.items(session, ctx, code),
        report=auditing.report(session, ctx, code),
        redrawn=audits.redraw(session, ctx, code),
        strata=STRATA,
    )


@router.get("/{code}/work", dependencies=[requires("knowledge.audit")])
def work(page: PageDep, session: Reader, ctx: Ctx, code: str, rank: int = 0, after: int = 0) -> Response:
    """One item at a time: the next of the person's own, or one by its rank."""
    item = (
        auditing.item(session, ctx, code, rank)
        if rank
        else auditing.next_item(session, ctx, code, after=after)
    )
    if item is None:
        return page.go(f"/audits/{code}", strings("audit_plan.all_done"))
    return _work(page, session, code, item, Wrong(), {})


def _work(
    page: Page,
    session: ReadSession,
    code: str,
    item: auditing.ItemView,
    wrong: Wrong,
    kept: dict[str, Any],
) -> Response:
    return page.show(
        session,
        "audits/work.html",
        422 if wrong else 200,
        plan=audits.plan_view(session, page.ctx, code),
        item=item,
        view=reading.get_version(session, page.ctx, item.code, item.number),
        checks=auditing.CHECKS,
        kinds=list(KINDS.items()),
        values={"kind": "", "remark": "", "serious": ""} | kept,
        failed=[key for key in auditing.CHECKS if kept.get(f"check.{key}") == "no"],
        wrong=wrong,
    )


@router.post("/{code}/items/{rank}", dependencies=[requires("knowledge.audit")])
def record(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, code: str, rank: int) -> Response:
    """Then on to the person's next item."""
    result: auditing.Result = "wrong" if sent.text("result") == "wrong" else "right"
    checks = {key: sent.text(f"check.{key}") != "no" for key in auditing.CHECKS}
    with Correcting(session) as wrong:
        auditing.record(
            session,
            ctx,
            code,
            rank,
            result,
            checks=checks,
            kind=sent.text("kind") if result == "wrong" else "",
            serious=sent.flag("serious"),
            remark=sent.text("remark"),
        )
        return page.go(f"/audits/{code}/work?after={rank}", strings(f"audit_plan.{result}_done"))
    return _work(page, session, code, auditing.item(session, ctx, code, rank), wrong, sent.kept)


@router.post("/{code}/close", dependencies=[requires("catalogue.manage")])
def close(page: PageDep, session: Writer, ctx: Ctx, code: str) -> Response:
    audits.close_plan(session, ctx, code)
    return page.go(f"/audits/{code}", strings("audit_plan.closed"))
