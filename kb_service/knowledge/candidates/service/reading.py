"""Reading candidates: queues, one with its sources and the points beside it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, exists, func, or_, select, true

from kb_service.core import paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.knowledge.candidates import rules
from kb_service.knowledge.candidates.model import (
    Candidate,
    CandidateConfirmation,
    CandidateEvent,
    CandidateSource,
    CandidateWording,
)
from kb_service.knowledge.candidates.rules import OPEN, WITH_UNIT, Status
from kb_service.knowledge.candidates.service import placing, records
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import STATUS_NAMES as VERSION_STATUS_NAMES
from kb_service.knowledge.rules import Status as VersionStatus
from kb_service.knowledge.service.lookups import access_tokens
from kb_service.knowledge.service.reading import live_versions
from kb_service.knowledge.service.searching import SearchParams, search_points
from kb_service.knowledge.service.views import VersionView
from kb_service.regulations.calendar import shown
from search.ports import SearchEngine

STAGES = ("unit", "centre", "closed", "mine", "")
MOST_SHOWN = 200
Row = TypeVar("Row", CandidateSource, CandidateWording, CandidateEvent)


@dataclass(frozen=True)
class CandidateView:
    row: Candidate
    unit_code: str
    unit_name: str
    late: bool
    due_shown: str

    @property
    def code(self) -> str:
        return self.row.code

    @property
    def status_name(self) -> str:
        return rules.STATUS_NAMES[Status(self.row.status)]


@dataclass(frozen=True)
class Detail:
    """`decides`: the actor's own unit has it now. `near`: live points beside it. `draft_status`: how the version
    it became stands, as a word of the rules.
    """

    view: CandidateView
    sources: list[CandidateSource]
    wordings: list[CandidateWording]
    events: list[CandidateEvent]
    near: list[VersionView]
    confirmed_at: datetime | None
    draft_status: str
    decides: bool


def queue(
    session: ReadSession, ctx: Context, *, stage: str = "", unit: str = "", cursor: str = "", limit: int = 20
) -> paging.Page[CandidateView]:
    """`stage`: `unit` (for units), `centre` (for the centre to place), `closed`, `mine` (what one brought), or
    empty for all that is open. What is due first stands first; what is closed, the latest first.
    """
    rows = (
        select(Candidate, Unit.code, Unit.name)
        .outerjoin(Unit, Unit.id == Candidate.unit_id)
        .where(_concerns(ctx), _stage(ctx, stage))
    )
    if unit:
        rows = rows.where(Unit.code == unit)
    offset = max(0, paging.decode_cursor(cursor, [int])[0]) if cursor else 0
    open_first = (Candidate.due_at.is_(None), Candidate.due_at, Candidate.id)
    order = (Candidate.id.desc(),) if stage in ("closed", "mine") else open_first
    found = session.execute(rows.order_by(*order).offset(offset).limit(limit + 1)).all()
    views = [_view(row, code, name, ctx.now) for row, code, name in found[:limit]]
    return paging.Page(views, paging.encode_cursor([offset + limit]) if len(found) > limit else None)


def _stage(ctx: Context, stage: str) -> ColumnElement[bool]:
    if stage == "unit":
        return Candidate.status.in_(WITH_UNIT)
    if stage == "centre":
        return Candidate.status == Status.UNDECIDED
    if stage == "closed":
        return Candidate.closed_at.is_not(None)
    if stage == "mine":
        return _brought_by(ctx)
    return Candidate.status.in_(OPEN)


def _brought_by(ctx: Context) -> ColumnElement[bool]:
    return exists().where(
        CandidateSource.candidate_id == Candidate.id,
        CandidateSource.account_id == ctx.actor.account_id,
        CandidateSource.account_id.is_not(None),
    )


def _concerns(ctx: Context) -> ColumnElement[bool]:
    """The centre sees all, a unit what is its turn, and everybody what they brought."""
    ctx.actor.require("knowledge.read_internal")
    if ctx.actor.may(records.MANAGE):
        return true()
    if ctx.actor.unit_scope is None:
        return _brought_by(ctx)
    return or_(Candidate.unit_id.in_(ctx.actor.unit_scope), _brought_by(ctx))


def counts(session: ReadSession, ctx: Context) -> dict[str, int]:
    rows = select(Candidate.status, func.count(Candidate.id)).where(
        _concerns(ctx), Candidate.closed_at.is_(None)
    )
    found = dict(session.execute(rows.group_by(Candidate.status)).tuples().all())
    return {
        "unit": sum(found.get(status, 0) for status in WITH_UNIT),
        "centre": found.get(Status.UNDECIDED, 0),
    }


def _view(row: Candidate, unit_code: str | None, unit_name: str | None, now: datetime) -> CandidateView:
    due = row.due_at
    told = shown(due, row.due_day) if due is not None and row.due_day is not None else ""
    late = due is not None and (row.closed_at or now) >= due
    return CandidateView(row, unit_code or "", unit_name or "", late, told)


def view_of(session: ReadSession, ctx: Context, row: Candidate) -> CandidateView:
    unit = session.get(Unit, row.unit_id) if row.unit_id else None
    return _view(row, unit.code if unit else None, unit.name if unit else None, ctx.now)


def detail(session: ReadSession, ctx: Context, code: str, engine: SearchEngine | None = None) -> Detail:
    """Raises NotFound also for what does not concern the actor."""
    row = records.find(session, code)
    concerns = select(Candidate.id).where(Candidate.id == row.id, _concerns(ctx))
    if session.execute(concerns).first() is None:
        raise records.unknown(code)
    centre = records.centre_units(session)
    account_unit = ctx.actor.unit_id if ctx.actor.account_id is not None else None
    decides = row.status in WITH_UNIT and rules.may_confirm(
        account_unit=account_unit, owner=row.unit_id, owner_is_centre=row.unit_id in centre
    )
    return Detail(
        view=view_of(session, ctx, row),
        sources=_all(session, CandidateSource, row.id, CandidateSource.id.desc()),
        wordings=_all(session, CandidateWording, row.id, CandidateWording.times.desc()),
        events=_all(session, CandidateEvent, row.id, CandidateEvent.seq),
        near=_near(session, ctx, row, engine),
        confirmed_at=session.execute(
            select(CandidateConfirmation.at).where(CandidateConfirmation.candidate_id == row.id)
        ).scalar_one_or_none(),
        draft_status=_draft_status(session, row),
        decides=decides and ctx.actor.may("knowledge.edit"),
    )


def _all(session: ReadSession, table: type[Row], candidate_id: int, order: Any) -> list[Row]:
    rows = select(table).where(table.candidate_id == candidate_id).order_by(order).limit(MOST_SHOWN)
    return list(session.execute(rows).scalars())


def _near(
    session: ReadSession, ctx: Context, row: Candidate, engine: SearchEngine | None
) -> list[VersionView]:
    """Points beside it as they are now; without an engine those that were near when it was first asked."""
    if engine is not None:
        params = SearchParams(row.question[:200], limit=placing.NEAR)
        return [hit.view for hit in search_points(session, ctx, engine, params).hits]
    live = live_versions(session, row.hits, ctx.now)
    tokens = access_tokens(ctx.actor)
    return [live[code] for code in row.hits if code in live and live[code].visible_to(tokens, ctx.now)]


def _draft_status(session: ReadSession, row: Candidate) -> str:
    if row.point_code is None:
        return ""
    rows = (
        select(Version.status)
        .join(Point, Point.id == Version.point_id)
        .where(Point.code == row.point_code, Version.number == row.number)
    )
    status = session.execute(rows).scalar_one_or_none()
    return VERSION_STATUS_NAMES[VersionStatus(status)] if status else ""
