"""Registering a ticket from a form. Forms of the steps on one are made in admin/step_form.py."""

from collections.abc import Sequence
from typing import Any, Final

from admin.forms import Sent
from kb_service.answering.schemas import DecisionOut
from kb_service.tickets.schemas import TicketIn

TITLE_LENGTH = 40
# What a person most likely came for, of all they may do now.
FIRST: Final = (
    "decide_completion", "decide_return", "decide_extension", "dispatch", "sign", "reply", "request_completion",
    "callback", "rate",
)  # fmt: skip


def likeliest(possible: Sequence[str]) -> str:
    return next((event for event in FIRST if event in possible), possible[0] if possible else "")


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
