"""Registering a ticket from a form. Forms of the steps on one are made in admin/step_form.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from admin.forms import Sent
from kb_service.answering.schemas import DecisionOut
from kb_service.core.errors import Invalid
from kb_service.regulations import rules as regulation
from kb_service.regulations.schema import Profile
from kb_service.regulations.words import WORDS
from kb_service.tickets.schemas import TicketIn

Choice = tuple[str, str]
TITLE_LENGTH = 40
# What a person most likely came for, of all they may do now.
FIRST: Final = (
    "decide_completion", "decide_return", "decide_extension", "dispatch", "sign", "reply", "request_completion",
    "callback", "rate",
)  # fmt: skip
CHANNELS: Final = ("phone", "web", "wechat", "app", "mail", "voice", "text", "picture", "video")
# Of the essentials, what no field of the form has a place of its own for.
_TOLD: Final = ("time", "place", "parties")
_SPECIAL: Final = ("working_days", "hours", "calendar_days")


@dataclass(frozen=True)
class Asked:
    """What the city's rules let or want to be said at registration.

    `essentials` have no field of their own; `needed` are all that the regulation wants, `refusable` says
    that who will not give them may be turned away. Lists are empty where the city has no such thing.
    """

    classes: list[Choice]
    channels: tuple[str, ...]
    essentials: list[Choice]
    needed: str
    needed_article: str
    refusable: bool
    hidden_article: str
    urgent: list[Choice]
    routes: list[Choice]
    special: bool
    sudden: bool


def asked(profile: Profile) -> Asked:
    essentials, anonymity = profile.acceptance.essentials, profile.intake.anonymity
    needs = essentials.needs if essentials is not None else ()
    channels = profile.intake.channels
    dispatch = profile.dispatch
    return Asked(
        classes=[(code, rule.label) for code, rule in profile.classes.items()],
        channels=channels.open if channels is not None else CHANNELS,
        essentials=[(each, WORDS[each]) for each in needs if each in _TOLD],
        needed="、".join(WORDS[each] for each in needs),
        needed_article=essentials.cited if essentials is not None else "",
        refusable=essentials is not None and essentials.refusable,
        hidden_article=anonymity.cited if anonymity is not None and anonymity.hidden_from_units else "",
        urgent=[(key, rule.label) for key, rule in dispatch.urgent.items()],
        routes=[(key, rule.label) for key, rule in dispatch.routes.items()],
        special=profile.special_limits is not None,
        sudden=profile.sudden is not None,
    )


def check(profile: Profile, data: TicketIn) -> None:
    """Raises Invalid where the regulation wants more, and the requester does not refuse to say it."""
    rule = profile.acceptance.essentials
    if rule is None or not rule.refusable or data.withheld:
        return
    requester = data.requester.model_dump()
    given = {*data.essentials, "facts", *(name for name, value in requester.items() if value.strip())}
    missing = regulation.lacking(rule.needs, given)
    if missing:
        told = "、".join(WORDS[each] for each in missing)
        detail = f"请问清{told}（{rule.cited}）；诉求人不愿说明的，勾选“诉求人拒绝提供”"
        raise Invalid(detail, code="essentials", pointers=[{"pointer": "/essentials", "detail": detail}])


# What the call assistant may have heard besides the question.
HEARD: Final = ("title", "name", "phone", "address")


def likeliest(possible: Sequence[str]) -> str:
    return next((event for event in FIRST if event in possible), possible[0] if possible else "")


def prefilled(question: str, region: str, decision: DecisionOut | None, seat: str = "") -> dict[str, str]:
    """The form of a new ticket as far as the question and the decision tell it."""
    told = {
        "title": question[:TITLE_LENGTH],
        "text": question,
        "class": decision.request_class if decision else "help",
        "unit": decision.units[0].code if decision and decision.units else "",
        "region": (decision.region if decision else None) or region,
        "matter": (decision.matter if decision else None) or "",
        "decision": decision.id if decision else "",
        "channel": "phone",
        "sudden": "1" if decision and decision.sudden else "",
        "seat": seat,
        "special_unit": "working_days",
    }
    blank = (
        "name", "phone", "address", "confidential", "hidden", "withheld", "urgent", "route", "kind",
        "special_number", "special_basis",
    )  # fmt: skip
    return dict.fromkeys(blank, "") | told


def ticket_from(sent: Sent) -> TicketIn:
    """Raises ValidationError with the places of what cannot be accepted."""
    fields = ("class", "channel", "region", "title", "text")
    said: dict[str, Any] = {name: sent.text(name) for name in fields}
    chosen = ("unit", "matter", "decision", "urgent", "route", "kind", "seat")
    said |= {name: sent.text(name) or None for name in chosen}
    said |= {name: sent.flag(name) for name in ("sudden", "confidential", "hidden", "withheld")}
    said["requester"] = {name: sent.text(name) for name in ("name", "phone", "address")}
    said["essentials"] = sent.many("essentials")
    number, unit = sent.text("special_number"), sent.text("special_unit")
    if number and unit in _SPECIAL:
        length = {unit: int(number) if number.isdigit() else number}
        said["special"] = {"within": length, "basis": sent.text("special_basis")}
    return TicketIn.model_validate(said)
