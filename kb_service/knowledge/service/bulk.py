"""Many points at once, by the rules of a single one: what ingestion and feeds call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import insert, select, update

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, Pointer
from kb_service.core.ids import next_numbers
from kb_service.knowledge.content import PointDraft, content_hash
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.checks import BulkRow, RowProblem, check_rows
from kb_service.knowledge.service.facts import PointFacts, VersionFacts, lock_points, points
from kb_service.knowledge.service.filing import file_versions
from kb_service.knowledge.service.lookups import Directory, UnitFacts, chunks, require_account
from kb_service.knowledge.service.staff import Staff
from kb_service.knowledge.service.views import select_views, views
from kb_service.knowledge.supersession import words

SHOWN_PROBLEMS = 200


@dataclass(frozen=True)
class Inserted:
    row: int
    code: str
    number: int
    version_id: int
    new_point: bool


@dataclass(frozen=True)
class Current:
    """The newest version of a point."""

    code: str
    number: int
    status: str
    unit_code: str
    content_hash: str
    draft: PointDraft


def current(session: ReadSession, ctx: Context, codes: Sequence[str]) -> dict[str, Current]:
    """The newest version of each of these points; unknown codes are left out."""
    found: dict[str, Current] = {}
    for part in chunks(sorted(set(codes))):
        statement = select_views().where(Point.code.in_(part), Version.number == Point.latest)
        for view in views(session, statement, ctx.now):
            found[view.code] = Current(
                view.code, view.number, view.status, view.unit_code, view.content_hash, view.draft()
            )
    return found


def changes(
    session: ReadSession, ctx: Context, rows: Sequence[BulkRow]
) -> list[Literal["new", "changed", "unchanged"]]:
    """What each row would do; rows must name units that exist."""
    directory = Directory.load(session)
    known = current(session, ctx, [row.code for row in rows if row.code])
    return [_change(directory, known, row) for row in rows]


def _change(
    directory: Directory, known: Mapping[str, Current], row: BulkRow
) -> Literal["new", "changed", "unchanged"]:
    newest = known.get(row.code or "")
    if newest is None:
        return "new"
    same = content_hash(resolved(directory.unit(row.unit), row.draft)) == newest.content_hash
    return "unchanged" if same and newest.status != Status.DISCARDED else "changed"


def resolved(unit: UnitFacts, draft: PointDraft) -> PointDraft:
    """The draft with its region written out, as versions keep it and as their hash is made."""
    return draft if draft.region else draft.model_copy(update={"region": unit.region_code})


def insert_versions(
    session: WriteSession,
    ctx: Context,
    rows: Sequence[BulkRow],
    *,
    batch_id: str | None = None,
    submit: bool = True,
) -> list[Inserted]:
    """One version for each row, submitted or as a draft; all or none.

    Raises Invalid with pointers such as `/rows/3/title` when `check_rows` finds anything.
    """
    ctx.actor.require("knowledge.edit")
    require_account(ctx)
    known = points(session, {row.code for row in rows if row.code})
    lock_points(session, [point.id for point in known.values()])
    wrong = check_rows(session, ctx, rows, complete=submit)
    if wrong:
        raise _refused(wrong)
    return insert_checked(session, ctx, Directory.load(session), rows, batch_id=batch_id, submit=submit)


def _refused(wrong: Sequence[RowProblem]) -> Invalid:
    pointers: list[Pointer] = [
        {"pointer": f"/rows/{each.row}{each.pointer}", "detail": each.detail} for each in wrong
    ]
    first = wrong[0]
    detail = f"有 {len(wrong)} 处不符合要求，没有写入任何一条。第 {first.row + 1} 条：{first.detail}。"
    return Invalid(detail, code="rows_invalid", pointers=pointers[:SHOWN_PROBLEMS])


def insert_checked(
    session: WriteSession,
    ctx: Context,
    directory: Directory,
    rows: Sequence[BulkRow],
    *,
    batch_id: str | None,
    submit: bool,
) -> list[Inserted]:
    """The writing part of `insert_versions`, for rows in which nothing is wrong."""
    known = points(session, {row.code for row in rows if row.code})
    codes = _codes(session, rows)
    _write_points(session, ctx, directory, rows, codes, known)
    written = _write_versions(session, ctx, directory, rows, codes, batch_id)
    if submit:
        file_versions(session, ctx, Staff(session, directory), written)
    else:
        audit.record_many(session, ctx, "version.drafted", [_entry(version) for version in written])
    return [
        Inserted(at, version.code, version.number, version.id, version.code not in known)
        for at, version in enumerate(written)
    ]


def _entry(version: VersionFacts) -> audit.Entry:
    # By code alone: who audits may not learn by the log what waits for its release.
    after = {"number": version.number, "batch": version.batch_id}
    return audit.Entry(f"point:{version.code}", after=after)


def _codes(session: WriteSession, rows: Sequence[BulkRow]) -> list[str]:
    """The code of each row's point, fresh ones where none is given."""
    given = {row.code for row in rows if row.code}
    wanted = sum(not row.code for row in rows)
    fresh: list[str] = []
    while len(fresh) < wanted:
        numbers = next_numbers(session, "knowledge.point", wanted - len(fresh))
        candidates = [f"K{number:06d}" for number in numbers]
        taken = points(session, candidates)
        fresh += [code for code in candidates if code not in taken and code not in given]
    supply = iter(fresh)
    return [row.code or next(supply) for row in rows]


def _write_points(
    session: WriteSession,
    ctx: Context,
    directory: Directory,
    rows: Sequence[BulkRow],
    codes: Sequence[str],
    known: Mapping[str, PointFacts],
) -> None:
    added = [
        {
            "code": code,
            "type": row.draft.content.type,
            "unit_id": directory.unit(row.unit).id,
            "latest": 1,
            "created_at": ctx.now,
            "touched_at": ctx.now,
        }
        for row, code in zip(rows, codes, strict=True)
        if code not in known
    ]
    moved = [
        {"id": known[code].id, "latest": known[code].latest + 1, "touched_at": ctx.now}
        for code in codes
        if code in known
    ]
    if added:
        session.execute(insert(Point), added)
    if moved:
        session.execute(update(Point), moved)


def _write_versions(
    session: WriteSession,
    ctx: Context,
    directory: Directory,
    rows: Sequence[BulkRow],
    codes: Sequence[str],
    batch_id: str | None,
) -> list[VersionFacts]:
    author_id = require_account(ctx)
    facts = points(session, codes)
    columns = [
        _columns(directory, row) | {"point_id": facts[code].id, "number": facts[code].latest}
        for row, code in zip(rows, codes, strict=True)
    ]
    common: dict[str, Any] = {
        "status": Status.DRAFT,
        "author_id": author_id,
        "batch_id": batch_id,
        "created_at": ctx.now,
        "changed_at": ctx.now,
    }
    session.execute(insert(Version), [each | common for each in columns])
    ids = _open_ids(session, [facts[code].id for code in codes])
    words.remember(session, {ids[facts[code].id]: row.draft for row, code in zip(rows, codes, strict=True)})
    return [
        VersionFacts(
            id=ids[each["point_id"]],
            point_id=each["point_id"],
            code=code,
            type=facts[code].type,
            unit_id=facts[code].unit_id,
            number=each["number"],
            status=Status.DRAFT,
            title=each["title"],
            author_id=author_id,
            authors=frozenset({author_id}),
            release_at=each["release_at"],
            batch_id=batch_id,
            lock=1,
        )
        for code, each in zip(codes, columns, strict=True)
    ]


def _columns(directory: Directory, row: BulkRow) -> dict[str, Any]:
    unit = directory.unit(row.unit)
    draft = resolved(unit, row.draft)
    return directory.columns(unit, draft) | {"content_hash": content_hash(draft)}


def _open_ids(session: ReadSession, point_ids: Sequence[int]) -> dict[int, int]:
    ids: dict[int, int] = {}
    for part in chunks(point_ids):
        rows = select(Version.point_id, Version.id).where(
            Version.point_id.in_(part), Version.status == Status.DRAFT
        )
        ids |= dict(session.execute(rows).tuples().all())
    return ids
