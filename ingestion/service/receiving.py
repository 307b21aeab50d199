"""Taking a file in: what it is and whether it can be read at all, before any row of it is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from sqlalchemy import select

from ingestion.acceptance import acceptance
from ingestion.cells import is_empty
from ingestion.columns import COLUMNS
from ingestion.mapping import ColumnMatcher
from ingestion.model import Batch, Run
from ingestion.readers import open_table
from ingestion.readers.sniffing import size_of
from ingestion.readers.table import Limits, Table, printable
from ingestion.rules import BatchStatus
from ingestion.service import runs
from ingestion.service.access import require_importer
from ingestion.service.store import FileStore, digest_of
from ingestion.views import Counts
from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import Database, ReadSession
from kb_service.core.errors import Forbidden, Invalid
from kb_service.core.ids import new_id
from kb_service.identity.model import Account

NAME_LENGTH = 120
FILENAME_LENGTH = 200
# Documents are like JSONL in that each row names its own columns.
_FIRST_KNOWN_AS = {"csv": "csv", "xlsx": "xlsx", "xls": "xlsx"}


@dataclass(frozen=True)
class Order:
    """How a file is to be read: `name` of the batch, columns by header, defaults by key, sheet, acceptance format."""

    name: str
    mapping: Mapping[str, str]
    defaults: Mapping[str, str]
    sheet: str
    submit: bool
    profile: str


def receive(
    database: Database,
    ctx: Context,
    file: BinaryIO,
    filename: str,
    order: Order,
    limits: Limits,
    store: FileStore | None,
) -> str:
    """Opens a batch for a file and gives its id; for a file that waits in a batch already, the id of that one.

    Raises Invalid or TooLarge for what makes the file as a whole unreadable.
    """
    account_id = require_importer(ctx)
    if ctx.actor.unit_id is None:
        raise Forbidden("导入须由属于某个单位的账号进行。", code="unit_required")
    filename = printable(PurePosixPath(filename.replace("\\", "/")).name)[-FILENAME_LENGTH:]
    given = _defaults(order.defaults)
    name = printable(order.name.strip())[:NAME_LENGTH] or filename[:NAME_LENGTH]
    order = replace(order, name=name, defaults=given, mapping=dict(order.mapping))
    table = _looked_at(file, filename, order, limits)
    size, sha256 = size_of(file), digest_of(file)
    with database.write() as session:
        # Whoever sends one file twice at once sends the second after the first.
        session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
        same = _same(session, account_id, sha256, order)
        if same is not None:
            return same
        kept = store.keep(file, sha256, filename) if store is not None else ""
        batch = Batch(
            id=new_id(), name=name, filename=filename, format=_FIRST_KNOWN_AS.get(table.format, "jsonl"),
            kind=table.format, sheet=table.sheet[:100], sha256=sha256,
            size=size, status=BatchStatus.STAGED, mapping=dict(order.mapping), defaults=given, columns=[],
            counts=asdict(Counts()), notes=table.notes, submit=order.submit, account_id=account_id,
            unit_id=ctx.actor.unit_id, created_at=ctx.now,
        )  # fmt: skip
        session.add(batch)
        session.flush()
        runs.open_run(session, batch.id, file=kept, profile=order.profile)
        audit.record(session, ctx, "import.opened", f"import:{batch.id}", after=_told(batch))
        return batch.id


def _looked_at(file: BinaryIO, filename: str, order: Order, limits: Limits) -> Table:
    accepted = acceptance(order.profile)
    if accepted is not None and order.mapping:
        raise Invalid(f"按“{accepted.name}”验收时列名是固定的，不能另行对应。", code="bad_mapping")
    matcher = ColumnMatcher(accepted.mapping if accepted else order.mapping, exact=accepted is not None)
    table = open_table(file, filename, limits, sheet=order.sheet)
    if table.headers is not None:
        matcher.match_all(table.headers, order.defaults)
    file.seek(0)
    return table


def _same(session: ReadSession, account_id: int, sha256: str, order: Order) -> str | None:
    """A batch of the same file and the same order that was begun or checked, and not yet decided on."""
    rows = (
        select(Batch, Run.profile)
        .join(Run, Run.batch_id == Batch.id)
        .where(
            Batch.account_id == account_id,
            Batch.sha256 == sha256,
            Batch.status.in_([BatchStatus.STAGED, BatchStatus.CHECKED]),
        )
        .order_by(Batch.created_at.desc())
    )
    for batch, profile in session.execute(rows):
        before = Order(batch.name, batch.mapping, batch.defaults, order.sheet, batch.submit, profile)
        if before == order and order.sheet in ("", batch.sheet):
            return str(batch.id)
    return None


def _defaults(defaults: Mapping[str, str]) -> dict[str, str]:
    given = {key: value for key, value in defaults.items() if not is_empty(value)}
    strangers = sorted(set(given) - set(COLUMNS))
    if strangers:
        raise Invalid(f"没有“{'”“'.join(strangers)}”这样的列，不能设默认值。", code="bad_mapping")
    return given


def _told(batch: Batch) -> dict[str, Any]:
    return {"name": batch.name, "file": batch.filename, "sha256": batch.sha256, "size": batch.size}
