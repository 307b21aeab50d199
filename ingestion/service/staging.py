"""Reading a file into a batch: every row is checked and kept, nothing reaches the knowledge base yet.

A chunk of rows is a transaction of its own, in which it is also noted how far the reading has come. Killed at
any point, a reading whose file was stored is taken up where it stopped: by the worker, or by whoever sends the
same file again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import BinaryIO

from sqlalchemy import select, update

from ingestion.acceptance import Acceptance, acceptance
from ingestion.drafting import Names, ParsedRow, parse_row
from ingestion.mapping import ColumnMatcher
from ingestion.model import Batch, Run, StagedRow
from ingestion.origins import restored_origin
from ingestion.readers import open_table
from ingestion.readers.table import Fault, Limits, RawRow
from ingestion.recognising.values import Evidence
from ingestion.rules import BatchStatus
from ingestion.service import keeping, runs
from ingestion.service.access import move, require_importer, views_of, visible_batch
from ingestion.service.attaching import Attacher, again
from ingestion.service.checking import Checked, Checker, draft_of, names_in
from ingestion.service.receiving import Order, receive
from ingestion.service.store import FileStore
from ingestion.views import BatchView, Counts
from kb_service.core import audit
from kb_service.core.clock import Clock
from kb_service.core.context import Context
from kb_service.core.db import Database, WriteSession
from kb_service.core.errors import Invalid, KbError
from kb_service.knowledge.incoming.attaching import kept_files
from kb_service.knowledge.incoming.preparing import fingerprint
from kb_service.knowledge.service.lookups import Directory

CHUNK = 500
DEFAULT_LIMITS = Limits()
CLOCK = Clock()
BROKEN_OFF = "读取中断，请重新导入这个文件。"

Progress = Callable[[int], None]


@dataclass
class _Work:
    """One file on its way into one batch, as far as it has come."""

    database: Database
    ctx: Context
    clock: Clock
    batch_id: str
    mark: str
    checker: Checker
    counts: Counter[str]
    progress: Progress | None
    bytes_read: Callable[[], int]
    again: bool

    def put(self, rows: Iterable[ParsedRow]) -> None:
        rows = iter(rows)
        while chunk := list(islice(rows, CHUNK)):
            with self.database.read() as session:
                checked = self.checker.check(session, self.ctx, chunk)
            counts = self._counted(checked)
            kept = keeping.Kept.of(self.checker.directory, self.batch_id, checked)
            with self.database.write() as session:
                runs.advance(
                    session, self.batch_id, self.mark, self.clock.now(),
                    last_row=chunk[-1].raw.number, bytes_read=self.bytes_read(),
                )  # fmt: skip
                keeping.keep(session, kept, replace=self.again)
                told = asdict(Counts(**counts))
                session.execute(update(Batch).where(Batch.id == self.batch_id).values(counts=told))
            self.counts = counts
            if self.progress is not None:
                self.progress(self.counts["rows"])

    def _counted(self, checked: Sequence[Checked]) -> Counter[str]:
        counts = Counter(self.counts)
        for each in checked:
            counts["rows"] += 1
            counts[each.status.value] += 1
            counts["warning"] += any(problem.level == "warning" for problem in each.row.problems)
            counts["near"] += each.near is not None
        return counts


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
    profile: str = "",
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    store: FileStore | None = None,
    clock: Clock = CLOCK,
    later: bool = False,
) -> BatchView:
    """Reads and checks a file as a dry run, and keeps its rows in a batch that waits to be applied.

    `mapping` says by header which column it is ("" for none), `defaults` gives by key what an empty cell
    means, `profile` names an acceptance format, `progress` is told the number of rows after each chunk. With a
    `store` a reading that breaks off can be taken up again; the same file sent again goes on with its batch.
    `later` leaves the reading to the worker, which needs a store.
    Raises Invalid or TooLarge for what makes the file as a whole unreadable; what is wrong with a row stays
    with the row.
    """
    order = Order(name, dict(mapping or {}), dict(defaults or {}), sheet, submit, profile)
    batch_id = receive(database, ctx, file, filename, order, limits, store)
    with database.write() as session:
        batch = visible_batch(session, ctx, batch_id)
        if batch.status == BatchStatus.CHECKED:
            _begin_again(session, batch)
    if later:
        with database.read() as session:
            return views_of(session, [visible_batch(session, ctx, batch_id)])[0]
    return carry_on(
        database, ctx, batch_id, limits=limits, progress=progress, store=store, clock=clock, file=file
    )


def carry_on(
    database: Database,
    ctx: Context,
    batch_id: str,
    *,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    store: FileStore | None = None,
    clock: Clock = CLOCK,
    file: BinaryIO | None = None,
    force: bool = False,
) -> BatchView:
    """Takes a begun batch up where it stopped and brings it to its end.

    `file` is what was sent, where it is at hand; else it is read from the store. `force` takes it from whoever
    is at it. Raises Stopped where somebody is, or where the batch is given up meanwhile.
    """
    require_importer(ctx)
    with database.write() as session:
        batch = visible_batch(session, ctx, batch_id)
        if batch.status != BatchStatus.STAGED:
            return views_of(session, [batch])[0]
        claim = runs.claim(session, batch_id, clock.now(), force=force)
    with database.read() as session:
        directory = Directory.load(session)
        names = names_in(session, directory)
    source = _Source(batch, claim.run, names, acceptance(claim.run.profile), store, limits)
    checker = Checker(directory, complete=batch.submit, accepted=source.accepted)
    work = _Work(
        database=database, ctx=ctx, clock=clock, batch_id=batch_id, mark=claim.mark, checker=checker,
        counts=Counter(batch.counts), progress=progress, bytes_read=lambda: 0, again=claim.run.again,
    )  # fmt: skip
    try:
        _remember(work, claim.run.last_row)
        with ExitStack() as stack:
            matcher, rows, headers = source.open(work, file, stack)
            return _carry_out(work, matcher, rows, headers, store)
    except runs.Stopped:
        raise
    except KbError as error:
        _give_up(work, error.detail, store)
        raise
    except BaseException:
        kept = bool(claim.run.file) or claim.run.again
        _break_off(work, store, kept=kept, attempts=claim.run.attempts)
        raise


@dataclass(frozen=True)
class _Source:
    """Where the rows of a batch come from: its file, or what is staged of it, from where it stopped."""

    batch: Batch
    run: Run
    names: Names
    accepted: Acceptance | None
    store: FileStore | None
    limits: Limits

    def open(
        self, work: _Work, file: BinaryIO | None, stack: ExitStack
    ) -> tuple[ColumnMatcher, Iterator[ParsedRow], list[str] | None]:
        """The columns, the rows that are still to be checked, and the headers where they are known."""
        accepted, after = self.accepted, self.run.last_row
        mapping = accepted.mapping if accepted else self.batch.mapping
        matcher = ColumnMatcher(mapping, exact=accepted is not None)
        parse = _parser(matcher, self.names, self.batch.defaults, accepted)
        if self.run.again:
            headers = [column["header"] for column in self.batch.columns]
            staged = _staged(work.database, self.batch, _shown(self.batch), parse, after)
            return matcher, staged, headers
        opened = file if file is not None else stack.enter_context(_opened(self.store, self.run.file))
        table = open_table(
            opened, self.batch.filename, _within(self.limits, accepted), sheet=self.batch.sheet
        )
        if table.headers is not None:
            matcher.match_all(table.headers, self.batch.defaults)
        if table.format in {"csv", "jsonl"}:
            work.bytes_read = opened.tell
        if table.bundle is not None:
            table.bundle.matcher = matcher
        attach = Attacher(
            table.bundle, self.store.attachments if self.store is not None else None, work.clock.now()
        )
        return matcher, _parsed(table.rows, matcher, lambda raw: attach(parse(raw)), after), table.headers


def _opened(store: FileStore | None, name: str) -> BinaryIO:
    if store is not None and name:
        try:
            return store.open(name)
        except FileNotFoundError:
            pass
    raise Invalid(BROKEN_OFF, code="file_gone")


def _within(limits: Limits, accepted: Acceptance | None) -> Limits:
    return replace(limits, rows=min(limits.rows, accepted.rows)) if accepted else limits


def _remember(work: _Work, last_row: int) -> None:
    """What the rows kept already were, for the checks of those that follow."""
    after = 0
    while after < last_row:
        rows = _kept(work.database, work.batch_id, after)
        rows = [row for row in rows if row.row <= last_row]
        if not rows:
            return
        for row in rows:
            if row.draft is not None and row.status != "duplicate":
                work.checker.remember(row.row, row.unit, draft_of(row.draft), row.code)
        after = rows[-1].row


def _carry_out(
    work: _Work,
    matcher: ColumnMatcher,
    rows: Iterator[ParsedRow],
    headers: list[str] | None,
    store: FileStore | None,
) -> BatchView:
    work.put(rows)
    if not work.counts["rows"]:
        raise Invalid("文件里只有表头，没有内容行。", code="no_rows")
    if headers is None:
        matcher.refuse_strangers()
    with work.database.write() as session:
        batch = visible_batch(session, work.ctx, work.batch_id)
        columns = [asdict(column) for column in matcher.columns(headers)]
        counts = asdict(Counts(**work.counts))
        run = runs.finish(session, work.batch_id, work.mark, fingerprint(work.checker.directory))
        move(session, batch, BatchStatus.STAGED, BatchStatus.CHECKED, columns=columns, counts=counts)
        audit.record(session, work.ctx, "import.checked", f"import:{batch.id}", after=counts)
        session.refresh(batch)
        view = views_of(session, [batch])[0]
        wanted = runs.file_wanted(session, run.file)
    if store is not None and run.file and not wanted:
        store.drop(run.file)
    return view


def _give_up(work: _Work, reason: str, store: FileStore | None) -> None:
    with work.database.write() as session:
        batch = visible_batch(session, work.ctx, work.batch_id)
        run = runs.finish(session, work.batch_id, work.mark, "")
        move(session, batch, BatchStatus.STAGED, BatchStatus.FAILED, problem=reason)
        audit.record(session, work.ctx, "import.failed", f"import:{batch.id}", reason=reason)
        wanted = runs.file_wanted(session, run.file)
    if store is not None and run.file and not wanted:
        store.drop(run.file)


def _break_off(work: _Work, store: FileStore | None, *, kept: bool, attempts: int) -> None:
    """What can be taken up again waits for that; where it has failed too often, or cannot be, it has failed."""
    if not kept or attempts >= runs.MOST_ATTEMPTS:
        _give_up(work, BROKEN_OFF, store)
        return
    with work.database.write() as session:
        runs.release(session, work.batch_id, work.mark)


def recheck(
    database: Database,
    ctx: Context,
    batch_id: str,
    progress: Progress | None = None,
    *,
    clock: Clock = CLOCK,
) -> BatchView:
    """Checks a batch again, against the base as it is now."""
    require_importer(ctx)
    with database.write() as session:
        _begin_again(session, visible_batch(session, ctx, batch_id))
    return carry_on(database, ctx, batch_id, progress=progress, clock=clock)


def _begin_again(session: WriteSession, batch: Batch) -> None:
    move(session, batch, BatchStatus.CHECKED, BatchStatus.STAGED, counts=asdict(Counts()))
    runs.begin_again(session, batch.id)


def _shown(batch: Batch) -> dict[str, str]:
    return {column["key"]: column["header"] for column in batch.columns if column["key"]}


Parse = Callable[[RawRow], ParsedRow]


def _parser(
    matcher: ColumnMatcher, names: Names, defaults: Mapping[str, str], accepted: Acceptance | None
) -> Parse:
    if accepted is None:
        return lambda raw: parse_row(raw, matcher, names, defaults)
    return lambda raw: accepted.parse(raw, names, defaults)


def _staged(
    database: Database, batch: Batch, headers: Mapping[str, str], parse: Parse, after: int
) -> Iterator[ParsedRow]:
    """The rows of a batch in their order: what was whole as it is, what was not from its cells."""
    while rows := _kept(database, batch.id, after):
        with database.read() as session:
            files = kept_files(session, batch.id, rows[0].row, rows[-1].row)
        for row in rows:
            parsed = parsed_again(row, headers, parse)
            yield again(parsed, files.get(row.row, ()), zipped=batch.kind == "zip")
        after = rows[-1].row


def _kept(database: Database, batch_id: str, after: int) -> Sequence[StagedRow]:
    statement = (
        select(StagedRow)
        .where(StagedRow.batch_id == batch_id, StagedRow.row > after)
        .order_by(StagedRow.row)
        .limit(CHUNK)
    )
    with database.read() as session:
        return session.execute(statement).scalars().all()


def parsed_again(
    row: StagedRow, headers: Mapping[str, str], parse: Callable[[RawRow], ParsedRow]
) -> ParsedRow:
    evidence = tuple(Evidence(**each) for each in row.evidence or ())
    if row.raw is None:
        assert row.draft is not None
        draft = draft_of(row.draft)
        raw = RawRow(row.row, {}, evidence=evidence)
        known = ParsedRow(raw, headers, row.code, row.type, draft.title, row.unit, draft)
        known.attachments = list(row.attachments or ())
        known.origin = restored_origin(row.origin)
        return known
    faults = tuple(Fault(**each) for each in row.raw["faults"])
    return parse(RawRow(row.row, row.raw["cells"], faults, evidence))


def _parsed(rows: Iterator[RawRow], matcher: ColumnMatcher, parse: Parse, after: int) -> Iterator[ParsedRow]:
    for raw in rows:
        if raw.number > after:
            yield parse(raw)
        else:
            for header in raw.cells:
                matcher.key(header)
