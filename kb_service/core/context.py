"""Who acts, when, and from where: the second argument of every use case."""

from dataclasses import dataclass, field
from datetime import datetime

from kb_service.core.errors import Forbidden, Unauthenticated


@dataclass(frozen=True)
class Actor:
    """`unit_scope` and `region_scope` name what rows the actor may work on; None means all."""

    account_id: int | None
    name: str
    unit_id: int | None = None
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    unit_scope: frozenset[int] | None = frozenset()
    region_scope: frozenset[str] | None = frozenset()
    via: str = "session"
    all_permissions: bool = False

    def may(self, permission: str) -> bool:
        return self.all_permissions or permission in self.permissions

    def require(self, permission: str) -> None:
        if self.may(permission):
            return
        if self.account_id is None and self.via == "public":
            raise Unauthenticated("请先登录后再进行此操作。")
        raise Forbidden(
            f"您的账号没有“{permission}”权限，如工作需要请联系系统管理员。", extra={"permission": permission}
        )

    def in_scope(self, unit_id: int) -> bool:
        return self.unit_scope is None or unit_id in self.unit_scope


SYSTEM = Actor(
    account_id=None, name="系统", unit_scope=None, region_scope=None, via="system", all_permissions=True
)
PUBLIC = Actor(account_id=None, name="公众", via="public")


@dataclass(frozen=True)
class Context:
    actor: Actor
    now: datetime
    request_id: str = ""
    source: str = "cli"
    session_id: str = field(default="", repr=False)
