"""Changes of units: made, planned, cancelled; and who was responsible on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import aliased

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Invalid, KbError, NotFound
from kb_service.identity.model import Unit, UnitName, UnitSuccessor
from kb_service.identity.service import actors, people
from kb_service.knowledge.model import Point
from kb_service.knowledge.reorganising import applying, planning
from kb_service.knowledge.reorganising.model import PointUnit, UnitChange
from kb_service.knowledge.reorganising.schemas import ChangeOut, Merge, Plan, Rename, Split
from kb_service.notices.service import notify

KIND_NAMES = {"rename": "更名", "merge": "合并", "split": "拆分"}
STATUS_NAMES = {"planned": "待生效", "applied": "已生效", "cancelled": "已取消", "failed": "未能生效"}
PLAN: TypeAdapter[Rename | Merge | Split] = TypeAdapter(Plan)
NOTICE = "unit.changed"


def make_change(
    session: WriteSession,
    ctx: Context,
    plan: Rename | Merge | Split,
    *,
    reason: str,
    effective_at: datetime | None = None,
    fingerprint: str = "",
) -> ChangeOut:
    """Applies a plan now, or keeps it for its instant. A split that is applied at once must be as previewed."""
    ctx.actor.require("identity.manage")
    if len(reason.strip()) < 2:
        raise Invalid("请写明机构调整的依据或原因。", code="reason_required", pointers=[
            {"pointer": "/reason", "detail": "请写明依据或原因"}
        ])  # fmt: skip
    applying.lock_units(session, plan)
    planning.check(session, plan)
    later = effective_at is not None and effective_at > ctx.now
    if isinstance(plan, Split):
        _refuse_unseen(planning.deal(session, plan).fingerprint, fingerprint)
    change = UnitChange(
        kind=plan.kind, title=_title(session, plan), plan=plan.model_dump(mode="json"), status="planned",
        effective_at=effective_at if later else ctx.now, reason=reason.strip(),
        made_by=ctx.actor.account_id, created_at=ctx.now,
    )  # fmt: skip
    session.add(change)
    session.flush()
    if later:
        after = {"kind": plan.kind, "effective_at": change.effective_at.isoformat()}
        audit.record(session, ctx, "unit.change_planned", f"unit_change:{change.id}", after=after)
    else:
        _apply(session, ctx, change, plan)
    return ChangeOut.model_validate(change)


def _refuse_unseen(is_now: str, previewed: str) -> None:
    if not previewed:
        raise Invalid("拆分前请先预览各单位分得的内容。", code="preview_first")
    if is_now != previewed:
        raise Conflict("预览之后知识有了变化，请重新预览、核对后再提交。", code="preview_outdated")


def _title(session: ReadSession, plan: Rename | Merge | Split) -> str:
    def name(code: str) -> str:
        return people.unit_by_code(session, code).name

    if isinstance(plan, Rename):
        return f"{name(plan.unit)}更名为{plan.name}"
    if isinstance(plan, Merge):
        gone = "、".join(name(code) for code in plan.units if code != plan.into)
        return f"{gone}并入{name(plan.into)}"[:300]
    codes = dict.fromkeys([*(part.to for part in plan.parts), *([plan.rest] if plan.rest else [])])
    return f"{name(plan.unit)}的职责划给{'、'.join(map(name, codes))}"[:300]


def _apply(session: WriteSession, ctx: Context, change: UnitChange, plan: Rename | Merge | Split) -> None:
    applying.apply(session, ctx, change, plan)
    office = [each.id for each in actors.holders(session, "catalogue.manage")]
    title = f"机构调整已生效：{change.title}"
    notify(session, ctx, office, NOTICE, title, f"/units/changes#c-{change.id}", f"unit_change:{change.id}")


def due(session: ReadSession, now: datetime) -> Sequence[int]:
    rows = (
        select(UnitChange.id)
        .where(UnitChange.status == "planned", UnitChange.effective_at <= now)
        .order_by(UnitChange.effective_at, UnitChange.id)
    )
    return session.execute(rows).scalars().all()


def apply_planned(session: WriteSession, ctx: Context, change_id: int) -> bool:
    """Applies a planned change whose instant has come; False where somebody else did. Raises what forbids it."""
    change = session.get(UnitChange, change_id, with_for_update=True)
    if change is None or change.status != "planned" or change.effective_at > ctx.now:
        return False
    _apply(session, ctx, change, PLAN.validate_python(change.plan))
    return True


def fail_planned(session: WriteSession, ctx: Context, change_id: int, error: KbError) -> None:
    """A planned change that cannot be applied any more is kept with the reason, and its maker is told."""
    change = session.get_one(UnitChange, change_id, with_for_update=True)
    change.status, change.problem = "failed", error.detail[:400]
    audit.record(session, ctx, "unit.change_failed", f"unit_change:{change.id}", reason=error.detail)
    if change.made_by is not None:
        title = f"机构调整未能生效：{change.title}"
        notify(session, ctx, [change.made_by], NOTICE, title, "/units/changes", f"unit_change:{change.id}")


def cancel(session: WriteSession, ctx: Context, change_id: int) -> ChangeOut:
    ctx.actor.require("identity.manage")
    change = session.get(UnitChange, change_id, with_for_update=True)
    if change is None:
        raise NotFound("没有这项机构调整。")
    if change.status != "planned":
        raise Conflict(
            f"这项机构调整{STATUS_NAMES[change.status]}，不能取消；已生效的请另作一次调整改回。",
            code="not_planned",
        )
    change.status = "cancelled"
    audit.record(session, ctx, "unit.change_cancelled", f"unit_change:{change.id}")
    return ChangeOut.model_validate(change)


def changes(session: ReadSession, limit: int = 100) -> list[ChangeOut]:
    rows = select(UnitChange).order_by(UnitChange.id.desc()).limit(limit)
    return [ChangeOut.model_validate(row) for row in session.execute(rows).scalars()]


@dataclass(frozen=True)
class Responsible:
    point: str
    at: datetime
    unit_code: str
    unit_name: str
    now_code: str
    now_name: str


def responsible(session: ReadSession, code: str, at: datetime) -> Responsible:
    """Which unit a point belonged to at an instant, called as it was then."""
    row = session.execute(select(Point.id, Point.unit_id, Point.created_at).where(Point.code == code)).first()
    if row is None:
        raise NotFound(f"没有知识点 {code}。", code="unknown_point")
    if at < row.created_at:
        raise NotFound(f"知识点 {code} 在那时还没有。", code="unknown_point")
    before = (
        select(PointUnit.unit_id)
        .where(PointUnit.point_id == row.id, PointUnit.until > at)
        .order_by(PointUnit.until, PointUnit.id)
        .limit(1)
    )
    then = session.execute(before).scalar_one_or_none() or row.unit_id
    unit, now = session.get_one(Unit, then), session.get_one(Unit, row.unit_id)
    return Responsible(code, at, unit.code, name_at(session, unit, at), now.code, now.name)


def name_at(session: ReadSession, unit: Unit, at: datetime) -> str:
    had = (
        select(UnitName.name)
        .where(UnitName.unit_id == unit.id, UnitName.until > at)
        .order_by(UnitName.until, UnitName.id)
        .limit(1)
    )
    return session.execute(had).scalar_one_or_none() or unit.name


@dataclass(frozen=True)
class Succession:
    old_code: str
    old_name: str
    new_code: str
    new_name: str
    how: str
    since: datetime


def successions(session: ReadSession, code: str = "") -> list[Succession]:
    """Which units followed which, newest first; of one unit, those it followed and those that followed it."""
    old, new = aliased(Unit), aliased(Unit)
    rows = (
        select(old.code, old.name, new.code, new.name, UnitSuccessor.how, UnitSuccessor.since)
        .join(old, old.id == UnitSuccessor.old_unit_id)
        .join(new, new.id == UnitSuccessor.new_unit_id)
        .order_by(UnitSuccessor.id.desc())
    )
    if code:
        rows = rows.where((old.code == code) | (new.code == code))
    return [Succession(*row) for row in session.execute(rows)]
