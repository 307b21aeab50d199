"""How long a confirmation holds: the settings of types and of single points."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Forbidden, Invalid, NotFound
from kb_service.knowledge.content import TYPE_NAMES, TYPES
from kb_service.knowledge.model import Point
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.verification.model import Freshness, Interval
from kb_service.knowledge.verification.rules import IntervalSet, steps

LONGEST = 3660
Steps = list[tuple[datetime | None, int]]


@dataclass(frozen=True)
class TypeInterval:
    type: str
    name: str
    days: int


# Made once: each key of an agent who types runs them.
_INTERVALS = select(Interval.type, Interval.point_id, Interval.set_at, Interval.days).order_by(Interval.id)
_OF_TYPES = _INTERVALS.where(Interval.type.is_not(None))
_OF_POINTS = _INTERVALS.where(Interval.point_id.in_(bindparam("ids", expanding=True)))


class Intervals:
    """The intervals around some points, read once."""

    def __init__(self, session: ReadSession, point_ids: Collection[int] = ()) -> None:
        self._of_type: dict[str, list[IntervalSet]] = defaultdict(list)
        self._of_point: dict[int, list[IntervalSet]] = defaultdict(list)
        self._plain: dict[str, Steps] = {}
        for type_, _, set_at, days in session.execute(_OF_TYPES):
            self._of_type[str(type_)].append(IntervalSet(set_at, days))
        for part in chunks(sorted(point_ids)):
            for _, point_id, set_at, days in session.execute(_OF_POINTS, {"ids": part}):
                self._of_point[int(point_id or 0)].append(IntervalSet(set_at, days))

    def of(self, type_: str, point_id: int | None = None) -> Steps:
        own = self._of_point.get(point_id or 0)
        if own:
            return steps(type_, self._of_type[type_], own)
        if type_ not in self._plain:
            self._plain[type_] = steps(type_, self._of_type[type_])
        return self._plain[type_]

    def days(self, type_: str, point_id: int | None = None) -> int:
        """What holds now."""
        return self.of(type_, point_id)[-1][1]


def intervals(session: ReadSession) -> list[TypeInterval]:
    found = Intervals(session)
    return [TypeInterval(type_, TYPE_NAMES[type_], found.days(type_)) for type_ in TYPES]


def set_interval(session: WriteSession, ctx: Context, type_: str, days: int) -> list[TypeInterval]:
    ctx.actor.require("catalogue.manage")
    if type_ not in TYPES:
        raise Invalid(f"没有“{type_}”这种知识类型。", code="unknown_type")
    _check(days)
    before = Intervals(session).days(type_)
    session.add(Interval(type=type_, days=days, set_at=ctx.now, set_by=ctx.actor.account_id))
    of_type = select(Point.id).where(Point.type == type_)
    session.execute(update(Freshness).where(Freshness.point_id.in_(of_type)).values(stale=True))
    audit.record(
        session, ctx, "verification.interval", f"type:{type_}", before={"days": before}, after={"days": days}
    )
    session.flush()
    return intervals(session)


def set_point_interval(session: WriteSession, ctx: Context, code: str, days: int | None) -> int:
    """A point's own interval (None: its type's again). The owner may only ask more of itself than the type does."""
    point = session.execute(select(Point).where(Point.code == code)).scalar_one_or_none()
    if point is None:
        raise NotFound(f"没有编码为 {code} 的知识点。", code="unknown_point")
    of_type = Intervals(session).days(point.type)
    if not ctx.actor.may("catalogue.manage"):
        ctx.actor.require("knowledge.verify")
        if not ctx.actor.in_scope(point.unit_id):
            raise Forbidden(f"知识点 {code} 不属于您的单位，不能修改。", code="out_of_scope")
        if days is not None and days > of_type:
            raise Forbidden(
                f"承办单位只能缩短核验周期（不超过 {of_type} 天），需要延长请联系热线中心。",
                code="interval_too_long",
            )
    if days is not None:
        _check(days)
    before = Intervals(session, [point.id]).days(point.type, point.id)
    session.add(Interval(point_id=point.id, days=days, set_at=ctx.now, set_by=ctx.actor.account_id))
    session.execute(update(Freshness).where(Freshness.point_id == point.id).values(stale=True))
    audit.record(
        session,
        ctx,
        "verification.interval",
        f"point:{code}",
        before={"days": before},
        after={"days": days or of_type},
    )
    session.flush()
    return days or of_type


def _check(days: int) -> None:
    if not 1 <= days <= LONGEST:
        detail = f"核验周期须在 1 至 {LONGEST} 天之间"
        raise Invalid(f"{detail}。", code="bad_interval", pointers=[{"pointer": "/days", "detail": detail}])
