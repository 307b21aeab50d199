"""Units, regions, accounts and roles; requesters' identity stands in a table of its own, encrypted."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class Region(Base):
    __tablename__ = "identity_region"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    level: Mapped[str] = mapped_column(String(10))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("identity_region.code"))

    __table_args__ = (CheckConstraint("level IN ('city', 'county', 'town')", name="level"),)


class Unit(Base):
    """`level` is the platform's: 1 the centre, 2 member units and counties, 3 towns and sub-units (SG-6)."""

    __tablename__ = "identity_unit"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    short_name: Mapped[str] = mapped_column(String(40))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("identity_region.code"), index=True)
    level: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str] = mapped_column(String(20))
    former_names: Mapped[list[str]] = mapped_column(default=list)
    phone: Mapped[str] = mapped_column(String(60), default="")
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        CheckConstraint("level IN (1, 2, 3)", name="level"),
        CheckConstraint(
            "kind IN ('centre', 'department', 'county', 'town', 'enterprise', 'sub_centre')", name="kind"
        ),
    )


class UnitName(Base):
    """What a unit was called until `until`; what it is called now stands with the unit."""

    __tablename__ = "identity_unit_name"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    short_name: Mapped[str] = mapped_column(String(40))
    until: Mapped[datetime]


class UnitSuccessor(Base):
    """From `since`, what one unit had is the other's: all of it (`merge`) or the part it was given (`split`)."""

    __tablename__ = "identity_unit_successor"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    old_unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    new_unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    how: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime]

    __table_args__ = (CheckConstraint("how IN ('merge', 'split')", name="how"),)


class Role(Base):
    """`reach` tells which rows its holder works on: `own` unit and those below, its `region`, or `all`."""

    __tablename__ = "identity_role"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    permissions: Mapped[list[str]]
    reach: Mapped[str] = mapped_column(String(10))
    officer: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (CheckConstraint("reach IN ('own', 'region', 'all')", name="reach"),)


class RoleGrant(Base):
    """A permission that a shipped role was given once; what an administrator takes away is not given again."""

    __tablename__ = "identity_role_grant"

    role_code: Mapped[str] = mapped_column(ForeignKey("identity_role.code"), primary_key=True)
    permission: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]


class Account(Base):
    __tablename__ = "identity_account"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), index=True)
    password_hash: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]


class AccountRole(Base):
    __tablename__ = "identity_account_role"

    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), primary_key=True)
    role_code: Mapped[str] = mapped_column(ForeignKey("identity_role.code"), primary_key=True)
    officer: Mapped[bool] = mapped_column(Boolean, default=False)

    # No account combines two of the system, security and audit officers (GB/T 22239: 管理用户权限分离).
    __table_args__ = (
        Index(
            "uq_identity_account_role_officer",
            "account_id",
            unique=True,
            sqlite_where=text("officer = 1"),
            postgresql_where=text("officer"),
        ),
    )


class LoginSession(Base):
    """`id` is a fingerprint of the cookie, so that a copy of the table opens no session."""

    __tablename__ = "identity_session"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("identity_account.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(64))


class ApiToken(Base):
    __tablename__ = "identity_token"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    role_code: Mapped[str] = mapped_column(ForeignKey("identity_role.code"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Requester(Base):
    """Who calls or writes. `values` holds field name → ciphertext; the fingerprint finds a phone again."""

    __tablename__ = "identity_requester"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    phone_fingerprint: Mapped[str | None] = mapped_column(String(64), index=True)
    values: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
