"""Routes of recalls."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import OnceDep, Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.identity.schemas import ListOut
from kb_service.tickets.recalls import schemas, service
from kb_service.tickets.recalls.schemas import RecallOut

router = APIRouter(prefix="/api/v1", tags=["recalls"])
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
MANAGE = [requires("recall.manage")]
CONTACT = [requires("recall.contact")]
EITHER = [requires_any("recall.manage", "recall.contact")]


@router.get("/recalls", dependencies=[requires("knowledge.read_internal")])
def recalls(
    session: Reader, ctx: Ctx, point: str = "", cursor: str = "", limit: Limit = 20
) -> ListOut[RecallOut]:
    page = service.recalls(session, ctx, point=point, cursor=cursor, limit=limit)
    return ListOut(items=[RecallOut.of(each) for each in page.items], next=page.next)


@router.post("/corrections/{code}/recall", dependencies=MANAGE)
def open_recall(code: str, data: schemas.RecallIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    def act() -> RecallOut:
        recall = service.open_recall(session, ctx, code, data.message)
        return RecallOut.of(service.progress(session, ctx, recall.code))

    return once.run(session, ctx, act)


@router.get("/recalls/{code}", dependencies=[requires("knowledge.read_internal")])
def recall(code: str, session: Reader, ctx: Ctx) -> RecallOut:
    return RecallOut.of(service.progress(session, ctx, code))


@router.post("/recalls/{code}/refresh", dependencies=MANAGE)
def refresh(code: str, session: Writer, ctx: Ctx) -> RecallOut:
    service.refresh(session, ctx, code)
    return RecallOut.of(service.progress(session, ctx, code))


@router.get("/recalls/{code}/contacts", dependencies=EITHER)
def contacts(
    code: str, session: Reader, ctx: Ctx, status: str = "", cursor: str = "", limit: Limit = 50
) -> ListOut[schemas.ContactOut]:
    page = service.contacts(session, ctx, code, status=status, cursor=cursor, limit=limit)
    return ListOut(items=[schemas.ContactOut.model_validate(row) for row in page.items], next=page.next)


@router.post("/recalls/contacts/{contact_id}", dependencies=CONTACT)
def contacted(contact_id: int, data: schemas.ContactedIn, session: Writer, ctx: Ctx) -> schemas.ContactOut:
    done = service.contacted(session, ctx, contact_id, data.outcome, data.note)
    return schemas.ContactOut.model_validate(done)


@router.post("/recalls/contacts/{contact_id}/requester", dependencies=[requires("requester.reveal")])
def reveal(contact_id: int, session: Writer, ctx: Ctx, parts: RuntimeDep) -> schemas.PersonOut:
    return schemas.PersonOut.model_validate(service.reveal(session, ctx, parts, contact_id))
