"""Taking knowledge out: every file is allowed, marked and registered, or does not leave."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, select

from kb_service.core import audit, paging
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Forbidden, Invalid, TooLarge
from kb_service.core.ids import new_id
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.identity.service import people
from kb_service.knowledge.corrections.service import standing
from kb_service.knowledge.exports import rules
from kb_service.knowledge.exports.model import Export, ExportAuthorisation, ExportedVersion, ExportGrant
from kb_service.knowledge.exports.rules import Basis, Format
from kb_service.knowledge.exports.service import authorising, writing
from kb_service.knowledge.exports.service.writing import Mark, Row
from kb_service.knowledge.model import Category, Point, Version
from kb_service.knowledge.service.conditions import in_validity, live_at
from kb_service.knowledge.service.lookups import Directory, chunks, require_account
from kb_service.knowledge.service.views import select_views, views

FOLDER = "exports"


@dataclass(frozen=True)
class Scope:
    """Whose points, of which kinds. `code` is the authorisation it rests on."""

    basis: Basis
    unit_ids: Collection[int]
    categories: Collection[str] = ()
    types: Collection[str] = ()
    audiences: Collection[str] = rules.AUDIENCES
    code: str = ""
    authorisation_id: int | None = None
    purpose: str = ""
    recipient: str = ""

    def told(self) -> dict[str, Any]:
        return {
            "units": sorted(self.unit_ids),
            "categories": list(self.categories),
            "types": list(self.types),
            "audiences": list(self.audiences),
            "authorisation": self.code,
        }


@dataclass(frozen=True)
class Taken:
    """A finished file in a folder of the service, for its reader to remove once it was sent."""

    path: Path
    name: str
    code: str
    points: int


def take(
    parts: Runtime,
    ctx: Context,
    format: Format,  # noqa: A002 - the word people use
    *,
    authorisation: str = "",
    unit: str = "",
) -> Taken:
    """A file on an authorisation in force, or without one of the points of the actor's own unit.

    Raises Forbidden where nothing allows it. The file is written aside first and is registered in a short
    transaction, in which what allows it is looked at once more: what cannot be registered does not leave.
    """
    account = require_account(ctx)
    if format not in rules.FORMATS:
        raise Invalid(f"没有“{format}”这种格式，可用：{'、'.join(rules.FORMATS)}。", code="unknown_format")
    folder = parts.settings.var_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    code = new_id()
    path = folder / f"{code}.{format}"
    try:
        with parts.database.read() as session:
            scope = scope_of(session, ctx, authorisation, unit)
            mark = _mark(session, ctx, scope, code)
            left: list[int] = []
            writing.write(path, format, mark, _rows(session, ctx, scope, left))
        with parts.database.write() as session:
            _require_still(session, ctx, scope, unit)
            _register(session, ctx, scope, Export(code=code, account_id=account, format=format), path, left)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Taken(path, f"knowledge-{local_day(ctx.now):%Y%m%d}-{code[-8:]}.{format}", code, len(left))


def scope_of(session: ReadSession, ctx: Context, authorisation: str, unit: str = "") -> Scope:
    """What the actor may take now. Raises Forbidden without a standing authorisation of their own."""
    if not authorisation:
        return _own(session, ctx, unit)
    row = authorising.find(session, authorisation)
    if row.requester_id != ctx.actor.account_id:
        raise Forbidden("只有申请人本人能按授权导出。", code="not_the_requester")
    grants = _granted(session, row)
    state = authorising.state_of(row, list(grants.values()), ctx.now)
    if state != "in_force":
        raise Forbidden(
            f"导出授权 {row.code} {rules.STATES[state]}，不能导出。须每个所属单位授权并经热线管理机构同意，且在期限内。",
            code="not_authorised",
            extra={"clause": "SG-30", "state": state},
        )
    return Scope(
        "authorised",
        sorted(grants),
        row.categories,
        row.types,
        sorted(set(row.audiences).intersection(rules.AUDIENCES)),
        row.code,
        row.id,
        row.purpose,
        row.recipient,
    )


def _own(session: ReadSession, ctx: Context, code: str) -> Scope:
    """A unit maintaining what is its own needs nobody's leave; the register knows of it all the same."""
    unit = people.unit_by_code(session, code) if code else session.get_one(Unit, _unit(ctx))
    if not (rules.own_use(_unit(ctx), [unit.id]) and ctx.actor.may("knowledge.edit")):
        raise Forbidden(
            "导出知识须有授权：请先申请，由知识所属单位授权并经热线管理机构同意。",
            code="not_authorised",
            extra={"clause": "SG-30"},
        )
    return Scope("own", [unit.id], purpose="本单位知识维护", recipient=unit.name)


def _granted(session: ReadSession, row: ExportAuthorisation) -> dict[int, str]:
    rows = select(ExportGrant.unit_id, ExportGrant.decision).where(ExportGrant.authorisation_id == row.id)
    return dict(session.execute(rows).tuples().all())


def _require_still(session: WriteSession, ctx: Context, scope: Scope, unit: str) -> None:
    if scope.code:
        authorising.locked(session, scope.code)
    if scope_of(session, ctx, scope.code, unit) != scope:
        raise Forbidden("授权刚刚有了变动，请重新导出。", code="not_authorised")


def _mark(session: ReadSession, ctx: Context, scope: Scope, code: str) -> Mark:
    names = select(Unit.name).where(Unit.id.in_(scope.unit_ids)).order_by(Unit.code)
    return Mark(
        code=code,
        at=ctx.now,
        by=ctx.actor.name,
        basis=rules.BASES[scope.basis],
        authorisation=scope.code,
        purpose=scope.purpose,
        recipient=scope.recipient,
        units="、".join(session.execute(names).scalars()),
    )


def _rows(session: ReadSession, ctx: Context, scope: Scope, left: list[int]) -> Iterator[Row]:
    """Live versions in force, in the order of points, a piece at a time; `left` collects their ids."""
    conditions = _conditions(session, ctx, scope)
    after = 0
    while True:
        statement = (
            select_views().where(*conditions, Point.id > after).order_by(Point.id).limit(rules.AT_ONCE)
        )
        found = views(session, statement, ctx.now)
        if not found:
            return
        held = standing.held(session, [view.code for view in found])
        for view in found:
            if len(left) >= rules.MOST_POINTS:
                raise TooLarge(
                    f"一次最多导出 {rules.MOST_POINTS} 条，请按类目或类型分次申请。", code="too_many_points"
                )
            left.append(view.version_id)
            correction = held.get((view.code, view.number))
            yield Row(view.without_secrets(ctx.now), correction.hold if correction else "")
        after = found[-1].point_id
        session.expunge_all()


def _conditions(session: ReadSession, ctx: Context, scope: Scope) -> list[ColumnElement[bool]]:
    """What waits for its release, has ended, or is for certain roles never leaves, whoever asks."""
    wanted = [
        live_at(ctx.now),
        in_validity("in_force", local_day(ctx.now)),
        Version.audience.in_(set(scope.audiences).intersection(rules.AUDIENCES)),
        Point.unit_id.in_(scope.unit_ids),
    ]
    if scope.types:
        wanted.append(Point.type.in_(scope.types))
    if scope.categories:
        wanted.append(Version.category_id.in_(_below(session, scope.categories)))
    return wanted


def _below(session: ReadSession, codes: Collection[str]) -> list[int]:
    """Categories with all that is below them."""
    directory = Directory.load(session)
    wanted = set(codes)
    return [
        each.id
        for each in directory.categories.values()
        if wanted.intersection(directory.category_chain(each.id))
    ]


def _register(
    session: WriteSession, ctx: Context, scope: Scope, row: Export, path: Path, left: list[int]
) -> None:
    with path.open("rb") as file:
        row.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    row.basis, row.authorisation_id = scope.basis, scope.authorisation_id
    row.actor, row.unit_id, row.source = ctx.actor.name, _unit(ctx), ctx.source[:80]
    row.at, row.scope, row.points, row.size = ctx.now, scope.told(), len(left), path.stat().st_size
    session.add(row)
    session.flush()
    for part in chunks(left):
        session.execute(insert(ExportedVersion), [{"export_id": row.id, "version_id": each} for each in part])
    after = {"points": row.points, "sha256": row.sha256, "authorisation": scope.code, "basis": row.basis}
    audit.record(
        session, ctx, "export.taken", f"export:{scope.code or row.code}", after=after, reason=scope.purpose
    )


def _unit(ctx: Context) -> int:
    if ctx.actor.unit_id is None:
        raise Forbidden("导出知识须以单位人员的账号登录。", code="account_required")
    return ctx.actor.unit_id


def register(
    session: ReadSession,
    ctx: Context,
    *,
    authorisation: str = "",
    sha256: str = "",
    point: str = "",
    cursor: str = "",
    limit: int = 20,
) -> paging.Page[Export]:
    """Who took what, the newest first. `sha256` finds which export a file came from, `point` who has a point."""
    rows = select(Export).where(_seen_by(ctx)).order_by(Export.id.desc())
    if authorisation:
        rows = rows.where(Export.authorisation_id == authorising.find(session, authorisation).id)
    if sha256:
        rows = rows.where(Export.sha256 == sha256.lower())
    if point:
        of_point = (
            select(ExportedVersion.export_id)
            .join(Version, Version.id == ExportedVersion.version_id)
            .join(Point, Point.id == Version.point_id)
            .where(Point.code == point)
        )
        rows = rows.where(Export.id.in_(of_point))
    if cursor:
        rows = rows.where(Export.id < paging.decode_cursor(cursor, [int])[0])
    found = session.execute(rows.limit(limit + 1)).scalars().all()
    return paging.page_of(found, limit, lambda row: [row.id])


def _seen_by(ctx: Context) -> ColumnElement[bool]:
    """The centre and the auditor see all, a unit's leader what held the unit's knowledge, others their own."""
    mine = Export.account_id == ctx.actor.account_id
    if ctx.actor.may(authorising.CONSENT) or ctx.actor.may("audit.read"):
        return Export.id.is_not(None)
    if not ctx.actor.may(authorising.GRANT):
        return mine
    of_unit = (
        select(ExportedVersion.export_id)
        .join(Version, Version.id == ExportedVersion.version_id)
        .join(Point, Point.id == Version.point_id)
        .where(Point.unit_id == ctx.actor.unit_id)
    )
    return mine | Export.id.in_(of_unit)


@dataclass(frozen=True)
class Counted:
    unit_code: str
    unit_name: str
    type: str
    category_path: str
    points: int


def statistics(session: ReadSession, ctx: Context) -> list[Counted]:
    """How many points are live, by unit, type and category: numbers alone, which no clause ties to a leave."""
    ctx.actor.require("stats.read")
    rows = (
        select(Unit.code, Unit.name, Point.type, Category.path, func.count(Point.id))
        .select_from(Version)
        .join(Point, Point.id == Version.point_id)
        .join(Unit, Unit.id == Point.unit_id)
        .join(Category, Category.id == Version.category_id)
        .where(and_(live_at(ctx.now), Version.audience.in_(rules.AUDIENCES)))
        .group_by(Unit.code, Unit.name, Point.type, Category.path)
        .order_by(Unit.code, Point.type, Category.path)
    )
    return [Counted(*row) for row in session.execute(rows)]


def sweep(folder: Path, now: datetime) -> int:
    """Removes files that a broken connection left behind."""
    old = [path for path in folder.glob("*") if now.timestamp() - path.stat().st_mtime > 3_600]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
