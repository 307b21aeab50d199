"""Changes of staff 人员变动: filed by the unit, acknowledged by the office, in force from their day.

The office is whoever keeps the catalogue at the centre. Roles are not given here: that is the security
officer's; a person is named only to a post that their roles let them do.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from kb_service.core import audit
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.identity.model import Account, Unit
from kb_service.identity.rules import descendants
from kb_service.identity.service import actors, people
from kb_service.knowledge.handover.model import Post, StaffFiling
from kb_service.knowledge.handover.rules import POST_NAMES, office_is_told, without_keeper
from kb_service.knowledge.model import CategoryUnit, Point
from kb_service.knowledge.tasks.service import close_task, open_task
from kb_service.notices.roster import LEADER
from kb_service.notices.service import notify, settle

OFFICE = "catalogue.manage"
NOTICE = "staff.filed"
NO_KEEPER = "keeper"


@dataclass(frozen=True)
class Holder:
    """Who has a post in a unit, and on which days."""

    unit_code: str
    unit_name: str
    post: str
    post_name: str
    login: str
    name: str
    from_day: date
    until_day: date | None


@dataclass(frozen=True)
class Filed:
    id: int
    unit_code: str
    unit_name: str
    post: str
    post_name: str
    name: str
    former_name: str
    effective_on: date
    note: str
    filed_at: datetime
    acknowledged_at: datetime | None


def file_change(
    session: WriteSession,
    ctx: Context,
    *,
    unit_code: str,
    post: str,
    effective_on: date,
    login: str = "",
    former_login: str = "",
    note: str = "",
) -> Filed:
    """Files that from a day on somebody has a post, somebody no longer has it, or both."""
    unit = people.unit_by_code(session, unit_code)
    _require_unit(ctx, unit)
    session.execute(select(Unit.id).where(Unit.id == unit.id).with_for_update())
    if post not in POST_NAMES:
        raise Invalid("岗位只能是分管领导（leader）或知识专员（keeper）。", code="unknown_post")
    if not login and not former_login:
        raise Invalid("请填写新任或离任人员。", code="nobody", pointers=[
            {"pointer": "/login", "detail": "请填写新任或离任人员"}
        ])  # fmt: skip
    former = people.account_by_login(session, former_login) if former_login else None
    fresh = people.account_by_login(session, login) if login else None
    filing = StaffFiling(
        unit_id=unit.id, post=post, account_id=fresh.id if fresh else None,
        former_id=former.id if former else None, effective_on=effective_on, note=note.strip(),
        filed_at=ctx.now, filed_by=ctx.actor.account_id,
    )  # fmt: skip
    session.add(filing)
    session.flush()
    if former is not None:
        _end_post(session, unit, post, former, effective_on)
    if fresh is not None:
        _begin_post(session, unit, filing, fresh)
    session.flush()
    audit.record(
        session, ctx, "staff.filed", f"unit:{unit.code}", reason=note.strip(),
        after={"post": post, "account": filing.account_id, "former": filing.former_id,
               "effective_on": effective_on.isoformat()},
    )  # fmt: skip
    if office_is_told(post):
        office = [each.id for each in actors.holders(session, OFFICE)]
        title = f"{unit.name}报备{POST_NAMES[post]}变动，{effective_on:%m月%d日}起"
        notify(session, ctx, office, NOTICE, title, "/staff", f"staff:{filing.id}")
    settle_vacancy(session, ctx, unit)
    return _filed(session, StaffFiling.id == filing.id)[0]


def _require_unit(ctx: Context, unit: Unit) -> None:
    files = ctx.actor.may("knowledge.edit") or ctx.actor.may("knowledge.review_unit")
    if not (ctx.actor.may("identity.manage") or (files and ctx.actor.in_scope(unit.id))):
        raise Forbidden(f"您不能为“{unit.name}”报备人员变动，请由该单位办理。", code="out_of_scope")
    if not unit.active:
        raise Conflict(f"“{unit.name}”已撤销，不能再报备人员变动。", code="unit_closed")


def _holding(unit_id: int, post: str, account_id: int, day: date) -> list[ColumnElement[bool]]:
    """Has the post on that day or will have it later."""
    return [
        Post.unit_id == unit_id, Post.post == post, Post.account_id == account_id,
        or_(Post.until_day.is_(None), Post.until_day > day),
    ]  # fmt: skip


def _end_post(session: WriteSession, unit: Unit, post: str, account: Account, day: date) -> None:
    held = session.execute(select(Post).where(*_holding(unit.id, post, account.id, day))).scalars().all()
    if not held:
        raise Conflict(
            f"{account.name}在{day:%m月%d日}不是“{unit.name}”的{POST_NAMES[post]}，请核对离任人员。",
            code="does_not_hold_post",
        )
    for each in held:
        each.until_day = max(day, each.from_day)


def _begin_post(session: WriteSession, unit: Unit, filing: StaffFiling, account: Account) -> None:
    if not account.active:
        raise Invalid(f"{account.name}的账号已停用。", code="account_closed")
    units = dict(session.execute(select(Unit.id, Unit.parent_id)).tuples().all())
    if account.unit_id not in descendants([unit.id], units):
        raise Invalid(f"{account.name}不是“{unit.name}”的人员，不能任此岗位。", code="not_of_the_unit")
    actor = actors.of_account(session, account, "session")
    fit = LEADER in actor.roles if filing.post == "leader" else actor.may("knowledge.edit")
    if not fit:
        role = "单位负责人" if filing.post == "leader" else "知识编辑"
        raise Invalid(f"{account.name}还没有“{role}”角色，请先联系安全管理员授予。", code="lacks_role")
    if session.execute(select(Post.id).where(
        *_holding(unit.id, filing.post, account.id, filing.effective_on)
    )).first():  # fmt: skip
        raise Conflict(f"{account.name}已经是{POST_NAMES[filing.post]}。", code="holds_post")
    session.add(
        Post(
            unit_id=unit.id, post=filing.post, account_id=account.id, from_day=filing.effective_on,
            filing_id=filing.id,
        )
    )  # fmt: skip


def acknowledge(session: WriteSession, ctx: Context, filing_id: int) -> Filed:
    """The office has taken note 备案."""
    ctx.actor.require(OFFICE)
    filing = session.get(StaffFiling, filing_id, with_for_update=True)
    if filing is None:
        raise NotFound("没有这条人员变动报备。")
    if filing.acknowledged_at is not None:
        raise Conflict("这条报备已经备案。", code="already_acknowledged")
    filing.acknowledged_at, filing.acknowledged_by = ctx.now, ctx.actor.account_id
    session.flush()
    settle(session, ctx, f"staff:{filing.id}", NOTICE)
    shown = _filed(session, StaffFiling.id == filing.id)[0]
    if filing.filed_by is not None:
        title = f"{shown.post_name}变动已备案：{shown.unit_name}"
        notify(session, ctx, [filing.filed_by], "staff.acknowledged", title, "/staff", f"staff:{filing.id}")
    audit.record(session, ctx, "staff.acknowledged", f"unit:{shown.unit_code}", after={"filing": filing.id})
    return shown


def filings(session: ReadSession, ctx: Context, *, waiting: bool = False, limit: int = 100) -> list[Filed]:
    """Those of the actor's units, newest first; all of them for the office."""
    wanted: list[ColumnElement[bool]] = []
    if ctx.actor.unit_scope is not None:
        wanted.append(StaffFiling.unit_id.in_(ctx.actor.unit_scope))
    if waiting:
        wanted.append(StaffFiling.acknowledged_at.is_(None))
    return _filed(session, *wanted, limit=limit)


def _filed(session: ReadSession, *conditions: ColumnElement[bool], limit: int = 1) -> list[Filed]:
    fresh, former = aliased(Account), aliased(Account)
    rows = (
        select(StaffFiling, Unit.code, Unit.name, fresh.name, former.name)
        .join(Unit, Unit.id == StaffFiling.unit_id)
        .outerjoin(fresh, fresh.id == StaffFiling.account_id)
        .outerjoin(former, former.id == StaffFiling.former_id)
        .where(*conditions)
        .order_by(StaffFiling.id.desc())
        .limit(limit)
    )
    return [
        Filed(
            row.id, code, unit_name, row.post, POST_NAMES[row.post], name or "", former_name or "",
            row.effective_on, row.note, row.filed_at, row.acknowledged_at,
        )
        for row, code, unit_name, name, former_name in session.execute(rows)
    ]  # fmt: skip


def holders(session: ReadSession, day: date, *, unit_ids: Collection[int] | None = None) -> list[Holder]:
    """Who has which post on a day, by unit."""
    rows = (
        select(Post, Unit.code, Unit.name, Account.login, Account.name)
        .join(Unit, Unit.id == Post.unit_id)
        .join(Account, Account.id == Post.account_id)
        .where(*_on(day))
        .order_by(Unit.level, Unit.id, Post.post.desc(), Post.from_day)
    )
    if unit_ids is not None:
        rows = rows.where(Post.unit_id.in_(unit_ids))
    return [
        Holder(code, unit_name, row.post, POST_NAMES[row.post], login, name, row.from_day, row.until_day)
        for row, code, unit_name, login, name in session.execute(rows)
    ]


def _on(day: date) -> tuple[ColumnElement[bool], ...]:
    return (Post.from_day <= day, or_(Post.until_day.is_(None), Post.until_day > day))


def vacancies(session: ReadSession, day: date) -> list[Unit]:
    """Active units that have knowledge to keep and no keeper on that day."""
    owning = select(Point.unit_id).union(select(CategoryUnit.unit_id))
    rows = select(Unit).where(Unit.active.is_(True), Unit.id.in_(owning)).order_by(Unit.level, Unit.id)
    units = {unit.id: unit for unit in session.execute(rows).scalars()}
    return [units[unit_id] for unit_id in without_keeper(units, _keepers(session, day))]


def _keepers(session: ReadSession, day: date) -> dict[int, list[int]]:
    rows = (
        select(Post.unit_id, Post.account_id)
        .join(Account, Account.id == Post.account_id)
        .where(Post.post == "keeper", Account.active.is_(True), *_on(day))
    )
    found: dict[int, list[int]] = {}
    for unit_id, account_id in session.execute(rows):
        found.setdefault(unit_id, []).append(account_id)
    return found


def settle_vacancy(session: WriteSession, ctx: Context, unit: Unit) -> bool:
    """Closes the unit's task to name a keeper when it has one today."""
    if not _keepers(session, local_day(ctx.now)).get(unit.id):
        return False
    return close_task(session, ctx, NO_KEEPER, f"unit:{unit.code}", "done", "已确定知识专员")


def watch_vacancies(session: WriteSession, ctx: Context, open_subjects: Sequence[str]) -> int:
    """Opens a task for each unit without a keeper and closes those that are settled; gives how many changed."""
    lacking = {f"unit:{unit.code}": unit for unit in vacancies(session, local_day(ctx.now))}
    for subject, unit in lacking.items():
        if subject not in open_subjects:
            open_task(
                session, ctx, kind=NO_KEEPER, subject=subject, unit_id=unit.id,
                title=f"{unit.name}还没有知识专员，请确定并报备", link="/staff", clause="SG-29",
            )  # fmt: skip
    settled = [subject for subject in open_subjects if subject not in lacking]
    for subject in settled:
        close_task(session, ctx, NO_KEEPER, subject, "done", "已确定知识专员")
    return len(lacking.keys() - set(open_subjects)) + len(settled)
