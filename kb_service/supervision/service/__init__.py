"""Use cases of supervision; those that other parts call are offered here."""

from kb_service.supervision.service.records import (
    add_card,
    mark_card,
    note_referral,
    record_accountability,
    refer,
    urge,
)
from kb_service.supervision.service.staff import people_of
from kb_service.supervision.service.supervising import (
    close,
    close_on,
    code_on,
    end,
    escalate,
    extend,
    note_escalation,
    note_extension,
    note_reply,
    open_on,
    open_or_propose,
    open_supervision,
    recount,
    reply,
)

__all__ = [
    "add_card",
    "close",
    "close_on",
    "code_on",
    "end",
    "escalate",
    "extend",
    "mark_card",
    "note_escalation",
    "note_extension",
    "note_referral",
    "note_reply",
    "open_on",
    "open_or_propose",
    "open_supervision",
    "people_of",
    "record_accountability",
    "recount",
    "refer",
    "reply",
    "urge",
]
