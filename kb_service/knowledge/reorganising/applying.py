"""Carrying a change of units out: all of it in one transaction, with the units locked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, false, insert, literal, or_, select, update

from kb_service.core import audit, live, outbox
from kb_service.core.context import Context
from kb_service.core.db import WriteSession, affected
from kb_service.identity.model import Account, Unit, UnitName, UnitSuccessor
from kb_service.identity.service import people
from kb_service.knowledge.model import Category, CategoryUnit, Matter, Point, Version
from kb_service.knowledge.reorganising import planning
from kb_service.knowledge.reorganising.holdings import move_all, move_with_points
from kb_service.knowledge.reorganising.model import PointUnit, UnitChange
from kb_service.knowledge.reorganising.schemas import Merge, Rename, Split
from kb_service.knowledge.service import words
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.service.release import publish_points
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.service import close_task

TOPIC = "unit.changed"
Moved = dict[str, dict[str, int]]


def apply(session: WriteSession, ctx: Context, change: UnitChange, plan: Rename | Merge | Split) -> None:
    """Raises Conflict where a unit was closed meanwhile; the caller's transaction keeps all or nothing."""
    lock_units(session, plan)
    units = planning.check(session, plan)
    if isinstance(plan, Rename):
        moved: Moved = {}
        rename(session, ctx, units[0], plan.name, plan.short_name)
        old = new = [units[0].id]
    elif isinstance(plan, Merge):
        into = next(unit for unit in units if unit.code == plan.into)
        gone = [unit for unit in units if unit.id != into.id]
        moved = {into.code: _merge(session, ctx, change, gone, into)}
        old, new = [unit.id for unit in gone], [into.id]
    else:
        moved, old, new = _split(session, ctx, change, plan, units[0])
    change.status, change.applied_at, change.moved = "applied", ctx.now, moved
    session.flush()
    live.touch(session, people.NAMES)
    words.install(session)
    payload = {
        "kind": change.kind, "old": old, "new": new, "rest": _rest(units, plan), "at": ctx.now.isoformat()
    }  # fmt: skip
    outbox.publish(session, ctx, TOPIC, str(change.id), payload=payload)
    audit.record(
        session, ctx, f"unit.{change.kind}", f"unit_change:{change.id}",
        before={"units": old}, after={"units": new, "moved": moved}, reason=change.reason,
    )  # fmt: skip


def _rest(units: Sequence[Unit], plan: Rename | Merge | Split) -> int:
    """Who has what no part of a split claims: the unit itself where it goes on."""
    code = plan.into if isinstance(plan, Merge) else plan.rest if isinstance(plan, Split) else None
    return next((unit.id for unit in units if unit.code == code), units[0].id)


def lock_units(session: WriteSession, plan: Rename | Merge | Split) -> None:
    """Two changes of one unit wait for each other, and the second sees what the first did."""
    if isinstance(plan, Merge):
        codes = [*plan.units, plan.into]
    elif isinstance(plan, Split):
        codes = [plan.unit, *(part.to for part in plan.parts), *([plan.rest] if plan.rest else [])]
    else:
        codes = [plan.unit]
    rows = select(Unit.id).where(Unit.code.in_(codes)).order_by(Unit.id).with_for_update()
    session.execute(rows)


def rename(session: WriteSession, ctx: Context, unit: Unit, name: str, short_name: str) -> None:
    """The name it had stays with the days on which it had it, and finds the unit's points for ever."""
    people.remember_name(session, ctx, unit)
    unit.former_names = [each for each in dict.fromkeys([*unit.former_names, unit.name]) if each != name]
    unit.name, unit.short_name = name, short_name or unit.short_name
    session.flush()
    republish(session, ctx, [unit.id])


def republish(session: WriteSession, ctx: Context, unit_ids: Sequence[int]) -> None:
    """Has the documents of all points of these units made anew."""
    codes = session.execute(select(Point.code).where(Point.unit_id.in_(unit_ids))).scalars().all()
    publish_points(session, ctx, codes)


def _merge(
    session: WriteSession, ctx: Context, change: UnitChange, gone: Sequence[Unit], into: Unit
) -> dict[str, int]:
    total: Counter[str] = Counter()
    for unit in gone:
        total["points"] += _move_points(session, ctx, change, unit.id, into.id)
        total["categories"] += _move_categories(session, unit.id, into.id)
        _drop_unit_tasks(session, ctx, unit)
        total.update(move_all(session, ctx.now, unit.id, into.id))
        _close_unit(session, ctx, unit, [into], "merge")
    republish(session, ctx, [into.id])
    return dict(total)


def _move_points(session: WriteSession, ctx: Context, change: UnitChange, old: int, new: int) -> int:
    until = select(Point.id, Point.unit_id, literal(ctx.now, PointUnit.until.type), literal(change.id)).where(
        Point.unit_id == old
    )
    session.execute(insert(PointUnit).from_select(["point_id", "unit_id", "until", "change_id"], until))
    moving = update(Point).where(Point.unit_id == old).values(unit_id=new, touched_at=ctx.now)
    return affected(session, moving.execution_options(synchronize_session=False))


def _move_categories(session: WriteSession, old: int, new: int) -> int:
    held = set(session.execute(select(CategoryUnit.category_id).where(CategoryUnit.unit_id == old)).scalars())
    _hold(session, held, new)
    session.execute(delete(CategoryUnit).where(CategoryUnit.unit_id == old))
    return len(held)


def _hold(session: WriteSession, category_ids: set[int], unit_id: int) -> None:
    known = select(CategoryUnit.category_id).where(CategoryUnit.unit_id == unit_id)
    missing = sorted(category_ids - set(session.execute(known).scalars()))
    if missing:
        session.execute(insert(CategoryUnit), [{"category_id": each, "unit_id": unit_id} for each in missing])


def _drop_unit_tasks(session: WriteSession, ctx: Context, unit: Unit) -> None:
    """What was asked of the unit itself falls with it; what its points need goes on."""
    subject = f"unit:{unit.code}"
    wanted = select(Task.kind).where(Task.subject == subject, Task.closed_at.is_(None))
    for kind in session.execute(wanted).scalars().all():
        close_task(session, ctx, kind, subject, "dropped", "机构调整，原单位已撤销")


def _close_unit(session: WriteSession, ctx: Context, unit: Unit, heirs: Sequence[Unit], how: str) -> None:
    unit.active = False
    session.add(UnitName(unit_id=unit.id, name=unit.name, short_name=unit.short_name, until=ctx.now))
    for heir in heirs:
        names = dict.fromkeys([*heir.former_names, unit.name, *unit.former_names])
        heir.former_names = [each for each in names if each != heir.name]
        session.add(UnitSuccessor(old_unit_id=unit.id, new_unit_id=heir.id, how=how, since=ctx.now))
    session.flush()


def _split(
    session: WriteSession, ctx: Context, change: UnitChange, plan: Split, unit: Unit
) -> tuple[Moved, list[int], list[int]]:
    dealt = planning.deal(session, plan)
    codes = list(dict.fromkeys([*(part.to for part in plan.parts), *([plan.rest] if plan.rest else [])]))
    heirs = {code: people.unit_by_code(session, code) for code in codes}
    moved: Moved = {}
    for code, heir in heirs.items():
        points = [(point.id, point.code) for point in dealt.points.get(code, [])]
        moved[code] = {"points": _hand(session, ctx, change, unit.id, heir.id, points)}
        moved[code] |= move_with_points(session, ctx.now, unit.id, heir.id, points)
    for part in plan.parts:
        moved[part.to] |= _hand_named(session, unit, heirs[part.to], part.model_dump())
    if plan.rest:
        rest = heirs[plan.rest]
        _move_categories(session, unit.id, rest.id)
        _drop_unit_tasks(session, ctx, unit)
        left = move_all(session, ctx.now, unit.id, rest.id)
        moved[plan.rest] = dict(Counter(moved[plan.rest]) + Counter(left))
        _close_unit(session, ctx, unit, list(heirs.values()), "split")
    else:
        for heir in heirs.values():
            session.add(UnitSuccessor(old_unit_id=unit.id, new_unit_id=heir.id, how="split", since=ctx.now))
    republish(session, ctx, [heir.id for heir in heirs.values()])
    return moved, [unit.id], [heir.id for heir in heirs.values()]


def _hand(
    session: WriteSession,
    ctx: Context,
    change: UnitChange,
    old: int,
    new: int,
    points: Sequence[tuple[int, str]],
) -> int:
    """Moves points, and gives the unit the categories they stand in, so that it can go on writing them."""
    categories: set[int] = set()
    for part in chunks([point_id for point_id, _ in points]):
        rows: list[Mapping[str, Any]] = [
            {"point_id": each, "unit_id": old, "until": ctx.now, "change_id": change.id} for each in part
        ]
        session.execute(insert(PointUnit), rows)
        session.execute(update(Point).where(Point.id.in_(part)).values(unit_id=new, touched_at=ctx.now))
        standing = select(Version.category_id).where(Version.point_id.in_(part)).distinct()
        categories |= set(session.execute(standing).scalars())
    held = select(CategoryUnit.category_id).where(CategoryUnit.unit_id == old)
    _hold(session, categories & set(session.execute(held).scalars()), new)
    return len(points)


def _hand_named(
    session: WriteSession, old: Unit, new: Unit, part: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """Matters, categories and accounts that a plan names for one unit."""
    matters = update(Matter).where(Matter.code.in_(part["matters"]), Matter.unit_id == old.id)
    accounts = update(Account).where(Account.login.in_(part["accounts"]), Account.unit_id == old.id)
    named = select(Category.path).where(Category.code.in_(part["categories"]))
    paths = session.execute(named).scalars().all()
    below = or_(
        false(), *(or_(Category.path == path, Category.path.startswith(f"{path}/")) for path in paths)
    )
    leaves: set[int] = set()
    if paths:
        held = (
            select(CategoryUnit.category_id)
            .join(Category, Category.id == CategoryUnit.category_id)
            .where(CategoryUnit.unit_id == old.id, below)
        )
        leaves = set(session.execute(held).scalars())
        _hold(session, leaves, new.id)
        gone = (CategoryUnit.unit_id == old.id, CategoryUnit.category_id.in_(leaves))
        session.execute(delete(CategoryUnit).where(*gone))
    return {
        "matters": affected(session, matters.values(unit_id=new.id)),
        "accounts": affected(session, accounts.values(unit_id=new.id)),
        "categories": len(leaves),
    }
