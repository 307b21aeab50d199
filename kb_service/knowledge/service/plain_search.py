"""A search without an index: slower and coarser, for when the engine cannot be reached."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, literal, or_, select

from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.model import Unit
from kb_service.knowledge.model import Category, Point, Version
from kb_service.knowledge.service.conditions import in_validity, live_at, meant_for
from kb_service.knowledge.service.lookups import access_tokens
from kb_service.knowledge.service.views import CONTENT
from search.analysis.normalise import normalise
from search.analysis.tokens import words
from search.guide import Guide
from search.ports import FOREVER, Document, Hit, Query, SearchResult
from search.ranking.guided import PINNED

MOST_WORDS = 8
IN_TITLE, IN_TEXT = 3, 1
_SNIPPET = 120


def search(session: ReadSession, ctx: Context, query: Query) -> SearchResult:
    """Points that hold any word of the query, those with most words and words in the title first."""
    asked = _words(query.text)
    if not asked:
        return SearchResult([], 0, 0.0, "database", ())
    scored = [_score(word) for word in asked]
    total = sum(scored[1:], scored[0]).label("score")
    holding = or_(Point.code.in_(query.guide.pins), *(_holds(word) for word in asked))
    statement = _visible(session, ctx, query).add_columns(total).where(holding)
    place = _place(query.guide.pins)
    page = statement.order_by(place, total.desc(), Point.id.desc()).offset(query.offset).limit(query.limit)
    count = session.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
    best = len(asked) * (IN_TITLE + IN_TEXT)
    hits = [_hit(row, asked, row.score / best, query.guide) for row in session.execute(page)]
    return SearchResult(hits, count, 0.0, "database", tuple(asked))


def titles(session: ReadSession, ctx: Context, prefix: str, limit: int) -> list[str]:
    statement = (
        select(Version.title)
        .where(
            live_at(ctx.now),
            meant_for(access_tokens(ctx.actor)),
            ~in_validity("lapsed", local_day(ctx.now)),
            Version.title.contains(prefix, autoescape=True),
        )
        .distinct()
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def _place(pins: Sequence[str]) -> ColumnElement[int]:
    """Pinned points stand first, in their order."""
    whens = [(Point.code == code, place) for place, code in enumerate(pins)]
    return case(*whens, else_=len(pins)) if whens else literal(0)


def _words(text: str) -> list[str]:
    normal = normalise(text)
    found = list(dict.fromkeys(words(normal))) or [normal.strip()]
    return [word for word in found if word][:MOST_WORDS]


def _holds(word: str) -> ColumnElement[bool]:
    return or_(
        Version.title.contains(word, autoescape=True),
        cast(Version.keywords, Text).contains(word, autoescape=True),
        cast(Version.content, Text).contains(word, autoescape=True),
    )


def _score(word: str) -> ColumnElement[int]:
    in_title = case((Version.title.contains(word, autoescape=True), IN_TITLE), else_=0)
    return in_title + case((_holds(word), IN_TEXT), else_=0)


def _visible(session: ReadSession, ctx: Context, query: Query) -> Select[Any]:
    wanted = [live_at(ctx.now), meant_for(query.access)]
    if query.guide.stops:
        wanted.append(Point.code.not_in(query.guide.stops))
    if not query.include_lapsed:
        wanted.append(~in_validity("lapsed", local_day(ctx.now)))
    for column, values in (
        (Point.type, query.types),
        (Unit.code, query.units),
        (Version.region_code, query.regions),
    ):
        if values:
            wanted.append(column.in_(values))
    if query.categories:
        tops = (
            session.execute(select(Category.path).where(Category.code.in_(query.categories))).scalars().all()
        )
        inside = [or_(Category.path == top, Category.path.startswith(f"{top}/")) for top in tops]
        wanted.append(or_(*inside))
    return (
        select(
            Point.code, Point.type, Unit.code.label("unit"), Version.number, Version.title, Version.content
        )
        .join(Version, Version.point_id == Point.id)
        .join(Unit, Unit.id == Point.unit_id)
        .join(Category, Category.id == Version.category_id)
        .where(and_(*wanted))
    )


def _hit(row: Any, asked: Sequence[str], score: float, guide: Guide) -> Hit:
    """The passage that holds most of the words."""
    pieces = CONTENT.validate_python(row.content).passages()
    held = [sum(word in piece.text for word in asked) for piece in pieces]
    at = max(range(len(pieces)), key=lambda index: held[index]) if pieces else 0
    article, body = (pieces[at].article, pieces[at].text) if pieces else ("", "")
    document = Document(
        id=f"{row.code}/{row.number}/{at}",
        code=row.code,
        version=row.number,
        passage=at,
        type=row.type,
        title=row.title,
        questions=(),
        keywords=(),
        body=body,
        article=article,
        unit=row.unit,
        region="",
        categories=(),
        access=(),
        live_from=0,
        live_to=FOREVER,
        effective_from=0,
        effective_to=FOREVER,
    )
    matched = tuple(word for word in asked if word in row.title or word in body)
    features = {PINNED: 1.0} if row.code in guide.pins else {}
    return Hit(document, score, score, 0.0, features, matched, body[:_SNIPPET])
