"""What a profile means for one request. Pure: profile, calendar and instants are arguments.

Due times stand in due_times.py and extensions.py and are offered here too. Matches of cues are hints
for the intake: no machine refuses a citizen, a person decides, and every channel offers to register or
to speak to someone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from kb_service.core import clauses
from kb_service.core.clock import local_day
from kb_service.core.errors import Invalid, NotFound
from kb_service.regulations.calendar import Due, WorkingCalendar
from kb_service.regulations.cues import matched_cue
from kb_service.regulations.due_times import (
    Cited,
    DueTime,
    SpecialLimit,
    acceptance_due,
    callback_due,
    centre_dispatch_due,
    cited,
    code_of,
    deemed_signed,
    earliest,
    first_contact_due,
    handling_due,
    limit_starts,
    promised_answer_due,
    rating_due,
    redo_due,
    report_due,
    request_class_of,
    restriction_end,
    return_due,
    sign_due,
    supervision_due,
    supplement_due,
    survey_findings_due,
    survey_start_due,
)
from kb_service.regulations.extensions import extension_due, last_moment_to_ask, supervision_extended_due
from kb_service.regulations.schema import Profile
from kb_service.regulations.schema.intake import AnswerAtOnce, Ground
from kb_service.regulations.schema.parts import Need, Rule

__all__ = [
    "Card",
    "Cited",
    "Disposal",
    "DueTime",
    "EmergencyMatch",
    "GroundMatch",
    "RepeatOutcome",
    "SpecialLimit",
    "SuddenMatch",
    "UrgentMatch",
    "acceptance_due",
    "acceptance_grounds",
    "callback_due",
    "card",
    "centre_dispatch_due",
    "check_in_force",
    "cited",
    "code_of",
    "deemed_replied",
    "deemed_signed",
    "earliest",
    "emergency_match",
    "essentials",
    "extension_due",
    "first_contact_due",
    "ground",
    "handling_due",
    "initial_disposal",
    "lacking",
    "last_moment_to_ask",
    "limit_starts",
    "overdue_working_days",
    "promised_answer_due",
    "rating_due",
    "redo_due",
    "repeat_outcome",
    "report_due",
    "request_class_of",
    "restriction_end",
    "return_due",
    "sign_due",
    "sudden_match",
    "supervision_due",
    "supervision_extended_due",
    "supplement_due",
    "survey_findings_due",
    "survey_start_due",
    "urgent_match",
]

CARD_LABELS = {"green": "绿牌", "yellow": "黄牌", "red": "红牌"}


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
class UrgentMatch(Cited):
    """`to` is the body that gets it, as the regulation names it."""

    id: str
    label: str
    to: str
    cue: str


@dataclass(frozen=True)
class RepeatOutcome(Cited):
    outcome: Literal["archived", "merged", "dispatched"]
    label: str
    limit_restarts: bool


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


def initial_disposal(profile: Profile, request_class: str, answerable: bool) -> Disposal:
    """Whether a request is answered at once or dispatched; `answerable`: the base has the answer."""
    found = request_class_of(profile, request_class)
    rule = found.answer_at_once
    if _at_once(rule, answerable):
        return Disposal(
            *cited(rule), "answer", f"{found.label}类事项知识库能够解答，予以即时答复（{rule.cited}）。"
        )
    why = "知识库不能即时答复" if rule.allowed else "不属于即时答复的类型"
    return Disposal(*cited(rule), "dispatch", f"{found.label}类事项{why}，转承办单位办理（{rule.cited}）。")


def emergency_match(profile: Profile, text: str) -> EmergencyMatch | None:
    """The emergency number a text calls for, by the profile's order of urgency."""
    seen = profile.recognition
    for number, rule in profile.emergency.numbers.items():
        if (cue := matched_cue(rule, text, seen.supposed, seen.look_at)) is not None:
            return EmergencyMatch(*cited(rule), number, rule.label, rule.told.format(city=profile.city), cue)
    return None


def sudden_match(profile: Profile, text: str) -> SuddenMatch | None:
    """The matter of the sudden list that a text speaks of."""
    seen = profile.recognition
    for matter_id, rule in profile.sudden.matters.items() if profile.sudden else ():
        if (cue := matched_cue(rule, text, seen.supposed, seen.look_at)) is not None:
            return SuddenMatch(*cited(rule), matter_id, rule.label, cue)
    return None


def urgent_match(profile: Profile, text: str) -> UrgentMatch | None:
    """The urgent path a text calls for, in the order of the profile."""
    seen = profile.recognition
    for path_id, rule in profile.dispatch.urgent.items():
        if (cue := matched_cue(rule, text, seen.supposed, seen.look_at)) is not None:
            return UrgentMatch(*cited(rule), path_id, rule.label, rule.to, cue)
    return None


def repeat_outcome(
    profile: Profile, *, done: bool, new_facts: bool, overdue: bool = False
) -> RepeatOutcome | None:
    """What is done with the same matter again; None where the city leaves it to the grounds.

    `overdue`: the first ticket is not completed, and its limit has run out.
    """
    rules = [each for each in profile.repeats.values() if each.new_facts == new_facts]
    rule = next((each for each in rules if each.done == done), None)
    if rule is not None and overdue and not done and not rule.includes_overdue:
        rule = next((each for each in rules if each.done), None)
    if rule is None:
        return None
    return RepeatOutcome(*cited(rule), rule.outcome, rule.label, rule.limit == "restarts")


def deemed_replied(profile: Profile, unanswered: Iterable[datetime]) -> datetime | None:
    """When a requester who cannot be reached counts as replied to; None while that is not so.

    `unanswered` are the calls that nobody took. One on each of so many calendar days in a row is enough;
    the reply is deemed given at the first call of the last of these days.
    """
    rule = profile.completion.unreachable
    if rule is None:
        return None
    in_a_row, before = 0, None
    for call in sorted(unanswered):
        day = local_day(call)
        if day == before:
            continue
        in_a_row = in_a_row + 1 if before is not None and (day - before).days == 1 else 1
        before = day
        if in_a_row == rule.days:
            return call
    return None


def lacking(needs: Iterable[Need], given: Iterable[str]) -> tuple[Need, ...]:
    """What a step still needs, in the order of the regulation."""
    there = set(given)
    return tuple(each for each in needs if each not in there)


def essentials(profile: Profile, request_class: str) -> tuple[tuple[Need, ...], Rule | None]:
    """What a requester must give with a request of that class, and the rule that says so."""
    code = code_of(profile, request_class)
    found = profile.classes[code] if code is not None else None
    if found is not None and found.essentials:
        return found.essentials, found
    rule = profile.acceptance.essentials
    return (rule.needs, rule) if rule is not None else ((), None)


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


def overdue_working_days(calendar: WorkingCalendar, due: Due | DueTime, now: datetime) -> int:
    """The working days after the due day up to and including today."""
    return calendar.working_days_between(due.due_day, local_day(now)) if now >= due.due else 0


def card(profile: Profile, calendar: WorkingCalendar, due: Due | DueTime, now: datetime) -> Card | None:
    """The card a ticket shows at `now`; none in a city without cards."""
    rule = profile.cards
    if rule is None:
        return None
    overdue = overdue_working_days(calendar, due, now)
    colour: Literal["green", "yellow", "red"] = "green"
    if overdue > rule.red_after:
        colour = "red"
    elif overdue > rule.yellow_after:
        colour = "yellow"
    return Card(*cited(rule), colour, CARD_LABELS[colour], overdue)


@clauses.rule("SG-12.1", neutral=lambda allowance, _: allowance.allowed)
def _at_once(allowance: AnswerAtOnce, answerable: bool) -> bool:
    """What the base cannot answer is not answered at once, whatever its class."""
    return allowance.allowed and answerable


def _ground(profile: Profile, ground_id: str, rule: Ground, cue: str) -> GroundMatch:
    told = rule.told.format(city=profile.city, channel=rule.channel)
    return GroundMatch(*cited(rule), ground_id, rule.label, told, rule.channel, cue)
