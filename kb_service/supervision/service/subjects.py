"""What can be supervised is kept by others: each tells here how to see whether there is such a thing."""

from collections.abc import Callable

from kb_service.core.db import ReadSession
from kb_service.core.errors import NotFound
from kb_service.supervision import rules

_there: dict[str, Callable[[ReadSession, str], bool]] = {}


def declare(kind: str, there: Callable[[ReadSession, str], bool]) -> None:
    """`kind` as in `kind:code`."""
    _there[kind] = there


def check(session: ReadSession, subject: str) -> None:
    """Raises Invalid for a subject that is written wrongly, NotFound where there is none of that code."""
    rules.check_subject(subject)
    kind, _, code = subject.partition(":")
    there = _there.get(kind)
    if there is not None and not there(session, code):
        raise NotFound(f"没有“{subject}”这个对象，请核对编码。", code="unknown_subject")
