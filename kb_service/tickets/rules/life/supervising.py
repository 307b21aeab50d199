"""Supervision: opened by a trigger, timed by its kind, extended, closed, handed to inspection."""

from dataclasses import replace

from pydantic import Field

from kb_service.core.errors import Invalid
from kb_service.regulations import rules as regulation
from kb_service.regulations.rules import DueTime
from kb_service.regulations.schema import Profile, Rule
from kb_service.tickets.rules.life.facts import Mark, State, Supervision
from kb_service.tickets.rules.life.intake_data import Code, Data, Loose, LooseName, Text
from kb_service.tickets.rules.life.registry import Case, Refusal, clause_of, event, from_invalid, no
from kb_service.tickets.rules.life.words import REGISTERED


class SupervisionData(Data):
    kind: Code = Field(description="Id of the kind in the profile.")
    trigger: Code = Field(description="Id of the trigger in the profile.")
    reason: Text = Field(description="Why.")


class OneSupervision(Data):
    trigger: Code | None = Field(None, description="Which open supervision; absent: the oldest.")


class SupervisionReply(OneSupervision):
    result: Text = Field(description="What the unit did.")


class SupervisionClose(OneSupervision):
    solved: bool = Field(description="Whether the matter is solved.")
    reason: Loose = Field("", description="Why.")


class SupervisionLonger(OneSupervision):
    days: int = Field(ge=1, le=400, description="Working days more.")
    reason: Text = Field(description="Why.")


class EscalateData(Data):
    reason: Text = Field(description="What stays unsolved, or was promised and not done.")
    when: LooseName = Field("", description="The case as the profile words it; absent: its first.")


def _kinds(profile: Profile) -> Rule | None:
    return next(iter(profile.supervision.kinds.values()), None)


def open_supervisions(state: State) -> tuple[Supervision, ...]:
    return tuple(each for each in state.supervisions if each.closed_at is None)


def _openable(case: Case, data: SupervisionData) -> Refusal | None:
    listed = case.profile.supervision
    if data.kind not in listed.kinds:
        return no("supervision_kind_unknown", f"没有“{data.kind}”这种督办方式", _kinds(case.profile))
    if listed.triggers and data.trigger not in listed.triggers:
        some = next(iter(listed.triggers.values()), None)
        return no("trigger_unknown", f"没有“{data.trigger}”这一督办情形", some, _kinds(case.profile))
    if any(each.trigger == data.trigger for each in open_supervisions(case.state)):
        return no(
            "supervision_open", "同一情形已在督办", listed.triggers.get(data.trigger), _kinds(case.profile)
        )
    return None


@event(
    "open_supervision",
    "启动督办",
    "centre",
    REGISTERED,
    rule=_kinds,
    own_rule=True,
    check=_openable,
)
def open_supervision(case: Case, data: SupervisionData) -> State:
    """By a trigger of the city, in one of its kinds, with that kind's limit."""
    return supervised(case.state, data.kind, data.trigger, case)


def supervised(state: State, kind: str, trigger: str, case: Case) -> State:
    found = Supervision(len(state.supervisions) + 1, kind, trigger, case.at)
    return replace(state, supervisions=(*state.supervisions, found))


def supervision_due(case: Case, found: Supervision) -> DueTime | None:
    """Its due time with what it was extended by."""
    due = regulation.supervision_due(case.profile, case.calendar, found.kind, found.opened_at)
    for nth, days in enumerate(found.extensions, 1):
        if due is not None:
            due = regulation.supervision_extended_due(case.profile, case.calendar, due, nth, days)
    return due


def _open(case: Case) -> Refusal | None:
    there = open_supervisions(case.state)
    return None if there else no("supervision_none", "没有正在进行的督办", _kinds(case.profile))


def _meant(case: Case, data: OneSupervision) -> Supervision | None:
    there = open_supervisions(case.state)
    return next((each for each in there if data.trigger in (None, each.trigger)), None)


def _there(case: Case, data: OneSupervision) -> Refusal | None:
    if _meant(case, data) is not None:
        return None
    return no("supervision_none", "没有这一情形的督办在进行", _kinds(case.profile))


def _changed(case: Case, data: OneSupervision, **changes: object) -> State:
    meant = _meant(case, data)
    found = (
        replace(each, **changes) if each is meant else each  # type: ignore[arg-type]
        for each in case.state.supervisions
    )
    return replace(case.state, supervisions=tuple(found))


@event(
    "reply_supervision",
    "反馈督办",
    "unit district",
    REGISTERED,
    rule=_kinds,
    own_rule=True,
    offer=_open,
    check=_there,
)
def reply_supervision(case: Case, data: SupervisionReply) -> State:
    """The unit says what it did; its first reply meets the supervision's limit."""
    meant = _meant(case, data)
    return _changed(case, data, replied_at=(meant and meant.replied_at) or case.at)


def _extension(profile: Profile) -> Rule | None:
    return profile.supervision.extension


def _longer(case: Case, data: SupervisionLonger) -> Refusal | None:
    meant = _meant(case, data)
    rule = case.profile.supervision.extension
    if meant is None:
        return _there(case, data)
    due = supervision_due(case, meant)
    if due is None:
        return no("supervision_untimed", "这种督办没有规定期限", rule, _kinds(case.profile))
    if case.at >= due.due:
        return no("extension_late", f"督办期限已过（{due.shown}）", rule)
    try:
        regulation.supervision_extended_due(
            case.profile, case.calendar, due, len(meant.extensions) + 1, data.days
        )
    except Invalid as error:
        return from_invalid(error, rule)
    return None


@event(
    "extend_supervision",
    "督办延期",
    "centre",
    REGISTERED,
    rule=_extension,
    own_rule=True,
    offer=_open,
    check=_longer,
)
def extend_supervision(case: Case, data: SupervisionLonger) -> State:
    """More time for a complex or special matter."""
    meant = _meant(case, data)
    before = meant.extensions if meant else ()
    return _changed(case, data, extensions=(*before, data.days))


@event(
    "close_supervision",
    "结束督办",
    "centre",
    REGISTERED,
    rule=_kinds,
    own_rule=True,
    offer=_open,
    check=_there,
)
def close_supervision(case: Case, data: SupervisionClose) -> State:
    """With or without a solution."""
    return _changed(case, data, closed_at=case.at, solved=data.solved)


def _escalation(profile: Profile) -> Rule | None:
    return profile.supervision.escalation


def _unsolved(case: Case) -> Refusal | None:
    left = [each for each in case.state.supervisions if each.solved is False and each.escalated_at is None]
    return None if left else no("nothing_unsolved", "没有督办后仍未解决的事项", _escalation(case.profile))


def _escalatable(case: Case) -> Refusal | None:
    """What supervision left unsolved; where the city names another case, a person finds that one."""
    rule = case.profile.supervision.escalation
    return None if rule is not None and len(rule.when) > 1 else _unsolved(case)


def _escalated(case: Case, data: EscalateData) -> Refusal | None:
    rule = case.profile.supervision.escalation
    if rule is None or data.when in ("", rule.when[0]):
        return _unsolved(case)
    if data.when in rule.when:
        return None
    return no("escalation_unknown", f"提交督查的情形应为：{'；'.join(rule.when)}", rule)


@event(
    "escalate",
    "提交督查",
    "centre",
    REGISTERED,
    rule=_escalation,
    own_rule=True,
    offer=_escalatable,
    check=_escalated,
)
def escalate(case: Case, data: EscalateData) -> State:
    """What supervision left unsolved goes to the government's inspection."""
    rule = case.profile.supervision.escalation
    mark = Mark("escalated", rule.to if rule else data.reason, case.at, clause_of(rule))
    found = (
        replace(each, escalated_at=each.escalated_at or case.at) if each.solved is False else each
        for each in case.state.supervisions
    )
    return replace(case.state, supervisions=tuple(found), marks=(*case.state.marks, mark))
