"""The city's dictionary behind the golden set, as tables, and cutting anew what holds a changed word."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from sqlalchemy import Text, cast, select

from kb_service.core import outbox
from kb_service.core.clock import Clock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import Database, ReadSession, WriteSession
from kb_service.knowledge.golden.service import gating, trying
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service import words
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.release import TOPIC
from search.analysis.normalise import normalise, squeeze
from search.analysis.words import Cutter, cutter
from search.analysis.words import trying as cut_by
from search.guide import Guide
from search.ports import SearchEngine

PERMISSION = "catalogue.manage"
AT_ONCE = 2_000
_MOST_WORDS = 5_000


def add(
    session: WriteSession, ctx: Context, engine: SearchEngine, added: Iterable[str], override: str = ""
) -> int:
    """Adds words that break no golden case; returns how many were news."""
    ctx.actor.require(PERMISSION)
    fresh = {squeeze(word) for word in added}
    _gate(session, ctx, engine, fresh, set(), override)
    return words.add_words(session, ctx, fresh)


def remove(session: WriteSession, ctx: Context, engine: SearchEngine, word: str, override: str = "") -> None:
    ctx.actor.require(PERMISSION)
    _gate(session, ctx, engine, set(), {squeeze(word)}, override)
    words.remove_word(session, ctx, word)


def own(session: ReadSession, q: str = "") -> list[str]:
    """Words that administrators added and that hold the text."""
    text = squeeze(q)
    return [word for word in words.own(session) if text in word]


def words_of(content: str) -> list[str]:
    """Words of a table with one column, or one a line; a heading is left out."""
    rows = csv.reader(io.StringIO(content.removeprefix("\ufeff")))
    found = [row[0].strip() for row in rows if row and row[0].strip()]
    return found[1:] if found[:1] == ["词语"] else found


def table(session: ReadSession) -> str:
    return "\ufeff" + "\r\n".join(["词语", *words.own(session)]) + "\r\n"


def _gate(
    session: WriteSession, ctx: Context, engine: SearchEngine, added: set[str], gone: set[str], override: str
) -> None:
    """Only a query that holds the word can be cut otherwise; the index still holds what it was cut into before."""
    changed = added | gone
    cases = [
        case for case in trying.standing(session) if any(word in squeeze(case.query) for word in changed)
    ]
    if not cases:
        return
    before, after = cutter(), Cutter((words.everything(session) | added) - gone)

    def unchanged(guide: Guide) -> Guide:
        return guide

    broken = []
    for case in cases:
        with cut_by(after):
            held = trying.try_case(session, ctx.now, engine, case, unchanged)
        with cut_by(before):
            if not held.ok and trying.try_case(session, ctx.now, engine, case, unchanged).ok:
                broken.append(gating.Broken(case.id, case.query, held.problem))
    what = f"词典：{'、'.join(sorted(changed)[:3])}等 {len(changed)} 个词"
    gating.let_through(session, ctx, what, broken, override)


def cut_anew(database: Database, clock: Clock) -> int:
    """Has those points indexed again whose live versions hold a word that was added or removed."""
    with database.read() as session:
        waiting = outbox.waiting_keys(session, words.RECUT, _MOST_WORDS)
        if not waiting:
            return 0
        codes = _holding(session, {row.key for row in waiting}, clock)
    now = clock.now()
    with database.write() as session:
        outbox.publish_many(session, Context(SYSTEM, now), TOPIC, codes)
        outbox.mark_drained(session, [row.id for row in waiting], now)
    return len(waiting)


def _holding(session: ReadSession, changed: set[str], clock: Clock) -> Sequence[str]:
    pattern = re.compile("|".join(map(re.escape, sorted(changed, key=len, reverse=True))))
    rows = (
        select(Point.code, Version.title, cast(Version.content, Text), cast(Version.keywords, Text))
        .join(Version, Version.point_id == Point.id)
        .where(live_at(clock.now()))
        .execution_options(yield_per=AT_ONCE)
    )
    return [row[0] for row in session.execute(rows) if pattern.search(normalise(" ".join(row[1:])))]
