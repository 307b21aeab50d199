"""The city's dictionary: by which words text is cut, so that a place or a unit stays in one piece.

Names of units, regions and matters belong to it by themselves; administrators add the rest. Every process
puts a change in use before it next cuts something. Points that hold a changed word are cut anew by a job
(`RECUT`); until then the bigrams beside the words find them.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select

from kb_service.core import audit, live, outbox
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.core.outbox import Lane
from kb_service.identity.model import Region, Unit
from kb_service.identity.service.people import NAMES
from kb_service.knowledge.model import Matter, Word
from kb_service.knowledge.service import mentions
from search.analysis.normalise import squeeze
from search.analysis.places import install_places
from search.analysis.words import install_words

SHORTEST, LONGEST = 2, 32
MARK = "search.words"
RECUT = "words.recut"


class _InUse:
    """Which state of the dictionary and of the names this process reads with."""

    mark: str = "/"


def own(session: ReadSession) -> Sequence[str]:
    """The words that administrators added."""
    return session.execute(select(Word.word).order_by(Word.word)).scalars().all()


def everything(session: ReadSession) -> set[str]:
    names: set[str] = set(own(session))
    for unit in session.execute(select(Unit.name, Unit.short_name, Unit.former_names)):
        names |= {unit.name, unit.short_name, *unit.former_names}
    names |= set(session.execute(select(Region.name)).scalars())
    for matter in session.execute(select(Matter.name, Matter.keywords)):
        names |= {matter.name, *matter.keywords}
    return {squeeze(name) for name in names}


def install(session: ReadSession) -> int:
    """Puts the dictionary and the names of regions in use in this process; returns how many words it has."""
    _InUse.mark = _mark(live.marks(session))
    install_places(mentions.places(session))
    return len(install_words(everything(session)).words)


def keep_current(session: ReadSession, marks: live.Marks | None = None) -> None:
    """Puts the dictionary in use where it has changed, in whatever process."""
    if _mark(live.marks(session) if marks is None else marks) != _InUse.mark:
        install(session)


def _mark(marks: live.Marks) -> str:
    return f"{marks.get(MARK, live.NEVER)}/{marks.get(NAMES, live.NEVER)}"


def add_words(session: WriteSession, ctx: Context, words: Iterable[str]) -> int:
    """Adds what is not there yet; returns how many were added. In use in every process once it is committed."""
    normal = {squeeze(word) for word in words}
    wrong = sorted(word for word in normal if not SHORTEST <= len(word) <= LONGEST)
    if wrong:
        raise Invalid(f"词语须为 {SHORTEST} 到 {LONGEST} 个字：{'、'.join(wrong[:5])}。", code="bad_word")
    fresh = sorted(normal - set(own(session)))
    session.add_all(Word(word=word, added_at=ctx.now) for word in fresh)
    session.flush()
    if fresh:
        audit.record(session, ctx, "words.added", "words", after={"words": fresh})
        _changed(session, ctx, fresh)
    return len(fresh)


def remove_word(session: WriteSession, ctx: Context, word: str) -> None:
    found = session.get(Word, squeeze(word))
    if found is None:
        raise NotFound(f"词典中没有“{word}”。", code="unknown_word")
    session.execute(delete(Word).where(Word.word == found.word))
    audit.record(session, ctx, "words.removed", "words", before={"words": [found.word]})
    _changed(session, ctx, [found.word])


def _changed(session: WriteSession, ctx: Context, words: Sequence[str]) -> None:
    live.touch(session, MARK)
    outbox.publish_many(session, ctx, RECUT, words, lane=Lane.BULK)
