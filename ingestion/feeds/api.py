"""Routes of feeds: push, pull, follow; and for the centre: set up and see."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from ingestion.feeds import schemas, service
from ingestion.feeds.streaming import Hub
from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import Done, ListOut

router = APIRouter(prefix="/api/v1/feeds", tags=["feeds"])
USE, READ, MANAGE = requires("feed.use"), requires("feed.read"), requires("feed.manage")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
FeedCode = Annotated[str, Query(description="Which of the unit's feeds, where it has several")]


@router.post("/points", dependencies=[USE], response_model=schemas.PushOut)
def push(session: Writer, ctx: Ctx, once: OnceDep, data: schemas.PushIn, feed: FeedCode = "") -> Response:
    """Acknowledges every item by itself. The same Idempotency-Key is answered alike and carried out once."""
    return once.run(session, ctx, lambda: service.push(session, ctx, feed, data), status=200)


@router.get("/changes", dependencies=[USE], response_model_exclude_unset=True)
def changes(
    parts: RuntimeDep, ctx: Ctx, cursor: str = "", limit: Limit = 50, feed: FeedCode = ""
) -> schemas.ChangesOut:
    """What is live now and changed after `cursor`; go on from `next` at once while `more`, else later."""
    return service.changes(parts.database, ctx, feed, cursor, limit)


@router.get("/stream", dependencies=[USE], response_class=StreamingResponse)
async def stream(
    request: Request,
    parts: RuntimeDep,
    ctx: Ctx,
    cursor: str = "",
    feed: FeedCode = "",
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """The same changes as server-sent events `put` and `gone`; the id of each is a cursor."""
    events = await _hub(request, parts).follow(ctx, feed, last_event_id or cursor)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _hub(request: Request, parts: RuntimeDep) -> Hub:
    """The process's own, made when somebody first follows."""
    hub: Hub | None = getattr(request.app.state, "feed_hub", None)
    if hub is None:
        hub = request.app.state.feed_hub = Hub(parts)
    return hub


@router.get("", dependencies=[READ])
def feeds(session: Reader, ctx: Ctx) -> ListOut[schemas.FeedOut]:
    return ListOut(items=service.feeds(session, ctx), next=None)


@router.post("", dependencies=[MANAGE], status_code=201)
def register(session: Writer, ctx: Ctx, data: schemas.FeedIn) -> Done:
    service.register(session, ctx, data)
    return Done()


@router.patch("/{code}", dependencies=[MANAGE])
def change(session: Writer, ctx: Ctx, code: str, data: schemas.FeedPatch) -> Done:
    service.change(session, ctx, code, data)
    return Done()


@router.put("/{code}/signers", dependencies=[MANAGE])
def set_signers(session: Writer, ctx: Ctx, code: str, data: schemas.SignersIn) -> Done:
    service.set_signers(session, ctx, code, data.signers)
    return Done()


@router.get("/{code}/items", dependencies=[READ])
def items(
    session: Reader, ctx: Ctx, code: str, outcome: str = "", cursor: str = "", limit: Limit = 50
) -> ListOut[schemas.FeedItemOut]:
    page = service.items(session, ctx, code, outcome=outcome, cursor=cursor, limit=limit)
    return ListOut(items=page.items, next=page.next)
