"""Routes of who may read a version before its release."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.knowledge.schemas import In, Out
from kb_service.knowledge.training import service

router = APIRouter(prefix="/api/v1/points/{code}/versions/{number}/training", tags=["knowledge"])
_Names = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=service.MOST)]


class ReadersIn(In):
    """Logins and codes of roles; what is not named is taken back."""

    people: _Names = Field(default_factory=list)
    roles: _Names = Field(default_factory=list)


class ReadersOut(Out):
    people: dict[str, str]
    roles: dict[str, str]


@router.get("", dependencies=[requires("knowledge.read_internal")])
def readers(code: str, number: int, session: Reader, ctx: Ctx) -> ReadersOut:
    return ReadersOut.model_validate(service.readers(session, ctx, code, number))


@router.put("", dependencies=[requires("knowledge.edit")])
def name_readers(code: str, number: int, data: ReadersIn, session: Writer, ctx: Ctx) -> ReadersOut:
    found = service.name_readers(session, ctx, code, number, data.people, data.roles)
    return ReadersOut.model_validate(found)
