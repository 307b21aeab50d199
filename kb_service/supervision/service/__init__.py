"""Use cases of supervision; those that other parts call are offered here."""

from kb_service.supervision.service.records import mark_card, record_accountability, refer, urge
from kb_service.supervision.service.staff import people_of
from kb_service.supervision.service.supervising import (
    close,
    close_on,
    code_on,
    escalate,
    extend,
    open_on,
    open_or_propose,
    open_supervision,
    reply,
)

__all__ = [
    "close",
    "close_on",
    "code_on",
    "escalate",
    "extend",
    "mark_card",
    "open_on",
    "open_or_propose",
    "open_supervision",
    "people_of",
    "record_accountability",
    "refer",
    "reply",
    "urge",
]
