"""The run over all live versions, in short steps: each is a transaction of its own, and a run that was
cut short goes on where it ended. Only what has changed is looked at and compared again.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import delete, exists, insert, select, update

from kb_service.core.clock import local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.runtime import Runtime
from kb_service.knowledge.checks import looking, similar, subjects
from kb_service.knowledge.checks.model import CheckRun, LinkUse, Print
from kb_service.knowledge.checks.rules import RULES
from kb_service.knowledge.checks.service import comparing, daily, keeping, links, seeing
from kb_service.knowledge.checks.service.keeping import Found, Side
from kb_service.knowledge.checks.service.seeing import Seen
from kb_service.knowledge.model import Version

# So many that a step stays well under the time in which a published script must be searchable.
LOOKED_AT_ONCE = 30
COMPARED_AT_ONCE = 20
LOADED_AT_ONCE = 5_000


def steps(parts: Runtime) -> Iterator[int]:
    """Yields after each step how much it did. Whoever runs it may pause between steps, or end."""
    day = local_day(parts.clock.now())
    with parts.database.write() as session:
        _begin(session, parts.clock.now(), day)
    yield from _forget(parts)
    yield from _look(parts)
    yield from _compare(parts)
    with parts.database.write() as session:
        ctx = _context(parts)
        done = keeping.drop_unfound(session, ctx)
    yield done
    if parts.settings.link_check:
        yield from _ask(parts)
    for check in daily.CHECKS_OF_THE_DAY:
        with parts.database.write() as session:
            done = check(session, _context(parts))
        yield done
    with parts.database.write() as session:
        session.execute(update(CheckRun).where(CheckRun.day == day).values(ended_at=parts.clock.now()))


def _context(parts: Runtime) -> Context:
    return Context(SYSTEM, parts.clock.now())


def _begin(session: WriteSession, now: datetime, day: object) -> None:
    run = session.get(CheckRun, day)
    if run is None:
        session.add(CheckRun(day=day, began_at=now, looked=0, compared=0))
    else:
        run.ended_at = None


def _count(session: WriteSession, parts: Runtime, *, looked: int = 0, compared: int = 0) -> None:
    session.execute(
        update(CheckRun)
        .where(CheckRun.day == local_day(parts.clock.now()))
        .values(looked=CheckRun.looked + looked, compared=CheckRun.compared + compared)
    )


def _forget(parts: Runtime) -> Iterator[int]:
    """Prints of versions that are no longer live, or have lapsed."""
    after = 0
    while True:
        with parts.database.read() as session:
            ids = session.execute(
                select(Print.version_id).where(Print.version_id > after).order_by(Print.version_id).limit(LOADED_AT_ONCE)
            ).scalars().all()  # fmt: skip
            if not ids:
                return
            standing = set(
                session.execute(
                    select(Version.id).where(Version.id.in_(ids), seeing.eligible(parts.clock.now()))
                ).scalars()
            )
        after = ids[-1]
        over = [each for each in ids if each not in standing]
        if over:
            with parts.database.write() as session:
                session.execute(delete(LinkUse).where(LinkUse.version_id.in_(over)))
                session.execute(delete(Print).where(Print.version_id.in_(over)))
        yield len(over)


def _look(parts: Runtime) -> Iterator[int]:
    """Looks at each live version that was not looked at with the present rules."""
    after = 0
    while True:
        with parts.database.read() as session:
            known = exists().where(Print.version_id == Version.id, Print.rules == RULES)
            fresh = (
                select(Version.id)
                .where(Version.id > after, seeing.eligible(parts.clock.now()), ~known)
                .order_by(Version.id)
                .limit(LOOKED_AT_ONCE)
            )
            ids = session.execute(fresh).scalars().all()
            found = seeing.seen(session, ids)
        if not ids:
            return
        after = ids[-1]
        prints = [_print(each) for each in found.values()]
        problems = [each for seen in found.values() for each in _problems(seen)]
        with parts.database.write() as session:
            ctx = _context(parts)
            _store(session, ctx, ids, prints, found)
            keeping.keep(session, ctx, problems)
            _count(session, parts, looked=len(ids))
        yield len(ids)


def _print(seen: Seen) -> dict[str, object]:
    signature = np.array(similar.fingerprint(seen.subject.body), dtype="<u4")
    keys = np.array(subjects.keys_of(seen.subject), dtype="<i8")
    return {
        "version_id": seen.side.version_id,
        "signature": signature.tobytes(),
        "keys": keys.tobytes(),
        "rules": RULES,
        "paired_at": None,
    }


def _problems(seen: Seen) -> list[Found]:
    return [_single(seen.side, problem) for problem in looking.look(seen.version)]


def _single(side: Side, problem: looking.Problem) -> Found:
    shown = side.shown(problem.text, problem.marks, problem.label)
    words = (problem.detail, problem.text)
    evidence = {"detail": problem.detail, "sides": [shown]}
    return Found(problem.check_id, (side,), problem.about, words, evidence)


def _store(
    session: WriteSession,
    ctx: Context,
    ids: Sequence[int],
    prints: Sequence[dict[str, object]],
    found: dict[int, Seen],
) -> None:
    session.execute(delete(LinkUse).where(LinkUse.version_id.in_(ids)))
    session.execute(delete(Print).where(Print.version_id.in_(ids)))
    session.execute(insert(Print), [{**each, "looked_at": ctx.now} for each in prints])
    links.note_uses(session, {each: looking.urls(seen.version.content) for each, seen in found.items()})


def _compare(parts: Runtime) -> Iterator[int]:
    """Compares what was looked at anew with all it may have to do with."""
    with parts.database.read() as session:
        waiting = _waiting(session)
    if not waiting:
        return
    index = comparing.KnownPrints()
    after = 0
    while True:
        with parts.database.read() as session:
            after = index.load(session, after, LOADED_AT_ONCE)
        yield 0
        if not after:
            break
    for _ in index.arrange():
        yield 0
    fresh = set(waiting)
    cache = comparing.Cache()
    for start in range(0, len(waiting), COMPARED_AT_ONCE):
        part = waiting[start : start + COMPARED_AT_ONCE]
        pairs = [
            (one, other) for one in part for other in index.partners(one) if other not in fresh or one < other
        ]
        for some in (
            pairs[at : at + comparing.PAIRS_AT_ONCE] for at in range(0, len(pairs), comparing.PAIRS_AT_ONCE)
        ):
            with parts.database.read() as session:
                cache.load(session, {each for pair in some for each in pair})
            found = [each for one, other in some for each in cache.findings(one, other)]
            with parts.database.write() as session:
                keeping.keep(session, _context(parts), found)
                _count(session, parts, compared=len(some))
            yield len(some)
        with parts.database.write() as session:
            session.execute(
                update(Print).where(Print.version_id.in_(part)).values(paired_at=parts.clock.now())
            )


def _ask(parts: Runtime) -> Iterator[int]:
    """Asks for the addresses in live versions, some at a time."""
    while True:
        with parts.database.read() as session:
            due = dict(links.due(session, parts.clock.now()))
        if not due:
            return
        for answers in links.ask_all(due, links.ask):
            if answers is not None:
                with parts.database.write() as session:
                    links.note(session, answers, parts.clock.now())
            yield len(answers or ())


def _waiting(session: ReadSession) -> list[int]:
    rows = select(Print.version_id).where(Print.paired_at.is_(None)).order_by(Print.version_id)
    return list(session.execute(rows).scalars())
