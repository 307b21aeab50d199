"""What goes in and out of the identity routes."""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class LoginIn(In):
    login: str = Field(max_length=40)
    password: str = Field(max_length=200)


class RegionIn(In):
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,12}$")]
    name: Name
    level: Literal["city", "county", "town"]
    parent_code: str | None = None


class RegionOut(Out):
    code: str
    name: str
    level: str
    parent_code: str | None


class UnitIn(In):
    code: Code
    name: Name
    short_name: str = Field(default="", max_length=40)
    parent_code: Code | None = None
    region_code: str
    level: Literal[1, 2, 3]
    kind: Literal["centre", "department", "county", "town", "enterprise", "sub_centre"]
    former_names: list[Name] = Field(default_factory=list, max_length=50)
    phone: str = Field(default="", max_length=60)
    active: bool = True


class UnitOut(Out):
    id: int
    code: str
    name: str
    short_name: str
    parent_id: int | None
    region_code: str
    level: int
    kind: str
    former_names: list[str]
    phone: str
    active: bool


class RoleIn(In):
    code: Code
    name: Name
    reach: Literal["own", "region", "all"]
    officer: bool = False
    permissions: list[str]


class RoleOut(Out):
    code: str
    name: str
    reach: str
    officer: bool
    permissions: list[str]


class PermissionsIn(In):
    permissions: list[str]


class AccountIn(In):
    login: Annotated[str, StringConstraints(pattern=r"^[a-z0-9._-]{2,40}$")]
    name: Name
    unit_code: Code
    roles: list[Code] = Field(min_length=1)
    password: str = Field(min_length=10, max_length=200)


class AccountOut(Out):
    login: str
    name: str
    unit_id: int
    active: bool
    last_login_at: datetime | None
    locked_until: datetime | None


class RolesIn(In):
    roles: list[Code] = Field(min_length=1)


class ActiveIn(In):
    active: bool


class TokenIn(In):
    role: Code
    unit_code: Code
    name: Name
    days: int | None = Field(default=None, ge=1, le=3650)


class TokenOut(Out):
    token: str


class TokenRowOut(Out):
    id: int
    name: str
    role_code: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class MeOut(Out):
    name: str
    unit_id: int | None
    roles: list[str]
    permissions: list[str]
    csrf: str = ""


class Done(BaseModel):
    ok: bool = True


T = TypeVar("T")


class ListOut(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = None
