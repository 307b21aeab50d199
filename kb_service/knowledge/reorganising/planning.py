"""What a change of units would do, before it is done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Conflict, Invalid, NotFound, Pointer
from kb_service.identity.model import Account, Unit
from kb_service.identity.service import people
from kb_service.knowledge.model import CategoryUnit, Matter, Point, Version
from kb_service.knowledge.reorganising.model import PointUnit
from kb_service.knowledge.reorganising.rules import Claim, PointAt, assign, fingerprint
from kb_service.knowledge.reorganising.schemas import Gain, Merge, Preview, Rename, Split
from kb_service.knowledge.service.lookups import Directory

SAMPLES = 5
SHOWN_DISPUTES = 20


@dataclass(frozen=True)
class Dealt:
    """Of a split: the points for each unit that gets some (id, code), and the mark of it all."""

    points: dict[str, list[PointAt]]
    stay: int
    fingerprint: str


def preview(session: ReadSession, ctx: Context, plan: Rename | Merge | Split) -> Preview:
    """What each unit would get. Raises what applying the plan would raise."""
    ctx.actor.require("identity.manage")
    check(session, plan)
    if isinstance(plan, Split):
        return _split(session, plan)
    if isinstance(plan, Merge):
        return _merge(session, plan)
    unit = people.unit_by_code(session, plan.unit)
    points = _count_points(session, [unit.id])
    return Preview(gains=[_gain(unit.code, plan.name, points, [])], stay=points, fingerprint="")


def check(session: ReadSession, plan: Rename | Merge | Split) -> list[Unit]:
    """The units a plan names, each of them active; what stands against it is raised."""
    if isinstance(plan, Rename):
        unit = _active(session, plan.unit)
        taken = select(Unit.id).where(Unit.name == plan.name, Unit.id != unit.id)
        if session.execute(taken).first():
            raise Conflict(f"已有单位叫“{plan.name}”。", code="duplicate_name")
        return [unit]
    if isinstance(plan, Merge):
        codes = list(dict.fromkeys([*plan.units, plan.into]))
        if codes == [plan.into]:
            raise Invalid("并入单位以外，至少还要有一个被合并的单位。", code="nothing_to_merge")
        units = [_active(session, code) for code in codes]
        _refuse_below(session, units, plan.into)
        return units
    old = _active(session, plan.unit)
    codes = list(dict.fromkeys(part.to for part in plan.parts))
    if plan.unit in codes or plan.rest == plan.unit:
        raise Invalid("拆分后的单位不能是原单位；原单位保留的部分不必列出。", code="split_to_itself")
    if len(codes) != len(plan.parts):
        raise Invalid("同一单位只能列一次。", code="listed_twice")
    return [
        old,
        *(_active(session, code) for code in codes),
        *([_active(session, plan.rest)] if plan.rest else []),
    ]


def _active(session: ReadSession, code: str) -> Unit:
    rows = select(Unit).where(Unit.code == code).execution_options(populate_existing=True)
    unit = session.execute(rows).scalar_one_or_none()
    if unit is None:
        raise NotFound(f"没有编码为“{code}”的单位。", code="unknown_unit")
    if not unit.active:
        raise Conflict(f"“{unit.name}”已撤销或已并入其他单位，请刷新后核对。", code="unit_closed")
    return unit


def _refuse_below(session: ReadSession, units: Sequence[Unit], into: str) -> None:
    """A unit cannot go into one that stands below it: nothing would be above that any more."""
    by_id = {unit.id: unit for unit in units}
    parents = dict(session.execute(select(Unit.id, Unit.parent_id)).tuples().all())
    node = next(unit for unit in units if unit.code == into).parent_id
    seen: set[int] = set()
    while node is not None and node not in seen:
        if node in by_id:
            raise Invalid(f"不能把上级“{by_id[node].name}”并入它的下级单位。", code="unit_cycle")
        seen.add(node)
        node = parents.get(node)


def _merge(session: ReadSession, plan: Merge) -> Preview:
    into = people.unit_by_code(session, plan.into)
    old = [people.unit_by_code(session, code).id for code in plan.units if code != plan.into]
    gain = Gain(
        unit_code=into.code, unit_name=into.name, points=_count_points(session, old),
        matters=_count(session, Matter.unit_id, old), categories=_count(session, CategoryUnit.unit_id, old),
        accounts=_count(session, Account.unit_id, old), samples=_samples(session, old),
    )  # fmt: skip
    return Preview(gains=[gain], stay=_count_points(session, [into.id]), fingerprint="")


def _count(session: ReadSession, column: object, unit_ids: Sequence[int]) -> int:
    wanted = select(func.count()).where(column.in_(unit_ids))  # type: ignore[attr-defined]
    return session.execute(wanted).scalar_one()


def _count_points(session: ReadSession, unit_ids: Sequence[int]) -> int:
    return _count(session, Point.unit_id, unit_ids)


def _samples(session: ReadSession, unit_ids: Sequence[int]) -> list[str]:
    rows = (
        select(Version.title)
        .join(Point, (Point.id == Version.point_id) & (Version.number == Point.latest))
        .where(Point.unit_id.in_(unit_ids))
        .order_by(Point.id)
        .limit(SAMPLES)
    )
    return list(session.execute(rows).scalars())


def _gain(code: str, name: str, points: int, samples: list[str]) -> Gain:
    return Gain(
        unit_code=code, unit_name=name, points=points, matters=0, categories=0, accounts=0, samples=samples
    )


def _split(session: ReadSession, plan: Split) -> Preview:
    dealt = deal(session, plan)
    parts = {part.to: part for part in plan.parts}
    gains = []
    for code in dict.fromkeys([*parts, *([plan.rest] if plan.rest else [])]):
        points = dealt.points.get(code, [])
        gain = _gain(
            code, people.unit_by_code(session, code).name, len(points),
            [point.title for point in points[:SAMPLES]],
        )  # fmt: skip
        part = parts.get(code)
        gain.matters = len(part.matters) if part else 0
        gain.categories = len(part.categories) if part else 0
        gain.accounts = len(part.accounts) if part else 0
        gains.append(gain)
    return Preview(gains=gains, stay=dealt.stay, fingerprint=dealt.fingerprint)


def deal(session: ReadSession, plan: Split) -> Dealt:
    """The points of the unit dealt out by the plan. Raises where it is ambiguous or names what is not there."""
    unit = people.unit_by_code(session, plan.unit)
    _refuse_foreign(session, unit, plan)
    points = _points_of(session, unit.id)
    claims = [
        Claim(
            part.to, frozenset(part.points), frozenset(part.matters), frozenset(part.categories),
            frozenset(part.came_by),
        )
        for part in plan.parts
    ]  # fmt: skip
    unknown = sorted({code for part in plan.parts for code in part.points} - {point.code for point in points})
    if unknown:
        raise Invalid(
            f"这些知识点不属于“{unit.name}”：{'、'.join(unknown[:SHOWN_DISPUTES])}。", code="not_of_the_unit"
        )
    found = assign(points, claims, plan.rest)
    if found.disputed:
        told: list[Pointer] = [
            {"pointer": f"/points/{code}", "detail": f"{code} 同时划给了 {'、'.join(units)}"}
            for code, units in sorted(found.disputed.items())[:SHOWN_DISPUTES]
        ]
        raise Invalid(
            f"有 {len(found.disputed)} 条知识划给了不止一个单位，如{told[0]['detail']}。请改到只有一个。",
            code="disputed", pointers=told,
        )  # fmt: skip
    dealt: dict[str, list[PointAt]] = {}
    for point in points:
        code = found.units[point.id]
        if code is not None:
            dealt.setdefault(code, []).append(point)
    stay = Counter(found.units.values())[None]
    return Dealt(dealt, stay, fingerprint(found.units, plan.model_dump(mode="json")))


def _refuse_foreign(session: ReadSession, unit: Unit, plan: Split) -> None:
    logins = {login for part in plan.parts for login in part.accounts}
    own = set(session.execute(select(Account.login).where(Account.unit_id == unit.id)).scalars())
    codes = {code for part in plan.parts for code in part.matters}
    theirs = set(session.execute(select(Matter.code).where(Matter.unit_id == unit.id)).scalars())
    foreign = sorted(logins - own) + sorted(codes - theirs)
    if foreign:
        raise Invalid(f"这些账号或事项不属于“{unit.name}”：{'、'.join(foreign)}。", code="not_of_the_unit")
    twice = [login for login, count in Counter(
        login for part in plan.parts for login in part.accounts
    ).items() if count > 1]  # fmt: skip
    if twice:
        raise Invalid(f"这些账号划给了不止一个单位：{'、'.join(sorted(twice))}。", code="disputed")


def _points_of(session: ReadSession, unit_id: int) -> list[PointAt]:
    came = (
        select(PointUnit.point_id, func.max(PointUnit.change_id).label("change_id"))
        .group_by(PointUnit.point_id)
        .subquery()
    )
    rows = (
        select(
            Point.id, Point.code, Version.title, Version.category_id, Version.matter_code, came.c.change_id
        )
        .join(Version, (Version.point_id == Point.id) & (Version.number == Point.latest))
        .outerjoin(came, came.c.point_id == Point.id)
        .where(Point.unit_id == unit_id)
        .order_by(Point.id)
    )
    chain = Directory.load(session).category_chain
    chains: dict[int, tuple[str, ...]] = {}
    found = []
    for point_id, code, title, category_id, matter, change_id in session.execute(rows):
        if category_id not in chains:
            chains[category_id] = chain(category_id)
        found.append(PointAt(point_id, code, title, chains[category_id], matter, change_id))
    return found
