"""What goes in and out of the routes of attachments."""

from datetime import datetime

from pydantic import Field

from kb_service.knowledge.schemas import In, Out


class AttachmentOut(Out):
    """`carried`: taken over from the version this one was begun from. What is erased keeps name and hash."""

    id: int
    name: str
    kind: str
    kind_name: str
    sha256: str
    size: int
    media_type: str
    carried: bool
    attached_by: str
    attached_at: datetime
    erased_at: datetime | None
    erased_reason: str


class EraseIn(In):
    reason: str = Field(max_length=500)
