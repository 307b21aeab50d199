"""Whom a wrong answer reached, and who answers for it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kb_service.core.clauses import rule

# On these channels what the service says reaches the person without anybody between.
DIRECT: Final = frozenset({"web", "wechat", "api", "sms"})
STATUS_NAMES: Final = {"open": "待联系", "done": "已告知", "unreachable": "联系不上"}


@dataclass(frozen=True)
class Answer:
    """One answer given. `person` tells who it reached; None where nobody knows."""

    version: int
    channel: str
    kind: str
    at: datetime
    person: str | None
    requester: str | None
    ticket: str | None
    confidential: bool = False


def reached(channel: str, kind: str) -> bool:
    """Whether the words reached a requester: on the phone only what the agent read out."""
    return kind == "told" or channel in DIRECT


@dataclass(frozen=True)
class Reach:
    """`people`: the last answer that reached each person who can be told."""

    people: dict[str, Answer]
    shown: int
    anonymous: int


def reach(answers: Iterable[Answer]) -> Reach:
    people: dict[str, Answer] = {}
    shown = anonymous = 0
    for answer in sorted(answers, key=lambda each: each.at):
        if not reached(answer.channel, answer.kind):
            continue
        shown += 1
        if answer.person is None or answer.requester is None:
            anonymous += 1
        else:
            people[answer.person] = answer
    return Reach(people, shown, anonymous)


@rule("SG-29", neutral=lambda _, verifier: verifier)
def answers_for(owner: int, verifier: int) -> int:  # noqa: ARG001 - who verified it is what the rule passes over
    """The unit that answers for who was misled: the one the point belongs to, whoever told or verified it."""
    return owner
