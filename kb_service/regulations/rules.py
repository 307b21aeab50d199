"""What a profile means for one request. Pure: profile, calendar and instants are arguments.

Matches of cues are hints for the intake: no machine refuses a citizen, a person decides, and every
channel offers to register or to speak to someone.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from kb_service.core import clauses
from kb_service.core.clock import local_day
from kb_service.core.errors import Invalid, NotFound
from kb_service.regulations.calendar import Due, WorkingCalendar
from kb_service.regulations.cues import matched_cue
from kb_service.regulations.schema import (
    AnswerAtOnce,
    Ground,
    Limit,
    Period,
    Profile,
    RequestClass,
    RequestClassCode,
    Rule,
)

CARD_LABELS = {"green": "绿牌", "yellow": "黄牌", "red": "红牌"}


@dataclass(frozen=True)
class Cited:
    """`clause` is the id (several joined by 、), `article` the citation for people."""

    clause: str
    article: str


@dataclass(frozen=True)
class DueTime(Cited):
    """One clock of a ticket. An act at t is in time when t < due."""

    name: Literal["handling", "sudden_record", "sudden_completion"]
    label: str
    due: datetime
    due_day: date
    provisional: bool
    counted_days: tuple[date, ...]
    shown: str


@dataclass(frozen=True)
class Disposal(Cited):
    action: Literal["answer", "dispatch"]
    reason: str


@dataclass(frozen=True)
class EmergencyMatch(Cited):
    number: str
    label: str
    told: str
    cue: str


@dataclass(frozen=True)
class SuddenMatch(Cited):
    id: str
    label: str
    cue: str


@dataclass(frozen=True)
class GroundMatch(Cited):
    """`cue` is the phrase that suggested the ground; empty where a person chose it."""

    ground: str
    label: str
    told: str
    channel: str
    cue: str


@dataclass(frozen=True)
class Card(Cited):
    colour: Literal["green", "yellow", "red"]
    label: str
    overdue_working_days: int


def check_in_force(profile: Profile, day: date, continued_until: date | None = None) -> None:
    """Raises Invalid where a request of `day` cannot be registered under these rules."""
    validity = profile.validity
    last = validity.end
    if last is not None and continued_until is not None:
        last = max(last, continued_until)
    if day >= validity.start and (last is None or day <= last):
        return
    if day < validity.start:
        why = f"自{validity.start}起施行，{day}尚未施行"
    else:
        why = f"有效期到{last}为止，{day}已经期满；如继续适用，请由系统管理员登记继续适用的依据"
    raise Invalid(
        f"{profile.title}{why}（{validity.cited}）。",
        code="profile_not_in_force",
        extra={"profile": profile.id, "clause": "、".join(validity.clause)},
    )


def handling_due(
    profile: Profile,
    calendar: WorkingCalendar,
    request_class: str,
    received_at: datetime,
    *,
    sudden: bool = False,
    signed_at: datetime | None = None,
    accepted_at: datetime | None = None,
) -> list[DueTime]:
    """The due times of handling, the earliest first.

    `received_at`: when the first receiving body got the ticket. A limit that starts with signing or
    acceptance has no due time until that instant is known. A sudden matter's limits stand in place of
    its class's. Raises Invalid where the city has no such class.
    """
    found = request_class_of(profile, request_class)
    if sudden and profile.sudden is not None:
        rule = profile.sudden
        record = _due_time(
            profile, calendar, "sudden_record", "突发事项处理记录", received_at, rule.record, rule
        )
        complete = _due_time(
            profile, calendar, "sudden_completion", "突发事项办结", received_at, rule.complete, rule
        )
        return sorted((record, complete), key=lambda each: each.due)
    begins = _start(found.limit, received_at, signed_at, accepted_at)
    if begins is None:
        return []
    label = f"{found.label}办理期限"
    return [_due_time(profile, calendar, "handling", label, begins, found.limit.within, found.limit)]


def initial_disposal(profile: Profile, request_class: str, answerable: bool) -> Disposal:
    """Whether a request is answered at once or dispatched; `answerable`: the base has the answer."""
    found = request_class_of(profile, request_class)
    rule = found.answer_at_once
    if _at_once(rule, answerable):
        return Disposal(
            *_cited(rule), "answer", f"{found.label}类事项知识库能够解答，予以即时答复（{rule.cited}）。"
        )
    why = "知识库不能即时答复" if rule.allowed else "不属于即时答复的类型"
    return Disposal(*_cited(rule), "dispatch", f"{found.label}类事项{why}，转承办单位办理（{rule.cited}）。")


def request_class_of(profile: Profile, request_class: str) -> RequestClass:
    for code, found in profile.classes.items():
        if code == request_class:
            return found
    known = "、".join(f"{each.label}（{code}）" for code, each in profile.classes.items())
    if request_class in get_args(RequestClassCode):
        detail = f"{profile.city}的规则没有“{request_class}”这一诉求类型，可用：{known}。"
        raise Invalid(detail, code="class_not_in_profile")
    raise Invalid(f"不认识诉求类型“{request_class}”，可用：{known}。", code="class_unknown")


def emergency_match(profile: Profile, text: str) -> EmergencyMatch | None:
    """The emergency number a text calls for, by the profile's order of urgency."""
    seen = profile.recognition
    for number, rule in profile.emergency.numbers.items():
        if (cue := matched_cue(rule, text, seen.supposed, seen.look_at)) is not None:
            return EmergencyMatch(*_cited(rule), number, rule.label, rule.told.format(city=profile.city), cue)
    return None


def sudden_match(profile: Profile, text: str) -> SuddenMatch | None:
    """The matter of the sudden list that a text speaks of."""
    seen = profile.recognition
    for matter_id, rule in profile.sudden.matters.items() if profile.sudden else ():
        if (cue := matched_cue(rule, text, seen.supposed, seen.look_at)) is not None:
            return SuddenMatch(*_cited(rule), matter_id, rule.label, cue)
    return None


def acceptance_grounds(profile: Profile, text: str) -> list[GroundMatch]:
    """The grounds for non-acceptance that a text suggests, in the order of the regulation."""
    matches = []
    for ground_id, rule in profile.acceptance.grounds.items():
        if (cue := matched_cue(rule, text, profile.recognition.supposed)) is not None:
            matches.append(_ground(profile, ground_id, rule, cue))
    return matches


def ground(profile: Profile, ground_id: str) -> GroundMatch:
    """The ground a person chose."""
    rule = profile.acceptance.grounds.get(ground_id)
    if rule is None:
        known = "、".join(profile.acceptance.grounds)
        raise NotFound(f"没有“{ground_id}”这一不予受理情形，可用：{known}。", code="ground_unknown")
    return _ground(profile, ground_id, rule, "")


def card(profile: Profile, calendar: WorkingCalendar, due: Due | DueTime, now: datetime) -> Card | None:
    """The card a ticket shows at `now`; none in a city without cards."""
    rule = profile.cards
    if rule is None:
        return None
    overdue = calendar.working_days_between(due.due_day, local_day(now)) if now >= due.due else 0
    colour: Literal["green", "yellow", "red"] = "green"
    if overdue > rule.red_after:
        colour = "red"
    elif overdue > rule.yellow_after:
        colour = "yellow"
    return Card(*_cited(rule), colour, CARD_LABELS[colour], overdue)


@clauses.rule("SG-12.1", neutral=lambda allowance, _: allowance.allowed)
def _at_once(allowance: AnswerAtOnce, answerable: bool) -> bool:
    """What the base cannot answer is not answered at once, whatever its class."""
    return allowance.allowed and answerable


def _ground(profile: Profile, ground_id: str, rule: Ground, cue: str) -> GroundMatch:
    told = rule.told.format(city=profile.city, channel=rule.channel)
    return GroundMatch(*_cited(rule), ground_id, rule.label, told, rule.channel, cue)


def _start(
    limit: Limit, received_at: datetime, signed_at: datetime | None, accepted_at: datetime | None
) -> datetime | None:
    if limit.starts == "signed":
        return signed_at
    return accepted_at if limit.starts == "accepted" else received_at


def _due_time(
    profile: Profile,
    calendar: WorkingCalendar,
    name: Literal["handling", "sudden_record", "sudden_completion"],
    label: str,
    begins: datetime,
    period: Period,
    rule: Rule,
) -> DueTime:
    due = calendar.due(begins, period.value, profile.periods.day_ends)
    return DueTime(
        *_cited(rule), name, label, due.due, due.due_day, due.provisional, due.counted_days, due.shown
    )


def _cited(rule: Rule) -> tuple[str, str]:
    return "、".join(rule.clause), rule.cited
