"""Reading knowledge: the list, one point with its history, two versions side by side."""

from dataclasses import asdict, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from admin import choices, point_form
from admin.rendering import PageDep
from admin.routes.looking_back import instant_of
from kb_service.answering.service import showing
from kb_service.core.web import Reader
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.service import people
from kb_service.knowledge import rules
from kb_service.knowledge.attachments import service as attachments
from kb_service.knowledge.candidates.service import suggesting
from kb_service.knowledge.corrections.rules import KINDS
from kb_service.knowledge.corrections.service import reading as corrections
from kb_service.knowledge.guiding.service import saying
from kb_service.knowledge.service import compare as comparing
from kb_service.knowledge.service import history, listing, policies, reading
from kb_service.knowledge.service.listing import PointFilter
from kb_service.knowledge.service.lookups import access_tokens, works_on
from kb_service.knowledge.supersession.service import part_notes
from kb_service.knowledge.training import service as training
from kb_service.knowledge.verification.service.trusting import trust_of

router = APIRouter(prefix="/knowledge", include_in_schema=False)
ROWS = 20


def _address(wanted: PointFilter, cursor: str = "") -> str:
    said = {name: value for name, value in asdict(wanted).items() if value}
    return f"/knowledge?{urlencode(said | ({'cursor': cursor} if cursor else {}))}"


@router.get("", dependencies=[requires("knowledge.read_internal")])
def points(
    page: PageDep, session: Reader, ctx: Ctx, wanted: Annotated[PointFilter, Depends()], cursor: str = ""
) -> Response:
    found = listing.list_points(session, ctx, wanted, cursor=cursor, limit=ROWS)
    values: dict[str, Any] = {
        "found": found,
        "wanted": wanted,
        "cursor": cursor,
        "next_url": _address(wanted, found.next) if found.next else "",
        "first_url": _address(wanted) if cursor else "",
    }
    if page.partial:
        response = page.part("knowledge/rows.html", **values)
        response.headers["HX-Replace-Url"] = _address(wanted)
        return response
    return page.show(
        session,
        "knowledge/list.html",
        choices=choices.filters(session),
        statuses=list(rules.STATUS_NAMES.items()),
        types=choices.types(),
        **values,
    )


@router.get("/new", dependencies=[requires("knowledge.edit")])
def new_form(page: PageDep, session: Reader, ctx: Ctx, type: str = "") -> Response:  # noqa: A002
    if type not in point_form.INPUTS:
        return page.show(session, "knowledge/choose.html", types=choices.types())
    values = point_form.blank(type, choices.own_unit(session, ctx))
    return page.show(session, "knowledge/form.html", **choices.point_form(session, ctx, type, values))


@router.get("/{code}", dependencies=[requires("knowledge.read_internal")])
def point(
    page: PageDep, session: Reader, ctx: Ctx, code: str, version: int | None = None, at: str = ""
) -> Response:
    """The live version, one by number, or what was said at an instant (city time)."""
    instant = instant_of(at)
    view = (
        reading.as_of(session, ctx, code, instant)
        if instant
        else reading.get_version(session, ctx, code, version, early=True)
    )
    versions = reading.versions(session, ctx, code)
    works = ctx.actor.may("knowledge.edit") and ctx.actor.in_scope(view.unit_id)
    return page.show(
        session,
        "knowledge/point.html",
        view=view,
        at=instant,
        versions=versions,
        timeline=list(reversed(history.timeline(session, ctx, code))),
        works=works,
        trust=None if instant or view.live != "live" else trust_of(session, [view], ctx.now).get(view.code),
        may_verify=ctx.actor.may("knowledge.verify") and ctx.actor.unit_id == view.unit_id,
        parts_replaced=part_notes(session, [code], access_tokens(ctx.actor), instant or ctx.now).get(
            code, ()
        ),
        in_training=view.live == "waiting" and not works_on(ctx.actor, view.unit_id),
        files=attachments.of_versions(session, [view.version_id])[view.version_id],
        filing=policies.filing_for(session, ctx, view),
        trainees=training.readers_of(session, view.version_id) if works else None,
        all_roles=[(role.code, role.name) for role in people.roles(session) if not role.officer]
        if works
        else [],
        shown_times=showing.count_of(session, code, view.number),
        corrections=corrections.of_point(session, ctx, code),
        correction_kinds=KINDS,
        open_version=next((each for each in versions if each.status in rules.OPEN), None),
        guidance=() if instant else saying.of_point(session, ctx, code),
        suggested=suggesting.suggested_questions(session, ctx, code) if works and not instant else (),
    )


@router.get("/{code}/compare", dependencies=[requires("knowledge.read_internal")])
def compare(page: PageDep, session: Reader, ctx: Ctx, code: str, old: int, new: int) -> Response:
    found = comparing.compare(session, ctx, code, old, new)
    title = reading.get_version(session, ctx, code, new).title
    changed_first = replace(found, fields=sorted(found.fields, key=lambda field: not field.changed))
    return page.show(
        session,
        "knowledge/compare.html",
        found=changed_first,
        title=title,
        versions=reading.versions(session, ctx, code),
    )
