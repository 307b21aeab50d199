"""Routes of reply templates."""

from typing import Annotated

from fastapi import APIRouter, Query

from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.identity.schemas import ListOut
from kb_service.tickets.templates import schemas, service
from kb_service.tickets.templates.model import ReplyTemplate

router = APIRouter(prefix="/api/v1", tags=["tickets"])
READ = [requires_any("ticket.handle", "ticket.templates")]
MANAGE = [requires("ticket.templates")]


def _out(row: ReplyTemplate) -> schemas.TemplateOut:
    return schemas.TemplateOut.model_validate(row)


@router.get("/reply-templates", dependencies=READ)
def templates(
    session: Reader, request_class: Annotated[str, Query(alias="class", max_length=20)] = ""
) -> ListOut[schemas.TemplateOut]:
    return ListOut(items=[_out(each) for each in service.standing(session, request_class)], next=None)


@router.post("/reply-templates", dependencies=MANAGE, status_code=201)
def add(session: Writer, ctx: Ctx, data: schemas.TemplateIn) -> schemas.TemplateOut:
    return _out(service.add(session, ctx, data))


@router.get("/reply-templates/{code}/versions", dependencies=READ)
def versions(session: Reader, code: str) -> ListOut[schemas.TemplateOut]:
    return ListOut(items=[_out(each) for each in service.versions(session, code)], next=None)


@router.put("/reply-templates/{code}", dependencies=MANAGE)
def change(session: Writer, ctx: Ctx, code: str, data: schemas.TemplateChangeIn) -> schemas.TemplateOut:
    return _out(service.change(session, ctx, code, data))


@router.post("/reply-templates/{code}/retire", dependencies=MANAGE)
def retire(session: Writer, ctx: Ctx, code: str) -> schemas.TemplateOut:
    return _out(service.retire(session, ctx, code))


@router.get("/tickets/{code}/reply-templates", dependencies=[requires("ticket.handle")])
def for_ticket(session: Reader, ctx: Ctx, code: str) -> ListOut[schemas.FilledOut]:
    """Those of the ticket's class, filled in as far as the service knows."""
    return ListOut(items=service.for_ticket(session, ctx, code), next=None)
