"""Absence and delegation 请假代办: who is away, and who does their work meanwhile.

A stand-in works by their own rights: they must hold each permission to decide that the absent person
holds, for the same units, so a delegation never gives anybody a right, and four eyes hold as ever.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from kb_service.core import audit
from kb_service.core.clock import CITY
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.identity.model import Account, AccountRole, Role, Unit
from kb_service.identity.rules import PERMISSIONS, UnitNode, unit_scope
from kb_service.identity.service import actors
from kb_service.notices.model import Absence
from kb_service.notices.rules import Scope, delegable, lacking, resolve_stand_ins


def stand_ins(session: ReadSession, account_ids: Collection[int], at: datetime) -> Mapping[int, int]:
    """For those of the accounts who are away at that instant, who stands in for them.

    Somebody away without a stand-in, or whose stand-in is away or closed in turn with nobody further, is
    left out.
    """
    if not account_ids:
        return {}
    away = away_at(session, at)
    if not away.keys() & set(account_ids):
        return {}
    named = {stand_in for stand_in in away.values() if stand_in is not None}
    active = set(
        session.execute(select(Account.id).where(Account.id.in_(named), Account.active.is_(True))).scalars()
    )
    return resolve_stand_ins(set(account_ids), away, active)


def away_at(session: ReadSession, at: datetime) -> dict[int, int | None]:
    """Everyone away at that instant, with the stand-in they named; of two absences the later filed counts."""
    rows = select(Absence.account_id, Absence.stand_in_id).where(*_covers(at)).order_by(Absence.id)
    return dict(session.execute(rows).tuples().all())


def present(session: ReadSession, account_ids: Iterable[int], at: datetime) -> list[int]:
    """The accounts, with those who are away replaced by their stand-ins or left out; each once, in order."""
    wanted = list(dict.fromkeys(account_ids))
    away = away_at(session, at)
    instead = stand_ins(session, wanted, at)
    found = [instead.get(each) if each in away else each for each in wanted]
    return list(dict.fromkeys(each for each in found if each is not None))


def stands_in_for(session: ReadSession, account_id: int, at: datetime) -> list[int]:
    """Whose work falls to this account at that instant."""
    away = away_at(session, at)
    return sorted(
        absent for absent, instead in stand_ins(session, away.keys(), at).items() if instead == account_id
    )


def acting_for(
    session: ReadSession, account_id: int, at: datetime, candidates: Collection[int], authors: Collection[int]
) -> int | None:
    """Whom a reviewer decides for (代…审核): an absent one of `candidates` who wrote none of it.

    None means in their own name: nobody is absent, or the reviewer or the absent one is an author.
    """
    if account_id in authors:
        return None
    absent = [each for each in stands_in_for(session, account_id, at) if each in candidates]
    return next((each for each in absent if each not in authors), None)


def _covers(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Absence.cancelled_at.is_(None), Absence.starts_at <= at, Absence.ends_at > at)


def file_absence(
    session: WriteSession,
    ctx: Context,
    *,
    account_id: int,
    starts_at: datetime,
    ends_at: datetime,
    stand_in_id: int | None,
    reason: str = "",
) -> Absence:
    """Files one's own absence, or with `identity.manage` anybody's."""
    _require_own(ctx, account_id)
    if ends_at <= starts_at:
        raise Invalid("请假的结束时间须晚于开始时间。", code="bad_period", pointers=[
            {"pointer": "/ends_at", "detail": "须晚于开始时间"}
        ])  # fmt: skip
    if ends_at <= ctx.now:
        raise Invalid("这段请假已经过去，不能再登记。", code="in_the_past")
    _refuse_overlap(session, account_id, starts_at, ends_at)
    if stand_in_id is not None:
        require_fit(session, account_id, stand_in_id, starts_at, ends_at)
    absence = Absence(
        account_id=account_id, stand_in_id=stand_in_id, starts_at=starts_at, ends_at=ends_at,
        reason=reason.strip(), created_at=ctx.now,
    )  # fmt: skip
    session.add(absence)
    session.flush()
    after = {"stand_in": stand_in_id, "from": starts_at.isoformat(), "to": ends_at.isoformat()}
    audit.record(session, ctx, "absence.filed", f"account:{account_id}", after=after)
    return absence


def _require_own(ctx: Context, account_id: int) -> None:
    if account_id != ctx.actor.account_id and not ctx.actor.may("identity.manage"):
        raise Forbidden("只能登记自己的请假；替他人登记请联系系统管理员。", code="not_yours")


def _refuse_overlap(session: ReadSession, account_id: int, starts_at: datetime, ends_at: datetime) -> None:
    # The account's row is the lock: two absences filed at once must see each other.
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    if _overlapping(session, account_id, starts_at, ends_at):
        raise Conflict("这段时间已登记过请假，请先撤销原来的登记。", code="already_away")


def _overlapping(
    session: ReadSession, account_id: int, starts_at: datetime, ends_at: datetime
) -> list[Absence]:
    rows = select(Absence).where(
        Absence.account_id == account_id, Absence.cancelled_at.is_(None),
        Absence.starts_at < ends_at, Absence.ends_at > starts_at,
    )  # fmt: skip
    return list(session.execute(rows).scalars())


def require_fit(
    session: ReadSession, account_id: int, stand_in_id: int, starts_at: datetime, ends_at: datetime
) -> None:
    """Raises unless the stand-in is somebody else, there all the time, and may decide what the other may."""
    if stand_in_id == account_id:
        raise Invalid("代办人不能是本人。", code="own_stand_in")
    stand_in = session.get(Account, stand_in_id)
    if stand_in is None or not stand_in.active:
        raise Invalid("代办人的账号不存在或已停用。", code="stand_in_closed")
    taken = _overlapping(session, stand_in_id, starts_at, ends_at)
    if taken:
        until = max(each.ends_at for each in taken).astimezone(CITY)
        raise Conflict(
            f"{stand_in.name}在此期间也请假（至 {until:%m月%d日 %H:%M}），请另选代办人。",
            code="stand_in_away",
        )
    missing = missing_permissions(session, account_id, stand_in_id)
    if missing:
        words = "、".join(PERMISSIONS[each] for each in missing)
        raise Invalid(
            f"{stand_in.name}没有与您相同的权限（缺：{words}），不能代办。请选择权限和范围相同的同事。",
            code="stand_in_lacks_permission", extra={"lacking": missing},
        )  # fmt: skip


def missing_permissions(session: ReadSession, account_id: int, stand_in_id: int) -> list[str]:
    """Permissions to decide that the account holds and the other does not hold for the same units."""
    scopes = decision_scopes(session, [account_id, stand_in_id])
    return lacking(scopes[account_id], scopes[stand_in_id])


def decision_scopes(session: ReadSession, account_ids: Collection[int]) -> dict[int, dict[str, Scope]]:
    """For each account, each of its permissions to decide with the units it reaches (None: all)."""
    roles = {role.code: role for role in session.execute(select(Role)).scalars()}
    nodes = [UnitNode(*row) for row in session.execute(select(Unit.id, Unit.parent_id, Unit.region_code))]
    own = {node.id: node for node in nodes}
    parents = actors.region_parents(session)
    of_accounts = select(Account.id, Account.unit_id).where(Account.id.in_(account_ids))
    units = dict(session.execute(of_accounts).tuples().all())
    reaches: dict[int, dict[str, set[str]]] = {each: {} for each in account_ids}
    held = select(AccountRole).where(AccountRole.account_id.in_(account_ids))
    for row in session.execute(held).scalars():
        for permission in delegable(roles[row.role_code].permissions):
            reaches[row.account_id].setdefault(permission, set()).add(roles[row.role_code].reach)
    return {
        account_id: {
            permission: unit_scope(kinds, own[units[account_id]], nodes, parents)
            for permission, kinds in found.items()
        }
        for account_id, found in reaches.items()
    }


def cancel(session: WriteSession, ctx: Context, absence_id: int) -> Absence:
    """Ends an absence now, or takes back one that has not begun."""
    absence = session.get(Absence, absence_id, with_for_update=True)
    if absence is None:
        raise NotFound("没有这条请假登记。")
    _require_own(ctx, absence.account_id)
    if absence.cancelled_at is not None or absence.ends_at <= ctx.now:
        raise Conflict("这条请假已经结束或撤销。", code="already_over")
    if absence.starts_at < ctx.now:
        absence.ends_at = ctx.now
    else:
        absence.cancelled_at = ctx.now
    audit.record(session, ctx, "absence.ended", f"account:{absence.account_id}")
    return absence


def absences(session: ReadSession, ctx: Context, *, account_id: int) -> list[Absence]:
    """Those of an account that are not over, and those in which it stands in."""
    _require_own(ctx, account_id)
    rows = (
        select(Absence)
        .where(
            or_(Absence.account_id == account_id, Absence.stand_in_id == account_id),
            Absence.cancelled_at.is_(None),
            Absence.ends_at > ctx.now,
        )
        .order_by(Absence.starts_at)
    )
    return list(session.execute(rows).scalars())


def possible_stand_ins(session: ReadSession, account_id: int) -> list[Account]:
    """Active colleagues who may decide what the account may decide; the nearest units first."""
    own = session.get(Account, account_id)
    if own is None:
        raise NotFound("没有这个账号。")
    others = select(Account).where(Account.active.is_(True), Account.id != account_id).order_by(Account.id)
    colleagues = list(session.execute(others).scalars())
    scopes = decision_scopes(session, [account_id, *(each.id for each in colleagues)])
    fit = [each for each in colleagues if not lacking(scopes[account_id], scopes[each.id])]
    return sorted(fit, key=lambda each: (each.unit_id != own.unit_id, each.id))
