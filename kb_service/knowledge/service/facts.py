"""What a use case must know of points and versions before it changes them, locked for the change."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, tuple_

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Forbidden, NotFound
from kb_service.knowledge.model import Point, Version, VersionAuthor
from kb_service.knowledge.rules import OPEN, Status
from kb_service.knowledge.service.lookups import chunks


@dataclass(frozen=True)
class VersionFacts:
    """`authors` are all who wrote on it."""

    id: int
    point_id: int
    code: str
    type: str
    unit_id: int
    number: int
    status: Status
    title: str
    author_id: int
    authors: frozenset[int]
    release_at: datetime | None
    batch_id: str | None
    lock: int


@dataclass(frozen=True)
class PointFacts:
    """`open_number` is the version now written or reviewed; a point has one at most."""

    id: int
    code: str
    type: str
    unit_id: int
    latest: int
    open_number: int | None


_COLUMNS = (
    Version.id, Version.point_id, Point.code, Point.type, Point.unit_id, Version.number, Version.status,
    Version.title, Version.author_id, Version.release_at, Version.batch_id, Version.lock,
)  # fmt: skip


def locked_versions(session: WriteSession, *conditions: ColumnElement[bool]) -> list[VersionFacts]:
    """Versions and their points, in the order of points, so that two writers never wait for each other."""
    statement = (
        select(*_COLUMNS)
        .join(Point, Point.id == Version.point_id)
        .where(*conditions)
        .order_by(Version.point_id, Version.number)
        .with_for_update(of=[Point, Version])
    )
    rows = session.execute(statement).mappings().all()
    others = _other_authors(session, [row["id"] for row in rows])
    return [
        VersionFacts(
            **{**row, "status": Status(row["status"])},
            authors=frozenset({row["author_id"], *others.get(row["id"], ())}),
        )
        for row in rows
    ]


def locked_version(session: WriteSession, code: str, number: int) -> VersionFacts:
    found = locked_versions(session, Point.code == code, Version.number == number)
    if not found:
        raise NotFound(f"没有知识点 {code} 的第 {number} 版。", code="unknown_version")
    return found[0]


def version_facts(session: ReadSession, code: str, number: int) -> VersionFacts:
    """The same without a lock, for showing."""
    statement = select(*_COLUMNS).join(Point, Point.id == Version.point_id)
    row = (
        session.execute(statement.where(Point.code == code, Version.number == number))
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound(f"没有知识点 {code} 的第 {number} 版。", code="unknown_version")
    others = _other_authors(session, [row["id"]])
    authors = frozenset({row["author_id"], *others.get(row["id"], ())})
    return VersionFacts(**{**row, "status": Status(row["status"])}, authors=authors)


def locked_by_targets(session: WriteSession, targets: Sequence[tuple[str, int]]) -> list[VersionFacts]:
    found: list[VersionFacts] = []
    for part in chunks(sorted(set(targets))):
        found += locked_versions(session, tuple_(Point.code, Version.number).in_(part))
    return found


def points(session: ReadSession, codes: Iterable[str]) -> dict[str, PointFacts]:
    found: dict[str, PointFacts] = {}
    for part in chunks(sorted(set(codes))):
        statement = (
            select(Point.id, Point.code, Point.type, Point.unit_id, Point.latest, Version.number)
            .outerjoin(Version, (Version.point_id == Point.id) & Version.status.in_(OPEN))
            .where(Point.code.in_(part))
        )
        found |= {row.code: PointFacts(*row) for row in session.execute(statement)}
    return found


def lock_points(session: WriteSession, ids: Collection[int]) -> None:
    for part in chunks(sorted(ids)):
        session.execute(select(Point.id).where(Point.id.in_(part)).order_by(Point.id).with_for_update())


def require_scope(ctx: Context, unit_id: int, code: str) -> None:
    if not ctx.actor.in_scope(unit_id):
        raise Forbidden(f"知识点 {code} 不属于您的单位，不能修改。", code="out_of_scope")


def _other_authors(session: ReadSession, version_ids: Sequence[int]) -> dict[int, set[int]]:
    others: dict[int, set[int]] = {}
    for part in chunks(version_ids):
        rows = select(VersionAuthor.version_id, VersionAuthor.account_id).where(
            VersionAuthor.version_id.in_(part)
        )
        for version_id, account_id in session.execute(rows):
            others.setdefault(version_id, set()).add(account_id)
    return others
