"""Changing the lexicon: each change is tried on the golden cases that it touches before it goes live."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, select

from kb_service.core import audit, live
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.knowledge.golden.model import GoldenCase
from kb_service.knowledge.golden.service import gating, trying
from kb_service.knowledge.lexicon import rules
from kb_service.knowledge.lexicon.model import LexiconEntry
from kb_service.knowledge.lexicon.service import entries
from kb_service.knowledge.lexicon.service.entries import LIVE, EntryView
from search.guide import Guide
from search.lexicon.lexicon import Entry, Lexicon
from search.ports import SearchEngine

PERMISSION = "search.manage"


@dataclass(frozen=True)
class EntryIn:
    spoken: str
    official: Sequence[str] | str
    weight: float = 0.8
    field: str = ""
    active: bool = True

    def entry(self) -> Entry:
        return Entry(rules.plain(self.spoken), rules.terms(self.official), self.weight, self.field.strip())


def save(
    session: WriteSession, ctx: Context, engine: SearchEngine, data: EntryIn, override: str = ""
) -> EntryView:
    """Adds an entry or changes one, a shipped one too. In use in every process from the next search on.

    Raises Conflict where golden cases would no longer hold, unless `override` says why it must be.
    """
    ctx.actor.require(PERMISSION)
    entry = checked(data)
    apply(session, ctx, engine, [(entry, data.active)], override)
    return _shown(session, entry.spoken)


def switch(
    session: WriteSession, ctx: Context, engine: SearchEngine, spoken: str, active: bool, override: str = ""
) -> EntryView:
    """Off: the entry says nothing, though a shipped one stays in the list; on: it speaks again."""
    ctx.actor.require(PERMISSION)
    view = _shown(session, spoken)
    entry = Entry(view.spoken, view.official, view.weight, view.field)
    apply(session, ctx, engine, [(entry, active)], override)
    return _shown(session, spoken)


def remove(
    session: WriteSession, ctx: Context, engine: SearchEngine, spoken: str, override: str = ""
) -> EntryView | None:
    """Takes back what the city made of it: an own entry is gone, a shipped one is as it was shipped."""
    ctx.actor.require(PERMISSION)
    row = session.get(LexiconEntry, rules.plain(spoken))
    if row is None:
        raise NotFound(f"本市没有改过“{spoken}”，随产品提供的词条可以停用。", code="unknown_entry")
    original = entries.shipped().get(row.spoken)
    back = original or replace(entries.said(row), official=())
    _gate(session, ctx, engine, [back], f"词库：删除 {row.spoken}", override)
    before = _told(Entry(row.spoken, tuple(row.official), row.weight, row.field), row.active)
    session.execute(delete(LexiconEntry).where(LexiconEntry.spoken == row.spoken))
    live.touch(session, LIVE.name)
    audit.record(session, ctx, "lexicon.removed", "lexicon", before=before)
    return entries.find(session, spoken)


def checked(data: EntryIn) -> Entry:
    """Raises Invalid where it cannot be an entry."""
    entry = data.entry()
    wrong = rules.problems(entry)
    if wrong:
        raise Invalid(
            "；".join(detail for _, detail in wrong) + "。",
            code="bad_entry",
            pointers=[{"pointer": f"/{name}", "detail": detail} for name, detail in wrong],
        )
    return entry


def apply(
    session: WriteSession,
    ctx: Context,
    engine: SearchEngine,
    wanted: Sequence[tuple[Entry, bool]],
    override: str,
) -> int:
    """Puts entries in, each on or off, behind the gate; returns how many were news."""
    known = {row.spoken: row for row in session.execute(select(LexiconEntry)).scalars()}
    fresh = [each for each in wanted if not _same(known.get(each[0].spoken), *each)]
    if not fresh:
        return 0
    said = [entry if active else replace(entry, official=()) for entry, active in fresh]
    names = "、".join(entry.spoken for entry, _ in fresh[:3])
    _gate(session, ctx, engine, said, f"词库：{names}等 {len(fresh)} 条", override)
    audited = []
    for entry, active in fresh:
        row = known.get(entry.spoken)
        before = (
            _told(Entry(row.spoken, tuple(row.official), row.weight, row.field), row.active) if row else None
        )
        if row is None:
            row = LexiconEntry(spoken=entry.spoken)
            session.add(row)
        row.official, row.weight, row.field, row.active = (
            list(entry.official),
            entry.weight,
            entry.field,
            active,
        )
        row.account_id, row.changed_at = ctx.actor.account_id, ctx.now
        audited.append(audit.Entry(f"lexicon:{entry.spoken}", before, _told(entry, active)))
    session.flush()
    live.touch(session, LIVE.name)
    audit.record_many(session, ctx, "lexicon.saved", audited)
    return len(fresh)


def _same(row: LexiconEntry | None, entry: Entry, active: bool) -> bool:
    if row is None:
        return active and entries.shipped().get(entry.spoken) == entry
    stands = (tuple(row.official), row.weight, row.field, row.active)
    return stands == (entry.official, entry.weight, entry.field, active)


def _gate(
    session: WriteSession,
    ctx: Context,
    engine: SearchEngine,
    changed: Sequence[Entry],
    what: str,
    override: str,
) -> None:
    current = LIVE.of(session)
    tried = current.with_entries(changed)
    cases = touched(trying.standing(session), current, tried)

    def with_it(guide: Guide) -> Guide:
        return replace(guide, lexicon=tried)

    broken = gating.broken_by(session, ctx, engine, cases, with_it)
    gating.let_through(session, ctx, what, broken, override)


def touched(cases: Sequence[GoldenCase], current: Lexicon, tried: Lexicon) -> list[GoldenCase]:
    """Cases whose query the two read differently; no other can come out differently."""
    return [case for case in cases if current.expand(case.query) != tried.expand(case.query)]


def _shown(session: ReadSession, spoken: str) -> EntryView:
    view = entries.find(session, spoken)
    if view is None:
        raise NotFound(f"词库中没有“{spoken}”。", code="unknown_entry")
    return view


def _told(entry: Entry, active: bool) -> dict[str, object]:
    return {
        "official": list(entry.official), "weight": entry.weight, "field": entry.field, "active": active,
    }  # fmt: skip
