"""What goes in and out of the routes of findings."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kb_service.core.typed import Typed
from kb_service.knowledge.checks.rules import Opens
from kb_service.knowledge.checks.service.findings import LONGEST_REASON


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SideOut(_Out):
    """`marks` are places in `text` that differ or are wrong."""

    code: str
    number: int
    title: str
    unit_name: str
    label: str
    text: str
    marks: list[tuple[int, int]]
    hidden: bool


class FindingOut(_Out):
    id: int
    check_id: str
    check_name: str
    severity: str
    severity_name: str
    state: str
    state_name: str
    detail: str
    sides: list[SideOut]
    more: list[list[SideOut]]
    first_seen: datetime
    last_seen: datetime
    gone_at: datetime | None
    decided_at: datetime | None
    decided_by: str
    reason: str
    handed_to: str


class FindingPage(_Out):
    items: list[FindingOut]
    next: str | None


class CheckOut(_Out):
    """`open`: open findings in the reader's scope."""

    id: str
    name: str
    about: str
    severity: str
    runs: bool
    opens: str
    open: int


class ChecksOut(_Out):
    checks: list[CheckOut]
    looked_at: int
    ran_at: datetime | None


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DismissIn(_In):
    reason: Typed = Field(max_length=LONGEST_REASON)


class SideIn(_In):
    """Of a pair, the version meant: 0 the first, 1 the second."""

    side: Literal[0, 1] = 0


class RuleIn(_In):
    runs: bool
    opens: Opens
