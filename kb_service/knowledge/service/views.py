"""What a version looks like to whoever reads it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import aliased

from kb_service.core.clock import local_day
from kb_service.core.db import ReadSession
from kb_service.identity.model import Account, Region, Unit
from kb_service.knowledge import rules
from kb_service.knowledge.content import TYPE_NAMES, Content, PointDraft, Replacement
from kb_service.knowledge.model import Category, Matter, Point, Version
from kb_service.knowledge.supersession import words

CONTENT: TypeAdapter[Content] = TypeAdapter(Content)
_Successor = aliased(Version)
_SuccessorPoint = aliased(Point)


@dataclass(frozen=True)
class VersionView:
    """`state` is the validity today, `live` whether it is live now, `superseded_by` the code of the successor.

    `replaces` is None where a view was made for showing only (see `views`).
    """

    code: str
    number: int
    type: str
    status: str
    title: str
    stored: dict[str, Any] = field(repr=False)
    keywords: list[str]
    source: str
    unit_code: str
    unit_name: str
    region_code: str
    region_name: str
    category_code: str
    category_path: str
    matter_code: str | None
    matter_risk: str | None
    audience: str
    roles: list[str]
    effective_from: date | None
    effective_to: date | None
    state: str
    release_at: datetime | None
    created_at: datetime
    changed_at: datetime
    filed_at: datetime | None
    approved_at: datetime | None
    live_from: datetime | None
    live_to: datetime | None
    live: str
    supersedes: str | None
    superseded_by: str | None
    withdrawn_reason: str
    note: str
    author_id: int
    author_name: str
    content_hash: str
    lock: int
    batch_id: str | None
    unit_id: int
    version_id: int
    point_id: int
    superseded_at: datetime | None
    successor_from: datetime | None
    replaces: tuple[Replacement, ...] | None = None

    @property
    def uploaded_at(self) -> datetime | None:
        return self.live_from

    @cached_property
    def content(self) -> Content:
        return CONTENT.validate_python(self.stored)

    @property
    def answer(self) -> str:
        return self.content.answer_text()

    @property
    def type_name(self) -> str:
        return TYPE_NAMES[self.type]

    @property
    def status_name(self) -> str:
        return rules.STATUS_NAMES[rules.Status(self.status)]

    def visible_to(self, viewer: Collection[str], now: datetime, *, include_lapsed: bool = False) -> bool:
        return rules.visible(
            tokens=rules.tokens_of(self.audience, self.roles),
            viewer=viewer,
            live=rules.live_state(self.live_from, self.live_to, now),
            state=rules.validity(self.effective_from, self.effective_to, local_day(now)),
            include_lapsed=include_lapsed,
        )

    def without_secrets(self, now: datetime) -> "VersionView":
        """For those who do not work on the point: nothing tells them that something waits to follow this."""
        if self.live_to is None or self.live_to <= now:
            return self
        follows = self.successor_from is not None and self.successor_from <= now
        if follows and self.superseded_at == self.live_to:
            return self
        return replace(self, live_to=None, superseded_by=None)

    def draft(self) -> PointDraft:
        """A draft that says the same."""
        if self.replaces is None:
            raise ValueError("this view was made for showing only")
        return PointDraft(
            title=self.title,
            content=self.content,
            category=self.category_code,
            region=self.region_code,
            matter=self.matter_code,
            audience=self.audience,  # type: ignore[arg-type]  # the column holds nothing else
            roles=self.roles,
            keywords=self.keywords,
            source=self.source,
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            release_at=self.release_at,
            supersedes=self.supersedes,
            replaces=list(self.replaces),
            note=self.note,
        )


def select_views() -> Select[Any]:
    """Versions with all that a view shows; add conditions on Point and Version."""
    return (
        select(
            Version,
            Point.code,
            Point.type,
            Point.unit_id,
            Unit.code.label("unit_code"),
            Unit.name.label("unit_name"),
            Region.name.label("region_name"),
            Category.code.label("category_code"),
            Category.path.label("category_path"),
            Matter.risk.label("matter_risk"),
            Account.name.label("author_name"),
            _SuccessorPoint.code.label("successor"),
            _Successor.live_from.label("successor_from"),
        )
        .join(Point, Point.id == Version.point_id)
        .join(Unit, Unit.id == Point.unit_id)
        .join(Region, Region.code == Version.region_code)
        .join(Category, Category.id == Version.category_id)
        .join(Account, Account.id == Version.author_id)
        .outerjoin(Matter, Matter.code == Version.matter_code)
        .outerjoin(_Successor, _Successor.id == Version.superseded_by)
        .outerjoin(_SuccessorPoint, _SuccessorPoint.id == _Successor.point_id)
        # A view must show what is stored now, not what this session read before a bulk update.
        .execution_options(populate_existing=True)
    )


def views(
    session: ReadSession,
    statement: Select[Any],
    now: datetime,
    parameters: Mapping[str, Any] | None = None,
    *,
    complete: bool = True,
) -> list[VersionView]:
    """Without `complete` one query is saved, and the views cannot become drafts again."""
    found = [_view(row, now) for row in session.execute(statement, parameters)]
    if not complete:
        return found
    replaced = words.replacements(session, [view.version_id for view in found])
    return [replace(view, replaces=replaced.get(view.version_id, ())) for view in found]


def _view(row: Row[Any], now: datetime) -> VersionView:
    version: Version = row[0]
    return VersionView(
        code=row.code,
        number=version.number,
        type=row.type,
        status=version.status,
        title=version.title,
        stored=version.content,
        keywords=version.keywords,
        source=version.source,
        unit_code=row.unit_code,
        unit_name=row.unit_name,
        region_code=version.region_code,
        region_name=row.region_name,
        category_code=row.category_code,
        category_path=row.category_path,
        matter_code=version.matter_code,
        matter_risk=row.matter_risk,
        audience=version.audience,
        roles=version.roles,
        effective_from=version.effective_from,
        effective_to=version.effective_to,
        state=rules.validity(version.effective_from, version.effective_to, local_day(now)),
        release_at=version.release_at,
        created_at=version.created_at,
        changed_at=version.changed_at,
        filed_at=version.filed_at,
        approved_at=version.approved_at,
        live_from=version.live_from,
        live_to=version.live_to,
        live=rules.live_state(version.live_from, version.live_to, now),
        supersedes=version.supersedes_code,
        superseded_by=row.successor,
        withdrawn_reason=version.withdrawn_reason,
        note=version.note,
        author_id=version.author_id,
        author_name=row.author_name,
        content_hash=version.content_hash,
        lock=version.lock,
        batch_id=version.batch_id,
        unit_id=row.unit_id,
        version_id=version.id,
        point_id=version.point_id,
        superseded_at=version.superseded_at,
        successor_from=row.successor_from,
    )
