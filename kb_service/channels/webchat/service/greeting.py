"""What a citizen finds before asking anything."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from kb_service.answering.model import Shown
from kb_service.channels.webchat.rules import spread
from kb_service.channels.webchat.service.conversations import citizen
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.identity.service import people
from kb_service.knowledge.content import FaqContent
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service import catalogue, reading
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.lookups import access_tokens
from kb_service.knowledge.service.views import VersionView

EXAMPLES = 6
TOPICS = 6
LATELY = timedelta(days=30)
COUNTED = 2_000
CONSIDERED = 60
LONGEST_EXAMPLE = 24
ASKABLE = ("faq", "procedure")


@dataclass(frozen=True)
class Greeting:
    """`topics` names the roots of the catalogue; `examples` are questions that public points answer today."""

    city: str
    topics: list[str]
    examples: list[str]


@dataclass(frozen=True)
class Place:
    code: str
    name: str
    level: str


def city(session: ReadSession) -> str:
    return next((place.name for place in places(session) if place.level == "city"), "")


def places(session: ReadSession) -> list[Place]:
    """Regions from the city down, each county followed by its towns."""
    rows = list(people.regions(session))
    below: dict[str | None, list[Place]] = {}
    for row in rows:
        below.setdefault(row.parent_code, []).append(Place(row.code, row.name, row.level))
    return _walk(below, None)


def _walk(below: dict[str | None, list[Place]], parent: str | None) -> list[Place]:
    return [each for place in below.get(parent, []) for each in (place, *_walk(below, place.code))]


def greet(session: ReadSession, ctx: Context) -> Greeting:
    roots = dict.fromkeys(each.path.split("/")[0] for each in catalogue.categories(session))
    return Greeting(city(session), list(roots)[:TOPICS], examples(session, citizen(ctx)))


def examples(session: ReadSession, ctx: Context) -> list[str]:
    """What was answered most in the last 30 days, then what was written last, from as many topics as can be."""
    newest = (code for kind in ASKABLE for code in _newest(session, ctx, kind))
    codes = [*_answered_lately(session, ctx), *newest]
    live = reading.live_versions(session, codes, ctx.now)
    viewer = access_tokens(ctx.actor)
    topics = [
        (_question(live[code]), live[code].category_path.split("/")[0])
        for code in dict.fromkeys(codes)
        if code in live and live[code].visible_to(viewer, ctx.now) and live[code].state == "in_force"
    ]
    return spread([(text, topic) for text, topic in topics if 0 < len(text) <= LONGEST_EXAMPLE], EXAMPLES)


def _answered_lately(session: ReadSession, ctx: Context) -> list[str]:
    latest = select(Shown.code, Shown.at).order_by(Shown.id.desc()).limit(COUNTED).subquery()
    counted = (
        select(latest.c.code)
        .join(Point, Point.code == latest.c.code)
        .where(latest.c.at > ctx.now - LATELY, Point.type.in_(ASKABLE))
        .group_by(latest.c.code)
        .order_by(func.count().desc(), latest.c.code)
        .limit(CONSIDERED)
    )
    return list(session.execute(counted).scalars())


def _newest(session: ReadSession, ctx: Context, kind: str) -> list[str]:
    rows = (
        select(Point.code)
        .join(Version, Version.point_id == Point.id)
        .where(live_at(ctx.now), Version.audience == "public", Point.type == kind)
        .order_by(Version.id.desc())
        .limit(CONSIDERED)
    )
    return list(session.execute(rows).scalars())


def _question(view: VersionView) -> str:
    """The question in a citizen's words: a procedure's title names an item, its similar questions ask for it."""
    content = view.content
    if isinstance(content, FaqContent):
        return content.question
    return next(iter(content.questions()), "")
