"""Points that apply to a ticket, with when their answer was first there: what a unit may not return a ticket for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.return_rules import Held, held, uploaded_later
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.conditions import meant_for
from kb_service.knowledge.service.lookups import access_tokens, past_instant
from kb_service.knowledge.service.searching import PointHit, SearchParams, search_points
from kb_service.knowledge.service.views import CONTENT
from search.ports import SearchEngine

SHOWN = 10


@dataclass(frozen=True)
class ReturnPoint:
    """A point that may apply; a person says whether it does.

    `uploaded_at`: of the version live now. `first_uploaded_at`: of the first version that contained the answer.
    `at_registration`: whether the point's version live at registration held the answer; `held_by`: the code
    and number of any version, also of another point, that did. `later`: none did.
    """

    code: str
    version: int
    title: str
    unit_code: str
    unit_name: str
    answer: str
    confidence: float
    uploaded_at: datetime
    first_uploaded_at: datetime
    at_registration: Held
    held_by: str
    later: bool


@dataclass(frozen=True)
class _Past:
    number: int
    live_from: datetime
    live_to: datetime | None
    text: str

    def was_live(self, at: datetime) -> bool:
        return self.live_from <= at and (self.live_to is None or self.live_to > at)


def points_for_return(
    session: ReadSession, ctx: Context, engine: SearchEngine, text: str, registered_at: datetime
) -> list[ReturnPoint]:
    """Best first. What the hotline could have found at registration is looked up as of that instant."""
    past_instant(ctx, registered_at)
    hits = search_points(session, ctx, engine, SearchParams(text, limit=SHOWN)).hits
    then = search_points(session, ctx, engine, SearchParams(text, limit=SHOWN, as_of=registered_at)).hits
    return [_told(hit, _history(session, ctx, hit.code), then, registered_at) for hit in hits]


def _history(session: ReadSession, ctx: Context, code: str) -> list[_Past]:
    """Versions that were ever live for agents, oldest first."""
    rows = (
        select(Version.number, Version.live_from, Version.live_to, Version.content)
        .join(Point, Point.id == Version.point_id)
        .where(
            Point.code == code,
            Version.status == Status.APPROVED,
            Version.live_from <= ctx.now,
            meant_for(access_tokens(ctx.actor)),
        )
        .order_by(Version.live_from, Version.number)
    )
    return [
        _Past(row.number, row.live_from, row.live_to, _text(row.content))
        for row in session.execute(rows)
        if row.live_to is None or row.live_to > row.live_from
    ]


def _text(stored: object) -> str:
    return "\n".join(text for _, text in CONTENT.validate_python(stored).sections())


def _told(
    hit: PointHit, history: Sequence[_Past], then: Sequence[PointHit], registered_at: datetime
) -> ReturnPoint:
    answer = hit.body if hit.type == "policy" else hit.view.answer
    uploaded = hit.uploaded_at or registered_at
    first = next((each.live_from for each in history if held(answer, each.text) == "contained"), uploaded)
    own = next((each for each in history if each.was_live(registered_at)), None)
    state: Held = held(answer, own.text) if own else "absent"
    held_by = f"{hit.code}/{own.number}" if own and state == "contained" else _elsewhere(answer, then)
    return ReturnPoint(
        code=hit.code,
        version=hit.version,
        title=hit.title,
        unit_code=hit.unit,
        unit_name=hit.unit_name,
        answer=answer,
        confidence=hit.confidence,
        uploaded_at=uploaded,
        first_uploaded_at=first,
        at_registration=state,
        held_by=held_by,
        later=uploaded_later(first, registered_at, held_then=bool(held_by)),
    )


def _elsewhere(answer: str, then: Sequence[PointHit]) -> str:
    for hit in then:
        said = hit.body if hit.type == "policy" else hit.view.answer
        if held(answer, said) == "contained":
            return f"{hit.code}/{hit.version}"
    return ""
