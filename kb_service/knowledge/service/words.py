"""The city's dictionary: by which words text is cut, so that a place or a unit stays in one piece.

Names of units, regions and matters belong to it by themselves; administrators add the rest. What is
in the index was cut with the dictionary of its day; `kb index rebuild` cuts it anew, and the bigrams
beside the words find it until then.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, NotFound
from kb_service.identity.model import Region, Unit
from kb_service.knowledge.model import Matter, Word
from search.analysis.normalise import squeeze
from search.analysis.words import install_words

SHORTEST, LONGEST = 2, 32


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
    """Puts the dictionary in use in this process; returns how many words it has."""
    return len(install_words(everything(session)).words)


def add_words(session: WriteSession, ctx: Context, words: Iterable[str]) -> int:
    """Adds what is not there yet and puts the dictionary in use; returns how many were added."""
    normal = {squeeze(word) for word in words}
    wrong = sorted(word for word in normal if not SHORTEST <= len(word) <= LONGEST)
    if wrong:
        raise Invalid(f"词语须为 {SHORTEST} 到 {LONGEST} 个字：{'、'.join(wrong[:5])}。", code="bad_word")
    fresh = sorted(normal - set(own(session)))
    session.add_all(Word(word=word, added_at=ctx.now) for word in fresh)
    session.flush()
    audit.record(session, ctx, "words.added", "words", after={"words": fresh})
    install(session)
    return len(fresh)


def remove_word(session: WriteSession, ctx: Context, word: str) -> None:
    found = session.get(Word, squeeze(word))
    if found is None:
        raise NotFound(f"词典中没有“{word}”。", code="unknown_word")
    session.execute(delete(Word).where(Word.word == found.word))
    audit.record(session, ctx, "words.removed", "words", before={"words": [found.word]})
    install(session)
