"""From rows made ready to versions, all of a batch or none, by statements that stay inside the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased

from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, UtcDateTime, WriteSession
from kb_service.knowledge.attachments.model import VersionAttachment
from kb_service.knowledge.content import TYPE_NAMES
from kb_service.knowledge.incoming import attaching
from kb_service.knowledge.incoming.model import (
    Incoming,
    IncomingCitation,
    IncomingCode,
    IncomingFile,
    IncomingOrigin,
)
from kb_service.knowledge.model import Point, Review, Version
from kb_service.knowledge.moving_in.model import Origin
from kb_service.knowledge.reviewing.model import VersionChain
from kb_service.knowledge.rules import OPEN, Status, Step
from kb_service.knowledge.service import announce
from kb_service.knowledge.service.lookups import Directory, require_account
from kb_service.knowledge.service.staff import Staff
from kb_service.knowledge.supersession.model import Citation, Supersession

_SAME = (
    "title", "content", "category_id", "region_code", "matter_code", "audience", "roles", "access", "keywords",
    "source", "effective_from", "effective_to", "release_at", "supersedes_code", "note", "content_hash",
)  # fmt: skip
CACHE_KB = 64_000
# A unit and a type: what decides the chain of reviews.
Place = tuple[int, str]
_BEFORE = aliased(Version)
_TARGET = and_(IncomingCode.batch_id == Incoming.batch_id, IncomingCode.row == Incoming.row)


@dataclass(frozen=True)
class Moved:
    """A row whose point is no longer what it was when the row was made ready."""

    row: int
    code: str
    open_number: int | None


def moved(session: ReadSession, batch_id: str) -> list[Moved]:
    """Rows whose point has come, gone on, changed hands, or is being written or reviewed by now."""
    rows = (
        select(IncomingCode.row, IncomingCode.code, Version.number)
        .outerjoin(Point, Point.code == IncomingCode.code)
        .outerjoin(Version, (Version.point_id == Point.id) & Version.status.in_(OPEN))
        .where(
            IncomingCode.batch_id == batch_id,
            or_(
                func.coalesce(Point.latest, 0) != IncomingCode.base,
                Point.unit_id != IncomingCode.unit_id,
                Point.type != IncomingCode.type,
                Version.number.is_not(None),
            ),
        )
        .order_by(IncomingCode.row)
    )
    return [Moved(*row) for row in session.execute(rows)]


def units_of(session: ReadSession, batch_id: str) -> set[int]:
    units = select(Incoming.unit_id).where(Incoming.batch_id == batch_id).distinct()
    return set(session.execute(units).scalars())


def nameless(batch_id: str) -> Select[Any]:
    """Row, unit, type, title and document number of the rows that make a new point and give no code."""
    number = case((Incoming.type == "policy", Incoming.content["document_number"].as_string()), else_="")
    return select(Incoming.row, Incoming.unit_id, Incoming.type, Incoming.title, number).where(
        Incoming.batch_id == batch_id, Incoming.code.is_(None)
    )


def make_room(session: WriteSession) -> None:
    """Lets SQLite keep more of a large transaction in memory, for the rest of this connection's life."""
    if session.dialect_name == "sqlite":
        session.execute(text(f"PRAGMA cache_size = -{CACHE_KB}"))


def lock_points(session: WriteSession, batch_id: str) -> None:
    known = select(IncomingCode.code).where(IncomingCode.batch_id == batch_id, IncomingCode.base > 0)
    held = select(Point.id).where(Point.code.in_(known)).order_by(Point.id)
    session.execute(held.with_for_update()).all()


def write(session: WriteSession, ctx: Context, directory: Directory, batch_id: str, *, submit: bool) -> None:
    """Every row of the batch becomes the newest version of its point, filed for review or as a draft.

    The caller has reserved the codes, holds the points and has seen that nothing has `moved`.
    """
    ctx.actor.require("knowledge.edit")
    author_id = require_account(ctx)
    staff = Staff(session, directory)
    steps = {
        (unit, type_): staff.first_step(unit, type_, frozenset({author_id}))
        for unit in sorted(units_of(session, batch_id))
        for type_ in TYPE_NAMES
    }
    status = _status(steps) if submit else literal(Status.DRAFT.value)
    _write_points(session, ctx, batch_id)
    _write_versions(session, ctx, batch_id, author_id, status if submit else None)
    _write_citations(session, batch_id)
    _write_origins(session, batch_id)
    _write_replacements(session, batch_id)
    _write_attachments(session, ctx, batch_id)
    _carry_attachments(session, ctx, batch_id)
    if submit:
        _file_late(session, ctx, batch_id, status)
    after: dict[str, ColumnElement[Any]] = {"number": IncomingCode.base + 1, "batch": literal(batch_id)}
    if submit:
        _write_passes(session, ctx, batch_id, steps)
        _note(session, ctx, batch_id, "version.filed", after | {"status": status})
        _write_chains(session, staff, batch_id, steps)
        stages: Mapping[Status, set[int]] = defaultdict(set)
        for (unit, _), step in steps.items():
            stages[step.status].add(unit)
        announce.batch_awaiting(session, ctx, staff, batch_id, stages)
    else:
        _note(session, ctx, batch_id, "version.drafted", after)


def _status(steps: Mapping[Place, Step]) -> ColumnElement[str]:
    """By unit; by unit and type only where a unit's types begin at different stages."""
    of_units: dict[int, Status] = {}
    for (unit, _), step in steps.items():
        of_units.setdefault(unit, step.status)
    by_unit = case({unit: status.value for unit, status in of_units.items()}, value=IncomingCode.unit_id)
    others = [
        (and_(IncomingCode.unit_id == unit, IncomingCode.type == type_), literal(step.status.value))
        for (unit, type_), step in steps.items()
        if step.status != of_units[unit]
    ]
    return case(*others, else_=by_unit) if others else by_unit


def _write_chains(session: WriteSession, staff: Staff, batch_id: str, places: Iterable[Place]) -> None:
    """What is filed under another chain than the standard one keeps it (see filing)."""
    for unit, type_ in places:
        stages = staff.chain(unit, type_)
        if stages != staff.standard(unit):
            kept = literal(list(stages), VersionChain.__table__.c.stages.type)
            rows = _written(batch_id, Version.id, kept).where(
                IncomingCode.unit_id == unit, IncomingCode.type == type_
            )
            session.execute(insert(VersionChain).from_select(["version_id", "stages"], rows))


def _now(ctx: Context) -> ColumnElement[Any]:
    return literal(ctx.now, UtcDateTime)


def _write_points(session: WriteSession, ctx: Context, batch_id: str) -> None:
    known = select(IncomingCode.code).where(IncomingCode.batch_id == batch_id, IncomingCode.base > 0)
    session.execute(
        update(Point)
        .where(Point.code.in_(known))
        .values(latest=Point.latest + 1, touched_at=ctx.now)
        .execution_options(synchronize_session=False)
    )
    fresh = (
        select(
            IncomingCode.code,
            IncomingCode.type,
            IncomingCode.unit_id,
            literal(1, Integer),
            _now(ctx),
            _now(ctx),
        )
        .where(IncomingCode.batch_id == batch_id, IncomingCode.base == 0)
        .order_by(IncomingCode.row)
    )
    columns = ["code", "type", "unit_id", "latest", "created_at", "touched_at"]
    session.execute(insert(Point).from_select(columns, fresh))


def _write_versions(
    session: WriteSession, ctx: Context, batch_id: str, author_id: int, status: ColumnElement[str] | None
) -> None:
    """What a version replaces, and its attachments, are told of drafts only: such rows are filed after that."""
    now, draft = _now(ctx), literal(Status.DRAFT.value)
    if status is None:
        given: dict[str, Any] = {"status": draft}
    else:
        at_once = ~_is_late()
        given = {
            "status": case((at_once, status), else_=draft),
            "filed_at": case((at_once, func.coalesce(_told_filing(), now)), else_=null()),
        }
    given |= {
        "point_id": Point.id,
        "number": IncomingCode.base + 1,
        "author_id": literal(author_id),
        "batch_id": literal(batch_id),
        "created_at": now,
        "changed_at": now,
    }
    rows = (
        select(*(getattr(Incoming, name) for name in _SAME), *given.values())
        .join(IncomingCode, _TARGET)
        .join(Point, Point.code == IncomingCode.code)
        .where(Incoming.batch_id == batch_id)
        .order_by(Incoming.row)
    )
    session.execute(insert(Version).from_select([*_SAME, *given], rows))


def _told_filing() -> ScalarSelect[Any]:
    """When a row that moves in was filed in the other system; that cannot be written later."""
    same_row = and_(IncomingOrigin.batch_id == Incoming.batch_id, IncomingOrigin.row == Incoming.row)
    return select(IncomingOrigin.filed_at).where(same_row).correlate(Incoming).scalar_subquery()


def _written(batch_id: str, *columns: Any) -> Select[Any]:
    """The versions just written, with the rows they come from."""
    return (
        select(*columns)
        .select_from(IncomingCode)
        .join(Point, Point.code == IncomingCode.code)
        .join(Version, (Version.point_id == Point.id) & (Version.number == IncomingCode.base + 1))
        .where(IncomingCode.batch_id == batch_id)
    )


def _write_citations(session: WriteSession, batch_id: str) -> None:
    same_row = and_(
        IncomingCitation.batch_id == IncomingCode.batch_id, IncomingCitation.row == IncomingCode.row
    )
    rows = _written(batch_id, Version.id, IncomingCitation.kind, IncomingCitation.cited).join(
        IncomingCitation, same_row
    )
    session.execute(insert(Citation).from_select(["version_id", "kind", "cited"], rows))


def _write_origins(session: WriteSession, batch_id: str) -> None:
    same_row = and_(IncomingOrigin.batch_id == IncomingCode.batch_id, IncomingOrigin.row == IncomingCode.row)
    told = ("system", "origin_id", "uploaded_at", "filed_at", "approved_by", "approved_at")
    rows = _written(batch_id, Version.id, *(getattr(IncomingOrigin, name) for name in told))
    session.execute(insert(Origin).from_select(["version_id", *told], rows.join(IncomingOrigin, same_row)))


def _write_replacements(session: WriteSession, batch_id: str) -> None:
    rows = session.execute(
        _written(batch_id, Version.id, Incoming.replaces)
        .join(Incoming, _TARGET)
        .where(Incoming.replaces.is_not(None))
    ).all()
    replaced = [
        {
            "version_id": version_id,
            "replaced_code": each["code"],
            "whole": not each["articles"],
            "articles": "、".join(each["articles"]),
        }
        for version_id, replaces in rows
        for each in replaces
    ]
    if replaced:
        session.execute(insert(Supersession), replaced)


def _write_attachments(session: WriteSession, ctx: Context, batch_id: str) -> None:
    same_row = and_(IncomingFile.batch_id == IncomingCode.batch_id, IncomingFile.row == IncomingCode.row)
    columns = (Version.id, IncomingFile.name, IncomingFile.sha256, IncomingFile.size, IncomingFile.media_type)
    rows = _written(batch_id, *columns).join(IncomingFile, same_row)
    found = session.execute(rows.order_by(IncomingFile.row, IncomingFile.rank)).all()
    attaching.attach(session, ctx, [(row[0], attaching.ReadyFile(*row[1:])) for row in found])


def _carry_attachments(session: WriteSession, ctx: Context, batch_id: str) -> None:
    """A row that names no files keeps those of the version before, as a draft begun by hand does."""
    carried: dict[str, Any] = {
        "version_id": Version.id,
        "attachment_id": VersionAttachment.attachment_id,
        "kind": VersionAttachment.kind,
        "carried": literal(True),
        "attached_by": VersionAttachment.attached_by,
        "attached_at": _now(ctx),
    }
    rows = (
        _written(batch_id, *carried.values())
        .join(Incoming, _TARGET)
        .join(_BEFORE, (_BEFORE.point_id == Point.id) & (_BEFORE.number == IncomingCode.base))
        .join(VersionAttachment, VersionAttachment.version_id == _BEFORE.id)
        .where(~_names_files())
        .order_by(VersionAttachment.id)
    )
    session.execute(insert(VersionAttachment).from_select(list(carried), rows))


def _names_files() -> ColumnElement[bool]:
    return exists().where(IncomingFile.batch_id == Incoming.batch_id, IncomingFile.row == Incoming.row)


def _is_late() -> ColumnElement[bool]:
    kept = and_(
        IncomingCode.base > 0,
        exists().where(
            VersionAttachment.version_id == _BEFORE.id,
            _BEFORE.point_id == Point.id,
            _BEFORE.number == IncomingCode.base,
        ),
    )
    return or_(Incoming.replaces.is_not(None), _names_files(), kept)


def _file_late(session: WriteSession, ctx: Context, batch_id: str, status: ColumnElement[str]) -> None:
    filed_at = func.coalesce(_told_filing(), _now(ctx))
    rows = session.execute(
        _written(batch_id, Version.id, status, filed_at).join(Incoming, _TARGET).where(_is_late())
    ).all()
    if rows:
        session.execute(
            update(Version), [{"id": each[0], "status": each[1], "filed_at": each[2]} for each in rows]
        )


def _write_passes(session: WriteSession, ctx: Context, batch_id: str, steps: Mapping[Place, Step]) -> None:
    passed: Mapping[tuple[Status, str], Mapping[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for (unit, type_), step in steps.items():
        for stage, reason in step.passed:
            passed[stage, reason][type_].append(unit)
    for (stage, reason), units in passed.items():
        of_types = [
            and_(IncomingCode.type == type_, IncomingCode.unit_id.in_(found))
            for type_, found in units.items()
        ]
        _write_pass(session, ctx, batch_id, or_(*of_types), stage, reason)


def _write_pass(
    session: WriteSession,
    ctx: Context,
    batch_id: str,
    which: ColumnElement[bool],
    stage: Status,
    reason: str,
) -> None:
    remarks = literal({}, Review.__table__.c.remarks.type)
    given: dict[str, Any] = {
        "version_id": Version.id,
        "author_id": Version.author_id,
        "stage": literal(stage.value),
        "decision": literal("pass"),
        "reason": literal(reason),
        "remarks": remarks,
        "at": _now(ctx),
    }
    rows = _written(batch_id, *given.values()).where(which).order_by(IncomingCode.row)
    session.execute(insert(Review).from_select(list(given), rows))


def _note(
    session: WriteSession, ctx: Context, batch_id: str, action: str, after: Mapping[str, ColumnElement[Any]]
) -> None:
    make = func.json_object if session.dialect_name == "sqlite" else func.jsonb_build_object
    told = make(*(part for key, value in after.items() for part in (literal(key), value)))
    subject = literal("point:").concat(IncomingCode.code)
    rows = (
        select(subject.label("subject"), told.label("after"))
        .where(IncomingCode.batch_id == batch_id)
        .order_by(IncomingCode.row)
    )
    audit.record_selected(session, ctx, action, rows)
