"""Routes of knowledge gaps."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.typed import Typed
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.identity.schemas import In, ListOut
from kb_service.insight.gaps.service import handling
from kb_service.insight.gaps.service.handling import GapFilter, GapRow, GapView, OfUnit

router = APIRouter(prefix="/api/v1/gaps", tags=["insight"])
reader, manager = requires_any(*handling.READ), requires(handling.MANAGE)


class TaskIn(In):
    unit: str = Field(max_length=32)
    due_day: date | None = None


class ReasonIn(In):
    reason: Annotated[Typed, Field(max_length=500)]


@router.get("", dependencies=[reader])
def list_gaps(
    session: Reader,
    ctx: Ctx,
    state: Literal["", "open", "task", "closed", "dismissed"] = "open",
    unit: str = "",
    source: Literal["", "decision", "search", "ticket"] = "",
    at_least: Annotated[int, Query(ge=1, le=10_000)] = 1,
    q: Annotated[str, Query(max_length=80)] = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> ListOut[GapRow]:
    page = handling.list_gaps(session, ctx, GapFilter(state, unit, source, at_least, q), cursor, limit)
    return ListOut(items=page.items, next=page.next)


@router.get("/units", dependencies=[reader])
def by_unit(session: Reader, ctx: Ctx) -> ListOut[OfUnit]:
    return ListOut(items=handling.by_unit(session, ctx), next=None)


@router.get("/{number}", dependencies=[reader])
def get_gap(session: Reader, ctx: Ctx, number: int) -> GapView:
    return handling.get_gap(session, ctx, number)


@router.post("/{number}/task", dependencies=[manager])
def to_task(session: Writer, ctx: Ctx, number: int, data: TaskIn) -> GapView:
    return handling.to_task(session, ctx, number, data.unit, data.due_day)


@router.post("/{number}/dismiss", dependencies=[manager])
def dismiss(session: Writer, ctx: Ctx, number: int, data: ReasonIn) -> GapView:
    return handling.dismiss(session, ctx, number, data.reason)


@router.post("/{number}/reopen", dependencies=[manager])
def reopen(session: Writer, ctx: Ctx, number: int) -> GapView:
    return handling.reopen(session, ctx, number)


@router.post("/{number}/ask", dependencies=[manager])
def ask_again(parts: RuntimeDep, ctx: Ctx, number: int) -> GapView:
    return handling.ask_again(parts, ctx, number)
