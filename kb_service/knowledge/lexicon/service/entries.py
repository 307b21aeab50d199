"""The lexicon in use: the shipped entries with what the city made of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Final, Literal

from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.live import Live
from kb_service.core.paging import Page, decode_cursor, page_of
from kb_service.identity.model import Account
from kb_service.knowledge.lexicon import rules
from kb_service.knowledge.lexicon.model import LexiconEntry
from search.analysis.normalise import squeeze
from search.lexicon.lexicon import Entry, Lexicon, default_lexicon, read_entries

Source = Literal["shipped", "changed", "own"]
SOURCE_NAMES: Final[Mapping[str, str]] = {"shipped": "随产品提供", "changed": "本市改过", "own": "本市新增"}


@dataclass(frozen=True)
class EntryView:
    spoken: str
    official: tuple[str, ...]
    weight: float
    field: str
    active: bool
    source: Source
    by: str
    changed_at: datetime | None


@dataclass(frozen=True)
class EntryFilter:
    """`q`: what a wording or an official term holds; `source` as in `EntryView`; `state`: on or off."""

    q: str = ""
    source: str = ""
    field: str = ""
    state: str = ""


@cache
def shipped() -> Mapping[str, Entry]:
    """By their wording as it is kept."""
    kept = [
        replace(entry, spoken=rules.plain(entry.spoken), official=rules.terms(entry.official))
        for entry in read_entries()
    ]
    return {entry.spoken: entry for entry in kept}


def said(row: LexiconEntry) -> Entry:
    """The entry as search takes it: one that is switched off stands for nothing."""
    return Entry(row.spoken, tuple(row.official) if row.active else (), row.weight, row.field)


def _lexicon(session: ReadSession) -> Lexicon:
    own = [said(row) for row in session.execute(select(LexiconEntry)).scalars()]
    return default_lexicon().with_entries(own) if own else default_lexicon()


LIVE = Live("search.lexicon", _lexicon)


def find(session: ReadSession, spoken: str) -> EntryView | None:
    wanted = rules.plain(spoken)
    return next((each for each in _all(session) if each.spoken == wanted), None)


def list_entries(
    session: ReadSession, ctx: Context, wanted: EntryFilter, *, cursor: str = "", limit: int = 50
) -> Page[EntryView]:
    """What the city changed first, the newest at the top, then the shipped ones in their order."""
    ctx.actor.require("knowledge.read_internal")
    offset = decode_cursor(cursor, [int])[0] if cursor else 0
    found = [each for each in _all(session) if _wanted(each, wanted)]
    return page_of(found[offset : offset + limit + 1], limit, lambda _: [offset + limit])


def fields(session: ReadSession) -> list[str]:
    """The fields that entries are of, the most used first."""
    counted: dict[str, int] = {}
    for each in _all(session):
        counted[each.field] = counted.get(each.field, 0) + 1
    return sorted(filter(None, counted), key=lambda name: -counted[name])


def counts(session: ReadSession) -> dict[str, int]:
    """How many entries there are, and how many of each source; `off` are those switched off."""
    found = {"all": 0, "shipped": 0, "changed": 0, "own": 0, "off": 0}
    for each in _all(session):
        found["all"] += 1
        found[each.source] += 1
        found["off"] += not each.active
    return found


def every(session: ReadSession) -> Iterator[EntryView]:
    return _all(session)


def _all(session: ReadSession) -> Iterator[EntryView]:
    rows = session.execute(
        select(LexiconEntry, Account.name)
        .outerjoin(Account, Account.id == LexiconEntry.account_id)
        .order_by(LexiconEntry.changed_at.desc(), LexiconEntry.spoken)
    ).tuples()
    changed = set()
    for row, name in rows:
        changed.add(row.spoken)
        source: Source = "changed" if row.spoken in shipped() else "own"
        yield EntryView(
            row.spoken,
            tuple(row.official),
            row.weight,
            row.field,
            row.active,
            source,
            name or "",
            row.changed_at,
        )
    for spoken, entry in shipped().items():
        if spoken not in changed:
            yield EntryView(spoken, entry.official, entry.weight, entry.field, True, "shipped", "", None)


def _wanted(entry: EntryView, wanted: EntryFilter) -> bool:
    text = squeeze(wanted.q)
    return (
        (not text or text in entry.spoken or any(text in squeeze(term) for term in entry.official))
        and (not wanted.source or entry.source == wanted.source)
        and (not wanted.field or entry.field == wanted.field)
        and (not wanted.state or entry.active == (wanted.state == "on"))
    )
