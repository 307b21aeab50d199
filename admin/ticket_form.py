"""Forms of tickets: registering one, and what each kind of event asks for. Pure but for the words of rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from admin.forms import Sent
from kb_service.answering.schemas import DecisionOut
from kb_service.regulations.schema import Profile
from kb_service.tickets.rules.kinds import KINDS, RATINGS
from kb_service.tickets.schemas import TicketIn

Kind = Literal["area", "text", "unit", "flag", "rating", "ground"]
TITLE_LENGTH = 40


@dataclass(frozen=True)
class Input:
    name: str
    kind: Kind

    def must(self, event: str) -> bool:
        return self.name in KINDS[event].needs


NOTE = Input("note", "area")
TEXT = Input("text", "area")
APPROVED = Input("approved", "flag")
INPUTS: Final[Mapping[str, Sequence[Input]]] = {
    "answer": (TEXT,),
    "refuse": (Input("ground", "ground"), TEXT),
    "dispatch": (Input("to", "unit"), NOTE),
    "sign": (),
    "contact": (Input("reached", "flag"), NOTE),
    "note": (TEXT,),
    "return_request": (Input("reason", "area"), Input("basis", "text"), Input("suggest", "unit")),
    "return_decide": (APPROVED, NOTE),
    "extend_request": (Input("reason", "area"),),
    "extend_decide": (APPROVED, NOTE),
    "reply": (TEXT,),
    "complete": (TEXT, Input("basis", "text")),
    "complete_decide": (APPROVED, NOTE),
    "supplement": (TEXT,),
    "urge": (TEXT,),
    "rate": (Input("value", "rating"), NOTE),
    "callback": (Input("reached", "flag"), Input("value", "rating"), NOTE),
    "redo": (NOTE,),
    "close": (NOTE,),
}


# What a person most likely came for, of all they may do now.
FIRST: Final = (
    "complete_decide", "return_decide", "extend_decide", "dispatch", "sign", "reply", "complete", "callback", "rate",
)  # fmt: skip


def likeliest(possible: Sequence[str]) -> str:
    return next((event for event in FIRST if event in possible), possible[0] if possible else "")


def event_data(sent: Sent, event: str) -> dict[str, Any]:
    """What was filled in; a flag that nobody chose is left out, so that the service asks for it."""
    found: dict[str, Any] = {}
    for control in INPUTS.get(event, ()):
        text = sent.text(control.name)
        if text:
            found[control.name] = text == "yes" if control.kind == "flag" else text
    return found


def event_choices(kind: Kind, profile: Profile, units: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    if kind == "unit":
        return list(units)
    if kind == "rating":
        return list(RATINGS.items())
    if kind == "ground":
        return [(name, ground.label) for name, ground in profile.acceptance.grounds.items()]
    return []


def prefilled(question: str, region: str, decision: DecisionOut | None) -> dict[str, str]:
    """The form of a new ticket as far as the question and the decision tell it."""
    return {
        "title": question[:TITLE_LENGTH],
        "text": question,
        "class": decision.request_class if decision else "help",
        "unit": decision.units[0].code if decision and decision.units else "",
        "region": (decision.region if decision else None) or region,
        "matter": (decision.matter if decision else None) or "",
        "decision": decision.id if decision else "",
        "channel": "phone",
        "name": "",
        "phone": "",
        "address": "",
        "sudden": "1" if decision and decision.sudden else "",
        "confidential": "",
    }


def ticket_from(sent: Sent) -> TicketIn:
    """Raises ValidationError with the places of what cannot be accepted."""
    fields = ("class", "channel", "region", "title", "text")
    said: dict[str, Any] = {name: sent.text(name) for name in fields}
    said |= {name: sent.text(name) or None for name in ("unit", "matter", "decision")}
    said |= {name: sent.flag(name) for name in ("sudden", "confidential")}
    said["requester"] = {name: sent.text(name) for name in ("name", "phone", "address")}
    return TicketIn.model_validate(said)
