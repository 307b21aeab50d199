"""Live versions as the checks see them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select

from kb_service.core.clock import local_day
from kb_service.core.db import ReadSession
from kb_service.identity.model import Region
from kb_service.identity.rules import ancestors
from kb_service.knowledge.checks import looking
from kb_service.knowledge.checks.service.keeping import Side
from kb_service.knowledge.checks.subjects import Subject
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.service.views import CONTENT

# A law of a million characters is compared by its beginning.
LONGEST_COMPARED = 20_000


@dataclass(frozen=True)
class Seen:
    side: Side
    subject: Subject
    version: looking.Version


def eligible(now: datetime) -> ColumnElement[bool]:
    """Live, and not lapsed: what has lapsed is told by the check of dates alone."""
    day = local_day(now)
    return and_(
        Version.status == Status.APPROVED,
        live_at(now),
        or_(Version.effective_to.is_(None), Version.effective_to >= day),
    )


def columns() -> Select[Any]:
    return select(
        Version.id, Version.number, Version.title, Version.content, Version.keywords, Version.region_code,
        Version.audience, Version.effective_from, Version.effective_to, Point.code,
        Point.unit_id,
    ).join(Point, Point.id == Version.point_id)  # fmt: skip


def seen(session: ReadSession, version_ids: Iterable[int]) -> dict[int, Seen]:
    parents = regions(session)
    found: dict[int, Seen] = {}
    for part in chunks(sorted(version_ids)):
        for row in session.execute(columns().where(Version.id.in_(part))):
            found[row.id] = _seen(row, parents)
    return found


def regions(session: ReadSession) -> Mapping[str, str | None]:
    return dict(session.execute(select(Region.code, Region.parent_code)).tuples().all())


def _seen(row: Row[Any], parents: Mapping[str, str | None]) -> Seen:
    content = CONTENT.validate_python(row.content)
    sections = _cut(content.sections())
    return Seen(
        side=Side(row.id, row.unit_id, row.code, row.number, row.title),
        subject=Subject(
            code=row.code,
            title=row.title,
            questions=content.questions(),
            sections=tuple(sections),
            regions=ancestors(row.region_code, parents),
            type=content.type,
            effective_from=row.effective_from,
            effective_to=row.effective_to,
        ),
        version=looking.Version(
            title=row.title,
            content=content,
            keywords=row.keywords,
            public=row.audience == "public",
            effective_from=row.effective_from,
            effective_to=row.effective_to,
        ),
    )


def _cut(sections: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    left, kept = LONGEST_COMPARED, []
    for label, text in sections:
        if left <= 0:
            break
        kept.append((label, text[:left]))
        left -= len(text)
    return kept
