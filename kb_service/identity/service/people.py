"""Regions, units, accounts and roles."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, or_, select

from kb_service.core import audit, live, outbox, paging
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.identity.model import Account, AccountRole, Region, Role, Unit, UnitName
from kb_service.identity.rules import PERMISSIONS
from kb_service.identity.schemas import AccountIn, RegionIn, UnitIn
from kb_service.identity.service import logins

# Says that units or regions, or their names, have changed (`core.live`).
NAMES = "identity.names"
# Units whose name was changed, by id: what carries their names elsewhere is made anew.
RENAMED = "unit.renamed"


def roles(session: ReadSession) -> Sequence[Role]:
    return session.execute(select(Role).order_by(Role.code)).scalars().all()


def set_permissions(session: WriteSession, ctx: Context, code: str, permissions: Collection[str]) -> Role:
    role = session.get(Role, code)
    if role is None:
        raise NotFound(f"没有编码为“{code}”的角色。")
    unknown = sorted(set(permissions) - set(PERMISSIONS))
    if unknown:
        raise Invalid(f"没有这些权限：{'、'.join(unknown)}。", code="unknown_permission")
    before = role.permissions
    role.permissions = sorted(set(permissions))
    audit.record(
        session, ctx, "role.changed", f"role:{code}",
        before={"permissions": before}, after={"permissions": role.permissions},
    )  # fmt: skip
    return role


def add_region(session: WriteSession, ctx: Context, data: RegionIn) -> Region:
    if data.parent_code and session.get(Region, data.parent_code) is None:
        raise NotFound(f"上级行政区划 {data.parent_code} 不存在。", code="unknown_region")
    if session.get(Region, data.code) is not None:
        raise Conflict(f"行政区划编码 {data.code} 已存在。", code="duplicate_code")
    region = Region(**data.model_dump())
    session.add(region)
    session.flush()
    live.touch(session, NAMES)
    audit.record(session, ctx, "region.added", f"region:{data.code}", after=data.model_dump())
    return region


def regions(session: ReadSession) -> Sequence[Region]:
    return session.execute(select(Region).order_by(Region.code)).scalars().all()


def region_name(session: ReadSession, code: str) -> str:
    region = session.get(Region, code)
    return region.name if region else code


def unit_by_code(session: ReadSession, code: str) -> Unit:
    unit = session.execute(select(Unit).where(Unit.code == code)).scalar_one_or_none()
    if unit is None:
        raise NotFound(f"没有编码为“{code}”的单位。", code="unknown_unit")
    return unit


def centre(session: ReadSession) -> Unit:
    """The hotline's managing body."""
    rows = select(Unit).where(Unit.kind == "centre", Unit.active.is_(True)).order_by(Unit.id).limit(1)
    unit = session.execute(rows).scalar_one_or_none()
    if unit is None:
        raise NotFound("还没有设置热线中心，请先建立类型为 centre 的单位。", code="no_centre")
    return unit


def units(session: ReadSession, *, text: str = "", cursor: str = "", limit: int = 50) -> paging.Page[Unit]:
    rows = select(Unit).order_by(Unit.level, Unit.id)
    if text:
        pattern = f"%{text.replace('%', '').replace('_', '')}%"
        rows = rows.where(
            or_(Unit.name.like(pattern), Unit.short_name.like(pattern), Unit.code.like(pattern))
        )
    if cursor:
        level, last = paging.decode_cursor(cursor, [int, int])
        rows = rows.where(or_(Unit.level > level, (Unit.level == level) & (Unit.id > last)))
    found = session.execute(rows.limit(limit + 1)).scalars().all()
    return paging.page_of(found, limit, lambda unit: [unit.level, unit.id])


def all_units(session: ReadSession) -> Sequence[Unit]:
    return session.execute(select(Unit).order_by(Unit.level, Unit.id)).scalars().all()


def save_unit(session: WriteSession, ctx: Context, data: UnitIn, *, code: str | None = None) -> Unit:
    """Adds a unit, or with `code` changes one; a new name keeps the old among its former names."""
    parent = unit_by_code(session, data.parent_code) if data.parent_code else None
    if session.get(Region, data.region_code) is None:
        raise NotFound(f"行政区划 {data.region_code} 不存在。", code="unknown_region")
    values = data.model_dump(exclude={"parent_code"}) | {"parent_id": parent.id if parent else None}
    if code is None:
        _refuse_taken(session, Unit.code == data.code, f"单位编码 {data.code} 已存在。")
        _refuse_taken(session, Unit.name == data.name, f"单位“{data.name}”已存在。")
        unit = Unit(**values)
        session.add(unit)
        session.flush()
        live.touch(session, NAMES)
        audit.record(session, ctx, "unit.added", f"unit:{unit.id}", after=data.model_dump())
        return unit
    unit = unit_by_code(session, code)
    if parent is not None and _is_below(session, parent, unit):
        raise Invalid("上级单位不能是本单位或其下属单位。", code="unit_cycle")
    before = {key: getattr(unit, key) for key in values}
    if data.name != unit.name:
        values["former_names"] = list(dict.fromkeys([*values["former_names"], unit.name]))
        remember_name(session, ctx, unit)
        outbox.publish(session, ctx, RENAMED, str(unit.id))
    for key, value in values.items():
        setattr(unit, key, value)
    session.flush()
    live.touch(session, NAMES)
    audit.record(session, ctx, "unit.changed", f"unit:{unit.id}", before=before, after=values)
    return unit


def remember_name(session: WriteSession, ctx: Context, unit: Unit) -> None:
    """Keeps what the unit is called until now, so that what was done before is told in that name."""
    session.add(UnitName(unit_id=unit.id, name=unit.name, short_name=unit.short_name, until=ctx.now))


def _refuse_taken(session: ReadSession, condition: object, detail: str) -> None:
    if session.execute(select(Unit.id).where(condition)).scalar() is not None:  # type: ignore[arg-type]
        raise Conflict(detail, code="duplicate_code")


def _is_below(session: ReadSession, unit: Unit, other: Unit) -> bool:
    seen: set[int] = set()
    node: Unit | None = unit
    while node is not None and node.id not in seen:
        if node.id == other.id:
            return True
        seen.add(node.id)
        node = session.get(Unit, node.parent_id) if node.parent_id else None
    return False


def account_by_login(session: ReadSession, login: str) -> Account:
    account = session.execute(select(Account).where(Account.login == login)).scalar_one_or_none()
    if account is None:
        raise NotFound(f"没有登录名为“{login}”的账号。", code="unknown_account")
    return account


def role_codes(session: ReadSession, account_ids: Iterable[int]) -> dict[int, list[str]]:
    rows = select(AccountRole.account_id, AccountRole.role_code).where(
        AccountRole.account_id.in_(list(account_ids))
    )
    codes: dict[int, list[str]] = {}
    for account_id, code in session.execute(rows.order_by(AccountRole.role_code)):
        codes.setdefault(account_id, []).append(code)
    return codes


def accounts(
    session: ReadSession, *, demo: bool | None = None, cursor: str = "", limit: int = 50
) -> paging.Page[Account]:
    rows = select(Account).order_by(Account.id)
    if demo is not None:
        rows = rows.where(Account.demo.is_(demo))
    if cursor:
        rows = rows.where(Account.id > paging.decode_cursor(cursor, [int])[0])
    return paging.page_of(session.execute(rows.limit(limit + 1)).scalars().all(), limit, lambda row: [row.id])


def add_account(
    session: WriteSession, ctx: Context, data: AccountIn, *, demo: bool = False, password_hash: str = ""
) -> Account:
    """`password_hash` saves making it again for accounts that share a password: those of the demo city."""
    unit = unit_by_code(session, data.unit_code)
    if session.execute(select(Account.id).where(Account.login == data.login)).scalar() is not None:
        raise Conflict(f"登录名“{data.login}”已被使用。", code="duplicate_login")
    account = Account(
        login=data.login, name=data.name, unit_id=unit.id, active=True, demo=demo, created_at=ctx.now,
        password_hash=password_hash or logins.hash_password(data.password),
    )  # fmt: skip
    session.add(account)
    session.flush()
    _give_roles(session, account.id, data.roles)
    audit.record(
        session, ctx, "account.added", f"account:{account.id}",
        after={"login": data.login, "unit": data.unit_code, "roles": data.roles},
    )  # fmt: skip
    return account


def set_roles(session: WriteSession, ctx: Context, login: str, codes: Collection[str]) -> Account:
    account = account_by_login(session, login)
    if account.id == ctx.actor.account_id:
        raise Forbidden("不能修改自己的角色，请由另一位管理员操作。", code="own_roles")
    before = role_codes(session, [account.id]).get(account.id, [])
    session.execute(delete(AccountRole).where(AccountRole.account_id == account.id))
    _give_roles(session, account.id, codes)
    logins.end_sessions(session, account.id)
    audit.record(
        session, ctx, "account.roles_changed", f"account:{account.id}",
        before={"roles": before}, after={"roles": sorted(set(codes))},
    )  # fmt: skip
    return account


def _give_roles(session: WriteSession, account_id: int, codes: Collection[str]) -> None:
    wanted = session.execute(select(Role).where(Role.code.in_(codes))).scalars().all()
    unknown = sorted(set(codes) - {role.code for role in wanted})
    if unknown:
        raise Invalid(f"没有这些角色：{'、'.join(unknown)}。", code="unknown_role")
    officers = [role.name for role in wanted if role.officer]
    if len(officers) > 1:
        raise Invalid(f"{'、'.join(officers)}不能由同一账号兼任。", code="officers_combined")
    session.add_all(
        AccountRole(account_id=account_id, role_code=role.code, officer=role.officer) for role in wanted
    )
    session.flush()


def set_active(session: WriteSession, ctx: Context, login: str, active: bool) -> Account:
    account = account_by_login(session, login)
    if account.id == ctx.actor.account_id:
        raise Forbidden("不能停用自己的账号。", code="own_account")
    account.active, account.failures, account.locked_until = active, 0, None
    if not active:
        logins.end_sessions(session, account.id)
    audit.record(session, ctx, "account.activated" if active else "account.closed", f"account:{account.id}")
    return account
