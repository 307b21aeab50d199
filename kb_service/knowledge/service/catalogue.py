"""Categories and matters."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, insert, or_, select, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, NotFound, Pointer
from kb_service.identity.model import Unit
from kb_service.knowledge.model import Category, CategoryUnit, Matter, MatterRegion, Point, Version
from kb_service.knowledge.rules import OPEN, Status
from kb_service.knowledge.service.lookups import Directory
from kb_service.knowledge.service.release import publish_points

Risk = Literal["normal", "money", "entitlement", "health", "law"]


class CategoryIn(BaseModel):
    """`parent` is a code; `units` hold the leaf and may write to it."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    name: str = Field(min_length=1, max_length=60, pattern=r"^[^/]+$")
    parent: str | None = None
    units: list[str] = Field(default_factory=list, max_length=2_000)


class MatterIn(BaseModel):
    """`region_units` names the unit of a region where it is not `unit`."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    name: str = Field(min_length=1, max_length=120)
    category: str
    unit: str
    region_units: dict[str, str] = Field(default_factory=dict)
    keywords: list[str] = Field(default_factory=list, max_length=100)
    risk: Risk = "normal"


@dataclass(frozen=True)
class CategoryView:
    id: int
    code: str
    name: str
    path: str
    parent_code: str | None
    leaf: bool
    unit_codes: list[str]


@dataclass(frozen=True)
class MatterView:
    code: str
    name: str
    category_code: str
    category_path: str
    unit_code: str
    unit_name: str
    region_units: dict[str, str]
    keywords: list[str]
    risk: str


def categories(session: ReadSession) -> list[CategoryView]:
    """The whole tree, each parent before its children, siblings by their codes."""
    chain = Directory.load(session).category_chain
    rows = sorted(session.execute(select(Category)).scalars(), key=lambda row: chain(row.id)[::-1])
    codes = {row.id: row.code for row in rows}
    parents = {row.parent_id for row in rows}
    holders: dict[int, list[str]] = defaultdict(list)
    held = select(CategoryUnit.category_id, Unit.code).join(Unit, Unit.id == CategoryUnit.unit_id)
    for category_id, unit_code in session.execute(held.order_by(Unit.code)):
        holders[category_id].append(unit_code)
    return [
        CategoryView(
            id=row.id,
            code=row.code,
            name=row.name,
            path=row.path,
            parent_code=codes.get(row.parent_id) if row.parent_id else None,
            leaf=row.id not in parents,
            unit_codes=holders[row.id],
        )
        for row in rows
    ]


def leaves_of(session: ReadSession, unit_code: str) -> list[CategoryView]:
    """The leaves a unit may write to."""
    return [each for each in categories(session) if each.leaf and unit_code in each.unit_codes]


def save_category(session: WriteSession, ctx: Context, data: CategoryIn) -> CategoryView:
    """Adds a category or changes the one of this code; a new name renames the paths below it."""
    ctx.actor.require("catalogue.manage")
    directory = Directory.load(session)
    units = _unit_ids(directory, data.units)
    parent = _category(session, data.parent) if data.parent else None
    stored = session.execute(select(Category).where(Category.code == data.code)).scalar_one_or_none()
    if parent is not None:
        _refuse_cycle(directory, data.code, parent)
        _refuse_used(session, parent)
    path = f"{parent.path}/{data.name}" if parent else data.name
    before = None if stored is None else {"path": stored.path}
    if stored is None:
        stored = Category(code=data.code, name=data.name, parent_id=parent.id if parent else None, path=path)
        session.add(stored)
        session.flush()
    else:
        _move(session, ctx, stored, data.name, parent, path)
    session.execute(delete(CategoryUnit).where(CategoryUnit.category_id == stored.id))
    if units:
        session.execute(insert(CategoryUnit), [{"category_id": stored.id, "unit_id": each} for each in units])
    after = {"path": path, "units": data.units}
    audit.record(session, ctx, "category.saved", f"category:{data.code}", before=before, after=after)
    return next(each for each in categories(session) if each.code == data.code)


def _unit_ids(directory: Directory, codes: Sequence[str]) -> list[int]:
    unknown: list[Pointer] = [
        {"pointer": f"/units/{at}", "detail": f"没有单位 {code}"}
        for at, code in enumerate(codes)
        if directory.unit_code(code) is None
    ]
    if unknown:
        raise Invalid("有的单位不存在。", code="unknown_unit", pointers=unknown)
    return sorted({directory.unit(code).id for code in codes})


def _category(session: ReadSession, code: str) -> Category:
    found = session.execute(select(Category).where(Category.code == code)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"没有编码为 {code} 的类目。", code="unknown_category")
    return found


def _refuse_cycle(directory: Directory, code: str, parent: Category) -> None:
    if code in directory.category_chain(parent.id):
        raise Invalid("上级类目不能是它自己或它的下级。", code="category_cycle")


def _refuse_used(session: ReadSession, parent: Category) -> None:
    """Points stand on leaves, so what has points gets no children."""
    standing = (*OPEN, Status.APPROVED)
    used = select(Version.id).where(Version.category_id == parent.id, Version.status.in_(standing)).limit(1)
    if session.execute(used).scalar() is not None:
        raise Conflict(f"类目“{parent.path}”下已有知识，不能再设子类目。", code="category_in_use")


def _move(
    session: WriteSession, ctx: Context, stored: Category, name: str, parent: Category | None, path: str
) -> None:
    below = select(Category).where(Category.path.startswith(stored.path + "/"))
    for each in session.execute(below).scalars():
        each.path = path + each.path[len(stored.path) :]
    moved = stored.parent_id != (parent.id if parent else None)
    stored.name, stored.path, stored.parent_id = name, path, parent.id if parent else None
    session.flush()
    if moved:
        # Documents name the categories above them.
        inside = or_(Category.id == stored.id, Category.path.startswith(path + "/"))
        points = select(Point.code).join(Version, Version.point_id == Point.id).join(Category).where(inside)
        publish_points(session, ctx, session.execute(points.distinct()).scalars().all())


def matters(session: ReadSession, *, category: str = "", q: str = "") -> list[MatterView]:
    statement = (
        select(Matter, Category.code, Category.path, Unit.code, Unit.name)
        .join(Category, Category.id == Matter.category_id)
        .join(Unit, Unit.id == Matter.unit_id)
        .order_by(Matter.code)
    )
    if category:
        top = select(Category.path).where(Category.code == category).scalar_subquery()
        statement = statement.where(or_(Category.path == top, Category.path.startswith(top + "/")))
    if q:
        statement = statement.where(or_(Matter.code == q, Matter.name.contains(q, autoescape=True)))
    regional = _region_units(session)
    return [
        MatterView(
            code=matter.code,
            name=matter.name,
            category_code=category_code,
            category_path=path,
            unit_code=unit_code,
            unit_name=unit_name,
            region_units=regional.get(matter.code, {}),
            keywords=matter.keywords,
            risk=matter.risk,
        )
        for matter, category_code, path, unit_code, unit_name in session.execute(statement)
    ]


def _region_units(session: ReadSession) -> Mapping[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    statement = select(MatterRegion.matter_code, MatterRegion.region_code, Unit.code).join(
        Unit, Unit.id == MatterRegion.unit_id
    )
    for matter, region, unit in session.execute(statement):
        found[matter][region] = unit
    return found


def save_matter(session: WriteSession, ctx: Context, data: MatterIn) -> MatterView:
    """Adds a matter or changes the one of this code."""
    ctx.actor.require("catalogue.manage")
    directory = Directory.load(session)
    unit = directory.unit(data.unit)
    regional = {region: directory.unit(code).id for region, code in data.region_units.items()}
    unknown = sorted(set(regional) - set(directory.region_levels))
    if unknown:
        raise Invalid(f"行政区划 {'、'.join(unknown)} 不存在。", code="unknown_region")
    values = {
        "name": data.name,
        "category_id": _category(session, data.category).id,
        "unit_id": unit.id,
        "keywords": list(dict.fromkeys(data.keywords)),
        "risk": data.risk,
    }
    if session.get(Matter, data.code) is None:
        session.execute(insert(Matter).values(code=data.code, **values))
    else:
        session.execute(update(Matter).where(Matter.code == data.code).values(**values))
    session.execute(delete(MatterRegion).where(MatterRegion.matter_code == data.code))
    rows = [
        {"matter_code": data.code, "region_code": region, "unit_id": unit_id}
        for region, unit_id in regional.items()
    ]
    if rows:
        session.execute(insert(MatterRegion), rows)
    audit.record(session, ctx, "matter.saved", f"matter:{data.code}", after=data.model_dump())
    return next(each for each in matters(session, q=data.code) if each.code == data.code)


def unit_of_matter(session: ReadSession, matter_code: str, region_code: str | None) -> Unit:
    """Who is responsible for a matter in a place: the unit of the nearest region upwards that has its own."""
    matter = session.get(Matter, matter_code)
    if matter is None:
        raise NotFound(f"没有编码为 {matter_code} 的事项。", code="unknown_matter")
    own = select(MatterRegion.region_code, MatterRegion.unit_id).where(
        MatterRegion.matter_code == matter_code
    )
    regional = dict(session.execute(own).tuples().all())
    path = Directory.load(session).region_and_above(region_code) if region_code else ()
    unit_id = next((regional[code] for code in path if code in regional), matter.unit_id)
    return session.execute(select(Unit).where(Unit.id == unit_id)).scalar_one()
