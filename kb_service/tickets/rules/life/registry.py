"""How event types are declared, and what a rule about one of them may look at."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeVar

from kb_service.core.errors import Invalid
from kb_service.regulations import rules as regulation
from kb_service.regulations.calendar import WorkingCalendar
from kb_service.regulations.schema import Profile, Rule
from kb_service.regulations.schema.parts import Need
from kb_service.tickets.rules.life.facts import Leg, State
from kb_service.tickets.rules.life.intake_data import Data, RegisterData
from kb_service.tickets.rules.life.words import ROLE_NAMES, STATUS_NAMES, needed


@dataclass(frozen=True)
class Actor:
    """Who acts: what they may act as, for which unit, and their name where named staff matter."""

    roles: frozenset[str]
    unit: str | None = None
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> "Actor":
        """role, role:UNIT or role:UNIT:name; several roles joined by +. Raises Invalid for another role."""
        roles, _, rest = text.partition(":")
        unit, _, name = rest.partition(":")
        found = frozenset(roles.split("+"))
        if not found <= set(ROLE_NAMES):
            known = "、".join(f"{label}（{role}）" for role, label in ROLE_NAMES.items())
            raise Invalid(
                f"不认识办理人“{text}”，应写成 角色 或 角色:单位编码，角色：{known}。", code="unknown_role"
            )
        return cls(found, unit or None, name)

    def __str__(self) -> str:
        parts = ["+".join(sorted(self.roles)), self.unit or "", self.name]
        return ":".join(parts).rstrip(":")


@dataclass(frozen=True)
class Event:
    at: datetime
    type: str
    by: Actor
    data: Any = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why not: a stable code for programs, the clause, and Chinese for people."""

    code: str
    clause: str
    reason: str


@dataclass(frozen=True)
class Rules:
    """What a ticket is judged by. `units`: the codes that exist; None where that is checked elsewhere."""

    profile: Profile
    calendar: WorkingCalendar
    units: frozenset[str] | None = None
    continued_until: date | None = None


@dataclass(frozen=True)
class Case:
    """A ticket at the instant of an event, everything that was deemed until then included."""

    rules: Rules
    state: State
    at: datetime
    by: Actor

    @property
    def profile(self) -> Profile:
        return self.rules.profile

    @property
    def calendar(self) -> WorkingCalendar:
        return self.rules.calendar

    @property
    def request(self) -> RegisterData:
        if self.state.request is None:
            raise LookupError("the ticket is not registered yet")
        return self.state.request

    @property
    def leg(self) -> Leg:
        if self.state.leg is None:
            raise LookupError("no unit has the ticket")
        return self.state.leg

    def with_leg(self, status: str | None = None, /, **changes: Any) -> State:
        leg = replace(self.leg, **changes)
        return replace(self.state, leg=leg, status=self.state.status if status is None else status)

    def with_status(self, status: str, /, **changes: Any) -> State:
        return replace(self.state, status=status, **changes)


D = TypeVar("D", bound=Data)
RuleOf = Callable[[Profile], Rule | None]
Offered = Callable[[Case], Refusal | None]


def _no_rule(_: Profile) -> Rule | None:
    return None


def _offered(_: Case) -> Refusal | None:
    return None


@dataclass(frozen=True)
class Kind:
    """One type of event.

    `before`: the statuses in which it may happen. `rule`: what the city says of it; where `own_rule` is set,
    a city that says nothing does not have it. `offer` refuses by the state alone, `check` by what is given.
    """

    name: str
    label: str
    roles: frozenset[str]
    before: frozenset[str]
    data: type[Data]
    apply: Callable[[Case, Any], State]
    rule: RuleOf
    own_rule: bool
    offer: Offered
    check: Callable[[Case, Any], Refusal | None]
    order: int
    note: str


KINDS: dict[str, Kind] = {}
# The stages of a life, which give events of one instant their order, whichever module is imported first.
STAGES = (
    "intake",
    "dispatching",
    "handling",
    "returning",
    "extending",
    "completing",
    "afterwards",
    "repeating",
    "supervising",
    "overseeing",
)


def event(
    name: str,
    label: str,
    roles: str,
    before: Iterable[str],
    *,
    rule: RuleOf = _no_rule,
    own_rule: bool = False,
    offer: Offered = _offered,
    check: Callable[[Case, Any], Refusal | None] | None = None,
) -> Callable[[Callable[[Case, D], State]], Callable[[Case, D], State]]:
    """Declares an event type by the function that applies it; its second argument's type is its data."""

    def declare(apply: Callable[[Case, D], State]) -> Callable[[Case, D], State]:
        data = apply.__annotations__[apply.__code__.co_varnames[1]]
        KINDS[name] = Kind(
            name,
            label,
            frozenset(roles.split()),
            frozenset(before),
            data,
            apply,
            rule,
            own_rule,
            offer,
            check or (lambda _, __: None),
            _place(apply.__module__),
            (apply.__doc__ or "").strip(),
        )
        return apply

    return declare


def _place(module: str) -> int:
    """100 places for each stage; within it, events come as its module declares them."""
    stage = STAGES.index(module.rpartition(".")[2]) * 100
    return stage + sum(stage <= each.order < stage + 100 for each in KINDS.values())


def kinds() -> list[Kind]:
    """Every event type, in the order of a ticket's life."""
    return sorted(KINDS.values(), key=lambda each: each.order)


def clause_of(*rules: Rule | None) -> str:
    """The clause of the first rule there is."""
    return next((regulation.cited(each)[0] for each in rules if each is not None), "")


def no(code: str, why: str, *rules: Rule | None) -> Refusal:
    """A refusal with the clause and citation of the first rule there is."""
    found = next((each for each in rules if each is not None), None)
    return Refusal(code, clause_of(found), f"{why}（{found.cited}）。" if found else f"{why}。")


def from_invalid(error: Invalid, *rules: Rule | None) -> Refusal:
    return Refusal(error.code, str(error.extra.get("clause", "")) or clause_of(*rules), error.detail)


def lacks(needs: Iterable[Need], given: Iterable[str], what: str, *rules: Rule | None) -> Refusal | None:
    missing = regulation.lacking(needs, given)
    return no("missing_details", f"{what}须写明{needed(missing)}", *rules) if missing else None


def first(*refusals: Refusal | None) -> Refusal | None:
    return next((each for each in refusals if each is not None), None)


def unknown_unit(case: Case, unit: str | None, *rules: Rule | None) -> Refusal | None:
    if unit is None or case.rules.units is None or unit in case.rules.units:
        return None
    return no("unknown_unit", f"没有编码为“{unit}”的承办单位", *rules, case.profile.validity)


def order_of(kind: Kind, given: Event) -> tuple[int, str]:
    """Where an event stands among others of the same instant, whoever lists them in which order."""
    body = given.data if isinstance(given.data, dict) else {}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, default=str)
    return kind.order, f"{given.by}|{text}|{given.id}"


def place_of(kind: Kind, status: str) -> str:
    places = "、".join(STATUS_NAMES[each] for each in STATUS_NAMES if each in kind.before)
    return f"工单{STATUS_NAMES[status]}，{kind.label}只能在{places}时进行"
