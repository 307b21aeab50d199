"""Whose turn it is: the unit that seems responsible, the next one it is handed to, or the one the centre names."""

from collections.abc import Sequence

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, Pointer
from kb_service.identity.model import Unit
from kb_service.knowledge.candidates import rules
from kb_service.knowledge.candidates.model import Candidate
from kb_service.knowledge.candidates.rules import Status
from kb_service.knowledge.candidates.service import records
from kb_service.knowledge.model import Matter, Point
from kb_service.knowledge.service.searching import SearchParams, search_points
from search.analysis.normalise import normalise
from search.ports import SearchEngine

NEAR = 5


def nearest(session: ReadSession, ctx: Context, engine: SearchEngine, question: str) -> list[str]:
    """Codes of the points nearest to a question, of those the actor may see."""
    found = search_points(session, ctx, engine, SearchParams(question[:200], limit=NEAR))
    return [hit.code for hit in found.hits]


def place_first(session: WriteSession, ctx: Context, candidate: Candidate, hint: str | None) -> None:
    """Gives a new candidate to the unit that is named, or that its matter or nearest points point to.

    Without any it stays undecided, for the job that may still look for near points, and then for the centre.
    """
    unit_id = _hinted(session, hint)
    candidate.hint = "hint" if unit_id is not None else ""
    if unit_id is None:
        unit_id, candidate.hint = _suggested(session, candidate)
    if unit_id is not None:
        records.give_to(session, ctx, candidate, unit_id)


def _hinted(session: ReadSession, hint: str | None) -> int | None:
    rows = select(Unit.id).where(Unit.code == hint, Unit.kind != "centre", Unit.active.is_(True))
    return session.execute(rows).scalar_one_or_none() if hint else None


def _suggested(session: ReadSession, candidate: Candidate) -> tuple[int | None, str]:
    by_matter = _matter_owner(session, candidate.question)
    if by_matter is not None:
        return by_matter, "matter"
    owner = owner_of(session, candidate.hits)
    return owner, "points" if owner is not None else ""


def _matter_owner(session: ReadSession, question: str) -> int | None:
    """The unit of the one matter whose name the question holds; of several the longest name."""
    said = normalise(question)
    rows = (
        select(Matter.name, Matter.unit_id)
        .join(Unit, Unit.id == Matter.unit_id)
        .where(Unit.active.is_(True), Unit.kind != "centre")
    )
    named = [(len(row.name), row.unit_id) for row in session.execute(rows) if normalise(row.name) in said]
    return max(named)[1] if named else None


def owner_of(session: ReadSession, codes: Sequence[str]) -> int | None:
    rows = (
        select(Point.code, Point.unit_id)
        .join(Unit, Unit.id == Point.unit_id)
        .where(Point.code.in_(codes), Unit.active.is_(True))
    )
    owners = dict(session.execute(rows).tuples().all())
    near = [owners[code] for code in codes if code in owners]
    return rules.owner_by_hits(near, but=records.centre_units(session))


def place_waiting(session: WriteSession, ctx: Context, engine: SearchEngine, limit: int = 100) -> int:
    """Looks once for points near to each undecided candidate; what has none goes to the centre."""
    rows = (
        select(Candidate)
        .where(Candidate.status == Status.UNDECIDED, Candidate.placed_at.is_(None))
        .order_by(Candidate.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = list(session.execute(rows).scalars())
    for candidate in found:
        candidate.hits = nearest(session, ctx, engine, candidate.question)
        unit_id, candidate.hint = _suggested(session, candidate)
        if unit_id is None:
            records.give_to_centre(session, ctx, candidate, "没有可参考的单位")
            records.note(session, ctx, candidate, "unplaced")
        else:
            records.give_to(session, ctx, candidate, unit_id)
            records.note(session, ctx, candidate, "placed", unit=unit_id, by=candidate.hint)
    return len(found)


def designate(session: WriteSession, ctx: Context, code: str, unit: str, reason: str) -> Candidate:
    """The centre names the unit; it cannot hand on what was designated to it."""
    ctx.actor.require(records.MANAGE)
    candidate = records.locked(session, code)
    records.require_open(candidate)
    why = records.reason_of(reason)
    named = records.owner_unit(session, unit)
    if named.id == candidate.unit_id:
        raise Conflict(f"现在就由{named.name}办理。", code="same_unit")
    candidate.designated_at = ctx.now
    records.give_to(session, ctx, candidate, named.id)
    records.note(session, ctx, candidate, "designated", why, unit=named.code)
    return candidate


def hand_on(session: WriteSession, ctx: Context, code: str, unit: str, reason: str) -> Candidate:
    """To another unit, `unit` empty where none is known. After two hands the centre names the next one."""
    candidate = mine(session, ctx, code)
    why = records.reason_of(reason)
    if candidate.designated_at is not None:
        raise Conflict(
            "本件已由热线中心指定您的单位办理，不能再转；如不属实或无须收录，请写明理由不采纳。",
            code="designated",
        )
    named = records.owner_unit(session, unit) if unit else None
    if named is not None and named.id == candidate.unit_id:
        raise Invalid("请选择其他单位。", code="same_unit", pointers=[_UNIT])
    if named is None or rules.to_centre(candidate.hands, unit_named=True):
        records.give_to_centre(session, ctx, candidate, why)
    else:
        candidate.hands += 1
        records.give_to(session, ctx, candidate, named.id)
    records.note(session, ctx, candidate, "handed_on", why, to=named.code if named else "")
    return candidate


_UNIT: Pointer = {"pointer": "/unit", "detail": "请选择其他单位"}


def mine(session: WriteSession, ctx: Context, code: str) -> Candidate:
    """A candidate that stands with the actor's own unit. Raises Forbidden for everybody else."""
    ctx.actor.require("knowledge.edit")
    candidate = records.locked(session, code)
    records.require_open(candidate, Status.ASKED, Status.PROPOSED)
    if not rules.may_confirm(
        account_unit=ctx.actor.unit_id if ctx.actor.account_id is not None else None,
        owner=candidate.unit_id,
        owner_is_centre=candidate.unit_id in records.centre_units(session),
    ):
        raise Forbidden(
            "热线采集的信息只能由承办单位自己的人员确认；热线中心和其他单位不能代替。",
            code="not_the_owner_unit",
            extra={"clause": "MZ-19.2"},
        )
    return candidate
