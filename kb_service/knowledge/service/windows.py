"""Writes down when each approved version stops being live, whatever the cause."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select, update

from kb_service.core.clock import day_start
from kb_service.core.db import WriteSession
from kb_service.knowledge import rules
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.facts import lock_points
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.supersession.model import Supersession


@dataclass(frozen=True)
class _Successor:
    """`takes_over`: when it is both live and in force. Until then what it replaces is still the rule."""

    id: int
    takes_over: datetime


def settle(session: WriteSession, now: datetime, point_ids: Collection[int]) -> dict[int, str]:
    """Settles the windows of these points and of all they bear on; gives ids and codes of the points it saw.

    What is over stays as it was. A version that turns out never to take over replaces nothing, so what it
    was to supersede is settled again. That ends: a version only bears on those that take over after it, or
    go live at the same instant and were approved before it.
    """
    seen: dict[int, str] = {}
    waiting = set(point_ids)
    while waiting:
        lock_points(session, waiting)
        named: set[str] = set()
        for part in chunks(sorted(waiting)):
            named |= _settle(session, now, part, seen)
        waiting = set(points_of(session, named))
    return seen


def points_of(session: WriteSession, codes: Iterable[str]) -> list[int]:
    found: list[int] = []
    for part in chunks(sorted(set(codes))):
        found += session.execute(select(Point.id).where(Point.code.in_(part))).scalars()
    return found


def _settle(session: WriteSession, now: datetime, point_ids: Sequence[int], seen: dict[int, str]) -> set[str]:
    """Settles some points; gives the codes superseded by versions that now will, or will not, take over."""
    rows = session.execute(_standing(point_ids, now)).all()
    seen |= {row.point_id: row.code for row in rows}
    successors = _successors(session, {row.code for row in rows})
    found = {row.id: _superseded(row, successors.get(row.code, ())) for row in rows}
    ends = _ends(rows, found)
    changed: list[dict[str, Any]] = []
    turned: list[int] = []
    for row in rows:
        end, successor = ends[row.id], found[row.id]
        values = {
            "live_to": end,
            "superseded_at": successor.takes_over if successor else None,
            "superseded_by": successor.id if successor else None,
        }
        if any(getattr(row, key) != value for key, value in values.items()):
            changed.append({"id": row.id, **values})
        if _takes_over(row, end) != _takes_over(row, row.live_to):
            turned.append(row.id)
    if changed:
        session.execute(update(Version), changed)
    return replaced_by(session, turned)


def replaced_by(session: WriteSession, version_ids: Sequence[int]) -> set[str]:
    """Codes of the points that these versions replace as a whole."""
    found: set[str] = set()
    for part in chunks(version_ids):
        one = select(Version.supersedes_code).where(
            Version.id.in_(part), Version.supersedes_code.is_not(None)
        )
        more = select(Supersession.replaced_code).where(
            Supersession.version_id.in_(part), Supersession.whole.is_(True)
        )
        found |= set(filter(None, session.execute(one).scalars())) | set(session.execute(more).scalars())
    return found


def _standing(point_ids: Sequence[int], now: datetime) -> Any:
    return (
        select(
            Version.id, Version.point_id, Point.code, Version.number, Version.approved_at, Version.live_from,
            Version.live_to, Version.effective_from, Version.withdrawn_at, Version.superseded_at, Version.superseded_by,
        )
        .join(Point, Point.id == Version.point_id)
        .where(
            Version.point_id.in_(point_ids),
            Version.status == Status.APPROVED,
            or_(Version.live_to.is_(None), Version.live_to > now),
        )
    )  # fmt: skip


def _successors(session: WriteSession, codes: Collection[str]) -> Mapping[str, list[_Successor]]:
    """Versions that take over and name one of these points as replaced, by the point's code."""
    found: dict[str, list[_Successor]] = defaultdict(list)
    for part in chunks(sorted(codes)):
        goes_live = (
            Version.status == Status.APPROVED,
            or_(Version.live_to.is_(None), Version.live_to > Version.live_from),
        )
        columns = (Version.id, Version.live_from, Version.effective_from, Version.live_to)
        one = select(Version.supersedes_code, *columns).where(Version.supersedes_code.in_(part), *goes_live)
        more = (
            select(Supersession.replaced_code, *columns)
            .join(Version, Version.id == Supersession.version_id)
            .where(Supersession.replaced_code.in_(part), Supersession.whole.is_(True), *goes_live)
        )
        rows = [*session.execute(one), *session.execute(more)]
        for row in sorted(rows, key=lambda row: row.live_from):
            if _takes_over(row, row.live_to):
                found[row[0]].append(_Successor(row.id, _begins(row)))
    return {code: sorted(each, key=lambda successor: successor.takes_over) for code, each in found.items()}


def _begins(row: Row[Any]) -> datetime:
    """When a version is both live and in force."""
    begins: datetime = row.live_from
    return max(begins, day_start(row.effective_from)) if row.effective_from else begins


def _takes_over(row: Row[Any], live_to: datetime | None) -> bool:
    """Whether it is still live by then: one withdrawn or followed before it was in force replaces nothing.

    What is replaced at that very instant still does: of a chain all change hands at once.
    """
    return live_to is None or (live_to > row.live_from and live_to >= _begins(row))


def _superseded(row: Row[Any], successors: Iterable[_Successor]) -> _Successor | None:
    """The first to replace this version; one that took over before its approval does not."""
    for successor in successors:
        tie = successor.takes_over == row.live_from and successor.id < row.id
        if successor.takes_over >= row.approved_at and not tie:
            return successor
    return None


def _ends(rows: Sequence[Row[Any]], found: Mapping[int, _Successor | None]) -> dict[int, datetime | None]:
    of_point: dict[int, dict[int, int]] = defaultdict(dict)
    approved: dict[int, list[rules.Approved]] = defaultdict(list)
    for row in rows:
        successor = found[row.id]
        stops = [row.withdrawn_at, successor.takes_over if successor else None]
        known = [instant for instant in stops if instant is not None]
        stop = min(known) if known else None
        approved[row.point_id].append(rules.Approved(row.number, row.live_from, stop))
        of_point[row.point_id][row.number] = row.id
    return {
        of_point[point_id][number]: end
        for point_id, versions in approved.items()
        for number, end in rules.windows(versions).items()
    }
