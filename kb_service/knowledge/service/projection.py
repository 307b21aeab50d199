"""What the index holds of the points: all versions that are live or will be, cut into passages."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, or_, select

from kb_service.core.clock import day_start, epoch
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.knowledge.model import Category, Point, Version
from kb_service.knowledge.rules import Status, past_day, tokens_of
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.service.views import CONTENT
from search.ports import FOREVER, Change, Document


def documents_of(session: ReadSession, codes: Sequence[str], seq: int, now: datetime) -> list[Change]:
    """One change for each of the codes; a point of which nothing is or will be live has no documents.

    Lapsed content stays in: whether it is asked for is decided by each query.
    """
    above = _categories(session)
    documents: dict[str, list[Document]] = defaultdict(list)
    for part in chunks(sorted(set(codes))):
        for row in session.execute(_statement(part, now)):
            documents[row.code] += _documents(row, above)
    return [Change(code, seq, tuple(documents.get(code, ()))) for code in dict.fromkeys(codes)]


def published_codes(session: ReadSession, now: datetime, after: int, limit: int) -> list[tuple[int, str]]:
    """Ids and codes of points that have something for the index, in the order of ids, beginning after one."""
    statement = (
        select(Point.id, Point.code)
        .join(Version, Version.point_id == Point.id)
        .where(Point.id > after, *_in_index(now))
        .distinct()
        .order_by(Point.id)
        .limit(limit)
    )
    return list(session.execute(statement).tuples())


def _in_index(now: datetime) -> tuple[Any, ...]:
    coming = or_(Version.live_to.is_(None), (Version.live_to > now) & (Version.live_to > Version.live_from))
    return (Version.status == Status.APPROVED, coming)


def _statement(codes: Sequence[str], now: datetime) -> Any:
    return (
        select(
            Point.code, Point.type, Unit.code.label("unit"), Unit.former_names, Version.number,
            Version.title, Version.content, Version.keywords, Version.region_code, Version.category_id, Version.audience, Version.roles,
            Version.live_from, Version.live_to, Version.effective_from, Version.effective_to,
        )
        .join(Version, Version.point_id == Point.id)
        .join(Unit, Unit.id == Point.unit_id)
        .where(Point.code.in_(codes), *_in_index(now))
        .order_by(Point.code, Version.number)
    )  # fmt: skip


def _documents(row: Row[Any], above: Mapping[int, tuple[str, ...]]) -> Iterator[Document]:
    content = CONTENT.validate_python(row.content)
    questions = tuple(question for question in content.questions() if question != row.title)
    # What the unit was called before finds its points too.
    keywords = (*row.keywords, *row.former_names)
    access = tokens_of(row.audience, row.roles)
    live = (epoch(row.live_from), epoch(row.live_to) if row.live_to else FOREVER)
    effective = (_begins(row.effective_from), _ends(row.effective_to))
    for passage, piece in enumerate(content.passages()):
        yield Document(
            id=f"{row.code}/{row.number}/{passage}",
            code=row.code,
            version=row.number,
            passage=passage,
            type=row.type,
            title=row.title,
            # Once for each version: a question is about the whole of it.
            questions=questions if passage == 0 else (),
            keywords=keywords,
            body=piece.text,
            article=piece.article,
            unit=row.unit,
            region=row.region_code,
            categories=above[row.category_id],
            access=access,
            live_from=live[0],
            live_to=live[1],
            effective_from=effective[0],
            effective_to=effective[1],
        )


def _begins(day: date | None) -> int:
    return epoch(day_start(day)) if day else 0


def _ends(day: date | None) -> int:
    return epoch(day_start(past_day(day))) if day else FOREVER


def _categories(session: ReadSession) -> dict[int, tuple[str, ...]]:
    """Each category's own code and those above it."""
    rows = {row.id: row for row in session.execute(select(Category.id, Category.code, Category.parent_id))}
    chains: dict[int, tuple[str, ...]] = {}
    for start in rows:
        chain: list[str] = []
        at: int | None = start
        while at is not None and len(chain) <= len(rows):
            chain.append(rows[at].code)
            at = rows[at].parent_id
        chains[start] = tuple(chain)
    return chains
