"""From an account or token to an Actor: what it may do, and on which rows."""

from collections.abc import Collection

from sqlalchemy import select

from kb_service.core.context import Actor
from kb_service.core.db import ReadSession
from kb_service.identity import rules
from kb_service.identity.model import Account, AccountRole, ApiToken, Region, Role, Unit, UnitSuccessor


def of_account(session: ReadSession, account: Account, via: str) -> Actor:
    codes = session.execute(
        select(AccountRole.role_code).where(AccountRole.account_id == account.id)
    ).scalars()
    return _actor(session, account.unit_id, set(codes), account.name, account.id, via)


def city_wide(session: ReadSession) -> set[int]:
    """Accounts with a role that reaches all units."""
    rows = select(AccountRole.account_id).join(Role, Role.code == AccountRole.role_code)
    return set(session.execute(rows.where(Role.reach == "all")).scalars())


def of_token(session: ReadSession, token: ApiToken) -> Actor:
    return _actor(session, token.unit_id, {token.role_code}, f"接口：{token.name}", None, f"token:{token.id}")


def _actor(
    session: ReadSession, unit_id: int, codes: Collection[str], name: str, account_id: int | None, via: str
) -> Actor:
    roles = session.execute(select(Role).where(Role.code.in_(codes))).scalars().all()
    unit_scope, region_scope = _scopes(session, unit_id, {role.reach for role in roles})
    return Actor(
        account_id=account_id,
        name=name,
        unit_id=unit_id,
        roles=frozenset(role.code for role in roles),
        permissions=frozenset(permission for role in roles for permission in role.permissions),
        unit_scope=unit_scope,
        region_scope=region_scope,
        via=via,
    )


def _scopes(
    session: ReadSession, unit_id: int, reaches: Collection[str]
) -> tuple[frozenset[int] | None, frozenset[str] | None]:
    """Units and regions that these reach from a unit; None means all."""
    # Asked with each key of an agent, in cities with thousands of units.
    if "all" in reaches:
        return None, None
    units = [
        rules.UnitNode(*row) for row in session.execute(select(Unit.id, Unit.parent_id, Unit.region_code))
    ]
    own = next(node for node in units if node.id == unit_id)
    parents = region_parents(session)
    scope = rules.unit_scope(reaches, own, units, parents)
    return rules.with_merged(scope, _merged(session)), rules.region_scope(reaches, own.region_code, parents)


def _merged(session: ReadSession) -> list[tuple[int, int]]:
    """Units that are no more, with those they were merged into: what was done in their name is read there."""
    rows = (
        select(UnitSuccessor.old_unit_id, UnitSuccessor.new_unit_id)
        .join(Unit, Unit.id == UnitSuccessor.old_unit_id)
        .where(UnitSuccessor.how == "merge", Unit.active.is_(False))
        .order_by(UnitSuccessor.id)
    )
    return [(old, new) for old, new in session.execute(rows).tuples()]


def region_parents(session: ReadSession) -> dict[str, str | None]:
    return {row.code: row.parent_code for row in session.execute(select(Region.code, Region.parent_code))}


def holders(session: ReadSession, permission: str, unit_ids: Collection[int] | None = None) -> list[Account]:
    """Active accounts with a permission, in the given units or anywhere; officers of the system excepted."""
    roles = [role.code for role in session.execute(select(Role)).scalars() if permission in role.permissions]
    rows = (
        select(Account)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.active.is_(True), AccountRole.role_code.in_(roles))
        .order_by(Account.id)
        .distinct()
    )
    if unit_ids is not None:
        rows = rows.where(Account.unit_id.in_(unit_ids))
    return list(session.execute(rows).scalars())
