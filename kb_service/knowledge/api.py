"""Routes of search, points, reviews and the catalogue."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Response
from pydantic import AwareDatetime

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, RuntimeDep, Writer, as_json
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import Done, ListOut
from kb_service.knowledge import schemas
from kb_service.knowledge.lexicon.service import dictionary
from kb_service.knowledge.searches import service as searches
from kb_service.knowledge.service import (
    catalogue,
    compare,
    drafts,
    filing,
    history,
    listing,
    policies,
    reading,
    release,
    returning,
    review,
    review_queue,
    searching,
)
from kb_service.knowledge.verification.schemas import TrustOut
from kb_service.knowledge.verification.service.trusting import trust_of
from search.ports import Mode

router = APIRouter(prefix="/api/v1", tags=["knowledge"])
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
# Longer ones are cut by the analysis of the query, so that a pasted letter is searched for too.
Asked = Annotated[str, Query(max_length=10_000)]


@router.get("/search", dependencies=[requires("search.use")], response_model=schemas.SearchOut)
def search(
    session: Reader,
    ctx: Ctx,
    parts: RuntimeDep,
    later: BackgroundTasks,
    q: Asked,
    limit: Limit = 10,
    type: str = "",  # noqa: A002 - the name of the fixed door
    unit: str = "",
    region: str = "",
    category: str = "",
    cursor: str = "",
    include_lapsed: bool = False,
    as_you_type: bool = False,
    mode: Mode = "hybrid",
    as_of: AwareDatetime | None = None,
) -> Response:
    """`as_of`: what would have been found at an instant that has passed; slower."""
    params = searching.SearchParams(
        q, limit, type, unit, region, category, cursor, include_lapsed, as_you_type, mode, as_of
    )
    found = searching.search_points(session, ctx, parts.engine, params)
    out = schemas.SearchOut.model_validate(found)
    if as_of is None and ctx.actor.may("knowledge.read_internal"):
        marks = trust_of(session, [hit.view for hit in found.hits], ctx.now)
        for hit in out.hits:
            hit.trust = TrustOut.model_validate(marks[hit.code]) if hit.code in marks else None
    if as_of is None and not as_you_type and not cursor:
        codes = [hit.code for hit in found.hits]
        later.add_task(searches.record_apart, parts.database, ctx, q, codes, channel="api")
    return as_json(out)


@router.get("/suggest", dependencies=[requires("search.use")])
def suggest(
    session: Reader, ctx: Ctx, parts: RuntimeDep, q: Asked, limit: Annotated[int, Query(ge=1, le=20)] = 8
) -> schemas.SuggestOut:
    return schemas.SuggestOut(suggestions=searching.suggest(session, ctx, parts.engine, q, limit))


@router.post("/points/for-return", dependencies=[requires("search.use")])
def for_return(
    data: schemas.ForReturnIn, session: Reader, ctx: Ctx, parts: RuntimeDep
) -> ListOut[schemas.ReturnPointOut]:
    """Points that may apply to a ticket, with when their answer was first there."""
    found = returning.points_for_return(session, ctx, parts.engine, data.text, data.registered_at)
    return ListOut(items=[schemas.ReturnPointOut.model_validate(each) for each in found])


@router.get("/points", dependencies=[requires("knowledge.read_internal")])
def points(
    session: Reader,
    ctx: Ctx,
    wanted: Annotated[listing.PointFilter, Depends()],
    cursor: str = "",
    limit: Limit = 20,
    as_of: AwareDatetime | None = None,
) -> ListOut[schemas.PointOut]:
    """`as_of`: what was live at an instant that has passed."""
    page = listing.list_points(session, ctx, wanted, cursor=cursor, limit=limit, as_of=as_of)
    return ListOut(items=[schemas.PointOut.model_validate(row) for row in page.items], next=page.next)


@router.post("/points", dependencies=[requires("knowledge.edit")])
def create(data: schemas.DraftIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    return once.run(
        session,
        ctx,
        lambda: _version(drafts.create_draft(session, ctx, data.unit, data.draft, code=data.code)),
    )


@router.get("/points/{code}", dependencies=[requires("knowledge.read")])
def point(
    code: str,
    session: Reader,
    ctx: Ctx,
    at: AwareDatetime | None = None,
    as_of: AwareDatetime | None = None,
) -> schemas.VersionOut:
    """What the point says, or said at an instant: `as_of` as of the list and the search, or `at`."""
    then = as_of or at
    if then is None:
        return _version(reading.get_version(session, ctx, code, early=True))
    return _version(reading.as_of(session, ctx, code, then))


@router.get("/points/{code}/versions", dependencies=[requires("knowledge.read_internal")])
def versions(code: str, session: Reader, ctx: Ctx) -> ListOut[schemas.VersionOut]:
    return ListOut(items=[_version(view) for view in reading.versions(session, ctx, code)])


@router.get("/points/{code}/versions/{number}", dependencies=[requires("knowledge.read")])
def version(code: str, number: int, session: Reader, ctx: Ctx) -> schemas.VersionOut:
    return _version(reading.get_version(session, ctx, code, number, early=True))


@router.get("/points/{code}/versions/{number}/filing", dependencies=[requires("knowledge.read_internal")])
def filed(code: str, number: int, session: Reader, ctx: Ctx) -> schemas.FilingOut:
    """Whether a new policy was filed in time, and whether its official document is here."""
    return schemas.FilingOut.model_validate(policies.filing_of(session, ctx, code, number))


@router.put("/points/{code}/versions/{number}", dependencies=[requires("knowledge.edit")])
def edit(code: str, number: int, data: schemas.EditIn, session: Writer, ctx: Ctx) -> schemas.VersionOut:
    return _version(drafts.edit_draft(session, ctx, code, number, data.draft, lock=data.lock))


@router.post("/points/{code}/versions/{number}/submit", dependencies=[requires("knowledge.edit")])
def submit(code: str, number: int, session: Writer, ctx: Ctx) -> schemas.VersionOut:
    return _version(filing.submit(session, ctx, code, number))


@router.post("/points/{code}/versions/{number}/discard", dependencies=[requires("knowledge.edit")])
def discard(code: str, number: int, data: schemas.ReasonIn, session: Writer, ctx: Ctx) -> schemas.Done:
    drafts.discard(session, ctx, code, number, reason=data.reason)
    return schemas.Done()


@router.post("/points/{code}/versions/{number}/restore", dependencies=[requires("knowledge.edit")])
def restore(
    code: str, number: int, data: schemas.RestoreIn, session: Writer, ctx: Ctx, once: OnceDep
) -> Response:
    return once.run(
        session, ctx, lambda: _version(drafts.restore(session, ctx, code, number, note=data.note))
    )


@router.post("/points/{code}/next", dependencies=[requires("knowledge.edit")])
def next_draft(code: str, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    return once.run(session, ctx, lambda: _version(drafts.next_draft(session, ctx, code)))


@router.post("/points/{code}/withdraw", dependencies=[requires("knowledge.read_internal")])
def withdraw(code: str, data: schemas.WithdrawIn, session: Writer, ctx: Ctx) -> schemas.WithdrawnOut:
    numbers = release.withdraw(session, ctx, code, data.reason, number=data.number)
    return schemas.WithdrawnOut(code=code, numbers=numbers)


@router.get("/points/{code}/timeline", dependencies=[requires("knowledge.read_internal")])
def timeline(code: str, session: Reader, ctx: Ctx) -> ListOut[schemas.TimelineOut]:
    entries = history.timeline(session, ctx, code)
    return ListOut(items=[schemas.TimelineOut.model_validate(entry) for entry in entries])


@router.get("/points/{code}/diff", dependencies=[requires("knowledge.read_internal")])
def diff(code: str, old: int, new: int, session: Reader, ctx: Ctx) -> schemas.ComparisonOut:
    return schemas.ComparisonOut.model_validate(compare.compare(session, ctx, code, old, new))


@router.get("/reviews", dependencies=[requires("knowledge.read_internal")])
def reviews(
    session: Reader,
    ctx: Ctx,
    stage: str = "",
    unit: str = "",
    type: str = "",  # noqa: A002 - the word of the glossary
    batch: str = "",
    whose: review_queue.Whose = "all",
    cursor: str = "",
    limit: Limit = 20,
) -> ListOut[review_queue.QueueItem]:
    """`whose`: what is the caller's turn, nobody's, or all it may decide on."""
    page = review_queue.awaiting(
        session, ctx, stage=stage, unit=unit, type=type, batch_id=batch, whose=whose, cursor=cursor,
        limit=limit,
    )  # fmt: skip
    return ListOut(items=page.items, next=page.next)


@router.post("/reviews/bulk", dependencies=[requires("knowledge.read_internal")])
def decide_many(data: schemas.BulkDecisionIn, parts: RuntimeDep, ctx: Ctx) -> schemas.BulkReportOut:
    targets = None if data.targets is None else [(each.code, each.number) for each in data.targets]
    report = review.decide_chosen(
        parts.database, ctx, targets, data.decision, batch_id=data.batch_id, remarks=data.remarks
    )
    return schemas.BulkReportOut.model_validate(report)


@router.post("/reviews/{code}/{number}", dependencies=[requires("knowledge.read_internal")])
def decide(
    code: str, number: int, data: schemas.OneDecisionIn, session: Writer, ctx: Ctx
) -> schemas.VersionOut:
    decided = review.decide(
        session, ctx, code, number, data.decision, remarks=data.remarks, stage=data.stage,
        acting_for=data.acting_for,
    )  # fmt: skip
    return _version(decided)


@router.get("/categories", dependencies=[requires("knowledge.read")])
def categories(session: Reader, unit: str = "") -> ListOut[schemas.CategoryOut]:
    found = catalogue.leaves_of(session, unit) if unit else catalogue.categories(session)
    return ListOut(items=[schemas.CategoryOut.model_validate(each) for each in found])


@router.put("/categories", dependencies=[requires("catalogue.manage")])
def save_category(data: catalogue.CategoryIn, session: Writer, ctx: Ctx) -> schemas.CategoryOut:
    return schemas.CategoryOut.model_validate(catalogue.save_category(session, ctx, data))


@router.get("/matters", dependencies=[requires("knowledge.read")])
def matters(session: Reader, category: str = "", q: str = "") -> ListOut[schemas.MatterOut]:
    found = catalogue.matters(session, category=category, q=q)
    return ListOut(items=[schemas.MatterOut.model_validate(each) for each in found])


@router.put("/matters", dependencies=[requires("catalogue.manage")])
def save_matter(data: catalogue.MatterIn, session: Writer, ctx: Ctx) -> schemas.MatterOut:
    return schemas.MatterOut.model_validate(catalogue.save_matter(session, ctx, data))


@router.get("/words", dependencies=[requires("knowledge.read_internal")])
def city_words(session: Reader, q: str = "") -> schemas.WordsOut:
    return schemas.WordsOut(words=dictionary.own(session, q))


@router.post("/words", dependencies=[requires("catalogue.manage")])
def add_words(data: schemas.WordsIn, session: Writer, ctx: Ctx, parts: RuntimeDep) -> schemas.WordsAdded:
    """In use in every process from the next search on; 409 where golden cases would break."""
    return schemas.WordsAdded(added=dictionary.add(session, ctx, parts.engine, data.words, data.override))


@router.delete("/words/{word}", dependencies=[requires("catalogue.manage")])
def remove_word(word: str, session: Writer, ctx: Ctx, parts: RuntimeDep, override: str = "") -> Done:
    dictionary.remove(session, ctx, parts.engine, word, override)
    return Done()


def _version(view: object) -> schemas.VersionOut:
    return schemas.VersionOut.model_validate(view)
