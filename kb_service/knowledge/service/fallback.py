"""What is looked for instead where a query finds nothing at all: pinyin, initials, homophones, slips of the pen.

The words come from the titles and keywords of published versions and from the names of units and regions. They are
held by each process, which reads on with each fallback; a search that finds something never comes here.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, and_, or_, select

from kb_service.core.db import ReadSession
from kb_service.identity.model import Region, Unit
from kb_service.knowledge.model import Version
from search.analysis.normalise import normalise
from search.fallback.repair import Repair, repairs
from search.fallback.vocabulary import Vocabulary
from search.ports import SearchResult

# Reading so many titles takes well under a second; a larger base is learnt in several fallbacks.
ROWS_AT_ONCE: Final = 3_000
# How sure a hit for other words than those asked for may be at most.
SUREST: Final = 0.5


class _Read:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.vocabulary = Vocabulary()
        self.last: tuple[datetime, int] | None = None


_READ: WeakKeyDictionary[Engine, _Read] = WeakKeyDictionary()


def search_instead(
    session: ReadSession, text: str, search: Callable[[str], SearchResult]
) -> tuple[SearchResult, str] | None:
    """The first repair that finds something, with what was looked for; None where none does.

    Only words that stand in what was found are told, so that nobody learns a word from what they may not see.
    """
    for repair in _repairs(session, text):
        found = search(repair.text)
        if found.hits and _told(repair, found):
            return found, repair.text
    return None


def _told(repair: Repair, found: SearchResult) -> bool:
    texts = [
        normalise(" ".join((at.title, *at.questions, *at.keywords, at.body)))
        for at in (hit.document for hit in found.hits)
    ]
    return all(any(word in text for text in texts) for word in repair.words)


def _repairs(session: ReadSession, text: str) -> list[Repair]:
    read = _READ.setdefault(session.get_bind().engine, _Read())
    with read.lock:
        read.vocabulary.learn(_read_on(session, read))
        return repairs(text, read.vocabulary)


def _read_on(session: ReadSession, read: _Read) -> Iterator[str]:
    if read.last is None:
        for unit in session.execute(select(Unit.name, Unit.short_name, Unit.former_names)):
            yield from (unit.name, unit.short_name, *unit.former_names)
        yield from session.execute(select(Region.name)).scalars()
    rows = select(Version.approved_at, Version.id, Version.title, Version.keywords).where(
        Version.status == "approved"
    )
    if read.last is not None:
        at, last = read.last
        rows = rows.where(or_(Version.approved_at > at, and_(Version.approved_at == at, Version.id > last)))
    for row in session.execute(rows.order_by(Version.approved_at, Version.id).limit(ROWS_AT_ONCE)):
        read.last = (row.approved_at, row.id)
        yield from (row.title, *row.keywords)
