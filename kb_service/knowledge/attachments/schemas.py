"""What goes in and out of the routes of attachments."""

from pydantic import Field

from kb_service.knowledge.schemas import In


class EraseIn(In):
    reason: str = Field(max_length=500)
