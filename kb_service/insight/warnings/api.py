"""Routes of risk warnings."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.typed import Typed
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import In, ListOut
from kb_service.insight.warnings.service import watching
from kb_service.insight.warnings.service.watching import RuleView, WarningFilter, WarningView

router = APIRouter(prefix="/api/v1/warnings", tags=["insight"])
reader = requires(watching.READ)


class DoneIn(In):
    done: Annotated[Typed, Field(max_length=2_000)]


class RuleIn(In):
    runs: bool
    at_least: int


@router.get("", dependencies=[reader])
def list_warnings(
    session: Reader,
    ctx: Ctx,
    state: Literal["", "open", "handled", "gone"] = "open",
    rule: str = "",
    level: Literal["", "high", "medium"] = "",
    unit: str = "",
    region: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> ListOut[WarningView]:
    wanted = WarningFilter(state, rule, level, unit, region)
    page = watching.list_warnings(session, ctx, wanted, cursor, limit)
    return ListOut(items=page.items, next=page.next)


@router.get("/rules", dependencies=[reader])
def rules(session: Reader, ctx: Ctx) -> ListOut[RuleView]:
    return ListOut(items=watching.standing_rules(session, ctx), next=None)


@router.put("/rules/{kind}", dependencies=[requires(watching.MANAGE)])
def set_rule(session: Writer, ctx: Ctx, kind: str, data: RuleIn) -> ListOut[RuleView]:
    found = watching.set_rule(session, ctx, kind, runs=data.runs, at_least=data.at_least)
    return ListOut(items=found, next=None)


@router.get("/{number}", dependencies=[reader])
def get_warning(session: Reader, ctx: Ctx, number: int) -> WarningView:
    return watching.get_warning(session, ctx, number)


@router.post("/{number}/handle", dependencies=[requires(watching.HANDLE)])
def handle(session: Writer, ctx: Ctx, number: int, data: DoneIn) -> WarningView:
    return watching.handle(session, ctx, number, data.done)
