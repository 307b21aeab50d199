"""The golden set: its cases, its runs, and what regressed."""

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import KbError
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.service import people
from kb_service.knowledge.golden import rules
from kb_service.knowledge.golden.service import cases, running
from kb_service.knowledge.golden.service.cases import CaseIn

router = APIRouter(prefix="/golden", include_in_schema=False)
MANAGE = [requires("search.manage")]
ROWS = 50
RUNS = 10


@router.get("", dependencies=MANAGE)
def overview(page: PageDep, session: Reader, cursor: str = "") -> Response:
    return _show(page, session, Wrong(), {}, cursor)


@router.post("", dependencies=MANAGE)
def save(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    first = sent.text("first")
    with Correcting(session) as wrong:
        data = CaseIn(
            query=sent.text("query"),
            must=sent.text("must").replace("，", " ").replace(",", " ").split(),
            must_not=sent.text("must_not").replace("，", " ").replace(",", " ").split(),
            first=int(first) if first.isdecimal() else 0,
            why=sent.text("why"),
            region=sent.text("region") or None,
            audience=sent.text("audience") or rules.PUBLIC,
        )
        cases.save(session, ctx, data)
        return page.go("/golden", strings("golden.saved"))
    return _show(page, session, wrong, sent.kept)


@router.post("/cases/{number}/retire", dependencies=MANAGE)
def retire(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, number: int) -> Response:
    try:
        cases.retire(session, ctx, number, sent.text("reason"))
    except KbError as error:
        session.rollback()
        return page.go("/golden", error.detail, tone="bad")
    return page.go("/golden", strings("golden.retired"))


@router.post("/runs", dependencies=MANAGE)
def run(page: PageDep, ctx: Ctx, parts: RuntimeDep) -> Response:
    view = running.run(parts.database, ctx, parts.engine, "by_hand")
    said = strings("golden.ran", cases=view.cases, passed=view.passed)
    return page.go(f"/golden/runs/{view.id}", said, tone="" if view.good else "bad")


@router.get("/runs/{number}", dependencies=MANAGE)
def one(page: PageDep, session: Reader, number: int) -> Response:
    return page.show(
        session, "search/golden_run.html", view=running.read(session, number), causes=rules.CAUSE_NAMES
    )


def _show(page: Page, session: ReadSession, wrong: Wrong, kept: dict[str, str], cursor: str = "") -> Response:
    found = cases.list_cases(session, page.ctx, cursor=cursor, limit=ROWS)
    roles = [(role.code, role.name) for role in people.roles(session) if not role.officer]
    general = [(each, strings(f"golden.audience_{each}")) for each in (rules.PUBLIC, rules.AGENTS)]
    regions = choices.regions(session)
    return page.show(
        session,
        "search/golden.html",
        422 if wrong else 200,
        found=found,
        runs=running.runs(session, page.ctx, limit=RUNS).items,
        causes=rules.CAUSE_NAMES,
        audiences=[*general, *roles],
        audience_names=dict([*general, *roles]),
        regions=regions,
        region_names=dict(regions),
        next_url=f"/golden?cursor={found.next}" if found.next else "",
        first_url="/golden" if cursor else "",
        wrong=wrong,
        kept=kept,
    )
