"""What goes in and out of the task routes."""

from pydantic import BaseModel, ConfigDict, Field

from kb_service.core.typed import Typed
from kb_service.knowledge.tasks.service import Outcome


class TaskCloseIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Outcome
    note: Typed = Field(max_length=500)
