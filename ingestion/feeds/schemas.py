"""What goes in and out of feeds."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from kb_service.identity.schemas import Code, In, Name, Out
from kb_service.knowledge.content import PointDraft

MOST_ITEMS = 200
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
ExternalId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Revision = Annotated[int, Field(ge=0, le=2**53)]


class SignedIn(In):
    """Who approved the revision at the sub-centre, and when."""

    by: PersonName
    at: AwareDatetime


class PutIn(In):
    """`changed_at`: when it was published at the sub-centre. `code`: a point of its unit to take over."""

    action: Literal["put"] = "put"
    id: ExternalId
    revision: Revision
    point: PointDraft
    changed_at: AwareDatetime | None = None
    written_by: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    signed: SignedIn | None = None
    code: Code | None = None


class WithdrawIn(In):
    action: Literal["withdraw"]
    id: ExternalId
    revision: Revision
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500)]
    changed_at: AwareDatetime | None = None


class PushIn(In):
    """Items are checked one by one, so that what is wrong with one does not hold up the others."""

    items: Annotated[list[dict[str, Any]], Field(max_length=MOST_ITEMS)]


class PointerOut(Out):
    pointer: str
    detail: str


class ItemErrorOut(Out):
    code: str
    detail: str
    pointers: list[PointerOut]


class AckOut(Out):
    """`code` and `version` name what it became here."""

    index: int
    id: str | None
    revision: int | None
    outcome: str
    outcome_name: str
    code: str | None
    version: int | None
    error: ItemErrorOut | None


class PushOut(Out):
    batch: str
    taken: int
    repeated: int
    refused: int
    items: list[AckOut]


class ChangeOut(Out):
    """`put`: this is live now. `gone`: nothing of the point is; `external_id`: the follower's own id of it."""

    cursor: str
    kind: Literal["put", "gone"]
    code: str
    external_id: str | None = None
    version: int | None = None
    type: str | None = None
    title: str | None = None
    content: dict[str, Any] | None = None
    unit: str | None = None
    unit_name: str | None = None
    region: str | None = None
    category: str | None = None
    category_path: str | None = None
    audience: str | None = None
    keywords: list[str] | None = None
    source: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    uploaded_at: datetime | None = None


class ChangesOut(Out):
    items: list[ChangeOut]
    next: str
    more: bool


class FeedIn(In):
    code: Code
    name: Name
    unit: Code
    release: Literal["sign_off", "centre"] = "sign_off"
    silent_minutes: Annotated[int, Field(ge=1, le=10_080)] = 60
    lag_minutes: Annotated[int, Field(ge=1, le=10_080)] = 10


class FeedPatch(In):
    name: Name | None = None
    release: Literal["sign_off", "centre"] | None = None
    silent_minutes: Annotated[int, Field(ge=1, le=10_080)] | None = None
    lag_minutes: Annotated[int, Field(ge=1, le=10_080)] | None = None
    active: bool | None = None


class SignersIn(In):
    """Name at the sub-centre: login here."""

    signers: Annotated[dict[PersonName, str], Field(max_length=200)]


class AlarmOut(Out):
    kind: str
    kind_name: str
    detail: str
    opened_at: datetime
    closed_at: datetime | None


class FeedOut(Out):
    code: str
    name: str
    unit_code: str
    unit_name: str
    release: str
    release_name: str
    silent_minutes: int
    lag_minutes: int
    active: bool
    last_push_at: datetime | None
    last_pull_at: datetime | None
    lag_s: int | None
    items: int
    refused: int
    error_percent: float
    points: int
    alarms: list[AlarmOut]
    signers: dict[str, str]


class FeedItemOut(Out):
    external_id: str
    revision: int | None
    outcome: str
    error_code: str
    detail: str
    point_code: str | None
    number: int | None
    signed_by: str
    received_at: datetime
