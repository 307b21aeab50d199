"""From the centre to the unit: dispatch, passing down, splitting, coordination, signing."""

from dataclasses import replace

from pydantic import Field

from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile, Rule
from kb_service.regulations.schema.handling import Returns
from kb_service.regulations.schema.intake import Dispute
from kb_service.tickets.rules.life.facts import Coordination, Leg, Mark, State
from kb_service.tickets.rules.life.intake_data import Code, Data, LooseName, Name, Text
from kb_service.tickets.rules.life.registry import (
    Case,
    Refusal,
    clause_of,
    event,
    first,
    lacks,
    no,
    unknown_unit,
)
from kb_service.tickets.rules.life.words import WITH_UNIT


class DispatchData(Data):
    to: Code = Field(description="The unit, or the district's body where the route leads there.")
    co_units: tuple[Code, ...] = Field((), description="Units that cooperate.")


class PassData(Data):
    to: Code = Field(description="The unit one level down.")


class SplitPart(Data):
    to: Code = Field(description="The unit that gets this part.")
    text: Text = Field(description="What the part is about.")


class SplitData(Data):
    parts: tuple[SplitPart, ...] = Field(min_length=2, description="The separate tickets.")


class CoordinationData(Data):
    dispute: Code = Field(description="Id of the dispute in the profile.")
    reason: Text = Field(description="What is disputed.")


class InstanceData(Data):
    instance: Name = Field(description="The deciding body, as the profile names it.")


class DesignateData(Data):
    instance: Name = Field(description="The deciding body, as the profile names it.")
    to: Code = Field(description="The unit that handles it.")
    co_units: tuple[Code, ...] = Field((), description="Units that cooperate.")


class SignData(Data):
    handler: LooseName = Field("", description="Name of the handler.")
    handler_contact: LooseName = Field("", description="How to reach the handler.")


class UnitChangedData(Data):
    from_unit: Code = Field(alias="from", description="The unit that was merged or renamed.")
    to: Code = Field(description="The unit that has its tickets now.")
    reason: Name = Field(description="What happened to the unit.")


def _dispatch_rule(profile: Profile) -> Rule | None:
    found = profile.dispatch
    return found.direct or next(iter(found.routes.values()), None) or found.levels or _class_rule(profile)


def _class_rule(profile: Profile) -> Rule:
    return next(iter(profile.classes.values())).answer_at_once


def _together(case: Case, co_units: tuple[str, ...]) -> Refusal | None:
    rule = case.profile.dispatch.several_units
    if not co_units or rule is None or "lead_and_co" in rule.ways:
        return None
    return no("co_units_none", "由负有主要责任的一个单位承办，不设协办单位", rule)


def _dispatchable(case: Case, data: DispatchData) -> Refusal | None:
    rule = _dispatch_rule(case.profile)
    return first(
        *(unknown_unit(case, each, rule) for each in (data.to, *data.co_units)),
        _together(case, data.co_units),
    )


def _ready(case: Case) -> Refusal | None:
    asked = case.profile.acceptance.essentials
    if asked is None or not asked.refusable or case.request.withheld:
        return None
    needs, rule = regulation.essentials(case.profile, case.request.request_class)
    return lacks(needs, case.request.essentials, "登记的诉求", rule)


def to_district(case: Case) -> bool:
    route = case.profile.dispatch.routes.get(case.request.route or "")
    return route is not None and route.to == "district_body"


@event(
    "dispatch", "转派", "centre system", ["pending"], rule=_dispatch_rule, offer=_ready, check=_dispatchable
)
def dispatch(case: Case, data: DispatchData) -> State:
    """To a unit, or to the district's body that passes it on; the limit starts with the first receipt."""
    return new_leg(case, data.to, co_units=data.co_units)


def new_leg(
    case: Case, unit: str, *, co_units: tuple[str, ...] = (), redo: bool = False, designated: bool = False
) -> State:
    """A fresh stay with a unit; what was before goes into the past."""
    before = () if case.state.leg is None else (case.state.leg,)
    leg = Leg(
        unit=unit,
        first_body=unit,
        received_at=case.at,
        counted_from=case.at,
        route=case.request.route,
        co_units=co_units,
        redo=redo,
        designated=designated,
    )
    return replace(
        case.state,
        status="district" if to_district(case) else _received(case),
        leg=leg,
        legs=(*case.state.legs, *before),
        dispatched_at=case.state.dispatched_at or case.at,
        left_pending_at=case.at,
        coordination=None,
    )


def _received(case: Case) -> str:
    """Where a city knows no signing, a unit that has the ticket handles it."""
    return "signed" if case.profile.sign is None else "dispatched"


def _levels(profile: Profile) -> Rule | None:
    found = profile.dispatch
    district = next((each for each in found.routes.values() if each.to == "district_body"), None)
    return found.levels or district


def _passable(case: Case) -> Refusal | None:
    levels, leg = case.profile.dispatch.levels, case.leg
    most = 1 if levels is None else len(levels.names) - 2
    if levels is None and not to_district(case):
        return no("pass_none", "市级事权的工单直接由承办单位办理，不再分派", _levels(case.profile))
    if leg.passed >= most:
        return no("pass_too_often", "已经转到最后一级", _levels(case.profile))
    return None


def _passed_to(case: Case, data: PassData) -> Refusal | None:
    return unknown_unit(case, data.to, _levels(case.profile))


@event(
    "pass_on",
    "向下分派",
    "district unit",
    ["district", "dispatched", "signed"],
    rule=_levels,
    own_rule=True,
    offer=_passable,
    check=_passed_to,
)
def pass_on(case: Case, data: PassData) -> State:
    """Down a level: another unit handles it, the limit goes on from the first receipt."""
    waiting = case.state.status in {"district", "dispatched"} and case.leg.signed_at is None
    status = _received(case) if waiting else "signed"
    return case.with_leg(status, unit=data.to, passed=case.leg.passed + 1)


def _separable(case: Case) -> Refusal | None:
    rule = case.profile.dispatch.several_units
    if rule is None or "separate" in rule.ways:
        return None
    return no("split_none", "涉及多个单位的事项不分别派单", rule)


def _several(profile: Profile) -> Rule | None:
    return profile.dispatch.several_units


def _split_units(case: Case, data: SplitData) -> Refusal | None:
    return first(*(unknown_unit(case, each.to, _several(case.profile)) for each in data.parts))


@event(
    "split", "拆分", "centre", ["pending"], rule=_several, own_rule=True, offer=_separable, check=_split_units
)
def split(case: Case, data: SplitData) -> State:
    """Into separate tickets, each registered with `split_from`."""
    marks = tuple(Mark("split", each.to, case.at, clause_of(_several(case.profile))) for each in data.parts)
    return case.with_status("split", left_pending_at=case.at, marks=(*case.state.marks, *marks))


def _disputes(profile: Profile) -> Rule | None:
    return next(iter(profile.dispatch.disputes.values()), None)


def _known_dispute(case: Case, data: CoordinationData) -> Refusal | None:
    if data.dispute in case.profile.dispatch.disputes:
        return None
    return no("dispute_unknown", f"没有“{data.dispute}”这种争议", _disputes(case.profile))


@event(
    "open_coordination",
    "启动协调",
    "centre district",
    ["pending", "dispatched", "signed", "returning"],
    rule=_disputes,
    own_rule=True,
    check=_known_dispute,
)
def open_coordination(case: Case, data: CoordinationData) -> State:
    """Whose duty it is is settled by the bodies that the profile names, in turn."""
    found = Coordination(data.dispute, case.at, case.state.status)
    return case.with_status("coordinating", coordination=found)


def _dispute(case: Case) -> Dispute:
    found = case.state.coordination
    return case.profile.dispatch.disputes[found.dispute if found else ""]


def _turn(case: Case, instance: str) -> Refusal | None:
    rule, found = _dispute(case), case.state.coordination
    failed = found.failed if found else ()
    now = next((each for each in rule.decided_by if each not in failed), None)
    if instance == now:
        return None
    if instance not in rule.decided_by:
        return no(
            "instance_unknown", f"“{instance}”不是确定承办单位的机关，应为{'、'.join(rule.decided_by)}", rule
        )
    return no("instance_not_in_turn", f"应先由{now}确定", rule)


def _failable(case: Case, data: InstanceData) -> Refusal | None:
    rule = _dispute(case)
    if data.instance == rule.decided_by[-1]:
        return no("instance_final", f"{data.instance}是最后的决定机关，必须指定承办单位", rule)
    return _turn(case, data.instance)


@event(
    "coordination_failed",
    "协调未达成一致",
    "centre district",
    ["coordinating"],
    rule=_disputes,
    own_rule=True,
    check=_failable,
)
def coordination_failed(case: Case, data: InstanceData) -> State:
    """One instance could not settle it: the next one's turn."""
    found = case.state.coordination
    failed = found and replace(found, failed=(*found.failed, data.instance))
    return replace(case.state, coordination=failed)


def _designable(case: Case, data: DesignateData) -> Refusal | None:
    rule = _dispute(case)
    units = (unknown_unit(case, each, rule) for each in (data.to, *data.co_units))
    return first(_turn(case, data.instance), *units)


@event(
    "designate",
    "指定承办单位",
    "centre district instance",
    ["coordinating"],
    rule=_disputes,
    own_rule=True,
    check=_designable,
)
def designate(case: Case, data: DesignateData) -> State:
    """Another unit gets it with a fresh limit; the one that has it goes on."""
    leg = case.state.leg
    if leg is None or leg.left_at is not None or data.to != leg.unit:
        ended = case.state if leg is None else case.with_leg(left_at=leg.left_at or case.at)
        return new_leg(replace(case, state=ended), data.to, co_units=data.co_units, designated=True)
    status = "signed" if leg.signed_at else _received(case)
    state = case.with_leg(status, designated=True, co_units=data.co_units or leg.co_units)
    return replace(state, coordination=None)


def _sign_rule(profile: Profile) -> Rule | None:
    return profile.sign or _dispatch_rule(profile)


def _signable(case: Case) -> Refusal | None:
    leg = case.leg
    if leg.signed_at is not None and not (leg.sign_deemed and not leg.handler):
        return no("signed_already", "工单已经签收", _sign_rule(case.profile))
    return None


def _signed_with(case: Case, data: SignData) -> Refusal | None:
    rule = case.profile.sign
    return None if rule is None else lacks(rule.needs, data.given(), "签收", rule)


@event(
    "sign",
    "签收",
    "unit district",
    ["district", "dispatched", "signed"],
    rule=_sign_rule,
    offer=_signable,
    check=_signed_with,
)
def sign(case: Case, data: SignData) -> State:
    """The unit confirms it. After a deemed signing it only adds who handles it."""
    status = "signed" if case.state.status == "dispatched" else case.state.status
    if case.leg.sign_deemed:
        return case.with_leg(status, handler=data.handler or "—")
    return case.with_leg(status, signed_at=case.at, handler=data.handler)


def _other(case: Case, data: UnitChangedData) -> Refusal | None:
    rule = _dispatch_rule(case.profile)
    if case.state.leg is None:
        return no("no_unit_has_it", "工单还没有转给承办单位", rule)
    inside = (each.to for each in case.leg.sub_tasks if each.done_at is None)
    if data.from_unit not in (case.leg.unit, case.leg.first_body, *case.leg.co_units, *inside):
        return no("other_unit", f"工单不在“{data.from_unit}”办理", rule)
    return unknown_unit(case, data.to, rule)


@event("unit_changed", "承办单位更名或合并", "centre system", WITH_UNIT, rule=_dispatch_rule, check=_other)
def unit_changed(case: Case, data: UnitChangedData) -> State:
    """A merged or renamed unit's ticket follows, with its clocks; so does work given on to a section."""
    leg = case.leg
    swapped = {
        name: data.to if getattr(leg, name) == data.from_unit else getattr(leg, name) for name in _BODIES
    }
    co_units = tuple(data.to if each == data.from_unit else each for each in leg.co_units)
    tasks = tuple(
        replace(each, to=data.to) if each.to == data.from_unit and each.done_at is None else each
        for each in leg.sub_tasks
    )
    return case.with_leg(None, co_units=co_units, sub_tasks=tasks, **swapped)


_BODIES = ("unit", "first_body")


def designated_rule(case: Case) -> Dispute | None:
    """The dispute rule that keeps a designated unit from returning the ticket; None where it may."""
    found = case.profile.dispatch.disputes.values()
    return next((each for each in found if not each.designated_may_return), None)


def returns_of(case: Case) -> Returns:
    if case.profile.returns is None:
        raise LookupError("the city has no returns")
    return case.profile.returns
