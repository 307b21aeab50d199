"""What goes in and out of the routes of knowledge."""

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from kb_service.knowledge.content import Content, PointDraft
from kb_service.knowledge.verification.schemas import TrustOut


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class NoteOut(Out):
    """Articles of the point that another has replaced; `by_code` is empty where that one is not for everybody."""

    articles: list[str]
    by_code: str
    by_title: str
    since: datetime
    coming: bool
    text: str


class HitOut(Out):
    """`parts`: what each measured feature adds to the score; they sum up to it."""

    code: str
    version: int
    passage: int
    title: str
    type: str
    unit: str
    unit_name: str
    article: str
    source: str
    uploaded_at: datetime | None
    effective_from: date | None
    effective_to: date | None
    state: str
    snippet: str
    score: float
    confidence: float
    snippet_spans: list[tuple[int, int]]
    title_spans: list[tuple[int, int]]
    matched: list[str]
    category_path: str
    audience: str
    body: str
    notes: list[NoteOut]
    held: str
    pinned: bool
    not_this: bool
    parts: dict[str, float]
    trust: TrustOut | None = None


class MentionOut(Out):
    """A unit or region that the question names: its points gain a little, and no other is left out."""

    kind: Literal["unit", "region"]
    said: str
    name: str
    code: str


class SearchOut(Out):
    """`asks`: the kind of answer asked for (what, how, where, how_much, how_long, documents, phone, who), or empty.
    `instead`: what was looked for where nothing at all was found for the question itself."""

    hits: list[HitOut]
    took_ms: float
    degraded: str | None
    next: str | None
    total: int
    as_of: datetime | None = None
    asks: str
    named: list[MentionOut]
    instead: str


class ForReturnIn(In):
    """The ticket's words, and when it was registered."""

    text: str = Field(max_length=10_000)
    registered_at: AwareDatetime


class ReturnPointOut(Out):
    """`later`: no version live at registration contained the answer. A person says whether the point applies."""

    code: str
    version: int
    title: str
    unit_code: str
    unit_name: str
    answer: str
    confidence: float
    uploaded_at: datetime
    first_uploaded_at: datetime
    at_registration: str
    held_by: str
    later: bool


class SuggestOut(Out):
    suggestions: list[str]


class DraftIn(In):
    """`code` of a known point makes its next version; without it the point gets a code."""

    unit: str
    draft: PointDraft
    code: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,32}$")


class ReplacementOut(Out):
    code: str
    articles: list[str]
    whole: bool


class EditIn(In):
    """`lock` is the one that was read with the draft."""

    draft: PointDraft
    lock: int


class ReasonIn(In):
    reason: str = Field(default="", max_length=500)


class WithdrawIn(In):
    reason: str = Field(max_length=500)
    number: int | None = None


class RestoreIn(In):
    note: str = Field(default="", max_length=500)


class VersionOut(Out):
    code: str
    number: int
    type: str
    type_name: str
    status: str
    status_name: str
    title: str
    content: Content
    keywords: list[str]
    source: str
    unit_code: str
    unit_name: str
    region_code: str
    region_name: str
    category_code: str
    category_path: str
    matter_code: str | None
    audience: str
    roles: list[str]
    effective_from: date | None
    effective_to: date | None
    state: str
    live: str
    release_at: datetime | None
    filed_at: datetime | None
    approved_at: datetime | None
    uploaded_at: datetime | None
    live_to: datetime | None
    supersedes: str | None
    replaces: list[ReplacementOut]
    superseded_by: str | None
    withdrawn_reason: str
    note: str
    author_name: str
    created_at: datetime
    lock: int
    batch_id: str | None


class TimelinessOut(Out):
    """`kind`: not_asked, in_time, early or late; `counts`: it stands against the unit."""

    kind: str
    name: str
    working_days: int
    earliest: date | None
    latest: date | None
    clause: str | None
    counts: bool
    provisional: bool


class FilingOut(Out):
    """`document_due` is the first instant that is too late for the official document."""

    timeliness: TimelinessOut
    measured_at: datetime | None
    explained: bool
    document_due: datetime | None
    document_at: datetime | None
    document_late: bool


class PointOut(Out):
    code: str
    type: str
    title: str
    unit_code: str
    unit_name: str
    category_code: str
    category_path: str
    region_code: str
    number: int
    status: str
    status_name: str
    audience: str
    effective_from: date | None
    effective_to: date | None
    state: str
    live: str
    live_number: int | None
    uploaded_at: datetime | None
    touched_at: datetime
    batch_id: str | None


class TimelineOut(Out):
    at: datetime
    kind: str
    number: int
    actor_name: str
    text: str
    remarks: dict[str, str]


class SegmentOut(Out):
    op: str
    text: str


class FieldDiffOut(Out):
    field: str
    label: str
    changed: bool
    old: str
    new: str
    segments: list[SegmentOut]


class ComparisonOut(Out):
    code: str
    old: int
    new: int
    fields: list[FieldDiffOut]


class WithdrawnOut(Out):
    code: str
    numbers: list[int]


class Target(In):
    code: str
    number: int


class DecisionIn(In):
    """`remarks` by field; the empty name is a remark on the whole."""

    decision: Literal["approve", "return"]
    remarks: dict[str, str] = Field(default_factory=dict, max_length=50)


class OneDecisionIn(DecisionIn):
    """`stage`: the stage the reviewer saw, so that nobody decides on the next one unawares. `acting_for`: the
    login of the absent person in whose place it is decided.
    """

    stage: str = Field(default="", max_length=16)
    acting_for: str = Field(default="", max_length=40)


class BulkDecisionIn(DecisionIn):
    """Either `targets` or a whole batch."""

    targets: list[Target] | None = Field(default=None, max_length=20_000)
    batch_id: str | None = None


class DecidedOut(Out):
    code: str
    number: int
    ok: bool
    status: str
    detail: str


class BulkReportOut(Out):
    done: int
    results: list[DecidedOut]


class CategoryOut(Out):
    code: str
    name: str
    path: str
    parent_code: str | None
    leaf: bool
    unit_codes: list[str]


class MatterOut(Out):
    code: str
    name: str
    category_code: str
    category_path: str
    unit_code: str
    unit_name: str
    region_units: dict[str, str]
    keywords: list[str]
    risk: str


class Done(BaseModel):
    ok: bool = True


class WordsIn(In):
    words: list[str] = Field(min_length=1, max_length=5_000)
    override: str = Field(default="", max_length=300)


class WordsOut(Out):
    words: list[str]


class WordsAdded(Out):
    added: int
