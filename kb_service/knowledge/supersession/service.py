"""What of a point has been replaced by others, told wherever the point is shown."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select

from kb_service.core.clock import day_start, local_day
from kb_service.core.db import ReadSession, UtcDateTime
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.supersession.model import Supersession
from kb_service.knowledge.supersession.rules import articles_in, is_article, same_article

_NOW = bindparam("now", type_=UtcDateTime())
_WENT_LIVE = (
    Version.status == Status.APPROVED,
    Version.live_from <= _NOW,
    or_(Version.live_to.is_(None), Version.live_to > Version.live_from),
    or_(Version.withdrawn_at.is_(None), Version.withdrawn_at > _NOW),
)


@dataclass(frozen=True)
class PartNote:
    """Articles of a point that another replaced. Its name is empty for those it is not meant for."""

    articles: tuple[str, ...]
    by_code: str
    by_title: str
    since: datetime
    coming: bool

    @property
    def text(self) -> str:
        by = f"《{self.by_title}》（{self.by_code}）" if self.by_code else "其他文件"
        when = f"自 {local_day(self.since)} 起" if self.coming else "已"
        return f"{'、'.join(self.articles)}{when}被{by}替代"

    def concerns(self, article: str) -> bool:
        """Whether a passage may rest on what was replaced; one that is no article may rest on any."""
        return not is_article(article) or any(same_article(article, each) for each in self.articles)


# Made once: each key of an agent who types runs them. By themselves the first ones are found by an index; in one
# statement with the second, SQLite reads all versions.
_NAMED = select(Supersession.version_id).where(
    Supersession.replaced_code.in_(bindparam("codes", expanding=True)), Supersession.whole.is_(False)
)
_REPLACED = (
    select(
        Supersession.replaced_code, Supersession.articles, Version.id, Version.point_id, Point.code,
        Version.title, Version.access, Version.live_from, Version.effective_from,
    )
    .join(Version, Version.id == Supersession.version_id)
    .join(Point, Point.id == Version.point_id)
    .where(
        Version.id.in_(bindparam("ids", expanding=True)),
        Supersession.replaced_code.in_(bindparam("codes", expanding=True)),
        Supersession.whole.is_(False),
        *_WENT_LIVE,
    )
    .order_by(Version.live_from, Version.id)
)  # fmt: skip


def part_notes(
    session: ReadSession, codes: Collection[str], viewer: Collection[str], now: datetime
) -> dict[str, tuple[PartNote, ...]]:
    """By point. What replaces them must have been released: nothing is told of what is still embargoed."""
    found: dict[str, list[PartNote]] = defaultdict(list)
    for part in chunks(sorted(set(codes))):
        ids = session.execute(_NAMED, {"codes": part}).scalars().all()
        rows = session.execute(_REPLACED, {"codes": part, "ids": ids, "now": now}).all() if ids else ()
        if rows:
            newest = _newest(session, {row.point_id for row in rows}, now)
            for row in rows:
                if newest[row.point_id] == row.live_from:
                    found[row.replaced_code].append(_note(row, viewer, now))
    return {code: tuple(notes) for code, notes in found.items()}


def _newest(session: ReadSession, point_ids: Collection[int], now: datetime) -> Mapping[int, datetime]:
    """When the last version of each that was ever live went live: what it no longer says, it takes back."""
    statement = (
        select(Version.point_id, func.max(Version.live_from))
        .where(Version.point_id.in_(point_ids), *_WENT_LIVE)
        .group_by(Version.point_id)
    )
    rows = session.execute(statement, {"now": now})
    return {point_id: last for point_id, last in rows if last is not None}


def _note(row: Row[Any], viewer: Collection[str], now: datetime) -> PartNote:
    since = max(row.live_from, day_start(row.effective_from)) if row.effective_from else row.live_from
    named = any(f"|{token}|" in row.access for token in viewer)
    return PartNote(
        articles=articles_in(row.articles),
        by_code=row.code if named else "",
        by_title=row.title if named else "",
        since=since,
        coming=since > now,
    )


def with_warning(answer: str, article: str, notes: Sequence[PartNote]) -> str:
    """An answer that rests on something replaced never goes out without saying so."""
    told = [note.text for note in notes if note.concerns(article)]
    return "\n".join([f"注意：{'；'.join(told)}。", answer]) if told else answer
