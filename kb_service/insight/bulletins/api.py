"""Routes of bulletins."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import Field

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.typed import Typed
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import In, ListOut
from kb_service.insight.bulletins.service import issuing, reading
from kb_service.insight.bulletins.service.reading import BulletinRow, BulletinView, Offer
from kb_service.insight.statistics import periods

router = APIRouter(prefix="/api/v1/bulletins", tags=["insight"])
reader, editor = requires(reading.READ), requires(issuing.EDIT)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Line = Annotated[Typed, Field(max_length=issuing.LONGEST_LINE)]
Head = Annotated[Typed, Field(max_length=120)]


class DraftIn(In):
    """`period`: `2026-10`, `2026Q3` or `2026`."""

    report: str = Field(max_length=40)
    period: str = Field(max_length=30)


class EditIn(In):
    """`said`: the paragraphs of each section that is changed; `head`: masthead, title, addressee, signed."""

    said: dict[str, Annotated[list[Line], Field(max_length=issuing.MOST_LINES)]] = Field(default_factory=dict)
    head: dict[str, Head] = Field(default_factory=dict)


class ReasonIn(In):
    reason: Annotated[Typed, Field(max_length=500)]


@router.get("", dependencies=[reader])
def list_bulletins(
    session: Reader,
    ctx: Ctx,
    state: Literal["", "draft", "issued", "dropped"] = "",
    report: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> ListOut[BulletinRow]:
    page = reading.list_bulletins(session, ctx, state=state, report=report, cursor=cursor, limit=limit)
    return ListOut(items=page.items, next=page.next)


@router.get("/offers", dependencies=[reader])
def offers(session: Reader, ctx: Ctx) -> ListOut[Offer]:
    return ListOut(items=reading.offers(session, ctx), next=None)


@router.post("", dependencies=[editor], status_code=201)
def draft(session: Writer, ctx: Ctx, data: DraftIn) -> BulletinView:
    return issuing.draft(session, ctx, data.report, periods.parse(data.period))


@router.get("/{number}", dependencies=[reader])
def get_bulletin(session: Reader, ctx: Ctx, number: int) -> BulletinView:
    return reading.get_bulletin(session, ctx, number)


@router.get("/{number}/file.docx", dependencies=[reader])
def as_document(session: Reader, ctx: Ctx, number: int) -> Response:
    return sent(*reading.as_document(session, ctx, number), DOCX)


@router.get("/{number}/file.xlsx", dependencies=[reader])
def as_workbook(session: Reader, ctx: Ctx, number: int) -> Response:
    return sent(*reading.as_workbook(session, ctx, number), XLSX)


def sent(name: str, body: bytes, kind: str) -> Response:
    """A file to keep, under its Chinese name."""
    named = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(body, media_type=kind, headers={"Content-Disposition": named})


@router.post("/{number}/edit", dependencies=[editor])
def edit(session: Writer, ctx: Ctx, number: int, data: EditIn) -> BulletinView:
    return issuing.edit(session, ctx, number, data.said, data.head)


@router.post("/{number}/renew", dependencies=[editor])
def renew(session: Writer, ctx: Ctx, number: int) -> BulletinView:
    return issuing.renew(session, ctx, number)


@router.post("/{number}/drop", dependencies=[editor])
def drop(session: Writer, ctx: Ctx, number: int, data: ReasonIn) -> BulletinView:
    return issuing.drop(session, ctx, number, data.reason)


@router.post("/{number}/issue", dependencies=[requires(issuing.ISSUE)])
def issue(session: Writer, ctx: Ctx, number: int) -> BulletinView:
    return issuing.issue(session, ctx, number)
