"""What goes in and out of the routes of reviewing."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kb_service.core.typed import Typed
from kb_service.knowledge.reviewing.rules import Outcome


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ChainIn(In):
    """Empty `unit` or `type`: all. `stages` of unit, region, centre."""

    unit: str = Field(default="", max_length=32)
    type: str = Field(default="", max_length=12)
    stages: list[str] = Field(max_length=3)
    centre_required: bool = False
    reason: Typed = Field(default="", max_length=500)


class HandOverIn(In):
    to: str = Field(max_length=40)


class RemarkOut(Out):
    review_id: int
    number: int
    field: str
    text: str
    reviewer_name: str
    stage_name: str
    at: datetime
    done: bool
    done_by: str


class TickIn(In):
    """`field` as the remark names it; empty for the remark on the whole."""

    field: str = Field(max_length=60)
    done: bool = True


class SignedStepOut(Out):
    at: datetime
    stage: str
    stage_name: str
    decision: str
    decision_name: str
    name: str
    for_name: str
    by: str
    role: str
    unit_name: str
    source: str
    content_hash: str
    reason: str
    remarks: dict[str, str]


class SheetOut(Out):
    content_hash: str
    intact: bool
    steps: list[SignedStepOut]


class AtOnceIn(In):
    """Either a recorded `event`, or what happened and when."""

    event: str = Field(default="", max_length=16)
    title: Typed = Field(default="", max_length=128)
    happened_at: AwareDatetime | None = None


class AfterIn(In):
    outcome: Outcome
    remarks: dict[str, str] = Field(default_factory=dict, max_length=50)
