"""What a ticket's history comes to: plain facts, from which clocks, cards and actions are derived."""

from dataclasses import dataclass
from datetime import date, datetime

from kb_service.tickets.rules.life.intake_data import RegisterData


@dataclass(frozen=True)
class Effect:
    """What happened without anybody's act: deemed at the end of a window, or by the rules of an event.

    `day` is the window's last day; a window closes at the instant after it.
    """

    effect: str
    label: str
    at: datetime
    day: date
    clause: str
    reason: str


@dataclass(frozen=True)
class Extension:
    """`days` are working days; without them it is as long as the rules allow."""

    nth: int
    asked_at: datetime
    days: int | None
    granted: bool | None
    told: bool


@dataclass(frozen=True)
class SubTask:
    id: str
    to: str
    title: str
    opened_at: datetime
    due_day: date
    done_at: datetime | None = None


@dataclass(frozen=True)
class Leg:
    """One stay with a unit: from its receipt of the ticket until it is done, returned or ended.

    `first_body` received it first; `unit` answers for it now. `counted_from` is where the handling limit
    starts to count when it starts with receipt.
    """

    unit: str
    first_body: str
    received_at: datetime
    counted_from: datetime
    route: str | None = None
    co_units: tuple[str, ...] = ()
    passed: int = 0
    redo: bool = False
    designated: bool = False
    signed_at: datetime | None = None
    sign_deemed: bool = False
    handler: str = ""
    contacted_at: datetime | None = None
    unanswered: tuple[datetime, ...] = ()
    accepted_at: datetime | None = None
    decided_at: datetime | None = None
    recorded_at: datetime | None = None
    survey_started_at: datetime | None = None
    surveyed_at: datetime | None = None
    return_asked_at: datetime | None = None
    extensions: tuple[Extension, ...] = ()
    sub_tasks: tuple[SubTask, ...] = ()
    replied_at: datetime | None = None
    reply_deemed: bool = False
    reported_at: datetime | None = None
    completion_asked_at: datetime | None = None
    completed_at: datetime | None = None
    called_back_at: datetime | None = None
    left_at: datetime | None = None
    overdue_noticed: bool = False

    @property
    def extension_open(self) -> bool:
        return any(each.granted is None for each in self.extensions)


@dataclass(frozen=True)
class ReturnAsked:
    kind: str
    at: datetime
    unit: str
    late: bool
    before: str
    approved: bool | None = None
    not_returnable: str | None = None


@dataclass(frozen=True)
class Promise:
    way: str
    at: datetime
    answered_at: datetime | None = None


@dataclass(frozen=True)
class Coordination:
    """Settling which unit handles it; `failed` are the instances that could not."""

    dispute: str
    opened_at: datetime
    before: str
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Satisfaction:
    """`source`: rated by the requester, deemed, or told at a callback. One per phase and leg counts."""

    value: str
    phase: str
    source: str
    at: datetime
    leg: int
    counted: bool = True


@dataclass(frozen=True)
class RatingAsked:
    phase: str
    at: datetime
    leg: int
    done_at: datetime | None = None


@dataclass(frozen=True)
class Supervision:
    id: int
    kind: str
    trigger: str
    opened_at: datetime
    extensions: tuple[int, ...] = ()
    replied_at: datetime | None = None
    closed_at: datetime | None = None
    solved: bool | None = None
    escalated_at: datetime | None = None


@dataclass(frozen=True)
class Supplementary:
    """Adding to or changing a finished answer: the right, then the content, then its release."""

    kind: str
    at: datetime
    stage: str


@dataclass(frozen=True)
class Restriction:
    abuse: str
    imposed_at: datetime
    lifted_at: datetime | None = None
    ended: bool = False


@dataclass(frozen=True)
class Mark:
    """Something recorded about the ticket that changes neither state nor clock."""

    kind: str
    value: str
    at: datetime
    clause: str


@dataclass(frozen=True)
class KnownPoint:
    """A knowledge point that a person confirmed as applicable to the request."""

    code: str
    uploaded_at: datetime
    not_direct: bool


@dataclass(frozen=True)
class State:
    """`last` tells where the history stands: instant and order of its newest event.

    `centre_from` is where the centre's own time for dispatching counts from.
    """

    status: str = "new"
    request: RegisterData | None = None
    registered_at: datetime | None = None
    centre_from: datetime | None = None
    dispatched_at: datetime | None = None
    left_pending_at: datetime | None = None
    leg: Leg | None = None
    legs: tuple[Leg, ...] = ()
    returns: tuple[ReturnAsked, ...] = ()
    coordination: Coordination | None = None
    promise: Promise | None = None
    points: tuple[KnownPoint, ...] = ()
    redos: int = 0
    ratings_asked: tuple[RatingAsked, ...] = ()
    satisfactions: tuple[Satisfaction, ...] = ()
    callbacks: int = 0
    objection_at: datetime | None = None
    appeal_open: bool = False
    supervisions: tuple[Supervision, ...] = ()
    supplementary: Supplementary | None = None
    ending: str | None = None
    terminated: str | None = None
    restriction: Restriction | None = None
    confidential_staff: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    effects: tuple[Effect, ...] = ()
    last: tuple[datetime, tuple[int, str]] | None = None
    seen: frozenset[str] = frozenset()

    @property
    def request_class(self) -> str:
        return self.request.request_class if self.request is not None else ""

    @property
    def leg_number(self) -> int:
        return len(self.legs)

    @property
    def verdict(self) -> Satisfaction | None:
        """The newest satisfaction told about the handling."""
        found = [each for each in self.satisfactions if each.phase == "handling"]
        return found[-1] if found else None
