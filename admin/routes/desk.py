"""The agent's desk: results while typing, the whole of the current one, and the register of what was told."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Response

from admin import choices
from admin.forms import SentDep
from admin.rendering import PageDep, strings
from kb_service.answering.schemas import AnsweredIn
from kb_service.answering.service import showing
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.corrections.rules import KINDS
from kb_service.knowledge.corrections.service import reading as corrections
from kb_service.knowledge.searches import service as searches
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.lookups import access_tokens
from kb_service.knowledge.service.searching import SearchParams, search_points
from kb_service.knowledge.supersession.service import part_notes
from kb_service.knowledge.verification.service.trusting import trust_of
from kb_service.regulations.rules import emergency_match
from kb_service.regulations.service import get_profile

router = APIRouter(prefix="/desk", include_in_schema=False)
ROWS = 10
LONGEST = 200


@dataclass(frozen=True)
class Asked:
    """All that the address of the desk says. `at` is the code of the current result."""

    q: Annotated[str, Query(max_length=LONGEST)] = ""
    type: str = ""
    unit: str = ""
    region: str = ""
    category: str = ""
    lapsed: bool = False
    at: str = ""
    cursor: str = ""

    @property
    def address(self) -> str:
        names = ("q", "type", "unit", "region", "category")
        said = {name: getattr(self, name) for name in names if getattr(self, name)}
        if self.lapsed:
            said["lapsed"] = "1"
        return f"/desk?{urlencode(said)}" if said else "/desk"

    @property
    def narrowed(self) -> bool:
        return bool(self.type or self.unit or self.region or self.category)

    def params(self, *, as_you_type: bool) -> SearchParams:
        return SearchParams(
            q=self.q.strip(),
            limit=ROWS,
            type=self.type or None,
            unit=self.unit or None,
            region=self.region or None,
            category=self.category or None,
            cursor=self.cursor or None,
            include_lapsed=self.lapsed,
            as_you_type=as_you_type,
        )


@router.get("", dependencies=[requires("search.use")])
def desk(
    page: PageDep,
    session: Reader,
    parts: RuntimeDep,
    ctx: Ctx,
    asked: Annotated[Asked, Depends()],
    later: BackgroundTasks,
) -> Response:
    found, emergency, trust = None, None, {}
    if asked.q.strip():
        found = search_points(session, ctx, parts.engine, asked.params(as_you_type=page.partial))
        emergency = emergency_match(get_profile(parts.settings.profile), asked.q)
        trust = trust_of(session, [hit.view for hit in found.hits], ctx.now)
    if page.partial:
        response = page.part("desk/results.html", found=found, asked=asked, emergency=emergency, trust=trust)
        if not asked.cursor:
            response.headers["HX-Replace-Url"] = asked.address
        return response
    filters = choices.filters(session)
    if found and not asked.cursor:
        codes = [hit.code for hit in found.hits]
        later.add_task(searches.record_apart, parts.database, ctx, asked.q, codes, channel="desk")
    response = page.show(
        session,
        "desk/desk.html",
        told=None,
        found=found,
        asked=asked,
        emergency=emergency,
        trust=trust,
        choices=filters,
    )
    # A response made by hand runs only the tasks it carries itself.
    response.background = later
    return response


@router.post("/searched", dependencies=[requires("search.use")])
def searched(session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    """What was typed when the agent stopped, and which result was taken: the page tells of itself."""
    searches.record(
        session,
        ctx,
        sent.text("q"),
        sent.many("hit"),
        chosen=sent.text("chosen") or None,
        channel="desk",
        key=sent.text("key")[:40] or None,
        after=sent.text("after")[:40] or None,
    )
    return Response(status_code=204)


@router.get("/points/{code}/{number}", dependencies=[requires("search.use")])
def point(page: PageDep, session: Reader, ctx: Ctx, code: str, number: int, passage: int = 0) -> Response:
    view = reading.get_version(session, ctx, code, number)
    passages = view.content.passages()
    hit = passages[passage] if view.type == "policy" and passage < len(passages) else None
    inside = ctx.actor.may("knowledge.read_internal")
    open_corrections = corrections.of_point(session, ctx, code) if inside else []
    return page.part(
        "desk/detail.html",
        view=view,
        hit=hit,
        corrections=open_corrections,
        correction_kinds=KINDS,
        trust=trust_of(session, [view], ctx.now).get(view.code),
        parts_replaced=part_notes(session, [code], access_tokens(ctx.actor), ctx.now).get(code, ()),
    )


@router.post("/told", dependencies=[requires("search.use")])
def told(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    """The agent read a version out: kept with its number, so that a wrong one can be called back later."""
    number = sent.text("version")
    data = AnsweredIn(
        code=sent.text("code"),
        version=int(number) if number.isdigit() else 0,
        question=sent.text("q"),
        channel="phone",
    )
    showing.told(session, ctx, data)
    key = sent.text("key")[:40] or None
    searches.record(session, ctx, data.question, [data.code], chosen=data.code, channel="desk", key=key)
    words = strings("desk.used", title=sent.text("title"), number=number)
    if page.partial:
        return page.say(words)
    return page.go(f"/desk?{urlencode({'q': sent.text('q')})}", words)
