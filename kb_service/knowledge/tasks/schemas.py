"""What goes in and out of the task routes."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kb_service.core.typed import Typed
from kb_service.knowledge.tasks.service import Outcome


class TaskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: str
    subject: str
    unit_code: str
    unit_name: str
    title: str
    link: str
    evidence: dict[str, Any]
    clause: str | None
    opened_at: datetime
    due_at: datetime | None
    due_day: date | None
    closed_at: datetime | None
    outcome: str | None
    note: str
    state: str
    state_name: str


class TaskPage(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    items: list[TaskOut]
    next: str | None


class TaskCloseIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Outcome
    note: Typed = Field(max_length=500)
