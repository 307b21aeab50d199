"""From a history to a state: the same history always gives the same state."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from kb_service.regulations.schema import Profile
from kb_service.tickets.rules.kinds import KINDS


@dataclass(frozen=True)
class Event:
    seq: int
    type: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Extension:
    asked_at: datetime
    approved: bool | None = None


@dataclass(frozen=True)
class State:
    """`counted_from` is the instant the handling limit runs from; `first_received_at` the first receipt."""

    status: str = "pending"
    unit: str | None = None
    first_received_at: datetime | None = None
    counted_from: datetime | None = None
    received_at: datetime | None = None
    signed_at: datetime | None = None
    recorded_at: datetime | None = None
    replied_at: datetime | None = None
    completed_at: datetime | None = None
    before_return: str = "dispatched"
    extensions: tuple[Extension, ...] = ()
    redos: int = 0
    rating: str | None = None

    @property
    def granted(self) -> int:
        return sum(each.approved is True for each in self.extensions)

    @property
    def extension_open(self) -> bool:
        return any(each.approved is None for each in self.extensions)


def replay(events: Iterable[Event], profile: Profile) -> State:
    """The state after a history; the same history always gives the same state."""
    state = State()
    for event in events:
        state = advance(state, event, profile)
    return state


def advance(state: State, event: Event, profile: Profile) -> State:
    kind = KINDS.get(event.type)
    after = kind.after if kind is not None and kind.after is not None else state.status
    return replace(state, **({"status": after} | _changes(state, event, profile)))


def _changes(state: State, event: Event, profile: Profile) -> dict[str, Any]:
    if event.type in _LATEST:
        return {_LATEST[event.type]: event.at}
    if event.type in _FIRST:
        name = _FIRST[event.type]
        return {name: getattr(state, name) or event.at}
    if event.type == "return_decide":
        return _return_decided(state, bool(event.data["approved"]), profile)
    effect = _EFFECTS.get(event.type)
    return effect(state, event) if effect else {}


def _dispatched(state: State, event: Event) -> dict[str, Any]:
    fresh: dict[str, Any] = {"signed_at": None, "recorded_at": None, "replied_at": None, "completed_at": None}
    return fresh | {
        "unit": event.data.get("to", state.unit),
        "received_at": event.at,
        "first_received_at": state.first_received_at or event.at,
        "counted_from": event.at,
    }


def _redone(state: State, event: Event) -> dict[str, Any]:
    return _dispatched(state, event) | {"redos": state.redos + 1, "extensions": ()}


def _return_decided(state: State, approved: bool, profile: Profile) -> dict[str, Any]:
    """Approved: dispatched anew, the limit restarts. Refused: the unit goes on (SG-14.1)."""
    if approved:
        fresh = {"received_at": None, "first_received_at": None, "counted_from": None}
        return fresh | {"status": "pending", "unit": None, "signed_at": None, "extensions": ()}
    rule = profile.returns
    from_first = rule is not None and rule.decided.refused == "from_first_receipt"
    counted = state.first_received_at if from_first else state.counted_from
    return {"status": state.before_return, "counted_from": counted}


def _extension_decided(state: State, event: Event) -> dict[str, Any]:
    approved = bool(event.data["approved"])
    decided = [
        replace(each, approved=approved) if each.approved is None else each for each in state.extensions
    ]
    return {"extensions": tuple(decided)}


def _completion_decided(_: State, event: Event) -> dict[str, Any]:
    """Sent back: the clock runs on from first receipt as if nothing had been handed in (SG-20.2)."""
    if event.data["approved"]:
        return {"status": "completed"}
    return {"status": "signed", "completed_at": None, "replied_at": None}


_LATEST: Final = {"sign": "signed_at", "complete": "completed_at"}
_FIRST: Final = {"note": "recorded_at", "reply": "replied_at"}
_EFFECTS: Final[Mapping[str, Callable[[State, Event], dict[str, Any]]]] = {
    "dispatch": _dispatched,
    "redo": _redone,
    "return_request": lambda state, _: {"before_return": state.status},
    "extend_request": lambda state, event: {"extensions": (*state.extensions, Extension(event.at))},
    "extend_decide": _extension_decided,
    "complete_decide": _completion_decided,
    "rate": lambda _, event: {"rating": event.data["value"]},
}
