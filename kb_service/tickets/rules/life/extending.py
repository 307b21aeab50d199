"""Extensions of the handling limit."""

from dataclasses import replace

from pydantic import Field

from kb_service.core.errors import Invalid
from kb_service.regulations import rules as regulation
from kb_service.regulations.rules import DueTime
from kb_service.regulations.schema import Profile, Rule
from kb_service.tickets.rules.life.facts import Extension, State
from kb_service.tickets.rules.life.intake_data import Data, Loose, Text
from kb_service.tickets.rules.life.limits import extended_once, main_due
from kb_service.tickets.rules.life.registry import Case, Refusal, event, first, from_invalid, lacks, no


class ExtensionData(Data):
    days: int | None = Field(
        None, ge=1, le=400, description="Working days asked for; absent: as long as the rules allow."
    )
    reason: Loose = Field("", description="Why.")
    facts: Loose = Field("", description="The facts it rests on.")
    new_limit: Loose = Field("", description="The limit asked for, in words.")
    work_plan: Loose = Field("", description="What is done until when.")
    requester_told: bool = Field(False, description="Whether the requester was told reason and new limit.")

    def given(self) -> set[str]:
        """The days asked for say what the new limit is to be."""
        return super().given() | ({"new_limit"} if self.days is not None else set())


class ExtensionDecision(Data):
    approved: bool = Field(description="Whether it is granted.")
    reason: Loose = Field("", description="Why.")


class ToldData(Data):
    text: Text = Field(description="What the requester was told of reason and new limit.")


def _rule(profile: Profile) -> Rule | None:
    return profile.extension


def next_extension(case: Case) -> int:
    """Its number, from 1; one that was not granted does not count."""
    return 1 + sum(each.granted is not False for each in case.leg.extensions)


def ask_window(case: Case, due: DueTime) -> DueTime:
    """Until when the next one may be asked for. Raises Invalid where there is none."""
    return regulation.last_moment_to_ask(
        case.profile, case.calendar, due, case.request.request_class, next_extension(case)
    )


def _possible(case: Case) -> Refusal | None:
    redo = case.profile.redo
    if case.leg.redo and redo is not None and not redo.extension_allowed:
        return no("redo_not_extendable", "重办不得延期", redo)
    if case.leg.extension_open:
        return no("extension_open", "已有一份延期申请在等审核", case.profile.extension)
    due = main_due(case.rules, case.state, case.leg, case.at)
    if due is None:
        return no("limit_not_running", "办理期限还没有开始计算", case.profile.extension)
    try:
        window = ask_window(case, due)
    except Invalid as error:
        return from_invalid(error, case.profile.extension)
    if case.at < window.due:
        return None
    why = f"申请延期的最后时间已过（{window.shown}）"
    return Refusal("extension_late", window.clause, f"{why}（{window.article}）。")


def _asked(case: Case, data: ExtensionData) -> Refusal | None:
    rule = case.profile.extension
    due = main_due(case.rules, case.state, case.leg, case.at)
    if rule is None or due is None:
        return None
    nth = next_extension(case)
    ask = rule.step(nth).ask
    untold = ask.requester_told and not ask.approved and not data.requester_told
    try:
        extended_once(case.rules, case.state, due, nth, data.days)
    except Invalid as error:
        return from_invalid(error, rule)
    return first(
        lacks(ask.needs, data.given(), "延期申请", ask),
        no("requester_not_told", "须告知诉求人延期的理由和期限", ask) if untold else None,
    )


@event(
    "request_extension",
    "申请延期",
    "unit district",
    ["signed", "dispatched"],
    rule=_rule,
    own_rule=True,
    offer=_possible,
    check=_asked,
)
def request_extension(case: Case, data: ExtensionData) -> State:
    """Asked for before the limit ends; where filing is enough, it holds at once."""
    rule = case.profile.extension
    nth = next_extension(case)
    granted = None if rule is None or rule.step(nth).ask.approved else True
    asked = Extension(nth, case.at, data.days, granted, data.requester_told)
    return case.with_leg(None, extensions=(*case.leg.extensions, asked))


def _waiting(case: Case) -> Refusal | None:
    if case.state.leg is not None and case.leg.extension_open:
        return None
    return no("extension_not_asked", "没有等待审核的延期申请", case.profile.extension)


@event(
    "decide_extension",
    "审核延期",
    "centre district",
    ["dispatched", "signed", "replied", "returning"],
    rule=_rule,
    own_rule=True,
    offer=_waiting,
)
def decide_extension(case: Case, data: ExtensionDecision) -> State:
    """Granted: the limit counts on from its present due day."""
    found = (
        replace(each, granted=data.approved) if each.granted is None else each for each in case.leg.extensions
    )
    return case.with_leg(None, extensions=tuple(found))


def untold(case: Case) -> Refusal | None:
    """A granted extension of which the requester has not been told."""
    rule = case.profile.extension
    if rule is None or case.state.leg is None:
        return None
    for each in case.leg.extensions:
        ask = rule.step(each.nth).ask
        if each.granted and ask.requester_told and not each.told:
            return no("extension_untold", "延期已获同意，须先告知诉求人延长的期限", ask)
    return None


def _something_to_tell(case: Case) -> Refusal | None:
    found = untold(case)
    return None if found is not None else no("nothing_to_tell", "没有需要告知的延期", case.profile.extension)


@event(
    "tell_extension",
    "告知诉求人延期",
    "unit district",
    ["dispatched", "signed", "replied"],
    rule=_rule,
    own_rule=True,
    offer=_something_to_tell,
)
def tell_extension(case: Case, _: ToldData) -> State:
    """The requester learns the new limit."""
    return case.with_leg(None, extensions=tuple(replace(each, told=True) for each in case.leg.extensions))
