"""Simulation: a scenario as people write it in, and what it comes to. Pure; the profile is an argument."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kb_service.core.clock import CITY
from kb_service.core.errors import Invalid, Pointer
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.complaints import complaint
from kb_service.regulations.deployment import supplied
from kb_service.regulations.schema import Profile
from kb_service.tickets.rules.life.clocks import Clock
from kb_service.tickets.rules.life.intake_data import Day, Instant
from kb_service.tickets.rules.life.registry import Actor, Event
from kb_service.tickets.rules.life.replaying import TicketState, replay


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Deployment(_Part):
    """What a city's hotline decides for itself; a number may also stand here by its name."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": {"type": "integer"}})

    limits: dict[str, Annotated[int, Field(ge=0, le=400)]] = Field(
        default_factory=dict, description="Numbers that the profile leaves to the deployment, by name."
    )
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="Values put in place of the profile's, by dotted place: a reading, or a rule to try.",
    )
    continued_until: Day | None = Field(
        None, description="Until when the rules go on after the end of their validity."
    )
    units: tuple[str, ...] | None = Field(
        None, description="Codes of the units there are; absent: any code will do."
    )

    @model_validator(mode="before")
    @classmethod
    def _numbers_by_name(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(given.get("limits", {}), dict):
            return given
        named = {
            key: each for key, each in given.items() if key not in cls.model_fields and type(each) is int
        }
        rest = {key: each for key, each in given.items() if key not in named}
        return rest | {"limits": {**given.get("limits", {}), **named}} if named else given


class Days(_Part):
    holidays: tuple[Day, ...] = Field((), description="Days that are not worked, whatever the notice says.")
    workdays: tuple[Day, ...] = Field((), description="Days that are worked, whatever the notice says.")

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "Days":
        if both := sorted(set(self.holidays) & set(self.workdays)):
            raise ValueError(f"{both[0].isoformat()} 既写作放假又写作上班，只能是其中一样")
        return self


class ScenarioEvent(_Part):
    at: Instant = Field(description="When, with its time zone.")
    type: str = Field(description="One of the event types below.")
    by: str = Field(description="Who: role, role:UNIT or role:UNIT:name.")
    data: dict[str, Any] = Field(default_factory=dict, description="The details, as the type asks for them.")
    id: str = Field(
        "", description="Name of the event; a second one of the same name is refused as repeated."
    )


class Scenario(_Part):
    """A ticket's life to be replayed."""

    profile: str = Field("", description="Id of the profile; the command's argument goes before it.")
    deployment: Deployment = Field(Deployment(), description="What the deployment decides.")
    calendar: Days = Field(Days(), description="Changes to the calendar.")
    ticket: dict[str, Any] = Field(
        default_factory=dict,
        description="What the request is: details of the `register` event, which may leave them out.",
    )
    events: tuple[ScenarioEvent, ...] = Field(
        max_length=1000, description="What happens, in the order of time."
    )
    now: Instant = Field(description="The instant that is asked about.")
    viewer: str | None = Field(
        None, description="For whom `allowed` is told, written as `by`; absent: for whoever may act."
    )


def read_scenario(content: object) -> Scenario:
    """Raises Invalid, naming each wrong place."""
    try:
        return Scenario.model_validate_json(json.dumps(content, ensure_ascii=False, default=str))
    except ValidationError as error:
        wrong: list[Pointer] = [
            {"pointer": "/" + "/".join(str(part) for part in each["loc"]), "detail": complaint(dict(each))}
            for each in error.errors()
        ]
        told = "；".join(f"{each['pointer']}：{each['detail']}" for each in wrong)
        raise Invalid(f"模拟的输入有误：{told}。", code="bad_scenario", pointers=wrong) from error


def prepared(profile: Profile, deployment: Deployment) -> Profile:
    """The profile with the deployment's settings and numbers in place."""
    content = profile.content()
    for place, value in deployment.settings.items():
        _put(content, place, value)
    if deployment.settings:
        try:
            profile = Profile.model_validate_json(json.dumps(content, ensure_ascii=False))
        except ValidationError as error:
            wrong = error.errors()[0]
            where = ".".join(str(each) for each in wrong["loc"])
            raise Invalid(f"设置不能用在 {where}：{complaint(dict(wrong))}。", code="bad_setting") from error
    return supplied(profile, deployment.limits)


def _put(content: dict[str, Any], place: str, value: Any) -> None:
    *parents, last = place.split(".")
    inner: Any = content
    for key in parents:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if not isinstance(inner, dict):
        raise Invalid(f"规则档案没有“{place}”这一处。", code="bad_setting")
    inner[last] = value


def run(scenario: Scenario, profile: Profile) -> TicketState:
    """What the scenario comes to under a profile."""
    deployment = scenario.deployment
    days = dict.fromkeys(scenario.calendar.holidays, False)
    days |= dict.fromkeys(scenario.calendar.workdays, True)
    return replay(
        prepared(profile, deployment),
        WorkingCalendar(days),
        [_event(scenario, each) for each in scenario.events],
        scenario.now,
        units=None if deployment.units is None else frozenset(deployment.units),
        continued_until=deployment.continued_until,
        actor=None if scenario.viewer is None else Actor.parse(scenario.viewer),
    )


def _event(scenario: Scenario, given: ScenarioEvent) -> Event:
    data: Mapping[str, Any] = given.data
    if given.type == "register":
        data = {**scenario.ticket, **given.data}
    return Event(given.at, given.type, Actor.parse(given.by), data, given.id)


def simulated(scenario: Scenario, profile: Profile) -> dict[str, Any]:
    """The result as it is printed and sent: times in the city's zone."""
    found = run(scenario, profile)
    return {
        "profile": profile.id,
        "now": _time(found.now),
        "state": found.status,
        "label": found.label,
        "unit": found.unit,
        "leading": found.leading.name if found.leading else None,
        "clocks": [_clock(each) for each in found.clocks],
        "cards": [
            {
                "clock": each.clock,
                "colour": each.colour,
                "label": each.label,
                "overdue_working_days": each.overdue_working_days,
                "clause": each.clause,
            }
            for each in found.cards
        ],
        "effects": [
            {
                "effect": each.effect,
                "label": each.label,
                "at": _time(each.at),
                "day": each.day.isoformat(),
                "clause": each.clause,
                "reason": each.reason,
            }
            for each in found.effects
        ],
        "refused": [
            {
                "event": each.event,
                "type": each.type,
                "code": each.refusal.code,
                "clause": each.refusal.clause,
                "reason": each.refusal.reason,
            }
            for each in found.refused
        ],
        "records": [
            {"kind": each.kind, "value": each.value, "at": _time(each.at), "clause": each.clause}
            for each in found.state.marks
        ],
        "allowed": [
            {
                "action": each.action,
                "label": each.label,
                "ok": each.ok,
                "code": each.code,
                "clause": each.clause,
                "reason": each.reason,
                "roles": list(each.roles),
            }
            for each in found.allowed
        ],
    }


def _clock(found: Clock) -> dict[str, Any]:
    return {
        "name": found.name,
        "label": found.label,
        "started_by": found.started_by,
        "due": _time(found.due),
        "due_day": found.due_day.isoformat(),
        "shown": found.shown,
        "status": found.status,
        "clause": found.clause,
        "counted_days": [each.isoformat() for each in found.counted_days],
        "provisional": found.provisional,
        "why": found.why,
    }


def _time(instant: datetime) -> str:
    return instant.astimezone(CITY).isoformat()
