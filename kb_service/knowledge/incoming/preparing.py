"""Makes rows ready: their columns, what they cite, the codes they will have. Each call is a short transaction's work."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select

from kb_service.core.db import Database, ReadSession, WriteSession, affected
from kb_service.core.ids import next_numbers
from kb_service.knowledge.content import PointDraft, content_hash
from kb_service.knowledge.incoming.attaching import ReadyFile
from kb_service.knowledge.incoming.model import (
    Incoming,
    IncomingCitation,
    IncomingCode,
    IncomingFile,
    IncomingOrigin,
)
from kb_service.knowledge.model import Point
from kb_service.knowledge.moving_in.rules import OriginFacts
from kb_service.knowledge.service.bulk import resolved
from kb_service.knowledge.service.lookups import Directory, chunks
from kb_service.knowledge.supersession.rules import citations

COUNTER = "knowledge.point"
TABLES = (IncomingFile, IncomingOrigin, IncomingCitation, IncomingCode, Incoming)


@dataclass(frozen=True)
class Ready:
    """A row that is to become the version after `base` of the point `code`; 0: a new point, None: a fresh code."""

    row: int
    base: int
    unit: str
    draft: PointDraft
    code: str | None = None
    origin: OriginFacts | None = None


@dataclass(frozen=True)
class Prepared:
    """Rows as they will lie in the tables."""

    rows: list[dict[str, Any]]
    cited: list[dict[str, Any]]
    origins: list[dict[str, Any]]
    files: list[dict[str, Any]]


def prepare(
    directory: Directory,
    batch_id: str,
    rows: Iterable[Ready],
    files: Iterable[tuple[int, Sequence[ReadyFile]]] = (),
) -> Prepared:
    """Puts rows in which nothing is wrong into columns; needs no database.

    `files` are those of any rows, also of rows that something is still wrong with.
    """
    found, cited, origins = [], [], []
    for each in rows:
        columns = _columns(directory, each)
        found.append(columns | {"batch_id": batch_id})
        cited += [
            {"batch_id": batch_id, "row": each.row, "kind": kind, "cited": name}
            for kind, name in sorted(citations(columns["content"]))
        ]
        if each.origin is not None:
            origins.append({"batch_id": batch_id, "row": each.row, **vars(each.origin)})
    named = [
        {"batch_id": batch_id, "row": row, "rank": rank, **vars(each)}
        for row, several in files
        for rank, each in enumerate(several)
    ]
    return Prepared(found, cited, origins, named)


def keep(session: WriteSession, prepared: Prepared) -> None:
    """What was kept of the same rows before must be gone (`forget`)."""
    if prepared.rows:
        session.execute(insert(Incoming), prepared.rows)
    if prepared.cited:
        session.execute(insert(IncomingCitation), prepared.cited)
    if prepared.origins:
        session.execute(insert(IncomingOrigin), prepared.origins)
    if prepared.files:
        session.execute(insert(IncomingFile), prepared.files)


def _columns(directory: Directory, each: Ready) -> dict[str, Any]:
    unit = directory.unit(each.unit)
    draft = resolved(unit, each.draft)
    return directory.columns(unit, draft) | {
        "row": each.row,
        "code": each.code,
        "base": each.base,
        "unit_id": unit.id,
        "type": draft.content.type,
        "replaces": [one.model_dump() for one in draft.replaces] or None,
        "content_hash": content_hash(draft),
    }


def forget(session: WriteSession, batch_id: str, first: int, last: int) -> int:
    """Drops what is kept of the rows from one number to another; returns how many rows those were."""
    gone = 0
    for table in TABLES:
        within = (table.batch_id == batch_id, table.row.between(first, last))
        gone = affected(session, delete(table).where(*within))
    return gone


def forget_files(session: WriteSession, batch_id: str) -> None:
    """Also those of rows that were never made ready; from now on nothing here keeps them from being cleared."""
    session.execute(delete(IncomingFile).where(IncomingFile.batch_id == batch_id))


def kept_rows(session: ReadSession, batch_id: str, limit: int, after: int = 0) -> Sequence[int]:
    """The numbers of rows kept, in their order."""
    rows = (
        select(Incoming.row)
        .where(Incoming.batch_id == batch_id, Incoming.row > after)
        .order_by(Incoming.row)
        .limit(limit)
    )
    return session.execute(rows).scalars().all()


def reserve_codes(database: Database, batch_id: str) -> None:
    """Gives every row the code it will be written under, some rows a transaction. Numbers that come to nothing are
    lost; of two who do this at once, the later one's codes hold."""
    columns = (Incoming.row, Incoming.code, Incoming.base, Incoming.unit_id, Incoming.type)
    with database.read() as session:
        wanted = select(*columns).where(Incoming.batch_id == batch_id).order_by(Incoming.row)
        rows = [Unnamed(*row) for row in session.execute(wanted)]
    given = {each.code for each in rows if each.code}
    before = -1
    for part in chunks(rows):
        with database.write() as session:
            _reserve(session, batch_id, part, given, after=before)
        before = part[-1].row


def hold(session: WriteSession, batch_id: str) -> None:
    """Those who reserve codes for one batch or write it at once come one after the other: codes that changed
    between two statements of one who writes would leave points without versions."""
    first = select(Incoming.row).where(Incoming.batch_id == batch_id).order_by(Incoming.row).limit(1)
    session.execute(first.with_for_update())


class Unnamed(NamedTuple):
    row: int
    code: str | None
    base: int
    unit_id: int
    type: str


def _reserve(
    session: WriteSession, batch_id: str, rows: Sequence[Unnamed], given: set[str], *, after: int
) -> None:
    last = rows[-1].row
    hold(session, batch_id)
    within = (IncomingCode.batch_id == batch_id, IncomingCode.row > after, IncomingCode.row <= last)
    session.execute(delete(IncomingCode).where(*within))
    fresh = iter(_fresh(session, sum(each.code is None for each in rows), given))
    named = [{**each._asdict(), "batch_id": batch_id, "code": each.code or next(fresh)} for each in rows]
    session.execute(insert(IncomingCode), named)


def _fresh(session: WriteSession, wanted: int, given: set[str]) -> list[str]:
    found: list[str] = []
    while len(found) < wanted:
        numbers = next_numbers(session, COUNTER, wanted - len(found))
        codes = [f"K{number:06d}" for number in numbers]
        taken = _taken(session, codes)
        found += [code for code in codes if code not in taken and code not in given]
    return found


def _taken(session: ReadSession, codes: Sequence[str]) -> set[str]:
    """Those of consecutive codes that points have already."""
    taken: set[str] = set()
    for length in {len(codes[0]), len(codes[-1])}:
        same = [code for code in codes if len(code) == length]
        between = select(Point.code).where(
            Point.code >= same[0], Point.code <= same[-1], func.length(Point.code) == length
        )
        taken |= set(session.execute(between).scalars())
    return taken


def fingerprint(directory: Directory) -> str:
    """Equal for directories against which every row is checked alike."""
    parts = (
        sorted(
            (unit.id, unit.code, unit.name, unit.region_code, unit.parent_id)
            for unit in directory.units.values()
        ),
        sorted((each.id, each.code, each.path, each.leaf) for each in directory.categories.values()),
        sorted(directory.held),
        sorted(directory.region_levels.items()),
        sorted(directory.matters),
        sorted(directory.roles),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()
