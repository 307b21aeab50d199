"""Suggestions for the lexicon, suggestions refused, and rows to train the ranker on."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import aliased

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid
from kb_service.knowledge.learning import rules
from kb_service.knowledge.learning.model import SuggestionDone
from kb_service.knowledge.lexicon.service import entries, keeping
from kb_service.knowledge.lexicon.service.entries import EntryView
from kb_service.knowledge.searches.model import Search
from kb_service.knowledge.service.facts import points, require_scope
from kb_service.knowledge.service.lookups import chunks, require_account
from kb_service.knowledge.service.reading import live_versions
from kb_service.knowledge.service.views import VersionView
from search.analysis.normalise import squeeze
from search.ports import SearchEngine

Kind = Literal["question", "lexicon"]
FIRST_WEIGHT: Final = 0.6
_ROWS: Final = 20_000


@dataclass(frozen=True)
class LexiconSuggestion:
    """`spoken` was said `times` where points were chosen that say `official` instead; `codes` are some of them."""

    spoken: str
    official: tuple[str, ...]
    times: int
    codes: tuple[str, ...]
    questions: tuple[str, ...]


def lexicon_suggestions(session: ReadSession, ctx: Context) -> list[LexiconSuggestion]:
    """From searches that found nothing of use and were said otherwise, and from choices that ranking had not put
    first; the most frequent first."""
    ctx.actor.require(keeping.PERMISSION)
    pairs = _pairs(session, ctx.now)
    live = live_versions(session, sorted({code for _, code in pairs}), ctx.now)
    known = entries.LIVE.of(session)
    done = _done(session, "lexicon")
    seen: dict[tuple[str, tuple[str, ...]], list[tuple[str, str]]] = defaultdict(list)
    for question, code in pairs:
        if code in live:
            found = _read(question, live[code])
            if found is not None:
                seen[found].append((question, code))
    suggestions = [
        LexiconSuggestion(
            spoken,
            official,
            len(where),
            tuple(dict.fromkeys(code for _, code in where))[:3],
            tuple(dict.fromkeys(question for question, _ in where))[:3],
        )
        for (spoken, official), where in seen.items()
        if len(where) >= rules.FEWEST
        and (official[0], spoken) not in done
        and not {each.term for each in known.expand(spoken)} & set(official)
    ]
    suggestions.sort(key=lambda each: (-each.times, each.spoken))
    return suggestions[: rules.SHOWN]


def _pairs(session: ReadSession, now: datetime) -> list[tuple[str, str]]:
    """Questions with the points that were chosen for them in the end, though not at once."""
    earlier, since = aliased(Search), now - rules.LOOKED_BACK
    said_otherwise = (
        select(earlier.question, Search.chosen)
        .join(earlier, earlier.key == Search.after)
        .where(Search.at >= since, Search.chosen.is_not(None), earlier.chosen.is_(None))
        .order_by(Search.id.desc())
        .limit(_ROWS)
    )
    chosen = (
        select(Search.question, Search.chosen, Search.hits)
        .where(Search.at >= since, Search.chosen.is_not(None))
        .order_by(Search.id.desc())
        .limit(_ROWS)
    )
    found = [(question, code or "") for question, code in session.execute(said_otherwise).tuples()]
    for question, code, hits in session.execute(chosen).tuples():
        if hits[:1] != [code]:
            found.append((question, code or ""))
    return found


def _read(question: str, view: VersionView) -> tuple[str, tuple[str, ...]] | None:
    said = " ".join((view.answer, *view.content.questions()))
    return rules.spoken_and_official(question, view.title, view.keywords, said)


def _done(session: ReadSession, kind: Kind) -> set[tuple[str, str]]:
    rows = select(SuggestionDone.subject, SuggestionDone.words).where(SuggestionDone.kind == kind)
    return set(session.execute(rows).tuples())


def take_entry(
    session: WriteSession,
    ctx: Context,
    engine: SearchEngine,
    spoken: str,
    official: Sequence[str],
    override: str = "",
) -> EntryView:
    """Puts a suggestion into the lexicon, behind the golden set like every change of it."""
    said = keeping.EntryIn(spoken, list(official), FIRST_WEIGHT)
    entry = keeping.checked(said)
    view = keeping.save(session, ctx, engine, said, override)
    _over(session, ctx, "lexicon", entry.official[0], entry.spoken, taken=True)
    return view


def refuse_entry(session: WriteSession, ctx: Context, spoken: str, official: str) -> None:
    """It is suggested no more."""
    ctx.actor.require(keeping.PERMISSION)
    _over(session, ctx, "lexicon", official, spoken, taken=False)


def refuse_question(session: WriteSession, ctx: Context, code: str, question: str) -> None:
    """A wording that does not mean the point is suggested for it no more."""
    ctx.actor.require("knowledge.edit")
    point = points(session, [code]).get(code)
    if point is None:
        raise Invalid(f"没有编码为 {code} 的知识点。", code="unknown_point")
    require_scope(ctx, point.unit_id, code)
    _over(session, ctx, "question", code, question, taken=False)


def _over(session: WriteSession, ctx: Context, kind: Kind, subject: str, words: str, *, taken: bool) -> None:
    key = (kind, subject[:64], squeeze(words)[:200])
    if session.get(SuggestionDone, key) is not None:
        return
    row = SuggestionDone(
        kind=key[0], subject=key[1], words=key[2], taken=taken, account_id=require_account(ctx), at=ctx.now
    )
    session.add(row)
    session.flush()
    if not taken:
        audit.record(session, ctx, "suggestion.refused", f"{kind}:{subject[:40]}", after={"words": key[2]})


def training_rows(session: ReadSession, now: datetime) -> Iterator[dict[str, Any]]:
    """`{"query", "shown", "chosen"}` of each choice among what was shown, of points that are live still, the oldest
    first. Questions hold no personal values: they were masked when they were kept."""
    rows = (
        select(Search.question, Search.hits, Search.chosen)
        .where(Search.chosen.is_not(None), Search.at >= now - rules.LOOKED_BACK)
        .order_by(Search.id)
    )
    for part in chunks(session.execute(rows).tuples().all(), 1_000):
        codes = {code for _, hits, chosen in part for code in (*hits, chosen or "")}
        live = live_versions(session, sorted(codes), now)
        for question, hits, chosen in part:
            shown = [code for code in hits if code in live]
            if chosen in shown and len(shown) > 1 and "*" not in question:
                yield {"query": question, "shown": shown, "chosen": chosen}
