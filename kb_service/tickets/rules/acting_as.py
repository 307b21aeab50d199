"""Whom the rules take an account for: permissions and scope on one side, roles of a ticket's life on the other."""

from collections.abc import Mapping
from typing import Final

from kb_service.core.context import Actor as Account
from kb_service.tickets.rules.life import KINDS, Actor, State

# What an account of the centre needs beside what any step of the centre needs.
CENTRE: Final = "ticket.dispatch"
_REVIEW, _SUPERVISE = "ticket.review", "supervision.manage"
OF_THE_CENTRE: Final[Mapping[str, str]] = {
    "not_accept": "ticket.refuse",
    "record_abuse": "ticket.refuse",
    "lift_restriction": "ticket.refuse",
    "decide_extension": _REVIEW,
    "decide_completion": _REVIEW,
    "decide_ending": _REVIEW,
    "grant_supplementary": _REVIEW,
    "issue_supplementary": _REVIEW,
    "redo": _REVIEW,
    "settle_objection": _REVIEW,
    "decide_appeal": _REVIEW,
    "open_supervision": _SUPERVISE,
    "extend_supervision": _SUPERVISE,
    "close_supervision": _SUPERVISE,
    "escalate": _SUPERVISE,
    "erase": "requester.erase",
}
# What a requester says at a callback is written down by whoever calls.
_SAID_AT_CALLBACK: Final = frozenset({"rate", "object"})


def acting_as(
    account: Account, state: State, kind: str, units: Mapping[str, int], own_unit: str | None
) -> Actor:
    """`units` are ids, by code, of those that have the ticket; `own_unit` is the account's own."""
    district = _for_district(account, state, units)
    roles = _roles(account, kind, district=district)
    unit = _unit(account, state, kind, units, own_unit, district=district) or own_unit
    return Actor(roles, unit, account.name)


def _roles(account: Account, kind: str, *, district: bool) -> frozenset[str]:
    found = set()
    if account.may("ticket.register") or (account.may("ticket.callback") and kind in _SAID_AT_CALLBACK):
        found.add("agent")
    if account.may("ticket.callback"):
        found.add("callback")
    if account.unit_scope is None and account.may(OF_THE_CENTRE.get(kind, CENTRE)):
        found.add("centre")
    if account.may("ticket.handle"):
        found.add("unit")
    if district and (account.may("ticket.handle") or account.may("ticket.dispatch")):
        found.add("district")
    if account.via == "system":
        found.add("system")
    if account.via == "public" or (kind == "register" and not found):
        found.add("requester")
    return frozenset(found)


def _for_district(account: Account, state: State, units: Mapping[str, int]) -> bool:
    """Whether the account works for the district's body, to which the ticket came first."""
    leg = state.leg
    if leg is None or not (state.status == "district" or leg.passed):
        return False
    return leg.first_body in units and account.in_scope(units[leg.first_body])


def _unit(
    account: Account,
    state: State,
    kind: str,
    units: Mapping[str, int],
    own_unit: str | None,
    *,
    district: bool,
) -> str | None:
    """The first that the account works for of those that may take this step.

    Who was given a sub-task finishes it for the unit that has the ticket.
    """
    leg = state.leg
    if leg is None:
        return None
    if kind == "sub_task_done" and any(
        each.to == own_unit and each.done_at is None for each in leg.sub_tasks
    ):
        return leg.unit
    order = [leg.unit] if "unit" in KINDS[kind].roles else []
    order += [leg.first_body] if district else []
    order += [leg.unit, *leg.co_units]
    return next((code for code in order if code in units and account.in_scope(units[code])), None)
