"""What goes in and out of the routes of webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Pattern = Annotated[str, StringConstraints(max_length=60)]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8, max_length=500)]
Status = Literal["waiting", "sent", "dropped", "dead"]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WebhookIn(In):
    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$", description="对方系统的编码，如 province-12345")
    url: Url
    events: list[Pattern] = Field(
        min_length=1, max_length=100, description="事件类型，或 ticket.* 这样的一类"
    )
    platform: str | None = Field(
        None, min_length=1, max_length=40, description="只推送这个平台交来的工单；不填则全部推送"
    )


class WebhookPatch(In):
    """What is absent stays."""

    url: Url | None = None
    events: list[Pattern] | None = Field(None, min_length=1, max_length=100)
    active: bool | None = None


class WebhookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    url: str
    events: list[str]
    platform: str | None
    active: bool
    created_at: datetime
    created_by: str
    failures: int
    rests_until: datetime | None


class WebhookMadeOut(WebhookOut):
    """The secret is shown this once."""

    secret: str


class WebhookTypeOut(BaseModel):
    type: str
    label: str


class WebhookDeliveryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    key: str
    type: str
    subject: str
    body: dict[str, Any]
    status: Status
    attempts: int
    next_at: datetime
    created_at: datetime
    ended_at: datetime | None
    answer: int | None
    problem: str
