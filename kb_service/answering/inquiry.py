"""What the steps of a decision share: the question, the rules in force, and what was found so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kb_service.answering.following import Follow, Subject
from kb_service.answering.routing.rules import UnitGuess
from kb_service.answering.rules import Candidate, ClassGuess, Verdict
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.runtime import Runtime
from kb_service.knowledge.service.searching import PointHit
from kb_service.knowledge.service.views import VersionView
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.rules import DueTime, EmergencyMatch, GroundMatch, SuddenMatch
from kb_service.regulations.schema import Profile

PUBLIC_CHANNELS = frozenset({"web", "wechat"})


@dataclass
class Inquiry:
    """`question` has personal data masked, of which `masked` names the kinds; `region` is where it is about,
    `earlier_region` what was said of that before in the conversation; `subject` is what the conversation is about.
    A step that sets `verdict` ends the search for one."""

    session: ReadSession
    ctx: Context
    parts: Runtime
    profile: Profile
    calendar: WorkingCalendar
    channel: str
    question: str
    region: str | None
    earlier_region: str | None
    region_names: Mapping[str, str]
    masked: tuple[str, ...] = ()
    chosen_point: str | None = None
    subject: Subject | None = None
    follow: Follow | None = None
    clarified: bool = False
    guess: ClassGuess = field(default_factory=lambda: ClassGuess("consultation", 0.5))
    emergency: EmergencyMatch | None = None
    sudden: SuddenMatch | None = None
    grounds: list[GroundMatch] = field(default_factory=list)
    hits: list[PointHit] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    views: dict[str, VersionView] = field(default_factory=dict)
    degraded: str | None = None
    matter: str | None = None
    field_name: str | None = None
    units: list[UnitGuess] = field(default_factory=list)
    due: list[DueTime] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    verdict: Verdict | None = None

    @property
    def inherits(self) -> bool:
        """Whether the question is understood together with the one it goes on from."""
        return self.follow is not None and self.follow.kind != "new"

    @property
    def wanted(self) -> str:
        """The question as it is searched and routed: a follow-up with what it goes on from."""
        return (self.follow.query if self.follow is not None else "") or self.question

    @property
    def public(self) -> bool:
        """Whether the citizen reads the outcome without a person between."""
        return self.channel in PUBLIC_CHANNELS
