"""Who acts, for tests: the system, or somebody with a role's permissions."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import kb_service.identity
from kb_service.core.clock import Clock
from kb_service.core.context import SYSTEM, Actor, Context

ROLES = Path(kb_service.identity.__file__).parent / "roles.yaml"


@cache
def role_permissions(code: str) -> frozenset[str]:
    roles: list[dict[str, Any]] = yaml.safe_load(ROLES.read_text(encoding="utf-8"))
    return frozenset(next(role["permissions"] for role in roles if role["code"] == code))


class ContextBuilder:
    """Makes contexts at the clock's present instant."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def __call__(self, *roles: str, permissions: Iterable[str] = (), **actor: Any) -> Context:
        """Without roles or permissions: the system. `actor` overrides fields of the actor."""
        if not roles and not permissions and not actor:
            return Context(SYSTEM, self.clock.now(), request_id="test")
        granted = frozenset(permissions).union(*(role_permissions(role) for role in roles))
        fields: dict[str, Any] = {
            "account_id": 1,
            "name": "测试员",
            "roles": frozenset(roles),
            "permissions": granted,
            "unit_scope": None,
            "region_scope": None,
        }
        return Context(Actor(**fields | actor), self.clock.now(), request_id="test", source="127.0.0.1")
