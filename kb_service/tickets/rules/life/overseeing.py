"""What the centre does about how it goes: urging, accountability, clues of misconduct, abuse."""

from dataclasses import replace
from typing import Literal

from pydantic import Field

from kb_service.regulations.schema import Profile, Rule
from kb_service.tickets.rules.life.facts import Mark, Restriction, State
from kb_service.tickets.rules.life.intake_data import Code, Data, Name, Text
from kb_service.tickets.rules.life.registry import Case, Refusal, clause_of, event, first, no, unknown_unit
from kb_service.tickets.rules.life.words import OVER, REGISTERED, WITH_UNIT

Step = Literal[
    "dissuaded", "educated", "criticised", "consequences_told", "restricted", "police", "judiciary"
]


class UrgeData(Data):
    text: Text = Field(description="What the unit is told.")


class EraseData(Data):
    reason: Name = Field(description="By which rule or wish it is destroyed.")


class AccountabilityData(Data):
    ground: Code = Field(description="Id of the ground in the profile.")
    unit: Code = Field(description="The unit it is recorded against.")
    text: Text = Field(description="What happened.")


class ReferralData(Data):
    clue: Code = Field(description="Id of the clue in the profile.")
    text: Text = Field(description="What was handed on.")


class AbuseData(Data):
    abuse: Code = Field(description="Id of the abuse in the profile.")
    steps: tuple[Step, ...] = Field(min_length=1, description="What was done about it.")
    text: Text = Field(description="What happened.")


class LiftData(Data):
    reason: Text = Field(description="Why the restriction ends early.")


def _urging(profile: Profile) -> Rule | None:
    listed = profile.supervision
    return listed.urging or next(iter(listed.kinds.values()), None) or _limit(profile)


def _limit(profile: Profile) -> Rule:
    return next(iter(profile.classes.values())).limit


@event("urge", "催办", "centre district agent", WITH_UNIT, rule=_urging)
def urge(case: Case, data: UrgeData) -> State:
    """The unit is reminded; neither state nor clock changes."""
    mark = Mark("urged", data.text, case.at, clause_of(_urging(case.profile)))
    return replace(case.state, marks=(*case.state.marks, mark))


def _accountability(profile: Profile) -> Rule | None:
    return next(iter(profile.supervision.accountability.values()), None)


def _accountable(case: Case, data: AccountabilityData) -> Refusal | None:
    rule = _accountability(case.profile)
    if data.ground not in case.profile.supervision.accountability:
        return no("accountability_unknown", f"没有“{data.ground}”这一追责情形", rule)
    return unknown_unit(case, data.unit, rule)


@event(
    "accountability",
    "登记追责情形",
    "centre",
    REGISTERED,
    rule=_accountability,
    own_rule=True,
    check=_accountable,
)
def accountability(case: Case, data: AccountabilityData) -> State:
    """Recorded against a unit, by a ground of the city."""
    clause = clause_of(case.profile.supervision.accountability[data.ground])
    mark = Mark("accountability", f"{data.unit}:{data.ground}", case.at, clause)
    return replace(case.state, marks=(*case.state.marks, mark))


def _referrals(profile: Profile) -> Rule | None:
    return next(iter(profile.supervision.referrals.values()), None)


def _clue(case: Case, data: ReferralData) -> Refusal | None:
    if data.clue in case.profile.supervision.referrals:
        return None
    return no("clue_unknown", f"没有“{data.clue}”这种线索", _referrals(case.profile))


@event("refer", "移交线索", "centre district", REGISTERED, rule=_referrals, own_rule=True, check=_clue)
def refer(case: Case, data: ReferralData) -> State:
    """A clue of misconduct is recorded and handed on."""
    rule = case.profile.supervision.referrals[data.clue]
    mark = Mark("referred", f"{data.clue}:{rule.to}", case.at, clause_of(rule))
    return replace(case.state, marks=(*case.state.marks, mark))


def _measures(profile: Profile) -> Rule | None:
    return profile.access.measures or profile.access.restriction


def _abused(case: Case, data: AbuseData) -> Refusal | None:
    abuses = case.profile.access.abuses
    unknown = abuses and data.abuse not in abuses
    return first(
        no("abuse_unknown", f"没有“{data.abuse}”这种滥用情形", *abuses.values()) if unknown else None,
        *(_measure(case, each) for each in data.steps),
    )


def _measure(case: Case, step: str) -> Refusal | None:
    rule = case.profile.access.measures
    if rule is not None and step not in rule.steps:
        return no("measure_unknown", "本市规则没有这种处置措施", rule)
    if step != "restricted":
        return None
    restriction = case.profile.access.restriction
    if restriction is None:
        return no("restriction_none", "本市规则没有限制使用的措施", rule)
    if "centre" not in case.by.roles:
        return no("restriction_by_centre", "限制使用只能由热线管理机构决定", restriction)
    return None


@event(
    "record_abuse",
    "登记滥用热线",
    "agent centre",
    REGISTERED,
    rule=_measures,
    own_rule=True,
    check=_abused,
)
def record_abuse(case: Case, data: AbuseData) -> State:
    """What the person did and what was done about it; a restriction has an end."""
    measures = _measures(case.profile)
    abuse = case.profile.access.abuses.get(data.abuse)
    marks = [Mark("abuse", data.abuse, case.at, clause_of(abuse, measures))]
    marks += [Mark("measure", each, case.at, clause_of(measures)) for each in data.steps]
    restricted = "restricted" in data.steps
    found = Restriction(data.abuse, case.at) if restricted else case.state.restriction
    return replace(case.state, marks=(*case.state.marks, *marks), restriction=found)


def _restriction(profile: Profile) -> Rule | None:
    return profile.access.restriction


def _restricted_now(case: Case) -> Refusal | None:
    found = case.state.restriction
    running = found is not None and not found.ended and found.lifted_at is None
    return None if running else no("not_restricted", "没有正在执行的限制", _restriction(case.profile))


@event(
    "lift_restriction",
    "解除限制",
    "centre",
    REGISTERED,
    rule=_restriction,
    own_rule=True,
    offer=_restricted_now,
)
def lift_restriction(case: Case, _: LiftData) -> State:
    """Ended early, for instance after an objection."""
    found = case.state.restriction
    return replace(case.state, restriction=found and replace(found, lifted_at=case.at))


def _erased(case: Case) -> Refusal | None:
    gone = any(each.kind == "erased" for each in case.state.marks)
    return no("erased_already", "诉求人信息已经清除", case.profile.validity) if gone else None


@event("erase", "清除诉求人信息", "centre system", OVER, offer=_erased)
def erase(case: Case, data: EraseData) -> State:
    """Who asked, and in which words, is destroyed; what was done stays told."""
    return replace(case.state, marks=(*case.state.marks, Mark("erased", data.reason, case.at, "")))
