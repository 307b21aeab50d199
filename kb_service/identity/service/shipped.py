"""The roles a base starts with, and what they are given as the service grows."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import insert, select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.core.shipped import shipped_yaml
from kb_service.identity.model import Role, RoleGrant
from kb_service.identity.rules import to_grant
from kb_service.identity.schemas import RoleIn

_PACKAGE = "kb_service.identity"


@cache
def shipped_roles() -> list[RoleIn]:
    return [RoleIn(**row) for row in shipped_yaml(_PACKAGE, "roles.yaml")]


@cache
def first_permissions() -> Mapping[str, frozenset[str]]:
    """What each role could do in the first release, before grants were recorded."""
    return {code: frozenset(held) for code, held in shipped_yaml(_PACKAGE, "first_roles.yaml").items()}


def ensure_roles(session: WriteSession, ctx: Context) -> None:
    """Adds the shipped roles a base lacks, and gives those it has what came with the service since.

    Each permission is given to a role once: what an administrator takes away again stays away.
    """
    known = {role.code: role for role in session.execute(select(Role)).scalars()}
    rows = session.execute(select(RoleGrant.role_code, RoleGrant.permission)).tuples().all()
    for shipped in shipped_roles():
        given = {permission for code, permission in rows if code == shipped.code}
        role = known.get(shipped.code)
        if role is None:
            session.add(Role(**shipped.model_dump()))
            session.flush()
        else:
            before = given | first_permissions().get(shipped.code, frozenset())
            _grant(session, ctx, role, to_grant(shipped.permissions, role.permissions, before))
        fresh = [
            {"role_code": shipped.code, "permission": permission, "at": ctx.now}
            for permission in dict.fromkeys(shipped.permissions)
            if permission not in given
        ]
        if fresh:
            session.execute(insert(RoleGrant), fresh)


def _grant(session: WriteSession, ctx: Context, role: Role, permissions: list[str]) -> None:
    if not permissions:
        return
    before = role.permissions
    role.permissions = sorted({*before, *permissions})
    session.flush()
    audit.record(
        session, ctx, "role.changed", f"role:{role.code}", before={"permissions": before},
        after={"permissions": role.permissions}, reason="新版本带来的权限",
    )  # fmt: skip
