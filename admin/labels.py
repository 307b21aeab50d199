"""How states look: a tone and an icon for each; the words stand in the catalogue under `labels`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """`tone` is a class of the stylesheet: good, warn, bad, info, accent, or empty for plain."""

    tone: str
    icon: str


LABELS: Mapping[str, Mapping[str, Look]] = {
    "validity": {
        "in_force": Look("good", "bi-check-circle"),
        "not_yet_in_force": Look("info", "bi-hourglass-split"),
        "lapsed": Look("bad", "bi-x-octagon"),
    },
    "live": {
        "none": Look("", "bi-dash-circle"),
        "waiting": Look("warn", "bi-lock"),
        "live": Look("good", "bi-broadcast"),
        "ended": Look("", "bi-archive"),
    },
    "status": {
        "draft": Look("", "bi-pencil"),
        "unit_review": Look("info", "bi-hourglass"),
        "region_review": Look("info", "bi-hourglass"),
        "centre_review": Look("info", "bi-hourglass"),
        "returned": Look("warn", "bi-arrow-return-left"),
        "approved": Look("good", "bi-check2"),
        "discarded": Look("", "bi-trash"),
    },
    "trust": {
        "disputed": Look("bad", "bi-exclamation-octagon"),
        "overdue": Look("warn", "bi-patch-question"),
        "expiring": Look("warn", "bi-hourglass-bottom"),
        "unsourced": Look("", "bi-file-earmark-x"),
        "aged": Look("", "bi-clock-history"),
        "approved": Look("", "bi-check2-circle"),
        "verified": Look("good", "bi-patch-check"),
    },
    "audited": {
        "right": Look("good", "bi-check2"),
        "wrong": Look("bad", "bi-x-circle"),
    },
    "duty": {
        "in_time": Look("good", "bi-check2"),
        "late": Look("warn", "bi-clock-history"),
        "overdue": Look("bad", "bi-exclamation-octagon"),
        "open": Look("info", "bi-hourglass"),
        "excused": Look("", "bi-slash-circle"),
    },
    "appealed": {
        "open": Look("info", "bi-hourglass"),
        "approved": Look("good", "bi-check2"),
        "rejected": Look("", "bi-x-circle"),
    },
    "candidate": {
        "undecided": Look("warn", "bi-signpost"),
        "asked": Look("info", "bi-question-circle"),
        "proposed": Look("info", "bi-hourglass-split"),
        "confirmed": Look("good", "bi-check2"),
        "merged": Look("good", "bi-union"),
        "rejected": Look("", "bi-x-circle"),
    },
    "export": {
        "asked": Look("info", "bi-hourglass-split"),
        "refused": Look("bad", "bi-x-octagon"),
        "early": Look("", "bi-calendar"),
        "in_force": Look("good", "bi-unlock"),
        "expired": Look("", "bi-clock-history"),
        "revoked": Look("bad", "bi-slash-circle"),
    },
    "audience": {
        "public": Look("accent", "bi-globe2"),
        "agents": Look("warn", "bi-headset"),
        "restricted": Look("bad", "bi-person-lock"),
    },
    "decision": {
        "answer": Look("good", "bi-chat-square-text"),
        "clarify": Look("info", "bi-question-circle"),
        "dispatch": Look("accent", "bi-send"),
        "not_accept": Look("warn", "bi-signpost-split"),
        "emergency": Look("bad", "bi-exclamation-triangle"),
        "human": Look("info", "bi-person"),
    },
    "batch": {
        "staged": Look("info", "bi-hourglass-split"),
        "checked": Look("warn", "bi-list-check"),
        "applied": Look("good", "bi-check2"),
        "undone": Look("", "bi-arrow-counterclockwise"),
        "failed": Look("bad", "bi-x-octagon"),
        "cancelled": Look("", "bi-slash-circle"),
    },
    "row": {
        "new": Look("good", "bi-plus-circle"),
        "changed": Look("info", "bi-pencil"),
        "unchanged": Look("", "bi-dash-circle"),
        "duplicate": Look("warn", "bi-files"),
        "error": Look("bad", "bi-x-circle"),
    },
    "clock": {
        "met": Look("good", "bi-check2"),
        "running": Look("info", "bi-hourglass-split"),
        "overdue": Look("bad", "bi-exclamation-octagon"),
        "stopped": Look("", "bi-stop-circle"),
    },
    "correction": {
        "reported": Look("warn", "bi-search"),
        "confirmed": Look("bad", "bi-tools"),
        "objected": Look("info", "bi-chat-left-quote"),
        "corrected": Look("good", "bi-check2"),
        "withdrawn": Look("", "bi-archive"),
        "rejected": Look("", "bi-slash-circle"),
        "dismissed": Look("", "bi-slash-circle"),
        "retracted": Look("", "bi-arrow-counterclockwise"),
    },
    "hold": {
        "none": Look("", "bi-dash-circle"),
        "warn": Look("warn", "bi-exclamation-triangle"),
        "suspend": Look("bad", "bi-pause-circle"),
    },
    "supervision": {
        "open": Look("info", "bi-eye"),
        "replied": Look("accent", "bi-chat-dots"),
        "overdue": Look("bad", "bi-exclamation-octagon"),
        "escalated": Look("bad", "bi-arrow-up-circle"),
        "closed": Look("good", "bi-check2"),
    },
    "contact": {
        "open": Look("warn", "bi-telephone"),
        "done": Look("good", "bi-check2"),
        "unreachable": Look("", "bi-telephone-x"),
    },
    "ticket": {
        "pending": Look("info", "bi-inbox"),
        "dispatched": Look("info", "bi-send"),
        "signed": Look("accent", "bi-pen"),
        "returning": Look("warn", "bi-arrow-return-left"),
        "replied": Look("accent", "bi-chat-dots"),
        "completing": Look("accent", "bi-hourglass-split"),
        "completed": Look("good", "bi-check2"),
        "answered": Look("good", "bi-chat-square-text"),
        "closed": Look("", "bi-archive"),
        "refused": Look("", "bi-slash-circle"),
        "new": Look("", "bi-dash-circle"),
        "promised": Look("info", "bi-telephone-outbound"),
        "put_through": Look("", "bi-telephone-forward"),
        "split": Look("", "bi-diagram-3"),
        "merged": Look("", "bi-sign-merge-left"),
        "district": Look("info", "bi-send"),
        "coordinating": Look("warn", "bi-people"),
        "supplementing": Look("warn", "bi-hourglass"),
        "ending": Look("accent", "bi-hourglass-split"),
        "ended": Look("", "bi-stop-circle"),
        "concluded": Look("", "bi-archive"),
    },
}
