"""The catalogue and the people around a write, read once for any number of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, select

from kb_service.core.context import Actor, Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Forbidden, Invalid, NotFound, Pointer
from kb_service.identity.model import Region, Role, Unit
from kb_service.identity.rules import ancestors
from kb_service.knowledge.content import PointDraft
from kb_service.knowledge.model import Category, CategoryUnit, Matter
from kb_service.knowledge.rules import tokens_of

# SQLite takes 32,766 parameters a statement.
CHUNK = 5_000
WORKING = (
    "knowledge.edit",
    "knowledge.review_unit",
    "knowledge.review_region",
    "knowledge.review_centre",
    "knowledge.withdraw",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
T = TypeVar("T")


def chunks(items: Sequence[T], size: int = CHUNK) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def micros(at: datetime) -> int:
    """An instant as a key of a cursor."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def instant(key: int) -> datetime:
    """The instant of a cursor's key."""
    try:
        return _EPOCH + timedelta(microseconds=key)
    except OverflowError:
        raise Invalid("翻页位置（cursor）无效，请从第一页重新查询。", code="bad_cursor") from None


def past_instant(ctx: Context, at: datetime) -> datetime:
    """An instant that people may look back to: what is still to come is nobody's to look at."""
    ctx.actor.require("knowledge.read_internal")
    if at > ctx.now:
        raise Invalid("查看时刻不能晚于现在。", code="future_instant")
    return at


def access_tokens(actor: Actor) -> frozenset[str]:
    """What the actor may find: public knowledge, and inside the hotline what is internal or for its roles."""
    if not actor.may("knowledge.read_internal"):
        return frozenset({"public"})
    return frozenset({"public", "agents", *(f"role:{role}" for role in actor.roles)})


def works_on(actor: Actor, unit_id: int) -> bool:
    """Whether the actor writes, reviews or withdraws the points of a unit, and so sees all their versions."""
    return actor.in_scope(unit_id) and any(actor.may(permission) for permission in WORKING)


def require_account(ctx: Context) -> int:
    """Knowledge is written and reviewed by persons, whose names stay with it."""
    if ctx.actor.account_id is None:
        raise Forbidden("编写和审核知识须以个人账号登录，接口令牌不能代替。", code="account_required")
    return ctx.actor.account_id


@dataclass(frozen=True)
class UnitFacts:
    id: int
    code: str
    name: str
    region_code: str
    kind: str
    parent_id: int | None


@dataclass(frozen=True)
class CategoryFacts:
    id: int
    code: str
    path: str
    parent_id: int | None
    leaf: bool


@dataclass(frozen=True)
class Directory:
    """Units, regions, categories and matters by what people call them."""

    units: Mapping[int, UnitFacts]
    unit_by_name: Mapping[str, UnitFacts]
    region_levels: Mapping[str, str]
    region_parents: Mapping[str, str | None]
    region_names: Mapping[str, str]
    categories: Mapping[int, CategoryFacts]
    category_by_name: Mapping[str, CategoryFacts]
    held: frozenset[tuple[int, int]]
    matters: frozenset[str]
    roles: frozenset[str]

    @classmethod
    def load(cls, session: ReadSession) -> "Directory":
        units = [UnitFacts(*row) for row in session.execute(_unit_columns())]
        regions = session.execute(select(Region.code, Region.name, Region.level, Region.parent_code)).all()
        categories = _categories(session)
        held = session.execute(select(CategoryUnit.category_id, CategoryUnit.unit_id))
        return cls(
            units={unit.id: unit for unit in units},
            unit_by_name={unit.name: unit for unit in units} | {unit.code: unit for unit in units},
            region_levels={row.code: row.level for row in regions},
            region_parents={row.code: row.parent_code for row in regions},
            region_names={row.name: row.code for row in regions},
            categories={category.id: category for category in categories},
            category_by_name={category.path: category for category in categories}
            | {category.code: category for category in categories},
            held=frozenset((row.category_id, row.unit_id) for row in held),
            matters=frozenset(session.execute(select(Matter.code)).scalars()),
            roles=frozenset(session.execute(select(Role.code)).scalars()),
        )

    def unit_code(self, name: str) -> str | None:
        unit = self.unit_by_name.get(name.strip())
        return unit.code if unit else None

    def region_code(self, name: str) -> str | None:
        wanted = name.strip()
        return wanted if wanted in self.region_levels else self.region_names.get(wanted)

    def category_code(self, name: str) -> str | None:
        path = "/".join(part.strip() for part in name.split("/"))
        category = self.category_by_name.get(path)
        return category.code if category else None

    def unit(self, code: str) -> UnitFacts:
        unit = self.unit_by_name.get(code)
        if unit is None:
            raise NotFound(f"没有编码为“{code}”的单位。", code="unknown_unit")
        return unit

    def region_level(self, unit_id: int) -> str:
        return self.region_levels[self.units[unit_id].region_code]

    def region_and_above(self, code: str) -> tuple[str, ...]:
        return ancestors(code, self.region_parents)

    def category_chain(self, category_id: int) -> tuple[str, ...]:
        """Codes of a category and all above it."""
        chain: list[str] = []
        at: int | None = category_id
        while at is not None and len(chain) < len(self.categories):
            category = self.categories[at]
            chain.append(category.code)
            at = category.parent_id
        return tuple(chain)

    def misplaced(self, unit: UnitFacts, draft: PointDraft) -> list[Pointer]:
        """What a draft of this unit names that does not exist or is not the unit's to write to."""
        found: list[Pointer] = []
        category = self.category_by_name.get(draft.category)
        if category is None:
            found.append({"pointer": "/category", "detail": f"类目“{draft.category}”不存在"})
        elif not category.leaf:
            found.append({"pointer": "/category", "detail": f"类目“{category.path}”下还有子类目，请选到末级"})
        elif (category.id, unit.id) not in self.held:
            detail = f"“{unit.name}”没有类目“{category.path}”的编写权限，请选用本单位的类目或联系知识主管"
            found.append({"pointer": "/category", "detail": detail})
        if draft.region is not None and draft.region not in self.region_levels:
            found.append({"pointer": "/region", "detail": f"行政区划“{draft.region}”不存在"})
        if draft.matter is not None and draft.matter not in self.matters:
            found.append({"pointer": "/matter", "detail": f"事项“{draft.matter}”不存在"})
        found += [
            {"pointer": f"/roles/{at}", "detail": f"角色“{role}”不存在"}
            for at, role in enumerate(draft.roles)
            if role not in self.roles
        ]
        return found

    def columns(self, unit: UnitFacts, draft: PointDraft) -> dict[str, Any]:
        """The columns of a version that says what the draft says."""
        plain = draft.model_dump(
            exclude={"content", "category", "region", "matter", "supersedes", "replaces"}
        )
        return plain | {
            "content": draft.content.model_dump(mode="json"),
            "category_id": self.category_by_name[draft.category].id,
            "region_code": draft.region or unit.region_code,
            "matter_code": draft.matter,
            "supersedes_code": draft.supersedes,
            "access": "|" + "".join(f"{token}|" for token in tokens_of(draft.audience, draft.roles)),
        }


def _unit_columns() -> Select[Any]:
    return select(Unit.id, Unit.code, Unit.name, Unit.region_code, Unit.kind, Unit.parent_id)


def _categories(session: ReadSession) -> list[CategoryFacts]:
    rows = session.execute(select(Category.id, Category.code, Category.path, Category.parent_id)).all()
    parents = {row.parent_id for row in rows}
    return [CategoryFacts(row.id, row.code, row.path, row.parent_id, row.id not in parents) for row in rows]
