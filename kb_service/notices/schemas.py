"""What goes in and out of the inbox routes."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class NoticeOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: str
    title: str
    link: str
    created_at: datetime
    read_at: datetime | None


class InboxOut(BaseModel):
    items: list[NoticeOut]
    unread: int
    next: str | None


class ReadIn(BaseModel):
    """Without ids: everything in the inbox."""

    model_config = ConfigDict(extra="forbid")

    ids: list[int] | None = None


class ReadOut(BaseModel):
    changed: int
