"""Reading a file into a batch: every row is checked and kept, nothing reaches the knowledge base yet.

A large file is staged in transactions of its own, a chunk each, so that nobody waits for it.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from sqlalchemy import delete, insert, select, update

from ingestion.cells import is_empty
from ingestion.columns import COLUMNS
from ingestion.drafting import Names, ParsedRow, parse_row
from ingestion.mapping import ColumnMatcher
from ingestion.model import Batch, StagedRow
from ingestion.readers import open_table
from ingestion.readers.sniffing import size_of
from ingestion.readers.table import Fault, Limits, RawRow, Table, printable
from ingestion.recognising.values import Evidence
from ingestion.rules import BatchStatus
from ingestion.service.access import move, require_importer, views_of, visible_batch
from ingestion.service.checking import Checked, Checker, draft_of, names_in
from ingestion.views import BatchView, Counts
from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import Database, WriteSession
from kb_service.core.errors import Forbidden, Invalid, KbError
from kb_service.core.ids import new_id
from kb_service.knowledge.service.lookups import Directory

CHUNK = 1_000
NAME_LENGTH = 120
FILENAME_LENGTH = 200
DEFAULT_LIMITS = Limits()

Progress = Callable[[int], None]


@dataclass
class _Work:
    """One file on its way into one batch."""

    database: Database
    ctx: Context
    batch_id: str
    checker: Checker
    counts: Counter[str]
    progress: Progress | None

    def put(self, rows: Iterable[ParsedRow]) -> None:
        rows = iter(rows)
        while chunk := list(islice(rows, CHUNK)):
            with self.database.read() as session:
                checked = self.checker.check(session, self.ctx, chunk)
            self._count(checked)
            with self.database.write() as session:
                self.keep(session, checked)
                session.execute(
                    update(Batch).where(Batch.id == self.batch_id).values(counts=dict(self.counts))
                )
            if self.progress is not None:
                self.progress(self.counts["rows"])

    def keep(self, session: WriteSession, checked: Sequence[Checked]) -> None:
        session.execute(insert(StagedRow), [each.values(self.batch_id) for each in checked])

    def _count(self, checked: list[Checked]) -> None:
        for each in checked:
            self.counts["rows"] += 1
            self.counts[each.status.value] += 1
            self.counts["warning"] += any(problem.level == "warning" for problem in each.row.problems)


def stage(
    database: Database,
    ctx: Context,
    file: BinaryIO,
    filename: str,
    *,
    name: str = "",
    mapping: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    sheet: str = "",
    submit: bool = True,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> BatchView:
    """Reads and checks a file as a dry run, and keeps its rows in a batch that waits to be applied.

    `mapping` says by header which column it is ("" for none), `defaults` gives by key what an empty cell
    means, `progress` is told the number of rows after each chunk. Raises Invalid or TooLarge for what makes
    the file as a whole unreadable; what is wrong with a row stays with the row.
    """
    require_importer(ctx)
    filename = _filename(filename)
    given = _defaults(defaults)
    matcher = ColumnMatcher(mapping)
    size = size_of(file)
    sha256 = _fingerprint(file) if size <= limits.bytes else ""
    table = open_table(file, filename, limits, sheet=sheet)
    if table.headers is not None:
        matcher.match_all(table.headers, given)
    with database.read() as session:
        directory = Directory.load(session)
        names = names_in(session, directory)
    batch = _new_batch(ctx, filename, table, name)
    batch.size, batch.sha256, batch.submit = size, sha256, submit
    batch.mapping, batch.defaults = dict(mapping or {}), given
    with database.write() as session:
        session.add(batch)
        audit.record(session, ctx, "import.opened", f"import:{batch.id}", after=_told(batch))
    work = _Work(database, ctx, batch.id, Checker(directory, complete=submit), Counter(), progress)
    return _carry_out(work, matcher, _parsed(table.rows, matcher, names, given), table.headers)


def _carry_out(
    work: _Work, matcher: ColumnMatcher, rows: Iterator[ParsedRow], headers: list[str] | None
) -> BatchView:
    try:
        work.put(rows)
        _refuse_none(work)
        if headers is None:
            matcher.refuse_strangers()
    except KbError as error:
        _give_up(work, error.detail)
        raise
    except BaseException:
        _give_up(work, "读取中断，请重新导入这个文件。")
        raise
    with work.database.write() as session:
        batch = visible_batch(session, work.ctx, work.batch_id)
        columns = [asdict(column) for column in matcher.columns(headers)]
        counts = asdict(Counts(**work.counts))
        move(session, batch, BatchStatus.STAGED, BatchStatus.CHECKED, columns=columns, counts=counts)
        audit.record(session, work.ctx, "import.checked", f"import:{batch.id}", after=counts)
        session.refresh(batch)
        return views_of(session, [batch])[0]


def _refuse_none(work: _Work) -> None:
    if not work.counts["rows"]:
        raise Invalid("文件里只有表头，没有内容行。", code="no_rows")


def _give_up(work: _Work, reason: str) -> None:
    with work.database.write() as session:
        drop_rows(session, work.batch_id)
        batch = visible_batch(session, work.ctx, work.batch_id)
        move(session, batch, BatchStatus.STAGED, BatchStatus.FAILED, problem=reason)
        audit.record(session, work.ctx, "import.failed", f"import:{batch.id}", reason=reason)


def drop_rows(session: WriteSession, batch_id: str) -> None:
    session.execute(delete(StagedRow).where(StagedRow.batch_id == batch_id))


def recheck(database: Database, ctx: Context, batch_id: str, progress: Progress | None = None) -> BatchView:
    """Checks a batch again, against the base as it is now."""
    require_importer(ctx)
    with database.write() as session:
        batch = visible_batch(session, ctx, batch_id)
        move(session, batch, BatchStatus.CHECKED, BatchStatus.STAGED)
    with database.read() as session:
        directory = Directory.load(session)
        names = names_in(session, directory)
    matcher = ColumnMatcher(batch.mapping)
    headers = [column["header"] for column in batch.columns]
    work = _Again(database, ctx, batch_id, Checker(directory, complete=batch.submit), Counter(), progress)
    shown = {column["key"]: column["header"] for column in batch.columns if column["key"]}
    rows = _staged(database, batch_id, shown, lambda raw: parse_row(raw, matcher, names, batch.defaults))
    return _carry_out(work, matcher, rows, headers)


class _Again(_Work):
    """Puts rows in the place of what was found about them before."""

    def keep(self, session: WriteSession, checked: Sequence[Checked]) -> None:
        first, last = checked[0].row.raw.number, checked[-1].row.raw.number
        old = (StagedRow.batch_id == self.batch_id, StagedRow.row.between(first, last))
        session.execute(delete(StagedRow).where(*old))
        super().keep(session, checked)


def _staged(
    database: Database, batch_id: str, headers: Mapping[str, str], parse: Callable[[RawRow], ParsedRow]
) -> Iterator[ParsedRow]:
    """The rows of a batch in their order: what was whole as it is, what was not from its cells."""
    last = 0
    while True:
        statement = (
            select(StagedRow)
            .where(StagedRow.batch_id == batch_id, StagedRow.row > last)
            .order_by(StagedRow.row)
            .limit(CHUNK)
        )
        with database.read() as session:
            rows = session.execute(statement).scalars().all()
        if not rows:
            return
        for row in rows:
            last = row.row
            yield parsed_again(row, headers, parse)


def parsed_again(
    row: StagedRow, headers: Mapping[str, str], parse: Callable[[RawRow], ParsedRow]
) -> ParsedRow:
    evidence = tuple(Evidence(**each) for each in row.evidence or ())
    if row.raw is None:
        assert row.draft is not None
        draft = draft_of(row.draft)
        return ParsedRow(RawRow(row.row, {}, evidence=evidence), headers, row.code, row.type, draft.title, row.unit, draft)
    faults = tuple(Fault(**each) for each in row.raw["faults"])
    return parse(RawRow(row.row, row.raw["cells"], faults, evidence))


def _parsed(
    rows: Iterator[RawRow], matcher: ColumnMatcher, names: Names, defaults: Mapping[str, str]
) -> Iterator[ParsedRow]:
    for raw in rows:
        yield parse_row(raw, matcher, names, defaults)


def _new_batch(ctx: Context, filename: str, table: Table, name: str) -> Batch:
    if ctx.actor.unit_id is None:
        raise Forbidden("导入须由属于某个单位的账号进行。", code="unit_required")
    batch_id = new_id()
    return Batch(
        id=batch_id,
        name=printable(name.strip())[:NAME_LENGTH] or filename[:NAME_LENGTH],
        filename=filename,
        format=table.format,
        sheet=table.sheet[:100],
        status=BatchStatus.STAGED,
        columns=[],
        counts=asdict(Counts()),
        notes=table.notes,
        account_id=require_importer(ctx),
        unit_id=ctx.actor.unit_id,
        created_at=ctx.now,
    )


def _fingerprint(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(2**20):
        digest.update(piece)
    return digest.hexdigest()


def _filename(filename: str) -> str:
    """The last part of what a browser sent as the name."""
    return printable(PurePosixPath(filename.replace("\\", "/")).name)[-FILENAME_LENGTH:]


def _defaults(defaults: Mapping[str, str] | None) -> dict[str, str]:
    given = {key: value for key, value in (defaults or {}).items() if not is_empty(value)}
    strangers = sorted(set(given) - set(COLUMNS))
    if strangers:
        raise Invalid(f"没有“{'”“'.join(strangers)}”这样的列，不能设默认值。", code="bad_mapping")
    return given


def _told(batch: Batch) -> dict[str, Any]:
    return {"name": batch.name, "file": batch.filename, "sha256": batch.sha256, "size": batch.size}
