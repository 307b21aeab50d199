"""Routes of searches: a client tells what was chosen; the centre sees which questions lead nowhere."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import Done, In, ListOut, Out
from kb_service.knowledge.searches import service

router = APIRouter(prefix="/api/v1", tags=["searches"])


class SearchedIn(In):
    """`key` joins what was chosen later to the search it was chosen in; `after` is the key of the search before it
    on the same page, where that led to nothing."""

    question: str = Field(min_length=1, max_length=2_000)
    hits: list[Annotated[str, Field(max_length=32)]] = Field(default_factory=list, max_length=100)
    chosen: str | None = Field(default=None, max_length=32)
    key: str | None = Field(default=None, min_length=8, max_length=40)
    after: str | None = Field(default=None, min_length=8, max_length=40)


class FruitlessOut(Out):
    question: str
    times: int
    found_something: int
    last_at: datetime


@router.post("/searches", dependencies=[requires("search.use")])
def searched(data: SearchedIn, session: Writer, ctx: Ctx) -> Done:
    service.record(session, ctx, data.question, data.hits, chosen=data.chosen, key=data.key, after=data.after)
    return Done()


@router.get("/searches/fruitless", dependencies=[requires("stats.read")])
def fruitless(
    session: Reader,
    ctx: Ctx,
    days: Annotated[int, Query(ge=1, le=190)] = 30,
    at_least: Annotated[int, Query(ge=1, le=1_000)] = 3,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ListOut[FruitlessOut]:
    found = service.never_chosen(session, ctx, days=days, at_least=at_least, limit=limit)
    return ListOut(items=[FruitlessOut.model_validate(each) for each in found], next=None)
